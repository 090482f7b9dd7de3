package apigateway_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/gobwas/ws"
	"go.uber.org/goleak"

	"github.com/tidewire/tidewire/apigateway"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	keyID  = "AKIDEXAMPLE"
	secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
	token  = "TOKEN/with+chars=="
)

// signedAt is the time of the published signatures that the tests compare with.
func signedAt() time.Time { return time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC) }

func keys(sessionToken string) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secret, SessionToken: sessionToken}, nil
	})
}

// peer is the server's end of a socket.
type peer struct {
	net.Conn
	r *http.Request
}

// gateway is a server that hands every socket to serve and refuses with
// refuse, if that is set.
type gateway struct {
	url    string
	mu     sync.Mutex
	refuse http.HandlerFunc
}

func (g *gateway) refuseWith(f http.HandlerFunc) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.refuse = f
}

// newGateway starts a server on loopback and ends it with the test, waiting
// for every serve.
func newGateway(t *testing.T, serve func(p *peer)) *gateway {
	t.Helper()
	g := &gateway{}
	var sockets sync.WaitGroup
	handler := func(w http.ResponseWriter, r *http.Request) {
		g.mu.Lock()
		refuse := g.refuse
		g.mu.Unlock()
		if refuse != nil {
			refuse(w, r)
			return
		}
		sockets.Add(1) // before the upgrade, after which the server does not wait
		upgrader := ws.HTTPUpgrader{Protocol: func(p string) bool { return p == "chat.v2" }}
		conn, _, _, err := upgrader.Upgrade(r, w)
		if err != nil {
			t.Errorf("upgrade: %v", err)
			sockets.Done()
			return
		}
		go func() {
			defer sockets.Done()
			defer conn.Close()
			serve(&peer{conn, r})
		}()
	}
	server := httptest.NewServer(http.HandlerFunc(handler))
	t.Cleanup(func() { server.Close(); sockets.Wait() })
	g.url = strings.Replace(server.URL, "http", "ws", 1) + "/prod"
	return g
}

// frame reads one frame.
func (p *peer) frame() (ws.Frame, error) {
	h, err := ws.ReadHeader(p)
	if err != nil || h.Length > 1<<20 {
		return ws.Frame{}, errors.Join(err, errors.New("no frame"))
	}
	f := ws.Frame{Header: h, Payload: make([]byte, h.Length)}
	_, err = io.ReadFull(p, f.Payload)
	ws.Cipher(f.Payload, h.Mask, 0)
	f.Header.Masked = false
	return f, err
}

func (p *peer) text(s string) error { return ws.WriteFrame(p, ws.NewTextFrame([]byte(s))) }

func (p *peer) close(code ws.StatusCode, reason string) {
	_ = ws.WriteFrame(p, ws.NewCloseFrame(ws.NewCloseFrameBody(code, reason)))
}

// echo sends back every message, and the close frame, after which it ends.
func echo(p *peer) {
	for {
		f, err := p.frame()
		if err != nil {
			return
		}
		switch f.Header.OpCode {
		case ws.OpPing:
			f = ws.NewPongFrame(f.Payload)
		case ws.OpClose:
			_ = ws.WriteFrame(p, ws.NewCloseFrame(f.Payload))
			_, _ = io.Copy(io.Discard, p) // until the client hangs up
			return
		}
		if ws.WriteFrame(p, f) != nil {
			return
		}
	}
}

func dial(t *testing.T, url string, o *apigateway.DialOptions) *apigateway.Conn {
	t.Helper()
	conn, err := apigateway.Dial(t.Context(), url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(1000, "") })
	return conn
}

func receive(t *testing.T, c *apigateway.Conn) apigateway.Message {
	t.Helper()
	m, err := c.Receive(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// recorder is a transport that keeps the requests and refuses them.
type recorder struct {
	mu       sync.Mutex
	requests []*http.Request
	answer   func() *http.Response // nil: an error
}

func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests = append(r.requests, req)
	if r.answer == nil {
		return nil, errors.New("no network in this test")
	}
	return r.answer(), nil
}

func (r *recorder) last(t *testing.T) *http.Request {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.requests) == 0 {
		t.Fatal("nothing was sent")
	}
	return r.requests[len(r.requests)-1]
}
