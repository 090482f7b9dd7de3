package appsyncjs

import (
	"strconv"
	"strings"

	"github.com/dop251/goja"
)

// maxItems bounds arrays that are given to native functions, as their loops
// cannot be interrupted.
const maxItems = 1 << 20

type native = func(goja.FunctionCall) goja.Value

// guardBuiltins replaces built-in functions whose result can be much larger than
// what they are given, that can run for long, or that AppSync defines otherwise.
func (w *worker) guardBuiltins() error {
	array := w.prototype("Array")
	for _, name := range kept["Array.prototype"] {
		w.wrap(array, name, w.guardArray)
	}
	w.wrap(array, "concat", w.guardConcat)
	for _, name := range []string{"includes", "indexOf", "lastIndexOf"} {
		w.wrap(array, name, w.guardSearch)
	}
	w.define(array, "flat", 0, w.flat)
	w.define(array, "flatMap", 1, w.flatMap)
	w.define(array, "join", 1, w.join)
	w.define(array, "toString", 0, func(call goja.FunctionCall) goja.Value { return w.join(goja.FunctionCall{This: call.This}) })
	w.define(array, "sort", 1, w.sort)
	object := w.vm.GlobalObject().Get("Object").ToObject(w.vm)
	for _, name := range []string{"assign", "entries", "keys", "values"} {
		w.wrap(object, name, w.guardMembers)
	}
	w.define(w.vm.GlobalObject(), countMembers, 1, w.countMembers)
	str := w.prototype("String")
	w.wrap(str, "concat", w.guardStringConcat)
	w.wrap(str, "split", w.guardSplit)
	w.define(str, "replace", 2, func(call goja.FunctionCall) goja.Value { return w.replace(call, false) })
	w.define(str, "replaceAll", 2, func(call goja.FunctionCall) goja.Value { return w.replace(call, true) })
	json := w.vm.GlobalObject().Get("JSON").ToObject(w.vm)
	w.define(json, "parse", 2, w.parseJSON)
	w.define(json, "stringify", 3, w.stringifyJSON)
	return w.guardIterator()
}

func (w *worker) prototype(name string) *goja.Object {
	return w.vm.GlobalObject().Get(name).ToObject(w.vm).Get("prototype").ToObject(w.vm)
}

// define puts a native function in place.
func (w *worker) define(o *goja.Object, name string, length int, f native) {
	v := w.vm.ToValue(f).ToObject(w.vm)
	w.hide(v, "name", w.vm.ToValue(name))
	w.hide(v, "length", w.vm.ToValue(length))
	w.hide(o, name, v)
}

// wrap puts guard before a built-in function; it is no function for "length".
func (w *worker) wrap(o *goja.Object, name string, guard func(goja.FunctionCall)) {
	f, ok := o.Get(name).Export().(native)
	if !ok {
		return
	}
	length := int(o.Get(name).ToObject(w.vm).Get("length").ToInteger())
	w.define(o, name, length, func(call goja.FunctionCall) goja.Value {
		guard(call)
		return f(call)
	})
}

// guardIterator lets loops over long arrays and strings, [...array], end with
// their call.
func (w *worker) guardIterator() error {
	for _, code := range []string{"Object.getPrototypeOf([][Symbol.iterator]())", "Object.getPrototypeOf(''[Symbol.iterator]())"} {
		v, err := w.vm.RunString(code)
		if err != nil {
			return err
		}
		w.wrap(v.ToObject(w.vm), "next", func(goja.FunctionCall) { w.checkpoint() })
	}
	return nil
}

// length is the length of an array or what looks like one.
func (w *worker) length(o *goja.Object) int {
	v := o.Get("length")
	if v == nil {
		return 0
	}
	n := v.ToInteger()
	if n > maxItems {
		panic(w.vm.NewTypeError("an array of more than " + strconv.Itoa(maxItems) + " elements"))
	}
	return int(max(n, 0))
}

// guardArray also keeps the methods from objects that only look like an array:
// their length can be another each time it is read.
func (w *worker) guardArray(call goja.FunctionCall) {
	w.checkpoint()
	w.length(w.array(call.This))
}

// array is a value that must be an array.
func (w *worker) array(v goja.Value) *goja.Object {
	o, ok := v.(*goja.Object)
	if !ok || o.ClassName() != "Array" {
		panic(w.vm.NewTypeError("a method of arrays is called on something else"))
	}
	return o
}

