package appsyncjs

import "github.com/dop251/goja/ast"

// scope knows the names that are declared in a function or a block.
type scope struct {
	outer    *scope
	names    map[string]*binding
	function ast.Node // the function whose body this is in; nil at the top level
}

// binding is a declared name.
type binding struct {
	init    ast.Expression // of a variable; nil if none
	literal ast.Node       // the function that it surely is, as declared

	context bool // the ctx parameter of request or response
}

// find gives the binding of a name; nil for a global.
func (s *scope) find(name string) *binding {
	for ; s != nil; s = s.outer {
		if b, ok := s.names[name]; ok {
			return b
		}
	}
	return nil
}

// enter gives the scope within n.
func (s *scope) enter(n ast.Node) *scope {
	inner := &scope{outer: s, function: s.function, names: map[string]*binding{}}
	switch n := n.(type) {
	case *ast.FunctionLiteral:
		inner.function = n
		inner.parameters(n.ParameterList)
		inner.variables(n.DeclarationList)
		inner.statements(n.Body.List)
		if n.Name != nil && s.find(string(n.Name.Name)) == nil { // a function expression's own name
			inner.names[string(n.Name.Name)] = &binding{literal: n}
		}
	case *ast.ArrowFunctionLiteral:
		inner.function = n
		inner.parameters(n.ParameterList)
		inner.variables(n.DeclarationList)
		if body, ok := n.Body.(*ast.BlockStatement); ok {
			inner.statements(body.List)
		}
	case *ast.BlockStatement:
		inner.statements(n.List)
	case *ast.SwitchStatement:
		for _, c := range n.Body {
			inner.statements(c.Consequent)
		}
	case *ast.ForOfStatement:
		inner.loop(n.Into)
	case *ast.ForInStatement:
		inner.loop(n.Into)
	default:
		return s
	}
	return inner
}

func (s *scope) parameters(list *ast.ParameterList) {
	for _, p := range list.List {
		s.target(p.Target, nil)
	}
	s.rest(list.Rest)
}

func (s *scope) variables(list []*ast.VariableDeclaration) {
	for _, d := range list {
		s.bindings(d.List)
	}
}

func (s *scope) bindings(list []*ast.Binding) {
	for _, b := range list {
		s.target(b.Target, b.Initializer)
	}
}

func (s *scope) loop(into ast.ForInto) {
	if d, ok := into.(*ast.ForDeclaration); ok {
		s.target(d.Target, nil)
	}
}

func (s *scope) statements(list []ast.Statement) {
	for _, statement := range list {
		s.declare(statement)
	}
}

// declare adds the names of one statement.
func (s *scope) declare(statement ast.Statement) {
	switch d := statement.(type) {
	case *ast.FunctionDeclaration:
		if d.Function.Name != nil {
			s.names[string(d.Function.Name.Name)] = &binding{literal: d.Function}
		}
	case *ast.LexicalDeclaration:
		s.bindings(d.List)
	case *ast.VariableStatement:
		s.bindings(d.List)
	}
}

// target adds the names of a variable, or of a pattern.
func (s *scope) target(t ast.Expression, init ast.Expression) {
	switch t := t.(type) {
	case *ast.Identifier:
		s.names[string(t.Name)] = &binding{init: init, literal: functionOf(init)}
	case *ast.ObjectPattern:
		for _, p := range t.Properties {
			switch p := p.(type) {
			case *ast.PropertyShort:
				s.names[string(p.Name.Name)] = &binding{}
			case *ast.PropertyKeyed:
				s.target(p.Value, nil)
			}
		}
		s.rest(t.Rest)
	case *ast.ArrayPattern:
		for _, e := range t.Elements {
			s.target(e, nil)
		}
		s.rest(t.Rest)
	case *ast.AssignExpression: // a default within a pattern
		s.target(t.Left, nil)
	case *ast.Binding:
		s.target(t.Target, nil)
	}
}

func (s *scope) rest(t ast.Expression) {
	if t != nil {
		s.target(t, nil)
	}
}

// functionOf is the function that an expression is; nil if it is another one.
func functionOf(e ast.Expression) ast.Node {
	switch f := e.(type) {
	case *ast.FunctionLiteral:
		return f
	case *ast.ArrowFunctionLiteral:
		return f
	}
	return nil
}
