//go:build conformance

package conformance

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// fails tries to serve and wants it to fail: exit code 1, no ready line, and
// stderr as the patterns say, with a hint.
func fails(t *testing.T, argv []string, env []string, patterns ...string) {
	t.Helper()
	state := filepath.Join(t.TempDir(), "state")
	argv = append([]string{suite.tidewire, "serve", "--listen", "127.0.0.1:0", "--output", "json", "--state", state}, argv...)
	p, code := finished(t, command{argv: argv, dir: t.TempDir(), env: append([]string{"TIDEWIRE_CONFIG_DIR=" + filepath.Join(t.TempDir(), "config")}, env...)})
	said := p.stderr.String()
	if code != 1 || p.stdout.String() != "" {
		t.Errorf("exit code %d, stdout %q, stderr\n%s", code, p.stdout, said)
	}
	for _, pattern := range append(patterns, `hint: |name the`) {
		if !regexp.MustCompile(pattern).MatchString(said) {
			t.Errorf("stderr has no %s:\n%s", pattern, said)
		}
	}
	if strings.Contains(said, "goroutine ") {
		t.Errorf("a stack trace:\n%s", said)
	}
}

func TestBadTemplates(t *testing.T) {
	t.Parallel()
	t.Run("no YAML", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		put(t, filepath.Join(dir, "template.yaml"), "Resources:\n  A: [1\n  B: {\n")
		fails(t, []string{dir}, nil, `template\.yaml:\d+`)
	})
	t.Run("no template", func(t *testing.T) {
		t.Parallel()
		fails(t, []string{t.TempDir()}, nil, `template\.yaml`)
	})
	t.Run("several templates", func(t *testing.T) {
		t.Parallel()
		dir := api{}.write(t, nil)
		put(t, filepath.Join(dir, "template.yaml"), "Resources: {}\n")
		fails(t, []string{dir}, nil, `template\.yaml`, `template\.json`)
	})
	t.Run("every problem at once", func(t *testing.T) {
		t.Parallel()
		dir := api{auth: "NONE", runtime: "cobol85", more: object{
			"Other":   resource("AWS::Serverless::Function", object{"CodeUri": "src", "Handler": "nowhere.handler", "Runtime": "nodejs22.x"}),
			"Missing": resource("AWS::Serverless::Function", object{"CodeUri": "not-there", "Handler": "app.handler", "Runtime": "python3.12"}),
			"Strange": resource("AWS::ApiGatewayV2::Route", object{"ApiId": ref("Absent"), "RouteKey": "x"}),
		}}.write(t, nil)
		fails(t, []string{dir}, nil, `cobol85`, `nowhere`, `not-there`, `Absent`)
	})
	t.Run("unknown runtime", func(t *testing.T) {
		t.Parallel()
		fails(t, []string{api{runtime: "cobol85"}.write(t, nil)}, nil, `template\.json:\d+`, `Function`, `cobol85`)
	})
	t.Run("missing handler file", func(t *testing.T) {
		t.Parallel()
		fails(t, []string{api{handler: "nowhere.handler"}.write(t, nil)}, nil, `template\.json:\d+`, `Function`, `nowhere`)
	})
	t.Run("interpreter not on PATH", func(t *testing.T) {
		t.Parallel()
		fails(t, []string{api{}.write(t, nil)}, []string{"PATH=" + t.TempDir()}, `Function`, `node`, `PATH`)
	})
	t.Run("no DynamoDB engine", func(t *testing.T) {
		t.Parallel()
		chat := filepath.Join(suite.root, "examples", "chat")
		fails(t, []string{chat, "--strict"}, []string{"PATH=/usr/bin:/bin"}, `DynamoDB`, `npm install`, `--endpoint dynamodb=`)
		s := serve(t, chat, serveOptions{env: []string{"PATH=/usr/bin:/bin"}})
		if err := s.stderr.wait(func(text string) bool { return strings.Contains(text, "npm install -g dynalite") }); err != nil {
			t.Error(err)
		}
	})
	t.Run("a guard that is lacking", func(t *testing.T) {
		t.Parallel()
		dir := api{auth: "CUSTOM", more: object{"Authorizer": resource("AWS::ApiGatewayV2::Authorizer", object{"ApiId": ref("Api"), "Name": "a", "AuthorizerType": "REQUEST",
			"AuthorizerUri":  sub("arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Function.Arn}/invocations"),
			"IdentitySource": []string{"route.request.header.Auth"}})}}.write(t, nil)
		fails(t, []string{dir}, nil, `ConnectRoute`, `CUSTOM`)
	})
}

// TestWorkerThatIsLacking has an integration type that is not served: said at
// the start, answered with AWS's configuration error, refused by --strict.
func TestWorkerThatIsLacking(t *testing.T) {
	t.Parallel()
	a := api{auth: "NONE", more: object{
		"MockIntegration": resource("AWS::ApiGatewayV2::Integration", object{"ApiId": ref("Api"), "IntegrationType": "MOCK"}),
		"MockRoute":       resource("AWS::ApiGatewayV2::Route", object{"ApiId": ref("Api"), "RouteKey": "mock", "Target": sub("integrations/${MockIntegration}")}),
		"Bucket":          resource("AWS::S3::Bucket", object{}),
	}}
	dir := a.write(t, nil)
	fails(t, []string{dir, "--strict"}, nil, `MOCK`)
	s := serve(t, dir, serveOptions{})
	c := s.connect(t)
	if got := c.ask(t, `{"action":"mock"}`); !errorFrame.MatchString(got) {
		t.Errorf("the route that is lacking answers %q", got)
	}
	c.echoes(t, "others work")
}

