package appsyncjs

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dop251/goja"

	"github.com/tidewire/tidewire/internal/appsyncjs/library"
)

// maxFrames bounds how deep functions may call each other: AppSync has no
// recursion.
const maxFrames = 200

// worker is a runtime with its goroutine, and the call that has it.
type worker struct {
	// Immutable.
	engine  *Engine
	vm      *goja.Runtime
	modules *library.Modules
	host    *library.Host
	ended   *goja.Object // thrown to end an evaluation on purpose
	freeze  goja.Callable

	stopping atomic.Bool // for loops of native functions

	// Guarded by mu.
	mu       sync.Mutex
	busy     bool
	ctx      context.Context
	started  time.Time
	heap     int64 // when the watch first saw the call; 0: not yet
	halted   halt
	haltedAt time.Time
	lost     bool // the call was given up

	jobs chan struct{} // job is there
	done chan *Outcome // of the job, or nil if it was given up

	// Owned by the goroutine, or by who has the worker while that is idle.
	keys    map[string]string // of objects that were decoded
	scratch []byte            // for results
	path    []*goja.Object    // for results
	members []lazyMember      // for objects of documents

	job       job
	constants constants
	module    *Module
	call      *Call
	out       *Outcome
	object    *contextObject
	grown     int64 // bytes that functions were about to make
	depth     int   // of nested native functions
	logged    int   // bytes
	spent     bool  // must not be used again
}

// newWorker makes a runtime in which nothing can be changed any more.
func newWorker(e *Engine) (*worker, error) {
	w := &worker{engine: e, vm: goja.New(), keys: make(map[string]string), constants: make(constants),
		jobs: make(chan struct{}, 1), done: make(chan *Outcome, 1)}
	w.vm.SetMaxCallStackSize(maxFrames)
	w.vm.SetRandSource(w.random)
	w.ended = w.vm.NewObject()
	w.freeze, _ = goja.AssertFunction(w.vm.GlobalObject().Get("Object").ToObject(w.vm).Get("freeze"))
	w.host = w.newHost()
	w.modules = library.New(w.vm, w.host)
	if err := w.lockDown(); err != nil {
		return nil, fmt.Errorf("make a JavaScript runtime: %w", err)
	}
	return w, nil
}

// dynamodb lists the names that @aws-appsync/utils/dynamodb has.
func (w *worker) dynamodb() []string { return w.modules.DynamoDB.Keys() }

// random is what Math.random gives.
func (w *worker) random() float64 {
	var b [8]byte
	if _, err := w.engine.rand.Read(b[:]); err != nil {
		return 0
	}
	var n uint64
	for _, v := range b {
		n = n<<8 | uint64(v)
	}
	return float64(n>>11) / (1 << 53)
}

func (w *worker) newHost() *library.Host {
	h := &library.Host{Now: w.engine.now, Rand: w.engine.rand, Grow: w.grow, Log: w.log}
	h.AuthType = func() string { return w.call.AuthType }
	h.Stop = w.fail
	h.Append = func(f library.Failure) {
		w.out.Appended = append(w.out.Appended, f)
		w.object.outErrors = nil
	}
	h.Early = func(value goja.Value, skipTo string) {
		w.out.Early = &Early{SkipTo: skipTo}
		w.out.Value = w.encode(value)
		panic(w.ended)
	}
	h.Header = w.addHeader
	h.Decode = func(text rawJSON) goja.Value {
		v, err := w.decode(text)
		if err != nil { // too deep
			panic(w.vm.NewTypeError(err.Error()))
		}
		return v
	}
	h.Evict = func(typeName, field string, keys rawJSON) {
		w.out.Evictions = append(w.out.Evictions, Eviction{Type: typeName, Field: field, Keys: keys})
	}
	h.Filter = func(f rawJSON) { w.out.Filter = f }
	h.InvalidationFilter = func(f rawJSON) { w.out.InvalidationFilter = f }
	h.Invalidate = func(i rawJSON) { w.out.Invalidations = append(w.out.Invalidations, i) }
	return h
}

// fail ends the evaluation. It does not return.
func (w *worker) fail(f library.Failure) {
	w.out.Failure = &f
	panic(w.ended)
}

// grow is told how many bytes are about to be made. It does not return when
// they are too many.
func (w *worker) grow(bytes int) {
	w.checkpoint()
	if w.grown += int64(bytes); bytes < 0 || w.grown > w.engine.maxGrowth {
		w.out.Reason = reasonMemory(w.engine.maxGrowth)
		w.fail(runtimeFailure())
	}
}

// checkpoint lets a loop of a native function end with its call.
func (w *worker) checkpoint() {
	if w.stopping.Load() {
		panic(w.ended)
	}
}

// deeper bounds the recursion of native functions; the caller calls the
// function that it gets when done.
func (w *worker) deeper() (shallower func()) {
	if w.depth++; w.depth > maxDepth {
		w.depth--
		panic(w.vm.NewTypeError("the value is nested too deeply"))
	}
	return func() { w.depth-- }
}

// log keeps a line for the API's log.
func (w *worker) log(level, line string) {
	const most = 256 << 10
	if w.logged > most {
		return
	}
	if w.logged += len(line) + 1; w.logged > most {
		level, line = "ERROR", "further lines of this call are dropped"
	}
	at := w.module.position(w.vm.CaptureCallStack(0, nil))
	w.out.Logs = append(w.out.Logs, Line{Level: level, Text: line, At: at})
}

func (w *worker) addHeader(name, value string) {
	if w.out.Headers == nil {
		w.out.Headers = make(http.Header)
	}
	w.out.Headers[name] = append(w.out.Headers[name], value)
}
