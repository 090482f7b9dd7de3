package localca_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/localca"
)

func TestList(t *testing.T) {
	t.Parallel()
	dir := t.TempDir() + "/ca"
	if list, err := localca.List(dir); err != nil || list != nil {
		t.Errorf("no directory: %v, %v", list, err)
	}
	plain := openCA(t, dir, at(start))
	named := openCA(t, dir, at(start), "chat.example.com", "devbox", "*.apps.example.net", "192.0.2.7", "2001:db8::1")
	list, err := localca.List(dir)
	if err != nil || len(list) != 2 {
		t.Fatalf("%v, %v", list, err)
	}
	for _, want := range []*localca.Authority{plain, named} {
		found := false
		for _, f := range list {
			found = found || f.Path == want.CertFile() && string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: f.Cert.Raw})) == string(want.CertPEM())
		}
		if !found {
			t.Errorf("%s is not listed", want.CertFile())
		}
	}
}

// TestListRefusesOthers leaves authorities in the directory that could vouch
// for more.
func TestListRefusesOthers(t *testing.T) {
	t.Parallel()
	_, four, err4 := net.ParseCIDR("0.0.0.0/0")
	_, loop, errLoop := net.ParseCIDR("127.0.0.0/8")
	_, six, err6 := net.ParseCIDR("::1/128")
	if err4 != nil || errLoop != nil || err6 != nil {
		t.Fatal(err4, errLoop, err6)
	}
	loopback := []*net.IPNet{loop, six}
	for name, change := range map[string]func(*x509.Certificate){
		"no constraint":     func(c *x509.Certificate) { c.PermittedDNSDomains, c.PermittedIPRanges = nil, nil },
		"not critical":      func(c *x509.Certificate) { c.PermittedDNSDomainsCritical = false },
		"no addresses":      func(c *x509.Certificate) { c.PermittedIPRanges = nil },
		"every address":     func(c *x509.Certificate) { c.PermittedIPRanges = append(loopback, four) },
		"a top-level name":  func(c *x509.Certificate) { c.PermittedDNSDomains = []string{"com", "localhost"} },
		"authorities below": func(c *x509.Certificate) { c.MaxPathLenZero, c.MaxPathLen = false, 1 },
		"clients":           func(c *x509.Certificate) { c.ExtKeyUsage = append(c.ExtKeyUsage, x509.ExtKeyUsageClientAuth) },
		"anything":          func(c *x509.Certificate) { c.ExtKeyUsage = nil },
	} {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "tidewire local CA"}, NotBefore: start, NotAfter: start.AddDate(1, 0, 0),
			KeyUsage: x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, BasicConstraintsValid: true, IsCA: true, MaxPathLenZero: true,
			PermittedDNSDomainsCritical: true, PermittedDNSDomains: []string{"localhost"}, PermittedIPRanges: loopback}
		change(c)
		der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
		if err != nil {
			t.Fatal(err)
		}
		private, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		text := append(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
		dir := t.TempDir() + "/ca"
		openCA(t, dir, at(start))
		if err := os.WriteFile(filepath.Join(dir, "ca-0-key.pem"), text, 0o600); err != nil {
			t.Fatal(err)
		}
		if list, err := localca.List(dir); err == nil || !strings.Contains(err.Error(), "could vouch for more") {
			t.Errorf("%s: %v, %v", name, list, err)
		}
	}
}

func TestTrusted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir() + "/ca"
	openCA(t, dir, at(start))
	first, err := localca.List(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := localca.NoteTrusted(dir, first[0].Cert, true); err != nil {
		t.Fatal(err)
	}
	openCA(t, dir, at(start.AddDate(1, 0, 0))) // replaces it
	if err := os.WriteFile(filepath.Join(dir, "trusted-0123456789abcdef.pem"), []byte("noise"), 0o600); err != nil {
		t.Fatal(err)
	}
	noted, err := localca.Trusted(dir)
	if err != nil || len(noted) != 1 || !noted[0].Cert.Equal(first[0].Cert) {
		t.Fatalf("%v, %v", noted, err)
	}
	now, err := localca.List(dir)
	if err != nil || len(now) != 1 || now[0].Cert.Equal(first[0].Cert) {
		t.Errorf("%v, %v", now, err)
	}
	for range 2 {
		if err := localca.NoteTrusted(dir, first[0].Cert, false); err != nil {
			t.Error(err)
		}
	}
	if noted, err = localca.Trusted(dir); err != nil || len(noted) != 0 {
		t.Errorf("%v, %v", noted, err)
	}
}
