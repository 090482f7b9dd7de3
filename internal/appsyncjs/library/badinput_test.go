package library

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/dop251/goja"
)

// oddities is a JavaScript list of values that no function expects.
const oddities = `(() => {
	const cycle = {}; cycle.self = cycle; cycle.list = [cycle];
	const deep = {}; let at = deep; for (let i = 0; i < 1000; i++) { at.and = [{}]; at = at.and[0]; }
	const sparse = []; sparse.length = 4294967295;
	const thrower = { get key() { throw new Error("a getter") }, get type() { throw new Error("a getter") } };
	return [undefined, null, true, 0, -0, 1.5, NaN, Infinity, -Infinity, 1e308, 9007199254740993, 10n ** 30n, "", "x", "\ud800", "__proto__", "%", "%zz",
		"(((((", "[", "yyyy'", "<a><b></a>", "<", "{\"s3\":1}", Symbol("s"), Symbol.iterator, () => 1, function () { return this }, class A {}, {}, [], cycle, deep, sparse,
		[cycle], thrower, { key: thrower }, { key: cycle }, { key: {}, update: { a: cycle } }, { key: { id: 1 }, update: deep, item: cycle }, { tables: { t: [1, null, cycle] } },
		{ tables: { t: { keys: sparse } } }, { items: [1] }, { items: [{ putItem: { key: {} } }] }, { query: deep, projection: [{}, null, "a[0].b", "[", "..."] },
		new Proxy({}, { get() { throw new Error("a trap") }, ownKeys() { throw new Error("a trap") } }), new Proxy([], { get() { return 7 } }), Object.create(null), new Date(NaN), new Date(0), new Map([[1, 2]]), /x/,
		{ toJSON() { return cycle } }, { toString() { throw new Error("toString") } }, { length: -1 }, new Uint8Array(4), { filterGroup: 1 }, { filterGroup: [{ filters: [{}] }] },
		{ ["__proto__"]: { a: 1 }, constructor: 1, toString: 2 }, "a".repeat(5000)];
})()`

// TestOddities gives every function every odd value, alone and beside others: a
// result or a JavaScript exception, never anything else.
func TestOddities(t *testing.T) {
	t.Parallel()
	vm := testRuntime(t, &Host{Log: func(string, string) {}})
	run(t, vm, "const odd = "+oddities)
	for _, line := range functionsOf(vm, &Modules{
		Util: vm.Get("util").ToObject(vm), Extensions: vm.Get("extensions").ToObject(vm), Runtime: vm.Get("runtime").ToObject(vm), DynamoDB: vm.Get("ddb").ToObject(vm),
	}) {
		name, _, _ := strings.Cut(line, " ")
		name = strings.Replace(name, "dynamodb.", "ddb.", 1)
		if strings.HasPrefix(line, "util.") {
			name, _, _ = strings.Cut(line, " ")
		}
		call(t, vm, `for (const a of odd) { for (const args of [[a], [a, a], ["x", a], [a, "x"], ["yyyy-MM-dd HH:mm", a, a], [0, "HH", a], [a, [a], a], [{}, [], a]]) {
			try { `+name+`(...args) } catch (e) { if (e && e.constructor !== TypeError && e.message !== "a getter" && e.message !== "a trap" && e.message !== "toString") throw e } } }`)
	}
	call(t, vm, `for (const a of odd) { try { console.log(a, a) } catch (e) {} }`)
}

func call(t *testing.T, vm *goja.Runtime, code string) {
	t.Helper()
	defer func() {
		if r := recover(); r != nil {
			t.Errorf("%.200s panics: %v", code, r)
		}
	}()
	if _, err := vm.RunString(code); err != nil {
		t.Errorf("%.200s: %v", code, err)
	}
}

// errBudget is what the tests' Grow ends a call with.
var errBudget = errors.New("over budget")

// TestGrowEndsWhatMultiplies lets values that are small, but contain the same
// thing many times over, run into a budget.
func TestGrowEndsWhatMultiplies(t *testing.T) {
	t.Parallel()
	const bomb = `let x = "0123456789"; for (let i = 0; i < 60; i++) x = [x, x];
		let f = {a: {eq: 1}}; for (let i = 0; i < 60; i++) f = {and: [f, f]};
		let o = {a: {eq: 1}}; for (let i = 0; i < 60; i++) o = {or: [o, o]};
		let m = {a: 1}; for (let i = 0; i < 60; i++) m = {a: m, b: m};
		let big = "\ufdfa".repeat(1e5), xml = "<a/>".repeat(1e5);
		let out = "";`
	for _, code := range []string{
		`util.error("m", "t", x)`, `util.appendError("m", "t", null, x)`, `console.log(x)`, `util.dynamodb.toDynamoDB(x)`, `util.dynamodb.toList(x)`, `util.dynamodb.toMapValues({x})`,
		`util.transform.toDynamoDBFilterExpression(f)`, `util.transform.toElasticsearchQueryDSL(f)`, `util.transform.toSubscriptionFilter(f)`,
		`ddb.put({key: {}, item: m})`, `ddb.update({key: {}, update: m})`, `ddb.query({query: f})`, `ddb.batchPut({tables: {t: [m]}})`,
		`extensions.setSubscriptionFilter({filterGroup: x})`, `extensions.invalidateSubscriptions({subscriptionField: "a", payload: m})`, `extensions.evictFromApiCache("a", "b", m)`,
		`util.str.normalize(big, "nfkd")`, `util.xml.toMap(xml)`, `util.urlEncode(big)`, `util.base64Encode(big.repeat(3))`, `util.escapeJavaScript(big)`,
		`util.http.addResponseHeader("x", x)`,
	} {
		left := 1 << 19
		vm := testRuntime(t, &Host{Log: func(string, string) {}})
		run(t, vm, bomb)
		h := &Host{Log: func(string, string) {}, Invalidate: func(json.RawMessage) {}, Now: moment, Grow: func(n int) {
			if left -= n; left < 0 {
				vm.Interrupt(errBudget)
				panic(errBudget)
			}
		}}
		m := New(vm, h)
		vm.Set("util", m.Util)
		vm.Set("ddb", m.DynamoDB)
		vm.Set("extensions", m.Extensions)
		vm.Set("console", m.Console)
		if err := budgeted(vm, code); !errors.Is(err, errBudget) {
			t.Errorf("%s: %v", code, err)
		}
	}
}

func budgeted(vm *goja.Runtime, code string) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err, _ = r.(error)
		}
	}()
	_, err = vm.RunString(code)
	return err
}
