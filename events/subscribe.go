package events

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"

	"github.com/tidewire/tidewire/appsync"
	"github.com/tidewire/tidewire/internal/realtime"
	"github.com/tidewire/tidewire/internal/wire"
)

// Event is what a subscription gives: an event (Data), an event that could not
// be delivered (Errors), or news that some are missing.
type Event struct {
	Channel string // as it was subscribed to
	// Data is the event's JSON text, yours to keep. What is no JSON, which AppSync
	// does not take from publishers, would come as a JSON string.
	Data json.RawMessage
	// Errors are those of a broadcast_error: AppSync could not process a
	// message for this subscription, which goes on.
	Errors appsync.Errors
	// Reconnected is set when the connection was lost and the subscription
	// has been started again. AppSync does not replay what happened between.
	Reconnected *appsync.Gap
	// Dropped is how many events are missing here because they came while
	// Realtime.MaxPending or MaxBytes were waiting.
	Dropped int
}

// Decode decodes Data into v; without Data it leaves v as it is.
func (e *Event) Decode(v any) error {
	if len(e.Data) == 0 {
		return nil
	}
	if err := json.Unmarshal(e.Data, v); err != nil {
		return fmt.Errorf("the event does not fit %T: %w", v, err)
	}
	return nil
}

// Subscription is one subscription of a Client. It ends with Close, with the
// end of a loop over Events, or with an error.
type Subscription struct {
	// immutable
	api     *api
	channel string
	sub     *realtime.Subscription
}

// Subscribe subscribes to channel, whose last segment may be *, and returns once
// AppSync has accepted that; events may lag behind by a second or two. All
// subscriptions of a Client share a WebSocket, which the first one opens and
// which is closed when it has not been used for Realtime.Idle. When the
// connection is lost it is restored, and each subscription started again, with
// a fresh proof for each.
//
// The error is a [*ChannelError], [appsync.Errors] for a denial
// ([appsync.ErrUnauthorized], which a namespace that does not exist is too,
// [appsync.ErrLimitExceeded], [appsync.ErrMaxSubscriptions]), an
// [*appsync.ResponseError], an [*appsync.ConnectionError], an
// [*appsync.NoCredentialsError], [appsync.ErrClosed] after Client.Close, or ctx's.
// Nothing is tried again before the first acceptance, and nothing after a denial.
// ctx bounds the start only: the subscription does not end with it.
func (c *Client) Subscribe(ctx context.Context, channel string) (*Subscription, error) {
	return c.start(ctx, channel, nil)
}

// SubscribeFunc is Subscribe with a function that gets one event after the
// other, and last, once, an Event without anything but the channel and the
// error that ended the subscription: [appsync.ErrClosed], [appsync.ErrCompleted] or
// another. It is called from a goroutine that lives while there are events, and
// must not call Client.Close. If an error is returned it is not called at all.
func (c *Client) SubscribeFunc(ctx context.Context, channel string, handle func(Event, error)) (*Subscription, error) {
	return c.start(ctx, channel, handle)
}

func (c *Client) start(ctx context.Context, channel string, handle func(Event, error)) (*Subscription, error) {
	if err := checkChannel(channel, true); err != nil {
		return nil, fmt.Errorf("events: %w", err)
	}
	if err := c.api.check(c.subscribe); err != nil {
		return nil, fmt.Errorf("events: %w", err)
	}
	s := &Subscription{api: c.api, channel: channel}
	var handler func(realtime.Event, error)
	if handle != nil {
		handler = func(e realtime.Event, err error) { handle(s.event(e), c.api.socketError(err)) }
	}
	signed := wire.AppendSubscription(nil, channel)
	start := func(ctx context.Context, id string) ([]byte, error) {
		object, err := c.subscribe.SubscriptionHeaders(ctx, c.api.target, signed)
		if err != nil {
			return nil, err
		}
		return (&wire.Frame{Type: wire.Subscribe, ID: id, Channel: wire.AppendString(nil, channel), Authorization: object}).Append(nil), nil
	}
	sub, err := c.api.socket.Subscribe(ctx, start, handler)
	if err != nil {
		return nil, c.api.socketError(err)
	}
	s.sub = sub
	return s, nil
}

// event is e as this package's callers know it.
func (s *Subscription) event(e realtime.Event) Event {
	out := Event{Channel: s.channel, Dropped: e.Dropped}
	switch {
	case e.Gap != nil:
		out.Reconnected = &appsync.Gap{From: e.Gap.From, To: e.Gap.To, Attempts: e.Gap.Attempts, Cause: s.api.socketError(e.Gap.Cause)}
	case e.Failed:
		out.Errors = appsync.ParseErrors(e.Payload)
		if len(out.Errors) == 0 {
			out.Errors = appsync.Errors{{Message: "an event could not be delivered; the server does not say why"}}
		}
	case e.Payload != nil:
		out.Data = dataOf(e.Payload)
	}
	return out
}

// dataOf is the text in the JSON string raw, if it is JSON itself; else raw.
func dataOf(raw json.RawMessage) json.RawMessage {
	if text, ok := wire.AppendUnquoted(nil, raw); ok && wire.Valid(text) {
		return text
	}
	return raw
}

// Next waits for the next event. Its error is ctx's, which leaves the
// subscription as it is, or else its end: [appsync.ErrClosed],
// [appsync.ErrCompleted], a denial or what ended the attempts to reconnect. It is
// not for SubscribeFunc.
func (s *Subscription) Next(ctx context.Context) (Event, error) {
	e, err := s.sub.Next(ctx)
	if err != nil {
		return Event{Channel: s.channel}, s.api.socketError(err)
	}
	return s.event(e), nil
}

// Events gives one event after the other, and last an error, unless the
// server has ended the subscription. The end of the loop closes the
// subscription.
func (s *Subscription) Events(ctx context.Context) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		defer s.Close(ctx)
		for {
			e, err := s.Next(ctx)
			if err == appsync.ErrCompleted || !yield(e, err) || err != nil {
				return
			}
		}
	}
}

// Close ends the subscription and waits until the server has confirmed, or ctx
// has ended, or Realtime.Reply has passed. What waits for the consumer is
// dropped.
func (s *Subscription) Close(ctx context.Context) { s.sub.Close(ctx) }
