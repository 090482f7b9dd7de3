package graphqlapi

import (
	"sort"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// introspect writes __schema or __type (GraphQL specification, "Schema
// Introspection", of the age of the prelude).
func (w *writer) introspect(f *field) bool {
	c := w.x.op.cfg
	i := introspector{w: w, cfg: c}
	if f.def.name == "__schema" {
		return i.node(f, (*schemaNode)(c.schema))
	}
	args := f.args.json(w.x.vars)
	def := c.schema.Types[unquote(member(args, "name"))]
	if def == nil {
		w.buf = append(w.buf, "null"...)
		return true
	}
	return i.node(f, &typeNode{def: def})
}

// introspector writes the parts of a schema that are asked for.
type introspector struct {
	w   *writer
	cfg *config
}

// What an introspected value is made of.
type (
	schemaNode ast.Schema
	typeNode   struct {
		def  *ast.Definition // of a name
		list *ast.Type       // a list or non-null type; def is nil then
	}
	inputNode struct {
		name, description string
		typ               *ast.Type
		fallback          *ast.Value
	}
)

// node writes an object with the fields that are selected of it.
func (i *introspector) node(f *field, n any) bool {
	w := i.w
	if len(w.buf) > w.x.room {
		w.x.full.Store(true)
		return false
	}
	o := f.object(f.def.typ.named)
	w.buf = append(w.buf, '{')
	for k, sub := range o.fields {
		if k > 0 {
			w.buf = append(w.buf, ',')
		}
		w.buf = append(w.buf, sub.head...)
		if sub.typename {
			w.buf = appendString(w.buf, o.typ.name)
			continue
		}
		i.member(sub, n)
	}
	w.buf = append(w.buf, '}')
	return true
}

// member writes one field of a node.
func (i *introspector) member(f *field, n any) {
	switch n := n.(type) {
	case *schemaNode:
		i.schema(f, (*ast.Schema)(n))
	case *typeNode:
		i.typ(f, n)
	case *ast.FieldDefinition:
		i.field(f, n)
	case *inputNode:
		i.input(f, n)
	case *ast.EnumValueDefinition:
		i.described(f, n.Name, n.Description, n.Directives)
	case *ast.DirectiveDefinition:
		i.directive(f, n)
	}
}

func (i *introspector) text(s string) { i.w.buf = appendString(i.w.buf, s) }

// optional writes a text, null if it is empty.
func (i *introspector) optional(s string) {
	if s == "" {
		i.null()
		return
	}
	i.text(s)
}

func (i *introspector) null() { i.w.buf = append(i.w.buf, "null"...) }

func (i *introspector) flag(b bool) {
	i.w.buf = append(i.w.buf, map[bool]string{true: "true", false: "false"}[b]...)
}

// nodes writes a list of nodes.
func nodesOf[T any](i *introspector, f *field, list []T) {
	i.w.buf = append(i.w.buf, '[')
	for n, item := range list {
		if n > 0 {
			i.w.buf = append(i.w.buf, ',')
		}
		if !i.node(f, item) {
			i.null()
		}
	}
	i.w.buf = append(i.w.buf, ']')
}

// named writes the type of a definition, null if there is none.
func (i *introspector) named(f *field, def *ast.Definition) {
	if def == nil || !i.node(f, &typeNode{def: def}) {
		i.null()
	}
}

func (i *introspector) schema(f *field, s *ast.Schema) {
	switch f.def.name {
	case "types":
		nodesOf(i, f, sortedTypes(s))
	case "queryType":
		i.named(f, s.Query)
	case "mutationType":
		i.named(f, s.Mutation)
	case "subscriptionType":
		i.named(f, s.Subscription)
	case "directives":
		nodesOf(i, f, sortedDirectives(s))
	}
}

// sortedTypes are all types: those of the API, then those of introspection.
func sortedTypes(s *ast.Schema) []*typeNode {
	list := make([]*typeNode, 0, len(s.Types))
	for _, def := range s.Types {
		list = append(list, &typeNode{def: def})
	}
	sort.Slice(list, func(a, b int) bool {
		x, y := list[a].def.Name, list[b].def.Name
		if own := strings.HasPrefix(x, "__"); own != strings.HasPrefix(y, "__") {
			return !own
		}
		return x < y
	})
	return list
}

func sortedDirectives(s *ast.Schema) []*ast.DirectiveDefinition {
	list := make([]*ast.DirectiveDefinition, 0, len(s.Directives))
	for _, d := range s.Directives {
		list = append(list, d)
	}
	sort.Slice(list, func(a, b int) bool { return list[a].Name < list[b].Name })
	return list
}
