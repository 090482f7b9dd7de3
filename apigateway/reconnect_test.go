package apigateway_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"

	"github.com/tidewire/tidewire/apigateway"
)

// quick is a back-off without waiting worth the name.
func quick() *apigateway.Backoff {
	return &apigateway.Backoff{Min: time.Millisecond, Max: 2 * time.Millisecond}
}

// flaky ends its first sockets as told; on the others it says "back" and
// echoes.
func flaky(ends int, end func(p *peer), seen chan<- *http.Request) func(*peer) {
	var sockets atomic.Int32
	return func(p *peer) {
		seen <- p.r
		if int(sockets.Add(1)) <= ends {
			end(p)
			return
		}
		_ = p.text("back")
		echo(p)
	}
}

// ticking is a clock that is a minute later every time.
func ticking() func() time.Time {
	var minutes atomic.Int64
	return func() time.Time { return signedAt().Add(time.Duration(minutes.Add(1)) * time.Minute) }
}

func TestReconnect(t *testing.T) {
	t.Parallel()
	seen := make(chan *http.Request, 2)
	g := newGateway(t, flaky(1, func(p *peer) { _ = p.text("first") }, seen))
	gaps := make(chan apigateway.Gap, 1)
	b := quick()
	b.Reconnected = func(gap apigateway.Gap) { gaps <- gap }
	conn := dial(t, g.url, &apigateway.DialOptions{Credentials: keys(""), Region: "us-east-1", Reconnect: b, Now: ticking()})
	if m := receive(t, conn); string(m.Data) != "first" || m.Gap != nil {
		t.Errorf("%+v", m)
	}
	gap := <-gaps
	var lost *apigateway.LostError
	if gap.Attempts != 1 || !gap.To.After(gap.From) || !errors.As(gap.Cause, &lost) {
		t.Errorf("gap %+v", gap)
	}
	if err := conn.Send(t.Context(), []byte("again")); err != nil {
		t.Fatal(err)
	}
	if m := receive(t, conn); string(m.Data) != "back" || m.Gap == nil || *m.Gap != gap {
		t.Errorf("first message: %q, gap %+v", m.Data, m.Gap)
	}
	if m := receive(t, conn); string(m.Data) != "again" || m.Gap != nil {
		t.Errorf("second message: %q, gap %+v", m.Data, m.Gap)
	}
	a, z := (<-seen).URL.Query(), (<-seen).URL.Query()
	for _, name := range []string{"X-Amz-Date", "X-Amz-Signature"} {
		if a.Get(name) == "" || a.Get(name) == z.Get(name) {
			t.Errorf("%s is %q in both handshakes", name, a.Get(name))
		}
	}
}

// Which ends of a connection are restored.
func TestReconnectWhen(t *testing.T) {
	t.Parallel()
	for code, want := range map[ws.StatusCode]bool{1000: false, 1001: true, 1003: false, 1007: false, 1008: false, 1009: false, 1011: true, 1012: true, 4000: true} {
		seen := make(chan *http.Request, 2)
		g := newGateway(t, flaky(1, func(p *peer) { p.close(code, ""); _, _ = p.frame() }, seen))
		conn := dial(t, g.url, &apigateway.DialOptions{Reconnect: quick()})
		m, err := conn.Receive(t.Context())
		if restored := err == nil && m.Gap != nil; restored != want {
			t.Errorf("%d: restored %v, want %v (error %v)", code, restored, want, err)
		}
		if err != nil && !errors.As(err, new(*apigateway.CloseError)) {
			t.Errorf("%d: error %v", code, err)
		}
		_ = conn.Close(1000, "")
	}
}

