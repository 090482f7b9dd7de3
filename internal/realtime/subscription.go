package realtime

import (
	"context"
	"time"
)

// state of a subscription.
type state int

const (
	waiting  state = iota // for a connection, or to be started
	starting              // asked, not answered
	active
	stopping
	ended
)

// Subscription is one of a Socket's.
type Subscription struct {
	// immutable
	socket  *Socket
	start   Start
	handler func(Event, error)
	started chan error // gets the outcome of the first start

	queue queue // guards itself

	// guarded by socket.mu
	id       string
	state    state
	accepted bool          // has been active once
	sent     bool          // its start was sent on this connection
	reply    chan error    // gets the answer to a start; nil: nobody waits
	stopped  chan struct{} // closed at the end, if somebody waits; else nil
	gap      *Gap          // what is missing, until it is active again
	early    bool          // messages came before it was accepted: the handler is to be called then
}

// Next waits for the next event. Its error is ctx's, which leaves the
// subscription as it is, or else its end. It is not for subscriptions with a
// handler.
func (sub *Subscription) Next(ctx context.Context) (e Event, err error) {
	err = sub.queue.next(ctx, &e)
	return e, err
}

// Close stops the subscription and waits until the server has confirmed, ctx
// has ended, or the Socket's Reply time has passed. What waits for the consumer
// is dropped.
func (sub *Subscription) Close(ctx context.Context) {
	s := sub.socket
	s.mu.Lock()
	stopped := sub.beginStop()
	s.mu.Unlock()
	if stopped != nil {
		timer := time.NewTimer(s.options.Reply)
		defer timer.Stop()
		select {
		case <-stopped:
		case <-ctx.Done():
		case <-timer.C:
		}
	}
	s.end(sub, ErrClosed)
}

// beginStop asks the server to stop; nil: there is nothing to wait for. The
// caller holds socket.mu.
func (sub *Subscription) beginStop() chan struct{} {
	if sub.queue.end(ErrClosed, true) {
		sub.handle()
	}
	l := sub.socket.link
	if sub.state == ended || l == nil || !l.open || !sub.sent {
		return nil
	}
	if sub.stopped == nil {
		sub.stopped = make(chan struct{})
	}
	if sub.state != stopping {
		sub.state = stopping
		l.stop(sub.id)
	}
	return sub.stopped
}

// endGap queues news of what is missing, if something is. The caller holds
// socket.mu.
func (sub *Subscription) endGap() {
	gap := sub.gap
	if gap == nil {
		return
	}
	sub.gap, gap.To = nil, time.Now()
	if sub.queue.pushGap(*gap) {
		sub.handle()
	}
}

// handle calls the handler with what is queued, unless that is going on: the
// queue has said so. Before the subscription is accepted it only takes note. The
// caller holds socket.mu.
func (sub *Subscription) handle() {
	switch {
	case sub.handler == nil:
	case !sub.accepted:
		sub.early = true
	default:
		sub.socket.work.Go(sub.drain) // from a goroutine that is counted, or before Close waits
	}
}

func (sub *Subscription) drain() {
	for {
		var e Event
		ok, err := sub.queue.pop(&e)
		switch {
		case ok:
			sub.handler(e, nil)
		case err != nil:
			sub.handler(Event{}, err)
			return
		default:
			return
		}
	}
}
