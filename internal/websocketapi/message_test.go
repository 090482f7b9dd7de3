package websocketapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/tidewire/tidewire/internal/fault"
	"github.com/tidewire/tidewire/internal/spec"
)

func TestEcho(t *testing.T) {
	t.Parallel()
	r := newRig(t, testSpec("$connect", "$disconnect", "$default", "send!"))
	r.set("send", func(_ context.Context, payload []byte) ([]byte, error) {
		var e struct{ Body string }
		err := json.Unmarshal(payload, &e)
		answer, _ := json.Marshal(map[string]any{"statusCode": 200, "body": e.Body})
		return answer, err
	})
	c := r.dial("/prod", nil)
	const text = `{"action":"send","data":"hé\n\"llo\""}`
	r.write(c, text)
	if got := r.read(c); got != text {
		t.Errorf("got %q", got)
	}
	if err := c.Close(websocket.StatusNormalClosure, "bye"); err != nil {
		t.Error(err)
	}
	r.await("disconnect")
}

// Every row of the table of error frames.
func TestErrorFrames(t *testing.T) {
	t.Parallel()
	const forbidden, internal, tooMany = "Forbidden", "Internal server error", "Too Many Requests"
	threw := &fault.FunctionError{Type: "Error", Message: "no", Payload: []byte(`{"errorMessage":"no"}`)}
	for _, tt := range []struct {
		name, text, want string
		spec             func(s *spec.Spec)
		f                function
		log              string
	}{
		{name: "no route", text: `{"action":"nope"}`, want: forbidden},
		{name: "not JSON", text: `hello`, want: forbidden},
		{name: "not an object", text: `3`, want: forbidden},
		{name: "$connect by name", text: `{"action":"$connect"}`, want: forbidden},
		{name: "$disconnect by name", text: `{"action":"$disconnect"}`, want: forbidden},
		{name: "$default by name", text: `{"action":"$default"}`, want: forbidden},
		{name: "threw", text: `{"action":"send"}`, f: fails(threw), want: internal, log: "function error Error: no"},
		{name: "could not be run", text: `{"action":"send"}`, f: fails(errors.New("no process")), want: internal, log: "no process"},
		{name: "throttled function", text: `{"action":"send"}`, f: fails(fault.TooManyRequests.Because("reserved concurrency")), want: internal},
		{name: "null", text: `{"action":"send"}`, f: answers(`null`), want: internal, log: "Malformed Lambda proxy response"},
		{name: "string", text: `{"action":"send"}`, f: answers(`"ok"`), want: internal},
		{name: "extra member", text: `{"action":"send"}`, f: answers(`{"statusCode":200,"Data":"x"}`), want: internal, log: `\"Data\"`},
		{name: "object body", text: `{"action":"send"}`, f: answers(`{"statusCode":200,"body":{}}`), want: internal},
		{name: "timeout", text: `{"action":"send"}`, want: internal, log: "did not answer within",
			f: func(ctx context.Context, _ []byte) ([]byte, error) { <-ctx.Done(); return nil, ctx.Err() }},
		{name: "no permission", text: `{"action":"send"}`, want: internal, log: "AWS::Lambda::Permission",
			spec: func(s *spec.Spec) { s.Permissions = nil }},
		{name: "unsupported integration", text: `{"action":"send"}`, want: internal, log: "mapping template",
			spec: func(s *spec.Spec) { s.WebSocketAPIs[0].Integrations[0].Unsupported = "a mapping template" }},
		{name: "function missing", text: `{"action":"send"}`, want: internal, log: "not in the template",
			spec: func(s *spec.Spec) { s.Functions = nil }},
		{name: "integration missing", text: `{"action":"send"}`, want: internal, log: "does not have",
			spec: func(s *spec.Spec) { s.WebSocketAPIs[0].Integrations = nil }},
		{name: "throttled route", text: `{"action":"send"}`, want: tooMany, log: "throttle",
			spec: func(s *spec.Spec) {
				s.WebSocketAPIs[0].Stages[0].Routes = map[string]spec.Throttle{"send": {Set: true}}
			}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := testSpec("send")
			if tt.spec != nil {
				tt.spec(s)
			}
			r := newRig(t, s, func(o *Options) { o.Limits.Integration = 20 * time.Millisecond })
			r.set("send", tt.f)
			c := r.dial("/prod", nil)
			r.write(c, tt.text)
			got := r.read(c)
			id, request := frameIDs(t, got)
			want := fmt.Sprintf(`{"message": "%s", "connectionId":"%s", "requestId":"%s"}`, tt.want, id, request)
			if got != want {
				t.Errorf("got %s, want %s", got, want)
			}
			for _, event := range r.seen("send") {
				if rc := requestContext(t, event); rc["requestId"] != request || rc["connectionId"] != id {
					t.Errorf("the frame has %s and %s, the event %v", id, request, rc)
				}
			}
			if !strings.Contains(r.log.String(), tt.log) {
				t.Errorf("%q is not in the log:\n%s", tt.log, r.log)
			}
			r.write(c, tt.text) // the socket is still open
			r.read(c)
		})
	}
}

