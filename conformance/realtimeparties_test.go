//go:build conformance

package conformance

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	esbuild "github.com/evanw/esbuild/pkg/api"
)

// party is a process of a client with many callers, which are told apart by
// name and speak as clients/realtime/node.mjs says.
type party struct {
	*process
	name string

	mu   sync.Mutex
	read int                    // bytes of stdout that were decoded
	said map[string][]heardLine // by caller and id
}

func newParty(p *process, name string) *party {
	return &party{process: p, name: name, said: map[string][]heardLine{}}
}

// heardLine is a line of a party.
type heardLine struct {
	Caller, ID string
	Data       map[string]json.RawMessage
	raw        string // Data as it came
	Errors     []graphError
	Refused    []graphError
	Active     bool
	Complete   bool
	Lost       string
	State      string // of the connection, without an ID
}

// nodeParty runs a client of clients/realtime in Node.js.
func (s *server) nodeParty(t testing.TB, module string) *party {
	t.Helper()
	dir := filepath.Join(suite.clients, "realtime")
	p := newParty(start(t, command{argv: []string{"node", "node.mjs", module}, dir: dir, env: []string{"NODE_EXTRA_CA_CERTS=" + s.authority(t)}}), "node "+module)
	s.overhear(p.process)
	return p
}

// browserParty runs a client of clients/realtime in Chromium, which trusts the
// server's authority.
func (s *server) browserParty(t testing.TB, module string) *party {
	t.Helper()
	dir := filepath.Join(suite.clients, "realtime")
	page := "http://localhost:" + pages(t) + "/"
	p := newParty(start(t, command{argv: []string{"node", "browser.mjs", "/usr/bin/chromium", page, bundle(t, module)}, dir: dir, env: []string{"HOME=" + s.browserHome(t)}}), "chromium "+module)
	s.overhear(p.process)
	return p
}

// pythonParty runs clients/realtime/callers.py.
func (s *server) pythonParty(t testing.TB) *party {
	t.Helper()
	p := newParty(start(t, command{argv: []string{"/usr/bin/python3", suite.clients + "/realtime/callers.py"}}), "python")
	s.overhear(p.process)
	return p
}

// browserHome is a home directory whose NSS database has the server's
// authority, where Chromium looks for it.
func (s *server) browserHome(t testing.TB) string {
	t.Helper()
	home := shortTempDir(t)
	db := filepath.Join(home, ".pki", "nssdb")
	if err := os.MkdirAll(db, 0o700); err != nil {
		t.Fatal(err)
	}
	succeeded(t, command{argv: []string{"/usr/bin/certutil", "-d", "sql:" + db, "-N", "--empty-password"}})
	succeeded(t, command{argv: []string{"/usr/bin/certutil", "-d", "sql:" + db, "-A", "-n", "tidewire", "-t", "C,,", "-i", s.authority(t)}})
	return home
}

// bundle has esbuild make one script for a page of a client.
func bundle(t testing.TB, module string) string {
	t.Helper()
	dir := filepath.Join(suite.clients, "realtime")
	out := filepath.Join(t.TempDir(), "page.js")
	r := esbuild.Build(esbuild.BuildOptions{
		EntryPoints: []string{filepath.Join(dir, "page.mjs")}, Outfile: out, Bundle: true, Write: true, Platform: esbuild.PlatformBrowser, Format: esbuild.FormatIIFE,
		Alias: map[string]string{"client": filepath.Join(dir, module)}, Define: map[string]string{"global": "globalThis", "process.env.NODE_ENV": `"production"`},
		LogLevel: esbuild.LogLevelSilent,
	})
	for _, e := range r.Errors {
		t.Fatalf("esbuild: %s", e.Text)
	}
	return out
}

// tell has the party do something.
func (p *party) tell(t testing.TB, caller string, job object) {
	t.Helper()
	job["caller"] = caller
	p.write(t, marshal(t, job)+"\n")
}

// call makes a caller.
func (p *party) call(t testing.TB, caller string, who proof, where object) {
	t.Helper()
	c := object{"region": "us-east-1", "mode": who.Mode, "apiKey": who.APIKey, "credentials": who.Credentials, "token": who.Token}
	for k, v := range where {
		c[k] = v
	}
	p.tell(t, caller, object{"call": c})
}

// subscribe has a caller subscribe.
func (p *party) subscribe(t testing.TB, caller, id, query string, variables object) {
	t.Helper()
	p.tell(t, caller, object{"do": "subscribe", "id": id, "query": query, "variables": variables})
}

// lines are what the party has said of a caller's subscription.
func (p *party) lines(caller, id string) []heardLine {
	p.mu.Lock()
	defer p.mu.Unlock()
	text := p.stdout.since(p.read)
	for {
		line, rest, ended := strings.Cut(text, "\n")
		if !ended {
			return p.said[caller+" "+id]
		}
		p.read, text = p.read+len(line)+1, rest
		var l heardLine
		var whole struct{ Data json.RawMessage }
		if json.Unmarshal([]byte(line), &l) == nil && json.Unmarshal([]byte(line), &whole) == nil {
			l.raw = string(whole.Data)
			p.said[l.Caller+" "+l.ID] = append(p.said[l.Caller+" "+l.ID], l)
		}
	}
}

// heard are the numbers of a subscription's events.
func (p *party) heard(caller, id, field string) []int {
	var numbers []int
	for _, l := range p.lines(caller, id) {
		if n := l.number(field); n != 0 {
			numbers = append(numbers, n)
		}
	}
	return numbers
}

// number is the number in an event's field; 0 if it has none.
func (l *heardLine) number(field string) int {
	var o struct{ N int }
	_ = json.Unmarshal(l.Data[field], &o) // what is no event has no number
	return o.N
}

// waitFor waits until what was said of a subscription is enough.
func (p *party) waitFor(t testing.TB, caller, id, what string, enough func([]heardLine) bool) []heardLine {
	t.Helper()
	var got []heardLine
	err := p.stdout.wait(func(string) bool { got = p.lines(caller, id); return enough(got) })
	if err != nil {
		t.Fatalf("%s, %s: no %s: %v; said: %+v\n%s%s", p.name, caller, what, err, got, p.stderr, tail(p.stdout.String(), 4000))
	}
	return got
}

// active waits until a subscription is.
func (p *party) active(t testing.TB, caller, id string) {
	t.Helper()
	p.waitFor(t, caller, id, "acknowledgement", func(l []heardLine) bool {
		return slices.ContainsFunc(l, func(l heardLine) bool { return l.Active })
	})
}

// refused waits until a caller was told no, and gives all that it was told.
func (p *party) refused(t testing.TB, caller, id string) string {
	t.Helper()
	said := p.waitFor(t, caller, id, "refusal", func(l []heardLine) bool {
		return slices.ContainsFunc(l, func(l heardLine) bool { return len(l.Refused) > 0 })
	})
	var text strings.Builder
	for _, l := range said {
		for _, e := range l.Refused {
			for _, e := range within(e) {
				text.WriteString(e.Type + ": " + e.Message + "\n")
			}
		}
	}
	return text.String()
}

// within are the server's errors, which Amplify and the link put into a text.
func within(e graphError) []graphError {
	var said struct{ Errors []graphError }
	_, text, _ := strings.Cut(e.Message, "Connection failed: ")
	if json.Unmarshal([]byte(text), &said) != nil || len(said.Errors) == 0 {
		return []graphError{e}
	}
	return said.Errors
}

// tail is the end of a text.
func tail(text string, n int) string { return text[max(0, len(text)-n):] }
