package lambda

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"time"
)

// pool holds the processes of one version of a function, and the callers that
// wait for one.
type pool struct {
	fs *Functions
	v  *version

	mu       sync.Mutex
	idle     []*process // the last one is used first
	all      map[*process]bool
	starting int
	waiting  []*waiter // the first one is served first
	retired  error     // why there will be no more processes; nil: there will
}

// waiter is a caller that waits for a process.
type waiter struct {
	got   chan grant // room for one
	since time.Time
}

// grant is what a waiter gets: a process, or why there is none.
type grant struct {
	p   *process
	err error
}

// newPool is an empty pool.
func newPool(fs *Functions, v *version) *pool {
	return &pool{fs: fs, v: v, all: map[*process]bool{}}
}

// acquire takes a process: the warm one used last, or one that becomes free, or
// a new one. It fails with what retire was given.
func (pl *pool) acquire(ctx context.Context, now time.Time) (*process, error) {
	pl.mu.Lock()
	if why := pl.retired; why != nil {
		pl.mu.Unlock()
		return nil, why
	}
	if p := pl.popIdle(now); p != nil {
		pl.mu.Unlock()
		return p, nil
	}
	if len(pl.waiting) >= maxWaiting {
		pl.mu.Unlock()
		return nil, throttled("function %s: %d callers wait already", pl.v.fn.Name, maxWaiting)
	}
	w := &waiter{got: make(chan grant, 1), since: now}
	pl.waiting = append(pl.waiting, w)
	pl.grow(false)
	pl.mu.Unlock()
	return pl.wait(ctx, w)
}

// popIdle takes a usable idle process; pl.mu is held.
func (pl *pool) popIdle(now time.Time) *process {
	for n := len(pl.idle); n > 0; n = len(pl.idle) {
		p := pl.idle[n-1]
		pl.idle = pl.idle[:n-1]
		switch {
		case p.isGone():
			delete(pl.all, p)
		case p.expired(now):
			pl.end(p)
		default:
			return p
		}
	}
	return nil
}

// expired says whether the process's credentials may not last an invocation.
func (p *process) expired(now time.Time) bool {
	return !p.expires.IsZero() && now.Add(max(p.timeout, expiryMargin)).After(p.expires)
}

// end stops a process that is not in use, in the background; pl.mu is held.
func (pl *pool) end(p *process) {
	delete(pl.all, p)
	pl.fs.tasks.Go(func() { p.stop(pl.fs.stopping) })
}

// grow starts processes for waiting callers; pl.mu is held. At once one more
// than there are processors, so that none is idle while an answer and the next
// event are on their way; beyond that one, and only for a caller that has been
// patient.
func (pl *pool) grow(patient bool) {
	limit := min(pl.fs.o.MaxProcesses, runtime.NumCPU()+1)
	if patient {
		limit = min(pl.fs.o.MaxProcesses, len(pl.all)+pl.starting+1)
	}
	for pl.starting < len(pl.waiting) && len(pl.all)+pl.starting < limit {
		pl.starting++
		pl.fs.tasks.Go(pl.start)
	}
}

// start starts one process and gives it to whoever waits longest, or says to
// that caller why there is none.
func (pl *pool) start() {
	p, err := pl.fs.launch(pl.fs.running, pl.v)
	pl.mu.Lock()
	defer pl.mu.Unlock()
	pl.starting--
	if err == nil && pl.fs.running.Err() != nil { // Close has begun
		pl.end(p)
		err = errClosed
	}
	if err == nil {
		pl.all[p] = true
		p.idleSince = time.Now()
		pl.fs.tasks.Go(func() { pl.forget(p) })
		pl.hand(p)
		return
	}
	if w := pl.popWaiter(); w != nil {
		w.got <- grant{err: err}
	}
	pl.grow(false)
}

// forget waits for a process's end and takes it off the books.
func (pl *pool) forget(p *process) {
	<-p.gone
	pl.mu.Lock()
	defer pl.mu.Unlock()
	delete(pl.all, p)
	if i := slices.Index(pl.idle, p); i >= 0 {
		pl.idle = slices.Delete(pl.idle, i, i+1)
	}
	if pl.retired == nil {
		pl.grow(false)
	}
}

// hand gives a free process to a waiter, or keeps it; pl.mu is held.
func (pl *pool) hand(p *process) {
	switch w := pl.popWaiter(); {
	case w != nil:
		w.got <- grant{p: p}
	case pl.retired != nil:
		pl.end(p)
	default:
		pl.idle = append(pl.idle, p)
	}
}

// popWaiter takes the caller that waits longest; pl.mu is held.
func (pl *pool) popWaiter() *waiter {
	if len(pl.waiting) == 0 {
		return nil
	}
	w := pl.waiting[0]
	pl.waiting[0] = nil
	pl.waiting = pl.waiting[1:]
	return w
}

// wait waits for a process until ctx is done.
func (pl *pool) wait(ctx context.Context, w *waiter) (*process, error) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		select {
		case g := <-w.got:
			return g.p, g.err
		case <-timer.C:
			if pl.impatient(w) {
				timer.Reset(patience)
			}
		case <-ctx.Done():
			return nil, pl.leave(w, context.Cause(ctx))
		}
	}
}

// impatient starts one more process for a caller that has waited; while others
// are starting only when it has waited long. It says whether to come back.
func (pl *pool) impatient(w *waiter) bool {
	pl.mu.Lock()
	defer pl.mu.Unlock()
	if pl.retired != nil {
		return false
	}
	if pl.starting == 0 || time.Since(w.since) > coldPatience {
		pl.grow(true)
	}
	return true
}

// leave takes a caller out of the queue; what it was given meanwhile goes back.
func (pl *pool) leave(w *waiter, why error) error {
	pl.mu.Lock()
	defer pl.mu.Unlock()
	if i := slices.Index(pl.waiting, w); i >= 0 {
		pl.waiting = slices.Delete(pl.waiting, i, i+1)
		return why
	}
	if g := <-w.got; g.p != nil {
		pl.hand(g.p)
	}
	return why
}

// release gives a process back after an invocation.
func (pl *pool) release(p *process, now time.Time) {
	pl.mu.Lock()
	defer pl.mu.Unlock()
	switch {
	case p.isGone():
		delete(pl.all, p)
	case pl.retired != nil || p.expired(now):
		pl.end(p)
		if pl.retired == nil {
			pl.grow(false)
		}
	default:
		p.idleSince = now
		pl.hand(p)
	}
}

// drop ends a process that is not to be used again.
func (pl *pool) drop(p *process) {
	pl.mu.Lock()
	defer pl.mu.Unlock()
	pl.end(p)
}

// retire ends the pool: idle processes now, busy ones when they are released.
// Callers that wait, or come later, get why.
func (pl *pool) retire(why error) {
	pl.mu.Lock()
	defer pl.mu.Unlock()
	if pl.retired != nil {
		return
	}
	pl.retired = why
	for _, w := range pl.waiting {
		w.got <- grant{err: why}
	}
	pl.waiting = nil
	for _, p := range pl.idle {
		pl.end(p)
	}
	pl.idle = nil
}

// reap ends processes that have been idle since before a time, or whose
// credentials are running out.
func (pl *pool) reap(now, idleBefore time.Time) {
	pl.mu.Lock()
	defer pl.mu.Unlock()
	kept := pl.idle[:0]
	for _, p := range pl.idle {
		if p.idleSince.Before(idleBefore) || p.expired(now) {
			pl.end(p)
		} else {
			kept = append(kept, p)
		}
	}
	clear(pl.idle[len(kept):])
	pl.idle = kept
}
