package graphqlapi

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"

	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tidewire/tidewire/internal/appsynchttp"
	"github.com/tidewire/tidewire/internal/appsyncsocket"
	"github.com/tidewire/tidewire/internal/fault"
	"github.com/tidewire/tidewire/internal/hub"
	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/wire"
)

// subscription is one that is active.
type subscription struct {
	op     *appsyncsocket.Operation
	sub    hub.Sub[*subscription, view]
	ending *hub.Sub[*subscription, view] // nil: nothing invalidates it
	bytes  int                           // of its own, that it holds
}

// starting is a start at work. It belongs to one goroutine.
type starting struct {
	rt     *realtime
	op     *appsyncsocket.Operation
	cfg    *config
	sent   envelope
	broken *fault.Error // of what was sent; told after the caller was admitted
	run    Run
}

// start begins a subscription: its answer is start_ack, or an error.
func (rt *realtime) start(s *appsyncsocket.Socket, f *wire.Frame) {
	data, authorization, ok := f.StartData()
	if !ok {
		s.Unsupported("")
		return
	}
	op, refused := s.Begin(f.ID, true)
	if refused != nil {
		rt.stats.add(NotStarted)
		s.Fail(wire.Error, f.ID, wire.Problem{Type: refused.Code, Message: refused.Message})
		return
	}
	op.Go(func(ctx context.Context) {
		st := &starting{rt: rt, op: op, cfg: rt.api.config.Load()}
		st.sent, st.broken = parseBody(data)
		st.begin(ctx, appsyncsocket.Credential{Object: authorization, Body: data})
	})
}

// begin admits the caller and starts what it asks for.
func (st *starting) begin(ctx context.Context, c appsyncsocket.Credential) {
	caller, refused := st.op.Socket().Admit(ctx, c, st.admit)
	if refused != nil {
		st.log(refused)
		st.fail(wire.Problem{Type: "UnauthorizedException", Message: "Permission denied"})
		return
	}
	st.run.Caller, st.run.Variables, st.run.Domain = caller, st.sent.variables, appsynchttp.Domain(st.op.Socket().Domain())
	if st.broken != nil {
		st.unsupported(st.broken)
		return
	}
	o, refused := st.prepare()
	switch {
	case refused != nil:
		st.log(refused)
		st.fail(wire.Problem{Type: refused.Code, Message: refused.Message})
	case len(o.invalid) > 0:
		st.fail(said(o.invalid)...)
	case o.def.Operation != ast.Subscription:
		st.unsupported((&fault.Error{Code: "UnsupportedOperation"}).Because("a %s was sent on the WebSocket", o.def.Operation))
	default:
		st.execute(ctx, o)
	}
}

// admit adds what a Lambda authorizer is told, and keeps the headers.
func (st *starting) admit(ctx context.Context, r *identity.Request) (*identity.Caller, *fault.Error) {
	st.run.Headers = appsynchttp.RequestHeaders(r.Header, r.Signed.Host)
	r.RequestID, r.Query, r.OperationName, r.Variables = uuid.NewString(), st.sent.query, st.sent.operation, st.sent.variables
	st.run.RequestID = &r.RequestID
	return st.rt.api.o.Admit(ctx, r)
}

func (st *starting) prepare() (*Operation, *fault.Error) {
	d, f := st.cfg.prepare(st.sent.query, st.rt.api.o.Limits.Tokens)
	if f != nil {
		return nil, f
	}
	return d.operation(st.sent.operation)
}

// fail refuses the subscription.
func (st *starting) fail(list ...wire.Problem) {
	st.rt.stats.add(NotStarted)
	st.op.Finish(wire.AppendGraphQLError(nil, wire.Error, st.op.ID(), list...))
}

// unsupported refuses what is no subscription, with AppSync's answer, which
// does not name the id.
func (st *starting) unsupported(why *fault.Error) {
	st.rt.stats.add(NotStarted)
	st.log(why)
	st.op.Finish(nil)
	st.op.Socket().Unsupported("")
}

func (st *starting) log(why *fault.Error) {
	st.rt.api.o.Log.Warn("subscription refused", slog.String("api", st.cfg.api.LogicalID), slog.String("peer", st.op.Socket().Peer().String()),
		slog.String("type", why.Code), slog.Any("cause", why.Cause))
}

// said are GraphQL errors as the WebSocket has them: without path and
// locations.
func said(list []*Error) []wire.Problem {
	problems := make([]wire.Problem, len(list))
	for i, e := range list {
		problems[i] = wire.Problem{Type: e.Type, Message: e.Message}
	}
	return problems
}

