package graphqlapi

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/tidewire/tidewire/internal/appsyncsocket"
)

const chat = `
type Query { a: Int }
enum Kind { NEWS TALK }
type Author { name: String! age: Int }
type Message { id: ID! room: String text: String kind: Kind stars: Int rating: Float extra: AWSJSON open: Boolean tags: [String] author: Author secret: String @aws_iam }
interface Thing { id: ID }
type Cat implements Thing { id: ID purrs: Boolean }
type Dog implements Thing { id: ID barks: Boolean }
type Mutation { post(id: ID, room: String, kind: Kind, stars: Int): Message edit(id: ID): Message drop: Message must: Message! find(kind: String): Thing many: [Message] }
type Subscription {
  onPost(room: String, kind: Kind, stars: Int, id: ID, rating: Float): Message @aws_subscribe(mutations: ["post"])
  onAny: Message @aws_subscribe(mutations: ["post", "edit", "drop", "must"])
  onEdit(id: ID!): Message @aws_subscribe(mutations: "edit")
  onMust: Message! @aws_subscribe(mutations: ["post"])
  onThing: Thing @aws_subscribe(mutations: ["find"])
  onMany(room: String): [Message] @aws_subscribe(mutations: ["many"])
  guarded(room: String): Message @aws_subscribe(mutations: ["post"])
  filtered(filter: String): Message @aws_subscribe(mutations: ["post"])
  forIAM: Message @aws_iam @aws_subscribe(mutations: ["post"])
  forBoth: Message @aws_iam @aws_api_key @aws_subscribe(mutations: ["post"])
  never: Message
}`

// echoes answers a mutation with its arguments and a few more fields.
func echoes() script {
	return asks(func(c *Call) string {
		return strings.TrimSuffix(string(c.Arguments), "}") + map[bool]string{true: "", false: ","}[string(c.Arguments) == "{}"] +
			`"text":"hi","rating":2.5,"extra":{"a":1},"open":true,"tags":["x","y"],"author":{"name":"A","age":3},"secret":"s"}`
	})
}

func chatRig(t testing.TB, change ...func(r *rig, o *Options)) *sockets {
	t.Helper()
	all := append([]func(*rig, *Options){
		unit("Mutation.post", echoes()), unit("Mutation.edit", echoes()), unit("Mutation.drop", says("null")),
		unit("Mutation.find", asks(func(c *Call) string {
			if strings.Contains(string(c.Arguments), "cat") {
				return `{"__typename":"Cat","id":"c","purrs":true}`
			}
			return `{"__typename":"Dog","id":"d","barks":true}`
		})),
		unit("Mutation.many", says(`[{"id":"1"},{"id":"2"}]`)),
	}, change...)
	return newSockets(t, chat, all...)
}

const post = `mutation($id: ID = "1", $room: String, $kind: Kind, $stars: Int) { post(id: $id, room: $room, kind: $kind, stars: $stars) `

// TestChurn: while others come and die, a subscriber gets every event, once and
// in order, and every start that was acknowledged gets what comes after it.
func TestChurn(t *testing.T) {
	t.Parallel()
	s := chatRig(t)
	defer s.close()
	const events = 300
	steady := s.open()
	steady.subscribe("1", `subscription { onPost { id } }`)
	var others sync.WaitGroup
	done := make(chan struct{})
	for range 4 {
		others.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-done:
					return
				default:
				}
				c := s.open()
				c.subscribe("x", `subscription { onPost { id text } }`)
				if n%2 == 0 {
					c.read()
				}
				c.leave()
			}
		})
	}
	s.served.Go(func() {
		defer close(done)
		for n := range events {
			if r := s.result(t.Context(), post+`{ id text } }`, fmt.Sprintf(`{"id":%d}`, n)); len(r.Errors) > 0 {
				t.Errorf("%s", r.Body)
			}
		}
	})
	for n := range events {
		steady.data("1", fmt.Sprintf(`{"data":{"onPost":{"id":"%d"}}}`, n))
	}
	<-done
	steady.leave()
	gone := make(chan struct{})
	s.served.Go(func() { others.Wait(); close(gone) })
	for { // for whoever waits for an event
		select {
		case <-gone:
			return
		default:
			s.result(t.Context(), post+`{ id text } }`)
		}
	}
}

// TestReload: subscriptions stay, and new mutations reach them.
func TestReload(t *testing.T) {
	t.Parallel()
	s := chatRig(t)
	defer s.close()
	c := s.open()
	c.subscribe("1", `subscription { onPost { id } }`)
	if err := s.api.Update(s.spec); err != nil {
		t.Fatal(err)
	}
	s.mutate(post + `{ id } }`)
	c.data("1", `{"data":{"onPost":{"id":"1"}}}`)
	c.leave()
}

func TestShutdownOfSockets(t *testing.T) {
	t.Parallel()
	s := chatRig(t)
	c := s.open()
	c.subscribe("1", `subscription { onPost { id } }`)
	s.served.Go(func() {
		c.want("close 1011 The server is shutting down")
		c.leave()
	})
	s.close()
	if n := s.api.Sockets().Count(appsyncsocket.Accepted); n != 1 || s.api.Sockets().Len() != 0 {
		t.Errorf("%d accepted, %d left", n, s.api.Sockets().Len())
	}
	if r := s.result(t.Context(), post+`{ id } }`); len(r.Errors) > 0 || s.api.Count(Unpublished) != 1 {
		t.Errorf("a mutation after Shutdown: %s", r.Body)
	}
}

// FuzzMessages sends a text to an open socket with a subscription: whatever it
// is, the socket goes on, and what the server answers is JSON.
func FuzzMessages(f *testing.F) {
	f.Add(`{"type":"start","id":"1","payload":{"data":"{\"query\":\"subscription { onPost { id } }\"}","extensions":{"authorization":` + keyObject + `}}}`)
	f.Add(`{"type":"start","id":"kept","payload":{"data":"{}"}}`)
	f.Add(`{"type":"stop","id":"kept"}`)
	f.Add(`{"type":"connection_init"}`)
	f.Add(`[`)
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			return // package conn closes the socket
		}
		s := chatRig(t)
		c := s.open()
		c.subscribe("kept", `subscription { onPost { id } }`)
		c.say(text)
		c.say(`{"type":"stop","id":"last stop"}`)
		for got := c.read(); got != `{"type":"complete","id":"last stop"}`; got = c.read() {
			if !json.Valid([]byte(got)) {
				t.Fatalf("%q was answered %q", text, got)
			}
		}
		c.leave()
		s.close()
	})
}
