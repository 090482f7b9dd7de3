package graphqlapi

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// listenersOf are the subscription fields of each mutation, by @aws_subscribe.
func listenersOf(s *ast.Schema) map[string][]string {
	listeners := make(map[string][]string)
	if s.Subscription == nil {
		return listeners
	}
	for _, f := range s.Subscription.Fields {
		for _, m := range mutationsOf(f) {
			if !slices.Contains(listeners[m.Raw], f.Name) { // named twice, it is told once
				listeners[m.Raw] = append(listeners[m.Raw], f.Name)
			}
		}
	}
	return listeners
}

// mutationsOf are the mutations that a subscription field listens to. One may
// stand for a list of one.
func mutationsOf(f *ast.FieldDefinition) []*ast.Value {
	d := f.Directives.ForName("aws_subscribe")
	if d == nil {
		return nil
	}
	arg := d.Arguments.ForName("mutations")
	if arg == nil || arg.Value == nil {
		return nil
	}
	if arg.Value.Kind != ast.ListValue {
		return []*ast.Value{arg.Value}
	}
	list := make([]*ast.Value, 0, len(arg.Value.Children))
	for _, v := range arg.Value.Children {
		list = append(list, v.Value)
	}
	return list
}

// sameOutput says whether a subscription can be of a mutation: both have one type,
// but for what may be null.
func sameOutput(a, b *ast.Type) bool {
	if a.Elem == nil || b.Elem == nil {
		return a.Elem == b.Elem && a.NamedType == b.NamedType
	}
	return sameOutput(a.Elem, b.Elem)
}
