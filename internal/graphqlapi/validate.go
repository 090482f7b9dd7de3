package graphqlapi

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// maxErrors bounds the validation errors of one answer.
const maxErrors = 100

// maxWork bounds what validation may cost: every operation and every fragment
// is walked with all fragments that it reaches.
const maxWork = 2_000_000

// validate finds what is wrong with a document, in the words of graphql-java.
// It also attaches the definitions of the schema to the document.
func (c *config) validate(doc *ast.QueryDocument) []*Error {
	if e := c.tooComplex(doc); e != nil {
		return []*Error{e}
	}
	if e := c.noRoot(doc); e != nil {
		return []*Error{e}
	}
	v := &checker{cfg: c, doc: doc, spread: make(map[string]bool), seen: make(map[string]bool)}
	found := validator.ValidateWithRules(c.schema, doc, rules.NewRules(append(foreignRules(), v.rule())...))
	for _, e := range found {
		v.foreign(e)
	}
	slices.SortStableFunc(v.errors, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.order.Line, b.order.Line), cmp.Compare(a.order.Column, b.order.Column))
	})
	return v.errors[:min(len(v.errors), maxErrors)]
}

// noRoot refuses operations of a kind that the schema does not have.
func (c *config) noRoot(doc *ast.QueryDocument) *Error {
	for _, o := range doc.Operations {
		if o.Operation == ast.Mutation && c.schema.Mutation == nil || o.Operation == ast.Subscription && c.schema.Subscription == nil {
			return &Error{Locations: at(o.Position), Message: fmt.Sprintf("Schema is not configured for %ss.", o.Operation)}
		}
	}
	return nil
}

// tooComplex refuses documents that would take long to validate.
func (c *config) tooComplex(doc *ast.QueryDocument) *Error {
	s := sizer{}
	for _, o := range doc.Operations {
		s.set(o.SelectionSet)
	}
	for _, f := range doc.Fragments {
		s.set(f.SelectionSet)
	}
	walks := len(doc.Operations) + 1
	if s.spreads {
		walks += len(doc.Fragments)
	}
	if walks*s.selections > maxWork || s.pairs > maxWork {
		return &Error{Message: "The document is too complex."}
	}
	return nil
}

// sizer estimates the work of a document.
type sizer struct {
	selections int
	pairs      int // of selections with one name, which are compared
	spreads    bool
}

func (s *sizer) set(set ast.SelectionSet) {
	s.selections += len(set)
	same := make(map[string]int)
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.Field:
			s.pairs += same[sel.Alias]
			same[sel.Alias]++
			s.set(sel.SelectionSet)
		case *ast.InlineFragment:
			s.set(sel.SelectionSet)
		case *ast.FragmentSpread:
			s.spreads = true
		}
	}
}

// checker collects the errors of one document.
type checker struct {
	cfg    *config
	doc    *ast.QueryDocument
	errors []*Error
	seen   map[string]bool // fragments are walked more than once
	spread map[string]bool // fragments that operations use
	paths  map[any]string  // made at the first error
}

// add notes an error of a node.
func (v *checker) add(kind string, node any, where *ast.Position, format string, args ...any) {
	v.note(kind, v.path(node), where, fmt.Sprintf(format, args...))
}

func (v *checker) note(kind, path string, where *ast.Position, detail string) {
	message := "Validation error of type " + kind + ": " + detail
	if path != "" {
		message += " @ '" + path + "'"
	}
	e := &Error{Locations: at(where), Message: message}
	if where != nil {
		e.order = Location{where.Line, where.Column}
	}
	key := fmt.Sprintf("%v %s", e.order, message)
	if !v.seen[key] && len(v.errors) < 10*maxErrors {
		v.seen[key] = true
		v.errors = append(v.errors, e)
	}
}

// foreignRules are those of gqlparser whose decisions are taken as they are.
func foreignRules() []validator.Rule {
	return []validator.Rule{
		rules.NoFragmentCyclesRule, rules.OverlappingFieldsCanBeMergedRule, rules.MaxIntrospectionDepth,
		rules.SingleFieldSubscriptionsRule, rules.UniqueArgumentNamesRule, rules.UniqueDirectivesPerLocationRule,
		rules.UniqueFragmentNamesRule, rules.UniqueInputFieldNamesRule, rules.UniqueOperationNamesRule, rules.UniqueVariableNamesRule,
	}
}

