package appsyncjs

import (
	"bytes"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

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

// lazy writes an object of a document, as its text where nothing changed.
func (e *encoder) lazy(o *goja.Object, l *lazyObject) {
	verbatim := e.indent == "" && e.only == nil && e.replacer == nil && len(e.path)+maxLazyDepth < maxDepth
	switch {
	case verbatim && l.raw != nil:
		e.raw(l.raw)
		return
	case e.replacer != nil: // it may change what it is given
		e.enter(o)
		e.members(o)
	default:
		e.enter(o)
		e.lazyMembers(l, verbatim)
	}
	e.path = e.path[:len(e.path)-1]
}

func (e *encoder) raw(text []byte) {
	if len(e.out)+len(text) > e.most {
		e.throw("the value is larger than %d bytes", e.most)
	}
	e.out = append(e.out, text...)
}

// lazyMembers is members for an object of a document. Getters that run
// meanwhile may change it.
func (e *encoder) lazyMembers(l *lazyObject, verbatim bool) {
	e.out = append(e.out, '{')
	some := false
	for _, key := range l.Keys() {
		i := l.find(key)
		if i < 0 || e.only != nil && !e.only[key] {
			continue
		}
		m := &l.members[i]
		if goja.IsUndefined(m.value) || e.plain && isUnfit(m.value) {
			continue
		}
		e.key(key, some)
		some = true
		if _, object := m.value.(*goja.Object); verbatim && m.raw != nil && !object {
			e.raw(m.raw)
			continue
		}
		e.value(l.value(m))
	}
	e.close('}', some)
}

func (e *encoder) enter(o *goja.Object) {
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

// str writes a string; lone surrogates are escaped, as JSON.stringify does.
func (e *encoder) str(s goja.String) {
	text := s.String()
	if len(e.out)+len(text) > e.most {
		e.throw("the value is larger than %d bytes", e.most)
	}
	if !strings.ContainsRune(text, utf8.RuneError) {
		e.out = appendQuoted(e.out, text)
		return
	}
	e.out = append(e.out, '"')
	for i := 0; i < s.Length(); i++ {
		unit := s.CharAt(i)
		lone := unit >= 0xd800 && unit < 0xe000
		if lone && unit < 0xdc00 && i+1 < s.Length() {
			if low := s.CharAt(i + 1); low >= 0xdc00 && low < 0xe000 {
				e.out = utf8.AppendRune(e.out, (rune(unit)-0xd800)<<10|(rune(low)-0xdc00)+0x10000)
				i++
				continue
			}
		}
		if lone {
			e.out = fmt.Appendf(e.out, `\u%04x`, unit)
			continue
		}
		e.out = appendEscaped(e.out, string(rune(unit)))
	}
	e.out = append(e.out, '"')
}

func appendQuoted(out []byte, text string) []byte {
	return append(appendEscaped(append(out, '"'), text), '"')
}

// appendEscaped escapes what JSON.stringify escapes, and nothing else.
func appendEscaped(out []byte, text string) []byte {
	start := 0
	for i := range len(text) {
		c := text[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		out = append(out, text[start:i]...)
		start = i + 1
		if j := strings.IndexByte("\"\\\b\f\n\r\t", c); j >= 0 {
			out = append(out, '\\', `"\bfnrt`[j])
		} else {
			out = fmt.Appendf(out, `\u%04x`, c)
		}
	}
	return append(out, text[start:]...)
}
