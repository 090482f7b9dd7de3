package graphqlapi

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// reference is the node of a type where it is used.
func (i *introspector) reference(t *ast.Type) *typeNode {
	if !t.NonNull && t.Elem == nil {
		return &typeNode{def: i.cfg.schema.Types[t.NamedType]}
	}
	return &typeNode{list: t}
}

func (i *introspector) typ(f *field, n *typeNode) {
	if n.list != nil {
		i.wrapper(f, n.list)
		return
	}
	def := n.def
	if def == nil {
		i.null()
		return
	}
	switch f.def.name {
	case "kind":
		i.text(string(def.Kind))
	case "name":
		i.text(def.Name)
	case "description":
		i.optional(def.Description)
	case "fields":
		i.fields(f, def)
	case "interfaces":
		i.interfaces(f, def)
	case "possibleTypes":
		i.possible(f, def)
	case "enumValues":
		i.enumValues(f, def)
	case "inputFields":
		i.inputFields(f, def)
	default: // ofType
		i.null()
	}
}

// wrapper writes a list or a non-null type.
func (i *introspector) wrapper(f *field, t *ast.Type) {
	switch {
	case f.def.name == "kind" && t.NonNull:
		i.text("NON_NULL")
	case f.def.name == "kind":
		i.text("LIST")
	case f.def.name != "ofType":
		i.null()
	case t.NonNull:
		inner := *t
		inner.NonNull = false
		i.of(f, &inner)
	default:
		i.of(f, t.Elem)
	}
}

func (i *introspector) of(f *field, t *ast.Type) {
	if !i.node(f, i.reference(t)) {
		i.null()
	}
}

// deprecatedToo says whether includeDeprecated is true.
func (i *introspector) deprecatedToo(f *field) bool {
	return string(member(f.args.json(i.w.x.vars), "includeDeprecated")) == "true"
}

func (i *introspector) fields(f *field, def *ast.Definition) {
	if def.Kind != ast.Object && def.Kind != ast.Interface {
		i.null()
		return
	}
	all := i.deprecatedToo(f)
	nodesOf(i, f, slices.DeleteFunc(slices.Clone(def.Fields), func(d *ast.FieldDefinition) bool {
		return strings.HasPrefix(d.Name, "__") || !all && d.Directives.ForName("deprecated") != nil
	}))
}

func (i *introspector) interfaces(f *field, def *ast.Definition) {
	if def.Kind != ast.Object {
		i.null()
		return
	}
	list := make([]*typeNode, 0, len(def.Interfaces))
	for _, name := range def.Interfaces {
		list = append(list, &typeNode{def: i.cfg.schema.Types[name]})
	}
	nodesOf(i, f, list)
}

func (i *introspector) possible(f *field, def *ast.Definition) {
	if !def.IsAbstractType() {
		i.null()
		return
	}
	list := []*typeNode{}
	for _, p := range i.cfg.schema.PossibleTypes[def.Name] {
		if p.Kind == ast.Object {
			list = append(list, &typeNode{def: p})
		}
	}
	nodesOf(i, f, list)
}

func (i *introspector) enumValues(f *field, def *ast.Definition) {
	if def.Kind != ast.Enum {
		i.null()
		return
	}
	all := i.deprecatedToo(f)
	nodesOf(i, f, slices.DeleteFunc(slices.Clone(def.EnumValues), func(v *ast.EnumValueDefinition) bool {
		return !all && v.Directives.ForName("deprecated") != nil
	}))
}

func (i *introspector) inputFields(f *field, def *ast.Definition) {
	if def.Kind != ast.InputObject {
		i.null()
		return
	}
	list := make([]*inputNode, 0, len(def.Fields))
	for _, d := range def.Fields {
		list = append(list, &inputNode{d.Name, d.Description, d.Type, d.DefaultValue})
	}
	nodesOf(i, f, list)
}

// described writes what fields and enum values have in common.
func (i *introspector) described(f *field, name, description string, directives ast.DirectiveList) {
	d := directives.ForName("deprecated")
	switch f.def.name {
	case "name":
		i.text(name)
	case "description":
		i.optional(description)
	case "isDeprecated":
		i.flag(d != nil)
	case "deprecationReason":
		i.deprecation(d)
	}
}

func (i *introspector) deprecation(d *ast.Directive) {
	if d == nil {
		i.null()
		return
	}
	if reason := d.Arguments.ForName("reason"); reason != nil && reason.Value != nil {
		i.text(reason.Value.Raw)
		return
	}
	i.text("No longer supported")
}

func (i *introspector) field(f *field, d *ast.FieldDefinition) {
	switch f.def.name {
	case "args":
		nodesOf(i, f, argumentNodes(d.Arguments))
	case "type":
		i.of(f, d.Type)
	default:
		i.described(f, d.Name, d.Description, d.Directives)
	}
}

func argumentNodes(list ast.ArgumentDefinitionList) []*inputNode {
	out := make([]*inputNode, 0, len(list))
	for _, a := range list {
		out = append(out, &inputNode{a.Name, a.Description, a.Type, a.DefaultValue})
	}
	return out
}

func (i *introspector) input(f *field, n *inputNode) {
	switch f.def.name {
	case "name":
		i.text(n.name)
	case "description":
		i.optional(n.description)
	case "type":
		i.of(f, n.typ)
	case "defaultValue":
		if n.fallback == nil {
			i.null()
			return
		}
		i.text(n.fallback.String())
	}
}

func (i *introspector) directive(f *field, d *ast.DirectiveDefinition) {
	switch f.def.name {
	case "name":
		i.text(d.Name)
	case "description":
		i.optional(d.Description)
	case "locations":
		i.locations(d)
	case "args":
		nodesOf(i, f, argumentNodes(d.Arguments))
	case "onOperation":
		i.flag(on(d, ast.LocationQuery, ast.LocationMutation, ast.LocationSubscription))
	case "onFragment":
		i.flag(on(d, ast.LocationFragmentDefinition, ast.LocationFragmentSpread, ast.LocationInlineFragment))
	case "onField":
		i.flag(on(d, ast.LocationField))
	}
}

func (i *introspector) locations(d *ast.DirectiveDefinition) {
	i.w.buf = append(i.w.buf, '[')
	for n, l := range d.Locations {
		if n > 0 {
			i.w.buf = append(i.w.buf, ',')
		}
		i.text(string(l))
	}
	i.w.buf = append(i.w.buf, ']')
}

func on(d *ast.DirectiveDefinition, any ...ast.DirectiveLocation) bool {
	return slices.ContainsFunc(any, func(l ast.DirectiveLocation) bool { return slices.Contains(d.Locations, l) })
}
