package graphqlapi

import (
	"github.com/vektah/gqlparser/v2/ast"
)

// below says whether a resolver may be met below the field, as it is selected.
func (f *field) below() bool {
	if !f.def.typ.named.resolves {
		return false
	}
	h := holeFinder{types: f.plan.op.cfg.types, seen: make(map[holeKey]bool), asked: make(map[fieldKey]bool)}
	for _, n := range f.nodes {
		if h.set(n.SelectionSet, f.def.typ.named) {
			return true
		}
	}
	return false
}

// holeFinder looks for fields with resolvers in selections, at each fragment
// and field once for each type.
type holeFinder struct {
	types map[string]*namedType
	seen  map[holeKey]bool
	asked map[fieldKey]bool
}

type fieldKey struct {
	node *ast.Field
	typ  *namedType
}

type holeKey struct {
	fragment *ast.FragmentDefinition
	typ      *namedType
}

func (h *holeFinder) set(set ast.SelectionSet, t *namedType) bool {
	if t == nil || !t.resolves {
		return false
	}
	for _, sel := range set {
		found := false
		switch sel := sel.(type) {
		case *ast.Field:
			found = h.field(sel, t)
		case *ast.InlineFragment:
			found = h.set(sel.SelectionSet, h.condition(sel.TypeCondition, t))
		case *ast.FragmentSpread:
			found = h.fragment(sel.Definition, t)
		}
		if found {
			return true
		}
	}
	return false
}

func (h *holeFinder) condition(name string, t *namedType) *namedType {
	if name == "" {
		return t
	}
	return h.types[name]
}

func (h *holeFinder) fragment(f *ast.FragmentDefinition, t *namedType) bool {
	if f == nil {
		return false
	}
	k := holeKey{f, t}
	if h.seen[k] {
		return false
	}
	h.seen[k] = true
	return h.set(f.SelectionSet, h.condition(f.TypeCondition, t))
}

// field asks every object type that the field may be of.
func (h *holeFinder) field(n *ast.Field, t *namedType) bool {
	k := fieldKey{n, t}
	if h.asked[k] {
		return false
	}
	h.asked[k] = true
	for _, c := range t.concrete {
		f := c.fields[n.Name]
		if f == nil {
			continue
		}
		if f.resolver != nil || h.set(n.SelectionSet, f.typ.named) {
			return true
		}
	}
	return false
}