func TestReconnectStopsOnRefusal(t *testing.T) {
	t.Parallel()
	var refused atomic.Int32
	hold := make(chan struct{})
	g := newGateway(t, func(*peer) { <-hold })
	conn := dial(t, g.url, &apigateway.DialOptions{Reconnect: quick()})
	g.refuseWith(func(w http.ResponseWriter, _ *http.Request) {
		status := http.StatusServiceUnavailable
		switch refused.Add(1) {
		case 2:
			status = http.StatusTooManyRequests
		case 3:
			status = http.StatusForbidden
		}
		w.WriteHeader(status)
	})
	close(hold)
	_, err := conn.Receive(t.Context())
	var last *apigateway.RefusedError
	if !errors.As(err, &last) || last.Status != 403 || refused.Load() != 3 {
		t.Errorf("%d attempts, error %v", refused.Load(), err)
	}
	if err := conn.Send(t.Context(), []byte("x")); !errors.As(err, &last) {
		t.Errorf("send: %v", err)
	}
}

func TestReconnectGivesUp(t *testing.T) {
	t.Parallel()
	hold := make(chan struct{})
	g := newGateway(t, func(*peer) { <-hold })
	b := quick()
	b.MaxAttempts = 3
	conn := dial(t, g.url, &apigateway.DialOptions{Reconnect: b})
	g.refuseWith(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	close(hold)
	if _, err := conn.Receive(t.Context()); err == nil || !strings.Contains(err.Error(), "gave up after 3 attempts") {
		t.Errorf("error %v", err)
	}
}

// Close ends a pause and a handshake that is under way, and a Send that waits
// for either.
func TestCloseWhileReconnecting(t *testing.T) {
	t.Parallel()
	for _, b := range []*apigateway.Backoff{{Min: time.Hour}, quick()} {
		attempt := make(chan struct{})
		hold := make(chan struct{})
		g := newGateway(t, func(*peer) { <-hold })
		conn := dial(t, g.url, &apigateway.DialOptions{Reconnect: b})
		g.refuseWith(func(_ http.ResponseWriter, r *http.Request) {
			attempt <- struct{}{}
			<-r.Context().Done()
		})
		close(hold)
		if b.Min != time.Hour {
			<-attempt
		}
		sent := make(chan error)
		go func() { sent <- conn.Send(context.Background(), []byte("x")) }()
		_ = conn.Close(1000, "") // an error if the loss was not seen yet
		if err := <-sent; err == nil && b.Min == time.Hour {
			// the socket had not been found lost yet; that is all that Send knows
			continue
		} else if err != nil && !errors.Is(err, apigateway.ErrClosed) && !errors.As(err, new(*apigateway.LostError)) {
			t.Errorf("send: %v", err)
		}
		if _, err := conn.Receive(t.Context()); !errors.Is(err, apigateway.ErrClosed) {
			t.Errorf("receive: %v", err)
		}
	}
}

// A server that accepts and hangs up at once is asked ever less often.
func TestReconnectPausesGrow(t *testing.T) {
	t.Parallel()
	b := &apigateway.Backoff{Min: time.Second, Max: 10 * time.Second}
	for attempt, nominal := range []time.Duration{1, 2, 4, 8, 10, 10} {
		for range 100 {
			p := apigateway.Pause(b, attempt)
			if p < nominal*time.Second/2 || p > nominal*time.Second {
				t.Fatalf("attempt %d: %v", attempt, p)
			}
		}
	}
	if p := apigateway.Pause(b, 1000); p > b.Max {
		t.Errorf("late attempt: %v", p)
	}
}

// A connection that is lost again before anything came on it is part of the same
// gap for whoever receives.
func TestGapsThatFollowEachOtherAreOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var gaps []apigateway.Gap
		b := &apigateway.Backoff{Reconnected: func(g apigateway.Gap) { gaps = append(gaps, g) }}
		var sockets atomic.Int32
		conn := inMemory(t, apigateway.DialOptions{Reconnect: b}, func(p *peer) {
			if sockets.Add(1) <= 3 {
				time.Sleep(time.Second)
				return
			}
			_ = p.text("back")
			_ = p.text("again")
			_, _ = p.frame()
		})
		m := receive(t, conn)
		if m.Gap == nil || len(gaps) != 3 || m.Gap.From != gaps[0].From || m.Gap.To != gaps[2].To || m.Gap.Attempts != 3 {
			t.Errorf("gap %+v, of %+v", m.Gap, gaps)
		}
		if m = receive(t, conn); m.Gap != nil {
			t.Errorf("gap %+v of the second message", m.Gap)
		}
	})
}
