package hub

import (
	"math/bits"
	"slices"
)

// work is one batch of events on its way to its subscriptions, and the memory
// that takes. It belongs to one goroutine.
type work[T any, V comparable, E any] struct {
	t      *Topics[T, V, E]
	events []E // all that came; they go out in batches of at most maxBatch
	batch  []E

	keys   []string
	values []scalar // of the fields that a topic's indexes are of
	hits   []hit[T, V]
	seen   map[*Sub[T, V]]int // index in hits, of those that may be hit twice

	// fields is what has been read of each event of the batch; now is the event
	// that field reads.
	fields [maxBatch][]read
	now    int
	field  func(path string) Value // made once

	views []view[V]
	index map[V]int // in views, if they are many
	texts [][]byte  // len(batch) for each view
	some  [][]byte
}

const (
	maxBatch = 64      // events whose hits are bits of one word
	maxRead  = 32      // fields of an event that are remembered
	keepWork = 1 << 16 // hits whose memory is kept for the next batch
)

// hit is a subscription that may want the events of a batch.
type hit[T any, V comparable] struct {
	sub    *Sub[T, V]
	events uint64 // which of the batch, a bit each
	sure   bool   // it does want them: the index has compared all there is
}

// read is a field of an event.
type read struct {
	path  string
	value Value
}

func (t *Topics[T, V, E]) take() *work[T, V, E] {
	if w, ok := t.works.Get().(*work[T, V, E]); ok {
		return w
	}
	w := &work[T, V, E]{t: t, seen: make(map[*Sub[T, V]]int), index: make(map[V]int)}
	w.field = w.read
	return w
}

// give keeps the memory of w for the next batch, and nothing it points to.
func (t *Topics[T, V, E]) give(w *work[T, V, E]) {
	clear(w.events)
	w.events, w.batch = w.events[:0], nil
	if cap(w.hits) <= keepWork {
		t.works.Put(w)
	}
}

// fanOut delivers w.events to the subscriptions of a topic.
func (w *work[T, V, E]) fanOut(topic string) {
	w.keys = w.keys[:0]
	if keys := w.t.o.Keys; keys != nil {
		w.keys = keys(w.keys, topic)
	} else {
		w.keys = append(w.keys, topic)
	}
	for batch := range slices.Chunk(w.events, maxBatch) {
		w.batch = batch
		for _, key := range w.keys {
			w.collect(key)
		}
		w.deliver()
		w.reset()
	}
	clear(w.keys)
}

func (w *work[T, V, E]) reset() {
	clear(w.hits)
	clear(w.seen)
	clear(w.views)
	clear(w.index)
	clear(w.texts)
	clear(w.values)
	clear(w.some)
	for i := range w.batch {
		clear(w.fields[i])
		w.fields[i] = w.fields[i][:0]
	}
	w.hits, w.views, w.texts, w.some = w.hits[:0], w.views[:0], w.texts[:0], w.some[:0]
}

// full is the bits of all events of the batch.
func (w *work[T, V, E]) full() uint64 { return 1<<len(w.batch) - 1 }

// collect finds the subscriptions of one topic that may want an event. The
// fields that its indexes are of are read before the lock is taken.
func (w *work[T, V, E]) collect(name string) {
	sh := w.t.shard(name)
	sh.mu.RLock()
	var indexes []*index[T, V]
	if t := sh.topics[name]; t != nil {
		indexes = t.indexes
	}
	sh.mu.RUnlock()
	w.values = w.values[:0]
	for _, x := range indexes {
		for w.now = range w.batch {
			w.values = append(w.values, w.read(x.path).scalar)
		}
	}
	sh.mu.RLock()
	defer sh.mu.RUnlock()
	t := sh.topics[name]
	if t == nil {
		return
	}
	for _, s := range t.all.subs {
		w.hits = append(w.hits, hit[T, V]{s, w.full(), true})
	}
	for _, s := range t.asked.subs {
		w.hits = append(w.hits, hit[T, V]{s, w.full(), false})
	}
	for i, x := range indexes {
		w.look(x, w.values[i*len(w.batch):])
	}
}

// look finds the subscriptions of an index by the values that the events have.
func (w *work[T, V, E]) look(x *index[T, V], values []scalar) {
	for i := range w.batch {
		if b := x.keys[values[i]]; b != nil {
			for _, s := range b.subs {
				w.hit(s, i)
			}
		}
	}
}

// hit notes that s may want event i.
func (w *work[T, V, E]) hit(s *Sub[T, V], i int) {
	single := len(s.Filter.Groups) == 1
	h := hit[T, V]{s, 1 << i, single && len(s.Filter.Groups[0]) == 1}
	if single && len(w.batch) == 1 { // one event has one value, which is in one bucket
		w.hits = append(w.hits, h)
		return
	}
	at, again := w.seen[s]
	if again {
		w.hits[at].events |= h.events
		return
	}
	w.seen[s] = len(w.hits)
	w.hits = append(w.hits, h)
}

// read reads a field of the event now, once.
func (w *work[T, V, E]) read(path string) Value {
	known := w.fields[w.now]
	for i := range known {
		if known[i].path == path {
			return known[i].value
		}
	}
	var v Value
	if w.t.o.Field != nil {
		if found, ok := w.t.o.Field(w.batch[w.now], path); ok {
			v = found
		}
	}
	if len(known) < maxRead {
		w.fields[w.now] = append(known, read{path, v})
	}
	return v
}

// deliver asks the filters, renders and delivers. No lock is held.
func (w *work[T, V, E]) deliver() {
	if len(w.hits) == 0 {
		return
	}
	w.t.pace.begin()
	defer w.t.pace.end()
	var n counts
	for i := range w.hits {
		h := &w.hits[i]
		if !h.sure {
			h.events = w.wanted(h)
		}
		if h.events != 0 {
			w.send(h, &n)
		}
	}
	stats := w.t.o.Stats
	stats.add(WhyDelivered, n.delivered)
	stats.add(WhyNothing, n.nothing)
	stats.add(WhyRefused, n.refused)
	stats.add(WhyGone, n.gone)
}

// counts are added to Stats once per batch.
type counts struct{ delivered, nothing, refused, gone int }

// wanted asks the filter about each event.
func (w *work[T, V, E]) wanted(h *hit[T, V]) uint64 {
	var wanted uint64
	for left := h.events; left != 0; left &= left - 1 {
		w.now = bits.TrailingZeros64(left)
		if h.sub.Filter.match(w.field) {
			wanted |= 1 << w.now
		}
	}
	return wanted
}

func (w *work[T, V, E]) send(h *hit[T, V], n *counts) {
	rendered := w.rendered(h.sub.View, h.events)
	n.nothing += bits.OnesCount64(h.events) - len(rendered)
	switch {
	case len(rendered) == 0:
	case !h.sub.open():
		n.gone += len(rendered)
	case w.t.o.Deliver(h.sub, rendered) != nil:
		n.refused += len(rendered)
	default:
		n.delivered += len(rendered)
	}
}
