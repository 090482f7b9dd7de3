package realtime_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"github.com/tidewire/tidewire/internal/realtime"
	"github.com/tidewire/tidewire/internal/wire"
)

// storm is a server that does anything at every stage.
type storm struct {
	mu     sync.Mutex
	rand   *rand.Rand
	n      int
	served sync.WaitGroup
}

func (s *storm) chance(n int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rand.IntN(n)
}

func (s *storm) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	if s.chance(8) == 0 {
		return nil, &net.OpError{Op: "dial", Err: errors.New("refused")}
	}
	near, far := net.Pipe()
	s.mu.Lock()
	s.n++
	n := s.n
	s.mu.Unlock()
	s.served.Go(func() {
		defer far.Close()
		s.connection(far, n)
	})
	return near, nil
}

// connection answers the upgrade, in one way or another, and then what comes.
func (s *storm) connection(c net.Conn, n int) {
	_ = c.SetDeadline(time.Now().Add(2 * time.Minute))
	switch s.chance(12) {
	case 0: // nothing
		_, _ = io.Copy(io.Discard, c)
		return
	case 1:
		_, _ = io.WriteString(c, "what?\r\n\r\n")
		return
	case 2, 3:
		status := []int{200, 302, 401, 503}[s.chance(4)]
		_, _ = c.Read(make([]byte, 4096))
		_, _ = fmt.Fprintf(c, "HTTP/1.1 %d Odd\r\nContent-Length: 100000\r\n\r\n<html>", status)
		s.stall()
		return
	}
	u := ws.Upgrader{Protocol: func([]byte) bool { return true }}
	if _, err := u.Upgrade(c); err != nil {
		return
	}
	out := make(chan []byte, 64)
	var writing sync.WaitGroup
	writing.Go(func() {
		for text := range out {
			if text == nil || ws.WriteFrame(c, ws.NewTextFrame(text)) != nil {
				_ = c.Close()
			}
		}
	})
	s.talk(c, n, out)
	close(out)
	_ = c.Close()
	writing.Wait()
}

func (s *storm) talk(c net.Conn, n int, out chan<- []byte) {
	say := func(format string, args ...any) {
		select {
		case out <- fmt.Appendf(nil, format, args...):
		default:
		}
	}
	for {
		text, err := wsutil.ReadClientText(c)
		if err != nil {
			return
		}
		f, err := wire.Decode(text)
		if err != nil {
			return
		}
		switch s.chance(20) {
		case 0:
			return
		case 1:
			s.stall()
		case 2:
			_, _ = c.Write([]byte{0xff, 0xff, 0xff, 0xff}) // no frame, perhaps within one
			continue
		case 3: // a message that never ends
			_ = ws.WriteHeader(c, ws.Header{Fin: true, OpCode: ws.OpText, Length: 1 << 19})
			_, _ = io.Copy(io.Discard, c)
			return
		case 4:
			say(`{"type":"data","id":%q,"event":"%d"}`, strconv.Itoa(s.chance(20)), n)
		case 5:
			say(`{"type":%q,"id":%q,"errors":[{"errorType":"Odd"}]}`, []string{"error", "broadcast_error", "publish_error", "subscribe_error", "unsubscribe_error"}[s.chance(5)], f.ID)
			continue
		case 6:
			say("%s", []string{"", "[]", "{", `{"type":7}`, `{"type":"data"}`, `{"type":"connection_error"}`, `{"type":"subscribe_success"}`}[s.chance(7)])
		}
		switch f.Type {
		case wire.ConnectionInit:
			say(`{"type":"connection_ack","connectionTimeoutMs":%d}`, []int{300000, 20000, 0, -1}[s.chance(4)])
		case wire.Subscribe:
			for range s.chance(3) {
				say(`{"type":"data","id":%q,"event":"%d"}`, f.ID, n)
			}
			say(`{"type":"subscribe_success","id":%q}`, f.ID)
			for range s.chance(8) {
				say(`{"type":"data","id":%q,"event":"%d"}`, f.ID, n)
			}
		case wire.Unsubscribe:
			say(`{"type":"unsubscribe_success","id":%q}`, f.ID)
		case wire.Publish:
			say(`{"type":"publish_success","id":%q}`, f.ID)
		}
	}
}

