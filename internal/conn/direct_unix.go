//go:build unix

package conn

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// direct writes to the socket from the goroutine that sends, as far as the
// kernel takes the bytes without waiting: an answer to one message needs no
// writer goroutine then. It belongs to whoever has the writer's part (see
// Conn.writing).
type direct struct {
	raw syscall.RawConn
	try func(fd uintptr) bool // made once, for it escapes
	p   []byte
	n   int
	err error
}

// newDirect is nil for connections that are no sockets of the system: TLS,
// pipes in memory.
func newDirect(nc any) *direct {
	s, ok := nc.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return nil
	}
	d := &direct{raw: raw}
	d.try = d.write
	return d
}

// write is one attempt; it never asks to be called again.
func (d *direct) write(fd uintptr) bool {
	for {
		d.n, d.err = syscall.Write(int(fd), d.p)
		if !errors.Is(d.err, syscall.EINTR) {
			return true
		}
	}
}

// put writes what it can of p at once. An error means that the connection is
// done for.
func (d *direct) put(p []byte) (n int, err error) {
	d.p = p
	err = d.raw.Write(d.try)
	d.p = nil
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded): // somebody else's; the goroutine sets its own
		return 0, nil
	case err != nil:
		return 0, fmt.Errorf("conn: writing %d bytes: %w", len(p), err)
	case errors.Is(d.err, syscall.EAGAIN):
		return 0, nil
	case d.err != nil:
		return 0, fmt.Errorf("conn: writing %d bytes: %w", len(p), d.err)
	}
	return d.n, nil
}
