package websocketapi

import (
	"time"
	"unicode/utf8"
)

// requestTimeLayout is the form of requestContext.requestTime (3.4 of the
// event reference): English month, UTC, zero-padded day.
const requestTimeLayout = "02/Jan/2006:15:04:05 +0000"

const hexDigits = "0123456789abcdef"

// appendString appends s as a JSON string. Only what JSON requires is
// escaped; bytes that are not UTF-8 become U+FFFD.
func appendString[T string | []byte](dst []byte, s T) []byte {
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			n := runeLen(s[i:min(i+utf8.UTFMax, len(s))])
			if n > 0 {
				i += n
				continue
			}
		}
		dst = append(dst, s[from:i]...)
		dst = appendEscape(dst, c)
		i++
		from = i
	}
	dst = append(dst, s[from:]...)
	return append(dst, '"')
}

// runeLen is the length of the rune at the start of s, 0 if it is not UTF-8.
func runeLen[T string | []byte](s T) int {
	r, n := utf8.DecodeRuneInString(string(s))
	if r == utf8.RuneError && n <= 1 {
		return 0
	}
	return n
}

// appendEscape appends one byte that cannot stand as it is.
func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	if c >= utf8.RuneSelf {
		return append(dst, "\uFFFD"...)
	}
	return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
}

// appendMember appends "name":"value" behind a comma, or nothing at all if
// the value is empty.
func appendMember(dst []byte, name, value string) []byte {
	if value == "" {
		return dst
	}
	if n := len(dst); n > 0 && dst[n-1] != '{' {
		dst = append(dst, ',')
	}
	dst = append(dst, '"')
	dst = append(dst, name...)
	dst = append(dst, '"', ':')
	return appendString(dst, value)
}

// appendRequestTime appends t in API Gateway's form of the common log format.
func appendRequestTime(dst []byte, t time.Time) []byte {
	return t.UTC().AppendFormat(dst, requestTimeLayout)
}
