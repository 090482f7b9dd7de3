package graphqlapi

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/tidewire/tidewire/internal/spec"
)

// logLevel is what the log has of fields besides what scripts write (AppSync
// developer guide, "Configuring CloudWatch Logs on GraphQL APIs").
type logLevel int8

const (
	// logUnset is that of an API without LogConfig: why scripts fail by
	// themselves.
	logUnset  logLevel = iota
	logNone            // nothing
	logErrors          // fields with an error, and their documents
	logAll             // every field that was resolved
)

func levelOf(api *spec.GraphQLAPI) logLevel {
	switch api.LogLevel {
	case "":
		return logUnset
	case "NONE":
		return logNone
	case "ALL":
		return logAll
	}
	return logErrors // INFO and DEBUG have more of what scripts write only
}

// maxFieldLog is how many bytes the log of one request's fields has (AppSync
// developer guide, "Log size limits").
const maxFieldLog = 1 << 20

// fieldLog writes down how the fields of one request are resolved: those with
// an error, or all that have a resolver. nil writes nothing, and its methods
// cost nothing. Safe for concurrent use.
type fieldLog struct {
	// immutable
	log     *slog.Logger
	api     string
	request *string // its id; nil: unknown
	all     bool    // also what succeeds
	verbose bool    // with documents
	now     func() time.Time

	bytes atomic.Int64 // written, roughly
	left  atomic.Int64 // records that were left out
}

// fieldLog is that of a request; nil if nobody would read it.
func (a *API) fieldLog(ctx context.Context, cfg *config, run *Run) *fieldLog {
	if cfg.level < logErrors || !a.o.Log.Enabled(ctx, slog.LevelError) {
		return nil
	}
	return &fieldLog{log: a.o.Log, api: cfg.api.LogicalID, request: run.RequestID, all: cfg.level == logAll, verbose: !cfg.api.ExcludeVerbose, now: a.o.Now}
}

// write writes a record, unless the request has written too much.
func (l *fieldLog) write(ctx context.Context, level slog.Level, message string, attrs ...slog.Attr) {
	size := len(message) + 100
	for _, a := range attrs {
		size += len(a.Key) + 10
		if a.Value.Kind() == slog.KindString {
			size += len(a.Value.String())
		}
	}
	if !l.takes(size) {
		return
	}
	l.log.LogAttrs(ctx, level, message, append(l.origin(), attrs...)...)
}

// origin says which request a record is about.
func (l *fieldLog) origin() []slog.Attr {
	attrs := []slog.Attr{slog.String("api", l.api)}
	if l.request != nil {
		attrs = append(attrs, slog.String("requestId", *l.request))
	}
	return attrs
}

// takes says whether a record of a size is still written.
func (l *fieldLog) takes(size int) bool {
	if l == nil || l.bytes.Add(int64(size)) <= maxFieldLog {
		return true
	}
	l.left.Add(1)
	return false
}

// end says what is missing. No field is being resolved any more.
func (l *fieldLog) end(ctx context.Context) {
	if l == nil || l.left.Load() == 0 {
		return
	}
	l.log.LogAttrs(ctx, slog.LevelWarn, "records of fields were left out: a request logs at most 1 MB",
		append(l.origin(), slog.Int64("records", l.left.Load()))...)
}

// failed writes an error of the answer. t is of the resolver it comes from; nil:
// it comes from the field's value, or the caller may not have it.
func (l *fieldLog) failed(ctx context.Context, e *Error, t *tracing) {
	var attrs []slog.Attr
	if e.def != nil {
		attrs = append(attrs, slog.String("type", e.def.parent.name), slog.String("field", e.def.name))
	}
	attrs = append(attrs, slog.String("path", cut(pathText(e.Path))))
	if e.Type != "" {
		attrs = append(attrs, slog.String("errorType", cut(e.Type)))
	}
	attrs = append(attrs, slog.String("message", prose(e.Message)))
	if t != nil {
		attrs = append(attrs, slog.Duration("duration", l.now().Sub(t.begun)))
		if t.cause != "" {
			attrs = append(attrs, slog.String("at", t.at), slog.String("cause", prose(t.cause)))
		}
	}
	l.write(ctx, slog.LevelError, "field failed", attrs...)
}