// frameIDs takes the two ids out of an error frame.
func frameIDs(t *testing.T, frame string) (connection, request string) {
	t.Helper()
	var f struct{ ConnectionID, RequestID string }
	if err := json.Unmarshal([]byte(frame), &f); err != nil || len(f.ConnectionID) != 16 || len(f.RequestID) != 16 {
		t.Fatalf("%v in %q", err, frame)
	}
	return f.ConnectionID, f.RequestID
}

func TestDefaultRoute(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`hello`, `{"action":"nope"}`, `{"action":"$connect"}`, `{"action":"$default"}`, `[]`, `{"action":3}`} {
		r := newRig(t, testSpec("$default!", "$connect", "send"))
		r.set("default", answers(`{"statusCode":200,"body":"default"}`))
		c := r.dial("/prod", nil)
		r.write(c, text)
		if got := r.read(c); got != "default" {
			t.Errorf("%s: got %q", text, got)
		}
	}
}

// What is not to reach the client does not: what follows does.
func TestOneWay(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{
		`{"statusCode":200,"body":"lost"}`, `{"statusCode":500,"body":"lost"}`, `{"statusCode":200}`,
	} {
		r := newRig(t, testSpec("one", "two!", "none"), func(o *Options) {
			o.API.Routes[2].IntegrationID = ""
			o.Ordered = true
		})
		r.set("one", answers(answer))
		r.set("two", answers(`{"statusCode":500,"body":"kept"}`))
		c := r.dial("/prod", nil)
		r.write(c, `{"action":"one"}`)
		r.write(c, `{"action":"none"}`)
		r.write(c, `{"action":"two"}`)
		if got := r.read(c); got != "kept" {
			t.Errorf("%s: got %q", answer, got)
		}
	}
}

func TestTwoWayBodies(t *testing.T) {
	t.Parallel()
	r := newRig(t, testSpec("send!"), func(o *Options) { o.Ordered = true })
	c := r.dial("/prod", nil)
	c.SetReadLimit(1 << 20)
	for _, tt := range []struct{ answer, want string }{
		{`{"statusCode":200,"body":"aGk=","isBase64Encoded":true}`, "hi"},
		{`{"statusCode":200,"body":"aGk="}`, "aGk="},
		{`{"statusCode":200,"body":"!","isBase64Encoded":true}`, internalServerError},
		{`{"statusCode":200,"body":"` + strings.Repeat("x", 128<<10) + `"}`, strings.Repeat("x", 128<<10)},
		{`{"statusCode":200,"body":"` + strings.Repeat("x", 128<<10+1) + `"}`, internalServerError},
	} {
		r.set("send", answers(tt.answer))
		r.write(c, `{"action":"send"}`)
		if got := r.read(c); got != tt.want && !strings.Contains(got, `"message": "`+tt.want) {
			t.Errorf("%.80s: got %.80s", tt.answer, got)
		}
	}
}

// Invocations of one connection start in order, overlap, and stop the reader
// when too many are under way.
func TestInFlight(t *testing.T) {
	t.Parallel()
	r := newRig(t, testSpec("send!"), func(o *Options) { o.Limits.InFlight = 3 })
	started, release := make(chan string, 10), make(chan struct{})
	r.set("send", func(_ context.Context, payload []byte) ([]byte, error) {
		var e struct{ Body string }
		if err := json.Unmarshal(payload, &e); err != nil {
			return nil, err
		}
		started <- e.Body
		<-release
		return []byte(`{"statusCode":200,"body":"done"}`), nil
	})
	c := r.dial("/prod", nil)
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		for i := range 8 {
			r.write(c, fmt.Sprintf(`{"action":"send","n":%d}`, i))
		}
	}()
	for range 3 {
		<-started
	}
	select {
	case extra := <-started:
		t.Fatalf("a fourth invocation started: %s", extra)
	default:
	}
	close(release)
	for range 8 {
		if got := r.read(c); got != "done" {
			t.Fatal(got)
		}
	}
	<-sent
}

func TestOrdered(t *testing.T) {
	t.Parallel()
	r := newRig(t, testSpec("send!", "$disconnect"), func(o *Options) { o.Ordered = true })
	running := make(chan struct{}, 1)
	r.set("send", func(_ context.Context, payload []byte) ([]byte, error) {
		select {
		case running <- struct{}{}:
		default:
			t.Error("two messages at once")
		}
		defer func() { <-running }()
		var e struct{ Body string }
		err := json.Unmarshal(payload, &e)
		answer, _ := json.Marshal(map[string]any{"statusCode": 200, "body": e.Body})
		return answer, err
	})
	c := r.dial("/prod", nil)
	const n = 50
	go func() {
		for i := range n {
			r.write(c, fmt.Sprintf(`{"action":"send","n":%d}`, i))
		}
	}()
	for i := range n {
		if got, want := r.read(c), fmt.Sprintf(`{"action":"send","n":%d}`, i); got != want {
			t.Fatalf("got %s, want %s", got, want)
		}
	}
	_ = c.CloseNow()
	r.await("disconnect")
}
