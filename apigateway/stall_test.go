package apigateway_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"

	"github.com/tidewire/tidewire/apigateway"
	"github.com/tidewire/tidewire/internal/memnet"
)

// inMemory serves sockets in memory, so that time may be fake, and connects to
// them.
func inMemory(t *testing.T, o apigateway.DialOptions, serve func(p *peer)) *apigateway.Conn {
	t.Helper()
	o.HTTPClient = memnet.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		nc, _, _, err := ws.UpgradeHTTP(r, w)
		if err != nil {
			t.Error(err)
			return
		}
		defer nc.Close()
		serve(&peer{nc, r})
	}))
	return dial(t, "ws://api.test/prod", &o)
}

// half sends n messages and the beginning of another, and nothing more while the
// client is there.
func half(p *peer, n int) {
	var writing sync.WaitGroup
	writing.Go(func() {
		for range n {
			_ = p.text("x")
		}
		_ = ws.WriteHeader(p, ws.Header{Fin: true, OpCode: ws.OpText, Length: 1000})
		_, _ = p.Write([]byte("begun"))
	})
	_, _ = io.Copy(io.Discard, p)
	_ = p.Conn.Close()
	writing.Wait()
}

// A server cannot hold up Close by a message that it does not finish.
func TestCloseDuringHalfAMessage(t *testing.T) {
	t.Parallel()
	for name, serve := range map[string]func(p *peer){
		"before the close frame": func(p *peer) { half(p, 0) },
		"after the close frame": func(p *peer) {
			_, _ = p.frame()
			half(p, 0)
		},
		"behind a full queue": func(p *peer) { half(p, 100) },
		"and reads nothing": func(p *peer) {
			for p.text("x") == nil {
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				conn := inMemory(t, apigateway.DialOptions{}, serve)
				synctest.Wait()
				began := time.Now()
				err := conn.Close(1000, "")
				if took := time.Since(began); took > 5*time.Second {
					t.Errorf("close took %v", took)
				}
				if err == nil || !strings.Contains(err.Error(), "did not answer the close frame in time") {
					t.Errorf("error %v", err)
				}
			})
		})
	}
}

// A server that reads nothing more is lost, also while a message is being written
// to it.
func TestPingBehindASendThatIsStuck(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gone := make(chan struct{})
		conn := inMemory(t, apigateway.DialOptions{PingInterval: 20 * time.Second}, func(*peer) { <-gone })
		defer close(gone)
		sent := make(chan error, 1)
		go func() { sent <- conn.Send(context.Background(), []byte("nobody reads this")) }()
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		_, err := conn.Receive(ctx)
		if !errors.As(err, new(*apigateway.LostError)) || time.Since(began) != 40*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
			_ = conn.Close(1000, "")
		}
		if err := <-sent; !errors.As(err, new(*apigateway.LostError)) {
			t.Errorf("send: %v", err)
		}
	})
}
