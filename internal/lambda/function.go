package lambda

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"github.com/tidewire/tidewire/internal/fault"
	"github.com/tidewire/tidewire/internal/spec"
)

// function is one function, whatever is behind it.
type function struct {
	fs      *Functions
	spec    *spec.Function
	closure Closure
	remote  *remote

	state   atomic.Pointer[state] // nil for closures and remote functions
	turn    chan struct{}         // held by whoever replaces state
	running atomic.Int64          // invocations, for reserved concurrency
}

// state is the code that a function runs now.
type state struct {
	v    *version
	pool *pool // nil when err is set
	err  error // why the code as it is now cannot be run
}

// newFunction decides what is behind a function.
func newFunction(fs *Functions, f *spec.Function) *function {
	fn := &function{fs: fs, spec: f, closure: fs.o.closure(f), turn: make(chan struct{}, 1)}
	if r, ok := fs.o.remote(f); ok && fn.closure == nil {
		fn.remote = &remote{Remote: r, f: f}
	}
	return fn
}

// prepare makes the function ready for its first invocation.
func (fn *function) prepare(ctx context.Context) error {
	if fn.closure != nil || fn.remote != nil {
		return nil
	}
	if fn.fs.o.BuildDir == "" {
		return fmt.Errorf("function %s runs here and needs a build directory", fn.spec.Name)
	}
	v, err := fn.fs.prepare(ctx, fn.spec)
	if err != nil {
		return err
	}
	fn.fs.watcher.add(v)
	fn.state.Store(&state{v: v, pool: newPool(fn.fs, v)})
	if v.kind != kindNative {
		fn.fs.tasks.Go(func() { // so that the first invocation need not wait
			_, _ = fn.fs.interpreters.find(fn.fs.running, v.fn.Runtime) // it tells of an error
		})
	}
	return nil
}

// retire ends the function's processes as they become free.
func (fn *function) retire(why error) {
	st := fn.state.Load()
	if st == nil {
		return
	}
	fn.fs.watcher.remove(st.v)
	if st.pool != nil {
		st.pool.retire(why)
	}
}

// invoke runs the function once.
func (fn *function) invoke(ctx context.Context, payload []byte) ([]byte, error) {
	if limit := fn.spec.ReservedConcurrency; limit != nil {
		if fn.running.Add(1) > int64(*limit) {
			fn.running.Add(-1)
			return nil, throttled("function %s: its reserved concurrency of %d is in use", fn.spec.Name, *limit)
		}
		defer fn.running.Add(-1)
	}
	switch {
	case fn.closure != nil:
		return fn.call(ctx, payload)
	case fn.remote != nil:
		return fn.remote.invoke(ctx, fn.fs.elsewhere, payload)
	}
	return fn.invokeProcess(ctx, payload)
}

// invokeProcess runs the function in a process. A process that ended before it
// got the event costs nothing: the next one is tried.
func (fn *function) invokeProcess(ctx context.Context, payload []byte) ([]byte, error) {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, maxWait+fn.spec.Timeout)
		defer cancel()
	}
	for tries := 0; ; {
		now := time.Now()
		pl, err := fn.current(ctx, now)
		if err != nil {
			return nil, err
		}
		p, err := pl.acquire(ctx, now)
		if errors.Is(err, errRetired) && fn.state.Load().pool != pl {
			continue
		}
		if err != nil {
			return nil, err
		}
		body, err := pl.run(ctx, p, payload)
		if errors.Is(err, errNotDelivered) {
			if tries++; tries <= 2*fn.fs.o.MaxProcesses {
				continue
			}
			return nil, exited(newRequestID(), "it ends as soon as it has started")
		}
		return body, err
	}
}

// current is the pool for the code as it is on disk.
func (fn *function) current(ctx context.Context, now time.Time) (*pool, error) {
	if st := fn.state.Load(); !st.v.stale(now) {
		return st.pool, st.err
	}
	select {
	case fn.turn <- struct{}{}:
		defer func() { <-fn.turn }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	st := fn.state.Load()
	if !st.v.stale(now) { // somebody else was here
		return st.pool, st.err
	}
	st = fn.refresh(st)
	return st.pool, st.err
}

// refresh prepares the changed code and replaces the state. Processes with the
// old code finish what they run.
func (fn *function) refresh(old *state) *state {
	old.v.rearm() // before reading the code: what changes from now on counts
	v, err := fn.fs.prepare(fn.fs.running, fn.spec)
	switch {
	case err != nil:
		if asFunctionError(err) == nil {
			err = functionError("Runtime.BuildError", err.Error())
		}
		fn.fs.o.Log.Error("changed function cannot be run", "function", fn.spec.Name, "error", err)
		return fn.swap(old, &state{v: old.v, err: err})
	case old.pool != nil && old.v.sameCode(v):
		return old
	}
	fn.fs.o.Log.Info("function changed on disk", "function", fn.spec.Name)
	fn.fs.watcher.add(v)
	return fn.swap(old, &state{v: v, pool: newPool(fn.fs, v)})
}

// swap puts a new state in place and retires the old one.
func (fn *function) swap(old, next *state) *state {
	fn.state.Store(next)
	if old.v != next.v {
		fn.fs.watcher.remove(old.v)
	}
	if old.pool != nil {
		old.pool.retire(errRetired)
	}
	return next
}

// call runs a Go closure under the function's timeout.
func (fn *function) call(ctx context.Context, payload []byte) (body []byte, err error) {
	id := newRequestID()
	timeout := timeoutOf(fn.spec)
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	defer func() {
		if v := recover(); v != nil {
			fn.fs.o.Log.Error("function panicked", "function", fn.spec.Name, "panic", v, "stack", string(debug.Stack()))
			body, err = nil, functionError(typeName(v), fmt.Sprint(v))
		}
	}()
	body, err = fn.closure(limited, payload)
	switch {
	case err == nil && len(body) > maxReply:
		return nil, replyTooLarge()
	case err == nil:
		return body, nil
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case limited.Err() != nil:
		return nil, timedOut(id, timeout)
	}
	var refusal *fault.Error
	if errors.As(err, &refusal) {
		return nil, refusal
	}
	if fe := asFunctionError(err); fe != nil {
		return nil, fe
	}
	return nil, functionError(typeName(err), err.Error())
}

// typeName is the error type that aws-lambda-go reports for a value.
func typeName(v any) string {
	t := reflect.TypeOf(v)
	if t == nil {
		return ""
	}
	return strings.TrimPrefix(t.String()[strings.LastIndexByte(t.String(), '.')+1:], "*")
}
