package eventsapi

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"
	"github.com/google/go-cmp/cmp"

	"github.com/tidewire/tidewire/internal/spec"
	"github.com/tidewire/tidewire/internal/wire"
)

const notAuthorizedText = "You are not authorized to make this call."

func TestFrames(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	c := r.open()
	c.subscribe("u1", "/default/*")
	c.say(socketPublication("p1", "/default/x", keyObject(), `{"a":1}`, "2"))
	c.hear(data("u1", `{"a":1}`), data("u1", "2"))
	c.hear(`{"type":"publish_success","id":"p1","successful":[{"identifier":"ID","index":0},{"identifier":"ID","index":1}],"failed":[]}`)
	c.say(`{"type":"unsubscribe","id":"u1"}`)
	c.hear(`{"type":"unsubscribe_success","id":"u1"}`)
	c.say(socketPublication("p1", "/default/x", keyObject(), "3")) // the id is free again
	c.hear(`{"type":"publish_success","id":"p1","successful":[{"identifier":"ID","index":0}],"failed":[]}`)
	c.subscribe("u1", "default/x/")
	r.expect(200, accepted(1), "/default/x", "4")
	c.hear(data("u1", "4"))
	// Amplify repeats the message as its payload.
	c.say(`{"id":"p2","type":"publish","payload":{"events":["5"],"channel":"/default/y","extensions":{"authorization":{}}},` +
		`"channel":"/default/y","events":["5"],"authorization":` + keyObject() + `}`)
	c.hear(`{"type":"publish_success","id":"p2","successful":[{"identifier":"ID","index":0}],"failed":[]}`)
	if n := r.api.Subscriptions(); n != 1 {
		t.Errorf("%d subscriptions, want 1", n)
	}
}

func TestFramesThatAreRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(r *rig) { r.o.Limits.Event = 50 })
	sub := func(id, channel string) string { return subscription(id, channel, keyObject()) }
	pub := func(channel string, events ...string) string {
		return socketPublication("p", channel, keyObject(), events...)
	}
	const (
		shape  = "Invalid channel: a segment is 1 to 50 letters, digits and hyphens, neither first nor last a hyphen."
		absent = "Invalid channel: it must be a string."
		id     = "Invalid operation id"
	)
	unsupported := `{"type":"error","errors":[{"errorType":"UnsupportedOperation","message":"Operation not supported through the realtime channel"}]}`
	anonymous := `{"type":"error","errors":[{"errorType":"BadRequestException","message":"Invalid operation id"}]}`
	long := strings.Repeat("x", 129)
	key := `,"authorization":` + keyObject() + `}`
	tests := []struct{ name, say, hear string }{
		{"no JSON", "{", unsupported},
		{"an array", "[]", unsupported},
		{"no type", "{}", unsupported},
		{"type is a number", `{"type":1}`, unsupported},
		{"another protocol", `{"type":"start","id":"1","payload":{"data":"{}"}}`, unsupported},
		{"what servers say", `{"type":"subscribe_success","id":"1"}`, unsupported},
		{"id is a number", `{"type":"subscribe","id":1}`, unsupported},
		{"no id", `{"type":"subscribe","channel":"/default/x"` + key, anonymous},
		{"empty id", sub("", "/default/x"), anonymous},
		{"id with a blank", sub("a b", "/default/x"), failed("subscribe_error", "a b", "BadRequestException", id)},
		{"id with a letter", sub("ä", "/default/x"), failed("subscribe_error", "ä", "BadRequestException", id)},
		{"long id", sub(long, "/default/x"), anonymous},
		{"no channel", `{"type":"subscribe","id":"s"` + key, failed("subscribe_error", "s", "BadRequestException", absent)},
		{"channel is an object", `{"type":"publish","id":"p","channel":{}` + key, failed("publish_error", "p", "BadRequestException", absent)},
		{"wildcard of all", sub("s", "/*"), failed("subscribe_error", "s", "BadRequestException", shape)},
		{"wildcard inside", sub("s", "/default/*/x"), failed("subscribe_error", "s", "BadRequestException", shape)},
		{"wildcard of a part", sub("s", "/default/x*"), failed("subscribe_error", "s", "BadRequestException", shape)},
		{"wildcard with a slash", sub("s", "/default/*/"), failed("subscribe_error", "s", "BadRequestException", shape)},
		{"publish to a wildcard", pub("/default/*", "1"), failed("publish_error", "p", "BadRequestException", "Invalid channel: a wildcard can only be subscribed to.")},
		{"unknown namespace", sub("s", "/other/x"), failed("subscribe_error", "s", "UnauthorizedException", notAuthorizedText)},
		{"unknown namespace to publish", pub("/other/x", "1"), failed("publish_error", "p", "UnauthorizedException", notAuthorizedText)},
		{"no authorization", `{"type":"subscribe","id":"s","channel":"/default/x"}`, failed("subscribe_error", "s", "UnauthorizedException", "Valid authorization header not provided.")},
		{"authorization is a text", `{"type":"subscribe","id":"s","channel":"/default/x","authorization":"x"}`, failed("subscribe_error", "s", "UnauthorizedException", notAuthorizedText)},
		{"wrong key", subscription("s", "/default/x", `{"x-api-key":"da2-no"}`), failed("subscribe_error", "s", "UnauthorizedException", notAuthorizedText)},
		{"wrong key to publish", socketPublication("p", "/default/x", `{"x-api-key":"da2-no"}`, "x"), failed("publish_error", "p", "UnauthorizedException", notAuthorizedText)},
		{"six", pub("/default/x", "1", "2", "3", "4", "5", "6"), failed("publish_error", "p", "InvalidInputError", "input exceeded 5 event limit")},
		{"none", pub("/default/x"), failed("publish_error", "p", "InvalidInputError", "events must not be empty")},
		{"events absent", `{"type":"publish","id":"p","channel":"/default/x"` + key, failed("publish_error", "p", "InvalidInputError", "events must be an array of strings")},
		{"an object", `{"type":"publish","id":"p","channel":"/default/x","events":[{}]` + key, failed("publish_error", "p", "InvalidInputError", "each event must be a string of JSON")},
		{"no JSON in it", pub("/default/x", "{"), failed("publish_error", "p", "InvalidInputError", "each event must be a string of valid JSON")},
		{"too long", pub("/default/x", `"`+long+`"`), failed("publish_error", "p", "InvalidInputError", "an event exceeded 50 bytes")},
		{"unknown id", `{"type":"unsubscribe","id":"u9"}`, failed("unsubscribe_error", "u9", "UnknownOperationError", "Unknown operation id u9")},
		{"unsubscribe nothing", `{"type":"unsubscribe"}`, `{"type":"error","errors":[{"errorType":"UnknownOperationError","message":"Unknown operation id "}]}`},
	}
	c := r.open()
	for _, tt := range tests {
		c.say(tt.say)
		got, err := c.next()
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		if diff := cmp.Diff(tt.hear, got); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
	c.subscribe("s", "/default/x") // the socket has outlived all of it, and no id is taken
	c.say(sub("s", "/default/y"))
	c.hear(failed("subscribe_error", "s", "DuplicatedOperationError", "Duplicated operation id"))
	r.expect(200, accepted(1), "/default/x", "1")
	c.hear(data("s", "1"))
}

