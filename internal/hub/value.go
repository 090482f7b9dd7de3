package hub

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// Value is a field's value as filters see it: null, a boolean, a number, a
// string, a list of those, or something that no filter compares with. The zero
// Value is null, and so is a field that is absent. A Value does not change.
type Value struct {
	scalar
	list []Value
}

// scalar is comparable, and the key of an index. text is "" unless kind is
// kindString, number 0 unless kindNumber, or 1 for true.
type scalar struct {
	kind   kind
	number float64
	text   string
}

type kind uint8

const (
	kindNull kind = iota
	kindBool
	kindNumber
	kindString
	kindList
	kindOther // an object, a list in a list, a number that is none
)

// String is a string's value.
func String(s string) Value { return Value{scalar: scalar{kind: kindString, text: s}} }

// Bool is a boolean's value.
func Bool(b bool) Value {
	v := Value{scalar: scalar{kind: kindBool}}
	if b {
		v.number = 1
	}
	return v
}

// Number is a number's value. Integers over 2^53 are rounded, as in JavaScript.
func Number(n float64) Value {
	if n != n {
		return Value{scalar: scalar{kind: kindOther}}
	}
	return Value{scalar: scalar{kind: kindNumber, number: n}}
}

// Null is the value of what is null or absent.
func Null() Value { return Value{} }

// Object is a value with members. It equals nothing.
func Object() Value { return Value{scalar: scalar{kind: kindOther}} }

// List is a list of values. A list in it equals nothing.
func List(values ...Value) Value {
	list := slices.Clone(values)
	for i, v := range list {
		if v.kind == kindList {
			list[i] = Object()
		}
	}
	return Value{scalar: scalar{kind: kindList}, list: list}
}

// IsNull says whether v is null or absent.
func (v Value) IsNull() bool { return v.kind == kindNull }

// comparable says whether v can equal something.
func (v Value) comparable() bool { return v.kind < kindList }

// equals is strict: values of different types are different.
func (v Value) equals(o Value) bool { return v.comparable() && v.scalar == o.scalar }

// has says whether a list holds o.
func (v Value) has(o Value) bool { return slices.ContainsFunc(v.list, o.equals) }

// compare orders two numbers or two strings, as sort functions do. ok is false
// for anything else.
func (v Value) compare(o Value) (order int, ok bool) {
	switch {
	case v.kind != o.kind:
		return 0, false
	case v.kind == kindString:
		return strings.Compare(v.text, o.text), true
	case v.kind == kindNumber && v.number < o.number:
		return -1, true
	case v.kind == kindNumber && v.number > o.number:
		return 1, true
	}
	return 0, v.kind == kindNumber
}

// ParseValue reads the value that a JSON text is, objects without their
// members. ok is false if raw is not JSON, or has a number that a float64
// cannot hold.
func ParseValue(raw []byte) (v Value, ok bool) {
	raw = trim(raw)
	if len(raw) == 0 {
		return Value{}, false
	}
	switch c := raw[0]; {
	case c == '"':
		return parseString(raw)
	case c == '[':
		return parseList(raw)
	case c == '{':
		return Object(), json.Valid(raw)
	case c == '-' || '0' <= c && c <= '9':
		n, err := strconv.ParseFloat(string(raw), 64)
		return Number(n), err == nil && json.Valid(raw)
	}
	switch string(raw) {
	case "null":
		return Null(), true
	case "true":
		return Bool(true), true
	case "false":
		return Bool(false), true
	}
	return Value{}, false
}

// trim cuts JSON's white space off.
func trim(raw []byte) []byte {
	blank := func(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }
	for len(raw) > 0 && blank(raw[0]) {
		raw = raw[1:]
	}
	for len(raw) > 0 && blank(raw[len(raw)-1]) {
		raw = raw[:len(raw)-1]
	}
	return raw
}

// parseString takes printable ASCII without escapes as it is, and leaves the
// rest to encoding/json.
func parseString(raw []byte) (Value, bool) {
	for i, c := range raw[1:] {
		switch {
		case c == '"':
			return String(string(raw[1 : 1+i])), i == len(raw)-2
		case c == '\\' || c < ' ' || c > '~':
			var s string
			err := json.Unmarshal(raw, &s)
			return String(s), err == nil
		}
	}
	return Value{}, false
}

func parseList(raw []byte) (Value, bool) {
	var items []json.RawMessage
	if err := json.Unmarshal(raw, &items); err != nil {
		return Value{}, false
	}
	list := make([]Value, len(items))
	for i, item := range items {
		if item[0] == '[' {
			list[i] = Object()
			continue
		}
		v, ok := ParseValue(item)
		if !ok {
			return Value{}, false
		}
		list[i] = v
	}
	return Value{scalar: scalar{kind: kindList}, list: list}, true
}
