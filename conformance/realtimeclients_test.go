//go:build conformance

package conformance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tidewire/tidewire/appsync"
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
	own := l.ownListeners(t, everyone)
	t.Run("commands", func(t *testing.T) { l.subscribeCommands(t, everyone) })
	l.killed(t)
	hearing(k.latest(), listeners)
	for name, heard := range own {
		if err := heard(k.latest()); err != nil {
			t.Errorf("package appsync, %s: %v", name, err)
		}
	}
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

// ownListeners has package appsync subscribe in every mode. Each function
// returns when it has heard a note after a number.
func (l *live) ownListeners(t testing.TB, everyone map[string]proof) map[string]func(int) error {
	t.Helper()
	all := map[string]func(int) error{}
	for name, who := range everyone {
		c := appsyncClient(t, l.apis[0].URL, who.auth(), appsync.Options{})
		sub, err := c.Subscribe(patient(t), &appsync.Request{Query: notedDocument, Variables: object{"room": "sea"}})
		if err != nil {
			t.Fatalf("package appsync, %s: %v", name, err)
		}
		all[name] = func(after int) error { return heardAfter(sub, patient(t), after) }
	}
	return all
}

// heardAfter wants a note after a number, and every one once and in order.
func heardAfter(sub *appsync.Subscription, ctx context.Context, after int) error {
	last := 0
	for e, err := range sub.Events(ctx) {
		if err != nil {
			return err
		}
		var data struct{ Noted struct{ N int } }
		if len(e.Data) == 0 {
			continue // it says that some may be missing
		}
		if err := json.Unmarshal(e.Data, &data); err != nil {
			return err
		}
		switch n := data.Noted.N; {
		case n <= last:
			return fmt.Errorf("%d was heard after %d", n, last)
		case n > after:
			return nil
		default:
			last = n
		}
	}
	return errors.New("the events ended")
}

// subscribeCommands has the command subscribe in every mode.
func (l *live) subscribeCommands(t *testing.T, everyone map[string]proof) {
	for name, who := range everyone {
		p, code := finished(t, command{argv: []string{suite.tidewire, "subscribe", l.apis[0].URL, `subscription { noted(room: "sea") { n } }`, "--count", "2", "--auth", authFlags[who.Mode]}, env: who.env()})
		l.overhear(p)
		if code != 0 || strings.Count(p.stdout.String(), `{"noted":{"n":`) != 2 {
			t.Errorf("%s: %d\n%s%s", name, code, p.stdout, p.stderr)
		}
	}
}

// TestRealtimeRefusals has every client try what is not admitted: other keys,
// signatures and tokens, and what may connect but not subscribe.
func TestRealtimeRefusals(t *testing.T) {
	t.Parallel()
	l := startLive(t, "conformance/testdata/realtime")
	nobody := l.credentials(t, "Nobody")
	bad := map[string]proof{
		"connect": {Mode: "AWS_LAMBDA", Token: "secret-connect-0123456789"}, "denied": {Mode: "AWS_LAMBDA", Token: "secret-denied-0123456789"},
		"Nobody":  {Mode: "AWS_IAM", Credentials: map[string]string{"accessKeyId": nobody.accessKeyID, "secretAccessKey": nobody.secretAccessKey, "sessionToken": nobody.sessionToken}},
		"expired": {Mode: "API_KEY", APIKey: l.apis[0].APIKeys[0] + "x"}, "no": {Mode: "AWS_LAMBDA", Token: "secret-no-0123456789"},
		"late": {Mode: "OPENID_CONNECT", Token: l.issuer.sign(t, object{"sub": "ana", "aud": "cli", "iat": now() - 900, "exp": now() - 600})},
	}
	for _, p := range spoilt(l.proofs(t)) {
		bad[p.Mode] = p
	}
	const unauthorized = "UnauthorizedException"
	want := map[string]string{"connect": "Unauthorized" /* Amplify leaves no more of it */, "denied": "Unauthorized: Not Authorized to access noted on type Subscription", "Nobody": "Unauthorized: Not Authorized to access noted on type Subscription"}
	for i, begin := range l.others() {
		if i == 3 || i == 5 {
			continue // in a browser Amplify says the same
		}
		p := begin(t)
		for name, who := range bad {
			p.call(t, name, who, p.where(l, "query"))
			p.subscribe(t, name, "a", notedDocument, object{"room": "sea"})
		}
		for name := range bad {
			id := "a"
			if p.name == "python" && want[name] == "" {
				id = "" // a connection_error
			}
			if said := p.refused(t, name, id); !strings.Contains(said, or(want[name], unauthorized)) {
				t.Errorf("%s, %s: refused with %q", p.name, name, said)
			}
		}
	}
}
