package localca

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// errNoRoots says that the system has no bundle in any of the usual places.
var errNoRoots = errors.New("localca: the system's root certificates were not found" +
	"\n    hint: install the package ca-certificates")

// rootFiles are the bundles of the systems that keep one: Debian, Ubuntu,
// Alpine, Arch; Fedora and RHEL 6; openSUSE; OpenELEC; RHEL 7; Alpine, macOS
// and OpenBSD; FreeBSD; NetBSD.
func rootFiles() []string {
	return []string{
		"/etc/ssl/certs/ca-certificates.crt",
		"/etc/pki/tls/certs/ca-bundle.crt",
		"/etc/ssl/ca-bundle.pem",
		"/etc/pki/tls/cacert.pem",
		"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
		"/etc/ssl/cert.pem",
		"/usr/local/etc/ssl/cert.pem",
		"/etc/openssl/certs/ca-certificates.crt",
	}
}

// SystemRoots is the system's root certificates in PEM. On Linux and the BSDs
// it is the distribution's bundle; on macOS the bundle that Apple ships for
// command-line programs, without what was added to a keychain; on Windows the
// machine's and the user's ROOT store.
func SystemRoots() ([]byte, error) { return systemRoots() }

// firstBundle reads the first of the files that holds a certificate.
func firstBundle(files []string) ([]byte, error) {
	var unreadable error
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err == nil && bytes.Contains(data, []byte("-----BEGIN CERTIFICATE-----")) {
			return data, nil
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) && unreadable == nil {
			unreadable = fmt.Errorf("localca: %w", err)
		}
	}
	return nil, errors.Join(errNoRoots, unreadable)
}
