package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"

	"github.com/tidewire/tidewire/appsync"
)

// counts are what the clients have seen.
type counts struct {
	Clients       int `json:"clients"`
	Subscriptions int `json:"subscriptions"`
	Messages      int `json:"messages"`
	Gaps          int `json:"gaps"`
	Merged        int `json:"merged"`  // gaps among them that were told as one, to slow consumers
	Skipped       int `json:"skipped"` // messages that a slow consumer was told it has missed
	Denied        int `json:"denied"`
	Failed        int `json:"failed"` // first starts that came to nothing
	Completed     int `json:"completed"`
	Reconnects    int `json:"reconnects"`
	Unknown       int `json:"unknown"` // frames that the clients ignored
	Tokens        int `json:"tokens"`
	Calls         int `json:"calls"` // queries and publishes that succeeded
	CallsFailed   int `json:"callsFailed"`
}

// soaking is the client's side.
type soaking struct {
	url     string
	options *options
	serial  atomic.Int64 // of tokens and keys

	// guarded by mu
	mu     sync.Mutex
	sums   counts
	wrongs []string
}

func (k *soaking) count(add func(*counts)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	add(&k.sums)
}

func (k *soaking) snapshot() counts {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.sums.Tokens = int(k.serial.Load())
	return k.sums
}

func (k *soaking) fault(format string, args ...any) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.wrongs) < 50 {
		k.wrongs = append(k.wrongs, fmt.Sprintf(format, args...))
	}
}

func (k *soaking) faults() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return append([]string{}, k.wrongs...)
}

// warm lives for a moment, so that what stays in any process is there before
// it is measured.
func (k *soaking) warm(ctx context.Context) error {
	short, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	k.run(short)
	return ctx.Err()
}

// run keeps clients at work until ctx ends, and waits for them.
func (k *soaking) run(ctx context.Context) {
	var group sync.WaitGroup
	for i := range k.options.clients {
		group.Go(func() {
			for ctx.Err() == nil {
				k.session(ctx, kinds[i%len(kinds)])
			}
		})
	}
	group.Wait()
	http.DefaultClient.CloseIdleConnections()
}

// token gives one after the other, and one of twelve that is refused.
func (k *soaking) token(client string) string {
	quality := "good"
	if rand.N(12) == 0 {
		quality = "bad"
	}
	return newToken(client, k.serial.Add(1), quality)
}

type sourceFunc func() (*oauth2.Token, error)

func (f sourceFunc) Token() (*oauth2.Token, error) { return f() }

// subscriber is a client of either API.
type subscriber struct {
	subscribe func(ctx context.Context, key string) (subscription, error)
	close     func()
	counts    func() (reconnects, unknown int)
	call      func(ctx context.Context, n int, key string) error // a query or a publish
}

// subscription is one of either API. next gives a message, news, or an error.
type subscription struct {
	next  func(ctx context.Context) (news, error)
	close func(ctx context.Context)
}

// news is an event of either API.
type news struct {
	message     *message
	reconnected bool
	dropped     int
}

// kinds are the clients that are made in turn.
var kinds = []func(k *soaking, name string) (*subscriber, error){
	(*soaking).withToken, (*soaking).eventsWithToken, (*soaking).withLambda, (*soaking).eventsWithLambda,
}

var settings = appsync.Realtime{Connect: 2 * patience, Reply: patience, MinPause: 200 * time.Millisecond, MaxPause: 2 * time.Second, MaxPending: 16}

func (k *soaking) withToken(name string) (*subscriber, error) {
	name = sharing + name
	return k.graphQL(appsync.Token(sourceFunc(func() (*oauth2.Token, error) {
		return &oauth2.Token{AccessToken: k.token(name)}, nil
	})))
}

func (k *soaking) withLambda(name string) (*subscriber, error) {
	return k.graphQL(appsync.LambdaFunc(func(context.Context) (string, error) { return k.token(name), nil }))
}

func (k *soaking) graphQL(auth *appsync.Auth) (*subscriber, error) {
	c, err := appsync.New(k.url+"/graphql", auth, &appsync.Options{Realtime: settings})
	if err != nil {
		return nil, err
	}
	return &subscriber{
		close:  c.Close,
		counts: func() (int, int) { return unknown(c.Counts()) },
		call: func(ctx context.Context, _ int, key string) error {
			_, err := c.Query(ctx, &appsync.Request{Query: `query On($key: ID!) { on(key: $key) { key } }`, Variables: map[string]string{"key": key}})
			return err
		},
		subscribe: func(ctx context.Context, key string) (subscription, error) {
			sub, err := c.Subscribe(ctx, &appsync.Request{Query: `subscription On($key: ID!) { on(key: $key) { key epoch n at pad } }`, Variables: map[string]string{"key": key}})
			if err != nil {
				return subscription{}, err
			}
			return subscription{close: sub.Close, next: func(ctx context.Context) (news, error) {
				e, err := sub.Next(ctx)
				if err != nil || e.Reconnected != nil || e.Dropped > 0 {
					return news{reconnected: e.Reconnected != nil, dropped: e.Dropped}, err
				}
				var data struct{ On message }
				err = e.Decode(&data)
				return news{message: &data.On}, err
			}}, nil
		},
	}, nil
}

// tell reports the end of a subscription to the server.
func (k *soaking) tell(r report) {
	body, err := json.Marshal(r)
	if err != nil {
		k.fault("%v", err)
		return
	}
	resp, err := http.Post(k.url+"/ended", "application/json", bytes.NewReader(body))
	if err != nil {
		k.fault("report: %v", err)
		return
	}
	_ = resp.Body.Close()
}

// how an end is called in a report.
func how(err error) string {
	switch {
	case errors.Is(err, appsync.ErrUnauthorized):
		return "denied"
	case errors.Is(err, appsync.ErrCompleted):
		return "completed"
	case errors.Is(err, appsync.ErrClosed):
		return "cut"
	}
	return err.Error()
}
