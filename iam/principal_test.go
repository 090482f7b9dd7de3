package iam_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/iam"
)

// owned is a resource policy that allows everything to a principal.
func owned(principal string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":%s,"Action":"*","Resource":"*"}}`, principal)
}

// The columns are a resource policy's Principal, who asks, and what happens
// without and with an identity policy that allows.
func TestResourcePolicyPrincipal(t *testing.T) {
	t.Parallel()
	const stranger = "arn:aws:iam::999999999999:user/eve"
	tests := []struct {
		principal, caller string
		alone, both       bool
	}{
		{`"*"`, bob, true, true},
		{`"*"`, "", true, true},
		{`{"AWS":"*"}`, session, true, true},
		{`{"AWS":"` + bob + `"}`, bob, true, true},
		{`{"AWS":["` + session + `","` + bob + `"]}`, bob, true, true},
		{`{"AWS":"arn:aws:iam::123456789012:user/Bob"}`, bob, false, true},
		{`{"AWS":"123456789012"}`, bob, false, true},
		{`{"AWS":123456789012}`, bob, false, true},
		{`{"AWS":"arn:aws:iam::123456789012:root"}`, bob, false, true},
		{`{"AWS":["123456789012","` + bob + `"]}`, bob, true, true},
		{`{"AWS":"arn:aws:iam::123456789012:role/Chat"}`, session, true, true},
		{`{"AWS":"arn:aws:iam::123456789012:role/Chat2"}`, session, false, true},
		{`{"AWS":"arn:aws-cn:iam::123456789012:role/Chat"}`, session, false, true},
		{`{"AWS":"` + session + `"}`, session, true, true},
		{`{"AWS":"AIDAEXAMPLEEXAMPLE00"}`, bob, true, true},
		{`{"AWS":"AIDAEXAMPLEEXAMPLE01"}`, bob, false, true},
		{`{"Service":"lambda.amazonaws.com"}`, "lambda.amazonaws.com", true, true},
		{`{"Service":["apigateway.amazonaws.com","lambda.amazonaws.com"]}`, "lambda.amazonaws.com", true, true},
		{`{"Service":"apigateway.amazonaws.com"}`, "lambda.amazonaws.com", false, true},
		{`{"AWS":"*"}`, "lambda.amazonaws.com", true, true},
		{`{"Federated":"cognito-identity.amazonaws.com"}`, "cognito-identity.amazonaws.com", true, true},
		{`{"CanonicalUser":"79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}`, bob, false, true},
		{`{}`, bob, false, true},
		// Another account: both sides must allow.
		{`{"AWS":"` + stranger + `"}`, stranger, false, true},
		{`{"AWS":"999999999999"}`, stranger, false, true},
		{`"*"`, stranger, false, true},
		{`{"AWS":"` + bob + `"}`, stranger, false, false},
	}
	for _, tt := range tests {
		r := &iam.Request{Principal: tt.caller, Action: "execute-api:Invoke", Resource: route,
			Context: iam.Context{"aws:userid": {"AIDAEXAMPLEEXAMPLE00"}}}
		policies := &iam.Policies{Resource: named(t, owned(tt.principal))}
		if got, why := iam.Evaluate(policies, r); (got == iam.Allow) != tt.alone {
			t.Errorf("%s for %q alone: %s", tt.principal, tt.caller, why)
		}
		policies.Identity = named(t, allowAll)
		if got, why := iam.Evaluate(policies, r); (got == iam.Allow) != tt.both {
			t.Errorf("%s for %q with identity policy: %s", tt.principal, tt.caller, why)
		}
	}
}

// A role with a path is known only by aws:PrincipalArn.
func TestRoleWithPath(t *testing.T) {
	t.Parallel()
	policies := &iam.Policies{Resource: named(t, owned(`{"AWS":"arn:aws:iam::123456789012:role/team/Chat"}`))}
	r := &iam.Request{Principal: session, Action: "execute-api:Invoke", Resource: route}
	if got, _ := iam.Evaluate(policies, r); got != iam.Deny {
		t.Error("allowed by guessing the path")
	}
	r.Context = iam.Context{"aws:principalarn": {"arn:aws:iam::123456789012:role/team/Chat"}}
	if got, why := iam.Evaluate(policies, r); got != iam.Allow {
		t.Error(why)
	}
	r.Context = iam.Context{"aws:principalarn": {"arn:aws:iam::123456789012:role/other/Chat"}}
	if got, _ := iam.Evaluate(policies, r); got != iam.Deny {
		t.Error("allowed another role")
	}
}

