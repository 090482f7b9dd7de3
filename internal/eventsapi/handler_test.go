package eventsapi

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidewire/tidewire/internal/fault"
	"github.com/tidewire/tidewire/internal/spec"
)

// directNamespace is "fn", both of whose handlers are a function.
func directNamespace(event bool) func(*rig) {
	return func(r *rig) {
		sources(r)
		h := spec.EventHandler{Direct: true, DataSource: "fn", Event: event}
		r.spec.Namespaces = append(r.spec.Namespaces, spec.ChannelNamespace{LogicalID: "Fn", Name: "fn", ARN: apiARN + "/channelNamespace/fn", OnPublish: h, OnSubscribe: h})
	}
}

func TestOnPublish(t *testing.T) {
	t.Parallel()
	refused := func(typ, message string) string {
		return `{"errors":[{"errorType":"` + typ + `","message":"` + message + `"}]}`
	}
	invalid := refused("MessageProcessingError", "The handler's answer is not valid.")
	one := func(id, rest string) string { return `{"failed":[` + rest + `],"successful":[` + id + `]}` }
	first, second := `{"identifier":"ID","index":0}`, `{"identifier":"ID","index":1}`
	tests := []struct {
		name, code string
		status     int
		want       string
		heard      []string // by a subscriber of what {"n":1} and {"n":2} become
	}{
		{"unchanged", `return ctx.events`, 200, accepted(2), []string{`{"n":1}`, `{"n":2}`}},
		{"changed", `return ctx.events.map(({id, payload}) => ({id, payload: {...payload, at: ctx.info.channel.path}}))`, 200, accepted(2),
			[]string{`{"n":1,"at":"/ns/room"}`, `{"n":2,"at":"/ns/room"}`}},
		{"in another order", `return [ctx.events[1], ctx.events[0]]`, 200, accepted(2), []string{`{"n":2}`, `{"n":1}`}},
		{"filtered", `return ctx.events.filter((e) => e.payload.n > 1)`, 200, accepted(2), []string{`{"n":2}`}},
		{"nulls", `return ctx.events.map((e) => e.payload.n > 1 ? e : null)`, 200, accepted(2), []string{`{"n":2}`}},
		{"null", `return null`, 200, accepted(2), nil},
		{"nothing", `ctx.stash.a = 1`, 200, accepted(2), nil},
		{"empty", `return []`, 200, accepted(2), nil},
		{"one failed", `return [{id: ctx.events[0].id, error: 'too \"bad\"'}, ctx.events[1]]`, 200,
			one(second, `{"identifier":"ID","index":0,"code":400,"message":"too \"bad\""}`), []string{`{"n":2}`}},
		{"both failed", `return ctx.events.map(({id}) => ({id, error: {why: id.length}})).reverse()`, 200,
			one("", `{"identifier":"ID","index":0,"code":400,"message":"{\"why\":36}"},{"identifier":"ID","index":1,"code":400,"message":"{\"why\":36}"}`), nil},
		{"no payload", `return [{id: ctx.events[0].id}]`, 200, accepted(2), []string{`null`}},
		{"too long", `return [ctx.events[0], {id: ctx.events[1].id, payload: '` + strings.Repeat("x", 300) + `'}]`, 200,
			one(first, `{"identifier":"ID","index":1,"code":400,"message":"an event exceeded 300 bytes"}`), []string{`{"n":1}`}},
		{"unknown id", `return [{id: 'nobody', payload: 1}]`, 500, invalid, nil},
		{"no id", `return [{payload: 1}]`, 500, invalid, nil},
		{"twice", `return [ctx.events[0], ctx.events[0]]`, 500, invalid, nil},
		{"no list", `return {events: []}`, 500, invalid, nil},
		{"no objects", `return [1]`, 500, invalid, nil},
		{"util.error", `util.error('no entry', 'Closed', {a: 1})`, 403, refused("Closed", "no entry"), nil},
		{"util.error without a type", `util.error('no entry')`, 403, refused("MessageProcessingError", "no entry"), nil},
		{"util.error with a strange type", `util.error('no entry', 'a\r\nb: c')`, 403, refused(`a\r\nb: c`, "no entry"), nil},
		{"util.unauthorized", `util.unauthorized()`, 403, refused("UnauthorizedException", notAuthorizedText), nil},
		{"it throws", `return ctx.nothing.at.all`, 500, refused("MessageProcessingError", "code.js:2:53: TypeError: Cannot read property 'at' of undefined"), nil},
		{"early return", `runtime.earlyReturn([ctx.events[1]])`, 200, accepted(2), []string{`{"n":2}`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, namespaceOf(t, "ns", "export function onPublish(ctx) { "+tt.code+" }"), func(r *rig) { r.o.Limits.Event = 300 })
			c := r.open()
			c.subscribe("s", "/ns/*")
			r.expect(tt.status, tt.want, "ns/room", `{"n":1}`, `{"n":2}`)
			r.api.config.Load().namespaces["ns"].publish = handler{} // so that something comes when all has
			r.expect(200, accepted(1), "ns/room", `"end"`)
			for _, want := range append(tt.heard, `"end"`) {
				c.hear(data("s", want))
			}
			if tt.status == 500 && !strings.Contains(r.logged.String(), "onPublish of the namespace ns: ") {
				t.Errorf("the log does not say why: %s", r.logged)
			}
		})
	}
}

