package sigv4

import (
	"net"
	"slices"
	"strings"
)

// usualPorts are those that local servers listen on.
func usualPorts() []string {
	return []string{"3000", "3001", "4566", "4577", "8000", "8080", "8443", "9000"}
}

// hostGuesses are other hosts that may have been signed.
func (x *exam) hostGuesses() []guess {
	host := x.base.host
	name, port := splitHost(host)
	tolerated := hostForms(host)
	var out []guess
	add := func(h string) {
		if h == "" || slices.Contains(tolerated, h) {
			return
		}
		tolerated = append(tolerated, h) // once each
		m := Mistake{Kind: hostKind(h, host), Signed: x.show.value("host", h), Expected: x.shown(host)}
		out = append(out, guess{slot: slotHost, mistake: m, change: func(d *draft) { d.host, d.changed = h, d.changed|partHeaders }})
	}
	add(name)
	add(name + ":443")
	add(name + ":80")
	for _, h := range x.otherHosts(name) {
		other, otherPort := splitHost(h)
		add(h)
		add(name + otherPort)
		add(other)
		add(other + port)
	}
	if x.q.Thorough {
		for _, p := range usualPorts() {
			add(name + ":" + p)
		}
	}
	add(strings.ToLower(host))
	add(name + "." + port)
	for _, scheme := range [...]string{"https://", "wss://", "http://", "ws://"} {
		add(scheme + host)
	}
	return out
}

// otherHosts are the hosts given, those that proxies tell of, and the other
// names of loopback.
func (x *exam) otherHosts(name string) []string {
	out := slices.Clone(x.q.Hosts[:min(len(x.q.Hosts), 32)])
	if x.q.Against != nil {
		out = append(out, headerOf(x.q.Against.Request, "host"))
	}
	for _, key := range [...]string{"X-Forwarded-Host", "X-Original-Host"} {
		if v := x.request.values(key); len(v) == 1 && len(v[0]) < maxShown {
			out = append(out, strings.TrimSpace(v[0]))
		}
	}
	bare := strings.Trim(name, "[]")
	if ip := net.ParseIP(bare); strings.EqualFold(bare, "localhost") || ip != nil && (ip.IsLoopback() || ip.IsUnspecified()) {
		out = append(out, "localhost", "127.0.0.1", "[::1]", "0.0.0.0")
	}
	return out
}

// splitHost splits off the port, with its colon.
func splitHost(host string) (name, port string) {
	i := strings.LastIndexByte(host, ':')
	if i < 0 || strings.IndexByte(host[i:], ']') >= 0 {
		return host, ""
	}
	return host[:i], host[i:]
}

// hostKind says how a signed host differs from the received one.
func hostKind(signed, received string) Kind {
	name, port := splitHost(signed)
	other, otherPort := splitHost(received)
	switch {
	case strings.Contains(signed, "://"):
		return KindScheme
	case name != other:
		return KindHostName
	case port == ":443" && otherPort == ":80" || port == ":80" && otherPort == ":443":
		return KindScheme
	}
	return KindHostPort
}

// headerOf finds a header in a canonical request.
func headerOf(canonical, name string) string {
	for line := range strings.SplitSeq(canonical, "\n") {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			return value
		}
	}
	return ""
}
