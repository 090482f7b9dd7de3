package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tidewire/tidewire/sigv4"
)

// sink passes an answer on, and remembers its beginning. For a terminal it
// makes visible what could control that.
type sink struct {
	to      io.Writer
	visible bool
	start   []byte // at most maxStart bytes
	rest    []byte // the beginning of a character or a line break
	open    bool   // the last line has no end
}

const maxStart = 16 << 10

func (s *sink) Write(p []byte) (int, error) {
	s.start = append(s.start, p[:min(len(p), maxStart-len(s.start))]...)
	if !s.visible {
		return s.to.Write(p)
	}
	text := append(s.rest, p...)
	whole := len(text)
	for i := 1; i <= min(len(text), utf8.UTFMax-1); i++ {
		if c := text[len(text)-i]; utf8.RuneStart(c) {
			if !utf8.FullRune(text[len(text)-i:]) {
				whole -= i
			}
			break
		}
	}
	if bytes.HasSuffix(text, []byte("\r")) {
		whole-- // a line feed may follow
	}
	s.rest = append([]byte{}, text[whole:]...)
	s.open = !bytes.HasSuffix(text, []byte("\n"))
	_, err := io.WriteString(s.to, visible(strings.ReplaceAll(string(text[:whole]), "\r\n", "\n")))
	return len(p), err
}

// flush writes what is left of a character; on a terminal, what follows
// begins on a line of its own.
func (s *sink) flush() error {
	end := ""
	if s.open {
		end = "\n"
	}
	_, err := io.WriteString(s.to, visible(string(s.rest))+end)
	s.rest, s.open = nil, false
	return err
}

// headOf is status line and headers of an answer.
func headOf(answer *http.Response) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\r\n", answer.Proto, answer.Status)
	for _, line := range headerLines(answer.Header) {
		b.WriteString(line + "\r\n")
	}
	return b.String() + "\r\n"
}

// headerLines are headers, each "Name: value", in the order of their names.
func headerLines(h http.Header) []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(h)) {
		for _, value := range h[name] {
			out = append(out, name+": "+value)
		}
	}
	return out
}

// showRequest writes what is sent to stderr as curl -v does, for --verbose.
func (f *curlFlags) showRequest(sh *shell, r *http.Request) {
	if !f.verbose {
		return
	}
	query := ""
	if r.URL.RawQuery != "" {
		query = "?" + hiddenQuery(r.URL.RawQuery)
	}
	lines := []string{fmt.Sprintf("%s %s HTTP/1.1", r.Method, firstOf(r.URL.EscapedPath(), "/")+query), "Host: " + r.Host}
	if r.ContentLength > 0 {
		lines = append(lines, fmt.Sprintf("Content-Length: %d", r.ContentLength))
	}
	writeMarked(sh.stderr, "> ", append(lines, hiddenHeaders(r.Header)...))
}

// showAnswer writes the head of the answer to stderr, for --verbose.
func (f *curlFlags) showAnswer(sh *shell, answer *http.Response) {
	if f.verbose {
		writeMarked(sh.stderr, "< ", append([]string{answer.Proto + " " + answer.Status}, hiddenHeaders(answer.Header)...))
	}
}

func writeMarked(w io.Writer, mark string, lines []string) {
	for _, line := range append(lines, "") {
		fmt.Fprintln(w, strings.TrimRight(mark+strings.ReplaceAll(visible(line), "\n", `\n`), " "))
	}
}

// hiddenHeaders are headers with credentials as fingerprints.
func hiddenHeaders(h http.Header) []string {
	h = h.Clone()
	for name, values := range h {
		for i := range values {
			if isCredential(name) {
				values[i] = sigv4.Fingerprint(values[i])
			}
		}
	}
	return headerLines(h)
}

// hiddenQuery is a query with credentials as fingerprints.
func hiddenQuery(query string) string {
	pairs := strings.Split(query, "&")
	for i, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		if plain, err := url.QueryUnescape(name); err != nil || isCredential(plain) {
			pairs[i] = name + "=" + sigv4.Fingerprint(value)
		}
	}
	return strings.Join(pairs, "&")
}

// isCredential says which headers and query parameters carry credentials.
func isCredential(name string) bool {
	switch strings.ToLower(name) {
	case "authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "x-amz-security-token", "x-amz-signature",
		"token", "access_token", "id_token", "header":
		return true
	}
	return false
}

// messageIn is what AWS says in the body of a refusal.
func messageIn(body []byte) string {
	var answer struct{ Message string } // "message" too
	_ = json.Unmarshal(body, &answer)   // it need not be JSON
	return answer.Message
}

// withoutURL drops the URL, which may be a signed one, from an error of
// net/http.
func withoutURL(err error) error {
	var failed *url.Error
	if errors.As(err, &failed) {
		return failed.Err
	}
	return err
}
