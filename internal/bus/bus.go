// Package bus carries events from the node where they are published to every
// node that listens, this one included. The bus here joins the parts of one
// process:
//
//	b := bus.New()
//	defer b.Close()
//	stop, err := b.Receive(apiID, func(e *bus.Event) { … })
//	err = b.Publish(ctx, &bus.Event{Scope: apiID, Topic: "onPost", Body: body})
//
// # What is promised
//
// A receiver gets every event of its scope that is published after Receive has
// returned and before stop is called, once each, and events of one publisher in
// the order of its calls. An event belongs to the receiver that got it: nobody
// else sees or changes it, and it may be kept. Publish delivers in the
// caller's goroutine and returns when all receivers have returned: there is no
// queue that could fill, and a slow receiver slows the publisher.
//
// # Concurrency
//
// All methods may be called from any goroutine. Receivers are called by
// several publishers at the same time; they may publish, and may not call
// their own stop or Close. No lock is held while a receiver runs, and there is
// no goroutine.
//
// internal/bus/bustest holds these promises as tests, for every implementation.
package bus

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/tidewire/tidewire/internal/gate"
)

// ErrClosed is what Publish and Receive say after Close.
var ErrClosed = errors.New("bus: closed")

// Event is what happened, in the form of whoever published it.
type Event struct {
	Scope string // whose receivers get it: the id of an API
	Topic string
	Body  []byte // opaque
}

// Bus joins publishers and receivers of one process. Use [New].
type Bus struct {
	gate gate.Gate // open while Close has not been called

	mu        sync.RWMutex
	receivers map[string][]*receiver // by scope; the slices do not change
}

type receiver struct {
	gate gate.Gate
	f    func(*Event)
}

// New makes a bus.
func New() *Bus { return &Bus{receivers: make(map[string][]*receiver)} }

// Publish gives a copy of e to every receiver of its scope, one after the
// other, and returns when all have returned. That there is none is no error.
// e may be used again. Errors: ErrClosed, and ctx's if it has ended before.
func (b *Bus) Publish(ctx context.Context, e *Event) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !b.gate.Enter() {
		return ErrClosed
	}
	defer b.gate.Leave()
	b.mu.RLock()
	receivers := b.receivers[e.Scope]
	b.mu.RUnlock()
	for _, r := range receivers {
		r.give(e)
	}
	return nil
}

func (r *receiver) give(e *Event) {
	if !r.gate.Enter() {
		return
	}
	defer r.gate.Leave()
	r.f(&Event{Scope: e.Scope, Topic: e.Topic, Body: bytes.Clone(e.Body)})
}

// Receive has f called with every event of scope until stop is called, which
// waits for the calls under way. Error: ErrClosed.
func (b *Bus) Receive(scope string, f func(*Event)) (stop func(), err error) {
	r := &receiver{f: f}
	if !b.gate.Enter() {
		return nil, ErrClosed
	}
	defer b.gate.Leave()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.receivers[scope] = append(slices.Clone(b.receivers[scope]), r)
	return func() { b.remove(scope, r) }, nil
}

func (b *Bus) remove(scope string, r *receiver) {
	b.mu.Lock()
	left := slices.DeleteFunc(slices.Clone(b.receivers[scope]), func(o *receiver) bool { return o == r })
	if b.receivers[scope] = left; len(left) == 0 {
		delete(b.receivers, scope)
	}
	b.mu.Unlock()
	<-r.gate.Shut()
}

// Close refuses what is published from now on and waits for the events under
// way. It may be called more than once, and is always nil.
func (b *Bus) Close() error {
	<-b.gate.Shut()
	return nil
}
