// Package fault is the one error type by which a refusal or a failure reaches
// a client of tidewire.
//
// An [Error] keeps two audiences apart. Code, Status and Message are what AWS
// would answer and are all that a client ever sees. Cause is why, in full; it
// goes to the log and is never written to a client. Scope says what dies: the
// one operation, or the whole connection.
//
// A [FunctionError] is the other kind of failure: a Lambda function that ran
// and failed. It carries the payload that Lambda would return with
// X-Amz-Function-Error.
//
// Handlers return these errors; one place logs the cause and writes the
// public part. Both types are plain values and safe to share once built.
package fault

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
)

// Scope says what an error ends.
type Scope int

const (
	// Operation ends the one request, message or subscription.
	Operation Scope = iota
	// Connection ends the socket it happened on.
	Connection
)

// Error is a refusal or failure in AWS's words.
type Error struct {
	Code    string // AWS exception name, sent as x-amzn-ErrorType
	Status  int    // HTTP status
	Message string // public text; empty means an empty body
	Scope   Scope
	Cause   error // private reason, for the log only; may be nil
}

// Error gives code, message and cause: text for a log, never for a client.
func (e *Error) Error() string {
	s := e.Code
	if e.Message != "" {
		s += ": " + e.Message
	}
	if e.Cause != nil {
		s += " (" + e.Cause.Error() + ")"
	}
	return s
}

// Unwrap gives the private cause.
func (e *Error) Unwrap() error { return e.Cause }

// Because returns a copy of e with the private cause set.
func (e Error) Because(format string, args ...any) *Error {
	e.Cause = fmt.Errorf(format, args...)
	return &e
}

// The refusals that API Gateway answers (devguide
// supported-gateway-response-types and the apigatewaymanagementapi model).
var (
	Forbidden             = Error{Code: "ForbiddenException", Status: http.StatusForbidden, Message: "Forbidden"}
	MissingAuthentication = Error{Code: "MissingAuthenticationTokenException", Status: http.StatusForbidden, Message: "Missing Authentication Token"}
	UnrecognizedClient    = Error{Code: "UnrecognizedClientException", Status: http.StatusForbidden, Message: "The security token included in the request is invalid."}
	ExpiredToken          = Error{Code: "ExpiredTokenException", Status: http.StatusForbidden, Message: "The security token included in the request is expired"}
	Gone                  = Error{Code: "GoneException", Status: http.StatusGone}
	TooManyRequests       = Error{Code: "TooManyRequestsException", Status: http.StatusTooManyRequests, Message: "Too Many Requests"}
	LimitExceeded         = Error{Code: "LimitExceededException", Status: http.StatusTooManyRequests, Message: "Limit Exceeded"}
	PayloadTooLarge       = Error{Code: "PayloadTooLargeException", Status: http.StatusRequestEntityTooLarge, Message: "Message too long"}
	Internal              = Error{Code: "InternalServerErrorException", Status: http.StatusInternalServerError, Message: "Internal server error"}
)

// Body is the JSON body that API Gateway sends for e: {"message":…}, with a
// capital M for AccessDeniedException, and empty when Message is.
func (e *Error) Body() []byte {
	if e.Message == "" {
		return nil
	}
	member := "message"
	if e.Code == "AccessDeniedException" {
		member = "Message"
	}
	text, err := json.Marshal(e.Message)
	if err != nil { // a string always marshals
		text = []byte(`""`)
	}
	return append(append([]byte(`{"`+member+`":`), text...), '}')
}

// WriteREST answers an HTTP request with the public part of e, in the form
// of API Gateway: status, x-amzn-ErrorType, application/json.
func (e *Error) WriteREST(w http.ResponseWriter) {
	body := e.Body()
	h := w.Header()
	h["x-amzn-ErrorType"] = []string{e.Code}
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(e.Status)
	_, _ = w.Write(body) // the peer may be gone; there is nobody left to tell
}

// FunctionError is what a function answered when it failed: Lambda's
// X-Amz-Function-Error: Unhandled.
type FunctionError struct {
	Type    string // errorType, such as "Runtime.ExitError" or a class name
	Message string // errorMessage
	Payload []byte // the whole error JSON
}

// Error gives type and message.
func (e *FunctionError) Error() string { return "function error " + e.Type + ": " + e.Message }
