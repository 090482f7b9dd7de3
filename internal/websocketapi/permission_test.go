package websocketapi

import (
	"strings"
	"testing"
	"time"

	"github.com/tidewire/tidewire/iam"
	"github.com/tidewire/tidewire/internal/spec"
)

func TestRoleOfAnIntegration(t *testing.T) {
	t.Parallel()
	const (
		roleARN = "arn:aws:iam::123456789012:role/caller"
		invokes = `{"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":"arn:aws:lambda:*:*:function:connect"}`
		trusts  = `{"Effect":"Allow","Principal":{"Service":"apigateway.amazonaws.com"},"Action":"sts:AssumeRole"}`
	)
	policy := func(statements ...string) spec.Policy {
		p, err := iam.ParseIdentity([]byte(`{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`))
		if err != nil {
			t.Fatal(err)
		}
		return spec.Policy{Name: "p", Document: p}
	}
	trust := func(statements ...string) *iam.Policy {
		p, err := iam.ParseTrust([]byte(`{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	deny := func(condition string) string {
		return `{"Effect":"Deny","Action":"*","Resource":"*","Condition":{` + condition + `}}`
	}
	denyTrust := func(condition string) string {
		return `{"Effect":"Deny","Principal":"*","Action":"*","Condition":{` + condition + `}}`
	}
	edge := policy(`{"Effect":"Allow","Action":"lambda:GetFunction","Resource":"*"}`)
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	for _, tt := range []struct {
		name, reason string // empty: it may
		role         spec.Role
	}{
		{"as it should be", "", spec.Role{Trust: trust(trusts), Policies: []spec.Policy{policy(invokes)}}},
		{"no trust", "may not assume", spec.Role{Policies: []spec.Policy{policy(invokes)}}},
		{"no policy", "may not lambda:InvokeFunction", spec.Role{Trust: trust(trusts)}},
		{"policy without document", "cannot be judged", spec.Role{Trust: trust(trusts), Policies: []spec.Policy{policy(invokes), {Name: "lost"}}}},
		{"boundary", "permissions boundary", spec.Role{Trust: trust(trusts), Policies: []spec.Policy{policy(invokes)}, Boundary: &edge}},
		{"denied elsewhere", "", spec.Role{Trust: trust(trusts), Policies: []spec.Policy{policy(invokes, deny(`"StringNotEquals":{"aws:RequestedRegion":"us-east-1"}`))}}},
		{"denied here", "explicit", spec.Role{Trust: trust(trusts), Policies: []spec.Policy{policy(invokes, deny(`"StringEquals":{"aws:RequestedRegion":"us-east-1"}`))}}},
		{"denied after", "explicit", spec.Role{Trust: trust(trusts), Policies: []spec.Policy{policy(invokes, deny(`"DateGreaterThan":{"aws:CurrentTime":"2026-03-04T05:06:06Z"}`))}}},
		{"not trusted after", "may not assume", spec.Role{Trust: trust(trusts, denyTrust(`"DateGreaterThan":{"aws:CurrentTime":"2026-03-04T05:06:06Z"}`)), Policies: []spec.Policy{policy(invokes)}}},
	} {
		s := testSpec("$connect")
		tt.role.LogicalID, tt.role.Name, tt.role.ARN, tt.role.ID = "Caller", "caller", roleARN, "AROACALLER"
		s.Roles = []spec.Role{tt.role}
		in := &s.WebSocketAPIs[0].Integrations[0]
		in.CredentialsARN = roleARN
		err := checkRole(s, in, &s.Functions[0], in.FunctionARN, now)
		if (err == nil) != (tt.reason == "") || err != nil && !strings.Contains(err.Error(), tt.reason) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.reason)
		}
		if err != nil && !strings.HasPrefix(err.Error(), "integration connectIntegration invokes with the role Caller: ") {
			t.Errorf("%s: which integration? %v", tt.name, err)
		}
	}
}
