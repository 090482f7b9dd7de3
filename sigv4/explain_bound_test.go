package sigv4

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// Work ends when it has to.
func TestExplainIsBounded(t *testing.T) {
	t.Parallel()
	r, body := signedHeaderRequest(t)
	r.Method = "PATCH"
	q := question(r, body)
	q.Tries = 50
	report := Explain(t.Context(), q)
	if !report.Unmatched || !report.Cut || report.Tried > 51 || !strings.Contains(report.String(), "the bound was reached") {
		t.Errorf("tried %d\n%s", report.Tried, report)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	q.Tries = 1 << 20
	if report := Explain(ctx, q); !report.Cut || report.Tried > 1024 {
		t.Errorf("tried %d after the end of the context", report.Tried)
	}
	calls := 0
	keyed(q, func(context.Context, string, string) (string, error) { calls++; return testSecret, nil }).Tries = 0
	if report := Explain(t.Context(), q); report.Tried > DefaultTries || calls != 1 {
		t.Errorf("tried %d, asked %d times for the key", report.Tried, calls)
	}
}

// What cannot be explained is said as the verifier says it.
func TestExplainMalformed(t *testing.T) {
	t.Parallel()
	with := func(change func(*Request)) *Question {
		r, body := signedHeaderRequest(t)
		change(r)
		return question(r, body)
	}
	broken := with(func(*Request) {})
	broken.Key = func(context.Context, string, string) (string, error) { return "", errors.New("disk on fire") }
	for name, c := range map[string]struct {
		q          *Question
		code, part string
	}{
		"unsigned":        {with(func(r *Request) { r.Header = http.Header{} }), missingToken, "neither"},
		"scheme":          {with(setHeader("Authorization", "Bearer abc")), incompleteSignature, "not an AWS signature"},
		"twice":           {with(func(r *Request) { r.RawQuery = "X-Amz-Algorithm=AWS4-HMAC-SHA256" }), invalidSignature, "signed twice"},
		"date":            {with(setHeader("X-Amz-Date", "now")), incompleteSignature, "not of the form"},
		"credential":      {with(edit("/aws4_request", "")), incompleteSignature, "5 parts"},
		"terminator":      {with(edit("/aws4_request", "/aws5_request")), invalidSignature, "terminator"},
		"host not signed": {with(edit("host;", "")), invalidSignature, "host header is not signed"},
		"large":           {with(func(r *Request) { r.RawQuery = strings.Repeat("a", maxQuery+1) }), invalidSignature, "limit"},
		"large header":    {with(setHeader("X-Amz-Date", "20240102T030405Z", strings.Repeat("a", 1<<20))), invalidSignature, "send one of each"},
		"NUL":             {with(func(r *Request) { r.Method = "GET\x00" }), "BadRequestException", "token"},
		"no key":          {broken, "InternalServerErrorException", "disk on fire"},
		"no request":      {&Question{}, "BadRequestException", "no request"},
		"no region":       {&Question{Request: &Request{}}, "InternalServerErrorException", "needs Service"},
	} {
		r := Explain(t.Context(), c.q)
		if r.Holds || r.Code != c.code || !strings.Contains(r.Reason, c.part) || len(r.Mistakes) > 0 && name != "terminator" {
			t.Errorf("%s: %s %q\n%s", name, r.Code, r.Reason, r)
		}
		checkReport(t, r)
	}
}

// Without the body, what the headers say of it counts.
func TestExplainBodyUnknown(t *testing.T) {
	t.Parallel()
	ask := func(r *Request) *Report {
		q := question(r, nil)
		q.BodyUnknown = true
		return Explain(t.Context(), q)
	}
	s := testSigner("")
	s.SignBody = true
	declared := signedBy(t, s, http.MethodPost, testPost, "hello")
	if r := ask(declared); !r.Holds {
		t.Errorf("declared: %s", r)
	}
	streamed := newRequest(t, http.MethodPost, testPost, "hello")
	streamed.Header.Set(payloadHeader, "STREAMING-AWS4-HMAC-SHA256-PAYLOAD")
	if err := testSigner("").Sign(t.Context(), streamed, "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"); err != nil {
		t.Fatal(err)
	}
	if got := kinds(ask(FromHTTP(streamed))); !slices.Equal(got, []string{"body-encoding"}) {
		t.Error("streamed", got)
	}
	empty := newRequest(t, http.MethodPost, testPost, "hello")
	if err := testSigner("").Sign(t.Context(), empty, EmptyPayload); err != nil {
		t.Fatal(err)
	}
	if got := kinds(ask(FromHTTP(empty))); !slices.Equal(got, []string{"body-empty"}) {
		t.Error("empty", got)
	}
	if r := ask(signedBy(t, testSigner(""), http.MethodPost, testPost, "hello")); r.Holds || !r.Unmatched {
		t.Errorf("undeclared: %s", r)
	}
	if r := ask(signedBy(t, testSigner(""), http.MethodGet, testStage, "")); !r.Holds {
		t.Errorf("none: %s", r)
	}
}

// Several secrets may be the one if the access key is unknown.
func TestExplainUnknownKey(t *testing.T) {
	t.Parallel()
	r := signedBy(t, testSigner(""), http.MethodGet, testStage, "")
	r.Path += "/"
	q := question(r, nil)
	q.Key = nil
	q.Candidates = []Candidate{{"home", "AKIAHOME", "a secret that did not sign", ""}, {"work", "AKIAWORK", testSecret, ""}}
	report := Explain(t.Context(), q)
	if got := kinds(report); !slices.Equal(got, []string{"access-key+path-slash"}) || report.Mistakes[0].Detail != "the secret is that of work (AKIAWORK)" {
		t.Errorf("%s", report)
	}
	checkReport(t, report)
	temporary := signedBy(t, testSigner(""), http.MethodGet, testStage, "")
	edit(testKeyID, "ASIAEXAMPLE")(temporary)
	if got := kinds(Explain(t.Context(), question(temporary, nil))); !slices.Equal(got, []string{"token-missing"}) {
		t.Error(got)
	}
}