func TestContextOfHandlers(t *testing.T) {
	t.Parallel()
	const show = `JSON.stringify([ctx.info, ctx.identity, ctx.request.domainName, ctx.request.headers['x-room'], ctx.request.headers.host, ctx.env, ctx.stash, ctx.result, ctx.error, util.authType()])`
	r := newRig(t, namespaceOf(t, "ns", `
export function onPublish(ctx) { return ctx.events.map((e) => ({id: e.id, payload: [JSON.parse(`+show+`), e.payload, Object.keys(e).sort(), e.id.length]})) }
export function onSubscribe(ctx) { console.log(ctx.events === undefined); util.error(`+show+`, 'Shown') }`))
	c := r.open()
	c.say(subscription("s", "/ns/a/*", `{"host":"`+apiHost+`","Authorization":"open-sesame","x-room":"7"}`))
	info := func(path, segments, operation string) string {
		return `{"channel":{"path":"` + path + `","segments":` + segments + `},"channelNamespace":{"name":"ns"},"operation":"` + operation + `"}`
	}
	rest := `null,"7","` + apiHost + `",{},{},null,null,`
	c.hear(failed("subscribe_error", "s", "Shown", `[`+info("/ns/a/*", `["ns","a","*"]`, "SUBSCRIBE")+`,{"handlerContext":{"tenant":"t1"}},`+rest+`"Lambda Authorization"]`))

	r.api.config.Load().namespaces["ns"].subscribe = handler{}
	c.subscribe("s", "/ns/a")
	if status, answer, _ := r.post(publication("ns/a", `{"x":1.50}`), "x-api-key", apiKey, "x-room", "7"); status != 200 {
		t.Fatal(answer)
	}
	c.hear(data("s", `[[`+info("/ns/a", `["ns","a"]`, "PUBLISH")+`,null,`+rest+`"API Key Authorization"],{"x":1.5},["id","payload"],36]`))
	if !strings.Contains(r.logged.String(), "msg=true namespace=Ns function=onSubscribe") {
		t.Errorf("log: %s", r.logged)
	}
}

// TestLogLevelOfHandlers: what handlers write is logged at the API's level.
func TestLogLevelOfHandlers(t *testing.T) {
	t.Parallel()
	for level, want := range map[string][2]bool{"": {true, true}, "NONE": {}, "ERROR": {false, true}, "INFO": {true, true}, "ALL": {true, true}} {
		t.Run(level, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, namespaceOf(t, "ns", "export function onPublish(ctx) { console.log(1); console.error(2); return ctx.events }"),
				func(r *rig) { r.spec.LogLevel = level })
			r.expect(200, accepted(1), "ns/room", `"x"`)
			logged := r.logged.String()
			if got := [2]bool{strings.Contains(logged, "msg=1 "), strings.Contains(logged, "msg=2 ")}; got != want {
				t.Errorf("console.log and console.error: %v, want %v\n%s", got, want, logged)
			}
		})
	}
}

