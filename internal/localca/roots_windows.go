package localca

import (
	"encoding/pem"
	"fmt"
	"unsafe"

	"golang.org/x/sys/windows"
)

// systemRoots lists the store ROOT, which shows the machine's and the user's
// roots together.
func systemRoots() ([]byte, error) {
	name, err := windows.UTF16PtrFromString("ROOT")
	if err != nil {
		return nil, fmt.Errorf("localca: %w", err)
	}
	store, err := windows.CertOpenSystemStore(0, name)
	if err != nil {
		return nil, fmt.Errorf("localca: the system's root certificates cannot be opened: %w", err)
	}
	defer func() { _ = windows.CertCloseStore(store, 0) }() // nothing was written
	var bundle []byte
	for cert, err := windows.CertEnumCertificatesInStore(store, nil); err == nil; cert, err = windows.CertEnumCertificatesInStore(store, cert) {
		der := unsafe.Slice(cert.EncodedCert, cert.Length)
		bundle = append(bundle, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	if len(bundle) == 0 {
		return nil, errNoRoots
	}
	return bundle, nil
}
