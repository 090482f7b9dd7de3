package graphqlapi

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/tidewire/tidewire/internal/spec"
)

func TestPrelude(t *testing.T) {
	t.Parallel()
	if _, err := parser.ParseSchema(&ast.Source{Input: prelude, BuiltIn: true}); err != nil {
		t.Fatal(err)
	}
	p := schemaParser{api: &spec.GraphQLAPI{}}
	if doc := p.builtin(); len(p.problems) > 0 || doc.Definitions.ForName("AWSDateTime") == nil {
		t.Errorf("%v", p.problems)
	}
}

func TestParts(t *testing.T) {
	t.Parallel()
	api := &spec.GraphQLAPI{Auth: []spec.AuthProvider{{Mode: spec.ModeAPIKey}}, Schema: []spec.SchemaPart{
		{Text: "schema { query: Q mutation: M }\ntype Q @aws_api_key { a: Int @deprecated(reason: \"x\") }\ndirective @aws_subscribe(mutations: [String!]!) on FIELD_DEFINITION\nscalar AWSDate"},
		{File: "b.graphql", Text: "schema { query: Q subscription: S }\n\"\"\"\nM does\n\"\"\"\ntype M { m: AWSDate }\nextend type Q { b: String @aws_iam @aws_cognito_user_pools(cognito_groups: [\"A\"]) }\ntype S { s: AWSDate @aws_subscribe(mutations: [\"m\"]) }\ninterface I @aws_iam { x: Int } type O implements I & J { x: Int } interface J { x: Int }"},
	}}
	if got := Check(api, nil); len(got) > 0 {
		t.Fatal(got)
	}
	cfg, _ := compile(api, nil, Limits{})
	if cfg.types["Q"].root != "query" || cfg.types["Q"].fields["b"] == nil || cfg.schema.Subscription.Name != "S" {
		t.Error("the parts were not merged")
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	resolver := func(typ, field, source string) spec.Resolver {
		return spec.Resolver{LogicalID: typ + field, Type: typ, Field: field, DataSource: source, Code: &spec.Script{Text: "ok"}, At: spec.Source{File: "t.yaml", Line: 7}}
	}
	pipeline := func(functions ...string) spec.Resolver {
		r := resolver("Query", "a", "")
		r.Pipeline, r.Functions = true, functions
		return r
	}
	noCode := resolver("Query", "a", "none")
	noCode.Code = nil
	for _, tt := range []struct {
		name, sdl string
		resolvers []spec.Resolver
		want      string
	}{
		{"syntax", "type Query { a: }", nil, `s.graphql:1: Api: Expected Name, found }`},
		{"line", "type Query {\n  a: Int\n}\ntype X { b: Missing }", nil, `s.graphql:4: Api: Undefined type Missing`},
		{"twice", "type Query { a: Int }\ntype Query { b: Int }", nil, `s.graphql:2: Api: Cannot redeclare type Query`},
		{"directive", "type Query {\n a: Int @zzz }", nil, `s.graphql:2: Api: Undefined directive zzz`},
		{"scalar", "type Query { a: Int }\nscalar Date", nil, `s.graphql:2: Api: AppSync has no scalars of one's own, this declares Date`},
		{"no query", "type X { a: Int }", nil, `Api: the schema has no Query type`},
		{"subscribe", "type Query { a: Int } type Subscription {\n s: Int @aws_subscribe(mutations: [\"m\"]) }", nil, `s.graphql:2: Api: the subscription s listens to the mutation m, which does not exist`},
		{"type", "type Query { a: Int }", []spec.Resolver{resolver("Qery", "a", "none")}, `t.yaml:7: Qerya: No type named Qery found` + "\n    hint: did you mean Query?"},
		{"field", "type Query { posts: Int }", []spec.Resolver{resolver("Query", "post", "none")}, `t.yaml:7: Querypost: No field named post found on type Query` + "\n    hint: did you mean posts?"},
		{"source", "type Query { a: Int }", []spec.Resolver{resolver("Query", "a", "nona")}, `t.yaml:7: Querya: there is no data source "nona"` + "\n    hint: did you mean none?"},
		{"function", "type Query { a: Int }", []spec.Resolver{pipeline("zzz")}, `t.yaml:7: Querya: there is no pipeline function zzz`},
		{"two", "type Query { a: Int }", []spec.Resolver{resolver("Query", "a", "none"), resolver("Query", "a", "none")}, `the field Query.a has a resolver already, Querya`},
		{"exports", "type Query { a: Int }", []spec.Resolver{func() spec.Resolver {
			r := resolver("Query", "a", "none")
			r.Code = &spec.Script{Text: "half"}
			return r
		}()}, `the code exports no function response`},
		{"no code", "type Query { a: Int }", []spec.Resolver{noCode}, `it has no code`},
		{"code", "type Query { a: Int }", []spec.Resolver{func() spec.Resolver {
			r := resolver("Query", "a", "none")
			r.Code = &spec.Script{Text: "bad"}
			return r
		}()}, `no script bad`},
		{"size", "type Query { a: Int }" + strings.Repeat("#", maxSchema), nil, `AppSync takes 1048576`},
	} {
		api := &spec.GraphQLAPI{LogicalID: "Api", Schema: []spec.SchemaPart{{File: "s.graphql", Text: tt.sdl}}, Auth: []spec.AuthProvider{{Mode: spec.ModeAPIKey}},
			DataSources: []spec.DataSource{{Name: "none", Type: spec.SourceNone}}, Resolvers: tt.resolvers}
		r := &rig{t: t, scripts: map[string]script{"ok": says("1"), "half": {"request": says("1")["request"]}}}
		if got := Check(api, r.load).Error(); !strings.Contains(got, tt.want) {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, got, tt.want)
		}
	}
	inline := &spec.GraphQLAPI{LogicalID: "Api", Schema: []spec.SchemaPart{{Text: "type Query {", At: spec.Source{File: "t.yaml", Line: 3}}}}
	if got := Check(inline, nil).Error(); got != "t.yaml:3: Api: Expected Name, found <EOF> (line 1, column 13 of the schema)" {
		t.Error(got)
	}
}