// guardSearch bounds what it can cost to compare long strings.
func (w *worker) guardSearch(call goja.FunctionCall) {
	const most = 1 << 32
	if s, ok := call.Argument(0).(goja.String); ok && s.Length()*w.length(w.array(call.This)) > most {
		panic(w.vm.NewTypeError("a long string is searched for in a long array"))
	}
}

// guardMembers is for the functions of Object that list members.
func (w *worker) guardMembers(call goja.FunctionCall) {
	w.checkpoint()
	for _, v := range call.Arguments {
		w.payMembers(v)
	}
}

func (w *worker) guardConcat(call goja.FunctionCall) {
	total := 0
	for _, v := range append([]goja.Value{call.This}, call.Arguments...) {
		if o, ok := v.(*goja.Object); ok {
			total += w.length(o)
		}
	}
	w.grow(16 * total)
}

func (w *worker) guardStringConcat(call goja.FunctionCall) {
	total := 0
	for _, v := range append([]goja.Value{call.This}, call.Arguments...) {
		if s, ok := v.(goja.String); ok {
			total += s.Length()
		}
	}
	w.grow(total)
}

// guardSplit counts the parts before they are made.
func (w *worker) guardSplit(call goja.FunctionCall) {
	if isAbsent(call.This) || len(call.Arguments) == 0 {
		return
	}
	text, separator := call.This.String(), call.Argument(0).String()
	w.grow(32 * (strings.Count(text, separator) + 1))
}

// join is Array.prototype.join.
func (w *worker) join(call goja.FunctionCall) goja.Value {
	defer w.deeper()()
	separator := w.vm.ToValue(",").(goja.String)
	if v := call.Argument(0); !goja.IsUndefined(v) {
		separator = w.text(v)
	}
	o := call.This.ToObject(w.vm)
	n := w.length(o)
	w.grow(max(n-1, 0) * separator.Length())
	var out goja.StringBuilder
	for i := range n {
		w.checkpoint()
		if i > 0 {
			out.WriteString(separator)
		}
		if v := o.Get(strconv.Itoa(i)); !isAbsent(v) {
			s := w.text(v)
			w.grow(s.Length())
			out.WriteString(s)
		}
	}
	return out.String()
}

// text is a value as a string.
func (w *worker) text(v goja.Value) goja.String {
	if s, ok := v.(goja.String); ok {
		return s
	}
	return w.vm.ToValue(v.String()).(goja.String)
}

// parseJSON is JSON.parse, which gives undefined for invalid text in AppSync.
func (w *worker) parseJSON(call goja.FunctionCall) goja.Value {
	text := call.Argument(0).String()
	w.grow(4 * len(text))
	v, err := w.decode([]byte(text))
	if err != nil || text == "" {
		return goja.Undefined()
	}
	return v
}

// stringifyJSON is JSON.stringify.
func (w *worker) stringifyJSON(call goja.FunctionCall) goja.Value {
	e := encoder{w: w, plain: true, most: int(w.engine.maxGrowth - w.grown), indent: indentOf(call.Argument(2))}
	if o, ok := call.Argument(1).(*goja.Object); ok {
		e.choose(o)
	}
	v := call.Argument(0)
	if e.replacer != nil {
		v = e.item(w.newObject("", v), "")
	}
	if v == nil || goja.IsUndefined(v) || isUnfit(v) {
		return goja.Undefined()
	}
	e.value(v)
	w.grow(len(e.out))
	return w.vm.ToValue(string(e.out))
}

// choose takes JSON.stringify's second argument.
func (e *encoder) choose(o *goja.Object) {
	if f, ok := goja.AssertFunction(o); ok {
		e.replacer = f
		return
	}
	if o.ClassName() != "Array" {
		return
	}
	e.only = make(map[string]bool)
	for i := range e.w.length(o) {
		e.w.checkpoint()
		e.only[o.Get(strconv.Itoa(i)).String()] = true
	}
}

// indentOf is what JSON.stringify's third argument stands for.
func indentOf(v goja.Value) string {
	switch {
	case goja.IsNumber(v):
		return strings.Repeat(" ", int(min(max(v.ToInteger(), 0), 10)))
	case goja.IsString(v):
		s := v.String()
		return s[:min(len(s), 10)]
	}
	return ""
}
