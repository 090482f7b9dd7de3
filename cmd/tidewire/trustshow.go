package main

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/tidewire/tidewire/gateway"
	"github.com/tidewire/tidewire/internal/localca"
)

// describeAuthority shows what somebody who trusts an authority should know.
func describeAuthority(a localca.File, trusted bool) string {
	state := "no"
	if trusted {
		state = "yes, by tidewire trust"
	}
	c := a.Cert
	return fmt.Sprintf("authority    %s\n  subject      %s\n  SHA-256      %s\n  valid        %s to %s\n  vouches for  %s\n  trusted      %s\n",
		a.Path, c.Subject, fingerprint(c), c.NotBefore.UTC().Format(time.DateOnly), c.NotAfter.UTC().Format(time.DateOnly), constraints(c), state)
}

// fingerprint is as browsers and openssl show it.
func fingerprint(c *x509.Certificate) string {
	sum := sha256.Sum256(c.Raw)
	return strings.ReplaceAll(fmt.Sprintf("% X", sum[:]), " ", ":")
}

// constraints says for whom an authority may vouch.
func constraints(c *x509.Certificate) string {
	names := slices.Clone(c.PermittedDNSDomains)
	for _, r := range c.PermittedIPRanges {
		names = append(names, r.String())
	}
	return strings.Join(names, ", ") + ", and nothing else (critical name constraints)"
}

// trustAdvice says when browsers will not accept the gateway's certificate;
// empty when they need not, or will.
func trustAdvice(g *gateway.Gateway, program string, ownCertificate bool) string {
	pages := false
	for _, a := range g.APIs() {
		pages = pages || a.Kind != gateway.KindWebSocket // whose clients insist on TLS
	}
	if !pages || ownCertificate || trusted(g.CAFile()) {
		return ""
	}
	return fmt.Sprintf("\n  browsers need `%s trust` once: they do not know the authority that signs https and wss here\n", program)
}

// trusted tells whether the authority in a file was trusted by `tidewire
// trust`, or is by the system.
func trusted(file string) bool {
	text, err := readSmall(file)
	if err != nil {
		return false
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return false
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return false
	}
	noted, err := localca.Trusted(filepath.Dir(file))
	if err == nil && holds(noted, cert) {
		return true
	}
	_, err = cert.Verify(x509.VerifyOptions{KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	return err == nil
}
