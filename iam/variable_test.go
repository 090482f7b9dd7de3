package iam_test

import (
	"fmt"
	"testing"

	"github.com/tidewire/tidewire/iam"
)

func TestVariablesInResource(t *testing.T) {
	t.Parallel()
	ctx := iam.Context{
		"aws:username":                       {"bob"},
		"aws:principaltag/team":              {"red"},
		"cognito-identity.amazonaws.com:sub": {"us-east-1:1234"},
		"star":                               {"*"},
		"two":                                {"a", "b"},
		"empty":                              {""},
	}
	tests := []struct {
		why, version, resource, arn string
		want                        bool
	}{
		{"a value", "2012-10-17", "arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::b/bob/x", true},
		{"another's value", "2012-10-17", "arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::b/eve/x", false},
		{"case of the key", "2012-10-17", "arn:aws:s3:::b/${AWS:UserName}", "arn:aws:s3:::b/bob", true},
		{"case of the value", "2012-10-17", "arn:aws:s3:::b/${aws:username}", "arn:aws:s3:::b/Bob", false},
		{"a tag", "2012-10-17", "arn:aws:s3:::b/${aws:PrincipalTag/team}", "arn:aws:s3:::b/red", true},
		{"a value with a colon", "2012-10-17", "arn:aws:s3:::b/${cognito-identity.amazonaws.com:sub}/*", "arn:aws:s3:::b/us-east-1:1234/x", true},
		{"wildcards of a value are letters", "2012-10-17", "arn:aws:s3:::b/${star}", "arn:aws:s3:::b/anything", false},
		{"a star value fits a star", "2012-10-17", "arn:aws:s3:::b/${star}", "arn:aws:s3:::b/*", true},
		{"no value fits nothing", "2012-10-17", "arn:aws:s3:::b/${aws:userid}", "arn:aws:s3:::b/", false},
		{"no value fits not even its own text", "2012-10-17", "arn:aws:s3:::b/${aws:userid}", "arn:aws:s3:::b/${aws:userid}", false},
		{"no value beside a star", "2012-10-17", "arn:aws:s3:::b/*${aws:userid}*", "arn:aws:s3:::b/x", false},
		{"several values are none", "2012-10-17", "arn:aws:s3:::b/${two}", "arn:aws:s3:::b/a", false},
		{"an empty value", "2012-10-17", "arn:aws:s3:::b/${empty}x", "arn:aws:s3:::b/x", true},
		{"default unused", "2012-10-17", "arn:aws:s3:::b/${aws:username, 'nobody'}", "arn:aws:s3:::b/bob", true},
		{"default used", "2012-10-17", "arn:aws:s3:::b/${aws:userid, 'nobody'}", "arn:aws:s3:::b/nobody", true},
		{"default without blank", "2012-10-17", "arn:aws:s3:::b/${aws:userid,'nobody'}", "arn:aws:s3:::b/nobody", true},
		{"default with a brace", "2012-10-17", "arn:aws:s3:::b/${aws:userid, '}'}", "arn:aws:s3:::b/}", true},
		{"empty default", "2012-10-17", "arn:aws:s3:::b/${aws:userid, ''}", "arn:aws:s3:::b/", true},
		{"escaped star", "2012-10-17", "arn:aws:s3:::b/${*}", "arn:aws:s3:::b/x", false},
		{"escaped star, a star", "2012-10-17", "arn:aws:s3:::b/${*}", "arn:aws:s3:::b/*", true},
		{"escaped question mark", "2012-10-17", "arn:aws:s3:::b/${?}", "arn:aws:s3:::b/?", true},
		{"escaped question mark, x", "2012-10-17", "arn:aws:s3:::b/${?}", "arn:aws:s3:::b/x", false},
		{"escaped dollar", "2012-10-17", "arn:aws:s3:::b/${$}{x}", "arn:aws:s3:::b/${x}", true},
		{"a dollar alone", "2012-10-17", "arn:aws:execute-api:::a/prod/$connect", "arn:aws:execute-api:::a/prod/$connect", true},
		{"before the fifth colon it is text", "2012-10-17", "arn:aws:s3:${x}::b", "arn:aws:s3:bob::b", false},
		{"before the fifth colon it is this text", "2012-10-17", "arn:aws:s3:${x}::b", "arn:aws:s3:${x}::b", true},
		{"old version: text", "2008-10-17", "arn:aws:s3:::b/${aws:username}", "arn:aws:s3:::b/bob", false},
		{"old version: this text", "2008-10-17", "arn:aws:s3:::b/${aws:username}", "arn:aws:s3:::b/${aws:username}", true},
		{"old version: the star in it", "2008-10-17", "arn:aws:s3:::b/${*}", "arn:aws:s3:::b/${x}", true},
		{"old version: an open brace is no mistake", "2008-10-17", "arn:aws:s3:::b/${", "arn:aws:s3:::b/${", true},
	}
	for _, tt := range tests {
		doc := fmt.Sprintf(`{"Version":%q,"Statement":{"Effect":"Allow","Action":"*","Resource":%q}}`, tt.version, tt.resource)
		got, why := iam.Evaluate(&iam.Policies{Identity: named(t, doc)}, &iam.Request{Action: "a:B", Resource: tt.arn, Context: ctx})
		if (got == iam.Allow) != tt.want {
			t.Errorf("%s: %s on %s: %v (%s)", tt.why, tt.resource, tt.arn, got, why)
		}
	}
}

