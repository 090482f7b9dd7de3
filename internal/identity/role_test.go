package identity_test

import (
	"strings"
	"testing"

	"github.com/tidewire/tidewire/iam"
	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/spec"
)

const (
	appsync = "appsync.amazonaws.com"
	read    = "dynamodb:GetItem"
	table   = "arn:aws:dynamodb:us-east-1:123456789012:table/notes"
)

func TestMayAssume(t *testing.T) {
	t.Parallel()
	trust := func(principal, condition, more string) *iam.Policy {
		p, err := iam.ParseTrust([]byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"` + principal + `"},"Action":"sts:AssumeRole"` + condition + `}` + more + `]}`))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	only := func(condition string) *iam.Policy { return trust(appsync, `,"Condition":{`+condition+`}`, "") }
	unless := func(condition string) *iam.Policy {
		return trust(appsync, "", `,{"Effect":"Deny","Principal":"*","Action":"*","Condition":{`+condition+`}}`)
	}
	const ours = `"StringEquals":{"aws:SourceAccount":"123456789012"}`
	for _, tt := range []struct {
		name  string
		trust *iam.Policy
		keys  iam.Context
		want  bool
	}{
		{"service", trust(appsync, "", ""), nil, true},
		{"another service", trust("lambda.amazonaws.com", "", ""), nil, false},
		{"account", only(ours), iam.Context{"aws:sourceaccount": {"123456789012"}}, true},
		{"another account", only(ours), iam.Context{"aws:sourceaccount": {"210987654321"}}, false},
		{"account not told", only(ours), nil, false},
		{"no policy", nil, nil, false},
		{"here", only(`"StringEquals":{"aws:RequestedRegion":"us-east-1"}`), nil, true},
		{"session", only(`"StringLike":{"sts:RoleSessionName":"ser*"}`), nil, true},
		{"another session", only(`"StringEquals":{"sts:RoleSessionName":"other"}`), nil, false},
		{"network", only(`"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}`), nil, false},
		{"deny after", unless(`"DateGreaterThan":{"aws:CurrentTime":"2026-03-04T05:06:06Z"}`), nil, false},
		{"deny later", unless(`"DateGreaterThan":{"aws:EpochTime":"2026-03-05T05:06:06Z"}`), nil, true},
		{"deny services", unless(`"Bool":{"aws:PrincipalIsAWSService":"true"}`), nil, false},
		{"deny this service", unless(`"StringEquals":{"aws:PrincipalServiceName":"` + appsync + `"}`), nil, false},
		{"deny without TLS", unless(`"Bool":{"aws:SecureTransport":"false"}`), nil, true},
	} {
		role := &spec.Role{LogicalID: "Reader", ARN: roleARN, Trust: tt.trust}
		err := identity.MayAssume(stack(t), role, &identity.Assumption{Who: appsync, Action: "sts:AssumeRole", Session: "service", Keys: tt.keys}, start)
		if (err == nil) != tt.want || err != nil && !strings.HasPrefix(err.Error(), appsync+" may not assume the role Reader: ") {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
}

func TestRoleMay(t *testing.T) {
	t.Parallel()
	deny := func(condition string) string {
		return `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*","Condition":` + condition + `}}`
	}
	boundary := policy(t, "edge", allow("dynamodb:PutItem", "*", ""))
	reader := policy(t, "read", allow(read, table, ""))
	with := func(text string) spec.Role {
		return spec.Role{Policies: []spec.Policy{reader, policy(t, "guard", text)}, Tags: map[string]string{"Team": "blue"}}
	}
	for _, tt := range []struct {
		name   string
		role   spec.Role
		reason string // empty: it may
	}{
		{"policy", spec.Role{Policies: []spec.Policy{reader}}, ""},
		{"no policy", spec.Role{}, "the role Reader may not " + read + " on " + table + ": "},
		{"boundary", spec.Role{Policies: []spec.Policy{reader}, Boundary: &boundary}, "edge"},
		{"boundary without document", spec.Role{Policies: []spec.Policy{reader}, Boundary: &spec.Policy{Name: "lost"}}, "the role Reader cannot be judged: its policy lost has no document"},
		{"policy without document", spec.Role{Policies: []spec.Policy{reader, {Name: "lost"}}}, "its policy lost has no document"},
		{"deny", with(denyOne), "explicit"},
		{"deny elsewhere", with(deny(`{"StringNotEquals":{"aws:RequestedRegion":"us-east-1"}}`)), ""},
		{"deny here", with(deny(`{"StringEquals":{"aws:RequestedRegion":"us-east-1"}}`)), "explicit"},
		{"deny without TLS", with(deny(`{"Bool":{"aws:SecureTransport":"false"}}`)), ""},
		{"deny other sessions", with(deny(`{"StringNotLike":{"aws:userid":"AROAREADER:service"}}`)), ""},
		{"deny other teams", with(deny(`{"StringNotEquals":{"aws:PrincipalTag/team":"blue"}}`)), ""},
		{"deny long-term keys", with(deny(`{"Null":{"aws:TokenIssueTime":"true"}}`)), ""},
		{"deny after", with(deny(`{"DateGreaterThan":{"aws:CurrentTime":"2026-03-04T05:06:06Z"}}`)), "explicit"},
	} {
		tt.role.LogicalID, tt.role.Name, tt.role.ARN, tt.role.ID = "Reader", "reader", roleARN, "AROAREADER"
		err := identity.RoleMay(stack(t), &tt.role, "service", &identity.Call{Action: read, Resource: table, Secure: true}, start)
		if (err == nil) != (tt.reason == "") || err != nil && !strings.Contains(err.Error(), tt.reason) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.reason)
		}
	}
}
