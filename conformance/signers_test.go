//go:build conformance

package conformance

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// roled is the API that needs a signature, with a role that may connect.
func roled() api {
	return api{auth: "AWS_IAM", more: object{"Caller": role("execute-api:Invoke")}}
}

// TestSignersThroughWebsocketPackage connects with npm's websocket, signed by
// each library, as the developer and in a session of a role (with token).
func TestSignersThroughWebsocketPackage(t *testing.T) {
	t.Parallel()
	s := serve(t, roled().write(t, nil), serveOptions{})
	developer, session := s.credentials(t, ""), s.credentials(t, "Caller")
	for _, name := range []string{"amplify-4 query", "amplify-5 query", "smithy query", "smithy headers", "aws4 query", "aws4 headers"} {
		t.Run(name, func(t *testing.T) {
			library, form, _ := strings.Cut(name, " ")
			for kind, c := range map[string]credentials{"developer": developer, "session": session} {
				made := s.signWith(t, library, form, c)
				if inQuery := strings.Contains(made.URL, "X-Amz-Signature="); inQuery != (form == "query") {
					t.Fatalf("the signature is not in the %s", form)
				}
				s.websocketEchoes(t, kind+" signed by "+name, made)
			}
		})
	}
}

// websocketEchoes connects with npm's websocket and wants an answer.
func (s *server) websocketEchoes(t *testing.T, text string, made signedBy) {
	t.Helper()
	p := node(t, "websocket.mjs", object{"url": made.URL, "headers": made.Headers, "send": []string{text}, "count": 1}, nil)
	s.overhear(p)
	p.exit(t)
	want := `{"open":true}` + "\n" + `{"message":"` + text + `"}` + "\n" + `{"closed":1000}` + "\n"
	if got := p.stdout.String(); got != want {
		t.Errorf("npm websocket says\n%s%swant\n%s", got, p.stderr, want)
	}
}

// visit is a page that opens a WebSocket.
type visit struct {
	Page      string `json:"page"`
	URL       string `json:"url"`
	Send      string `json:"send"`
	Sandboxed bool   `json:"sandboxed,omitempty"`
}

// seen is what the page saw.
type seen struct {
	Origin  string
	Open    bool
	Message string
	Closed  int
}

// browse opens WebSockets from pages of a headless Chromium.
func (s *server) browse(t *testing.T, visits []visit) []seen {
	t.Helper()
	p := node(t, "browser.mjs", object{"chromium": "/usr/bin/chromium", "rules": "MAP *.example 127.0.0.1", "visits": visits}, nil)
	s.overhear(p)
	if code := p.exit(t); code != 0 {
		t.Fatalf("the browser failed:\n%s", p.stderr)
	}
	return decodeLines[seen](t, p.stdout.String())
}

// pages is a web server; port is where.
func pages(t testing.TB) (port string) {
	t.Helper()
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<!doctype html><title>a page</title>")
	}))
	t.Cleanup(web.Close)
	return web.URL[strings.LastIndex(web.URL, ":")+1:]
}

func TestAmplifyInBrowser(t *testing.T) {
	t.Parallel()
	s := serve(t, roled().write(t, nil), serveOptions{})
	page := "http://localhost:" + pages(t) + "/"
	var visits []visit
	for _, library := range []string{"amplify-4", "amplify-5"} {
		for _, c := range []credentials{s.credentials(t, ""), s.credentials(t, "Caller")} {
			visits = append(visits, visit{Page: page, URL: s.signWith(t, library, "query", c).URL, Send: library})
		}
	}
	for i, got := range s.browse(t, visits) {
		if !got.Open || got.Message != visits[i].Send || got.Closed != 1000 {
			t.Errorf("%s (%d of %d): the page saw %+v", visits[i].Send, i+1, len(visits), got)
		}
	}
}

// TestForeignPages has pages of other sites, of no site, and of a name that
// was rebound to loopback knock at an open API.
func TestForeignPages(t *testing.T) {
	t.Parallel()
	s := serve(t, api{auth: "NONE"}.write(t, nil), serveOptions{})
	port, address := pages(t), s.apis[0].URL
	rebound := strings.Replace(address, "127.0.0.1", "evil.example", 1)
	got := s.browse(t, []visit{
		{Page: "http://localhost:" + port + "/", URL: address, Send: "home"},
		{Page: "http://evil.example:" + port + "/", URL: address, Send: "foreign"},
		{Page: "http://localhost:" + port + "/", URL: address, Send: "sandboxed", Sandboxed: true},
		{Page: "http://localhost:" + port + "/", URL: rebound, Send: "rebound"},
	})
	want := []seen{
		{"http://localhost:" + port, true, "home", 1000},
		{"http://evil.example:" + port, false, "", 1006},
		{"null", false, "", 1006},
		{"http://localhost:" + port, false, "", 1006},
	}
	for i := range want {
		if i >= len(got) || got[i] != want[i] {
			t.Errorf("visit %d: the pages saw %+v, want %+v", i, got, want)
		}
	}
	for _, reason := range []string{`pages of .*evil\.example.* may not connect`, `pages of .*null.* may not connect`, `host name .*evil\.example.* is not served`} {
		s.stderr.await(t, "level=WARN.*"+reason)
	}
}
