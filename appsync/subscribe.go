package appsync

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"time"

	"github.com/tidewire/tidewire/internal/realtime"
	"github.com/tidewire/tidewire/internal/wire"
)

// Realtime says how subscriptions work. Zero values mean the defaults.
type Realtime struct {
	Connect   time.Duration // until the server has accepted the connection; default 30 s
	Reply     time.Duration // until it has answered a start or a stop; default 15 s
	Idle      time.Duration // an unused WebSocket stays open for; default 1 s
	KeepAlive time.Duration // silence that ends a connection whose server names none; default 5 min
	// MinPause is the nominal pause before the first reconnection. It doubles up
	// to MaxPause; an actual pause is between half and all of it. Default
	// 500 ms, 30 s.
	MinPause, MaxPause time.Duration
	Attempts           int   // reconnections that may fail in a row; default: no end
	ReadLimit          int64 // bytes of a message, more ends the connection; default 1 MiB (AppSync's limit is 240 KB)
	MaxPending         int   // messages that wait for the consumer of a subscription; default 64
	MaxBytes           int   // bytes of them; default 1 MiB
}

// Event is what a subscription gives: a message (Data, Errors or both), or news
// that some are missing.
type Event struct {
	Data   json.RawMessage // yours to keep; nil if there is none or null
	Errors Errors          // of this message
	// Reconnected is set when the connection was lost and the subscription
	// has been started again. AppSync does not replay what happened between.
	Reconnected *Gap
	// Dropped is how many messages are missing here because they came while
	// MaxPending or MaxBytes were waiting.
	Dropped int
}

// Decode decodes Data into v; without Data it leaves v as it is.
func (e *Event) Decode(v any) error { return (&Response{Data: e.Data}).Decode(v) }

// Gap is a time without the subscription.
type Gap struct {
	From, To time.Time
	Attempts int   // connections tried until it was restored
	Cause    error // why the connection ended
}

// Subscription is one subscription of a Client. It ends with Close, with the
// end of a loop over Events, or with an error.
type Subscription struct {
	client *Client
	sub    *realtime.Subscription
}

// Subscribe starts a subscription and returns once AppSync has accepted it.
// All subscriptions of a Client share a WebSocket, which the first one opens
// and which is closed when there have been none for Realtime.Idle. When the
// connection is lost it is restored, and each subscription started again, with
// a fresh proof for each.
//
// The error is [Errors] for a denial ([ErrUnauthorized], [ErrLimitExceeded],
// [ErrMaxSubscriptions]), a [*ResponseError], a [*ConnectionError],
// a [*NoCredentialsError], [ErrOperation], [ErrClosed] after Client.Close, or
// ctx's. Nothing is tried again before the first acceptance, and nothing after a
// denial. ctx bounds the start only: the subscription does not end with it.
func (c *Client) Subscribe(ctx context.Context, r *Request) (*Subscription, error) {
	return c.subscribe(ctx, r, nil)
}

// SubscribeFunc is Subscribe with a function that gets one event after the
// other, and last, once, an Event{} with the error that ended the subscription:
// [ErrClosed], [ErrCompleted] or another. It is called from a goroutine that
// lives while there are events, and must not call Client.Close. If an error is
// returned it is not called at all.
func (c *Client) SubscribeFunc(ctx context.Context, r *Request, handle func(Event, error)) (*Subscription, error) {
	return c.subscribe(ctx, r, func(e realtime.Event, err error) {
		if err != nil {
			handle(Event{}, c.realtimeError(err))
			return
		}
		handle(c.event(e), nil)
	})
}

func (c *Client) subscribe(ctx context.Context, r *Request, handler func(realtime.Event, error)) (*Subscription, error) {
	data, err := r.body()
	if err != nil {
		return nil, fmt.Errorf("appsync: %w", err)
	}
	if err := fits(kindOf(r.Query, r.OperationName), subscription); err != nil {
		return nil, err
	}
	auth := r.Auth
	if auth == nil {
		auth = c.auth
	}
	for _, a := range []*Auth{c.auth, auth} {
		if err := a.check(c.endpoint); err != nil {
			return nil, fmt.Errorf("appsync: %w", err)
		}
	}
	start := func(ctx context.Context, id string) ([]byte, error) {
		object, err := auth.object(ctx, c.endpoint, c.endpoint.http.EscapedPath(), data)
		if err != nil {
			return nil, err
		}
		return (&wire.Frame{Type: wire.Start, ID: id, Payload: wire.StartPayload(data, object)}).Append(nil), nil
	}
	sub, err := c.socket.Subscribe(ctx, start, handler)
	if err != nil {
		return nil, c.realtimeError(err)
	}
	return &Subscription{client: c, sub: sub}, nil
}

// Next waits for the next event. Its error is ctx's, which leaves the
// subscription as it is, or else its end: [ErrClosed], [ErrCompleted], a denial or
// what ended the attempts to reconnect. It is not for SubscribeFunc.
func (s *Subscription) Next(ctx context.Context) (Event, error) {
	e, err := s.sub.Next(ctx)
	if err != nil {
		return Event{}, s.client.realtimeError(err)
	}
	return s.client.event(e), nil
}

// Events gives one event after the other, and last an error, unless the
// server has completed the subscription. The end of the loop closes the
// subscription.
func (s *Subscription) Events(ctx context.Context) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		defer s.Close(ctx)
		for {
			e, err := s.Next(ctx)
			if err == ErrCompleted || !yield(e, err) || err != nil {
				return
			}
		}
	}
}

// Close stops the subscription and waits until the server has confirmed, or
// ctx has ended, or Realtime.Reply has passed. What waits for the consumer is
// dropped.
func (s *Subscription) Close(ctx context.Context) { s.sub.Close(ctx) }

// Close ends all subscriptions, closes the WebSocket with 1000, for which it
// waits 5 seconds at most, and waits for every goroutine of the Client.
// Queries and mutations are still possible, subscriptions are not.
func (c *Client) Close() { c.socket.Close() }

// Counts says what a Client has seen on its WebSocket that changed nothing.
type Counts struct {
	UnknownTypes uint64 // frames of a type that nobody knows
	UnknownIDs   uint64 // frames for no subscription, such as data that came after its end
	BadFrames    uint64 // texts that are no frames
	LooseErrors  uint64 // errors without an id that could not be told whose they are
	Reconnects   uint64 // connections restored
}

// Counts are those up to now.
func (c *Client) Counts() Counts { return Counts(c.socket.Counts()) }

// event reads a message as encoding/json would, but once.
func (c *Client) event(e realtime.Event) Event {
	if e.Gap != nil {
		return Event{Reconnected: &Gap{From: e.Gap.From, To: e.Gap.To, Attempts: e.Gap.Attempts, Cause: c.realtimeError(e.Gap.Cause)}}
	}
	out := Event{Dropped: e.Dropped}
	wire.Members(e.Payload, func(name, value []byte) {
		switch string(name) {
		case "data":
			out.Data = unlessNull(value)
		case "errors":
			out.Errors = ParseErrors(value)
		}
	})
	return out
}
