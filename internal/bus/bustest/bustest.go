// Package bustest is what every bus must do, as tests. An implementation runs
// them in its own tests:
//
//	func TestBus(t *testing.T) {
//		bustest.Run(t, func(t *testing.T, n int) []bustest.Node { … })
//	}
package bustest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidewire/tidewire/internal/bus"
)

// Node is one node's end of a bus: the methods of its implementation.
type Node struct {
	Publish func(context.Context, *bus.Event) error
	Receive func(scope string, f func(*bus.Event)) (stop func(), err error)
	Close   func() error // may be called more than once
}

// Open makes a bus with n ends. In one process all ends may be the same. The
// suite closes them.
type Open func(t *testing.T, n int) []Node

// patience bounds waiting for what should come; nothing waits for it to pass
// if the bus does what it should.
const patience = 20 * time.Second

// Run runs the suite.
func Run(t *testing.T, open Open) {
	for _, tt := range []struct {
		name  string
		nodes int
		test  func(*testing.T, []Node)
	}{
		{"EveryReceiver", 2, everyReceiver},
		{"Scopes", 2, scopes},
		{"Order", 2, order},
		{"Slow", 2, slow},
		{"NotShared", 2, notShared},
		{"Reuse", 1, reuse},
		{"Stop", 1, stops},
		{"StopWaits", 1, stopWaits},
		{"Closed", 1, closed},
		{"CloseWaits", 1, closeWaits},
		{"Ended", 1, ended},
		{"Nested", 1, nested},
		{"Large", 2, large},
		{"AtOnce", 2, atOnce},
	} {
		t.Run(tt.name, func(t *testing.T) {
			nodes := open(t, tt.nodes)
			t.Cleanup(func() {
				for _, n := range nodes {
					if err := n.Close(); err != nil {
						t.Errorf("Close: %v", err)
					}
				}
			})
			tt.test(t, nodes)
		})
	}
}

// inbox is a receiver that keeps everything.
type inbox struct {
	events chan bus.Event
	stop   func()
}

func listen(t *testing.T, n Node, scope string) *inbox {
	t.Helper()
	b := &inbox{events: make(chan bus.Event, 100_000)}
	stop, err := n.Receive(scope, func(e *bus.Event) { b.events <- *e })
	if err != nil {
		t.Fatalf("Receive(%q): %v", scope, err)
	}
	b.stop = stop
	return b
}

// take waits for n events.
func (b *inbox) take(t *testing.T, n int) []bus.Event {
	t.Helper()
	var all []bus.Event
	late := time.NewTimer(patience)
	defer late.Stop()
	for len(all) < n {
		select {
		case e := <-b.events:
			all = append(all, e)
		case <-late.C:
			t.Fatalf("%d events came, want %d", len(all), n)
		}
	}
	return all
}

// only says that nothing has come but the event that is published last.
func (b *inbox) only(t *testing.T, last Node, scope string) {
	t.Helper()
	publish(t, last, scope, "last", "")
	if got := b.take(t, 1)[0]; got.Topic != "last" {
		t.Errorf("an event %+v came too", got)
	}
}

func publish(t *testing.T, n Node, scope, topic, body string) {
	t.Helper()
	if err := n.Publish(t.Context(), &bus.Event{Scope: scope, Topic: topic, Body: []byte(body)}); err != nil {
		t.Fatalf("Publish: %v", err)
	}
}

func everyReceiver(t *testing.T, nodes []Node) {
	inboxes := []*inbox{listen(t, nodes[0], "api"), listen(t, nodes[0], "api"), listen(t, nodes[1], "api")}
	publish(t, nodes[0], "api", "topic", "first")
	publish(t, nodes[0], "api", "", "")
	want := []bus.Event{{Scope: "api", Topic: "topic", Body: []byte("first")}, {Scope: "api"}}
	empty := cmp.Transformer("text", func(b []byte) string { return string(b) })
	for i, b := range inboxes {
		if diff := cmp.Diff(want, b.take(t, 2), empty); diff != "" {
			t.Errorf("receiver %d (-want +got):\n%s", i, diff)
		}
	}
	publish(t, nodes[0], "api", "last", "")
	for i, b := range inboxes {
		if got := b.take(t, 1)[0]; got.Topic != "last" {
			t.Errorf("receiver %d got %+v too", i, got)
		}
	}
}

