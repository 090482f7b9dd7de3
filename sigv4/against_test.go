package sigv4

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	saidRequest = "GET\n/dev/it's\n\nhost:h\n\nhost\n" + EmptyPayload
	saidToSign  = "AWS4-HMAC-SHA256\n20240102T030405Z\n20240102/us-east-1/execute-api/aws4_request\nabc"
	saidMessage = mismatchText + "\n\nThe Canonical String for this request should have been\n'" + saidRequest + "'\n\nThe String-to-Sign should have been\n'" + saidToSign + "'\n"
)

func TestParseAWSError(t *testing.T) {
	t.Parallel()
	body, err := json.Marshal(map[string]string{"message": saidMessage})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		body string
		ok   bool
	}{
		"execute-api": {string(body), true},
		"capital":     {strings.Replace(string(body), "message", "Message", 1), true},
		"bare":        {saidMessage, true},
		"CR LF":       {strings.ReplaceAll(saidMessage, "\n", "\r\n"), true},
		"STS": {`<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>SignatureDoesNotMatch</Code><Message>` +
			strings.ReplaceAll(saidMessage, "'", "&apos;") + `</Message></Error><RequestId>1</RequestId></ErrorResponse>`, true},
		"S3": {`<?xml version="1.0" encoding="UTF-8"?><Error><Code>SignatureDoesNotMatch</Code><StringToSign>` + saidToSign +
			`</StringToSign><CanonicalRequest>` + saidRequest + `</CanonicalRequest></Error>`, true},
		"other":     {`{"message":"Forbidden"}`, false},
		"cut":       {`The Canonical String for this request should have been 'GET`, false},
		"empty":     {"", false},
		"other XML": {"<a><b/></a>", false},
	} {
		canonical, toSign, ok := ParseAWSError([]byte(c.body))
		if ok != c.ok || ok && (canonical != saidRequest || toSign != saidToSign) {
			t.Errorf("%s: %v\n%s\n%s", name, ok, canonical, toSign)
		}
	}
}

// refusedBy is what a verifier answered to a request.
func refusedBy(t *testing.T, v *Verifier, r *Request, body []byte) *Canonical {
	t.Helper()
	_, err := v.Verify(t.Context(), r, body)
	var e *RefusedError
	if !errors.As(err, &e) {
		t.Fatalf("admitted: %v", err)
	}
	data, err := json.Marshal(map[string]string{"message": e.Message})
	if err != nil {
		t.Fatal(err)
	}
	canonical, toSign, ok := ParseAWSError(data)
	if !ok {
		t.Fatalf("no canonical request in %s", data)
	}
	return &Canonical{canonical, toSign}
}

// The request that we hold is good, but AWS received another, or knows another
// secret.
func TestAgainst(t *testing.T) {
	t.Parallel()
	other := testVerifier()
	other.Key = func(_ context.Context, _, _ string) (string, error) { return "a secret of another day", nil }
	for name, c := range map[string]struct {
		change func(*Request)
		v      *Verifier
		body   string
		want   []string
	}{
		"secret":     {func(*Request) {}, other, "{}", []string{"secret"}},
		"host":       {func(r *Request) { r.Host = "api.example" }, testVerifier(), "{}", []string{"host-name"}},
		"port":       {func(r *Request) { r.Host = "h:1" }, testVerifier(), "{}", []string{"host-port"}},
		"slash":      {func(r *Request) { r.Path += "/" }, testVerifier(), "{}", []string{"path-slash"}},
		"stage":      {func(r *Request) { r.Path = "/" }, testVerifier(), "{}", nil},
		"encoding":   {func(r *Request) { r.Path = "/dev%40" }, testVerifier(), "{}", []string{"path-encoding"}},
		"query":      {func(r *Request) { r.RawQuery = "a=1" }, testVerifier(), "{}", []string{"query-changed"}},
		"body":       {func(*Request) {}, testVerifier(), "[]", []string{"body-changed"}},
		"empty body": {func(*Request) {}, testVerifier(), "", []string{"body-empty"}},
		"header":     {setHeader("X-A", "2"), testVerifier(), "{}", []string{"header-changed"}},
		"no header":  {func(r *Request) { delete(r.Header, "X-A") }, testVerifier(), "{}", []string{"header-missing"}},
		"two":        {func(r *Request) { r.Host, r.Path = "h:1", r.Path+"/" }, testVerifier(), "{}", []string{"path-slash+host-port"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := signedBy(t, testSigner(""), http.MethodPost, "http://h:4577/dev@", "{}", "X-A", "1")
			received := *r
			received.Header = r.Header.Clone()
			c.change(&received)
			q := question(r, []byte("{}"))
			q.Against = refusedBy(t, c.v, &received, []byte(c.body))
			report := Explain(t.Context(), q)
			if c.want == nil {
				c.want = []string{""}
			}
			if diff := cmp.Diff(c.want, kinds(report)); diff != "" || report.Holds || report.Unmatched {
				t.Errorf("%s\n%s", diff, report)
			}
			checkReport(t, report)
			if name != "secret" && len(report.Signed) == 0 {
				t.Errorf("no lines\n%s", report)
			}
		})
	}
}
