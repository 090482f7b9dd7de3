package conn

import (
	"bytes"
	"io"
	"net"
	"sync"
	"time"
)

// replay serves a recorded stream from memory, given in pieces of size bytes,
// with what the server writes kept.
func replay(script []byte, size int, o *Options) outcome {
	var out outcome
	with := *o
	with.Message = func(_ *Conn, text []byte) { out.Messages = append(out.Messages, string(text)) }
	tape := &tape{in: script, size: size}
	out.Closed = New(tape, nil, &with).Serve()
	for {
		f, err := readFrame(&tape.out)
		if err != nil {
			return out
		}
		out.Frames = append(out.Frames, f)
	}
}

// tape is a net.Conn that plays a stream and then reports its end.
type tape struct {
	in   []byte
	size int

	mu  sync.Mutex
	out bytes.Buffer
}

func (t *tape) Read(p []byte) (int, error) {
	if len(t.in) == 0 {
		return 0, io.EOF
	}
	n := copy(p, t.in[:min(t.size, len(t.in))])
	t.in = t.in[n:]
	return n, nil
}

func (t *tape) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.out.Write(p)
}

func (*tape) Close() error                     { return nil }
func (*tape) LocalAddr() net.Addr              { return nil }
func (*tape) RemoteAddr() net.Addr             { return nil }
func (*tape) SetDeadline(time.Time) error      { return nil }
func (*tape) SetReadDeadline(time.Time) error  { return nil }
func (*tape) SetWriteDeadline(time.Time) error { return nil }
