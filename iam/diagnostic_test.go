package iam_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidewire/tidewire/iam"
)

func TestDiagnosticString(t *testing.T) {
	t.Parallel()
	const (
		byAddress = `{"Version":"2012-10-17","Statement":[
			{"Effect":"Allow","Action":"s3:*","Resource":"*"},
			{"Sid":"Office","Effect":"Allow","Action":"execute-api:*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}}]}`
		byUser   = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"execute-api:*","Resource":"arn:aws:execute-api:*:*:*/${aws:username}"}}`
		unsubbed = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"execute-api:*","Resource":"arn:aws:execute-api:${AWS::Region}:1:*"}}`
		byTag    = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"execute-api:*","Resource":"*","Condition":{"StringEquals":{"team":"${aws:PrincipalTag/team}"}}}}`
	)
	ctx := iam.Context{"aws:sourceip": {"127.0.0.1"}, "team": {"red"}}
	tests := []struct {
		held iam.Policies
		want string
	}{
		{iam.Policies{Identity: named(t, allowOther, allowInvoke)}, `allowed by identity-based policy "b", statement 1`},
		{iam.Policies{Identity: named(t, allowAll, denyAll)}, `explicitly denied by identity-based policy "b", statement 1 (Sid "No")`},
		{iam.Policies{}, "implicitly denied: the principal has no identity-based policy, so nothing allows execute-api:Invoke on " + route},
		{iam.Policies{Identity: named(t, byAddress)}, "implicitly denied: no identity-based policy allows execute-api:Invoke on " + route +
			`; "a", statement 2 (Sid "Office"): Condition IpAddress on aws:SourceIp failed: wants 10.0.0.0/8, the request has 127.0.0.1` +
			`; "a", statement 1: Action does not match: it has s3:*`},
		{iam.Policies{Identity: named(t, byUser)}, "implicitly denied: no identity-based policy allows execute-api:Invoke on " + route +
			`; "a", statement 1: Resource does not match: it has arn:aws:execute-api:*:*:*/${aws:username} (the policy variable ${aws:username} has no value here)`},
		{iam.Policies{Identity: named(t, unsubbed)}, "implicitly denied: no identity-based policy allows execute-api:Invoke on " + route +
			`; "a", statement 1: Resource does not match: it has arn:aws:execute-api:${AWS::Region}:1:* ("${" before the fifth colon is not a policy variable; is a !Sub missing?)`},
		{iam.Policies{Identity: named(t, byTag)}, "implicitly denied: no identity-based policy allows execute-api:Invoke on " + route +
			`; "a", statement 1: Condition StringEquals on team failed: wants ${aws:PrincipalTag/team}, the request has red (the policy variable ${aws:principaltag/team} has no value here)`},
		{iam.Policies{Identity: named(t, allowAll), Boundary: &named(t, allowOther)[0]}, "implicitly denied: no permissions boundary allows execute-api:Invoke on " + route +
			`; "a", statement 1: Action does not match: it has s3:*`},
		{iam.Policies{Identity: named(t, allowAll), Session: &named(t, allowOther)[0]}, "implicitly denied: no session policy allows execute-api:Invoke on " + route +
			`; "a", statement 1: Action does not match: it has s3:*`},
	}
	for _, tt := range tests {
		_, why := iam.Evaluate(&tt.held, &iam.Request{Principal: bob, Action: "execute-api:Invoke", Resource: route, Context: ctx})
		if diff := cmp.Diff(tt.want, why.String()); diff != "" {
			t.Error(diff)
		}
	}
}

func TestDiagnosticForeign(t *testing.T) {
	t.Parallel()
	r := &iam.Request{Principal: "arn:aws:iam::999999999999:user/eve", Action: "a:B", Resource: route}
	_, why := iam.Evaluate(&iam.Policies{Identity: named(t, allowAll)}, r)
	if !strings.Contains(why.String(), "different accounts") {
		t.Error(why)
	}
	_, why = iam.Evaluate(&iam.Policies{Identity: named(t, allowAll), Resource: named(t, owned(`{"AWS":"`+bob+`"}`))}, r)
	if !strings.Contains(why.String(), "Principal does not match: it has "+bob) {
		t.Error(why)
	}
}

// A resource policy may be what the reader hoped for.
func TestDiagnosticNamesResourcePolicy(t *testing.T) {
	t.Parallel()
	for principal, want := range map[string]string{
		`{"Service":"apigateway.amazonaws.com"}`: `; "a", statement 1: Principal does not match: it has apigateway.amazonaws.com`,
		`{"AWS":"123456789012"}`:                 `; the resource-based policy "a", statement 1 allows the account only, whose own policies must allow too`,
	} {
		_, why := iam.Evaluate(&iam.Policies{Resource: named(t, owned(principal))}, &iam.Request{Principal: bob, Action: "a:B", Resource: route})
		want = "implicitly denied: the principal has no identity-based policy, so nothing allows a:B on " + route + want
		if diff := cmp.Diff(want, why.String()); diff != "" {
			t.Error(diff)
		}
	}
}

func TestMisses(t *testing.T) {
	t.Parallel()
	const doc = `{"Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"},
		{"Sid":"S","Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"k:a":true},"StringLike":{"K:b":["x*","y"]}}}]}`
	_, why := iam.Evaluate(&iam.Policies{Identity: named(t, doc)}, &iam.Request{Action: "a:B", Resource: "*", Context: iam.Context{"k:a": {"true"}}})
	want := []iam.Miss{{Source: iam.IdentityBased, Policy: "a", Statement: 2, Sid: "S", Part: iam.ConditionPart, Operator: "StringLike", Key: "K:b", Wanted: []string{"x*", "y"}}}
	if diff := cmp.Diff(want, why.Misses()); diff != "" {
		t.Error(diff)
	}
	if got := why.Misses()[0].String(); !strings.HasSuffix(got, "wants x*, y, the request has none") {
		t.Error(got)
	}
}

// What a client sends must neither break a log line nor fill the log.
func TestDiagnosticIsBounded(t *testing.T) {
	t.Parallel()
	var docs []string
	for range 20 {
		docs = append(docs, conditional("StringEquals", "aws:UserAgent", `["a","b","c","d","e"]`))
	}
	_, why := iam.Evaluate(&iam.Policies{Identity: named(t, docs...)}, &iam.Request{Action: "a:B\n", Resource: strings.Repeat("x", 1<<20),
		Context: iam.Context{"aws:useragent": {strings.Repeat("é", 1<<20)}}})
	text := why.String()
	if len(text) > 4096 || strings.ContainsAny(text, "\n\r") || !strings.Contains(text, "and 16 more") || !strings.Contains(text, "c and 2 more") {
		t.Errorf("%d bytes: %.2000s", len(text), text)
	}
}

func TestStrings(t *testing.T) {
	t.Parallel()
	var got []string
	for _, s := range []interface{ String() string }{iam.Allow, iam.Deny, iam.NoSource, iam.IdentityBased, iam.PermissionsBoundary, iam.SessionPolicy, iam.ResourceBased,
		iam.NoPart, iam.ActionPart, iam.ResourcePart, iam.PrincipalPart, iam.ConditionPart} {
		got = append(got, s.String())
	}
	want := "Allow Deny policy identity-based policy permissions boundary session policy resource-based policy None Action Resource Principal Condition"
	if text := strings.Join(got, " "); text != want {
		t.Error(text)
	}
}
