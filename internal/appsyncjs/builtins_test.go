package appsyncjs

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidewire/tidewire/internal/appsyncjs/library"
)

// TestBuiltinsAsInNode compares expressions with what Node 20 gives for them:
// testdata/node.txt has a line for each, then a tab and JSON.stringify of it.
func TestBuiltinsAsInNode(t *testing.T) {
	t.Parallel()
	e := open(t, Options{})
	text, err := os.ReadFile("testdata/node.txt")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	for i := 0; i+1 < len(lines); i += 2 {
		m := unchecked(t, e, "export function request() { return ("+lines[i]+"); }")
		out := m.Call(t.Context(), "request", &Call{})
		if got, want := string(out.Value), strings.TrimPrefix(lines[i+1], "\t"); got != want {
			t.Errorf("%s\n got %s %s\nnode %s", lines[i], got, out.Reason, want)
		}
	}
}

// TestBuiltinsAsInAppSync: what differs from other JavaScript.
func TestBuiltinsAsInAppSync(t *testing.T) {
	t.Parallel()
	e := open(t, Options{})
	for expression, want := range map[string]string{
		`typeof JSON.parse('{')`:                    `"undefined"`,
		`typeof JSON.parse('')`:                     `"undefined"`,
		`typeof JSON.parse()`:                       `"undefined"`,
		`'a1b22'.replaceAll('[0-9]+', '<$0>')`:      `"a<1>b<22>"`,
		`'a1b22'.replace('([a-z])([0-9])', '$2$1')`: `"1ab22"`,
		`'a.b'.replaceAll('.', '-')`:                `"---"`,
		`'a.b'.replaceAll('\\.', '-')`:              `"a-b"`,
		`'ab'.replace('(?<x>a)', '${x}${x}')`:       `"aab"`,
		`[typeof Date, typeof RegExp, typeof Symbol, typeof Promise, typeof Map, typeof Set, typeof Proxy, typeof Reflect,
		  typeof eval, typeof Function, typeof globalThis, typeof Error, typeof setTimeout, typeof fetch, typeof process,
		  typeof Array.from, typeof Array.of, typeof Object.freeze, typeof Object.create, typeof ''.repeat,
		  typeof ''.padStart, typeof ''.padEnd, typeof ''.charCodeAt, typeof ''.localeCompare, typeof ''.match, typeof [].keys,
		  typeof [].values, typeof [].entries, typeof (() => 1).call, typeof (() => 1).bind, typeof (() => 1).apply,
		  typeof ({}).constructor, typeof (() => 1).constructor, typeof ({}).__proto__, typeof String.raw].every((x) => x === 'undefined')`: `true`,
	} {
		if got := value(t, e, "return "+expression, &Call{}); got != want {
			t.Errorf("%s: %s, want %s", expression, got, want)
		}
	}
	for _, body := range []string{`return 'a'.replace('(', 'x')`, `return 'a'.replace('a', '$1')`, `const f = ctx.args; return [2, 1].sort(ctx)`} {
		if out := request(t, e, body, &Call{}); out.Failure == nil {
			t.Errorf("%s: %s", body, out.Value)
		}
	}
}

