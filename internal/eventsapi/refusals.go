package eventsapi

import (
	"errors"
	"net/http"

	"github.com/tidewire/tidewire/internal/appsyncjs/library"
	"github.com/tidewire/tidewire/internal/fault"
	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/wire"
)

// Refusals in AppSync's words, where they are known.
var (
	notPost      = fault.Error{Code: "MethodNotAllowedException", Status: http.StatusMethodNotAllowed, Message: "Events are published with POST."}
	bodyTooLarge = fault.Error{Code: "PayloadTooLargeException", Status: http.StatusRequestEntityTooLarge, Message: "The request body is too large."}
	badRequest   = fault.Error{Code: "BadRequestException", Status: http.StatusBadRequest}
	shuttingDown = fault.Error{Code: "ServiceUnavailableException", Status: http.StatusServiceUnavailable, Message: "Service Unavailable"}
	// noNamespace has no message over HTTP.
	noNamespace   = fault.Error{Code: "UnauthorizedException", Status: http.StatusUnauthorized}
	notAuthorized = fault.Error{Code: "UnauthorizedException", Status: http.StatusUnauthorized, Message: "You are not authorized to make this call."}
)

const invalidInput = "InvalidInputError"

// bad is a request that cannot be understood.
func bad(message string) *fault.Error {
	f := badRequest
	f.Message = message
	return &f
}

// failing is the type of errors in handling an operation (AppSync Events
// developer guide, "Understanding the Event API WebSocket protocol", error
// types).
func failing(op identity.EventOperation) string {
	if op == identity.EventSubscribe {
		return "SubscriptionProcessingError"
	}
	return "MessageProcessingError"
}

// refusedBy is what a handler said: that of util.error is for the client, and
// 403 over HTTP.
func (o *operation) refusedBy(h *handler, f *Failure) *fault.Error {
	e := fault.Error{Code: f.Type, Status: http.StatusForbidden, Message: f.Message}
	switch f.Type {
	case library.TypeUnauthorized:
		e.Code, e.Message = notAuthorized.Code, notAuthorized.Message
	case "":
		e.Code = failing(o.kind)
	}
	return e.Because("%s of the namespace %s refused", h.name, o.ns.spec.Name)
}

// broken is a handler that failed by itself.
func (o *operation) broken(h *handler, message, reason string) *fault.Error {
	e := fault.Error{Code: failing(o.kind), Status: http.StatusInternalServerError, Message: message}
	return e.Because("%s of the namespace %s: %s", h.name, o.ns.spec.Name, reason)
}

// problem is a refusal as a WebSocket says it, where signatures have no errors
// of their own.
func problem(f *fault.Error) wire.Problem {
	var signature *identity.RefusedError
	if f.Message == "" || errors.As(f.Cause, &signature) {
		f = &notAuthorized
	}
	return wire.Problem{Type: f.Code, Message: f.Message}
}
