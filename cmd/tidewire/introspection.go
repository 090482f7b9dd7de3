package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// introspectionQuery asks for all that a schema in SDL shows (GraphQL
// specification, October 2021, section 4 "Introspection"). newer has fields
// that older servers refuse; AppSync's is one.
func introspectionQuery(newer bool) string {
	text := introspectionText
	if newer {
		return strings.NewReplacer("#repeatable", "isRepeatable", "#specified", "specifiedByURL",
			"#deprecated", "(includeDeprecated: true)", "#reason", "isDeprecated deprecationReason").Replace(text)
	}
	return strings.NewReplacer("#repeatable", "", "#specified", "", "#deprecated", "", "#reason", "").Replace(text)
}

const introspectionText = `query IntrospectionQuery {
  __schema {
    queryType { name }
    mutationType { name }
    subscriptionType { name }
    types { ...FullType }
    directives { name description #repeatable locations args#deprecated { ...InputValue } }
  }
}
fragment FullType on __Type {
  kind name description #specified
  fields(includeDeprecated: true) {
    name description args#deprecated { ...InputValue } type { ...TypeRef } isDeprecated deprecationReason
  }
  inputFields#deprecated { ...InputValue }
  interfaces { ...TypeRef }
  enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason }
  possibleTypes { ...TypeRef }
}
fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue #reason }
fragment TypeRef on __Type {
  kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name
    ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } }
}`

// introspection is the answer to introspectionQuery.
type introspection struct {
	Schema *introSchema `json:"__schema"`
}

type introSchema struct {
	QueryType, MutationType, SubscriptionType *introNamed
	Types                                     []introType
	Directives                                []introDirective
}

type introNamed struct{ Name string }

type introType struct {
	Kind, Name, Description string
	SpecifiedByURL          string
	Fields                  []introField
	InputFields             []introValue
	Interfaces              []introRef
	EnumValues              []introEnumValue
	PossibleTypes           []introRef
}

type introField struct {
	Name, Description string
	Args              []introValue
	Type              introRef
	introDeprecation
}

type introValue struct {
	Name, Description string
	Type              introRef
	DefaultValue      *string // GraphQL, not JSON
	introDeprecation
}

type introEnumValue struct {
	Name, Description string
	introDeprecation
}

type introDeprecation struct {
	IsDeprecated      bool
	DeprecationReason string
}

type introDirective struct {
	Name, Description string
	IsRepeatable      bool
	Locations         []string
	Args              []introValue
}

type introRef struct {
	Kind, Name string
	OfType     *introRef
}

// text is a type as SDL writes it, such as "[ID!]!".
func (r *introRef) text() (string, error) {
	if r.Kind != "LIST" && r.Kind != "NON_NULL" {
		return r.Name, nil
	}
	if r.OfType == nil {
		return "", errors.New("a type is a list or not null of nothing: it is nested deeper than 8 levels, or the answer is incomplete")
	}
	inner, err := r.OfType.text()
	if r.Kind == "LIST" {
		return "[" + inner + "]", err
	}
	return inner + "!", err
}

// schemaFrom is the SDL for the data of an introspection: definitions in the
// order of their names, without what every schema has. It is sure to parse
// again.
func schemaFrom(data []byte) (string, error) {
	var found introspection
	if err := json.Unmarshal(data, &found); err != nil {
		return "", fmt.Errorf("the introspection has not the shape that GraphQL prescribes%s", where(err))
	}
	if found.Schema == nil || found.Schema.QueryType == nil {
		return "", errors.New("the introspection holds no schema")
	}
	p := &sdl{}
	p.schema(found.Schema)
	if p.err != nil {
		return "", p.err
	}
	text := p.b.String()
	if _, err := parser.ParseSchema(&ast.Source{Name: "schema", Input: text}); err != nil {
		return "", fmt.Errorf("what the server says of its schema is no GraphQL: %w", err)
	}
	return text, nil
}
