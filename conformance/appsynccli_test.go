//go:build conformance

package conformance

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// caller runs tidewire with proofs in its environment, which it must not print.
type caller struct {
	env     []string
	secrets []string
}

func callWith(proofs ...string) caller {
	c := caller{env: proofs}
	for _, p := range proofs {
		if _, value, _ := strings.Cut(p, "="); len(value) >= 16 {
			c.secrets = append(c.secrets, value)
		}
	}
	return c
}

// begin starts tidewire.
func (c caller) begin(t testing.TB, stdin string, arguments ...string) *process {
	t.Helper()
	env := append(slices.Clone(c.env), "TIDEWIRE_CONFIG_DIR="+filepath.Join(t.TempDir(), "config"))
	p := start(t, command{argv: append([]string{suite.tidewire}, arguments...), dir: t.TempDir(), env: env, stdin: strings.NewReader(stdin)})
	t.Cleanup(func() {
		text := p.stdout.String() + p.stderr.String()
		if found := leaks(text, c.secrets); len(found) > 0 || strings.Contains(text, "DATA RACE") || strings.Contains(text, "panic:") {
			t.Errorf("%v: %v\n%s", arguments, found, p.stderr)
		}
	})
	return p
}

// run runs tidewire to the end it must come to.
func (c caller) run(t testing.TB, want int, stdin string, arguments ...string) *process {
	t.Helper()
	p := c.begin(t, stdin, arguments...)
	if code := p.exit(t); code != want {
		t.Fatalf("%v: exit code %d, want %d\n%s%s", arguments, code, want, p.stdout, p.stderr)
	}
	return p
}

// TestQueryCommand has the binary query and change AWS's simulator.
func TestQueryCommand(t *testing.T) {
	t.Parallel()
	s := simulate(t)
	c := callWith("TIDEWIRE_API_KEY=" + simulatorKey)
	p := c.run(t, 0, "", "query", s.url, `query Get($id: ID!) { post(id: $id) { title } }`, "--var", `id="1"`)
	if got := strings.TrimSpace(p.stdout.String()); got != `{"data":{"post":{"title":"first"}}}` {
		t.Errorf("%s", got)
	}
	p = c.run(t, 0, `{"input":{"title":"from stdin","author":"x"}}`, "query", s.url, addPost, "--vars", "@-")
	if got := p.stdout.String(); !strings.Contains(got, `"title":"from stdin"`) {
		t.Errorf("%s", got)
	}
	many := `query One { posts(limit: 1) { id } } query Two { posts(limit: 2) { id } }`
	p = c.run(t, 0, many, "query", s.url, "-", "--operation", "Two")
	if got := p.stdout.String(); strings.Count(got, `"id"`) != 2 {
		t.Errorf("%s", got)
	}
	for flag, code := range map[string]int{"--timeout=30s": 0, "--fail-on-errors": 4} {
		p = c.run(t, code, "", "query", s.url, `{ secret posts { id } }`, flag)
		if got := p.stdout.String(); !strings.Contains(got, `"errorType":"Unauthorized"`) || !strings.Contains(got, `"posts":[{`) {
			t.Errorf("%s", got)
		}
	}
	wrong := callWith("TIDEWIRE_API_KEY=da2-wrong0wrong0wrong0wrong0")
	p = wrong.run(t, 3, "", "query", s.url, `{ posts { id } }`)
	p.stderr.await(t, `(?i)unauthorized`)
}

// TestSchemaCommand: the schema that is printed says, to npm graphql, the same as
// the introspection does.
func TestSchemaCommand(t *testing.T) {
	t.Parallel()
	s := simulate(t)
	dir := filepath.Join(suite.clients, "simulator")
	c := callWith("TIDEWIRE_API_KEY=" + simulatorKey)
	sdl := c.run(t, 0, "", "schema", s.url).stdout.String()
	query := succeeded(t, command{argv: []string{"node", "-p", "require('graphql').getIntrospectionQuery()"}, dir: dir})
	var said struct{ Data json.RawMessage }
	if err := json.Unmarshal([]byte(c.run(t, 0, query, "query", s.url, "-").stdout.String()), &said); err != nil {
		t.Fatal(err)
	}
	both, err := json.Marshal(map[string]any{"sdl": sdl, "introspection": said.Data})
	if err != nil {
		t.Fatal(err)
	}
	if got := succeeded(t, command{argv: []string{"node", "sdl.mjs"}, dir: dir, stdin: strings.NewReader(string(both))}); got != "same\n" {
		t.Errorf("%s", got)
	}
}

