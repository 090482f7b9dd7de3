package sigv4

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// signedHeaderRequest is a POST with a token, signed in its headers.
func signedHeaderRequest(t testing.TB) (*Request, []byte) {
	t.Helper()
	r := newRequest(t, http.MethodPost, testPost, "hello")
	r.RequestURI = "/prod/@connections/L0SM9cOFvHcCIhw%3D"
	if err := testSigner(testToken).Sign(t.Context(), r, ""); err != nil {
		t.Fatal(err)
	}
	return FromHTTP(r), []byte("hello")
}

// presignedRequest is the handshake of a presigned URL with a token.
func presignedRequest(t testing.TB, expires time.Duration) *Request {
	t.Helper()
	return presignedBy(t, testSigner(testToken), expires)
}

func presignedBy(t testing.TB, s *Signer, expires time.Duration) *Request {
	t.Helper()
	u, err := s.Presign(t.Context(), newRequest(t, http.MethodGet, testSocket, ""), expires, EmptyPayload)
	if err != nil {
		t.Fatal(err)
	}
	return FromHTTP(newRequest(t, http.MethodGet, u, ""))
}

// edit replaces text in the Authorization header.
func edit(old, with string) func(*Request) {
	return func(r *Request) {
		r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), old, with, 1))
	}
}

func setHeader(name string, values ...string) func(*Request) {
	return func(r *Request) { r.Header[name] = values }
}

// editQuery replaces text in the query.
func editQuery(old, with string) func(*Request) {
	return func(r *Request) { r.RawQuery = strings.Replace(r.RawQuery, old, with, 1) }
}

type refusal struct {
	name    string
	change  func(*Request)
	code    string
	status  int
	message string // exact, or a prefix if it ends in …
	reason  string // part of it
}

func checkRefusal(t *testing.T, want refusal, err error) {
	t.Helper()
	var got *RefusedError
	if !errors.As(err, &got) {
		t.Fatalf("admitted, or refused otherwise: %v", err)
	}
	if got.Code != want.code || got.Status != want.status {
		t.Errorf("%s %d, want %s %d", got.Code, got.Status, want.code, want.status)
	}
	message := got.Message
	if prefix, cut := strings.CutSuffix(want.message, "…"); cut && strings.HasPrefix(message, prefix) {
		message = want.message
	}
	if diff := cmp.Diff(want.message, message); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(got.Reason, want.reason) {
		t.Errorf("reason %q does not hold %q", got.Reason, want.reason)
	}
	for _, secret := range []string{testToken, "TOKEN%2Fwith", testSecret} {
		if strings.Contains(got.Error(), secret) {
			t.Errorf("Error holds a secret: %s", got.Error())
		}
	}
}

const noEqualSign = "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): '"

