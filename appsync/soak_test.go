package appsync_test

import (
	"context"
	"encoding/json"
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
	"github.com/tidewire/tidewire/internal/sockettest"
	"github.com/tidewire/tidewire/internal/wire"
)

// troublesome drops the socket every few seconds, delays acks, some for too
// long, and refuses every tenth token.
func troublesome(s *sockettest.Socket) {
	drop := time.AfterFunc(time.Second+rand.N(4*time.Second), func() { s.Close() })
	defer drop.Stop()
	if !s.Hello() {
		return
	}
	for f, ok := s.Next(); ok; f, ok = s.Next() {
		switch {
		case f.Type == wire.Stop:
			s.Send(`{"type":"complete","id":%q}`, f.ID)
		case strings.Contains(string(f.Payload), "0.token"):
			s.Send(`{"type":"error","id":%q,"payload":{"errors":[{"errorType":"UnauthorizedException","message":"Permission denied"}]}}`, f.ID)
		default:
			time.Sleep(rand.N(300 * time.Millisecond))
			s.Send(`{"type":"start_ack","id":%q}`, f.ID)
			s.Send(`{"type":"data","id":%q,"payload":{"data":{"n":%d}}}`, f.ID, s.N)
		}
	}
}

// soaking counts what happened.
type soaking struct{ gaps, denials, messages, losses atomic.Int64 }

// consume subscribes again and again until ctx ends, and checks that no
// message of another connection comes without news of a gap.
func (k *soaking) consume(ctx context.Context, t *testing.T, c *appsync.Client) {
	for ctx.Err() == nil {
		sub, err := c.Subscribe(ctx, &appsync.Request{Query: onPost})
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
				if e.Reconnected.Attempts < 1 || e.Reconnected.Cause == nil || e.Reconnected.To.Before(e.Reconnected.From) {
					t.Errorf("%+v", e.Reconnected)
				}
				k.gaps.Add(1)
				last = 0
			default:
				k.messages.Add(1)
				var m struct{ N int }
				if err := json.Unmarshal(e.Data, &m); err != nil || (last != 0 && last != m.N) {
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
	var clients []*appsync.Client
	var consumers sync.WaitGroup
	for range 3 {
		o := appsync.Options{Realtime: appsync.Realtime{MinPause: 100 * time.Millisecond, MaxPause: time.Second, Reply: time.Second}}
		c := newRealtime(t, auth, o, troublesome)
		clients = append(clients, c)
		for range 10 {
			consumers.Go(func() { k.consume(ctx, t, c) })
		}
	}
	consumers.Wait()
	var reconnects uint64
	for _, c := range clients {
		c.Close()
		reconnects += c.Counts().Reconnects
	}
	if k.gaps.Load() == 0 || k.denials.Load() == 0 || k.messages.Load() == 0 || reconnects < 30 {
		t.Errorf("%d gaps, %d denials, %d messages, %d reconnects", k.gaps.Load(), k.denials.Load(), k.messages.Load(), reconnects)
	}
	t.Logf("%d gaps, %d denials, %d losses, %d messages, %d tokens, %d reconnects", k.gaps.Load(), k.denials.Load(), k.losses.Load(), k.messages.Load(), tokens.Load(), reconnects)
}