// TestOutputTypes: a subscription has the type of its mutations, or a schema that
// AppSync refuses would show objects by the rights of another type.
func TestOutputTypes(t *testing.T) {
	t.Parallel()
	api := &spec.GraphQLAPI{LogicalID: "Api", Auth: []spec.AuthProvider{{Mode: spec.ModeAPIKey}}, Schema: []spec.SchemaPart{{File: "s.graphql", Text: `type Query { a: Int }
type A { b: Int @aws_iam } type B { b: Int } type Mutation { one: A many: [A!]! }
type Subscription {
  same: A @aws_subscribe(mutations: ["one"])
  strict: A! @aws_subscribe(mutations: ["one"])
  loose: [A] @aws_subscribe(mutations: ["many"])
  other: B @aws_subscribe(mutations: ["one"])
  item: A @aws_subscribe(mutations: ["one", "many"])
  list: [A] @aws_subscribe(mutations: ["one"])
}`}}}
	var got []string
	for _, p := range Check(api, nil) {
		got = append(got, fmt.Sprintf("%d: %s", p.At.Line, p.Message))
	}
	want := []string{
		"7: the subscription other has an invalid output type: it is B, the mutation one gives A",
		"8: the subscription item has an invalid output type: it is A, the mutation many gives [A!]!",
		"9: the subscription list has an invalid output type: it is [A], the mutation one gives A",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestNew(t *testing.T) {
	t.Parallel()
	if _, err := New(Options{}); err == nil {
		t.Error("nothing is required")
	}
	r := newRig(t, blogSchema)
	o := r.api.o
	o.API = &spec.GraphQLAPI{Schema: []spec.SchemaPart{{Text: "type"}}}
	if _, err := New(o); len(problems(err)) != 1 {
		t.Errorf("%v", err)
	}
	if err := r.api.Update(o.API); len(problems(err)) != 1 {
		t.Errorf("%v", err)
	}
	r.expect(`{"data":{"count":null}}`, `{count}`)
	next := *r.spec
	next.Schema = []spec.SchemaPart{{Text: "type Query { other: Int }"}}
	if err := r.api.Update(&next); err != nil {
		t.Fatal(err)
	}
	r.expect(`{"data":{"other":null}}`, `{other}`)
}

func TestEditDistance(t *testing.T) {
	t.Parallel()
	got := map[string]int{}
	for _, pair := range []string{"a a", "abc abd", "kitten sitting", "abc "} {
		a, b, _ := strings.Cut(pair, " ")
		got[pair] = editDistance(a, b)
	}
	if diff := cmp.Diff(map[string]int{"a a": 0, "abc abd": 1, "kitten sitting": 3, "abc ": 3}, got); diff != "" {
		t.Error(diff)
	}
}
