package graphqlapi

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
)

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
