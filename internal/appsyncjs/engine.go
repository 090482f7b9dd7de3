package appsyncjs

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dop251/goja"
)

// Options configure an [Engine]. The zero value is what AppSync has.
type Options struct {
	// Timeout ends a call. Default: 10 s. AppSync documents only the 30 s that
	// a whole request may take.
	Timeout time.Duration
	// MaxHeapGrowth is how many bytes a call may take. Default: 64 MiB.
	MaxHeapGrowth int64
	// Runtimes bounds how many calls run at the same time; the others wait.
	// Default: four for each CPU. Each takes about 1 MB.
	Runtimes int

	Now  func() time.Time // what scripts see. Default: time.Now
	Rand io.Reader        // for identifiers and random numbers. Default: crypto/rand

	// patience is how long a call may go on after it was interrupted. Functions
	// of the runtime itself that look at nothing while they work can take longer;
	// then the call is given up: it fails, and its runtime stays with its
	// goroutine. Default: a second.
	patience time.Duration
}

// AppSync's quotas (AppSync endpoints and quotas in the AWS General Reference).
const (
	maxCode   = 32_768    // characters of resolver or function code
	maxResult = 5_000_000 // bytes of an evaluated request or response
)

var (
	errClosed = errors.New("the engine is closed")
	errStuck  = errors.New("all runtimes are stuck in calls that cannot be ended: restart to get rid of them")
)

// Engine loads and runs scripts.
type Engine struct {
	// Immutable.
	timeout   time.Duration
	patience  time.Duration
	maxGrowth int64
	now       func() time.Time
	rand      io.Reader
	lockdown  *goja.Program
	dynamodb  []string // exports of @aws-appsync/utils/dynamodb
	modules   modules
	places    chan struct{} // one for each call that runs
	wake      chan struct{}
	stop      chan struct{}
	watching  sync.WaitGroup
	workers   sync.WaitGroup // goroutines of runtimes that are not stuck

	running atomic.Int64 // calls
	parked  atomic.Bool  // the watch sleeps until wake
	closing atomic.Bool  // calls end as soon as they begin

	mu     sync.Mutex
	idle   []*worker            // the latest last
	all    map[*worker]struct{} // also those that run
	stuck  int                  // of all: what runs in them cannot be ended
	full   chan struct{}        // closed while all places are taken by such
	closed bool
	calls  sync.WaitGroup
}

// New makes an engine and checks that runtimes can be made. The caller closes it.
func New(o Options) (*Engine, error) {
	if o.Timeout <= 0 {
		o.Timeout = 10 * time.Second
	}
	if o.patience <= 0 {
		o.patience = time.Second
	}
	if o.MaxHeapGrowth <= 0 {
		o.MaxHeapGrowth = 64 << 20
	}
	if o.Runtimes <= 0 {
		o.Runtimes = 4 * runtime.GOMAXPROCS(0)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	e := &Engine{
		timeout: o.Timeout, patience: o.patience, maxGrowth: o.MaxHeapGrowth, now: o.Now, rand: o.Rand,
		places: make(chan struct{}, o.Runtimes),
		wake:   make(chan struct{}, 1), stop: make(chan struct{}),
		all: make(map[*worker]struct{}), full: make(chan struct{}),
	}
	var err error
	if e.lockdown, err = goja.Compile("lockdown.js", lockdown, true); err != nil {
		return nil, err
	}
	first, err := newWorker(e)
	if err != nil {
		return nil, err
	}
	e.dynamodb = first.dynamodb()
	e.idle, e.all[first] = []*worker{first}, struct{}{}
	e.workers.Add(1)
	go first.serve()
	e.watching.Go(e.watch)
	return e, nil
}

// Close ends the calls that run and waits for them. Calls that come later fail.
// A call that is stuck where it cannot be ended is given up after a second; its
// goroutine remains until it comes out by itself, see [Engine.Stuck].
func (e *Engine) Close() {
	e.mu.Lock()
	if e.closed {
		e.mu.Unlock()
		return
	}
	e.closed = true
	e.closing.Store(true)
	for w := range e.all {
		w.halt(haltClosed)
	}
	e.mu.Unlock()
	e.calls.Wait()
	e.mu.Lock()
	for _, w := range e.idle {
		close(w.jobs)
	}
	e.idle = nil
	e.mu.Unlock()
	e.workers.Wait()
	close(e.stop)
	e.watching.Wait()
}

// Stuck is how many calls were given up whose code still runs.
func (e *Engine) Stuck() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.stuck
}

// acquire gives a runtime to this call alone; release takes it back.
func (e *Engine) acquire(ctx context.Context) (*worker, error) {
	if err := e.place(ctx); err != nil {
		return nil, err
	}
	w, err := e.pick()
	if err != nil {
		<-e.places
		return nil, err
	}
	if e.running.Add(1); e.parked.Swap(false) {
		e.wake <- struct{}{}
	}
	return w, nil
}

// place waits until another call may run.
func (e *Engine) place(ctx context.Context) error {
	select {
	case e.places <- struct{}{}:
		return nil
	default:
	}
	e.mu.Lock()
	full := e.full
	e.mu.Unlock()
	select {
	case e.places <- struct{}{}:
		return nil
	case <-full:
		return errStuck
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// pick takes an idle runtime, or makes one.
func (e *Engine) pick() (*worker, error) {
	w, err := e.idler()
	if w != nil || err != nil {
		return w, err
	}
	if w, err = newWorker(e); err != nil {
		e.calls.Done()
		return nil, err
	}
	e.mu.Lock()
	e.all[w] = struct{}{} // a call that begins while the engine closes is halted
	e.mu.Unlock()
	e.workers.Add(1)
	go w.serve()
	return w, nil
}

// idler counts a call, and takes the runtime that was used last; nil if none is
// idle.
func (e *Engine) idler() (*worker, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil, errClosed
	}
	e.calls.Add(1)
	n := len(e.idle)
	if n == 0 {
		return nil, nil
	}
	w := e.idle[n-1]
	e.idle = e.idle[:n-1]
	return w, nil
}

// release takes a runtime back, or drops it if it was interrupted.
func (e *Engine) release(w *worker) {
	e.running.Add(-1)
	e.mu.Lock()
	if w.spent {
		delete(e.all, w)
		close(w.jobs)
	} else {
		e.idle = append(e.idle, w)
	}
	e.mu.Unlock()
	<-e.places
}
