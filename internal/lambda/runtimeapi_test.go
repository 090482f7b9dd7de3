package lambda

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tidewire/tidewire/internal/fault"
)

// apiCall calls a Runtime API as its process does and gives status, header and
// body.
func apiCall(t *testing.T, a *runtimeAPI, method, path, body string, header ...string) (int, http.Header, string) {
	t.Helper()
	return strangeCall(t, a, method, "/"+a.secret+path, body, header...)
}

// strangeCall calls a Runtime API at a path that need not have its secret.
func strangeCall(t *testing.T, a *runtimeAPI, method, path, body string, header ...string) (int, http.Header, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "http://"+a.addr+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			req.Host = header[i+1]
		} else {
			req.Header.Set(header[i], header[i+1])
		}
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(b)
}

// wantCall expects a status and an error type.
func wantCall(t *testing.T, a *runtimeAPI, method, path, body string, status int, kind string, header ...string) {
	t.Helper()
	got, _, answer := apiCall(t, a, method, path, body, header...)
	var e apiError
	_ = json.Unmarshal([]byte(answer), &e) // an answer without error has no type
	if got != status || e.Type != kind {
		t.Errorf("%s %s: %d %s, want %d %s", method, path, got, answer, status, kind)
	}
}

// openAPI is an API that ends with the test.
func openAPI(t *testing.T) *runtimeAPI {
	t.Helper()
	a, err := newRuntimeAPI()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.ended(); a.close() })
	return a
}

func TestRuntimeAPI(t *testing.T) {
	t.Parallel()
	a := openAPI(t)
	const invocations = runtimePath + "/invocation/"
	wantCall(t, a, "GET", invocations+"next", "", 403, "Forbidden", "Origin", "http://evil.example")
	wantCall(t, a, "GET", invocations+"next", "", 403, "Forbidden", "Host", "evil.example")
	wantCall(t, a, "GET", invocations+"next", "", 403, "Forbidden", "Host", "localhost")
	wantCall(t, a, "POST", invocations+"x/response", "{}", 403, "InvalidStateTransition")
	wantCall(t, a, "GET", runtimePath+"/restore/next", "", 200, "")
	wantCall(t, a, "GET", "/elsewhere", "", 404, "")

	inv := newInvocation([]byte(`{"a":1}`), "arn:f", 10*time.Second, time.Now())
	sent := make(chan error, 1)
	go func() { sent <- a.send(inv) }()
	status, head, body := apiCall(t, a, "GET", invocations+"next", "")
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	if err := a.ready(t.Context()); err != nil {
		t.Error(err)
	}
	if status != 200 || body != `{"a":1}` || head.Get("Content-Type") != "application/json" || head.Get("Lambda-Runtime-Aws-Request-Id") != inv.id ||
		head.Get("Lambda-Runtime-Invoked-Function-Arn") != "arn:f" || head.Get("Lambda-Runtime-Trace-Id") != inv.trace || len(head.Get("Lambda-Runtime-Deadline-Ms")) != 13 {
		t.Errorf("next: %d %v %s", status, head, body)
	}
	wantCall(t, a, "GET", invocations+"next", "", 403, "InvalidStateTransition")
	wantCall(t, a, "POST", invocations+"unknown/response", "{}", 400, "InvalidRequestID")
	wantCall(t, a, "POST", runtimePath+"/init/error", "{}", 403, "InvalidStateTransition")
	status, _, body = apiCall(t, a, "POST", invocations+inv.id+"/response", `"done"`)
	if status != 202 || body != `{"status":"OK"}` {
		t.Errorf("response: %d %s", status, body)
	}
	wantCall(t, a, "POST", invocations+inv.id+"/response", "{}", 400, "InvalidRequestID")
	if r, err := a.await(t.Context(), inv); err != nil || string(r.body) != `"done"` || r.failed {
		t.Errorf("await: %+v, %v", r, err)
	}
	wantCall(t, a, "POST", extensionPath+"/register", `{"events":[]}`, 403, "Extension.InvalidExtensionName")
	status, head, _ = apiCall(t, a, "POST", extensionPath+"/register", `{"events":[]}`, "Lambda-Extension-Name", "x")
	if status != 200 || head.Get("Lambda-Extension-Identifier") == "" {
		t.Errorf("register: %d %v", status, head)
	}
}

// TestRuntimeAPIStrangers calls everything without the secret: nothing may come
// of it.
func TestRuntimeAPIStrangers(t *testing.T) {
	t.Parallel()
	a := openAPI(t)
	other := openAPI(t)
	inv := newInvocation([]byte(`{}`), "arn:f", 10*time.Second, time.Now())
	sent := make(chan error, 1)
	go func() { sent <- a.send(inv) }()
	for _, prefix := range []string{
		"", "/", "/x", "/" + a.secret[:31], "/" + a.secret + "0", "/" + strings.ToUpper(a.secret) + "A", "/" + other.secret,
		"/" + strings.Repeat("0", 32), "//" + a.secret, "/./" + a.secret, "/x/../" + a.secret, "/%00" + a.secret, "/" + a.secret + "%2F..",
	} {
		for _, call := range []struct{ method, path string }{
			{"GET", runtimePath + "/invocation/next"},
			{"POST", runtimePath + "/invocation/" + inv.id + "/response"},
			{"POST", runtimePath + "/invocation/" + inv.id + "/error"},
			{"POST", runtimePath + "/init/error"},
			{"POST", extensionPath + "/register"},
			{"GET", extensionPath + "/event/next"},
			{"OPTIONS", "/"},
		} {
			status, head, body := strangeCall(t, a, call.method, prefix+call.path, `{"errorType":"Evil"}`)
			if status != 403 || !strings.Contains(body, `"Forbidden"`) || head.Get("Lambda-Runtime-Aws-Request-Id") != "" {
				t.Errorf("%s %s: %d %s", call.method, prefix+call.path, status, body)
			}
		}
	}
	a.mu.Lock()
	if a.stage != stageInit || a.running != nil {
		t.Errorf("stage %d, running %v", a.stage, a.running)
	}
	a.mu.Unlock()
	answerOne(t, a, "response", `1`, 202) // the event is still there for the process
	if err := <-sent; err != nil {
		t.Error(err)
	}
}

