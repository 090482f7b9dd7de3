package iam_test

import (
	"testing"

	"github.com/tidewire/tidewire/iam"
)

// parse is Parse for documents known to be good.
func parse(tb testing.TB, doc string) *iam.Policy {
	tb.Helper()
	p, err := iam.Parse([]byte(doc))
	if err != nil {
		tb.Fatalf("Parse(%s): %v", doc, err)
	}
	return p
}

// named wraps documents, naming them a, b, c….
func named(tb testing.TB, docs ...string) []iam.Named {
	tb.Helper()
	var all []iam.Named
	for i, doc := range docs {
		all = append(all, iam.Named{Name: string(rune('a' + i)), Policy: parse(tb, doc)})
	}
	return all
}

func TestEvaluateNothing(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]*iam.Policies{"nil": nil, "empty": {}, "nil policy": {Identity: []iam.Named{{Name: "x"}}}} {
		d, why := iam.Evaluate(p, &iam.Request{Action: "a:B", Resource: "*"})
		if d != iam.Deny || why.Explicit {
			t.Errorf("%s: %v, %v", name, d, why)
		}
		t.Log(why.String())
	}
	if d, why := iam.Evaluate(&iam.Policies{}, nil); d != iam.Deny || why.String() == "" {
		t.Errorf("nil request: %v, %v", d, why)
	}
}

const (
	allowAll    = `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`
	denyAll     = `{"Statement":{"Sid":"No","Effect":"Deny","Action":"*","Resource":"*"}}`
	allowInvoke = `{"Statement":{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:*:*:abc123/*"}}`
	allowOther  = `{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`
	bob         = "arn:aws:iam::123456789012:user/bob"
	session     = "arn:aws:sts::123456789012:assumed-role/Chat/one"
)

func TestNotActionNotResource(t *testing.T) {
	t.Parallel()
	invoke := func(resource string) *iam.Request {
		return &iam.Request{Action: "execute-api:Invoke", Resource: resource}
	}
	tests := []struct {
		why, doc string
		request  *iam.Request
		want     bool
	}{
		{"NotAction leaves others", `{"Statement":{"Effect":"Allow","NotAction":"s3:*","Resource":"*"}}`, invoke(route), true},
		{"NotAction excepts", `{"Statement":{"Effect":"Allow","NotAction":["s3:*","execute-api:inv*"],"Resource":"*"}}`, invoke(route), false},
		{"NotAction is still limited by Resource", `{"Statement":{"Effect":"Allow","NotAction":"s3:*","Resource":"arn:aws:execute-api:*:*:other/*"}}`, invoke(route), false},
		{"NotResource leaves others", `{"Statement":{"Effect":"Allow","Action":"*","NotResource":"arn:aws:execute-api:*:*:other/*"}}`, invoke(route), true},
		{"NotResource excepts", `{"Statement":{"Effect":"Allow","Action":"*","NotResource":["arn:aws:s3:::b","arn:aws:execute-api:*:*:abc123/*"]}}`, invoke(route), false},
		{"Deny with NotResource denies the rest", `{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*","NotResource":"arn:aws:execute-api:*:*:other/*"}]}`, invoke(route), false},
		{"Deny with NotResource spares it", `{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*","NotResource":"arn:aws:execute-api:*:*:abc123/*"}]}`, invoke(route), true},
		{"an empty list of actions", `{"Statement":{"Effect":"Allow","Action":[],"Resource":"*"}}`, invoke(route), false},
		{"an empty list of resources", `{"Statement":{"Effect":"Allow","Action":"*","Resource":[]}}`, invoke(route), false},
		{"an empty list of statements", `{"Statement":[]}`, invoke(route), false},
		{"an empty condition", `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{}}}`, invoke(route), true},
	}
	for _, tt := range tests {
		got, why := iam.Evaluate(&iam.Policies{Identity: named(t, tt.doc)}, tt.request)
		if (got == iam.Allow) != tt.want {
			t.Errorf("%s: %v (%s)", tt.why, got, why)
		}
	}
}

func TestEvaluateOrder(t *testing.T) {
	t.Parallel()
	one := func(doc string) *iam.Named { return &named(t, doc)[0] }
	tests := []struct {
		why      string
		held     iam.Policies
		want     iam.Decision
		explicit bool
		source   iam.Source
	}{
		{"no policies", iam.Policies{}, iam.Deny, false, iam.IdentityBased},
		{"identity", iam.Policies{Identity: named(t, allowInvoke)}, iam.Allow, false, iam.IdentityBased},
		{"the second policy", iam.Policies{Identity: named(t, allowOther, allowInvoke)}, iam.Allow, false, iam.IdentityBased},
		{"deny wins over an earlier allow", iam.Policies{Identity: named(t, allowInvoke, denyAll)}, iam.Deny, true, iam.IdentityBased},
		{"deny wins over a later allow", iam.Policies{Identity: named(t, denyAll, allowInvoke)}, iam.Deny, true, iam.IdentityBased},
		{"boundary allows", iam.Policies{Identity: named(t, allowInvoke), Boundary: one(allowAll)}, iam.Allow, false, iam.IdentityBased},
		{"boundary does not allow", iam.Policies{Identity: named(t, allowInvoke), Boundary: one(allowOther)}, iam.Deny, false, iam.PermissionsBoundary},
		{"boundary denies", iam.Policies{Identity: named(t, allowInvoke), Boundary: one(denyAll)}, iam.Deny, true, iam.PermissionsBoundary},
		{"boundary alone gives nothing", iam.Policies{Boundary: one(allowAll)}, iam.Deny, false, iam.IdentityBased},
		{"a boundary without policy", iam.Policies{Identity: named(t, allowAll), Boundary: &iam.Named{}}, iam.Deny, false, iam.PermissionsBoundary},
		{"session allows", iam.Policies{Identity: named(t, allowInvoke), Session: one(allowAll)}, iam.Allow, false, iam.IdentityBased},
		{"session does not allow", iam.Policies{Identity: named(t, allowInvoke), Session: one(allowOther)}, iam.Deny, false, iam.SessionPolicy},
		{"session denies", iam.Policies{Identity: named(t, allowInvoke), Session: one(denyAll)}, iam.Deny, true, iam.SessionPolicy},
		{"all three", iam.Policies{Identity: named(t, allowInvoke), Boundary: one(allowAll), Session: one(allowAll)}, iam.Allow, false, iam.IdentityBased},
		{"a resource policy that names nobody", iam.Policies{Resource: named(t, allowAll)}, iam.Deny, false, iam.IdentityBased},
		{"a resource policy that denies everybody", iam.Policies{Identity: named(t, allowAll), Resource: named(t, denyAll)}, iam.Deny, true, iam.ResourceBased},
	}
	for _, tt := range tests {
		got, why := iam.Evaluate(&tt.held, &iam.Request{Principal: bob, Action: "execute-api:Invoke", Resource: route})
		if got != tt.want || why.Explicit != tt.explicit || why.Source != tt.source {
			t.Errorf("%s: %v from %v, %s", tt.why, got, why.Source, why)
		}
	}
}