// The default version is the old one.
func TestVersionAbsent(t *testing.T) {
	t.Parallel()
	p := parse(t, `{"Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::${aws:username}"}}`)
	if p.Version() != "2008-10-17" {
		t.Errorf("version %q", p.Version())
	}
	held := &iam.Policies{Identity: []iam.Named{{Name: "p", Policy: p}}}
	ctx := iam.Context{"aws:username": {"bob"}}
	if d, _ := iam.Evaluate(held, &iam.Request{Action: "a:B", Resource: "arn:aws:s3:::bob", Context: ctx}); d != iam.Deny {
		t.Error("a variable was replaced")
	}
}

func TestVariablesInConditions(t *testing.T) {
	t.Parallel()
	tests := []struct {
		operator, wanted, given string
		want                    bool
	}{
		{"StringEquals", "${aws:username}", "bob", true},
		{"StringEquals", "x-${aws:username}-${team}", "x-bob-red", true},
		{"StringEquals", "${aws:username}", "eve", false},
		{"StringEquals", "${none}", "", false},
		{"StringEquals", "${none, 'bob'}", "bob", true},
		{"StringEquals", "${*}", "*", true},
		{"StringNotEquals", "${aws:username}", "bob", false},
		{"StringNotEquals", "${none}", "bob", true},
		{"StringEqualsIgnoreCase", "${aws:username}!", "BOB!", true},
		{"StringEqualsIgnoreCase", "${none}", "BOB", false},
		{"StringNotEqualsIgnoreCase", "${none}", "BOB", true},
		{"StringLike", "${aws:username}/*", "bob/x", true},
		{"StringLike", "${star}", "bob", false},
		{"StringLike", "${none}*", "bob", false},
		{"StringNotLike", "${none}*", "bob", true},
		{"ArnLike", "arn:aws:iam::${account}:user/${aws:username}", "arn:aws:iam::1:user/bob", true},
		{"ArnLike", "arn:aws:iam::${aws:account:id}:user/*", "arn:aws:iam::2:user/bob", true},
		{"ArnLike", "arn:aws:iam::${account}:user/${aws:username}", "arn:aws:iam::1:user/eve", false},
		{"ArnLike", "arn:aws:iam::${none}:user/*", "arn:aws:iam::1:user/eve", false},
		{"ArnNotLike", "arn:aws:iam::${none}:user/*", "arn:aws:iam::1:user/eve", true},
	}
	for _, tt := range tests {
		ctx := iam.Context{"aws:username": {"bob"}, "team": {"red"}, "star": {"*"}, "account": {"1"}, "aws:account:id": {"2"}, "my:key": {tt.given}}
		held := &iam.Policies{Identity: named(t, conditional(tt.operator, "my:key", fmt.Sprintf("%q", tt.wanted)))}
		got, why := iam.Evaluate(held, &iam.Request{Action: "a:B", Resource: "*", Context: ctx})
		if (got == iam.Allow) != tt.want {
			t.Errorf("%s %s with %s: %v (%s)", tt.operator, tt.wanted, tt.given, got, why)
		}
	}
}

// Where a variable has no value, NotResource must not allow more.
func TestNotResourceWithoutValue(t *testing.T) {
	t.Parallel()
	const doc = `{"Version":"2012-10-17","Statement":{"Effect":%q,"Action":"*","NotResource":"arn:aws:s3:::b/${aws:username}"}}`
	all := `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`
	r := &iam.Request{Action: "a:B", Resource: "arn:aws:s3:::b/x"}
	if d, why := iam.Evaluate(&iam.Policies{Identity: named(t, fmt.Sprintf(doc, "Allow"))}, r); d != iam.Deny {
		t.Errorf("Allow: %v", why)
	}
	if d, why := iam.Evaluate(&iam.Policies{Identity: named(t, all, fmt.Sprintf(doc, "Deny"))}, r); d != iam.Deny || !why.Explicit {
		t.Errorf("Deny: %v", why)
	}
	r.Context = iam.Context{"aws:username": {"x"}}
	if d, why := iam.Evaluate(&iam.Policies{Identity: named(t, all, fmt.Sprintf(doc, "Deny"))}, r); d != iam.Allow {
		t.Errorf("Deny with a value: %v", why)
	}
}
