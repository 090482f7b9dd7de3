//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/gobwas/ws"
)

const patience = 30 * time.Second

// socket is a bare WebSocket client.
type socket struct {
	net.Conn
	tcp *net.TCPConn
	r   *bufio.Reader
}

// open connects and says hello.
func (t *target) open(ctx context.Context, hello []exchange) (*socket, error) {
	u, err := url.Parse(t.realtime)
	if err != nil {
		return nil, err
	}
	s, err := t.dial(ctx, u)
	if err != nil {
		return nil, err
	}
	if err := s.upgrade(u, t.protocol); err != nil {
		_ = s.Close()
		return nil, err
	}
	for _, x := range hello {
		if err := s.exchange(x); err != nil {
			_ = s.Close()
			return nil, err
		}
	}
	return s, s.SetDeadline(time.Time{})
}

func (t *target) dial(ctx context.Context, u *url.URL) (*socket, error) {
	nc, err := (&net.Dialer{}).DialContext(ctx, "tcp", u.Host)
	if err != nil {
		return nil, err
	}
	s := &socket{Conn: nc, tcp: nc.(*net.TCPConn)}
	if u.Scheme == "wss" {
		pem, err := os.ReadFile(t.ca)
		if err != nil {
			return nil, err
		}
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(pem)
		c := tls.Client(nc, &tls.Config{RootCAs: roots, ServerName: u.Hostname(), MinVersion: tls.VersionTLS12})
		if err := c.HandshakeContext(ctx); err != nil {
			return nil, err
		}
		s.Conn = c
	}
	s.r = bufio.NewReaderSize(s.Conn, 1024)
	return s, s.SetDeadline(time.Now().Add(patience))
}

func (s *socket) upgrade(u *url.URL, protocol string) error {
	head := "GET " + u.RequestURI() + " HTTP/1.1\r\nHost: " + u.Host +
		"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	if protocol != "" {
		head += "Sec-WebSocket-Protocol: " + protocol + "\r\n"
	}
	if _, err := io.WriteString(s, head+"\r\n"); err != nil {
		return err
	}
	res, err := http.ReadResponse(s.r, nil)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusSwitchingProtocols {
		body, _ := io.ReadAll(io.LimitReader(res.Body, 300))
		return fmt.Errorf("handshake: %s %s", res.Status, body)
	}
	return nil
}

// exchange sends a message and reads until the answer that is wanted.
func (s *socket) exchange(x exchange) error {
	if err := s.send([]byte(x.send)); err != nil {
		return err
	}
	return s.await(x.want)
}

func (s *socket) send(text []byte) error {
	b, err := ws.CompileFrame(ws.MaskFrame(ws.NewTextFrame(bytes.Clone(text))))
	if err == nil {
		_, err = s.Write(b)
	}
	return err
}

func (s *socket) await(want string) error {
	for {
		h, err := ws.ReadHeader(s.r)
		if err != nil {
			return fmt.Errorf("waiting for %s: %w", want, err)
		}
		payload := make([]byte, h.Length)
		if _, err := io.ReadFull(s.r, payload); err != nil {
			return err
		}
		switch {
		case h.OpCode == ws.OpClose:
			return fmt.Errorf("waiting for %s: closed: %.200q", want, payload)
		case bytes.Contains(payload, []byte(want)):
			return nil
		case bytes.Contains(payload, []byte(`error`)):
			return fmt.Errorf("waiting for %s: %.300s", want, payload)
		}
	}
}

// openAll opens n sockets.
func (t *target) openAll(ctx context.Context, n int) (list []*socket, err error) {
	for range n {
		s, err := t.open(ctx, t.hello)
		if err != nil {
			closeAll(list)
			return nil, fmt.Errorf("%s: socket %d: %w", t.name, len(list), err)
		}
		list = append(list, s)
	}
	return list, nil
}

func closeAll(list []*socket) {
	for _, s := range list {
		_ = s.tcp.SetLinger(0) // no port is to wait
		_ = s.tcp.Close()
	}
}
