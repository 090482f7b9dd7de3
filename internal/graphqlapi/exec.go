package graphqlapi

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"sync/atomic"
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tidewire/tidewire/internal/fault"
	"github.com/tidewire/tidewire/internal/identity"
)

// Run is one execution of an operation.
type Run struct {
	Caller    *identity.Caller
	Variables json.RawMessage // an object; nil or null: none
	Headers   json.RawMessage // ctx.request.headers, an object; nil: {}
	Domain    *string         // ctx.request.domainName; nil: null
	RequestID *string         // for the log; nil: unknown
}

// Result is the answer to an operation.
type Result struct {
	Body    json.RawMessage // {"data":…,"errors":[…]}
	Data    json.RawMessage // the data alone, part of Body
	Errors  []*Error
	Headers http.Header // of util.http.addResponseHeader; may be nil
	// Resolvers is how many resolvers ran.
	Resolvers int
}

// Prepare parses and validates a document and picks an operation; name may be
// empty if there is only one. The error is a refusal of the whole request; a
// document that is not valid is no error here, executing it is one.
func (a *API) Prepare(text, name string) (*Operation, *fault.Error) {
	d, f := a.config.Load().prepare(text, a.o.Limits.Tokens)
	if f != nil {
		return nil, f
	}
	return d.operation(name)
}

// Execute runs an operation. It returns when all its resolvers have ended,
// which they do soon after ctx is done or the API's time is over.
func (a *API) Execute(ctx context.Context, o *Operation, run *Run) *Result {
	if len(o.invalid) > 0 {
		return refused(o.invalid...)
	}
	if limit := o.cfg.api.QueryDepthLimit; limit > 0 && o.depth > limit {
		return refused(depthError(o, limit))
	}
	vars, e := o.variables(run.Variables)
	if e != nil {
		return refused(e)
	}
	ctx, cancel := context.WithTimeout(ctx, a.o.Limits.Time)
	defer cancel()
	x := &execution{api: a, op: o, run: run, vars: vars, ctx: ctx, room: a.o.Limits.Response, log: a.fieldLog(ctx, o.cfg, run)}
	defer x.log.end(ctx)
	return x.execute()
}

// refused is the answer without data.
func refused(list ...*Error) *Result {
	body := appendErrors([]byte(`{"data":null,`), list)
	return &Result{Body: append(body, '}'), Data: json.RawMessage("null"), Errors: list}
}

// execution is one run at work.
type execution struct {
	// immutable
	api  *API
	op   *Operation
	run  *Run
	vars values
	ctx  context.Context
	log  *fieldLog // nil: fields are not logged
	// refused, if it is not nil, are the fields that the caller may not have, as
	// was found out before: an event is rendered, for which there is no caller, and
	// nothing is resolved.
	refused map[*field]bool

	identity  func() json.RawMessage
	tokens    chan struct{} // one for each further goroutine; nil: not yet needed
	resolvers atomic.Int64
	refusals  atomic.Int64 // of fields
	written   atomic.Int64 // bytes of values
	full      atomic.Bool  // the answer is longer than allowed: no more resolvers run
	room      int          // bytes of an answer

	// guarded by mu
	mu      sync.Mutex
	errors  []*Error
	headers http.Header
	evicted bool // a script called evictFromApiCache
	// What scripts asked for by extensions: a subscription's filter and
	// invalidation filter, and what a mutation invalidates.
	filtered, invalidation json.RawMessage
	invalidations          []json.RawMessage
	invalidated            int // how many were asked for before; owned by execute
}

// execute resolves the root fields and writes the answer.
func (x *execution) execute() *Result {
	p := x.op.plan(x.vars)
	x.identity = sync.OnceValue(func() json.RawMessage { return x.run.Caller.Identity() })
	w := writer{x: x, buf: make([]byte, 0, 512)}
	ok := w.selection(p.root, []byte("{}"), nil)
	out := &output{buf: w.buf, holes: w.holes, kinds: w.kinds, null: !ok}
	if x.op.def.Operation == ast.Mutation {
		for i := range out.holes {
			x.fill(out.holes[i : i+1])
			x.publish(out.holes[i])
		}
	} else {
		x.fill(out.holes)
	}
	return x.result(out)
}

