package events

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tidewire/tidewire/internal/wire"
)

// BatchSize is how many events AppSync takes in one publish ("Publish events via
// HTTP").
const BatchSize = 5

// Published is what became of the events of one call. Indices are those of the
// call's events.
type Published struct {
	Successful []Accepted
	Failed     []Rejected
	// Unmentioned are events that were sent and of which the answer says nothing.
	Unmentioned []int
}

// Accepted is an event that AppSync has accepted.
type Accepted struct {
	Index      int
	Identifier string // given by AppSync
}

// Rejected is an event that AppSync has not accepted, such as one for which a
// handler has set an error.
type Rejected struct {
	Index      int
	Identifier string
	Code       int    // 0 if there was none
	Message    string // the server's words, with credentials masked
}

// Publish publishes events, each one JSON text, to channel over HTTP. The error is
// a [*ChannelError] or [*EventError] if nothing was sent; a [*BatchError] for a
// batch that failed as a whole, and a [*RejectedError] if AppSync has accepted
// some events and not others, or both. With the latter two there is a
// Published beside it, with what is known.
func (c *Client) Publish(ctx context.Context, channel string, events ...json.RawMessage) (*Published, error) {
	if err := c.publish.Check(c.api.target); err != nil {
		return nil, fmt.Errorf("events: %w", err)
	}
	return publish(ctx, channel, events, c.post)
}

// PublishSocket is [Client.Publish] on the WebSocket, which it opens if need be
// and which is closed when it has not been used for Realtime.Idle. What is not
// answered before the connection is lost, Realtime.Reply has passed or ctx has
// ended is not sent again: the [*BatchError] says that AppSync may have it.
func (c *Client) PublishSocket(ctx context.Context, channel string, events ...json.RawMessage) (*Published, error) {
	if err := c.api.check(c.publish); err != nil {
		return nil, fmt.Errorf("events: %w", err)
	}
	return publish(ctx, channel, events, c.call)
}

// Marshal writes each value as JSON, to be published. An error is an
// [*EventError].
func Marshal(values ...any) ([]json.RawMessage, error) {
	list := make([]json.RawMessage, len(values))
	for i, v := range values {
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(v); err != nil {
			return nil, &EventError{Index: i, Cause: err}
		}
		list[i] = bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	}
	return list, nil
}

// results are the lists of one answer.
type results struct{ successful, failed []wire.Outcome }

// send publishes one batch.
type send func(ctx context.Context, channel string, events []json.RawMessage) (results, error)

func publish(ctx context.Context, channel string, events []json.RawMessage, send send) (*Published, error) {
	if err := checkChannel(channel, false); err != nil {
		return nil, fmt.Errorf("events: %w", err)
	}
	if err := checkEvents(events); err != nil {
		return nil, fmt.Errorf("events: %w", err)
	}
	var p Published
	for first := 0; first < len(events); first += BatchSize {
		end := min(first+BatchSize, len(events))
		r, err := send(ctx, channel, events[first:end])
		if err != nil {
			return &p, errors.Join(newBatchError(err, first, end, len(events)), p.rejected())
		}
		p.add(first, end-first, r)
	}
	return &p, p.rejected()
}

func checkEvents(events []json.RawMessage) error {
	if len(events) == 0 {
		return errors.New("there are no events to publish")
	}
	for i, e := range events {
		if wire.Valid(e) {
			continue
		}
		var v any
		err := json.Unmarshal(e, &v)
		if err == nil {
			err = errors.New("it is not UTF-8")
		}
		return &EventError{Index: i, Cause: err}
	}
	return nil
}

// add puts the results of a batch of n events, which begins at first, in.
func (p *Published) add(first, n int, r results) {
	var mentioned [BatchSize]bool
	for _, o := range r.successful {
		mentioned[o.Index] = true
		p.Successful = append(p.Successful, Accepted{Index: first + o.Index, Identifier: o.Identifier})
	}
	for _, o := range r.failed {
		mentioned[o.Index] = true
		p.Failed = append(p.Failed, Rejected{Index: first + o.Index, Identifier: o.Identifier, Code: o.Code, Message: masked(o.Message)})
	}
	for i := range n {
		if !mentioned[i] {
			p.Unmentioned = append(p.Unmentioned, first+i)
		}
	}
}

// read takes the results out of an answer to a batch of n events. False: they do
// not fit, or there are none.
func (r *results) read(successful, failed json.RawMessage, n int) bool {
	if successful == nil && failed == nil {
		return false
	}
	var first, second bool
	r.successful, first = wire.Outcomes(successful)
	r.failed, second = wire.Outcomes(failed)
	for _, list := range [][]wire.Outcome{r.successful, r.failed} {
		for _, o := range list {
			if o.Index >= n {
				return false
			}
		}
	}
	return first && second
}
