package clientws_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	"go.uber.org/goleak"

	"github.com/tidewire/tidewire/internal/clientws"
	"github.com/tidewire/tidewire/internal/memnet"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// dial connects to a server in memory.
func dial(t *testing.T, serve func(nc net.Conn)) *clientws.Conn {
	t.Helper()
	client := memnet.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		nc, _, _, err := ws.UpgradeHTTP(r, w)
		if err != nil {
			t.Error(err)
			return
		}
		defer nc.Close()
		serve(nc)
	}))
	conn, _, err := clientws.Dial(t.Context(), "ws://test", &websocket.DialOptions{HTTPClient: client})
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

func TestClose(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		conn := dial(t, func(nc net.Conn) {
			for {
				if _, err := wsutil.ReadClientText(nc); err != nil { // it answers the close frame
					return
				}
			}
		})
		began := time.Now()
		if err := conn.Close(1000, ""); err != nil || time.Since(began) != 0 {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

// Whatever the server does not do, Close ends.
func TestCloseIsBounded(t *testing.T) {
	t.Parallel()
	for name, serve := range map[string]func(nc net.Conn){
		"nothing is read":     func(nc net.Conn) { _ = ws.WriteFrame(nc, ws.NewTextFrame(make([]byte, 8<<10))) },
		"nothing is answered": func(nc net.Conn) { _, _ = io.Copy(io.Discard, nc) },
		"a message is never finished": func(nc net.Conn) {
			var writing sync.WaitGroup
			writing.Go(func() {
				_ = ws.WriteHeader(nc, ws.Header{Fin: true, OpCode: ws.OpText, Length: 1000})
				_, _ = nc.Write([]byte("begun"))
			})
			_, _ = io.Copy(io.Discard, nc)
			_ = nc.Close()
			writing.Wait()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				conn := dial(t, serve)
				began := time.Now()
				if err := conn.Close(1000, ""); !errors.Is(err, clientws.ErrLate) || time.Since(began) != clientws.CloseTime {
					t.Errorf("%v after %v", err, time.Since(began))
				}
			})
		})
	}
}

// What is missing its end is no message, wherever it was cut.
func TestCutMessages(t *testing.T) {
	t.Parallel()
	for _, came := range []int{0, 1, 512, 999} {
		synctest.Test(t, func(t *testing.T) {
			conn := dial(t, func(nc net.Conn) {
				_ = ws.WriteHeader(nc, ws.Header{Fin: true, OpCode: ws.OpText, Length: 1000})
				_, _ = nc.Write(make([]byte, came))
			})
			if _, text, err := conn.Read(t.Context()); !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%d of 1000 bytes are a message of %d, %v", came, len(text), err)
			}
			_ = conn.CloseNow()
		})
	}
	conn := dial(t, func(nc net.Conn) {
		_ = ws.WriteFrame(nc, ws.NewFrame(ws.OpText, false, []byte("the first of two frames")))
	})
	if _, text, err := conn.Read(t.Context()); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%q, %v", text, err)
	}
	_ = conn.CloseNow()
}

func TestRefused(t *testing.T) {
	t.Parallel()
	client := memnet.Serve(t, http.NotFoundHandler())
	conn, resp, err := clientws.Dial(t.Context(), "ws://test", &websocket.DialOptions{HTTPClient: client})
	if conn != nil || resp.StatusCode != http.StatusNotFound || err == nil {
		t.Errorf("%v %v %v", conn, resp, err)
	}
}

// wrapping is a transport that says more of every error of its connections.
type wrapping struct{ http.RoundTripper }

func (w wrapping) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := w.RoundTripper.RoundTrip(r)
	if err == nil {
		resp.Body = wrapped{resp.Body.(io.ReadWriteCloser)}
	}
	return resp, err
}

type wrapped struct{ io.ReadWriteCloser }

func (w wrapped) Read(p []byte) (int, error) {
	n, err := w.ReadWriteCloser.Read(p)
	if err != nil {
		err = fmt.Errorf("read: %w", err)
	}
	return n, err
}

// A transport of the caller's may give the end as it likes.
func TestCutMessageOfAnotherTransport(t *testing.T) {
	t.Parallel()
	client := memnet.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		nc, _, _, err := ws.UpgradeHTTP(r, w)
		if err != nil {
			t.Error(err)
			return
		}
		defer nc.Close()
		_ = ws.WriteFrame(nc, ws.NewFrame(ws.OpText, false, []byte("the first of two frames")))
	}))
	client.Transport = wrapping{client.Transport}
	conn, _, err := clientws.Dial(t.Context(), "ws://test", &websocket.DialOptions{HTTPClient: client})
	if err != nil {
		t.Fatal(err)
	}
	if _, text, err := conn.Read(t.Context()); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%q, %v", text, err)
	}
	_ = conn.CloseNow()
}
