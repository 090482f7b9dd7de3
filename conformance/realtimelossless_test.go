//go:build conformance

package conformance

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// counter is a subscriber that counts how often it hears each number, until its last one.
type counter struct {
	*line
	mu    sync.Mutex
	heard map[int]int
	ended chan error
}

// count has a subscriber count. Its last number is last.
func (s *server) count(t testing.TB, protocol string, last int) *counter {
	t.Helper()
	c := &counter{line: s.line(t, protocol), heard: map[int]int{}, ended: make(chan error, 1)}
	if protocol == graphqlWS {
		c.begin(t, "count", `subscription { noted { n } }`)
	} else if f := c.operate(t, "subscribe", "count", "/plain/count", nil); f.Type != "subscribe_success" {
		t.Fatalf("heard %+v", f)
	}
	go func() { c.ended <- c.run(last) }() // verdict waits for it
	return c
}

func (c *counter) run(last int) error {
	var text []byte
	for {
		f, err := c.read()
		if err != nil {
			return err
		}
		if text = append(text, f.payload...); f.more || f.opcode == opPing {
			continue
		}
		n, err := numberOf(text)
		text = nil
		if err != nil {
			return err
		}
		if n == last {
			return nil
		}
		c.mu.Lock()
		c.heard[n]++
		c.mu.Unlock()
	}
}

// numberOf is the number in a data frame; 0 for a ka.
func numberOf(text []byte) (int, error) {
	var f said
	if err := json.Unmarshal(text, &f); err != nil {
		return 0, err
	}
	var note struct{ Noted struct{ N int } }
	var event struct{ N int }
	switch {
	case f.Type == "ka":
		return 0, nil
	case f.Type != "data":
		return 0, fmt.Errorf("heard %s", text)
	case f.Event != "":
		err := json.Unmarshal([]byte(f.Event), &event)
		return event.N, err
	}
	err := json.Unmarshal(f.Payload.Data, &note)
	return note.Noted.N, err
}

// verdict wants every acknowledged number once, and no other one twice.
func (c *counter) verdict(t testing.TB, acked []int) {
	t.Helper()
	if err := <-c.ended; err != nil {
		t.Fatalf("a subscriber: %v", err)
	}
	delete(c.heard, 0)
	lost := 0
	for _, n := range acked {
		if c.heard[n] == 0 {
			lost++
		}
	}
	twice := 0
	for n := range maps.Values(c.heard) {
		if n > 1 {
			twice++
		}
	}
	if lost > 0 || twice > 0 {
		t.Errorf("of %d acknowledged, %d were lost, %d came twice", len(acked), lost, twice)
	}
}

// TestNothingAcknowledgedIsLost kills subscribers, the function behind a
// mutation or a channel, and publishers in the middle of what they do: every
// other subscriber hears all that was acknowledged.
func TestNothingAcknowledgedIsLost(t *testing.T) {
	t.Parallel()
	for kind, protocol := range map[string]string{"note": graphqlWS, "event": eventsWS, "socket": eventsWS} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := plainStack(t, map[string]string{graphqlWS: "realtime", eventsWS: "events"}[protocol])
			const last = 1 << 30
			var good, doomed []*counter
			for range 4 {
				good, doomed = append(good, s.count(t, protocol, last)), append(doomed, s.count(t, protocol, last))
			}
			var acked []int
			for round := range 3 {
				acked = append(acked, s.publishUntilKilled(t, kind, 1+round*1_000_000, func() {
					_ = doomed[round].nc.Close() // without a word
					s.killFunction(t, kind)
				})...)
			}
			key := (&graph{s.apis[0].URL, http.Header{}}).with("x-api-key", s.apis[0].APIKeys[0])
			var err error
			if kind == "note" {
				err = key.note(object{"n": last})
			} else {
				err = key.event("/plain/count", object{"n": last})
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range good {
				c.verdict(t, acked)
			}
			if len(acked) < 500 {
				t.Errorf("only %d were acknowledged", len(acked))
			}
			t.Logf("%d acknowledged", len(acked))
		})
	}
}

// publishUntilKilled runs a publisher of notes, of batches of events or of such
// on a WebSocket, does something meanwhile, and kills the
// publisher with -9. It gives the numbers that were acknowledged to it.
func (s *server) publishUntilKilled(t testing.TB, kind string, first int, meanwhile func()) []int {
	t.Helper()
	address := s.apis[0].URL
	if kind == "socket" {
		address = s.apis[0].RealtimeURL
	}
	p := start(t, command{argv: []string{"node", suite.clients + "/realtime/publisher.mjs", address, s.apis[0].APIKeys[0], kind, fmt.Sprint(first)}})
	lines := func(n int) func(string) bool { return func(text string) bool { return strings.Count(text, "\n") >= n } }
	p.stdout.until(t, "100 acknowledged", lines(100))
	meanwhile()
	p.stdout.until(t, "400 acknowledged", lines(400))
	_ = p.cmd.Process.Kill()
	<-p.done
	var acked []int
	text := p.stdout.String()
	for n := range strings.Lines(text[:strings.LastIndexByte(text, '\n')+1]) {
		i, err := strconv.Atoi(strings.TrimSpace(n))
		if err != nil {
			t.Fatal(err)
		}
		acked = append(acked, i)
	}
	slices.Sort(acked)
	return acked
}

// killFunction has the function behind a mutation or a channel end by SIGKILL
// while it is asked, which is no success, and then answer again.
func (s *server) killFunction(t testing.TB, kind string) {
	t.Helper()
	key := (&graph{s.apis[0].URL, http.Header{}}).with("x-api-key", s.apis[0].APIKeys[0])
	if kind == "note" {
		key.ask(t, `mutation { work(n: -1) { n } }`).fails(t, `{"work":null}`, "Lambda:Unhandled", "")
		key.ask(t, `mutation { work(n: 1) { n } }`).data(t, `{"work":{"n":1}}`)
		return
	}
	if err := key.event("/direct/x", object{"n": -1}); err == nil {
		t.Error("a publish whose function was killed is acknowledged")
	}
	if err := key.event("/direct/x", object{"n": 1}); err != nil {
		t.Error(err)
	}
}
