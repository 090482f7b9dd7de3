//go:build conformance

package conformance

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// errorFrame is API Gateway's, byte for byte.
var errorFrame = regexp.MustCompile(`^\{"message": "Internal server error", "connectionId":"[\w-]+=", "requestId":"[\w-]+="\}$`)

// noting is the API whose function notes its events in a file.
func noting(t *testing.T, routes ...string) (a api, notes string) {
	t.Helper()
	notes = filepath.Join(t.TempDir(), "notes")
	return api{auth: "NONE", routes: routes, env: map[string]string{"NOTES": notes}}, notes
}

// TestThousandDisconnects closes 1,000 sockets at once; each must get its
// $disconnect, with its own id.
func TestThousandDisconnects(t *testing.T) {
	t.Parallel()
	const sockets = 1000
	a, notes := noting(t, "$disconnect")
	a.auth = ""
	s := serve(t, a.write(t, nil), serveOptions{})
	open := make([]*socket, sockets)
	for i := range open {
		open[i] = s.connect(t)
	}
	var all sync.WaitGroup
	for _, sock := range open {
		all.Go(func() { sock.close(t, 1000) })
	}
	all.Wait()
	s.stop(t) // waits for every $disconnect
	text, err := os.ReadFile(notes)
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]int{}
	for line := range strings.Lines(string(text)) {
		var event, id, code string
		if n, err := fmt.Sscan(line, &event, &id, &code); n != 3 || err != nil || event != "DISCONNECT" || code != "1000" {
			t.Fatalf("noted %q", line)
		}
		ids[id]++
	}
	if len(ids) != sockets || strings.Count(string(text), "\n") != sockets {
		t.Errorf("%d $disconnects of %d connections, want %d", strings.Count(string(text), "\n"), len(ids), sockets)
	}
}

// TestDisconnectCodes wants the code and reason of each kind of end.
func TestDisconnectCodes(t *testing.T) {
	t.Parallel()
	a, notes := noting(t, "$default", "$disconnect")
	s := serve(t, a.write(t, nil), serveOptions{args: []string{"--limit", "idle=5s"}})
	developer := s.credentials(t, "")
	ends := map[string]func(*socket){
		"4001": func(c *socket) { c.close(t, 4001) },
		"1005": func(c *socket) { c.write(t, frame{opcode: opClose}); c.closed(t) },
		"1006": func(c *socket) { _ = c.nc.Close() },
		"1009": func(c *socket) { c.write(t, frame{opcode: opText, payload: make([]byte, 32<<10+1)}); c.closed(t) },
		"1001": func(c *socket) {
			if code := c.closed(t); code != 1001 {
				t.Errorf("an idle connection was closed with %d", code)
			}
		},
	}
	want := map[string]string{}
	for code, end := range ends {
		c := s.connect(t)
		want[c.ask(t, `{"action":"who"}`)] = code
		end(c)
	}
	c := s.connect(t)
	id := c.ask(t, `{"action":"who"}`)
	if status := do(t, http.DefaultClient, s.call(t, developer, http.MethodDelete, id, "")); status != 204 {
		t.Errorf("delete: %d", status)
	}
	c.closed(t)
	want[id] = "1000"
	s.stop(t)
	text, err := os.ReadFile(notes)
	if err != nil {
		t.Fatal(err)
	}
	for id, code := range want {
		if !strings.Contains(string(text), "DISCONNECT "+id+" "+code+" ") {
			t.Errorf("no $disconnect of %s with %s in\n%s", id, code, text)
		}
	}
}

// TestKilledFunction kills a function's process with -9 while it works: that
// costs one error frame and nothing else.
func TestKilledFunction(t *testing.T) {
	t.Parallel()
	s := serve(t, api{auth: "NONE"}.write(t, nil), serveOptions{})
	victim, other := s.connect(t), s.connect(t)
	other.echoes(t, "before")
	victim.send(t, `{"action":"hang"}`)
	found := s.stderr.await(t, `hanging in process (\d+)`)
	pid, err := strconv.Atoi(found[1])
	if err != nil {
		t.Fatal(err)
	}
	other.echoes(t, "meanwhile")
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if got := victim.receive(t); !errorFrame.MatchString(got) {
		t.Errorf("the killed function's caller got %q", got)
	}
	victim.echoes(t, "after")
	other.echoes(t, "after, too")
	s.stderr.await(t, `(?i)Runtime\.ExitError|signal: killed`)
}

