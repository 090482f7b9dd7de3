package appsyncjs

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestCanonical: which texts stand for themselves.
func TestCanonical(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		`{}`: true, `[]`: true, `{"a":[1,-5,0,0.5,1.25,-0.25,true,false,null,"é\n\"\\"],"b":{"c":{}}}`: true,
		`{"":1}`: true, `[{"a":1},{"a":2}]`: true, `{"a":123456789012345}`: true,
		`{"a": 1}`: false, `{"a":1} `: false, `{"a":1.0}`: false, `{"a":1e2}`: false, `{"a":-0}`: false, `{"a":01}`: false,
		`{"a":1.}`: false, `{"a":.5}`: false, `{"a":-}`: false, `{"a":0.00000001}`: false, `{"a":12345678901234567890}`: false,
		`{"a":1,"a":2}`: false, `{"1":1}`: false, `{"b":1,"0":1}`: false, `{"a":"\u00e9"}`: false, `{"a":"\/"}`: false,
		`{"a":"\ud800"}`: false, "{\"a\":\"\xff\"}": false, "{\"a\":\"\x01\"}": false, `{"a\n":1}`: false,
		`{"a":1,}`: false, `{,}`: false, `[,]`: false, `[1,]`: false, `{"a"}`: false, `{"a":}`: false, `{a:1}`: false, `{`: false, `[`: false,
		`"a"`: false, ``: false, `1`: false, `{"a":tru}`: false, `{"a":"\`: false, `{}{}`: false, `{"a":1e}`: false, `{"a":0.5e3}`: false,
		strings.Repeat("[", maxLazyDepth) + strings.Repeat("]", maxLazyDepth):     true,
		strings.Repeat("[", maxLazyDepth+1) + strings.Repeat("]", maxLazyDepth+1): false,
	} {
		if got := isCanonical([]byte(text)); got != want {
			t.Errorf("%.60s: %v", text, got)
		}
	}
}

// FuzzCanonical: text that is called canonical is what decoding and encoding it
// member by member gives.
func FuzzCanonical(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.5,"é\n",null,true],"b":{"c":{}}}`, `{"a":-0.5,"__proto__":2,"toString":{}}`, `[{"x":0.1},[]]`, `{"a":1e3}`, `{"a":"\u2028"}`} {
		f.Add([]byte(s))
	}
	e := open(f, Options{Runtimes: 1})
	f.Fuzz(func(t *testing.T, text []byte) {
		if !isCanonical(text) {
			return
		}
		w := e.idle[0]
		d := decoder{vm: w.vm, keys: w.keys, text: text}
		value, err := d.value()
		if err != nil || d.pos != len(text) {
			t.Fatalf("%q is no JSON: %v", text, err)
		}
		if got := w.encode(value); string(got) != string(text) {
			t.Errorf("%q is written as %q", text, got)
		}
		lazy, err := w.decode(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := w.encode(lazy); string(got) != string(text) {
			t.Errorf("%q passes as %q", text, got)
		}
	})
}

const lazyDocument = `{"a":{"b":{"c":[1,{"d":"x"}]},"n":1.5},"list":[{"e":{}},[2]],"text":"é\n","none":null}`

