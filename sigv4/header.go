package sigv4

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// field is a header that enters the canonical request: its lower-case name
// and its values in the order of arrival.
type field struct {
	name   string
	values []string
}

// appendFields appends the CanonicalHeaders block.
func appendFields(dst []byte, fields []field) []byte {
	for _, f := range fields {
		dst = append(append(dst, f.name...), ':')
		for i, v := range f.values {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendFolded(dst, v)
		}
		dst = append(dst, '\n')
	}
	return dst
}

// appendNames appends the SignedHeaders line.
func appendNames(dst []byte, fields []field) []byte {
	for i, f := range fields {
		if i > 0 {
			dst = append(dst, ';')
		}
		dst = append(dst, f.name...)
	}
	return dst
}

// appendFolded appends a header value without surrounding white space and with
// each inner run of it, line folds included, as one blank.
func appendFolded(dst []byte, v string) []byte {
	if !hasBlank(v) {
		return append(dst, v...)
	}
	start, gap := len(dst), false
	for i := range len(v) {
		if isBlank(v[i]) {
			gap = true
			continue
		}
		if gap && len(dst) > start {
			dst = append(dst, ' ')
		}
		gap = false
		dst = append(dst, v[i])
	}
	return dst
}

func hasBlank(v string) bool {
	if len(v) > 32 {
		return strings.IndexByte(v, ' ') >= 0 || strings.IndexByte(v, '\t') >= 0 ||
			strings.IndexByte(v, '\n') >= 0 || strings.IndexByte(v, '\r') >= 0
	}
	for i := range len(v) {
		if isBlank(v[i]) {
			return true
		}
	}
	return false
}

func isBlank(c byte) bool { return c <= ' ' && (c == ' ' || c == '\t' || c == '\n' || c == '\r') }

// collect fills c.fields with the headers of a request that a signer signs:
// host, content-length when there is a body, and all others but those that
// [neverSigned] names.
func (c *canon) collect(host string, length int64, h http.Header) {
	c.host[0] = host
	c.fields = append(c.fields[:0], field{"host", c.host[:]})
	if length > 0 {
		c.length[0] = strconv.FormatInt(length, 10)
		c.fields = append(c.fields, field{"content-length", c.length[:]})
	}
	for k, v := range h {
		name := lowerName(k)
		if name == "host" || name == "content-length" || neverSigned(name) {
			continue // net/http sends its own
		}
		c.addField(name, v, h)
	}
	c.sortFields()
}

// addField adds a header. Several spellings of one name are joined in byte
// order, which is the order in which net/http sends them.
func (c *canon) addField(name string, values []string, h http.Header) {
	for i := range c.fields {
		if c.fields[i].name == name {
			c.fields[i].values = valuesAnyCase(h, name)
			return
		}
	}
	c.fields = append(c.fields, field{name, values})
}

func (c *canon) sortFields() {
	slices.SortFunc(c.fields, func(a, b field) int { return strings.Compare(a.name, b.name) })
}

// lowerName is strings.ToLower that needs no memory for the usual headers.
func lowerName(key string) string {
	switch key {
	case dateHeader:
		return "x-amz-date"
	case tokenHeader:
		return "x-amz-security-token"
	case payloadHeader:
		return "x-amz-content-sha256"
	case authorizationHeader:
		return "authorization"
	case "Content-Type":
		return "content-type"
	case "Content-Length":
		return "content-length"
	case "User-Agent":
		return "user-agent"
	case "Accept":
		return "accept"
	case "Accept-Encoding":
		return "accept-encoding"
	}
	return strings.ToLower(key)
}

// neverSigned names the headers that proxies and HTTP libraries add, change or
// drop: the union of what AWS's own signers leave out.
func neverSigned(name string) bool {
	switch name {
	case "authorization", "cache-control", "connection", "expect", "from", "keep-alive",
		"max-forwards", "pragma", "range", "referer", "te", "trailer", "transfer-encoding",
		"upgrade", "user-agent", "x-amzn-trace-id":
		return true
	}
	return strings.HasPrefix(name, "proxy-") || strings.HasPrefix(name, "sec-")
}

// dropFields removes headers from those to be signed.
func (c *canon) dropFields(names ...string) {
	c.fields = slices.DeleteFunc(c.fields, func(f field) bool { return slices.Contains(names, f.name) })
}
