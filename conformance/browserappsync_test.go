//go:build conformance

package conformance

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// builtSite is the website of an example whose script is made by npm run build.
func builtSite(t testing.TB, example string) string {
	t.Helper()
	dir, site := filepath.Join(suite.root, "examples", example), t.TempDir()
	if err := os.CopyFS(site, os.DirFS(filepath.Join(dir, "public"))); err != nil {
		t.Fatal(err)
	}
	_ = os.Remove(filepath.Join(site, "app.js")) // of somebody's own build
	succeeded(t, command{argv: []string{"npm", "run", "build", "--", "--outdir=" + site}, dir: dir, env: []string{"HOME=" + t.TempDir()}})
	return website(t, site)
}

// provided starts an example's own OpenID Connect provider for a page.
func provided(t testing.TB, example, page string) (issuer string) {
	t.Helper()
	p := start(t, command{argv: []string{"node", "provider.mjs", "0", page}, dir: filepath.Join(suite.root, "examples", example)})
	return p.stdout.await(t, `(?m)^(http://127\.0\.0\.1:\d+)\n`)[1]
}

// signs are the steps of somebody at the provider's pages.
func signs(who string) [][]string {
	return [][]string{{"fill", who, "[name=login]", who}, {"fill", who, "[name=password]", "anything"}, {"click", who, "button[type=submit]"}, {"click", who, "button[type=submit]"}}
}

// TestChatExample has a guest and somebody with a name chat in
// examples/chat-appsync, and a terminal listen.
func TestChatExample(t *testing.T) {
	t.Parallel()
	page := builtSite(t, "chat-appsync")
	issuer := provided(t, "chat-appsync", page)
	s := serve(t, filepath.Join(suite.root, "examples", "chat-appsync"), serveOptions{args: []string{"--issuer", "https://login.example.com=" + issuer}})
	a, picture := s.apis[0], shot(t, "chat-appsync")
	listener := start(t, command{argv: []string{suite.tidewire, "subscribe", a.URL, `subscription { said(room: "lobby") { from text } }`, "--auth", "api-key", "--count", "3"}, env: s.own()})
	listener.stderr.await(t, "subscribed")
	steps := [][]string{{"open", "guest", page}, {"fill", "guest", "[name=url]", local(a.SecureURL)}, {"fill", "guest", "[name=key]", a.APIKeys[0]}, {"shot", "guest", shot(t, "chat-appsync-settings")},
		{"click", "guest", "button[value=guest]"}, {"see", "guest", "#status", "live"},
		{"open", "ana", page}, {"fill", "ana", "[name=url]", local(a.SecureURL)}, {"fill", "ana", "[name=issuer]", issuer}, {"click", "ana", "button[value=login]"}}
	steps = append(steps, signs("ana")...)
	steps = append(steps, [][]string{{"see", "ana", "#me", "ana"}, {"see", "ana", "#status", "live"},
		{"fill", "ana", "[name=text]", "Hello, who is there?"}, {"click", "ana", "#speak button"}, {"see", "guest", "#messages li", "Hello, who is there?"},
		{"fill", "guest", "[name=text]", "Somebody without a name <b>yet</b>."}, {"click", "guest", "#speak button"}, {"see", "ana", "#messages li", "<b>yet</b>"},
		{"fill", "ana", "[name=text]", "Then sign in!"}, {"click", "ana", "#speak button"}, {"see", "ana", "#messages li.mine:nth-child(3)", "Then sign in!"},
		{"text", "guest", "#messages li b"}, {"shot", "ana", picture},
		{"click", "guest", "button[value=staff]"}, {"see", "guest", "#status", "for those who have signed in"},
		{"click", "ana", "button[value=staff]"}, {"see", "ana", "#status", "live"},
		{"click", "guest", "button[value=garden]"}, {"see", "guest", "#status", "live"}}...)
	if texts := s.visits(t, steps...); len(texts) != 1 || texts[0] != "ana" {
		t.Errorf("the guest reads %q", texts)
	}
	pictured(t, picture)
	if code := listener.exit(t); code != 0 || strings.Count(listener.stdout.String(), `"from":"ana"`) != 2 || strings.Count(listener.stdout.String(), `"from":"guest"`) != 1 {
		t.Errorf("the terminal heard, with %d:\n%s%s", code, listener.stdout, listener.stderr)
	}
}

// TestSignedSocketExample has somebody sign in and connect in
// examples/signed-socket, and a guest who may not.
func TestSignedSocketExample(t *testing.T) {
	t.Parallel()
	page := builtSite(t, "signed-socket")
	issuer := provided(t, "signed-socket", page)
	s := serve(t, filepath.Join(suite.root, "examples", "signed-socket"), serveOptions{args: []string{"--issuer", "https://login.example.com=" + issuer}})
	pool, picture := s.pools[0], shot(t, "signed-socket")
	where := func(who string) [][]string {
		return [][]string{{"open", who, page}, {"fill", who, "[name=url]", local(s.apis[0].SecureURL)}, {"fill", who, "[name=poolId]", pool.ID},
			{"fill", who, "[name=endpoint]", local(pool.URL)}, {"fill", who, "[name=issuer]", issuer}}
	}
	steps := append(where("ana"), []string{"shot", "ana", shot(t, "signed-socket-settings")}, []string{"click", "ana", "button[value=login]"})
	steps = append(steps, signs("ana")...)
	steps = append(steps, [][]string{{"see", "ana", "#status", "connected"}, {"fill", "ana", "[name=text]", "Who am I?"}, {"click", "ana", "#speak button"}, {"see", "ana", "#log li", "← Who am I?"},
		{"text", "ana", "#me"}, {"shot", "ana", picture}}...)
	steps = append(steps, where("guest")...)
	steps = append(steps, []string{"click", "guest", "button[value=guest]"}, []string{"see", "guest", "#status", "refused"})
	if texts := s.visits(t, steps...); len(texts) != 1 || !strings.Contains(texts[0], ":assumed-role/") || !strings.Contains(texts[0], "Member") {
		t.Errorf("the function sees %q", texts)
	}
	pictured(t, picture)
	s.stderr.await(t, `(?s)Guest.*execute-api:Invoke|execute-api:Invoke.*Guest`)
}