// TestFailingFunction has a function throw, exit and print garbage.
func TestFailingFunction(t *testing.T) {
	t.Parallel()
	s := serve(t, api{auth: "NONE"}.write(t, nil), serveOptions{})
	c := s.connect(t)
	for _, action := range []string{"throw", "exit"} {
		if got := c.ask(t, `{"action":"`+action+`"}`); !errorFrame.MatchString(got) {
			t.Errorf("%s gave %q", action, got)
		}
	}
	c.echoes(t, `{"action":"garbage"}`)
	c.echoes(t, "and on")
	if text := s.stderr.String(); strings.ContainsAny(text, "\x00\x1b") {
		t.Errorf("what a function prints controls the terminal:\n%q", text)
	}
	s.stderr.await(t, `asked for it`)
}

// TestKilledServe kills serve with -9: no process that it started stays.
func TestKilledServe(t *testing.T) {
	t.Parallel()
	for _, stack := range []string{"node", "python", "go", "chat"} {
		t.Run(stack, func(t *testing.T) {
			t.Parallel()
			s := worked(t, stack)
			children := descendants(t, s.cmd.Process.Pid)
			if len(children) == 0 {
				t.Fatal("no function process runs")
			}
			watched := make([]*watchedProcess, len(children))
			for i, pid := range children {
				watched[i] = watch(t, pid)
			}
			s.signal(t, syscall.SIGKILL)
			s.ends(t, -1)
			for _, w := range watched {
				w.awaitEnd(t)
			}
		})
	}
}

// worked is a server with a function process that has worked.
func worked(t *testing.T, stack string) *server {
	t.Helper()
	config, err := installed()
	if err != nil {
		t.Fatal(err)
	}
	if stack == "chat" {
		s := serve(t, filepath.Join(suite.root, "examples", "chat"), serveOptions{config: config})
		s.connect(t)
		return s
	}
	a, files := postback(stack)
	s := serve(t, a.write(t, files), serveOptions{config: config})
	if got := s.connect(t).ask(t, "hello"); got != "posted: hello" {
		t.Fatalf("received %q", got)
	}
	return s
}

// TestHeaderNames wants the client's spelling of header names in the event.
func TestHeaderNames(t *testing.T) {
	t.Parallel()
	a, notes := noting(t)
	s := serve(t, a.write(t, nil), serveOptions{})
	for _, address := range []string{s.apis[0].URL, s.apis[0].SecureURL} {
		s.openTrusting(t, address, http.Header{"x-sHoUtInG": {"1"}, "X-Api-key": {"2"}})
	}
	text, err := os.ReadFile(notes)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(text), " x-sHoUtInG") != 2 || strings.Count(string(text), " X-Api-key") != 2 {
		t.Errorf("noted\n%s", text)
	}
}

// TestEventFields checks what a function is told of a message.
func TestEventFields(t *testing.T) {
	t.Parallel()
	s := serve(t, api{auth: "AWS_IAM"}.write(t, nil), serveOptions{})
	c := s.credentials(t, "")
	var about map[string]any
	if err := json.Unmarshal([]byte(s.openSigned(t, c).ask(t, `{"action":"context"}`)), &about); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"routeKey": "$default", "eventType": "MESSAGE", "messageDirection": "IN", "stage": "dev", "domainName": s.listen, "apiId": s.apis[0].ID}
	for name, v := range want {
		if about[name] != v {
			t.Errorf("requestContext.%s is %v, want %v", name, about[name], v)
		}
	}
	if about["requestId"] != about["extendedRequestId"] || about["messageId"] == about["requestId"] {
		t.Errorf("ids: %v", about)
	}
	if id, _ := about["identity"].(map[string]any); id["sourceIp"] != "127.0.0.1" || id["accessKey"] != c.accessKeyID {
		t.Errorf("identity: %v", about["identity"])
	}
}
