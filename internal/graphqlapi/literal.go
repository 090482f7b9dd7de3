package graphqlapi

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// arguments are those of one field of an operation.
type arguments struct {
	cfg    *config
	defs   ast.ArgumentDefinitionList
	given  ast.ArgumentList
	static json.RawMessage // if no variable is in them
}

// arguments compiles the arguments of a field.
func (c *config) arguments(defs ast.ArgumentDefinitionList, given ast.ArgumentList) arguments {
	a := arguments{cfg: c, defs: defs, given: given}
	for _, g := range given {
		if hasVariable(g.Value) {
			return a
		}
	}
	a.static = a.json(nil)
	return a
}

func hasVariable(v *ast.Value) bool {
	if v.Kind == ast.Variable {
		return true
	}
	for _, child := range v.Children {
		if hasVariable(child.Value) {
			return true
		}
	}
	return false
}

// json is ctx.arguments: an object with what was given and what has a default.
func (a *arguments) json(vars values) json.RawMessage {
	if a.static != nil {
		return a.static
	}
	dst := []byte{'{'}
	for _, def := range a.defs {
		value := def.DefaultValue
		if g := a.given.ForName(def.Name); g != nil && !absent(g.Value, vars) {
			value = g.Value
		}
		if value == nil {
			continue
		}
		if len(dst) > 1 {
			dst = append(dst, ',')
		}
		dst = append(appendString(dst, def.Name), ':')
		dst = a.cfg.literal(dst, def.Type, value, vars)
	}
	return append(dst, '}')
}

// absent says whether a value is a variable that was not given.
func absent(v *ast.Value, vars values) bool {
	if v.Kind != ast.Variable {
		return false
	}
	_, ok := vars[v.Raw]
	return !ok
}

// literal writes a valid literal as JSON, as resolvers see it: the JSON of an
// AWSJSON parsed, an ID as a string.
func (c *config) literal(dst []byte, t *ast.Type, v *ast.Value, vars values) []byte {
	switch {
	case v.Kind == ast.Variable:
		return appendRaw(dst, vars[v.Raw])
	case v.Kind == ast.NullValue:
		return append(dst, "null"...)
	case t.Elem != nil:
		return c.literalList(dst, t, v, vars)
	}
	named := c.types[t.NamedType]
	switch {
	case named == nil: // validated
		return append(dst, "null"...)
	case v.Kind == ast.ObjectValue:
		return c.literalObject(dst, named, v, vars)
	case named.leaf == leafJSON && isText(v):
		return append(dst, strings.TrimSpace(v.Raw)...)
	case isText(v) || v.Kind == ast.EnumValue || named.leaf == leafID:
		return appendString(dst, v.Raw)
	}
	return append(dst, v.Raw...)
}

func isText(v *ast.Value) bool { return v.Kind == ast.StringValue || v.Kind == ast.BlockValue }

func (c *config) literalList(dst []byte, t *ast.Type, v *ast.Value, vars values) []byte {
	dst = append(dst, '[')
	if v.Kind != ast.ListValue {
		return append(c.literal(dst, t.Elem, v, vars), ']')
	}
	for i, child := range v.Children {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = c.literal(dst, t.Elem, child.Value, vars)
	}
	return append(dst, ']')
}

