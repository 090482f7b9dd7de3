package graphqlapi

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/tidewire/tidewire/internal/appsyncsocket"
	"github.com/tidewire/tidewire/internal/fault"
	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/spec"
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

func TestSubscribe(t *testing.T) {
	t.Parallel()
	s := chatRig(t)
	defer s.close()
	c := s.open()
	c.subscribe("1", `subscription { onPost { id text author { name } } }`)
	s.mutate(post + `{ id text author { name age } } }`)
	c.data("1", `{"data":{"onPost":{"id":"1","text":"hi","author":{"name":"A"}}}}`)
	c.say(`{"type":"stop","id":"1"}`)
	c.want(`{"type":"complete","id":"1"}`)
	s.mutate(post + `{ id } }`)
	c.quiet()
	if n := s.api.Subscriptions(); n != 0 {
		t.Errorf("%d subscriptions left", n)
	}
	c.subscribe("1", `subscription { onPost { id } }`) // the id is free again
	c.leave()
}

// TestSelection: delivered is what the subscriber asked for and the mutation
// has selected.
func TestSelection(t *testing.T) {
	t.Parallel()
	s := chatRig(t)
	defer s.close()
	c := s.open()
	c.subscribe("1", `subscription { mine: onPost { __typename key: id text room ...F } } fragment F on Message { extra tags open kind rating }`)
	s.mutate(post+`{ a: id b: text extra tags kind open rating } }`, `{"kind":"NEWS"}`)
	c.data("1", `{"data":{"mine":{"__typename":"Message","key":"1","text":"hi","room":null,"extra":"{\"a\":1}","tags":["x","y"],"open":true,"kind":"NEWS","rating":2.5}}}`)
	s.mutate(post + `{ id author { name } again: author { age } } }`)
	c.data("1", `{"data":{"mine":{"__typename":"Message","key":"1","text":null,"room":null,"extra":null,"tags":null,"open":null,"kind":null,"rating":null}}}`)
	s.mutate(post + `{ text } }`)
	c.data("1", `{"data":{"mine":null},"errors":[{"path":["mine","key"],"locations":null,"message":"Cannot return null for non-nullable type: 'ID' within parent 'Message' (/mine/key)"}]}`)

	c.subscribe("2", `subscription { onMust { id } }`)
	s.mutate(post + `{ text } }`)
	c.read() // of 1
	c.data("2", `{"data":null,"errors":[{"path":["onMust","id"],"locations":null,"message":"Cannot return null for non-nullable type: 'ID' within parent 'Message' (/onMust/id)"}]}`)
	c.leave()
}

// TestAliases: what a mutation selected under several names is one.
func TestAliases(t *testing.T) {
	t.Parallel()
	s := chatRig(t)
	defer s.close()
	c := s.open()
	c.subscribe("1", `subscription { onPost { author { name age } text } }`)
	s.mutate(post + `{ a: author { name } text other: text b: author { years: age name } } }`)
	c.data("1", `{"data":{"onPost":{"author":{"name":"A","age":3},"text":"hi"}}}`)
	c.leave()
	for _, tt := range [][3]string{{`[{"a":1},null]`, `[{"b":2},{"c":3}]`, `[{"a":1,"b":2},null]`}, {`{"a":{"b":1}}`, `{"a":{"c":2},"d":3}`, `{"a":{"b":1,"c":2},"d":3}`},
		{`[1]`, `[2,3]`, `[1]`}, {`[1,2]`, `[3]`, `[1,2]`}, {`1`, `{}`, `1`}} {
		if got := string(merge([]byte(tt[0]), []byte(tt[1]))); got != tt[2] {
			t.Errorf("%s and %s are %s", tt[0], tt[1], got)
		}
	}
}

// TestExpiry: a credential counts when it is sent, not later.
func TestExpiry(t *testing.T) {
	t.Parallel()
	s := chatRig(t)
	defer s.close()
	c := s.open()
	c.subscribe("1", `subscription { onPost { id } }`)
	s.caller.Expires = time.Now().Add(-time.Hour)
	s.mutate(post + `{ id } }`)
	c.data("1", `{"data":{"onPost":{"id":"1"}}}`)
	c.leave()
}

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

