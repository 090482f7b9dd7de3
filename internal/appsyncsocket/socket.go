package appsyncsocket

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tidewire/tidewire/internal/conn"
	"github.com/tidewire/tidewire/internal/fault"
	"github.com/tidewire/tidewire/internal/wire"
)

// Socket is one client that may go on.
type Socket struct {
	// immutable
	server  *Server
	conn    *conn.Conn
	place   *place
	peer    netip.Addr
	forward []string
	born    time.Duration // since the server's birth

	acked atomic.Bool
	slow  atomic.Bool // it is being closed for that

	workers sync.WaitGroup // operations under way; Add by the reader

	mu      sync.Mutex // guards what follows
	ops     []*Operation
	counted int           // subscriptions among them
	running int           // operations under way
	room    chan struct{} // closed when the reader may go on; nil if it does not wait
	ended   bool

	// guarded by server.beat's mu
	slot, seat int
	gone       bool
}

// place is where a socket came in: the same for nearly all, and shared.
type place struct {
	secure       bool
	base, domain string
}

// Peer is who calls.
func (k *Socket) Peer() netip.Addr { return k.peer }

// Domain is the custom domain that the socket came to; empty: the API's own
// host.
func (k *Socket) Domain() string { return k.place.domain }

// Send sends a text of any kind. One that does not fit the queue closes the
// socket.
func (k *Socket) Send(text []byte) { _ = k.sent(k.conn.Send(text)) }

// sent closes a socket whose queue was full.
func (k *Socket) sent(err error) error {
	if errors.Is(err, conn.ErrFull) && !k.slow.Swap(true) {
		k.server.stats.add(SlowConsumer)
		k.server.o.Log.Warn("socket closed", slog.String("cause", "it does not read fast enough"), slog.String("peer", k.peer.String()))
		k.conn.Close(closePolicy, reasonSlow)
	}
	return err
}

// Fail sends an error about an operation or, if id is empty, about the socket.
// kind is error, publish_error and the like. An id that is longer than ids may
// be is not repeated.
func (k *Socket) Fail(kind, id string, list ...wire.Problem) {
	if len(id) > maxID {
		id = ""
	}
	k.Send(k.server.o.Protocol.appendError(nil, kind, id, list...))
}

// Unsupported answers a message that is not the protocol's, in AppSync's words,
// and counts it. GraphQL's answer has an empty id.
func (k *Socket) Unsupported(what string) {
	k.server.stats.add(Unreadable)
	if k.server.o.Protocol == Events {
		k.Fail(wire.Error, "", wire.Problem{Type: "UnsupportedOperation", Message: "Operation not supported through the realtime channel"})
		return
	}
	if what == "" {
		what = "unknown"
	}
	f := wire.Frame{Type: wire.Error, EmptyID: true, Payload: wire.ErrorPayload(wire.AppendProblems(nil,
		wire.Problem{Type: "UnsupportedOperation", Message: what + " not supported through the realtime channel"}))}
	k.Send(f.Append(nil))
}

// acknowledge answers connection_init.
func (k *Socket) acknowledge() {
	k.Send(k.server.ack)
	k.acked.Store(true)
	k.Send(k.server.ka)
	k.server.beat.again(k)
}

// beat is the socket's turn.
func (k *Socket) beat() {
	switch {
	case !k.acked.Load():
		k.server.stats.add(NoInit)
		k.conn.Close(closePolicy, reasonNoInit)
	case time.Since(k.server.born)-k.born >= k.server.o.Limits.Life:
		k.server.stats.add(TooOld)
		k.conn.Close(closeComeOn, reasonOld)
	default:
		k.Send(k.server.ka)
	}
}

// run is the socket's goroutine. Server.Shutdown waits for it. Its frame is
// small: it stays for the socket's life.
func (k *Socket) run() {
	defer k.server.work.Leave()
	k.end(k.conn.Serve())
}

// end ends what the socket had.
func (k *Socket) end(closed conn.Closed) {
	k.server.beat.remove(k)
	k.mu.Lock()
	k.ended = true
	ops := k.ops
	k.ops, k.counted = nil, 0
	k.mu.Unlock()
	for _, op := range ops {
		op.end(nil)
	}
	k.workers.Wait()
	level := slog.LevelDebug
	if closed.Why == conn.WhySlowConsumer {
		level = slog.LevelWarn
	}
	k.server.o.Log.Log(context.Background(), level, "socket ended", slog.String("peer", k.peer.String()), slog.Int("code", closed.Code), slog.String("why", closed.Why.String()))
}

// Refusals of operations.
var (
	// errBadID is AppSync's answer to an id that it cannot use; its words are not
	// known.
	errBadID      = fault.Error{Code: "BadRequestException", Status: 400, Message: "The id of the operation is missing or not valid."}
	errDuplicated = fault.Error{Code: "DuplicatedOperationError", Status: 400, Message: "Duplicated operation id"}
	errEnded      = fault.Error{Code: "ConnectionClosed", Status: 400, Message: "The connection is closed."}
)

// Begin takes an id for an operation; subscription says whether it counts as
// one. The refusal is DuplicatedOperationError, MaxSubscriptionsReachedError or
// that the id is not valid.
func (k *Socket) Begin(id string, subscription bool) (*Operation, *fault.Error) {
	if !validID(id) {
		k.server.stats.add(Unreadable)
		return nil, errBadID.Because("an id of %d bytes", len(id))
	}
	op := &Operation{socket: k, id: id, counted: subscription}
	k.mu.Lock()
	defer k.mu.Unlock()
	most := k.server.o.Limits.Subscriptions
	switch {
	case k.ended:
		return nil, errEnded.Because("the socket has ended")
	case k.find(id) >= 0:
		k.server.stats.add(Duplicated)
		return nil, errDuplicated.Because("the id is in use")
	case subscription && k.counted >= most:
		k.server.stats.add(TooMany)
		return nil, tooMany(most)
	}
	if subscription {
		k.counted++
	}
	k.ops = append(k.ops, op)
	return op, nil
}

// find is where an id is in ops; -1 if it is not. mu is held.
func (k *Socket) find(id string) int {
	return slices.IndexFunc(k.ops, func(op *Operation) bool { return op.id == id })
}

// forget makes the id of op free again.
func (k *Socket) forget(op *Operation) {
	k.mu.Lock()
	defer k.mu.Unlock()
	i := slices.Index(k.ops, op)
	if i < 0 {
		return
	}
	last := len(k.ops) - 1
	k.ops[i], k.ops[last] = k.ops[last], nil
	k.ops = k.ops[:last]
	if op.counted {
		k.counted--
	}
}

// Stop ends the subscription of an id and answers with frame. It gives false,
// and sends nothing, if there is none: other operations end by themselves.
func (k *Socket) Stop(id string, frame []byte) bool {
	k.mu.Lock()
	i := k.find(id)
	var op *Operation
	if i >= 0 && k.ops[i].counted {
		op = k.ops[i]
	}
	k.mu.Unlock()
	return op != nil && op.Finish(frame)
}

const maxID = 128 // bytes

// validID is what both protocols take: 1 to 128 printable characters of ASCII.
// The Event API documents fewer; GraphQL's clients use numbers and UUIDs.
func validID(id string) bool {
	for _, c := range []byte(id) {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return len(id) > 0 && len(id) <= maxID
}
