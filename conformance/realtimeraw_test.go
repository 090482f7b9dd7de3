//go:build conformance

package conformance

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// line is a WebSocket of AppSync spoken by hand.
type line struct {
	*socket
	echoed []string // Sec-WebSocket-Protocol of the 101
	proof  object
}

// said is any frame of the server.
type said struct {
	Type, ID            string
	Errors              []graphError
	Event               string
	ConnectionTimeoutMs int
	Successful, Failed  []struct{ Index, Code int }
	Payload             struct {
		ConnectionTimeoutMs int
		Data                json.RawMessage
		Errors              []graphError
	}
}

// problems are the errors of a frame of either protocol.
func (s *said) problems() string {
	var text []string
	for _, e := range append(s.Errors, s.Payload.Errors...) {
		text = append(text, e.Type+": "+e.Message)
	}
	return strings.Join(text, "; ")
}

const (
	graphqlWS = "graphql-ws"
	eventsWS  = "aws-appsync-event-ws"
)

// keyProof authorizes with the first API key.
func (s *server) keyProof(t testing.TB) object {
	t.Helper()
	u, err := url.Parse(s.apis[0].URL)
	if err != nil {
		t.Fatal(err)
	}
	return object{"host": u.Host, "x-api-key": s.apis[0].APIKeys[0]}
}

// lift sends an upgrade request and wants a 101.
func (s *server) lift(t testing.TB, address string, protocols ...string) *line {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	l := &line{socket: newSocket(dial(t, u)), proof: s.keyProof(t)}
	r := &http.Request{Method: http.MethodGet, URL: u, Host: u.Host, Header: http.Header{"Upgrade": {"websocket"}, "Connection": {"Upgrade"},
		"Sec-WebSocket-Version": {"13"}, "Sec-WebSocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="}, "Sec-WebSocket-Protocol": {strings.Join(protocols, ", ")}}}
	if err := r.Write(l.nc); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(l.r, r)
	if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("the handshake: %v %+v", err, resp)
	}
	l.echoed = resp.Header["Sec-Websocket-Protocol"]
	return l
}

// offer is an authorization as a subprotocol.
func offer(v any) string {
	return "header-" + base64.RawURLEncoding.EncodeToString([]byte(encoded(v)))
}

// line opens a socket with the API key, up to the ack.
func (s *server) line(t testing.TB, protocol string) *line {
	t.Helper()
	l := s.lift(t, s.apis[0].RealtimeURL, protocol, offer(s.keyProof(t)))
	l.send(t, `{"type":"connection_init"}`)
	l.next(t, "connection_ack")
	return l
}

// hear gives the next frame that is no ka.
func (l *line) hear(t testing.TB) *said {
	t.Helper()
	for {
		text := l.receive(t)
		var f said
		if err := json.Unmarshal([]byte(text), &f); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if f.Type != "ka" {
			return &f
		}
	}
}

// next wants a frame of a type.
func (l *line) next(t testing.TB, kind string) *said {
	t.Helper()
	f := l.hear(t)
	if f.Type != kind {
		t.Fatalf("heard %+v, want %s", f, kind)
	}
	return f
}

// start sends a start with a query.
func (l *line) start(t testing.TB, id, query string) {
	t.Helper()
	l.send(t, encoded(object{"type": "start", "id": id, "payload": object{"data": encoded(object{"query": query}), "extensions": object{"authorization": l.proof}}}))
}

// begin starts a subscription and waits until it is active.
func (l *line) begin(t testing.TB, id, query string) {
	t.Helper()
	l.start(t, id, query)
	if f := l.next(t, "start_ack"); f.ID != id {
		t.Fatalf("acknowledged %q, want %q", f.ID, id)
	}
}

// open sends a message for a channel.
func (l *line) operate(t testing.TB, kind, id, channel string, more object) *said {
	t.Helper()
	m := object{"type": kind, "id": id, "channel": channel, "authorization": l.proof}
	for k, v := range more {
		m[k] = v
	}
	l.send(t, encoded(m))
	return l.hear(t)
}

// plainStack serves a stack of testdata, of which only API keys are used.
func plainStack(t testing.TB, name string, args ...string) *server {
	t.Helper()
	return serve(t, filepath.Join(suite.root, "conformance", "testdata", name), serveOptions{args: append(args, "--parameter", "Notes="+filepath.Join(t.TempDir(), "notes"))})
}

