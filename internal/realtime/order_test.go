package realtime_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/internal/realtime"
	"github.com/tidewire/tidewire/internal/wire"
)

// What a hasty server sends before it has accepted a start comes after the news
// of the gap, and if it never accepts it there is another gap.
func TestDataBeforeTheAnswerToARestart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, count, _ := newSocket(t, realtime.Options{}, func(p *peer) {
			if !p.hello() {
				return
			}
			starts := 0
			for f, ok := p.next(); ok; f, ok = p.next() {
				if f.Type != wire.Start {
					continue
				}
				starts++
				p.send(`{"type":"data","id":%q,"payload":"connection %d, start %d"}`, f.ID, p.n, starts)
				if p.n == 2 && starts == 1 {
					continue // no answer
				}
				p.send(`{"type":"start_ack","id":%q}`, f.ID)
				if p.n == 1 {
					p.drop()
				}
			}
		})
		sub := mustSubscribe(t, s, count)
		var got []string
		for range 5 {
			switch e := mustNext(t, sub); {
			case e.Gap != nil && (e.Gap.Cause == nil || e.Gap.To.Before(e.Gap.From)):
				t.Errorf("%+v", e.Gap)
			case e.Gap != nil:
				got = append(got, "gap")
			default:
				got = append(got, string(e.Payload))
			}
		}
		if want := `"connection 1, start 1" gap "connection 2, start 1" gap "connection 2, start 2"`; strings.Join(got, " ") != want {
			t.Errorf("%s\nwant %s", strings.Join(got, " "), want)
		}
	})
}

// A handler hears nothing of a subscription that Subscribe did not make.
func TestHandlerOfARefusedSubscription(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string][]string{
		`{"type":"error","id":%q,"payload":{"errors":["denied"]}}`: nil,
		`{"type":"start_ack","id":%q}`:                             {`"early"`, "closed by this side"},
	} {
		synctest.Test(t, func(t *testing.T) {
			s, count, _ := newSocket(t, realtime.Options{}, func(p *peer) {
				if !p.hello() {
					return
				}
				f, _ := p.next()
				p.send(`{"type":"data","id":%q,"payload":"early"}`, f.ID)
				p.send(answer, f.ID)
				p.next()
			})
			var heard []string
			_, err := s.Subscribe(t.Context(), count.start, func(e realtime.Event, err error) {
				if err != nil {
					heard = append(heard, err.Error())
					return
				}
				heard = append(heard, string(e.Payload))
			})
			if (err == nil) != (want != nil) {
				t.Error(err)
			}
			synctest.Wait()
			s.Close()
			if strings.Join(heard, ", ") != strings.Join(want, ", ") {
				t.Errorf("heard %q, want %q", heard, want)
			}
		})
	}
}

// When the answer and the end of the context come together, there is either a
// subscription or an error, and no handler hears of the end in place of
// Subscribe's caller.
func TestAnswerAtTheDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, count, _ := newSocket(t, realtime.Options{Tuning: realtime.Tuning{Idle: time.Hour}}, func(p *peer) {
			if !p.hello() {
				return
			}
			for f, ok := p.next(); ok; f, ok = p.next() {
				if f.Type == wire.Start {
					time.Sleep(time.Second)
					p.send(`{"type":"start_ack","id":%q}`, f.ID)
				}
			}
		})
		for range 100 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			heard := make(chan error, 1)
			sub, err := s.Subscribe(ctx, count.start, func(_ realtime.Event, err error) { heard <- err })
			cancel()
			if err == nil {
				sub.Close(ctx)
			}
			synctest.Wait()
			if ended := len(heard) == 1; ended != (err == nil) {
				t.Fatalf("subscribed: %v, and the handler heard of the end: %v", err, ended)
			}
		}
	})
}
