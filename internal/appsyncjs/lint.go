package appsyncjs

import (
	"fmt"
	"math/big"
	"reflect"
	"slices"
	"strings"

	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/file"
	"github.com/dop251/goja/token"
)

// The rules, as @aws-appsync/eslint-plugin 2.0.2 names them. It has none for
// throw, which AppSync's documentation lists as unsupported, and none for BigInt,
// which it does not have: its language is ECMAScript 6.
const (
	ruleAsync        = "@aws-appsync/no-async"
	ruleAwait        = "@aws-appsync/no-await"
	rulePromise      = "@aws-appsync/no-promise"
	ruleClasses      = "@aws-appsync/no-classes"
	ruleFor          = "@aws-appsync/no-for"
	ruleContinue     = "@aws-appsync/no-continue"
	ruleGenerators   = "@aws-appsync/no-generators"
	ruleYield        = "@aws-appsync/no-yield"
	ruleLabels       = "@aws-appsync/no-labels"
	ruleThis         = "@aws-appsync/no-this"
	ruleTry          = "@aws-appsync/no-try"
	ruleThrow        = "no-throw"
	ruleBigInt       = "no-bigint"
	ruleWhile        = "@aws-appsync/no-while"
	ruleIn           = "@aws-appsync/no-in-operator"
	ruleUnary        = "@aws-appsync/no-disallowed-unary-operators"
	ruleBinary       = "@aws-appsync/no-disallowed-binary-operators"
	ruleRegex        = "@aws-appsync/no-regex"
	ruleReassignment = "@aws-appsync/no-disallowed-re-assignment"
	ruleRecursion    = "@aws-appsync/no-recursion"
	ruleMethods      = "@aws-appsync/no-disallowed-methods"
	rulePassing      = "@aws-appsync/no-function-passing"
	ruleFuncReassign = "@aws-appsync/no-function-reassign"
	ruleReturn       = "@aws-appsync/no-function-return"
)

const hintRules = "AppSync refuses it, too: see \"Supported runtime features\" in its developer guide"

// linter finds what AppSync refuses. It looks at the bundle, whose syntax is the
// author's without types, and reports places in the author's files.
type linter struct {
	bundle   *bundle
	parents  []ast.Node // of the node that is looked at, outermost first
	scope    *scope
	calls    []*functionCall // for recursion
	problems Problems
}

// lint gives all problems, unsorted.
func lint(program *ast.Program, b *bundle) Problems {
	l := &linter{bundle: b, scope: &scope{names: map[string]*binding{}}}
	for _, statement := range moduleBody(program) {
		l.scope.declare(statement)
	}
	for _, statement := range moduleBody(program) {
		l.walk(statement)
	}
	l.recursion()
	return l.problems
}

// report adds a problem, unless the place is the bundler's own.
func (l *linter) report(at ast.Node, rule, format string, args ...any) {
	p, ok := l.bundle.position(at.Idx0())
	if !ok {
		return
	}
	l.problems = append(l.problems, Problem{Position: p, Rule: rule, Span: l.bundle.span(at), Message: fmt.Sprintf(format, args...), Hint: hintRules})
}

// position is the author's place of a node.
func (b *bundle) position(idx file.Idx) (Position, bool) {
	offset := int(idx) - 1
	if offset < 0 {
		return Position{}, false
	}
	line := b.lineOf(offset)
	return b.original(line, offset-b.lines[line])
}

// span is how long a node is, if it is on one line.
func (b *bundle) span(n ast.Node) int {
	defer func() { _ = recover() }() // Idx1 of an empty case or block
	start, end := int(n.Idx0())-1, int(n.Idx1())-1
	if start < 0 || end > len(b.code) || start >= end || b.lineOf(start) != b.lineOf(end) {
		return 0
	}
	return end - start
}

func (b *bundle) lineOf(offset int) int {
	line, exact := slices.BinarySearch(b.lines, offset)
	if !exact {
		line--
	}
	return line
}

// walk visits a node and all below it.
func (l *linter) walk(n ast.Node) {
	if n == nil || reflect.ValueOf(n).Kind() == reflect.Pointer && reflect.ValueOf(n).IsNil() {
		return
	}
	if len(l.parents) > 20*maxNesting {
		panic("nested too deeply")
	}
	outer := l.scope
	l.scope = l.scope.enter(n)
	l.check(n)
	l.parents = append(l.parents, n)
	l.children(reflect.ValueOf(n))
	l.parents = l.parents[:len(l.parents)-1]
	l.scope = outer
}