func headerRefusals() []refusal {
	return []refusal{
		{
			"malformed path", func(r *Request) { r.Path = "/prod/%zz" },
			"BadRequestException", 400, "Bad Request", "path holds a malformed",
		},
		{
			"truncated escape", func(r *Request) { r.Path = "/prod/%2" },
			"BadRequestException", 400, "Bad Request", "path holds a malformed",
		},
		{
			"malformed query", func(r *Request) { r.RawQuery = "a=%4" },
			"BadRequestException", 400, "Bad Request", "query holds a malformed",
		},
		{
			"no slash", func(r *Request) { r.Path = "*" },
			"BadRequestException", 400, "Bad Request", "does not begin with a slash",
		},
		{
			"line break in method", func(r *Request) { r.Method = "POST\n/" },
			"BadRequestException", 400, "Bad Request", "method",
		},
		{
			"both", func(r *Request) { r.RawQuery = "X-Amz-Algorithm=AWS4-HMAC-SHA256" },
			invalidSignature, 403, mismatchText, "signed twice",
		},
		{
			"neither", func(r *Request) { delete(r.Header, "Authorization") },
			missingToken, 403, "Missing Authentication Token", "neither",
		},
		{
			"empty header", setHeader("Authorization", ""),
			missingToken, 403, "Missing Authentication Token", "neither",
		},
		{
			"two headers", setHeader("Authorization", "AWS4-HMAC-SHA256 a=b", "AWS4-HMAC-SHA256 a=b"),
			invalidSignature, 403, mismatchText, "2 Authorization headers",
		},
		{
			"bearer", setHeader("Authorization", "Bearer abc"),
			incompleteSignature, 403, noEqualSign + hashed("Bearer abc") + "'.", "not an AWS signature",
		},
		{
			"other algorithm", edit("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA512"),
			incompleteSignature, 403, "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA512'.", "another AWS algorithm",
		},
		{
			"no equal-sign", setHeader("Authorization", "AWS4-HMAC-SHA256 Credential=a, x"),
			incompleteSignature, 403, noEqualSign + hashed("AWS4-HMAC-SHA256 Credential=a, x") + "'.", "no equal-sign",
		},
		{
			"trailing comma", setHeader("Authorization", "AWS4-HMAC-SHA256 Credential=a,"),
			incompleteSignature, 403, noEqualSign + hashed("AWS4-HMAC-SHA256 Credential=a,") + "'.", "no equal-sign",
		},
		{
			"nothing there",
			func(r *Request) {
				r.Header.Set("Authorization", "AWS4-HMAC-SHA256")
				r.Header.Del("X-Amz-Date")
			},
			incompleteSignature, 403,
			"Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. " +
				"Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. " +
				"(Hashed with SHA-256 and encoded with Base64) Authorization=" + hashed("AWS4-HMAC-SHA256"),
			"lacks Credential, Signature, SignedHeaders, X-Amz-Date",
		},
		{
			"no date", func(r *Request) { delete(r.Header, "X-Amz-Date") },
			incompleteSignature, 403, "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. (Hashed…", "lacks X-Amz-Date",
		},
		{
			"two dates", func(r *Request) { r.Header.Add("X-Amz-Date", "20240102T030405Z") },
			invalidSignature, 403, mismatchText, "2 X-Amz-Date",
		},
		{
			"two tokens", func(r *Request) { r.Header.Add(tokenHeader, "x") },
			invalidSignature, 403, mismatchText, "2 X-Amz-Security-Token",
		},
		{
			"host not signed", edit(";host;", ";"),
			invalidSignature, 403, "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.", "host",
		},
		{
			"unsorted", edit("content-length;host", "host;content-length"),
			invalidSignature, 403, mismatchText, "sorted list",
		},
		{
			"upper case", edit(";host", ";Host"),
			invalidSignature, 403, mismatchText, "lower-case",
		},
		{
			"repeated name", edit(";host", ";host;host"),
			invalidSignature, 403, mismatchText, "distinct",
		},
		{
			"too many names", edit("content-length;", strings.Repeat("a;", 2)+"b;"),
			invalidSignature, 403, mismatchText, "distinct",
		},
		{
			"bad date", setHeader("X-Amz-Date", "2024-01-02T03:04:05Z"),
			incompleteSignature, 403,
			"Date must be in ISO-8601 'basic format'. Got '2024-01-02T03:04:05Z'. See http://en.wikipedia.org/wiki/ISO_8601", "not of the form",
		},
		{
			"30 February", setHeader("X-Amz-Date", "20240230T030405Z"),
			incompleteSignature, 403, "Date must be in ISO-8601 'basic format'. Got '20240230T030405Z'. See http://en.wikipedia.org/wiki/ISO_8601", "",
		},
		{
			"expired", setHeader("X-Amz-Date", "20240102T025904Z"),
			invalidSignature, 403,
			"Signature expired: 20240102T025904Z is now earlier than 20240102T025905Z (20240102T030405Z - 5 min.)", "expired 1s ago",
		},
		{
			"not yet", setHeader("X-Amz-Date", "20240102T030906Z"),
			invalidSignature, 403,
			"Signature not yet current: 20240102T030906Z is still later than 20240102T030905Z (20240102T030405Z + 5 min.)", "5m1s in the future",
		},
		{
			"absurd date", setHeader("X-Amz-Date", "00010101T000000Z"),
			invalidSignature, 403, "Signature expired: 00010101T000000Z is now earlier than…", "expired",
		},
		{
			"short credential", edit("/aws4_request", ""),
			incompleteSignature, 403,
			"Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'AKIDEXAMPLE/20240102/us-east-1/execute-api'", "5 parts",
		},
		{
			"wrong scope", edit("20240102/us-east-1/execute-api/aws4_request", "20240101/eu-west-1/appsync/aws5"),
			invalidSignature, 403,
			"Credential should be scoped to a valid region, not 'eu-west-1'. Credential should be scoped to correct service: 'execute-api'. " +
				"Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5'. " +
				"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20240101' != '20240102', from '20240102T030405Z'. ",
			`region "eu-west-1", this is "us-east-1"; service "appsync", this is "execute-api"`,
		},
		{
			"unknown key", edit("AKIDEXAMPLE", "AKIDOTHER"),
			"UnrecognizedClientException", 403, "The security token included in the request is invalid.", "AKIDOTHER",
		},
		{
			"key id that may be a secret", edit("AKIDEXAMPLE", "wJalrXUtnFEMI"),
			"UnrecognizedClientException", 403, "The security token included in the request is invalid.", "access key (13 bytes, sha256 ",
		},
		{
			"long key id", edit("AKIDEXAMPLE", strings.Repeat("A", 129)),
			"UnrecognizedClientException", 403, "The security token included in the request is invalid.", "129 bytes",
		},
		{
			"foreign token", setHeader(tokenHeader, "other"),
			"UnrecognizedClientException", 403, "The security token included in the request is invalid.", "unknown",
		},
		{
			"expired token", setHeader(tokenHeader, "expired"),
			"ExpiredTokenException", 403, "The security token included in the request is expired", "expired session token",
		},
		{
			"wrong signature", edit("Signature=", "Signature=0"),
			invalidSignature, 403, mismatchText + "\n\nThe Canonical String for this request should have been\n'POST\n/prod/%40connections/L0SM9cOFvHcCIhw%253D\n\n…", "signature is not that",
		},
		{
			"upper-case signature", func(r *Request) {
				a, s, _ := strings.Cut(r.Header.Get("Authorization"), "Signature=")
				r.Header.Set("Authorization", a+"Signature="+strings.ToUpper(s))
			},
			invalidSignature, 403, mismatchText + "…", "signature is not that",
		},
		{
			"long query", func(r *Request) { r.RawQuery = strings.Repeat("a", maxQuery+1) },
			invalidSignature, 403, mismatchText, "the query has 16385 bytes",
		},
		{
			"long path", func(r *Request) { r.Path = "/" + strings.Repeat("a", maxPath) },
			invalidSignature, 403, mismatchText, "the path has 16385 bytes",
		},
		{
			"long authorization", setHeader("Authorization", algorithm+" a="+strings.Repeat("b", maxAuth)),
			invalidSignature, 403, mismatchText, "limit is 16384",
		},
		{
			"long header", setHeader("Content-Length", strings.Repeat("1", 1<<20)),
			invalidSignature, 403, mismatchText, "the signed headers have",
		},
	}
}

