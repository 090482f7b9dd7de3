package appsyncjs

import (
	"slices"
	"strings"

	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/token"
)

// functionCall is a call of a function that the scopes know.
type functionCall struct {
	at     ast.Node
	caller ast.Node // nil: the top level
	callee ast.Node
}

// takesFunction are the methods that may be given functions; sort may not.
var takesFunction = []string{"map", "find", "filter", "findIndex", "findLast", "findLastIndex", "forEach", "reduce", "reduceRight", "every", "some", "flatMap"}

// checkFunctions applies the rules about functions as values. The plugin asks
// TypeScript's type checker; here names are followed to what declares them.
func (l *linter) checkFunctions(n ast.Node) {
	switch n := n.(type) {
	case *ast.CallExpression:
		l.checkCall(n)
	case *ast.ReturnStatement:
		if n.Argument != nil && l.functionValue(n.Argument) != nil {
			l.report(n, ruleReturn, "returning a function is not allowed")
		}
	case *ast.ArrowFunctionLiteral:
		if body, ok := n.Body.(*ast.ExpressionBody); ok && l.functionValue(body.Expression) != nil {
			l.report(n, ruleReturn, "returning a function is not allowed")
		}
	case *ast.Binding:
		name, ok := n.Initializer.(*ast.Identifier)
		if ok && l.functionValue(name) != nil && !defaultExport(n.Target) {
			l.report(n, ruleFuncReassign, "re-assigning function is not allowed")
		}
	case *ast.AssignExpression:
		if name, ok := n.Right.(*ast.Identifier); ok && n.Operator == token.ASSIGN && l.functionValue(name) != nil {
			l.report(n, ruleFuncReassign, "re-assigning function is not allowed")
		}
	}
}

// defaultExport: the bundler makes a variable for "export default name".
func defaultExport(target ast.Expression) bool {
	name, ok := target.(*ast.Identifier)
	return ok && strings.HasSuffix(string(name.Name), "_default")
}

// functionValue is the function that an expression surely is.
func (l *linter) functionValue(e ast.Expression) ast.Node {
	if name, ok := e.(*ast.Identifier); ok {
		if b := l.scope.find(string(name.Name)); b != nil {
			return b.literal
		}
		return nil
	}
	return functionOf(e)
}

func (l *linter) checkCall(n *ast.CallExpression) {
	callee := unchained(n.Callee)
	if name, ok := callee.(*ast.Identifier); ok {
		if f := l.functionValue(name); f != nil {
			l.calls = append(l.calls, &functionCall{at: n, caller: l.scope.function, callee: f})
			if l.passesFunction(n) {
				l.report(n, rulePassing, "Functions can not be passed as an argument")
			}
		}
		return
	}
	method, ok := callee.(*ast.DotExpression)
	if !ok {
		return
	}
	l.checkMethod(n, method)
	kind := l.kindOf(method.Left)
	known := kind != "" || method.Identifier.Name == "sort"
	if known && !slices.Contains(takesFunction, string(method.Identifier.Name)) && l.passesFunction(n) {
		l.report(n, rulePassing, "Functions can not be passed as an argument")
	}
}

func (l *linter) passesFunction(n *ast.CallExpression) bool {
	return slices.ContainsFunc(n.ArgumentList, func(a ast.Expression) bool { return l.functionValue(a) != nil })
}

// unchained drops what optional chaining puts around an expression.
func unchained(e ast.Expression) ast.Expression {
	for {
		switch x := e.(type) {
		case *ast.OptionalChain:
			e = x.Expression
		case *ast.Optional:
			e = x.Expression
		default:
			return e
		}
	}
}

// recursion reports the calls from which a function is reached that is being
// called already.
func (l *linter) recursion() {
	calls := make(map[ast.Node][]ast.Node)
	for _, c := range l.calls {
		calls[c.caller] = append(calls[c.caller], c.callee)
	}
	cyclic := make(map[ast.Node]bool)
	for f := range calls {
		cyclic[f] = f != nil && reaches(calls, f, f, map[ast.Node]bool{})
	}
	for _, c := range l.calls {
		if leadsTo(calls, c.callee, cyclic, map[ast.Node]bool{}) {
			l.report(c.at, ruleRecursion, "Recursive function calls not supported. Detected cycle in %s", functionName(c.callee))
		}
	}
}

func reaches(calls map[ast.Node][]ast.Node, from, to ast.Node, seen map[ast.Node]bool) bool {
	for _, next := range calls[from] {
		if next == to {
			return true
		}
		if !seen[next] {
			seen[next] = true
			if reaches(calls, next, to, seen) {
				return true
			}
		}
	}
	return false
}

func leadsTo(calls map[ast.Node][]ast.Node, from ast.Node, cyclic, seen map[ast.Node]bool) bool {
	if cyclic[from] {
		return true
	}
	seen[from] = true
	return slices.ContainsFunc(calls[from], func(next ast.Node) bool {
		return !seen[next] && leadsTo(calls, next, cyclic, seen)
	})
}

func functionName(n ast.Node) string {
	if f, ok := n.(*ast.FunctionLiteral); ok && f.Name != nil {
		return string(f.Name.Name)
	}
	return "a function"
}
