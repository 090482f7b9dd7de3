package iam_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/iam"
)

// tenStatements is a policy as a chat's role has it; the last statement is the
// one that allows.
func tenStatements(tb testing.TB) (*iam.Policies, *iam.Request) {
	tb.Helper()
	statements := []string{
		`{"Effect":"Allow","Action":["logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents"],"Resource":"*"}`,
		`{"Effect":"Allow","Action":["dynamodb:GetItem","dynamodb:PutItem","dynamodb:Query"],"Resource":"arn:aws:dynamodb:us-east-1:123456789012:table/connections"}`,
		`{"Effect":"Deny","Action":"execute-api:*","Resource":"arn:aws:execute-api:us-east-1:123456789012:abc123/prod/DELETE/@connections/*"}`,
		`{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":["127.0.0.0/8","10.0.0.0/8"]}}}`,
		`{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}`,
		`{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:us-east-1:123456789012:other/*"}`,
		`{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:us-east-1:123456789012:abc123/${aws:userid}/*"}`,
		`{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::assets/*"}`,
		`{"Effect":"Allow","Action":"execute-api:ManageConnections","Resource":"arn:aws:execute-api:*:*:*/@connections/*"}`,
		`{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:us-east-1:123456789012:abc123/*","Condition":{"StringLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/Chat*"}}}`,
	}
	doc := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[%s]}`, strings.Join(statements, ","))
	return &iam.Policies{Identity: named(tb, doc)}, &iam.Request{
		Principal: session, Action: "execute-api:Invoke", Resource: route,
		Context: iam.Context{
			"aws:sourceip": {"127.0.0.1"}, "aws:securetransport": {"true"}, "aws:userid": {"AROAEXAMPLE:one"},
			"aws:principalarn": {"arn:aws:iam::123456789012:role/ChatRole"}, "aws:currenttime": {"2024-01-02T03:04:05Z"},
		},
	}
}

func TestAllowDoesNotAllocate(t *testing.T) {
	held, r := tenStatements(t)
	var ctx = r.Context
	ctx["n"], ctx["set"] = []string{"5"}, []string{"a", "b"}
	doc := condition(`{"NumericLessThan":{"n":"6"},"DateLessThan":{"aws:CurrentTime":"2025-01-01T00:00:00Z"},"StringEqualsIgnoreCase":{"aws:userid":"${aws:userid}"},
		"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/*"},"IpAddress":{"aws:SourceIp":"127.0.0.1"},"ForAllValues:StringEquals":{"set":["a","b"]},"Bool":{"aws:SecureTransport":true},"Null":{"x":true}}`)
	all := &iam.Policies{Identity: named(t, doc), Boundary: &held.Identity[0], Session: &named(t, allowAll)[0], Resource: named(t, owned(`"*"`))}
	for name, p := range map[string]*iam.Policies{"ten statements": held, "every operator": all} {
		allocations := testing.AllocsPerRun(100, func() {
			request := iam.Request{Principal: r.Principal, Action: r.Action, Resource: r.Resource, Context: ctx}
			if d, why := iam.Evaluate(p, &request); d != iam.Allow || why.Explicit {
				t.Fatal(why)
			}
		})
		if allocations != 0 {
			t.Errorf("%s: %v allocations", name, allocations)
		}
	}
}

func BenchmarkEvaluateTenStatements(b *testing.B) {
	held, r := tenStatements(b)
	b.ReportAllocs()
	for b.Loop() {
		if d, _ := iam.Evaluate(held, r); d != iam.Allow {
			b.Fatal("denied")
		}
	}
}

func BenchmarkEvaluateDeny(b *testing.B) {
	held, r := tenStatements(b)
	r.Resource = "arn:aws:execute-api:us-east-1:123456789012:zzz/prod/$connect"
	b.ReportAllocs()
	for b.Loop() {
		if d, _ := iam.Evaluate(held, r); d != iam.Deny {
			b.Fatal("allowed")
		}
	}
}

func BenchmarkMatchARN(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		iam.MatchARN("arn:aws:execute-api:*:*:abc123/*/$connect", route)
	}
}

func BenchmarkParse(b *testing.B) {
	doc := []byte(condition(`{"IpAddress":{"aws:SourceIp":["10.0.0.0/8","127.0.0.1"]},"StringLike":{"aws:userid":"AROA*:${aws:username}"}}`))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := iam.Parse(doc); err != nil {
			b.Fatal(err)
		}
	}
}
