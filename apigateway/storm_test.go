package apigateway_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"

	"github.com/tidewire/tidewire/apigateway"
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

func (s *storm) dial(context.Context, string, string) (net.Conn, error) {
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
		_ = far.SetDeadline(time.Now().Add(3 * time.Minute))
		s.connection(&line{&peer{Conn: far}, make(chan struct{}, 1)}, n)
	})
	return near, nil
}

// connection answers the upgrade, in one way or another, and then talks.
func (s *storm) connection(p *line, n int) {
	switch s.chance(12) {
	case 0: // nothing
		_, _ = io.Copy(io.Discard, p)
		return
	case 1:
		_, _ = io.WriteString(p, "what?\r\n\r\n")
		return
	case 2:
		_, _ = p.Read(make([]byte, 4096))
		_, _ = fmt.Fprintf(p, "HTTP/1.1 %d Odd\r\nContent-Length: 100000\r\n\r\n<html>", []int{200, 302, 429, 503}[s.chance(4)])
		s.stall()
		return
	}
	if _, err := ws.Upgrade(p); err != nil {
		return
	}
	var reading sync.WaitGroup
	reading.Go(func() {
		for s.chance(20) > 0 {
			f, err := p.frame()
			if err != nil {
				break
			}
			switch f.Header.OpCode {
			case ws.OpPing:
				_ = p.whole(ws.NewPongFrame(f.Payload))
			case ws.OpClose:
				if s.chance(3) > 0 {
					_ = p.whole(ws.NewCloseFrame(f.Payload))
				}
			}
		}
		if s.chance(2) == 0 {
			_ = p.Close()
		}
	})
	s.talk(p, n)
	_ = p.Close()
	reading.Wait()
}

func (s *storm) talk(p *line, n int) {
	for {
		var err error
		switch s.chance(16) {
		case 0:
			return
		case 1, 2:
			s.stall()
		case 3:
			err = p.whole(ws.NewCloseFrame(ws.NewCloseFrameBody([]ws.StatusCode{1000, 1001, 1011, 4000}[s.chance(4)], "odd")))
		case 4:
			err = p.write([]byte{0xff, 0xff, 0xff, 0xff}) // no frame
		case 5: // a message that never ends
			_ = p.write([]byte{0x81, 127, 0, 0, 0, 0, 0, 8, 0, 0})
			time.Sleep(4 * time.Minute)
			return
		default:
			err = p.whole(ws.NewTextFrame(fmt.Append(nil, n)))
		}
		if err != nil {
			return
		}
	}
}

// line is a peer that two goroutines write to. (A net.Pipe has a mutex for that,
// during which fake time would stand still.)
type line struct {
	*peer
	turn chan struct{}
}

func (l *line) write(p []byte) error {
	l.turn <- struct{}{}
	defer func() { <-l.turn }()
	_, err := l.Write(p)
	return err
}

func (l *line) whole(f ws.Frame) error { return l.write(ws.MustCompileFrame(f)) }

func (s *storm) stall() { time.Sleep(time.Duration(s.chance(40)) * time.Second) }

// receive gets what comes, with pauses, until the end: nothing of a later
// connection without a gap, and always the same end.
func (s *storm) receive(t *testing.T, seed uint64, conn *apigateway.Conn) {
	last := ""
	for {
		ctx, cancel := context.WithTimeout(context.Background(), time.Duration(s.chance(60_000))*time.Millisecond)
		m, err := conn.Receive(ctx)
		ended := err != nil && ctx.Err() == nil
		cancel()
		switch {
		case ended:
			if _, again := conn.Receive(t.Context()); again == nil || again.Error() != err.Error() {
				t.Errorf("seed %d: ended with %v, then %v", seed, err, again)
			}
			return
		case err != nil:
		case m.Gap != nil && (m.Gap.To.Before(m.Gap.From) || m.Gap.Attempts < 1 || m.Gap.Cause == nil),
			m.Gap == nil && last != "" && last != string(m.Data):
			t.Errorf("seed %d: connection %s after %s, gap %+v", seed, m.Data, last, m.Gap)
		}
		if err == nil {
			last = string(m.Data)
		}
		if s.chance(10) == 0 {
			s.stall()
		}
	}
}

func (s *storm) send(conn *apigateway.Conn) {
	for range 10 {
		ctx, cancel := context.WithTimeout(context.Background(), time.Duration(s.chance(30_000))*time.Millisecond)
		_ = conn.Send(ctx, make([]byte, s.chance(100_000))) // it may be lost
		cancel()
		s.stall()
	}
}

// TestStorm has servers that do anything at every stage, callers that give up,
// and a Close in the middle. The bubble fails if a goroutine is left.
func TestStorm(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		synctest.Test(t, func(t *testing.T) {
			s := &storm{rand: rand.New(rand.NewPCG(seed, 1))}
			o := &apigateway.DialOptions{PingInterval: 15 * time.Second, Reconnect: &apigateway.Backoff{Max: 5 * time.Second},
				HTTPClient: &http.Client{Transport: &http.Transport{DialContext: s.dial, DisableKeepAlives: true}}}
			var conn *apigateway.Conn
			for conn == nil {
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
				conn, _ = apigateway.Dial(ctx, "ws://api.test", o) // until it succeeds
				cancel()
			}
			var all sync.WaitGroup
			all.Go(func() { s.receive(t, seed, conn) })
			all.Go(func() { s.send(conn) })
			all.Go(func() { s.send(conn) })
			time.Sleep(time.Duration(s.chance(300)) * time.Second)
			began := time.Now()
			_ = conn.Close(1000, "") // an error says that the server did not answer
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("seed %d: close took %v", seed, took)
			}
			all.Wait()
			synctest.Wait() // a dial that nobody waits for may serve yet
			s.served.Wait()
		})
	}
}
