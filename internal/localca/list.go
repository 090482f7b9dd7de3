package localca

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tidewire/tidewire/internal/state"
)

// File is the certificate of an authority in a file.
type File struct {
	Path string
	Cert *x509.Certificate
}

// maxFiles is how many names of a directory are looked at.
const maxFiles = 4096

// List gives the authorities that a directory holds, in the order of their
// file names. Each has its key and is constrained as [Open] makes it; one that
// is not is an error, so that nobody is asked to trust it.
func List(dir string) ([]File, error) {
	return read(dir, func(files *state.Private, name string) (*x509.Certificate, string, error) {
		stem, ok := strings.CutSuffix(name, "-key.pem")
		if !ok || !strings.HasPrefix(stem, "ca") {
			return nil, "", nil
		}
		text, err := files.Read(name)
		if err != nil {
			return nil, "", err
		}
		_, cert := parsePair(text)
		if cert == nil || !constrained(cert) {
			return nil, "", &state.Error{Path: filepath.Join(files.Path(), name), Problem: "is no authority of tidewire's: it could vouch for more than the names of this machine's gateways",
				Hint: "delete it, and start tidewire serve to have a new one made"}
		}
		return cert, stem + ".pem", nil
	})
}

// constrained says whether an authority may vouch for nothing but the names
// that its constraints list.
func constrained(c *x509.Certificate) bool {
	given := slices.Clone(c.PermittedDNSDomains)
	for _, r := range c.PermittedIPRanges {
		given = append(given, r.IP.String())
	}
	n, err := parseNames(given)
	return err == nil && n.constrain(c) && len(c.PermittedEmailAddresses)+len(c.PermittedURIDomains) == 0 &&
		slices.Equal(c.ExtKeyUsage, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}) && len(c.UnknownExtKeyUsage) == 0
}

// read goes through the files of a directory, of which there need be none.
func read(dir string, one func(*state.Private, string) (cert *x509.Certificate, name string, err error)) (list []File, err error) {
	if _, err := os.Lstat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	files, err := state.OpenPrivate(dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, files.Close()) }()
	names, err := files.Names(maxFiles)
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	for _, name := range names {
		cert, shown, err := one(files, name)
		if err != nil {
			return nil, err
		}
		if cert != nil {
			list = append(list, File{Path: filepath.Join(files.Path(), shown), Cert: cert})
		}
	}
	return list, nil
}

// trustedPrefix begins the files of certificates that were given to trust
// stores.
const trustedPrefix = "trusted-"

func trustedName(c *x509.Certificate) string {
	sum := sha256.Sum256(c.Raw)
	return trustedPrefix + hex.EncodeToString(sum[:8]) + ".pem"
}

// Trusted gives the certificates that are noted as given to trust stores,
// among them those of authorities that have been replaced since.
func Trusted(dir string) ([]File, error) {
	return read(dir, func(files *state.Private, name string) (*x509.Certificate, string, error) {
		if !strings.HasPrefix(name, trustedPrefix) || !strings.HasSuffix(name, ".pem") {
			return nil, "", nil
		}
		text, err := files.Read(name)
		if err != nil {
			return nil, "", err
		}
		block, _ := pem.Decode(text)
		if block == nil {
			return nil, "", nil
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil || trustedName(cert) != name {
			return nil, "", nil
		}
		return cert, name, nil
	})
}

// NoteTrusted notes that a certificate was given to trust stores, or, with
// trusted false, that it was taken out of them.
func NoteTrusted(dir string, c *x509.Certificate, trusted bool) error {
	files, err := state.OpenPrivate(dir)
	if err != nil {
		return err
	}
	name := trustedName(c)
	if trusted {
		err = files.Write(name, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}))
	} else {
		err = files.Remove(name)
	}
	return errors.Join(err, files.Close())
}