// TestRuntimeAPIStall sends a stranger's request whose body never comes: it is
// answered and its connection ends.
func TestRuntimeAPIStall(t *testing.T) {
	t.Parallel()
	a := openAPI(t)
	conn, err := net.Dial("tcp", a.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, "POST "+runtimePath+"/init/error HTTP/1.1\r\nHost: "+a.addr+"\r\nContent-Length: 10\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn)
	if !strings.HasPrefix(string(answer), "HTTP/1.1 403 ") || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%q, %v", answer, err)
	}
}

// TestRuntimeAPISecretIsHidden has a function print and fail with the address
// that holds the secret.
func TestRuntimeAPISecretIsHidden(t *testing.T) {
	t.Parallel()
	fs, logs := openFake(t, nil, fakeNative(t, "f"))
	fe := wantError(t, fs, "f", `{"do":"leak"}`, "errorString", "http://127.0.0.1:")
	if err := fs.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"log": logs.String(), "error": string(fe.Payload)} {
		_, after, found := strings.Cut(text, "http://127.0.0.1:")
		_, path, _ := strings.Cut(after, "/")
		if !found || !strings.HasPrefix(path, hidden+"/2018-06-01/") {
			t.Errorf("%s: %q", name, text)
		}
	}
}

// answerOne takes the next event and posts an answer to it.
func answerOne(t *testing.T, a *runtimeAPI, end, body string, status int, header ...string) {
	t.Helper()
	_, head, _ := apiCall(t, a, "GET", runtimePath+"/invocation/next", "")
	id := head.Get("Lambda-Runtime-Aws-Request-Id")
	if got, _, answer := apiCall(t, a, "POST", runtimePath+"/invocation/"+id+"/"+end, body, header...); got != status {
		t.Errorf("%s: %d %s, want %d", end, got, answer, status)
	}
}

func TestRuntimeAPIErrors(t *testing.T) {
	t.Parallel()
	a := openAPI(t)
	for _, c := range []struct {
		end, body, header string
		status            int
		want              reply
	}{
		{"error", `{"errorType":"E","errorMessage":"m"}`, "", 202, reply{body: []byte(`{"errorType":"E","errorMessage":"m"}`), failed: true}},
		{"error", `no JSON`, "Custom.Error", 202, reply{body: []byte(`{"errorType":"Custom.Error","errorMessage":""}`), failed: true}},
		{"error", ``, "", 202, reply{body: []byte(`{"errorType":"Runtime.Unknown","errorMessage":""}`), failed: true}},
		{"response", strings.Repeat("x", maxReply+1), "", 413, reply{tooLarge: true}},
	} {
		inv := newInvocation(nil, "arn", 20*time.Second, time.Now())
		sent := make(chan error, 1)
		go func() { sent <- a.send(inv) }()
		answerOne(t, a, c.end, c.body, c.status, "Lambda-Runtime-Function-Error-Type", c.header)
		if err := <-sent; err != nil {
			t.Fatal(err)
		}
		got, err := a.await(t.Context(), inv)
		if err != nil || string(got.body) != string(c.want.body) || got.failed != c.want.failed || got.tooLarge != c.want.tooLarge {
			t.Errorf("%s %.20s: %+v, %v", c.end, c.body, got, err)
		}
	}
}

func TestRuntimeAPIInitError(t *testing.T) {
	t.Parallel()
	a := openAPI(t)
	wantCall(t, a, "POST", runtimePath+"/init/error", `{"errorType":"No","errorMessage":"way"}`, 202, "")
	wantCall(t, a, "GET", runtimePath+"/invocation/next", "", 403, "InvalidStateTransition")
	var fe *fault.FunctionError
	if err := a.ready(t.Context()); !errors.As(err, &fe) || fe.Type != "No" || fe.Message != "way" {
		t.Errorf("ready: %v", err)
	}
	a.ended()
	if err := a.ready(t.Context()); !errors.Is(err, errGone) {
		t.Errorf("ready after the end: %v", err)
	}
	inv := newInvocation(nil, "arn", time.Second, time.Now())
	if err := a.send(inv); !errors.Is(err, errNotDelivered) {
		t.Errorf("send: %v", err)
	}
	if _, err := a.await(context.Background(), inv); !errors.Is(err, errGone) {
		t.Errorf("await: %v", err)
	}
}
