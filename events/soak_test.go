package events_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/tidewire/tidewire/appsync"
	"github.com/tidewire/tidewire/events"
	"github.com/tidewire/tidewire/internal/sockettest"
	"github.com/tidewire/tidewire/internal/wire"
)

// troublesome drops the socket every few seconds, delays answers, some for too
// long, and refuses every tenth token. taken counts publishes.
func troublesome(s *sockettest.Socket, taken *atomic.Int64) {
	drop := time.AfterFunc(time.Second+rand.N(4*time.Second), func() { s.Close() })
	defer drop.Stop()
	if !s.Hello() {
		return
	}
	for f, ok := s.Next(); ok; f, ok = s.Next() {
		if f.Type == wire.Publish {
			taken.Add(1)
		}
		switch {
		case f.Type == wire.Unsubscribe:
			s.Send(`{"type":"unsubscribe_success","id":%q}`, f.ID)
		case strings.Contains(string(f.Authorization), "0.token"):
			s.Send(`{"type":"%s_error","id":%q,"errors":[{"errorType":"UnauthorizedException"}]}`, f.Type, f.ID)
		case f.Type == wire.Publish:
			time.Sleep(rand.N(300 * time.Millisecond))
			s.Send(`{"type":"publish_success","id":%q,"successful":%s,"failed":[]}`, f.ID, sockettest.Successful(f.Events))
		default:
			time.Sleep(rand.N(300 * time.Millisecond))
			s.Send(`{"type":"subscribe_success","id":%q}`, f.ID)
			s.Send(`{"type":"data","id":%q,"event":"{\"n\":%d}"}`, f.ID, s.N)
		}
	}
}

// soaking counts what happened.
type soaking struct {
	gaps, denials, messages, losses    atomic.Int64
	published, uncertain, taken, calls atomic.Int64
}

// consume subscribes again and again until ctx ends, and checks that no event of
// another connection comes without news of a gap.
func (k *soaking) consume(ctx context.Context, t *testing.T, c *events.Client) {
	for ctx.Err() == nil {
		sub, err := c.Subscribe(ctx, "/default/*")
		if err != nil {
			k.count(err)
			continue
		}
		last := 0
		for e, err := range sub.Events(ctx) {
			switch {
			case err != nil:
				k.count(err)
			case e.Reconnected != nil:
				k.gaps.Add(1)
				last = 0
			default:
				k.messages.Add(1)
				var m struct{ N int }
				if err := e.Decode(&m); err != nil || (last != 0 && last != m.N) {
					t.Errorf("connection %d follows %d without a gap, %v", m.N, last, err)
				}
				last = m.N
			}
		}
	}
}

func (k *soaking) count(err error) {
	if errors.Is(err, appsync.ErrUnauthorized) {
		k.denials.Add(1)
	} else {
		k.losses.Add(1)
	}
}

// produce publishes until ctx ends.
func (k *soaking) produce(ctx context.Context, t *testing.T, c *events.Client) {
	for ctx.Err() == nil {
		k.calls.Add(1)
		_, err := c.PublishSocket(ctx, "/default/x", raw("1", "2")...)
		var batch *events.BatchError
		switch {
		case err == nil:
			k.published.Add(1)
		case !errors.As(err, &batch):
			t.Errorf("%T %v", err, err)
		case batch.MayBeAccepted:
			k.uncertain.Add(1)
		}
		time.Sleep(rand.N(200 * time.Millisecond))
	}
}

// TestSoak lives with a troublesome server for two minutes of fake time. The
// bubble fails the test if a goroutine is left, and heap is measured.
func TestSoak(t *testing.T) {
	grown := sockettest.HeapGrowth(func() { synctest.Test(t, soak) })
	if grown > 4<<20 {
		t.Errorf("the heap has grown by %d bytes", grown)
	}
}

func soak(t *testing.T) {
	var k soaking
	var tokens atomic.Int64
	auth := appsync.Token(sourceFunc(func() (*oauth2.Token, error) {
		return &oauth2.Token{AccessToken: fmt.Sprintf("%d.token", tokens.Add(1))}, nil
	}))
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var clients []*events.Client
	var busy sync.WaitGroup
	for range 3 {
		o := events.Options{Realtime: appsync.Realtime{MinPause: 100 * time.Millisecond, MaxPause: time.Second, Reply: time.Second}}
		c := newClient(t, auth, o, sockettest.Events(t, func(s *sockettest.Socket) { troublesome(s, &k.taken) }))
		clients = append(clients, c)
		busy.Go(func() { k.produce(ctx, t, c) })
		for range 5 {
			busy.Go(func() { k.consume(ctx, t, c) })
		}
	}
	busy.Wait()
	for _, c := range clients {
		c.Close()
	}
	if k.gaps.Load() == 0 || k.denials.Load() == 0 || k.messages.Load() == 0 || k.published.Load() == 0 || k.uncertain.Load() == 0 || k.taken.Load() > k.calls.Load() {
		t.Error("not enough has happened, or something twice")
	}
	t.Logf("%d gaps, %d denials, %d losses, %d messages, %d tokens; %d calls, %d taken, %d published, %d uncertain", k.gaps.Load(), k.denials.Load(),
		k.losses.Load(), k.messages.Load(), tokens.Load(), k.calls.Load(), k.taken.Load(), k.published.Load(), k.uncertain.Load())
}