func TestContext(t *testing.T) {
	t.Parallel()
	e := open(t, Options{})
	domain := "api.example.com"
	c := &Call{
		Arguments: json.RawMessage(`{"id":"1"}`), Source: json.RawMessage(`{"s":1}`), Identity: json.RawMessage(`{"sub":"x"}`),
		Stash: json.RawMessage(`{"b":1,"a":2}`), Prev: json.RawMessage(`[1]`), Result: json.RawMessage(`"r"`), Env: json.RawMessage(`{"TABLE":"t"}`),
		OutErrors: json.RawMessage(`[{"message":"before"}]`), Headers: json.RawMessage(`{"x":"y"}`), DomainName: &domain,
		Error: &library.Failure{Message: "m", Type: "t"}, AuthType: "IAM Authorization",
		Info:  &Info{FieldName: "f", ParentTypeName: "Query", Variables: json.RawMessage(`{"v":1}`), SelectionSetList: []string{"id", "a/b"}, SelectionSetGraphQL: "{ id }"},
		Extra: map[string]json.RawMessage{"events": json.RawMessage(`[{"id":"e"}]`)},
	}
	const whole = `{"arguments":{"id":"1"},"args":{"id":"1"},"identity":{"sub":"x"},"source":{"s":1},"stash":{"b":1,"a":2},"result":"r",` +
		`"prev":{"result":[1]},"request":{"headers":{"x":"y"},"domainName":"api.example.com"},` +
		`"info":{"fieldName":"f","parentTypeName":"Query","variables":{"v":1}},"error":{"message":"m","type":"t"},"env":{"TABLE":"t"},` +
		`"outErrors":[{"message":"before"}],"events":[{"id":"e"}]}`
	const empty = `{"arguments":null,"args":null,"identity":null,"source":null,"stash":{},"result":null,"prev":null,` +
		`"request":{"headers":{},"domainName":null},"info":null,"error":null,"env":{},"outErrors":[]}`
	cases := []struct {
		body string
		call *Call
		want string
	}{
		{`return ctx`, c, whole},
		{`return JSON.parse(JSON.stringify(ctx))`, c, whole},
		{`return { ...ctx }`, c, whole},
		{`return ctx`, &Call{}, empty},
		{`return [ctx.info.selectionSetList, ctx.info.selectionSetGraphQL, Object.keys(ctx.info), JSON.stringify(ctx.info)]`, c,
			`[["id","a/b"],"{ id }",["fieldName","parentTypeName","variables"],"{\"fieldName\":\"f\",\"parentTypeName\":\"Query\",\"variables\":{\"v\":1}}"]`},
		{`const { args: { id }, ...rest } = ctx; return [id, Object.keys(rest).length]`, c, `["1",12]`},
		{`ctx.args.id = 2; ctx.result = ctx.args; return 1`, c, ""},
		{`return [Object.hasOwn(ctx, 'stash'), typeof ctx.nothing, ctx.toString()]`, c, `[true,"undefined","[object Object]"]`},
		{`util.appendError('later', 'T', { d: 1 }, 2); return ctx.outErrors`, c, `[{"message":"before"},{"message":"later","type":"T","data":{"d":1},"errorInfo":2}]`},
		{`return util.authType()`, c, `"IAM Authorization"`},
		{`return undefined`, c, `null`},
		{`for (const k in ctx.args) { return k }`, c, `"id"`},
	}
	for _, tc := range cases {
		m := unchecked(t, e, "import { util } from '@aws-appsync/utils'; export function request(ctx) { "+tc.body+" }")
		if out := m.Call(t.Context(), "request", tc.call); string(out.Value) != tc.want {
			t.Errorf("%s:\n got %s %s\nwant %s", tc.body, out.Value, out.Reason, tc.want)
		}
	}
}

func TestEndings(t *testing.T) {
	t.Parallel()
	e := open(t, Options{})
	failure := func(message, kind string) *library.Failure { return &library.Failure{Message: message, Type: kind} }
	cases := []struct {
		body string
		want Outcome
	}{
		{`util.error('m', 'T', { d: 1 }, [2])`, Outcome{Failure: &library.Failure{Message: "m", Type: "T", Data: rawJSON(`{"d":1}`), Info: rawJSON(`[2]`)}}},
		{`ctx.stash.a = 1; [1].forEach((x) => util.error('m'))`, Outcome{Failure: failure("m", ""), Stash: rawJSON(`{"a":1}`)}},
		{`util.appendError('a'); util.appendError('b', 'T'); return 1`, Outcome{Value: rawJSON(`1`), Appended: []library.Failure{{Message: "a"}, {Message: "b", Type: "T"}}}},
		{`runtime.earlyReturn({ a: 1 }, { skipTo: 'END' }); return 2`, Outcome{Value: rawJSON(`{"a":1}`), Early: &Early{SkipTo: "END"}}},
		{`runtime.earlyReturn()`, Outcome{Value: rawJSON(`null`), Early: &Early{}}},
		{`extensions.evictFromApiCache('Query', 'f', { 'context.arguments.id': 1 }); return 1`, Outcome{Value: rawJSON(`1`), Evictions: []Eviction{{"Query", "f", rawJSON(`{"context.arguments.id":1}`)}}}},
	}
	for _, tc := range cases {
		m := load(t, e, "import { util, runtime, extensions } from '@aws-appsync/utils'; export function request(ctx) { "+tc.body+" }")
		got := m.Call(t.Context(), "request", &Call{})
		if tc.want.Stash == nil {
			tc.want.Stash = rawJSON("{}")
		}
		got.At = Position{}
		if diff := cmp.Diff(&tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.body, diff)
		}
	}
}

func TestExceptionsArePlaced(t *testing.T) {
	t.Parallel()
	e := open(t, Options{})
	out := load(t, e, "function help(x) {\n  return x.a.b;\n}\nexport function request(ctx) {\n  return [1].map((n) => help(ctx.args));\n}").Call(t.Context(), "request", &Call{Arguments: rawJSON("{}")})
	if out.Failure == nil || out.Failure.Type != "Code" || out.Failure.Message != "code.js:2:14: TypeError: Cannot read property 'b' of undefined" {
		t.Errorf("failure %+v", out.Failure)
	}
	if out.At.Line != 2 || out.At.File != "code.js" || !strings.HasPrefix(out.Reason, "TypeError: ") {
		t.Errorf("%v: %s", out.At, out.Reason)
	}
}

func TestTypedValuesKeepLoneSurrogates(t *testing.T) {
	t.Parallel()
	e := open(t, Options{})
	const want = `[{"a":{"S":"\ud800x"},"b":{"S":"�é"}},true]`
	if got := value(t, e, `const m = util.dynamodb.toMapValues({ a: '\ud800x', b: '\ufffdé' }); return [m, m.a.S === '\ud800x']`, &Call{}); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
