package websocketapi

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
)

// Every row of the table of disconnect codes that needs no clock.
func TestDisconnectStatus(t *testing.T) {
	t.Parallel()
	big := strings.Repeat("x", 32<<10+1)
	for _, tt := range []struct {
		name   string
		end    func(r *rig, c *websocket.Conn, id string)
		code   float64
		reason any // nil: any text
	}{
		{"no status", func(_ *rig, c *websocket.Conn, _ string) { _ = c.Close(1005, "") }, 1005, "Client-side close frame status not set"},
		{"code", func(_ *rig, c *websocket.Conn, _ string) { _ = c.Close(1001, "") }, 1001, ""},
		{"code and reason", func(_ *rig, c *websocket.Conn, _ string) { _ = c.Close(4001, "bye \"now\"") }, 4001, "bye \"now\""},
		{"lost", func(_ *rig, c *websocket.Conn, _ string) { _ = c.CloseNow() }, 1006, ""},
		{"deleted", func(r *rig, c *websocket.Conn, id string) {
			c.CloseRead(context.Background())
			r.manage(http.MethodDelete, "/prod", id, "")
		}, 1000, "Connection Closed Normally"},
		{"binary", func(_ *rig, c *websocket.Conn, _ string) {
			_ = c.Write(context.Background(), websocket.MessageBinary, []byte("x"))
			_, _, _ = c.Read(context.Background())
		}, 1003, nil},
		{"frame too big", func(_ *rig, c *websocket.Conn, _ string) {
			_ = c.Write(context.Background(), websocket.MessageText, []byte(big))
			_, _, _ = c.Read(context.Background())
		}, 1009, nil},
		{"not UTF-8", func(_ *rig, c *websocket.Conn, _ string) {
			_ = c.Write(context.Background(), websocket.MessageText, []byte("\xff"))
			_, _, _ = c.Read(context.Background())
		}, 1007, nil},
		{"shutdown", func(r *rig, c *websocket.Conn, _ string) {
			c.CloseRead(context.Background())
			_ = r.api.Shutdown(context.Background())
		}, 1001, "Going away"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, c, id := connected(t, testSpec("$connect", "$disconnect"))
			tt.end(r, c, id)
			rc := requestContext(t, r.await("disconnect"))
			if rc["disconnectStatusCode"] != tt.code || tt.reason != nil && rc["disconnectReason"] != tt.reason {
				t.Errorf("%v %q", rc["disconnectStatusCode"], rc["disconnectReason"])
			}
			if rc["connectionId"] != id || rc["eventType"] != "DISCONNECT" {
				t.Error(rc)
			}
			if err := r.api.Shutdown(t.Context()); err != nil || len(r.seen("disconnect")) != 1 {
				t.Errorf("%v, %d $disconnects", err, len(r.seen("disconnect")))
			}
		})
	}
}

// A $disconnect that fails is logged and nothing else.
func TestDisconnectFails(t *testing.T) {
	t.Parallel()
	r, c, _ := connected(t, testSpec("$connect", "$disconnect"))
	r.set("disconnect", fails(errors.New("table is gone")))
	_ = c.Close(1000, "")
	if err := r.api.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(r.log.String(), "table is gone") || r.api.Count(DisconnectFailed) != 1 {
		t.Error(r.log)
	}
}

// Time-outs of a connection, in fake time.
func TestIdleAndLife(t *testing.T) {
	for _, tt := range []struct {
		name  string
		every time.Duration // between POSTs that keep it active
		want  time.Duration // when it ends
	}{
		{"idle", 0, 10 * time.Minute},
		{"life", 5 * time.Minute, 2 * time.Hour},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, c, id := connected(t, testSpec("$connect", "$disconnect"))
				start := time.Now()
				ended := make(chan error, 1)
				go func() {
					for {
						if _, _, err := c.Read(context.Background()); err != nil {
							ended <- err
							return
						}
					}
				}()
				var err error
				for err == nil {
					wait := time.After(24 * time.Hour)
					if tt.every > 0 {
						wait = time.After(tt.every)
					}
					select {
					case err = <-ended:
					case <-wait:
						r.manage(http.MethodPost, "/prod", id, "still here?")
					}
				}
				if websocket.CloseStatus(err) != 1001 {
					t.Error(err)
				}
				if after := time.Since(start); after < tt.want || after > tt.want+time.Minute {
					t.Errorf("after %s", after)
				}
				synctest.Wait()
				events := r.seen("disconnect")
				if len(events) != 1 {
					t.Fatalf("%d $disconnects", len(events))
				}
				if rc := requestContext(t, events[0]); rc["disconnectStatusCode"] != 1001.0 || rc["disconnectReason"] != "Going away" {
					t.Error(rc)
				}
			})
		})
	}
}

// Closing many sockets at once runs as many $disconnects, a bounded number
// at a time.
func TestThousandDisconnects(t *testing.T) {
	t.Parallel()
	const n = 1000
	s := testSpec("$disconnect")
	r := newRig(t, s)
	release := make(chan struct{})
	r.set("disconnect", func(context.Context, []byte) ([]byte, error) { <-release; return []byte(okAnswer), nil })
	for range n {
		r.dial("/prod", nil).CloseRead(t.Context())
	}
	done := make(chan error, 1)
	go func() { done <- r.api.Shutdown(context.Background()) }()
	for range defaultDisconnects {
		r.await("disconnect")
	}
	select {
	case <-r.arrived:
		t.Errorf("more than %d at once", defaultDisconnects)
	default:
	}
	close(release)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, event := range r.seen("disconnect") {
		ids[idOf(t, event)] = true
	}
	if len(ids) != n || r.api.Count(Disconnected) != n || r.o.Hub.Len() != 0 {
		t.Errorf("%d $disconnects, %d counted, %d left", len(ids), r.api.Count(Disconnected), r.o.Hub.Len())
	}
}

func TestShutdown(t *testing.T) {
	t.Parallel()
	t.Run("refuses", func(t *testing.T) {
		t.Parallel()
		r := newRig(t, testSpec("$connect"))
		if err := r.api.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		_, res, err := r.tryDial("/prod", nil)
		if res == nil || res.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("%v %v", res, err)
		}
	})
	t.Run("waits for a handshake", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, shutdownDuringHandshake)
	})
	t.Run("is bounded", func(t *testing.T) {
		t.Parallel()
		r := newRig(t, testSpec("$disconnect"))
		r.set("disconnect", func(ctx context.Context, _ []byte) ([]byte, error) { <-ctx.Done(); return nil, ctx.Err() })
		r.dial("/prod", nil) // does not read, so does not answer the close frame either
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		if err := r.api.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		if len(r.seen("disconnect")) != 1 {
			t.Errorf("log:\n%s", r.log)
		}
	})
}

// A handshake that is under way when Shutdown begins is refused, though its
// $connect said yes.
func shutdownDuringHandshake(t *testing.T) {
	r := newRig(t, testSpec("$connect", "$disconnect"))
	release := make(chan struct{})
	r.set("connect", func(context.Context, []byte) ([]byte, error) { <-release; return []byte(okAnswer), nil })
	status := make(chan int, 1)
	go func() {
		_, res, err := r.tryDial("/prod", nil)
		if res == nil {
			t.Error(err)
			res = &http.Response{}
		}
		status <- res.StatusCode
	}()
	r.await("connect")
	done := make(chan error, 1)
	go func() { done <- r.api.Shutdown(context.Background()) }()
	synctest.Wait()
	close(release)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if got := <-status; got != http.StatusServiceUnavailable || r.seen("disconnect") != nil {
		t.Error(got)
	}
}
