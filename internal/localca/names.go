package localca

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
)

// names are what an authority vouches for besides localhost and loopback.
type names struct {
	hosts []string     // sorted, lower case; "*.example.com" for any one label
	addrs []netip.Addr // sorted
}

// parseNames sorts and checks what was asked for. Localhost and loopback
// addresses are always there and are left out.
func parseNames(given []string) (names, error) {
	var n names
	for _, g := range given {
		name := strings.TrimSuffix(strings.ToLower(g), ".")
		addr, err := netip.ParseAddr(strings.Trim(name, "[]"))
		addr = addr.Unmap().WithZone("")
		switch {
		case name == "localhost":
		case err == nil && !addr.IsLoopback():
			n.addrs = append(n.addrs, addr)
		case err == nil:
		case validHost(name):
			n.hosts = append(n.hosts, name)
		default:
			return names{}, fmt.Errorf("localca: no certificate can be made for the name %q"+
				"\n    hint: it takes a host name or an IP address; for others give --tls-cert and --tls-key", g)
		}
	}
	slices.Sort(n.hosts)
	slices.SortFunc(n.addrs, netip.Addr.Compare)
	n.hosts, n.addrs = slices.Compact(n.hosts), slices.Compact(n.addrs)
	return n, n.checkDomains()
}

// checkDomains refuses a name of one label beside names that end in it: it
// could not be vouched for without vouching for all of a top-level domain.
func (n *names) checkDomains() error {
	for _, top := range n.excluded() {
		for _, host := range n.hosts {
			if strings.HasSuffix(host, top) {
				return fmt.Errorf("localca: no certificate can be made for both %q and %q"+
					"\n    hint: leave one of them out, or give --tls-cert and --tls-key", top[1:], host)
			}
		}
	}
	return nil
}

// validHost accepts the host names of RFC 1123, and "*" in place of the first
// of three labels or more.
func validHost(name string) bool {
	parent, wild := strings.CutPrefix(name, "*.")
	labels := strings.Split(parent, ".")
	if wild && len(labels) < 2 || len(name) > 253 {
		return false
	}
	for _, label := range labels {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' ||
			strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false
		}
	}
	return strings.Trim(labels[len(labels)-1], "0123456789") != "" // an address that is none
}

// suffix tells the files of this set of names from others; "" for none.
func (n *names) suffix() string {
	if len(n.hosts)+len(n.addrs) == 0 {
		return ""
	}
	h := sha256.New()
	for _, name := range n.hosts {
		_, _ = fmt.Fprintln(h, name) // a hash takes everything
	}
	for _, addr := range n.addrs {
		_, _ = fmt.Fprintln(h, addr)
	}
	return "-" + hex.EncodeToString(h.Sum(nil)[:6])
}

// domains are the DNS constraints.
func (n *names) domains() []string {
	all := []string{"localhost"}
	for _, name := range n.hosts {
		all = append(all, strings.TrimPrefix(name, "*."))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// excluded keeps a name of one label, such as a machine's, from standing for
// a whole top-level domain.
func (n *names) excluded() []string {
	var all []string
	for _, name := range n.hosts {
		if !strings.Contains(name, ".") {
			all = append(all, "."+name)
		}
	}
	return all
}

// ranges are the address constraints.
func (n *names) ranges() []*net.IPNet {
	all := []*net.IPNet{
		{IP: net.IPv4(127, 0, 0, 0).To4(), Mask: net.CIDRMask(8, 32)},
		{IP: net.IPv6loopback, Mask: net.CIDRMask(128, 128)},
	}
	for _, addr := range n.addrs {
		all = append(all, &net.IPNet{IP: addr.AsSlice(), Mask: net.CIDRMask(addr.BitLen(), addr.BitLen())})
	}
	return all
}

// holdsHost says whether a certificate may be issued for the host name.
func (n *names) holdsHost(host string) bool {
	label, parent, _ := strings.Cut(host, ".")
	if label == "*" || !validHost(host) {
		return false
	}
	return slices.Contains(n.hosts, host) || slices.Contains(n.hosts, "*."+parent)
}

// holdsAddr says whether a certificate may be issued for the address.
func (n *names) holdsAddr(addr netip.Addr) bool {
	return addr.Is4() && addr.IsLoopback() || addr == netip.IPv6Loopback() || slices.Contains(n.addrs, addr)
}
