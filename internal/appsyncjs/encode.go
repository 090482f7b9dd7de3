package appsyncjs

import (
	"bytes"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/dop251/goja"
)

// encoder writes JavaScript values as JSON, with the keys in JavaScript's order.
type encoder struct {
	w     *worker
	out   []byte
	path  []*goja.Object // what is being written, to find cycles
	most  int            // bytes
	plain bool           // JSON.stringify: leave out what JSON lacks; else that is an error

	// Of JSON.stringify.
	indent   string
	only     map[string]bool // keys to write; nil: all
	replacer goja.Callable
}

// encode writes a result. It throws a TypeError for what has no JSON form.
func (w *worker) encode(value goja.Value) rawJSON {
	if isAbsent(value) {
		return rawJSON("null")
	}
	e := encoder{w: w, most: maxResult, out: w.scratch[:0], path: w.path[:0]}
	w.scratch, w.path = nil, nil // a getter may encode something else meanwhile
	e.value(value)
	if cap(e.out) <= maxScratch {
		w.scratch = e.out
	}
	w.path = e.path
	return bytes.Clone(e.out)
}

// maxScratch bounds what a runtime keeps for the next result.
const maxScratch = 64 << 10

func isAbsent(v goja.Value) bool { return v == nil || goja.IsUndefined(v) || goja.IsNull(v) }

func (e *encoder) throw(format string, args ...any) {
	panic(e.w.vm.NewTypeError(fmt.Sprintf(format, args...)))
}

func (e *encoder) value(v goja.Value) {
	if len(e.out) > e.most {
		e.throw("the value is larger than %d bytes", e.most)
	}
	switch {
	case isAbsent(v):
		e.out = append(e.out, "null"...)
	case goja.IsString(v):
		e.str(v.(goja.String))
	case goja.IsNumber(v):
		e.number(v)
	default:
		e.other(v)
	}
}

func (e *encoder) other(v goja.Value) {
	switch x := v.(type) {
	case *goja.Object:
		e.object(x)
	case *goja.Symbol:
		e.unfit("a symbol")
	default:
		if goja.IsBigInt(v) {
			e.throw("a BigInt has no JSON form")
		}
		e.out = strconv.AppendBool(e.out, v.ToBoolean())
	}
}

// unfit is for what has no JSON form.
func (e *encoder) unfit(what string) {
	if !e.plain {
		e.throw("%s has no JSON form", what)
	}
	e.out = append(e.out, "null"...)
}

func (e *encoder) number(v goja.Value) {
	if goja.IsNaN(v) || goja.IsInfinity(v) {
		e.unfit(v.String())
		return
	}
	if v.ExportType() == intType {
		e.out = strconv.AppendInt(e.out, v.ToInteger(), 10)
		return
	}
	text := v.String()
	e.out = append(e.out, text...)
}

func (e *encoder) object(o *goja.Object) {
	kind := o.ExportType()
	if kind == lazyType {
		e.lazy(o, lazyOf(o))
		return
	}
	switch class := o.ClassName(); class {
	case "Function":
		e.unfit("a function")
	case "Number", "String", "Boolean":
		e.value(e.w.vm.ToValue(o.Export()))
	default:
		if kind == promiseType {
			e.throw("a Promise has no JSON form: async code is not supported")
		}
		e.enter(o)
		if class == "Array" {
			e.array(o)
		} else {
			e.members(o)
		}
		e.path = e.path[:len(e.path)-1]
	}
}

var (
	promiseType = reflect.TypeFor[*goja.Promise]()
	intType     = reflect.TypeFor[int64]()
)

func (e *encoder) enter(o *goja.Object) {
	e.w.checkpoint()
	if len(e.path) >= maxDepth {
		e.throw("the value is nested more than %d deep", maxDepth)
	}
	for _, outer := range e.path {
		if outer == o {
			e.throw("the value contains itself")
		}
	}
	e.path = append(e.path, o)
}

func (e *encoder) array(o *goja.Object) {
	e.out = append(e.out, '[')
	n := e.w.length(o)
	for i := range n {
		if i > 0 {
			e.out = append(e.out, ',')
		}
		e.line(0)
		key := strconv.Itoa(i)
		e.value(e.item(o, key))
	}
	e.close(']', n > 0)
}

func (e *encoder) members(o *goja.Object) {
	e.out = append(e.out, '{')
	some := false
	for _, key := range e.keys(o) {
		if e.only != nil && !e.only[key] {
			continue
		}
		v := e.item(o, key)
		if v == nil || goja.IsUndefined(v) || e.plain && isUnfit(v) {
			continue
		}
		e.key(key, some)
		some = true
		e.value(v)
	}
	e.close('}', some)
}

// key begins a member.
func (e *encoder) key(key string, another bool) {
	if another {
		e.out = append(e.out, ',')
	}
	e.line(0)
	e.out = append(appendQuoted(e.out, key), ':')
	if e.indent != "" {
		e.out = append(e.out, ' ')
	}
}

// keys lists what an object has. Scripts cannot hide properties; only ctx.info
// has hidden ones. Object.Keys is much slower.
func (e *encoder) keys(o *goja.Object) []string {
	if e.w.object != nil && e.w.object.info == o {
		return o.Keys()
	}
	return o.GetOwnPropertyNames()
}

// item reads a member as JSON.stringify does.
func (e *encoder) item(o *goja.Object, key string) goja.Value {
	v := o.Get(key)
	if e.replacer == nil {
		return v
	}
	v, err := e.replacer(o, e.w.vm.ToValue(key), v)
	if err != nil {
		panic(err)
	}
	return v
}

func isUnfit(v goja.Value) bool {
	if o, ok := v.(*goja.Object); ok {
		return o.ClassName() == "Function"
	}
	_, ok := v.(*goja.Symbol)
	return ok
}

// line begins a line if the output is indented.
func (e *encoder) line(less int) {
	if e.indent != "" {
		e.out = append(append(e.out, '\n'), strings.Repeat(e.indent, len(e.path)-less)...)
	}
}

func (e *encoder) close(bracket byte, some bool) {
	if some {
		e.line(1)
	}
	e.out = append(e.out, bracket)
}
