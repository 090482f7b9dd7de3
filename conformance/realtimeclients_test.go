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

// other is a client of other people, which connects in its own way.
type other struct {
	name  string
	begin func(testing.TB) *party
}

// others are the clients of other people.
func (l *live) others() []other {
	list := []other{{"python", func(t testing.TB) *party { return l.pythonParty(t) }}}
	node := func(module string) {
		list = append(list, other{"node " + module, func(t testing.TB) *party { return l.nodeParty(t, module) }})
	}
	browser := func(module string) {
		list = append(list, other{"chromium " + module, func(t testing.TB) *party { return l.browserParty(t, module) }})
	}
	node("apollo.mjs")
	for _, amplify := range []string{"amplify.mjs", "amplify-5/amplify.mjs"} {
		node(amplify)
		browser(amplify)
	}
	return list
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
	for _, o := range l.others() { // one after the other: they are heavy
		p, before, started := o.begin(t), len(listeners), time.Now()
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

// strangers are proofs that are not admitted, in every mode, by names: of other
// keys, signatures and tokens.
func (l *live) strangers(t testing.TB, everyone map[string]proof) map[string]proof {
	t.Helper()
	bad := map[string]proof{
		"expired": {Mode: "API_KEY", APIKey: l.apis[0].APIKeys[0] + "x"}, "no": {Mode: "AWS_LAMBDA", Token: "secret-no-0123456789"},
		"late": {Mode: "OPENID_CONNECT", Token: l.issuer.sign(t, object{"sub": "ana", "aud": "cli", "iat": now() - 900, "exp": now() - 600})},
	}
	for name, who := range everyone {
		bad[name] = spoilt([]proof{who})[0]
	}
	return bad
}

// TestRealtimeRefusals has every client try what is not admitted: other keys,
// signatures and tokens, and what may connect but not subscribe.
func TestRealtimeRefusals(t *testing.T) {
	t.Parallel()
	l := startLive(t, "conformance/testdata/realtime")
	everyone, nobody := l.everyone(t), l.credentials(t, "Nobody")
	type attempt struct {
		who            proof
		document, want string // want: UnauthorizedException, of a connection
	}
	attempts := map[string]attempt{
		"connect": {proof{Mode: "AWS_LAMBDA", Token: "secret-connect-0123456789"}, notedDocument, "Unauthorized" /* Amplify leaves no more of it */},
		"denied":  {proof{Mode: "AWS_LAMBDA", Token: "secret-denied-0123456789"}, notedDocument, "Unauthorized: Not Authorized to access noted on type Subscription"},
		"Nobody": {proof{Mode: "AWS_IAM", Credentials: map[string]string{"accessKeyId": nobody.accessKeyID, "secretAccessKey": nobody.secretAccessKey, "sessionToken": nobody.sessionToken}}, notedDocument,
			"Unauthorized: Not Authorized to access noted on type Subscription"},
	}
	for name, who := range l.strangers(t, everyone) {
		attempts["bad "+name] = attempt{who: who, document: notedDocument}
	}
	for name, who := range everyone {
		attempts[name+" for bosses"] = attempt{who, `subscription Bosses { bosses { n } }`, "Unauthorized: Not Authorized to access bosses on type Subscription"}
	}
	for _, o := range l.others() {
		t.Run(o.name, func(t *testing.T) {
			t.Parallel()
			p := o.begin(t)
			for name, a := range attempts { // one after the other: each caller is a program that starts
				p.call(t, name, a.who, p.where(l, "query"))
				p.subscribe(t, name, "a", a.document, object{"room": "sea"})
				id := "a"
				if p.name == "python" && a.want == "" {
					id = "" // a connection_error
				}
				if said := p.refused(t, name, id); !strings.Contains(said, or(a.want, unauthorizedType)) {
					t.Errorf("%s: refused with %q", name, said)
				}
			}
		})
	}
}
