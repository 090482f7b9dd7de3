//go:build conformance

package conformance

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
)

// simulatorKey is the API key of every simulator.
const simulatorKey = "da2-conformance0simulator00"

// simulator is a running npm @aws-amplify/amplify-appsync-simulator. What it
// does otherwise than AppSync is said in clients/simulator/simulator.mjs.
type simulator struct {
	*process
	url string
}

func simulate(t testing.TB, env ...string) *simulator {
	t.Helper()
	dir := filepath.Join(suite.clients, "simulator")
	s := &simulator{process: start(t, command{argv: []string{"node", "simulator.mjs"}, dir: dir, env: append(env, "API_KEY="+simulatorKey)})}
	line := s.stdout.await(t, `^\{.*\}\n`)[0]
	var first struct{ URL string }
	if err := json.Unmarshal([]byte(line), &first); err != nil || !strings.HasPrefix(first.URL, "http://127.0.0.1:") {
		t.Fatalf("the first line is %q (%v)", line, err)
	}
	s.url = first.URL
	return s
}

// tell gives the simulator a command and waits until it has been followed.
func (s *simulator) tell(t testing.TB, what string) (open, ever string) {
	t.Helper()
	mark := s.stderr.mark()
	s.write(t, what+"\n")
	said := s.stderr.awaitAfter(t, mark, what+`: (\d+) of (\d+)\n`)
	return said[1], said[2]
}