func TestSwitches(t *testing.T) {
	t.Parallel()
	s := chatRig(t)
	defer s.close()
	c := s.open()
	query := `subscription($yes: Boolean!) { onPost { id text @include(if: $yes) room @skip(if: $yes) } }`
	c.subscribe("1", query, `{"yes":true}`)
	c.subscribe("2", query, `{"yes":false}`)
	s.mutate(post+`{ id text room } }`, `{"room":"r"}`)
	for range 2 {
		switch got := c.read(); got {
		case `{"type":"data","id":"1","payload":{"data":{"onPost":{"id":"1","text":"hi"}}}}`, `{"type":"data","id":"2","payload":{"data":{"onPost":{"id":"1","room":"r"}}}}`:
		default:
			t.Error("received", got)
		}
	}
	c.leave()
}

func TestTriggers(t *testing.T) {
	t.Parallel()
	s := chatRig(t, unit("Mutation.must", fails(Failure{Message: "no"})))
	defer s.close()
	c := s.open()
	c.subscribe("any", `subscription { onAny { id } }`)
	c.subscribe("edit", `subscription { onEdit(id: "7") { id } }`)
	s.mutate(post + `{ id } }`)
	c.data("any", `{"data":{"onAny":{"id":"1"}}}`)
	s.mutate(`mutation { edit(id: "8") { id } }`)
	c.data("any", `{"data":{"onAny":{"id":"8"}}}`)
	s.mutate(`mutation { one: edit(id: "7") { x: id } }`)
	got := []string{c.read(), c.read()}
	if strings.Join(got, "") != `{"type":"data","id":"any","payload":{"data":{"onAny":{"id":"7"}}}}{"type":"data","id":"edit","payload":{"data":{"onEdit":{"id":"7"}}}}` &&
		strings.Join(got, "") != `{"type":"data","id":"edit","payload":{"data":{"onEdit":{"id":"7"}}}}{"type":"data","id":"any","payload":{"data":{"onAny":{"id":"7"}}}}` {
		t.Error("received", got)
	}
	s.mutate(`mutation { drop { id } }`) // answers null
	if r := s.result(t.Context(), `mutation { must { id } }`); len(r.Errors) == 0 {
		t.Error("the failure is missing")
	}
	c.quiet()
	s.mutate(`mutation { a: edit(id: "1") { id } b: edit(id: "2") { id } }`)
	c.data("any", `{"data":{"onAny":{"id":"1"}}}`)
	c.data("any", `{"data":{"onAny":{"id":"2"}}}`)
	c.leave()
}

func TestAbstractTypes(t *testing.T) {
	t.Parallel()
	s := chatRig(t)
	defer s.close()
	c := s.open()
	c.subscribe("1", `subscription { onThing { id ... on Cat { purrs } ... on Dog { barks } } }`)
	c.subscribe("2", `subscription { onMany(room: null) { id text } }`)
	s.mutate(`mutation { find(kind: "cat") { id ... on Cat { purrs } ... on Dog { barks } } }`)
	c.data("1", `{"data":{"onThing":{"id":"c","purrs":true}}}`)
	s.mutate(`mutation { find(kind: "dog") { id ... on Dog { barks } } }`)
	c.data("1", `{"data":{"onThing":{"id":"d","barks":true}}}`)
	s.mutate(`mutation { many { id } }`)
	c.data("2", `{"data":{"onMany":[{"id":"1","text":null},{"id":"2","text":null}]}}`)
	c.leave()
}

