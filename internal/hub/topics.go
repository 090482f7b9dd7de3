package hub

import (
	"context"
	"encoding/binary"
	"errors"
	"hash/maphash"
	"sync"
	"sync/atomic"

	"github.com/tidewire/tidewire/internal/bus"
)

// ErrClosed is what Publish says after Close.
var ErrClosed = errors.New("hub: the topics are closed")

// TopicsOptions are what a runtime gives to its Topics. All functions are
// called by several publishers at the same time, with no lock held; they may
// publish, add and remove. None may change the event or the bytes it is given.
type TopicsOptions[T any, V comparable, E any] struct {
	// Scope is whose events these are on the bus: the id of the API.
	Scope string
	// Publish and Receive are the methods of a bus.
	Publish func(context.Context, *bus.Event) error
	Receive func(scope string, f func(*bus.Event)) (stop func(), err error)

	// Encode appends an event as the bus carries it; Decode reads it, at every
	// node, and may keep body.
	Encode func(body []byte, e E) []byte
	Decode func(body []byte) (E, error)

	// Keys appends the topics whose subscribers get what is published to topic,
	// each once. nil: the topic alone.
	Keys func(keys []string, topic string) []string
	// Field reads a field of an event for filters: the value at a path with
	// dots, ok false if it is absent. It is asked once per path and event, as
	// long as filters compare few paths. nil: every field is absent.
	Field func(e E, path string) (v Value, ok bool)
	// Render is what subscriptions with this view get of an event, nil if it is
	// nothing for them. It is called once per view and event.
	Render func(v V, e E) []byte
	// Deliver hands rendered events, one or more in their order, to a
	// subscription's socket. It must not block, nor keep the slice; the bytes
	// are shared with other subscriptions. What to do about a socket that does
	// not take them is Deliver's business; an error is counted.
	Deliver func(s *Sub[T, V], rendered [][]byte) error

	// Stats counts what becomes of events. nil: nobody counts.
	Stats *Stats
}

// Topics is the subscriptions of one API on this node. Use [OpenTopics].
type Topics[T any, V comparable, E any] struct {
	o      TopicsOptions[T, V, E] // immutable
	stop   func()                 // immutable
	closed atomic.Bool
	pace   pace
	bodies sync.Pool // *[]byte
	works  sync.Pool // *work[T, V, E]

	seed   maphash.Seed
	shards [shards]topicShard[T, V]
}

// OpenTopics makes Topics and begins to receive from the bus. The error is
// the bus's.
func OpenTopics[T any, V comparable, E any](o TopicsOptions[T, V, E]) (*Topics[T, V, E], error) {
	t := &Topics[T, V, E]{o: o, seed: maphash.MakeSeed(), pace: newPace()}
	for i := range t.shards {
		t.shards[i].topics = make(map[string]*topic[T, V])
	}
	stop, err := o.Receive(o.Scope, t.receive)
	if err != nil {
		return nil, err
	}
	t.stop = stop
	return t, nil
}

// Close stops receiving from the bus and waits for deliveries under way.
// Subscriptions are left as they are and get nothing any more. It must not be
// called by one of the options' functions.
func (t *Topics[T, V, E]) Close() {
	t.closed.Store(true)
	t.stop()
}

func (t *Topics[T, V, E]) shard(name string) *topicShard[T, V] {
	return &t.shards[maphash.String(t.seed, name)%shards]
}

// Add makes s a subscription of the topic: it gets every event whose Publish
// is called after Add has returned. It is called once for a Sub.
func (t *Topics[T, V, E]) Add(topic string, s *Sub[T, V]) {
	s.topic = topic
	s.state.Store(subOpen)
	t.shard(topic).add(s)
}

// AddThen adds s as Add does and calls ready, before which nothing is delivered
// to s and after which nothing is missed: a subscription is active before its
// acknowledgement is sent, and no event overtakes that. An error of ready
// removes s again and is returned. Publishers that have an event for s wait
// for ready, which must therefore not block, and not publish to the topic.
func (t *Topics[T, V, E]) AddThen(topic string, s *Sub[T, V], ready func() error) error {
	s.topic = topic
	s.gate.Lock()
	defer s.gate.Unlock()
	s.state.Store(subHeld)
	t.shard(topic).add(s)
	if err := ready(); err != nil {
		t.Remove(s)
		return err
	}
	s.state.CompareAndSwap(subHeld, subOpen)
	return nil
}

// Remove ends a subscription and says whether it was one. No Deliver to it
// begins after Remove has returned, but one that had begun may still be at
// work. It is called after Add has returned, or after AddThen has called its
// function. Its cost does not depend on how many subscriptions there are.
func (t *Topics[T, V, E]) Remove(s *Sub[T, V]) bool {
	return t.shard(s.topic).remove(s)
}

// Len is how many subscriptions there are.
func (t *Topics[T, V, E]) Len() int {
	n := 0
	for i := range t.shards {
		sh := &t.shards[i]
		sh.mu.RLock()
		n += sh.subs
		sh.mu.RUnlock()
	}
	return n
}

// Publish gives events of one topic to the bus, and so to the subscriptions
// of all nodes, those of this one before it returns. A subscription that wants
// several of them gets them in one Deliver. What one goroutine publishes comes
// to every subscription in its order. Errors: ErrClosed, and the bus's.
func (t *Topics[T, V, E]) Publish(ctx context.Context, topic string, events ...E) error {
	if t.closed.Load() {
		return ErrClosed
	}
	if len(events) == 0 {
		return nil
	}
	p, _ := t.bodies.Get().(*[]byte)
	if p == nil {
		p = new([]byte)
	}
	body := (*p)[:0]
	for _, e := range events {
		body = t.encode(body, e)
	}
	err := t.o.Publish(ctx, &bus.Event{Scope: t.o.Scope, Topic: topic, Body: body})
	if err == nil {
		t.o.Stats.add(WhyPublished, len(events))
	}
	if cap(body) <= keepBody {
		*p = body
		t.bodies.Put(p)
	}
	return err
}

const (
	lengthSize = 4       // bytes before each event of a body
	keepBody   = 1 << 16 // a larger buffer is left to the collector
)

// encode appends an event behind its length.
func (t *Topics[T, V, E]) encode(body []byte, e E) []byte {
	at := len(body)
	body = t.o.Encode(append(body, make([]byte, lengthSize)...), e)
	binary.BigEndian.PutUint32(body[at:], uint32(len(body)-at-lengthSize))
	return body
}

// receive is called by the bus.
func (t *Topics[T, V, E]) receive(e *bus.Event) {
	w := t.take()
	for body := e.Body; len(body) > 0; {
		one, rest, ok := split(body)
		if !ok {
			t.o.Stats.add(WhyUnreadable, 1)
			break
		}
		body = rest
		event, err := t.o.Decode(one)
		if err != nil {
			t.o.Stats.add(WhyUnreadable, 1)
			continue
		}
		w.events = append(w.events, event)
	}
	t.o.Stats.add(WhyReceived, len(w.events))
	w.fanOut(e.Topic)
	t.give(w)
}

// split takes the first event off a body.
func split(body []byte) (event, rest []byte, ok bool) {
	if len(body) < lengthSize {
		return nil, nil, false
	}
	n := int(binary.BigEndian.Uint32(body))
	body = body[lengthSize:]
	if n > len(body) {
		return nil, nil, false
	}
	return body[:n:n], body[n:], true
}
