package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

const exampleSchemaFile = "testdata/appsync/schema.graphql"

// exampleIntrospection is what a server says of the schema in testdata.
func exampleIntrospection() (string, error) {
	text, err := os.ReadFile(filepath.FromSlash(exampleSchemaFile))
	if err != nil {
		return "", err
	}
	return introspectionOf(string(text))
}

// introspectionOf plays a server: the data for introspectionQuery.
func introspectionOf(text string) (string, error) {
	doc, err := parser.ParseSchema(&ast.Source{Input: text})
	if err != nil {
		return "", err
	}
	kinds := map[string]string{"Int": "SCALAR", "Float": "SCALAR", "String": "SCALAR", "Boolean": "SCALAR", "ID": "SCALAR"}
	for _, d := range doc.Definitions {
		kinds[d.Name] = string(d.Kind)
	}
	var types []any
	for _, name := range []string{"Boolean", "__Type"} { // built in: not to be shown
		types = append(types, map[string]any{"kind": "SCALAR", "name": name})
	}
	for i := len(doc.Definitions) - 1; i >= 0; i-- { // an order of its own
		types = append(types, typeOf(doc.Definitions[i], kinds))
	}
	directives := []any{map[string]any{"name": "skip", "locations": []string{"FIELD"}, "args": []any{}}}
	for _, d := range doc.Directives {
		directives = append(directives, map[string]any{"name": d.Name, "description": orNil(d.Description), "isRepeatable": d.IsRepeatable,
			"locations": d.Locations, "args": argumentsOf(d.Arguments, kinds)})
	}
	schema := map[string]any{"types": types, "directives": directives, "queryType": map[string]any{"name": "Query"}}
	for _, s := range doc.Schema {
		for _, o := range s.OperationTypes {
			schema[string(o.Operation)+"Type"] = map[string]any{"name": o.Type}
		}
	}
	for operation, name := range map[string]string{"mutation": "Mutation", "subscription": "Subscription"} {
		if doc.Schema == nil && kinds[name] != "" {
			schema[operation+"Type"] = map[string]any{"name": name}
		}
	}
	data, err := json.Marshal(map[string]any{"__schema": schema})
	return string(data), err
}

