package graphqlapi

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"testing"

	"github.com/gobwas/ws"

	"github.com/tidewire/tidewire/internal/wire"
)

// sockets opens WebSockets of a rig, in memory.
type sockets struct {
	*rig
	served sync.WaitGroup
}

// realtime makes an API with a chat's schema, and what opens its sockets.
func newSockets(t testing.TB, sdl string, change ...func(r *rig, o *Options)) *sockets {
	t.Helper()
	return &sockets{rig: newRig(t, sdl, change...)}
}

// close ends the API; tests with fake time call it in their bubble.
func (s *sockets) close() {
	s.t.Helper()
	if err := s.api.Shutdown(context.Background()); err != nil {
		s.t.Error(err)
	}
	s.served.Wait()
}

// hijacked is a ResponseWriter whose connection can be taken.
type hijacked struct {
	*httptest.ResponseRecorder
	nc net.Conn
}

func (h *hijacked) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return h.nc, bufio.NewReadWriter(bufio.NewReader(h.nc), bufio.NewWriter(h.nc)), nil
}

// dial upgrades with an authorization.
func (s *sockets) dial(object string) *client {
	s.t.Helper()
	r := httptest.NewRequest(http.MethodGet, "http://gateway:4577/graphql/realtime", nil)
	r.Header = http.Header{"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="},
		"Sec-Websocket-Protocol": {"graphql-ws", "header-" + base64.RawURLEncoding.EncodeToString([]byte(object))}}
	near, far := net.Pipe()
	s.served.Go(func() {
		s.api.Realtime(&hijacked{httptest.NewRecorder(), far}, r, Request{Peer: netip.MustParseAddr("127.0.0.1")})
	})
	c := &client{t: s.t, nc: near, in: bufio.NewReader(near)}
	response, err := http.ReadResponse(c.in, nil)
	if err != nil || response.StatusCode != http.StatusSwitchingProtocols {
		s.t.Fatalf("%+v %v", response, err)
	}
	return c
}

// keyObject authorizes everything.
const keyObject = `{"host":"api.example","x-api-key":"key"}`

// open is a socket that has its ack.
func (s *sockets) open() *client {
	s.t.Helper()
	c := s.dial(keyObject)
	c.say(`{"type":"connection_init"}`)
	c.want(`{"type":"connection_ack","payload":{"connectionTimeoutMs":300000}}`, `{"type":"ka"}`)
	return c
}

// mutate runs a mutation; its subscribers must be reading.
func (s *sockets) mutate(query string, variables ...string) {
	s.t.Helper()
	ctx := s.t.(interface{ Context() context.Context }).Context()
	var vars []string
	vars = append(vars, variables...)
	done := make(chan struct{})
	s.served.Go(func() {
		defer close(done)
		if r := s.result(ctx, query, vars...); len(r.Errors) > 0 {
			s.t.Errorf("%s: %s", query, r.Body)
		}
	})
	<-done
}

// client is a socket of the tests.
type client struct {
	t  testing.TB
	nc net.Conn
	in *bufio.Reader
}

func (c *client) say(text string) {
	c.t.Helper()
	b, err := ws.CompileFrame(ws.MaskFrameInPlace(ws.NewTextFrame([]byte(text))))
	if err != nil {
		c.t.Fatal(err)
	}
	if _, err := c.nc.Write(b); err != nil {
		c.t.Errorf("sending %s: %v", text, err)
	}
}

// start sends a subscription with a credential of the frame's own.
func (c *client) start(id, query string, variables ...string) {
	c.t.Helper()
	c.startAs(keyObject, id, query, variables...)
}

func (c *client) startAs(object, id, query string, variables ...string) {
	c.t.Helper()
	data := append(wire.AppendString([]byte(`{"query":`), query), `,"variables":`...)
	if len(variables) > 0 {
		data = append(data, variables[0]...)
	} else {
		data = append(data, "{}"...)
	}
	c.say(string((&wire.Frame{Type: wire.Start, ID: id, Payload: wire.StartPayload(append(data, '}'), json.RawMessage(object))}).Append(nil)))
}

// subscribe starts and wants the start_ack.
func (c *client) subscribe(id, query string, variables ...string) {
	c.t.Helper()
	c.start(id, query, variables...)
	c.want(`{"type":"start_ack","id":"` + id + `"}`)
}

// refused starts and wants an error with the id.
func (c *client) refused(id, query, variables, errors string) {
	c.t.Helper()
	c.start(id, query, variables)
	c.want(`{"type":"error","id":"` + id + `","payload":{"errors":` + errors + `}}`)
}

func (c *client) read() string {
	h, err := ws.ReadHeader(c.in)
	if err != nil {
		return "lost"
	}
	payload := make([]byte, h.Length)
	if _, err := io.ReadFull(c.in, payload); err != nil {
		return "lost"
	}
	if h.OpCode == ws.OpClose && len(payload) >= 2 {
		return fmt.Sprintf("close %d %s", binary.BigEndian.Uint16(payload), payload[2:])
	}
	return string(payload)
}

func (c *client) want(texts ...string) {
	c.t.Helper()
	for _, text := range texts {
		if got := c.read(); got != text {
			c.t.Errorf("received %s\n    want %s", got, text)
		}
	}
}

// data wants a data message.
func (c *client) data(id, payload string) {
	c.t.Helper()
	c.want(`{"type":"data","id":"` + id + `","payload":` + payload + `}`)
}

// quiet sends a stop of an id that is none, and wants its complete: nothing
// else has been sent.
func (c *client) quiet() {
	c.t.Helper()
	c.say(`{"type":"stop","id":"nothing"}`)
	c.want(`{"type":"complete","id":"nothing"}`)
}

func (c *client) leave() { _ = c.nc.Close() }
