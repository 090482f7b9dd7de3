package library

import (
	"math"

	"github.com/dop251/goja"
)

// dynamodbFunctions are those of util.dynamodb. Numbers stay numbers, as AppSync
// has them: {"N": 10}. Undefined is null throughout.
var dynamodbFunctions = []function{
	{"toDynamoDB", 1, func(l *library, a arguments) goja.Value { return l.typed(a.at(0), 0) }},
	{"toString", 1, func(l *library, a arguments) goja.Value { return l.scalar("S", a, (*library).stringValue) }},
	{"toStringSet", 1, func(l *library, a arguments) goja.Value { return l.set("SS", a.at(0), (*library).stringValue) }},
	{"toNumber", 1, func(l *library, a arguments) goja.Value { return l.scalar("N", a, (*library).numberValue) }},
	{"toNumberSet", 1, func(l *library, a arguments) goja.Value { return l.set("NS", a.at(0), (*library).numberValue) }},
	{"toBinary", 1, func(l *library, a arguments) goja.Value { return l.scalar("B", a, (*library).stringValue) }},
	{"toBinarySet", 1, func(l *library, a arguments) goja.Value { return l.set("BS", a.at(0), (*library).stringValue) }},
	{"toBoolean", 1, func(l *library, a arguments) goja.Value { return l.scalar("BOOL", a, (*library).booleanValue) }},
	{"toNull", 0, func(l *library, _ arguments) goja.Value { return l.attribute("NULL", goja.Null()) }},
	{"toList", 1, toList},
	{"toMap", 1, toMap},
	{"toMapValues", 1, toMapValues},
	{"toS3Object", 4, toS3Object},
	{"fromS3ObjectJson", 1, fromS3ObjectJSON},
}

func (l *library) attribute(name string, v goja.Value) *goja.Object {
	l.grow(48)
	o := l.vm.NewObject()
	l.put(o, name, v)
	return o
}

// typed is a value as a DynamoDB attribute value: lists rather than sets.
func (l *library) typed(v goja.Value, depth int) goja.Value {
	l.descend(depth)
	if isNull(v) {
		return l.attribute("NULL", goja.Null())
	}
	switch v := v.(type) {
	case goja.String:
		return l.attribute("S", v)
	case *goja.Object:
		return l.typedObject(v, depth)
	case *goja.Symbol:
		l.throw("a symbol is no DynamoDB value")
	}
	if kindOfPrimitive(v) == "a boolean" {
		return l.attribute("BOOL", v)
	}
	return l.attribute("N", l.numberValue(v))
}

func (l *library) typedObject(o *goja.Object, depth int) goja.Value {
	return l.document(l.appendTyped(nil, o, depth))
}

// typedMembers is an object with every member typed.
func (l *library) typedMembers(o *goja.Object, depth int) goja.Value {
	return l.document(l.appendTypedMembers(nil, o, depth))
}

func toList(l *library, a arguments) goja.Value {
	if a.null(0) {
		return goja.Null()
	}
	elements, ok := l.list(a.at(0))
	if !ok {
		l.throw("util.dynamodb.toList takes an array, not %s", kindOf(a.at(0)))
	}
	return l.document(l.appendTypedList(nil, elements, 0))
}

func toMap(l *library, a arguments) goja.Value {
	if a.null(0) {
		return goja.Null()
	}
	return l.attribute("M", l.mapValues(a.at(0), "util.dynamodb.toMap"))
}

func toMapValues(l *library, a arguments) goja.Value {
	if a.null(0) {
		return goja.Null()
	}
	return l.mapValues(a.at(0), "util.dynamodb.toMapValues")
}

func (l *library) mapValues(v goja.Value, who string) goja.Value {
	o := plainObject(v)
	if o == nil {
		l.throw("%s takes an object, not %s", who, kindOf(v))
	}
	return l.typedMembers(o, 0)
}

// scalar is {name: value}, or null for null.
func (l *library) scalar(name string, a arguments, convert func(*library, goja.Value) goja.Value) goja.Value {
	if a.null(0) {
		return goja.Null()
	}
	return l.attribute(name, convert(l, a.at(0)))
}

// set is {name: [values]}, or null for null. It keeps order and duplicates:
// DynamoDB refuses the latter.
func (l *library) set(name string, v goja.Value, convert func(*library, goja.Value) goja.Value) goja.Value {
	if isNull(v) {
		return goja.Null()
	}
	elements, ok := l.list(v)
	if !ok {
		l.throw("a DynamoDB set is made of an array, not of %s", kindOf(v))
	}
	for i, e := range elements {
		elements[i] = convert(l, e)
	}
	return l.attribute(name, l.array(elements))
}

func (l *library) stringValue(v goja.Value) goja.Value {
	if _, ok := v.(goja.String); ok {
		return v
	}
	if _, ok := v.(*goja.Object); ok || isNull(v) {
		l.throw("a string is expected, not %s", kindOf(v))
	}
	return l.string(l.text(v))
}

func (l *library) numberValue(v goja.Value) goja.Value {
	f, ok := numberOf(v)
	if !ok || math.IsInf(f, 0) {
		l.throw("a finite number is expected, not %s", described(v))
	}
	return v
}

// described names NaN and the infinities, which are numbers too.
func described(v goja.Value) string {
	if kind := kindOf(v); kind != "a number" {
		return kind
	}
	return v.String()
}

func (l *library) booleanValue(v goja.Value) goja.Value {
	if kindOf(v) != "a boolean" {
		l.throw("a boolean is expected, not %s", kindOf(v))
	}
	return v
}
