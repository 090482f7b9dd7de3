//go:build conformance

package conformance

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// descendants are the ids of the processes below pid.
func descendants(t testing.TB, pid int) []int {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	children := map[int][]int{}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			continue // has ended meanwhile
		}
		child, parent, ok := family(string(data))
		if ok {
			children[parent] = append(children[parent], child)
		}
	}
	var below func(int) []int
	below = func(p int) (all []int) {
		for _, c := range children[p] {
			all = append(append(all, c), below(c)...)
		}
		return all
	}
	return below(pid)
}

// family reads "pid (name) state ppid …"; the name may hold anything.
func family(stat string) (pid, parent int, ok bool) {
	open, end := strings.Index(stat, " ("), strings.LastIndex(stat, ") ")
	if open < 0 || end < 0 {
		return 0, 0, false
	}
	fields := strings.Fields(stat[end+2:])
	pid, err := strconv.Atoi(stat[:open])
	if err != nil || len(fields) < 2 || fields[0] == "Z" {
		return 0, 0, false
	}
	parent, err = strconv.Atoi(fields[1])
	return pid, parent, err == nil
}

// watchedProcess is a process, whoever its parent may be.
type watchedProcess struct {
	pid, fd int
	name    string
}

func watch(t testing.TB, pid int) *watchedProcess {
	t.Helper()
	name, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline") // for the message only
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		t.Fatalf("pidfd_open %d (%q): %v", pid, name, err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	return &watchedProcess{pid, fd, strings.ReplaceAll(string(name), "\x00", " ")}
}

// awaitEnd waits until the process has ended.
func (w *watchedProcess) awaitEnd(t testing.TB) {
	t.Helper()
	for {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(w.fd), Events: unix.POLLIN}}, int(patience.Milliseconds()))
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			t.Fatal(err)
		case n == 0:
			t.Errorf("process %d (%s) is left over", w.pid, w.name)
			_ = unix.Kill(w.pid, unix.SIGKILL)
		}
		return
	}
}
