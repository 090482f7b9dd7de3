package graphqlapi

import (
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"

	"github.com/tidewire/tidewire/internal/graphqlapi/scalars"
	"github.com/tidewire/tidewire/internal/spec"
)

// prelude is what every schema has without saying so: GraphQL's scalars and
// introspection as the release of graphql-java knows them that AppSync speaks
// like (no specifiedByURL, no isRepeatable), and AppSync's directives.
//
//go:embed prelude.graphql
var prelude string

// maxSchema is AppSync's quota of a schema's size.
const maxSchema = 1 << 20

// parseSchema merges the parts of an API's schema. nil without problems means
// that there is no schema.
func parseSchema(api *spec.GraphQLAPI) (*ast.Schema, spec.Problems) {
	if len(api.Schema) == 0 {
		return nil, nil
	}
	p := schemaParser{api: api}
	merged := p.builtin()
	size := 0
	for i := range api.Schema {
		size += len(api.Schema[i].Text)
		p.part(merged, i)
	}
	if size > maxSchema {
		p.problems = append(p.problems, spec.Problem{At: api.At, Resource: api.LogicalID,
			Message: fmt.Sprintf("the schema has %d bytes, AppSync takes %d", size, maxSchema)})
	}
	if len(p.problems) > 0 {
		return nil, p.problems
	}
	mergeEntryPoints(merged)
	schema, err := validator.ValidateSchemaDocument(merged)
	if err != nil {
		p.refuse(err)
		return nil, p.problems
	}
	if schema.Query == nil {
		p.problems = append(p.problems, spec.Problem{At: api.Schema[0].At, Resource: api.LogicalID, Message: "the schema has no Query type", Hint: "type Query { … }"})
	}
	if api.IntrospectionDisabled && schema.Query != nil {
		schema.Query.Fields = slices.DeleteFunc(slices.Clone(schema.Query.Fields), func(f *ast.FieldDefinition) bool { return strings.HasPrefix(f.Name, "__") })
	}
	return schema, p.problems
}

// schemaParser reads the parts and collects what is wrong with them.
type schemaParser struct {
	api      *spec.GraphQLAPI
	problems spec.Problems
	known    map[string]bool // directives and scalars of the prelude
}

// builtin is the document of the prelude, with AppSync's scalars.
func (p *schemaParser) builtin() *ast.SchemaDocument {
	text := []byte(prelude)
	for _, s := range scalars.All() {
		text = fmt.Appendf(text, "%q\nscalar %s\n", s.Description, s.Name)
	}
	doc, err := parser.ParseSchema(&ast.Source{Name: "prelude", Input: string(text), BuiltIn: true})
	if err != nil { // a constant, see TestPrelude
		p.refuse(err)
		return new(ast.SchemaDocument)
	}
	p.known = make(map[string]bool)
	for _, d := range doc.Directives {
		p.known["@"+d.Name] = true
	}
	for _, d := range doc.Definitions {
		p.known[d.Name] = d.Kind == ast.Scalar
	}
	return doc
}

// part parses one part into doc.
func (p *schemaParser) part(doc *ast.SchemaDocument, index int) {
	// The name of a source is its index, by which refuse finds the part.
	parsed, err := parser.ParseSchema(&ast.Source{Name: strconv.Itoa(index), Input: p.api.Schema[index].Text})
	if err != nil {
		p.refuse(err)
		return
	}
	// Schemas made for editors declare what AppSync has anyway.
	parsed.Directives = slices.DeleteFunc(parsed.Directives, func(d *ast.DirectiveDefinition) bool { return p.known["@"+d.Name] })
	parsed.Definitions = slices.DeleteFunc(parsed.Definitions, func(d *ast.Definition) bool { return d.Kind == ast.Scalar && p.known[d.Name] })
	for _, d := range slices.Concat(parsed.Definitions, parsed.Extensions) {
		if d.Kind == ast.Scalar {
			p.add(d.Position, fmt.Sprintf("AppSync has no scalars of one's own, this declares %s", d.Name), "use one of AppSync's, such as AWSJSON or String")
		}
	}
	doc.Merge(parsed)
}

// mergeEntryPoints makes one schema{} of those of all parts. What they say
// twice counts once; contradictions are left to be found.
func mergeEntryPoints(doc *ast.SchemaDocument) {
	if len(doc.Schema) < 2 {
		return
	}
	first := doc.Schema[0]
	for _, other := range doc.Schema[1:] {
		first.Directives = append(first.Directives, other.Directives...)
		for _, op := range other.OperationTypes {
			if same := first.OperationTypes.ForType(op.Type); same == nil || same.Operation != op.Operation {
				first.OperationTypes = append(first.OperationTypes, op)
			}
		}
	}
	doc.Schema = doc.Schema[:1]
}

// refuse notes an error of the parser or validator.
func (p *schemaParser) refuse(err error) {
	var e *gqlerror.Error
	if !errors.As(err, &e) {
		p.add(nil, err.Error(), "")
		return
	}
	var at *ast.Position
	if name, ok := e.Extensions["file"].(string); ok && len(e.Locations) > 0 {
		at = &ast.Position{Src: &ast.Source{Name: name}, Line: e.Locations[0].Line, Column: e.Locations[0].Column}
	}
	p.add(at, strings.TrimSuffix(e.Message, "."), "")
}

// add notes a problem. In a file it has the line; in inline text the line
// counts from where the text begins.
func (p *schemaParser) add(at *ast.Position, message, hint string) {
	problem := spec.Problem{At: p.api.At, Resource: p.api.LogicalID, Message: message, Hint: hint}
	if at != nil && at.Src != nil {
		problem.At, problem.Message = sourceOf(p.api, at, message)
	}
	p.problems = append(p.problems, problem)
}

// sourceOf translates a position within the schema.
func sourceOf(api *spec.GraphQLAPI, at *ast.Position, message string) (spec.Source, string) {
	index, err := strconv.Atoi(at.Src.Name)
	if err != nil || index >= len(api.Schema) {
		return api.At, message
	}
	part := &api.Schema[index]
	if part.File == "" {
		return part.At, fmt.Sprintf("%s (line %d, column %d of the schema)", message, at.Line, at.Column)
	}
	return spec.Source{File: part.File, Line: at.Line}, message
}
