package appsyncjs

import (
	"encoding/json"
	"testing"
)

// TestConstantModules: which top levels are known to have no state.
func TestConstantModules(t *testing.T) {
	t.Parallel()
	e := open(t, Options{})
	cases := []struct {
		code     string
		constant bool
	}{
		{pair, true},
		{`import * as ddb from '@aws-appsync/utils/dynamodb'; export function request(ctx) { return ddb.get({ key: { id: 1 } }) }`, true},
		{"const MOST = -20 * 2, NAME = `a${1}b`; const also = MOST; const add = (x) => x + also; export const request = (ctx) => [1].map(add)", true},
		{`export default function () { } export const request = (ctx) => ctx?.args?.a ?? null`, true},
		{`function helper(f) { return f } export function request(ctx) { const o = { helper }; return o.helper(1) }`, true},
		{`let n = 0; export function request() { n += 1; return n }`, false},
		{`let n = 0; export function request() { [n] = [n + 1]; return n }`, false},
		{`let n = 0; export function request() { ({ n } = { n: n + 1 }); return n }`, false},
		{`let n = 0; export function request() { ({ a: n = 2 } = {}); return n }`, false},
		{`let n = 0; export function request() { for (n of [1]) { } return n }`, false},
		{`let n = 0; export function request() { for (n in { a: 1 }) { } return n }`, false},
		{`let n; export function request() { n ??= 1; return n }`, false},
		{`const seen = []; export function request() { seen.push(1); return seen }`, false},
		{`const o = { a: 1 }; export function request() { return o }`, false},
		{`const f = (() => { let n = 0; return () => { n += 1; return n } })(); export const request = () => f()`, false},
		{`function f() { } f.n = 0; export function request() { return 1 }`, false},
		{`function f() { } export function request() { f.n = 1; return 1 }`, false},
		{`function f() { } export function request() { const { n } = f; f['n'] = 1; return n }`, false},
		{`function f() { } export function request() { return f?.n }`, false},
		{`const a = b; const b = 1; export function request() { return a }`, false},
		{`const now = util.time.nowEpochSeconds(); export function request() { return now }`, false},
		{"const tag = (s) => s; export function request() { return tag`a` }", false},
		{`if (true) { var n = 1 } export function request() { return n }`, false},
	}
	for _, c := range cases {
		m, problems := e.Load(inline(c.code))
		if c.constant && len(problems) > 0 {
			t.Errorf("%s: %v", c.code, problems)
		}
		if m != nil && m.constant != c.constant {
			t.Errorf("%s: constant is %v", c.code, m.constant)
		}
	}
}

// TestConstantModulesKeepNothing: what tries to leave something behind in a
// module whose top level does not run again.
func TestConstantModulesKeepNothing(t *testing.T) {
	t.Parallel()
	e := open(t, Options{Runtimes: 1})
	bodies := []string{
		`Object.assign(helper, { polluted: 1 })`,
		`const g = [helper][0]; g.polluted = 1`,
		`const { f } = { f: helper }; f.polluted = 1`,
		`const g = [helper][0]; g.prototype.polluted = 1`,
		`const g = [helper][0]; g.prototype.constructor.polluted = 1`,
		`const g = [request][0]; g.polluted = 1`,
		`const g = [arrow][0]; g.polluted = 1`,
		`const g = [named][0]; g.polluted = 1`,
		`const g = [util][0]; g.polluted = 1`,
		`const g = [get][0]; g.polluted = 1`,
		`[helper].map((f) => { f.polluted = 1 })`,
		`const g = [helper][0]; g.name = 'x'`,
		`const g = [helper][0]; delete g.prototype`,
		`const g = [helper][0]; g.__proto__.polluted = 1`,
	}
	for _, body := range bodies {
		m, problems := e.Load(inline(`import { util } from '@aws-appsync/utils'; import { get } from '@aws-appsync/utils/dynamodb';
const arrow = (x) => x;
const named = function (x) { return x };
function helper(x) { return x }
export function request(ctx) {
  if (ctx.args.attack) { ` + body + `; }
  const all = [helper, request, arrow, named, get, util];
  return all.map((f) => [typeof f.polluted, f.prototype && typeof f.prototype.polluted, f === helper ? f.name : '']);
}`))
		if len(problems) > 0 {
			continue
		}
		if !m.constant {
			t.Errorf("%s: not constant, so not tried", body)
		}
		calm, attack := &Call{Arguments: json.RawMessage(`{}`)}, &Call{Arguments: json.RawMessage(`{"attack":true}`)}
		before := m.Call(t.Context(), "request", calm)
		m.Call(t.Context(), "request", attack)
		after := m.Call(t.Context(), "request", calm)
		if before.Failure != nil || string(before.Value) != string(after.Value) {
			t.Errorf("%s: %s, then %s (%s)", body, before.Value, after.Value, after.Reason)
		}
	}
}

func TestConstantModulesAreBounded(t *testing.T) {
	t.Parallel()
	e := open(t, Options{Runtimes: 1})
	m := load(t, e, `export const request = () => 1`)
	w := e.idle[0]
	for range maxConstants {
		w.constants[&Module{}] = w.ended
	}
	if out := m.Call(t.Context(), "request", &Call{}); string(out.Value) != "1" {
		t.Errorf("%+v", out)
	}
	if len(w.constants) != 1 {
		t.Errorf("%d modules are kept", len(w.constants))
	}
}
