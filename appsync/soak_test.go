package appsync_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/tidewire/tidewire/appsync"
	"github.com/tidewire/tidewire/internal/wire"
)

// soak is how long TestSoak runs: go test -run Soak ./appsync -soak 30m
var soak = flag.Duration("soak", time.Second, "how long TestSoak runs")

// troublesome drops the socket after a while, delays acks and refuses every
// tenth token.
func troublesome(s *socket) {
	time.AfterFunc(50*time.Millisecond+rand.N(200*time.Millisecond), func() { s.Close() })
	if !s.hello() {
		return
	}
	for f, ok := s.next(); ok; f, ok = s.next() {
		switch {
		case f.Type == wire.Stop:
			s.send(`{"type":"complete","id":%q}`, f.ID)
		case strings.Contains(string(f.Payload), "0.token"):
			s.send(`{"type":"error","id":%q,"payload":{"errors":[{"errorType":"UnauthorizedException","message":"Permission denied"}]}}`, f.ID)
		default:
			time.Sleep(rand.N(5 * time.Millisecond))
			s.send(`{"type":"start_ack","id":%q}`, f.ID)
			s.send(`{"type":"data","id":%q,"payload":{"data":{"n":%d}}}`, f.ID, s.n)
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

// TestSoak lives with a troublesome server for a while and wants nothing left
// over. It is the only one in its process's way, so it is not parallel.
func TestSoak(t *testing.T) {
	var k soaking
	var tokens atomic.Int64
	auth := appsync.Token(sourceFunc(func() (*oauth2.Token, error) {
		return &oauth2.Token{AccessToken: fmt.Sprintf("%d.token", tokens.Add(1))}, nil
	}))
	var clients []*appsync.Client
	for range 3 {
		clients = append(clients, newRealtime(t, auth, appsync.Options{}, troublesome))
	}
	ctx, cancel := context.WithTimeout(t.Context(), *soak)
	defer cancel()
	var consumers sync.WaitGroup
	before := used()
	for _, c := range clients {
		for range 10 {
			consumers.Go(func() { k.consume(ctx, t, c) })
		}
	}
	consumers.Wait()
	for _, c := range clients {
		c.Close()
	}
	if k.gaps.Load() == 0 || k.denials.Load() == 0 || k.messages.Load() == 0 {
		t.Errorf("%d gaps, %d denials, %d messages", k.gaps.Load(), k.denials.Load(), k.messages.Load())
	}
	t.Logf("%d gaps, %d denials, %d losses, %d messages, %d tokens", k.gaps.Load(), k.denials.Load(), k.losses.Load(), k.messages.Load(), tokens.Load())
	settle(t, before)
}

// usage is what could leak.
type usage struct {
	goroutines, files int
	heap              int64
}

func used() usage {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	files, _ := os.ReadDir("/proc/self/fd") // none on other systems
	return usage{runtime.NumGoroutine(), len(files), int64(m.HeapAlloc)}
}

// settle waits until the servers' ends have gone too.
func settle(t *testing.T, before usage) {
	t.Helper()
	var now usage
	for range 200 {
		now = used()
		if now.goroutines <= before.goroutines+1 && now.files <= before.files && now.heap < before.heap+2<<20 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("before %+v, after %+v", before, now)
}
