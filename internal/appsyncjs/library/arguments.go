package library

import (
	"math"

	"github.com/dop251/goja"
)

// arguments are those of one call. A missing one is undefined.
type arguments struct {
	l      *library
	values []goja.Value
}

func (a arguments) at(i int) goja.Value {
	if i < len(a.values) {
		return a.values[i]
	}
	return goja.Undefined()
}

// null tells whether argument i is missing, undefined or null, which AppSync
// does not tell apart.
func (a arguments) null(i int) bool { return isNull(a.at(i)) }

func isNull(v goja.Value) bool {
	return v == nil || goja.IsUndefined(v) || goja.IsNull(v)
}

// text is argument i as a string: "" for null, the decimal or the word for a
// number or a boolean.
func (a arguments) text(i int) string { return a.l.text(a.at(i)) }

func (l *library) text(v goja.Value) string {
	if isNull(v) {
		return ""
	}
	if s, ok := v.(goja.String); ok {
		return s.String()
	}
	if _, ok := v.(*goja.Symbol); ok {
		l.throw("a symbol is not a string")
	}
	if o, ok := v.(*goja.Object); ok {
		return string(l.encode(o))
	}
	return v.String()
}

// required is argument i as a string; anything but a string is refused.
func (a arguments) required(i int, what string) string {
	s, ok := a.at(i).(goja.String)
	if !ok {
		a.l.throw("%s must be a string, not %s", what, kindOf(a.at(i)))
	}
	return s.String()
}

// number is argument i as a finite or infinite number.
func (a arguments) number(i int, what string) float64 {
	f, ok := numberOf(a.at(i))
	if !ok {
		a.l.throw("%s must be a number, not %s", what, kindOf(a.at(i)))
	}
	return f
}

func numberOf(v goja.Value) (float64, bool) {
	if isNull(v) {
		return 0, false
	}
	if _, ok := v.(*goja.Object); ok {
		return 0, false
	}
	switch n := v.Export().(type) {
	case int64:
		return float64(n), true
	case float64:
		return n, !math.IsNaN(n)
	}
	return 0, false
}

// plain is argument i as an object that is no array and no function, or nil.
func (a arguments) plain(i int) *goja.Object { return plainObject(a.at(i)) }

func plainObject(v goja.Value) *goja.Object {
	o, ok := v.(*goja.Object)
	if !ok || o.ClassName() == "Array" || isFunction(o) {
		return nil
	}
	return o
}

func arrayObject(v goja.Value) *goja.Object {
	if o, ok := v.(*goja.Object); ok && o.ClassName() == "Array" {
		return o
	}
	return nil
}

func isFunction(v goja.Value) bool {
	_, ok := goja.AssertFunction(v)
	return ok
}

// list are the elements of array v, false if it is none.
func (l *library) list(v goja.Value) ([]goja.Value, bool) {
	o := arrayObject(v)
	if o == nil {
		return nil, false
	}
	l.grow(16 * l.length(o))
	var elements []goja.Value
	if err := l.vm.ExportTo(o, &elements); err != nil {
		panic(err) // an *goja.Exception: a getter threw
	}
	return elements, true
}

// longestList bounds what a sparse array can cost.
const longestList = 1 << 20

func (l *library) length(o *goja.Object) int {
	n := o.Get("length").ToInteger()
	if n < 0 || n > longestList {
		l.throw("a list of %d elements is too long", n)
	}
	return int(n)
}

func (l *library) throw(format string, args ...any) {
	panic(l.vm.NewTypeError(append([]any{format}, args...)...))
}

// grow prepays n bytes, in steps, so that small ones cost no call.
func (l *library) grow(n int) {
	const step = 4096
	if n > l.credit && l.host.Grow != nil {
		paid := max(n-l.credit, step)
		l.host.Grow(paid)
		l.credit += paid
	}
	l.credit = max(l.credit-n, 0)
}

// kindOf names a value's type for a message.
func kindOf(v goja.Value) string {
	switch {
	case v == nil || goja.IsUndefined(v):
		return "undefined"
	case goja.IsNull(v):
		return "null"
	case isFunction(v):
		return "a function"
	case arrayObject(v) != nil:
		return "an array"
	}
	switch v := v.(type) {
	case *goja.Object:
		return "an object"
	case goja.String:
		return "a string"
	case *goja.Symbol:
		return "a symbol"
	default:
		return kindOfPrimitive(v)
	}
}

func kindOfPrimitive(v goja.Value) string {
	switch v.Export().(type) {
	case int64, float64:
		return "a number"
	case bool:
		return "a boolean"
	}
	return "a bigint"
}
