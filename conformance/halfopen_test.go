//go:build conformance

package conformance

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tidewire/tidewire/appsync"
	"github.com/tidewire/tidewire/events"
	"github.com/tidewire/tidewire/internal/localca"
)

// hushing is a proxy before a server, plain and with TLS on one port. It can
// fall silent as a network does whose state is lost: what is open stays open
// on both sides, and nothing is carried any more. What is opened later works.
// Clients learn from it that they have to hear something in ten seconds, not in
// five minutes.
type hushing struct {
	address string // host and port
	server  string
	secure  *tls.Config
	work    sync.WaitGroup

	mu    sync.Mutex
	hush  chan struct{} // closed: those that were open then are silent
	conns []net.Conn
	open  int // pairs of them that carry
}

// hushed is a stack of testdata with a proxy before it.
func hushed(t testing.TB, stack string) (*server, *hushing) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &hushing{address: listener.Addr().String(), hush: make(chan struct{})}
	s := plainStack(t, stack, "--host", h.address, "--host", local(h.address), "--log-level", "debug")
	authority, err := localca.Open(filepath.Join(s.config, "ca"), nil, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	h.server, h.secure = s.listen, &tls.Config{GetCertificate: authority.Certificate, MinVersion: tls.VersionTLS12}
	h.work.Go(func() {
		for {
			nc, err := listener.Accept()
			if err != nil {
				return
			}
			h.work.Go(func() { h.join(nc) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		h.silence()
		h.mu.Lock()
		for _, nc := range h.conns {
			_ = nc.Close()
		}
		h.mu.Unlock()
		h.work.Wait()
	})
	return s, h
}

// silence makes what is open silent, and says how many that are.
func (h *hushing) silence() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	close(h.hush)
	h.hush = make(chan struct{})
	open := h.open
	h.open = 0
	return open
}

// join carries what a client and the server say to each other.
func (h *hushing) join(nc net.Conn) {
	r := bufio.NewReader(nc)
	if first, err := r.Peek(1); err != nil {
		_ = nc.Close()
		return
	} else if first[0] == 0x16 { // a TLS handshake
		nc = tls.Server(&peeked{nc, r}, h.secure)
		r = bufio.NewReader(nc)
	}
	to, err := net.Dial("tcp", h.server)
	if err != nil {
		_ = nc.Close()
		return
	}
	h.mu.Lock()
	hush := h.hush
	h.conns = append(h.conns, nc, to)
	h.open++
	h.mu.Unlock()
	h.work.Go(func() { carry(nc, bufio.NewReader(to), to, hush) })
	if carry(to, r, nc, hush) {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if hush == h.hush {
		h.open--
	}
}

// peeked is a connection of which some bytes were read.
type peeked struct {
	net.Conn
	r *bufio.Reader
}

func (p *peeked) Read(b []byte) (int, error) { return p.r.Read(b) }

// carry writes what it reads, and passes the end on, until it is hushed: then
// it neither reads nor writes nor closes.
func carry(to net.Conn, r *bufio.Reader, from net.Conn, hush <-chan struct{}) (hushed bool) {
	buf := make([]byte, 32<<10)
	for {
		n, err := r.Read(buf)
		select {
		case <-hush:
			return true
		default:
		}
		if err == nil {
			_, err = to.Write(bytes.ReplaceAll(buf[:n], []byte(`"connectionTimeoutMs":300000`), []byte(`"connectionTimeoutMs":10000 `)))
		}
		if err != nil {
			_, _ = to.Close(), from.Close()
			return false
		}
	}
}

// deaf is a client behind the proxy. It waits until the client has heard a
// number after another one; with a gap, until it has also told of one.
type deaf func(t testing.TB, after int, gap bool)

// deafParty is a client of other people.
func (h *hushing) deafParty(t testing.TB, s *server, kind string, p *party) deaf {
	t.Helper()
	p.call(t, "deaf", proof{Mode: "API_KEY", APIKey: s.apis[0].APIKeys[0]}, object{"url": "https://" + local(h.address) + map[string]string{"note": "/graphql", "event": "/event"}[kind]})
	field := "event"
	if kind == "note" {
		field = "noted"
		p.subscribe(t, "deaf", "a", `subscription { noted { n text } }`, nil)
	} else {
		p.channel(t, "deaf", "a", "/plain/count")
	}
	return func(t testing.TB, after int, gap bool) {
		t.Helper()
		p.waitFor(t, "deaf", "a", fmt.Sprintf("number after %d", after), func(l []heardLine) bool { return len(l) > 0 && l[len(l)-1].number(field) > after })
		if gap {
			p.waitFor(t, "deaf", "", "disruption", func(l []heardLine) bool {
				return len(l) > 1 && l[len(l)-1].State == "Connected" && strings.Contains(encoded(l), `"ConnectionDisrupted`)
			})
		}
	}
}

// deafCommand is the command.
func (h *hushing) deafCommand(t testing.TB, s *server, kind string) (*process, deaf) {
	t.Helper()
	arguments := []string{"subscribe", "http://" + h.address + "/graphql", `subscription { noted { n text } }`, "--auth", "api-key"}
	if kind == "event" {
		arguments = []string{"events", "subscribe", "http://" + h.address + "/event", "/plain/count", "--auth", "api-key"}
	}
	p := callWith("TIDEWIRE_API_KEY="+s.apis[0].APIKeys[0]).begin(t, "", arguments...)
	return p, func(t testing.TB, after int, gap bool) {
		t.Helper()
		p.stdout.until(t, fmt.Sprintf("number after %d", after), func(text string) bool {
			whole := text[:strings.LastIndexByte(text, '\n')+1]
			_, rest, ok := cutLast(whole, `"n":`)
			var n int
			return ok && json.NewDecoder(strings.NewReader(rest)).Decode(&n) == nil && n > after
		})
		if gap {
			p.stderr.await(t, `tidewire: reconnected: nothing was received from`)
		}
	}
}

// cutLast is strings.Cut around the last sep.
func cutLast(text, sep string) (before, after string, found bool) {
	i := strings.LastIndex(text, sep)
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+len(sep):], true
}

// deafPackage is package appsync or events.
func (h *hushing) deafPackage(t testing.TB, s *server, kind string) deaf {
	t.Helper()
	auth := appsync.APIKey(s.apis[0].APIKeys[0])
	type heard struct {
		data json.RawMessage
		gap  *appsync.Gap
	}
	var next func() (heard, error)
	if kind == "note" {
		sub, err := appsyncClient(t, "http://"+h.address+"/graphql", auth, appsync.Options{}).Subscribe(patient(t), &appsync.Request{Query: `subscription { noted { n text } }`})
		if err != nil {
			t.Fatal(err)
		}
		next = func() (heard, error) { e, err := sub.Next(patient(t)); return heard{e.Data, e.Reconnected}, err }
	} else {
		c, err := events.New("http://"+h.address+"/event", auth, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		sub, err := c.Subscribe(patient(t), "/plain/count")
		if err != nil {
			t.Fatal(err)
		}
		next = func() (heard, error) { e, err := sub.Next(patient(t)); return heard{e.Data, e.Reconnected}, err }
	}
	return func(t testing.TB, after int, gap bool) {
		t.Helper()
		for n := 0; n <= after || gap; {
			e, err := next()
			if err != nil {
				t.Fatal(err)
			}
			if e.gap != nil {
				var lost *appsync.ConnectionError
				if gap = false; !errors.As(e.gap.Cause, &lost) || !lost.Timeout() {
					t.Errorf("the gap's cause is %v", e.gap.Cause)
				}
				continue
			}
			if len(e.data) == 0 {
				continue // it says that some are missing, as nobody has looked for long
			}
			var data struct {
				N     int
				Noted struct{ N int }
			}
			if err := json.Unmarshal(e.data, &data); err != nil {
				t.Fatal(err)
			}
			n = data.N + data.Noted.N
		}
	}
}

// tooSlow counts the sockets that were closed because their clients do not read:
// their queues were full, or nothing went out for too long.
func tooSlow(log string) int {
	return strings.Count(log, "it does not read fast enough") + strings.Count(log, `why="slow consumer"`)
}

// TestHalfOpen has the network between clients and the server fall silent.
// Clients notice, come back and tell of the gap. The server, which nobody has
// told, keeps a bounded part of what it has for the silent ones and then closes
// them, saying why; those who listen beside them hear everything.
func TestHalfOpen(t *testing.T) {
	t.Parallel()
	for kind, protocol := range map[string]string{"note": graphqlWS, "event": eventsWS} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s, h := hushed(t, map[string]string{"note": "realtime", "event": "events"}[kind])
			key := (&graph{s.apis[0].URL, http.Header{}}).with("x-api-key", s.apis[0].APIKeys[0])
			publish := func(n int, text string) error {
				if kind == "note" {
					return key.note(object{"n": n, "text": text})
				}
				return key.event("/plain/count", object{"n": n, "text": text})
			}
			const last = 1 << 30
			beside := []*counter{s.count(t, protocol, last), s.count(t, protocol, last)}
			var acked []int
			burst := func(n int) {
				t.Helper()
				for text := strings.Repeat("x", 200_000); n > 0; n-- {
					if err := publish(1_000_000+len(acked), text); err != nil {
						t.Fatal(err)
					}
					acked = append(acked, 1_000_000+len(acked))
				}
			}
			burst(50) // so that it has what that takes
			before := s.resident(t)
			k := tick(t, 200*time.Millisecond, func(n int) error { return publish(n, "") })
			module := map[string]string{"note": "amplify.mjs", "event": "events.mjs"}[kind]
			node, browser := s.nodeParty(t, module), s.browserParty(t, module)
			deafProcess, command := h.deafCommand(t, s, kind)
			all := map[string]deaf{"package": h.deafPackage(t, s, kind), "command": command, "node": h.deafParty(t, s, kind, node), "chromium": h.deafParty(t, s, kind, browser)}
			for _, hears := range all {
				hears(t, 0, false)
			}
			silent := h.silence()
			after := k.latest()
			for name, hears := range all {
				began := time.Now()
				hears(t, after+1, true)
				t.Logf("%s: back after %s", name, time.Since(began))
			}
			acked = append(acked, k.halt()...)
			for _, p := range []*process{node.process, browser.process, deafProcess} {
				p.signal(t, syscall.SIGKILL)
			}
			burst(200) // 40 MB, which four silent ones would have 160 MB of
			s.stderr.until(t, fmt.Sprintf("%d closed sockets", silent), func(text string) bool { return tooSlow(text) >= silent })
			grown := s.resident(t) - before
			if grown > 128<<20 { // with -race, each byte counts several times
				t.Errorf("%d silent sockets cost %d MB", silent, grown>>20)
			}
			if err := publish(last, ""); err != nil {
				t.Fatal(err)
			}
			for _, c := range beside {
				c.verdict(t, acked)
			}
			t.Logf("%d silent sockets were closed; %d MB more were resident", silent, grown>>20)
		})
	}
}