func TestWildcards(t *testing.T) {
	t.Parallel()
	r := newRig(t, namespaceOf(t, "other", ""))
	c := r.open()
	for id, channel := range map[string]string{"all": "/default/*", "a": "/default/a/*", "ab": "/default/a/b", "b": "/default/b", "ns": "/default", "o": "/other/*"} {
		c.subscribe(id, channel)
	}
	heard := func(channel string, want ...string) {
		t.Helper()
		r.expect(200, accepted(1), channel, `"`+channel+`"`)
		got := map[string]int{}
		for range want {
			text, err := c.next()
			if err != nil {
				t.Fatal(err)
			}
			f, _ := wire.Decode([]byte(text))
			got[f.ID]++
		}
		for _, id := range want {
			if got[id] != 1 {
				t.Errorf("%s: %v, want %q", channel, got, want)
			}
		}
	}
	heard("/default", "ns")
	heard("/default/a", "all")
	heard("/default/a/b", "all", "a", "ab")
	heard("/default/a/b/c/d", "all", "a")
	heard("/default/b", "all", "b")
	heard("/other/x/y", "o")
	heard("/default/A/b", "all") // channels are case-sensitive
}

// TestUnsubscribeOfAPublish: the id of a publish under way is no subscription's.
func TestUnsubscribeOfAPublish(t *testing.T) {
	t.Parallel()
	started, release := make(chan struct{}), make(chan struct{})
	r := newRig(t, directNamespace(false), func(r *rig) {
		r.lambda = func(_ context.Context, _ string, _ []byte) ([]byte, error) {
			close(started)
			<-release
			return nil, nil
		}
	})
	c := r.open()
	c.say(socketPublication("p", "/fn/x", keyObject(), "1"))
	<-started
	c.say(`{"type":"unsubscribe","id":"p"}`)
	c.hear(failed("unsubscribe_error", "p", "UnknownOperationError", "Unknown operation id p"))
	c.say(subscription("p", "/default/x", keyObject()))
	c.hear(failed("subscribe_error", "p", "DuplicatedOperationError", "Duplicated operation id"))
	close(release)
	c.hear(`{"type":"publish_success","id":"p","successful":[{"identifier":"ID","index":0}],"failed":[]}`)
}

func TestConnectRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(r *rig) { r.spec.Connect = modes(spec.ModeAPIKey) })
	not := func(code int) string {
		return fmt.Sprintf(`{"type":"connection_error","errors":[{"errorType":"UnauthorizedException","message":"You are not authorized to make this call.","errorCode":%d}]}`, code)
	}
	for name, object := range map[string]string{
		"wrong key":      `{"host":"` + apiHost + `","x-api-key":"da2-no"}`,
		"no key":         `{"host":"` + apiHost + `"}`,
		"the wrong mode": signedObject(t, "{}"),
	} {
		c := r.dial(object)
		if got, err := c.next(); err != nil || got != not(401) {
			t.Errorf("%s: %s %v", name, got, err)
		}
		if _, err := c.next(); err == nil {
			t.Errorf("%s: the socket stayed open", name)
		}
	}
}

