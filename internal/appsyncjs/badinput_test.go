package appsyncjs

import (
	"bytes"
	"encoding/json"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dop251/goja"
	"github.com/dop251/goja/parser"
)

// unchecked loads code without asking whether AppSync would take it.
func unchecked(t *testing.T, e *Engine, code string) *Module {
	t.Helper()
	s := inline(code)
	read, problems := e.newBundler(&s)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	b, problems := read.bundle()
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	program, err := parser.ParseFile(nil, "", b.code, 0, parser.WithDisableSourceMaps)
	if err != nil {
		t.Fatal(err)
	}
	compiled, err := goja.CompileAST(program, true)
	if err != nil {
		t.Fatal(err)
	}
	return &Module{engine: e, program: compiled, bundle: b}
}

// TestBadResolvers: what must be refused when the code is loaded, and what would
// happen if it were not.
func TestBadResolvers(t *testing.T) {
	t.Parallel()
	e := open(t, Options{Timeout: 200 * time.Millisecond, Runtimes: 2})
	cases := []struct{ name, body, rule, reason string }{
		{"loops", `while (true) { }`, ruleWhile, "ran for more than"},
		{"loops natively", `for (;;) { [1, 2].map((x) => x); }`, ruleFor, "ran for more than"},
		{"throws undefined", `throw undefined`, ruleThrow, "undefined"},
		{"throws null", `throw null`, ruleThrow, "null"},
		{"throws what throws", `throw { toString() { throw 1; } }`, ruleThrow, "an object was thrown"},
		{"throws a string", `throw 'text'`, ruleThrow, "text"},
		{"returns a promise", `return (async () => 1)()`, ruleAsync, "a Promise has no JSON form"},
		{"awaits forever", `return (async () => { await { then() { } } })()`, ruleAwait, "a Promise has no JSON form"},
		{"catches util.error", `try { util.error('x') } catch (e) { return e }`, ruleTry, ""},
		{"catches the end", `try { const a = []; a.length = 4000000000; for (const x of [...a]) { } } catch (e) { while (true) { } }`, ruleTry, "the code "},
		{"recurses", `const f = () => f(); return f()`, ruleRecursion, "more than 200 deep"},
		{"recurses natively", `const f = (x) => [1].map(f); return f()`, "", "more than 200 deep"},
		{"evaluates by a generator", `return (function* () { })().constructor('return 1')`, ruleGenerators, "TypeError"},
		{"evaluates by async", `return (async () => 1).constructor('return 1')()`, ruleAsync, "TypeError"},
		{"changes the prototype of regexes", `/x/.__proto__.exec.x = 1`, ruleRegex, "TypeError"},
		{"changes generators", `(function* () { })().__proto__.next = 1`, ruleGenerators, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			code := "import { util } from '@aws-appsync/utils';\nexport function request(ctx) {\n" + c.body + "\n}"
			_, problems := e.Load(inline(code))
			if c.rule != "" && (len(problems) == 0 || !strings.Contains(problems.Error(), c.rule)) {
				t.Errorf("problems %v", problems)
			}
			out := unchecked(t, e, code).Call(t.Context(), "request", &Call{})
			if c.reason != "" && (out.Failure == nil || !strings.Contains(out.Reason, c.reason)) {
				t.Errorf("failure %+v, reason %q, value %s", out.Failure, out.Reason, out.Value)
			}
			if strings.HasPrefix(c.name, "catches util") && (out.Failure == nil || out.Failure.Message != "x") {
				t.Errorf("failure %+v", out.Failure)
			}
			if got := value(t, e, "return [1].map((x) => x + 1)", &Call{}); got != "[2]" {
				t.Errorf("afterwards: %s", got)
			}
		})
	}
}

func TestValuesWithoutJSONForm(t *testing.T) {
	t.Parallel()
	e := open(t, Options{})
	for body, want := range map[string]string{
		`return () => 1`:                             "a function has no JSON form",
		`return { a: () => 1 }`:                      "a function has no JSON form",
		`return [0 / 0]`:                             "NaN has no JSON form",
		`return { a: Infinity }`:                     "Infinity has no JSON form",
		`return 10n`:                                 "a BigInt has no JSON form",
		`ctx.stash.a = () => 1`:                      "a function has no JSON form",
		`return { get a() { return ctx.source.x } }`: "TypeError: Cannot read property 'x' of",
		`return { then: (f) => f(1) }`:               "a function has no JSON form",
	} {
		m := unchecked(t, e, "export function request(ctx) {"+body+"}")
		out := m.Call(t.Context(), "request", &Call{})
		if out.Failure == nil || !strings.Contains(out.Reason, want) {
			t.Errorf("%s: %+v %q %s", body, out.Failure, out.Reason, out.Value)
		}
		if out.Value != nil || string(out.Stash) != "{}" {
			t.Errorf("%s: value %s, stash %s", body, out.Value, out.Stash)
		}
	}
}

