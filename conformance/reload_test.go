//go:build conformance

package conformance

import (
	"path/filepath"
	"testing"
)

// TestReload changes the template under an established socket: it stays, new
// routes work on it, and what is refused now is refused.
func TestReload(t *testing.T) {
	t.Parallel()
	a := api{auth: "NONE", routes: []string{"known"}}
	dir := a.write(t, nil)
	s := serve(t, dir, serveOptions{})
	c := s.connect(t)
	c.echoes(t, `{"action":"known"}`)
	if got := c.ask(t, `{"action":"new"}`); !forbiddenFrame(got) {
		t.Errorf("a route that is not there yet answers %q", got)
	}

	mark := s.stderr.mark()
	a.routes, a.auth = []string{"known", "new"}, "AWS_IAM"
	a.rewrite(t, dir)
	s.stderr.awaitAfter(t, mark, `reloaded`)
	c.echoes(t, `{"action":"new"}`)
	if _, refused := handshake(t, s.apis[0].URL, nil); refused == nil || refused.status != 403 {
		t.Errorf("an unsigned handshake after the reload: %+v", refused)
	}
	s.openSigned(t, s.credentials(t, "")).echoes(t, `{"action":"new"}`)

	mark = s.stderr.mark()
	put(t, filepath.Join(dir, "template.json"), `{"Resources": {"Api": `)
	s.stderr.awaitAfter(t, mark, `(?s)not served.*template\.json:\d+`)
	c.echoes(t, `{"action":"new"}`)
	s.openSigned(t, s.credentials(t, "")).echoes(t, `{"action":"known"}`)

	mark = s.stderr.mark()
	a.runtime = "cobol85"
	a.rewrite(t, dir)
	s.stderr.awaitAfter(t, mark, `(?s)not served.*cobol85`)
	c.echoes(t, `{"action":"new"}`)

	mark = s.stderr.mark()
	a.runtime, a.routes = "", []string{"known"}
	a.rewrite(t, dir)
	s.stderr.awaitAfter(t, mark, `reloaded`)
	if got := c.ask(t, `{"action":"new"}`); !forbiddenFrame(got) {
		t.Errorf("a route that is gone answers %q", got)
	}
	c.echoes(t, `{"action":"known"}`)
}

func forbiddenFrame(text string) bool { return messageOf([]byte(text)) == "Forbidden" }

// TestCodeChange wants a changed file to be what the next invocation runs.
func TestCodeChange(t *testing.T) {
	t.Parallel()
	for language, code := range map[string]struct{ runtime, file, before, after string }{
		"node": {"nodejs22.x", "app.mjs", `export const handler = async () => ({ statusCode: 200, body: "before" });`,
			`export const handler = async () => ({ statusCode: 200, body: "after" });`},
		"python": {"python3.12", "app.py", "def handler(event, context):\n    return {\"statusCode\": 200, \"body\": \"before\"}\n",
			"def handler(event, context):\n    return {\"statusCode\": 200, \"body\": \"after\"}\n"},
	} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			dir := api{auth: "NONE", runtime: code.runtime}.write(t, map[string]string{code.file: code.before})
			c := serve(t, dir, serveOptions{}).connect(t)
			for range 3 {
				for _, version := range []struct{ text, want string }{{code.before, "before"}, {code.after, "after"}} {
					put(t, filepath.Join(dir, "src", code.file), version.text)
					if got := c.ask(t, "which?"); got != version.want {
						t.Errorf("the next invocation answers %q, want %q", got, version.want)
					}
				}
			}
		})
	}
}
