package eventsapi

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/tidewire/tidewire/internal/fault"
	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/wire"
)

// operation is what somebody does in a namespace, once that has been admitted.
// It belongs to one goroutine.
type operation struct {
	api     *API
	ns      *namespace
	kind    identity.EventOperation // publish or subscribe
	channel channel
	events  []event // of a publish
	caller  *identity.Caller
	id      string // of the request

	headers json.RawMessage // ctx.request.headers
	domain  *string         // ctx.request.domainName

	// await waits for the publisher's turn, so that its events stay in order,
	// or for the end of ctx; nil: it is.
	await func(ctx context.Context)
}

// authorize decides whether the caller may do it.
func (o *operation) authorize() *fault.Error {
	return o.api.o.Authorize(o.caller, o.kind, o.channel.namespace())
}

// receipt is what became of a publish.
type receipt struct{ successful, failed []wire.Outcome }

// publish runs the handler and gives the events to all who listen. When it
// returns without a refusal, they have them.
func (o *operation) publish(ctx context.Context) (*receipt, *fault.Error) {
	out, failed, f := o.onPublish(ctx)
	if f != nil {
		return nil, f
	}
	if o.await != nil {
		o.await(ctx)
	}
	if ctx.Err() != nil {
		return nil, o.late(context.Cause(ctx))
	}
	// The events go to all or to nobody, also when the publisher leaves now.
	if err := o.api.topics.Publish(context.WithoutCancel(ctx), o.channel.path, out...); err != nil {
		return nil, shuttingDown.Because("giving the events to the bus: %w", err)
	}
	r := &receipt{failed: failed}
	for i := range o.events {
		if !slices.ContainsFunc(failed, func(f wire.Outcome) bool { return f.Index == i }) {
			r.successful = append(r.successful, wire.Outcome{Index: i, Identifier: o.events[i].id})
		}
	}
	return r, nil
}

func (o *operation) late(err error) *fault.Error {
	e := fault.Error{Code: failing(o.kind), Status: http.StatusInternalServerError, Message: "Execution timed out."}
	return e.Because("the time of the operation is over, or its caller left: %w", err)
}

// append writes the lists of a receipt, those of publish_success too.
func (r *receipt) append(dst []byte) []byte {
	dst = wire.AppendOutcomes(append(dst, `{"failed":`...), r.failed)
	dst = wire.AppendOutcomes(append(dst, `,"successful":`...), r.successful)
	return append(dst, '}')
}