func TestHeaderRefusals(t *testing.T) {
	t.Parallel()
	v := testVerifier()
	for _, want := range headerRefusals() {
		t.Run(want.name, func(t *testing.T) {
			t.Parallel()
			r, body := signedHeaderRequest(t)
			want.change(r)
			_, err := v.Verify(t.Context(), r, body)
			checkRefusal(t, want, err)
		})
	}
}

func TestManyHeaders(t *testing.T) {
	t.Parallel()
	r, body := signedHeaderRequest(t)
	names := make([]string, maxSigned+1)
	for i := range names {
		names[i] = "h" + strings.Repeat("a", i+1)
	}
	edit("content-length;host", strings.Join(names, ";"))(r)
	_, err := testVerifier().Verify(t.Context(), r, body)
	checkRefusal(t, refusal{code: invalidSignature, status: 403, message: mismatchText, reason: "more than 64"}, err)

	r, body = signedHeaderRequest(t)
	for range maxHeaders {
		r.Header["H"+strings.Repeat("a", len(r.Header))] = nil
	}
	_, err = testVerifier().Verify(t.Context(), r, body)
	checkRefusal(t, refusal{code: invalidSignature, status: 403, message: mismatchText, reason: "headers, the limit is 512"}, err)
}

func queryRefusals() []refusal {
	return []refusal{
		{
			"wrong algorithm", editQuery("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA512"),
			missingToken, 403, "Missing Authentication Token", "X-Amz-Algorithm",
		},
		{
			"nothing there", func(r *Request) { r.RawQuery = "X-Amz-Algorithm=AWS4-HMAC-SHA256" },
			incompleteSignature, 403,
			"AWS query-string parameters must include 'X-Amz-Credential'. AWS query-string parameters must include 'X-Amz-Signature'. " +
				"AWS query-string parameters must include 'X-Amz-SignedHeaders'. AWS query-string parameters must include 'X-Amz-Date'. Re-examine the query-string parameters.",
			"lacks X-Amz-Credential, X-Amz-Signature, X-Amz-SignedHeaders, X-Amz-Date",
		},
		{
			"no date", editQuery("X-Amz-Date=", "X-Amz-Day="),
			incompleteSignature, 403, "AWS query-string parameters must include 'X-Amz-Date'. Re-examine the query-string parameters.", "lacks X-Amz-Date",
		},
		{
			"date header is no date", func(r *Request) {
				editQuery("X-Amz-Date=", "X-Amz-Day=")(r)
				setHeader("X-Amz-Date", "20240102T030405Z")(r)
			},
			incompleteSignature, 403, "AWS query-string parameters must include 'X-Amz-Date'. Re-examine the query-string parameters.", "",
		},
		{
			"repeated parameter", func(r *Request) { r.RawQuery += "&X-Amz-Date=20240102T030405Z" },
			invalidSignature, 403, mismatchText, "X-Amz-Date occurs more than once",
		},
		{
			"repeated parameter, escaped", func(r *Request) { r.RawQuery += "&X%2DAmz-Signature=0" },
			invalidSignature, 403, mismatchText, "X-Amz-Signature occurs more than once",
		},
		{
			"host not signed", editQuery("SignedHeaders=host", "SignedHeaders=x-a"),
			invalidSignature, 403, "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.", "",
		},
		{
			"bad date", editQuery("20240102T030405Z", "20240102T030405"),
			incompleteSignature, 403, "Date must be in ISO-8601 'basic format'. Got '20240102T030405'. See http://en.wikipedia.org/wiki/ISO_8601", "",
		},
		{
			"expires is no number", editQuery("Expires=300", "Expires=soon"),
			incompleteSignature, 403, "X-Amz-Expires should be a number", "not a number",
		},
		{
			"expires is negative", editQuery("Expires=300", "Expires=-1"),
			incompleteSignature, 403, "X-Amz-Expires should be a number", "not a number",
		},
		{
			"expires is empty", editQuery("Expires=300", "Expires="),
			incompleteSignature, 403, "X-Amz-Expires should be a number", "not a number",
		},
		{
			"expires in a week and a second", editQuery("Expires=300", "Expires=604801"),
			incompleteSignature, 403, "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds", "604801",
		},
		{
			"expired", editQuery("20240102T030405Z", "20240102T025904Z"),
			invalidSignature, 403, "Signature expired: 20240102T025904Z is now earlier than 20240102T025905Z (20240102T030405Z - 5 min.)", "expired 1s ago",
		},
		{
			"expired, odd life", func(r *Request) {
				editQuery("20240102T030405Z", "20240102T030303Z")(r)
				editQuery("Expires=300", "Expires=61")(r)
			},
			invalidSignature, 403, "Signature expired: 20240102T030303Z is now earlier than 20240102T030304Z (20240102T030405Z - 61 sec.)", "",
		},
		{
			"not yet", editQuery("20240102T030405Z", "20240102T030906Z"),
			invalidSignature, 403, "Signature not yet current: 20240102T030906Z is still later than…", "",
		},
		{
			"wrong region", editQuery("us-east-1", "us-west-2"),
			invalidSignature, 403, "Credential should be scoped to a valid region, not 'us-west-2'. ", "us-west-2",
		},
		{
			"foreign token", editQuery("TOKEN%2F", "OTHER"),
			"UnrecognizedClientException", 403, "The security token included in the request is invalid.", "",
		},
		{
			"wrong signature", editQuery("Signature=", "Signature=0"),
			invalidSignature, 403, mismatchText + "\n\nThe Canonical String for this request should have been\n'GET\n/prod\nX-Amz-Algorithm=…", "signature is not that",
		},
		{
			"extended life", editQuery("Expires=300", "Expires=3000"),
			invalidSignature, 403, mismatchText + "…", "signature is not that",
		},
		{
			"parameter added", func(r *Request) { r.RawQuery += "&admin=1" },
			invalidSignature, 403, mismatchText + "…", "",
		},
	}
}

