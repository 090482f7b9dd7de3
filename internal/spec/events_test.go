package spec_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidewire/tidewire/internal/spec"
)

// goodEvents is a Spec with an Event API and an identity pool that have
// everything.
func goodEvents(t *testing.T) *spec.Spec {
	t.Helper()
	s := goodGraph(t)
	s.EventsAPIs = []spec.EventsAPI{{
		LogicalID: "Live", ID: "live1", ARN: "arn", Name: "live",
		Auth: []spec.AuthProvider{{Mode: spec.ModeIAM}, {Mode: spec.ModeAPIKey}, {Mode: spec.ModeCognito, Pool: &spec.UserPoolProvider{ID: "p", Issuer: "https://p"}}},
		Keys: []spec.GraphQLKey{{LogicalID: "Key", ID: "k", Value: "da2-y"}},
		DataSources: []spec.DataSource{
			{LogicalID: "None", Name: "none", Type: spec.SourceNone}, {LogicalID: "Fn", Name: "fn", Type: spec.SourceLambda, FunctionARN: "arn"},
			{LogicalID: "Rds", Name: "rds", Type: "RELATIONAL_DATABASE", Unsupported: "no"},
		},
		Connect: []string{spec.ModeIAM, spec.ModeAPIKey}, Publish: []string{spec.ModeIAM}, Subscribe: []string{spec.ModeCognito},
		Namespaces: []spec.ChannelNamespace{
			{LogicalID: "Default", Name: "default", ARN: "arn"},
			{LogicalID: "Chat", Name: "Chat-2", ARN: "arn", Publish: []string{spec.ModeAPIKey}, Subscribe: []string{spec.ModeIAM}, Code: &spec.Script{Text: strings.Repeat("é", 32768)},
				OnPublish: spec.EventHandler{Direct: true, DataSource: "fn", Event: true}, OnSubscribe: spec.EventHandler{DataSource: "none"}},
			{LogicalID: "Rest", Name: "rest", ARN: "arn", OnPublish: spec.EventHandler{Direct: true, DataSource: "rds"}, OnSubscribe: spec.EventHandler{DataSource: "rds"}, Unsupported: "no"},
		},
		LogLevel: "ALL", Domains: []string{"events.example.com"},
	}}
	s.IdentityPools = []spec.IdentityPool{{
		LogicalID: "Pool", ID: "us-east-1:01234567-89ab-4cde-8f01-23456789abcd", Name: "pool",
		Pools:         []spec.PoolClient{{Provider: "cognito-idp.us-east-1.amazonaws.com/us-east-1_A", ClientID: "web", PoolID: "us-east-1_A"}},
		OIDCProviders: []spec.OIDCClient{{ARN: "arn", Issuer: "https://i", ClientIDs: []string{"web"}}, {ARN: "arn2", Issuer: "http://localhost:1"}},
		Authenticated: "arn", Unauthenticated: "arn",
		Mappings: []spec.RoleMapping{
			{LogicalID: "Roles", Provider: "i", Token: true, Ambiguous: "Deny"},
			{LogicalID: "Roles", Provider: "localhost:1", Ambiguous: "AuthenticatedRole", Rules: []spec.RoleRule{{Claim: "a", Match: "Equals", RoleARN: "arn"}, {Claim: "a", Match: "NotEqual", Value: "b", RoleARN: "arn"}}},
		},
	}}
	return s
}

func TestValidateGoodEvents(t *testing.T) {
	t.Parallel()
	if ps := goodEvents(t).Validate(); ps != nil {
		t.Fatal(ps.Error())
	}
}

