package appsync

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/exchange"
)

func TestKindOf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		document, name string
		want           kind
	}{
		{"{a}", "", query},
		{" # mutation\n query Q { a(x: \"}\") { b } }", "", query},
		{"mutation M($x: In = {a: [1, {b: \"}\"}]}) @d(a: {}) { a }", "", mutation},
		{"subscription{a}", "", subscription},
		{"fragment F on T { a } mutation { ...F }", "", mutation},
		{"mutation { ...F } fragment F on T { a }", "", mutation},
		{"query A {a} mutation B {b}", "", unknown},
		{"query A {a} mutation B {b}", "B", mutation},
		{"query A {a} mutation B {b}", "A", query},
		{"query A {a} query B {b}", "", query},
		{"\ufeff\"\"\"it's { a \\\"\"\" } \"\"\" mutation { a }", "", mutation},
		{"\"desc \\\" {\" query { a }", "", query},
		{"# {\nmutation{a # }\n}", "", mutation},
		{"", "", unknown},
		{"query {", "", unknown},
		{"type A { a: Int }", "", unknown},
		{"mutation M(", "", unknown},
		{"}", "", unknown},
	} {
		if got := kindOf(c.document, c.name); got != c.want {
			t.Errorf("%q, %q: %q, want %q", c.document, c.name, got, c.want)
		}
	}
}

func FuzzKindOf(f *testing.F) {
	f.Add("query A($x: I = {a: \"}\"}) { a } # c\nmutation B { b }", "B")
	f.Add("\"\"\" x \\\"\"\" \"\"\" {a}", "")
	f.Fuzz(func(t *testing.T, document, name string) {
		switch k := kindOf(document, name); k {
		case unknown, query, mutation, subscription:
			if k == mutation && !strings.Contains(document, "mutation") {
				t.Error("a mutation without the word")
			}
		default:
			t.Errorf("kind %q", k)
		}
	})
}

func FuzzParseErrors(f *testing.F) {
	f.Add(`[{"message":"a","errorType":"b","path":["x",1],"locations":[{"line":1,"column":2}],"errorCode":401}]`)
	f.Add(`{"errorType":"LimitExceededError","message":"Rate limit exceeded"}`)
	f.Add(`["text",null,3,{"message":{}}]`)
	f.Fuzz(func(t *testing.T, raw string) {
		if s := ParseErrors([]byte(raw)).Error(); strings.ContainsAny(s, "\n\r") {
			t.Errorf("more than a line: %q", s)
		}
	})
}

func TestRedacted(t *testing.T) {
	t.Parallel()
	const secret = "top+secret/value=="
	jwt := "eyJhbGciOiJub25lIn0.eyJzdWIiOiJib2IifQ.c2ln"
	for _, text := range []string{
		secret, "a " + url.QueryEscape(secret) + " b", "x-api-key:" + secret, "wss://h/?header=" + secret,
		"authorization: " + secret, "header-dG9wK3NlY3JldC92YWx1ZT09", `{"access_token": "` + secret + `"}`, "got " + jwt, "X-Amz-Signature=" + secret + "&b=1",
	} {
		got := exchange.Redacted(text, secret)
		if strings.Contains(got, "secret/value") || strings.Contains(got, "secret%2F") || strings.Contains(got, "eyJzdWI") || strings.Contains(got, "dG9wK3") {
			t.Errorf("%q became %q", text, got)
		}
		if !strings.Contains(got, "sha256") {
			t.Errorf("%q became %q", text, got)
		}
	}
	cause := &NoCredentialsError{LookedFor: "x", Cause: &url.Error{Op: "Post", URL: "https://i/?token=abcdefgh", Err: errors.New("token=abcdefgh refused")}}
	if s := cause.Error(); strings.Contains(s, "abcdefgh") {
		t.Error(s)
	}
}
