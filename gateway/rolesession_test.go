package gateway

import (
	"strings"
	"testing"
	"time"

	"github.com/tidewire/tidewire/iam"
	"github.com/tidewire/tidewire/internal/spec"
)

func TestMayRole(t *testing.T) {
	t.Parallel()
	const (
		roleARN = "arn:aws:iam::123456789012:role/Notes"
		table   = "arn:aws:dynamodb:us-east-1:123456789012:table/Notes"
		api     = "arn:aws:appsync:us-east-1:123456789012:apis/notes"
		other   = "arn:aws:appsync:us-east-1:123456789012:apis/other"
	)
	trust := func(service, condition string) *iam.Policy {
		p, err := iam.ParseTrust([]byte(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"` + service + `"},"Action":"sts:AssumeRole","Condition":{` + condition + `}}}`))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	policy := func(statements string) spec.Policy {
		p, err := iam.ParseIdentity([]byte(`{"Version":"2012-10-17","Statement":[` + statements + `]}`))
		if err != nil {
			t.Fatal(err)
		}
		return spec.Policy{Name: "p", Document: p}
	}
	const get = `{"Effect":"Allow","Action":"dynamodb:GetItem","Resource":"` + table + `"}`
	notes := func(change func(*spec.Spec, *spec.Role)) *spec.Spec {
		uses := []spec.DataSource{{Name: "notes", RoleARN: roleARN}}
		s := &spec.Spec{Region: "us-east-1", Account: "123456789012", Partition: "aws",
			GraphQLAPIs: []spec.GraphQLAPI{{ARN: api, DataSources: uses}}, EventsAPIs: []spec.EventsAPI{{ARN: other}},
			Roles: []spec.Role{{LogicalID: "Notes", Name: "Notes", ARN: roleARN, ID: "AROANOTES", Trust: trust(appsyncPrincipal, ""), Policies: []spec.Policy{policy(get)}}}}
		change(s, &s.Roles[0])
		return s
	}
	trusts := func(condition string) func(*spec.Spec, *spec.Role) {
		return func(_ *spec.Spec, r *spec.Role) { r.Trust = trust(appsyncPrincipal, condition) }
	}
	denies := func(condition string) func(*spec.Spec, *spec.Role) {
		return func(_ *spec.Spec, r *spec.Role) {
			r.Policies = append(r.Policies, policy(`{"Effect":"Deny","Action":"*","Resource":"*","Condition":{`+condition+`}}`))
		}
	}
	for _, tt := range []struct {
		name, reason string // empty: it may
		change       func(*spec.Spec, *spec.Role)
	}{
		{"as it should be", "", trusts("")},
		{"not in the template", "", func(s *spec.Spec, _ *spec.Role) { s.Roles = nil }},
		{"named only", "", func(_ *spec.Spec, r *spec.Role) { *r = spec.Role{ARN: roleARN} }},
		{"another service", "may not assume", func(_ *spec.Spec, r *spec.Role) { r.Trust = trust("lambda.amazonaws.com", "") }},
		{"no trust", "may not assume", func(_ *spec.Spec, r *spec.Role) { r.Trust = nil }},
		{"this account", "", trusts(`"StringEquals":{"aws:SourceAccount":"123456789012"}`)},
		{"another account", "may not assume", trusts(`"StringEquals":{"aws:SourceAccount":"210987654321"}`)},
		{"this API", "", trusts(`"ArnEquals":{"aws:SourceArn":"` + api + `"}`)},
		{"another API", "may not assume", trusts(`"ArnEquals":{"aws:SourceArn":"` + other + `"}`)},
		{"one API of two", "may not assume", func(s *spec.Spec, r *spec.Role) {
			s.EventsAPIs[0].DataSources = s.GraphQLAPIs[0].DataSources
			r.Trust = trust(appsyncPrincipal, `"ArnEquals":{"aws:SourceArn":"`+api+`"}`)
		}},
		{"an API that is gone", "may not assume", func(s *spec.Spec, r *spec.Role) {
			s.GraphQLAPIs = nil
			r.Trust = trust(appsyncPrincipal, `"ArnEquals":{"aws:SourceArn":"`+api+`"}`)
		}},
		{"no policy", "may not dynamodb:GetItem on " + table, func(_ *spec.Spec, r *spec.Role) { r.Policies = nil }},
		{"policy without document", "cannot be judged", func(_ *spec.Spec, r *spec.Role) { r.Policies = append(r.Policies, spec.Policy{Name: "lost"}) }},
		{"boundary", "permissions boundary", func(_ *spec.Spec, r *spec.Role) {
			edge := policy(`{"Effect":"Allow","Action":"dynamodb:PutItem","Resource":"*"}`)
			r.Boundary = &edge
		}},
		{"denied after", "explicit", denies(`"DateGreaterThan":{"aws:CurrentTime":"2026-03-04T05:06:06Z"}`)},
		{"denied elsewhere", "", denies(`"StringNotEquals":{"aws:RequestedRegion":"us-east-1"}`)},
		{"denied to other sessions", "", denies(`"StringNotLike":{"aws:userid":"*:APPSYNC_ASSUME_ROLE"}`)},
	} {
		g := &Gateway{o: Options{Now: func() time.Time { return time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC) }}}
		g.serving.Store(&serving{spec: notes(tt.change)})
		err := g.mayRole(roleARN, "dynamodb:GetItem", table)
		if (err == nil) != (tt.reason == "") || err != nil && !strings.Contains(err.Error(), tt.reason) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.reason)
		}
		g.o.NoLambdaPermissions = true
		if err := g.mayRole(roleARN, "dynamodb:GetItem", table); err != nil {
			t.Errorf("%s, with --no-lambda-permissions: %v", tt.name, err)
		}
	}
}
