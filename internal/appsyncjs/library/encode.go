package library

import (
	"encoding/json"
	"strconv"
	"unicode/utf8"

	"github.com/dop251/goja"
)

// encode is JSON.stringify with the bytes asked for before they are made. Values
// that JSON cannot hold become null.
func (l *library) encode(v goja.Value) json.RawMessage {
	return l.appendJSON(nil, v, 0)
}

// optional is encode, with nil for undefined and null.
func (l *library) optional(v goja.Value) json.RawMessage {
	if isNull(v) {
		return nil
	}
	return l.encode(v)
}

func (l *library) appendJSON(dst []byte, v goja.Value, depth int) []byte {
	l.descend(depth)
	o, ok := v.(*goja.Object)
	switch {
	case isNull(v):
		l.grow(4)
		return append(dst, "null"...)
	case !ok:
		return l.appendPrimitive(dst, v)
	}
	if f, ok := goja.AssertFunction(o.Get("toJSON")); ok {
		return l.appendJSON(dst, l.call(f, o), depth+1)
	}
	if isFunction(o) {
		return append(dst, "null"...)
	}
	if elements, ok := l.list(o); ok {
		return l.appendList(dst, elements, depth)
	}
	return l.appendObject(dst, o, depth)
}

func (l *library) call(f goja.Callable, this goja.Value) goja.Value {
	v, err := f(this)
	if err != nil {
		panic(err) // the exception that the function threw
	}
	return v
}

func (l *library) appendList(dst []byte, elements []goja.Value, depth int) []byte {
	dst = append(dst, '[')
	for i, e := range elements {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = l.appendJSON(dst, e, depth+1)
	}
	l.grow(len(elements) + 2)
	return append(dst, ']')
}

func (l *library) appendObject(dst []byte, o *goja.Object, depth int) []byte {
	l.grow(2)
	dst = append(dst, '{')
	first := true
	for _, k := range o.Keys() {
		v := o.Get(k)
		if v == nil || goja.IsUndefined(v) || isFunction(v) {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		l.grow(len(k) + 4)
		dst = append(appendString(dst, k), ':')
		dst = l.appendJSON(dst, v, depth+1)
	}
	return append(dst, '}')
}

func (l *library) appendPrimitive(dst []byte, v goja.Value) []byte {
	if s, ok := v.(goja.String); ok {
		l.grow(s.Length() + 2)
		return appendString(dst, s.String())
	}
	if _, ok := v.(*goja.Symbol); ok {
		return append(dst, "null"...)
	}
	l.grow(8)
	switch p := v.Export().(type) {
	case bool:
		return strconv.AppendBool(dst, p)
	case int64:
		return strconv.AppendInt(dst, p, 10)
	case float64:
		return appendNumber(dst, p, v)
	}
	return appendString(dst, v.String()) // a bigint
}

// appendNumber writes a float as JavaScript does; what is no number is null.
func appendNumber(dst []byte, f float64, v goja.Value) []byte {
	switch {
	case f != f || f > maxFloat || f < -maxFloat:
		return append(dst, "null"...)
	case f == 0:
		return append(dst, '0') // minus zero too
	}
	return append(dst, v.String()...)
}

const maxFloat = 1.7976931348623157e308

// appendString writes s as JSON.stringify does: only quotes, backslashes and
// control characters are escaped.
func appendString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf || c >= ' ' && c != '"' && c != '\\' {
			i++
			continue
		}
		dst = append(dst, s[start:i]...)
		if e := shortEscape(c); e != 0 {
			dst = append(dst, '\\', e)
		} else {
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		i++
		start = i
	}
	return append(append(dst, s[start:]...), '"')
}

func shortEscape(c byte) byte {
	switch c {
	case '"', '\\':
		return c
	case '\b':
		return 'b'
	case '\f':
		return 'f'
	case '\n':
		return 'n'
	case '\r':
		return 'r'
	case '\t':
		return 't'
	}
	return 0
}
