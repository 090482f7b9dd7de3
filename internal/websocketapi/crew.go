package websocketapi

import (
	"context"
	"sync"
)

// crew are goroutines that run the work of connections. A few stay when they
// have nothing to do: a stack that has grown for one message need not grow
// again for the next.
type crew struct {
	work chan *connection // unbuffered: taken by one that stays
	ends <-chan struct{}
	all  sync.WaitGroup

	mu      sync.Mutex
	staying int
}

// maxStaying bounds the goroutines that wait for work.
const maxStaying = 32

func newCrew(ctx context.Context) *crew {
	return &crew{work: make(chan *connection), ends: ctx.Done()}
}

// run runs c.work in a goroutine of the crew.
func (w *crew) run(c *connection) {
	select {
	case w.work <- c:
	default:
		w.all.Go(func() { w.member(c) })
	}
}

func (w *crew) member(c *connection) {
	for c != nil {
		c.work()
		c = w.next()
	}
}

// next waits for work; nil ends the member.
func (w *crew) next() *connection {
	if !w.stay(1) {
		return nil
	}
	defer w.stay(-1)
	select {
	case c := <-w.work:
		return c
	case <-w.ends:
		return nil
	}
}

func (w *crew) stay(n int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if n > 0 && w.staying >= maxStaying {
		return false
	}
	w.staying += n
	return true
}
