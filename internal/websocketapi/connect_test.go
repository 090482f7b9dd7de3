package websocketapi

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/tidewire/tidewire/internal/fault"
	"github.com/tidewire/tidewire/internal/spec"
)

// Every row of the table of handshake statuses that needs no signature.
func TestConnectStatus(t *testing.T) {
	t.Parallel()
	threw := &fault.FunctionError{Type: "Error", Message: "no"}
	never := func(ctx context.Context, _ []byte) ([]byte, error) { <-ctx.Done(); return nil, ctx.Err() }
	for _, tt := range []struct {
		name   string
		f      function
		spec   func(s *spec.Spec)
		status int
		body   string
		log    string
	}{
		{name: "200", f: answers(`{"statusCode":200,"body":"ignored"}`), status: 101},
		{name: "201", f: answers(`{"statusCode":201}`), status: 101},
		{name: "299", f: answers(`{"statusCode":"299"}`), status: 101},
		{name: "301", f: answers(`{"statusCode":301}`), status: 301, body: `{"message":"Moved Permanently"}`},
		{name: "304", f: answers(`{"statusCode":304}`), status: 304},
		{name: "400", f: answers(`{"statusCode":400,"body":"secret"}`), status: 400, body: `{"message":"Bad Request"}`},
		{name: "401", f: answers(`{"statusCode":401}`), status: 401, body: `{"message":"Unauthorized"}`},
		{name: "403", f: answers(`{"statusCode":403}`), status: 403, body: `{"message":"Forbidden"}`},
		{name: "501", f: answers(`{"statusCode":501}`), status: 501, body: `{"message":"Internal server error"}`},
		{name: "threw", f: fails(threw), status: 502, body: `{"message":"Internal server error"}`, log: "function error Error: no"},
		{name: "null", f: answers(`null`), status: 502, log: "Malformed Lambda proxy response"},
		{name: "bare string", f: answers(`"ok"`), status: 502},
		{name: "extra member", f: answers(`{"statusCode":200,"x":1}`), status: 502},
		{name: "header injection", f: answers(`{"statusCode":200,"headers":{"Sec-WebSocket-Protocol":"a\r\nX: y"}}`), status: 502},
		{name: "timeout", f: never, status: 504, body: `{"message":"Endpoint request timed out"}`, log: "did not answer within"},
		{name: "not invoked", f: fails(errors.New("no process")), status: 500, log: "no process"},
		{name: "no permission", status: 500, body: `{"message":"Internal server error"}`, log: "Type: AWS::Lambda::Permission",
			spec: func(s *spec.Spec) { s.Permissions = nil }},
		{name: "configuration error", status: 500, log: "HTTP_PROXY",
			spec: func(s *spec.Spec) { s.WebSocketAPIs[0].Integrations[0].Type = "HTTP_PROXY" }},
		{name: "no integration", status: 101,
			spec: func(s *spec.Spec) { s.WebSocketAPIs[0].Routes[0].IntegrationID = "" }},
		{name: "no $connect", status: 101,
			spec: func(s *spec.Spec) { s.WebSocketAPIs[0].Routes = s.WebSocketAPIs[0].Routes[1:] }},
		{name: "stage throttle", status: 429, body: `{"message":"Too Many Requests"}`,
			spec: func(s *spec.Spec) { s.WebSocketAPIs[0].Stages[0].Throttle = spec.Throttle{Set: true} }},
		{name: "route throttle", status: 429,
			spec: func(s *spec.Spec) {
				s.WebSocketAPIs[0].Stages[0].Routes = map[string]spec.Throttle{"$connect": {Set: true}}
			}},
		{name: "unknown stage", status: 403, body: `{"message":"Forbidden"}`, log: "has no stage",
			spec: func(s *spec.Spec) { s.WebSocketAPIs[0].Stages[0].Name = "other" }},
		{name: "endpoint disabled", status: 403, log: "DisableExecuteApiEndpoint",
			spec: func(s *spec.Spec) { s.WebSocketAPIs[0].DisableExecuteAPIEndpoint = true }},
		{name: "required parameters", status: 400, body: `{"message":"Missing required request parameters: [X-Auth, room]"}`,
			spec: func(s *spec.Spec) {
				s.WebSocketAPIs[0].Routes[0].RequestParameters = map[string]bool{"route.request.querystring.room": true,
					"route.request.header.X-Auth": true, "route.request.querystring.optional": false}
			}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := testSpec("$connect", "$disconnect")
			if tt.spec != nil {
				tt.spec(s)
			}
			r := newRig(t, s, func(o *Options) { o.Limits.Integration = 20 * time.Millisecond })
			r.set("connect", tt.f)
			c, res, err := r.tryDial("/prod", nil)
			if res == nil || res.StatusCode != tt.status || (err == nil) != (tt.status == 101) {
				t.Fatalf("%v %v; log:\n%s", res, err, r.log)
			}
			if !strings.Contains(r.log.String(), tt.log) {
				t.Errorf("%q is not in the log:\n%s", tt.log, r.log)
			}
			if tt.status == 101 {
				_ = c.Close(1000, "")
				r.await("disconnect")
				return
			}
			body, _ := io.ReadAll(res.Body)
			if tt.body != "" && string(body) != tt.body {
				t.Errorf("body %s", body)
			}
			if err := r.api.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			if got := r.seen("disconnect"); got != nil {
				t.Errorf("$disconnect ran for a refused handshake: %s", got)
			}
		})
	}
}

