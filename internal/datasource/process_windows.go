package datasource

import "os/exec"

func (p *process) run(started chan<- error) {
	err := p.cmd.Start()
	if err != nil {
		close(p.done)
	}
	started <- err
	if err == nil {
		p.err = p.cmd.Wait()
		close(p.done)
	}
}

func interrupt(cmd *exec.Cmd) { kill(cmd) }

func kill(cmd *exec.Cmd) { _ = cmd.Process.Kill() } // gone already is well
