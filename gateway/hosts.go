package gateway

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"

	"github.com/tidewire/tidewire/internal/spec"
)

// target says which of the names the gateway gave out a request came to.
type target struct {
	host    string       // as given out: what requestContext.domainName and URLs use
	api     string       // API id, when the name is an API's own
	domain  *spec.Domain // when the name is a custom domain of WebSocket APIs
	appsync string       // id of an AppSync API, when the name is its own or its custom domain
	custom  string       // the custom domain of that API; empty on its own name
	pools   bool         // the name is of the service of identity pools
}

// hosts are the names that the gateway gave out. A request under any other
// name is refused, so that a page in a browser cannot reach the gateway by
// rebinding a name of its own to loopback. Immutable; a reload builds a new
// one.
type hosts struct {
	port  string            // port of the listening address, "" if unknown
	exact map[string]target // lower-case host, without port
	any   bool              // listening on every address: an IP literal that is the local one counts
}

// newHosts lists the names for a gateway that listens at addr ("host:port").
// extra are names the operator allows (--host), with or without a port.
func newHosts(addr string, s *spec.Spec, extra []string) (*hosts, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("listening address %q: %w", addr, err)
	}
	h := &hosts{port: port, exact: map[string]target{}}
	ip := net.ParseIP(host)
	if loopback := host == "localhost" || ip != nil && (ip.IsLoopback() || ip.IsUnspecified()); loopback {
		for _, name := range []string{"localhost", "127.0.0.1", "::1"} {
			h.exact[name] = target{host: join(name, port)}
		}
	}
	h.any = host == "" || ip != nil && ip.IsUnspecified()
	if !h.any {
		h.exact[strings.ToLower(host)] = target{host: join(host, port)}
	}
	for _, name := range extra {
		h.exact[strings.ToLower(hostOnly(name))] = target{host: withPort(name, port)}
	}
	for i := range s.WebSocketAPIs {
		name := awsName(s, s.WebSocketAPIs[i].ID)
		h.exact[name] = target{host: join(name, port), api: s.WebSocketAPIs[i].ID}
	}
	for i := range s.GraphQLAPIs {
		h.addAppSync(s, s.GraphQLAPIs[i].ID, s.GraphQLAPIs[i].Domains)
	}
	for i := range s.EventsAPIs {
		h.addAppSync(s, s.EventsAPIs[i].ID, s.EventsAPIs[i].Domains)
	}
	if len(s.IdentityPools) > 0 {
		name := identityPoolHost(s)
		h.exact[name] = target{host: join(name, port), pools: true}
	}
	for i := range s.Domains {
		d := &s.Domains[i]
		h.exact[strings.ToLower(d.Name)] = target{host: join(d.Name, port), domain: d}
	}
	return h, nil
}

// addAppSync adds the names of an API of AppSync.
func (h *hosts) addAppSync(s *spec.Spec, id string, domains []string) {
	for _, kind := range []string{"appsync-api", "appsync-realtime-api"} {
		name := id + "." + kind + "." + s.Region + "." + s.URLSuffix()
		h.exact[name] = target{host: join(name, h.port), appsync: id}
	}
	for _, name := range domains {
		h.exact[strings.ToLower(name)] = target{host: join(name, h.port), appsync: id, custom: name}
	}
}

// awsName is the host name that API Gateway gives an API.
func awsName(s *spec.Spec, id string) string {
	return id + ".execute-api." + s.Region + "." + s.URLSuffix()
}

// find looks a request's Host up. local is the address the connection came
// in on. The port must be the listening one; a Host without a port is one
// with the scheme's default.
func (h *hosts) find(hostHeader string, secure bool, local net.Addr) (target, bool) {
	name, port := strings.ToLower(hostOnly(hostHeader)), portOf(hostHeader)
	if port == "" {
		port = "80"
		if secure {
			port = "443"
		}
	}
	t, ok := h.exact[name]
	if !ok && h.any {
		t, ok = ownAddress(name, h.port, local)
	}
	if !ok {
		return target{}, false
	}
	named := t.api != "" || t.domain != nil || t.appsync != "" || t.pools // such a name may stand behind a forwarded 443
	if port == h.port || h.port == "" || named || portOf(t.host) == port {
		return t, true
	}
	return target{}, false
}

// known tells whether a client may have signed for a host to reach an API of
// AppSync: one of the names that the gateway gave out, but not another API's
// own, with the listening port or without one, which several clients lose.
func (h *hosts) known(host, api string) bool {
	t, ok := h.exact[strings.ToLower(hostOnly(host))]
	port := portOf(host)
	return ok && t.api == "" && t.domain == nil && (t.appsync == "" || t.appsync == api) &&
		(port == "" || port == h.port || port == portOf(t.host) || t.appsync != "")
}

// ownAddress accepts an IP literal that is the connection's own local address.
func ownAddress(name, port string, local net.Addr) (target, bool) {
	tcp, ok := local.(*net.TCPAddr)
	ip, err := netip.ParseAddr(name)
	if !ok || err != nil || tcp.AddrPort().Addr().Unmap() != ip.Unmap() {
		return target{}, false
	}
	return target{host: join(name, port)}, true
}

func join(host, port string) string {
	if port == "" {
		return host
	}
	return net.JoinHostPort(host, port)
}

func withPort(name, port string) string {
	if portOf(name) != "" {
		return name
	}
	return join(hostOnly(name), port)
}

// hostOnly cuts the port and the brackets of an IPv6 literal off.
func hostOnly(hostport string) string {
	if host, _, err := net.SplitHostPort(hostport); err == nil {
		return host
	}
	return strings.Trim(hostport, "[]")
}

func portOf(hostport string) string {
	if _, port, err := net.SplitHostPort(hostport); err == nil {
		return port
	}
	return ""
}

// originAllowed tells whether a request with this Origin may come in. No
// Origin: not a browser's page. On loopback only pages of loopback hosts are
// welcome, besides those the operator allows.
func originAllowed(origin string, loopback bool, allowed []string) bool {
	if origin == "" || !loopback {
		return true
	}
	for _, a := range allowed {
		if a == "*" || strings.EqualFold(a, origin) {
			return true
		}
	}
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" {
		return false // "null" and whatever else
	}
	return isLoopback(strings.ToLower(u.Hostname()))
}

// isLoopback tells whether a host name is of this machine only.
func isLoopback(name string) bool {
	ip := net.ParseIP(name)
	return name == "localhost" || ip != nil && ip.IsLoopback()
}
