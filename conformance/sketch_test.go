//go:build conformance

package conformance

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// pick gives one of all.
func pick[T any](r *rand.Rand, all ...T) T { return all[r.IntN(len(all))] }

// sketch draws a request for a signer.
func sketch(r *rand.Rand, signer string) job {
	j := job{Signer: signer, Form: pick(r, "query", "headers"), Service: "execute-api", Region: "eu-west-1", AccessKeyID: longTerm, Secret: outsideSecret,
		Method: pick(r, "GET", "GET", "POST", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "PROPFIND", "M-SEARCH"),
		Scheme: pick(r, "https", "http", "wss", "ws"), Path: sketchPath(r, signer), Headers: sketchHeaders(r)}
	j.Host = sketchHost(r)
	if r.IntN(2) == 0 {
		j.AccessKeyID, j.SessionToken = temporary, outsideToken
	}
	if r.IntN(2) == 0 {
		j.Expires = 604800 - r.IntN(604000)
	}
	if j.Method != "HEAD" && r.IntN(2) == 0 && !(signer == "botocore" && j.Form == "query") { // whose presigner takes a body for parameters
		j.Body = sketchBody(r)
	}
	j.sketchQuery(r)
	return j
}

func sketchHost(r *rand.Rand) string {
	name := pick(r, "api.example.com", "abc123.execute-api.eu-west-1.amazonaws.com", "localhost", "127.0.0.1", "[::1]", "xn--bcher-kva.example", "a-b.c_d.example")
	return name + pick(r, "", "", ":443", ":80", ":4577", ":3001", ":8443", ":65535", ":1")
}

// sentHost is the Host header: the default port may be there or not.
func sentHost(r *rand.Rand, j *job) string {
	for _, port := range []string{":443", ":80"} {
		if bare, ok := strings.CutSuffix(j.Host, port); ok && r.IntN(2) == 0 {
			return bare
		}
	}
	return j.Host
}

func sketchPath(r *rand.Rand, signer string) string {
	segments := []string{"dev", "@connections", "Abc%3D", "Abc=", "L0SM9cOFvHcCIhw=", "a%20b", "%E2%82%AC", "gr%C3%BC%C3%9Fe", "%F0%9F%8C%8A",
		".", "..", "...", "", "a.b", "~x", "-_.~", "a:b", "a;b=c,d", "a+b", "$default", "!'()*", "%2F", "%25", "%40connections", "%252B", "%2E%2E", "&&", "%c3%a9", "%3d", "%00", "%7E"}
	if signer == "aws4" { // which escapes them; the others leave that to their callers
		segments = append(segments, "grüße", "a b", "€")
	}
	var b strings.Builder
	for range r.IntN(6) {
		b.WriteString("/" + pick(r, segments...))
	}
	if b.Len() == 0 || r.IntN(4) == 0 {
		b.WriteByte('/')
	}
	return b.String()
}

// sketchQuery draws parameters and a spelling of them.
func (j *job) sketchQuery(r *rand.Rand) {
	names := []string{"room", "a", "b", "a", "b", "Param", "Param-3", "A", "a b", "ä", "z", "€", "🌊", "", "a/b", "a+b", "a&b=c", "x[]", "%41", "~", "*'()!", "0", "10", "9", "__proto__", "constructor", "X-Custom", "x-amz-foo"}
	values := []string{"", "1", "2", "blue", "a b", " a  b ", "ä", "€uro", "🌊", "a/b", "a+b", "a=b", "a&b", "%41", "100%", "~-_.", "*'()!", "\"<>\\^`{|}", "2015-08-30T12:36:00Z", "\x00\x7f", "\r\n", "=", "==", ";,:@$"}
	spell := pick(r, clean, spellings(r))
	if j.Signer == "botocore" {
		j.How = object{"params": j.Form == "headers" && r.IntN(2) == 0}
	}
	var parts []string
	for range r.IntN(7) * r.IntN(2) {
		name, value := pick(r, names...), pick(r, values...)
		j.Pairs = append(j.Pairs, [2]string{name, value})
		parts = append(parts, spell(name)+"="+spell(value))
		if value == "" && name != "" && r.IntN(2) == 0 {
			parts[len(parts)-1] = spell(name)
		}
	}
	j.Query = strings.Join(parts, "&")
}

// clean is how AWS spells a parameter.
func clean(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// spellings spells the same in other ways, byte by byte.
func spellings(r *rand.Rand) func(s string) string {
	return func(s string) string {
		var b strings.Builder
		for _, c := range []byte(s) {
			escaped := pick(r, "%%%02X", "%%%02x")
			switch {
			case c == ' ' && r.IntN(2) == 0:
				b.WriteByte('+')
			case strings.IndexByte("/:@$,;!'()*=?", c) >= 0 && r.IntN(2) == 0 && c != '=':
				b.WriteByte(c)
			case clean(string(rune(c))) == string(rune(c)) && r.IntN(8) > 0:
				b.WriteByte(c)
			default:
				fmt.Fprintf(&b, escaped, c)
			}
		}
		return b.String()
	}
}

// sketchHeaders draws headers: with blanks, folded, repeated, empty, unsigned.
func sketchHeaders(r *rand.Rand) [][2]string {
	var out [][2]string
	for range r.IntN(5) {
		name := pick(r, "X-Custom", "x-lower", "X-UPPER", "My-Header1", "X.Dot", "X_Under", "Zebra", "A", "X-Amz-Meta-Room", "x-amz-target", "Origin", "Sec-WebSocket-Protocol",
			"User-Agent", "Accept", "X-Amzn-Trace-Id", "Cookie", "Range", "Referer", "Cache-Control", "X-Forwarded-For", "X-Api-Key")
		value := pick(r, "", "1", "value", "a b", "a  b", "  a   b  ", "\ta\t\tb\t", "a\r\n b", "a\r\n \t  b\r\n c", "\"a  b\"", "a,b", "a, b", "a=b; c=d", "!#$%&'*+-.^_`|~", "-", ":")
		out = append(out, [2]string{name, value})
		if r.IntN(4) == 0 {
			out = append(out, [2]string{name, pick(r, "", "2", "value2", "value1", " x ", "a  b", "value")})
		}
	}
	if r.IntN(8) == 0 {
		out = append(out, [2]string{"Date", time.Now().UTC().Format(http.TimeFormat)})
	}
	if r.IntN(3) == 0 {
		out = append(out, [2]string{"Content-Type", pick(r, "application/json", "text/plain; charset=utf-8", "application/octet-stream")})
	}
	return out
}

func sketchBody(r *rand.Rand) []byte {
	raw := make([]byte, 1+r.IntN(300))
	for i := range raw {
		raw[i] = byte(r.Uint32())
	}
	return pick(r, []byte("x"), []byte("{}"), []byte(`{"b":1, "a":"<ä€🌊>"}`), []byte("line\r\nline\n"), []byte("\x00"), raw)
}
