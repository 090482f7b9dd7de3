package spec_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidewire/tidewire/internal/spec"
)

// goodGraph is a Spec with a GraphQL API that has everything.
func goodGraph(t *testing.T) *spec.Spec {
	t.Helper()
	s := good(t)
	s.GraphQLAPIs = []spec.GraphQLAPI{{
		LogicalID: "Graph", ID: "graph1", ARN: "arn", Name: "graph", Schema: []spec.SchemaPart{{Text: "type Query { a: Int }"}},
		Auth: []spec.AuthProvider{
			{Mode: spec.ModeAPIKey}, {Mode: spec.ModeIAM}, {Mode: spec.ModeLambda, Lambda: &spec.LambdaAuthorizer{FunctionARN: "arn"}},
			{Mode: spec.ModeOIDC, OIDC: &spec.OIDCProvider{Issuer: "https://i"}}, {Mode: spec.ModeCognito, Pool: &spec.UserPoolProvider{ID: "p", Issuer: "https://p"}},
		},
		Keys: []spec.GraphQLKey{{LogicalID: "GraphKey", ID: "k", Value: "da2-x"}},
		DataSources: []spec.DataSource{
			{LogicalID: "None", Name: "none", Type: spec.SourceNone}, {LogicalID: "Fn", Name: "fn", Type: spec.SourceLambda, FunctionARN: "arn"},
			{LogicalID: "Db", Name: "db", Type: spec.SourceDynamoDB, Table: "t", TableRegion: "us-east-1"},
			{LogicalID: "Web", Name: "web", Type: spec.SourceHTTP, Endpoint: "https://x"}, {LogicalID: "Rds", Name: "rds", Type: "RELATIONAL_DATABASE", Unsupported: "no"},
		},
		Functions: []spec.PipelineFunction{{LogicalID: "F", ID: "f", Name: "f", DataSource: "none", Code: &spec.Script{Text: "x"}}},
		Resolvers: []spec.Resolver{
			{LogicalID: "A", Type: "Query", Field: "a", DataSource: "none", Code: &spec.Script{Text: strings.Repeat("é", 32768)}},
			{LogicalID: "B", Type: "Query", Field: "b", DataSource: "fn", MaxBatchSize: 2000},
			{LogicalID: "C", Type: "Query", Field: "c", Pipeline: true, Functions: []string{"f"}, Code: &spec.Script{File: "/c.ts", Text: strings.Repeat("x", 40000)}},
			{LogicalID: "D", Type: "Query", Field: "d", DataSource: "rds"},
		},
		Environment: map[string]string{"AB": "x"}, Domains: []string{"api.example.com"}, LogLevel: "ALL",
	}}
	return s
}

func TestValidateGoodGraphQL(t *testing.T) {
	t.Parallel()
	if ps := goodGraph(t).Validate(); ps != nil {
		t.Fatal(ps.Error())
	}
}

