package sigv4

import "strings"

// pathStyle says how a path enters the canonical request.
type pathStyle struct {
	asSent bool // keep dot segments and repeated slashes
	once   bool // S3: no second encoding
}

// appendURI appends the canonical URI of a path as sent, which must be
// [wellEscaped].
func appendURI(dst []byte, path string, style pathStyle) []byte {
	if path == "" {
		return append(dst, '/')
	}
	if !style.asSent {
		path = normalizePath(path)
	}
	if style.once {
		dst, _ = appendReencoded(dst, path, '/')
		return dst
	}
	return appendEncoded(dst, path, '/')
}

// normalizePath removes dot segments and collapses repeated slashes. A
// trailing slash stays. Percent-encoded dots are not dots.
func normalizePath(path string) string {
	if isNormal(path) {
		return path
	}
	var kept []string
	for segment := range strings.SplitSeq(path, "/") {
		switch segment {
		case "", ".":
		case "..":
			if len(kept) > 0 {
				kept = kept[:len(kept)-1]
			}
		default:
			kept = append(kept, segment)
		}
	}
	if len(kept) == 0 {
		return "/"
	}
	out := strings.Join(kept, "/")
	if path[0] == '/' {
		out = "/" + out
	}
	if path[len(path)-1] == '/' {
		out += "/"
	}
	return out
}

// isNormal reports that a path has neither empty nor dot segments.
func isNormal(path string) bool {
	return !strings.Contains(path, "//") && !strings.Contains(path, "/.") && path[0] != '.'
}

// wellEscaped reports that every % starts an escape of two hex digits.
func wellEscaped(s string) bool {
	for {
		i := strings.IndexByte(s, '%')
		if i < 0 {
			return true
		}
		if i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2]) {
			return false
		}
		s = s[i+3:]
	}
}

// appendEncoded percent-encodes every byte of s outside RFC 3986's unreserved
// set, except keep.
func appendEncoded(dst []byte, s string, keep byte) []byte {
	for i := range len(s) {
		c := s[i]
		if unreserved(c) || c == keep {
			dst = append(dst, c)
			continue
		}
		dst = appendEscape(dst, c)
	}
	return dst
}

// appendReencoded decodes s and encodes it again, so that each byte is encoded
// exactly once and in upper case. An escaped keep stays escaped. It reports
// false at a malformed escape.
func appendReencoded(dst []byte, s string, keep byte) ([]byte, bool) {
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case unreserved(c) || c == keep:
			dst = append(dst, c)
		case c != '%':
			dst = appendEscape(dst, c)
		case i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2]):
			return dst, false
		default:
			dst = appendDecoded(dst, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 2
		}
	}
	return dst, true
}

// appendDecoded appends a byte that was escaped: bare only if unreserved.
func appendDecoded(dst []byte, c byte) []byte {
	if unreserved(c) {
		return append(dst, c)
	}
	return appendEscape(dst, c)
}

func appendEscape(dst []byte, c byte) []byte {
	const digits = "0123456789ABCDEF"
	return append(dst, '%', digits[c>>4], digits[c&15])
}

func unreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		c == '-' || c == '.' || c == '_' || c == '~'
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// unhex gives the value of a hex digit.
func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c&^0x20 - 'A' + 10
}
