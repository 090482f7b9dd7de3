package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidewire/tidewire/gateway"
)

const quietTemplate = `
Resources:
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties: {Name: quiet, ProtocolType: WEBSOCKET, RouteSelectionExpression: $request.body.action}
  Connect:
    Type: AWS::ApiGatewayV2::Route
    Properties: {ApiId: !Ref Api, RouteKey: $connect, AuthorizationType: AWS_IAM}
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties: {ApiId: !Ref Api, StageName: dev}
  Bucket: {Type: AWS::S3::Bucket}
  Guest:
    Type: AWS::IAM::Role
    Properties: {AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: "*", Action: sts:AssumeRole}]}}
Outputs:
  Evil: {Value: "\e]0;owned\a\nforged: line"}
`

// lockedBuffer is written by one goroutine and read by another.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// testShell is a shell whose directories are the test's own.
func testShell(t *testing.T, stdout, stderr io.Writer) *shell {
	t.Helper()
	config := t.TempDir()
	dir := func() (string, error) { return config, nil }
	return &shell{stdin: strings.NewReader(""), stdout: stdout, stderr: stderr, configDir: dir,
		runDir: func() (string, error) { return filepath.Join(config, "run"), nil },
		getenv: func(name string) string {
			if name == "PATH" {
				return os.Getenv("PATH")
			}
			return ""
		}}
}

func writeTemplate(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "template.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// command runs one command line to its end and gives its exit code.
func command(ctx context.Context, sh *shell, args ...string) (int, error) {
	err := newRootCommand(sh, args).ExecuteContext(ctx)
	return exitCode(err), err
}

func TestServeTellsWhereAndEndsInOrder(t *testing.T) {
	t.Parallel()
	out, in := io.Pipe()
	stderr := &lockedBuffer{}
	sh := testShell(t, in, stderr)
	state := filepath.Join(t.TempDir(), "state")
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := command(ctx, sh, "serve", writeTemplate(t, quietTemplate), "--listen", "127.0.0.1:0", "--state", state, "--output", "json")
		ended <- err
	}()
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	var first ready
	if err := json.Unmarshal(line, &first); err != nil || first.Event != "ready" || len(first.APIs) != 1 {
		t.Fatalf("%s %v", line, err)
	}
	api := first.APIs[0]
	if api.Kind != "websocket" || api.Auth != "AWS_IAM" || api.URL != "ws://"+first.Listen+"/dev" || api.SecureURL != "wss://"+first.Listen+"/dev" {
		t.Errorf("%+v", api)
	}
	var connected bytes.Buffer
	client := *sh
	client.stdout, client.stderr = &connected, io.Discard
	if code, err := command(t.Context(), &client, "connect", api.URL, "--send", `{"action":"x"}`, "--count", "1"); code != 0 || !strings.Contains(connected.String(), "Forbidden") {
		t.Errorf("connect: %d %v %s", code, err, connected.String())
	}
	checkEnv(t, sh, state)
	cancel()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("serve: %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("serve does not end")
	}
	text := stderr.String()
	for _, want := range []string{"Bucket  AWS::S3::Bucket", `\x1b]0;owned`, "tidewire connect " + api.URL, "AWS_IAM on $connect"} {
		if !strings.Contains(text, want) {
			t.Errorf("stderr lacks %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "\nforged") || strings.Contains(text, "\x1b") {
		t.Errorf("a template drives the terminal: %q", text)
	}
}

// checkEnv looks at the developer's and at a role's lines.
func checkEnv(t *testing.T, sh *shell, state string) {
	t.Helper()
	for _, c := range []struct {
		args []string
		key  string
		last string
	}{
		{nil, "AKIA", "unset AWS_SESSION_TOKEN"},
		{[]string{"--role", "Guest"}, "ASIA", "export AWS_SESSION_TOKEN='"},
	} {
		var out bytes.Buffer
		own := *sh
		own.stdout = &out
		if code, err := command(t.Context(), &own, append([]string{"env", "--state", state}, c.args...)...); code != 0 {
			t.Fatalf("env %v: %d %v", c.args, code, err)
		}
		if text := out.String(); !strings.HasPrefix(text, "export AWS_ACCESS_KEY_ID='"+c.key) || !strings.Contains(text, c.last) ||
			!strings.Contains(text, "export AWS_DEFAULT_REGION='us-east-1'\n") || !strings.Contains(text, "unset AWS_PROFILE\n") {
			t.Errorf("env %v does not print what it should", c.args) // not the text: it is secret
		}
	}
	own := *sh
	own.stdout = io.Discard
	if code, err := command(t.Context(), &own, "env", "--state", state, "--role", "Nobody"); code != 1 || !strings.Contains(describe(err), "Guest") {
		t.Errorf("env --role Nobody: %d %v", code, err)
	}
}

func TestServeStartsNothingOnProblems(t *testing.T) {
	t.Parallel()
	sh := testShell(t, io.Discard, io.Discard)
	dir := writeTemplate(t, strings.NewReplacer("AWS_IAM", "CUSTOM", "!Ref Api, StageName", "!Ref Apj, StageName").Replace(quietTemplate))
	for _, name := range []string{"serve", "check"} {
		args := []string{name, dir}
		if name == "serve" {
			args = append(args, "--listen", "127.0.0.1:0", "--state", filepath.Join(t.TempDir(), "s"))
		}
		code, err := command(t.Context(), sh, args...)
		var problems *gateway.ProblemsError
		if code != 1 || !errors.As(err, &problems) {
			t.Fatalf("%s: %d %v", name, code, err)
		}
		text := describe(err)
		for _, want := range []string{"Apj", "CUSTOM", "template.yaml:", "\n        hint: "} {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %q:\n%s", name, want, text)
			}
		}
	}
}

func TestServeUsage(t *testing.T) {
	t.Parallel()
	sh := testShell(t, io.Discard, io.Discard)
	for _, args := range [][]string{
		{"serve", "a", "b"},
		{"serve", ".", "--output", "xml"},
		{"serve", ".", "--listen", "4577"},
		{"serve", ".", "--limit", "idle=soon"},
		{"serve", ".", "--limit", "frames=1"},
		{"serve", ".", "--limit", "message=0"},
		{"serve", ".", "--endpoint", "dynamodb=localhost"},
		{"serve", ".", "--trusted-proxy", "nowhere"},
		{"serve", ".", "--function-credentials", "mine"},
		{"serve", ".", "--function", "F=ftp://x"},
		{"serve", ".", "--parameter", "X"},
		{"serve", ".", "--account", "12"},
		{"serve", ".", "--log-level", "loud"},
		{"check", ".", "--region"},
		{"runtime", "install", "ruby"},
		{"env", "x"},
	} {
		if code, err := command(t.Context(), sh, args...); code != 2 {
			t.Errorf("%v: exit %d, %v", args, code, err)
		}
	}
}

func TestAPortThatIsTaken(t *testing.T) {
	t.Parallel()
	l, err := listen(t.Context(), &shell{}, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	code, err := command(t.Context(), testShell(t, io.Discard, io.Discard), "serve", writeTemplate(t, quietTemplate), "--listen", l.Addr().String())
	if code != 1 || !strings.Contains(describe(err), "--listen") {
		t.Errorf("%d %v", code, err)
	}
}

func TestQuoted(t *testing.T) {
	t.Parallel()
	got := []string{quoted("a"), quoted("it's $HOME"), quoted("")}
	if diff := cmp.Diff([]string{"'a'", `'it'\''s $HOME'`, "''"}, got); diff != "" {
		t.Error(diff)
	}
}
