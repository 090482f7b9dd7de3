package sigv4

import (
	"net/http"
	"net/http/httputil"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestParseRawRequest(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		want RawRequest
	}{
		"LF": {"POST /dev/a%3D?x=1 HTTP/1.1\nhost: h:1\nContent-Length: 5\n\nhello",
			RawRequest{Request: &Request{Method: "POST", Path: "/dev/a%3D", RawQuery: "x=1", Host: "h:1", ContentLength: 5, Header: http.Header{"Content-Length": {"5"}}}, Body: []byte("hello")}},
		"CR LF, no space, no body": {"\r\nGET / HTTP/1.1\r\nHost:h\r\nX-A:1\r\nx-a: 2 \r\n\r\n",
			RawRequest{Request: &Request{Method: "GET", Path: "/", Host: "h", Header: http.Header{"X-A": {"1", "2"}}}, Body: []byte{}}},
		"raw target": {"GET /a b/ሴ?q=ü x HTTP/1.1\nHost: h\n\n",
			RawRequest{Request: &Request{Method: "GET", Path: "/a b/ሴ", RawQuery: "q=ü x", Host: "h", Header: http.Header{}}, Body: []byte{}}},
		"folded, no empty line, no version": {"GET /\nX-A: 1\n  2\n\t3\nHost: h",
			RawRequest{Request: &Request{Method: "GET", Path: "/", Host: "h", Header: http.Header{"X-A": {"1\n  2\n\t3"}}}}},
		"proxy": {"GET http://h:1?a HTTP/1.1\n\n",
			RawRequest{Request: &Request{Method: "GET", Path: "/", RawQuery: "a", Host: "h:1", Header: http.Header{}}, Body: []byte{}}},
		"line break after the body": {"PUT / HTTP/1.1\nHost: h\nContent-Length: 2\n\n{}\r\n",
			RawRequest{Request: &Request{Method: "PUT", Path: "/", Host: "h", ContentLength: 2, Header: http.Header{"Content-Length": {"2"}}}, Body: []byte("{}")}},
		"curl": {"*   Trying 127.0.0.1:4577...\n* Connected to h\n> POST /dev HTTP/1.1\r\n> Host: h:4577\r\n> Content-Length: 2\r\n> \r\n} [2 bytes data]\n< HTTP/1.1 403 Forbidden\n< Date: x\n<\n> GET /again HTTP/1.1\n",
			RawRequest{Request: &Request{Method: "POST", Path: "/dev", Host: "h:4577", ContentLength: 2, Header: http.Header{"Content-Length": {"2"}}}, Body: []byte{}, BodyUnknown: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := ParseRawRequest([]byte(c.text))
			if err != nil {
				t.Fatal(err)
			}
			c.want.Request.canonical = true
			if diff := cmp.Diff(&c.want, got, cmp.AllowUnexported(Request{}), cmpopts.IgnoreUnexported(RawRequest{}), cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
			checkAgain(t, got)
		})
	}
}

// checkAgain holds that the request reads back from its text.
func checkAgain(t *testing.T, w *RawRequest) {
	t.Helper()
	again, err := ParseRawRequest(w.Bytes())
	if err != nil {
		t.Fatalf("%v in %q", err, w.Bytes())
	}
	folded := func(h http.Header) http.Header {
		out := http.Header{}
		for k, all := range h {
			for _, v := range all {
				out[k] = append(out[k], string(appendFolded(nil, v)))
			}
		}
		return out
	}
	if again.Request.Method != w.Request.Method || again.Request.Path != w.Request.Path || again.Request.RawQuery != w.Request.RawQuery || again.Request.Host != w.Request.Host ||
		string(again.Body) != string(w.Body) || !cmp.Equal(folded(again.Request.Header), folded(w.Request.Header)) {
		t.Fatalf("%q\nreads back as\n%q", w.Bytes(), again.Bytes())
	}
}

func TestParseRawRequestRefuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                 "does not begin with a line like",
		"hello":                            "does not begin with a line like",
		"GET  \nHost: h":                   "does not begin with a line like",
		"GET / HTTP/1.1\nHost: h\nbad":     "line 3 of the request text",
		"GET / HTTP/1.1\n folded\nHost: h": "a folded line before any header",
		"GET / HTTP/1.1\nHost: h\nHost: i": "several Host headers",
		"GET / HTTP/1.1\nX: h":             "no Host header",
		"GET * HTTP/1.1\nHost: h":          "neither a path nor a URL",
		"GET / HTTP/1.1\nHost: h\nContent-Length: x":      "is not a number",
		"GET / HTTP/1.1\nHost: h\nb d: x":                 "not a header",
		"GET / HTTP/1.1" + strings.Repeat("\nA: b", 5000): "the limit is",
	} {
		if _, err := ParseRawRequest([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: want %q, got %v", text, want, err)
		}
	}
}

// What is signed raw, in both forms, verifies after it was written and read.
func TestSignRaw(t *testing.T) {
	t.Parallel()
	const text = "POST /dev/a b//é/../x?q=ü x&q=1 HTTP/1.1\nX-Many: a\n   b\nHost: h:4577\nContent-Length: 2\n\n{}"
	for _, form := range []string{"headers", "query"} {
		w, err := ParseRawRequest([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		s := testSigner(testToken)
		if form == "headers" {
			_, err = s.SignRequest(t.Context(), w.Request, HashPayload(w.Body))
		} else {
			_, err = s.PresignRequest(t.Context(), w.Request, 0, HashPayload(w.Body))
		}
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseRawRequest(w.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		who, err := testVerifier().Verify(t.Context(), again.Request, again.Body)
		if err != nil || !slices.Contains(who.SignedHeaders, "x-many") {
			t.Errorf("%s: %v\n%s", form, err, w.Bytes())
		}
		if r := Explain(t.Context(), question(again.Request, again.Body)); !r.Holds {
			t.Errorf("%s: %s", form, r)
		}
	}
}

// SignRequest and Sign agree where both can sign.
func TestSignRequestAgrees(t *testing.T) {
	t.Parallel()
	r := newRequest(t, http.MethodPost, testPost, "hello")
	trace, err := testSigner(testToken).SignTrace(t.Context(), r, "")
	if err != nil {
		t.Fatal(err)
	}
	dump, err := httputil.DumpRequestOut(newRequest(t, http.MethodPost, testPost, "hello"), true)
	if err != nil {
		t.Fatal(err)
	}
	w, err := ParseRawRequest(dump)
	if err != nil {
		t.Fatal(err)
	}
	delete(w.Request.Header, "Accept-Encoding")
	raw, err := testSigner(testToken).SignRequest(t.Context(), w.Request, HashPayload(w.Body))
	if err != nil || raw.Signature != trace.Signature {
		t.Errorf("%v\n%s\n%s", err, raw.CanonicalRequest, trace.CanonicalRequest)
	}
	for want, q := range map[string]*Request{
		"no host":                 {Method: "GET", Path: "/"},
		"not an HTTP token":       {Method: "G T", Path: "/", Host: "h"},
		"must begin with a slash": {Method: "GET", Path: "x", Host: "h"},
		"query holds a malformed": {Method: "GET", RawQuery: "%", Host: "h"},
	} {
		if _, err := testSigner("").SignRequest(t.Context(), q, EmptyPayload); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	if _, err := testSigner("").SignRequest(t.Context(), w.Request, ""); err == nil {
		t.Error("signed without a payload hash")
	}
}
