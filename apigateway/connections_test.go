package apigateway_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidewire/tidewire/apigateway"
)

const connectionID = "L0SM9cOFvHcCIhw="

func answering(status int, header http.Header, body string) func() *http.Response {
	return func() *http.Response {
		if header == nil {
			header = http.Header{}
		}
		return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body))}
	}
}

// The signatures are those that AWS's own signers give for the same request.
func TestPostSignature(t *testing.T) {
	t.Parallel()
	for session, want := range map[string]string{
		"":    "f31d5962dfa4f87d4687ee0754da9523e87dab89a2e40ff65023991362562ec7",
		token: "4467e136206c7599b89a03ee790c68466527bb5ccd1a28f8face094906506379",
	} {
		sent := &recorder{answer: answering(200, nil, "")}
		c := apigateway.Connections{Endpoint: strings.Replace(prod, "wss", "https", 1), Credentials: keys(session),
			HTTPClient: &http.Client{Transport: sent}, Now: signedAt}
		if err := c.Post(t.Context(), connectionID, []byte("hello")); err != nil {
			t.Fatal(err)
		}
		r := sent.last(t)
		if got := signature(r); got != want {
			t.Errorf("%s: signature %s, want %s", r.Header.Get("Authorization"), got, want)
		}
		if got, want := r.URL.RequestURI(), "/prod/@connections/L0SM9cOFvHcCIhw%3D"; got != want {
			t.Errorf("path %s, want %s", got, want)
		}
	}
}

func TestConnectionsRequests(t *testing.T) {
	t.Parallel()
	type request struct{ Method, Target, Body string }
	requests := make(chan request, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		requests <- request{r.Method, r.RequestURI, string(body)}
		if r.Method == http.MethodDelete {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		_, _ = io.WriteString(w, `{ "identity" : { "sourceIp" : "203.0.113.7" }, "connectedAt" : "2020-11-15T12:23:14.726Z", "lastActiveAt" : "2020-11-15T12:23:20.091Z" }`)
	}))
	defer server.Close()
	for _, endpoint := range []string{server.URL + "/dev", server.URL + "/dev/", strings.Replace(server.URL, "http", "ws", 1) + "/dev"} {
		c := apigateway.Connections{Endpoint: endpoint, Credentials: keys(""), Region: "us-east-1", HTTPClient: server.Client()}
		if err := c.Post(t.Context(), "a/b c%=", []byte("hi")); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(request{"POST", "/dev/@connections/a%2Fb%20c%25%3D", "hi"}, <-requests); diff != "" {
			t.Error(diff)
		}
		info, err := c.Get(t.Context(), connectionID)
		if err != nil || info.Identity.SourceIP != "203.0.113.7" || !info.ConnectedAt.Equal(time.UnixMilli(1605442994726)) {
			t.Errorf("%+v %v", info, err)
		}
		if diff := cmp.Diff(request{"GET", "/dev/@connections/L0SM9cOFvHcCIhw%3D", ""}, <-requests); diff != "" {
			t.Error(diff)
		}
		if text, _ := json.Marshal(info); !strings.Contains(string(text), `"lastActiveAt":"2020-11-15T12:23:20.091Z"`) {
			t.Errorf("%s", text)
		}
		if err := c.Delete(t.Context(), connectionID); err != nil {
			t.Error(err)
		}
		<-requests
	}
}