func TestBadPlaces(t *testing.T) {
	t.Parallel()
	dir := api{}.write(t, nil)
	t.Run("port taken", func(t *testing.T) {
		t.Parallel()
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		fails(t, []string{dir, "--listen", l.Addr().String()}, nil, `address already in use`)
	})
	t.Run("state directory not writable", func(t *testing.T) {
		t.Parallel()
		fails(t, []string{dir, "--state", "/proc/self/state"}, nil, `/proc/self/state`)
	})
	t.Run("state directory is a file", func(t *testing.T) {
		t.Parallel()
		file := filepath.Join(t.TempDir(), "file")
		put(t, file, "")
		fails(t, []string{dir, "--state", file}, nil, `not a directory`)
	})
	t.Run("state directory too wide", func(t *testing.T) {
		t.Parallel()
		wide := filepath.Join(t.TempDir(), "wide")
		if err := os.Mkdir(wide, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(wide, 0o755); err != nil {
			t.Fatal(err)
		}
		fails(t, []string{dir, "--state", wide}, nil, `0755|rwxr-xr-x`, `chmod`)
	})
	t.Run("state directory is a link", func(t *testing.T) {
		t.Parallel()
		link := filepath.Join(t.TempDir(), "link")
		if err := os.Symlink(t.TempDir(), link); err != nil {
			t.Fatal(err)
		}
		fails(t, []string{dir, "--state", link}, nil, `link`)
	})
	t.Run("state directory tracked by git", func(t *testing.T) {
		t.Parallel()
		fails(t, []string{dir, "--state", tracked(t)}, nil, `git`)
	})
}

// tracked is a state directory that somebody has added to git.
func tracked(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	state := filepath.Join(dir, "state")
	if err := os.Mkdir(state, 0o700); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(state, "developer.json"), "{}")
	for _, arguments := range [][]string{{"init", "-q"}, {"add", "-f", "state"}} {
		if said, err := exec.Command("git", append([]string{"-C", dir}, arguments...)...).CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", arguments, err, said)
		}
	}
	return state
}

// TestTwoServers wants the second on one state directory to be refused, with
// the first one's process id, and the first to go on.
func TestTwoServers(t *testing.T) {
	t.Parallel()
	dir := api{auth: "NONE"}.write(t, nil)
	s := serve(t, dir, serveOptions{})
	mode, err := os.Stat(s.state)
	if err != nil || mode.Mode().Perm() != 0o700 {
		t.Errorf("the state directory is %v, %v", mode.Mode(), err)
	}
	fails(t, []string{dir, "--state", s.state}, nil, regexp.QuoteMeta(s.state), `\b`+pidText(s)+`\b`)
	s.connect(t).echoes(t, "still here")
}

// TestStateFilesArePrivate wants every file of the state and config
// directories to be the user's alone, and the state ignored by git.
func TestStateFilesArePrivate(t *testing.T) {
	t.Parallel()
	s := serve(t, api{auth: "AWS_IAM"}.write(t, nil), serveOptions{})
	for _, root := range []string{s.state, filepath.Join(s.config, "ca")} {
		err := filepath.Walk(root, func(path string, info os.FileInfo, err error) error {
			if err == nil && info.Mode().Perm()&0o077 != 0 && info.Mode()&os.ModeSymlink == 0 && !strings.Contains(path, "/build/") {
				t.Errorf("%s is %v", path, info.Mode())
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	if ignore, err := os.ReadFile(filepath.Join(s.state, ".gitignore")); err != nil || strings.TrimSpace(string(ignore)) != "*" {
		t.Errorf(".gitignore is %q, %v", ignore, err)
	}
}

// TestWrongUsage wants exit code 2 and a hint.
func TestWrongUsage(t *testing.T) {
	t.Parallel()
	for _, arguments := range [][]string{
		{"serve", "--no-such-flag"}, {"serve", "a", "b"}, {"serve", "--limit", "idle=soon"}, {"serve", "--limit", "x=1"}, {"serve", "--output", "xml"},
		{"serve", "--account", "12"}, {"serve", "--listen", "nowhere"}, {"serve", "--endpoint", "dynamodb=there"}, {"serve", "--function", "F=there"}, {"no-such-command"},
		{"connect", "http://127.0.0.1/"}, {"connect"}, {"connect", "ws://127.0.0.1:1/", "--auth", "magic"},
	} {
		p, code := finished(t, command{argv: append([]string{suite.tidewire}, arguments...), dir: t.TempDir(), env: []string{"TIDEWIRE_CONFIG_DIR=" + t.TempDir()}})
		if said := p.stderr.String(); code != 2 || !strings.Contains(said, "tidewire: ") {
			t.Errorf("%v: exit code %d\n%s", arguments, code, said)
		}
	}
}
