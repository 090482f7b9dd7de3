package conn

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
)

// loopback is both ends of a TCP connection.
func loopback(t testing.TB) (server, client net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if client, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if server, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	return server, client
}

// certificate is a fresh self-signed one.
func certificate(t testing.TB) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// loopbackTLS makes pairs as loopback does, with TLS between them.
func loopbackTLS(t testing.TB) func(testing.TB) (server, client net.Conn) {
	cert := certificate(t)
	return func(t testing.TB) (net.Conn, net.Conn) {
		t.Helper()
		a, b := loopback(t)
		server := tls.Server(a, &tls.Config{Certificates: []tls.Certificate{cert}})
		client := tls.Client(b, &tls.Config{InsecureSkipVerify: true}) // self-signed by this test
		shaken := make(chan error, 1)
		go func() { shaken <- client.Handshake() }()
		if err := errors.Join(server.Handshake(), <-shaken); err != nil {
			t.Fatal(err)
		}
		return server, client
	}
}

// TestTLSIdle: read deadlines pass inside TLS, and the connection lives on
// until it is really idle.
func TestTLSIdle(t *testing.T) {
	t.Parallel()
	cert := certificate(t)
	synctest.Test(t, func(t *testing.T) {
		a, b := net.Pipe()
		server := tls.Server(a, &tls.Config{Certificates: []tls.Certificate{cert}})
		client := tls.Client(b, &tls.Config{InsecureSkipVerify: true}) // self-signed by this test
		ended := make(chan Closed)
		echo := &Options{Idle: time.Minute, Message: func(c *Conn, text []byte) { _ = c.Send(text) }}
		go func() { ended <- New(server, nil, echo).Serve() }()
		start := time.Now()
		for i := range 4 {
			long := strings.Repeat("x", 1+i*8000)
			if _, err := client.Write(text(long)); err != nil {
				t.Fatal(err)
			}
			if f, err := readFrame(client); err != nil || f.Data != long {
				t.Fatalf("echo of %d bytes: %d bytes, %v", len(long), len(f.Data), err)
			}
			time.Sleep(40 * time.Second) // the bubble's time
		}
		if f, err := readFrame(client); err != nil || f != goingAway {
			t.Errorf("got %v, %v; want %v", f, err, goingAway)
		}
		if got, want := time.Since(start), 3*40*time.Second+time.Minute; got != want {
			t.Errorf("idle after %v, want %v", got, want)
		}
		go client.Close() // writes its farewell, which the server may not read
		if got := <-ended; got.Code != 1001 || got.Why != WhyIdle {
			t.Errorf("ended %+v, want idle", got)
		}
	})
}

// TestSlowConsumerTCP fills real socket buffers, under TLS too: the drop must
// not wait for a farewell that cannot be written.
func TestSlowConsumerTCP(t *testing.T) {
	t.Parallel()
	for _, pair := range []func(testing.TB) (server, client net.Conn){loopback, loopbackTLS(t)} {
		server, client := pair(t)
		c := New(server, nil, &Options{WriteTimeout: 200 * time.Millisecond})
		ended := make(chan Closed, 1)
		start := time.Now()
		go func() { ended <- c.Serve() }()
		message := make([]byte, 32<<10)
		for !errors.Is(c.Send(message), ErrClosed) {
			c.LastActive()
		}
		if got := <-ended; got.Why != WhySlowConsumer {
			t.Errorf("%T: ended %+v, want a slow consumer", server, got)
		}
		if d := time.Since(start); d > 4*time.Second {
			t.Errorf("%T: dropped after %v, want soon after 200ms", server, d)
		}
		client.Close()
	}
}

// TestOtherClient talks to a client that others wrote, over HTTP and TCP.
func TestOtherClient(t *testing.T) {
	t.Parallel()
	ended := make(chan Closed, 1)
	o := &Options{RefuseBinary: true, Buffers: new(Buffers), Message: func(c *Conn, text []byte) { _ = c.Send(text) }}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if e := CheckUpgrade(r); e != nil {
			t.Errorf("upgrade: %v", e)
		}
		nc, leftover, err := Hijack(w)
		if err != nil {
			t.Errorf("hijack: %v", err)
			return
		}
		if err := Answer(nc, Switching(r, time.Now())); err != nil {
			t.Errorf("answer: %v", err)
		}
		c := New(nc, leftover, o)
		go func() { ended <- c.Serve() }()
	}))
	defer server.Close()
	ctx := t.Context()
	client := dial(t, ctx, server.URL)
	for _, size := range []int{0, 1, 125, 126, 4090, 4096, 4100, 30_000, 32_768} {
		want := strings.Repeat("é", size/2) + strings.Repeat("x", size%2)
		if err := client.Write(ctx, websocket.MessageText, []byte(want)); err != nil {
			t.Fatalf("writing %d bytes: %v", size, err)
		}
		if kind, got, err := client.Read(ctx); err != nil || string(got) != want || kind != websocket.MessageText {
			t.Fatalf("echo of %d bytes: %d bytes, %v, %v", size, len(got), kind, err)
		}
	}
	if err := client.Close(4000, "done"); err != nil {
		t.Errorf("closing: %v", err)
	}
	if got, want := <-ended, (Closed{Code: 4000, Reason: "done", By: Client, Why: WhyClient}); got != want {
		t.Errorf("ended %+v, want %+v", got, want)
	}
	for _, tt := range []struct {
		kind websocket.MessageType
		data string
		code websocket.StatusCode
	}{
		{websocket.MessageBinary, "x", 1003},
		{websocket.MessageText, "\xff", 1007},
		{websocket.MessageText, strings.Repeat("x", 32_769), 1009},
		{websocket.MessageText, strings.Repeat("x", 5_000_000), 1009},
	} {
		client := dial(t, ctx, server.URL)
		go func() { _ = client.Write(ctx, tt.kind, []byte(tt.data)) }() // fails once closed
		if _, _, err := client.Read(ctx); websocket.CloseStatus(err) != tt.code {
			t.Errorf("%v of %d bytes: %v, want close code %d", tt.kind, len(tt.data), err, tt.code)
		}
		if got := <-ended; got.Code != int(tt.code) || got.By != Server || got.Cause == nil {
			t.Errorf("%v of %d bytes: ended %+v, want %d by the server", tt.kind, len(tt.data), got, tt.code)
		}
	}
}

func dial(t *testing.T, ctx context.Context, url string) *websocket.Conn {
	t.Helper()
	client, _, err := websocket.Dial(ctx, url, &websocket.DialOptions{CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		t.Fatalf("dial: %v", err)
	}
	t.Cleanup(func() { client.CloseNow() })
	client.SetReadLimit(1 << 20)
	return client
}
