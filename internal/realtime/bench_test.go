package realtime

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
)

// BenchmarkData is from the text of a data frame of 300 bytes to the
// subscriber's hands.
func BenchmarkData(b *testing.B) {
	text := []byte(`{"id":"1","type":"data","payload":{"data":{"onCreatePost":{"id":"1","title":"` + strings.Repeat("x", 216) + `"}}}}`)
	for name, handler := range map[string]bool{"next": false, "handler": true} {
		b.Run(name, func(b *testing.B) {
			s := New(Options{Protocol: GraphQL()})
			l := newLink(s)
			got := make(chan struct{}, 1)
			sub := &Subscription{socket: s, state: active, accepted: true, id: "1"}
			sub.queue.ready = make(chan struct{}, 1)
			if handler {
				sub.handler = func(Event, error) { got <- struct{}{} }
			}
			s.subs["1"] = sub
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if err := l.take(text); err != nil {
					b.Fatal(err)
				}
				if handler {
					<-got
				} else if _, err := sub.Next(context.Background()); err != nil {
					b.Fatal(err)
				}
			}
			s.work.Wait()
		})
	}
}

// popped is an Event{} if there is none.
func popped(q *queue) (e Event) {
	_, _ = q.pop(&e) // the end is not of interest
	return e
}

func TestQueueIsBounded(t *testing.T) {
	t.Parallel()
	o := &Tuning{MaxPending: 4, MaxBytes: 10}
	q := &queue{ready: make(chan struct{}, 1)}
	q.push(Event{Payload: json.RawMessage(strings.Repeat("x", 50))}, o) // one message may be larger than the bound
	q.push(Event{Payload: json.RawMessage("1")}, o)
	for range 3 {
		q.pushGap(Gap{Attempts: 1})
	}
	e := popped(q)
	if len(e.Payload) != 50 {
		t.Errorf("%+v", e)
	}
	if e = popped(q); e.Dropped != 1 {
		t.Errorf("%+v", e)
	}
	if e = popped(q); e.Gap == nil || e.Gap.Attempts != 3 {
		t.Errorf("%+v", e)
	}
	for range 1000 { // a consumer that does not read, and a connection that does not hold
		for range 10 {
			q.push(Event{Payload: json.RawMessage("1")}, o)
		}
		q.pushGap(Gap{Attempts: 1})
	}
	if n := len(q.events) - q.head; n > o.MaxPending+2 {
		t.Errorf("%d events wait, over MaxPending and news of what is missing", n)
	}
	missing, attempts := 0, 0
	for len(q.events) > q.head || q.dropped > 0 {
		e := popped(q)
		missing += e.Dropped + len(e.Payload)
		if e.Gap != nil {
			attempts += e.Gap.Attempts
		}
	}
	if missing != 10_000 || attempts != 1000 {
		t.Errorf("told of %d messages and %d attempts", missing, attempts)
	}
	for i := range 1000 {
		q.push(Event{Payload: json.RawMessage("1")}, o)
		q.push(Event{Payload: json.RawMessage("2")}, o)
		for range 2 {
			if e := popped(q); len(e.Payload) != 1 {
				t.Fatalf("%d: %+v", i, e)
			}
		}
	}
	if cap(q.events) > keptRoom || q.bytes != 0 {
		t.Errorf("an empty queue keeps room for %d events", cap(q.events))
	}
}

// What waits is counted by its payload, so it must not hold on to what a server
// has put around it.
func TestWaitingMessagesKeepNoMore(t *testing.T) {
	t.Parallel()
	s := New(Options{Protocol: GraphQL()})
	l := newLink(s)
	sub := &Subscription{socket: s, state: active, accepted: true, id: "1"}
	sub.queue.ready = make(chan struct{}, 1)
	s.subs["1"] = sub
	text := []byte(`{"id":"1","type":"data","payload":{"data":1},"junk":"` + strings.Repeat("x", 1<<20) + `"}`)
	if err := l.take(text); err != nil {
		t.Fatal(err)
	}
	clear(text)
	if e := popped(&sub.queue); string(e.Payload) != `{"data":1}` {
		t.Errorf("%q is a part of its message", e.Payload)
	}
}
