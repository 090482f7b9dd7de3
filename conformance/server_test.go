//go:build conformance

package conformance

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// suite says where things are; TestMain sets it.
var suite struct {
	root     string // the repository
	clients  string // conformance/clients
	cache    string // conformance/.cache
	tidewire string // the binary under test
}

// programs must be here: a missing one fails the whole suite.
var programs = []string{"/usr/bin/aws", "/usr/bin/python3", "/usr/bin/chromium", "/usr/bin/certutil"}

func TestMain(m *testing.M) {
	dir, err := os.Getwd()
	if err != nil {
		panic(err)
	}
	suite.root, suite.clients, suite.cache = filepath.Dir(dir), filepath.Join(dir, "clients"), filepath.Join(dir, ".cache")
	suite.tidewire = filepath.Join(suite.cache, "tidewire")
	programs = append(programs, suite.tidewire, filepath.Join(suite.clients, "node_modules", ".bin", "wscat"))
	for _, p := range programs {
		if _, err := os.Stat(p); err != nil {
			fmt.Fprintf(os.Stderr, "%v\n    hint: run conformance/run, which installs and builds everything\n", err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// served is one API of the ready line.
type served struct {
	LogicalID string `json:"logicalId"`
	ID        string `json:"id"`
	Stage     string `json:"stage"`
	URL       string `json:"url"`
	SecureURL string `json:"secureUrl"`
	// of a GraphQL or Event API: its WebSocket
	RealtimeURL       string   `json:"realtimeUrl"`
	SecureRealtimeURL string   `json:"secureRealtimeUrl"`
	Auth              any      `json:"auth"` // a text, or those of a GraphQL API
	APIKeys           []string `json:"apiKeys"`
}

// servedPool is one identity pool of the ready line.
type servedPool struct{ ID, URL string }

// server is a running `tidewire serve --output json`.
type server struct {
	*process
	dir    string // of the template
	state  string
	config string
	temp   string // TMPDIR
	listen string
	apis   []served
	pools  []servedPool

	stopped bool // owned by the test's goroutine

	mu      sync.Mutex
	secrets []string // what must not be printed
	heard   []*output
}

// serveOptions are what a test may want otherwise.
type serveOptions struct {
	args   []string
	env    []string
	config string // TIDEWIRE_CONFIG_DIR; default: the test's own
	state  string // default: the test's own
}

// serve starts a server for the template in dir, which ends with the test: by
// an interrupt, with exit code 0, without a data race or a secret in what it
// printed.
func serve(t testing.TB, dir string, o serveOptions) *server {
	t.Helper()
	s := &server{dir: dir, state: o.state, config: o.config}
	if s.state == "" {
		s.state = filepath.Join(t.TempDir(), "state")
	}
	if s.config == "" {
		s.config = filepath.Join(t.TempDir(), "config")
	}
	s.temp = shortTempDir(t)
	argv := append([]string{suite.tidewire, "serve", dir, "--listen", "127.0.0.1:0", "--output", "json", "--state", s.state}, o.args...)
	s.process = start(t, command{argv: argv, dir: t.TempDir(), env: append([]string{"TIDEWIRE_CONFIG_DIR=" + s.config, "TMPDIR=" + s.temp}, o.env...)})
	t.Cleanup(func() { s.stop(t) })
	s.ready(t)
	return s
}

// shortTempDir is for sockets, whose paths may have 108 bytes.
func shortTempDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "tw")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// ready waits for the first line.
func (s *server) ready(t testing.TB) {
	t.Helper()
	if err := s.stdout.wait(func(text string) bool { return strings.Contains(text, "\n") }); err != nil {
		s.stopped = true
		t.Fatalf("no ready line: %v\n%s", err, s.stderr)
	}
	line, _, _ := strings.Cut(s.stdout.String(), "\n")
	var first struct {
		Event  string
		Listen string
		APIs   []served
		Pools  []servedPool `json:"identityPools"`
	}
	if err := json.Unmarshal([]byte(line), &first); err != nil || first.Event != "ready" || first.Listen == "" {
		t.Fatalf("the first line is %q (%v)", line, err)
	}
	s.listen, s.apis, s.pools = first.Listen, first.APIs, first.Pools
	for _, a := range s.apis {
		s.keep(a.APIKeys...)
	}
}

// stop interrupts the server, unless a test ended it, and judges how it ended.
func (s *server) stop(t testing.TB) {
	t.Helper()
	if !s.stopped {
		s.signal(t, syscall.SIGINT)
		s.ends(t, 0)
	}
	if t.Failed() {
		t.Logf("the server in %s said:\n%s", s.dir, tail(s.stderr.String(), 4000))
	}
}

// ends waits for the server to end as it must, and judges what it printed.
func (s *server) ends(t testing.TB, want int) {
	t.Helper()
	s.stopped = true
	if code := s.exit(t); code != want {
		t.Errorf("serve ended with exit code %d, want %d:\n%s", code, want, s.stderr)
	}
	if left, _ := os.ReadDir(s.temp); want == 0 && len(left) > 0 {
		t.Errorf("left over in TMPDIR: %v", left)
	}
	s.judge(t)
}

// judge looks for races and secrets in all that was printed.
func (s *server) judge(t testing.TB) {
	t.Helper()
	if text := s.stderr.String(); strings.Contains(text, "DATA RACE") || strings.Contains(text, "panic:") {
		t.Errorf("serve reported a race or panicked:\n%s", text)
	}
	_, rest, _ := strings.Cut(s.stdout.String(), "\n") // the ready line shows API keys, as it must
	s.mu.Lock()
	defer s.mu.Unlock()
	texts := []string{rest, s.stderr.String(), s.keptText(t)}
	for _, o := range s.heard {
		texts = append(texts, o.String())
	}
	for _, text := range texts {
		for _, leak := range leaks(text, s.secrets) {
			t.Errorf("printed a secret: %s", leak)
		}
	}
}

// keptText is what the state directory keeps of refused requests; nothing if
// none was refused.
func (s *server) keptText(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.state, refusalsFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	return string(text)
}

// refusalsFile keeps what was refused, in the state directory.
const refusalsFile = "refusals.json"

// signature finds what looks like a SigV4 signature or a sealed token.
var signature = regexp.MustCompile(`(?i)(x-amz-signature=|signature=|x-amz-security-token[=:"' ]+)[0-9a-z%+/_-]{16,}`)

// leaks finds secrets in text and describes each without repeating it.
func leaks(text string, secrets []string) []string {
	var found []string
	for line := range strings.Lines(text) {
		for _, secret := range secrets {
			if strings.Contains(line, secret) || strings.Contains(line, url.QueryEscape(secret)) {
				found = append(found, fmt.Sprintf("%q in %q", secret[:4]+"…", strings.ReplaceAll(line, secret, "<SECRET>")))
			}
		}
		if m := signature.FindString(line); m != "" {
			found = append(found, fmt.Sprintf("%q in %q", m, line))
		}
	}
	return found
}

// keep notes secrets that nobody may print. Short ones could stand in a text
// by chance.
func (s *server) keep(secrets ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, v := range secrets {
		if len(v) >= 16 {
			s.secrets = append(s.secrets, v)
		}
	}
}

// overhear has a client's output searched for secrets too.
func (s *server) overhear(p *process) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard = append(s.heard, p.stdout, p.stderr)
}

// credentials are what `tidewire env` gives.
type credentials struct{ accessKeyID, secretAccessKey, sessionToken, region string }

var export = regexp.MustCompile(`(?m)^export (\w+)='([^']*)'$`)

// credentials asks for the local developer's credentials, or a role's.
func (s *server) credentials(t testing.TB, role string) credentials {
	t.Helper()
	argv := []string{suite.tidewire, "env", "--state", s.state}
	if role != "" {
		argv = append(argv, "--role", role)
	}
	vars := map[string]string{}
	for _, m := range export.FindAllStringSubmatch(succeeded(t, command{argv: argv, env: s.own()}), -1) {
		vars[m[1]] = m[2]
	}
	c := credentials{vars["AWS_ACCESS_KEY_ID"], vars["AWS_SECRET_ACCESS_KEY"], vars["AWS_SESSION_TOKEN"], vars["AWS_REGION"]}
	if c.accessKeyID == "" || c.secretAccessKey == "" || c.region == "" || (role != "") != (c.sessionToken != "") || vars["AWS_DEFAULT_REGION"] != c.region {
		t.Fatalf("env --role %q exported %d variables, region %q", role, len(vars), c.region)
	}
	s.keep(c.secretAccessKey, c.sessionToken)
	return c
}

// own are the variables that let a command find this server.
func (s *server) own() []string { return []string{"TIDEWIRE_CONFIG_DIR=" + s.config} }

// env are the credentials as variables for an SDK.
func (c credentials) env() []string {
	env := []string{"AWS_ACCESS_KEY_ID=" + c.accessKeyID, "AWS_SECRET_ACCESS_KEY=" + c.secretAccessKey, "AWS_REGION=" + c.region, "AWS_DEFAULT_REGION=" + c.region}
	if c.sessionToken != "" {
		env = append(env, "AWS_SESSION_TOKEN="+c.sessionToken)
	}
	return env
}

// authority is the file of the local certificate authority.
func (s *server) authority(t testing.TB) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(s.config, "ca", "*.pem"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if data, err := os.ReadFile(f); err == nil && strings.Contains(string(data), "BEGIN CERTIFICATE") {
			return f
		}
	}
	t.Fatalf("no certificate below %s: %v", s.config, files)
	return ""
}