func TestValidateEvents(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		spoil func(*spec.EventsAPI)
		want  []string // resource|path under EventsAPIs[0]
	}{
		{"id", func(a *spec.EventsAPI) { a.ID, a.ARN, a.LogLevel = "LIVE", "", "LOUD" }, []string{"Live|.ID", "Live|.ARN", "Live|.LogLevel"}},
		{"domain", func(a *spec.EventsAPI) { a.Domains = []string{"api.example.com", "X"} }, []string{"Live|.Domains", "Live|.Domains"}},
		{"no provider", func(a *spec.EventsAPI) { a.Auth = nil }, []string{"Live|.Connect", "Live|.Connect", "Live|.Publish", "Live|.Subscribe", "Live|.Auth", "Chat|.Namespaces[1].Publish", "Chat|.Namespaces[1].Subscribe"}},
		{"no modes", func(a *spec.EventsAPI) { a.Connect, a.Publish, a.Subscribe = nil, nil, []string{} }, []string{"Live|.Connect", "Live|.Publish", "Live|.Subscribe"}},
		{"modes", func(a *spec.EventsAPI) {
			a.Connect, a.Publish = []string{spec.ModeIAM, spec.ModeIAM}, []string{"MAGIC", spec.ModeLambda}
		}, []string{"Live|.Connect", "Live|.Publish", "Live|.Publish"}},
		{"provider", func(a *spec.EventsAPI) {
			a.Auth[1], a.Auth[2].Pool.DefaultAction = spec.AuthProvider{Mode: spec.ModeAPIKey, Pool: &spec.UserPoolProvider{}}, "MAYBE"
		}, []string{"Live|.Auth[2].Pool.DefaultAction"}},
		{"key", func(a *spec.EventsAPI) { a.Keys[0].Value = "da2-x" }, []string{"Key|.Keys[0].Value"}},
		{"namespace's modes", func(a *spec.EventsAPI) {
			a.Namespaces[0].Publish, a.Namespaces[0].Subscribe = []string{}, []string{"MAGIC"}
		}, []string{"Default|.Namespaces[0].Publish", "Default|.Namespaces[0].Subscribe"}},
		{"namespaces", func(a *spec.EventsAPI) {
			a.Namespaces[0].Name, a.Namespaces[0].ARN = "-a", ""
			a.Namespaces = append(a.Namespaces, spec.ChannelNamespace{Name: "rest", ARN: "a"}, spec.ChannelNamespace{Name: strings.Repeat("x", 51), ARN: "a"}, spec.ChannelNamespace{ARN: "a"})
		}, []string{"Default|.Namespaces[0].Name", "Default|.Namespaces[0].ARN", "|.Namespaces[3].Name", "|.Namespaces[4].Name", "|.Namespaces[5].Name"}},
		{"code", func(a *spec.EventsAPI) { a.Namespaces[1].Code.Text += "x" }, []string{"Chat|.Namespaces[1].Code"}},
		{"handlers", func(a *spec.EventsAPI) {
			a.Namespaces[0].OnPublish, a.Namespaces[0].OnSubscribe = spec.EventHandler{Direct: true}, spec.EventHandler{DataSource: "fn", Event: true}
			a.Namespaces[1].OnPublish, a.Namespaces[1].OnSubscribe = spec.EventHandler{Direct: true, DataSource: "none"}, spec.EventHandler{DataSource: "nope"}
		}, []string{"Default|.Namespaces[0].OnPublish", "Default|.Namespaces[0].OnSubscribe", "Default|.Namespaces[0].OnSubscribe", "Chat|.Namespaces[1].OnPublish", "Chat|.Namespaces[1].OnSubscribe"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := goodEvents(t)
			test.spoil(&s.EventsAPIs[0])
			wantPaths(t, s, "EventsAPIs[0]", test.want)
		})
	}
}

