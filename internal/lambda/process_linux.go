package lambda

import (
	"errors"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// parentDeath has the kernel kill the child when the thread that started it
// ends; the spawner's thread ends with this process only.
func parentDeath(a *syscall.SysProcAttr) { a.Pdeathsig = syscall.SIGKILL }

// wait waits for the child, ends what is left of its group, and returns how it
// exited.
func (t *tree) wait(cmd *exec.Cmd) string {
	waitable(t.pid)
	t.mu.Lock()
	defer t.mu.Unlock()
	_ = syscall.Kill(-t.pid, syscall.SIGKILL) // usually nobody is left
	_ = cmd.Wait()                            // the state says how it ended
	t.reaped = true
	return cmd.ProcessState.String()
}

// waitable blocks until the child has exited, and leaves it to be reaped: until
// then its process group id cannot be given to anybody else.
func waitable(pid int) {
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return
		}
	}
}
