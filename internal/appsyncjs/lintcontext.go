package appsyncjs

import (
	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/token"
)

// checkReassignment finds what changes ctx itself in the functions request and
// response: ctx, and its own properties; what these hold may be changed.
func (l *linter) checkReassignment(n ast.Node) {
	switch n := n.(type) {
	case *ast.FunctionLiteral:
		l.noteContext(n)
	case *ast.AssignExpression:
		l.assigned(n.Left)
	case *ast.UnaryExpression:
		if n.Operator == token.INCREMENT || n.Operator == token.DECREMENT {
			l.assigned(n.Operand)
		} else if n.Operator == token.DELETE {
			l.changed(n.Operand)
		}
	case *ast.ForInStatement:
		l.assignedBy(n.Into)
	case *ast.ForOfStatement:
		l.assignedBy(n.Into)
	}
}

// noteContext marks the parameter; the scope within the function is current.
func (l *linter) noteContext(f *ast.FunctionLiteral) {
	if f.Name == nil || len(f.ParameterList.List) == 0 {
		return
	}
	_, declared := l.parent(0).(*ast.FunctionDeclaration)
	if name := string(f.Name.Name); !declared || l.bundle.exportName(name) != "request" && l.bundle.exportName(name) != "response" {
		return
	}
	if p, ok := f.ParameterList.List[0].Target.(*ast.Identifier); ok {
		if b := l.scope.names[string(p.Name)]; b != nil {
			b.context = true
		}
	}
}

// exportName is the name that a local function was written with.
func (b *bundle) exportName(local string) string {
	for _, e := range b.exports {
		if e.local == local {
			return e.name
		}
	}
	return local
}

func (l *linter) assignedBy(into ast.ForInto) {
	if e, ok := into.(*ast.ForIntoExpression); ok {
		l.assigned(e.Expression)
	}
}

// assigned looks at what is written to, patterns included.
func (l *linter) assigned(target ast.Expression) {
	switch t := target.(type) {
	case *ast.Identifier:
		if l.isContext(t) {
			l.report(t, ruleReassignment, "%s is readonly and re-assignment is not supported.", t.Name)
		}
	case *ast.ObjectPattern:
		for _, p := range t.Properties {
			switch p := p.(type) {
			case *ast.PropertyShort:
				l.assigned(&p.Name)
			case *ast.PropertyKeyed:
				l.assigned(p.Value)
			}
		}
		l.assigned(t.Rest)
	case *ast.ArrayPattern:
		for _, e := range t.Elements {
			l.assigned(e)
		}
		l.assigned(t.Rest)
	default:
		l.changed(target)
	}
}

// changed looks at a property that is written or deleted.
func (l *linter) changed(target ast.Expression) {
	switch t := target.(type) {
	case *ast.DotExpression:
		if name, ok := t.Left.(*ast.Identifier); ok && l.isContext(name) {
			l.report(t, ruleReassignment, "%s is readonly. Adding/Updating %s is not supported.", name.Name, t.Identifier.Name)
		}
	case *ast.BracketExpression:
		if name, ok := t.Left.(*ast.Identifier); ok && l.isContext(name) {
			l.report(t, ruleReassignment, "%s is readonly adding/modifying properties is not supported.", name.Name)
		}
	}
}

func (l *linter) isContext(name *ast.Identifier) bool {
	b := l.scope.find(string(name.Name))
	return b != nil && b.context
}