// TestObjectsOfDocuments: objects that scripts get behave as if they were made by
// JSON.parse, whatever is done to them and in whichever order.
func TestObjectsOfDocuments(t *testing.T) {
	t.Parallel()
	e := open(t, Options{})
	for _, body := range []string{
		`return x`,
		`return { payload: x, again: x, same: x === x, inner: x.a === x.a, deep: x.a.b.c === x.a.b.c }`,
		`x.a.b.c.push(3); return x`,
		`const c = x.a.b.c; c[1].d = 'y'; return [x, c]`,
		`const b = x.a.b; b.z = 1; return x`,
		`const b = x.a.b; delete x.a; b.z = 1; return [x, b]`,
		`const b = x.a.b; x.a = b; b.c = 0; return [x, b]`,
		`x.list[0].e.f = 1; return x`,
		`const l = x.list; return [x, l.length, l.push(1), x]`,
		`x.self = x.a; x.a.n = 2; return x`,
		`x['1'] = 1; x['0'] = 0; x.zz = 2; x['10'] = 10; x['2'] = 2; return [x, Object.keys(x)]`,
		`x.text = undefined; return [x, Object.keys(x)]`,
		`x.toString = 1; x.valueOf = 2; x.constructor = 3; x.hasOwnProperty = 4; x.__proto__ = 5; return x`,
		`return [x.toString(), x + '', typeof x, Array.isArray(x), x.hasOwnProperty('a'), x.hasOwnProperty('b'), Object.hasOwn(x, 'a'), x.missing]`,
		`return [Object.keys(x), Object.values(x), Object.entries(x.a), { ...x, more: 1 }, Object.assign({}, x)]`,
		`const { a, ...rest } = x; rest.none = 1; a.n = 3; return [rest, x]`,
		`const keys = []; for (const k in x) { keys.push(k); delete x.text } return [keys, x]`,
		`const o = { __proto__: x.a }; o.n = 7; return [o, o.b, x]`,
		`const o = { get g() { x.late = 1; return 2 } }; return { o, x }`,
		`const o = { get g() { delete x.none; x.a.b.c.push(9); return 2 } }; x.o = o; return x`,
		`return [JSON.stringify(x), JSON.stringify(x, null, 2), JSON.stringify(x, ['a', 'n']), JSON.stringify(x, (k, v) => k === 'n' ? 0 : v)]`,
		`x.f = 1; return JSON.stringify(x)`,
		`x.f = () => 1; return JSON.stringify(x)`,
		`return JSON.parse(JSON.stringify(x)).a`,
		`Object.assign(x, { a: 1, q: { r: x.list } }); x.list.push(4); return x`,
		`x.a = [x.a, x.a]; x.a[0].n = 0; return x`,
		`ctx.stash.x = x; ctx.stash.y = x.a; x.a.n = 9; return 1`,
		`ctx.stash.x = ctx.args; ctx.args.k = 1; ctx.arguments.j = 2; return ctx.result`,
		`ctx.result.a.n = 5; return [ctx.args, ctx.result]`,
		`const m = util.dynamodb.toMapValues(x); m.a.M.n.N = 2; m.list.L.push(1); m.text.S += '!'; return [m, x]`,
		`const m = util.dynamodb.toMapValues({ a: x.a, b: x.a }); m.a.M.n = 1; x.a.n = 3; return [m, m.a === m.b, x]`,
		`const t = util.dynamodb.toDynamoDB(x.list); t.L[0].M.e = 1; return [t, x]`,
		`const o = { get a() { x.a.n = 8; return x.a } }; const m = util.dynamodb.toMapValues(o); x.a.n = 9; return [m, x]`,
		`x.cycle = x; return x`,
		`x.a.cycle = x; return x`,
		`const items = x.list.map((i) => i); items[0].e = 2; return [items, x]`,
		`return [util.dynamodb.toMapValues(x), util.toJson === undefined, x]`,
		"for (const i of [...Array(50)].map((_, i) => 'k' + i)) { x[i] = i } delete x.k3; x['7'] = 1; x.k49 = 0; return [x, x.k48, x.k3, Object.hasOwn(x, 'k4')]",
	} {
		got := lazyCase(t, e, body, `ctx.args`)
		want := lazyCase(t, e, body, `JSON.parse(ctx.source)`)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s:\n%s", body, diff)
		}
	}
}

// lazyCase runs a body with x as the document, made lazily or not.
func lazyCase(t *testing.T, e *Engine, body, from string) string {
	// White space makes a document that is read at once.
	spaced := json.RawMessage(strings.Replace(lazyDocument, ":", ": ", 1))
	source, _ := json.Marshal(string(spaced))
	c := &Call{Arguments: json.RawMessage(lazyDocument), Result: json.RawMessage(lazyDocument), Source: source}
	if from != `ctx.args` {
		c.Arguments, c.Result, from = spaced, spaced, `ctx.args`
	}
	m := unchecked(t, e, "export function request(ctx) { const x = "+from+";\n"+body+" }")
	out := m.Call(t.Context(), "request", c)
	return fmt.Sprintf("%s\n%s\n%v %s", out.Value, out.Stash, out.Failure, out.Reason)
}

func TestDocumentsAreNotChanged(t *testing.T) {
	t.Parallel()
	e := open(t, Options{})
	args := json.RawMessage(lazyDocument)
	out := request(t, e, `ctx.args.a.n = 2; ctx.args.list.push(1); delete ctx.args.text; return ctx.args`, &Call{Arguments: args, Result: args})
	if out.Failure != nil || string(args) != lazyDocument {
		t.Errorf("%+v: %s", out.Failure, args)
	}
	same := request(t, e, `return ctx.args`, &Call{Arguments: args})
	clear(same.Value)
	if string(args) != lazyDocument {
		t.Error("a result shares bytes with an argument")
	}
}