// TestTypesOfSameSelection: the type of an object is told to subscribers, not
// guessed from what is selected, also around values that became null.
func TestTypesOfSameSelection(t *testing.T) {
	t.Parallel()
	s := newSockets(t, `type Query { a: Int } interface Thing { id: ID next: Thing strict: Thing! }
		type Cat implements Thing { id: ID next: Thing strict: Thing! purrs: Boolean }
		type Dog implements Thing { id: ID next: Thing strict: Thing! barks: Boolean }
		type Box { first: Thing things: [Thing] }
		type Mutation { find: Box } type Subscription { onFind: Box @aws_subscribe(mutations: ["find"]) }`,
		unit("Mutation.find", says(`{"first":{"__typename":"Dog","id":"1"},"things":[{"__typename":"Cat","id":"2"},{"__typename":"Dog","id":"3","next":{"__typename":"Cat","id":"4"},"strict":null},{"__typename":"Cat","id":"5"}]}`)),
		unit("Cat.next", says(`{"__typename":"Dog","id":"next"}`)), unit("Dog.strict", fails(Failure{Message: "no"})))
	defer s.close()
	c := s.open()
	c.subscribe("1", `subscription { onFind { first { __typename id } things { __typename id next { __typename id } } } }`)
	s.mutate(`mutation { find { first { id } things { id next { id } } } }`)
	const cats = `{"__typename":"Cat","id":"2","next":{"__typename":"Dog","id":"next"}},%s,{"__typename":"Cat","id":"5","next":{"__typename":"Dog","id":"next"}}]}}}`
	const first = `{"data":{"onFind":{"first":{"__typename":"Dog","id":"1"},"things":[`
	c.data("1", first+fmt.Sprintf(cats, `{"__typename":"Dog","id":"3","next":{"__typename":"Cat","id":"4"}}`))
	if r := s.result(t.Context(), `mutation { find { first { id } things { id next { id } ... on Dog { strict { id } } } } }`); len(r.Errors) != 1 {
		t.Errorf("%s", r.Body)
	}
	c.data("1", first+fmt.Sprintf(cats, `null`))
	c.leave()
}

// TestArgumentFilters: an argument that is not given wants everything, null
// wants null, and types are strict.
func TestArgumentFilters(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ arguments, variables, mutation, selection string }{
		{`room: "a"`, `{}`, `{"room":"a"}`, "id room"},
		{`room: "a"`, `{}`, `{"room":"b"}`, ""},
		{`room: "a"`, `{}`, `{"room":"a"}`, "-id"}, // not selected
		{`room: null`, `{}`, `{"room":"a"}`, "-id"},
		{`room: null`, `{}`, `{"room":"a"}`, "--id room"},
		{`room: null`, `{}`, `{"room":null}`, "id room"},
		{`room: $v`, `{}`, `{"room":"a"}`, "id room"},
		{`room: $v`, `{"v":"a"}`, `{"room":"a"}`, "id room"},
		{`room: $v`, `{"v":null}`, `{"room":"a"}`, "--id room"},
		{`room: $v`, `{"v":null}`, `{}`, "id room"},
		{`room: "a", stars: 3`, `{}`, `{"room":"a","stars":3}`, "id room stars"},
		{`room: "a", stars: 3`, `{}`, `{"room":"a","stars":4}`, "--id room stars"},
		{`kind: NEWS`, `{}`, `{"kind":"NEWS"}`, "id kind"},
		{`kind: NEWS`, `{}`, `{"kind":"TALK"}`, "--id kind"},
		{`id: 1`, `{}`, `{}`, "id"}, // an ID is a string on both sides
		{`rating: 2.5`, `{}`, `{}`, "id rating"},
		{`rating: 2`, `{}`, `{}`, "--id rating"},
	} {
		s := chatRig(t)
		c := s.open()
		declared := ""
		if strings.Contains(tt.arguments, "$v") {
			declared = "($v: String)"
		}
		c.subscribe("1", `subscription`+declared+` { onPost(`+tt.arguments+`) { id } }`, tt.variables)
		selection := strings.TrimLeft(tt.selection, "-")
		if selection == "" {
			selection = "id room"
		}
		s.mutate(post+`{ `+selection+` } }`, tt.mutation)
		wanted := strings.HasPrefix(tt.selection, "id") || tt.arguments == `room: null` && tt.selection == "-id"
		if wanted {
			c.data("1", `{"data":{"onPost":{"id":"1"}}}`)
		}
		c.quiet()
		c.leave()
		s.close()
	}
}