// Boundary and session policy limit a grant to everybody or to the role, not
// one to the session itself.
func TestResourcePolicyAndLimits(t *testing.T) {
	t.Parallel()
	limit := &named(t, allowOther)[0]
	for principal, want := range map[string]iam.Decision{
		`"*"`: iam.Deny,
		`{"AWS":"arn:aws:iam::123456789012:role/Chat"}`: iam.Deny,
		`{"AWS":"` + session + `"}`:                     iam.Allow,
	} {
		r := &iam.Request{Principal: session, Action: "execute-api:Invoke", Resource: route}
		for _, policies := range []*iam.Policies{
			{Resource: named(t, owned(principal)), Boundary: limit},
			{Resource: named(t, owned(principal)), Session: limit},
		} {
			if got, why := iam.Evaluate(policies, r); got != want {
				t.Errorf("%s: %s", principal, why)
			}
		}
	}
}

func TestNotPrincipal(t *testing.T) {
	t.Parallel()
	deny := `{"Statement":{"Effect":"Deny","NotPrincipal":{"AWS":"` + bob + `"},"Action":"*","Resource":"*"}}`
	policies := &iam.Policies{Identity: named(t, allowAll), Resource: named(t, deny)}
	if got, why := iam.Evaluate(policies, &iam.Request{Principal: bob, Action: "a:B", Resource: route}); got != iam.Allow {
		t.Error(why)
	}
	if got, why := iam.Evaluate(policies, &iam.Request{Principal: session, Action: "a:B", Resource: route}); got != iam.Deny || !why.Explicit {
		t.Error(why)
	}
}

