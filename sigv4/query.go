package sigv4

import (
	"bytes"
	"slices"
	"strings"
)

// pair is one query parameter, name and value in canonical encoding.
type pair struct {
	name, value []byte
}

// parseQuery fills c.pairs from a raw query, in the order of the wire. "+" is
// a blank. It reports false at a malformed percent escape.
func (c *canon) parseQuery(raw string) bool {
	c.pairs, c.text = c.pairs[:0], c.text[:0]
	for raw != "" {
		var part string
		part, raw, _ = strings.Cut(raw, "&")
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		n, okName := c.encodeQuery(name)
		v, okValue := c.encodeQuery(value)
		if !okName || !okValue {
			return false
		}
		c.pairs = append(c.pairs, pair{n, v})
	}
	return true
}

// encodeQuery appends the canonical encoding of s to c.text and returns it.
// Should c.text move later, the returned slice keeps the old array.
func (c *canon) encodeQuery(s string) ([]byte, bool) {
	start, ok := len(c.text), true
	for s != "" && ok {
		i := strings.IndexByte(s, '+')
		if i < 0 {
			c.text, ok = appendReencoded(c.text, s, '-')
			break
		}
		if c.text, ok = appendReencoded(c.text, s[:i], '-'); ok {
			c.text = append(c.text, "%20"...)
		}
		s = s[i+1:]
	}
	return c.text[start:len(c.text):len(c.text)], ok
}

// addParam adds a parameter given in plain text.
func (c *canon) addParam(name, value string) {
	start := len(c.text)
	c.text = appendEncoded(c.text, name, '-')
	middle := len(c.text)
	c.text = appendEncoded(c.text, value, '-')
	end := len(c.text)
	c.pairs = append(c.pairs, pair{c.text[start:middle:middle], c.text[middle:end:end]})
}

// dropParam removes every parameter of that name (one of unreserved
// characters only).
func (c *canon) dropParam(name string) {
	c.pairs = slices.DeleteFunc(c.pairs, func(p pair) bool { return string(p.name) == name })
}

// param finds a parameter by name (of unreserved characters only): its first
// value, decoded, and how often it occurs.
func (c *canon) param(name string) (value string, n int) {
	for _, p := range c.pairs {
		if string(p.name) == name {
			if n++; n == 1 {
				value = decode(p.value)
			}
		}
	}
	return value, n
}

// decode undoes canonical encoding.
func decode(s []byte) string {
	if bytes.IndexByte(s, '%') < 0 {
		return string(s)
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			out = append(out, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 2
			continue
		}
		out = append(out, s[i])
	}
	return string(out)
}

// sortPairs sorts as AWS does: by encoded name, then by encoded value, which
// differs from sorting the joined strings.
func (c *canon) sortPairs() {
	if len(c.pairs) > 1 {
		slices.SortFunc(c.pairs, func(a, b pair) int {
			if d := bytes.Compare(a.name, b.name); d != 0 {
				return d
			}
			return bytes.Compare(a.value, b.value)
		})
	}
}

// appendPairs appends the canonical query.
func appendPairs(dst []byte, pairs []pair) []byte {
	for i, p := range pairs {
		if i > 0 {
			dst = append(dst, '&')
		}
		dst = append(append(append(dst, p.name...), '='), p.value...)
	}
	return dst
}
