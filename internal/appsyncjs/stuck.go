package appsyncjs

import (
	"context"
	"time"
)

// job is what a runtime has to do.
type job struct {
	ctx      context.Context
	module   *Module
	function string
	call     Call // a copy: the caller may change its own once it was given up
}

// serve does what the runtime is given, until it is spent.
func (w *worker) serve() {
	for range w.jobs {
		j := &w.job
		out, given := w.run(j.ctx, j.module, j.function, &j.call)
		*j = job{}
		if w.spent || !given {
			w.clear()
		}
		if !given {
			w.engine.returned(w)
			return
		}
		w.done <- out
	}
	w.engine.workers.Done()
}

// await gives the outcome of the job; nil if it was given up.
func (w *worker) await() *Outcome { return <-w.done }

// abandon gives a call up that was interrupted long ago and still runs. The
// engine's mu is held.
func (e *Engine) abandon(w *worker, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.busy || w.lost || w.halted == haltNone || now.Sub(w.haltedAt) < e.patience {
		return
	}
	w.lost = true
	if e.stuck++; e.stuck == cap(e.places) {
		close(e.full)
	}
	e.running.Add(-1)
	e.workers.Done() // nobody waits for it any more
	w.done <- nil
}

// returned takes note of a call that was given up and has ended after all.
func (e *Engine) returned(w *worker) {
	e.mu.Lock()
	delete(e.all, w)
	if e.stuck--; e.stuck == cap(e.places)-1 {
		e.full = make(chan struct{})
	}
	e.mu.Unlock()
	<-e.places
}

// givenUp is the outcome of a call that was given up.
func (w *worker) givenUp(m *Module, c *Call) *Outcome {
	w.mu.Lock()
	why := w.halted
	w.mu.Unlock()
	f, reason := w.haltFailure(why)
	return &Outcome{Stash: orEmpty(c.Stash), HeaderBytes: c.HeaderBytes, Failure: &f, At: m.position(nil),
		Reason: reason + ", and it cannot be ended where it is: its runtime is lost"}
}
