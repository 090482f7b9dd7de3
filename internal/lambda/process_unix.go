//go:build unix

package lambda

import (
	"os/exec"
	"sync"
	"syscall"
)

// tree is a child with all of its descendants that have not left its group.
type tree struct {
	pid int // also the process group's id

	mu     sync.Mutex
	reaped bool // pid may belong to somebody else
}

// group puts the command into a process group of its own.
func group(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	parentDeath(cmd.SysProcAttr)
}

// startTree starts the command in its own process group.
func startTree(cmd *exec.Cmd) (*tree, error) {
	group(cmd)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &tree{pid: cmd.Process.Pid}, nil
}

// signal reaches the whole group, unless it is gone.
func (t *tree) signal(sig syscall.Signal) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.reaped {
		_ = syscall.Kill(-t.pid, sig) // it may have exited just now
	}
}

func (t *tree) kill()      { t.signal(syscall.SIGKILL) }
func (t *tree) terminate() { t.signal(syscall.SIGTERM) }