// sets is a resolver that sets filters.
func sets(filter, invalidation string) script {
	s := says("null")
	s["response"] = func(context.Context, *Call) *Outcome {
		o := &Outcome{}
		if filter != "" {
			o.Filter = json.RawMessage(filter)
		}
		if invalidation != "" {
			o.InvalidationFilter = json.RawMessage(invalidation)
		}
		return o
	}
	return s
}

// TestEnhancedFilter: it replaces the filter of the arguments.
func TestEnhancedFilter(t *testing.T) {
	t.Parallel()
	s := chatRig(t, unit("Subscription.filtered", sets(`{"filterGroup":[{"filters":[{"fieldName":"stars","operator":"ge","value":3},{"fieldName":"author.age","operator":"eq","value":3}]},{"filters":[{"fieldName":"room","operator":"eq","value":"x"}]}]}`, "")))
	defer s.close()
	c := s.open()
	c.subscribe("1", `subscription { filtered(filter: "no field") { id } }`)
	for vars, want := range map[string]bool{`{"stars":3}`: true, `{"stars":2}`: false, `{"stars":2,"room":"x"}`: true, `{}`: false} {
		s.mutate(post+`{ id stars room author { age } } }`, vars)
		if want {
			c.data("1", `{"data":{"filtered":{"id":"1"}}}`)
		}
		c.quiet()
	}
	c.leave()
}

func TestBadFilters(t *testing.T) {
	t.Parallel()
	many := strings.Repeat(`{"filters":[{"fieldName":"a","operator":"eq","value":1}]},`, 11)
	for filter, want := range map[string]string{
		`{"filterGroup":[` + strings.TrimSuffix(many, ",") + `]}`:                                 "Filters combination exceed maximum limit 10 for subscription.",
		`{"filterGroup":[{"filters":[{"fieldName":"a","operator":"what","value":1}]}]}`:           `Invalid subscription filter: the operator "what" of field "a" is unknown.`,
		`{"filterGroup":[{"filters":[{"fieldName":"a","operator":"in","value":[1,2,3,4,5,6]}]}]}`: "Invalid subscription filter: operator `in` exceeds maximum value limit 5.",
	} {
		for _, invalidation := range []bool{false, true} {
			set := sets(filter, "")
			if invalidation {
				set = sets("", filter)
			}
			s := chatRig(t, unit("Subscription.filtered", set))
			c := s.open()
			text, _ := json.Marshal(want)
			c.start("1", `subscription { filtered { id } }`)
			if got := c.read(); !strings.Contains(got, `{"errors":[{"message":`+strings.ReplaceAll(strings.ReplaceAll(string(text), `\u003c`, "<"), `\u003e`, ">")+`}]}`) {
				t.Errorf("received %s, want %s", got, text)
			}
			if n := s.api.Subscriptions(); n != 0 {
				t.Errorf("%d subscriptions", n)
			}
			c.leave()
			s.close()
		}
	}
}

func TestInvalidation(t *testing.T) {
	t.Parallel()
	invalidates := says(`{"id":"9"}`)
	invalidates["response"] = func(_ context.Context, c *Call) *Outcome {
		return &Outcome{Value: json.RawMessage(`{"id":"9"}`), Invalidations: []json.RawMessage{
			json.RawMessage(`{"subscriptionField":"filtered","payload":{"room":` + string(member(c.Arguments, "id")) + `}}`), json.RawMessage(`{"subscriptionField":1}`)}}
	}
	room := script{"request": says("null")["request"], "response": func(_ context.Context, c *Call) *Outcome {
		return &Outcome{InvalidationFilter: json.RawMessage(`{"filterGroup":[{"filters":[{"fieldName":"room","operator":"eq","value":` + string(member(c.Arguments, "filter")) + `}]}]}`),
			Filter: json.RawMessage("null")}
	}}
	s := newSockets(t, chat, unit("Mutation.post", echoes()), unit("Mutation.edit", invalidates), unit("Subscription.filtered", room))
	defer s.close()
	c := s.open()
	c.subscribe("a", `subscription { filtered(filter: "a") { id } }`)
	c.subscribe("b", `subscription { filtered(filter: "b") { id } }`)
	s.mutate(`mutation { edit(id: "b") { id } }`)
	c.want(`{"type":"complete","id":"b"}`)
	c.quiet()
	s.mutate(post + `{ id } }`)
	c.data("a", `{"data":{"filtered":{"id":"1"}}}`)
	c.subscribe("b", `subscription { filtered(filter: "c") { id } }`)
	if n := s.api.Count(Invalidated); n != 1 || s.api.Subscriptions() != 2 {
		t.Errorf("%d invalidated, %d left", n, s.api.Subscriptions())
	}
	c.leave()
}