// No 101 before $connect has answered, and no connection for calls to find.
func TestConnectIsHeld(t *testing.T) {
	t.Parallel()
	r := newRig(t, testSpec("$connect"))
	release := make(chan struct{})
	r.set("connect", func(context.Context, []byte) ([]byte, error) { <-release; return []byte(okAnswer), nil })
	dialed := make(chan *websocket.Conn)
	go func() {
		c, _, _ := r.tryDial("/prod", nil)
		dialed <- c
	}()
	id := idOf(t, r.await("connect"))
	if n := r.o.Hub.Len(); n != 0 {
		t.Errorf("%d connections are known", n)
	}
	if res := r.manage(http.MethodPost, "/prod", id, "x"); res.StatusCode != http.StatusGone {
		t.Errorf("POST during $connect: %s", res.Status)
	}
	close(release)
	c := <-dialed
	if res := r.manage(http.MethodPost, "/prod", id, "x"); res.StatusCode != http.StatusOK {
		t.Errorf("POST after the 101: %s", res.Status)
	}
	if got := r.read(c); got != "x" {
		t.Error(got)
	}
}

func TestSubprotocol(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ answer, want string }{
		{okAnswer, ""},
		{`{"statusCode":200,"headers":{"Sec-WebSocket-Protocol":"b"}}`, "b"},
		{`{"statusCode":200,"headers":{"sec-websocket-protocol":"b"}}`, "b"},
		{`{"statusCode":200,"multiValueHeaders":{"Sec-Websocket-Protocol":["b"]}}`, "b"},
		{`{"statusCode":200,"headers":{"Set-Cookie":"a=b"}}`, ""},
	} {
		r := newRig(t, testSpec("$connect"))
		r.set("connect", answers(tt.answer))
		c, res, err := r.tryDial("/prod", &websocket.DialOptions{Subprotocols: []string{"a", "b"}, CompressionMode: websocket.CompressionContextTakeover})
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Subprotocol(); got != tt.want {
			t.Errorf("%s: got %q", tt.answer, got)
		}
		if x := res.Header.Get("Sec-WebSocket-Extensions"); x != "" {
			t.Errorf("extensions %q", x)
		}
		if x := res.Header.Get("Set-Cookie"); x != "" {
			t.Errorf("cookie %q", x)
		}
		if event := r.seen("connect")[0]; !strings.Contains(event, `"Sec-Websocket-Protocol":"a,b"`) {
			t.Errorf("what was offered is not in %s", event)
		}
	}
}

