package gateway

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/tidewire/tidewire/internal/conn"
	"github.com/tidewire/tidewire/internal/localca"
)

// TestDropReachesTheTransport: a socket that is dropped is reset, under TLS too,
// so that nothing that its peer has not taken stays in the kernel.
func TestDropReachesTheTransport(t *testing.T) {
	t.Parallel()
	ca, err := localca.Open(filepath.Join(t.TempDir(), "ca"), []string{"localhost"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer inner.Close()
	l := &listener{Listener: inner, tls: &tls.Config{GetCertificate: ca.Certificate}}
	for name, secure := range map[string]bool{"plain": false, "TLS": true} {
		raw, err := net.Dial("tcp", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		client := raw
		if secure {
			client = tls.Client(raw, &tls.Config{ServerName: "localhost", InsecureSkipVerify: true}) //nolint:gosec // it is our own
		}
		go func() { _, _ = client.Write([]byte("x")) }()
		server, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := server.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		c := conn.New(server, nil, nil)
		if err := c.Send(bytes.Repeat([]byte("y"), 100_000)); err != nil {
			t.Fatal(err)
		}
		c.Drop()
		c.Serve()
		if _, err := io.Copy(io.Discard, raw); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("%s: the client's end is %v, want a reset", name, err)
		}
		raw.Close()
	}
}
