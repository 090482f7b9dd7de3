package appsyncjs

import (
	"context"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	watchEvery = 5 * time.Millisecond
	watchIdle  = 40 // rounds without a call before the watch sleeps

	// certain is how often the growth that is allowed must have been seen for it
	// not to be mistaken for garbage.
	certain = 3
)

// halt is why a call was interrupted.
type halt int

const (
	haltNone halt = iota
	haltTimeout
	haltContext
	haltMemory
	haltClosed
)

// watch ends calls that take too long or too much. It sleeps while none runs.
func (e *Engine) watch() {
	timer := time.NewTimer(watchEvery)
	defer timer.Stop()
	for rounds := 0; ; rounds++ {
		if e.running.Load() > 0 {
			rounds = 0
		}
		if rounds >= watchIdle && !e.sleep() {
			return
		}
		timer.Reset(watchEvery)
		select {
		case <-e.stop:
			return
		case <-timer.C:
			e.sweep(time.Now())
		}
	}
}

// sleep waits for a call; false: the engine was closed.
func (e *Engine) sleep() bool {
	e.parked.Store(true)
	if e.running.Load() > 0 && e.parked.Swap(false) {
		return true // it came before anybody could see that the watch sleeps
	}
	select {
	case <-e.stop:
		return false
	case <-e.wake:
		return true
	}
}

// sweep looks at every call once.
func (e *Engine) sweep(now time.Time) {
	heap := heapObjects()
	var hungry []*worker
	e.mu.Lock()
	defer e.mu.Unlock()
	for w := range e.all {
		if w.inspect(now, heap) {
			hungry = append(hungry, w)
		}
		e.abandon(w, now)
	}
	if len(hungry) == 0 {
		return
	}
	runtime.GC() // what is garbage is nobody's
	heap = heapObjects()
	for _, w := range hungry {
		w.judge(heap)
	}
}

// heapObjects is the size of all objects, living or not yet swept.
func heapObjects() int64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64())
}

// inspect interrupts a call that is over its time, and tells whether the heap
// has grown too much since the call was seen first, or since it was smallest:
// what was garbage of earlier calls then is no room for this one.
func (w *worker) inspect(now time.Time, heap int64) (hungry bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case !w.busy || w.halted != haltNone:
		return false
	case w.ctx.Err() != nil:
		w.interrupt(haltContext)
	case now.Sub(w.started) > w.engine.timeout:
		w.interrupt(haltTimeout)
	case w.heap == 0 || heap < w.heap:
		w.heap = heap
	case heap-w.heap > certain*w.engine.maxGrowth:
		w.interrupt(haltMemory) // a collection would let it take as much again
	default:
		return heap-w.heap > w.engine.maxGrowth
	}
	return false
}

// judge interrupts a call if the heap is still too large without garbage.
func (w *worker) judge(heap int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.busy || w.halted != haltNone || w.heap == 0 {
		return
	}
	if heap-w.heap > w.engine.maxGrowth {
		w.interrupt(haltMemory)
	}
	w.heap = min(w.heap, heap)
}

// halt interrupts the call that runs, if one does.
func (w *worker) halt(why halt) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.busy && w.halted == haltNone {
		w.interrupt(why)
	}
}

// interrupt is called with mu held. Native loops look at stopping.
func (w *worker) interrupt(why halt) {
	w.halted, w.haltedAt = why, time.Now()
	w.stopping.Store(true)
	w.vm.Interrupt(why)
}

// begin and end say when a call runs, so that an interrupt never meets the next
// one.
func (w *worker) begin(ctx context.Context) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.busy, w.ctx, w.started, w.heap = true, ctx, time.Now(), 0
	if w.engine.closing.Load() {
		w.interrupt(haltClosed)
	}
}

// why tells whether the call was interrupted.
func (w *worker) why() halt {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.halted
}

// end also tells whether somebody waits for the outcome.
func (w *worker) end() (why halt, given bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.busy, w.ctx = false, nil
	return w.halted, !w.lost
}

// clear lets go of all that a runtime held which is not used again. After a
// call that took too much nothing of it is left when the call returns: what the
// watch does about the next one would come the later, the more there is to
// collect.
func (w *worker) clear() {
	w.vm, w.ended, w.freeze, w.host, w.modules = nil, nil, nil, nil, nil
	w.keys, w.scratch, w.path, w.members, w.constants = nil, nil, nil, nil, nil
	if w.halted == haltMemory {
		debug.FreeOSMemory()
	}
}
