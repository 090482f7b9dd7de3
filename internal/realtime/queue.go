package realtime

import (
	"context"
	"encoding/json"
	"sync"
	"time"
)

// Event is what a subscription gives its consumer: a message, or news that
// some are missing. Exactly one of Payload, Gap and Dropped is set.
type Event struct {
	Payload json.RawMessage // yours to keep
	Failed  bool            // Payload is the errors of a Protocol.Notice, or nil if it had none
	Gap     *Gap            // the connection was lost and is restored
	Dropped int             // so many messages were dropped here, the consumer being too slow
}

// Gap is a time without the subscription. What happened in it is lost.
type Gap struct {
	From, To time.Time
	Attempts int   // connections tried until it was restored
	Cause    error // why the connection ended
}

const keptRoom = 4 // events for which an empty queue keeps memory

// queue holds events for one consumer, within bounds.
type queue struct {
	mu      sync.Mutex
	events  []Event // from head on
	head    int
	bytes   int           // in events
	dropped int           // messages since the last one that was queued
	err     error         // after the events
	ready   chan struct{} // holds a token while there is something
	busy    bool          // a handler is being called
}

// push queues a message, or drops it. True: nobody was at work on the queue
// and handler should be.
func (q *queue) push(e Event, o *Tuning) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err != nil {
		return false
	}
	if n := len(q.events) - q.head; n >= o.MaxPending || (n > 0 && q.bytes+len(e.Payload) > o.MaxBytes) {
		q.dropped++
		return false
	}
	q.tellDropped()
	q.bytes += len(e.Payload)
	q.add(e)
	return q.wake()
}

// pushGap queues news of a gap. Two that follow each other are one, also when
// messages were dropped between them, which are told after it then: a consumer
// that does not read costs no memory, however often the connection is lost.
func (q *queue) pushGap(g Gap) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err != nil {
		return false
	}
	if n := len(q.events); n > q.head && q.events[n-1].Gap != nil {
		g.From = q.events[n-1].Gap.From
		g.Attempts += q.events[n-1].Gap.Attempts
		q.events[n-1].Gap = &g
		return false
	}
	q.tellDropped()
	q.add(Event{Gap: &g})
	return q.wake()
}

// add queues e, using again the room of what was taken.
func (q *queue) add(e Event) {
	if q.head > 0 && len(q.events) == cap(q.events) {
		n := copy(q.events, q.events[q.head:])
		clear(q.events[n:])
		q.events, q.head = q.events[:n], 0
	}
	q.events = append(q.events, e)
}

func (q *queue) tellDropped() {
	if q.dropped > 0 {
		q.add(Event{Dropped: q.dropped})
		q.dropped = 0
	}
}

// end lets nothing more in. The first error counts. discard drops what waits.
func (q *queue) end(err error, discard bool) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err != nil {
		return false
	}
	q.err = err
	if discard {
		q.events, q.head, q.bytes, q.dropped = nil, 0, 0, 0
	}
	return q.wake()
}

func (q *queue) wake() bool {
	select {
	case q.ready <- struct{}{}:
	default:
	}
	idle := !q.busy
	q.busy = true
	return idle
}

// pop takes the next event. ok is false if there is none now.
func (q *queue) pop(e *Event) (ok bool, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.tellDropped()
	if len(q.events) == q.head {
		q.busy = false
		return false, q.err
	}
	*e = q.events[q.head]
	q.events[q.head] = Event{}
	q.head++
	q.bytes -= len(e.Payload)
	if q.head == len(q.events) {
		q.events, q.head = q.events[:0], 0
		if cap(q.events) > keptRoom {
			q.events = nil
		}
	}
	return true, nil
}

// next waits for an event, or for the end. The stack of a goroutine that waits
// here should stay small, so the event is not one of its values.
func (q *queue) next(ctx context.Context, e *Event) error {
	for {
		ok, err := q.pop(e)
		if ok || err != nil {
			q.pass()
			return err
		}
		select {
		case <-q.ready:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// pass wakes another waiter, for what is left.
func (q *queue) pass() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.events) > q.head || q.err != nil {
		select {
		case q.ready <- struct{}{}:
		default:
		}
	}
}
