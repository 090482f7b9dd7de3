// Package sockettest is the server's end of AppSync's WebSockets, for the tests of
// their clients: [GraphQL] and [Events] make handlers of what a server does on each
// socket, and [PerSubscription] measures what a client keeps.
//
// A [Socket] is for the goroutine of its handler; Send and Close are for any.
package sockettest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"github.com/tidewire/tidewire/internal/wire"
)

// T is told what is wrong with a handshake: a test, or [Printer].
type T interface {
	Errorf(format string, args ...any)
}

// Printer is the T of an example, which has no test.
type Printer struct{}

// Errorf prints.
func (Printer) Errorf(format string, args ...any) { fmt.Printf(format+"\n", args...) }

// Socket is the server's end of a WebSocket.
type Socket struct {
	net.Conn
	N      int    // which connection of the handler it is, from 1
	Header []byte // the authorization of the connection, decoded

	ack     string                  // the server's greeting
	accepts func(wire.Frame) string // the answer that accepts a message; "" for none
}

// GraphQL serves the sockets of a GraphQL API at /graphql/realtime with serve, for
// an authorization in the subprotocol or in the query.
func GraphQL(t T, serve func(s *Socket)) http.Handler {
	return handler(t, serve, "/graphql/realtime", "graphql-ws", Socket{
		ack: `{"type":"connection_ack","payload":{"connectionTimeoutMs":300000}}`,
		accepts: func(f wire.Frame) string {
			switch f.Type {
			case wire.Start:
				return fmt.Sprintf(`{"type":"start_ack","id":%q}`, f.ID)
			case wire.Stop:
				return fmt.Sprintf(`{"type":"complete","id":%q}`, f.ID)
			}
			return ""
		},
	})
}

// Events serves the sockets of an Event API at /event/realtime with serve.
func Events(t T, serve func(s *Socket)) http.Handler {
	return handler(t, serve, "/event/realtime", "aws-appsync-event-ws", Socket{
		ack: `{"type":"connection_ack","connectionTimeoutMs":300000}`,
		accepts: func(f wire.Frame) string {
			switch f.Type {
			case wire.Subscribe:
				return fmt.Sprintf(`{"type":"subscribe_success","id":%q}`, f.ID)
			case wire.Unsubscribe:
				return fmt.Sprintf(`{"type":"unsubscribe_success","id":%q}`, f.ID)
			case wire.Publish:
				return fmt.Sprintf(`{"type":"publish_success","id":%q,"successful":%s,"failed":[]}`, f.ID, Successful(f.Events))
			}
			return ""
		},
	})
}

// Successful lists every event of a publish as accepted, the identifier being its
// text.
func Successful(events json.RawMessage) []byte {
	var list []string
	if json.Unmarshal(events, &list) != nil {
		return []byte("[]")
	}
	type accepted struct {
		Identifier string `json:"identifier"`
		Index      int    `json:"index"`
	}
	out := []accepted{}
	for i, e := range list {
		out = append(out, accepted{e, i})
	}
	text, _ := json.Marshal(out) // plain data
	return text
}

// handler upgrades what is asked for in the right way and serves a copy of made.
func handler(t T, serve func(s *Socket), path, protocol string, made Socket) http.Handler {
	var n atomic.Int32
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header, err := authorization(r, protocol)
		if r.URL.Path != path || err != nil {
			t.Errorf("connected to %s: %v", r.URL.Path, err)
			return
		}
		u := ws.HTTPUpgrader{Protocol: func(p string) bool { return p == protocol }}
		conn, _, _, err := u.Upgrade(r, w)
		if err != nil {
			t.Errorf("upgrade: %v", err)
			return
		}
		defer conn.Close()
		s := made
		s.Conn, s.N, s.Header = conn, int(n.Add(1)), header
		serve(&s)
	})
}

// authorization is decoded from the second subprotocol, or for GraphQL from the
// query, but not from both.
func authorization(r *http.Request, protocol string) ([]byte, error) {
	offered := strings.Split(r.Header.Get("Sec-Websocket-Protocol"), ",")
	query := r.URL.Query()
	switch {
	case offered[0] != protocol:
		return nil, fmt.Errorf("the first subprotocol is %q", offered[0])
	case len(offered) == 2 && len(query) == 0:
		return base64.RawURLEncoding.DecodeString(strings.TrimPrefix(strings.TrimSpace(offered[1]), "header-"))
	case len(offered) == 1 && len(query) == 2 && query.Get("payload") == "e30=" && protocol == "graphql-ws":
		return base64.StdEncoding.DecodeString(query.Get("header"))
	}
	return nil, fmt.Errorf("%d subprotocols and %d parameters", len(offered), len(query))
}

// Send sends a text. The client has a minute to read it.
func (s *Socket) Send(format string, args ...any) {
	_ = s.SetWriteDeadline(time.Now().Add(time.Minute))
	_ = wsutil.WriteServerText(s, fmt.Appendf(nil, format, args...))
}

// Next waits for a message; false: the socket has ended, or it is no message. A
// close frame is answered.
func (s *Socket) Next() (wire.Frame, bool) {
	text, err := wsutil.ReadClientText(s)
	if err != nil {
		return wire.Frame{}, false
	}
	f, err := wire.Decode(text)
	return f, err == nil
}

// Hello greets a client that greets; false: it does not.
func (s *Socket) Hello() bool {
	f, ok := s.Next()
	s.Send("%s", s.ack)
	return ok && f.Type == wire.ConnectionInit
}

// Obey accepts every message until the socket ends. Of all that do not end a
// subscription it then tells each, which may be nil.
func (s *Socket) Obey(each func(wire.Frame)) {
	for f, ok := s.Next(); ok; f, ok = s.Next() {
		if answer := s.accepts(f); answer != "" {
			s.Send("%s", answer)
		}
		if each != nil && f.Type != wire.Stop && f.Type != wire.Unsubscribe {
			each(f)
		}
	}
}
