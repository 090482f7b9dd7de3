package appsyncjs

import (
	"reflect"

	"github.com/dop251/goja"
	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/file"
	"github.com/dop251/goja/token"
	"github.com/dop251/goja/unistring"
)

// countMembers is the global function that tamed code asks before the members of
// a value are copied. No script can write this name.
const countMembers = "\x00members"

// tame rewrites what a single step of a program could make very much with, as
// an interrupt takes effect between steps only: template literals with many
// values become sums of small ones, and the values that {...value} and
// {...rest} = value copy are counted before. What it means stays the same.
func tame(program *ast.Program) { tameIn(reflect.ValueOf(program.Body)) }

func tameIn(v reflect.Value) {
	switch v.Kind() {
	case reflect.Interface:
		if v.IsNil() {
			return
		}
		tameIn(v.Elem())
		if t, ok := v.Interface().(*ast.TemplateLiteral); ok && v.CanSet() && t.Tag == nil && len(t.Expressions) > maxTemplateValues {
			if sum := reflect.ValueOf(sumOf(t)); sum.Type().AssignableTo(v.Type()) {
				v.Set(sum)
			}
		}
	case reflect.Pointer:
		if v.IsNil() {
			return
		}
		tameNode(v.Interface())
		tameIn(v.Elem())
	case reflect.Slice:
		for i := range v.Len() {
			tameIn(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if field := v.Type().Field(i); field.IsExported() && field.Name != "DeclarationList" {
				tameIn(v.Field(i))
			}
		}
	}
}

// tameNode counts what is copied.
func tameNode(node any) {
	switch n := node.(type) {
	case *ast.ObjectLiteral:
		for _, p := range n.Value {
			if s, ok := p.(*ast.SpreadElement); ok {
				s.Expression = counted(s.Expression)
			}
		}
	case *ast.Binding:
		if n.Initializer != nil && hasRest(n.Target) {
			n.Initializer = counted(n.Initializer)
		}
	case *ast.AssignExpression:
		if hasRest(n.Left) {
			n.Right = counted(n.Right)
		}
	}
}

func hasRest(target ast.Expression) bool {
	p, ok := target.(*ast.ObjectPattern)
	return ok && p.Rest != nil
}

// counted asks countMembers before.
func counted(e ast.Expression) ast.Expression {
	at := e.Idx0()
	return &ast.CallExpression{Callee: &ast.Identifier{Name: countMembers, Idx: at},
		LeftParenthesis: at, RightParenthesis: at, ArgumentList: []ast.Expression{e}}
}

// maxTemplateValues is how many values a template literal keeps: with two it
// makes no more than + does.
const maxTemplateValues = 2

// sumOf is a template literal as a balanced sum of small ones.
func sumOf(t *ast.TemplateLiteral) ast.Expression {
	n := len(t.Expressions)
	if n <= maxTemplateValues {
		return t
	}
	half := n / 2
	end := &ast.TemplateElement{Idx: t.Elements[half].Idx, Literal: "", Parsed: unistring.String(""), Valid: true}
	left := &ast.TemplateLiteral{OpenQuote: t.OpenQuote, CloseQuote: t.CloseQuote, Expressions: t.Expressions[:half],
		Elements: append(t.Elements[:half:half], end)}
	right := &ast.TemplateLiteral{OpenQuote: placeOf(t, half), CloseQuote: t.CloseQuote, Expressions: t.Expressions[half:], Elements: t.Elements[half:]}
	return &ast.BinaryExpression{Operator: token.PLUS, Left: sumOf(left), Right: sumOf(right)}
}

func placeOf(t *ast.TemplateLiteral, element int) file.Idx { return t.Elements[element].Idx }

// countMembers counts a value whose members are about to be copied, and gives it
// back.
func (w *worker) countMembers(call goja.FunctionCall) goja.Value {
	v := call.Argument(0)
	w.payMembers(v)
	return v
}

// payMembers counts the members of strings and lists, of which values in a few
// bytes have very many. Objects have been paid for when they were made.
func (w *worker) payMembers(v goja.Value) {
	switch x := v.(type) {
	case goja.String:
		w.pay(x.Length(), 256)
	case *goja.Object:
		switch x.ClassName() {
		case "String":
			w.pay(w.length(x), 256)
		case "Array":
			w.pay(w.length(x), 64)
		}
	}
}

// pay counts members; a few are free.
func (w *worker) pay(members, bytes int) {
	if members > 64 {
		w.grow(members * bytes)
	}
}
