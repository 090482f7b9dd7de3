//go:build unix

package lambda

import (
	"errors"
	"syscall"
)

// read reads the log until its end.
func (l *logPipe) read() {
	for {
		more := true
		err := l.conn.Read(func(fd uintptr) bool {
			l.mu.Lock()
			defer l.mu.Unlock()
			var waiting bool
			more, waiting = l.readOnce(int(fd))
			return !waiting
		})
		if err != nil || !more {
			return
		}
	}
}

// drain takes what is in the pipe now and ends an unfinished line.
func (l *logPipe) drain() {
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.conn.Control(func(fd uintptr) {
		for {
			if more, waiting := l.readOnce(int(fd)); waiting || !more {
				return
			}
		}
	}) // fails only when the pipe is closed: nothing to drain
	l.flush()
}

// readOnce reads without blocking. more is false at the end of the log, and
// waiting true when there is nothing to read now. l.mu is held.
func (l *logPipe) readOnce(fd int) (more, waiting bool) {
	buf := l.sink.chunk()
	defer l.sink.put(buf)
	n, err := syscall.Read(fd, buf[:])
	switch {
	case n > 0:
		l.feed(buf[:n])
		return true, false
	case errors.Is(err, syscall.EINTR):
		return true, false
	case errors.Is(err, syscall.EAGAIN):
		return true, true
	}
	return false, false
}
