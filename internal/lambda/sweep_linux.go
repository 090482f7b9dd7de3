package lambda

import (
	"bytes"
	"errors"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// Bounds of one look through the processes.
const (
	sweepLimit  = 2 * time.Second
	sweepRounds = 8       // somebody may start others while we look
	maxVictims  = 256     // per round
	maxEnviron  = 1 << 20 // bytes read of a process's environment
)

// endMarked kills every process whose mark is wanted and waits until they are
// dead, in rounds until none is found. It returns how many it killed. Processes
// of other users cannot be read and are passed over; our own is never meant.
func endMarked(wanted func(mark string) bool) int {
	killed := 0
	limit := time.Now().Add(sweepLimit)
	for range sweepRounds {
		victims := killMarked(wanted, limit)
		killed += len(victims)
		awaitDeath(victims, limit)
		if len(victims) == 0 || !time.Now().Before(limit) {
			break
		}
	}
	return killed
}

// killMarked looks through the processes once and kills those that are wanted.
// Each is held by a descriptor, so that a number that was given away in between
// hits nobody else (pidfd_open(2)).
func killMarked(wanted func(mark string) bool, limit time.Time) []unix.PollFd {
	var victims []unix.PollFd
	e := environ{wanted: wanted, buf: make([]byte, 0, 16<<10)}
	for _, pid := range processes() {
		if len(victims) == maxVictims || !time.Now().Before(limit) {
			break
		}
		if pid == os.Getpid() || !e.isWanted(pid) {
			continue
		}
		fd, err := unix.PidfdOpen(pid, 0)
		if err != nil {
			continue // gone, or a kernel before 5.3
		}
		if e.isWanted(pid) && unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0) == nil {
			victims = append(victims, unix.PollFd{Fd: int32(fd), Events: unix.POLLIN}) //nolint:gosec // a descriptor
		} else {
			_ = unix.Close(fd)
		}
	}
	return victims
}

// awaitDeath waits until processes are dead, not longer than limit, and lets go
// of them.
func awaitDeath(victims []unix.PollFd, limit time.Time) {
	for i := range victims {
		for left := time.Until(limit); left > 0; left = time.Until(limit) {
			if _, err := unix.Poll(victims[i:i+1], int(left.Milliseconds())+1); !errors.Is(err, unix.EINTR) {
				break
			}
		}
		_ = unix.Close(int(victims[i].Fd))
	}
}

// processes are the ids of all processes.
func processes() []int {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil // no proc file system: nothing can be found
	}
	defer func() { _ = dir.Close() }()
	names, _ := dir.Readdirnames(-1) // as many as there are
	var pids []int
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// environ reads environments, one after the other, into the same memory.
type environ struct {
	wanted func(mark string) bool
	buf    []byte
}

// isWanted says whether a process has a mark that is wanted.
func (e *environ) isWanted(pid int) bool {
	e.read("/proc/" + strconv.Itoa(pid) + "/environ")
	return marked(e.buf, e.wanted)
}

// read reads a file, as much as allowed; nothing when it may not be read.
func (e *environ) read(path string) {
	e.buf = e.buf[:0]
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	defer func() { _ = unix.Close(fd) }()
	for len(e.buf) < maxEnviron {
		if len(e.buf) == cap(e.buf) {
			e.buf = append(e.buf, 0)[:len(e.buf)]
		}
		n, err := unix.Read(fd, e.buf[len(e.buf):cap(e.buf)])
		if n <= 0 {
			if errors.Is(err, unix.EINTR) {
				continue
			}
			return
		}
		e.buf = e.buf[:len(e.buf)+n]
	}
}

// marked says whether an environment, strings that end in NUL (proc(5)), has a
// mark that is wanted.
func marked(env []byte, wanted func(mark string) bool) bool {
	name := []byte(markVariable + "=")
	for len(env) > 0 {
		var entry []byte
		entry, env, _ = bytes.Cut(env, []byte{0})
		if mark, ok := bytes.CutPrefix(entry, name); ok && wanted(string(mark)) {
			return true
		}
	}
	return false
}
