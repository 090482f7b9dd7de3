package localca

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"
)

const (
	leafLifetime = 24 * time.Hour
	leafRenewal  = leafLifetime / 2
	maxLeaves    = 64
)

// leaf is a server certificate in memory.
type leaf struct {
	cert *tls.Certificate
	used time.Time
}

// Certificate answers a ClientHello, as [crypto/tls.Config.GetCertificate].
// A client that names no host (it dialled an address) gets a certificate for
// localhost, 127.0.0.1, ::1, the addresses given to Open, and the address
// that it reached if that is a loopback one. A name that the authority does
// not vouch for is an error. At most 64 certificates are kept.
func (a *Authority) Certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	host := strings.TrimSuffix(strings.ToLower(hello.ServerName), ".")
	if host == "" || host == "localhost" {
		return a.issued(a.localNames(hello.Conn))
	}
	if !a.names.holdsHost(host) {
		return nil, fmt.Errorf("localca: no certificate for %.253q: the gateway does not serve that name", host)
	}
	return a.issued(host, nil)
}

// localNames are the names of a client that named none: a cache key and the
// addresses beside localhost.
func (a *Authority) localNames(conn net.Conn) (string, []netip.Addr) {
	addrs := append([]netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}, a.names.addrs...)
	if conn == nil {
		return "localhost", addrs
	}
	reached, err := netip.ParseAddrPort(conn.LocalAddr().String())
	addr := reached.Addr().Unmap()
	if err != nil || slices.Contains(addrs, addr) || !a.names.holdsAddr(addr) {
		return "localhost", addrs
	}
	return "localhost " + addr.String(), append(addrs, addr)
}

// issued gives the certificate kept under key, whose first word is the host
// name, or issues one.
func (a *Authority) issued(key string, addrs []netip.Addr) (*tls.Certificate, error) {
	now := a.now()
	a.mu.Lock()
	defer a.mu.Unlock()
	if l := a.leaves[key]; l != nil && now.After(l.cert.Leaf.NotBefore) && now.Before(l.cert.Leaf.NotAfter.Add(-leafRenewal)) {
		l.used = now
		return l.cert, nil
	}
	if now.After(a.cert.NotAfter) {
		return nil, fmt.Errorf("localca: the authority in %s expired on %s; restart to have a new one made", a.file, a.cert.NotAfter.Format(time.DateOnly))
	}
	host, _, _ := strings.Cut(key, " ")
	cert, err := a.issue(host, addrs, now)
	if err != nil {
		return nil, err
	}
	a.makeRoom(key)
	a.leaves[key] = &leaf{cert: cert, used: now}
	return cert, nil
}

// makeRoom drops the certificate that was not used for longest.
func (a *Authority) makeRoom(key string) {
	if _, ok := a.leaves[key]; ok || len(a.leaves) < maxLeaves {
		return
	}
	oldest := ""
	for k, l := range a.leaves {
		if oldest == "" || l.used.Before(a.leaves[oldest].used) {
			oldest = k
		}
	}
	delete(a.leaves, oldest)
}

func (a *Authority) issue(host string, addrs []netip.Addr, now time.Time) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("localca: no key: %w", err)
	}
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: commonName(host)},
		NotBefore:             later(now.Add(-backdate), a.cert.NotBefore),
		NotAfter:              earlier(now.Add(leafLifetime), a.cert.NotAfter),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
		DNSNames:              []string{host},
	}
	for _, addr := range addrs {
		template.IPAddresses = append(template.IPAddresses, addr.AsSlice())
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		return nil, fmt.Errorf("localca: no certificate: %w", err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("localca: no certificate: %w", err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: parsed}, nil
}

// commonName is the host if it fits; clients look at the alternative names,
// and a common name has at most 64 characters (RFC 5280, appendix A.1).
func commonName(host string) string {
	if len(host) > 64 {
		return "tidewire"
	}
	return host
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