// execute runs the resolver of the field, if it has one, and makes the
// subscription active.
func (st *starting) execute(ctx context.Context, o *Operation) {
	if limit := st.cfg.api.QueryDepthLimit; limit > 0 && o.depth > limit {
		st.fail(said([]*Error{depthError(o, limit)})...)
		return
	}
	vars, e := o.variables(st.run.Variables)
	if e != nil {
		st.fail(said([]*Error{e})...)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, st.rt.api.o.Limits.Time)
	defer cancel()
	x := &execution{api: st.rt.api, op: o, run: &st.run, vars: vars, ctx: ctx, room: st.rt.api.o.Limits.Response, log: st.rt.api.fieldLog(ctx, st.cfg, &st.run)}
	defer x.log.end(ctx)
	x.identity = sync.OnceValue(func() json.RawMessage { return st.run.Caller.Identity() })
	p := o.plan(vars)
	if len(p.root.fields) != 1 || p.root.fields[0].typename {
		st.fail(wire.Problem{Message: "Validation error of type SubscriptionMultipleRootFields: a subscription must select exactly one field"})
		return
	}
	h := &hole{f: p.root.fields[0], path: []Segment{{Key: p.root.fields[0].key}}, source: []byte("{}")}
	x.resolveSubscription(h)
	if len(x.errors) > 0 {
		st.fail(said(x.errors)...)
		return
	}
	st.activate(x, h)
}

// resolveSubscription asks whether the caller may have the field, and its
// resolver. What that answers counts for nothing, that it does not fail does.
func (x *execution) resolveSubscription(h *hole) {
	switch {
	case !x.allowed(h.f):
		x.fail(x.fieldError(h.f, h.path, &Failure{Type: unauthorized, Message: notAuthorizedTo(h.f)}))
	case h.f.def.resolver != nil:
		x.resolve(h)
	}
}

// errOver ends what the client has stopped while it was starting.
var errOver = errors.New("graphqlapi: the subscription has ended before it began")

// activate makes the subscription known, then says so: it is active before its
// start_ack is sent.
func (st *starting) activate(x *execution, h *hole) {
	s := &subscription{op: st.op}
	s.sub.ID, s.sub.To = st.op.ID(), s
	var err error
	if s.sub.Filter, err = x.filter(h); err == nil {
		s.sub.View, err = x.view(h.f)
	}
	var ending *hub.Filter
	if err == nil && x.invalidation != nil {
		ending, err = hub.ParseFilter(x.invalidation)
	}
	if err != nil {
		st.fail(wire.Problem{Message: err.Error()})
		return
	}
	s.bytes = len(s.sub.View.denied) + len(h.f.args.json(x.vars)) + len(x.filtered) + len(x.invalidation)
	if !st.rt.held.take(s.sub.View.plan, s.bytes) {
		st.log(tooManyPlans.Because("the selections of the subscriptions that are active take too much memory"))
		st.fail(wire.Problem{Type: tooManyPlans.Code, Message: tooManyPlans.Message})
		return
	}
	st.op.Data = s
	add := func() error { return st.rt.events.AddThen(h.f.def.name, &s.sub, st.ack) }
	if ending != nil {
		s.ending = &hub.Sub[*subscription, view]{ID: s.sub.ID, To: s, Filter: ending}
		known := add
		add = func() error { return st.rt.endings.AddThen(h.f.def.name, s.ending, known) }
	}
	if add() != nil {
		st.rt.held.release(s.sub.View.plan, s.bytes)
		return
	}
	st.rt.stats.add(Started)
}

// ack says that the subscription is active.
func (st *starting) ack() error {
	if !st.op.Ack(wire.AppendReply(nil, wire.StartAck, st.op.ID())) {
		return errOver
	}
	return nil
}

// ended is told of a subscription that was active.
func (rt *realtime) ended(op *appsyncsocket.Operation) {
	s, ok := op.Data.(*subscription)
	if !ok {
		return
	}
	rt.events.Remove(&s.sub)
	if s.ending != nil {
		rt.endings.Remove(s.ending)
	}
	rt.held.release(s.sub.View.plan, s.bytes)
}

// filter is what the subscription wants: what its resolver said by
// extensions.setSubscriptionFilter, else that every argument equals the field
// of its name (AppSync developer guide, "Subscription filters"). A null
// argument wants null; one that was not given wants nothing.
func (x *execution) filter(h *hole) (*hub.Filter, error) {
	if x.filtered != nil {
		return hub.ParseFilter(x.filtered)
	}
	var group []hub.Condition
	it := iterate(h.f.args.json(x.vars))
	for name, raw := it.member(); name != nil; name, raw = it.member() {
		value, ok := hub.ParseValue(raw)
		if !ok {
			value = hub.Object() // equals nothing
		}
		group = append(group, hub.Condition{Field: unquote(name), Op: hub.OpEq, Values: []hub.Value{value}})
	}
	if group == nil {
		return nil, nil
	}
	return &hub.Filter{Groups: [][]hub.Condition{group}}, nil
}
