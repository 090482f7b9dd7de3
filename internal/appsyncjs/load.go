package appsyncjs

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/dop251/goja"
	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/parser"

	"github.com/tidewire/tidewire/internal/spec"
)

// Source is a script to load.
type Source struct {
	// Script is the code of a template. Its place is where problems of inline
	// code are reported.
	Script *spec.Script
	// Root is the directory that imports may not leave, symbolic links
	// included; usually the template's. Default: the directory of the file.
	Root string
	// Name stands for inline code in problems and positions. Default: the
	// place in the template, or "code.js".
	Name string
	// Reads is told, before Load returns, of every file that its answer depends
	// on, whether it succeeds or not: the script, what it imports, and what its
	// imports would mean if it were there. They are absolute, and may be told
	// more than once. nil: nobody asks.
	Reads func(file string)
}

func (s *Source) name() string {
	switch {
	case s.Script.File != "":
		return s.Script.File
	case s.Name != "":
		return s.Name
	case s.Script.At.File != "":
		return fmt.Sprintf("%s:%d", s.Script.At.File, s.Script.At.Line)
	}
	return "code.js"
}

// Module is a loaded script. It is immutable.
type Module struct {
	engine  *Engine
	program *goja.Program
	bundle  *bundle
	exports map[string]bool
	// constant: the top level has no state, so that it runs once in a runtime.
	constant bool
}

// Has tells whether a function is exported: "request", or "onPublish.request" for
// the member of an exported object.
func (m *Module) Has(function string) bool { return m.exports[function] }

// Load reads, checks and compiles a script. Problems are all that were found,
// sorted; the module is nil if there is one. Code that was loaded before and has
// not changed, with all that it imports, gives the same module again.
func (e *Engine) Load(s Source) (*Module, Problems) {
	b, problems := e.newBundler(&s)
	defer b.tell()
	if len(problems) > 0 {
		return nil, problems
	}
	defer b.close()
	key := s.key()
	if kept := e.modules.get(key); b.current(kept) {
		b.loaded = *kept
		return kept.module, nil
	}
	if b.module, problems = b.make(); len(problems) > 0 {
		return nil, problems.sorted()
	}
	kept := b.loaded
	e.modules.put(key, &kept)
	return kept.module, nil
}

// make bundles and compiles the script.
func (b *bundler) make() (m *Module, problems Problems) {
	made, problems := b.bundle()
	if len(problems) > 0 {
		return nil, problems
	}
	defer func() {
		if r := recover(); r != nil { // the parser or the compiler
			m, problems = nil, Problems{{Position: Position{File: made.name}, Message: fmt.Sprintf("the code cannot be compiled: %v", r)}}
		}
	}()
	return b.engine.compile(made)
}

// compile checks a bundle and makes a module of it.
func (e *Engine) compile(b *bundle) (*Module, Problems) {
	program, err := parser.ParseFile(nil, "", b.code, 0, parser.WithDisableSourceMaps)
	if err != nil {
		return nil, b.syntaxProblems(err)
	}
	if problems := lint(program, b); len(problems) > 0 {
		return nil, problems.sorted()
	}
	m := &Module{engine: e, bundle: b, exports: exported(program, b), constant: makeConstant(program)}
	tame(program)
	if m.program, err = goja.CompileAST(program, true); err != nil {
		return nil, b.syntaxProblems(err)
	}
	return m, nil
}

// syntaxProblems are for what esbuild understands and goja does not.
func (b *bundle) syntaxProblems(err error) Problems {
	list, ok := err.(parser.ErrorList)
	if !ok || len(list) == 0 {
		return Problems{{Position: Position{File: b.name}, Message: "the code cannot be compiled: " + err.Error()}}
	}
	at, _ := b.original(list[0].Position.Line-1, list[0].Position.Column-1)
	return Problems{{Position: at, Message: "syntax that APPSYNC_JS does not support: " + list[0].Message}}
}

// tooLong refuses what AppSync cannot hold.
func tooLong(name, code string) Problems {
	if n := utf8.RuneCountInString(code); n > maxCode {
		return Problems{{Position: Position{File: name}, Message: fmt.Sprintf("the code has %d characters, AppSync takes %d", n, maxCode),
			Hint: "move work into a function of a pipeline, or into a Lambda function"}}
	}
	return nil
}

// exported lists the functions that a bundle exports, and those of exported
// object literals.
func exported(program *ast.Program, b *bundle) map[string]bool {
	found := make(map[string]bool)
	for _, statement := range moduleBody(program) {
		switch s := statement.(type) {
		case *ast.FunctionDeclaration:
			b.export(found, string(s.Function.Name.Name), s.Function)
		case *ast.VariableStatement:
			b.exportBindings(found, s.List)
		case *ast.LexicalDeclaration:
			b.exportBindings(found, s.List)
		}
	}
	return found
}

func (b *bundle) exportBindings(found map[string]bool, list []*ast.Binding) {
	for _, binding := range list {
		if name, ok := binding.Target.(*ast.Identifier); ok {
			b.export(found, string(name.Name), binding.Initializer)
		}
	}
}

func (b *bundle) export(found map[string]bool, local string, value ast.Expression) {
	for _, e := range b.exports {
		if e.local != local {
			continue
		}
		switch v := value.(type) {
		case *ast.FunctionLiteral, *ast.ArrowFunctionLiteral, *ast.Identifier:
			found[e.name] = true
		case *ast.ObjectLiteral:
			for _, property := range v.Value {
				if key := propertyKey(property); key != "" {
					found[e.name+"."+key] = true
				}
			}
		}
	}
}

func propertyKey(p ast.Property) string {
	switch p := p.(type) {
	case *ast.PropertyShort:
		return string(p.Name.Name)
	case *ast.PropertyKeyed:
		if key, ok := p.Key.(*ast.StringLiteral); ok && !p.Computed {
			return string(key.Value)
		}
	}
	return ""
}

// moduleBody is what is inside of the function that a bundle is wrapped in.
func moduleBody(program *ast.Program) []ast.Statement {
	if len(program.Body) == 0 {
		return nil
	}
	if s, ok := program.Body[0].(*ast.ExpressionStatement); ok {
		if call, ok := s.Expression.(*ast.CallExpression); ok {
			if f, ok := call.Callee.(*ast.FunctionLiteral); ok {
				return f.Body.List
			}
		}
	}
	return nil
}

// position is the innermost place of a stack that an author wrote.
func (m *Module) position(stack []goja.StackFrame) Position {
	for _, frame := range stack {
		at := frame.Position()
		if p, ok := m.bundle.original(at.Line-1, at.Column-1); ok && at.Line > 0 {
			return p
		}
	}
	return Position{File: m.bundle.name}
}

// deepest is how deep brackets and arrows (a => b => …) nest in a text, whatever
// they are part of: parsers recurse by them.
func deepest(text string) int {
	depth, arrows, most := 0, 0, 0
	for i := range len(text) {
		switch c := text[i]; {
		case strings.IndexByte("([{", c) >= 0:
			depth, arrows = depth+1, 0
		case strings.IndexByte(")]}", c) >= 0:
			depth, arrows = max(depth-1, 0), 0
		case c == ';' || c == ',':
			arrows = 0
		case c == '>' && i > 0 && text[i-1] == '=':
			arrows++
		}
		most = max(most, depth+arrows)
	}
	return most
}