// TestErrors is the catalogue of answers to start.
func TestErrors(t *testing.T) {
	t.Parallel()
	s := chatRig(t, unit("Subscription.guarded", script{"request": says("null")["request"], "response": func(_ context.Context, c *Call) *Outcome {
		switch unquote(member(c.Arguments, "room")) {
		case "mine":
			return &Outcome{}
		case "theirs":
			return &Outcome{Failure: &Failure{Type: "Unauthorized", Message: "Unauthorized"}}
		}
		return &Outcome{Failure: &Failure{Type: "Mine", Message: "no such room"}}
	}}), func(_ *rig, o *Options) { o.SocketLimits.Subscriptions = 3 })
	defer s.close()
	c := s.open()
	unsupported := `{"type":"error","id":"","payload":{"errors":[{"errorType":"UnsupportedOperation","message":"unknown not supported through the realtime channel"}]}}`

	c.startAs(`{"host":"h","x-api-key":"wrong"}`, "1", `subscription { onPost { id } }`)
	c.want(`{"type":"error","id":"1","payload":{"errors":[{"errorType":"UnauthorizedException","message":"Permission denied"}]}}`)
	c.say(`{"type":"start","id":"1","payload":{"data":"{}"}}`)
	c.want(`{"type":"error","id":"1","payload":{"errors":[{"errorType":"UnauthorizedException","message":"Permission denied"}]}}`)
	c.refused("1", `subscription { forIAM { id } }`, `{}`, `[{"errorType":"Unauthorized","message":"Not Authorized to access forIAM on type Subscription"}]`)
	c.refused("1", `subscription { guarded(room: "theirs") { id } }`, `{}`, `[{"errorType":"Unauthorized","message":"Not Authorized to access guarded on type Subscription"}]`)
	c.refused("1", `subscription { guarded(room: "other") { id } }`, `{}`, `[{"errorType":"Mine","message":"no such room"}]`)
	c.subscribe("kept", `subscription { guarded(room: "mine") { id } }`)
	c.refused("kept", `subscription { onPost { id } }`, `{}`, `[{"errorType":"DuplicatedOperationError","message":"Duplicated operation id"}]`)

	for _, query := range []string{`query { a }`, `{ a }`, post + `{ id } }`} {
		c.start("1", query)
		c.want(unsupported)
	}
	for _, data := range []string{`"{"`, `"{}"`, `"[]"`, `{"query":"subscription { onPost { id } }"}`, `null`, `""`} {
		c.say(`{"type":"start","id":"1","payload":{"data":` + data + `,"extensions":{"authorization":` + keyObject + `}}}`)
		c.want(unsupported)
	}
	c.say(`{"type":"start","id":"1"}`)
	c.want(unsupported)
	c.say(`{"type":"stop"}`)
	c.want(unsupported)
	c.say(`{"type":"publish","id":"1"}`)
	c.want(unsupported)

	c.refused("1", `subscription { onEdit(id: $x) { id } }`, `{}`, `[{"message":"Validation error of type UndefinedVariable: Undefined variable x @ 'onEdit'"}]`)
	c.refused("1", `subscription($x: ID!) { onEdit(id: $x) { id } }`, `{}`, `[{"message":"Variable 'x' has coerced Null value for NonNull type 'ID!'"}]`)
	c.refused("1", `subscription { onPost(filter: 1) { id } }`, `{}`, `[{"message":"Validation error of type UnknownArgument: Unknown field argument filter @ 'onPost'"}]`)
	c.refused("1", `subscription { onPost { nothing } }`, `{}`, `[{"message":"Validation error of type FieldUndefined: Field 'nothing' in type 'Message' is undefined @ 'onPost/nothing'"}]`)
	c.refused("1", `subscription { onPost { id } onAny { id } }`, `{}`, `[{"message":"Validation error of type SubscriptionMultipleRootFields: Anonymous Subscription must select only one top level field. @ 'onAny'"}]`)
	c.refused("1", `subscription { onPost { id } `, `{}`, `[{"errorType":"MalformedHttpRequestException","message":"Unable to parse GraphQL query."}]`)
	c.refused("1", `subscription A { onPost { id } } subscription B { onAny { id } }`, `{}`, `[{"errorType":"BadRequestException","message":"Missing operation name."}]`)
	c.start("1", `subscription { onPost @skip(if: true) { id } }`)
	if got := c.read(); !strings.Contains(got, "SubscriptionMultipleRootFields") {
		t.Error("received", got)
	}

	c.subscribe("2", `subscription { onPost { id } }`)
	c.subscribe("3", `subscription { never { id } }`)
	c.refused("4", `subscription { onPost { id } }`, `{}`, `[{"errorType":"MaxSubscriptionsReachedError","message":"Max number of 3 subscriptions reached"}]`)
	c.quiet()
	if n := s.api.Count(UnknownStop); n != 1 {
		t.Errorf("%d stops of unknown ids", n)
	}
	c.leave()
}

