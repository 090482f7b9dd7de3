package sigv4

import (
	"net/http"
	"slices"
	"strings"
)

// Request is a request as it stood on the wire, undecoded. Everything that a
// signature can cover is in it. Verify does not change it.
type Request struct {
	Method   string // as sent
	Path     string // escaped path exactly as sent; "" means "/"
	RawQuery string // without "?", undecoded
	Host     string // the Host header (or :authority), with its port if it was sent

	// Header holds the other headers. Keys are expected in canonical form; a
	// key in another case is found if there is no canonical one.
	Header http.Header

	// ContentLength is used for a signed content-length that is missing from
	// Header, as net/http clients do not store it there. -1: unknown.
	ContentLength int64

	// TransferEncoding is used for a signed transfer-encoding, which net/http
	// takes out of Header.
	TransferEncoding []string

	canonical bool // Header has canonical keys only
}

// FromHTTP describes an HTTP request. On a server (RequestURI is set) path and
// query are taken undecoded from the request line; on a client from the URL as
// it will be sent. It shares the header map with r.
func FromHTTP(r *http.Request) *Request {
	q := &Request{
		Method:           r.Method,
		Host:             r.Host,
		Header:           r.Header,
		ContentLength:    r.ContentLength,
		TransferEncoding: r.TransferEncoding,
	}
	if r.RequestURI != "" {
		q.Path, q.RawQuery = splitTarget(r.RequestURI)
		q.canonical = true // net/http's server sees to it
	} else if r.URL != nil {
		q.Path, q.RawQuery = r.URL.EscapedPath(), r.URL.RawQuery
	}
	if q.Host == "" && r.URL != nil {
		q.Host = r.URL.Host
	}
	if q.Method == "" {
		q.Method = http.MethodGet
	}
	return q
}

// Clone gives a copy with a header map of its own, for use after a handler has
// returned.
func (r *Request) Clone() *Request {
	q := *r
	q.Header = r.Header.Clone()
	return &q
}

// splitTarget takes the target of a request line apart: origin form, or
// absolute form (RFC 9112 section 3.2) without its scheme and authority.
func splitTarget(target string) (path, query string) {
	target, query, _ = strings.Cut(target, "?")
	if strings.HasPrefix(target, "/") {
		return target, query
	}
	if _, rest, ok := strings.Cut(target, "://"); ok {
		if i := strings.IndexByte(rest, '/'); i >= 0 {
			return rest[i:], query
		}
		return "/", query
	}
	return target, query
}

// values finds the values of a header. key is its canonical name.
func (r *Request) values(key string) []string {
	if v, ok := r.Header[key]; ok || r.canonical {
		return v
	}
	return valuesAnyCase(r.Header, key)
}

// valuesAnyCase joins the values of all spellings of a header, in the byte
// order of the spellings.
func valuesAnyCase(h http.Header, name string) []string {
	var spellings []string
	for k := range h {
		if len(k) == len(name) && strings.EqualFold(k, name) {
			spellings = append(spellings, k)
		}
	}
	if len(spellings) == 0 {
		return nil
	}
	slices.Sort(spellings)
	var all []string
	for _, k := range spellings {
		all = append(all, h[k]...)
	}
	return all
}

// appendCanonicalName appends the canonical form (X-Amz-Date) of a lower-case
// header name.
func appendCanonicalName(dst []byte, name string) []byte {
	upper := true
	for i := range len(name) {
		c := name[i]
		if upper && 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		upper = c == '-'
		dst = append(dst, c)
	}
	return dst
}
