//go:build unix

package datasource

import (
	"os/exec"
	"runtime"
	"syscall"
)

// run starts the engine in a process group of its own and waits for it. The
// thread stays: on Linux the engine is killed when its parent thread ends,
// and so when this process is.
func (p *process) run(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	p.cmd.SysProcAttr = groupAttr()
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

func interrupt(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) } // gone already is well

func kill(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