var nodeType = reflect.TypeFor[ast.Node]()

// children walks whatever nodes the fields of a node hold.
func (l *linter) children(v reflect.Value) {
	v = reflect.Indirect(v)
	if v.Kind() != reflect.Struct {
		return
	}
	for i := range v.NumField() {
		if field := v.Type().Field(i); field.Name != "DeclarationList" && field.IsExported() {
			l.field(v.Field(i))
		}
	}
}

func (l *linter) field(v reflect.Value) {
	switch v.Kind() {
	case reflect.Slice:
		for i := range v.Len() {
			l.field(v.Index(i))
		}
	case reflect.Struct:
		if v.CanAddr() && v.Addr().Type().Implements(nodeType) {
			l.walk(v.Addr().Interface().(ast.Node))
		}
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() {
			return
		}
		if n, ok := v.Interface().(ast.Node); ok {
			l.walk(n)
		}
	}
}

// check applies the rules that need no more than a node.
func (l *linter) check(n ast.Node) {
	l.checkStatement(n)
	l.checkExpression(n)
	l.checkFunctions(n)
	l.checkReassignment(n)
}

func (l *linter) checkStatement(n ast.Node) {
	switch n := n.(type) {
	case *ast.ForStatement:
		l.report(n, ruleFor, "For statements are not supported.")
	case *ast.WhileStatement:
		l.report(n, ruleWhile, "While statements are not supported.")
	case *ast.DoWhileStatement:
		l.report(n, ruleWhile, "do...while statements are not supported.")
	case *ast.BranchStatement:
		if n.Token == token.CONTINUE {
			l.report(n, ruleContinue, "Continue statements are not supported")
		}
	case *ast.LabelledStatement:
		l.report(n, ruleLabels, "Labeled statements are not supported.")
	case *ast.TryStatement:
		l.report(n, ruleTry, "Try statements are not supported.")
	case *ast.ThrowStatement:
		l.report(n, ruleThrow, "Throw statements are not supported.")
	case *ast.ClassLiteral:
		l.report(n, ruleClasses, "Class declarations are not supported.")
	}
}

func (l *linter) checkExpression(n ast.Node) {
	switch n := n.(type) {
	case *ast.FunctionLiteral:
		l.checkKind(n, n.Async, n.Generator)
	case *ast.ArrowFunctionLiteral:
		l.checkKind(n, n.Async, false)
	case *ast.AwaitExpression:
		l.report(n, ruleAwait, "The `await` keyword is not supported")
	case *ast.YieldExpression:
		l.report(n, ruleYield, "Yield statements are not supported")
	case *ast.ThisExpression:
		l.report(n, ruleThis, "This expressions are not supported.")
	case *ast.NumberLiteral:
		if _, ok := n.Value.(*big.Int); ok || strings.HasSuffix(n.Literal, "n") {
			l.report(n, ruleBigInt, "BigInt literals are not supported.")
		}
	case *ast.RegExpLiteral:
		l.report(n, ruleRegex, "Regex literals are not supported.")
	case *ast.NewExpression:
		if name, ok := n.Callee.(*ast.Identifier); ok && name.Name == "Promise" {
			l.report(n, rulePromise, "Promise is not supported")
		}
	case *ast.UnaryExpression:
		if n.Operator == token.INCREMENT || n.Operator == token.DECREMENT || n.Operator == token.BITWISE_NOT {
			l.report(n, ruleUnary, "The operator %s is not supported", n.Operator)
		}
	case *ast.BinaryExpression:
		switch n.Operator {
		case token.INSTANCEOF:
			l.report(n, ruleBinary, "The operator instanceof is not supported")
		case token.IN:
			l.report(n, ruleIn, "in operator is not supported. Use Object.hasOwn().")
		}
	}
}

func (l *linter) checkKind(n ast.Node, async, generator bool) {
	if async {
		l.report(n, ruleAsync, "Async functions are not supported.")
	}
	if generator {
		l.report(n, ruleGenerators, "Generator functions are not supported.")
	}
}

// parent is the node above the one that is looked at; up counts from 0.
func (l *linter) parent(up int) ast.Node {
	if i := len(l.parents) - 1 - up; i >= 0 {
		return l.parents[i]
	}
	return nil
}
