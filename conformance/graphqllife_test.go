//go:build conformance

package conformance

import (
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
)

// TestGraphQLReload changes schema and code while requests are under way: each
// is answered by what was, or by what is, and a broken change is not served.
func TestGraphQLReload(t *testing.T) {
	t.Parallel()
	dir := stack(t, "hostile")
	s := serve(t, dir, serveOptions{})
	g := s.keyed(t)
	var done atomic.Bool
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for !done.Load() {
				a, err := g.try(http.MethodPost, `{"query":"{ fine(text: \"x\") }"}`)
				if err != nil || a.text != `{"data":{"fine":"x"}}` && a.text != `{"data":{"fine":"new x"}}` {
					t.Errorf("while it is reloaded: %v %+v", err, a)
					return
				}
			}
		})
	}
	change := func(file, text, says string) {
		mark := s.stderr.mark()
		put(t, filepath.Join(dir, file), text)
		s.stderr.awaitAfter(t, mark, says)
	}
	change("fine.js", "export const request = (ctx) => ({ payload: `new ${ctx.args.text}` });\nexport const response = (ctx) => ctx.result;\n", `reloaded`)
	g.ask(t, `{ fine(text: "x") }`).data(t, `{"fine":"new x"}`)
	change("fine.js", "export function request(ctx) {\n  while (true) {}\n}\n", `(?s)not served.*fine\.js:2.*no-while`)
	g.ask(t, `{ fine(text: "x") }`).data(t, `{"fine":"new x"}`)
	change("fine.js", "export const request = (ctx) => ({ payload: ctx.args.text });\nexport const response = (ctx) => ctx.result;\n", `reloaded`)
	schema := "type Query {\n  fine(text: String): String\n  added: String\n"
	for _, field := range []string{"loops", "grows", "concats", "throws", "nothing", "constructs", "pollutes", "replaces", "remembers", "evals", "functions", "promises", "timers", "processes", "far(text: String)"} {
		schema += "  " + field + ": String\n"
	}
	schema += "  wrong: Int\n  big: Int\n  node: Node\n  scalars: Boolean\n}\ntype Node {\n  id: ID\n  node: Node\n}\n"
	change("schema.graphql", schema, `reloaded`)
	g.ask(t, `{ added fine(text: "x") }`).data(t, `{"added":null,"fine":"x"}`)
	change("schema.graphql", "type Query {", `(?s)not served.*schema\.graphql`)
	g.ask(t, `{ added }`).data(t, `{"added":null}`)
	done.Store(true)
	all.Wait()
}

// TestGraphQLEnd interrupts the server while a request is under way, whose
// answer still comes; who comes later is not served.
func TestGraphQLEnd(t *testing.T) {
	t.Parallel()
	s := serve(t, stack(t, "modes"), serveOptions{args: []string{"--parameter", "Notes=" + filepath.Join(t.TempDir(), "notes")}})
	s.stderr.await(t, `(?i)issuer`) // it said which modes refuse everybody
	g := s.keyed(t)
	file := filepath.Join(t.TempDir(), "go on")
	answers := make(chan *answered, 1)
	go func() {
		a, err := g.try(http.MethodPost, marshal(t, object{"query": `query($f: String!) { slow(file: $f) }`, "variables": object{"f": file}}))
		if err != nil {
			t.Error(err)
		}
		answers <- a
	}()
	s.stderr.await(t, `slow begins`)
	s.signal(t, syscall.SIGINT)
	s.stderr.await(t, `closing`)
	put(t, file, "")
	if a := <-answers; a == nil || a.text != `{"data":{"slow":"done"}}` {
		t.Errorf("the request under way: %+v", a)
	}
	s.ends(t, 0)
	if _, err := g.try(http.MethodPost, whoDocument); err == nil {
		t.Error("it answers after its end")
	}
}

// TestGraphQLStart: without an issuer a mode refuses every token, keys stay the
// same, and what an API lacks is said by name.
func TestGraphQLStart(t *testing.T) {
	t.Parallel()
	dir, state := stack(t, "modes"), filepath.Join(t.TempDir(), "state")
	o := serveOptions{args: []string{"--parameter", "Notes=" + filepath.Join(t.TempDir(), "notes")}, state: state}
	first := serve(t, dir, o)
	key := first.apis[0].APIKeys[0]
	if auth := marshal(t, first.apis[0].Auth); auth != `["API_KEY","AWS_IAM","OPENID_CONNECT","AMAZON_COGNITO_USER_POOLS","AWS_LAMBDA"]` || !strings.HasPrefix(key, "da2-") || len(key) != 30 {
		t.Errorf("the ready line says %s", auth)
	}
	p, code := finished(t, command{argv: []string{suite.tidewire, "env", "--state", state}, env: first.own()})
	if code != 0 || !strings.Contains(p.stdout.String(), key) {
		t.Errorf("env does not print the API's key: %s", p.stderr)
	}
	token := part(t, object{"alg": "RS256"}) + "." + part(t, object{"iss": "https://login.example.com"}) + ".AAAA"
	first.graphql(t).with("Authorization", token).post(t, whoDocument).refused(t, http.StatusUnauthorized, unauthorizedType, notAuthorized)
	first.stderr.await(t, `start with --issuer https://login.example.com=URL`)
	first.stop(t)
	first.stopped = true
	if again := serve(t, dir, o); again.apis[0].APIKeys[0] != key || again.apis[0].ID != first.apis[0].ID {
		t.Error("a second start has other keys")
	}
}