// foreign puts an error of gqlparser into graphql-java's words.
func (v *checker) foreign(e *gqlerror.Error) {
	var where *ast.Position
	if len(e.Locations) > 0 {
		where = &ast.Position{Line: e.Locations[0].Line, Column: e.Locations[0].Column}
	}
	path := v.pathAt(where)
	name := quoted(e.Message)
	switch e.Rule {
	case rules.NoFragmentCyclesRule.Name:
		v.note("FragmentCycle", path, where, "Fragment cycles not allowed")
	case rules.OverlappingFieldsCanBeMergedRule.Name:
		reason := e.Message
		if _, after, ok := strings.Cut(reason, " conflict because "); ok {
			reason, _, _ = strings.Cut(after, ". Use different aliases")
		}
		v.note("FieldsConflict", path, where, name+": "+strings.ReplaceAll(reason, `"`, ""))
	case rules.UniqueArgumentNamesRule.Name:
		v.note("DuplicateArgumentNames", path, where, "There can be only one argument named '"+name+"'")
	case rules.UniqueDirectivesPerLocationRule.Name:
		v.note("DuplicateDirectiveName", path, where, "Directives must be uniquely named within a location. The directive '"+strings.TrimPrefix(name, "@")+"' is not unique.")
	case rules.UniqueFragmentNamesRule.Name:
		v.note("DuplicateFragmentName", path, where, "There can be only one fragment named '"+name+"'")
	case rules.UniqueOperationNamesRule.Name:
		v.note("DuplicateOperationName", path, where, "There can be only one operation named '"+name+"'")
	case rules.UniqueVariableNamesRule.Name:
		v.note("DuplicateVariableName", path, where, "There can be only one variable named '"+strings.TrimPrefix(name, "$")+"'")
	case rules.SingleFieldSubscriptionsRule.Name:
		v.note("SubscriptionMultipleRootFields", path, where, e.Message)
	case rules.MaxIntrospectionDepth.Name:
		v.note("MaxIntrospectionDepth", path, where, e.Message)
	default:
		v.note("InvalidSyntax", path, where, e.Message)
	}
}

// quoted is the first text in quotes.
func quoted(message string) string {
	_, after, _ := strings.Cut(message, `"`)
	name, _, _ := strings.Cut(after, `"`)
	return name
}

// path is where a node is: the names of the fields around it.
func (v *checker) path(node any) string {
	v.index()
	return v.paths[node]
}

// pathAt is the path of whatever field or fragment is at a position.
func (v *checker) pathAt(where *ast.Position) string {
	v.index()
	if where == nil {
		return ""
	}
	return v.paths[Location{where.Line, where.Column}]
}

// index finds the paths of all nodes.
func (v *checker) index() {
	if v.paths != nil {
		return
	}
	v.paths = make(map[any]string)
	for _, o := range v.doc.Operations {
		v.indexDirectives(o.Directives, "")
		v.indexSet(o.SelectionSet, "")
	}
	for _, f := range v.doc.Fragments {
		v.place(f, f.Position, f.Name)
		v.indexDirectives(f.Directives, f.Name)
		v.indexSet(f.SelectionSet, f.Name)
	}
}

func (v *checker) place(node any, where *ast.Position, path string) {
	v.paths[node] = path
	if where != nil {
		v.paths[Location{where.Line, where.Column}] = path
	}
}

// maxPath bounds the paths of errors: they would grow with the square of a
// document's depth.
const maxPath = 1000

func (v *checker) indexSet(set ast.SelectionSet, path string) {
	for _, sel := range set {
		inner := path
		switch sel := sel.(type) {
		case *ast.Field:
			if inner = sel.Name; path != "" && len(path) < maxPath {
				inner = path + "/" + sel.Name
			}
			v.place(sel, sel.Position, inner)
			v.indexArguments(sel.Arguments, inner)
			v.indexDirectives(sel.Directives, inner)
			v.indexSet(sel.SelectionSet, inner)
		case *ast.InlineFragment:
			v.place(sel, sel.Position, path)
			v.indexDirectives(sel.Directives, path)
			v.indexSet(sel.SelectionSet, path)
		case *ast.FragmentSpread:
			v.place(sel, sel.Position, path)
			v.indexDirectives(sel.Directives, path)
		}
	}
}

func (v *checker) indexDirectives(list ast.DirectiveList, path string) {
	for _, d := range list {
		v.place(d, d.Position, path)
		v.indexArguments(d.Arguments, path)
	}
}

func (v *checker) indexArguments(list ast.ArgumentList, path string) {
	for _, a := range list {
		v.place(a, a.Position, path)
		v.indexValue(a.Value, path)
	}
}

func (v *checker) indexValue(value *ast.Value, path string) {
	v.place(value, value.Position, path)
	for _, child := range value.Children {
		v.indexValue(child.Value, path)
	}
}
