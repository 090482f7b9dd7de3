package graphqlapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/tidewire/tidewire/internal/appsynchttp"
	"github.com/tidewire/tidewire/internal/fault"
	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/spec"
)

func TestHTTP(t *testing.T) {
	t.Parallel()
	r := newRig(t, blogSchema+`type Subscription { s: Post }`, root(map[string]string{"count": "1"}))
	const bad = "MalformedHttpRequestException Unable to parse GraphQL query."
	for _, tt := range []struct {
		body   string
		status int
		want   string // the body, or type and message of a transport error
	}{
		{`{"query":"{count}"}`, 200, `{"data":{"count":1}}`},
		{" {\"variables\":null,\"operationName\":null,\"extensions\":{\"x\":1},\"query\":\"{count}\"}\n", 200, `{"data":{"count":1}}`},
		{`{"query":"query A{count} query B{flag}","operationName":"A"}`, 200, `{"data":{"count":1}}`},
		{`{"query":"query A{count}","operationName":""}`, 200, `{"data":{"count":1}}`},
		{`{"query":"query A{count} query B{flag}"}`, 400, "BadRequestException Missing operation name."},
		{`{"query":"query A{count}","operationName":"C"}`, 400, "BadRequestException Unknown operation name."},
		{"", 400, "MalformedHttpRequestException Request body is empty."},
		{" \n", 400, "MalformedHttpRequestException Request body is empty."},
		{`{}`, 400, bad}, {`[]`, 400, bad}, {`[{"query":"{count}"}]`, 400, bad}, {`null`, 400, bad}, {`"x"`, 400, bad}, {`{"query":"{count}"} x`, 400, bad}, {`{"query":5}`, 400, bad},
		{`{"query":""}`, 400, bad}, {`{"query":"{count}","variables":[]}`, 400, bad}, {`{"query":"{count}","variables":"{}"}`, 400, bad}, {`{"query":"{count}","operationName":5}`, 400, bad},
		{`{"query":"{count}}"}`, 400, bad}, {"{\"query\":\"{count}\xff\"}", 400, bad}, {strings.Repeat("[", 100_000), 400, bad},
		{`{"query":"{count} #` + strings.Repeat("x", 1<<20) + `"}`, 413, "RequestEntityTooLargeException Request body is too large."},
		{`{"query":"subscription{s{id}}"}`, 200, `{"data":null,"errors":[{"path":null,"data":null,"errorType":"OperationNotSupported","errorInfo":null,"locations":[{"line":1,"column":1,"sourceName":null}],"message":"Subscriptions are only supported over WebSocket connections."}]}`},
	} {
		w := r.post(tt.body, "Content-Type", "application/graphql")
		want := tt.want
		if tt.status != 200 {
			code, message, _ := strings.Cut(tt.want, " ")
			want = `{"errors":[{"errorType":"` + code + `","message":"` + message + `"}]}`
			if got := raw(w, "x-amzn-ErrorType"); !cmp.Equal(got, []string{code}) {
				t.Errorf("%s: x-amzn-ErrorType is %q", clip(tt.body), got)
			}
		} else if got := raw(w, "x-amzn-appsync-TokensConsumed"); !cmp.Equal(got, []string{"1"}) {
			t.Errorf("%s: TokensConsumed is %q", clip(tt.body), got)
		}
		if w.Code != tt.status || w.Body.String() != want {
			t.Errorf("%s: %d %s", clip(tt.body), w.Code, w.Body)
		}
		h := w.Header()
		if h.Get("Content-Type") != "application/json;charset=UTF-8" || h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Access-Control-Expose-Headers") != appsynchttp.Exposed || len(raw(w, "x-amzn-RequestId")) != 1 || len(raw(w, "x-amzn-RequestId")[0]) != 36 {
			t.Errorf("%s: %v", clip(tt.body), h)
		}
	}
}

// raw are the values of a header that is sent as it is written.
func raw(w *httptest.ResponseRecorder, name string) []string { return w.Header()[name] }

// TestAdmittedFirst: whoever is not known learns nothing about what was sent.
func TestAdmittedFirst(t *testing.T) {
	t.Parallel()
	r := newRig(t, blogSchema)
	for _, body := range []string{"", "x", `{"query":"{"}`, `{"query":"{nope}"}`} {
		w := r.post(body, "X-Api-Key", "wrong")
		if w.Code != 401 || w.Body.String() != `{"errors":[{"errorType":"UnauthorizedException","message":"You are not authorized to make this call."}]}` {
			t.Errorf("%q: %d %s", body, w.Code, w.Body)
		}
	}
}