// raw sends bytes and reads one HTTP answer.
func (r *rig) rawRequest(text string) (*http.Response, net.Conn) {
	r.tb.Helper()
	nc, err := r.listen.Dial(context.Background(), "", "")
	if err != nil {
		r.tb.Fatal(err)
	}
	r.tb.Cleanup(func() { _ = nc.Close() })
	go func() { _, _ = io.WriteString(nc, text) }()
	res, err := http.ReadResponse(bufio.NewReader(nc), nil)
	if err != nil {
		r.tb.Fatal(err)
	}
	return res, nc
}

// What is wrong with a handshake is package conn's to say; here is the answer.
func TestBadHandshakes(t *testing.T) {
	t.Parallel()
	const upgrade, version, key = "Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n", "Sec-WebSocket-Version: 13\r\n", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	for _, tt := range []struct {
		name, line, headers string
		status              int
	}{
		{"good", "GET /prod HTTP/1.1", upgrade + version + key, 101},
		{"plain GET", "GET /prod HTTP/1.1", "", 426},
		{"no key", "GET /prod HTTP/1.1", upgrade + version, 400},
		{"body", "GET /prod HTTP/1.1", upgrade + version + key + "Content-Length: 1\r\n", 400},
		{"POST", "POST /prod HTTP/1.1", upgrade + version + key, 403},
		{"no such stage", "GET /dev HTTP/1.1", upgrade + version + key, 403},
		{"long URL", "GET /prod?" + strings.Repeat("x", 4097-len("/prod?")) + " HTTP/1.1", upgrade + version + key, 414},
		{"longest URL", "GET /prod?" + strings.Repeat("x", 4096-len("/prod?")) + " HTTP/1.1", upgrade + version + key, 101},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, testSpec())
			res, _ := r.rawRequest(tt.line + "\r\nHost: ws.test\r\n" + tt.headers + "\r\n")
			if res.StatusCode != tt.status {
				t.Errorf("%s; log:\n%s", res.Status, r.log)
			}
			if tt.status == 426 && res.Header.Get("Sec-WebSocket-Version") != "13" {
				t.Error("the version is not offered")
			}
			if tt.status == 101 && res.Header.Get("Sec-WebSocket-Accept") != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
				t.Error(res.Header)
			}
		})
	}
}

const goodHandshake = "GET /prod HTTP/1.1\r\nHost: ws.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