func scopes(t *testing.T, nodes []Node) {
	a, b := listen(t, nodes[0], "a"), listen(t, nodes[1], "a.b")
	publish(t, nodes[0], "a.b", "topic", "for b")
	publish(t, nodes[0], "nobody", "topic", "")
	publish(t, nodes[0], "*", "topic", "")
	publish(t, nodes[0], "a.>", "topic", "")
	a.only(t, nodes[0], "a")
	if got := b.take(t, 1)[0]; string(got.Body) != "for b" {
		t.Errorf("b got %+v", got)
	}
	b.only(t, nodes[0], "a.b")
}

// order: what one publisher publishes comes in its order, whatever others do.
func order(t *testing.T, nodes []Node) {
	const publishers, events = 4, 500
	inboxes := []*inbox{listen(t, nodes[0], "api"), listen(t, nodes[1], "api")}
	var wg sync.WaitGroup
	for p := range publishers {
		wg.Go(func() {
			for i := range events {
				publishOrSay(t, nodes[p%2], &bus.Event{Scope: "api", Topic: fmt.Sprint(p), Body: fmt.Append(nil, i)})
			}
		})
	}
	wg.Wait()
	for _, b := range inboxes {
		next := make(map[string]int)
		for _, e := range b.take(t, publishers*events) {
			if want := fmt.Sprint(next[e.Topic]); string(e.Body) != want {
				t.Fatalf("publisher %s: event %s came, want %s", e.Topic, e.Body, want)
			}
			next[e.Topic]++
		}
	}
}

func publishOrSay(t *testing.T, n Node, e *bus.Event) {
	if err := n.Publish(t.Context(), e); err != nil {
		t.Errorf("Publish: %v", err)
	}
}

// slow: a receiver that takes its time loses nothing, nor does another.
func slow(t *testing.T, nodes []Node) {
	const events = 2000
	block := make(chan struct{})
	got := make(chan string, events)
	_, err := nodes[0].Receive("api", func(e *bus.Event) {
		<-block
		got <- string(e.Body)
	})
	if err != nil {
		t.Fatal(err)
	}
	quick := listen(t, nodes[1], "api")
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := range events {
			publishOrSay(t, nodes[1], &bus.Event{Scope: "api", Body: fmt.Append(nil, i)})
		}
	})
	close(block)
	wg.Wait()
	quick.take(t, events)
	for i := range events {
		select {
		case body := <-got:
			if body != fmt.Sprint(i) {
				t.Fatalf("the slow receiver got %s, want %d", body, i)
			}
		case <-time.After(patience):
			t.Fatalf("the slow receiver got %d events, want %d", i, events)
		}
	}
}

