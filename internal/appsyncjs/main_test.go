package appsyncjs

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tidewire/tidewire/internal/spec"
)

func TestMain(m *testing.M) { // The clock of regexp2 ends by itself.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/dlclark/regexp2/v2.runClock"))
}

// open makes an engine for a test.
func open(t testing.TB, o Options) *Engine {
	t.Helper()
	e, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

func inline(code string) Source {
	return Source{Script: &spec.Script{Text: code}, Name: "code.js"}
}

// load loads code that must be right.
func load(t testing.TB, e *Engine, code string) *Module {
	t.Helper()
	m, problems := e.Load(inline(code))
	if len(problems) > 0 {
		t.Fatalf("problems:\n%v", problems)
	}
	return m
}

// request runs the body of a request function.
func request(t testing.TB, e *Engine, body string, c *Call) *Outcome {
	t.Helper()
	m := load(t, e, "export function request(ctx) {\n"+body+"\n}\n")
	return m.Call(t.Context(), "request", c)
}

// value is what a body returns, or how it failed.
func value(t testing.TB, e *Engine, body string, c *Call) string {
	t.Helper()
	out := request(t, e, body, c)
	if out.Failure != nil {
		return out.Failure.Type + ": " + out.Failure.Message + " [" + out.Reason + "]"
	}
	return string(out.Value)
}

func TestCall(t *testing.T) {
	t.Parallel()
	e := open(t, Options{})
	m := load(t, e, `
import { util } from '@aws-appsync/utils';
import * as ddb from '@aws-appsync/utils/dynamodb';
let counter = 0;
export function request(ctx) {
  counter += 1;
  ctx.stash.seen = counter;
  return { args: ctx.args, same: ctx.args === ctx.arguments, op: ddb.get({ key: { id: 1 } }).operation, all: Object.keys(ddb).length > 3 };
}
export const response = (ctx) => ctx.error ? util.error(ctx.error.message, ctx.error.type) : ctx.result;
`)
	for range 2 {
		out := m.Call(t.Context(), "request", &Call{Arguments: json.RawMessage(`{"z":1,"a":[1.5,"x",null,true]}`)})
		if out.Failure != nil {
			t.Fatal(out.Failure, out.Reason, out.At)
		}
		if got, want := string(out.Value), `{"args":{"z":1,"a":[1.5,"x",null,true]},"same":true,"op":"GetItem","all":true}`; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if got := string(out.Stash); got != `{"seen":1}` {
			t.Errorf("stash %s: a top-level variable survived", got)
		}
	}
	if !m.Has("request") || !m.Has("response") || m.Has("other") {
		t.Error("exports")
	}
}

func TestIsolation(t *testing.T) {
	t.Parallel()
	e := open(t, Options{Runtimes: 1})
	attempts := []string{
		`Object.prototype.polluted = 1`,
		`Array.prototype.push = () => 1`,
		`Array.prototype.polluted = 1`,
		`String.prototype.trim = 1`,
		`JSON.parse = 1`,
		`Math.polluted = 1`,
		`util.error = 1`,
		`util.dynamodb.polluted = 1`,
		`console.log = 1`,
		`polluted = 1`,
		`undefined = 1`,
		`delete Object.prototype.toString`,
		`Object.prototype.toString = 1`,
		`({}).toString.polluted = 1`,
		`util.error.polluted = 1`,
		`[].map.polluted = 1`,
		`(() => 1).constructor('return 1')()`,
		`({}).constructor.polluted = 1`,
		`({}).__proto__.polluted = 1`,
		`''.__proto__.polluted = 1`,
		`request.polluted.x = 1`,
		`globalThis.polluted = 1`,
		`eval('1')`,
		`Function('return 1')()`,
		`new Function('return 1')`,
		`new Proxy({}, {})`,
		`Reflect.ownKeys({})`,
		`new Promise(1)`,
		`Object.defineProperty({}, 'a', {})`,
		`setTimeout(1)`,
		`__appsync.util = 1`,
		`__appsync.dynamodb.get = 1`,
		`ctx.args = 1`,
		`ctx.polluted = 1`,
		`delete ctx.stash`,
	}
	for _, code := range attempts {
		m, problems := e.Load(inline("import {util} from '@aws-appsync/utils'; const f = (ctx) => { " + code + "; return 1; }; export { f as request }"))
		if len(problems) > 0 {
			continue // refused already
		}
		out := m.Call(t.Context(), "request", &Call{})
		if out.Failure == nil {
			t.Errorf("%s: no error", code)
		} else if out.Failure.Type != "Code" || out.Reason == "" {
			t.Errorf("%s: %+v %s", code, out.Failure, out.Reason)
		}
	}
	const probe = `return [typeof polluted, typeof ({}).polluted, typeof [].polluted, [].push.name, ' a '.trim(), JSON.parse('1'),
		typeof Math.polluted, typeof util.dynamodb.polluted, typeof console.log, String({}), typeof undefined]`
	if got, want := value(t, e, probe, &Call{}), `["undefined","undefined","undefined","push","a",1,"undefined","undefined","function","[object Object]","undefined"]`; got != want {
		t.Errorf("after all that: %s, want %s", got, want)
	}
}

func TestOwnPropertiesMayHaveAnyName(t *testing.T) {
	t.Parallel()
	e := open(t, Options{})
	const body = `const o = {}; o.toString = 1; o.valueOf = 2; o.constructor = 3; o.hasOwnProperty = 4; o.__proto__ = 5; return [o, ctx.args]`
	const args = `{"toString":1,"__proto__":2,"constructor":3,"a b":4,"1":5}`
	const want = `[{"toString":1,"valueOf":2,"constructor":3,"hasOwnProperty":4,"__proto__":5},{"1":5,"toString":1,"__proto__":2,"constructor":3,"a b":4}]`
	if got := value(t, e, body, &Call{Arguments: json.RawMessage(args)}); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	brief := open(t, Options{Timeout: 250 * time.Millisecond, Runtimes: 2})
	patient := open(t, Options{Timeout: time.Minute, Runtimes: 2})
	cases := []struct{ name, body, reason string }{
		{"endless loop", `const a = []; a.length = 4000000000; for (const x of a) { }`, "ran for more than"},
		{"stash", `ctx.stash.x = { get a() { const a = []; a.length = 4000000000; for (const x of a) { } } }; return 1`, "ran for more than"},
		{"getter", `return { get a() { const a = []; a.length = 4000000000; for (const x of a) { } } }`, "ran for more than"},
		{"doubling", `let s = 'xxxxxxxx'; const a = [1]; for (const x of a) { s = s + s; a.push(1) }`, "memory"},
		{"list", `const l = [1]; for (const x of l) { l.push('a' + l.length) }`, ""},
		{"join", `const a = []; a.length = 1000000; return a.join('0123456789012345678901234567890123456789012345678901234567890123456789')`, "memory"},
		{"long array", `const a = []; a.length = 4000000000; return a.indexOf(1)`, "elements"},
		{"spread", `const a = []; a.length = 4000000000; return [...a].length`, ""},
		{"fill", `return Array(4000000000).fill(0)`, "elements"},
		{"replaceAll", `let s = 'a'; for (const x of [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15]) { s = s.replaceAll('a', 'aaaaaaaaaa') } return s`, "memory"},
		{"deep", `let a = []; const l = [1]; for (const x of l) { a = [a]; if (l.length < 3000) { l.push(1) } } return a`, "nested"},
		{"deep join", `let a = []; const l = [1]; for (const x of l) { a = [a]; if (l.length < 3000) { l.push(1) } } return '' + a`, "nested"},
		{"deep flat", `let a = []; const l = [1]; for (const x of l) { a = [a]; if (l.length < 3000) { l.push(1) } } return a.flat(Infinity)`, "nested"},
		{"cycle", `const a = {}; a.a = a; return a`, "contains itself"},
		{"large", `let s = 'xxxxxxxxxxxxxxxx'; for (const x of [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19]) { s = s + s } return s`, "larger"},
		{"shared", `let a = ['xxxxxxxxxxxxxxxxxxxxxxxx']; for (const x of [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25]) { a = [a, a] } return JSON.stringify(a)`, ""},
		{"regex", `return 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'.replaceAll('(a+)+$$b', 'x')`, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			e := patient
			if c.reason == "" || strings.Contains(c.reason, "ran for") {
				e = brief
			}
			out := request(t, e, c.body, &Call{})
			if out.Failure == nil {
				t.Fatalf("no error, %d bytes", len(out.Value))
			}
			if !strings.Contains(out.Reason, c.reason) {
				t.Errorf("reason %q", out.Reason)
			}
			if got := value(t, e, `return 1`, &Call{}); got != "1" {
				t.Errorf("afterwards: %s", got)
			}
		})
	}
}

func TestContextEnds(t *testing.T) {
	t.Parallel()
	e := open(t, Options{Timeout: time.Hour})
	m := load(t, e, `export function request() { const a = []; a.length = 4000000000; for (const x of a) { } }`)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if out := m.Call(ctx, "request", &Call{}); out.Failure == nil || out.Failure.Type != typeTimeout {
		t.Errorf("outcome %+v", out)
	}
	if out := m.Call(ctx, "request", &Call{}); out.Failure == nil {
		t.Errorf("outcome %+v", out)
	}
}
