//go:build conformance

package conformance

import (
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func pidText(s *server) string { return strconv.Itoa(s.cmd.Process.Pid) }

// interrupt is what Ctrl-C sends.
func (p *process) interrupt(t testing.TB) {
	t.Helper()
	p.signal(t, syscall.SIGINT)
}

// TestInterrupt wants every socket closed with 1001, every $disconnect run,
// no process left, and exit code 0 (which stop asks for).
func TestInterrupt(t *testing.T) {
	t.Parallel()
	a, notes := noting(t, "$default", "$disconnect")
	s := serve(t, a.write(t, nil), serveOptions{})
	open := make([]*socket, 20)
	for i := range open {
		open[i] = s.connect(t)
	}
	open[0].echoes(t, "hello")
	var left []*watchedProcess
	for _, pid := range descendants(t, s.cmd.Process.Pid) {
		left = append(left, watch(t, pid))
	}
	s.interrupt(t)
	for _, c := range open {
		if code := c.closed(t); code != 1001 {
			t.Errorf("closed with %d", code)
		}
	}
	s.ends(t, 0)
	for _, w := range left {
		w.awaitEnd(t)
	}
	text, err := os.ReadFile(notes)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), "DISCONNECT "); n != len(open) {
		t.Errorf("%d $disconnects of %d", n, len(open))
	}
}

// TestSecondInterrupt ends at once, with exit code 1, what the first one
// would wait for.
func TestSecondInterrupt(t *testing.T) {
	t.Parallel()
	a := api{auth: "NONE", routes: []string{"$default", "$disconnect"}}
	s := serve(t, a.write(t, map[string]string{"app.mjs": `
export const handler = async (event) => {
  if (event.requestContext.eventType === "DISCONNECT") {
    console.log("not ending");
    await new Promise(() => setInterval(() => {}, 1 << 30));
  }
  return { statusCode: 200, body: event.body };
};
`}), serveOptions{})
	c := s.connect(t)
	c.echoes(t, "hello")
	var left []*watchedProcess
	for _, pid := range descendants(t, s.cmd.Process.Pid) {
		left = append(left, watch(t, pid))
	}
	s.interrupt(t)
	c.closed(t)
	s.stderr.await(t, "not ending")
	s.interrupt(t)
	s.ends(t, 1)
	for _, w := range left {
		w.awaitEnd(t)
	}
}

// TestGrace bounds the end.
func TestGrace(t *testing.T) {
	t.Parallel()
	s := serve(t, api{auth: "NONE"}.write(t, nil), serveOptions{args: []string{"--grace", "1s"}})
	s.connect(t).send(t, `{"action":"hang"}`)
	s.stderr.await(t, "hanging in process")
	s.interrupt(t)
	s.ends(t, 1)
}