func TestValidateGraphQL(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		spoil func(*spec.GraphQLAPI)
		want  []string // resource|path under GraphQLAPIs[0]
	}{
		{"id", func(a *spec.GraphQLAPI) { a.ID = "ABC"; a.ARN = "" }, []string{"Graph|.ID", "Graph|.ARN"}},
		{"id of another API", func(a *spec.GraphQLAPI) { a.ID = "abc123" }, []string{"Graph|.ID"}},
		{"limits", func(a *spec.GraphQLAPI) { a.QueryDepthLimit, a.ResolverCountLimit, a.LogLevel = 76, -1, "x" },
			[]string{"Graph|.QueryDepthLimit", "Graph|.ResolverCountLimit", "Graph|.LogLevel"}},
		{"no schema", func(a *spec.GraphQLAPI) { a.Schema = nil }, []string{"Graph|.Schema"}},
		{"large schema", func(a *spec.GraphQLAPI) {
			a.Schema = []spec.SchemaPart{{Text: strings.Repeat("#", 1<<20)}, {}, {Text: "#"}}
		}, []string{"Graph|.Schema[1].Text", "Graph|.Schema"}},
		{"environment", func(a *spec.GraphQLAPI) { a.Environment = map[string]string{"A": strings.Repeat("x", 513)} }, []string{"Graph|.Environment", "Graph|.Environment"}},
		{"large environment", func(a *spec.GraphQLAPI) {
			for i := range 50 {
				a.Environment[fmt.Sprintf("V%d", i)] = ""
			}
		}, []string{"Graph|.Environment"}},
		{"domains", func(a *spec.GraphQLAPI) { a.Domains = []string{"API", "ws.example.com"} }, []string{"Graph|.Domains", "|Domains[0].Name"}},
		{"no mode", func(a *spec.GraphQLAPI) { a.Auth = nil }, []string{"Graph|.Auth"}},
		{"too many modes", func(a *spec.GraphQLAPI) {
			for i := range 46 {
				a.Auth = append(a.Auth, spec.AuthProvider{Mode: spec.ModeOIDC, OIDC: &spec.OIDCProvider{Issuer: fmt.Sprint(i)}})
			}
		}, []string{"Graph|.Auth"}},
		{"modes twice", func(a *spec.GraphQLAPI) { a.Auth = append(a.Auth, a.Auth...) },
			[]string{"Graph|.Auth[5].Mode", "Graph|.Auth[6].Mode", "Graph|.Auth[7].Mode", "Graph|.Auth[8].OIDC", "Graph|.Auth[9].Pool"}},
		{"modes without settings", func(a *spec.GraphQLAPI) {
			a.Auth = []spec.AuthProvider{{Mode: spec.ModeOIDC}, {Mode: spec.ModeCognito}, {Mode: spec.ModeLambda}, {Mode: "X"}, {}}
		}, []string{"Graph|.Auth[0].Mode", "Graph|.Auth[1].Mode", "Graph|.Auth[2].Mode", "Graph|.Auth[3].Mode", "Graph|.Auth[4].Mode"}},
		{"empty settings", func(a *spec.GraphQLAPI) {
			a.Auth = []spec.AuthProvider{{Mode: spec.ModeCognito, Pool: &spec.UserPoolProvider{}}, {Mode: spec.ModeLambda, Lambda: &spec.LambdaAuthorizer{}}, {Mode: spec.ModeOIDC, OIDC: &spec.OIDCProvider{}}}
		}, []string{"Graph|.Auth[0].Pool.ID", "Graph|.Auth[0].Pool.DefaultAction", "Graph|.Auth[1].Lambda.FunctionARN", "Graph|.Auth[2].OIDC.Issuer"}},
		{"keys", func(a *spec.GraphQLAPI) { a.Keys = append(a.Keys, a.Keys[0], spec.GraphQLKey{}) },
			[]string{"GraphKey|.Keys[1].ID", "GraphKey|.Keys[1].Value", "|.Keys[2].ID", "|.Keys[2].Value"}},
		{"too many keys", func(a *spec.GraphQLAPI) {
			for i := range 50 {
				a.Keys = append(a.Keys, spec.GraphQLKey{ID: fmt.Sprint(i), Value: fmt.Sprint(i)})
			}
		}, []string{"Graph|.Keys"}},
		{"sources", func(a *spec.GraphQLAPI) {
			a.DataSources[0].Name, a.DataSources[1].FunctionARN, a.DataSources[2].Table, a.DataSources[4].Unsupported = "fn", "", "", ""
			a.DataSources[3].Endpoint, a.DataSources[3].SigningRegion = "", "x"
			a.Functions, a.Resolvers = nil, nil
		}, []string{"Fn|.DataSources[1].Name", "Fn|.DataSources[1].FunctionARN", "Db|.DataSources[2].Table", "Web|.DataSources[3].Endpoint",
			"Web|.DataSources[3].SigningService", "Rds|.DataSources[4].Type"}},
		{"functions", func(a *spec.GraphQLAPI) {
			a.Functions = append(a.Functions, spec.PipelineFunction{ID: "f", Name: "1", DataSource: "nope", MaxBatchSize: 2001}, spec.PipelineFunction{Name: "g", DataSource: "db"})
		}, []string{"|.Functions[1].ID", "|.Functions[1].Name", "|.Functions[1].MaxBatchSize", "|.Functions[1].DataSource", "|.Functions[2].ID", "|.Functions[2].Code"}},
		{"resolvers", func(a *spec.GraphQLAPI) {
			a.Resolvers = append(a.Resolvers, a.Resolvers[1], spec.Resolver{DataSource: "none", Code: &spec.Script{}, Functions: []string{"f"}})
		}, []string{"B|.Resolvers[4].Field", "|.Resolvers[5].Field", "|.Resolvers[5].Functions", "|.Resolvers[5].Code"}},
		{"long code", func(a *spec.GraphQLAPI) { a.Resolvers[0].Code.Text += "x"; a.Resolvers[2].Code.File = "/c.js" },
			[]string{"A|.Resolvers[0].Code", "C|.Resolvers[2].Code"}},
		{"pipeline", func(a *spec.GraphQLAPI) {
			a.Resolvers[2].Code = nil
			a.Resolvers[2].Functions = append(strings.Split(strings.Repeat("f ", 10), " ")[:10], "nope")
		}, []string{"C|.Resolvers[2].Code", "C|.Resolvers[2].Functions", "C|.Resolvers[2].Functions"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := goodGraph(t)
			test.spoil(&s.GraphQLAPIs[0])
			var got []string
			for _, p := range s.Validate() {
				got = append(got, p.Resource+"|"+strings.TrimPrefix(p.Property, "GraphQLAPIs[0]"))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestFindInGraphQL looks up the parts of an API.
func TestFindInGraphQL(t *testing.T) {
	t.Parallel()
	a := &goodGraph(t).GraphQLAPIs[0]
	if a.DataSource("db") != &a.DataSources[2] || a.DataSource("x") != nil || a.Function("f") != &a.Functions[0] || a.Function("x") != nil ||
		a.Provider(spec.ModeIAM) != &a.Auth[1] || a.Provider("x") != nil {
		t.Error("a part is not found, or one that is not there is")
	}
}
