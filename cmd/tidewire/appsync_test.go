package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tidewire/tidewire/appsync"
)

// appSyncTest is a server and a shell for tests in this process.
type appSyncTest struct {
	url            string
	sh             *shell
	stdout, stderr *lockedBuffer
}

func newAppSyncTest(t *testing.T) *appSyncTest {
	t.Helper()
	a := newAppSync(nil, false)
	t.Cleanup(a.Close)
	c := &appSyncTest{url: a.URL, stdout: &lockedBuffer{}, stderr: &lockedBuffer{}}
	c.sh = testShell(t, c.stdout, c.stderr)
	env := map[string]string{"GOODKEY": goodKey, "GOODTOKEN": goodToken, "BADKEY": "bad-key-bad-key-bad-key", "BADTOKEN": "bad-token-bad-token-bad"}
	getenv := c.sh.getenv
	c.sh.getenv = func(name string) string { return firstOf(env[name], getenv(name)) }
	return c
}

// On a terminal a response is indented and cannot control it.
func TestQueryOnATerminal(t *testing.T) {
	t.Parallel()
	c := newAppSyncTest(t)
	c.sh.screen = &terminal{size: func() (int, int) { return 80, 24 }}
	code, err := command(t.Context(), c.sh, "query", c.url+"/graphql", "{ a\u202e }", "--api-key", "env:GOODKEY")
	if code != 0 {
		t.Fatal(err)
	}
	want := `{
  "data": {
    "mode": "api-key",
    "query": "{ a\u202e }",
    "variables": null,
    "operation": "",
    "header": "",
    "host": "127.0.0.1"
  }
}
`
	if diff := cmp.Diff(want, c.stdout.String()); diff != "" {
		t.Error(diff)
	}
	c.stdout = &lockedBuffer{}
	c.sh.stdout = c.stdout
	code, err = command(t.Context(), c.sh, "subscribe", c.url+"/graphql", "subscription { a }", "--vars", `{"n":1,"echo":"a\u202e"}`, "--count", "1", "--api-key", "env:GOODKEY")
	if want := `{"data":{"onPost":{"i":1,"text":"a\u202e"}}}` + "\n"; code != 0 || c.stdout.String() != want {
		t.Error(code, err, c.stdout.String())
	}
}

// An interrupt ends a subscription in order: 0, or 1 before --count.
func TestSubscribeInterrupted(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		args []string
		want int
	}{{nil, 0}, {[]string{"--count", "2"}, 1}} {
		c := newAppSyncTest(t)
		ctx, cancel := context.WithCancel(t.Context())
		out, in := io.Pipe()
		c.sh.stdout = in
		ended := make(chan int, 1)
		go func() {
			code, _ := command(ctx, c.sh, append([]string{"subscribe", c.url + "/graphql", "subscription { a }", "--var", "n=1", "--api-key", "env:GOODKEY"}, test.args...)...)
			ended <- code
		}()
		if _, err := out.Read(make([]byte, 1<<10)); err != nil {
			t.Fatal(err)
		}
		cancel()
		select {
		case code := <-ended:
			if code != test.want {
				t.Errorf("%v: %d\n%s", test.args, code, c.stderr)
			}
		case <-time.After(20 * time.Second):
			t.Fatal("it does not end")
		}
	}
}