func TestQueryRefusals(t *testing.T) {
	t.Parallel()
	v := testVerifier()
	for _, want := range queryRefusals() {
		t.Run(want.name, func(t *testing.T) {
			t.Parallel()
			r := presignedRequest(t, 300*time.Second)
			want.change(r)
			_, err := v.Verify(t.Context(), r, nil)
			checkRefusal(t, want, err)
		})
	}
}

// The mismatch text is printed as execute-api prints it, with the canonical
// request and the string to sign also in fields.
func TestMismatchText(t *testing.T) {
	t.Parallel()
	s := testSigner("")
	r := newRequest(t, http.MethodGet, testStage, "")
	trace, err := s.SignTrace(t.Context(), r, EmptyPayload)
	if err != nil {
		t.Fatal(err)
	}
	q := FromHTTP(r)
	edit("Signature=", "Signature=f")(q)
	_, err = testVerifier().Verify(t.Context(), q, nil)
	var got *RefusedError
	if !errors.As(err, &got) {
		t.Fatal(err)
	}
	want := "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. " +
		"Consult the service documentation for details.\n\nThe Canonical String for this request should have been\n'" + trace.CanonicalRequest +
		"'\n\nThe String-to-Sign should have been\n'" + trace.StringToSign + "'\n"
	if diff := cmp.Diff(want, got.Message); diff != "" {
		t.Error(diff)
	}
	if got.CanonicalRequest != trace.CanonicalRequest || got.StringToSign != trace.StringToSign || got.AccessKeyID != testKeyID {
		t.Errorf("fields are not set: %+v", got)
	}
}