// TestRealtimeHandshakes hands over credentials in all ways, good and bad, to
// both protocols.
func TestRealtimeHandshakes(t *testing.T) {
	t.Parallel()
	for stack, protocol := range map[string]string{"realtime": graphqlWS, "events": eventsWS} {
		t.Run(stack, func(t *testing.T) {
			t.Parallel()
			s := plainStack(t, stack)
			good := s.keyProof(t)
			good["x-pad"] = "???>>>ÿÿÿ~~~" // plus and slash in base64
			text := []byte(encoded(good))
			for name, e := range map[string]*base64.Encoding{"standard": base64.StdEncoding, "bare": base64.RawStdEncoding, "URL": base64.URLEncoding, "bare URL": base64.RawURLEncoding} {
				code := e.EncodeToString(text)
				lines := map[string]*line{
					"query": s.lift(t, s.apis[0].RealtimeURL+"?header="+code+"&payload=e30=", protocol), "escaped": s.lift(t, s.apis[0].RealtimeURL+"?header="+url.QueryEscape(code)+"&payload=e30%3D", protocol),
				}
				if !strings.ContainsAny(code, "=/") {
					lines["subprotocol"] = s.lift(t, s.apis[0].RealtimeURL, protocol, "header-"+code)
					lines["subprotocol first"] = s.lift(t, s.apis[0].RealtimeURL, "header-"+code, protocol)
				}
				for way, l := range lines {
					l.send(t, `{"type":"connection_init"}`)
					f := l.hear(t)
					if got := f.ConnectionTimeoutMs + f.Payload.ConnectionTimeoutMs; f.Type != "connection_ack" || got != 300_000 || (protocol == eventsWS) != (f.ConnectionTimeoutMs != 0) || len(l.echoed) != 1 || l.echoed[0] != protocol {
						t.Errorf("%s, %s: heard %+v, protocol %q", name, way, f, l.echoed)
					}
				}
			}
			host := good["host"]
			bad := map[string]string{"not base64": "header-****", "not JSON": "header-" + base64.RawURLEncoding.EncodeToString([]byte("{")), "no object": offer([]int{1}), "no host": offer(object{"x-api-key": good["x-api-key"]}),
				"text": offer("x"), "null": offer(nil), "nested": offer(object{"host": object{"a": 1}}), "long": offer(object{"host": host, "x": strings.Repeat("x", 15_000), "y": 1}), "empty": "header-",
				"wrong key": offer(object{"host": host, "x-api-key": "da2-aaaaaaaaaaaaaaaaaaaaaaaaaa"}), "nothing": offer(object{"host": host}), "token": offer(object{"host": host, "Authorization": "Bearer x.y.z"}),
				"signature": offer(object{"host": host, "Authorization": "AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host, Signature=00", "x-amz-date": "20260101T000000Z"})}
			for name, protocols := range bad {
				l := s.lift(t, s.apis[0].RealtimeURL, protocol, protocols)
				f := l.hear(t)
				code := l.closed(t)
				if f.Type != "connection_error" || len(f.Errors)+len(f.Payload.Errors) != 1 || f.ID != "" || code != 1000 || len(l.echoed) != 1 || l.echoed[0] != protocol {
					t.Errorf("%s: heard %+v, closed with %d", name, f, code)
				}
			}
			s.line(t, protocol)
		})
	}
}

