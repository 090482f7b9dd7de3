package gate_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/tidewire/tidewire/internal/gate"
)

// is says whether nobody is inside.
func is(empty <-chan struct{}) bool {
	select {
	case <-empty:
		return true
	default:
		return false
	}
}

func TestGate(t *testing.T) {
	t.Parallel()
	var g gate.Gate
	for range 2 {
		if !g.Enter() {
			t.Fatal("an open gate lets nobody in")
		}
	}
	g.Leave()
	empty := g.Shut()
	if is(empty) || is(g.Shut()) {
		t.Error("empty with somebody inside")
	}
	if g.Enter() {
		t.Error("a shut gate lets in")
	}
	g.Leave()
	if !is(empty) || !is(g.Shut()) {
		t.Error("not empty when all have left")
	}
	if g.Enter() {
		t.Error("an empty gate lets in")
	}
}

func TestShutWithNobodyInside(t *testing.T) {
	t.Parallel()
	var g gate.Gate
	if g.Enter() {
		g.Leave()
	}
	if !is(g.Shut()) {
		t.Error("somebody is inside")
	}
}

// TestAtOnce: when the gate is empty nobody is inside, and everybody who has been
// was known to the one who shut it.
func TestAtOnce(t *testing.T) {
	t.Parallel()
	const many = 4
	for range 200 {
		var g gate.Gate
		var inside atomic.Int64
		var known [many]atomic.Bool
		var entered [many]bool
		var all, shut sync.WaitGroup
		begin := make(chan struct{})
		for i := range many {
			all.Go(func() {
				<-begin
				known[i].Store(true)
				if entered[i] = g.Enter(); !entered[i] {
					return
				}
				inside.Add(1)
				inside.Add(-1)
				g.Leave()
			})
		}
		var found [many]bool
		shut.Go(func() {
			<-begin
			empty := g.Shut()
			for i := range many {
				found[i] = known[i].Load()
			}
			<-empty
			if n := inside.Load(); n != 0 {
				t.Errorf("%d inside an empty gate", n)
			}
		})
		close(begin)
		all.Wait()
		shut.Wait()
		for i := range many {
			if entered[i] && !found[i] {
				t.Errorf("%d was let in, and not known", i)
			}
		}
	}
}