// TestViews: subscribers who may see different fields get different payloads,
// others share one.
func TestViews(t *testing.T) {
	t.Parallel()
	s := chatRig(t, func(_ *rig, o *Options) {
		o.Admit = func(_ context.Context, q *identity.Request) (*identity.Caller, *fault.Error) {
			mode := spec.ModeAPIKey
			if q.Header.Get("X-Api-Key") == "iam" {
				mode = spec.ModeIAM
			}
			return &identity.Caller{Mode: mode}, nil
		}
	}, func(r *rig, _ *Options) { r.spec.Auth = append(r.spec.Auth, spec.AuthProvider{Mode: spec.ModeIAM}) })
	defer s.close()
	c := s.open()
	const iam = `{"host":"h","x-api-key":"iam"}`
	query := `subscription { forBoth { id secret } }`
	c.startAs(keyObject, "key", query)
	c.want(`{"type":"start_ack","id":"key"}`)
	for _, id := range []string{"iam1", "iam2"} {
		c.startAs(iam, id, `subscription { forBoth { secret } }`)
		c.want(`{"type":"start_ack","id":"` + id + `"}`)
	}
	c.startAs(iam, "all", query)
	c.want(`{"type":"start_ack","id":"all"}`)
	byKey, again, byIAM := s.view(t, query, keyObject), s.view(t, query, keyObject), s.view(t, query, iam)
	if byKey != again || byKey == byIAM {
		t.Errorf("views %+v and %+v of one caller, %+v of another", byKey, again, byIAM)
	}
	want := `{"data":{"forBoth":{"id":"1","secret":null}},"errors":[{"path":["forBoth","secret"],"data":null,"errorType":"Unauthorized","errorInfo":null,"locations":[{"line":1,"column":29,"sourceName":null}],"message":"Not Authorized to access secret on type Message"}]}`
	if got := string(s.api.realtime.render(s.view(t, query, keyObject), json.RawMessage(`{"id":"1","secret":"s"}`))); got != want {
		t.Errorf("the key's view is %s", got)
	}
	if got := string(s.api.realtime.render(s.view(t, `subscription { forBoth { secret } }`, iam), json.RawMessage(`{"id":"1","secret":"s"}`))); got != `{"data":{"forBoth":{"secret":"s"}}}` {
		t.Errorf("IAM's view is %s", got)
	}
	c.leave()
}

