package bus_test

import (
	"context"
	"testing"

	"go.uber.org/goleak"

	"github.com/tidewire/tidewire/internal/bus"
	"github.com/tidewire/tidewire/internal/bus/bustest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestInProcess(t *testing.T) {
	t.Parallel()
	bustest.Run(t, func(_ *testing.T, n int) []bustest.Node {
		b := bus.New()
		nodes := make([]bustest.Node, n)
		for i := range nodes {
			nodes[i] = bustest.Node{Publish: b.Publish, Receive: b.Receive, Close: b.Close}
		}
		return nodes
	})
}

// TestSynchronous: in one process, Publish returns when all have received.
func TestSynchronous(t *testing.T) {
	t.Parallel()
	b := bus.New()
	n := 0
	for range 3 {
		if _, err := b.Receive("api", func(*bus.Event) { n++ }); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 100 {
		if err := b.Publish(t.Context(), &bus.Event{Scope: "api"}); err != nil || n != 3*(i+1) {
			t.Fatalf("Publish %d: %v with %d receipts", i, err, n)
		}
	}
}

// TestPanic: a receiver that panics does not keep Close from returning.
func TestPanic(t *testing.T) {
	t.Parallel()
	b := bus.New()
	if _, err := b.Receive("api", func(*bus.Event) { panic("receiver") }); err != nil {
		t.Fatal(err)
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the publisher did not see the panic")
			}
		}()
		_ = b.Publish(context.Background(), &bus.Event{Scope: "api"})
	}()
	if err := b.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

func BenchmarkPublish(b *testing.B) {
	x := bus.New()
	if _, err := x.Receive("api", func(*bus.Event) {}); err != nil {
		b.Fatal(err)
	}
	e := &bus.Event{Scope: "api", Topic: "onPost", Body: make([]byte, 128)}
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		if err := x.Publish(ctx, e); err != nil {
			b.Fatal(err)
		}
	}
}
