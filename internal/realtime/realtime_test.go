package realtime_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/internal/realtime"
	"github.com/tidewire/tidewire/internal/wire"
)

func TestOneSocketForMany(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, count, server := newSocket(t, realtime.Options{}, func(p *peer) {
			if p.hello() {
				p.obey(func(f wire.Frame) { p.send(`{"type":"data","id":%q,"payload":{"data":%q}}`, f.ID, f.ID) })
			}
		})
		var subs []*realtime.Subscription
		for range 3 {
			subs = append(subs, mustSubscribe(t, s, count))
		}
		for i, want := range []string{`{"data":"1"}`, `{"data":"2"}`, `{"data":"3"}`} {
			if got := mustNext(t, subs[i]); string(got.Payload) != want {
				t.Errorf("%s, want %s", got.Payload, want)
			}
		}
		for _, sub := range subs {
			sub.Close(t.Context())
			if _, err := sub.Next(t.Context()); err != realtime.ErrClosed {
				t.Error(err)
			}
		}
		if server.n != 1 || count.handshakes != 1 || count.starts != 3 {
			t.Errorf("%d connections, %d handshakes, %d starts", server.n, count.handshakes, count.starts)
		}
		time.Sleep(2 * time.Second) // idle: the socket is closed
		synctest.Wait()
		server.served.Wait()
		mustSubscribe(t, s, count)
		if server.n != 2 {
			t.Errorf("%d connections after idling", server.n)
		}
	})
}

func TestReconnect(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, count, server := newSocket(t, realtime.Options{}, func(p *peer) {
			if p.n == 2 || p.n == 3 || !p.hello() { // the first two attempts fail
				return
			}
			starts := 0
			p.obey(func(f wire.Frame) {
				p.send(`{"type":"data","id":%q,"payload":%s}`, f.ID, f.Payload)
				if starts++; p.n == 1 && starts == 2 {
					p.drop()
				}
			})
		})
		a, b := mustSubscribe(t, s, count), mustSubscribe(t, s, count)
		first := mustNext(t, a)
		var gap realtime.Event
		for gap = mustNext(t, a); gap.Gap == nil; gap = mustNext(t, a) {
			t.Errorf("%s before the gap", gap.Payload)
		}
		after := mustNext(t, a)
		if string(first.Payload) == string(after.Payload) {
			t.Error("the proof is not a new one")
		}
		if g := gap.Gap; g.Attempts != 3 || !g.To.After(g.From) || g.Cause == nil {
			t.Errorf("%+v", g)
		}
		for e := mustNext(t, b); e.Gap == nil; e = mustNext(t, b) {
		}
		if server.n != 4 || count.handshakes != 4 || count.starts != 4 || s.Counts().Reconnects != 1 {
			t.Errorf("%d connections, %+v, %+v", server.n, count, s.Counts())
		}
	})
}

func TestSilenceEndsAConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, count, _ := newSocket(t, realtime.Options{}, func(p *peer) {
			if p.hello() {
				p.obey(nil)
			}
		})
		sub := mustSubscribe(t, s, count)
		began := time.Now()
		e := mustNext(t, sub)
		var late *realtime.TimeoutError
		if e.Gap == nil || !errors.As(e.Gap.Cause, &late) || e.Gap.From.Sub(began) != 300*time.Second {
			t.Errorf("%+v after %v", e.Gap, time.Since(began))
		}
	})
}

func TestDenialOfOneLeavesTheOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, count, _ := newSocket(t, realtime.Options{}, func(p *peer) {
			if !p.hello() {
				return
			}
			for {
				f, ok := p.next()
				switch {
				case !ok:
					return
				case f.Type == wire.Stop:
					p.send(`{"type":"complete","id":%q}`, f.ID)
				case f.ID == "2":
					p.send(`{"type":"error","id":"2","payload":{"errors":["denied"]}}`)
				case f.ID == "4":
					p.send(`{"type":"error","payload":{"errors":{"errorType":"LimitExceededError"}}}`)
				default:
					p.send(`{"type":"start_ack","id":%q}`, f.ID)
					p.send(`{"type":"data","id":%q,"payload":1}`, f.ID)
				}
			}
		})
		a := mustSubscribe(t, s, count)
		var no denied
		if _, err := s.Subscribe(t.Context(), count.start, nil); !errors.As(err, &no) || string(no) != `["denied"]` {
			t.Error(err)
		}
		c := mustSubscribe(t, s, count)
		if _, err := s.Subscribe(t.Context(), count.start, nil); !errors.As(err, &no) || !strings.Contains(string(no), "Limit") {
			t.Error(err)
		}
		failing := func(context.Context, string) ([]byte, error) { return nil, denied("no proof") }
		if _, err := s.Subscribe(t.Context(), failing, nil); !errors.As(err, &no) {
			t.Error(err)
		}
		if string(mustNext(t, a).Payload) != "1" || string(mustNext(t, c).Payload) != "1" || count.handshakes != 1 {
			t.Error("the others did not go on")
		}
	})
}

func TestDenialOfTheConnectionIsFinal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, count, server := newSocket(t, realtime.Options{}, func(p *peer) {
			if p.n == 1 {
				if p.hello() {
					p.obey(func(wire.Frame) { p.drop() })
				}
				return
			}
			p.next()
			p.send(`{"type":"connection_error","payload":{"errors":[{"errorCode":401}]}}`)
		})
		sub := mustSubscribe(t, s, count)
		var no denied
		if _, err := sub.Next(t.Context()); !errors.As(err, &no) {
			t.Error(err)
		}
		if _, err := s.Subscribe(t.Context(), count.start, nil); !errors.As(err, &no) {
			t.Error(err)
		}
		if server.n != 3 {
			t.Errorf("%d connections", server.n)
		}
	})
}

