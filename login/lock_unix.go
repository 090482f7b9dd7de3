//go:build unix

package login

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// tryLock takes an exclusive lock on f without waiting; false if another open
// file, of this process or another, holds it. Closing f drops it.
func tryLock(f *os.File) (bool, error) {
	raw, err := f.SyscallConn()
	if err != nil {
		return false, err
	}
	var locked error
	err = raw.Control(func(fd uintptr) {
		locked = unix.EINTR
		for errors.Is(locked, unix.EINTR) {
			locked = unix.Flock(int(fd), unix.LOCK_EX|unix.LOCK_NB)
		}
	})
	if errors.Is(locked, unix.EWOULDBLOCK) {
		return false, err
	}
	err = errors.Join(err, locked)
	return err == nil, err
}

// owned says whether the file belongs to the user this process acts as.
func owned(fi fs.FileInfo) bool {
	st, ok := fi.Sys().(*syscall.Stat_t)
	return ok && int(st.Uid) == os.Geteuid()
}
