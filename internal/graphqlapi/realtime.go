package graphqlapi

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/google/uuid"

	"github.com/tidewire/tidewire/internal/appsyncsocket"
	"github.com/tidewire/tidewire/internal/bus"
	"github.com/tidewire/tidewire/internal/fault"
	"github.com/tidewire/tidewire/internal/hub"
	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/wire"
)

// maxPayload is AppSync's quota of a payload of a subscription, in bytes.
// Larger ones are dropped without a word to the subscriber.
const maxPayload = 240 << 10

// realtime is an API's subscriptions.
type realtime struct {
	api     *API
	sockets *appsyncsocket.Server
	events  *hub.Topics[*subscription, view, json.RawMessage] // what mutations answered
	endings *hub.Topics[*subscription, view, json.RawMessage] // what invalidates
	own     *bus.Bus                                          // nil: the bus is somebody else's
	held    heldPlans
	stats   realtimeStats
}

// newRealtime makes the subscriptions of an API, and a bus if it has none.
func newRealtime(a *API) (*realtime, error) {
	rt := &realtime{api: a, held: heldPlans{most: a.o.Limits.HeldBytes, uses: make(map[*plan]int)}}
	publish, receive := a.o.Publish, a.o.Receive
	if publish == nil || receive == nil {
		rt.own = bus.New()
		publish, receive = rt.own.Publish, rt.own.Receive
	}
	known := a.o.KnownHost
	if known == nil {
		known = func(string) bool { return false }
	}
	var err error
	rt.sockets, err = appsyncsocket.New(appsyncsocket.Options{
		Protocol: appsyncsocket.GraphQL, Connect: rt.connect, KnownHost: known, Message: rt.message, Ended: rt.ended,
		Limits: a.o.SocketLimits, Log: a.o.Log, Now: a.o.Now, Sockets: a.o.Sockets,
	})
	if err != nil {
		return nil, err
	}
	o := hub.TopicsOptions[*subscription, view, json.RawMessage]{
		Scope: a.o.API.ID, Publish: publish, Receive: receive, Encode: encodeEvent, Decode: decodeEvent,
		Keys: rt.listeners, Field: eventField, Render: rt.render, Deliver: rt.deliver, Stats: a.o.Fanout,
	}
	if rt.events, err = hub.OpenTopics(o); err != nil {
		return nil, err
	}
	o.Scope, o.Keys = o.Scope+"/invalidations", nil
	o.Render, o.Deliver, o.Stats = renderEnding, rt.invalidated, nil
	if rt.endings, err = hub.OpenTopics(o); err != nil {
		rt.events.Close()
		return nil, err
	}
	return rt, nil
}

// close ends the fan-out, when no socket is left.
func (rt *realtime) close() {
	rt.events.Close()
	rt.endings.Close()
	if rt.own != nil {
		_ = rt.own.Close() // always nil
	}
}

// Realtime answers an upgrade request for the API's WebSocket. After the 101 the
// socket has a goroutine of its own, for which Shutdown waits. Whether the
// request's origin may be answered at all has been decided before.
func (a *API) Realtime(w http.ResponseWriter, r *http.Request, in Request) {
	a.realtime.sockets.Serve(w, r, appsyncsocket.Request{
		Peer: in.Peer, ForwardedFor: in.ForwardedFor, Secure: in.Secure, Base: in.Base, Domain: in.Domain, ID: uuid.NewString(),
	})
}

// Sockets counts what happens to sockets, and how many there are.
func (a *API) Sockets() *appsyncsocket.Server { return a.realtime.sockets }

// Subscriptions is how many there are.
func (a *API) Subscriptions() int { return a.realtime.events.Len() }

// connect decides who may open a socket. A Lambda authorizer is told the
// operation that AppSync names at connect.
func (rt *realtime) connect(ctx context.Context, r *identity.Request) (*identity.Caller, *fault.Error) {
	r.OperationName = "Deepdish:Connect"
	return rt.api.o.Admit(ctx, r)
}

// message takes one message of a socket.
func (rt *realtime) message(s *appsyncsocket.Socket, f *wire.Frame) {
	switch f.Type {
	case wire.Start:
		rt.start(s, f)
	case wire.Stop:
		rt.stop(s, f.ID)
	default:
		s.Unsupported("")
	}
}

// stop ends a subscription. AppSync's answer for an id that is none is not
// known; clients wait for complete.
func (rt *realtime) stop(s *appsyncsocket.Socket, id string) {
	if id == "" {
		s.Unsupported("")
		return
	}
	frame := wire.AppendReply(nil, wire.Complete, id)
	if !s.Stop(id, frame) {
		rt.stats.add(UnknownStop)
		s.Send(frame)
	}
}

// listeners are the subscription fields that a mutation triggers.
func (rt *realtime) listeners(keys []string, mutation string) []string {
	return append(keys, rt.api.config.Load().listeners[mutation]...)
}

// publish gives what a mutation answered to whoever subscribed to it.
func (rt *realtime) publish(ctx context.Context, mutation string, value json.RawMessage) {
	if err := rt.events.Publish(context.WithoutCancel(ctx), mutation, value); err != nil {
		rt.stats.add(Unpublished)
		rt.api.o.Log.Error("the result of a mutation was not published", slog.String("api", rt.api.o.API.LogicalID), slog.String("mutation", mutation), slog.Any("cause", err))
	}
}

// invalidate ends the subscriptions that a mutation asked to end.
func (rt *realtime) invalidate(ctx context.Context, requests []json.RawMessage) {
	for _, r := range requests {
		field, payload := member(trim(r), "subscriptionField"), member(trim(r), "payload")
		if field == nil || field[0] != '"' || isNull(payload) || payload[0] != '{' {
			rt.api.o.Log.Warn("invalidateSubscriptions was not understood: it takes {subscriptionField, payload}", slog.String("api", rt.api.o.API.LogicalID))
			continue
		}
		if err := rt.endings.Publish(context.WithoutCancel(ctx), unquote(field), payload); err != nil {
			rt.api.o.Log.Error("subscriptions were not invalidated", slog.String("api", rt.api.o.API.LogicalID), slog.Any("cause", err))
		}
	}
}

func encodeEvent(body []byte, e json.RawMessage) []byte { return append(body, e...) }

// decodeEvent looks whether the text is JSON: it may come from another node.
func decodeEvent(body []byte) (json.RawMessage, error) {
	if !json.Valid(body) {
		return nil, fmt.Errorf("an event of %d bytes is not JSON", len(body))
	}
	return bytes.TrimSpace(body), nil
}

// eventField reads a field for filters, at a path with dots.
func eventField(e json.RawMessage, path string) (hub.Value, bool) {
	raw := []byte(e)
	for name := range strings.SplitSeq(path, ".") {
		if raw = member(raw, name); raw == nil {
			return hub.Value{}, false
		}
	}
	return hub.ParseValue(raw)
}

// deliver hands events to a socket.
func (rt *realtime) deliver(s *hub.Sub[*subscription, view], rendered [][]byte) error {
	if rt.events.Calm() {
		return s.To.op.FanNow(rendered)
	}
	return s.To.op.Fan(rendered)
}

// renderEnding gives something, so that invalidated is called.
func renderEnding(view, json.RawMessage) []byte { return []byte{} }

// invalidated ends a subscription whose invalidation filter has matched.
func (rt *realtime) invalidated(s *hub.Sub[*subscription, view], _ [][]byte) error {
	if op := s.To.op; op.Finish(wire.AppendReply(nil, wire.Complete, op.ID())) {
		rt.stats.add(Invalidated)
	}
	return nil
}
