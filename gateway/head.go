package gateway

import (
	"bytes"
	"net/http"
	"net/textproto"
	"strings"
)

// rawHeader restores the header lines of r as the client spelled them, from
// the captured bytes of its head. Nil if the bytes are not r's (pipelining,
// a head over the bound): the canonical names of r.Header serve then.
func rawHeader(head []byte, r *http.Request) [][2]string {
	end := bytes.Index(head, []byte("\r\n\r\n"))
	if end < 0 || !bytes.HasPrefix(head, []byte(r.Method+" "+r.RequestURI+" ")) {
		return nil
	}
	lines := strings.Split(string(head[:end]), "\r\n")[1:]
	pairs := make([][2]string, 0, len(lines))
	for _, line := range lines {
		name, value, ok := strings.Cut(line, ":")
		if !ok || name == "" || name[0] == ' ' || name[0] == '\t' {
			return nil // folded or strange: net/http has its own view
		}
		pairs = append(pairs, [2]string{name, strings.Trim(value, " \t")})
	}
	if !sameHeader(pairs, r) {
		return nil
	}
	return pairs
}

// sameHeader tells whether the pairs are exactly what net/http read. Host is
// checked against r.Host, since net/http moves it there.
func sameHeader(pairs [][2]string, r *http.Request) bool {
	seen := make(map[string]int, len(pairs))
	for _, p := range pairs {
		name := textproto.CanonicalMIMEHeaderKey(p[0])
		if name == "Host" {
			if p[1] != r.Host {
				return false
			}
			continue
		}
		values := r.Header[name]
		if i := seen[name]; i >= len(values) || values[i] != p[1] {
			return false
		}
		seen[name]++
	}
	for name, values := range r.Header {
		if seen[name] != len(values) {
			return false
		}
	}
	return true
}
