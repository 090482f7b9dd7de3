package appsyncjs

import (
	"reflect"

	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/token"
	"github.com/dop251/goja/unistring"
)

// ownFunctions is the member of a bundle's exports that lists the functions of
// the top level. No script can export under this name.
const ownFunctions = "\x00functions"

// constancy proves that the top level of a module has no state that a call could
// leave behind: it only declares functions, takes imports and names primitive
// values, and nothing is ever assigned to these names. Functions are objects,
// so a runtime freezes them. When in doubt there is no proof.
type constancy struct {
	kinds   map[string]kind
	written map[string]bool // names in whatever is assigned to
	looked  map[string]bool // names whose members are looked at
	doubt   bool
}

// kind is what a name of the top level stands for.
type kind int

const (
	kindPrimitive kind = iota + 1
	kindFunction
	kindLibrary
)

// makeConstant tells whether one run of the program is as good as one for each
// call. If so, the exports get a list of the functions to freeze.
func makeConstant(program *ast.Program) bool {
	body := moduleBody(program)
	if len(body) == 0 {
		return false
	}
	end, ok := body[len(body)-1].(*ast.ReturnStatement)
	if !ok {
		return false
	}
	exports, ok := end.Argument.(*ast.ObjectLiteral)
	if !ok {
		return false
	}
	c := constancy{kinds: make(map[string]kind), written: make(map[string]bool), looked: make(map[string]bool)}
	for _, statement := range body[:len(body)-1] {
		c.declare(statement)
	}
	c.visit(reflect.ValueOf(program.Body))
	c.doubt = c.doubt || c.kinds[hidden] != 0
	list := &ast.ArrayLiteral{LeftBracket: end.Return, RightBracket: end.Return}
	for name, kind := range c.kinds {
		c.doubt = c.doubt || c.written[name] || kind == kindFunction && c.looked[name]
		if kind == kindFunction {
			list.Value = append(list.Value, &ast.Identifier{Name: unistring.String(name), Idx: end.Return})
		}
	}
	if c.doubt {
		return false
	}
	exports.Value = append(exports.Value, &ast.PropertyKeyed{
		Key: &ast.StringLiteral{Idx: end.Return, Value: ownFunctions}, Kind: ast.PropertyKindValue, Value: list})
	return true
}

// declare takes one statement of the top level.
func (c *constancy) declare(statement ast.Statement) {
	switch s := statement.(type) {
	case *ast.EmptyStatement:
	case *ast.ExpressionStatement: // "use strict"
		c.doubt = c.doubt || !c.primitive(s.Expression)
	case *ast.FunctionDeclaration:
		if f := s.Function; f.Name != nil && !f.Async && !f.Generator {
			c.name(string(f.Name.Name), kindFunction)
			return
		}
		c.doubt = true
	case *ast.VariableStatement:
		c.bindings(s.List)
	case *ast.LexicalDeclaration:
		c.bindings(s.List)
	default:
		c.doubt = true
	}
}

func (c *constancy) name(name string, k kind) {
	if k == 0 || c.kinds[name] != 0 {
		c.doubt = true
	}
	c.kinds[name] = k
}

func (c *constancy) bindings(list []*ast.Binding) {
	for _, b := range list {
		switch target := b.Target.(type) {
		case *ast.Identifier:
			c.name(string(target.Name), c.kindOf(b.Initializer))
		case *ast.ObjectPattern:
			c.imports(target, b.Initializer)
		default:
			c.doubt = true
		}
	}
}

// imports takes "{ util } = __appsync" and "{ get } = __appsync.dynamodb".
func (c *constancy) imports(p *ast.ObjectPattern, from ast.Expression) {
	if dot, ok := from.(*ast.DotExpression); ok && dot.Identifier.Name == "dynamodb" {
		from = dot.Left
	}
	if name, ok := from.(*ast.Identifier); !ok || name.Name != hidden || p.Rest != nil {
		c.doubt = true
	}
	for _, property := range p.Properties {
		short, ok := property.(*ast.PropertyShort)
		if !ok || short.Initializer != nil {
			c.doubt = true
			continue
		}
		c.name(string(short.Name.Name), kindLibrary)
	}
}

