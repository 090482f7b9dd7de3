package appsyncsocket_test

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"testing"

	"github.com/gobwas/ws"
	"go.uber.org/goleak"

	"github.com/tidewire/tidewire/internal/appsyncsocket"
	"github.com/tidewire/tidewire/internal/fault"
	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rig is a server of the tests. Its runtime acknowledges every start, and keeps
// the operations.
type rig struct {
	t      testing.TB
	server *appsyncsocket.Server
	base   string                     // of requests
	wrap   func(nc net.Conn) net.Conn // the server's end; nil: as it is

	mu    sync.Mutex
	asked []*identity.Request // by Connect
	ops   map[string]*appsyncsocket.Operation
	ended []string
	serve sync.WaitGroup
}

const goodKey = "da2-abcdefghijklmnopqrstuvwxyz"

// goodObject authorizes a connection.
const goodObject = `{"host":"api.example","x-api-key":"` + goodKey + `"}`

func newRig(t testing.TB, change ...func(o *appsyncsocket.Options)) *rig {
	t.Helper()
	r := &rig{t: t, ops: make(map[string]*appsyncsocket.Operation)}
	o := appsyncsocket.Options{
		Connect: r.connect, Message: r.message, KnownHost: func(host string) bool { return host == "api.example" },
		Ended: func(op *appsyncsocket.Operation) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.ended = append(r.ended, op.ID())
		},
	}
	for _, f := range change {
		f(&o)
	}
	s, err := appsyncsocket.New(o)
	if err != nil {
		t.Fatal(err)
	}
	r.server = s
	return r
}

// close ends the server; tests with fake time call it in their bubble.
func (r *rig) close() {
	if err := r.server.Shutdown(context.Background()); err != nil {
		r.t.Error(err)
	}
	r.serve.Wait()
}

func (r *rig) connect(_ context.Context, q *identity.Request) (*identity.Caller, *fault.Error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked = append(r.asked, q)
	switch q.Header.Get("X-Api-Key") {
	case goodKey:
		return &identity.Caller{}, nil
	case "broken":
		return nil, fault.Internal.Because("the issuer is down")
	case "forbidden":
		return nil, fault.Forbidden.Because("a policy says no")
	}
	return nil, (&fault.Error{Code: "UnauthorizedException", Status: 401, Message: "Token has expired."}).Because("wrong key")
}

func (r *rig) message(s *appsyncsocket.Socket, f *wire.Frame) {
	switch f.Type {
	case wire.Start:
		op, refused := s.Begin(f.ID, true)
		if refused != nil {
			s.Fail(wire.Error, f.ID, wire.Problem{Type: refused.Code, Message: refused.Message})
			return
		}
		op.Go(func(context.Context) {
			r.mu.Lock()
			r.ops[op.ID()] = op
			r.mu.Unlock()
			op.Ack(wire.AppendReply(nil, wire.StartAck, op.ID()))
		})
	case wire.Stop:
		s.Stop(f.ID, wire.AppendReply(nil, wire.Complete, f.ID))
	default:
		s.Unsupported("")
	}
}

func (r *rig) op(id string) *appsyncsocket.Operation {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ops[id]
}

// hijacked is a ResponseWriter whose connection can be taken.
type hijacked struct {
	*httptest.ResponseRecorder
	nc net.Conn
}

func (h *hijacked) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return h.nc, bufio.NewReadWriter(bufio.NewReader(h.nc), bufio.NewWriter(h.nc)), nil
}

// request is an upgrade request; change may spoil it.
func request(change ...func(r *http.Request)) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "http://gateway:4577/graphql/realtime", nil)
	r.Header = http.Header{"Connection": {"keep-alive, Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"},
		"Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="}, "Sec-Websocket-Extensions": {"permessage-deflate"}}
	inProtocol(goodObject)(r)
	for _, f := range change {
		f(r)
	}
	return r
}

func inProtocol(object string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header["Sec-Websocket-Protocol"] = []string{"graphql-ws, header-" + base64.RawURLEncoding.EncodeToString([]byte(object))}
	}
}

