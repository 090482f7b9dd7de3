package appsyncjs

import (
	_ "embed"
	"encoding/json"
	"fmt"

	"github.com/dop251/goja"
)

// lockdown removes what AppSync does not have and freezes what remains.
//
//go:embed lockdown.js
var lockdown string

// hidden is the global object that bundles take the library from, as their
// authors may use the names of the globals for something else.
const hidden = "__appsync"

// kept lists what stays of each object, functions and properties. AppSync's
// documentation names less ("Supported runtime features"); what it neither
// names nor its ESLint plugin denies stays where it is harmless.
var kept = map[string][]string{
	"globalThis": {"Object", "Array", "String", "Number", "Boolean", "Math", "JSON", "NaN", "Infinity", "undefined",
		"isNaN", "isFinite", "parseInt", "parseFloat", "util", "extensions", "runtime", "console", hidden, countMembers},
	"Object":             {"assign", "entries", "fromEntries", "hasOwn", "keys", "values"},
	"Object.prototype":   {"toString", "valueOf", "hasOwnProperty"},
	"Function.prototype": {},
	"Array":              {"isArray"},
	"Array.prototype": {"length", "at", "concat", "every", "fill", "filter", "find", "findIndex", "findLast", "findLastIndex", "flat",
		"flatMap", "forEach", "includes", "indexOf", "join", "lastIndexOf", "map", "pop", "push", "reduce", "reduceRight", "reverse",
		"shift", "slice", "some", "sort", "splice", "toString", "unshift"},
	"String": {},
	"String.prototype": {"length", "at", "charAt", "concat", "endsWith", "includes", "indexOf", "lastIndexOf", "replace", "replaceAll", "slice",
		"split", "startsWith", "substring", "substr", "toLowerCase", "toString", "toUpperCase", "trim", "trimEnd", "trimStart", "valueOf"},
	"Number":           {"EPSILON", "MAX_SAFE_INTEGER", "MAX_VALUE", "MIN_SAFE_INTEGER", "MIN_VALUE", "NaN", "NEGATIVE_INFINITY", "POSITIVE_INFINITY", "isFinite", "isInteger", "isNaN", "isSafeInteger", "parseFloat", "parseInt"},
	"Number.prototype": {"toFixed", "toPrecision", "toString", "valueOf"},
	"JSON":             {"parse", "stringify"},
}

// lockDown puts the library in place, guards built-in functions and makes
// everything immutable.
func (w *worker) lockDown() error {
	global := w.vm.GlobalObject()
	immutable := []goja.Value{w.modules.Util, w.modules.Extensions, w.modules.Runtime, w.modules.Console}
	dynamodb := w.vm.NewObject()
	for _, name := range w.modules.DynamoDB.Keys() {
		v := w.modules.DynamoDB.Get(name)
		w.set(dynamodb, name, v) // found faster than in the module, which bundles read as a whole
		immutable = append(immutable, v)
	}
	library := w.newObject("util", w.modules.Util, "extensions", w.modules.Extensions, "runtime", w.modules.Runtime, "dynamodb", dynamodb)
	w.set(global, "util", w.modules.Util)
	w.set(global, "extensions", w.modules.Extensions)
	w.set(global, "runtime", w.modules.Runtime)
	w.set(global, "console", w.modules.Console)
	w.define(library, "namespace", 2, w.namespace)
	w.set(global, hidden, library)
	if err := w.guardBuiltins(); err != nil {
		return err
	}
	value, err := w.vm.RunProgram(w.engine.lockdown)
	if err != nil {
		return err
	}
	run, ok := goja.AssertFunction(value)
	if !ok {
		return fmt.Errorf("lockdown.js: no function")
	}
	names, err := json.Marshal(kept)
	if err != nil {
		return err
	}
	_, err = run(goja.Undefined(), append([]goja.Value{w.vm.ToValue(string(names)), library}, immutable...)...)
	return err
}

// namespace fills the object of an "import * as name": it has a getter for each
// export.
func (w *worker) namespace(call goja.FunctionCall) goja.Value {
	target, getters := call.Argument(0).ToObject(w.vm), call.Argument(1).ToObject(w.vm)
	for _, name := range getters.Keys() {
		if err := target.DefineAccessorProperty(name, getters.Get(name), nil, goja.FLAG_FALSE, goja.FLAG_TRUE); err != nil {
			panic(err)
		}
	}
	return target
}
