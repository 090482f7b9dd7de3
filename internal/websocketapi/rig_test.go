package websocketapi

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/tidewire/tidewire/internal/memnet"
	"github.com/tidewire/tidewire/internal/spec"
)

const (
	testRegion  = "us-east-1"
	testAccount = "123456789012"
	testAPI     = "abc123"
	okAnswer    = `{"statusCode":200}`
)

// function is what a test gives as a Lambda function.
type function func(ctx context.Context, payload []byte) ([]byte, error)

// answers is a function that always returns text.
func answers(text string) function {
	return func(context.Context, []byte) ([]byte, error) { return []byte(text), nil }
}

// fails is a function that always fails.
func fails(err error) function {
	return func(context.Context, []byte) ([]byte, error) { return nil, err }
}

// testSpec has one API with one stage, "prod", and a route and a function of
// the same name for each key. Keys with a "!" behind are two-way.
func testSpec(keys ...string) *spec.Spec {
	s := &spec.Spec{Region: testRegion, Account: testAccount, Partition: "aws", StackName: "test"}
	api := spec.WebSocketAPI{LogicalID: "Api", ID: testAPI, RouteSelectionExpression: "$request.body.action",
		Stages: []spec.Stage{{LogicalID: "Prod", Name: "prod"}}}
	for _, key := range keys {
		key, twoWay := strings.CutSuffix(key, "!")
		name := strings.TrimPrefix(key, "$")
		arn := "arn:aws:lambda:us-east-1:123456789012:function:" + name
		s.Functions = append(s.Functions, spec.Function{LogicalID: name, Name: name, ARN: arn})
		s.Permissions = append(s.Permissions, spec.Permission{LogicalID: name + "Permission", FunctionARN: arn,
			Action: "lambda:InvokeFunction", Principal: "apigateway.amazonaws.com",
			SourceARN: "arn:aws:execute-api:us-east-1:123456789012:abc123/*"})
		api.Routes = append(api.Routes, spec.Route{LogicalID: name + "Route", Key: key, IntegrationID: name,
			Authorization: spec.AuthNone, RouteResponse: twoWay})
		api.Integrations = append(api.Integrations, spec.Integration{LogicalID: name + "Integration", ID: name, Type: "AWS_PROXY", FunctionARN: arn})
	}
	s.WebSocketAPIs = []spec.WebSocketAPI{api}
	return s
}

// rig is an API behind an HTTP server in memory.
type rig struct {
	tb     testing.TB
	api    *API
	o      Options
	listen *memnet.Listener
	client *http.Client
	log    *logBuffer
	raw    bool // give RawHeader, as a gateway's listener does
	// requests gets the context of each handshake; nil: nobody asks.
	requests chan context.Context

	mu        sync.Mutex
	functions map[string]function
	events    map[string][]string // by function
	arrived   chan string         // functions, as they are called
}

// newRig serves s until the test ends.
func newRig(tb testing.TB, s *spec.Spec, change ...func(*Options)) *rig {
	tb.Helper()
	r := &rig{tb: tb, listen: memnet.Listen(), log: &logBuffer{}, functions: map[string]function{},
		events: map[string][]string{}, arrived: make(chan string, 10000)}
	r.o = Options{Spec: s, API: &s.WebSocketAPIs[0], Invoke: r.invoke, Auth: testAuth(tb, s), Hub: NewHub(1),
		Log: slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	for _, f := range change {
		f(&r.o)
	}
	api, err := New(r.o)
	if err != nil {
		tb.Fatal(err)
	}
	r.api = api
	transport := &http.Transport{DialContext: r.listen.Dial}
	r.client = &http.Client{Transport: transport}
	server := &http.Server{Handler: http.HandlerFunc(r.serve)}
	served := make(chan error, 1)
	go func() { served <- server.Serve(r.listen) }()
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := api.Shutdown(ctx); err != nil {
			tb.Error(err)
		}
		transport.CloseIdleConnections()
		_ = server.Close()
		<-served
	})
	return r
}

