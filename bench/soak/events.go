package main

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"golang.org/x/oauth2"

	"github.com/tidewire/tidewire/appsync"
	"github.com/tidewire/tidewire/events"
)

func (k *soaking) eventsWithToken(name string) (*subscriber, error) {
	name = sharing + name
	return k.events(appsync.Token(sourceFunc(func() (*oauth2.Token, error) {
		return &oauth2.Token{AccessToken: k.token(name)}, nil
	})))
}

func (k *soaking) eventsWithLambda(name string) (*subscriber, error) {
	return k.events(appsync.LambdaFunc(func(context.Context) (string, error) { return k.token(name), nil }))
}

// events is a client of the Event API. It publishes on its socket too.
func (k *soaking) events(auth *appsync.Auth) (*subscriber, error) {
	c, err := events.New(k.url+"/event", auth, &events.Options{Realtime: settings})
	if err != nil {
		return nil, err
	}
	return &subscriber{
		close:  c.Close,
		counts: func() (int, int) { return unknown(c.Counts()) },
		call: func(ctx context.Context, n int, key string) error {
			publish := c.PublishSocket
			if n%2 == 0 {
				publish = c.Publish
			}
			event := json.RawMessage(`{"key":"` + key + `","pad":"` + pad + `"}`)
			_, err := publish(ctx, "/soak/published", event, event, event, event, event, event)
			return err
		},
		subscribe: func(ctx context.Context, key string) (subscription, error) {
			sub, err := c.Subscribe(ctx, "/soak/"+key)
			if err != nil {
				return subscription{}, err
			}
			return subscription{close: sub.Close, next: func(ctx context.Context) (news, error) {
				e, err := sub.Next(ctx)
				if err != nil || e.Reconnected != nil || e.Dropped > 0 {
					return news{reconnected: e.Reconnected != nil, dropped: e.Dropped}, err
				}
				var m message
				err = e.Decode(&m)
				return news{message: &m}, err
			}}, nil
		},
	}, nil
}

// unknown is what a client reconnected, and ignored.
func unknown(n appsync.Counts) (reconnects, ignored int) {
	return int(n.Reconnects), int(n.UnknownIDs + n.UnknownTypes + n.BadFrames + n.LooseErrors)
}

// slowestCall is how long a call may take: a publish on a socket that is being
// restored waits for the pause and the attempt under way, and then for its
// answer. More than a busy machine needs beside.
const slowestCall = 2*time.Second + 2*patience + patience + 8*time.Second

// calls makes one call after the other until ctx ends. Each must succeed or fail
// with an error of a known type.
func (k *soaking) calls(ctx context.Context, c *subscriber, name string) {
	for n := 0; wait(ctx, between(50*time.Millisecond, 300*time.Millisecond)); n++ {
		limit, cancel := context.WithTimeout(ctx, slowestCall)
		err := c.call(limit, n, newKey(name, k.serial.Add(1)))
		late := limit.Err() != nil && ctx.Err() == nil
		cancel()
		switch {
		case late:
			k.fault("a call has not ended within %s: %v", slowestCall, err)
		case err == nil:
			k.count(func(c *counts) { c.Calls++ })
		case typed(err) || ctx.Err() != nil:
			k.count(func(c *counts) { c.CallsFailed++ })
		default:
			k.fault("a call: %T: %v", err, err)
		}
	}
}

// typed says whether err is one that the packages promise.
func typed(err error) bool {
	var (
		answer *appsync.ResponseError
		send   *appsync.SendError
		lost   *appsync.ConnectionError
		list   appsync.Errors
	)
	return errors.As(err, &answer) || errors.As(err, &send) || errors.As(err, &lost) || errors.As(err, &list)
}
