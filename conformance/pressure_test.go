//go:build conformance

package conformance

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestStuckReader posts to a connection that never reads: what waits for it is
// bounded, further posts are refused with 429 or the connection is gone, and
// another connection is served meanwhile.
func TestStuckReader(t *testing.T) {
	t.Parallel()
	s := serve(t, api{auth: "NONE"}.write(t, nil), serveOptions{})
	c, client := s.credentials(t, ""), &http.Client{Timeout: patience}
	stuck, other := s.connect(t), s.connect(t)
	id := stuck.ask(t, `{"action":"who"}`)
	otherID := other.ask(t, `{"action":"who"}`)
	text := string(long(128 << 10))
	before, seen := s.resident(t), map[int]int{}
	for range 400 { // 50 MB
		seen[do(t, client, s.call(t, c, http.MethodPost, id, text))]++
	}
	grown := s.resident(t) - before // with -race, each byte counts several times
	if t.Logf("50 MB for a stuck reader: %v, %d MB resident more", seen, grown>>20); grown > 64<<20 {
		t.Errorf("a stuck reader cost %d MB", grown>>20)
	}
	if seen[http.StatusTooManyRequests]+seen[http.StatusGone] == 0 || seen[200] == 0 {
		t.Errorf("statuses of the posts: %v", seen)
	}
	if status := do(t, client, s.call(t, c, http.MethodPost, otherID, "to the other")); status != 200 {
		t.Errorf("the other's post: %d", status)
	}
	if got := other.receive(t); got != "to the other" {
		t.Errorf("the other received %q", got)
	}
	other.echoes(t, "still served")
}

// do sends a request and gives the answer's status.
func do(t *testing.T, client *http.Client, r *http.Request) int {
	t.Helper()
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body) // so that the connection is used again
	return resp.StatusCode
}

// resident is the memory of the server in bytes.
func (s *server) resident(t *testing.T) int {
	t.Helper()
	return s.memory(t, "VmRSS")
}

// memory is a size of the server in bytes, by the name that Linux has for it.
func (s *server) memory(t *testing.T, name string) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			kb, err := strconv.Atoi(strings.Fields(rest)[0])
			if err != nil {
				t.Fatal(err)
			}
			return kb << 10
		}
	}
	t.Fatal("no " + name)
	return 0
}

// TestCrowd has 200 clients connect at once through a $connect function and
// send 10 messages each; none may be lost.
func TestCrowd(t *testing.T) {
	t.Parallel()
	const clients, messages = 200, 10
	s := serve(t, api{auth: "AWS_IAM"}.write(t, nil), serveOptions{})
	address := s.sign(t, s.credentials(t, ""))
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() {
			c, refused := handshake(t, address, nil)
			if refused != nil {
				t.Errorf("client %d: %+v", i, refused)
				return
			}
			want := map[string]bool{}
			for j := range messages {
				text := fmt.Sprintf("%d of %d", j, i)
				want[text] = true
				c.send(t, text)
			}
			for range messages { // in whatever order
				delete(want, c.receive(t))
			}
			if len(want) > 0 {
				t.Errorf("client %d lost %v", i, want)
			}
		})
	}
	all.Wait()
}

// TestOrdered wants --ordered to answer in the order of the questions.
func TestOrdered(t *testing.T) {
	t.Parallel()
	dir := api{auth: "NONE"}.write(t, map[string]string{"app.mjs": `
export const handler = async ({ body }) => {
  if (body) await new Promise((resolve) => setTimeout(resolve, Number(body)));
  return { statusCode: 200, body };
};
`})
	c := serve(t, dir, serveOptions{args: []string{"--ordered"}}).connect(t)
	delays := []string{"300", "0", "100", "1"}
	for _, d := range delays {
		c.send(t, d)
	}
	for _, d := range delays {
		if got := c.receive(t); got != d {
			t.Errorf("received %s in the place of %s", got, d)
		}
	}
}

