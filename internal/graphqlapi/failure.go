package graphqlapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tidewire/tidewire/internal/datasource"
)

// fieldError makes the error of a field.
func (x *execution) fieldError(f *field, path []Segment, why *Failure) *Error {
	e := &Error{Path: path, Locations: at(f.at), Field: true, Type: why.Type, Info: why.Info, Message: why.Message, order: Location{f.at.Line, f.at.Column}, def: f.def}
	if e.Type == unauthorized && (e.Message == "" || e.Message == unauthorized) { // util.unauthorized, which does not know the field
		e.Message = notAuthorizedTo(f)
	}
	if why.Info != nil && !json.Valid(why.Info) {
		e.Info = nil
	}
	if !isNull(why.Data) && json.Valid(why.Data) {
		e.Data = x.project(f, why.Data)
	}
	return e
}

// project takes what the field's selection asks for out of the data of an
// error. Anything that does not fit is null. Where nothing is selected, data
// is what it is.
func (x *execution) project(f *field, data json.RawMessage) json.RawMessage {
	if !f.def.typ.named.composite() {
		return data
	}
	w := writer{x: x, mute: true}
	nullable := *f.def.typ
	nullable.nonNull = false
	if !w.value(f, &nullable, trim(data), nil) {
		return nil
	}
	return w.buf
}

// failure is a data source's failure as scripts and answers have it. What
// comes after the end of the request's time is a failure of that.
func (x *execution) failure(f *datasource.Failure) *Failure {
	switch {
	case f == nil:
		return nil
	case x.ctx.Err() != nil:
		return x.timeout()
	}
	return &Failure{Message: f.Message, Type: f.Type, Data: f.Data, Info: f.Info}
}

// The errors of limits. AppSync documents the limits, but not these words.
func depthError(o *Operation, limit int) *Error {
	return &Error{Field: true, Type: "QueryDepthLimitReached", Locations: at(o.def.Position),
		Message: fmt.Sprintf("Query depth limit reached: the query has %d levels, %d are allowed.", o.depth, limit)}
}

func resolverLimitError(limit int) *Failure {
	return &Failure{Type: "ResolverCountLimitReached", Message: fmt.Sprintf("Resolver count limit reached: a request may run %d resolvers.", limit)}
}

func (x *execution) tooLong() *Error {
	return &Error{Field: true, Type: "ResponseSizeLimitReached", Message: fmt.Sprintf("The response is longer than %d bytes.", x.room)}
}

func unsupportedError(why string) *Failure {
	return &Failure{Type: "UnsupportedOperation", Message: why}
}

// timeout is the failure of what the end of the request's time cut off.
func (x *execution) timeout() *Failure {
	if errors.Is(context.Cause(x.ctx), context.Canceled) {
		return &Failure{Type: "ExecutionCanceled", Message: "Execution canceled."}
	}
	return &Failure{Type: "ExecutionTimeout", Message: "Execution timed out."}
}
