package sigv4

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// isVerbose reports that this is the output of curl -v: its first line that
// is not a remark is one that was sent.
func isVerbose(text []byte) bool {
	for len(text) > 0 {
		var line []byte
		line, text, _ = bytes.Cut(text, []byte("\n"))
		switch {
		case bytes.HasPrefix(line, []byte("> ")):
			return true
		case len(bytes.TrimSpace(line)) == 0 || bytes.HasPrefix(line, []byte("* ")) || line[0] == '{' || line[0] == '}':
			continue
		case bytes.HasPrefix(bytes.TrimLeft(line, " "), []byte("% Total")) || line[0] == ' ':
			continue // its table of progress
		}
		return false
	}
	return false
}

// sentLines gives the first request in the output of curl -v.
func sentLines(text []byte) []byte {
	var out bytes.Buffer
	for line := range bytes.Lines(text) {
		rest, ok := bytes.CutPrefix(line, []byte(">"))
		if !ok {
			continue
		}
		rest = bytes.TrimPrefix(rest, []byte(" "))
		out.Write(rest)
		if len(bytes.TrimSpace(rest)) == 0 {
			break
		}
	}
	return out.Bytes()
}

// Bytes writes the request as text again, in the order in which it was read
// and with headers that were added since after the others, in lines that end
// in CR LF. Folded headers come out in one line. [ParseRawRequest] reads the
// same request from it.
func (w *RawRequest) Bytes() []byte {
	var b bytes.Buffer
	proto := w.proto
	if proto == "" {
		proto = "HTTP/1.1"
	}
	fmt.Fprintf(&b, "%s %s %s\r\n", w.Request.Method, w.writtenTarget(), proto)
	hosted := false
	for _, name := range w.names() {
		if strings.EqualFold(name, "Host") {
			hosted = true
			fmt.Fprintf(&b, "%s: %s\r\n", name, w.Request.Host)
			continue
		}
		for _, v := range w.Request.Header[http.CanonicalHeaderKey(name)] {
			fmt.Fprintf(&b, "%s: %s\r\n", name, appendFolded(nil, v))
		}
	}
	if !hosted {
		fmt.Fprintf(&b, "Host: %s\r\n", w.Request.Host)
	}
	b.WriteString("\r\n")
	b.Write(w.Body)
	return b.Bytes()
}

// writtenTarget is the target as it was, unless the request was changed.
func (w *RawRequest) writtenTarget() string {
	q := w.Request
	if path, query := splitTarget(w.target); path == q.Path && query == q.RawQuery {
		return w.target
	}
	if q.RawQuery == "" {
		return slashed(q.Path)
	}
	return slashed(q.Path) + "?" + q.RawQuery
}

// names are those of the text, then the new ones, sorted.
func (w *RawRequest) names() []string {
	out := slices.Clone(w.order)
	var added []string
	for key := range w.Request.Header {
		if !slices.ContainsFunc(out, func(n string) bool { return http.CanonicalHeaderKey(n) == key }) {
			added = append(added, key)
		}
	}
	slices.Sort(added)
	return append(out, added...)
}