func TestConnectWithTheOtherTransports(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for name, d := range map[string]ws.Dialer{
		"query":   {Protocols: []string{"aws-appsync-event-ws"}},
		"headers": {Protocols: []string{"aws-appsync-event-ws"}, Host: apiHost, Header: ws.HandshakeHeaderHTTP(http.Header{"X-Api-Key": {apiKey}})},
		"behind":  {Protocols: []string{"header-" + base64.RawURLEncoding.EncodeToString([]byte(keyObject())), "aws-appsync-event-ws"}},
	} {
		url := "ws://" + apiHost + "/event/realtime"
		if name == "query" {
			url += "?header=" + base64.StdEncoding.EncodeToString([]byte(keyObject())) + "&payload=e30="
		}
		d.NetDial = r.listen.Dial
		nc, _, h, err := d.Dial(t.Context(), url)
		if err != nil || h.Protocol != "aws-appsync-event-ws" {
			t.Errorf("%s: %v, %q", name, err, h.Protocol)
			continue
		}
		c := &client{t: t, nc: nc, reader: nc}
		c.say(`{"type":"connection_init"}`)
		c.hear(`{"type":"connection_ack","connectionTimeoutMs":300000}`)
		_ = nc.Close()
	}
}

func TestTooManySubscriptions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		c := r.open()
		for i := range 100 {
			c.subscribe(fmt.Sprint(i), "/default/x")
		}
		c.say(subscription("more", "/default/x", keyObject()))
		c.hear(failed("subscribe_error", "more", "MaxSubscriptionsReachedError", "Max number of 100 subscriptions reached"))
		c.say(`{"type":"unsubscribe","id":"50"}`)
		c.hear(`{"type":"unsubscribe_success","id":"50"}`)
		c.subscribe("more", "/default/x")
		_ = c.nc.Close()
		synctest.Wait()
		if n, left := r.api.Subscriptions(), r.api.Sockets().Len(); n != 0 || left != 0 {
			t.Errorf("%d subscriptions of a client that has left, %d sockets", n, left)
		}
	})
}

// TestSubscribeUnsubscribeAtOnce: whatever overtakes what, each is answered once
// and nothing is left.
func TestSubscribeUnsubscribeAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		c := r.open()
		for range 200 {
			c.say(subscription("s", "/default/x", keyObject()))
			c.say(`{"type":"unsubscribe","id":"s"}`)
			got, err := c.next()
			if err == nil && got == `{"type":"subscribe_success","id":"s"}` {
				got, err = c.next()
			}
			if err != nil || got != `{"type":"unsubscribe_success","id":"s"}` {
				t.Fatalf("%s %v", got, err)
			}
		}
		synctest.Wait()
		if n := r.api.Subscriptions(); n != 0 {
			t.Errorf("%d subscriptions are left", n)
		}
	})
}

// TestLifeOfASocket: ka comes once a minute, also while events come, and who
// says nothing at first is closed.
func TestLifeOfASocket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		c, silent := r.open(), r.dial(keyObject())
		c.patience, silent.patience = time.Hour, time.Hour
		if got, err := silent.next(); err == nil {
			t.Errorf("a silent client got %s", got)
		}
		begun := time.Now()
		for range 3 {
			c.hearAny(`{"type":"ka"}`)
		}
		if took := time.Since(begun); took < 2*time.Minute || took > 4*time.Minute {
			t.Errorf("three ka took %v", took)
		}
	})
}

// TestMessagesBeforeInit are ignored, however many.
func TestMessagesBeforeInit(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	c := r.dial(keyObject())
	for i := range 1000 {
		c.say(subscription(fmt.Sprint(i), "/default/x", keyObject()))
	}
	c.say(`{"type":"connection_init"}`)
	c.hear(`{"type":"connection_ack","connectionTimeoutMs":300000}`)
	c.subscribe("1", "/default/x")
	if n := r.api.Subscriptions(); n != 1 {
		t.Errorf("%d subscriptions", n)
	}
}

// TestCustomDomain: handlers hear of the name that the caller came to.
func TestCustomDomain(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(r *rig) { r.domain = "live.example.com" },
		namespaceOf(t, "ns", "export const onPublish = (ctx) => ctx.events.map((e) => ({id: e.id, payload: ctx.request.domainName}))"))
	c := r.open()
	c.subscribe("s", "/ns/x")
	r.expect(200, accepted(1), "ns/x", "1")
	c.hear(data("s", `"live.example.com"`))
	c.say(socketPublication("p", "ns/x", keyObject(), "1"))
	c.hear(data("s", `"live.example.com"`))
}