// view is what the sender of an object sees of a subscription.
func (s *sockets) view(t *testing.T, query, object string) view {
	t.Helper()
	o, f := s.api.Prepare(query, "")
	if f != nil {
		t.Fatal(f)
	}
	caller := &identity.Caller{Mode: spec.ModeAPIKey}
	if strings.Contains(object, "iam") {
		caller.Mode = spec.ModeIAM
	}
	x := &execution{api: s.api, op: o, run: &Run{Caller: caller}, ctx: t.Context()}
	v, err := x.view(o.plan(nil).root.fields[0])
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestHeaders: what resolvers and the authorizer of a subscription see.
func TestHeaders(t *testing.T) {
	t.Parallel()
	var asked []identity.Request
	var headers, domain string
	see := asks(func(c *Call) string { headers = string(c.Headers); return "null" })
	s := chatRig(t, unit("Subscription.guarded", see), func(_ *rig, o *Options) {
		admit := o.Admit
		o.Admit = func(ctx context.Context, q *identity.Request) (*identity.Caller, *fault.Error) {
			asked = append(asked, *q)
			return admit(ctx, q)
		}
	})
	defer s.close()
	c := s.open()
	c.startAs(`{"host":"api.example","X-API-Key":"key","x-extra":"1"}`, "1", `subscription S { guarded { id } }`, `{"v":1}`)
	c.want(`{"type":"start_ack","id":"1"}`)
	c.leave()
	if headers != `{"host":"api.example","x-api-key":"key","x-extra":"1"}` || domain != "" {
		t.Errorf("ctx.request.headers are %s", headers)
	}
	if q := asked[0]; q.OperationName != "Deepdish:Connect" || q.Query != "" || q.Variables != nil || q.Signed.Path != "/graphql/connect" || string(q.Body) != "{}" {
		t.Errorf("asked at connect: %+v", q)
	}
	if q := asked[1]; q.OperationName != "" || q.Query != `subscription S { guarded { id } }` || string(q.Variables) != `{"v":1}` || q.Signed.Path != "/graphql" || q.RequestID == "" ||
		string(q.Body) != `{"query":"subscription S { guarded { id } }","variables":{"v":1}}` {
		t.Errorf("asked at start: %+v", q)
	}
}

func TestLargePayloads(t *testing.T) {
	t.Parallel()
	long := asks(func(c *Call) string { return `{"id":"1","text":"` + strings.Repeat("x", 250<<10) + `","room":"r"}` })
	s := newSockets(t, chat, unit("Mutation.post", long))
	defer s.close()
	c := s.open()
	c.subscribe("1", `subscription { onPost { id text } }`)
	c.subscribe("2", `subscription { onPost { id } }`)
	s.mutate(post + `{ id text } }`)
	c.data("2", `{"data":{"onPost":{"id":"1"}}}`)
	c.quiet()
	if n := s.api.Count(TooLarge); n != 1 {
		t.Errorf("%d payloads counted as too large", n)
	}
	c.leave()
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

// TestStopWhileStarting: a subscription that is stopped while its resolver runs
// never becomes active.
func TestStopWhileStarting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := says("null")
		slow["request"] = func(ctx context.Context, _ *Call) *Outcome {
			select {
			case <-ctx.Done():
			case <-time.After(20 * time.Second):
			}
			return &Outcome{Value: json.RawMessage(`{}`)}
		}
		s := chatRig(t, unit("Subscription.guarded", slow))
		c := s.open()
		c.start("1", `subscription { guarded { id } }`)
		synctest.Wait()
		c.say(`{"type":"stop","id":"1"}`)
		c.want(`{"type":"complete","id":"1"}`)
		synctest.Wait()
		c.quiet()
		c.start("1", `subscription { guarded { id } }`)
		c.want(`{"type":"start_ack","id":"1"}`)
		if n := s.api.Subscriptions(); n != 1 {
			t.Errorf("%d subscriptions", n)
		}
		c.leave()
		synctest.Wait()
		if n := s.api.Subscriptions(); n != 0 {
			t.Errorf("%d subscriptions left", n)
		}
		s.close()
	})
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
	if n := s.api.SocketCount(appsyncsocket.Accepted); n != 1 || s.api.Sockets() != 0 {
		t.Errorf("%d accepted, %d left", n, s.api.Sockets())
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
