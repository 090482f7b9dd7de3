//go:build conformance

package conformance

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// soaking is how long TestSoak lives with a server that drops its sockets,
// refuses some tokens and delays its answers. `bench/run appsync-soak 30m` is
// the same for longer, by hand.
const soaking = 60 * time.Second

// TestSoak runs bench/soak, built with -race: its server is a process of its
// own and keeps books of what it dropped, which must agree with the gaps that
// the clients report; nothing may be left over.
func TestSoak(t *testing.T) {
	t.Parallel()
	p := start(t, command{argv: []string{built(t, filepath.Join("bench", "soak"), "-race"), "-d", soaking.String()}})
	select {
	case <-p.done:
	case <-time.After(soaking + 2*patience):
		t.Fatalf("it has not ended:\n%s%s", p.stdout, p.stderr)
	}
	if code := p.exit(t); code != 0 || strings.Contains(p.stderr.String(), "DATA RACE") {
		t.Errorf("exit code %d\n%s%s", code, p.stdout, p.stderr)
	}
	lines := strings.Split(strings.TrimSpace(p.stdout.String()), "\n")
	var verdict struct {
		Client struct{ Gaps, Messages, Denied, Skipped int }
		Server struct{ Dropped int }
		Faults []string
	}
	last := lines[len(lines)-1]
	if err := json.Unmarshal([]byte(last), &verdict); err != nil || verdict.Faults == nil || verdict.Client.Gaps < 50 || verdict.Client.Messages < 1000 {
		t.Errorf("the verdict is %s (%v)", last, err)
	}
	t.Logf("%+v", verdict)
}

// built builds the command in a directory of the repository, which may be a
// module of its own, and gives its path.
func built(t testing.TB, dir string, flags ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), filepath.Base(dir))
	argv := append(append([]string{"go", "build", "-C", filepath.Join(suite.root, dir)}, flags...), "-o", file, ".")
	succeeded(t, command{argv: argv})
	return file
}