// kindOf is what an expression gives; 0 if it is not known to be harmless.
func (c *constancy) kindOf(e ast.Expression) kind {
	switch e := e.(type) {
	case *ast.FunctionLiteral:
		if !e.Async && !e.Generator {
			return kindFunction
		}
	case *ast.ArrowFunctionLiteral:
		if !e.Async {
			return kindFunction
		}
	case *ast.Identifier:
		return c.kinds[string(e.Name)]
	}
	if c.primitive(e) {
		return kindPrimitive
	}
	return 0
}

// primitive tells whether an expression gives a primitive value, of primitive
// values only.
func (c *constancy) primitive(e ast.Expression) bool {
	switch e := e.(type) {
	case *ast.StringLiteral, *ast.NumberLiteral, *ast.BooleanLiteral, *ast.NullLiteral:
		return true
	case *ast.Identifier:
		return c.kinds[string(e.Name)] == kindPrimitive
	case *ast.UnaryExpression:
		switch e.Operator {
		case token.PLUS, token.MINUS, token.NOT:
			return c.primitive(e.Operand)
		}
	case *ast.BinaryExpression:
		return c.primitive(e.Left) && c.primitive(e.Right)
	case *ast.TemplateLiteral:
		for _, inner := range e.Expressions {
			if !c.primitive(inner) {
				return false
			}
		}
		return e.Tag == nil
	}
	return false
}

// visit looks at the whole program, whatever its nodes are made of.
func (c *constancy) visit(v reflect.Value) {
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() {
			return
		}
		if v.Kind() == reflect.Pointer && v.CanInterface() {
			c.look(v.Interface())
		}
		c.visit(v.Elem())
	case reflect.Slice:
		for i := range v.Len() {
			c.visit(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if field := v.Type().Field(i); field.IsExported() && field.Name != "DeclarationList" {
				c.visit(v.Field(i))
			}
		}
	}
}

// look notes what a node writes or looks into.
func (c *constancy) look(node any) {
	switch n := node.(type) {
	case *ast.AssignExpression:
		c.names(reflect.ValueOf(n.Left))
	case *ast.UnaryExpression:
		if n.Operator == token.INCREMENT || n.Operator == token.DECREMENT || n.Operator == token.DELETE {
			c.names(reflect.ValueOf(n.Operand))
		}
	case *ast.ForIntoExpression:
		c.names(reflect.ValueOf(n.Expression))
	case *ast.DotExpression:
		c.lookInto(n.Left)
	case *ast.BracketExpression:
		c.lookInto(n.Left)
	case *ast.PrivateDotExpression, *ast.ClassLiteral, *ast.WithStatement:
		c.doubt = true
	case *ast.TemplateLiteral:
		c.doubt = c.doubt || n.Tag != nil // its strings are one object for all calls
	}
}

// lookInto notes whose members are looked at. It only saves functions from being
// frozen that a script uses as objects.
func (c *constancy) lookInto(e ast.Expression) {
	switch e := e.(type) {
	case *ast.Identifier:
		c.looked[string(e.Name)] = true
	case *ast.Optional:
		c.lookInto(e.Expression)
	case *ast.OptionalChain:
		c.lookInto(e.Expression)
	}
}

// names notes every name in an expression that is assigned to.
func (c *constancy) names(v reflect.Value) {
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if !v.IsNil() {
			c.names(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			c.names(v.Index(i))
		}
	case reflect.Struct:
		if name, ok := v.Interface().(ast.Identifier); ok {
			c.written[string(name.Name)] = true
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				c.names(v.Field(i))
			}
		}
	}
}
