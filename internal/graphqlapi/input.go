package graphqlapi

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// values are the variables of a request, coerced to their types. One that was
// not given, and has no default, is not in it; a given null is.
type values map[string]json.RawMessage

// variable is a variable of an operation.
type variable struct {
	name     string
	typ      *ast.Type
	fallback json.RawMessage // default value; nil: none
	at       *ast.Position
	// strict is the type of a place that takes no null. A variable that may be null
	// can stand there if one of the two has a default. nil: there is no such place.
	strict *ast.Type
}

// variable compiles a definition.
func (c *config) variable(def *ast.VariableDefinition) variable {
	v := variable{name: def.Variable, typ: def.Type, at: def.Position}
	if def.DefaultValue != nil {
		v.fallback = c.literal(nil, def.Type, def.DefaultValue, nil)
	}
	return v
}

// variables coerces what a request sent, nil or an object, in the words of
// graphql-java's ValuesResolver.
func (o *Operation) variables(sent json.RawMessage) (values, *Error) {
	if len(o.vars) == 0 {
		return nil, nil
	}
	vars, given := make(values, len(o.vars)), members(sent)
	for i := range o.vars {
		v := &o.vars[i]
		raw := given[v.name]
		switch {
		case raw == nil && v.strict != nil && v.fallback != nil && isNull(v.fallback):
			return nil, v.noNull(v.strict)
		case raw == nil && v.fallback != nil:
			vars[v.name] = v.fallback
			continue
		case isNull(raw) && v.typ.NonNull:
			return nil, v.noNull(v.typ)
		case raw == nil:
			continue
		case isNull(raw) && v.strict != nil:
			return nil, v.noNull(v.strict)
		}
		in := input{cfg: o.cfg, variable: v.name, name: v.name}
		value, e := in.value(make([]byte, 0, len(raw)), v.typ, raw)
		if e != nil {
			if !e.nowhere {
				return nil, &Error{Locations: at(v.at), Message: e.message}
			}
			return nil, &Error{Message: e.message}
		}
		vars[v.name] = value
	}
	return vars, nil
}

func (v *variable) noNull(t *ast.Type) *Error {
	return &Error{Locations: at(v.at), Message: fmt.Sprintf("Variable '%s' has coerced Null value for NonNull type '%s'", v.name, t)}
}

// input coerces one variable.
type input struct {
	cfg      *config
	variable string
	name     string // of the input field that is looked at, or the variable's
}

// badInput is why a value is refused.
type badInput struct {
	message string
	nowhere bool // AppSync gives no location
}

// invalid is a refusal by the type of a value.
func (in *input) invalid(format string, args ...any) *badInput {
	return &badInput{message: "Variable '" + in.name + "' has an invalid value. " + fmt.Sprintf(format, args...)}
}

// value coerces raw and appends the result.
func (in *input) value(dst []byte, t *ast.Type, raw []byte) ([]byte, *badInput) {
	switch {
	case isNull(raw) && t.NonNull:
		return dst, &badInput{message: fmt.Sprintf("Field '%s' of variable '%s' has coerced Null value for NonNull type '%s'", in.name, in.variable, t)}
	case isNull(raw):
		return append(dst, "null"...), nil
	case t.Elem != nil:
		return in.list(dst, t, raw)
	}
	named := in.cfg.types[t.NamedType]
	if named.leaf == noLeaf {
		return in.object(dst, named, raw)
	}
	dst, why := named.parse(dst, raw)
	if why != "" {
		return dst, in.invalid("%s", why)
	}
	return dst, nil
}

// list coerces the items; a single value is a list of one.
func (in *input) list(dst []byte, t *ast.Type, raw []byte) (_ []byte, e *badInput) {
	dst = append(dst, '[')
	if raw[0] != '[' {
		if dst, e = in.value(dst, t.Elem, raw); e != nil {
			return dst, e
		}
		return append(dst, ']'), nil
	}
	it := iterate(raw)
	for n, item := 0, it.item(); item != nil; n, item = n+1, it.item() {
		if n > 0 {
			dst = append(dst, ',')
		}
		if dst, e = in.value(dst, t.Elem, item); e != nil {
			return dst, e
		}
	}
	return append(dst, ']'), nil
}