// serve is the gateway's part: /stage and /stage/@connections/id.
func (r *rig) serve(w http.ResponseWriter, req *http.Request) {
	peer := netip.MustParseAddr("203.0.113.7")
	stage, rest, _ := strings.Cut(strings.TrimPrefix(req.URL.EscapedPath(), "/"), "/")
	if rest == "" {
		if r.requests != nil {
			r.requests <- req.Context()
		}
		in := Handshake{Stage: stage, Peer: peer, Secure: true, Domain: "ws.test:4577"}
		if r.raw {
			in.RawHeader = [][2]string{{"host", req.Host}, {"Sec-WebSocket-Key", req.Header.Get("Sec-WebSocket-Key")}, {"x-TeSt", "a"}, {"X-Test", "b"}, {"Connection", "Upgrade"}, {"upgrade", "websocket"}}
		}
		r.api.Connect(w, req, in)
		return
	}
	id, err := url.PathUnescape(rest[strings.IndexByte(rest, '/')+1:])
	if err != nil {
		r.tb.Error(err)
	}
	r.api.Connections(w, req, Management{Stage: stage, ConnectionID: id, Peer: peer, Secure: true})
}

// set replaces a function.
func (r *rig) set(name string, f function) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.functions[name] = f
}

// invoke records an event and runs the test's function, or says 200.
func (r *rig) invoke(ctx context.Context, name string, payload []byte) ([]byte, error) {
	r.mu.Lock()
	r.events[name] = append(r.events[name], string(payload))
	f := r.functions[name]
	r.mu.Unlock()
	r.arrived <- name
	if f == nil {
		return []byte(okAnswer), nil
	}
	return f(ctx, payload)
}

// seen are the events that a function was given.
func (r *rig) seen(name string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.events[name]...)
}

// await waits until a function is called, and gives its last event.
func (r *rig) await(name string) string {
	r.tb.Helper()
	timeout := time.After(10 * time.Second)
	for {
		select {
		case got := <-r.arrived:
			if got == name {
				all := r.seen(name)
				return all[len(all)-1]
			}
		case <-timeout:
			r.tb.Fatalf("function %s is not called; log:\n%s", name, r.log)
		}
	}
}

// dial opens a socket that must be accepted.
func (r *rig) dial(path string, o *websocket.DialOptions) *websocket.Conn {
	r.tb.Helper()
	c, res, err := r.tryDial(path, o)
	if err != nil {
		r.tb.Fatalf("dial: %v (%v); log:\n%s", err, res, r.log)
	}
	return c
}

func (r *rig) tryDial(path string, o *websocket.DialOptions) (*websocket.Conn, *http.Response, error) {
	if o == nil {
		o = &websocket.DialOptions{}
	}
	o.HTTPClient = r.client
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, res, err := websocket.Dial(ctx, "ws://ws.test:4577"+path, o)
	if c != nil {
		r.tb.Cleanup(func() { _ = c.CloseNow() })
	}
	return c, res, err
}

// write sends text.
func (r *rig) write(c *websocket.Conn, text string) {
	r.tb.Helper()
	if err := c.Write(context.Background(), websocket.MessageText, []byte(text)); err != nil {
		r.tb.Fatal(err)
	}
}

// read receives one text message.
func (r *rig) read(c *websocket.Conn) string {
	r.tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	kind, text, err := c.Read(ctx)
	if err != nil || kind != websocket.MessageText {
		r.tb.Fatalf("read: %v %v; log:\n%s", kind, err, r.log)
	}
	return string(text)
}

// requestContext is an event's, decoded.
func requestContext(tb testing.TB, event string) map[string]any {
	tb.Helper()
	var e struct {
		RequestContext map[string]any `json:"requestContext"`
	}
	if err := json.Unmarshal([]byte(event), &e); err != nil {
		tb.Fatalf("%v in %s", err, event)
	}
	return e.RequestContext
}

// idOf is the connection id in an event.
func idOf(tb testing.TB, event string) string {
	return fmt.Sprint(requestContext(tb, event)["connectionId"])
}

// logBuffer is a log that tests can read.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
