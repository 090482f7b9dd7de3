package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/gobwas/ws"

	"github.com/tidewire/tidewire/sigv4"
)

// credentials reads the environment: the benchmarks run after
// eval "$(tidewire env)".
func credentials(context.Context) (aws.Credentials, error) {
	c := aws.Credentials{AccessKeyID: os.Getenv("AWS_ACCESS_KEY_ID"), SecretAccessKey: os.Getenv("AWS_SECRET_ACCESS_KEY"), SessionToken: os.Getenv("AWS_SESSION_TOKEN")}
	if c.AccessKeyID == "" {
		return c, fmt.Errorf("no AWS_ACCESS_KEY_ID: eval \"$(tidewire env)\", or -unsigned")
	}
	return c, nil
}

func signer() *sigv4.Signer {
	return &sigv4.Signer{Credentials: aws.CredentialsProviderFunc(credentials), Service: "execute-api", Region: os.Getenv("AWS_REGION")}
}

// presigned is the URL to connect to.
func presigned(ctx context.Context, s *sigv4.Signer, o *options) (string, error) {
	if o.unsigned {
		return o.url, nil
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, o.url, nil)
	if err != nil {
		return "", err
	}
	return s.Presign(ctx, r, 0, sigv4.EmptyPayload)
}

// socket is a bare client connection: frames straight on the wire, so that
// the client costs as little as it can.
type socket struct {
	net.Conn
	r *bufio.Reader
}

func connect(ctx context.Context, s *sigv4.Signer, o *options, buffer int) (*socket, error) {
	target, err := presigned(ctx, s, o)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(target)
	if err != nil {
		return nil, err
	}
	nc, err := dial(ctx, u, o.ca)
	if err != nil {
		return nil, err
	}
	head := "GET " + u.RequestURI() + " HTTP/1.1\r\nHost: " + u.Host +
		"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
	if _, err := io.WriteString(nc, head); err != nil {
		return nil, err
	}
	r := bufio.NewReaderSize(nc, buffer)
	res, err := http.ReadResponse(r, nil)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusSwitchingProtocols {
		body, _ := io.ReadAll(io.LimitReader(res.Body, 300))
		return nil, fmt.Errorf("handshake: %s %s", res.Status, body)
	}
	return &socket{nc, r}, nil
}

func dial(ctx context.Context, u *url.URL, ca string) (net.Conn, error) {
	nc, err := (&net.Dialer{}).DialContext(ctx, "tcp", u.Host)
	if err != nil || u.Scheme != "wss" {
		return nc, err
	}
	roots := x509.NewCertPool()
	pem, err := os.ReadFile(ca)
	if err != nil {
		return nil, err
	}
	roots.AppendCertsFromPEM(pem)
	t := tls.Client(nc, &tls.Config{RootCAs: roots, ServerName: u.Hostname(), MinVersion: tls.VersionTLS12})
	return t, t.HandshakeContext(ctx)
}

// send writes one masked text message.
func (s *socket) send(text []byte) error {
	f := ws.MaskFrame(ws.NewTextFrame(append([]byte(nil), text...)))
	b, err := ws.CompileFrame(f)
	if err != nil {
		return err
	}
	_, err = s.Write(b)
	return err
}

// receive reads one message.
func (s *socket) receive(into []byte) ([]byte, error) {
	into = into[:0]
	for {
		h, err := ws.ReadHeader(s.r)
		if err != nil {
			return nil, err
		}
		start := len(into)
		into = append(into, make([]byte, h.Length)...)
		if _, err := io.ReadFull(s.r, into[start:]); err != nil {
			return nil, err
		}
		switch {
		case h.OpCode == ws.OpClose:
			return nil, io.EOF
		case h.OpCode.IsControl():
			into = into[:start]
		case h.Fin:
			return into, nil
		}
	}
}