func TestUnsignedToken(t *testing.T) {
	t.Parallel()
	s := testSigner(testToken)
	s.OmitSessionToken = true

	t.Run("query", func(t *testing.T) {
		t.Parallel()
		_, err := testVerifier().Verify(t.Context(), presignedBy(t, s, 0), nil)
		checkRefusal(t, refusal{code: invalidSignature, status: 403, message: mismatchText + "…", reason: tokenReason}, err)
	})
	t.Run("header", func(t *testing.T) {
		t.Parallel()
		r := newRequest(t, http.MethodGet, testStage, "")
		if err := s.Sign(t.Context(), r, ""); err != nil {
			t.Fatal(err)
		}
		_, err := testVerifier().Verify(t.Context(), FromHTTP(r), nil)
		checkRefusal(t, refusal{code: invalidSignature, status: 403, message: mismatchText + "…", reason: tokenReason}, err)
		var e *RefusedError
		if errors.As(err, &e) && !strings.Contains(e.CanonicalRequest, "host;x-amz-date;x-amz-security-token") {
			t.Errorf("canonical request lacks the token:\n%s", e.CanonicalRequest)
		}
	})
	t.Run("header, and wrong", func(t *testing.T) {
		t.Parallel()
		r := newRequest(t, http.MethodGet, testStage, "")
		if err := s.Sign(t.Context(), r, ""); err != nil {
			t.Fatal(err)
		}
		_, err := testVerifier().Verify(t.Context(), FromHTTP(r), []byte("changed"))
		checkRefusal(t, refusal{code: invalidSignature, status: 403, message: mismatchText + "…", reason: "nor does it cover the session token"}, err)
	})
}

