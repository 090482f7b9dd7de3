package appsync

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"sync"

	"github.com/tidewire/tidewire/internal/realtime"
)

const pendingNews = 16 // errors that wait in a Listener's channel

// Listener subscribes for code that genqlient generated. It has the methods of
// genqlient's WebSocketClient without importing genqlient: instantiated with
// genqlient's types,
//
//	client := appsync.GeneratedSubscriptions[graphql.Request, graphql.ForwardDataFunction](c)
//
// is a graphql.WebSocketClient. Its methods may be called concurrently.
type Listener[Req any, Forward ~func(any, json.RawMessage) error] struct {
	client *Client // immutable

	// guarded by mu
	mu   sync.Mutex
	news chan error // nil: not started, or closed
	subs map[string]*listening
	last int
	ends int // calls of Close
}

// listening is one subscription of a Listener.
type listening struct {
	sub     *Subscription
	channel reflect.Value // the generated code's
	done    chan struct{} // closed when channel is
}

// MissedError tells a Listener's user that messages are missing, for which the
// generated types have no place. The subscription goes on.
type MissedError struct {
	ID          string // of the subscription
	Reconnected *Gap
	Dropped     int
}

// Error says what is missing.
func (e *MissedError) Error() string {
	if e.Reconnected != nil {
		return "subscription " + e.ID + ": reconnected; what happened meanwhile is missing"
	}
	return "subscription " + e.ID + ": too slow, " + strconv.Itoa(e.Dropped) + " messages are missing"
}

// GeneratedSubscriptions makes the subscription client that generated code takes.
func GeneratedSubscriptions[Req any, Forward ~func(any, json.RawMessage) error](c *Client) *Listener[Req, Forward] {
	return &Listener[Req, Forward]{client: c, subs: map[string]*listening{}}
}

// Start gives the channel of errors: those that ended a subscription, those of
// forwarding, and [*MissedError]. It holds 16; what comes while it is full is
// dropped. Close closes it. Nothing is connected before the first Subscribe.
func (l *Listener[Req, Forward]) Start(context.Context) (chan error, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.news == nil {
		l.news = make(chan error, pendingNews)
	}
	return l.news, nil
}

// Subscribe starts a subscription, as [Client.Subscribe] does, and hands each
// payload to forward, which sends it on channel. At the end the channel is
// closed. The id that is returned is for Unsubscribe. [ErrClosed]: Close was
// called meanwhile.
func (l *Listener[Req, Forward]) Subscribe(req *Req, channel any, forward Forward) (string, error) {
	r, err := generatedRequest(req)
	if err != nil {
		return "", err
	}
	to := reflect.ValueOf(channel)
	if to.Kind() != reflect.Chan || to.Type().ChanDir() != reflect.BothDir {
		return "", fmt.Errorf("appsync: %T is no channel for both directions", channel)
	}
	l.mu.Lock()
	l.last++
	id, ends := strconv.Itoa(l.last), l.ends
	l.mu.Unlock()
	one := &listening{channel: to, done: make(chan struct{})}
	one.sub, err = l.client.subscribe(context.Background(), r, func(e realtime.Event, err error) {
		if err != nil {
			l.ended(id, one, l.client.realtimeError(err))
			return
		}
		l.forward(id, l.client.event(e), e.Payload, func(p json.RawMessage) error { return forward(channel, p) })
	})
	if err != nil {
		return "", err
	}
	if !l.keep(id, one, ends) {
		one.stop()
		return "", ErrClosed
	}
	return id, nil
}

// keep makes a subscription known that was begun after so many ends. False: there
// was another since.
func (l *Listener[Req, Forward]) keep(id string, one *listening, ends int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-one.done: // already
	default:
		if l.ends != ends {
			return false
		}
		l.subs[id] = one
	}
	return true
}

// forward hands over a message, or tells of those that are missing.
func (l *Listener[Req, Forward]) forward(id string, e Event, payload json.RawMessage, forward func(json.RawMessage) error) {
	if e.Reconnected != nil || e.Dropped > 0 {
		l.tell(&MissedError{ID: id, Reconnected: e.Reconnected, Dropped: e.Dropped})
		return
	}
	if err := forward(payload); err != nil {
		l.tell(fmt.Errorf("subscription %s: the payload does not fit the generated type: %w", id, err))
	}
}

// ended closes the channel of a subscription: nothing is forwarded any more.
func (l *Listener[Req, Forward]) ended(id string, one *listening, err error) {
	one.channel.Close()
	l.mu.Lock()
	delete(l.subs, id)
	close(one.done)
	l.mu.Unlock()
	if !errors.Is(err, ErrClosed) && !errors.Is(err, ErrCompleted) {
		l.tell(err)
	}
}

func (l *Listener[Req, Forward]) tell(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case l.news <- err: // never, if it is nil
	default:
	}
}

// Unsubscribe ends a subscription and closes its channel, taking from it what
// nobody else takes.
func (l *Listener[Req, Forward]) Unsubscribe(id string) error {
	l.mu.Lock()
	one := l.subs[id]
	delete(l.subs, id)
	l.mu.Unlock()
	if one == nil {
		return fmt.Errorf("appsync: there is no subscription %q", id)
	}
	one.stop()
	return nil
}

// stop ends a subscription and takes what is on its way, until its channel is
// closed.
func (one *listening) stop() {
	one.sub.Close(context.Background())
	cases := []reflect.SelectCase{
		{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(one.done)},
		{Dir: reflect.SelectRecv, Chan: one.channel},
	}
	for {
		if which, _, _ := reflect.Select(cases); which == 0 {
			return
		}
	}
}

// Close ends all subscriptions, also those that are being started, and closes the
// channel of errors. The Client stays usable. Close a Listener before its Client:
// [Client.Close] waits for a payload that nobody takes from its channel.
func (l *Listener[Req, Forward]) Close() error {
	l.mu.Lock()
	l.ends++
	var ids []string
	for id := range l.subs {
		ids = append(ids, id)
	}
	l.mu.Unlock()
	for _, id := range ids {
		_ = l.Unsubscribe(id) // gone: somebody else was faster
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.news != nil {
		close(l.news)
		l.news = nil
	}
	return nil
}
