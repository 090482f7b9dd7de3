package hub

import (
	"slices"
	"sync"
)

// topicShard is a part of the topics.
type topicShard[T any, V comparable] struct {
	mu     sync.RWMutex // guards all that follows, and what is below it
	topics map[string]*topic[T, V]
	subs   int
	_      [24]byte // keeps two shards out of one cache line
}

// topic is the subscriptions of one topic. It lives while there is one.
type topic[T any, V comparable] struct {
	name    string
	subs    int
	all     bucket[T, V]   // want every event
	asked   bucket[T, V]   // have a filter that no index helps with
	indexes []*index[T, V] // the slice does not change: publishers hold it
}

// index is the subscriptions that want one path to equal something, by what.
type index[T any, V comparable] struct {
	path string
	keys map[scalar]*bucket[T, V]
}

func (sh *topicShard[T, V]) add(s *Sub[T, V]) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	t := sh.topics[s.topic]
	if t == nil {
		t = &topic[T, V]{name: s.topic}
		sh.topics[s.topic] = t
	}
	sh.subs++
	t.subs++
	t.seat(s)
}

// remove says whether s had a seat.
func (sh *topicShard[T, V]) remove(s *Sub[T, V]) bool {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	s.state.Store(subGone)
	if s.one.in == nil {
		return false
	}
	t := sh.topics[s.topic]
	s.places(func(p *place[T, V]) {
		p.leave()
		if p.in.index != nil && len(p.in.subs) == 0 {
			t.drop(p.in)
		}
	})
	s.one, s.more = place[T, V]{}, nil
	sh.subs--
	t.subs--
	if t.subs == 0 {
		delete(sh.topics, t.name)
	}
	return true
}

// seat puts s where a publish will look for it: in the index of one condition
// of each group, or, if a group has none that fits, with those to be asked.
func (t *topic[T, V]) seat(s *Sub[T, V]) {
	if s.Filter.everything() {
		t.all.seat(s)
		return
	}
	picked := make([]*Condition, 0, 8)
	for _, g := range s.Filter.Groups {
		c := pick(t, g)
		if c == nil {
			t.asked.seat(s)
			return
		}
		picked = append(picked, c)
	}
	for _, c := range picked {
		t.seatBy(c, s)
	}
}

const (
	maxKeys    = 8  // values of an in that is worth an index
	maxIndexes = 16 // indexes of a topic: every publish looks in all of them
)

// indexed says whether an index helps with the condition: it holds for a few
// scalars and nothing else.
func (c *Condition) indexed() bool {
	if c.Op != OpEq && c.Op != OpIn || c.Op == OpEq && len(c.Values) != 1 || len(c.Values) == 0 || len(c.Values) > maxKeys {
		return false
	}
	return !slices.ContainsFunc(c.Values, func(v Value) bool { return !v.comparable() })
}

// pick finds the condition of a group that the fewest subscriptions share, and
// so the fewest events: those with the same "type" are many, those with the
// same "owner" few. nil: no index helps.
func pick[T any, V comparable](t *topic[T, V], group []Condition) *Condition {
	var best *Condition
	least := 0
	for i := range group {
		c := &group[i]
		if !c.indexed() || len(t.indexes) >= maxIndexes && t.index(c.Field) == nil {
			continue
		}
		if n := t.crowd(c); best == nil || n < least || n == least && t.index(best.Field) == nil && t.index(c.Field) != nil {
			best, least = c, n
		}
	}
	return best
}

// crowd is how many have a seat by the values of c.
func (t *topic[T, V]) crowd(c *Condition) int {
	n := 0
	if x := t.index(c.Field); x != nil {
		for _, v := range c.Values {
			if b := x.keys[v.scalar]; b != nil {
				n += len(b.subs)
			}
		}
	}
	return n
}

func (t *topic[T, V]) index(path string) *index[T, V] {
	for _, x := range t.indexes {
		if x.path == path {
			return x
		}
	}
	return nil
}

// seatBy puts s in the index of c's field, once for each value.
func (t *topic[T, V]) seatBy(c *Condition, s *Sub[T, V]) {
	x := t.index(c.Field)
	if x == nil {
		x = &index[T, V]{path: c.Field, keys: make(map[scalar]*bucket[T, V])}
		t.indexes = append(slices.Clip(t.indexes), x)
	}
	for _, v := range c.Values {
		b := x.keys[v.scalar]
		if b == nil {
			b = &bucket[T, V]{index: x, key: v.scalar}
			x.keys[v.scalar] = b
		}
		b.seat(s)
	}
}

// drop forgets an empty bucket, and its index if that was the last.
func (t *topic[T, V]) drop(b *bucket[T, V]) {
	delete(b.index.keys, b.key)
	if len(b.index.keys) == 0 {
		t.indexes = slices.DeleteFunc(slices.Clone(t.indexes), func(x *index[T, V]) bool { return x == b.index })
	}
}
