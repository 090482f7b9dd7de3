package graphqlapi

import (
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"
)

// introspectionQuery is what graphql-js (16, without its options) and its
// descendants send.
const introspectionQuery = `
query IntrospectionQuery { __schema { queryType { name } mutationType { name } subscriptionType { name } types { ...FullType } directives { name description locations args { ...InputValue } } } }
fragment FullType on __Type { kind name description
  fields(includeDeprecated: true) { name description args { ...InputValue } type { ...TypeRef } isDeprecated deprecationReason }
  inputFields { ...InputValue } interfaces { ...TypeRef }
  enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason } possibleTypes { ...TypeRef } }
fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue }
fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } }`

// What the query answers.
type (
	typeRef struct {
		Kind   string
		Name   *string
		OfType *typeRef
	}
	inputValue struct {
		Name, Description string
		Type              typeRef
		DefaultValue      *string
	}
	described struct {
		Name, Description string
		Args              []inputValue
		Type              typeRef
		IsDeprecated      bool
		DeprecationReason *string
	}
	fullType struct {
		Kind, Name, Description   string
		Fields, EnumValues        []described
		InputFields               []inputValue
		Interfaces, PossibleTypes []typeRef
	}
	introspection struct {
		Data struct {
			Schema struct {
				QueryType, MutationType, SubscriptionType *struct{ Name string }
				Types                                     []fullType
				Directives                                []struct {
					Name      string
					Locations []string
					Args      []inputValue
				}
			} `json:"__schema"`
		}
		Errors []any
	}
)

func (t *typeRef) String() string {
	switch t.Kind {
	case "NON_NULL":
		return t.OfType.String() + "!"
	case "LIST":
		return "[" + t.OfType.String() + "]"
	}
	return *t.Name
}

