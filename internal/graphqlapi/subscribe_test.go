package graphqlapi

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/internal/fault"
	"github.com/tidewire/tidewire/internal/identity"
)

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

// TestManyDocuments: subscriptions that each have a large text of their own do not
// take memory without end; those with the same text share it.
func TestManyDocuments(t *testing.T) {
	t.Parallel()
	query := func(n int) string {
		return fmt.Sprintf(`subscription { onPost { id%d: id %s } }`, n, strings.Repeat(" ", 1000))
	}
	const tooMany = `[{"errorType":"LimitExceededError","message":"Too many different subscriptions are active."}]`
	s := chatRig(t, func(_ *rig, o *Options) { o.Limits.HeldBytes = 3*weight*len(query(1)) + 10_000 })
	defer s.close()
	c := s.open()
	for n := range 3 {
		c.subscribe(fmt.Sprint(n), query(n))
		c.subscribe(fmt.Sprint("again", n), query(n))
	}
	c.refused("4", query(4), "{}", tooMany)
	c.subscribe("third", query(2))
	c.subscribe("small", `subscription($r: String) { onPost(room: $r) { id } }`, `{"r":"x"}`)
	c.refused("large", `subscription($r: String) { onPost(room: $r) { id } }`, `{"r":"`+strings.Repeat("x", 200<<10)+`"}`, tooMany)
	for _, id := range []string{"1", "again1"} {
		c.say(`{"type":"stop","id":"` + id + `"}`)
		c.want(`{"type":"complete","id":"` + id + `"}`)
	}
	c.subscribe("4", query(4))
	c.refused("5", query(5), "{}", tooMany)
	c.leave()
	s.close()
	if h := &s.api.realtime.held; h.bytes != 0 || len(h.uses) != 0 {
		t.Errorf("%d bytes and %d plans are left", h.bytes, len(h.uses))
	}
}
