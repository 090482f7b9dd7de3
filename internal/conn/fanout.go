package conn

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Fanout writes what Fan leaves to it, for connections that have the same
// life: one goroutine for two processors goes from socket to socket. While it
// is on its way, publishers queue more, so that the busier they are the more
// events one call writes. The zero value is ready; it is safe for concurrent
// use.
//
// It never waits for a socket: what one does not take at once is left to a
// goroutine of its own. Its goroutines live while something waits; as each
// socket that waits has a writer, Serve waits for them.
type Fanout struct {
	next   atomic.Uint32 // deals connections out to the rounds
	once   sync.Once
	rounds []round // immutable after once
}

// round is the way of one goroutine.
type round struct {
	mu      sync.Mutex // guards what follows
	waiting []*Conn    // whose writer's part is claimed for the round
	spare   []*Conn    // memory for the next
	running bool
}

// keepRound is how many places of a round are kept for the next.
const keepRound = 1 << 14

// round is one for a new connection.
func (f *Fanout) round() *round {
	if f == nil {
		return nil
	}
	f.once.Do(func() { f.rounds = make([]round, max(1, runtime.GOMAXPROCS(0)/2)) })
	return &f.rounds[f.next.Add(1)%uint32(len(f.rounds))]
}

// add has c written to. The caller has claimed its writer's part.
func (r *round) add(c *Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting = append(r.waiting, c)
	if !r.running {
		r.running = true
		go r.run()
	}
}

// run writes to all that wait, until none does.
func (r *round) run() {
	for list := r.take(nil); list != nil; list = r.take(list) {
		for _, c := range list {
			c.writeHere()
		}
	}
}

// take gives those that wait, and gets the memory of those that did; nil ends
// the round.
func (r *round) take(done []*Conn) []*Conn {
	clear(done)
	r.mu.Lock()
	defer r.mu.Unlock()
	if cap(done) > 0 && cap(done) <= keepRound {
		r.spare = done[:0]
	}
	if len(r.waiting) == 0 {
		r.running = false
		return nil
	}
	list := r.waiting
	r.waiting, r.spare = r.spare, nil
	return list
}

// leave starts the writer unless it lives, for bytes that may wait a little. mu
// is held.
func (c *Conn) leave() {
	switch {
	case !c.claim():
	case c.direct != nil && c.round != nil:
		c.round.add(c)
	default:
		go c.write(nil, 0)
	}
}
