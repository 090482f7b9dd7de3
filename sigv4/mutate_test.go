package sigv4

import (
	"encoding/hex"
	"net/http"
	"strings"
	"testing"
)

func hexOf(b []byte) string { return hex.EncodeToString(b) }

// Every byte of a signed request counts: flipping any one bit of any of them
// is refused. Only escapes may differ in the case of their digits.
func TestEveryByteCounts(t *testing.T) {
	t.Parallel()
	header, body := signedHeaderRequest(t)
	t.Run("header", func(t *testing.T) {
		t.Parallel()
		everyByte(t, header, body)
	})
	t.Run("query", func(t *testing.T) {
		t.Parallel()
		everyByte(t, presignedRequest(t, 300e9), nil)
	})
}

func everyByte(t *testing.T, r *Request, body []byte) {
	v := testVerifier()
	try := func(part, was string, set func(*Request, string)) {
		for i := range len(was) {
			for _, bit := range [...]byte{1, 2, 4, 8, 16, 32, 64, 128} {
				now := was[:i] + string([]byte{was[i] ^ bit}) + was[i+1:]
				if sameEscapes(was, now) {
					continue
				}
				m := *r
				m.Header = r.Header.Clone()
				set(&m, now)
				if _, err := v.Verify(t.Context(), &m, body); err == nil {
					t.Errorf("%s changed from %q to %q and admitted", part, was, now)
				}
			}
		}
	}
	if _, err := v.Verify(t.Context(), r, body); err != nil {
		t.Fatal(err)
	}
	try("method", r.Method, func(m *Request, s string) { m.Method = s })
	try("path", r.Path, func(m *Request, s string) { m.Path = s })
	try("query", r.RawQuery, func(m *Request, s string) { m.RawQuery = s })
	try("host", r.Host, func(m *Request, s string) { m.Host = s })
	for name := range r.Header {
		if name == authorizationHeader {
			continue
		}
		try(name, r.Header.Get(name), func(m *Request, s string) { m.Header.Set(name, s) })
	}
	auth := r.Header.Get(authorizationHeader)
	_, signature, _ := strings.Cut(auth, "Signature=")
	try("signature", signature, func(m *Request, s string) {
		m.Header.Set(authorizationHeader, strings.Replace(auth, signature, s, 1))
	})
	for i := range body {
		changed := append([]byte(nil), body...)
		changed[i] ^= 1
		if _, err := v.Verify(t.Context(), r, changed); err == nil {
			t.Errorf("byte %d of the body changed and admitted", i)
		}
	}
}

// sameEscapes reports that two queries mean the same.
func sameEscapes(a, b string) bool {
	x, y := new(canon), new(canon)
	if !x.parseQuery(a) || !y.parseQuery(b) {
		return false
	}
	return string(appendPairs(nil, x.pairs)) == string(appendPairs(nil, y.pairs)) && strings.Contains(a, "%")
}

// What we sign we verify, in every combination of scheme, form, token, path
// and body.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for _, scheme := range []string{"http", "https", "ws", "wss"} {
		for _, host := range []string{"h", "h:80", "h:443", "h:4577", "127.0.0.1:80", "[::1]:443", "[::1]"} {
			for _, target := range []string{"", "/", "/prod/@connections/a%3D", "/a//b/../c?x=1&x=%20&y", "/é/%2F?q=ü+%2B&=&a=b%3Dc", "/a?X-Amz-Expires=60"} {
				for _, token := range []string{"", testToken} {
					roundTrip(t, scheme+"://"+host+target, token)
				}
			}
		}
	}
}

func roundTrip(t *testing.T, url, token string) {
	t.Helper()
	s, v := testSigner(token), testVerifier()
	r := newRequest(t, http.MethodPut, url, "body")
	r.Header.Set("X-Any", "  a   b ")
	if err := s.Sign(t.Context(), r, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Verify(t.Context(), FromHTTP(r), []byte("body")); err != nil {
		t.Errorf("sign %s: %v", url, err)
	}
	u, err := s.Presign(t.Context(), newRequest(t, http.MethodGet, url, ""), 0, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Verify(t.Context(), FromHTTP(newRequest(t, http.MethodGet, u, "")), nil); err != nil {
		t.Errorf("presign %s: %v", url, err)
	}
	again, err := s.Presign(t.Context(), newRequest(t, http.MethodGet, u, ""), 0, "")
	if err != nil || again != u {
		t.Errorf("presigning again gives %v\n%s\n%s", err, u, again)
	}
}