func (c *config) literalObject(dst []byte, t *namedType, v *ast.Value, vars values) []byte {
	dst = append(dst, '{')
	first := true
	for _, f := range t.def.Fields {
		value := v.Children.ForName(f.Name)
		if value == nil || absent(value, vars) {
			value = f.DefaultValue
		}
		if value == nil {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(appendString(dst, f.Name), ':')
		dst = c.literal(dst, f.Type, value, vars)
	}
	return append(dst, '}')
}

// badLiteral says why a literal is not of its type, in the words of
// graphql-java's ArgumentValidationUtil. where is the path within the argument.
type badLiteral struct {
	where string
	value *ast.Value // the one that is wrong
	why   string
}

// checkLiteral finds the first thing that is wrong with a literal; nil if
// there is nothing.
func (c *config) checkLiteral(t *ast.Type, v *ast.Value, where string) *badLiteral {
	switch {
	case v.Kind == ast.Variable:
		return nil
	case v.Kind == ast.NullValue && t.NonNull:
		return &badLiteral{where, v, "must not be null"}
	case v.Kind == ast.NullValue:
		return nil
	case t.Elem != nil && v.Kind != ast.ListValue:
		return c.checkLiteral(t.Elem, v, where)
	case t.Elem != nil:
		for i, child := range v.Children {
			if bad := c.checkLiteral(t.Elem, child.Value, fmt.Sprintf("%s[%d]", where, i)); bad != nil {
				return bad
			}
		}
		return nil
	}
	named := c.types[t.NamedType]
	if named == nil {
		return nil
	}
	if named.leaf == noLeaf {
		return c.checkObject(named, v, where)
	}
	if !named.takes(v) {
		return &badLiteral{where, v, fmt.Sprintf("is not a valid '%s'", named.name)}
	}
	return nil
}

func (c *config) checkObject(t *namedType, v *ast.Value, where string) *badLiteral {
	if v.Kind != ast.ObjectValue {
		return &badLiteral{where, v, "must be an object type"}
	}
	var missing []string
	for _, f := range t.def.Fields {
		if f.Type.NonNull && f.DefaultValue == nil && v.Children.ForName(f.Name) == nil {
			missing = append(missing, f.Name)
		}
	}
	if missing != nil {
		return &badLiteral{where, v, fmt.Sprintf("is missing required fields '[%s]'", strings.Join(missing, ", "))}
	}
	for _, child := range v.Children {
		f := t.def.Fields.ForName(child.Name)
		if f == nil {
			return &badLiteral{where, v, fmt.Sprintf("contains a field not in '%s': '%s'", t.name, child.Name)}
		}
		if bad := c.checkLiteral(f.Type, child.Value, where+"."+child.Name); bad != nil {
			return bad
		}
	}
	return nil
}

// takes says whether a literal is one of a leaf type (graphql-java's
// Coercing.parseLiteral, which is stricter than parseValue).
func (t *namedType) takes(v *ast.Value) bool {
	switch t.leaf {
	case leafInt:
		_, err := strconv.ParseInt(v.Raw, 10, 32)
		return v.Kind == ast.IntValue && err == nil
	case leafFloat:
		return (v.Kind == ast.IntValue || v.Kind == ast.FloatValue) && isFinite(v.Raw)
	case leafBoolean:
		return v.Kind == ast.BooleanValue
	case leafID:
		return v.Kind == ast.IntValue || isText(v)
	case leafEnum:
		return v.Kind == ast.EnumValue && t.enum[v.Raw]
	case leafText:
		return isText(v) && t.scalar.Valid(v.Raw)
	case leafJSON:
		return isText(v) && json.Valid([]byte(v.Raw))
	case leafTimestamp:
		return v.Kind == ast.IntValue && len(v.Raw) <= 19
	}
	return isText(v)
}

// isFinite says whether a number is one as a double (GraphQL, October 2021,
// 3.5.2: what is beyond is refused as input; 1e999 is).
func isFinite(text string) bool {
	_, err := strconv.ParseFloat(text, 64)
	return err == nil
}

// javaValue is graphql-java's toString of a literal.
func javaValue(v *ast.Value) string {
	switch v.Kind {
	case ast.StringValue, ast.BlockValue:
		return "StringValue{value='" + v.Raw + "'}"
	case ast.IntValue:
		return "IntValue{value=" + v.Raw + "}"
	case ast.FloatValue:
		return "FloatValue{value=" + v.Raw + "}"
	case ast.BooleanValue:
		return "BooleanValue{value=" + v.Raw + "}"
	case ast.EnumValue:
		return "EnumValue{name='" + v.Raw + "'}"
	case ast.NullValue:
		return "NullValue{}"
	case ast.Variable:
		return "VariableReference{name='" + v.Raw + "'}"
	}
	var parts []string
	for _, child := range v.Children {
		if v.Kind == ast.ListValue {
			parts = append(parts, javaValue(child.Value))
			continue
		}
		parts = append(parts, "ObjectField{name='"+child.Name+"', value="+javaValue(child.Value)+"}")
	}
	if v.Kind == ast.ListValue {
		return "ArrayValue{values=[" + strings.Join(parts, ", ") + "]}"
	}
	return "ObjectValue{objectFields=[" + strings.Join(parts, ", ") + "]}"
}