func TestConnectionsErrors(t *testing.T) {
	t.Parallel()
	all := []error{apigateway.ErrGone, apigateway.ErrForbidden, apigateway.ErrPayloadTooLarge, apigateway.ErrLimitExceeded}
	for _, test := range []struct {
		status int
		kind   string
		body   string
		is     error
		want   string // at the end of the text
	}{
		{410, "GoneException", "", apigateway.ErrGone, ": 410 GoneException (request r1)"},
		{410, "", "", apigateway.ErrGone, ": 410 Gone (request r1)"},
		{403, "AccessDeniedException", `{"Message":"User: x"}`, apigateway.ErrForbidden, ": 403 AccessDeniedException: User: x (request r1)"},
		{413, "PayloadTooLargeException", `{"message":"Message too long"}`, apigateway.ErrPayloadTooLarge, ": Message too long (request r1)"},
		{429, "LimitExceededException", `{}`, apigateway.ErrLimitExceeded, ": 429 LimitExceededException (request r1)"},
		{400, "BadRequestException", `{"message":"Invalid connectionId: x"}`, nil, ": 400 BadRequestException: Invalid connectionId: x (request r1)"},
		{307, "", "", nil, ": 307 Temporary Redirect (request r1)"},
		{500, "", `{"message":"X-Amz-Security-Token=TOKEN%2Fwith%2Bchars%3D%3D"}`, nil,
			": X-Amz-Security-Token=[18 bytes, sha256 0efb05cf] (request r1)"},
	} {
		header := http.Header{"X-Amzn-Errortype": {test.kind}, "X-Amzn-Requestid": {"r1"}, "Location": {"http://elsewhere/"}}
		sent := &recorder{answer: answering(test.status, header, test.body)}
		c := apigateway.Connections{Endpoint: "http://localhost:1/dev", Credentials: keys(token), Region: "us-east-1", HTTPClient: &http.Client{Transport: sent}}
		_, err := c.Get(t.Context(), connectionID)
		for _, kind := range all {
			if errors.Is(err, kind) != (kind == test.is) {
				t.Errorf("%d: errors.Is(%v, %v)", test.status, err, kind)
			}
		}
		if err == nil || !strings.HasPrefix(err.Error(), "GET http://localhost:1/dev/@connections/") || !strings.HasSuffix(err.Error(), test.want) {
			t.Errorf("%d: %v", test.status, err)
		}
		if len(sent.requests) != 1 {
			t.Errorf("%d: %d requests", test.status, len(sent.requests))
		}
	}
}

func TestConnectionsBeforeTheNetwork(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		c    *apigateway.Connections
		id   string
		want string
	}{
		{"no credentials", &apigateway.Connections{Endpoint: "https://abc.execute-api.eu-west-1.amazonaws.com/p"}, "a", "looked in Connections.Credentials"},
		{"no region", &apigateway.Connections{Endpoint: "https://example.com/p", Credentials: keys("")}, "a", "no region"},
		{"no id", &apigateway.Connections{Endpoint: "https://h/p", Unsigned: true}, "", "is no connection id"},
		{"dots", &apigateway.Connections{Endpoint: "https://h/p", Unsigned: true}, "..", "is no connection id"},
		{"query", &apigateway.Connections{Endpoint: "https://h/p?a=secret", Unsigned: true}, "a", "without user, query or fragment"},
		{"scheme", &apigateway.Connections{Endpoint: "ftp://h/p", Unsigned: true}, "a", `not "ftp"`},
		{"no endpoint", &apigateway.Connections{Unsigned: true}, "a", "must begin with https://"},
		{"unreadable", &apigateway.Connections{Endpoint: "https://h/%zz", Unsigned: true}, "a", "cannot be read"},
	} {
		sent := &recorder{}
		test.c.HTTPClient = &http.Client{Transport: sent}
		err := test.c.Delete(t.Context(), test.id)
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", test.name, err)
		}
		if len(sent.requests) > 0 {
			t.Errorf("%s: something was sent", test.name)
		}
	}
}

func TestConnectionsUnsigned(t *testing.T) {
	t.Parallel()
	sent := &recorder{answer: answering(200, nil, "not JSON")}
	c := apigateway.Connections{Endpoint: "http://localhost:3001", Unsigned: true, HTTPClient: &http.Client{Transport: sent}}
	if err := c.Post(t.Context(), "a", nil); err != nil {
		t.Error(err)
	}
	if r := sent.last(t); r.URL.Path != "/@connections/a" || len(own(r.Header)) > 0 {
		t.Errorf("%s %v", r.URL.Path, r.Header)
	}
	if _, err := c.Get(t.Context(), "a"); err == nil || !strings.Contains(err.Error(), "not what API Gateway sends") {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	sent.answer = nil
	if err := c.Delete(ctx, "a"); err == nil || strings.Contains(err.Error(), "Delete \"http") {
		t.Errorf("error %v", err)
	}
}

func BenchmarkPost(b *testing.B) {
	sent := answerer{}
	c := apigateway.Connections{Endpoint: strings.Replace(prod, "wss", "https", 1), Credentials: keys(token), HTTPClient: &http.Client{Transport: sent}}
	data := []byte(strings.Repeat("x", 1024))
	b.ReportAllocs()
	for b.Loop() {
		if err := c.Post(b.Context(), connectionID, data); err != nil {
			b.Fatal(err)
		}
	}
}

// answerer answers everything with 200.
type answerer struct{}

func (answerer) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: http.NoBody}, nil
}