func TestOnSubscribe(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, code, want string }{
		{"accepts", `return null`, `{"type":"subscribe_success","id":"s"}`},
		{"accepts whatever it returns", `return false`, `{"type":"subscribe_success","id":"s"}`},
		{"unauthorized", `util.unauthorized()`, failed("subscribe_error", "s", "UnauthorizedException", notAuthorizedText)},
		{"error", `util.error('full', 'RoomFull')`, failed("subscribe_error", "s", "RoomFull", "full")},
		{"error without a type", `util.error('full')`, failed("subscribe_error", "s", "SubscriptionProcessingError", "full")},
		{"throws", `return ctx.a.b`, failed("subscribe_error", "s", "SubscriptionProcessingError", "code.js:2:49: TypeError: Cannot read property 'b' of undefined")},
		{"by channel", `if (ctx.info.channel.segments[1] !== 'mine') util.unauthorized()`, failed("subscribe_error", "s", "UnauthorizedException", notAuthorizedText)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, namespaceOf(t, "ns", "export function onSubscribe(ctx) { "+tt.code+" }"))
			c := r.open()
			c.say(subscription("s", "/ns/x", keyObject()))
			c.hear(tt.want)
			want := 0
			if strings.Contains(tt.want, "success") {
				want = 1
			}
			if n := r.api.Subscriptions(); n != want {
				t.Errorf("%d subscriptions", n)
			}
			if want == 0 { // the id is free
				c.subscribe("s", "/default/x")
			}
		})
	}
}

func TestObjectHandlers(t *testing.T) {
	t.Parallel()
	object := func(source string) func(*spec.ChannelNamespace) {
		return func(n *spec.ChannelNamespace) {
			n.OnPublish = spec.EventHandler{DataSource: source}
			if source == "none" {
				n.OnSubscribe = n.OnPublish
			}
		}
	}
	r := newRig(t, sources,
		namespaceOf(t, "none", `export const onPublish = {
	request(ctx) { ctx.stash.seen = ctx.events.length; return {payload: {added: 'x'}} },
	response(ctx) { return ctx.events.map((e) => ({id: e.id, payload: {...ctx.result, seen: ctx.stash.seen}})) } }
export const onSubscribe = { request: (ctx) => ({payload: ctx.info.channel.segments[1]}), response(ctx) { if (ctx.result === 'no') util.error('no', 'No') } }`, object("none")),
		namespaceOf(t, "call", `export const onPublish = {
	request: (ctx) => ({operation: 'Invoke', payload: ctx.events.map((e) => e.payload)}),
	response(ctx) { if (ctx.error) util.error(ctx.error.message, ctx.error.type); return [{id: ctx.events[0].id, payload: ctx.result}] } }`, object("fn")),
		namespaceOf(t, "early", `export const onPublish = { request: (ctx) => runtime.earlyReturn(ctx.events), response: () => util.error('not reached') }`, object("fn")),
		func(r *rig) {
			r.lambda = func(_ context.Context, _ string, payload []byte) ([]byte, error) {
				if string(payload) == `["bad"]` {
					return nil, &fault.FunctionError{Type: "Error", Message: "thrown"}
				}
				return []byte(`{"got":` + string(payload) + `}`), nil
			}
		})
	c := r.open()
	for _, ns := range []string{"none", "call", "early"} {
		c.subscribe(ns, "/"+ns+"/x")
	}
	r.expect(200, accepted(2), "none/x", "1", "2")
	c.hear(data("none", `{"added":"x","seen":2}`), data("none", `{"added":"x","seen":2}`))
	r.expect(200, accepted(1), "call/x", `"good"`)
	c.hear(data("call", `{"got":["good"]}`))
	r.expect(403, `{"errors":[{"errorType":"Lambda:Unhandled","message":"thrown"}]}`, "call/x", `"bad"`)
	r.expect(200, accepted(1), "early/x", "7")
	c.hear(data("early", "7"))
	c.say(subscription("s", "/none/no", keyObject()))
	c.hear(failed("subscribe_error", "s", "No", "no"))
}

