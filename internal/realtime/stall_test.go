package realtime_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"

	"github.com/tidewire/tidewire/internal/realtime"
	"github.com/tidewire/tidewire/internal/wire"
)

// A server cannot hold up Close by a message that it does not finish.
func TestCloseDuringHalfAMessage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, count, _ := newSocket(t, realtime.Options{}, func(p *peer) {
			if !p.hello() {
				return
			}
			f, _ := p.next()
			p.send(`{"type":"start_ack","id":%q}`, f.ID)
			if _, err := ws.ReadHeader(p.conn); err != nil { // of the close frame
				t.Error(err)
			}
			_, _ = io.CopyN(io.Discard, p.conn, 2)
			_ = ws.WriteHeader(p.conn, ws.Header{Fin: true, OpCode: ws.OpText, Length: 1000})
			_, _ = io.Copy(io.Discard, p.conn)
		})
		mustSubscribe(t, s, count)
		began := time.Now()
		s.Close()
		if took := time.Since(began); took != 5*time.Second {
			t.Errorf("close took %v", took)
		}
	})
}

// What is waited for in vain is called by its name, and a proof is not the
// server's.
func TestProofThatDoesNotCome(t *testing.T) {
	t.Parallel()
	never := func(ctx context.Context, _ string) ([]byte, error) {
		<-ctx.Done()
		return nil, fmt.Errorf("ask the clerk: %w", ctx.Err())
	}
	for name, c := range map[string]struct {
		handshake bool
		want      string
	}{
		"of a connection": {true, "no proof for the connection within 30s"},
		"of a start":      {false, "no proof for a message within 15s"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				o := realtime.Options{}
				if c.handshake {
					o.Handshake = func(ctx context.Context) (*realtime.Handshake, error) {
						_, err := never(ctx, "")
						return nil, err
					}
				}
				s, _, _ := newSocket(t, o, func(p *peer) {
					if p.hello() {
						p.obey(nil)
					}
				})
				_, err := s.Subscribe(t.Context(), never, nil)
				var late *realtime.TimeoutError
				if !errors.As(err, &late) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "ask the clerk") {
					t.Error(err)
				}
			})
		})
	}
}

// Who has given up leaves nothing behind that waits for the server.
func TestGivenUpStartsAreNotWaitedFor(t *testing.T) { // alone: goroutines are counted
	synctest.Test(t, func(t *testing.T) {
		s, count, _ := newSocket(t, realtime.Options{}, func(p *peer) {
			if p.hello() {
				for _, ok := p.next(); ok; _, ok = p.next() {
				}
			}
		})
		before := runtime.NumGoroutine()
		for range 100 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			if _, err := s.Subscribe(ctx, count.start, nil); !errors.Is(err, context.DeadlineExceeded) {
				t.Error(err)
			}
			cancel()
		}
		synctest.Wait()
		if n := runtime.NumGoroutine() - before; n > 20 {
			t.Errorf("%d goroutines more", n)
		}
	})
}

// Pauses grow also when each attempt takes longer than the longest of them.
func TestPausesGrowAfterSlowAttempts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var failed time.Time
		var pauses []time.Duration
		o := realtime.Options{Tuning: realtime.Tuning{MinPause: time.Second, MaxPause: 4 * time.Second, Attempts: 6}}
		o.Handshake = func(context.Context) (*realtime.Handshake, error) {
			if failed.IsZero() { // the first one
				failed = time.Now()
				return &realtime.Handshake{URL: "ws://test/graphql", Subprotocols: []string{"graphql-ws"}}, nil
			}
			pauses = append(pauses, time.Since(failed))
			time.Sleep(10 * time.Second)
			failed = time.Now()
			return nil, errors.New("no proof")
		}
		s, count, _ := newSocket(t, o, func(p *peer) {
			if p.hello() {
				p.obey(func(wire.Frame) { p.drop() })
			}
		})
		if _, err := mustSubscribe(t, s, count).Next(t.Context()); err == nil {
			t.Error("no error")
		}
		if len(pauses) != 6 || pauses[5] < 2*time.Second {
			t.Errorf("%v", pauses)
		}
	})
}
