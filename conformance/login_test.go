//go:build conformance

package conformance

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// account is one person's tidewire, with a directory of saved logins. When the
// test ends, nothing that was printed but by `tidewire token` may hold a
// secret.
type account struct {
	config string
	env    []string

	mu      sync.Mutex
	secrets []string
	heard   []*process
}

func newAccount(t testing.TB, secrets ...string) *account {
	t.Helper()
	a := &account{config: filepath.Join(t.TempDir(), "config"), secrets: secrets}
	a.env = []string{"TIDEWIRE_CONFIG_DIR=" + a.config, "TERM=xterm"}
	t.Cleanup(func() { a.silent(t) })
	return a
}

// start starts tidewire; what it prints must hold no secret.
func (a *account) start(t testing.TB, args ...string) *process {
	t.Helper()
	return a.hear(start(t, command{argv: append([]string{suite.tidewire}, args...), env: a.env}))
}

// sit starts tidewire on a terminal of its own.
func (a *account) sit(t testing.TB, args ...string) *process {
	t.Helper()
	return a.hear(start(t, command{argv: append([]string{"/usr/bin/python3", suite.clients + "/terminal.py", suite.tidewire}, args...), env: a.env}))
}

func (a *account) hear(p *process) *process {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.heard = append(a.heard, p)
	return p
}

// run runs tidewire to an end with the exit code, without data on stdout, and
// gives what it said.
func (a *account) run(t testing.TB, code int, args ...string) string {
	t.Helper()
	p := a.start(t, args...)
	_ = p.stdin.Close()
	if got := p.exit(t); got != code || p.stdout.String() != "" {
		t.Fatalf("tidewire %s: exit code %d, want %d\n%s%s", args[0], got, code, p.stdout, p.stderr)
	}
	return p.stderr.String()
}

// token is what `tidewire token` prints: one line, and nothing on stderr.
func (a *account) token(t testing.TB, args ...string) string {
	t.Helper()
	p, code := finished(t, command{argv: append([]string{suite.tidewire, "token"}, args...), env: a.env})
	text, more := strings.CutSuffix(p.stdout.String(), "\n")
	if code != 0 || !more || text == "" || strings.Contains(text, "\n") || p.stderr.String() != "" {
		t.Fatalf("tidewire token: exit code %d, %d bytes of token\n%s", code, len(text), p.stderr)
	}
	a.keep(text)
	return text
}

func (a *account) keep(secrets ...string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.secrets = append(a.secrets, secrets...)
}

// loginFile is what a login keeps.
type loginFile struct {
	Access  string            `json:"access_token"`
	Refresh string            `json:"refresh_token"`
	Expiry  time.Time         `json:"expiry"`
	Extra   map[string]string `json:"extra"`
}

// saved reads a login's file, which only its owner may read.
func (a *account) saved(t testing.TB, name string) (k loginFile) {
	t.Helper()
	file := filepath.Join(a.config, "logins", "login-"+name+".json")
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, &k)
	}
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]os.FileMode{file: 0o600, filepath.Dir(file): 0o700} {
		if fi, err := os.Stat(path); err != nil || fi.Mode().Perm() != want {
			t.Errorf("%s: mode %v, want %v", path, fi.Mode().Perm(), want)
		}
	}
	for _, secret := range []string{k.Access, k.Refresh, k.Extra["id_token"]} {
		if secret != "" {
			a.keep(secret)
		}
	}
	return k
}

// gone wants no login of the name to be saved.
func (a *account) gone(t testing.TB, name string) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(a.config, "logins", "login-"+name+".json")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("login %s is still there: %v", name, err)
	}
}

func (a *account) silent(t testing.TB) {
	a.mu.Lock()
	defer a.mu.Unlock()
	jwt := regexp.MustCompile(`eyJ[\w-]{5,}\.`)
	for _, p := range a.heard {
		said := p.stdout.String() + p.stderr.String()
		if jwt.MatchString(said) {
			t.Errorf("tidewire printed a token:\n%s", said)
		}
		for _, secret := range a.secrets {
			if strings.Contains(said, secret) {
				t.Errorf("tidewire printed a secret of %d bytes:\n%s", len(secret), said)
			}
		}
		if strings.Contains(said, "DATA RACE") {
			t.Error(said)
		}
	}
}

const serviceSecret = "s3cret-of-the/service client"

// openIDProvider starts npm oidc-provider. What it did is on stdout.
func openIDProvider(t testing.TB) (p *process, issuer string) {
	t.Helper()
	p = node(t, "login/provider.mjs", object{"service": serviceSecret}, nil)
	return p, p.stdout.await(t, `(?m)^(http://127\.0\.0\.1:\d+)\n`)[1]
}

// browse has a person with a browser open an address.
func browse(t testing.TB, address string) string {
	t.Helper()
	return succeeded(t, command{argv: []string{"node", suite.clients + "/login/person.mjs", address}})
}

