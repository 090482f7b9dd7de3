package conn

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
	"testing"

	"github.com/gobwas/ws"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// frame is a frame as a test sees it.
type frame struct {
	Op   ws.OpCode
	Fin  bool
	Data string
}

// wire is a client's frame: masked with an arbitrary key, by a naive loop.
func wire(op ws.OpCode, fin bool, payload string) []byte {
	key := [4]byte{0x37, 0xfa, 0x21, 0x3d}
	b := appendHeader(nil, op, fin, len(payload))
	b[1] |= 0x80
	b = append(b, key[:]...)
	for i := range len(payload) {
		b = append(b, payload[i]^key[i%4])
	}
	return b
}

func text(s string) []byte { return wire(ws.OpText, true, s) }

// hangup is a client's close frame; code 0 gives one without a code.
func hangup(code int, reason string) []byte {
	if code == 0 {
		return wire(ws.OpClose, true, "")
	}
	return wire(ws.OpClose, true, string(binary.BigEndian.AppendUint16(nil, uint16(code)))+reason)
}

// closeData is the payload of a close frame.
func closeData(code int, reason string) string {
	return string(binary.BigEndian.AppendUint16(nil, uint16(code))) + reason
}

func join(parts ...[]byte) []byte {
	var all []byte
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// readFrame reads one frame of a server, which must not be masked.
func readFrame(r io.Reader) (frame, error) {
	h, err := ws.ReadHeader(r)
	if err != nil {
		return frame{}, err
	}
	if h.Masked || h.Rsv != 0 {
		return frame{}, errors.New("masked frame or reserved bit from the server")
	}
	p := make([]byte, h.Length)
	_, err = io.ReadFull(r, p)
	return frame{h.OpCode, h.Fin, string(p)}, err
}

// outcome is all that came of a conversation.
type outcome struct {
	Messages []string
	Frames   []frame // from the server
	Closed   Closed
}

// served is a connection being served over a pipe, and its peer.
type served struct {
	*Conn
	peer  net.Conn
	ended chan Closed

	mu       sync.Mutex
	messages []string
}

// serve starts to serve one end of a pipe; the test owns the other. Messages
// are collected before o.Message sees them.
func serve(o Options, leftover ...byte) *served {
	server, peer := net.Pipe()
	s := &served{peer: peer, ended: make(chan Closed, 1)}
	also := o.Message
	o.Message = func(c *Conn, text []byte) {
		s.mu.Lock()
		s.messages = append(s.messages, string(text))
		s.mu.Unlock()
		if also != nil {
			also(c, text)
		}
	}
	s.Conn = New(server, leftover, &o)
	go func() { s.ended <- s.Serve() }()
	return s
}

// next reads one frame from the server.
func (s *served) next(t *testing.T) frame {
	t.Helper()
	f, err := readFrame(s.peer)
	if err != nil {
		t.Fatalf("reading a frame from the server: %v", err)
	}
	return f
}

// say writes bytes to the server.
func (s *served) say(t *testing.T, b []byte) {
	t.Helper()
	if _, err := s.peer.Write(b); err != nil {
		t.Fatalf("writing to the server: %v", err)
	}
}

// play writes script to a connection while it reads and answers like a good
// client, and hangs up at the end if nobody has closed.
func play(o Options, script []byte, leftover ...byte) outcome {
	s := serve(o, leftover...)
	var frames []frame
	read := make(chan struct{})
	answer := make(chan []byte, 1)
	go func() {
		defer close(read)
		for {
			f, err := readFrame(s.peer)
			if err != nil {
				return
			}
			frames = append(frames, f)
			if f.Op == ws.OpClose {
				answer <- wire(ws.OpClose, true, f.Data)
			}
		}
	}()
	_, err := s.peer.Write(script)
	if err == nil {
		select {
		case a := <-answer:
			_, _ = s.peer.Write(a) // the server may have closed already
		case <-read:
		}
	}
	closed := <-s.ended
	s.peer.Close()
	<-read
	return outcome{s.messages, frames, closed}
}
