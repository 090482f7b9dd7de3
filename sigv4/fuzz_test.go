package sigv4

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// FuzzVerify holds that no request panics, that a refusal is always a complete
// RefusedError without secrets, and that nothing is admitted but what was
// signed: the fuzzer does not have the secret, so an admitted request is one
// of the seeds or means the same.
func FuzzVerify(f *testing.F) {
	header, body := signedHeaderRequest(f)
	f.Add(header.Method, header.Path, header.RawQuery, header.Host, header.Header.Get("Authorization"), "20240102T030405Z", testToken, string(body))
	query := presignedRequest(f, 0)
	f.Add(query.Method, query.Path, query.RawQuery, query.Host, "", "", "", "")
	f.Add("GET", "/%", "a=%", "h", "Bearer x", "Tue, 02 Jan 2024 03:04:05 GMT", "", "\x00")
	f.Add("GET", "/", "X-Amz-Algorithm=AWS4-HMAC-SHA256", "", "AWS4-HMAC-SHA256", "", "", "")
	v := testVerifier()
	f.Fuzz(func(t *testing.T, method, path, rawQuery, host, auth, date, token, payload string) {
		h := http.Header{}
		for name, value := range map[string]string{"Authorization": auth, "X-Amz-Date": date, tokenHeader: token} {
			if value != "" {
				h.Set(name, value)
			}
		}
		r := &Request{Method: method, Path: path, RawQuery: rawQuery, Host: host, Header: h, ContentLength: int64(len(payload))}
		who, err := v.Verify(t.Context(), r, []byte(payload))
		if err != nil {
			checkComplete(t, who, err, token)
			return
		}
		if who.AccessKeyID != testKeyID || method != header.Method && method != query.Method || payload != "" && payload != "hello" {
			t.Fatalf("admitted what was never signed: %+v", r)
		}
	})
}

func checkComplete(t *testing.T, who *Verified, err error, token string) {
	t.Helper()
	var e *RefusedError
	switch {
	case who != nil || !errors.As(err, &e):
		t.Fatalf("%v and %v", who, err)
	case e.Code == "" || e.Status < 400 || e.Message == "" || e.Reason == "":
		t.Fatalf("incomplete: %+v", *e)
	case len(token) > 8 && strings.Contains(e.Error(), token):
		t.Fatalf("holds the token: %v", e)
	case e.CanonicalRequest != "" && e.AccessKeyID != testKeyID:
		t.Fatal("canonical request given away for an unknown key")
	}
}

// FuzzParseAuthorization holds that parsing never panics, that what it finds
// stands in the header, and that a header put together from it reads the same.
func FuzzParseAuthorization(f *testing.F) {
	for _, s := range []string{
		"", "Bearer abc", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 ", "AWS4-HMAC-SHA256 x", "AWS4-HMAC-SHA512 Credential=a",
		"AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host;x, Signature=00", "AWS4-HMAC-SHA256 Signature=1,Credential=2,,SignedHeaders=3",
		"AWS4-HMAC-SHA256 Credential=1,Credential=2, Other==,SignedHeaders=\x00",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, header string) {
		p, e := parseAuthorization(header)
		if e != nil {
			if e.Code != incompleteSignature || e.Message == "" || e.Reason == "" {
				t.Fatalf("incomplete: %+v", *e)
			}
			return
		}
		for _, part := range []string{p.credential, p.signedHeaders, p.signature} {
			if !strings.Contains(header, part) {
				t.Fatalf("%q does not stand in %q", part, header)
			}
		}
		again, e := parseAuthorization(algorithm + " Credential=" + p.credential + ", SignedHeaders=" + p.signedHeaders + ", Signature=" + p.signature)
		if e != nil || again != p {
			t.Fatalf("%+v reads back as %+v, %v", p, again, e)
		}
	})
}