func (s *storm) stall() { time.Sleep(time.Duration(s.chance(40)) * time.Second) }

// heard is what one consumer was given: never anything of a later connection
// without news of a gap, and nothing after the end.
type heard struct {
	t          *testing.T
	seed       uint64
	connection string
	ends       int
}

func (h *heard) take(e realtime.Event, err error) {
	switch {
	case h.ends > 0:
		h.t.Errorf("seed %d: %+v, %v after the end", h.seed, e, err)
	case err != nil:
		h.ends++
	case e.Gap != nil:
		if e.Gap.Cause == nil || e.Gap.To.Before(e.Gap.From) {
			h.t.Errorf("seed %d: %+v", h.seed, e.Gap)
		}
		h.connection = ""
	case e.Payload != nil && !e.Failed:
		if got := string(e.Payload); h.connection != "" && h.connection != got {
			h.t.Errorf("seed %d: connection %s follows %s without a gap", h.seed, got, h.connection)
		} else {
			h.connection = got
		}
	}
}

// consume subscribes, in one way or another, and listens for a while.
func (s *storm) consume(t *testing.T, seed uint64, socket *realtime.Socket) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(s.chance(60_000))*time.Millisecond)
	defer cancel()
	h := &heard{t: t, seed: seed}
	start := func(ctx context.Context, id string) ([]byte, error) {
		switch s.chance(10) {
		case 0:
			return nil, denied("no proof")
		case 1:
			<-ctx.Done() // slow, but it heeds its context
			return nil, ctx.Err()
		}
		return fmt.Appendf(nil, `{"type":"subscribe","id":%q}`, id), nil
	}
	if s.chance(2) == 0 {
		sub, err := socket.Subscribe(ctx, start, nil)
		for err == nil {
			var e realtime.Event
			if e, err = sub.Next(ctx); err == nil || ctx.Err() == nil {
				h.take(e, err)
			}
		}
		if sub != nil {
			sub.Close(ctx)
		}
		return
	}
	ended := make(chan struct{})
	sub, err := socket.Subscribe(ctx, start, func(e realtime.Event, err error) {
		if h.take(e, err); err != nil {
			close(ended)
		}
	})
	if err != nil {
		time.Sleep(time.Second) // fake
		if h.connection != "" || h.ends > 0 {
			t.Errorf("seed %d: a handler without a subscription was called", seed)
		}
		return
	}
	<-ctx.Done()
	sub.Close(ctx)
	<-ended
}

// TestStorm has servers that do anything at every stage, callers that give up at
// any, and a Close in the middle. The bubble fails if a goroutine is left.
func TestStorm(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		synctest.Test(t, func(t *testing.T) {
			s := &storm{rand: rand.New(rand.NewPCG(seed, 1))}
			transport := &http.Transport{DialContext: s.dial, DisableKeepAlives: true}
			socket := realtime.New(realtime.Options{
				Protocol: realtime.Events(), HTTPClient: &http.Client{Transport: transport},
				Handshake: func(context.Context) (*realtime.Handshake, error) {
					return &realtime.Handshake{URL: "ws://test/event/realtime", Subprotocols: []string{"aws-appsync-event-ws"}}, nil
				},
				Failure: func(list json.RawMessage) error { return errors.New(string(list)) },
				Retry: func(err error) bool {
					var final denied
					return !errors.As(err, &final)
				},
				Tuning: realtime.Tuning{MaxPending: 4, MaxPause: 5 * time.Second},
			})
			var all sync.WaitGroup
			for range 6 {
				all.Go(func() {
					for range 4 {
						s.consume(t, seed, socket)
					}
				})
			}
			all.Go(func() {
				for range 10 {
					ctx, cancel := context.WithTimeout(t.Context(), time.Duration(s.chance(30_000))*time.Millisecond)
					_, _ = socket.Call(ctx, func(_ context.Context, id string) ([]byte, error) {
						return fmt.Appendf(nil, `{"type":"publish","id":%q}`, id), nil
					})
					cancel()
				}
			})
			time.Sleep(time.Duration(s.chance(180)) * time.Second)
			began := time.Now()
			socket.Close()
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("seed %d: close took %v", seed, took)
			}
			all.Wait()
			synctest.Wait() // a dial that nobody waits for may serve yet
			s.served.Wait()
			transport.CloseIdleConnections()
		})
	}
}
