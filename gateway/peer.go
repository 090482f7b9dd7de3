package gateway

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// peerOf is the address of the client: the connection's own, or, when that is
// a trusted proxy's, the nearest address of X-Forwarded-For that is not a
// trusted proxy itself.
func peerOf(r *http.Request, trusted []netip.Prefix) netip.Addr {
	peer := addrOf(r.RemoteAddr)
	if r.RemoteAddr == "pipe" || r.RemoteAddr == "@" { // in memory, or a unix socket
		peer = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	if !within(peer, trusted) {
		return peer
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop := addrOf(strings.TrimSpace(hops[i]))
		if !hop.IsValid() {
			return peer
		}
		peer = hop
		if !within(hop, trusted) {
			return hop
		}
	}
	return peer
}

// addrOf reads an address with or without a port; the zero Addr if it is none.
func addrOf(s string) netip.Addr {
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.Addr().Unmap()
	}
	if a, err := netip.ParseAddr(s); err == nil {
		return a.Unmap()
	}
	return netip.Addr{}
}

func within(a netip.Addr, prefixes []netip.Prefix) bool {
	for _, p := range prefixes {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// loopbackRequest tells whether the request came in on an address that only
// this machine reaches.
func loopbackRequest(r *http.Request) bool {
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	return !ok || localAddr(local)
}
