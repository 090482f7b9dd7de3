// Package hub knows who is connected to this node, and who is subscribed to
// what: it finds the socket of a connection id, and carries an event to every
// subscription that wants it.
//
// # Connections
//
// Call [New] with the node's number, make an id for every connection with
// [Hub.NewID], and [Hub.Add] it while the connection lives:
//
//	h := hub.New[*socket](node)
//	id := h.NewID()
//	h.Add(id, s)
//	defer h.Remove(id)
//
// A push finds its socket with [Hub.Get]. [Hub.ParseID] tells an id that could
// be somebody's from a string that is none.
//
// A Hub holds values of the caller's type T, a pointer as a rule, so that a
// connection costs a map slot here (about 50 bytes) and no closure, interface
// or entry of its own. There is nothing to close.
//
// # Subscriptions
//
// Call [OpenTopics] with what a runtime knows of its events, and add a [Sub]
// for every subscription:
//
//	topics, err := hub.OpenTopics(hub.TopicsOptions[*socket, *view, *event]{…})
//	defer topics.Close()
//	sub := &hub.Sub[*socket, *view]{ID: id, To: s, View: v, Filter: filter}
//	err = topics.AddThen("onPost", sub, acknowledge)
//	…
//	topics.Remove(sub)
//
// [Topics.Publish] gives events to the bus, whose receivers are the Topics of
// all nodes. Each looks up the subscriptions of the topic, asks their filters,
// renders the event once for each view among them and delivers:
//
//   - Filters that compare a field for equality are found by the value that the
//     event has there; a publish does not touch the others. Of several such
//     conditions the one that the fewest subscriptions share is the key.
//   - An event may belong to several topics (TopicsOptions.Keys), such as a
//     channel and the wildcards above it.
//   - Events published together are delivered together.
//   - What ends subscriptions is an event too: add a second Sub with another
//     filter to a topic of its own, whose Deliver removes the first.
//
// The bus in this process calls back before Publish returns, so everything
// happens in the publisher's goroutine: there is no queue here, events of one
// goroutine arrive in its order, and a subscription that stays misses none and
// gets none twice.
//
// # Concurrency
//
// All methods are safe for concurrent use. No lock is held while a caller's
// code runs, except by [Topics.AddThen]; adding and removing wait for
// publishers only while these look up who is subscribed, and publishers do not
// wait for each other. There is no goroutine.
package hub

import (
	"hash/maphash"
	"sync"
)

const shards = 64 // a power of two

// Hub is the sockets of one node. Use [New].
type Hub[T any] struct {
	seed   maphash.Seed
	ids    ids
	shards [shards]shard[T]
}

type shard[T any] struct {
	mu      sync.RWMutex
	sockets map[string]T
	_       [32]byte // keeps two shards out of one cache line
}

// New makes the hub of a node. The number stands in the first two bytes of
// every id; nodes that share ids must have different ones.
func New[T any](node uint16) *Hub[T] {
	h := &Hub[T]{seed: maphash.MakeSeed(), ids: ids{node: node}}
	for i := range h.shards {
		h.shards[i].sockets = make(map[string]T)
	}
	return h
}

// NewID is a connection id in AWS's form: 11 bytes in the URL alphabet of
// base64, 15 characters and one "=". Nine bytes are random, so ids do not
// repeat and cannot be guessed.
func (h *Hub[T]) NewID() string { return h.ids.next() }

// ParseID says whether id has exactly the form of a connection id, whoever's
// it is. A management call answers an unknown id of this form with 410 and any
// other string with 400.
func (h *Hub[T]) ParseID(id string) bool { return wellFormed(id) }

func (h *Hub[T]) shard(id string) *shard[T] {
	return &h.shards[maphash.String(h.seed, id)%shards]
}

// Add makes s known as id, unless the id is taken already.
func (h *Hub[T]) Add(id string, s T) bool {
	sh := h.shard(id)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if _, taken := sh.sockets[id]; taken {
		return false
	}
	sh.sockets[id] = s
	return true
}

// Remove forgets id and says whether it was known.
func (h *Hub[T]) Remove(id string) bool {
	sh := h.shard(id)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	_, known := sh.sockets[id]
	delete(sh.sockets, id)
	return known
}

// Get finds the socket of id.
func (h *Hub[T]) Get(id string) (T, bool) {
	sh := h.shard(id)
	sh.mu.RLock()
	s, ok := sh.sockets[id]
	sh.mu.RUnlock()
	return s, ok
}

// Len is how many sockets are known.
func (h *Hub[T]) Len() int {
	n := 0
	for i := range h.shards {
		sh := &h.shards[i]
		sh.mu.RLock()
		n += len(sh.sockets)
		sh.mu.RUnlock()
	}
	return n
}

// Each yields every socket with its id, in no order: "for id, s := range
// h.Each". What is yielded are copies made shard by shard, so a socket may be
// gone by then, and one added meanwhile may be missing. The loop may call any
// method of the hub.
func (h *Hub[T]) Each(yield func(id string, s T) bool) {
	var held []socket[T]
	for i := range h.shards {
		held = h.shards[i].copy(held[:0])
		for _, s := range held {
			if !yield(s.id, s.value) {
				return
			}
		}
	}
}

type socket[T any] struct {
	id    string
	value T
}

func (sh *shard[T]) copy(to []socket[T]) []socket[T] {
	sh.mu.RLock()
	defer sh.mu.RUnlock()
	for id, s := range sh.sockets {
		to = append(to, socket[T]{id, s})
	}
	return to
}
