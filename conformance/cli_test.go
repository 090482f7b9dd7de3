//go:build conformance

package conformance

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// cli runs tidewire as the user of this server.
func (s *server) cli(t *testing.T, stdin string, arguments ...string) (p *process, code int) {
	t.Helper()
	p, code = finished(t, command{argv: append([]string{suite.tidewire}, arguments...), dir: t.TempDir(), env: s.own(), stdin: strings.NewReader(stdin)})
	s.overhear(p)
	return p, code
}

// TestConnectIsRefused wants exit code 3 and status, type, message and hint,
// without what was signed.
func TestConnectIsRefused(t *testing.T) {
	t.Parallel()
	s := serve(t, roled().write(t, nil), serveOptions{})
	c, session, address := s.credentials(t, ""), s.credentials(t, "Caller"), s.apis[0].URL
	for name, try := range map[string]struct {
		arguments []string
		want      []string
	}{
		"unsigned":                    {[]string{address, "--auth", "none"}, []string{"403", "MissingAuthenticationTokenException", "Missing Authentication Token", "--auth iam"}},
		"an expired URL":              {[]string{s.presign(t, c, address, signing{at: time.Now().Add(-time.Hour)})}, []string{"403", "InvalidSignatureException", "Signature expired"}},
		"a tampered URL":              {[]string{s.presign(t, c, address+"?a=1", signing{}) + "&b=2"}, []string{"403", "InvalidSignatureException"}},
		"a tampered URL of a session": {[]string{s.presign(t, session, address+"?a=1", signing{}) + "&b=2"}, []string{"403", "InvalidSignatureException"}},
		"another region":              {[]string{address, "--region", "eu-west-1"}, []string{"403", "eu-west-1", "--region"}},
		"an unknown stage":            {[]string{strings.Replace(address, "/dev", "/prod", 1)}, []string{"403"}},
	} {
		p, code := s.cli(t, "", append([]string{"connect", "--send", "unheard"}, try.arguments...)...)
		said := p.stderr.String()
		if code != 3 || p.stdout.String() != "" {
			t.Errorf("%s: exit code %d, stdout %q", name, code, p.stdout)
		}
		for _, want := range append(try.want, "hint:") {
			if !strings.Contains(said, want) {
				t.Errorf("%s: no %q in\n%s", name, want, said)
			}
		}
	}
}

// TestOwnClients uses connect and connections without a terminal.
func TestOwnClients(t *testing.T) {
	t.Parallel()
	s := serve(t, roled().write(t, nil), serveOptions{})
	for _, auth := range []string{"auto", "iam", "iam-headers"} {
		for _, address := range []string{s.apis[0].URL, s.apis[0].SecureURL} {
			p, code := s.cli(t, "one\ntwo\n", "connect", address, "--auth", auth, "--count", "2")
			if said := p.stdout.String(); code != 0 || said != "one\ntwo\n" && said != "two\none\n" {
				t.Errorf("--auth %s %s: exit code %d, %q\n%s", auth, address, code, said, p.stderr)
			}
		}
	}
	sock := s.openSigned(t, s.credentials(t, "Caller"))
	id := sock.ask(t, `{"action":"who"}`)
	for _, secure := range []bool{false, true} {
		endpoint := s.apis[0].management(secure)
		if p, code := s.cli(t, "from stdin", "connections", "post", endpoint, id, "-"); code != 0 || sock.receive(t) != "from stdin" {
			t.Errorf("connections post: exit code %d\n%s", code, p.stderr)
		}
		if p, code := s.cli(t, "", "connections", "get", endpoint, id); code != 0 || !strings.Contains(p.stdout.String(), "127.0.0.1") {
			t.Errorf("connections get: exit code %d\n%s%s", code, p.stdout, p.stderr)
		}
	}
	if p, code := s.cli(t, "", "connections", "delete", s.apis[0].management(true), id); code != 0 || sock.closed(t) != 1000 {
		t.Errorf("connections delete: exit code %d\n%s", code, p.stderr)
	}
	if p, code := s.cli(t, "", "connections", "post", s.apis[0].management(true), id, "late"); code != 3 || !strings.Contains(p.stderr.String(), "410") {
		t.Errorf("connections post to nobody: exit code %d\n%s", code, p.stderr)
	}
}

// TestCheck checks examples and a broken template, and starts nothing.
func TestCheck(t *testing.T) {
	t.Parallel()
	for dir, want := range map[string]int{"echo": 0, "echo-node": 0, "echo-python": 0, "chat": 0} {
		p, code := finished(t, command{argv: []string{suite.tidewire, "check", filepath.Join(suite.root, "examples", dir)}, dir: t.TempDir()})
		if code != want {
			t.Errorf("check %s: exit code %d\n%s", dir, code, p.stderr)
		}
	}
	p, code := finished(t, command{argv: []string{suite.tidewire, "check", api{runtime: "cobol85"}.write(t, nil)}, dir: t.TempDir()})
	if code != 1 || !strings.Contains(p.stderr.String(), "cobol85") {
		t.Errorf("check of an unknown runtime: exit code %d\n%s", code, p.stderr)
	}
}

// TestFreshClone runs the README's commands in a clone of what is committed,
// but for the port, which may be taken here.
func TestFreshClone(t *testing.T) {
	t.Parallel()
	clone, config := filepath.Join(t.TempDir(), "tidewire"), "TIDEWIRE_CONFIG_DIR="+t.TempDir()
	succeeded(t, command{argv: []string{"git", "clone", "-q", suite.root, clone}})
	build := exec.Command("go", "build", "-o", os.DevNull, "./cmd/tidewire") // compiles all of it, which is no wait for a process to bound
	build.Dir = clone
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, said)
	}
	p := start(t, command{argv: []string{"go", "run", "./cmd/tidewire", "serve", "examples/echo", "--listen", "127.0.0.1:0"}, dir: clone, env: []string{config}, group: true})
	address := p.stderr.await(t, `try +go run \./cmd/tidewire connect (ws://127\.0\.0\.1:\d+/dev)\n`)[1]
	said := succeeded(t, command{argv: []string{"go", "run", "./cmd/tidewire", "connect", address, "--send", hello, "--count", "1"}, dir: clone, env: []string{config}})
	if said != hello+"\n" {
		t.Errorf("connect printed %q", said)
	}
	if status := succeeded(t, command{argv: []string{"git", "-C", clone, "status", "--porcelain"}}); status != "" {
		t.Errorf("serving left files that git sees:\n%s", status)
	}
	if err := syscall.Kill(-p.cmd.Process.Pid, syscall.SIGINT); err != nil { // as a terminal's Ctrl-C does
		t.Fatal(err)
	}
	p.exit(t)
	if text := p.stderr.String(); !strings.Contains(text, "closing") || strings.Contains(text, "exit status") {
		t.Errorf("the end:\n%s", text)
	}
}
