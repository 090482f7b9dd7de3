package localca_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidewire/tidewire/internal/localca"
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func at(t time.Time) func() time.Time { return func() time.Time { return t } }

const awsName = "abc123.execute-api.us-east-1.amazonaws.com"

func openCA(t *testing.T, dir string, now func() time.Time, names ...string) *localca.Authority {
	t.Helper()
	a, err := localca.Open(dir, names, now)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func pool(t *testing.T, pems ...[]byte) *x509.CertPool {
	t.Helper()
	p := x509.NewCertPool()
	for _, text := range pems {
		if !p.AppendCertsFromPEM(text) {
			t.Fatal("no certificate in the PEM")
		}
	}
	return p
}

// reached is a connection that arrived at an address.
type reached struct {
	net.Conn
	addr string
}

func (r reached) LocalAddr() net.Addr {
	ap, err := net.ResolveTCPAddr("tcp", net.JoinHostPort(r.addr, "1"))
	if err != nil {
		return &net.UnixAddr{Name: r.addr}
	}
	return ap
}

func TestCertificateVerifies(t *testing.T) {
	t.Parallel()
	a := openCA(t, t.TempDir()+"/ca", at(start), "Chat.Example.com", awsName, "devbox", "*.apps.example.net", "192.0.2.7", "2001:db8::1")
	tests := []struct{ sni, local, verify string }{
		{"", "", "localhost"},
		{"", "", "127.0.0.1"},
		{"", "", "::1"},
		{"", "", "192.0.2.7"},
		{"", "", "2001:db8::1"},
		{"", "127.0.0.1", "127.0.0.1"},
		{"", "127.8.9.10", "127.8.9.10"},
		{"localhost", "", "localhost"},
		{"LOCALHOST", "127.0.0.1", "127.0.0.1"},
		{"chat.example.com", "", "chat.example.com"},
		{"CHAT.example.com.", "", "chat.example.com"},
		{awsName, "", awsName},
		{"devbox", "", "devbox"},
		{"one.apps.example.net", "", "one.apps.example.net"},
	}
	for _, tt := range tests {
		t.Run(tt.sni+" "+tt.verify, func(t *testing.T) {
			t.Parallel()
			hello := &tls.ClientHelloInfo{ServerName: tt.sni}
			if tt.local != "" {
				hello.Conn = reached{addr: tt.local}
			}
			cert, err := a.Certificate(hello)
			if err != nil {
				t.Fatal(err)
			}
			_, err = cert.Leaf.Verify(x509.VerifyOptions{DNSName: tt.verify, Roots: pool(t, a.CertPEM()), CurrentTime: start,
				KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
			if err != nil {
				t.Error(err)
			}
			if life := cert.Leaf.NotAfter.Sub(start); life > 24*time.Hour {
				t.Errorf("it lives %v", life)
			}
		})
	}
}

func TestCertificateRefuses(t *testing.T) {
	t.Parallel()
	a := openCA(t, t.TempDir()+"/ca", at(start), "chat.example.com", "*.apps.example.net")
	for _, sni := range []string{"example.com", "x.chat.example.com", awsName, "a.b.apps.example.net", "apps.example.net",
		"*.apps.example.net", ".apps.example.net", "foo.localhost", "127.0.0.1.example.com", strings.Repeat("a.", 2000),
		"a b.apps.example.net", "a\x00.apps.example.net", "**.apps.example.net", "ü.apps.example.net", "-a.apps.example.net", strings.Repeat("a", 64) + ".apps.example.net"} {
		_, err := a.Certificate(&tls.ClientHelloInfo{ServerName: sni})
		if err == nil {
			t.Errorf("a certificate for %.40q", sni)
		} else if len(err.Error()) > 400 {
			t.Errorf("%.40q: the error has %d bytes", sni, len(err.Error()))
		}
	}
}

// TestConstraints signs with the stolen key what the authority would not.
func TestConstraints(t *testing.T) {
	t.Parallel()
	dir := t.TempDir() + "/ca"
	a := openCA(t, dir, at(start), "chat.example.com", "devbox")
	ca, key := stolen(t, dir)
	if !ca.PermittedDNSDomainsCritical || !ca.IsCA || !ca.MaxPathLenZero {
		t.Error("the authority is not limited")
	}
	if diff := cmp.Diff([]string{"chat.example.com", "devbox", "localhost"}, ca.PermittedDNSDomains); diff != "" {
		t.Error(diff)
	}
	for _, tt := range []struct {
		host string
		ok   bool
	}{
		{"chat.example.com", true}, {"localhost", true}, {"devbox", true}, {"bank.devbox", false}, {"127.0.0.9", true}, {"::1", true},
		{"example.com", false}, {"bank.example", false}, {awsName, false}, {"10.0.0.1", false}, {"::2", false}, {"8.8.8.8", false},
	} {
		forged := &x509.Certificate{NotBefore: start.Add(-time.Minute), NotAfter: start.Add(time.Hour),
			ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
		if ip := net.ParseIP(tt.host); ip != nil {
			forged.IPAddresses = []net.IP{ip}
		} else {
			forged.DNSNames = []string{tt.host}
		}
		cert := sign(t, forged, ca, key)
		_, err := cert.Verify(x509.VerifyOptions{DNSName: tt.host, Roots: pool(t, a.CertPEM()), CurrentTime: start})
		if (err == nil) != tt.ok {
			t.Errorf("%s: %v, want ok %v", tt.host, err, tt.ok)
		}
	}
	client := sign(t, &x509.Certificate{NotBefore: start.Add(-time.Minute), NotAfter: start.Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}, ca, key)
	if _, err := client.Verify(x509.VerifyOptions{Roots: pool(t, a.CertPEM()), CurrentTime: start,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}); err == nil {
		t.Error("the authority can vouch for clients")
	}
}

// stolen reads the authority's key file.
func stolen(t *testing.T, dir string) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "ca*-key.pem"))
	if err != nil || len(files) != 1 {
		t.Fatalf("key files: %q, %v", files, err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	first, rest := pem.Decode(text)
	second, _ := pem.Decode(rest)
	key, err := x509.ParsePKCS8PrivateKey(first.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(second.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return cert, key.(*ecdsa.PrivateKey)
}

func sign(t *testing.T, template, ca *x509.Certificate, key *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	own, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca, own.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func TestOpenKeepsAndReplaces(t *testing.T) {
	t.Parallel()
	dir := t.TempDir() + "/ca"
	first := openCA(t, dir, at(start))
	if again := openCA(t, dir, at(start.Add(300*24*time.Hour))); !bytes.Equal(first.CertPEM(), again.CertPEM()) {
		t.Error("replaced without need")
	}
	if base := filepath.Base(first.CertFile()); base != "ca.pem" {
		t.Errorf("file %s", base)
	}
	other := openCA(t, dir, at(start), "b.example.com", "a.example.com", "b.example.com", "localhost", "127.0.0.1")
	if bytes.Equal(first.CertPEM(), other.CertPEM()) || first.CertFile() == other.CertFile() {
		t.Error("other names, same authority")
	}
	if same := openCA(t, dir, at(start), "A.example.com.", "b.example.com"); !bytes.Equal(other.CertPEM(), same.CertPEM()) {
		t.Error("the same names in another order gave another authority")
	}
	if still := openCA(t, dir, at(start)); !bytes.Equal(first.CertPEM(), still.CertPEM()) {
		t.Error("another project's names replaced the authority")
	}
	renewed := openCA(t, dir, at(start.Add(340*24*time.Hour)))
	if bytes.Equal(first.CertPEM(), renewed.CertPEM()) {
		t.Error("kept although it ends soon")
	}
	if text, err := os.ReadFile(renewed.CertFile()); err != nil || !bytes.Equal(text, renewed.CertPEM()) {
		t.Errorf("the file holds another certificate (%v)", err)
	}
	if early := openCA(t, dir, at(start.Add(-48*time.Hour))); bytes.Equal(early.CertPEM(), renewed.CertPEM()) {
		t.Error("kept although it is not valid yet")
	}
}

func TestFilesArePrivate(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("mode is not checked on Windows")
	}
	dir := t.TempDir() + "/config/tidewire"
	openCA(t, dir, at(start))
	for name, want := range map[string]os.FileMode{".": 0o700, "ca.pem": 0o600, "ca-key.pem": 0o600} {
		fi, err := os.Stat(filepath.Join(dir, name))
		if err != nil || fi.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", name, fi, err)
		}
	}
	if err := os.Chmod(filepath.Join(dir, "ca-key.pem"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := localca.Open(dir, nil, at(start)); err == nil || !strings.Contains(err.Error(), "mode 0644") {
		t.Errorf("with a key that all can read: %v", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	if _, err := localca.Open(t.TempDir()+"/ca", []string{"com", "chat.example.com"}, nil); err == nil || !strings.Contains(err.Error(), "hint:") {
		t.Errorf("Open for a top-level domain = %v", err)
	}
	for _, name := range []string{"", "dev box", "*", "*.com", "*.*", "a..b", "-a.b", "a b.c", "exa_mple.c\n", "1.2.3.400", "https://a.b", "*.*.a.b", strings.Repeat("a", 64) + ".b"} {
		if _, err := localca.Open(t.TempDir()+"/ca", []string{name}, nil); err == nil || !strings.Contains(err.Error(), "hint:") {
			t.Errorf("Open for %.20q = %v", name, err)
		}
	}
}

func TestDamagedKey(t *testing.T) {
	t.Parallel()
	dir := t.TempDir() + "/ca"
	openCA(t, dir, at(start))
	whole, err := os.ReadFile(filepath.Join(dir, "ca-key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	other := t.TempDir() + "/ca"
	openCA(t, other, at(start))
	foreign, err := os.ReadFile(filepath.Join(other, "ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	first, _ := pem.Decode(whole)
	for name, text := range map[string][]byte{"empty": nil, "half": whole[:len(whole)/2], "key only": pem.EncodeToMemory(first),
		"another's certificate": append(pem.EncodeToMemory(first), foreign...), "noise": []byte("noise")} {
		if err := os.WriteFile(filepath.Join(dir, "ca-key.pem"), text, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := localca.Open(dir, nil, at(start)); err == nil || !strings.Contains(err.Error(), "delete it") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLeafCache(t *testing.T) {
	t.Parallel()
	now := start
	a := openCA(t, t.TempDir()+"/ca", func() time.Time { return now }, "*.example.com")
	get := func(host string) *tls.Certificate {
		c, err := a.Certificate(&tls.ClientHelloInfo{ServerName: host})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	first := get("a.example.com")
	now = now.Add(11 * time.Hour)
	if get("a.example.com") != first {
		t.Error("issued anew within half of its life")
	}
	now = now.Add(2 * time.Hour)
	second := get("a.example.com")
	if second == first {
		t.Error("kept past half of its life")
	}
	for i := range 70 { // more than are kept
		now = now.Add(time.Second)
		get(fmt.Sprintf("h%d.example.com", i))
	}
	if get("a.example.com") == second {
		t.Error("nothing was dropped")
	}
	now = start.Add(366 * 24 * time.Hour)
	if _, err := a.Certificate(&tls.ClientHelloInfo{}); err == nil || !strings.Contains(err.Error(), "restart") {
		t.Errorf("after the authority's end: %v", err)
	}
}

func TestBundle(t *testing.T) {
	t.Parallel()
	a := openCA(t, t.TempDir()+"/ca", at(start))
	other := openCA(t, t.TempDir()+"/ca", at(start))
	want := string(other.CertPEM()) + string(a.CertPEM())
	if got := string(a.Bundle(other.CertPEM())); got != want {
		t.Error("not the roots and then the authority")
	}
	if got := string(a.Bundle(bytes.TrimRight(other.CertPEM(), "\n"))); got != want {
		t.Error("roots without a last newline run into the authority")
	}
	if got := a.Bundle(nil); !bytes.Equal(got, a.CertPEM()) {
		t.Error("without roots")
	}
}

func TestSystemRoots(t *testing.T) {
	t.Parallel()
	roots, err := localca.SystemRoots()
	if err != nil {
		if !strings.Contains(err.Error(), "hint:") {
			t.Errorf("no hint in %v", err)
		}
		t.Skip("this machine has no root certificates")
	}
	pool(t, roots)
}

// TestHandshake has crypto/tls on both ends.
func TestHandshake(t *testing.T) {
	t.Parallel()
	a := openCA(t, t.TempDir()+"/ca", nil, awsName)
	for _, host := range []string{"localhost", "127.0.0.1", awsName} {
		c, s := net.Pipe()
		var wg sync.WaitGroup
		wg.Go(func() {
			server := tls.Server(s, &tls.Config{GetCertificate: a.Certificate})
			_, err := io.Copy(io.Discard, server)
			if err := errors.Join(err, s.Close()); err != nil {
				t.Errorf("%s: server: %v", host, err)
			}
		})
		client := tls.Client(c, &tls.Config{ServerName: host, RootCAs: pool(t, a.CertPEM())})
		if err := errors.Join(client.Handshake(), client.Close()); err != nil {
			t.Errorf("%s: %v", host, err)
		}
		wg.Wait()
	}
}

func TestConcurrent(t *testing.T) {
	t.Parallel()
	dir := t.TempDir() + "/ca"
	got := make([][]byte, 6)
	var wg sync.WaitGroup
	for i := range got {
		wg.Go(func() {
			a, err := localca.Open(dir, nil, at(start))
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := a.Certificate(&tls.ClientHelloInfo{}); err != nil {
				t.Error(err)
			}
			got[i] = a.CertPEM()
		})
	}
	wg.Wait()
	for i := range got {
		if !bytes.Equal(got[0], got[i]) {
			t.Errorf("opener %d has another authority", i)
		}
	}
}

func BenchmarkCertificate(b *testing.B) {
	a, err := localca.Open(b.TempDir()+"/ca", nil, nil)
	if err != nil {
		b.Fatal(err)
	}
	hello := &tls.ClientHelloInfo{ServerName: "localhost"}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := a.Certificate(hello); err != nil {
			b.Fatal(err)
		}
	}
}
