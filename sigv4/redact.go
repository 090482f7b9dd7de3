package sigv4

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// What a Report shows of a request, at most.
const (
	maxShown = 256  // bytes of a value in a Mistake
	maxLine  = 4096 // bytes of a line of a canonical request
	maxLines = 160  // lines of a canonical request
)

// confidential names headers and query parameters, in lower case, whose values
// are credentials. AppSync carries headers in the parameter "header" and in
// Sec-WebSocket-Protocol.
func confidential(name string) bool {
	switch strings.ToLower(name) {
	case "authorization", "proxy-authorization", "cookie", "set-cookie", "x-amz-signature", "x-amz-security-token",
		"x-amz-s3session-token", "x-api-key", "sec-websocket-protocol", "header", "token", "access_token", "id_token":
		return true
	}
	return false
}

// redactor replaces confidential values unless it reveals.
type redactor struct {
	reveal bool
	scrub  func(string) string // nil: nothing is known to remove
}

// text scrubs and shortens a text.
func (d redactor) text(s string, most int) string {
	if d.scrub != nil {
		s = d.scrub(s)
	}
	return shorten(s, most)
}

// value gives a value for showing, or its fingerprint.
func (d redactor) value(name, value string) string {
	if value == "" || d.reveal || !confidential(name) {
		return d.text(value, maxShown)
	}
	return Fingerprint(value)
}

// query redacts a raw or canonical query.
func (d redactor) query(query string) string {
	if d.reveal || query == "" {
		return query
	}
	pairs := strings.Split(query, "&")
	for i, p := range pairs {
		name, value, ok := strings.Cut(p, "=")
		if ok && value != "" && confidential(string(decodeLoosely(name))) {
			pairs[i] = name + "=" + Fingerprint(value)
		}
	}
	return strings.Join(pairs, "&")
}

// header redacts a line "name:value".
func (d redactor) header(line string) string {
	name, value, ok := strings.Cut(line, ":")
	if !ok || d.reveal || value == "" || !confidential(strings.TrimSpace(name)) {
		return line
	}
	return name + ":" + Fingerprint(value)
}

// lines takes a canonical request apart: method, path, query, headers, an
// empty line, the names of the signed headers, the payload.
func (d redactor) lines(canonical string) []Line {
	texts := strings.SplitN(canonical, "\n", maxLines+1)
	if len(texts) > maxLines {
		texts = append(texts[:maxLines], fmt.Sprintf("… %d bytes more", len(texts[maxLines])))
	}
	out := make([]Line, len(texts))
	for i, text := range texts {
		// Any line may be any part: what was signed can hold line breaks.
		text = d.header(d.query(text))
		out[i].Text = d.text(text, maxLine)
	}
	return out
}

// shorten cuts a long text and says how long it was.
func shorten(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return s[:most] + "… " + Fingerprint(s)
}

// printable escapes what a terminal might take for a command.
func printable(s string) string {
	plain := true
	for i := range len(s) {
		plain = plain && s[i] >= ' ' && s[i] < 0x7f
	}
	if plain {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == utf8.RuneError:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case r < ' ' || 0x7f <= r && r < 0xa0 || r == 0x2028 || r == 0x2029 || 0x200b <= r && r <= 0x200f || 0x202a <= r && r <= 0x202e || 0x2066 <= r && r <= 0x2069 || r == 0xfeff:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
