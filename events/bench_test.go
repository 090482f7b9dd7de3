package events_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/tidewire/tidewire/appsync"
	"github.com/tidewire/tidewire/events"
	"github.com/tidewire/tidewire/internal/sockettest"
)

// BenchmarkSubscriptions measures what a subscription takes beyond its socket:
// heap and stacks of 100 sockets with 100 subscriptions each, consumed by a
// goroutine each or by a function, less those of 100 sockets with one.
func BenchmarkSubscriptions(b *testing.B) {
	for name, consume := range map[string]func(*events.Client, *sync.WaitGroup) error{
		"next": func(c *events.Client, done *sync.WaitGroup) error {
			sub, err := c.Subscribe(context.Background(), "/default/room")
			if err == nil {
				done.Go(func() { _, _ = sub.Next(context.Background()) })
			}
			return err
		},
		"func": func(c *events.Client, _ *sync.WaitGroup) error {
			_, err := c.SubscribeFunc(context.Background(), "/default/room", func(events.Event, error) {})
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

func perSubscription(b *testing.B, consume func(*events.Client, *sync.WaitGroup) error) {
	sockettest.PerSubscription(b, func() *events.Client {
		return newClient(b, appsync.APIKey(apiKey), events.Options{Realtime: appsync.Realtime{Idle: time.Hour}}, sockettest.Events(b, func(s *sockettest.Socket) {
			if s.Hello() {
				s.Obey(nil)
			}
		}))
	}, consume)
}

// canned answers without a network.
type canned []byte

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	_, _ = io.Copy(io.Discard, r.Body)
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(c)), Request: r}, nil
}

func BenchmarkPublish(b *testing.B) {
	list := raw(`{"a":1}`, `{"a":2}`, `{"a":3}`, `{"a":4}`, `{"a":5}`)
	answer := canned(`{"failed":[],"successful":[{"identifier":"6a2f1a5e-2f35-4b1e-8f0e-0a2b5f0a7c11","index":0},{"identifier":"b","index":1},{"identifier":"c","index":2},{"identifier":"d","index":3},{"identifier":"e","index":4}]}`)
	for name, auth := range map[string]*appsync.Auth{"key": appsync.APIKey(apiKey), "iam": appsync.IAM(keys(), "")} {
		b.Run(name, func(b *testing.B) {
			c, err := events.New("https://"+apiHost+"/event", auth, &events.Options{HTTPClient: &http.Client{Transport: answer}})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.Publish(b.Context(), "/default/room", list...); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkPublishSocket is one event there and its answer back, over a pipe in
// memory, with the server's work.
func BenchmarkPublishSocket(b *testing.B) {
	c := newClient(b, appsync.IAM(keys(), "us-east-1"), events.Options{}, sockettest.Events(b, func(s *sockettest.Socket) {
		if s.Hello() {
			s.Obey(nil)
		}
	}))
	list := raw(`{"a":1}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.PublishSocket(b.Context(), "/default/room", list...); err != nil {
			b.Fatal(err)
		}
	}
}
