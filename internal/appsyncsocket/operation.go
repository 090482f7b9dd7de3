package appsyncsocket

import (
	"context"
	"fmt"
	"sync"

	"github.com/tidewire/tidewire/internal/conn"
	"github.com/tidewire/tidewire/internal/fault"
	"github.com/tidewire/tidewire/internal/wire"
)

func tooMany(most int) *fault.Error {
	e := fault.Error{Code: "MaxSubscriptionsReachedError", Status: 400, Message: fmt.Sprintf("Max number of %d subscriptions reached", most)}
	return e.Because("the socket has so many")
}

// Operation is an id in use on a socket: a subscription that is being started
// or is active, or a publish.
type Operation struct {
	// Data is the runtime's; it sets it before Ack.
	Data any

	// immutable
	socket  *Socket
	id      string
	counted bool

	mu     sync.Mutex // guards what follows, and the order of what is sent
	state  state
	cancel context.CancelFunc // of the work under way; nil: none
	head   []byte             // of data messages; set by Ack
}

type state uint8

const (
	begun state = iota
	active
	over
)

// ID is the client's id of the operation.
func (op *Operation) ID() string { return op.id }

// Socket is whose operation it is.
func (op *Operation) Socket() *Socket { return op.socket }

// Go runs work in a goroutine of its own. If Limits.InFlight operations of the
// socket are under way already, it waits for one of them first. ctx ends with
// the operation, with the server, and after Limits.Operation. It is called in
// Options.Message.
func (op *Operation) Go(work func(ctx context.Context)) {
	k := op.socket
	for wait := k.enter(); wait != nil; wait = k.enter() {
		<-wait
	}
	ctx, cancel := context.WithTimeout(k.server.ctx, k.server.o.Limits.Operation)
	op.mu.Lock()
	op.cancel = cancel
	if op.state == over {
		cancel()
	}
	op.mu.Unlock()
	k.workers.Go(func() {
		defer k.leave()
		defer op.worked()
		work(ctx)
	})
}

// worked lets go of the context.
func (op *Operation) worked() {
	op.mu.Lock()
	cancel := op.cancel
	op.cancel = nil
	op.mu.Unlock()
	cancel()
}

// enter counts an operation in, or says what to wait for.
func (k *Socket) enter() (wait chan struct{}) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.running < k.server.o.Limits.InFlight {
		k.running++
		return nil
	}
	if k.room == nil {
		k.room = make(chan struct{})
	}
	return k.room
}

// leave makes room for the next.
func (k *Socket) leave() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.running--
	if k.room != nil {
		close(k.room)
		k.room = nil
	}
}

// Ack answers that the operation is active: Fan delivers from now on. It gives
// false, and sends nothing, if it has ended meanwhile; Options.Ended is not told
// then.
func (op *Operation) Ack(frame []byte) bool {
	op.mu.Lock()
	defer op.mu.Unlock()
	if op.state != begun {
		return false
	}
	op.state = active
	op.head = wire.DataHead(op.id, op.socket.server.o.Protocol.member())
	op.socket.Send(frame)
	return true
}

// Fan sends a data message for each of bodies, which are JSON: payloads, or
// strings of the Event API. They are copied, and left to the socket's writer. The
// error is conn's; it is nil too, and nothing is sent, if the operation is not
// active.
func (op *Operation) Fan(bodies [][]byte) error { return op.fan(bodies, (*conn.Conn).Fan) }

// FanNow is Fan, but what is sent is written at once if the socket takes it:
// better for an event now and then, and worse for many.
func (op *Operation) FanNow(bodies [][]byte) error { return op.fan(bodies, (*conn.Conn).FanNow) }

func (op *Operation) fan(bodies [][]byte, send func(c *conn.Conn, head []byte, bodies [][]byte, tail []byte) (int, error)) error {
	op.mu.Lock()
	defer op.mu.Unlock()
	if op.state != active {
		return nil
	}
	_, err := send(op.socket.conn, op.head, bodies, op.socket.server.tail)
	return op.socket.sent(err)
}

// Finish ends the operation with an answer; its id is free again. It gives
// false, and sends nothing, if it had ended before.
func (op *Operation) Finish(frame []byte) bool {
	op.socket.forget(op)
	return op.end(frame)
}

// end ends the operation, once. A nil frame is not sent.
func (op *Operation) end(frame []byte) bool {
	op.mu.Lock()
	was := op.state
	op.state = over
	if op.cancel != nil {
		op.cancel()
	}
	if was != over && frame != nil {
		op.socket.Send(frame)
	}
	op.mu.Unlock()
	if was == active {
		op.socket.server.o.Ended(op)
	}
	return was != over
}
