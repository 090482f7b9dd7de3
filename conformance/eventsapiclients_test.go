//go:build conformance

package conformance

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tidewire/tidewire/events"
)

// channel has a caller subscribe to a channel.
func (p *party) channel(t testing.TB, caller, id, channel string) {
	t.Helper()
	p.tell(t, caller, object{"do": "subscribe", "id": id, "channel": channel})
}

// whereEvents is the address that a party needs.
func (p *party) whereEvents(l *live, transport string) object {
	if p.name == "python" {
		return object{"url": l.apis[0].RealtimeURL, "protocol": "aws-appsync-event-ws", "transport": transport}
	}
	return object{"url": local(l.apis[0].SecureURL)}
}

// otherEvents are the clients of other people.
func (l *live) otherEvents() []other {
	return []other{
		{"python", func(t testing.TB) *party { return l.pythonParty(t) }},
		{"node", func(t testing.TB) *party { return l.nodeParty(t, "events.mjs") }},
		{"chromium", func(t testing.TB) *party { return l.browserParty(t, "events.mjs") }},
	}
}

// event publishes one event with the API key, and says whether it was
// acknowledged.
func (g *graph) event(channel string, event any) error {
	a, err := g.try(http.MethodPost, encoded(object{"channel": channel, "events": []string{encoded(event)}}))
	if err == nil && (a.status != http.StatusOK || !strings.Contains(a.text, `"failed":[]`)) {
		err = fmt.Errorf("%d %s", a.status, a.text)
	}
	return err
}

// keyedEvents is the Event API called with its API key.
func (l *live) keyedEvents() *graph {
	return (&graph{l.apis[0].URL, http.Header{}}).with("x-api-key", l.apis[0].APIKeys[0])
}

// TestEventsClients has other people's clients and our own subscribe to
// channels in every mode, hear every event, lose the server to -9, and come
// back.
func TestEventsClients(t *testing.T) {
	t.Parallel()
	l := startLive(t, "conformance/testdata/events")
	everyone, key := l.everyone(t), l.keyedEvents()
	k := tick(t, 200*time.Millisecond, func(n int) error { return key.event("/plain/sea/north", object{"n": n, "text": strange}) })
	type listener struct {
		*party
		caller, id string
	}
	var listeners []listener
	hearing := func(after int, all []listener) {
		t.Helper()
		for _, p := range all {
			p.waitFor(t, p.caller, p.id, fmt.Sprintf("3 events after %d", after), func(l []heardLine) bool {
				return len(l) > 3 && l[len(l)-1].number("event") > after+2
			})
		}
	}
	for _, o := range l.otherEvents() {
		p, before, started := o.begin(t), len(listeners), time.Now()
		for name, who := range everyone {
			for _, transport := range p.transports() {
				caller := strings.TrimSpace(name + " " + transport)
				p.call(t, caller, who, p.whereEvents(l, transport))
				for id, channel := range map[string]string{"exact": "/plain/sea/north", "wild": "/plain/*"} {
					p.channel(t, caller, id, channel)
					listeners = append(listeners, listener{p, caller, id})
				}
			}
		}
		hearing(0, listeners[before:])
		t.Logf("%s: heard after %s", p.name, time.Since(started))
	}
	t.Run("commands", func(t *testing.T) { l.eventCommands(t, everyone) })
	l.killed(t)
	hearing(k.latest(), listeners)
	acked := k.halt()
	for _, p := range listeners {
		if err := complete(p.heard(p.caller, p.id, "event"), acked); err != nil {
			t.Errorf("%s, %s, %s: %v", p.name, p.caller, p.id, err)
		}
	}
	t.Run("publish", func(t *testing.T) { l.amplifyPublishes(t, everyone) })
}

// TestEventsRefusals has every client try what is not admitted: other keys,
// signatures and tokens, and channels that are not for them.
func TestEventsRefusals(t *testing.T) {
	t.Parallel()
	l := startLive(t, "conformance/testdata/events")
	everyone, nobody := l.everyone(t), l.credentials(t, "Nobody")
	type attempt struct {
		who           proof
		channel, want string // want: UnauthorizedException, of a connection
	}
	attempts := map[string]attempt{
		"connect": {proof{Mode: "AWS_LAMBDA", Token: "secret-connect-0123456789"}, "/plain/x", "Unauthorized"},
		"Nobody":  {who: proof{Mode: "AWS_IAM", Credentials: map[string]string{"accessKeyId": nobody.accessKeyID, "secretAccessKey": nobody.secretAccessKey, "sessionToken": nobody.sessionToken}}, channel: "/plain/x"},
	}
	for name, who := range l.strangers(t, everyone) {
		attempts["bad "+name] = attempt{who: who, channel: "/plain/x"}
	}
	for name, who := range everyone {
		attempts[name+" for the vault"] = attempt{who, "/handled/vault", "Unauthorized"}
	}
	for _, o := range l.otherEvents() {
		t.Run(o.name, func(t *testing.T) {
			t.Parallel()
			p := o.begin(t)
			for name, a := range attempts {
				p.call(t, name, a.who, p.whereEvents(l, "query"))
				p.channel(t, name, "a", a.channel)
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

// eventCommands has the commands and package events subscribe and publish in
// every mode.
func (l *live) eventCommands(t *testing.T, everyone map[string]proof) {
	for name, who := range everyone {
		c, auth := callWith(who.env()...), "--auth="+authFlags[who.Mode]
		listener := c.begin(t, "", "events", "subscribe", l.apis[0].URL, "/plain/"+strings.ToLower(authFlags[who.Mode])+"/*", "--count", "2", auth)
		listener.stderr.await(t, "subscribed")
		channel := "/plain/" + authFlags[who.Mode] + "/x"
		c.run(t, 0, "", "events", "publish", l.apis[0].URL, channel, `{"by":"command"}`, auth)
		client, err := events.New(l.apis[0].URL, who.auth(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.Publish(patient(t), channel, json.RawMessage(`{"by":"package"}`)); err != nil {
			t.Errorf("%s: package events: %v", name, err)
		}
		client.Close()
		if code := listener.exit(t); code != 0 || !strings.Contains(listener.stdout.String(), `"by":"command"`) || !strings.Contains(listener.stdout.String(), `"by":"package"`) {
			t.Errorf("%s: the command heard, with %d: %s%s", name, code, listener.stdout, listener.stderr)
		}
	}
}

// amplifyPublishes has Amplify publish over HTTP and on its socket in every
// mode.
func (l *live) amplifyPublishes(t *testing.T, everyone map[string]proof) {
	p := l.nodeParty(t, "events.mjs")
	for name, who := range everyone {
		p.call(t, name, who, p.whereEvents(l, ""))
		p.tell(t, name, object{"do": "publish", "id": "p", "channel": "/plain/own", "list": []object{{"a": 1}, {"a": strange}}})
	}
	for name := range everyone {
		said := p.waitFor(t, name, "p", "answer", func(l []heardLine) bool { return len(l) > 0 })[0]
		if len(said.Refused) > 0 {
			t.Errorf("%s: %+v", name, said)
		}
	}
}