// TestRealtimeBadFrames sends frames that are wrong, and looks whether the same
// socket goes on.
func TestRealtimeBadFrames(t *testing.T) {
	t.Parallel()
	s := plainStack(t, "realtime")
	key := s.keyed(t)
	early := s.lift(t, s.apis[0].RealtimeURL, graphqlWS, offer(s.keyProof(t)))
	for n := range 1000 {
		early.start(t, fmt.Sprint(n), `subscription { noted { n } }`)
	}
	early.send(t, `{"type":"connection_init"}`)
	early.next(t, "connection_ack")
	early.begin(t, "1", `subscription { noted(n: 1) { n } }`)

	l := s.line(t, graphqlWS)
	l.begin(t, "a", `subscription { noted(n: 1) { n } }`)
	proof := encoded(l.proof)
	for _, text := range []string{`{`, ``, `null`, `[]`, `"start"`, `{"type":1}`, `{"type":"nothing","id":"x"}`, `{"type":"start"}`, `{"type":"start","id":"x"}`, `{"type":"start","id":"x","payload":null}`,
		`{"type":"start","id":"x","payload":{"data":{"query":"{ ready }"},"extensions":{"authorization":` + proof + `}}}`, `{"type":"start","id":"x","payload":{"data":"{","extensions":{"authorization":` + proof + `}}}`,
		`{"type":"start","id":"x","payload":{"data":"{}","extensions":{"authorization":` + proof + `}}}`, `{"type":"stop"}`,
		`{"type":"start","id":"x","payload":{"data":"{\"query\":\"{ ready }\"}","extensions":{"authorization":` + proof + `}}}`,
		`{"type":"start","id":"x","payload":{"data":"{\"query\":\"mutation { leave(name: \\\"x\\\") }\"}","extensions":{"authorization":` + proof + `}}}`} {
		l.send(t, text)
		if f := l.hear(t); f.Type != "error" || !strings.HasPrefix(f.problems(), "UnsupportedOperation: ") || len(f.Payload.Errors) != 1 {
			t.Errorf("%s: heard %+v", text, f)
		}
	}
	l.send(t, `{"type":"connection_init"}`) // once more: nothing says what that does; it must not hurt
	refused := func(want string) {
		t.Helper()
		f := l.hear(t)
		for f.Type == "connection_ack" {
			f = l.hear(t)
		}
		if f.Type != "error" || f.ID == "" || !strings.HasPrefix(f.problems(), want) {
			t.Errorf("heard %+v, want %s", f, want)
		}
	}
	l.start(t, "a", `subscription { noted { n } }`)
	refused("DuplicatedOperationError: ")
	for _, authorization := range []string{`{}`, `null`, `"x"`, `{"host":"x","x-api-key":"da2-aaaaaaaaaaaaaaaaaaaaaaaaaa"}`, `{"host":"evil.example","Authorization":"AWS4-HMAC-SHA256 x"}`} {
		l.send(t, `{"type":"start","id":"u","payload":{"data":"{\"query\":\"subscription { noted { n } }\"}","extensions":{"authorization":`+authorization+`}}}`)
		refused("UnauthorizedException: Permission denied")
	}
	l.start(t, "two", `subscription { noted { n } edited { n } }`)
	refused(": Validation error of type SubscriptionMultipleRootFields")
	l.send(t, `{"type":"stop","id":"never was"}`)
	if f := l.next(t, "complete"); f.ID != "never was" {
		t.Errorf("stopped %+v", f)
	}
	for n := 1; n < 100; n++ {
		l.begin(t, fmt.Sprintf("more%d", n), `subscription { noted(room: "more") { n } }`)
	}
	l.start(t, "over", `subscription { noted { n } }`)
	refused("MaxSubscriptionsReachedError: Max number of 100 subscriptions reached")
	l.send(t, `{"type":"stop","id":"more1"}`)
	l.next(t, "complete")
	l.begin(t, "more1", `subscription { noted(n: 2) { n text } }`) // the id is free again

	if err := key.note(object{"n": 2, "text": strings.Repeat("x", 250_000)}); err != nil { // over 240 KB: subscribers do not hear of it
		t.Error(err)
	}
	for _, n := range []int{1, 2} {
		if err := key.note(object{"n": n}); err != nil {
			t.Error(err)
		}
	}
	for _, id := range []string{"a", "more1"} {
		if f := l.next(t, "data"); f.ID != id || len(f.Payload.Data) > 100 {
			t.Errorf("heard %.200s of %s, want %s", f.Payload.Data, f.ID, id)
		}
	}
	if f := early.next(t, "data"); string(f.Payload.Data) != `{"noted":{"n":1}}` {
		t.Errorf("heard %s", f.Payload.Data)
	}
	for code, f := range map[int]frame{1009: {opcode: opText, payload: long(300_000)}, 1003: {opcode: opBinary, payload: []byte("x")}, 1002: {opcode: opText, unmasked: true, payload: []byte("x")}} {
		l := s.line(t, graphqlWS)
		l.write(t, f)
		if got := l.closed(t); got != code {
			t.Errorf("closed with %d, want %d", got, code)
		}
	}
	s.line(t, graphqlWS).begin(t, "fine", `subscription { noted { n } }`)
}

