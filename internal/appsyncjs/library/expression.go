package library

import (
	"strconv"

	"github.com/dop251/goja"
)

// expression is a DynamoDB condition under construction. AppSync names an
// attribute #field, and a value by the way to it: :and_0_field_eq.
type expression struct {
	l             *library
	text          []byte
	names, values *goja.Object
}

// condition turns a filter object into an expression, nil if AppSync cannot: an
// unknown operator, or an operand that the operator does not take.
func (l *library) condition(filter goja.Value) *expression {
	e := &expression{l: l, names: l.vm.NewObject(), values: l.vm.NewObject()}
	if !e.filter(filter, "", 0, false) {
		return nil
	}
	return e
}

func (e *expression) write(parts ...string) bool {
	for _, p := range parts {
		e.l.grow(len(p))
		e.text = append(e.text, p...)
	}
	return true
}

// joined writes n parts, between parentheses if wrap says so and they are
// several. A part that writes nothing is joined all the same, as AppSync does.
func (e *expression) joined(n int, joiner string, wrap bool, part func(i int) bool) bool {
	wrap = wrap && n > 1
	if wrap {
		e.write("(")
	}
	for i := range n {
		if i > 0 {
			e.write(joiner)
		}
		if !part(i) {
			return false
		}
	}
	if wrap {
		e.write(")")
	}
	return true
}

// filter writes the members of a filter object. path is what the names of values
// begin with: "" or "and_0_" and so on.
func (e *expression) filter(v goja.Value, path string, depth int, wrap bool) bool {
	e.l.descend(depth)
	o := plainObject(v)
	if o == nil {
		return false
	}
	members := e.l.entries(o)
	return e.joined(len(members), " AND ", wrap, func(i int) bool {
		return e.member(members[i], path, depth)
	})
}

func (e *expression) member(m entry, path string, depth int) bool {
	switch m.key {
	case "and":
		return e.group(m, " AND ", path, depth)
	case "or":
		return e.group(m, " OR ", path, depth)
	case "not":
		return e.write("(NOT ") && e.filter(m.value, e.extend(path, "not"), depth+1, true) && e.write(")")
	}
	return e.field(m.key, m.value, e.extend(path, m.key), depth, false)
}

func (e *expression) extend(path, name string) string {
	e.l.grow(len(path) + len(name) + 1)
	return path + name + "_"
}

func (e *expression) group(m entry, joiner, path string, depth int) bool {
	filters, ok := e.l.list(m.value)
	if !ok {
		return false
	}
	return e.joined(len(filters), joiner, true, func(i int) bool {
		return e.filter(filters[i], e.extend(path, m.key+"_"+strconv.Itoa(i)), depth+1, false)
	})
}

// field writes the operators of one field. A field without operators still has
// its name in the result.
func (e *expression) field(field string, v goja.Value, path string, depth int, sized bool) bool {
	e.l.descend(depth)
	o := plainObject(v)
	if o == nil {
		return false
	}
	name := "#" + field
	e.l.grow(2 * len(name))
	e.l.put(e.names, name, e.l.string(field))
	target := name
	if sized {
		target = "size(" + name + ")"
	}
	operators := e.l.entries(o)
	return e.joined(len(operators), " AND ", true, func(i int) bool {
		op := operators[i]
		if op.key == "size" { // deeper in the value's name, but one call of size
			return e.field(field, op.value, e.extend(path, "size"), depth+1, true)
		}
		return e.operator(target, op, ":"+path+op.key)
	})
}

func (e *expression) operator(target string, op entry, value string) bool {
	switch op.key {
	case "between":
		return e.between(target, op.value, value)
	case "in":
		return e.in(target, op.value, value)
	case "attributeExists":
		return e.exists(target, op.value)
	case "attributeType":
		return e.attributeType(target, op.value, value)
	}
	if sign := comparison(op.key); sign != "" {
		return e.write("(", target, " ", sign, " ", e.bind(value, op.value), ")")
	}
	if call := functionName(op.key); call != "" {
		return e.write("(", call, "(", target, ",", e.bind(value, op.value), "))")
	}
	return false
}

// bind gives a value its name.
func (e *expression) bind(name string, v goja.Value) string {
	e.l.grow(len(name))
	e.l.put(e.values, name, e.l.typed(v, 0))
	return name
}

func comparison(operator string) string {
	switch operator {
	case "eq":
		return "="
	case "ne":
		return "<>"
	case "lt":
		return "<"
	case "le":
		return "<="
	case "gt":
		return ">"
	case "ge":
		return ">="
	}
	return ""
}

func functionName(operator string) string {
	switch operator {
	case "contains":
		return "contains"
	case "notContains":
		return "NOT contains"
	case "beginsWith":
		return "begins_with"
	}
	return ""
}

// between takes two bounds and ignores what follows them.
func (e *expression) between(target string, v goja.Value, value string) bool {
	bounds, ok := e.l.list(v)
	if !ok || len(bounds) < 2 {
		return false
	}
	return e.write("(", target, " BETWEEN ", e.bind(value+"_start", bounds[0]), " AND ", e.bind(value+"_end", bounds[1]), ")")
}

func (e *expression) in(target string, v goja.Value, value string) bool {
	choices, ok := e.l.list(v)
	if !ok {
		return false
	}
	if len(choices) == 0 {
		return e.write("(null)") // AppSync's, word for word
	}
	e.write("(", target, " IN (")
	return e.joined(len(choices), ", ", false, func(i int) bool {
		return e.write(e.bind(value+"_"+strconv.Itoa(i), choices[i]))
	}) && e.write("))")
}

func (e *expression) exists(target string, v goja.Value) bool {
	if isNull(v) || kindOf(v) != "a boolean" {
		return false
	}
	if v.ToBoolean() {
		return e.write("(attribute_exists(", target, "))")
	}
	return e.write("(attribute_not_exists(", target, "))")
}

func (e *expression) attributeType(target string, v goja.Value, value string) bool {
	s, ok := v.(goja.String)
	if !ok {
		return false
	}
	code := typeCode(s.String())
	return code != "" && e.write("(attribute_type(", target, ",", e.bind(value, e.l.string(code)), "))")
}

func typeCode(name string) string {
	switch name {
	case "_null":
		return "NULL"
	case "string":
		return "S"
	case "stringSet":
		return "SS"
	case "number":
		return "N"
	case "numberSet":
		return "NS"
	case "binary":
		return "B"
	case "binarySet":
		return "BS"
	case "boolean":
		return "BOOL"
	case "list":
		return "L"
	case "map":
		return "M"
	}
	return ""
}
