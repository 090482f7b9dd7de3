package websocketapi

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
)

// A field is a header or query parameter with all its values, in order.
type field struct {
	name   string
	values []string
}

// fields are the headers or query parameters of an event, in order of
// arrival. Headers are folded: names that differ in case are one field, which
// keeps the first spelling.
type fields struct {
	list   []field
	at     map[string]int // index in list by name, folded if fold
	folded bool
}

// key is the name by which a field is found.
func (f *fields) key(name string) string {
	if f.folded {
		return strings.ToLower(name)
	}
	return name
}

// add appends a value to the field of that name.
func (f *fields) add(name, value string) {
	if i, ok := f.at[f.key(name)]; ok {
		f.list[i].values = append(f.list[i].values, value)
		return
	}
	if f.at == nil {
		f.at = make(map[string]int)
	}
	f.at[f.key(name)] = len(f.list)
	f.list = append(f.list, field{name: name, values: []string{value}})
}

// set replaces all values of a field, or adds it.
func (f *fields) set(name, value string) {
	if i, ok := f.at[f.key(name)]; ok {
		f.list[i].values = []string{value}
		return
	}
	f.add(name, value)
}

// get is a field's values joined with ", ".
func (f *fields) get(name string) string {
	if i, ok := f.at[f.key(name)]; ok {
		return strings.Join(f.list[i].values, ", ")
	}
	return ""
}

// append appends the single-value map, which holds the last value of each
// name, and the multi-value map, each with a comma behind it. Without fields
// both are absent.
func (f *fields) append(dst []byte, single, multi string) []byte {
	if len(f.list) == 0 {
		return dst
	}
	sorted := slices.SortedFunc(slices.Values(f.list), func(a, b field) int { return strings.Compare(a.name, b.name) })
	dst = append(appendString(dst, single), ':', '{')
	for i, x := range sorted {
		dst = appendKey(dst, i, x.name)
		dst = appendString(dst, x.values[len(x.values)-1])
	}
	dst = append(dst, '}', ',')
	dst = append(appendString(dst, multi), ':', '{')
	for i, x := range sorted {
		dst = appendStrings(appendKey(dst, i, x.name), x.values)
	}
	return append(dst, '}', ',')
}

// appendKey appends the name of a map's i-th member.
func appendKey(dst []byte, i int, name string) []byte {
	if i > 0 {
		dst = append(dst, ',')
	}
	return append(appendString(dst, name), ':')
}

// appendStrings appends an array.
func appendStrings(dst []byte, all []string) []byte {
	dst = append(dst, '[')
	for i, s := range all {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(dst, s)
	}
	return append(dst, ']')
}

// queryFields are the decoded parameters of a raw query. What cannot be
// decoded stays as it was sent.
func queryFields(raw string) *fields {
	var f fields
	for raw != "" {
		var pair string
		pair, raw, _ = strings.Cut(raw, "&")
		if pair == "" {
			continue
		}
		name, v, _ := strings.Cut(pair, "=")
		f.add(unescapeQuery(name), unescapeQuery(v))
	}
	return &f
}

// unescapeQuery decodes s, or gives it back if it is not well formed.
func unescapeQuery(s string) string {
	if d, err := url.QueryUnescape(s); err == nil {
		return d
	}
	return s
}

// connectHeaders are the headers of the CONNECT event: those of the client,
// in its own case if raw is given, without Connection and Upgrade, and those
// that API Gateway adds.
func connectHeaders(r *http.Request, in *Handshake, trace func(time.Time) string, now time.Time) *fields {
	f := fields{folded: true}
	for _, h := range clientHeaders(r, in.RawHeader) {
		if strings.EqualFold(h[0], "Connection") || strings.EqualFold(h[0], "Upgrade") {
			continue
		}
		f.add(h[0], h[1])
	}
	if f.get("Host") == "" {
		f.set("Host", r.Host)
	}
	if f.get("X-Amzn-Trace-Id") == "" {
		f.set("X-Amzn-Trace-Id", trace(now))
	}
	f.set("X-Forwarded-For", forwardedFor(f.get("X-Forwarded-For"), in.Peer))
	f.set("X-Forwarded-Port", forwardedPort(r.Host, in.Secure))
	f.set("X-Forwarded-Proto", scheme(in.Secure))
	return &f
}

// clientHeaders are the header lines as sent, or, if nobody kept them, what
// net/http made of them.
func clientHeaders(r *http.Request, raw [][2]string) [][2]string {
	if raw != nil {
		return raw
	}
	var lines [][2]string
	for name, values := range r.Header {
		for _, v := range values {
			lines = append(lines, [2]string{name, v})
		}
	}
	return lines
}

// forwardedFor appends the peer to what proxies before us said.
func forwardedFor(before string, peer netip.Addr) string {
	if before == "" {
		return peer.String()
	}
	return before + ", " + peer.String()
}

// forwardedPort is the port that the client connected to.
func forwardedPort(host string, secure bool) string {
	if _, port, err := net.SplitHostPort(host); err == nil && port != "" {
		return port
	}
	if secure {
		return "443"
	}
	return "80"
}

// scheme is the X-Forwarded-Proto of a handshake.
func scheme(secure bool) string {
	if secure {
		return "https"
	}
	return "http"
}
