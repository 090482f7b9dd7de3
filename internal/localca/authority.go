package localca

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/tidewire/tidewire/internal/state"
)

const (
	lifetime = 365 * 24 * time.Hour // of an authority
	renewal  = 30 * 24 * time.Hour  // left: time for a new one
	backdate = time.Hour            // for clocks that are late
)

// Authority issues certificates for the names it was opened with.
type Authority struct {
	// immutable
	names names
	cert  *x509.Certificate
	key   *ecdsa.PrivateKey
	pem   []byte
	file  string
	now   func() time.Time

	mu     sync.Mutex
	leaves map[string]*leaf // guarded by mu
}

// Open opens, or makes, the user's authority for localhost, loopback and the
// given names: host names, "*." in front of two labels or more allowed, and IP
// addresses. now is the clock; nil is time.Now. Errors are
// [*state.Error] values, or name the name that cannot be vouched for.
func Open(dir string, hosts []string, now func() time.Time) (*Authority, error) {
	if now == nil {
		now = time.Now
	}
	all, err := parseNames(hosts)
	if err != nil {
		return nil, err
	}
	files, err := state.OpenPrivate(dir)
	if err != nil {
		return nil, err
	}
	a := &Authority{names: all, now: now, leaves: map[string]*leaf{}}
	err = files.Exclusive(func() error { return a.loadOrMake(files) })
	if err = errors.Join(err, files.Close()); err != nil {
		return nil, err
	}
	return a, nil
}

// loadOrMake fills in certificate and key; the caller holds the directory.
func (a *Authority) loadOrMake(files *state.Private) error {
	stem := "ca" + a.names.suffix()
	err := a.load(files, stem+"-key.pem")
	if errors.Is(err, errReplace) {
		err = a.make(files, stem+"-key.pem")
	}
	if err != nil {
		return err
	}
	a.pem = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})
	a.file = filepath.Join(files.Path(), stem+".pem")
	if old, err := files.Read(stem + ".pem"); err == nil && bytes.Equal(old, a.pem) {
		return nil
	}
	return files.Write(stem+".pem", a.pem)
}

// errReplace says that there is no authority yet, or that its time is over.
var errReplace = errors.New("localca: a new authority is needed")

func (a *Authority) load(files *state.Private, name string) error {
	text, err := files.Read(name)
	if errors.Is(err, fs.ErrNotExist) {
		return errReplace
	}
	if err != nil {
		return err
	}
	if a.key, a.cert = parsePair(text); a.cert == nil {
		return &state.Error{Path: filepath.Join(files.Path(), name), Problem: "the file is damaged or was written by another program",
			Hint: "delete it to have a new authority made; clients that trust the old one must be given the new"}
	}
	now := a.now()
	if now.Before(a.cert.NotBefore) || now.After(a.cert.NotAfter.Add(-renewal)) || !a.names.constrain(a.cert) {
		return errReplace
	}
	return nil
}

// parsePair reads a key and its certificate; nil if they are not a pair.
func parsePair(text []byte) (*ecdsa.PrivateKey, *x509.Certificate) {
	first, rest := pem.Decode(text)
	if first == nil {
		return nil, nil
	}
	second, _ := pem.Decode(rest)
	if second == nil {
		return nil, nil
	}
	parsed, err1 := x509.ParsePKCS8PrivateKey(first.Bytes)
	cert, err2 := x509.ParseCertificate(second.Bytes)
	key, ok := parsed.(*ecdsa.PrivateKey)
	if err1 != nil || err2 != nil || !ok || !key.PublicKey.Equal(cert.PublicKey) {
		return nil, nil
	}
	return key, cert
}

func (a *Authority) make(files *state.Private, name string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("localca: no key: %w", err)
	}
	template := a.template()
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return fmt.Errorf("localca: no certificate: %w", err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("localca: the key cannot be encoded: %w", err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})
	text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	if err := files.Write(name, text); err != nil {
		return err
	}
	a.key = key
	a.cert, err = x509.ParseCertificate(der)
	return err
}

// template is the authority's own certificate.
func (a *Authority) template() *x509.Certificate {
	now := a.now()
	return &x509.Certificate{
		Subject:                     pkix.Name{CommonName: "tidewire local CA" + a.names.suffix(), Organization: []string{"tidewire (this machine only)"}},
		NotBefore:                   now.Add(-backdate),
		NotAfter:                    now.Add(lifetime),
		KeyUsage:                    x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		ExtKeyUsage:                 []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid:       true,
		IsCA:                        true,
		MaxPathLenZero:              true,
		PermittedDNSDomainsCritical: true,
		PermittedDNSDomains:         a.names.domains(),
		PermittedIPRanges:           a.names.ranges(),
		ExcludedDNSDomains:          a.names.excluded(),
	}
}

// constrain says whether the certificate is limited to exactly these names.
func (n *names) constrain(c *x509.Certificate) bool {
	sameRange := func(a, b *net.IPNet) bool { return a.String() == b.String() }
	return c.IsCA && c.MaxPathLenZero && c.PermittedDNSDomainsCritical &&
		slices.Equal(c.PermittedDNSDomains, n.domains()) && slices.Equal(c.ExcludedDNSDomains, n.excluded()) && slices.EqualFunc(c.PermittedIPRanges, n.ranges(), sameRange)
}

// CertPEM is the authority's certificate.
func (a *Authority) CertPEM() []byte { return bytes.Clone(a.pem) }

// CertFile is the path of a file that holds [Authority.CertPEM].
func (a *Authority) CertFile() string { return a.file }

// Bundle is the system's roots followed by the authority's certificate.
func (a *Authority) Bundle(systemRoots []byte) []byte {
	bundle := bytes.Clone(systemRoots)
	if len(bundle) > 0 && bundle[len(bundle)-1] != '\n' {
		bundle = append(bundle, '\n')
	}
	return append(bundle, a.pem...)
}