// TestRealtimeInvalidation ends subscriptions by a mutation.
func TestRealtimeInvalidation(t *testing.T) {
	t.Parallel()
	s := plainStack(t, "realtime")
	key, l := s.keyed(t), s.line(t, graphqlWS)
	for _, name := range []string{"ana", "bea"} {
		l.begin(t, name, `subscription { guest(name: "`+name+`") { n } }`)
	}
	key.ask(t, `mutation { leaveOften(name: "bea") }`).data(t, `{"leaveOften":true}`) // the sixth of one request does not count
	key.ask(t, `mutation { leave(name: "ana") }`).data(t, `{"leave":true}`)
	if f := l.next(t, "complete"); f.ID != "ana" {
		t.Errorf("ended %s", f.ID)
	}
	if err := key.note(object{"n": 1}); err != nil {
		t.Fatal(err)
	}
	if f := l.next(t, "data"); f.ID != "bea" {
		t.Errorf("heard %+v", f)
	}
	l.begin(t, "ana", `subscription { guest(name: "ana") { n } }`)
}

// TestEventsBadFrames does the same to the socket of an Event API and to its
// endpoint for publishing.
func TestEventsBadFrames(t *testing.T) {
	t.Parallel()
	s := plainStack(t, "events")
	l := s.line(t, eventsWS)
	answered := func(f *said, kind, id, problems string) {
		t.Helper()
		if f.Type != kind || f.ID != id || !strings.HasPrefix(f.problems(), problems) || (problems == "") != (len(f.Errors) == 0) {
			t.Errorf("heard %+v, want %s of %q with %s", f, kind, id, problems)
		}
	}
	answered(l.operate(t, "subscribe", "all", "/plain/*", nil), "subscribe_success", "all", "")
	for _, text := range []string{`{`, `[]`, `{"type":"nothing","id":"x"}`, `{"type":1}`, `{"type":"subscribe"}`} {
		l.send(t, text)
		if f := l.hear(t); !strings.Contains(f.Type, "error") || len(f.Errors) != 1 {
			t.Errorf("%s: heard %+v", text, f)
		}
	}
	answered(l.operate(t, "subscribe", "all", "/plain/x", nil), "subscribe_error", "all", "DuplicatedOperationError")
	answered(l.operate(t, "subscribe", "n", "/nowhere/x", nil), "subscribe_error", "n", "UnauthorizedException")
	answered(l.operate(t, "subscribe", "v", "/handled/vault", nil), "subscribe_error", "v", "Unauthorized")
	answered(l.operate(t, "subscribe", "r", "/handled/nowhere", nil), "subscribe_error", "r", "NoRoom: there is no such room")
	answered(l.operate(t, "subscribe", "i", "/plain/x", object{"authorization": object{"host": "x", "x-api-key": "da2-aaaaaaaaaaaaaaaaaaaaaaaaaa"}}), "subscribe_error", "i", "UnauthorizedException")
	for n, channel := range []string{"", "/", "/plain/*/x", "/plain/a*", "/plain/-a", "/plain//x", "/a/b/c/d/e/f", "/plain/" + strings.Repeat("x", 51), "/plain/ü", "/*", "*"} {
		if f := l.operate(t, "subscribe", fmt.Sprint("c", n), channel, nil); f.Type != "subscribe_error" || len(f.Errors) != 1 {
			t.Errorf("channel %q: heard %+v", channel, f)
		}
	}
	list := func(events ...string) object { return object{"events": events} }
	answered(l.operate(t, "publish", "p", "/plain/*", list(`1`)), "publish_error", "p", "BadRequestException: Invalid channel")
	answered(l.operate(t, "publish", "p", "/keyed/x", list(`1`)), "publish_error", "p", "UnauthorizedException")
	answered(l.operate(t, "publish", "p", "/plain/x", list(`1`, `2`, `3`, `4`, `5`, `6`)), "publish_error", "p", "InvalidInputError: input exceeded 5 event limit")
	answered(l.operate(t, "publish", "p", "/plain/x", list()), "publish_error", "p", "InvalidInputError")
	answered(l.operate(t, "publish", "p", "/handled/closed", list(`{}`)), "publish_error", "p", "Closed: nobody may publish here")
	l.send(t, `{"type":"unsubscribe","id":"never-was"}`)
	answered(l.hear(t), "unsubscribe_error", "never-was", "UnknownOperationError")

	answered(l.operate(t, "subscribe", "h", "handled/room", nil), "subscribe_success", "h", "")
	f := l.operate(t, "publish", "q", "/handled/room/", list(`{"text":"bad"}`, `{"text":"silent"}`, `{"text":"a"}`))
	heard := map[string]int{}
	for heard["data"] < 1 || heard["publish_success"] < 1 {
		heard[f.Type]++
		switch {
		case f.Type == "data" && !strings.Contains(f.Event, `"text":"a"`), f.Type == "publish_success" && (len(f.Failed) != 1 || f.Failed[0].Index != 0 || len(f.Successful) != 2):
			t.Errorf("heard %+v", f)
		}
		if heard["data"] < 1 || heard["publish_success"] < 1 {
			f = l.hear(t)
		}
	}
	key := (&graph{s.apis[0].URL, http.Header{}}).with("x-api-key", s.apis[0].APIKeys[0])
	for body, status := range map[string]int{``: 400, `{`: 400, `[]`: 400, `{"channel":"/plain/x"}`: 400, `{"channel":"/plain/x","events":[]}`: 400, `{"channel":"/plain/x","events":"x"}`: 400, `{"channel":"/plain/*","events":["1"]}`: 400,
		`{"channel":"/plain/x","events":["1","2","3","4","5","6"]}`: 400, `{"channel":"/nowhere/x","events":["1"]}`: 401, `{"channel":"/handled/closed","events":["1"]}`: 403, `{"channel":"/keyed/x","events":["1"]}`: 401,
		`{"channel":"/plain/x","events":["` + strings.Repeat("x", 3<<20) + `"]}`: 413} {
		if a := key.post(t, body); a.status != status || len(a.Errors) != 1 {
			t.Errorf("%.80s: %d %.300s, want %d", body, a.status, a.text, status)
		}
	}
	key.post(t, encoded(object{"channel": "/plain/x", "events": []string{`{"n":1}`, `not JSON`}})).refused(t, http.StatusBadRequest, "BadRequestException", "Each event must be a string of valid JSON")
	a := key.post(t, encoded(object{"channel": "/plain/x", "events": []string{`{"n":2}`, `"` + strings.Repeat("x", 250_000) + `"`, `null`}}))
	t.Logf("one event over 240 KB: %d %.600s", a.status, a.text)
	if err := key.event("/plain/x", object{"n": 3}); err != nil {
		t.Fatal(err)
	}
	for f := l.next(t, "data"); f.Event != `{"n":3}`; f = l.next(t, "data") {
		t.Logf("heard %.200s", f.Event)
	}
}

