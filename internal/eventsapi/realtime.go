package eventsapi

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/google/uuid"

	"github.com/tidewire/tidewire/internal/appsynchttp"
	"github.com/tidewire/tidewire/internal/appsyncsocket"
	"github.com/tidewire/tidewire/internal/fault"
	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/wire"
)

// Realtime answers an upgrade request for /event/realtime; w must allow
// hijacking. After the 101 the socket has its own goroutine and Realtime
// returns. Whether the request's origin may be answered at all has been decided
// before.
func (a *API) Realtime(w http.ResponseWriter, r *http.Request, in Request) {
	a.sockets.Serve(w, r, appsyncsocket.Request{
		Peer: in.Peer, ForwardedFor: in.ForwardedFor, Secure: in.Secure, Base: in.Base, Domain: in.Domain, ID: uuid.NewString(),
	})
}

// connect decides who may open a socket.
func (a *API) connect(ctx context.Context, r *identity.Request) (*identity.Caller, *fault.Error) {
	r.Event = identity.EventConnect
	caller, f := a.o.Admit(ctx, r)
	if f == nil {
		f = a.o.Authorize(caller, identity.EventConnect, "")
	}
	if f != nil {
		return nil, f
	}
	return caller, nil
}

// message answers a message of a socket, in the goroutine that reads it.
func (a *API) message(s *appsyncsocket.Socket, f *wire.Frame) {
	switch f.Type {
	case wire.Subscribe:
		a.subscribe(s, f)
	case wire.Publish:
		a.publish(s, f)
	case wire.Unsubscribe:
		a.unsubscribe(s, f)
	default:
		s.Unsupported(f.Type)
	}
}

// fail answers a message that was refused before it became an operation.
func (a *API) fail(s *appsyncsocket.Socket, kind, id string, p wire.Problem) {
	if len(id) > maxID { // which is not repeated
		kind, id = wire.Error, ""
	}
	s.Fail(kind, id, p)
}

const maxID = 128

// begin checks id and channel and begins an operation. nil: it has been
// answered.
func (a *API) begin(s *appsyncsocket.Socket, f *wire.Frame, failed string) (*appsyncsocket.Operation, *operation) {
	o := &operation{api: a, kind: identity.EventPublish, id: uuid.NewString(), domain: appsynchttp.Domain(s.Domain())}
	if f.Type == wire.Subscribe {
		o.kind = identity.EventSubscribe
	}
	if !validID(f.ID) {
		if f.ID == "" {
			failed = wire.Error
		}
		a.fail(s, failed, f.ID, wire.Problem{Type: badRequest.Code, Message: "Invalid operation id"})
		return nil, nil
	}
	var reason string
	if o.channel, reason = readChannel(f, f.Type == wire.Subscribe); reason != "" {
		a.fail(s, failed, f.ID, wire.Problem{Type: badRequest.Code, Message: "Invalid channel: " + reason + "."})
		return nil, nil
	}
	if o.ns = a.config.Load().namespaces[o.channel.namespace()]; o.ns == nil {
		a.refused(s, o, noNamespace.Because("there is no namespace %q", o.channel.namespace()))
		a.fail(s, failed, f.ID, problem(&noNamespace))
		return nil, nil
	}
	op, refused := s.Begin(f.ID, o.kind == identity.EventSubscribe)
	if refused != nil {
		a.fail(s, failed, f.ID, problem(refused))
		return nil, nil
	}
	return op, o
}

// validID is the documented form of ids: letters, digits, "-", "_" and "+".
func validID(id string) bool {
	for _, c := range []byte(id) {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (c < '0' || c > '9') && c != '-' && c != '_' && c != '+' {
			return false
		}
	}
	return id != "" && len(id) <= maxID
}

// refused logs a refusal.
func (a *API) refused(s *appsyncsocket.Socket, o *operation, f *fault.Error) {
	what := "publish refused"
	if o.kind == identity.EventSubscribe {
		what = "subscription refused"
	}
	a.o.Log.Warn(what, slog.String("api", a.config.Load().api.LogicalID), slog.String("requestId", o.id),
		slog.String("peer", s.Peer().String()), slog.String("channel", o.channel.path), slog.String("type", f.Code), slog.Any("cause", f.Cause))
}

