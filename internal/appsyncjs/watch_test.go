package appsyncjs

import (
	"testing"
	"time"

	"github.com/dop251/goja"
)

// TestGarbageIsNoRoom: a call that begins while the heap is full of an earlier
// call's garbage may not take as much again once that is gone.
func TestGarbageIsNoRoom(t *testing.T) {
	t.Parallel()
	const mb = 1 << 20
	w := &worker{engine: &Engine{maxGrowth: 64 * mb, timeout: time.Hour}, vm: goja.New()}
	w.begin(t.Context())
	for _, seen := range []struct {
		heap, living int64
		hungry       bool
	}{{heap: 2000 * mb}, {heap: 2050 * mb}, {2070 * mb, 80 * mb, true}, {heap: 140 * mb}, {150 * mb, 150 * mb, true}} {
		if hungry := w.inspect(time.Now(), seen.heap); hungry != seen.hungry || w.halted != haltNone {
			t.Fatalf("with %d MB: hungry %v, halted %v", seen.heap/mb, hungry, w.halted)
		}
		if seen.hungry {
			w.judge(seen.living)
		}
	}
	if why, _ := w.end(); why != haltMemory {
		t.Error("70 MB more are not too much")
	}
}

// TestMuchIsCertain: what grows that fast is not looked at twice.
func TestMuchIsCertain(t *testing.T) {
	t.Parallel()
	w := &worker{engine: &Engine{maxGrowth: 100, timeout: time.Hour}, vm: goja.New()}
	w.begin(t.Context())
	w.inspect(time.Now(), 1000)
	hungry := w.inspect(time.Now(), 1301)
	if why, _ := w.end(); hungry || why != haltMemory {
		t.Error("three times the growth was not enough")
	}
}
