package appsync_test

import (
	"context"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/tidewire/tidewire/appsync"
)

// BenchmarkSubscriptions measures what a subscription takes beyond its socket:
// heap and stacks of 100 sockets with 100 subscriptions each, consumed by a
// goroutine each or by a function, less those of 100 sockets with one.
func BenchmarkSubscriptions(b *testing.B) {
	for name, consume := range map[string]func(*appsync.Client, *sync.WaitGroup) error{
		"next": func(c *appsync.Client, done *sync.WaitGroup) error {
			sub, err := c.Subscribe(context.Background(), &appsync.Request{Query: onPost})
			if err == nil {
				done.Go(func() { _, _ = sub.Next(context.Background()) })
			}
			return err
		},
		"func": func(c *appsync.Client, _ *sync.WaitGroup) error {
			_, err := c.SubscribeFunc(context.Background(), &appsync.Request{Query: onPost}, func(appsync.Event, error) {})
			return err
		},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				perSubscription(b, consume)
			}
		})
	}
}

func perSubscription(b *testing.B, consume func(*appsync.Client, *sync.WaitGroup) error) {
	const sockets, each = 100, 100
	var done sync.WaitGroup
	var clients []*appsync.Client
	for range sockets {
		c := newRealtime(b, appsync.APIKey(apiKey), appsync.Options{Realtime: appsync.Realtime{Idle: time.Hour}}, func(s *socket) {
			if s.hello() {
				s.obey(nil)
			}
		})
		if err := consume(c, &done); err != nil {
			b.Fatal(err)
		}
		clients = append(clients, c)
	}
	before := inUse()
	for _, c := range clients {
		for range each {
			if err := consume(c, &done); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(inUse()-before)/(sockets*each), "B/subscription")
	for _, c := range clients {
		c.Close()
	}
	done.Wait()
}

func inUse() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}