// result renders what was resolved.
func (x *execution) result(out *output) *Result {
	body := make([]byte, 0, 1024)
	body = append(body, `{"data":`...)
	begin := len(body)
	if out.settle() {
		body = append(body, "null"...)
	} else {
		r := rendering{text: body}
		r.output(out)
		body = r.text
	}
	if x.full.Load() || len(body) > x.room {
		return refused(x.tooLong())
	}
	end := len(body)
	sortErrors(x.errors)
	if len(x.errors) > 0 {
		body = appendErrors(append(body, ','), x.errors)
	}
	if x.evicted { // there is no cache
		body = append(body, `,"extensions":{"apiCacheEntriesDeleted":0}`...)
	}
	body = append(body, '}')
	if !utf8.Valid(body) {
		begin, end, body = 0, 0, bytes.ToValidUTF8(body, []byte("\uFFFD"))
	}
	return &Result{Body: body, Data: json.RawMessage(body[begin:end]), Errors: x.errors, Headers: x.headers, Resolvers: int(x.resolvers.Load())}
}

// fail notes an error, in the log too.
func (x *execution) fail(e *Error) {
	x.note(e)
	if x.log != nil {
		x.log.failed(x.ctx, e, nil)
	}
}

// note notes an error for the answer.
func (x *execution) note(e *Error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.errors) < maxAnswerErrors {
		x.errors = append(x.errors, e)
	}
}

// maxAnswerErrors bounds the errors of one answer.
const maxAnswerErrors = 10_000

// output is what was made of one value, with holes where resolvers are asked.
type output struct {
	buf   []byte
	holes []*hole
	kinds []kind // of a mutation
	null  bool   // it is null where null is not allowed
}

// kind is the type of an object whose field has an abstract one.
type kind struct {
	at  int // in the buffer around it
	typ *namedType
}

// hole is a field whose resolver is asked after the value around it was read.
type hole struct {
	at     int // in the buffer around it
	f      *field
	source []byte
	path   []Segment
	around *frame // the object it is a member of; nil: the outermost
	value  []byte // what the resolver said
	failed bool   // it failed, or must not be asked: null
	out    output // what was made of the value
}

// frame is a value that may have holes in it.
type frame struct {
	parent     *frame
	begin, end int
	nullable   bool
	dead       bool // null, for what is in it
}

// settle finds out which values become null because of what is in them. It
// says whether the output itself does.
func (o *output) settle() (null bool) {
	null = o.null
	for _, h := range o.holes {
		if !h.out.settle() && !h.failed || !h.f.def.typ.nonNull {
			continue
		}
		fr := h.around
		for fr != nil && !fr.nullable {
			fr = fr.parent
		}
		if fr == nil {
			null = true
			continue
		}
		fr.dead = true
	}
	o.null = null
	return null
}

// rendering is the text of an output as it is put together, and the types of
// the objects in it that have a kind, in their order.
type rendering struct {
	text  []byte
	types []*namedType
}

// output appends an output with its holes filled.
func (r *rendering) output(o *output) {
	pos, kinds := 0, o.kinds
	for _, h := range o.holes {
		if h.at < pos { // within a value that is null
			continue
		}
		if dead := h.around.outermostDead(); dead != nil {
			kinds = r.part(o.buf, kinds, pos, dead.begin)
			r.text = append(r.text, "null"...)
			pos = dead.end
			continue
		}
		kinds = r.part(o.buf, kinds, pos, h.at)
		pos = h.at
		if h.failed || h.out.null {
			r.text = append(r.text, "null"...)
		} else {
			r.output(&h.out)
		}
	}
	r.part(o.buf, kinds, pos, len(o.buf))
}

// part appends a part of a buffer. It gives the kinds that come after it.
func (r *rendering) part(buf []byte, kinds []kind, begin, end int) []kind {
	r.text = append(r.text, buf[begin:end]...)
	for ; len(kinds) > 0 && kinds[0].at < end; kinds = kinds[1:] {
		if kinds[0].at >= begin {
			r.types = append(r.types, kinds[0].typ)
		}
	}
	return kinds
}

func (fr *frame) outermostDead() (dead *frame) {
	for ; fr != nil; fr = fr.parent {
		if fr.dead {
			dead = fr
		}
	}
	return dead
}
