package graphqlapi

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/tidewire/tidewire/internal/fault"
)

// Refusals of documents (graphql-over-http issue 81).
var (
	emptyBody     = fault.Error{Code: "MalformedHttpRequestException", Status: 400, Message: "Request body is empty."}
	unparsable    = fault.Error{Code: "MalformedHttpRequestException", Status: 400, Message: "Unable to parse GraphQL query."}
	noOperation   = fault.Error{Code: "BadRequestException", Status: 400, Message: "Missing operation name."}
	wrongName     = fault.Error{Code: "BadRequestException", Status: 400, Message: "Unknown operation name."}
	noSchema      = fault.Error{Code: "GraphQLSchemaException", Status: 502, Message: "No schema definition exists."}
	bodyTooLarge  = fault.Error{Code: "RequestEntityTooLargeException", Status: 413, Message: "Request body is too large."}
	notPost       = fault.Error{Code: "MethodNotAllowedException", Status: 405, Message: "Only POST is supported."}
	tooManyPlans  = fault.Error{Code: "LimitExceededError", Status: 429, Message: "Too many different subscriptions are active."}
	shuttingDown  = fault.Error{Code: "ServiceUnavailableException", Status: 503, Message: "Service Unavailable"}
	tooManyTokens = "the document has more than %d tokens"
)

// document is a text that was parsed and validated against one schema.
// Immutable.
type document struct {
	text       string
	operations []*Operation
	invalid    []*Error // validation errors, for whichever operation
}

// Operation is one operation of a document, ready to be executed many times.
// It is immutable but for plans that are made when they are needed first; safe
// for concurrent use.
type Operation struct {
	cfg   *config
	def   *ast.OperationDefinition
	root  *namedType
	depth int
	size  int // bytes that it takes, by the estimate of weight
	vars  []variable
	// switches are the variables of @skip and @include.
	switches []string

	invalid []*Error // the document is not valid: the answer

	plain atomic.Pointer[plan] // if there are no switches
	mu    sync.Mutex
	plans map[uint64]*plan // by the values of the switches; guarded by mu
}

// prepare finds or makes the document of a text. The error is a refusal of
// the whole request.
func (c *config) prepare(text string, tokens int) (*document, *fault.Error) {
	if d := c.documents.get(text); d != nil {
		return d, nil
	}
	if c.schema == nil {
		return nil, noSchema.Because("%s has no schema", c.api.LogicalID)
	}
	parsed, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: text}, tokens)
	if err != nil {
		return nil, syntaxError(err, tokens)
	}
	if len(parsed.Operations) == 0 {
		return nil, unparsable.Because("the document has no operation")
	}
	d := &document{text: text, invalid: c.validate(parsed)}
	for _, def := range parsed.Operations {
		o := &Operation{cfg: c, def: def, size: weight * len(text), invalid: d.invalid}
		if len(d.invalid) == 0 {
			o.compile(parsed)
		}
		d.operations = append(d.operations, o)
	}
	c.documents.put(d)
	return d, nil
}

// syntaxError says where the parser stopped. AppSync's answer does not say it,
// the log does.
func syntaxError(err error, tokens int) *fault.Error {
	var e *gqlerror.Error
	if errors.As(err, &e) && len(e.Locations) > 0 {
		return unparsable.Because("line %d, column %d: %s", e.Locations[0].Line, e.Locations[0].Column, clip(e.Message))
	}
	if errors.As(err, &e) && e.Message == fmt.Sprintf("exceeded token limit of %d", tokens) {
		return unparsable.Because(tooManyTokens, tokens)
	}
	return unparsable.Because("%s", clip(err.Error()))
}

// clip shortens what callers sent, for the log.
func clip(text string) string {
	const most = 200
	if len(text) > most {
		return text[:most] + "…"
	}
	return text
}

// operation picks the one to execute.
func (d *document) operation(name string) (*Operation, *fault.Error) {
	if name == "" {
		if len(d.operations) > 1 {
			return nil, noOperation.Because("the document has %d operations", len(d.operations))
		}
		return d.operations[0], nil
	}
	for _, o := range d.operations {
		if o.def.Name == name {
			return o, nil
		}
	}
	return nil, wrongName.Because("the document has no operation %q", clip(name))
}

// compile finds out what does not depend on variables.
func (o *Operation) compile(doc *ast.QueryDocument) {
	switch o.def.Operation {
	case ast.Mutation:
		o.root = o.cfg.types[o.cfg.schema.Mutation.Name]
	case ast.Subscription:
		o.root = o.cfg.types[o.cfg.schema.Subscription.Name]
	default:
		o.root = o.cfg.types[o.cfg.schema.Query.Name]
	}
	s := survey{seen: make(map[*ast.FragmentDefinition]int), switches: make(map[string]bool), strict: make(map[string]*ast.Type)}
	o.depth = s.depth(o.def.SelectionSet)
	for _, def := range o.def.VariableDefinitions {
		v := o.cfg.variable(def)
		v.strict = s.strict[v.name]
		o.vars = append(o.vars, v)
		if s.switches[v.name] {
			o.switches = append(o.switches, v.name)
		}
	}
}

// survey walks a valid document once per fragment.
type survey struct {
	seen     map[*ast.FragmentDefinition]int // depth of its selection
	switches map[string]bool
	strict   map[string]*ast.Type // of the variables that stand where null cannot
}

// depth is how many fields lie within each other, at most.
func (s *survey) depth(set ast.SelectionSet) (deepest int) {
	for _, sel := range set {
		d := 0
		switch sel := sel.(type) {
		case *ast.Field:
			s.directives(sel.Directives)
			s.arguments(sel.Arguments)
			if d = 1 + s.depth(sel.SelectionSet); strings.HasPrefix(sel.Name, "__") {
				d = 1 // introspection does not count
			}
		case *ast.InlineFragment:
			s.directives(sel.Directives)
			d = s.depth(sel.SelectionSet)
		case *ast.FragmentSpread:
			s.directives(sel.Directives)
			d = s.fragment(sel.Definition)
		}
		deepest = max(deepest, d)
	}
	return deepest
}

func (s *survey) fragment(f *ast.FragmentDefinition) int {
	if f == nil {
		return 0
	}
	if d, ok := s.seen[f]; ok {
		return d
	}
	d := s.depth(f.SelectionSet)
	s.seen[f] = d
	return d
}

func (s *survey) directives(list ast.DirectiveList) {
	for _, d := range list {
		s.arguments(d.Arguments)
		if d.Name != "skip" && d.Name != "include" {
			continue
		}
		if arg := d.Arguments.ForName("if"); arg != nil && arg.Value.Kind == ast.Variable {
			s.switches[arg.Value.Raw] = true
		}
	}
}

func (s *survey) arguments(list ast.ArgumentList) {
	for _, a := range list {
		s.value(a.Value)
	}
}

func (s *survey) value(v *ast.Value) {
	if v.Kind == ast.Variable && v.ExpectedType != nil && v.ExpectedType.NonNull {
		s.strict[v.Raw] = v.ExpectedType
	}
	for _, child := range v.Children {
		s.value(child.Value)
	}
}