// notShared: what a receiver does to its event, no other sees.
func notShared(t *testing.T, nodes []Node) {
	inboxes := make(chan string, 6)
	for i := range 3 {
		_, err := nodes[i%2].Receive("api", func(e *bus.Event) {
			inboxes <- e.Scope + "/" + e.Topic + "/" + string(e.Body)
			e.Scope, e.Topic = "spoilt", "spoilt"
			clear(e.Body)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	e := &bus.Event{Scope: "api", Topic: "topic", Body: []byte("body")}
	publishOrSay(t, nodes[0], e)
	for range 3 {
		select {
		case got := <-inboxes:
			if got != "api/topic/body" {
				t.Errorf("a receiver got %s", got)
			}
		case <-time.After(patience):
			t.Fatal("a receiver got nothing")
		}
	}
	if e.Scope != "api" || e.Topic != "topic" || string(e.Body) != "body" {
		t.Errorf("the publisher's event became %+v", e)
	}
}

// reuse: the publisher may use its event again, and receivers may keep theirs.
func reuse(t *testing.T, nodes []Node) {
	b := listen(t, nodes[0], "api")
	e := &bus.Event{Scope: "api", Body: make([]byte, 1)}
	for i := range 10 {
		e.Body[0] = byte('0' + i)
		publishOrSay(t, nodes[0], e)
	}
	for i, got := range b.take(t, 10) {
		if string(got.Body) != fmt.Sprint(i) {
			t.Errorf("event %d has become %s", i, got.Body)
		}
	}
}

func stops(t *testing.T, nodes []Node) {
	a, b := listen(t, nodes[0], "api"), listen(t, nodes[0], "api")
	publish(t, nodes[0], "api", "1", "")
	a.take(t, 1)
	a.stop()
	publish(t, nodes[0], "api", "2", "")
	b.take(t, 2)
	if n := len(a.events); n != 0 {
		t.Errorf("%d events came after stop", n)
	}
	a.stop() // twice is nothing
	b.stop()
	publish(t, nodes[0], "api", "nobody", "")
}

// held is a receiver that stays inside until it is let go.
func held(t *testing.T, n Node) (inside chan struct{}, let chan struct{}, stop func()) {
	t.Helper()
	inside, let = make(chan struct{}), make(chan struct{})
	stop, err := n.Receive("api", func(*bus.Event) {
		close(inside)
		<-let
	})
	if err != nil {
		t.Fatal(err)
	}
	return inside, let, stop
}

// waits says that end returns only after the receiver has been let go.
func waits(t *testing.T, n Node, inside, let chan struct{}, end func()) {
	t.Helper()
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { _ = n.Publish(context.Background(), &bus.Event{Scope: "api"}) })
	<-inside
	var released atomic.Bool
	wg.Go(func() {
		end()
		if !released.Load() {
			t.Error("returned while a receiver was at work")
		}
	})
	for range 10_000 { // a bus that does not wait is seen mostly
		runtime.Gosched()
	}
	released.Store(true)
	close(let)
}

func stopWaits(t *testing.T, nodes []Node) {
	inside, let, stop := held(t, nodes[0])
	waits(t, nodes[0], inside, let, stop)
}

func closeWaits(t *testing.T, nodes []Node) {
	inside, let, _ := held(t, nodes[0])
	waits(t, nodes[0], inside, let, func() { _ = nodes[0].Close() })
}

func closed(t *testing.T, nodes []Node) {
	b := listen(t, nodes[0], "api")
	if err := nodes[0].Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	if err := nodes[0].Publish(t.Context(), &bus.Event{Scope: "api"}); !errors.Is(err, bus.ErrClosed) {
		t.Errorf("Publish after Close: %v, want ErrClosed", err)
	}
	if _, err := nodes[0].Receive("api", func(*bus.Event) {}); !errors.Is(err, bus.ErrClosed) {
		t.Errorf("Receive after Close: %v, want ErrClosed", err)
	}
	if n := len(b.events); n != 0 {
		t.Errorf("%d events came", n)
	}
	b.stop() // after Close it is nothing
}

// ended: a context that has ended publishes nothing.
func ended(t *testing.T, nodes []Node) {
	b := listen(t, nodes[0], "api")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := nodes[0].Publish(ctx, &bus.Event{Scope: "api"}); !errors.Is(err, context.Canceled) {
		t.Errorf("Publish: %v, want context.Canceled", err)
	}
	b.only(t, nodes[0], "api")
}

// nested: a receiver may publish.
func nested(t *testing.T, nodes []Node) {
	b := listen(t, nodes[0], "second")
	_, err := nodes[0].Receive("first", func(e *bus.Event) {
		publishOrSay(t, nodes[0], &bus.Event{Scope: "second", Body: e.Body})
	})
	if err != nil {
		t.Fatal(err)
	}
	publish(t, nodes[0], "first", "", "through")
	if got := b.take(t, 1)[0]; string(got.Body) != "through" {
		t.Errorf("got %+v", got)
	}
}

// large: five events of AppSync's largest, as one.
func large(t *testing.T, nodes []Node) {
	b := listen(t, nodes[1], "api")
	body := make([]byte, 5*240<<10)
	for i := range body {
		body[i] = byte(i * 7)
	}
	publish(t, nodes[0], "api", "large", string(body))
	if got := b.take(t, 1)[0]; string(got.Body) != string(body) {
		t.Errorf("%d bytes came, not the %d that were sent", len(got.Body), len(body))
	}
}

// atOnce: receivers come and go while events are published; one that stays
// gets all of them once.
func atOnce(t *testing.T, nodes []Node) {
	const publishers, events = 4, 300
	stays := listen(t, nodes[1], "api")
	var wg sync.WaitGroup
	for p := range publishers {
		wg.Go(func() {
			for i := range events {
				publishOrSay(t, nodes[p%2], &bus.Event{Scope: "api", Body: fmt.Appendf(nil, "%d/%d", p, i)})
			}
		})
		wg.Go(func() {
			for range 50 {
				stop, err := nodes[p%2].Receive("api", func(*bus.Event) {})
				if err != nil {
					t.Errorf("Receive: %v", err)
					return
				}
				stop()
			}
		})
	}
	wg.Wait()
	seen := make(map[string]int)
	for _, e := range stays.take(t, publishers*events) {
		seen[string(e.Body)]++
	}
	if len(seen) != publishers*events {
		t.Errorf("%d different events came, want %d", len(seen), publishers*events)
	}
	stays.only(t, nodes[1], "api")
}
