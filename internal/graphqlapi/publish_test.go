package graphqlapi

import (
	"fmt"
	"strings"
	"testing"
)

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
		{`{"__typename":"Cat","a":1}`, `{"__typename":"Dog","b":2}`, `{"__typename":"Cat","a":1}`}, {`[1]`, `[2,3]`, `[1]`}, {`[1,2]`, `[3]`, `[1,2]`}, {`1`, `{}`, `1`}} {
		if got := string(new(renamer).merge([]byte(tt[0]), []byte(tt[1]))); got != tt[2] {
			t.Errorf("%s and %s are %s", tt[0], tt[1], got)
		}
	}
}

// TestAliasesWithArguments: objects that were asked for with other arguments are
// not one.
func TestAliasesWithArguments(t *testing.T) {
	t.Parallel()
	s := newSockets(t, `
type Query { a: Int }
type Box { name: String size: Int }
type Item { box(n: Int): Box inner: Item }
type Mutation { put: Item }
type Subscription { onPut: Item @aws_subscribe(mutations: ["put"]) }`, unit("Mutation.put", says(`{"inner":{}}`)),
		unit("Item.box", asks(func(c *Call) string {
			if string(c.Arguments) == "{}" {
				return `{"name":"none","size":0}`
			}
			return `{"name":"one","size":1}`
		})))
	defer s.close()
	c := s.open()
	c.subscribe("1", `subscription { onPut { box { name size } } }`)
	s.mutate(`mutation { put { one: box(n: 1) { name } box { size } } }`)
	c.data("1", `{"data":{"onPut":{"box":{"name":"one","size":null}}}}`)
	s.mutate(`mutation { put { box { size } again: box { name } one: box(n: 1) { name } } }`)
	c.data("1", `{"data":{"onPut":{"box":{"name":"none","size":0}}}}`)
	c.subscribe("2", `subscription { onPut { inner { box { name size } } } }`)
	s.mutate(`mutation { put { inner { box(n: 1) { name } } again: inner { box { size } } } }`)
	c.data("1", `{"data":{"onPut":{"box":null}}}`)
	c.data("2", `{"data":{"onPut":{"inner":{"box":{"name":"one","size":null}}}}}`)
	c.leave()
}

// TestNamedTwice: a mutation that @aws_subscribe names twice is told once.
func TestNamedTwice(t *testing.T) {
	t.Parallel()
	s := newSockets(t, `
type Query { a: Int }
type Mutation { put(n: Int): Int }
type Subscription { onPut: Int @aws_subscribe(mutations: ["put", "put"]) }`, unit("Mutation.put", asks(func(c *Call) string { return string(member(c.Arguments, "n")) })))
	defer s.close()
	c := s.open()
	c.subscribe("1", `subscription { onPut }`)
	for _, n := range []string{"1", "2"} {
		s.mutate(`mutation { put(n: ` + n + `) }`)
		c.data("1", `{"data":{"onPut":`+n+`}}`)
	}
	c.quiet()
	c.leave()
}

// TestTooLongToAnswer: what is too long for the mutation's caller is not published
// in part.
func TestTooLongToAnswer(t *testing.T) {
	t.Parallel()
	s := chatRig(t, func(_ *rig, o *Options) { o.Limits.Response = 500 }, unit("Mutation.must", asks(func(*Call) string {
		return `{"id":"1","tags":["` + strings.Repeat("x", 600) + `"],"text":"t"}`
	})))
	defer s.close()
	c := s.open()
	c.subscribe("1", `subscription { onAny { id text } }`)
	if got := s.result(t.Context(), `mutation { must { id tags text } }`); len(got.Errors) != 1 || got.Errors[0].Type != "ResponseSizeLimitReached" {
		t.Errorf("%s", got.Body)
	}
	c.quiet()
	s.mutate(`mutation { must { id text } }`)
	c.data("1", `{"data":{"onAny":{"id":"1","text":"t"}}}`)
	c.leave()
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
