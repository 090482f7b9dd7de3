package hub

import (
	"sync"
	"sync/atomic"
)

// Sub is one subscription. Its maker sets the exported fields, which must not
// change once it is added. A Sub must not be copied.
type Sub[T any, V comparable] struct {
	ID     string  // the runtime's; the hub does not look at it
	To     T       // whose it is: the runtime's socket
	View   V       // what it may see; subscriptions with equal views share what is rendered
	Filter *Filter // which events it wants; nil: all

	topic string // set by Add
	state atomic.Uint32
	gate  sync.Mutex // held by AddThen

	// Where it is found; guarded by the shard's mu. Most are in one place.
	one  place[T, V]
	more []place[T, V]
}

const (
	subNew  uint32 = iota
	subHeld        // added, not yet acknowledged
	subOpen
	subGone
)

// open says whether s can be delivered to, now or once AddThen is done.
func (s *Sub[T, V]) open() bool {
	switch s.state.Load() {
	case subOpen:
		return true
	case subHeld:
		s.gate.Lock()
		defer s.gate.Unlock()
		return s.state.Load() == subOpen
	}
	return false
}

// places calls f with every place of s.
func (s *Sub[T, V]) places(f func(*place[T, V])) {
	if s.one.in != nil {
		f(&s.one)
	}
	for i := range s.more {
		f(&s.more[i])
	}
}

// place is a seat in a bucket.
type place[T any, V comparable] struct {
	in *bucket[T, V]
	at int
}

// bucket is subscriptions in no order: those of a topic that want everything,
// those that have to be asked one by one, or those of one key of an index.
type bucket[T any, V comparable] struct {
	subs  []*Sub[T, V]
	index *index[T, V] // nil: not of an index
	key   scalar       // in the index
}

// seat puts s in the bucket, unless it is there.
func (b *bucket[T, V]) seat(s *Sub[T, V]) {
	there := false
	s.places(func(p *place[T, V]) { there = there || p.in == b })
	if there {
		return
	}
	p := place[T, V]{b, len(b.subs)}
	b.subs = append(b.subs, s)
	if s.one.in == nil {
		s.one = p
	} else {
		s.more = append(s.more, p)
	}
}

// leave empties a seat by giving it to the last one.
func (p *place[T, V]) leave() {
	b, last := p.in, len(p.in.subs)-1
	moved := b.subs[last]
	b.subs[p.at], b.subs[last] = moved, nil
	b.subs = b.subs[:last]
	moved.places(func(m *place[T, V]) {
		if m.in == b {
			m.at = p.at
		}
	})
	if spare := cap(b.subs); spare >= 64 && last < spare/4 { // do not keep the room of a crowd that has left
		b.subs = append(make([]*Sub[T, V], 0, spare/2), b.subs...)
	}
}