func TestBody(t *testing.T) {
	t.Parallel()
	sign := func(t *testing.T, payload string, signBody bool) *Request {
		s := testSigner("")
		s.SignBody = signBody
		r := newRequest(t, http.MethodPost, testPost, "hello")
		if err := s.Sign(t.Context(), r, payload); err != nil {
			t.Fatal(err)
		}
		return FromHTTP(r)
	}
	hello := HashPayload([]byte("hello"))
	for _, c := range []struct {
		name, payload string
		signBody      bool
		body, reason  string
	}{
		{"as signed", hello, false, "hello", ""},
		{"as signed, header", hello, true, "hello", ""},
		{"changed", hello, false, "hellO", "signature is not that"},
		{"changed, header", hello, true, "hellO", "the body is not the one that was signed"},
		{"emptied", hello, false, "", "signature is not that"},
		{"not signed", EmptyPayload, false, "hello", "signature is not that"},
		{"not signed, header", EmptyPayload, true, "hello", "the body is not the one that was signed"},
		{"unsigned payload", UnsignedPayload, false, "hello", "signature is not that"},
		{"unsigned payload, header", UnsignedPayload, true, "hello", "UNSIGNED-PAYLOAD"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := testVerifier().Verify(t.Context(), sign(t, c.payload, c.signBody), []byte(c.body))
			if c.reason == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			checkRefusal(t, refusal{code: invalidSignature, status: 403, message: mismatchText + "\n\nThe Canonical…", reason: c.reason}, err)
			var e *RefusedError
			if errors.As(err, &e) && !strings.HasSuffix(e.CanonicalRequest, HashPayload([]byte(c.body))) && !c.signBody {
				t.Errorf("canonical request does not end in the hash of the body:\n%s", e.CanonicalRequest)
			}
		})
	}
}

// A presigned URL admits the body it was signed with, and UNSIGNED-PAYLOAD is
// for S3 only.
func TestPresignedBody(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		payload, body string
		ok            bool
	}{
		{EmptyPayload, "", true},
		{EmptyPayload, "x", false},
		{UnsignedPayload, "", false},
		{UnsignedPayload, "x", false},
		{HashPayload([]byte("x")), "x", true},
		{HashPayload([]byte("x")), "", false},
	} {
		u, err := testSigner("").Presign(t.Context(), newRequest(t, http.MethodPost, testPost, ""), 0, c.payload)
		if err != nil {
			t.Fatal(err)
		}
		_, err = testVerifier().Verify(t.Context(), FromHTTP(newRequest(t, http.MethodPost, u, "")), []byte(c.body))
		if (err == nil) != c.ok {
			t.Errorf("payload %.8s, body %q: %v", c.payload, c.body, err)
		}
	}
}

func TestVerifierFailsClosed(t *testing.T) {
	t.Parallel()
	r, body := signedHeaderRequest(t)
	broken := errors.New("disk on fire")
	for _, c := range []struct {
		name   string
		change func(*Verifier)
		want   refusal
	}{
		{"no key function", func(v *Verifier) { v.Key = nil }, refusal{code: "InternalServerErrorException", status: 500, message: "Internal server error", reason: "needs"}},
		{"no region", func(v *Verifier) { v.Region = "" }, refusal{code: "InternalServerErrorException", status: 500, message: "Internal server error", reason: "needs"}},
		{"key function fails", func(v *Verifier) {
			v.Key = func(context.Context, string, string) (string, error) { return testSecret, broken }
		}, refusal{code: "InternalServerErrorException", status: 500, message: "Internal server error", reason: "disk on fire"}},
		{"empty secret", func(v *Verifier) {
			v.Key = func(context.Context, string, string) (string, error) { return "", nil }
		}, refusal{code: "UnrecognizedClientException", status: 403, message: "The security token included in the request is invalid.", reason: "unknown"}},
		{"body too long", func(v *Verifier) { v.MaxBody = 4 }, refusal{code: "RequestEntityTooLargeException", status: 413, message: "Request Too Long", reason: "5 bytes, the limit is 4"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			v := testVerifier()
			c.change(v)
			who, err := v.Verify(t.Context(), r, body)
			if who != nil {
				t.Fatal("admitted")
			}
			checkRefusal(t, c.want, err)
			var e *RefusedError
			if errors.As(err, &e) && (e.CanonicalRequest != "" || e.StringToSign != "") {
				t.Error("canonical request given away although the key is unknown")
			}
			if c.name == "key function fails" && !errors.Is(err, broken) {
				t.Error("the cause is lost")
			}
		})
	}
}