// TestWhatHandlersAddIsNotAnswered: errors are logged, headers are not sent.
func TestWhatHandlersAddIsNotAnswered(t *testing.T) {
	t.Parallel()
	r := newRig(t, namespaceOf(t, "ns", `export function onPublish(ctx) { util.appendError('not so good', 'Odd', {a: 1}); util.http.addResponseHeader('x-mine', 'y'); return ctx.events }
export function onSubscribe(ctx) { util.appendError('nor this', 'Odd') }`))
	c := r.open()
	c.subscribe("s", "/ns/x")
	status, answer, h := r.post(publication("ns/x", "1"), "x-api-key", apiKey)
	if status != 200 || withoutIDs(answer) != accepted(1) || h.Get("x-mine") != "" {
		t.Errorf("%d %s %v", status, answer, h)
	}
	c.hear(data("s", "1"))
	for _, part := range []string{"not so good", "nor this", "util.appendError has no effect in a handler", "onSubscribe"} {
		if log := r.logged.String(); !strings.Contains(log, part) {
			t.Errorf("the log has no %q: %s", part, log)
		}
	}
}

func TestDirectHandlers(t *testing.T) {
	t.Parallel()
	const failedText = `{"errors":[{"errorType":"MessageProcessingError","message":"The handler failed."}]}`
	var got []string
	var mu sync.Mutex
	r := newRig(t, directNamespace(false), func(r *rig) {
		r.lambda = func(_ context.Context, _ string, payload []byte) ([]byte, error) {
			mu.Lock()
			defer mu.Unlock()
			got = append(got, string(payload))
			var e struct {
				Events []struct{ ID, Payload string }
			}
			if err := json.Unmarshal(payload, &e); err != nil {
				return nil, err
			}
			if len(e.Events) == 0 { // a subscription
				return nil, nil
			}
			switch id := e.Events[0].ID; e.Events[0].Payload {
			case "up":
				return []byte(`{"events":[{"id":"` + id + `","payload":"UP"}]}`), nil
			case "fail":
				return []byte(`{"events":[{"id":"` + id + `","error":"no \u0022fail\u0022"}]}`), nil
			case "error":
				return []byte(`{"error":"the secret reason"}`), nil
			case "empty":
				return []byte(`{"error":null}`), nil
			case "throw":
				return nil, &fault.FunctionError{Type: "Error", Message: "thrown"}
			case "list":
				return []byte(`[]`), nil
			}
			return []byte("null"), nil
		}
	})
	c := r.open()
	c.subscribe("s", "/fn/x")
	r.expect(200, accepted(1), "fn/x", `"up"`)
	c.hear(data("s", `"UP"`))
	r.expect(200, `{"failed":[{"identifier":"ID","index":0,"code":400,"message":"no \"fail\""}],"successful":[]}`, "fn/x", `"fail"`)
	r.expect(403, failedText, "fn/x", `"error"`)
	r.expect(500, failedText, "fn/x", `"throw"`)
	r.expect(500, `{"errors":[{"errorType":"MessageProcessingError","message":"The handler's answer is not valid."}]}`, "fn/x", `"list"`)
	r.expect(200, accepted(1), "fn/x", `"empty"`)
	r.expect(200, accepted(1), "fn/x", `"else"`)
	if log := r.logged.String(); !strings.Contains(log, "the secret reason") || !strings.Contains(log, "thrown") {
		t.Errorf("log: %s", log)
	}
	want := `{"identity":null,"result":null,"request":{"headers":{"host":"` + apiHost + `","x-api-key":"` + apiKey + `"},"domainName":null},` +
		`"info":{"channel":{"path":"/fn/x","segments":["fn","x"]},"channelNamespace":{"name":"fn"},"operation":"SUBSCRIBE"},"error":null,"prev":null,"stash":{},"outErrors":[],"events":null}`
	if diff := cmp.Diff(want, got[0]); diff != "" {
		t.Errorf("event of a subscription: %s", diff)
	}
	var event struct {
		Info   struct{ Operation string }
		Events []map[string]any
	}
	if err := json.Unmarshal([]byte(got[1]), &event); err != nil || event.Info.Operation != "PUBLISH" || event.Events[0]["payload"] != "up" {
		t.Errorf("event of a publish: %v %s", err, got[1])
	}

	r.lambda = func(context.Context, string, []byte) ([]byte, error) { return []byte(`{"error":"go away"}`), nil }
	c.say(subscription("t", "/fn/x", keyObject()))
	c.hear(failed("subscribe_error", "t", "SubscriptionProcessingError", "The handler failed."))
	r.lambda = func(context.Context, string, []byte) ([]byte, error) { return nil, errors.New("down") }
	c.say(subscription("t", "/fn/x", keyObject()))
	c.hear(failed("subscribe_error", "t", "SubscriptionProcessingError", "The handler failed."))
}

