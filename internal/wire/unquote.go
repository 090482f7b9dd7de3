package wire

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// AppendUnquoted appends the value of the JSON string raw, which must be valid
// JSON ([Valid]). Halves of a surrogate pair alone become U+FFFD. False: raw is
// not a string.
func AppendUnquoted(dst, raw []byte) ([]byte, bool) {
	if len(raw) < 2 || raw[0] != '"' || raw[len(raw)-1] != '"' {
		return dst, false
	}
	if dst == nil {
		dst = make([]byte, 0, len(raw)) // enough: no escape is shorter than what it stands for
	}
	for text := raw[1 : len(raw)-1]; ; {
		n := bytes.IndexByte(text, '\\')
		if n < 0 {
			return append(dst, text...), true
		}
		dst = append(dst, text[:n]...)
		text = text[n:]
		if len(text) < 2 {
			return dst, false
		}
		if text[1] != 'u' {
			dst = append(dst, unescaped(text[1]))
			text = text[2:]
			continue
		}
		r, size := escapedRune(text)
		if size == 0 {
			return dst, false
		}
		dst = utf8.AppendRune(dst, r)
		text = text[size:]
	}
}

// unescaped is what a backslash and c stand for; 0: nothing.
func unescaped(c byte) byte {
	switch c {
	case '"', '\\', '/':
		return c
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return 0
}

// escapedRune reads \uXXXX, or two of them that are a surrogate pair. size is 0
// if text does not begin with one.
func escapedRune(text []byte) (r rune, size int) {
	r, ok := fourHex(text, 2)
	if !ok {
		return 0, 0
	}
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	if len(text) >= 12 && text[6] == '\\' && text[7] == 'u' {
		if low, ok := fourHex(text, 8); ok {
			if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
				return pair, 12
			}
		}
	}
	return utf8.RuneError, 6
}

func fourHex(text []byte, at int) (r rune, ok bool) {
	if at+4 > len(text) {
		return 0, false
	}
	for _, c := range text[at : at+4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}