func orNil(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func typeOf(d *ast.Definition, kinds map[string]string) map[string]any {
	t := map[string]any{"kind": d.Kind, "name": d.Name, "description": orNil(d.Description), "specifiedByURL": nil}
	if s := d.Directives.ForName("specifiedBy"); s != nil {
		t["specifiedByURL"] = s.Arguments.ForName("url").Value.Raw
	}
	refs := func(names []string) []any {
		list := []any{}
		for _, name := range names {
			list = append(list, map[string]any{"kind": kinds[name], "name": name, "ofType": nil})
		}
		return list
	}
	var fields, inputs, values []any
	for _, f := range d.Fields {
		field := map[string]any{"name": f.Name, "description": orNil(f.Description), "type": refOf(f.Type, kinds)}
		deprecate(field, f.Directives)
		if d.Kind == ast.InputObject {
			field["defaultValue"] = defaultOf(f.DefaultValue)
			inputs = append(inputs, field)
			continue
		}
		field["args"] = argumentsOf(f.Arguments, kinds)
		fields = append(fields, field)
	}
	for _, v := range d.EnumValues {
		value := map[string]any{"name": v.Name, "description": orNil(v.Description)}
		deprecate(value, v.Directives)
		values = append(values, value)
	}
	t["fields"], t["inputFields"], t["enumValues"] = fields, inputs, values
	t["interfaces"], t["possibleTypes"] = refs(d.Interfaces), refs(d.Types)
	return t
}

func argumentsOf(list ast.ArgumentDefinitionList, kinds map[string]string) []any {
	args := []any{}
	for _, a := range list {
		arg := map[string]any{"name": a.Name, "description": orNil(a.Description), "type": refOf(a.Type, kinds), "defaultValue": defaultOf(a.DefaultValue)}
		deprecate(arg, a.Directives)
		args = append(args, arg)
	}
	return args
}

func defaultOf(v *ast.Value) any {
	if v == nil {
		return nil
	}
	return v.String()
}

func deprecate(m map[string]any, list ast.DirectiveList) {
	d := list.ForName("deprecated")
	m["isDeprecated"], m["deprecationReason"] = d != nil, nil
	if d != nil {
		m["deprecationReason"] = "No longer supported"
		if reason := d.Arguments.ForName("reason"); reason != nil {
			m["deprecationReason"] = reason.Value.Raw
		}
	}
}

func refOf(t *ast.Type, kinds map[string]string) map[string]any {
	switch {
	case t.NonNull:
		nullable := *t
		nullable.NonNull = false
		return map[string]any{"kind": "NON_NULL", "name": nil, "ofType": refOf(&nullable, kinds)}
	case t.Elem != nil:
		return map[string]any{"kind": "LIST", "name": nil, "ofType": refOf(t.Elem, kinds)}
	}
	return map[string]any{"kind": kinds[t.NamedType], "name": t.NamedType, "ofType": nil}
}

// What a server tells of a schema becomes that schema again, whose own
// introspection is the same.
func TestSchemaRoundTrip(t *testing.T) {
	t.Parallel()
	want, err := os.ReadFile(filepath.FromSlash(exampleSchemaFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{string(want),
		"schema {\n  query: Root\n}\n\ntype Root {\n  a: Int\n}\n",
		"schema {\n  query: Query\n}\n\ntype Mutation {\n  a: Int\n}\n\ntype Query {\n  a: Int\n}\n",
		"type Query {\n  \"\\u001b[2J control\"\n  a: Int\n}\n",
		"type Query {\n  \"\"\"\n  quotes \\\"\"\" and \\ and\n    more\n  \"\"\"\n  a(\n    \"\"\"\n    one\n    \"\"\"\n    b: Int = 1\n    c: Int\n  ): Int\n}\n",
	} {
		data, err := introspectionOf(text)
		if err != nil {
			t.Fatal(err)
		}
		got, err := schemaFrom([]byte(data))
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if diff := cmp.Diff(text, got); diff != "" {
			t.Error(diff)
		}
		again, err := introspectionOf(got)
		if err != nil || again == "" {
			t.Error(err)
		}
	}
}

func TestSchemaRefusals(t *testing.T) {
	t.Parallel()
	for data, want := range map[string]string{
		`{}`:                              "holds no schema",
		`null`:                            "holds no schema",
		`{"__schema":{"queryType":null}}`: "holds no schema",
		`{"__schema":{"queryType":{}},`:   "shape",
		`{"__schema":{"types":{}}}`:       "shape",
		`{"__schema":{"queryType":{"name":"Query"},"types":[{"kind":"NEW","name":"X"}]}}`:                                                                                                 "no GraphQL",
		`{"__schema":{"queryType":{"name":"Query"},"types":[{"kind":"OBJECT","name":"Query","fields":[{"name":"a","args":[],"type":{"kind":"LIST"}}]}]}}`:                                 "incomplete",
		`{"__schema":{"queryType":{"name":"Query"},"types":[{"kind":"OBJECT","name":"Query { evil: Int } #","fields":[{"name":"a)","args":[],"type":{"kind":"SCALAR","name":"Int"}}]}]}}`: "no GraphQL",
	} {
		if text, err := schemaFrom([]byte(data)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v\n%s", data, err, text)
		}
	}
}

// No answer makes it fail otherwise than with an error, and what it gives
// parses.
func FuzzSchemaFrom(f *testing.F) {
	example, err := exampleIntrospection()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(example)
	f.Add(`{"__schema":{"queryType":{"name":"Q"},"types":[{"kind":"ENUM","name":"E","enumValues":[{"name":"A","isDeprecated":true}]}]}}`)
	f.Add(`{"__schema":{"queryType":{"name":"Q"},"types":[{"kind":"SCALAR","name":"E","description":"\"\"\"\n\ra"}]}}`)
	f.Fuzz(func(t *testing.T, data string) {
		text, err := schemaFrom([]byte(data))
		if err != nil {
			return
		}
		if _, err := parser.ParseSchema(&ast.Source{Input: text}); err != nil {
			t.Errorf("%v\n%s", err, text)
		}
	})
}

// A description is the same after a round trip, in whichever form it is
// written.
func FuzzDescription(f *testing.F) {
	for _, text := range []string{"a", " a", "a\n", "a\n\nb", "\"\"\"", "a\\\"\"\"", "a\"", "\x00", "a\r\nb", "\u2028", "<&>", " a\nb", "a\n  \nb", "\\", "é\ufeff"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if text == "" || strings.ToValidUTF8(text, "") != text {
			return
		}
		p := &sdl{}
		p.description(text, "  ")
		doc, err := parser.ParseSchema(&ast.Source{Input: p.b.String() + "scalar X\n"})
		if err != nil {
			t.Fatalf("%q: %v\n%s", text, err, p.b.String())
		}
		if got := doc.Definitions[0].Description; got != text {
			t.Errorf("%q became %q\n%s", text, got, p.b.String())
		}
	})
}
