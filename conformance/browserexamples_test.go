//go:build conformance

package conformance

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// visits has people use pages in Chromium, which trusts the server's authority,
// and gives the texts that they read.
func (s *server) visits(t testing.TB, steps ...[]string) []string {
	t.Helper()
	job := marshal(t, object{"chromium": "/usr/bin/chromium", "steps": steps})
	p, code := finished(t, command{argv: []string{"node", suite.clients + "/realtime/visit.mjs"}, env: []string{"HOME=" + s.browserHome(t)}, stdin: strings.NewReader(job)})
	s.overhear(p)
	if code != 0 {
		t.Fatalf("the browser: exit code %d\n%s%s", code, p.stdout, p.stderr)
	}
	var texts []string
	for line := range strings.Lines(p.stdout.String()) {
		var text string
		if err := json.Unmarshal([]byte(line), &text); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		texts = append(texts, text)
	}
	return texts
}

// website serves the files of a directory under the name localhost.
func website(t testing.TB, dir string) string {
	t.Helper()
	web := httptest.NewServer(http.FileServer(http.Dir(dir)))
	t.Cleanup(web.Close)
	return local(web.URL) + "/"
}

// shot is where a screenshot goes: to the directory that SCREENSHOTS names, for
// who wants to look at it.
func shot(t testing.TB, name string) string {
	t.Helper()
	dir := os.Getenv("SCREENSHOTS")
	if dir == "" {
		dir = t.TempDir()
	}
	return filepath.Join(dir, name+".png")
}

// pictured wants a screenshot that shows something.
func pictured(t testing.TB, file string) {
	t.Helper()
	if fi, err := os.Stat(file); err != nil || fi.Size() < 5_000 {
		t.Errorf("the screenshot: %v", err)
	}
}

// TestLiveEventsExample has two people react in examples/live-events, and
// somebody in a terminal.
func TestLiveEventsExample(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(suite.root, "examples", "live-events")
	s := serve(t, dir, serveOptions{})
	page, event, picture := website(t, filepath.Join(dir, "public")), local(s.apis[0].URL), shot(t, "live-events")
	listener := start(t, command{argv: []string{suite.tidewire, "events", "subscribe", s.apis[0].URL, "/stage/*", "--auth", "api-key", "--count", "4"}, env: s.own()})
	listener.stderr.await(t, "subscribed")
	join := func(who string) [][]string {
		return [][]string{{"open", who, page}, {"fill", who, "[name=url]", event}, {"fill", who, "[name=key]", s.apis[0].APIKeys[0]}, {"click", who, "form button"}, {"see", who, "#status", "live on /stage/main"}}
	}
	steps := append(join("ana"), join("bea")...)
	steps = append(steps, []string{"click", "ana", "[data-reaction='★']"}, []string{"see", "bea", "#log li:nth-child(1)", "★ from"}, []string{"see", "ana", "#log li", "★ from you"},
		[]string{"click", "bea", "[data-reaction='♫']"}, []string{"click", "bea", "[data-reaction='★']"}, []string{"click", "bea", "[data-reaction='♥']"},
		[]string{"see", "ana", "#log li:nth-child(4)", "from you"}, []string{"text", "ana", "[data-reaction='★'] b"}, []string{"shot", "ana", picture})
	if texts := s.visits(t, steps...); len(texts) != 1 || texts[0] != "2" {
		t.Errorf("the page counts %q", texts)
	}
	pictured(t, picture)
	if code := listener.exit(t); code != 0 || strings.Count(listener.stdout.String(), `"at":"20`) != 4 {
		t.Errorf("the terminal heard, with %d:\n%s%s", code, listener.stdout, listener.stderr)
	}
	p, _ := finished(t, command{argv: []string{suite.tidewire, "events", "publish", s.apis[0].URL, "/stage/main", `{"reaction":"👎"}`, "--auth", "api-key"}, env: s.own()})
	if said := p.stdout.String() + p.stderr.String(); !strings.Contains(said, "is no reaction") {
		t.Errorf("an unknown reaction: %s", said)
	}
}