func inQuery(object string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header["Sec-Websocket-Protocol"] = []string{"graphql-ws"}
		r.URL.RawQuery = "header=" + base64.StdEncoding.EncodeToString([]byte(object)) + "&payload=e30="
	}
}

func inHeaders(key string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header["Sec-Websocket-Protocol"] = []string{"graphql-ws"}
		r.Header.Set("X-Api-Key", key)
		r.Host = "api.example"
	}
}

// client is a socket of the tests.
type client struct {
	t  testing.TB
	nc net.Conn
	in *bufio.Reader
}

// dial upgrades, and gives the handshake's answer.
func (r *rig) dial(change ...func(*http.Request)) (*client, *http.Response) {
	r.t.Helper()
	near, far := net.Pipe()
	if r.wrap != nil {
		far = r.wrap(far)
	}
	w := &hijacked{httptest.NewRecorder(), far}
	answered := make(chan struct{})
	r.serve.Go(func() {
		r.server.Serve(w, request(change...), appsyncsocket.Request{Peer: netip.MustParseAddr("127.0.0.1"), ID: "id-1", Base: r.base})
		close(answered)
	})
	c := &client{t: r.t, nc: near, in: bufio.NewReader(near)}
	first := make(chan *http.Response, 1)
	r.serve.Go(func() {
		if response, err := http.ReadResponse(c.in, nil); err == nil {
			first <- response
		} else {
			close(first)
		}
	})
	select {
	case response := <-first:
		if response == nil {
			r.t.Fatal("no answer to the handshake")
		}
		return c, response
	case <-answered:
	}
	select {
	case response := <-first: // both
		return c, response
	default:
	}
	if w.Body.Len() > 0 {
		_ = far.Close()
		return nil, w.Result()
	}
	return c, <-first
}

// open is a client that has its connection_ack and first ka.
func (r *rig) open(change ...func(*http.Request)) *client {
	r.t.Helper()
	c, response := r.dial(change...)
	if response.StatusCode != http.StatusSwitchingProtocols {
		r.t.Fatalf("answered %s", response.Status)
	}
	c.say(`{"type":"connection_init"}`)
	c.want(`{"type":"connection_ack","payload":{"connectionTimeoutMs":300000}}`, `{"type":"ka"}`)
	return c
}

// say sends a text.
func (c *client) say(text string) {
	c.t.Helper()
	if err := c.write(ws.OpText, text); err != nil {
		c.t.Errorf("sending %s: %v", text, err)
	}
}

func (c *client) write(op ws.OpCode, text string) error {
	f := ws.MaskFrameInPlace(ws.NewFrame(op, true, []byte(text)))
	b, err := ws.CompileFrame(f)
	if err != nil {
		return err
	}
	_, err = c.nc.Write(b)
	return err
}

// read gives the next message, "close 1000 reason", or "lost".
func (c *client) read() string {
	h, err := ws.ReadHeader(c.in)
	if err != nil {
		return "lost"
	}
	payload := make([]byte, h.Length)
	if _, err := io.ReadFull(c.in, payload); err != nil {
		return "lost"
	}
	switch {
	case h.OpCode == ws.OpClose && len(payload) < 2:
		return "close"
	case h.OpCode == ws.OpClose:
		return fmt.Sprintf("close %d %s", binary.BigEndian.Uint16(payload), payload[2:])
	case h.OpCode != ws.OpText || !h.Fin:
		return fmt.Sprintf("%v %v", h.OpCode, h.Fin)
	}
	return string(payload)
}

// want reads messages and compares them.
func (c *client) want(texts ...string) {
	c.t.Helper()
	for _, text := range texts {
		if got := c.read(); got != text {
			c.t.Errorf("received %s\n    want %s", got, text)
		}
	}
}

// leave closes without a word.
func (c *client) leave() {
	if err := c.nc.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		c.t.Error(err)
	}
}
