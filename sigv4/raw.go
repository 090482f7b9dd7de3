package sigv4

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// RawRequest is the text of an HTTP/1.1 request, taken apart but not
// interpreted: what curl -v prints, a proxy saves, or a test suite lists.
type RawRequest struct {
	Request *Request // Host is taken out of Header
	Body    []byte
	// BodyUnknown: the text says that there was a body and does not hold it,
	// as with curl -v.
	BodyUnknown bool

	target string   // as in the text
	proto  string   // "HTTP/1.1"
	order  []string // header names as in the text, each once
}

const (
	maxRawLines = 4096
	maxRawName  = 256 // bytes of a header name
)

// ParseRawRequest reads the text of an HTTP/1.1 request (RFC 9112): a request
// line, headers, an empty line, the body. Lines end in LF or CR LF; headers may
// be folded; the target may hold blanks and UTF-8 as they are, and may be in
// absolute form; the version may be missing, and so may the empty line if there
// is no body. The body is all that follows; with a Content-Length, line breaks
// after its end are dropped.
//
// In the output of curl -v the lines that begin with ">" are the request; of
// several requests the first is read. curl does not print the body.
func ParseRawRequest(text []byte) (*RawRequest, error) {
	verbose := isVerbose(text)
	if verbose {
		text = sentLines(text)
	}
	head, body := splitHead(text)
	lines := strings.Split(head, "\n")
	if len(lines) > maxRawLines {
		return nil, fmt.Errorf("sigv4: the request text has %d lines before its body, the limit is %d", len(lines), maxRawLines)
	}
	w := &RawRequest{Request: &Request{Header: http.Header{}}, Body: body}
	if err := w.readRequestLine(strings.TrimSuffix(lines[0], "\r")); err != nil {
		return nil, err
	}
	for i, line := range lines[1:] {
		if err := w.readHeader(strings.TrimSuffix(line, "\r")); err != nil {
			return nil, fmt.Errorf("sigv4: line %d of the request text: %w", i+2, err)
		}
	}
	return w, w.finish(verbose)
}

// splitHead splits at the first empty line.
func splitHead(text []byte) (head string, body []byte) {
	for len(text) > 0 && (text[0] == '\r' || text[0] == '\n') {
		text = text[1:] // RFC 9112 section 2.2
	}
	for i := 0; i < len(text); i++ {
		if text[i] != '\n' {
			continue
		}
		rest := bytes.TrimPrefix(text[i+1:], []byte("\r"))
		if len(rest) > 0 && rest[0] == '\n' {
			return string(text[:i]), bytes.Clone(rest[1:])
		}
	}
	return strings.TrimRight(string(text), "\r\n"), nil
}

// readRequestLine reads "METHOD target HTTP/1.1". The target may hold blanks.
func (w *RawRequest) readRequestLine(line string) error {
	method, rest, ok := strings.Cut(line, " ")
	if !ok || !isToken(method) || strings.Trim(rest, " ") == "" {
		return errors.New(`sigv4: the request text does not begin with a line like "GET /path HTTP/1.1"`)
	}
	w.target, w.proto = strings.Trim(rest, " "), ""
	if i := strings.LastIndex(w.target, " HTTP/"); i >= 0 {
		w.target, w.proto = strings.TrimRight(w.target[:i], " "), w.target[i+1:]
	}
	q := w.Request
	q.Method = method
	q.Path, q.RawQuery = splitTarget(w.target)
	if !strings.HasPrefix(w.target, "/") {
		if _, rest, ok := strings.Cut(w.target, "://"); ok {
			q.Host, _, _ = strings.Cut(rest, "/")
			q.Host, _, _ = strings.Cut(q.Host, "?")
		}
	}
	if !strings.HasPrefix(q.Path, "/") {
		return errors.New("sigv4: the target of the request text is neither a path nor a URL")
	}
	return nil
}

// readHeader reads a header line, or one that continues the header before.
func (w *RawRequest) readHeader(line string) error {
	if line != "" && (line[0] == ' ' || line[0] == '\t') {
		if len(w.order) == 0 {
			return errors.New("a folded line before any header")
		}
		last := http.CanonicalHeaderKey(w.order[len(w.order)-1])
		if values := w.Request.Header[last]; len(values) > 0 {
			values[len(values)-1] += "\n" + line
		}
		return nil
	}
	name, value, ok := strings.Cut(line, ":")
	if !ok || !isToken(name) || len(name) > maxRawName {
		return errors.New("not a header of the form name: value")
	}
	key := http.CanonicalHeaderKey(name)
	w.Request.Header[key] = append(w.Request.Header[key], strings.Trim(value, " \t"))
	// The last name is where a folded line belongs.
	w.order = append(slices.DeleteFunc(w.order, func(n string) bool { return strings.EqualFold(n, name) }), name)
	return nil
}

// finish takes the host out of the headers and looks at the length of the body.
func (w *RawRequest) finish(verbose bool) error {
	q := w.Request
	switch hosts := q.Header["Host"]; {
	case len(hosts) > 1:
		return errors.New("sigv4: the request text has several Host headers")
	case len(hosts) == 1:
		q.Host = hosts[0]
	case q.Host == "":
		return errors.New("sigv4: the request text has no Host header")
	}
	if strings.ContainsAny(q.Host, " \t\r\n\x00/") {
		return errors.New("sigv4: the host of the request text is not a host name or host:port")
	}
	delete(q.Header, "Host")
	q.canonical = true
	var length int
	if text := q.Header.Get("Content-Length"); text != "" {
		if _, err := fmt.Sscanf(text, "%d", &length); err != nil || length < 0 {
			return errors.New("sigv4: the Content-Length of the request text is not a number")
		}
	}
	switch {
	case len(w.Body) > length && length > 0 && len(bytes.Trim(w.Body[length:], "\r\n")) == 0:
		w.Body = w.Body[:length]
	case verbose && (length > 0 || q.Header.Get("Transfer-Encoding") != ""):
		w.BodyUnknown = true
	}
	q.ContentLength = int64(length)
	if q.Header["Content-Length"] == nil && len(w.Body) > 0 {
		q.ContentLength = -1 // so that it is not signed
	}
	if te := q.Header["Transfer-Encoding"]; te != nil {
		q.TransferEncoding = te
	}
	return nil
}