// TestConnectAnswers wants $connect's status and subprotocol at the client.
func TestConnectAnswers(t *testing.T) {
	t.Parallel()
	dir := api{auth: "NONE"}.write(t, map[string]string{"app.mjs": `
export const handler = async ({ headers, queryStringParameters: q }) => {
  if (q?.throw) throw new Error("no");
  if (q?.bad) return { statusCode: 200, surplus: 1 };
  return { statusCode: Number(q?.status ?? 200), headers: { "Sec-WebSocket-Protocol": headers["Sec-WebSocket-Protocol"]?.split(",")[0] ?? "" } };
};
`})
	s := serve(t, dir, serveOptions{})
	for query, want := range map[string]int{"?status=401": 401, "?status=403": 403, "?status=501": 501, "?throw=1": 502, "?bad=1": 502} {
		_, refused := handshake(t, s.apis[0].URL+query, nil)
		if refused == nil || refused.status != want {
			t.Errorf("%s: %+v, want %d", query, refused, want)
		}
	}
	p := start(t, command{argv: []string{suite.clients + "/node_modules/.bin/wscat", "-c", s.apis[0].URL, "-s", "chosen", "-s", "other", "-x", "unanswered", "-w", "0"}})
	if code := p.exit(t); code != 0 {
		t.Errorf("wscat, which insists on a subprotocol that it offered: exit code %d\n%s", code, p.stderr)
	}
}

// TestVanishedRole refuses a session whose role a reload took away.
func TestVanishedRole(t *testing.T) {
	t.Parallel()
	a := roled()
	dir := a.write(t, nil)
	s := serve(t, dir, serveOptions{})
	c := s.credentials(t, "Caller")
	sock := s.openSigned(t, c)
	a.more = nil
	mark := s.stderr.mark()
	a.rewrite(t, dir)
	s.stderr.awaitAfter(t, mark, "reloaded")
	if _, refused := handshake(t, s.sign(t, c), nil); refused == nil || refused.status != 403 {
		t.Errorf("a session of a role that is gone: %+v", refused)
	}
	sock.echoes(t, "an open socket outlives its credentials")
}

// TestHalfPost leaves a signed POST without the rest of its body: it must not
// keep the server from ending.
func TestHalfPost(t *testing.T) {
	t.Parallel()
	s := serve(t, api{auth: "NONE"}.write(t, nil), serveOptions{})
	id := s.connect(t).ask(t, `{"action":"who"}`)
	r := s.call(t, s.credentials(t, ""), http.MethodPost, id, "the whole body")
	var head strings.Builder
	if err := r.Write(&head); err != nil {
		t.Fatal(err)
	}
	nc := dial(t, r.URL)
	if _, err := io.WriteString(nc, strings.TrimSuffix(head.String(), "whole body")); err != nil {
		t.Fatal(err)
	}
	s.connect(t).echoes(t, "meanwhile")
	began := time.Now()
	s.stop(t)
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("the end took %s", took)
	}
}

// TestLeaksAreFound holds the search for secrets against texts that have some.
func TestLeaksAreFound(t *testing.T) {
	t.Parallel()
	secrets := []string{"0123456789/abcdefghijklmnopqrstuvwxyz+ABC"}
	for text, want := range map[string]int{
		"nothing at all, signature of 64 characters (hash 01234567)\n":                0,
		"level=WARN secret=" + secrets[0] + "\n":                                      1,
		"?x=0123456789%2Fabcdefghijklmnopqrstuvwxyz%2BABC&y\n":                        1,
		"ws://127.0.0.1/dev?X-Amz-Signature=" + strings.Repeat("0f", 32) + "\nfine\n": 1,
		"Authorization: AWS4-HMAC-SHA256 …, Signature=" + strings.Repeat("0f", 32):    1,
	} {
		if got := leaks(text, secrets); len(got) != want {
			t.Errorf("%q: found %q, want %d", text, got, want)
		}
	}
}
