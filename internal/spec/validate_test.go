package spec_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidewire/tidewire/iam"
	"github.com/tidewire/tidewire/internal/spec"
)

// good is a Spec with one of everything.
func good(t *testing.T) *spec.Spec {
	t.Helper()
	policy, err := iam.Parse([]byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"execute-api:*","Resource":"*"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	policies := []spec.Policy{{Name: "p", Document: policy}}
	return &spec.Spec{
		Region: "us-east-1", Account: "123456789012", Partition: "aws",
		Functions: []spec.Function{{
			LogicalID: "Echo", Name: "echo", ARN: "arn:aws:lambda:us-east-1:123456789012:function:echo",
			Code: spec.Code{Dir: "/src"}, Timeout: time.Second, Layers: []spec.Layer{{Dir: "/layer"}},
		}},
		Permissions: []spec.Permission{{FunctionARN: "arn", Action: "lambda:InvokeFunction", Principal: "apigateway.amazonaws.com"}},
		WebSocketAPIs: []spec.WebSocketAPI{{
			LogicalID: "Api", ID: "abc123", RouteSelectionExpression: "$request.body.action",
			Routes: []spec.Route{
				{LogicalID: "Connect", Key: "$connect", Authorization: spec.AuthIAM, RequestParameters: map[string]bool{"route.request.querystring.a": true}},
				{LogicalID: "Send", Key: "send", IntegrationID: "i1", Authorization: spec.AuthNone},
			},
			Integrations: []spec.Integration{{ID: "i1", Type: "AWS_PROXY", FunctionARN: "arn", Timeout: time.Second}},
			Stages: []spec.Stage{{
				LogicalID: "Dev", Name: "dev", Variables: map[string]string{"a": "b"},
				Routes: map[string]spec.Throttle{"send": {Rate: 1, Burst: 1, Set: true}},
			}},
		}},
		Domains:    []spec.Domain{{Name: "ws.example.com", Mappings: []spec.Mapping{{Key: "chat", APIID: "abc123", Stage: "dev"}}}},
		APIKeys:    []spec.APIKey{{LogicalID: "Key", ID: "k1", Value: "v", Enabled: true}},
		UsagePlans: []spec.UsagePlan{{LogicalID: "Plan", ID: "u1", Stages: []spec.PlanStage{{APIID: "abc123", Stage: "dev"}}, KeyIDs: []string{"k1"}, Quota: spec.Quota{Limit: 5, Period: "WEEK", Offset: 6}}},
		Users:      []spec.User{{LogicalID: "Bob", Name: "bob", ARN: "arn", Policies: policies, AccessKeys: []spec.AccessKey{{LogicalID: "BobKey", ID: "AKIAIOSFODNN7EXAMPLE", Secret: "s"}}}},
		Roles:      []spec.Role{{LogicalID: "Role", Name: "role", ARN: "arn", Policies: policies, MaxDuration: time.Hour}},
		Tables: []spec.Table{{
			LogicalID: "Table", Name: "table",
			Attributes: []spec.Attribute{{Name: "id", Type: "S"}, {Name: "at", Type: "N"}, {Name: "room", Type: "S"}},
			Keys:       []spec.Key{{Name: "id", Type: "HASH"}, {Name: "at", Type: "RANGE"}},
			Global:     []spec.Index{{Name: "byRoom", Keys: []spec.Key{{Name: "room", Type: "HASH"}}, Projection: "INCLUDE", NonKey: []string{"x"}}},
			Local:      []spec.Index{{Name: "byIdRoom", Keys: []spec.Key{{Name: "id", Type: "HASH"}, {Name: "room", Type: "RANGE"}}, Projection: "ALL"}},
		}},
	}
}

func TestValidateGood(t *testing.T) {
	t.Parallel()
	if ps := good(t).Validate(); ps != nil {
		t.Fatal(ps.Error())
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	negative := -1
	tests := []struct {
		name  string
		spoil func(*spec.Spec)
		want  []string // resource|path
	}{
		{"region", func(s *spec.Spec) { s.Region = "" }, []string{"|Region"}},
		{"account", func(s *spec.Spec) { s.Account = "12345678901x" }, []string{"|Account"}},
		{"partition", func(s *spec.Spec) { s.Partition = "" }, []string{"|Partition"}},
		{"function name", func(s *spec.Spec) { s.Functions[0].Name = "a b" }, []string{"Echo|Functions[0].Name"}},
		{"two functions", func(s *spec.Spec) { s.Functions = append(s.Functions, s.Functions[0]) }, []string{"Echo|Functions[1].Name"}},
		{"function ARN", func(s *spec.Spec) { s.Functions[0].ARN = "" }, []string{"Echo|Functions[0].ARN"}},
		{"no timeout", func(s *spec.Spec) { s.Functions[0].Timeout = 0 }, []string{"Echo|Functions[0].Timeout"}},
		{"long timeout", func(s *spec.Spec) { s.Functions[0].Timeout = 901 * time.Second }, []string{"Echo|Functions[0].Timeout"}},
		{"memory", func(s *spec.Spec) { s.Functions[0].MemoryMB = 64 }, []string{"Echo|Functions[0].MemoryMB"}},
		{"concurrency", func(s *spec.Spec) { s.Functions[0].ReservedConcurrency = &negative }, []string{"Echo|Functions[0].ReservedConcurrency"}},
		{"no code", func(s *spec.Spec) { s.Functions[0].Code = spec.Code{} }, []string{"Echo|Functions[0].Code"}},
		{"two codes", func(s *spec.Spec) { s.Functions[0].Code.Zip = "/a.zip" }, []string{"Echo|Functions[0].Code"}},
		{"layer", func(s *spec.Spec) { s.Functions[0].Layers[0].Dir = "" }, []string{"Echo|Functions[0].Layers[0].Dir"}},
		{"layers", func(s *spec.Spec) {
			l := s.Functions[0].Layers[0]
			s.Functions[0].Layers = []spec.Layer{l, l, l, l, l, l}
		}, []string{"Echo|Functions[0].Layers"}},
		{"permission", func(s *spec.Spec) { s.Permissions[0] = spec.Permission{} },
			[]string{"|Permissions[0].FunctionARN", "|Permissions[0].Action", "|Permissions[0].Principal"}},
		{"API id", func(s *spec.Spec) { s.WebSocketAPIs[0].ID = "ABC"; s.Domains = nil; s.UsagePlans = nil }, []string{"Api|WebSocketAPIs[0].ID"}},
		{"two APIs", func(s *spec.Spec) {
			s.WebSocketAPIs = append(s.WebSocketAPIs, spec.WebSocketAPI{ID: "abc123", RouteSelectionExpression: "x"})
		}, []string{"|WebSocketAPIs[1].ID"}},
		{"no expression", func(s *spec.Spec) { s.WebSocketAPIs[0].RouteSelectionExpression = "" }, []string{"Api|WebSocketAPIs[0].RouteSelectionExpression"}},
		{"key expression", func(s *spec.Spec) { s.WebSocketAPIs[0].APIKeySelectionExpression = "x" }, []string{"Api|WebSocketAPIs[0].APIKeySelectionExpression"}},
		{"too many routes", func(s *spec.Spec) {
			for i := range 300 {
				s.WebSocketAPIs[0].Routes = append(s.WebSocketAPIs[0].Routes, spec.Route{Key: strings.Repeat("x", i+1), Authorization: spec.AuthNone})
			}
		}, []string{"Api|WebSocketAPIs[0].Routes"}},
		{"integration", func(s *spec.Spec) { s.WebSocketAPIs[0].Integrations[0] = spec.Integration{ID: "i1"} },
			[]string{"|WebSocketAPIs[0].Integrations[0].Type", "|WebSocketAPIs[0].Integrations[0].Timeout", "|WebSocketAPIs[0].Integrations[0].FunctionARN"}},
		{"route without key", func(s *spec.Spec) {
			s.WebSocketAPIs[0].Routes[0].Key = ""
			s.WebSocketAPIs[0].Routes[0].RequestParameters = nil
		},
			[]string{"Connect|WebSocketAPIs[0].Routes[0].Key"}},
		{"route with $", func(s *spec.Spec) {
			s.WebSocketAPIs[0].Routes[1].Key = "$send"
			s.WebSocketAPIs[0].Stages[0].Routes = nil
		},
			[]string{"Send|WebSocketAPIs[0].Routes[1].Key"}},
		{"two routes", func(s *spec.Spec) {
			s.WebSocketAPIs[0].Routes = append(s.WebSocketAPIs[0].Routes, s.WebSocketAPIs[0].Routes[1])
		}, []string{"Send|WebSocketAPIs[0].Routes[2].Key"}},
		{"unknown integration", func(s *spec.Spec) { s.WebSocketAPIs[0].Routes[1].IntegrationID = "nope" }, []string{"Send|WebSocketAPIs[0].Routes[1].IntegrationID"}},
		{"authorization", func(s *spec.Spec) { s.WebSocketAPIs[0].Routes[0].Authorization = "CUSTOM" }, []string{"Connect|WebSocketAPIs[0].Routes[0].Authorization"}},
		{"authorization with its gap", func(s *spec.Spec) {
			s.WebSocketAPIs[0].Routes[0].Authorization = "CUSTOM"
			s.Gaps = []spec.Gap{{Kind: spec.Worker}, {Kind: spec.Guard}}
		}, nil},
		{"parameters", func(s *spec.Spec) { s.WebSocketAPIs[0].Routes[1].RequestParameters = map[string]bool{"x": true} },
			[]string{"Send|WebSocketAPIs[0].Routes[1].RequestParameters"}},
		{"stage $default", func(s *spec.Spec) {
			s.WebSocketAPIs[0].Stages[0].Name = "$default"
			s.Domains = nil
			s.UsagePlans = nil
		},
			[]string{"Dev|WebSocketAPIs[0].Stages[0].Name"}},
		{"stage name", func(s *spec.Spec) { s.WebSocketAPIs[0].Stages[0].Name = "a/b"; s.Domains = nil; s.UsagePlans = nil },
			[]string{"Dev|WebSocketAPIs[0].Stages[0].Name"}},
		{"two stages", func(s *spec.Spec) {
			s.WebSocketAPIs[0].Stages = append(s.WebSocketAPIs[0].Stages, s.WebSocketAPIs[0].Stages[0])
		}, []string{"Dev|WebSocketAPIs[0].Stages[1].Name"}},
		{"stage settings", func(s *spec.Spec) {
			s.WebSocketAPIs[0].Stages[0].Routes = map[string]spec.Throttle{"nope": {Rate: -1}}
			s.WebSocketAPIs[0].Stages[0].Variables = map[string]string{"a-b": ""}
		}, []string{"Dev|WebSocketAPIs[0].Stages[0].RouteSettings", "Dev|WebSocketAPIs[0].Stages[0].RouteSettings", "Dev|WebSocketAPIs[0].Stages[0].Variables"}},
		{"domain", func(s *spec.Spec) { s.Domains[0].Name = "WS" }, []string{"|Domains[0].Name"}},
		{"mapping", func(s *spec.Spec) {
			s.Domains[0].Mappings = []spec.Mapping{{Key: "ping", APIID: "abc123", Stage: "nope"}, {Key: "a b", APIID: "nope"}, {Key: "a b", APIID: "abc123", Stage: "dev"}}
		}, []string{"|Domains[0].Mappings[0].Key", "|Domains[0].Mappings[0].Stage", "|Domains[0].Mappings[1].Key", "|Domains[0].Mappings[1].APIID",
			"|Domains[0].Mappings[2].Key", "|Domains[0].Mappings[2].Key"}},
		{"API key", func(s *spec.Spec) { s.APIKeys = append(s.APIKeys, spec.APIKey{ID: "k1", Value: "v"}, spec.APIKey{}) },
			[]string{"|APIKeys[1].ID", "|APIKeys[1].Value", "|APIKeys[2].ID", "|APIKeys[2].Value"}},
		{"plan stage", func(s *spec.Spec) { s.UsagePlans[0].Stages[0].Stage = "nope" }, []string{"Plan|UsagePlans[0].Stages[0].Stage"}},
		{"key in two plans", func(s *spec.Spec) {
			p := s.UsagePlans[0]
			p.ID, p.LogicalID = "u2", "Other"
			s.UsagePlans = append(s.UsagePlans, p)
		}, []string{"Other|UsagePlans[1].KeyIDs"}},
		{"quota", func(s *spec.Spec) { s.UsagePlans[0].Quota = spec.Quota{Limit: -1, Period: "YEAR"} },
			[]string{"Plan|UsagePlans[0].Quota.Limit", "Plan|UsagePlans[0].Quota.Period"}},
		{"quota offset", func(s *spec.Spec) { s.UsagePlans[0].Quota = spec.Quota{Limit: 1, Period: "DAY", Offset: 1} }, []string{"Plan|UsagePlans[0].Quota.Offset"}},
		{"user", func(s *spec.Spec) {
			s.Users[0].Name, s.Users[0].ARN = "a b", ""
			s.Users[0].Policies = []spec.Policy{{Name: "p"}}
		}, []string{"Bob|Users[0].Name", "Bob|Users[0].ARN", "Bob|Users[0].Policies[0].Document"}},
		{"access key", func(s *spec.Spec) { s.Users[0].AccessKeys[0] = spec.AccessKey{} },
			[]string{"|Users[0].AccessKeys[0].ID", "|Users[0].AccessKeys[0].Secret"}},
		{"role", func(s *spec.Spec) { s.Roles[0].MaxDuration = time.Minute; s.Roles[0].ARN = "" }, []string{"Role|Roles[0].ARN", "Role|Roles[0].MaxDuration"}},
		{"two roles", func(s *spec.Spec) { s.Roles = append(s.Roles, s.Roles[0]) }, []string{"Role|Roles[1].Name"}},
		{"table", func(s *spec.Spec) { s.Tables[0].Name = "t"; s.Tables[0].StreamView = "x" }, []string{"Table|Tables[0].Name", "Table|Tables[0].StreamView"}},
		{"table without keys", func(s *spec.Spec) {
			s.Tables = []spec.Table{{Name: "tab", Attributes: []spec.Attribute{{Name: "a", Type: "X"}}}}
		},
			[]string{"|Tables[0].Keys", "|Tables[0].Attributes[0].Type", "|Tables[0].Attributes[0]"}},
		{"attribute twice", func(s *spec.Spec) { s.Tables[0].Attributes = append(s.Tables[0].Attributes, s.Tables[0].Attributes[0]) }, []string{"Table|Tables[0].Attributes[3]"}},
		{"index", func(s *spec.Spec) {
			s.Tables[0].Global[0] = spec.Index{Name: "x", Keys: []spec.Key{{Name: "nope", Type: "HASH"}}, Projection: "SOME"}
			s.Tables[0].Local[0].Keys[0].Name = "room"
		}, []string{"Table|Tables[0].Global[0].Name", "Table|Tables[0].Global[0].Keys", "Table|Tables[0].Global[0].Projection", "Table|Tables[0].Local[0].Keys"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := good(t)
			test.spoil(s)
			var got []string
			for _, p := range s.Validate() {
				got = append(got, p.Resource+"|"+p.Property)
				if p.Message == "" {
					t.Errorf("%v has no message", p)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
