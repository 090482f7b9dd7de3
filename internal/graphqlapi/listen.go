package graphqlapi

import "github.com/vektah/gqlparser/v2/ast"

// listenersOf are the subscription fields of each mutation, by @aws_subscribe.
func listenersOf(s *ast.Schema) map[string][]string {
	listeners := make(map[string][]string)
	if s.Subscription == nil {
		return listeners
	}
	for _, f := range s.Subscription.Fields {
		for _, m := range mutationsOf(f) {
			listeners[m.Raw] = append(listeners[m.Raw], f.Name)
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
