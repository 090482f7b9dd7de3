package iam_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/iam"
)

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		allowAll, denyAll, allowInvoke, owned(`{"AWS":["123456789012","*"],"Service":"a.amazonaws.com"}`),
		`{"Version":"2012-10-17","Id":"x","Statement":[{"Sid":"a","Effect":"Deny","NotPrincipal":{"AWS":"123456789012"},"NotAction":["a:*"],"NotResource":["arn:aws:s3:::${aws:username, 'x'}/${*}"]}]}`,
		condition(`{"StringLike":{"k":["a*",true,5]},"ForAnyValue:IpAddress":{"k":"::/0"},"Null":{"z":"true"},"DateLessThan":{"k":"2024-01-02T03:04:05Z"}}`),
		condition(`{"ArnLikeIfExists":{"k":"arn:${a:b}:*:*:*:*"},"ForAllValues:NumericGreaterThan":{"k":1e3},"BinaryEquals":{"k":"QQ=="},"StringEqualsIgnoreCase":{"k":"${k}é"}}`),
		`{"Statement":`, `{`, `[]`, `nul`, "{\"a\":\"\xff\"}", `{} {}`, `{"Statement":[[[[`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		policy, err := iam.Parse(doc)
		if err != nil {
			checkSyntaxError(t, doc, err)
			return
		}
		named := []iam.Named{{Name: "fuzz", Policy: policy}}
		r := &iam.Request{Principal: session, Action: "execute-api:Invoke", Resource: route, Context: iam.Context{"k": {"a", "1", "2024"}}}
		for _, held := range []*iam.Policies{{Identity: named}, {Resource: named}, {Identity: named, Boundary: &named[0], Session: &named[0], Resource: named}} {
			decision, why := iam.Evaluate(held, r)
			if why.String() == "" || (decision == iam.Allow && why.Statement == 0) {
				t.Errorf("%v without a reason", decision)
			}
		}
	})
}

// checkSyntaxError checks that a position lies in the document.
func checkSyntaxError(t *testing.T, doc []byte, err error) {
	t.Helper()
	var wrong *iam.SyntaxError
	if !errors.As(err, &wrong) {
		t.Fatalf("%T: %v", err, err)
	}
	lines := strings.Split(string(doc), "\n")
	if wrong.Line < 1 || wrong.Line > len(lines) || wrong.Column < 1 || wrong.Column > len(lines[wrong.Line-1])+1 || wrong.Message == "" {
		t.Errorf("%q: %v", doc, err)
	}
}

// The matcher must agree with the obvious recursive one.
func FuzzMatchARN(f *testing.F) {
	f.Add("arn:aws:execute-api:*:*:**/@connections/*", route)
	f.Add("arn:aws:execute-api:us-east-?:123456789012:abc123/*/*/*", route)
	f.Add("*", "")
	f.Add("arn:aws:s3:::*a*?b", "arn:aws:s3:::aaéb")
	f.Add("arn:aws:s3", "arn:aws:s3:::x")
	f.Add("arn:aws:s3:::\xff?", "arn:aws:s3:::\xff\xfe")
	f.Fuzz(func(t *testing.T, pattern, arn string) {
		if len(pattern) > 60 || len(arn) > 60 {
			iam.MatchARN(pattern, arn)
			return
		}
		if got, want := iam.MatchARN(pattern, arn), slowMatch(pattern, arn); got != want {
			t.Errorf("MatchARN(%q, %q) = %v", pattern, arn, got)
		}
		if iam.MatchARNLike(pattern, arn) && !strings.ContainsAny(arn, ":") {
			t.Errorf("MatchARNLike(%q, %q)", pattern, arn)
		}
	})
}

// slowMatch states the rules of Resource again, naively.
func slowMatch(pattern, arn string) bool {
	if pattern != "" && strings.Trim(pattern, "*") == "" {
		return true
	}
	want, have := strings.SplitN(pattern, ":", 6), strings.SplitN(arn, ":", 6)
	if len(want) < 3 || want[0] != "arn" || strings.ContainsAny(want[2], "*?") || len(have) < 6 {
		return false
	}
	for i := range have {
		if i < len(want) && !slowGlob(want[i], have[i], map[[2]int]bool{}) {
			return false
		}
	}
	return true
}

// slowGlob remembers what failed, by the lengths left, so that the reference
// itself does not blow up.
func slowGlob(p, s string, failed map[[2]int]bool) bool {
	at := [2]int{len(p), len(s)}
	if failed[at] {
		return false
	}
	ok := false
	first := len(s) - len(strings.TrimPrefix(s, firstRune(s)))
	switch {
	case p == "":
		ok = s == ""
	case p[0] == '*':
		ok = slowGlob(p[1:], s, failed) || s != "" && slowGlob(p, s[first:], failed)
	case p[0] == '?':
		ok = s != "" && slowGlob(p[1:], s[first:], failed)
	default:
		ok = s != "" && p[0] == s[0] && slowGlob(p[1:], s[1:], failed)
	}
	failed[at] = !ok
	return ok
}

// firstRune is the first character of s, or its first byte if it is none.
func firstRune(s string) string {
	for i := range s {
		if i > 0 {
			return s[:i]
		}
	}
	return s
}

func FuzzMatchAction(f *testing.F) {
	f.Add("execute-api:*", "execute-api:Invoke")
	f.Add("*:*", "a:b")
	f.Add("a:**?", "A:\xff")
	f.Fuzz(func(t *testing.T, pattern, action string) {
		if iam.MatchAction(pattern, action) != iam.MatchAction(strings.ToUpper(pattern), action) && isASCII(pattern+action) {
			t.Errorf("case matters for %q, %q", pattern, action)
		}
	})
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > 127 })
}