// object coerces an input object, in the order of its type.
func (in *input) object(dst []byte, t *namedType, raw []byte) ([]byte, *badInput) {
	if raw[0] != '{' {
		return dst, in.invalid("Expected type 'Map' but was '%s'. Variables for input objects must be an instance of type 'Map'.", javaClass(raw))
	}
	it := iterate(raw)
	for k, _ := it.member(); k != nil; k, _ = it.member() {
		if name := unquote(k); t.def.Fields.ForName(name) == nil {
			return dst, &badInput{nowhere: true, message: fmt.Sprintf("The variables input contains a field name '%s' that is not defined for input object type '%s' ", name, t.name)}
		}
	}
	given := members(raw)
	dst = append(dst, '{')
	first := true
	for _, f := range t.def.Fields {
		v, ok := given[f.Name]
		if !ok && f.DefaultValue == nil && !f.Type.NonNull {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		var e *badInput
		if dst, e = in.field(append(appendString(dst, f.Name), ':'), f, v); e != nil {
			return dst, e
		}
	}
	return append(dst, '}'), nil
}

// field coerces one field of an input object; a null takes the default.
func (in *input) field(dst []byte, f *ast.FieldDefinition, v []byte) ([]byte, *badInput) {
	if isNull(v) && f.DefaultValue != nil {
		return in.cfg.literal(dst, f.Type, f.DefaultValue, nil), nil
	}
	outer := in.name
	in.name = f.Name
	dst, e := in.value(dst, f.Type, v)
	in.name = outer
	return dst, e
}

// parse reads a value of a leaf type that is not null, as graphql-java's
// Coercing.parseValue does. why is empty if it is one.
func (t *namedType) parse(dst, raw []byte) (_ []byte, why string) {
	switch t.leaf {
	case leafEnum:
		name := unquote(raw)
		if raw[0] != '"' || !t.enum[name] {
			return dst, fmt.Sprintf("Invalid input for Enum '%s'. No value found for name '%s'", t.name, javaText(nil, raw))
		}
		return append(dst, raw...), ""
	case leafText:
		if raw[0] != '"' || !t.scalar.Valid(unquote(raw)) {
			return dst, fmt.Sprintf("Unable to parse `%s` as a valid %s.", javaText(nil, raw), t.scalar.Noun)
		}
		return append(dst, raw...), ""
	case leafTimestamp:
		if _, err := strconv.ParseInt(string(raw), 10, 64); err != nil {
			return dst, fmt.Sprintf("Unable to parse `%s` as a valid %s.", javaText(nil, raw), t.scalar.Noun)
		}
		return append(dst, raw...), ""
	case leafJSON:
		text := unquote(raw)
		if raw[0] != '"' || !json.Valid([]byte(text)) {
			return dst, fmt.Sprintf("Unable to parse `%s` as valid JSON.", javaText(nil, raw))
		}
		return append(dst, strings.TrimSpace(text)...), ""
	}
	before := len(dst)
	dst, ok := t.builtin(dst, raw)
	if !ok {
		return dst[:before], fmt.Sprintf("Expected type '%s' but was '%s'.", t.name, javaClass(raw))
	}
	return dst, ""
}

// builtin converts a value to one of GraphQL's own scalars, by the rules of
// graphql-java, which are the same for input and output: numbers are taken
// from strings, a String is made of anything.
func (t *namedType) builtin(dst, raw []byte) ([]byte, bool) {
	switch t.leaf {
	case leafInt:
		return appendInt(dst, raw)
	case leafFloat:
		return appendFloat(dst, raw)
	case leafBoolean:
		return appendBoolean(dst, raw)
	case leafID:
		if raw[0] == '"' {
			return append(dst, raw...), true
		}
		if _, err := strconv.ParseInt(string(raw), 10, 64); err != nil {
			return dst, false
		}
		return append(append(append(dst, '"'), raw...), '"'), true
	}
	if raw[0] == '"' {
		return append(dst, raw...), true
	}
	return appendString(dst, string(javaText(nil, raw))), true
}

// number is the text of a number, or of a string that holds one.
func number(raw []byte) string {
	switch {
	case raw[0] == '"':
		text := unquote(raw)
		if text != "" && (text[0] == '-' || text[0] >= '0' && text[0] <= '9') && json.Valid([]byte(text)) {
			return text
		}
	case raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9':
		return string(raw)
	}
	return ""
}

func appendInt(dst, raw []byte) ([]byte, bool) {
	text := number(raw)
	if n, err := strconv.ParseInt(text, 10, 32); err == nil {
		return strconv.AppendInt(dst, n, 10), true
	}
	f, err := strconv.ParseFloat(text, 64) // 1.0 and 1e3 are integers as well
	if err != nil || f != float64(int32(f)) {
		return dst, false
	}
	return strconv.AppendInt(dst, int64(f), 10), true
}

func appendFloat(dst, raw []byte) ([]byte, bool) {
	text := number(raw)
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f != f {
		return dst, false
	}
	return append(dst, text...), true
}

func appendBoolean(dst, raw []byte) ([]byte, bool) {
	switch raw[0] {
	case 't', 'f':
		return append(dst, raw...), true
	case '"':
		return strconv.AppendBool(dst, strings.EqualFold(unquote(raw), "true")), true
	}
	f, err := strconv.ParseFloat(number(raw), 64)
	if err != nil {
		return dst, false
	}
	return strconv.AppendBool(dst, f != 0), true
}
