package sigv4

import (
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// FuzzExplain holds that no request panics, that work is bounded, that nothing
// unsigned holds, and that no credential gets into a report.
func FuzzExplain(f *testing.F) {
	header, body := signedHeaderRequest(f)
	f.Add(header.Method, header.Path, header.RawQuery, header.Host, header.Header.Get("Authorization"), "20240102T030405Z", testToken, string(body), "x: y")
	query := presignedRequest(f, 0)
	f.Add(query.Method, query.Path+"/", query.RawQuery, query.Host, "", "", "", "", "")
	f.Add("GET", "/%", "a=%&&=", "h:", "Bearer x", "Tue, 02 Jan 2024 03:04:05 GMT", "", "\x00", "{\"message\":\"")
	f.Add("POST", "/a%2f//../é b", "X-Amz-Algorithm=AWS4-HMAC-SHA256&a+b=%00\n&a", "[::1]:80", "AWS4-HMAC-SHA256 Credential="+testKeyID+"/20240102/us-east-1/s3/aws4_request, SignedHeaders=Host;X-A;x-a, Signature="+strings.Repeat("0", 64), "20240102T030405Z", "",
		`{"b":[1,{"<":"\u00e9\/"}],"a":"`, saidMessage)
	f.Fuzz(func(t *testing.T, method, path, rawQuery, host, auth, date, token, payload, said string) {
		h := http.Header{"X-A": {"a  b", payload}}
		for name, value := range map[string]string{"Authorization": auth, "X-Amz-Date": date, tokenHeader: token} {
			if value != "" {
				h.Set(name, value)
			}
		}
		r := &Request{Method: method, Path: path, RawQuery: rawQuery, Host: host, Header: h, ContentLength: int64(len(payload))}
		q := question(r, []byte(payload))
		q.Tries = 512
		q.Hosts, q.Prefixes, q.Bodies = []string{host, payload}, []string{path, payload}, [][]byte{[]byte(host)}
		q.Candidates = []Candidate{{"other", "AKIAOTHER", "anotherSecretThatIsKnownHere", "some token or other"}}
		if canonical, toSign, ok := ParseAWSError([]byte(said)); ok {
			q.Against = &Canonical{canonical, toSign}
		}
		start := time.Now()
		report := Explain(t.Context(), q)
		if took := time.Since(start); took > 2*time.Second && len(payload) < 1<<20 {
			t.Errorf("took %v", took)
		}
		if report.Tried > q.Tries+1 {
			t.Errorf("%d signatures", report.Tried)
		}
		if report.Holds && method != header.Method && method != query.Method {
			t.Errorf("holds: %+v", r)
		}
		text := report.String()
		if !utf8.ValidString(text) || strings.ContainsAny(text, "\x00\x1b\r") {
			t.Errorf("unprintable: %q", text)
		}
		checkReport(t, report)
	})
}

// FuzzParseRawRequest holds that a request that was read reads back the same.
func FuzzParseRawRequest(f *testing.F) {
	for _, s := range []string{
		"", "GET / HTTP/1.1\r\nHost: h\r\n\r\n", "POST /a b?c d HTTP/1.1\nHost:h\nA:1\n 2\na:3\nContent-Length: 2\n\nhello\n",
		"> GET / HTTP/1.1\n> Host: h\n>\n< x", "GET http://h/x HTTP/1.1\n\n", "0 :// 0", "* x\n{ [5 bytes data]\n> PUT /é HTTP/2\n> Host: h\n> Content-Length: 5\n> \n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		w, err := ParseRawRequest(text)
		if err != nil {
			return
		}
		checkAgain(t, w)
		if _, err := testSigner("").SignRequest(t.Context(), w.Request, HashPayload(w.Body)); err == nil {
			checkAgain(t, w)
		}
	})
}

// FuzzParseAWSError holds that what is found stands in the text.
func FuzzParseAWSError(f *testing.F) {
	for _, s := range []string{"", "{", saidMessage, `{"message":"` + canonicalIntro + `\n'GET'"}`, "<a><CanonicalRequest>x</CanonicalRequest></a>", canonicalIntro + "''"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		canonical, toSign, ok := ParseAWSError(body)
		if !ok && (canonical != "" || toSign != "") || ok && canonical == "" {
			t.Errorf("%v %q %q", ok, canonical, toSign)
		}
	})
}
