//go:build conformance

package conformance

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

const notedDocument = `subscription Noted($room: String) { noted(room: $room) { room n mode text } }`

const noteDocument = `mutation Note($i: NoteInput!) { note(input: $i) { room n mode text urgent price tags place { city floor } } }`

// note publishes a note with the API key, and says whether it was acknowledged.
func (g *graph) note(input object) error {
	body := `{"query":` + quoted(noteDocument) + `,"variables":{"i":` + encoded(input) + `}}`
	a, err := g.try("POST", body)
	if err != nil {
		return err
	}
	if a.status != 200 || len(a.Errors) > 0 {
		return fmt.Errorf("%d %s", a.status, a.text)
	}
	return nil
}

// others are the clients of other people; each connects in its own way.
func (l *live) others() []func(testing.TB) *party {
	node := func(module string) func(testing.TB) *party {
		return func(t testing.TB) *party { return l.nodeParty(t, module) }
	}
	browser := func(module string) func(testing.TB) *party {
		return func(t testing.TB) *party { return l.browserParty(t, module) }
	}
	return []func(testing.TB) *party{func(t testing.TB) *party { return l.pythonParty(t) }, node("apollo.mjs"), node("amplify.mjs"), browser("amplify.mjs"), node("amplify-5/amplify.mjs"), browser("amplify-5/amplify.mjs")}
}

// transports are how a party's callers hand over their credential.
func (p *party) transports() []string {
	if p.name == "python" {
		return []string{"query", "subprotocol", "headers"}
	}
	return []string{""}
}

// where is the address that a party needs.
func (p *party) where(l *live, transport string) object {
	if p.name == "python" {
		return object{"url": l.apis[0].RealtimeURL, "protocol": "graphql-ws", "transport": transport}
	}
	return object{"url": local(l.apis[0].SecureURL)}
}

// TestRealtimeClients has other people's clients and our own subscribe in every
// mode, hear every note, lose the server to -9, and come back.
func TestRealtimeClients(t *testing.T) {
	t.Parallel()
	l := startLive(t, "conformance/testdata/realtime")
	everyone := l.everyone(t)
	key := l.keyed(t)
	k := tick(t, 200*time.Millisecond, func(n int) error { return key.note(object{"room": "sea", "n": n, "text": strange}) })
	type listener struct {
		*party
		caller string
	}
	var listeners []listener
	hearing := func(after int, all []listener) {
		t.Helper()
		for _, p := range all {
			p.waitFor(t, p.caller, "a", fmt.Sprintf("3 notes after %d", after), func(l []heardLine) bool {
				return len(l) > 3 && l[len(l)-1].number("noted") > after+2
			})
		}
	}
	for _, begin := range l.others() { // one after the other: they are heavy
		p, before, started := begin(t), len(listeners), time.Now()
		for name, who := range everyone {
			for _, transport := range p.transports() {
				caller := strings.TrimSpace(name + " " + transport)
				p.call(t, caller, who, p.where(l, transport))
				p.subscribe(t, caller, "a", notedDocument, object{"room": "sea"})
				listeners = append(listeners, listener{p, caller})
			}
		}
		hearing(0, listeners[before:])
		t.Logf("%s: heard after %s", p.name, time.Since(started))
	}
	l.killed(t)
	hearing(k.latest(), listeners)
	acked := k.halt()
	for _, p := range listeners {
		got := p.lines(p.caller, "a")
		var note struct{ Mode, Text string }
		if err := json.Unmarshal(got[len(got)-1].Data["noted"], &note); err != nil || note.Mode != "API Key Authorization" || note.Text != strange {
			t.Errorf("%s, %s: heard %+v (%v)", p.name, p.caller, note, err)
		}
		if err := complete(p.party.heard(p.caller, "a", "noted"), acked); err != nil {
			t.Errorf("%s, %s: %v", p.name, p.caller, err)
		}
	}
}
