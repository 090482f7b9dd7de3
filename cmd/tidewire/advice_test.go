package main

import (
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/tidewire/tidewire/apigateway"
	"github.com/tidewire/tidewire/appsync"
	"github.com/tidewire/tidewire/internal/state"
)

// Where a server's words do not help, the hint does.
func TestAdvice(t *testing.T) {
	t.Parallel()
	malformed := &appsync.ResponseError{Status: 400, Type: "MalformedHttpRequestException", Message: "Unable to parse GraphQL query."}
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"a document that stops early":   {unparsed(appsyncError(malformed), "{\n  a "), "line 2, column 5 of the document: Expected Name, found <EOF>"},
		"a document that is whole":      {unparsed(appsyncError(malformed), "{ a }"), ""},
		"another refusal":               {unparsed(appsyncError(&appsync.ResponseError{Status: 429}), "{"), "too many requests: try again later"},
		"several operations":            {appsyncError(&appsync.ResponseError{Status: 400, Type: "BadRequestException", Message: "Missing operation name."}), "--operation"},
		"no API at this path":           {appsyncError(&appsync.ResponseError{Status: 403, Type: "ForbiddenException", Message: "Forbidden"}), "there is no API at this path"},
		"a namespace that is not there": {eventsError(&appsync.ResponseError{Status: 401, Type: "UnauthorizedException"}), "it has no such namespace"},
		"a WebSocket to a GraphQL API":  {adviseOn(&apigateway.RefusedError{URL: "ws://h/graphql", Status: 400}, true), "see tidewire subscribe"},
		"a WebSocket to an Event API":   {adviseOn(&apigateway.RefusedError{URL: "wss://h/event/realtime", Status: 401}, true), "see tidewire subscribe"},
		"a $connect that refused":       {adviseOn(&apigateway.RefusedError{URL: "ws://h/dev", Status: 400}, true), "the function behind $connect"},
		"a connection id that is no id": {adviseOn(&apigateway.ResponseError{Status: 400, Type: "BadRequestException"}, true), "requestContext.connectionId"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := adviceOf(c.err); !strings.Contains(got, c.want) || c.want == "" && got != "" {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// A WebSocket's address is told to who asks it by HTTP.
func TestCurlAtAWebSocket(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1:4577/dev", nil)
	err := (&curlFlags{}).judge(r, &http.Response{StatusCode: http.StatusUpgradeRequired}, nil, true)
	if got := adviceOf(err); !strings.Contains(got, "see tidewire connect") {
		t.Errorf("%q", got)
	}
}

// Only commands that have --auth are told to use it.
func TestNoCredentialsNamesFlagsThatThereAre(t *testing.T) {
	t.Parallel()
	if got := (&identityFlags{auths: []string{"auto"}}).noCredentials(); !strings.Contains(got, "--auth none") {
		t.Error(got)
	}
	if got := (&identityFlags{}).noCredentials(); strings.Contains(got, "--auth") || !strings.Contains(got, "--credentials-file") {
		t.Error(got)
	}
}

// A port that is taken is told apart by who has it.
func TestListenSaysWhoHasThePort(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("its error for a taken port is another, so the hint names every cause")
	}
	dir := filepath.Join(t.TempDir(), "run")
	sh := &shell{runDir: func() (string, error) { return dir, nil }}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := listen(t.Context(), sh, l.Addr().String()); !strings.HasPrefix(adviceOf(err), "another program listens there: choose another") {
		t.Error(err, adviceOf(err))
	}
	forget, err := state.Record(dir, state.Running{Listen: l.Addr().String(), StateDir: "/home/ana/app/.tidewire", PID: 4711, Started: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	defer forget()
	if _, err := listen(t.Context(), sh, l.Addr().String()); !strings.HasPrefix(adviceOf(err), "your gateway of /home/ana/app/.tidewire listens there (process 4711): stop it, or choose another with --listen") {
		t.Error(err, adviceOf(err))
	}
}
