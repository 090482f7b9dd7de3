package lambda

import (
	"os/exec"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// tree is a child with all of its descendants, held by a job object: closing
// it, or the end of this process, ends them.
type tree struct {
	job windows.Handle

	mu     sync.Mutex
	reaped bool // job is closed
}

// startTree starts the command inside a job object.
func startTree(cmd *exec.Cmd) (*tree, error) {
	job, err := newJob()
	if err != nil {
		return nil, err
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_PROCESS_GROUP}
	if err := cmd.Start(); err != nil {
		_ = windows.CloseHandle(job)
		return nil, err
	}
	if err := assign(job, cmd.Process.Pid); err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = windows.CloseHandle(job)
		return nil, err
	}
	return &tree{job: job}, nil
}

// newJob makes a job object that ends its processes when it is closed.
func newJob() (windows.Handle, error) {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return 0, err
	}
	info := windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{}
	info.BasicLimitInformation.LimitFlags = windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE
	_, err = windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&info)), uint32(unsafe.Sizeof(info)))
	if err != nil {
		_ = windows.CloseHandle(job)
		return 0, err
	}
	return job, nil
}

// assign puts a process into a job.
func assign(job windows.Handle, pid int) error {
	h, err := windows.OpenProcess(windows.PROCESS_SET_QUOTA|windows.PROCESS_TERMINATE, false, uint32(pid)) //nolint:gosec // a pid
	if err != nil {
		return err
	}
	defer func() { _ = windows.CloseHandle(h) }()
	return windows.AssignProcessToJobObject(job, h)
}

// wait waits for the child, ends what is left of its job, and returns how it
// exited.
func (t *tree) wait(cmd *exec.Cmd) string {
	_ = cmd.Wait() // the state says how it ended
	t.mu.Lock()
	defer t.mu.Unlock()
	t.reaped = true
	_ = windows.TerminateJobObject(t.job, 1)
	_ = windows.CloseHandle(t.job)
	return cmd.ProcessState.String()
}

func (t *tree) kill() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.reaped {
		_ = windows.TerminateJobObject(t.job, 1)
	}
}

// terminate is kill: Windows has no signal to ask with.
func (t *tree) terminate() { t.kill() }
