package library

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/dop251/goja"
)

// TestTypings compares names and arities with testdata/typings.txt, which
// conformance/clients/utils/typings.mjs prints from the published typings; the
// conformance suite compares it with those of npm.
func TestTypings(t *testing.T) {
	t.Parallel()
	want, err := os.ReadFile("testdata/typings.txt")
	if err != nil {
		t.Fatal(err)
	}
	vm := goja.New()
	got := functionsOf(vm, New(vm, &Host{}))
	if text := strings.Join(got, "\n") + "\n"; text != string(want) {
		t.Errorf("got:\n%s", text)
	}
}

// functionsOf lists the functions as the typings have them.
func functionsOf(vm *goja.Runtime, m *Modules) []string {
	var lines []string
	var add func(name string, o *goja.Object)
	add = func(name string, o *goja.Object) {
		if isFunction(o) {
			lines = append(lines, name+" "+strconv.Itoa(int(o.Get("length").ToInteger())))
			return
		}
		for _, k := range o.Keys() {
			add(name+"."+k, o.Get(k).ToObject(vm))
		}
	}
	add("util", m.Util)
	add("extensions", m.Extensions)
	add("runtime", m.Runtime)
	add("dynamodb", m.DynamoDB)
	slices.Sort(lines)
	return lines
}

func TestFunctionsAreNamed(t *testing.T) {
	t.Parallel()
	vm := testRuntime(t, &Host{})
	if got := run(t, vm, `[util.error.name, util.dynamodb.toString.name, ddb.operations.add.name, console.log.name].join()`).String(); got != "error,toString,add,log" {
		t.Error(got)
	}
}

func TestNothingCanBeChanged(t *testing.T) {
	t.Parallel()
	vm := testRuntime(t, &Host{})
	for _, code := range []string{
		`util.error = 1`, `util.dynamodb.toMap = 1`, `util.added = 1`, `delete util.error`, `delete util.dynamodb`,
		`util.error.added = 1`, `util.error.name = "x"`, `Object.defineProperty(util, "x", {value: 1})`,
		`Object.setPrototypeOf(util, {})`, `util.__proto__ = {}`, `Object.setPrototypeOf(util.error, {})`, `util[0] = 1`,
		`util[Symbol.iterator] = 1`, `ddb.operations.add = 1`, `runtime.earlyReturn = 1`, `console.log = 1`, `extensions.x = 1`,
		`Object.defineProperty(util, "error", {value: 1})`,
	} {
		if _, err := vm.RunString(`"use strict"; ` + code); err == nil || !strings.Contains(err.Error(), "TypeError") {
			t.Errorf("%s: %v", code, err)
		}
	}
	if !run(t, vm, `[util, util.time, util.error, ddb, ddb.operations, console].every(o => Object.isFrozen(o))`).ToBoolean() {
		t.Error("not frozen")
	}
	if got := run(t, vm, `Object.keys(util).length + " " + ("error" in util) + " " + ("rds" in util) + " " + ("x" in util) + " " + util.hasOwnProperty("time") + " " + typeof util.nothing`).String(); got != "20 true false false true undefined" {
		t.Error(got)
	}
	if _, err := vm.RunString(`util.rds.toJsonObject`); err == nil || !strings.Contains(err.Error(), "util.rds is not supported yet") {
		t.Error(err)
	}
}