func TestCallWithBadInput(t *testing.T) {
	t.Parallel()
	e := open(t, Options{})
	m := load(t, e, `export function request(ctx) { return [ctx.args, ctx.outErrors] }`)
	for _, args := range []string{`{`, `[1,]`, `{"a":}`, `nul`, `01`, `"\x"`, `1 2`, "\"\x01\"", strings.Repeat("[", 100000)} {
		if out := m.Call(t.Context(), "request", &Call{Arguments: json.RawMessage(args)}); out.Failure == nil {
			t.Errorf("%.20q: %.100s", args, out.Value)
		}
	}
	for _, list := range []string{`{}`, `1`, `"x"`, `null`} {
		m.Call(t.Context(), "request", &Call{OutErrors: json.RawMessage(list)})
	}
	for _, function := range []string{"", "response", "request.x", "request.constructor", ".", "toString"} {
		if out := m.Call(t.Context(), function, &Call{}); out.Failure == nil {
			t.Errorf("%q: %s", function, out.Value)
		}
	}
}

func TestConcurrentCallsAndClose(t *testing.T) {
	t.Parallel()
	e, err := New(Options{Runtimes: 3})
	if err != nil {
		t.Fatal(err)
	}
	m := load(t, e, `let n = 0; export function request(ctx) { n += 1; return { n, id: ctx.args.id } }`)
	endless := load(t, e, `export function request(ctx) { const a = []; a.length = 4000000000; for (const x of a) { } }`)
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			args, _ := json.Marshal(map[string]int{"id": i})
			for range 50 {
				out := m.Call(t.Context(), "request", &Call{Arguments: args})
				if want := `{"n":1,"id":` + string(rune('0'+i)) + `}`; string(out.Value) != want {
					t.Errorf("%s, want %s (%s)", out.Value, want, out.Reason)
				}
			}
		})
	}
	wait.Wait()
	wait.Go(func() {
		if out := endless.Call(t.Context(), "request", &Call{}); out.Failure == nil || out.Reason != errClosed.Error() && !strings.Contains(out.Reason, "not run") {
			t.Errorf("%+v %s", out.Failure, out.Reason)
		}
	})
	for e.running.Load() == 0 {
		runtime.Gosched()
	}
	e.Close()
	e.Close()
	wait.Wait()
	if out := m.Call(t.Context(), "request", &Call{}); out.Failure == nil {
		t.Error("a call after Close")
	}
}

func FuzzLoad(f *testing.F) {
	for _, s := range []string{pair, "export const a = {", strings.Repeat("(", 150), "/*", "`${`${1}`}`", "export default class {}", "import x from './y'",
		strings.Repeat("!", 500) + "1", strings.Repeat("a=>", 100) + "1", strings.Repeat("if(a)", 200) + ";", "label: for (;;) continue label",
		"const {a: [b, ...c], ...d} = e", "export { a as 'x y' }; const a = 1", "async () => await 1", "\x00", "export function request(ctx){return ctx.args?.a ?? `x${1}`}"} {
		f.Add(s)
	}
	e := open(f, Options{Runtimes: 1, Timeout: 100 * time.Millisecond})
	f.Fuzz(func(t *testing.T, code string) {
		m, problems := e.Load(inline(code))
		if (m == nil) == (len(problems) == 0) {
			t.Errorf("module %v, problems %v", m, problems)
		}
		if m != nil && m.Has("request") {
			m.Call(t.Context(), "request", &Call{})
		}
	})
}

func FuzzCall(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.5,-0,"é\u00e9\ud800",null,true]}`, `{"__proto__":1,"toString":2}`, `[[[]]]`, `"\ud83d\ude00"`, `1e999`, `{"a":1,"a":2}`, `12345678901234567890`} {
		f.Add([]byte(s))
	}
	e := open(f, Options{Runtimes: 1})
	m, problems := e.Load(inline(`export function request(ctx) { ctx.stash.a = ctx.args; return [ctx.args, JSON.parse(JSON.stringify(ctx.args))]; }`))
	if len(problems) > 0 {
		f.Fatal(problems)
	}
	f.Fuzz(func(t *testing.T, args []byte) {
		out := m.Call(t.Context(), "request", &Call{Arguments: args})
		if out.Failure == nil && !json.Valid(out.Value) {
			t.Errorf("%q gives %q", args, out.Value)
		}
		if out.Failure == nil && !json.Valid(args) && len(args) > 0 {
			t.Errorf("%q is taken", args)
		}
		if out.Failure != nil && json.Valid(args) && len(args) < 300 && !bytes.ContainsAny(args, "eE") {
			t.Errorf("%q fails: %s", args, out.Reason)
		}
	})
}
