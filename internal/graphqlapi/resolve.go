package graphqlapi

import (
	"encoding/json"
	"net/http"
	"slices"

	"github.com/tidewire/tidewire/internal/datasource"
	"github.com/tidewire/tidewire/internal/spec"
)

// resolver is what is behind a field. Immutable.
type resolver struct {
	spec        *spec.Resolver
	unsupported string
	unit        *step   // of a unit resolver
	code        *Module // of a pipeline: before and after
	steps       []*step // of a pipeline
}

// step is a data source with the code around it: a unit resolver, or a
// function of a pipeline.
type step struct {
	name        string
	unsupported string
	source      *spec.DataSource
	code        *Module // nil: direct
	maxBatch    int
}

// batches says whether calls of the resolver may go out in batches.
func (r *resolver) batches() bool {
	if r == nil || r.unit == nil || r.unit.source == nil || r.unit.source.Type != spec.SourceLambda || r.unit.source.Unsupported != "" {
		return false
	}
	return r.unit.code != nil || r.unit.maxBatch > 0
}

// call is one resolver at work.
type call struct {
	x     *execution
	h     *hole
	c     Call     // ctx, as it changes from step to step
	trace *tracing // nil: the field is not logged
	ended bool     // a failure was noted
}

// begin counts the resolver and builds its ctx; nil if it must not run.
func (x *execution) begin(h *hole) *call {
	c := &call{x: x, h: h, trace: x.log.begin()}
	r := h.f.def.resolver
	switch {
	case x.full.Load():
		h.failed = true
		return nil
	case x.resolvers.Add(1) > int64(x.op.cfg.resolverLimit):
		c.fail(resolverLimitError(x.op.cfg.resolverLimit))
		return nil
	case r.unsupported != "":
		c.fail(unsupportedError(r.unsupported))
		return nil
	case x.ctx.Err() != nil:
		c.fail(x.timeout())
		return nil
	}
	c.c = Call{
		Arguments: h.f.args.json(x.vars), Source: json.RawMessage(h.source), Identity: x.identity(), Stash: json.RawMessage("{}"),
		Env: x.op.cfg.env, OutErrors: json.RawMessage("[]"), Headers: x.run.Headers, DomainName: x.run.Domain,
		AuthType: x.run.Caller.AuthType(),
	}
	if h.f.def.parent.root != "" {
		c.c.Source = nil
	}
	if c.c.Headers == nil {
		c.c.Headers = json.RawMessage("{}")
	}
	info := *h.f.describe()
	if info.Variables = x.run.Variables; isNull(info.Variables) {
		info.Variables = json.RawMessage("{}")
	}
	c.c.Info = &info
	return c
}

// resolve asks the resolver of one hole.
func (x *execution) resolve(h *hole) {
	c := x.begin(h)
	if c == nil {
		return
	}
	r := h.f.def.resolver
	if r.unit == nil {
		c.finish(c.pipeline(r))
		return
	}
	c.finish(c.step(r.unit))
}

// finish keeps the value, unless the call failed.
func (c *call) finish(value json.RawMessage, ok bool) {
	switch {
	case !ok && !c.ended:
		c.h.failed = true
	case ok && !isNull(value) && !json.Valid(value):
		c.fail(&Failure{Type: "InternalFailure", Message: "The result of the resolver is not valid JSON."})
	case ok:
		c.h.value = value
		c.trace.end(c.x.ctx, c.h, nil)
	}
}

// fail notes a failure as the field's error.
func (c *call) fail(f *Failure) {
	c.ended, c.h.failed = true, true
	e := c.x.fieldError(c.h.f, c.h.path, f)
	c.x.note(e)
	c.trace.end(c.x.ctx, c.h, e)
}

// step runs the request function, the data source and the response function.
// It says false if the field failed or has no value.
func (c *call) step(s *step) (json.RawMessage, bool) {
	if why := s.blocked(); why != "" {
		c.fail(unsupportedError(why))
		return nil, false
	}
	if s.code == nil {
		result, failure := c.direct(s.source)
		if failure != nil {
			c.fail(failure)
			return nil, false
		}
		return result, true
	}
	request, early, ok := c.run(s.code, "request")
	if !ok || early != nil {
		return request, ok
	}
	c.c.Result, c.c.Error = c.ask(s.source, request)
	return c.respond(s)
}

