package appsyncjs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/dop251/goja"

	"github.com/tidewire/tidewire/internal/appsyncjs/library"
)

// Call runs a function: "request", "response", "onPublish", "onSubscribe", or one
// of an object, "onPublish.request". It waits for a free runtime, and returns
// early when ctx ends. c is not changed.
func (m *Module) Call(ctx context.Context, function string, c *Call) *Outcome {
	e := m.engine
	w, err := e.acquire(ctx)
	if err != nil {
		return refused(c, err)
	}
	defer e.calls.Done()
	w.job = job{ctx: ctx, module: m, function: function, call: *c}
	w.jobs <- struct{}{}
	out := w.await()
	if out == nil {
		return w.givenUp(m, c)
	}
	e.release(w)
	return out
}

// refused is the outcome of a call that never began.
func refused(c *Call, err error) *Outcome {
	f := runtimeFailure()
	if errors.Is(err, context.DeadlineExceeded) {
		f = library.Failure{Type: typeTimeout, Message: messageTimeout}
	}
	return &Outcome{Stash: orEmpty(c.Stash), Failure: &f, Reason: "not run: " + err.Error()}
}

// run runs one function from start to end; given: the outcome is waited for.
func (w *worker) run(ctx context.Context, m *Module, function string, c *Call) (out *Outcome, given bool) {
	out = &Outcome{}
	w.module, w.call, w.out, w.grown, w.depth, w.logged = m, c, out, 0, 0, 0
	w.host.HeaderBytes = c.HeaderBytes
	w.object = &contextObject{w: w, call: c}
	w.begin(ctx)
	err := w.protect(func() error { return w.evaluate(m, function) })
	stashErr := w.protect(w.keepStash)
	why := w.why()
	if err = cmp.Or(err, stashErr); err == nil && why != haltNone {
		err = errHalted
	}
	if err != nil {
		w.explain(m, err, why)
	}
	if out.Failure != nil {
		out.Value, out.Early = nil, nil
	}
	out.HeaderBytes = w.host.HeaderBytes
	why, given = w.end()
	if why != haltNone {
		w.spent = true
	}
	w.module, w.call, w.out, w.object = nil, nil, nil, nil
	return out, given
}

var errHalted = errors.New("interrupted")

// protect turns panics into errors. A runtime that panicked is not used again.
func (w *worker) protect(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			w.spent = true
			err = fmt.Errorf("panic: %v", r)
			if e, ok := r.(error); ok {
				err = e
			}
		}
	}()
	if ex := w.vm.Try(func() { err = f() }); ex != nil {
		return ex
	}
	return err
}

// evaluate runs the module's top level if need be, then the function.
func (w *worker) evaluate(m *Module, function string) error {
	exports, err := w.exports(m)
	if err != nil {
		return err
	}
	call, err := lookup(exports, function)
	if err != nil {
		return err
	}
	value, err := call(goja.Undefined(), w.vm.NewDynamicObject(w.object))
	if err != nil {
		return err
	}
	w.out.Value = w.encode(value)
	return nil
}

// lookup finds a function among the exports, or in an exported object.
func lookup(exports goja.Value, path string) (goja.Callable, error) {
	value := exports
	for name := range strings.SplitSeq(path, ".") {
		object, ok := value.(*goja.Object)
		if !ok {
			return nil, fmt.Errorf("%s is not exported", path)
		}
		value = object.Get(name)
	}
	call, ok := goja.AssertFunction(value)
	if !ok {
		return nil, fmt.Errorf("%s is not an exported function", path)
	}
	return call, nil
}

// keepStash reads ctx.stash back. Getters in it may run code, which an
// interrupted call may not any more.
func (w *worker) keepStash() error {
	w.out.Stash = orEmpty(w.call.Stash)
	if w.object.stash == nil || w.stopping.Load() {
		return nil
	}
	w.out.Stash = w.encode(w.object.stash)
	return nil
}

// explain says in the outcome why the call failed.
func (w *worker) explain(m *Module, err error, why halt) {
	out := w.out
	var exception *goja.Exception
	if errors.As(err, &exception) {
		out.At = m.position(exception.Stack())
		if exception.Value() == w.ended && why == haltNone { // on purpose
			return
		}
	}
	f := runtimeFailure()
	if why != haltNone {
		var interrupted *goja.InterruptedError
		if errors.As(err, &interrupted) {
			out.At = m.position(interrupted.Stack())
		}
		f, out.Reason = w.haltFailure(why)
	} else {
		out.Reason = clipped(w.describe(err, exception))
		if exception != nil {
			f.Message = uncaught(out.At, out.Reason)
		}
	}
	out.Failure = &f
}

// uncaught is what clients are told of an exception: AppSync tells them, too,
// where the code failed and why, and calls all code "code.js".
func uncaught(at Position, reason string) string {
	at.File = "code.js"
	return at.String() + ": " + reason
}

// clipped bounds the texts of exceptions, which name values.
func clipped(text string) string {
	const most = 1 << 10
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// describe says what err was, for the log.
func (w *worker) describe(err error, exception *goja.Exception) (reason string) {
	var overflow *goja.StackOverflowError
	switch {
	case errors.As(err, &overflow):
		w.spent = true
		return fmt.Sprintf("RangeError: functions call each other more than %d deep", maxFrames)
	case exception == nil:
		return err.Error()
	}
	if failed := w.protect(func() error { reason = exception.Value().String(); return nil }); failed != nil {
		return "an object was thrown"
	}
	return reason
}

func (w *worker) haltFailure(why halt) (library.Failure, string) {
	timeout := library.Failure{Type: typeTimeout, Message: messageTimeout}
	switch why {
	case haltTimeout:
		return timeout, fmt.Sprintf("the code ran for more than %v", w.engine.timeout)
	case haltContext:
		return timeout, "the request ended while the code ran"
	case haltMemory:
		return runtimeFailure(), reasonMemory(w.engine.maxGrowth)
	}
	return runtimeFailure(), errClosed.Error()
}

func reasonMemory(most int64) string {
	return fmt.Sprintf("the code took more than %d MB of memory", most>>20)
}

func orEmpty(object rawJSON) rawJSON {
	if len(object) == 0 || string(object) == "null" {
		return rawJSON("{}")
	}
	return object
}