// TestEventHandlers: functions that are not waited for change nothing.
func TestEventHandlers(t *testing.T) {
	t.Parallel()
	release, asked := make(chan struct{}), make(chan string, 2)
	r := newRig(t, directNamespace(true), func(r *rig) {
		r.lambda = func(_ context.Context, _ string, payload []byte) ([]byte, error) {
			<-release
			asked <- string(payload)
			return nil, errors.New("it failed")
		}
	})
	c := r.open()
	c.subscribe("s", "/fn/x")
	r.expect(200, accepted(2), "fn/x", `{"a": 1}`, "2")
	c.hear(data("s", `{"a": 1}`), data("s", "2"))
	close(release)
	both := <-asked + <-asked
	if !strings.Contains(both, `"operation":"SUBSCRIBE"`) || !strings.Contains(both, `"events":[{"payload":{"a": 1},"id":"`) {
		t.Errorf("the function got %s", both)
	}
}

// TestHandlersThatCannotRunRefuse: nothing passes what should have checked it.
func TestHandlersThatCannotRunRefuse(t *testing.T) {
	t.Parallel()
	r := newRig(t, sources, func(r *rig) {
		direct := spec.EventHandler{Direct: true, DataSource: "sql"}
		r.spec.Namespaces = append(r.spec.Namespaces,
			spec.ChannelNamespace{LogicalID: "Gone", Name: "gone", ARN: apiARN + "/channelNamespace/gone", Unsupported: "The code lies in S3."},
			spec.ChannelNamespace{LogicalID: "Bare", Name: "bare", ARN: apiARN + "/channelNamespace/bare", OnPublish: spec.EventHandler{DataSource: "fn"}, OnSubscribe: spec.EventHandler{DataSource: "fn"}},
			spec.ChannelNamespace{LogicalID: "Sql", Name: "sql", ARN: apiARN + "/channelNamespace/sql", OnPublish: direct, OnSubscribe: direct})
	}, namespaceOf(t, "careless", `export const onPublish = { request: () => ({statements: ['select 1']}), response: (ctx) => ctx.events }
export const onSubscribe = { request: () => ({statements: ['select 1']}), response: () => null }`, func(n *spec.ChannelNamespace) {
		n.OnPublish = spec.EventHandler{DataSource: "sql"}
		n.OnSubscribe = n.OnPublish
	}))
	c := r.open()
	for ns, why := range map[string]string{"careless": "Relational databases cannot be asked here.", "gone": "The code lies in S3.", "sql": "Relational databases cannot be asked here.", "bare": "The namespace has no code."} {
		r.expect(501, `{"errors":[{"errorType":"UnsupportedOperation","message":"`+why+`"}]}`, ns, "1")
		c.say(subscription("s", "/"+ns, keyObject()))
		c.hear(failed("subscribe_error", "s", "UnsupportedOperation", why))
	}
}
