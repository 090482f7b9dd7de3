package library

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/dop251/goja"
)

// Typed values are made as text: they mostly go into a request as they are, and
// the host may put off making objects of them.

// document is the value of JSON text that the library wrote.
func (l *library) document(text json.RawMessage) goja.Value {
	if l.host.Decode != nil {
		return l.host.Decode(text)
	}
	v, err := l.parser(goja.Undefined(), l.string(string(text)))
	if err != nil {
		panic(err) // an *goja.Exception
	}
	return v
}

// appendTyped writes a value as a DynamoDB attribute value, as typed makes it.
func (l *library) appendTyped(dst []byte, v goja.Value, depth int) []byte {
	l.descend(depth)
	l.grow(48)
	if isNull(v) {
		return append(dst, `{"NULL":null}`...)
	}
	switch v := v.(type) {
	case goja.String:
		l.grow(v.Length())
		return append(appendString16(append(dst, `{"S":`...), v), '}')
	case *goja.Object:
		return l.appendTypedObject(dst, v, depth)
	case *goja.Symbol:
		l.throw("a symbol is no DynamoDB value")
	}
	if kindOfPrimitive(v) == "a boolean" {
		return append(l.appendPrimitive(append(dst, `{"BOOL":`...), v), '}')
	}
	return append(l.appendPrimitive(append(dst, `{"N":`...), l.numberValue(v)), '}')
}

func (l *library) appendTypedObject(dst []byte, o *goja.Object, depth int) []byte {
	if elements, ok := l.list(o); ok {
		return l.appendTypedList(dst, elements, depth)
	}
	if isFunction(o) {
		l.throw("a function is no DynamoDB value")
	}
	return append(l.appendTypedMembers(append(dst, `{"M":`...), o, depth), '}')
}

func (l *library) appendTypedList(dst []byte, elements []goja.Value, depth int) []byte {
	dst = append(dst, `{"L":[`...)
	for i, e := range elements {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = l.appendTyped(dst, e, depth+1)
	}
	return append(dst, "]}"...)
}

// appendTypedMembers writes an object with every member typed.
func (l *library) appendTypedMembers(dst []byte, o *goja.Object, depth int) []byte {
	dst = append(dst, '{')
	for i, k := range o.Keys() {
		if i > 0 {
			dst = append(dst, ',')
		}
		l.grow(len(k) + 4)
		dst = append(appendString(dst, k), ':')
		dst = l.appendTyped(dst, o.Get(k), depth+1)
	}
	return append(dst, '}')
}

// appendString16 is appendString for strings that may have lone surrogates,
// which it escapes.
func appendString16(dst []byte, s goja.String) []byte {
	text := s.String()
	if !strings.ContainsRune(text, utf8.RuneError) {
		return appendString(dst, text)
	}
	dst = append(dst, '"')
	for i := range s.Length() {
		dst = fmt.Appendf(dst, `\u%04x`, s.CharAt(i))
	}
	return append(dst, '"')
}