// wantPaths checks what Validate says: resource|path under a prefix.
func wantPaths(t *testing.T, s *spec.Spec, prefix string, want []string) {
	t.Helper()
	var got []string
	for _, p := range s.Validate() {
		got = append(got, p.Resource+"|"+strings.TrimPrefix(p.Property, prefix))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestGuardedEvents has modes that are not known, which a guard gap says.
func TestGuardedEvents(t *testing.T) {
	t.Parallel()
	s := goodEvents(t)
	a := &s.EventsAPIs[0]
	a.Auth, a.Connect, a.Publish = nil, nil, []string{"MAGIC"}
	s.Gaps = []spec.Gap{{Kind: spec.Guard, Message: "MAGIC is not known"}}
	if ps := s.Validate(); ps != nil {
		t.Error(ps.Error())
	}
}

func TestValidateIdentityPools(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		spoil func(*spec.IdentityPool)
		want  []string // resource|path under IdentityPools[0]
	}{
		{"no id", func(p *spec.IdentityPool) { p.ID = "" }, []string{"Pool|.ID"}},
		{"short id", func(p *spec.IdentityPool) { p.ID = "us-east-1:0123" }, []string{"Pool|.ID"}},
		{"clients", func(p *spec.IdentityPool) {
			p.Pools = append(p.Pools, p.Pools[0], spec.PoolClient{Provider: "x", PoolID: "y"})
		},
			[]string{"Pool|.Pools[1].ClientID", "Pool|.Pools[2].Provider", "Pool|.Pools[2].ClientID"}},
		{"no pool", func(p *spec.IdentityPool) { p.Pools[0].PoolID, p.Pools[0].Provider = "", "" }, []string{"Pool|.Pools[0].Provider", "Pool|.Pools[0].PoolID"}},
		{"issuers", func(p *spec.IdentityPool) { p.OIDCProviders[1].Issuer = "https://i"; p.OIDCProviders[0].Issuer = "i" }, []string{"Pool|.OIDCProviders[0].Issuer"}},
		{"issuer twice", func(p *spec.IdentityPool) { p.OIDCProviders[1].Issuer = "https://i" }, []string{"Pool|.OIDCProviders[1].Issuer"}},
		{"mapping", func(p *spec.IdentityPool) {
			p.Mappings[0].Ambiguous, p.Mappings[0].Provider = "", ""
			p.Mappings[1].Rules = []spec.RoleRule{{Match: "Equals", RoleARN: "a"}, {Claim: "a", Match: "Like"}}
		}, []string{"Roles|.Mappings[0].Provider", "Roles|.Mappings[0].Ambiguous", "Roles|.Mappings[1].Rules[0]", "Roles|.Mappings[1].Rules[1]", "Roles|.Mappings[1].Rules[1]"}},
		{"neither", func(p *spec.IdentityPool) { p.Mappings[0].Token = false }, []string{"Roles|.Mappings[0].Rules"}},
		{"both", func(p *spec.IdentityPool) { p.Mappings[1].Token = true }, []string{"Roles|.Mappings[1].Rules"}},
		{"many rules", func(p *spec.IdentityPool) {
			for range 24 {
				p.Mappings[1].Rules = append(p.Mappings[1].Rules, p.Mappings[1].Rules[0])
			}
		}, []string{"Roles|.Mappings[1].Rules"}},
		{"mapping twice", func(p *spec.IdentityPool) { p.Mappings[1].Provider = "i" }, []string{"Roles|.Mappings[1].Provider"}},
		{"many mappings", func(p *spec.IdentityPool) {
			for i := range 9 {
				p.Mappings = append(p.Mappings, spec.RoleMapping{Provider: fmt.Sprint(i), Token: true, Ambiguous: "Deny"})
			}
		}, []string{"|.Mappings[10]"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := goodEvents(t)
			test.spoil(&s.IdentityPools[0])
			wantPaths(t, s, "IdentityPools[0]", test.want)
		})
	}
}

func TestIdentityPoolTwice(t *testing.T) {
	t.Parallel()
	s := goodEvents(t)
	s.IdentityPools = append(s.IdentityPools, spec.IdentityPool{LogicalID: "Other", ID: s.IdentityPools[0].ID})
	wantPaths(t, s, "IdentityPools[1]", []string{"Other|.ID"})
}

// TestFindInEvents looks up the parts of an API.
func TestFindInEvents(t *testing.T) {
	t.Parallel()
	a := &goodEvents(t).EventsAPIs[0]
	if a.DataSource("fn") != &a.DataSources[1] || a.DataSource("x") != nil || a.Namespace("rest") != &a.Namespaces[2] || a.Namespace("x") != nil ||
		a.Provider(spec.ModeAPIKey) != &a.Auth[1] || a.Provider("x") != nil {
		t.Error("a part is not found, or one that is not there is")
	}
}