// TestRealtimeCrowd has 10,000 clients connect and say nothing, and one that
// subscribes and never reads.
func TestRealtimeCrowd(t *testing.T) {
	t.Parallel()
	s := plainStack(t, "realtime")
	u, err := url.Parse(s.apis[0].RealtimeURL)
	if err != nil {
		t.Fatal(err)
	}
	request := "GET " + u.Path + " HTTP/1.1\r\nHost: " + u.Host + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: graphql-ws, " +
		offer(s.keyProof(t)) + "\r\n\r\n"
	conns := make([]net.Conn, 10_000)
	var all sync.WaitGroup
	for k := range 8 {
		all.Go(func() {
			for i := k; i < len(conns); i += 8 {
				nc, err := net.DialTimeout("tcp", u.Host, patience)
				if err != nil {
					t.Error(err)
					return
				}
				conns[i] = nc
				if i%2 == 0 {
					_, _ = nc.Write([]byte(request)) // the others say nothing at all
				}
			}
		})
	}
	all.Wait()
	t.Cleanup(func() {
		for _, nc := range conns {
			if nc != nil {
				_ = nc.Close()
			}
		}
	})
	l, started := s.line(t, graphqlWS), time.Now()
	l.begin(t, "a", `subscription { noted { n } }`)
	lazy := s.line(t, graphqlWS)
	lazy.begin(t, "a", `subscription { noted { n text } }`)
	key, text := s.keyed(t), strings.Repeat("x", 200_000)
	for n := range 60 {
		if err := key.note(object{"n": n, "text": text}); err != nil {
			t.Fatal(err)
		}
		if f := l.next(t, "data"); string(f.Payload.Data) != fmt.Sprintf(`{"noted":{"n":%d}}`, n) {
			t.Fatalf("heard %s, want %d", f.Payload.Data, n)
		}
	}
	if code := lazy.closed(t); code != 1008 && code != 1006 {
		t.Errorf("the one that did not read was closed with %d", code)
	}
	t.Logf("beside 10,000 silent clients: %s", time.Since(started))
	// Who says no connection_init is closed in the end.
	silent := newSocket(conns[0])
	resp, err := http.ReadResponse(silent.r, nil)
	if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("%v %+v", err, resp)
	}
	if code := silent.closed(t); code != 1008 {
		t.Errorf("a client without connection_init was closed with %d, want 1008", code)
	}
}