// TestSubscribeCommand: events, a drop that stderr tells of, and --exec.
func TestSubscribeCommand(t *testing.T) {
	t.Parallel()
	s := simulate(t)
	c := callWith("TIDEWIRE_API_KEY=" + simulatorKey)
	document := `subscription { onAddPost { title } }`
	p := c.begin(t, "", "subscribe", s.url, document)
	put := func(title string) {
		t.Helper()
		c.run(t, 0, "", "query", s.url, `mutation($t: String!) { addPost(input: {title: $t}) { title } }`, "--var", "t="+title)
	}
	p.stderr.await(t, `tidewire: subscribed\n`)
	put("before")
	p.stdout.await(t, `"title":"before"`)
	s.tell(t, "drop")
	p.stderr.await(t, `tidewire: reconnected: nothing was received from`)
	put("after")
	p.stdout.await(t, `"title":"after"`)
	p.signal(t, syscall.SIGINT)
	if code := p.exit(t); code != 0 {
		t.Errorf("exit code %d after an interrupt\n%s", code, p.stderr)
	}
	for line := range strings.Lines(p.stdout.String()) {
		if !strings.HasPrefix(line, `{"data":{"onAddPost":{"title":"`) || !strings.HasSuffix(line, "}\n") {
			t.Errorf("%q", line)
		}
	}
	p = c.begin(t, "", "subscribe", s.url, document, "--count", "1", "--wait", "35s", "--exec", "/bin/cat")
	p.stderr.await(t, `tidewire: subscribed\n`)
	put("cat")
	if code := p.exit(t); code != 0 {
		t.Errorf("exit code %d\n%s", code, p.stderr)
	}
}

// proofs are what the commands take for each of the peer's modes.
func (p *peer) proofs() map[string]struct {
	caller
	arguments []string
} {
	type proof = struct {
		caller
		arguments []string
	}
	return map[string]proof{
		"API_KEY": {callWith("TIDEWIRE_API_KEY=" + p.Key), nil},
		"IAM":     {callWith("AWS_ACCESS_KEY_ID="+p.AccessKeyID, "AWS_SECRET_ACCESS_KEY="+p.SecretAccessKey, "AWS_SESSION_TOKEN="+p.SessionToken), []string{"--auth", "iam", "--region", p.Region}},
		"OIDC":    {callWith("TIDEWIRE_TOKEN=" + p.JWT), []string{"--auth", "oidc"}},
		"LAMBDA":  {callWith("TIDEWIRE_TOKEN=" + p.Token), []string{"--auth", "lambda"}},
	}
}

// TestCommandsInEveryMode has Python and botocore judge what the binary sends.
func TestCommandsInEveryMode(t *testing.T) {
	t.Parallel()
	p := startPeer(t, "session/+token==", "")
	for mode, proof := range p.proofs() {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			with := func(arguments ...string) []string { return append(arguments, proof.arguments...) }
			said := proof.run(t, 0, "", with("query", p.url+"/graphql", `{ called }`)...).stdout.String()
			if !strings.Contains(said, `"mode": "`+mode+`"`) {
				t.Errorf("query: %s", said)
			}
			said = proof.run(t, 0, "", with("subscribe", p.url+"/graphql", `subscription { opened }`, "--count", "1")...).stdout.String()
			if !strings.Contains(said, `"mode": "`+mode+`"`) && !strings.Contains(said, `"mode":"`+mode+`"`) {
				t.Errorf("subscribe: %s", said)
			}
			channel := "/default/" + strings.ReplaceAll(mode, "_", "-")
			sub := proof.begin(t, "", with("events", "subscribe", p.url+"/event", channel+"/*", "--count", "2")...)
			p.stdout.await(t, `"subscribe": "`+mode+`"`)
			for _, flags := range [][]string{nil, {"--socket"}} {
				said = proof.run(t, 0, "", append(with("events", "publish", p.url+"/event", channel+"/x", `{"é":"<&>"}`), flags...)...).stdout.String()
				if !strings.Contains(said, `"accepted":true`) {
					t.Errorf("publish: %s", said)
				}
			}
			if code := sub.exit(t); code != 0 || strings.Count(sub.stdout.String(), `{"é":"<&>"}`) != 2 {
				t.Errorf("exit code %d\n%s%s", code, sub.stdout, sub.stderr)
			}
		})
	}
}