// Interrupted before the server has accepted, nothing was subscribed to.
func TestSubscribeInterruptedEarly(t *testing.T) {
	t.Parallel()
	c := newAppSyncTest(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if code, err := command(ctx, c.sh, "subscribe", c.url+"/graphql", "subscription { a }", "--api-key", "env:GOODKEY"); code != 1 || err == nil {
		t.Error(code, err)
	}
}

// No command, in no mode and however it ends, shows a secret.
func TestNoSecretIsShown(t *testing.T) {
	t.Parallel()
	c := newAppSyncTest(t)
	dir := t.TempDir()
	for name, secret := range map[string]string{"key": goodKey, "token": goodToken, "badkey": c.sh.getenv("BADKEY"), "badtoken": c.sh.getenv("BADTOKEN")} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(secret+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var proofs [][]string
	for _, bad := range []string{"", "bad"} {
		proofs = append(proofs, []string{"--api-key", "env:" + strings.ToUpper(firstOf(bad, "good")) + "KEY"}, []string{"--api-key", "@" + filepath.Join(dir, bad+"key")},
			[]string{"--token", "env:" + strings.ToUpper(firstOf(bad, "good")) + "TOKEN"}, []string{"--auth", "lambda", "--token", "@" + filepath.Join(dir, bad+"token")},
			[]string{"--token", goodToken}, []string{"--api-key", goodKey})
	}
	var shown bytes.Buffer
	for _, proof := range proofs {
		for _, path := range []string{"/graphql", "/html/graphql", "/away/graphql"} {
			for _, call := range [][]string{
				{"query", c.url + path, "mutation { a }"}, {"query", c.url + path, "mutation { boom }", "--fail-on-errors"}, {"query", c.url + path, "{ a }", "--show", "headers"},
				{"subscribe", c.url + path, "subscription { onPost }", "--var", "n=1", "--count", "1"}, {"subscribe", c.url + path, "subscription { onSecret }"},
				{"subscribe", c.url + path, "subscription { onPost }", "--show", "headers"}, {"schema", c.url + path, "--timeout", "1ms"},
				{"events", "publish", c.url + strings.Replace(path, "graphql", "event", 1), "/default/x", `"bad"`},
				{"events", "publish", c.url + strings.Replace(path, "graphql", "event", 1), "/secret/x", "1", "--socket"},
				{"events", "publish", c.url + "/event", "/default/x", "1", "--socket", "--show", "headers"},
				{"events", "subscribe", c.url + strings.Replace(path, "graphql", "event", 1), "/a/two", "/secret/x"},
				{"events", "subscribe", c.url + "/event", "/a/two", "--show", "headers"},
			} {
				_, err := command(t.Context(), c.sh, append(call, proof...)...)
				if err != nil {
					shown.WriteString(describe(err))
				}
			}
		}
	}
	text := shown.String() + c.stdout.String() + c.stderr.String()
	if !strings.Contains(text, "sha256") || !strings.Contains(text, "refused: ") {
		t.Error("nothing was tried")
	}
	for _, secret := range []string{goodKey, goodToken, c.sh.getenv("BADKEY"), c.sh.getenv("BADTOKEN"), goodToken[:12], goodKey[:16]} {
		if strings.Contains(text, secret) {
			t.Errorf("%s is shown", secret)
		}
	}
}

func TestKindOf(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		document, name string
		want           ast.Operation
	}{
		{"{ a }", "", ast.Query},
		{"mutation A { a }", "", ast.Mutation},
		{"query A { a } subscription B { b }", "B", ast.Subscription},
		{"query A { a } subscription B { b }", "", ""},
		{"query A { a } query B { b }", "", ast.Query},
		{"subscription {", "", ""},
		{"fragment F on T { a }", "", ""},
	} {
		if got := kindOf(test.document, test.name); got != test.want {
			t.Errorf("%s %s: %q", test.document, test.name, got)
		}
	}
}

// What AppSync says of events comes out with its names.
func TestPayloadOfEvent(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	s := (&streamFlags{count: 1}).stream(&shell{stdout: &out})
	err := s.take(t.Context(), payloadOfEvent(appsync.Event{Errors: appsync.Errors{{Message: "a<b", ErrorType: "T", Path: []any{"x", 1.0},
		Locations: []appsync.Location{{Line: 1, Column: 2}}, ErrorInfo: []byte(`{"k":1}`)}}}))
	if !errors.As(err, &enough{}) {
		t.Error(err)
	}
	want := `{"data":null,"errors":[{"message":"a<b","errorType":"T","errorInfo":{"k":1},"path":["x",1],"locations":[{"line":1,"column":2}]}]}` + "\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

// Drops and gaps are told, and summed up at the end.
func TestStreamTellsWhatIsMissing(t *testing.T) {
	t.Parallel()
	var out, talk bytes.Buffer
	s := (&streamFlags{}).stream(&shell{stdout: &out, stderr: &talk})
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	err := s.run(t.Context(), func(context.Context) error {
		s.accepted()
		s.missed(2)
		s.gap(at, at.Add(1500*time.Millisecond), 2, errors.New("lost\x1b[2J"))
		s.missed(1)
		return nil
	})
	want := `tidewire: subscribed
tidewire: 2 events dropped because they came faster than they were taken
tidewire: reconnected: nothing was received from 03:04:05.000 to 03:04:06.500 (1.5s, 2 attempts), and AppSync does not replay; the cause: lost\x1b[2J
tidewire: 1 event dropped because they came faster than they were taken
tidewire: 3 events dropped in all
`
	if diff := cmp.Diff(want, talk.String()); err != nil || diff != "" {
		t.Error(err, diff)
	}
}