// respond runs the response function with what the data source said.
func (c *call) respond(s *step) (json.RawMessage, bool) {
	if c.x.ctx.Err() != nil {
		c.fail(c.x.timeout())
		return nil, false
	}
	value, _, ok := c.run(s.code, "response")
	c.c.Error = nil
	return value, ok
}

// blocked says why a step cannot run; empty if it can.
func (s *step) blocked() string {
	switch {
	case s.unsupported != "":
		return s.unsupported
	case s.source == nil:
		return "The data source does not exist."
	}
	return s.source.Unsupported
}

// ask asks a data source.
func (c *call) ask(ds *spec.DataSource, request json.RawMessage) (json.RawMessage, *Failure) {
	switch {
	case ds.Type == spec.SourceNone:
		return member(trim(request), "payload"), nil
	case ds.Type == spec.SourceLambda && isBatch(request):
		a := c.x.batchOf(ds, []json.RawMessage{request}, false)[0]
		return a.value, a.failure
	case c.x.api.o.Do == nil:
		return nil, unsupportedError("Data sources of type " + ds.Type + " cannot be asked here.")
	}
	field := &datasource.Field{Parent: c.c.Info.ParentTypeName, Name: c.c.Info.FieldName, OutputType: c.h.f.def.def.Type.Name(), Arguments: c.c.Arguments, Identity: c.c.Identity}
	value, failure := c.x.api.o.Do(c.x.ctx, ds, request, field)
	return value, c.x.failure(failure)
}

// direct invokes a function with the context.
func (c *call) direct(ds *spec.DataSource) (json.RawMessage, *Failure) {
	if c.x.api.o.Direct == nil {
		return nil, unsupportedError("Direct resolvers cannot be asked here.")
	}
	begun := c.trace.clock()
	value, failure := c.x.api.o.Direct(c.x.ctx, ds, c.event())
	c.trace.add("response", begun, value)
	return value, c.x.failure(failure)
}

// run calls one function of the code.
func (c *call) run(m *Module, function string) (value json.RawMessage, early *Early, ok bool) {
	begun := c.trace.clock()
	o := m.Call(c.x.ctx, function, &c.c)
	c.trace.add(function, begun, o.Value)
	if o.Stash != nil {
		c.c.Stash = o.Stash
	}
	c.c.HeaderBytes = o.HeaderBytes
	c.log(function, o)
	c.x.collect(o)
	for i := range o.Appended {
		c.append(&o.Appended[i])
	}
	if o.Failure != nil {
		if c.x.ctx.Err() != nil {
			o.Failure = c.x.timeout()
		}
		c.fail(o.Failure)
		return nil, nil, false
	}
	return o.Value, o.Early, true
}

// append notes an error of util.appendError, for the answer and for
// ctx.outErrors.
func (c *call) append(f *Failure) {
	e := c.x.fieldError(c.h.f, c.h.path, f)
	c.x.fail(e)
	if c.trace != nil {
		c.trace.erred = true
	}
	list := slices.Clone(c.c.OutErrors[:len(c.c.OutErrors)-1])
	if len(list) > 1 {
		list = append(list, ',')
	}
	list = append(appendString(append(list, `{"message":`...), e.Message), `,"type":`...)
	if e.Type == "" {
		list = append(list, "null"...)
	} else {
		list = appendString(list, e.Type)
	}
	if f.Data != nil {
		list = append(append(list, `,"data":`...), f.Data...)
	}
	if f.Info != nil {
		list = append(append(list, `,"errorInfo":`...), f.Info...)
	}
	c.c.OutErrors = append(list, "}]"...)
}

// orNull is a value that is there: ctx.prev.result may be null, ctx.prev is not.
func orNull(value json.RawMessage) json.RawMessage {
	if value == nil {
		return json.RawMessage("null")
	}
	return value
}

// collect keeps what a call wants to have in the answer besides its value.
func (x *execution) collect(o *Outcome) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if o.Filter != nil {
		x.filtered = o.Filter
	}
	if o.InvalidationFilter != nil {
		x.invalidation = o.InvalidationFilter
	}
	x.invalidations = append(x.invalidations, o.Invalidations...)
	if len(o.Headers) == 0 && len(o.Evictions) == 0 {
		return
	}
	x.evicted = x.evicted || len(o.Evictions) > 0
	if x.headers == nil {
		x.headers = make(http.Header)
	}
	for name, values := range o.Headers {
		x.headers[name] = append(x.headers[name], values...)
	}
}