// resolved writes that a resolver gave a value, whatever becomes of it.
func (l *fieldLog) resolved(ctx context.Context, h *hole, t *tracing) {
	l.write(ctx, slog.LevelInfo, "field resolved", slog.String("type", h.f.def.parent.name), slog.String("field", h.f.def.name),
		slog.String("path", cut(pathText(h.path))), slog.String("returns", h.f.def.def.Type.String()),
		slog.String("resolver", h.f.def.resolver.spec.LogicalID), slog.Duration("duration", l.now().Sub(t.begun)))
}

// functions writes what the functions of a resolver made.
func (l *fieldLog) functions(ctx context.Context, level slog.Level, h *hole, t *tracing) {
	if !l.verbose && !l.all {
		return
	}
	for _, f := range t.ran {
		attrs := []slog.Attr{slog.String("type", h.f.def.parent.name), slog.String("field", h.f.def.name),
			slog.String("path", cut(pathText(h.path))), slog.String("function", f.name), slog.Duration("duration", f.took)}
		if l.verbose && f.value != nil && l.bytes.Load() < maxFieldLog {
			attrs = append(attrs, slog.String("document", shown(f.value)))
		}
		l.write(ctx, level, "resolver function", attrs...)
	}
}

// tracing is what a resolver did, for the log. nil: nobody reads it. It belongs to
// the call.
type tracing struct {
	log   *fieldLog
	begun time.Time
	in    string // the function of a pipeline that runs; empty: the resolver's own
	ran   []evaluated
	erred bool // by util.appendError

	at, cause string // why a script failed by itself
}

// evaluated is what a function of a resolver made: a request, or a response.
type evaluated struct {
	name  string // "request", "response"; after the name of a pipeline's function and a dot
	took  time.Duration
	value json.RawMessage // nil: it failed
}

// begin begins that of a resolver.
func (l *fieldLog) begin() *tracing {
	if l == nil {
		return nil
	}
	return &tracing{log: l, begun: l.now()}
}

// enter says which function of a pipeline runs from now on; empty: none.
func (t *tracing) enter(name string) {
	if t != nil {
		t.in = name
	}
}

// clock is now; it need not be right for nil.
func (t *tracing) clock() time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.log.now()
}

// add adds what a function made.
func (t *tracing) add(name string, begun time.Time, value json.RawMessage) {
	if t == nil {
		return
	}
	if t.in != "" {
		name = t.in + "." + name
	}
	t.ran = append(t.ran, evaluated{name, t.log.now().Sub(begun), value})
}

// end writes the trace of a call that failed, with why, or that has a value.
func (t *tracing) end(ctx context.Context, h *hole, failed *Error) {
	switch {
	case t == nil:
	case failed != nil:
		t.log.functions(ctx, slog.LevelError, h, t)
		t.log.failed(ctx, failed, t)
	case t.log.all || t.erred:
		t.log.functions(ctx, slog.LevelInfo, h, t)
		t.log.resolved(ctx, h, t)
	}
}

// log writes what a script wrote, and why it failed if it was not told to.
func (c *call) log(function string, o *Outcome) {
	if c.trace != nil && o.Reason != "" {
		c.trace.at, c.trace.cause = o.At.String(), o.Reason
	}
	if len(o.Logs) == 0 && o.Reason == "" {
		return
	}
	cfg := c.x.op.cfg
	log := c.x.api.o.Log.With("api", cfg.api.LogicalID, "type", c.c.Info.ParentTypeName, "field", c.c.Info.FieldName, "function", function)
	for _, line := range o.Logs {
		of := slog.LevelInfo
		if strings.EqualFold(line.Level, "error") {
			of = slog.LevelError
		}
		if line.Logged(cfg.api.LogLevel) && c.x.log.takes(len(line.Text)) {
			log.Log(c.x.ctx, of, line.Text, "at", line.At.String())
		}
	}
	if o.Reason != "" && cfg.level == logUnset {
		log.Error("resolver failed", "at", o.At.String(), "cause", o.Reason)
	}
}