// TestAdmission is what is known of a caller when asked who it is.
func TestAdmission(t *testing.T) {
	t.Parallel()
	var got *identity.Request
	for _, mode := range []string{spec.ModeAPIKey, spec.ModeLambda} {
		r := newRig(t, blogSchema, func(r *rig, o *Options) {
			r.spec.Auth = []spec.AuthProvider{{Mode: mode}}
			r.caller = &identity.Caller{Mode: mode}
			o.Admit = func(_ context.Context, q *identity.Request) (*identity.Caller, *fault.Error) {
				got = q
				return r.caller, nil
			}
		})
		const body = `{"query":"query A{count}","operationName":"A","variables":{"x":1}}`
		if w := r.post(body, "Authorization", "token"); w.Code != 200 {
			t.Fatal(w.Body)
		}
		want := mode == spec.ModeLambda
		if string(got.Body) != body || got.Signed == nil || got.RequestID == "" || got.Peer.String() != "127.0.0.1" || (got.Query == "query A{count}") != want || (got.OperationName == "A") != want || (string(got.Variables) == `{"x":1}`) != want {
			t.Errorf("%s: %+v", mode, got)
		}
	}
}

func TestMethods(t *testing.T) {
	t.Parallel()
	r := newRig(t, blogSchema)
	for _, method := range []string{"GET", "PUT", "DELETE", "HEAD"} {
		w := r.serve(httptest.NewRequest(method, "http://localhost/graphql?query={count}", nil))
		if w.Code != 405 || w.Header().Get("Allow") != "POST, OPTIONS" {
			t.Errorf("%s: %d", method, w.Code)
		}
	}
	for asked, want := range map[string]string{"": "", "content-type, x-api-key,X-Amz-Date": "content-type, x-api-key,X-Amz-Date", "x\r\ny": "", strings.Repeat("a", 5000): ""} {
		req := httptest.NewRequest(http.MethodOptions, "http://localhost/graphql", nil)
		req.Header["Access-Control-Request-Headers"] = []string{asked}
		w := r.serve(req)
		h := w.Header()
		if w.Code != 200 || h.Get("Access-Control-Allow-Methods") != "POST" || h.Get("Access-Control-Allow-Headers") != want || h.Get("Access-Control-Allow-Private-Network") != "" {
			t.Errorf("%q: %d %v", clip(asked), w.Code, h)
		}
	}
}

func TestNoSchema(t *testing.T) {
	t.Parallel()
	r := newRig(t, "", func(r *rig, _ *Options) { r.spec.Schema = nil })
	if w := r.post(`{"query":"{a}"}`); w.Code != 502 || !strings.Contains(w.Body.String(), `"GraphQLSchemaException","message":"No schema definition exists."`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestBrokenBody(t *testing.T) {
	t.Parallel()
	r := newRig(t, blogSchema)
	req := httptest.NewRequest(http.MethodPost, "http://localhost/graphql", iotest.ErrReader(fmt.Errorf("gone")))
	if w := r.serve(req); w.Code != 400 {
		t.Errorf("%d", w.Code)
	}
	req = httptest.NewRequest(http.MethodPost, "http://localhost/graphql", strings.NewReader(`{"query":"{count}"}`))
	w := httptest.NewRecorder()
	req.Body = http.MaxBytesReader(w, req.Body, 5)
	req.ContentLength = -1
	if w := r.serve(req); w.Code != 413 {
		t.Errorf("%d", w.Code)
	}
}

func TestRequestHeaders(t *testing.T) {
	t.Parallel()
	var headers json.RawMessage
	r := newRig(t, blogSchema, unit("Query.text", asks(func(c *Call) string { headers = c.Headers; return "null" })))
	req := httptest.NewRequest(http.MethodPost, "http://localhost/graphql", strings.NewReader(`{"query":"{text}"}`))
	req.Header = http.Header{"X-Api-Key": {"key"}, "X-Two": {"a", "b"}, "Cookie": {"secret"}, "X-Bad": {"\xff\""}}
	r.serve(req)
	if want := `{"host":"localhost","x-api-key":"key","x-bad":"` + "\uFFFD" + `\"","x-two":["a","b"]}`; string(headers) != want {
		t.Errorf("%s", headers)
	}
}

func TestShutdown(t *testing.T) {
	t.Parallel()
	started, release := make(chan struct{}), make(chan struct{})
	r := newRig(t, blogSchema, unit("Query.text", script{"request": says("")["request"], "response": func(ctx context.Context, _ *Call) *Outcome {
		close(started)
		select {
		case <-release:
			return &Outcome{Value: json.RawMessage(`"done"`)}
		case <-ctx.Done():
			return &Outcome{Failure: &Failure{Message: "cut off"}}
		}
	}}))
	answer := make(chan string)
	go func() { answer <- r.post(`{"query":"{text}"}`).Body.String() }()
	<-started
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.api.Shutdown(ctx); err == nil || !strings.Contains(err.Error(), "cancelled") {
		t.Error(err)
	}
	if got := <-answer; !strings.Contains(got, "ExecutionCanceled") {
		t.Error(got)
	}
	close(release)
	if err := r.api.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if w := r.post(`{"query":"{text}"}`); w.Code != 503 {
		t.Errorf("%d", w.Code)
	}
}
