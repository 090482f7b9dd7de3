package realtime_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/internal/realtime"
	"github.com/tidewire/tidewire/internal/wire"
)

func publish(_ context.Context, id string) ([]byte, error) {
	return fmt.Appendf(nil, `{"type":"publish","id":%q}`, id), nil
}

// eventsSocket is a socket of the Event API whose server does as told for each
// message after connection_init.
func eventsSocket(t *testing.T, each func(p *peer, f wire.Frame)) (*realtime.Socket, *proofs, *server) {
	return newSocket(t, realtime.Options{Protocol: realtime.Events()}, func(p *peer) {
		if !p.hello() {
			return
		}
		for f, ok := p.next(); ok; f, ok = p.next() {
			each(p, f)
		}
	})
}

func TestCallsShareTheSocket(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, count, server := eventsSocket(t, func(p *peer, f wire.Frame) {
			switch f.Type {
			case wire.Publish:
				p.send(`{"type":"publish_success","id":%q,"successful":[{"index":0}]}`, f.ID)
			case wire.Start: // what proofs.start sends
				p.send(`{"type":"subscribe_success","id":%q}`, f.ID)
				p.send(`{"type":"broadcast_error","id":%q,"errors":[1]}`, f.ID)
				p.send(`{"type":"broadcast_error","errors":[1]}`)
				p.send(`{"type":"data","id":%q,"event":"2"}`, f.ID)
			case wire.Unsubscribe:
				p.send(`{"type":"unsubscribe_success","id":%q}`, f.ID)
			}
		})
		for range 3 {
			f, err := s.Call(t.Context(), publish)
			if err != nil || string(f.Successful) != `[{"index":0}]` {
				t.Errorf("%+v %v", f, err)
			}
		}
		sub := mustSubscribe(t, s, count)
		if e := mustNext(t, sub); !e.Failed || string(e.Payload) != "[1]" {
			t.Errorf("%+v", e)
		}
		if e := mustNext(t, sub); e.Failed || string(e.Payload) != `"2"` {
			t.Errorf("%+v", e)
		}
		sub.Close(t.Context())
		if server.n != 1 {
			t.Errorf("%d connections", server.n)
		}
		if want := (realtime.Counts{LooseErrors: 1}); s.Counts() != want {
			t.Errorf("%+v", s.Counts())
		}
		time.Sleep(2 * time.Second) // idle: the socket is closed
		synctest.Wait()
		server.served.Wait()
		if _, err := s.Call(t.Context(), publish); err != nil || server.n != 2 {
			t.Errorf("%v after %d connections", err, server.n)
		}
	})
}

// is says whether err is a T.
func is[T error](err error) bool {
	var target T
	return errors.As(err, &target)
}

func TestCallsThatFail(t *testing.T) {
	t.Parallel()
	no, late, lost := is[denied], is[*realtime.TimeoutError], is[*realtime.LostError]
	for name, c := range map[string]struct {
		each       func(p *peer, f wire.Frame)
		is         func(error) bool
		unanswered bool
	}{
		"refused":           {func(p *peer, f wire.Frame) { p.send(`{"type":"publish_error","id":%q,"errors":["x"]}`, f.ID) }, no, false},
		"refused, no id":    {func(p *peer, f wire.Frame) { p.send(`{"type":"publish_error","errors":["x"]}`) }, no, false},
		"error":             {func(p *peer, f wire.Frame) { p.send(`{"type":"error","id":%q,"errors":["x"]}`, f.ID) }, no, false},
		"error, no id":      {func(p *peer, f wire.Frame) { p.send(`{"type":"error","id":"","errors":{"a":1}}`) }, no, false},
		"connection_error":  {func(p *peer, f wire.Frame) { p.send(`{"type":"connection_error","errors":["x"]}`) }, no, true},
		"never answered":    {func(*peer, wire.Frame) {}, late, true},
		"answer to another": {func(p *peer, f wire.Frame) { p.send(`{"type":"publish_success","id":"77"}`) }, late, true},
		"lost":              {func(p *peer, f wire.Frame) { p.drop() }, lost, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, _, server := eventsSocket(t, c.each)
				_, err := s.Call(t.Context(), publish)
				var unanswered *realtime.UnansweredError
				if !c.is(err) || errors.As(err, &unanswered) != c.unanswered || server.n != 1 {
					t.Errorf("%T %v after %d connections", err, err, server.n)
				}
			})
		})
	}
}

func TestCallsThatAreNotSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _, _ := newSocket(t, realtime.Options{Protocol: realtime.Events()}, func(p *peer) {
			if p.n > 1 && p.hello() {
				p.next()
			}
		})
		var lost *realtime.LostError
		var unanswered *realtime.UnansweredError
		if _, err := s.Call(t.Context(), publish); !errors.As(err, &lost) || errors.As(err, &unanswered) {
			t.Errorf("%T %v", err, err)
		}
		noProof := func(context.Context, string) ([]byte, error) { return nil, denied("no proof") }
		var no denied
		if _, err := s.Call(t.Context(), noProof); !errors.As(err, &no) || errors.As(err, &unanswered) {
			t.Errorf("%T %v", err, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		slow := func(ctx context.Context, _ string) ([]byte, error) { <-ctx.Done(); return nil, ctx.Err() }
		if _, err := s.Call(ctx, slow); err != context.DeadlineExceeded {
			t.Errorf("%T %v", err, err)
		}
		s.Close()
		if _, err := s.Call(t.Context(), publish); err != realtime.ErrClosed {
			t.Errorf("%T %v", err, err)
		}
	})
}

// A call that its caller gives up leaves the connection to the others, and the
// late answer changes nothing.
func TestCallThatIsGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, count, server := eventsSocket(t, func(p *peer, f wire.Frame) {
			switch f.Type {
			case wire.Publish:
				time.Sleep(time.Minute)
				p.send(`{"type":"publish_success","id":%q}`, f.ID)
			default:
				p.send(`{"type":"subscribe_success","id":%q}`, f.ID)
			}
		})
		mustSubscribe(t, s, count)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := s.Call(ctx, publish)
		var unanswered *realtime.UnansweredError
		if !errors.As(err, &unanswered) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%T %v", err, err)
		}
		time.Sleep(2 * time.Minute)
		if got, want := s.Counts(), (realtime.Counts{UnknownIDs: 1}); got != want || server.n != 1 {
			t.Errorf("%+v, %d connections", got, server.n)
		}
		ended := make(chan error)
		go func() {
			_, err := s.Call(t.Context(), publish)
			ended <- err
		}()
		synctest.Wait()
		s.Close()
		if err := <-ended; !errors.As(err, &unanswered) || !errors.Is(err, realtime.ErrClosed) {
			t.Errorf("%T %v", err, err)
		}
	})
}