func TestTrust(t *testing.T) {
	t.Parallel()
	const role = "arn:aws:iam::123456789012:role/Chat"
	trust := func(principal, rest string) iam.Named {
		p, err := iam.ParseTrust([]byte(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":` + principal + rest + `}}`))
		if err != nil {
			t.Fatal(err)
		}
		return iam.Named{Name: "trust of Chat", Policy: p}
	}
	tests := []struct {
		why       string
		trust     iam.Named
		caller    string
		ctx       iam.Context
		trusts    bool // the trust policy by itself
		evaluates bool // with a caller who has no policies
	}{
		{"a service", trust(`{"Service":"lambda.amazonaws.com"}`, ""), "lambda.amazonaws.com", nil, true, true},
		{"another service", trust(`{"Service":"lambda.amazonaws.com"}`, ""), "ec2.amazonaws.com", nil, false, false},
		{"the user", trust(`{"AWS":"`+bob+`"}`, ""), bob, nil, true, true},
		{"the account only delegates", trust(`{"AWS":"123456789012"}`, ""), bob, nil, true, false},
		{"a condition that holds", trust(`{"AWS":"`+bob+`"}`, `,"Condition":{"StringEquals":{"sts:ExternalId":"7"}}`), bob, iam.Context{"sts:externalid": {"7"}}, true, true},
		{"a condition that fails", trust(`{"AWS":"`+bob+`"}`, `,"Condition":{"StringEquals":{"sts:ExternalId":"7"}}`), bob, nil, false, false},
	}
	for _, tt := range tests {
		r := &iam.Request{Principal: tt.caller, Action: "sts:AssumeRole", Resource: role, Context: tt.ctx}
		if got, why := iam.EvaluateTrust(&tt.trust, r); (got == iam.Allow) != tt.trusts {
			t.Errorf("%s: EvaluateTrust: %s", tt.why, why)
		}
		if got, why := iam.Evaluate(&iam.Policies{Resource: []iam.Named{tt.trust}}, r); (got == iam.Allow) != tt.evaluates {
			t.Errorf("%s: Evaluate: %s", tt.why, why)
		}
	}
	if d, why := iam.EvaluateTrust(nil, nil); d != iam.Deny || why.String() == "" {
		t.Error("nil trust")
	}
	denied := trust(`"*"`, "")
	denied.Policy = parse(t, `{"Statement":{"Effect":"Deny","Action":"*","Principal":"*"}}`)
	if d, why := iam.EvaluateTrust(&denied, &iam.Request{Principal: bob, Action: "sts:AssumeRole", Resource: role}); d != iam.Deny || !why.Explicit {
		t.Error(why)
	}
}

// TestTrustOfIdentityPool asks for a session by a token of an identity pool, as
// the roles that Cognito's wizard and CDK make are guarded.
func TestTrustOfIdentityPool(t *testing.T) {
	t.Parallel()
	const (
		pool   = "us-east-1:01234567-89ab-4cde-8f01-23456789abcd"
		issuer = "cognito-identity.amazonaws.com"
		role   = "arn:aws:iam::123456789012:role/Web"
		signed = "cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEfGhI"
	)
	guarded := func(amr string) string {
		return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},
			"Action":["sts:AssumeRoleWithWebIdentity","sts:TagSession"],"Condition":{
			"StringEquals":{"cognito-identity.amazonaws.com:aud":"%s"},"ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":%s}}}]}`, pool, amr)
	}
	token := func(aud string, amr ...string) iam.Context {
		return iam.Context{issuer + ":aud": {aud}, issuer + ":amr": amr, issuer + ":sub": {"us-east-1:aaaa"}}
	}
	open := `{"Statement":{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},"Action":"sts:AssumeRoleWithWebIdentity"}}`
	tests := []struct {
		why, trust        string
		principal, action string
		ctx               iam.Context
		want              iam.Decision
	}{
		{"signed in", guarded(`"authenticated"`), issuer, "sts:AssumeRoleWithWebIdentity", token(pool, "authenticated", signed, signed+":CognitoSignIn:u"), iam.Allow},
		{"in any case", guarded(`"authenticated"`), issuer, "STS:assumerolewithwebidentity", token(pool, "authenticated"), iam.Allow},
		{"a guest", guarded(`"authenticated"`), issuer, "sts:AssumeRoleWithWebIdentity", token(pool, "unauthenticated"), iam.Deny},
		{"a guest's role", guarded(`"unauthenticated"`), issuer, "sts:AssumeRoleWithWebIdentity", token(pool, "unauthenticated"), iam.Allow},
		{"by provider", guarded(`["graph.facebook.com","cognito-idp.*:CognitoSignIn:*"]`), issuer, "sts:AssumeRoleWithWebIdentity", token(pool, "authenticated", signed+":CognitoSignIn:u"), iam.Allow},
		{"another pool", guarded(`"authenticated"`), issuer, "sts:AssumeRoleWithWebIdentity", token(pool+"0", "authenticated"), iam.Deny},
		{"without amr", guarded(`"authenticated"`), issuer, "sts:AssumeRoleWithWebIdentity", token(pool), iam.Deny},
		{"without token", guarded(`"authenticated"`), issuer, "sts:AssumeRoleWithWebIdentity", nil, iam.Deny},
		{"another action", guarded(`"authenticated"`), issuer, "sts:AssumeRole", token(pool, "authenticated"), iam.Deny},
		{"another issuer", guarded(`"authenticated"`), "issuer.example.com", "sts:AssumeRoleWithWebIdentity", token(pool, "authenticated"), iam.Deny},
		{"an account, without a token", strings.ReplaceAll(guarded(`"authenticated"`), "Federated", "AWS\":\"123456789012\",\"Federated"), "arn:aws:iam::123456789012:user/bob", "sts:AssumeRoleWithWebIdentity", nil, iam.Deny},
		{"everybody's", open, issuer, "sts:AssumeRoleWithWebIdentity", nil, iam.Allow},
		{"a pattern", strings.Replace(open, `"cognito-identity.amazonaws.com"`, `"*"`, 1), issuer, "sts:AssumeRoleWithWebIdentity", nil, iam.Deny},
	}
	for _, tt := range tests {
		p, err := iam.ParseTrust([]byte(tt.trust))
		if err != nil {
			t.Fatal(err)
		}
		r := &iam.Request{Principal: tt.principal, Action: tt.action, Resource: role, Context: tt.ctx}
		if got, why := iam.EvaluateTrust(&iam.Named{Name: "trust of Web", Policy: p}, r); got != tt.want {
			t.Errorf("%s: %v: %s", tt.why, got, why)
		}
	}
}
