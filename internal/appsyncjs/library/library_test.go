package library

import (
	"encoding/json"
	"math/rand"
	"testing"
	"time"

	"github.com/dop251/goja"
)

// moment is the time at which the developer guide's examples were made.
func moment() time.Time { return time.UnixMilli(1517943695749) }

// testRuntime has the modules as globals, ddb being the dynamodb module.
func testRuntime(t testing.TB, h *Host) *goja.Runtime {
	t.Helper()
	vm := goja.New()
	if h.Now == nil {
		h.Now = moment
	}
	if h.Rand == nil {
		h.Rand = rand.New(rand.NewSource(1))
	}
	m := New(vm, h)
	for name, o := range map[string]*goja.Object{"util": m.Util, "extensions": m.Extensions, "runtime": m.Runtime, "console": m.Console, "ddb": m.DynamoDB} {
		if err := vm.Set(name, o); err != nil {
			t.Fatal(err)
		}
	}
	return vm
}

func encoded(t testing.TB, vm *goja.Runtime, code string) json.RawMessage {
	t.Helper()
	l := &library{vm: vm, host: &Host{}}
	return l.encode(run(t, vm, "("+code+")"))
}

// canonical sorts the keys of JSON.
func canonical(t testing.TB, s string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(s), &v); err != nil {
		t.Fatalf("%s: %v", s, err)
	}
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func BenchmarkNew(b *testing.B) {
	b.ReportAllocs()
	for range b.N {
		b.StopTimer()
		vm := goja.New()
		b.StartTimer()
		New(vm, &Host{Now: time.Now})
	}
}

func BenchmarkToMapValues(b *testing.B) {
	vm := testRuntime(b, &Host{Grow: func(int) {}})
	run(b, vm, `const item = {id: "0123456789", tags: ["a", "b", "c"], nested: {a: 1, b: {c: true, d: null}}};
		for (let i = 0; i < 20; i++) item["attribute" + i] = "a value of some thirty characters " + i;
		const convert = () => util.dynamodb.toMapValues(item)`)
	convert, _ := goja.AssertFunction(vm.Get("convert"))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := convert(goja.Undefined()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkUpdate(b *testing.B) {
	vm := testRuntime(b, &Host{Grow: func(int) {}})
	run(b, vm, `const call = () => ddb.update({key: {id: "1"}, update: {a: 1, b: ddb.operations.increment(2), c: "x"}, condition: {id: {attributeExists: true}}})`)
	call, _ := goja.AssertFunction(vm.Get("call"))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := call(goja.Undefined()); err != nil {
			b.Fatal(err)
		}
	}
}