func TestServerThatNeverAnswers(t *testing.T) {
	t.Parallel()
	for name, serve := range map[string]func(p *peer){
		"nothing": func(p *peer) { p.next(); p.next() },
		"no start_ack": func(p *peer) {
			if p.hello() {
				for _, ok := p.next(); ok; _, ok = p.next() {
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, count, _ := newSocket(t, realtime.Options{}, serve)
				var late *realtime.TimeoutError
				if _, err := s.Subscribe(t.Context(), count.start, nil); !errors.As(err, &late) {
					t.Error(err)
				}
			})
		})
	}
}

func TestLateAckOfARestartIsRecovered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, count, _ := newSocket(t, realtime.Options{}, func(p *peer) {
			if !p.hello() {
				return
			}
			starts := 0
			for {
				f, ok := p.next()
				if !ok {
					return
				}
				if f.Type != wire.Start {
					continue
				}
				starts++
				switch {
				case p.n == 1:
					p.send(`{"type":"start_ack","id":%q}`, f.ID)
					p.drop()
					return
				case starts > 1:
					p.send(`{"type":"start_ack","id":%q}`, f.ID)
				}
			}
		})
		sub := mustSubscribe(t, s, count)
		if e := mustNext(t, sub); e.Gap == nil || e.Gap.To.Sub(e.Gap.From) < 15*time.Second {
			t.Errorf("%+v", e)
		}
	})
}

func TestOddFrames(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, count, _ := newSocket(t, realtime.Options{}, func(p *peer) {
			if !p.hello() {
				return
			}
			p.obey(func(f wire.Frame) {
				for _, odd := range []string{`{"type":"news"}`, `{"type":"da`, `[]`, `<html>`, `{"type":"data","id":"77","payload":{}}`,
					`{"type":"complete","id":"78"}`, `{"type":"error","payload":{"errors":[]}}`, `{"type":"error","id":"","payload":null}`, `{"type":"start_ack","id":"79"}`, `{}`} {
					p.send("%s", odd)
				}
				p.send(`{"type":"data","id":%q,"payload":"last"}`, f.ID)
			})
		})
		sub := mustSubscribe(t, s, count)
		if e := mustNext(t, sub); string(e.Payload) != `"last"` {
			t.Errorf("%+v", e)
		}
		synctest.Wait() // the unknown start_ack was answered with a stop, and that with a complete
		want := realtime.Counts{UnknownTypes: 2, UnknownIDs: 4, BadFrames: 3, LooseErrors: 2}
		if got := s.Counts(); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	})
}

func TestSlowConsumerIsTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, count, _ := newSocket(t, realtime.Options{Tuning: realtime.Tuning{MaxPending: 3, MaxBytes: 100}}, func(p *peer) {
			if p.hello() {
				p.obey(func(f wire.Frame) {
					for range 10 {
						p.send(`{"type":"data","id":%q,"payload":1}`, f.ID)
					}
				})
			}
		})
		sub := mustSubscribe(t, s, count)
		synctest.Wait()
		for range 3 {
			if e := mustNext(t, sub); string(e.Payload) != "1" {
				t.Errorf("%+v", e)
			}
		}
		if e := mustNext(t, sub); e.Dropped != 7 {
			t.Errorf("%+v", e)
		}
	})
}

func TestCompleteAndHandlers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, count, _ := newSocket(t, realtime.Options{}, func(p *peer) {
			if p.hello() {
				p.obey(func(f wire.Frame) {
					p.send(`{"type":"data","id":%q,"payload":1}`, f.ID)
					p.send(`{"type":"data","id":%q,"payload":2}`, f.ID)
					p.send(`{"type":"complete","id":%q}`, f.ID)
				})
			}
		})
		var got []string
		done := make(chan error, 1)
		if _, err := s.Subscribe(t.Context(), count.start, func(e realtime.Event, err error) {
			if err != nil {
				done <- err
				return
			}
			got = append(got, string(e.Payload))
		}); err != nil {
			t.Fatal(err)
		}
		if err := <-done; err != realtime.ErrCompleted || strings.Join(got, "") != "12" {
			t.Error(got, err)
		}
	})
}

func TestCloseInTheMiddle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, count, _ := newSocket(t, realtime.Options{}, func(p *peer) {
			if p.n == 1 && p.hello() {
				p.obey(func(wire.Frame) { p.drop() })
			}
		})
		sub := mustSubscribe(t, s, count)
		time.Sleep(time.Minute) // in the pauses of an outage
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		_, err := s.Subscribe(ctx, count.start, nil)
		if err == nil {
			t.Error("subscribed in an outage")
		}
		s.Close()
		if _, err := sub.Next(t.Context()); err != realtime.ErrClosed {
			t.Error(err)
		}
		if _, err := s.Subscribe(t.Context(), count.start, nil); err != realtime.ErrClosed {
			t.Error(err)
		}
	})
}

func TestAttemptsAreLimited(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, count, server := newSocket(t, realtime.Options{Tuning: realtime.Tuning{Attempts: 3}}, func(p *peer) {
			if p.n == 1 && p.hello() {
				p.obey(func(wire.Frame) { p.drop() })
			}
		})
		sub := mustSubscribe(t, s, count)
		if _, err := sub.Next(t.Context()); err == nil || !strings.Contains(err.Error(), "gave up after 3") || server.n != 4 {
			t.Errorf("%v after %d connections", err, server.n)
		}
	})
}
