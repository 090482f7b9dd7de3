package sigv4

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCanonicalURI(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		path               string
		normal, sent, once string
	}{
		{"", "/", "/", "/"},
		{"/", "/", "/", "/"},
		{"/prod", "/prod", "/prod", "/prod"},
		{"/prod/", "/prod/", "/prod/", "/prod/"},
		{"/prod/@connections/Abc%3D", "/prod/%40connections/Abc%253D", "/prod/%40connections/Abc%253D", "/prod/%40connections/Abc%3D"},
		{"/prod/%40connections/Abc%3D", "/prod/%2540connections/Abc%253D", "/prod/%2540connections/Abc%253D", "/prod/%40connections/Abc%3D"},
		{"/prod/@connections/Abc=", "/prod/%40connections/Abc%3D", "/prod/%40connections/Abc%3D", "/prod/%40connections/Abc%3D"},
		{"/a%20b", "/a%2520b", "/a%2520b", "/a%20b"},
		{"/a b", "/a%20b", "/a%20b", "/a%20b"},
		{"/a+b", "/a%2Bb", "/a%2Bb", "/a%2Bb"},
		{"/a//b/../c/", "/a/c/", "/a//b/../c/", "/a/c/"},
		{"/a/b/..", "/a", "/a/b/..", "/a"},
		{"/../../a", "/a", "/../../a", "/a"},
		{"/./", "/", "/./", "/"},
		{"/.well-known/x", "/.well-known/x", "/.well-known/x", "/.well-known/x"},
		{"/..a/b..", "/..a/b..", "/..a/b..", "/..a/b.."},
		{"//", "/", "//", "/"},
		{"/%2E%2E/a", "/%252E%252E/a", "/%252E%252E/a", "/../a"},
		{"/a%2fb", "/a%252fb", "/a%252fb", "/a%2Fb"},
		{"/é", "/%C3%A9", "/%C3%A9", "/%C3%A9"},
		{"/-._~", "/-._~", "/-._~", "/-._~"},
		{"/a\nb\x00", "/a%0Ab%00", "/a%0Ab%00", "/a%0Ab%00"},
	} {
		got := []string{
			string(appendURI(nil, c.path, pathStyle{})),
			string(appendURI(nil, c.path, pathStyle{asSent: true})),
			string(appendURI(nil, c.path, pathStyle{once: true})),
		}
		if diff := cmp.Diff([]string{c.normal, c.sent, c.once}, got); diff != "" {
			t.Errorf("%q: %s", c.path, diff)
		}
	}
}

func TestCanonicalQuery(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"":                        "",
		"a":                       "a=",
		"a=":                      "a=",
		"=a":                      "=a",
		"a=b=c":                   "a=b%3Dc",
		"&&a=1&":                  "a=1",
		"b=1&a=2":                 "a=2&b=1",
		"a=2&a=1&a=":              "a=&a=1&a=2",
		"a-b=1&a=2":               "a=2&a-b=1",
		"a%2D=1&a=2":              "a=2&a-=1",
		"A=1&a=2&B=3":             "A=1&B=3&a=2",
		"room=a+b":                "room=a%20b",
		"room=a%2Bb":              "room=a%2Bb",
		"room=a%20b":              "room=a%20b",
		"q=%c3%a9":                "q=%C3%A9",
		"q=é":                     "q=%C3%A9",
		"q=%41/~":                 "q=A%2F~",
		"q=a;b":                   "q=a%3Bb",
		"x=%00&y=%0a":             "x=%00&y=%0A",
		"arn=a:b/c&X-Amz-Date=20": "X-Amz-Date=20&arn=a%3Ab%2Fc",
	} {
		c := new(canon)
		if !c.parseQuery(raw) {
			t.Errorf("%q refused", raw)
			continue
		}
		c.sortPairs()
		if got := string(appendPairs(nil, c.pairs)); got != want {
			t.Errorf("%q: %q, want %q", raw, got, want)
		}
	}
	for _, raw := range []string{"%", "a=%", "a=%4", "a=%4g", "%zz=1", "a=1&b=%%41", "a=+%", "%+1"} {
		if new(canon).parseQuery(raw) {
			t.Errorf("%q accepted", raw)
		}
	}
}

