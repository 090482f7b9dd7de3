package hub

import "strings"

// Filter is which events a subscription wants: those for which all conditions
// of at least one group hold. A nil Filter, and one without groups, wants
// every event. A Filter must not change once it is in use; it may be shared.
type Filter struct {
	Groups [][]Condition
}

// Condition is one comparison of a field.
type Condition struct {
	Field string // a path with dots, as the runtime reads it
	Op    Op
	// Values is what the field is compared with: one value, the two ends for
	// OpBetween, any number for OpIn, OpNotIn and OpContainsAny. With another
	// number of values a condition does not hold, whatever its operator.
	Values []Value
}

// Op is an operator of AppSync's enhanced filtering ("AWS AppSync enhanced
// subscription filtering", extensions reference). The zero Op is none.
type Op uint8

// The operators. Types are compared strictly: "1" is not 1. A field that is
// absent is null. Numbers and strings have an order (strings that of their
// bytes), nothing else has.
const (
	OpEq          Op = iota + 1 // the same scalar
	OpNe                        // not OpEq
	OpLe                        // both numbers or both strings, at most
	OpLt                        // … less
	OpGe                        // … at least
	OpGt                        // … more
	OpContains                  // a string with the string in it, a list with the scalar in it
	OpNotContains               // not OpContains
	OpBeginsWith                // a string that begins with the string
	OpIn                        // one of the scalars
	OpNotIn                     // not OpIn
	OpBetween                   // at least the first value and at most the second
	OpContainsAny               // OpContains of at least one value

	ops
)

// opNames are AppSync's names.
func opNames() [ops]string {
	return [ops]string{OpEq: "eq", OpNe: "ne", OpLe: "le", OpLt: "lt", OpGe: "ge", OpGt: "gt",
		OpContains: "contains", OpNotContains: "notContains", OpBeginsWith: "beginsWith",
		OpIn: "in", OpNotIn: "notIn", OpBetween: "between", OpContainsAny: "containsAny"}
}

// String is AppSync's name of the operator.
func (op Op) String() string {
	if op == 0 || op >= ops {
		return "unknown"
	}
	return opNames()[op]
}

// parseOp finds the operator of a name, 0 if there is none.
func parseOp(name string) Op {
	for op, n := range opNames() {
		if n == name && op > 0 {
			return Op(op)
		}
	}
	return 0
}

// Match says whether the filter wants an event. field reads one of its fields;
// ok is false for one that is absent.
func (f *Filter) Match(field func(path string) (v Value, ok bool)) bool {
	return f.match(func(path string) Value {
		v, ok := field(path)
		if !ok {
			return Null()
		}
		return v
	})
}

// everything says that there is nothing to compare.
func (f *Filter) everything() bool {
	if f == nil || len(f.Groups) == 0 {
		return true
	}
	for _, g := range f.Groups {
		if len(g) == 0 {
			return true
		}
	}
	return false
}

func (f *Filter) match(field func(path string) Value) bool {
	if f.everything() {
		return true
	}
	for _, g := range f.Groups {
		if all(g, field) {
			return true
		}
	}
	return false
}

func all(group []Condition, field func(path string) Value) bool {
	for i := range group {
		if c := &group[i]; !c.holds(field(c.Field)) {
			return false
		}
	}
	return true
}

// holds compares the field's value v.
func (c *Condition) holds(v Value) bool {
	switch c.Op {
	case OpIn:
		return c.any(v.equals)
	case OpNotIn:
		return !c.any(v.equals)
	case OpContainsAny:
		return c.any(v.contains)
	case OpBetween:
		return len(c.Values) == 2 && ordered(v, c.Values[0], OpGe) && ordered(v, c.Values[1], OpLe)
	}
	return len(c.Values) == 1 && single(c.Op, v, c.Values[0])
}

func (c *Condition) any(holds func(Value) bool) bool {
	for _, value := range c.Values {
		if holds(value) {
			return true
		}
	}
	return false
}

// single is the operators that take one value.
func single(op Op, v, value Value) bool {
	switch op {
	case OpEq:
		return v.equals(value)
	case OpNe:
		return !v.equals(value)
	case OpContains:
		return v.contains(value)
	case OpNotContains:
		return !v.contains(value)
	case OpBeginsWith:
		return v.kind == kindString && value.kind == kindString && strings.HasPrefix(v.text, value.text)
	}
	return ordered(v, value, op)
}

func ordered(v, value Value, op Op) bool {
	order, ok := v.compare(value)
	switch {
	case !ok:
		return false
	case op == OpLe:
		return order <= 0
	case op == OpLt:
		return order < 0
	case op == OpGe:
		return order >= 0
	case op == OpGt:
		return order > 0
	}
	return false
}

func (v Value) contains(o Value) bool {
	if v.kind == kindString && o.kind == kindString {
		return strings.Contains(v.text, o.text)
	}
	return v.has(o)
}