// opener puts a program xdg-open before all others, which is a person's
// browser. No shell would survive the address it gets, if one were in between.
func (a *account) opener(t testing.TB) {
	t.Helper()
	dir := t.TempDir()
	script := fmt.Sprintf("#!/bin/sh\n[ $# = 1 ] && exec node '%s/login/person.mjs' \"$1\"\n", suite.clients)
	if err := os.WriteFile(filepath.Join(dir, "xdg-open"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	a.env = append(a.env, "PATH="+dir+":"+searchPath(), "DISPLAY=:0")
}

// TestLoginInBrowser logs in with a browser, lets four processes renew the
// token at once, and logs out.
func TestLoginInBrowser(t *testing.T) {
	t.Parallel()
	provider, issuer := openIDProvider(t)
	a := newAccount(t)
	a.opener(t)
	said := a.run(t, 0, "login", "work", "--issuer", issuer, "--client-id", "cli", "--param", "prompt=consent")
	if !strings.Contains(said, "logged in as work at "+issuer) || !strings.Contains(said, "is renewed") {
		t.Errorf("login said:\n%s", said)
	}
	first := a.saved(t, "work")
	<-time.After(time.Until(first.Expiry)) // a second, for the first token
	same := a.together(t, 4, "work")
	if same == first.Access {
		t.Error("the expired token is given")
	}
	provider.did(t, "refresh_token cli", 1)
	if next := a.token(t, "work", "--renew"); next == same {
		t.Error("--renew gave the old token")
	}
	provider.did(t, "refresh_token cli", 2)
	if id := a.token(t, "work", "--id"); strings.Count(id, ".") != 2 {
		t.Error("the ID token is no JWT")
	}
	thief := a.stolen(t, "work")
	if said := a.run(t, 0, "logout", "work"); !strings.Contains(said, "work is deleted here, and revoked at "+issuer) {
		t.Errorf("logout said:\n%s", said)
	}
	a.gone(t, "work")
	if said := thief.run(t, 1, "token", "work", "--renew"); !strings.Contains(said, "invalid_grant") || !strings.Contains(said, "hint: tidewire login work") {
		t.Errorf("a copy of what was revoked:\n%s", said)
	}
}

// together runs `tidewire token` n times at once and wants the same token n
// times.
func (a *account) together(t *testing.T, n int, name string) string {
	t.Helper()
	tokens := make([]string, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			cmd := exec.Command(suite.tidewire, "token", name)
			cmd.Env = append(environment(), a.env...)
			out, err := cmd.Output()
			if err != nil {
				t.Errorf("tidewire token: %v", err)
			}
			tokens[i] = strings.TrimSuffix(string(out), "\n")
		})
	}
	all.Wait()
	for _, token := range tokens {
		if token != tokens[0] || token == "" {
			t.Fatal("processes that renew at once get different tokens")
		}
	}
	a.keep(tokens[0])
	return tokens[0]
}

// did wants the provider to have done a thing n times, and no more.
func (p *process) did(t testing.TB, what string, n int) {
	t.Helper()
	times := func(text string) (got int) {
		for line := range strings.Lines(text) {
			if line == what+"\n" {
				got++
			}
		}
		return got
	}
	p.stdout.until(t, fmt.Sprintf("%q %d times", what, n), func(text string) bool { return times(text) >= n })
	if got := times(p.stdout.String()); got > n {
		t.Errorf("%q %d times, want %d:\n%s", what, got, n, p.stdout)
	}
}

// stolen is another account with a copy of a login.
func (a *account) stolen(t testing.TB, name string) *account {
	t.Helper()
	a.saved(t, name)
	thief := newAccount(t, a.secrets...)
	file := filepath.Join("logins", "login-"+name+".json")
	text, err := os.ReadFile(filepath.Join(a.config, file))
	if err == nil {
		err = errors.Join(os.MkdirAll(filepath.Join(thief.config, "logins"), 0o700), os.WriteFile(filepath.Join(thief.config, file), text, 0o600))
	}
	if err != nil {
		t.Fatal(err)
	}
	return thief
}

func TestLoginByDeviceCode(t *testing.T) {
	t.Parallel()
	provider, issuer := openIDProvider(t)
	a := newAccount(t)
	p := a.start(t, "login", "dev", "--issuer", issuer, "--client-id", "cli", "--device")
	address := p.stderr.await(t, `with the code in it: (http://\S+)\n`)[1]
	if page := browse(t, address); !strings.Contains(page, "successful") {
		t.Errorf("the provider's last page: %s", page)
	}
	if code := p.exit(t); code != 0 {
		t.Fatalf("exit code %d\n%s", code, p.stderr)
	}
	first := a.saved(t, "dev")
	<-time.After(time.Until(first.Expiry))
	if a.token(t, "dev") == first.Access {
		t.Error("the expired token is given")
	}
	provider.did(t, "urn:ietf:params:oauth:grant-type:device_code cli", 1)
	provider.did(t, "refresh_token cli", 1)
}

func TestLoginByClientCredentials(t *testing.T) {
	t.Parallel()
	provider, issuer := openIDProvider(t)
	a := newAccount(t, serviceSecret, "a wrong secret")
	a.env = append(a.env, "GOOD="+serviceSecret, "BAD=a wrong secret")
	with := func(secret string) []string {
		return []string{"login", "ci", "--issuer", issuer, "--client-id", "service", "--client-credentials", "--scope", "api/read", "--client-secret", secret}
	}
	if said := a.run(t, 3, with("env:BAD")...); !strings.Contains(said, "invalid_client") || !strings.Contains(said, "hint: check client id and secret") {
		t.Errorf("a wrong secret:\n%s", said)
	}
	a.gone(t, "ci")
	a.run(t, 0, with("env:GOOD")...)
	if first := a.token(t, "ci"); a.token(t, "ci") != first {
		t.Error("a token that holds is fetched again")
	}
	provider.did(t, "client_credentials service", 1)
	a.run(t, 0, "login", "ci") // with the saved settings
	provider.did(t, "client_credentials service", 2)
	a.run(t, 0, "logout", "ci")
	a.gone(t, "ci")
}