func inputsOf(list []inputValue) string {
	var parts []string
	for _, a := range list {
		part := a.Name + ": " + a.Type.String()
		if a.DefaultValue != nil {
			part += " = " + *a.DefaultValue
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}

func (d *described) sdl() string {
	s := d.Name
	if len(d.Args) > 0 {
		s += "(" + inputsOf(d.Args) + ")"
	}
	if d.Type.Kind != "" {
		s += ": " + d.Type.String()
	}
	if d.IsDeprecated {
		s += fmt.Sprintf(" @deprecated(reason: %q)", *d.DeprecationReason)
	}
	return s
}

// sdl writes the answer back as a schema.
func (i *introspection) sdl() string {
	var b strings.Builder
	for _, t := range i.Data.Schema.Types {
		if strings.HasPrefix(t.Name, "__") || t.Kind == "SCALAR" {
			continue
		}
		if t.Description != "" {
			fmt.Fprintf(&b, "%q\n", t.Description)
		}
		var members []string
		for _, f := range slices.Concat(t.Fields, t.EnumValues) {
			members = append(members, f.sdl())
		}
		keyword := map[string]string{"OBJECT": "type", "INTERFACE": "interface", "ENUM": "enum", "INPUT_OBJECT": "input", "UNION": "union"}[t.Kind]
		b.WriteString(keyword + " " + t.Name)
		for n, in := range t.Interfaces {
			b.WriteString(map[bool]string{true: " implements ", false: " & "}[n == 0] + in.String())
		}
		switch t.Kind {
		case "UNION":
			b.WriteString(" = ")
			for n, p := range t.PossibleTypes {
				b.WriteString(map[bool]string{true: "", false: " | "}[n == 0] + p.String())
			}
		case "INPUT_OBJECT":
			b.WriteString(" { " + inputsOf(t.InputFields) + " }")
		default:
			b.WriteString(" { " + strings.Join(members, "\n") + " }")
		}
		b.WriteString("\n")
	}
	return b.String()
}

const introspected = `
"The \"start\"" type Query { post(id: ID = "x", in: In = {a: 1, b: [RED]}): [Post!]! @deprecated old: Int @deprecated(reason: "gone") }
type Mutation { m(a: [Int!]! = [1, 2]): Boolean }
type Post implements Node & Other { id: ID! x: String when: AWSDateTime }
interface Node { id: ID! } interface Other { x: String }
union U = Post | Query
enum Color { RED GREEN @deprecated(reason: "no") }
input In { a: Int! = 3, b: [Color], c: String = "q\"" }
`

// TestIntrospectionRoundTrip makes a schema of the answer, which must be the
// one that was asked.
func TestIntrospectionRoundTrip(t *testing.T) {
	t.Parallel()
	first := newRig(t, introspected)
	answer := first.run(introspectionQuery)
	var got introspection
	if err := json.Unmarshal([]byte(answer), &got); err != nil || got.Errors != nil {
		t.Fatalf("%v %v", err, got.Errors)
	}
	second := newRig(t, got.sdl())
	if diff := cmp.Diff(summary(first.api.config.Load().schema), summary(second.api.config.Load().schema)); diff != "" {
		t.Errorf("%s\n%s", diff, got.sdl())
	}
	var again introspection
	if err := json.Unmarshal([]byte(second.run(introspectionQuery)), &again); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, again); diff != "" {
		t.Error(diff)
	}
	var directives []string
	for _, d := range got.Data.Schema.Directives {
		directives = append(directives, d.Name)
	}
	if diff := cmp.Diff("aws_api_key aws_auth aws_cognito_user_pools aws_iam aws_lambda aws_oidc aws_publish aws_subscribe deprecated include skip", strings.Join(directives, " ")); diff != "" {
		t.Error(diff)
	}
}

// summary lists what a schema consists of.
func summary(s *ast.Schema) []string {
	var list []string
	for name, def := range s.Types {
		list = append(list, fmt.Sprintf("%s %s %q %v %v", def.Kind, name, def.Description, def.Interfaces, def.Types))
		for _, f := range def.Fields {
			line := name + "." + f.Name + ": " + f.Type.String()
			for _, a := range f.Arguments {
				line += " " + a.Name + ":" + a.Type.String() + "=" + a.DefaultValue.String()
			}
			if f.DefaultValue != nil {
				line += "=" + f.DefaultValue.String()
			}
			list = append(list, fmt.Sprint(line, f.Directives.ForName("deprecated") != nil))
		}
		for _, v := range def.EnumValues {
			list = append(list, fmt.Sprint(name, v.Name, v.Directives.ForName("deprecated") != nil))
		}
	}
	sort.Strings(list)
	return list
}

func TestIntrospection(t *testing.T) {
	t.Parallel()
	r := newRig(t, introspected)
	for _, tt := range []struct{ query, variables, want string }{
		{`{__type(name:"Post"){kind name fields{name type{kind name ofType{name}}} interfaces{name} possibleTypes{name} ofType{name}}}`, "{}",
			`{"__type":{"kind":"OBJECT","name":"Post","fields":[{"name":"id","type":{"kind":"NON_NULL","name":null,"ofType":{"name":"ID"}}},{"name":"x","type":{"kind":"SCALAR","name":"String","ofType":null}},{"name":"when","type":{"kind":"SCALAR","name":"AWSDateTime","ofType":null}}],"interfaces":[{"name":"Node"},{"name":"Other"}],"possibleTypes":null,"ofType":null}}`},
		{`query($n:String!,$d:Boolean){t:__type(name:$n){__typename fields(includeDeprecated:$d){name deprecationReason isDeprecated}}}`, `{"n":"Query","d":true}`,
			`{"t":{"__typename":"__Type","fields":[{"name":"post","deprecationReason":"No longer supported","isDeprecated":true},{"name":"old","deprecationReason":"gone","isDeprecated":true}]}}`},
		{`{__type(name:"Query"){fields{name}}}`, "{}", `{"__type":{"fields":[]}}`},
		{`{__type(name:"Color"){enumValues{name}}}`, "{}", `{"__type":{"enumValues":[{"name":"RED"}]}}`},
		{`{__type(name:"U"){possibleTypes{name}}}`, "{}", `{"__type":{"possibleTypes":[{"name":"Post"},{"name":"Query"}]}}`},
		{`{__type(name:"In"){inputFields{name defaultValue}}}`, "{}", `{"__type":{"inputFields":[{"name":"a","defaultValue":"3"},{"name":"b","defaultValue":null},{"name":"c","defaultValue":"\"q\\\"\""}]}}`},
		{`{__type(name:"Zzz"){name}}`, "{}", `{"__type":null}`},
		{`{__schema{queryType{name} mutationType{name} subscriptionType{name}}}`, "{}", `{"__schema":{"queryType":{"name":"Query"},"mutationType":{"name":"Mutation"},"subscriptionType":null}}`},
	} {
		r.expect(`{"data":`+tt.want+`}`, tt.query, tt.variables)
	}
}

func TestIntrospectionDisabled(t *testing.T) {
	t.Parallel()
	r := newRig(t, introspected, func(r *rig, _ *Options) { r.spec.IntrospectionDisabled = true })
	r.expect(`{"data":null,"errors":[{"path":null,"locations":[{"line":1,"column":2,"sourceName":null}],"message":"Validation error of type FieldUndefined: Field '__schema' in type 'Query' is undefined @ '__schema'"}]}`, `{__schema{queryType{name}}}`)
	r.expect(`{"data":{"__typename":"Query"}}`, `{__typename}`)
}
