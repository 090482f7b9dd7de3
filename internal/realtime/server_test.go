package realtime_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"go.uber.org/goleak"

	"github.com/tidewire/tidewire/internal/realtime"
	"github.com/tidewire/tidewire/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// peer is the server's end of a socket in memory.
type peer struct {
	conn net.Conn
	n    int // which connection it is, from 1
	out  chan []byte
}

// server answers connections in memory with serve.
type server struct {
	mu     sync.Mutex
	n      int
	served sync.WaitGroup
	serve  func(p *peer)
}

func (s *server) dial(context.Context, string, string) (net.Conn, error) {
	near, far := net.Pipe()
	s.mu.Lock()
	s.n++
	p := &peer{conn: far, n: s.n, out: make(chan []byte, 1024)}
	s.mu.Unlock()
	s.served.Go(func() {
		defer far.Close()
		u := ws.Upgrader{Protocol: func(p []byte) bool { return string(p) == "graphql-ws" }}
		if _, err := u.Upgrade(far); err != nil {
			return
		}
		var writing sync.WaitGroup
		writing.Go(p.write)
		s.serve(p)
		close(p.out)
		writing.Wait()
	})
	return near, nil
}

// write writes what is in out, so that nobody waits for a pipe's other end.
func (p *peer) write() {
	for text := range p.out {
		_ = p.conn.SetWriteDeadline(time.Now().Add(time.Minute))
		if text == nil {
			_ = ws.WriteFrame(p.conn, ws.NewCloseFrame(ws.NewCloseFrameBody(1000, "")))
			continue
		}
		if len(text) == 0 {
			break
		}
		_ = ws.WriteFrame(p.conn, ws.NewTextFrame(text))
	}
	p.conn.Close()
}

func (p *peer) send(format string, args ...any) { p.out <- fmt.Appendf(nil, format, args...) }

// drop ends the connection after what has been sent.
func (p *peer) drop() { p.out <- []byte{} }

// next is the next message, false at the end, the close frame answered.
func (p *peer) next() (wire.Frame, bool) {
	for {
		h, err := ws.ReadHeader(p.conn)
		if err != nil {
			return wire.Frame{}, false
		}
		payload := make([]byte, h.Length)
		if _, err := io.ReadFull(p.conn, payload); err != nil {
			return wire.Frame{}, false
		}
		ws.Cipher(payload, h.Mask, 0)
		switch h.OpCode {
		case ws.OpClose:
			p.out <- nil
			return wire.Frame{}, false
		case ws.OpText:
			f, err := wire.Decode(payload)
			return f, err == nil
		}
	}
}

// hello does the connection's handshake.
func (p *peer) hello() bool {
	f, ok := p.next()
	if !ok || f.Type != wire.ConnectionInit {
		return false
	}
	p.send(`{"type":"connection_ack","payload":{"connectionTimeoutMs":300000}}`)
	p.send(`{"type":"ka"}`)
	return true
}

// obey answers starts and stops until the connection ends; each sees starts.
func (p *peer) obey(each func(f wire.Frame)) {
	for {
		f, ok := p.next()
		if !ok {
			return
		}
		switch f.Type {
		case wire.Start:
			p.send(`{"type":"start_ack","id":%q}`, f.ID)
			if each != nil {
				each(f)
			}
		case wire.Stop:
			p.send(`{"type":"complete","id":%q}`, f.ID)
		}
	}
}

// denied is a final error of the tests, passed one that is not.
type denied string

func (d denied) Error() string { return string(d) }

// proofs counts how often a proof was asked for.
type proofs struct {
	mu                 sync.Mutex
	handshakes, starts int
}

func (p *proofs) start(ctx context.Context, id string) ([]byte, error) {
	p.mu.Lock()
	p.starts++
	n := p.starts
	p.mu.Unlock()
	return fmt.Appendf(nil, `{"type":"start","id":%q,"payload":{"proof":%d}}`, id, n), nil
}

func newSocket(t *testing.T, o realtime.Options, serve func(p *peer)) (*realtime.Socket, *proofs, *server) {
	t.Helper()
	s, count := &server{serve: serve}, &proofs{}
	transport := &http.Transport{DialContext: s.dial, DisableKeepAlives: true}
	o.HTTPClient = &http.Client{Transport: transport}
	if o.Protocol.Started == "" {
		o.Protocol = realtime.GraphQL()
	}
	if o.Handshake == nil {
		o.Handshake = func(context.Context) (*realtime.Handshake, error) {
			count.mu.Lock()
			defer count.mu.Unlock()
			count.handshakes++
			return &realtime.Handshake{URL: "ws://test/graphql", Subprotocols: []string{"graphql-ws"}}, nil
		}
	}
	o.Failure = func(list json.RawMessage) error { return denied(list) }
	o.Retry = func(err error) bool {
		var final denied
		return !errors.As(err, &final)
	}
	socket := realtime.New(o)
	t.Cleanup(func() {
		socket.Close()
		s.served.Wait()
		transport.CloseIdleConnections()
	})
	return socket, count, s
}

func mustSubscribe(t *testing.T, s *realtime.Socket, p *proofs) *realtime.Subscription {
	t.Helper()
	sub, err := s.Subscribe(t.Context(), p.start, nil)
	if err != nil {
		t.Fatal(err)
	}
	return sub
}

func mustNext(t *testing.T, sub *realtime.Subscription) realtime.Event {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	e, err := sub.Next(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return e
}
