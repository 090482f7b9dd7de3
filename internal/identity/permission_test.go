package identity_test

import (
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/spec"
)

func TestMayInvoke(t *testing.T) {
	t.Parallel()
	const (
		service  = "apigateway.amazonaws.com"
		function = "arn:aws:lambda:us-east-1:123456789012:function:fn"
		source   = connect
	)
	for _, tt := range []struct {
		name   string
		change func(p *spec.Permission)
		want   bool
	}{
		{"any route", func(*spec.Permission) {}, true},
		{"this route", func(p *spec.Permission) { p.SourceARN = source }, true},
		{"stage wildcard", func(p *spec.Permission) { p.SourceARN = "arn:aws:execute-api:us-east-1:123456789012:abc123/*/$connect" }, true},
		{"other route", func(p *spec.Permission) { p.SourceARN = "arn:aws:execute-api:us-east-1:123456789012:abc123/*/send" }, false},
		{"other API", func(p *spec.Permission) { p.SourceARN = "arn:aws:execute-api:us-east-1:123456789012:other/*" }, false},
		{"REST form", func(p *spec.Permission) { p.SourceARN = "arn:aws:execute-api:us-east-1:123456789012:abc123/*/*/*" }, false},
		{"no source", func(p *spec.Permission) { p.SourceARN = "" }, true},
		{"account", func(p *spec.Permission) { p.SourceAccount = account }, true},
		{"other account", func(p *spec.Permission) { p.SourceAccount = "999999999999" }, false},
		{"any principal", func(p *spec.Permission) { p.Principal = "*" }, true},
		{"other principal", func(p *spec.Permission) { p.Principal = "s3.amazonaws.com" }, false},
		{"any action", func(p *spec.Permission) { p.Action = "lambda:*" }, true},
		{"other action", func(p *spec.Permission) { p.Action = "lambda:GetFunction" }, false},
		{"alias", func(p *spec.Permission) { p.FunctionARN += ":live" }, true},
		{"another service's source", func(p *spec.Permission) { p.SourceARN = "arn:aws:appsync:us-east-1:123456789012:apis/abc" }, false},
		{"other function", func(p *spec.Permission) { p.FunctionARN += "x" }, false},
	} {
		p := spec.Permission{LogicalID: "Permission", FunctionARN: function, Action: "lambda:InvokeFunction", Principal: service, SourceARN: "arn:aws:execute-api:us-east-1:123456789012:abc123/*"}
		tt.change(&p)
		s := &spec.Spec{Account: account, Permissions: []spec.Permission{p}}
		err := identity.MayInvoke(s, &spec.Function{LogicalID: "Fn", ARN: function}, service, source)
		if (err == nil) != tt.want {
			t.Errorf("%s: %v", tt.name, err)
		}
		if err != nil && !strings.Contains(err.Error(), "Principal: "+service+"\n      SourceArn: "+source) {
			t.Errorf("%s: no remedy in %v", tt.name, err)
		}
	}
}
