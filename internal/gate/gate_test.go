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
	if !g.Enter() || !g.Enter() {
		t.Fatal("an open gate lets nobody in")
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

// TestAtOnce: when the gate is empty nobody is inside, whatever went on while it
// was shut, and who made itself known first is found by who shuts.
func TestAtOnce(t *testing.T) {
	t.Parallel()
	for range 100 {
		var g gate.Gate
		var inside, known atomic.Int64
		var all sync.WaitGroup
		begin := make(chan struct{})
		for range 4 {
			all.Go(func() {
				<-begin
				known.Add(1)
				if !g.Enter() {
					known.Add(-1)
					return
				}
				inside.Add(1)
				inside.Add(-1)
				g.Leave()
			})
		}
		for range 2 {
			all.Go(func() {
				<-begin
				<-g.Shut()
				if n := inside.Load(); n != 0 {
					t.Errorf("%d inside an empty gate", n)
				}
			})
		}
		close(begin)
		all.Wait()
	}
}