// A client that leaves while $connect runs leaves nothing behind.
func TestClientGoneDuringConnect(t *testing.T) {
	t.Parallel()
	r := newRig(t, testSpec("$connect", "$disconnect"))
	release := make(chan struct{})
	r.requests = make(chan context.Context, 1)
	r.set("connect", func(context.Context, []byte) ([]byte, error) { <-release; return []byte(okAnswer), nil })
	nc, err := r.listen.Dial(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(nc, goodHandshake); err != nil {
		t.Fatal(err)
	}
	r.await("connect")
	_ = nc.Close()
	<-(<-r.requests).Done()
	close(release)
	if err := r.api.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r.api.Count(Abandoned) != 1 || r.api.Count(Accepted) != 0 || r.seen("disconnect") != nil || r.o.Hub.Len() != 0 {
		t.Errorf("log:\n%s", r.log)
	}
}

// Bytes that follow the handshake at once are not lost.
func TestEarlyFrames(t *testing.T) {
	t.Parallel()
	r := newRig(t, testSpec("$default"))
	frame := string([]byte{0x81, 0x82, 0, 0, 0, 0, 'h', 'i'})
	nc, err := r.listen.Dial(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	go func() { _, _ = io.Copy(io.Discard, nc) }()
	if _, err := io.WriteString(nc, goodHandshake+frame); err != nil {
		t.Fatal(err)
	}
	if event := r.await("default"); !strings.Contains(event, `"body":"hi"`) {
		t.Error(event)
	}
}

func TestClientsHeaderCase(t *testing.T) {
	t.Parallel()
	r := newRig(t, testSpec("$connect"))
	r.raw = true
	r.dial("/prod?a=b", nil)
	event := r.seen("connect")[0]
	for _, want := range []string{`"host":"ws.test:4577"`, `"x-TeSt":["a","b"]`, `"x-TeSt":"b"`, `"Sec-WebSocket-Key"`, `"queryStringParameters":{"a":"b"}`, `"X-Forwarded-Port":"4577"`} {
		if !strings.Contains(event, want) {
			t.Errorf("%s is not in %s", want, event)
		}
	}
	for _, never := range []string{`"Connection"`, `"upgrade"`, `"body"`, `"messageId"`, `null`, `"stageVariables"`} {
		if strings.Contains(event, never) {
			t.Errorf("%s is in %s", never, event)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*spec.WebSocketAPI){
		"authorizer": func(a *spec.WebSocketAPI) { a.Routes[0].Authorization = "CUSTOM" },
		"key source": func(a *spec.WebSocketAPI) {
			a.Routes[0].APIKeyRequired = true
			a.APIKeySelectionExpression = "$context.authorizer.usageIdentifierKey"
		},
		"expression": func(a *spec.WebSocketAPI) { a.RouteSelectionExpression = "$request.header.x" },
		"parameter": func(a *spec.WebSocketAPI) {
			a.Routes[0].RequestParameters = map[string]bool{"method.request.header.x": true}
		},
		"no selector": func(a *spec.WebSocketAPI) { a.RouteSelectionExpression = "" },
	} {
		s := testSpec("$connect")
		change(&s.WebSocketAPIs[0])
		o := Options{Spec: s, API: &s.WebSocketAPIs[0], Invoke: func(context.Context, string, []byte) ([]byte, error) { return nil, nil }, Auth: testAuth(t, s), Hub: NewHub(1)}
		if _, err := New(o); err == nil {
			t.Errorf("%s: accepted", name)
		} else if !strings.Contains(fmt.Sprint(err), "Api") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := New(Options{}); err == nil {
		t.Error("New of nothing")
	}
}

// A server that cannot hand over its connection answers 500.
func TestNoHijack(t *testing.T) {
	t.Parallel()
	r := newRig(t, testSpec(), func(o *Options) { o.Domain = func() string { return "elsewhere:1" } })
	req := httptest.NewRequest(http.MethodGet, "/prod", nil)
	for name, v := range map[string]string{"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="} {
		req.Header.Set(name, v)
	}
	w := httptest.NewRecorder()
	r.api.Connect(w, req, Handshake{Stage: "prod"})
	if w.Code != http.StatusInternalServerError || r.o.Hub.Len() != 0 {
		t.Errorf("%d; log:\n%s", w.Code, r.log)
	}
}

// Many handshakes at once, some refused, leave exactly the accepted ones.
func TestManyHandshakes(t *testing.T) {
	t.Parallel()
	r := newRig(t, testSpec("$connect", "$disconnect"))
	r.set("connect", func(_ context.Context, payload []byte) ([]byte, error) {
		if strings.Contains(string(payload), `"no":"1"`) {
			return []byte(`{"statusCode":403}`), nil
		}
		return []byte(okAnswer), nil
	})
	var all sync.WaitGroup
	for i := range 100 {
		all.Go(func() {
			c, _, err := r.tryDial(fmt.Sprintf("/prod?no=%d", i%2), nil)
			if (err == nil) != (i%2 == 0) {
				t.Error(i, err)
			}
			if c != nil {
				c.CloseRead(context.Background())
			}
		})
	}
	all.Wait()
	if n := r.o.Hub.Len(); n != 50 {
		t.Errorf("%d connections", n)
	}
	if err := r.api.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(r.seen("disconnect")); n != 50 {
		t.Errorf("%d $disconnects", n)
	}
}
