package eventsapi

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"

	"github.com/tidewire/tidewire/internal/datasource"
	"github.com/tidewire/tidewire/internal/fault"
	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/spec"
	"github.com/tidewire/tidewire/internal/wire"
)

// onPublish gives what is to be broadcast, as JSON strings, and which events
// have failed.
func (o *operation) onPublish(ctx context.Context) ([]json.RawMessage, []wire.Outcome, *fault.Error) {
	h := &o.ns.publish
	if h.none() || h.event && h.blocked == "" {
		if h.event {
			o.notify(ctx, h)
		}
		return o.unmodified(), nil, nil
	}
	value, f := o.run(ctx, h)
	if f != nil {
		return nil, nil, f
	}
	out, failed, reason := o.outgoing(value)
	if reason != "" {
		return nil, nil, o.broken(h, "The handler's answer is not valid.", reason)
	}
	return out, failed, nil
}

// unmodified is the events as they came.
func (o *operation) unmodified() []json.RawMessage {
	list := make([]json.RawMessage, len(o.events))
	for i := range o.events {
		list[i] = o.events[i].raw
	}
	return list
}

// onSubscribe decides whether the subscription may be; nil is yes.
func (o *operation) onSubscribe(ctx context.Context) *fault.Error {
	h := &o.ns.subscribe
	switch {
	case h.none():
		return nil
	case h.event && h.blocked == "":
		o.notify(ctx, h)
		return nil
	}
	_, f := o.run(ctx, h)
	return f
}

// run runs a handler that is waited for. The value is the events to broadcast,
// if it is a publish's.
func (o *operation) run(ctx context.Context, h *handler) (json.RawMessage, *fault.Error) {
	switch {
	case h.blocked != "":
		e := fault.Error{Code: "UnsupportedOperation", Status: 501, Message: h.blocked}
		return nil, e.Because("%s of the namespace %s cannot run here", h.name, o.ns.spec.Name)
	case h.direct:
		return o.direct(ctx, h)
	}
	c := o.call()
	if !h.object {
		value, _, f := o.code(ctx, h, h.name, c)
		return value, f
	}
	request, early, f := o.code(ctx, h, h.name+".request", c)
	if f != nil || early {
		return request, f
	}
	c.Result, c.Error = o.ask(ctx, h.source, request)
	value, _, f := o.code(ctx, h, h.name+".response", c)
	return value, f
}

// code calls one function of the code. early: runtime.earlyReturn was called.
func (o *operation) code(ctx context.Context, h *handler, function string, c *Call) (value json.RawMessage, early bool, f *fault.Error) {
	out := h.code.Call(ctx, function, c)
	c.Stash = out.Stash
	o.log(function, out)
	switch {
	case ctx.Err() != nil:
		return nil, false, o.late(context.Cause(ctx))
	case out.Failure == nil:
		return out.Value, out.Early != nil, nil
	case out.Reason != "":
		return nil, false, o.broken(h, out.Failure.Message, out.At.String()+": "+out.Reason)
	}
	return nil, false, o.refusedBy(h, out.Failure)
}

// log writes what a script logged, as far as the API's LogLevel has it (AppSync
// Events developer guide, "Configuring CloudWatch Logs"), and in one line that
// it appended errors: an Event API has no place for them in its answers.
func (o *operation) log(function string, out *Outcome) {
	for _, line := range out.Logs {
		if !line.Logged(o.ns.logLevel) {
			continue
		}
		level := slog.LevelInfo
		if strings.EqualFold(line.Level, "error") {
			level = slog.LevelError
		}
		o.api.o.Log.Log(context.Background(), level, line.Text, slog.String("namespace", o.ns.spec.LogicalID),
			slog.String("function", function), slog.String("requestId", o.id), slog.String("at", line.At.String()))
	}
	if n := len(out.Appended); n > 0 {
		first := &out.Appended[0]
		o.api.o.Log.Warn("util.appendError has no effect in a handler", slog.String("namespace", o.ns.spec.LogicalID), slog.String("function", function),
			slog.String("requestId", o.id), slog.Int("errors", n), slog.String("first", fmt.Sprintf("%.100s: %.500s", first.Type, first.Message)))
	}
}

// ask asks a data source. What went wrong is ctx.error.
func (o *operation) ask(ctx context.Context, ds *spec.DataSource, request json.RawMessage) (json.RawMessage, *Failure) {
	if o.api.o.Do == nil {
		return nil, &Failure{Type: "UnsupportedOperation", Message: "Data sources of type " + ds.Type + " cannot be asked here."}
	}
	value, failed := o.api.o.Do(ctx, ds, request, o.field())
	return value, scriptFailure(failed)
}

// field names the handler to the function of a failed condition.
func (o *operation) field() *datasource.Field {
	return &datasource.Field{Parent: o.ns.spec.Name, Name: o.handler().name, Identity: o.caller.Identity()}
}

func (o *operation) handler() *handler {
	if o.kind == identity.EventSubscribe {
		return &o.ns.subscribe
	}
	return &o.ns.publish
}

func scriptFailure(f *datasource.Failure) *Failure {
	if f == nil {
		return nil
	}
	return &Failure{Message: f.Message, Type: f.Type, Data: f.Data, Info: f.Info}
}

// direct invokes the function of a direct handler and waits for it (AppSync
// Events developer guide, "Direct data source integrations using Lambda").
func (o *operation) direct(ctx context.Context, h *handler) (json.RawMessage, *fault.Error) {
	const message = "The handler failed."
	if o.api.o.Direct == nil {
		return nil, o.broken(h, message, "no functions can be invoked here")
	}
	reply, failed := o.api.o.Direct(ctx, h.source, o.event())
	switch {
	case ctx.Err() != nil:
		return nil, o.late(context.Cause(ctx))
	case failed != nil:
		return nil, o.broken(h, message, failed.Error())
	}
	events, said, ok := readReply(reply)
	switch {
	case !ok:
		return nil, o.broken(h, "The handler's answer is not valid.", "the function answered neither null nor an object")
	case said != "":
		e := fault.Error{Code: failing(o.kind), Status: 403, Message: message}
		return nil, e.Because("the function of %s of the namespace %s answered the error %.500q", h.name, o.ns.spec.Name, said)
	}
	return events, nil
}

// notify invokes the function of a direct handler that is not waited for. What
// becomes of that changes nothing.
func (o *operation) notify(ctx context.Context, h *handler) {
	document := append(append([]byte(`{"operation":"Invoke","invocationType":"Event","payload":`), o.event()...), '}')
	var failed error
	if _, f := o.ask(ctx, h.source, document); f != nil {
		failed = &datasource.Failure{Type: f.Type, Message: f.Message}
	}
	if failed != nil {
		o.api.o.Log.Warn("a handler's function was not invoked", slog.String("namespace", o.ns.spec.LogicalID),
			slog.String("function", h.name), slog.String("requestId", o.id), slog.Any("cause", failed))
	}
}