func TestFolding(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                       "",
		"a":                      "a",
		"  a  ":                  "a",
		"a  b\t c":               "a b c",
		"a\r\n  b\n\tc":          "a b c",
		" ":                      "",
		`"a   b"`:                `"a b"`,
		"é\u00a0ü":               "é\u00a0ü",
		strings.Repeat("a ", 40): strings.TrimSpace(strings.Repeat("a ", 40)),
	} {
		if got := string(appendFolded(nil, in)); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// All spellings of a header are one header, joined in the order in which
// net/http sends them.
func TestHeaderSpellings(t *testing.T) {
	t.Parallel()
	r := newRequest(t, http.MethodGet, testStage, "")
	r.Header = http.Header{
		"X-Two": {"b", " c  d "}, "x-two": {"a"}, "X-TWO": {"z"},
		"host": {"elsewhere"}, "content-length": {"5"}, "User-Agent": {"x"}, "Sec-Websocket-Key": {"x"},
		"Connection": {"x"}, "authorization": {"stale"}, "x-amz-date": {"stale"}, "Proxy-Any": {"x"},
	}
	trace, err := testSigner("").SignTrace(t.Context(), r, "")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"host", "x-amz-date", "x-two"}, trace.SignedHeaders); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(trace.CanonicalRequest, "\nx-two:z,b,c d,a\n") {
		t.Error(trace.CanonicalRequest)
	}
	for _, stale := range []string{"authorization", "x-amz-date"} {
		if _, left := r.Header[stale]; left {
			t.Errorf("%s is left", stale)
		}
	}
	q := FromHTTP(r)
	delete(q.Header, "X-Two")
	delete(q.Header, "X-TWO")
	q.Header["x-two"] = []string{"z", "b", "c d", "a"}
	q.Header["AUTHORIZATION"], q.Header["x-amz-DATE"] = q.Header["Authorization"], q.Header["X-Amz-Date"]
	delete(q.Header, "Authorization")
	delete(q.Header, "X-Amz-Date")
	if _, err := testVerifier().Verify(t.Context(), q, nil); err != nil {
		t.Errorf("keys in another case: %v", err)
	}
}

func TestFromHTTP(t *testing.T) {
	t.Parallel()
	for target, want := range map[string][2]string{
		"/a%2Fb?x=%20":             {"/a%2Fb", "x=%20"},
		"/a?b?c":                   {"/a", "b?c"},
		"//a/..":                   {"//a/..", ""},
		"http://h:1/a//b?q":        {"/a//b", "q"},
		"https://h?q":              {"/", "q"},
		"*":                        {"*", ""},
		"/x?u=http://h/":           {"/x", "u=http://h/"},
		"/prod/@connections/a%3D?": {"/prod/@connections/a%3D", ""},
	} {
		got := FromHTTP(&http.Request{RequestURI: target, Host: "h"})
		if got.Path != want[0] || got.RawQuery != want[1] || got.Method != "GET" {
			t.Errorf("%q: %q %q %q", target, got.Method, got.Path, got.RawQuery)
		}
	}
}

func TestStamps(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"20240102T030405Z", "20240229T235959Z", "00010101T000000Z", "99991231T000000Z"} {
		at, ok := parseStamp(s)
		if !ok || stamp(at) != s {
			t.Errorf("%s: %v %v", s, at, ok)
		}
	}
	for _, s := range []string{
		"", "20240102", "20240102T030405", "20240102t030405Z", "20240102T030405z", "20241302T030405Z", "20240002T030405Z",
		"20240100T030405Z", "20230229T030405Z", "20240102T240405Z", "20240102T036005Z", "20240102T030460Z", "2024-102T030405Z", "20240102T030405Z ",
	} {
		if _, ok := parseStamp(s); ok {
			t.Errorf("%q accepted", s)
		}
	}
}
