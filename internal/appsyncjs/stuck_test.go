package appsyncjs

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// stuckClock is a clock on which code gets stuck as in a function of the runtime
// that never looks up, until free is closed.
func stuckClock() (now func() time.Time, armed, free chan struct{}) {
	armed, free = make(chan struct{}), make(chan struct{})
	return func() time.Time {
		select {
		case <-armed:
			<-free
		default:
		}
		return time.Unix(0, 0)
	}, armed, free
}

const stuckCode = "import { util } from '@aws-appsync/utils'; export function request() { return util.time.nowEpochSeconds() } export function response() { return 1 }"

// TestStuck: a call that cannot be ended is given up, and when every runtime is
// lost calls fail at once, until one comes back.
func TestStuck(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		now, armed, free := stuckClock()
		e, err := New(Options{Now: now, Runtimes: 2, Timeout: 2 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		m := load(t, e, stuckCode)
		close(armed)
		for i := range 2 {
			begun := time.Now()
			out := m.Call(t.Context(), "request", &Call{Stash: rawJSON(`{"a":1}`), HeaderBytes: 3})
			if out.Failure == nil || out.Failure.Type != "ExecutionTimeout" || !strings.Contains(out.Reason, "lost") || string(out.Stash) != `{"a":1}` || out.HeaderBytes != 3 {
				t.Errorf("%+v", out)
			}
			if took := time.Since(begun); took < 3*time.Second || took > 3200*time.Millisecond {
				t.Errorf("it took %v", took)
			}
			if e.Stuck() != i+1 {
				t.Error(e.Stuck())
			}
		}
		out := m.Call(t.Context(), "response", &Call{})
		if out.Failure == nil || !strings.Contains(out.Reason, errStuck.Error()) {
			t.Errorf("with no runtime: %+v", out)
		}
		close(free)
		synctest.Wait()
		if out := m.Call(t.Context(), "response", &Call{}); out.Failure != nil || e.Stuck() != 0 {
			t.Errorf("afterwards: %+v, %d are stuck", out, e.Stuck())
		}
		e.Close()
	})
}

// TestStuckWaiters: who waits for a runtime learns that none will come.
func TestStuckWaiters(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		now, armed, free := stuckClock()
		e, err := New(Options{Now: now, Runtimes: 1})
		if err != nil {
			t.Fatal(err)
		}
		m := load(t, e, stuckCode)
		close(armed)
		ctx, cancel := context.WithCancel(t.Context())
		outcomes := make(chan *Outcome)
		go func() { outcomes <- m.Call(ctx, "request", &Call{}) }()
		synctest.Wait()
		go func() { outcomes <- m.Call(t.Context(), "response", &Call{}) }()
		synctest.Wait()
		cancel()
		if first, second := <-outcomes, <-outcomes; first.Failure == nil || second.Failure == nil || first.Reason == second.Reason {
			t.Errorf("%+v\n%+v", first, second)
		}
		close(free)
		synctest.Wait()
		e.Close()
	})
}

// TestCloseGivesUp: closing does not wait for what cannot be ended.
func TestCloseGivesUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		now, armed, free := stuckClock()
		e, err := New(Options{Now: now})
		if err != nil {
			t.Fatal(err)
		}
		m := load(t, e, stuckCode)
		close(armed)
		ended := make(chan *Outcome)
		go func() { ended <- m.Call(t.Context(), "request", &Call{}) }()
		synctest.Wait()
		begun := time.Now()
		go e.Close()
		if out := <-ended; out.Failure == nil {
			t.Errorf("%+v", out)
		}
		synctest.Wait()
		if took := time.Since(begun); took > 1200*time.Millisecond || e.Stuck() != 1 {
			t.Errorf("it took %v, %d are stuck", took, e.Stuck())
		}
		close(free)
		synctest.Wait()
		if e.Stuck() != 0 {
			t.Error("it is still counted")
		}
	})
}