// FuzzCanonical holds that canonical forms are stable, that what we sign
// verifies, and that AWS's own signer signs the same where it is meant to.
func FuzzCanonical(f *testing.F) {
	f.Add("/prod/@connections/a%3D", "room=a%20b&room=a+b&x", "  a   b ", "hello")
	f.Add("//a/./../b/", "%E1%88%B4=bar&=&;", "\t\r\n ", "")
	f.Add("/%2F%2e", "a=%00&a=%ff", "é", "\xff")
	sdk := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableHeaderHoisting = true })
	f.Fuzz(func(t *testing.T, path, rawQuery, value, body string) {
		checkStable(t, path, rawQuery, value)
		u, err := url.Parse("https://h:1" + path)
		if err != nil || !strings.HasPrefix(path, "/") || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
			return
		}
		u.RawQuery = rawQuery
		r, err := http.NewRequest(http.MethodPost, u.String(), strings.NewReader(body))
		if err != nil || r.URL.RawQuery != rawQuery || r.URL.EscapedPath() != u.EscapedPath() || strings.Contains(rawQuery, "X-Amz-") {
			return
		}
		r.Header.Set("X-Any", value)
		creds := aws.Credentials{AccessKeyID: testKeyID, SecretAccessKey: testSecret, SessionToken: testToken}
		if !new(canon).parseQuery(rawQuery) {
			if err := testSigner("").Sign(t.Context(), r, ""); err == nil {
				t.Fatalf("signed the malformed query %q", rawQuery)
			}
			return
		}
		if alike(r, value) {
			compareSigned(t, sdk, creds, r, []byte(body))
			comparePresigned(t, sdk, creds, r, []byte(body))
		}
		checkRoundTrip(t, r, body)
	})
}

// alike reports that both signers treat a request alike; see [randomRequest].
// The SDK also drops query parameters with a semicolon.
func alike(r *http.Request, value string) bool {
	path := r.URL.EscapedPath()
	return isNormal(path) && !strings.Contains(r.URL.RawQuery, ";") && !strings.ContainsFunc(value, func(c rune) bool { return c != ' ' && c <= ' ' || c >= 0x7f })
}

func checkRoundTrip(t *testing.T, r *http.Request, body string) {
	t.Helper()
	if len(r.URL.RawQuery) > maxQuery/8 || len(r.URL.EscapedPath()) > maxPath || len(r.Header.Get("X-Any")) > maxSignedBytes/2 {
		return
	}
	s, v := testSigner(testToken), testVerifier()
	if err := s.Sign(t.Context(), r, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Verify(t.Context(), FromHTTP(r), []byte(body)); err != nil {
		t.Fatalf("signed, then refused: %v", err)
	}
	trace, err := s.PresignTrace(t.Context(), r, 0, "")
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(trace.URL)
	if err != nil {
		t.Fatal(err)
	}
	q := FromHTTP(r)
	q.RawQuery, q.Header = u.RawQuery, http.Header{"X-Any": r.Header["X-Any"]}
	if _, err := v.Verify(t.Context(), q, []byte(body)); err != nil {
		t.Fatalf("presigned, then refused: %v", err)
	}
}

func checkStable(t *testing.T, path, rawQuery, value string) {
	t.Helper()
	if path != "" {
		if once := normalizePath(path); normalizePath(once) != once {
			t.Fatalf("path %q normalises to %q and on to %q", path, once, normalizePath(once))
		}
	}
	folded := string(appendFolded(nil, value))
	if again := string(appendFolded(nil, folded)); again != folded || strings.ContainsAny(folded, "\r\n") {
		t.Fatalf("value %q folds to %q and on to %q", value, folded, again)
	}
	c := new(canon)
	if !c.parseQuery(rawQuery) {
		return
	}
	c.sortPairs()
	query := string(appendPairs(nil, c.pairs))
	if !c.parseQuery(query) {
		t.Fatalf("canonical query %q is malformed", query)
	}
	c.sortPairs()
	if again := string(appendPairs(nil, c.pairs)); again != query {
		t.Fatalf("query %q becomes %q and then %q", rawQuery, query, again)
	}
}
