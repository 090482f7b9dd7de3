//go:build unix && !linux

package lambda

import (
	"os/exec"
	"syscall"
)

// parentDeath does nothing: the system has no such signal. Our bootstraps end
// when their pipe does.
func parentDeath(*syscall.SysProcAttr) {}

// wait waits for the child, ends what is left of its group, and returns how it
// exited. The child is reaped first and its group ended in the instant after,
// before its id can be given away.
func (t *tree) wait(cmd *exec.Cmd) string {
	_ = cmd.Wait() // the state says how it ended
	t.mu.Lock()
	defer t.mu.Unlock()
	_ = syscall.Kill(-t.pid, syscall.SIGKILL) // usually nobody is left
	t.reaped = true
	return cmd.ProcessState.String()
}