// admit finds out who sent a message and whether that may be done.
func (o *operation) admit(ctx context.Context, s *appsyncsocket.Socket, f *wire.Frame) *fault.Error {
	bodies := f.SignedBodies() // the channel is a string: there are one or two
	c := appsyncsocket.Credential{Object: f.Authorization, Body: bodies[0]}
	if len(bodies) > 1 {
		c.OtherBody = bodies[1]
	}
	var refused *fault.Error
	o.caller, refused = s.Admit(ctx, c, func(ctx context.Context, r *identity.Request) (*identity.Caller, *fault.Error) {
		r.RequestID, r.Event, r.Namespace, r.Channel = o.id, o.kind, o.channel.namespace(), o.channel.path
		o.headers = appsynchttp.RequestHeaders(r.Header, r.Signed.Host)
		return o.api.o.Admit(ctx, r)
	})
	if refused != nil {
		return refused
	}
	return o.authorize()
}

// subscribe begins a subscription.
func (a *API) subscribe(s *appsyncsocket.Socket, f *wire.Frame) {
	op, o := a.begin(s, f, wire.SubscribeError)
	if op == nil {
		return
	}
	op.Go(func(ctx context.Context) {
		refused := o.admit(ctx, s, f)
		if refused == nil {
			refused = o.onSubscribe(ctx)
		}
		if refused == nil {
			o.open(op)
			return
		}
		a.refused(s, o, refused)
		op.Finish(wire.AppendEventsError(nil, wire.SubscribeError, op.ID(), problem(refused)))
	})
}

var errEnded = errors.New("the subscription ended before it began")

// open makes the subscription active and then says so: nothing is missed after
// the success, and nothing comes before it.
func (o *operation) open(op *appsyncsocket.Operation) {
	s := &sub{ID: op.ID(), To: op}
	op.Data = s
	_ = o.api.topics.AddThen(o.channel.topic(), s, func() error { // its error is ours: there is nobody left to tell
		if !op.Ack(wire.AppendReply(nil, wire.SubscribeSuccess, op.ID())) {
			return errEnded
		}
		return nil
	})
}

// ended is told of subscriptions that were active.
func (a *API) ended(op *appsyncsocket.Operation) {
	if s, ok := op.Data.(*sub); ok {
		a.topics.Remove(s)
	}
}

// unsubscribe ends a subscription, also one that is not active yet, but no
// publish.
func (a *API) unsubscribe(s *appsyncsocket.Socket, f *wire.Frame) {
	if f.ID != "" && s.Stop(f.ID, wire.AppendReply(nil, wire.UnsubscribeSuccess, f.ID)) {
		return
	}
	kind := wire.UnsubscribeError
	if f.ID == "" {
		kind = wire.Error
	}
	id := f.ID
	if len(id) > maxID {
		id = id[:maxID] + "…"
	}
	a.fail(s, kind, f.ID, wire.Problem{Type: "UnknownOperationError", Message: "Unknown operation id " + id})
}

// publish publishes what a message of a socket holds. Handlers of one socket's
// publishes run at the same time; their events go out in the order of the
// messages.
func (a *API) publish(s *appsyncsocket.Socket, f *wire.Frame) {
	op, o := a.begin(s, f, wire.PublishError)
	if op == nil {
		return
	}
	place := a.lines.join(s)
	o.await = place.wait
	op.Go(func(ctx context.Context) {
		defer place.leave()
		answer, refused := o.publishFrame(ctx, s, f, op.ID())
		if refused != nil {
			a.refused(s, o, refused)
			answer = wire.AppendEventsError(nil, wire.PublishError, op.ID(), problem(refused))
		}
		op.Finish(answer)
	})
}

// publishFrame gives the answer to a publish that was carried out.
func (o *operation) publishFrame(ctx context.Context, s *appsyncsocket.Socket, f *wire.Frame, id string) ([]byte, *fault.Error) {
	if refused := o.admit(ctx, s, f); refused != nil {
		return nil, refused
	}
	var reason string
	if o.events, reason = parseEvents(f.Events, o.api.o.Limits.Event); reason != "" {
		e := fault.Error{Code: invalidInput, Status: http.StatusBadRequest, Message: reason}
		return nil, e.Because("the events of the message")
	}
	r, refused := o.publish(ctx)
	if refused != nil {
		return nil, refused
	}
	success := wire.Frame{Type: wire.PublishSuccess, ID: id, Successful: wire.AppendOutcomes(nil, r.successful), Failed: wire.AppendOutcomes(nil, r.failed)}
	return success.Append(nil), nil
}
