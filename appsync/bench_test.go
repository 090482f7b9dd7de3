package appsync_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/tidewire/tidewire/appsync"
	"github.com/tidewire/tidewire/internal/sockettest"
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
	sockettest.PerSubscription(b, func() *appsync.Client {
		return newRealtime(b, appsync.APIKey(apiKey), appsync.Options{Realtime: appsync.Realtime{Idle: time.Hour}}, func(s *sockettest.Socket) {
			if s.Hello() {
				s.Obey(nil)
			}
		})
	}, consume)
}
