package library

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/dop251/goja"
)

const upperHex = "0123456789ABCDEF"

// escapeJavaScript is StringEscapeUtils.escapeEcmaScript of Apache Commons: both
// quotes, backslash and slash get a backslash, and whatever is not printable
// ASCII becomes a \u escape per UTF-16 unit.
func escapeJavaScript(l *library, a arguments) goja.Value {
	if a.null(0) {
		return goja.Null()
	}
	s := a.text(0)
	l.grow(6 * len(s))
	dst := make([]byte, 0, len(s)+len(s)/4)
	for _, r := range s {
		dst = appendEscaped(dst, r)
	}
	return l.string(string(dst))
}

func appendEscaped(dst []byte, r rune) []byte {
	switch r {
	case '"', '\'', '\\', '/':
		return append(dst, '\\', byte(r))
	case '\b', '\f', '\n', '\r', '\t':
		return append(dst, '\\', shortEscape(byte(r)))
	}
	if r >= ' ' && r <= 0x7f {
		return append(dst, byte(r))
	}
	for _, unit := range utf16.AppendRune(nil, r) {
		dst = append(dst, '\\', 'u', upperHex[unit>>12], upperHex[unit>>8&15], upperHex[unit>>4&15], upperHex[unit&15])
	}
	return dst
}

// urlEncode is java.net.URLEncoder in UTF-8: letters, digits and .-*_ stay, a
// space becomes a plus sign.
func urlEncode(l *library, a arguments) goja.Value {
	if a.null(0) {
		return goja.Null()
	}
	s := a.text(0)
	l.grow(3 * len(s))
	return l.string(string(encodeURL(s)))
}

func encodeURL(s string) []byte {
	dst := make([]byte, 0, len(s)+len(s)/2)
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte(".-*_", c) >= 0:
			dst = append(dst, c)
		case c == ' ':
			dst = append(dst, '+')
		default:
			dst = append(dst, '%', upperHex[c>>4], upperHex[c&15])
		}
	}
	return dst
}

// urlDecode is java.net.URLDecoder in UTF-8.
func urlDecode(l *library, a arguments) goja.Value {
	if a.null(0) {
		return goja.Null()
	}
	s := a.text(0)
	l.grow(3 * len(s))
	dst := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '+':
			dst = append(dst, ' ')
		case '%':
			dst = append(dst, l.percent(s, i))
			i += 2
		default:
			dst = append(dst, s[i])
		}
	}
	if !utf8.Valid(dst) {
		return l.string(strings.ToValidUTF8(string(dst), "\uFFFD"))
	}
	return l.string(string(dst))
}

func (l *library) percent(s string, i int) byte {
	if i+2 >= len(s) {
		l.throw("URLDecoder: Incomplete trailing escape (%%) pattern")
	}
	high, low := unhex(s[i+1]), unhex(s[i+2])
	if high < 0 || low < 0 {
		l.throw("URLDecoder: Illegal hex characters in escape (%%) pattern: %q", s[i+1:i+3])
	}
	return byte(high<<4 | low)
}

func unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
