package appsync

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/tidewire/tidewire/internal/exchange"
	"github.com/tidewire/tidewire/internal/wire"
)

// What an error of this package may be, for errors.Is.
var (
	// ErrUnauthorized is a credential that AppSync did not accept, or that may
	// not do this: status 401 or 403, UnauthorizedException, Unauthorized and
	// the like. It is never retried.
	ErrUnauthorized = errors.New("unauthorized")
	// ErrLimitExceeded is 429, LimitExceededError or MaxSubscriptionsReachedError.
	ErrLimitExceeded = errors.New("limit exceeded")
	// ErrMaxSubscriptions is MaxSubscriptionsReachedError: too many subscriptions
	// on one connection.
	ErrMaxSubscriptions = errors.New("too many subscriptions on one connection")
	// ErrTooLarge is an answer over Options.MaxAnswer.
	ErrTooLarge = exchange.ErrTooLarge
	// ErrOperation is a document that is not for this method, such as a mutation
	// given to Query. Nothing has been sent.
	ErrOperation = errors.New("wrong kind of operation")
)

// ResponseError is an answer that is no GraphQL response: a refusal by
// AppSync, or whatever a proxy says. Its fields are the server's words, with
// credentials masked.
type ResponseError struct {
	Op        string // method and address
	Status    int
	Type      string // x-amzn-ErrorType, or errorType of the body, such as "UnauthorizedException"; or ""
	Message   string
	RequestID string // x-amzn-RequestId, for a question to AWS
}

// NewResponseError reads an answer that is not what was asked for, for clients
// that have a transport of their own: the type from x-amzn-ErrorType or the
// first of the body's errors, the message from the body or what is odd about
// it. op says what was sent and where. What the headers sent hold is masked.
func NewResponseError(op string, status int, h http.Header, body []byte, sent http.Header) *ResponseError {
	return newResponseError(op, &exchange.Answer{Status: status, Header: h, Body: body}, sent, "AppSync answer")
}

func newResponseError(op string, a *exchange.Answer, sent http.Header, wanted string) *ResponseError {
	e := &ResponseError{Op: op, Status: a.Status, Type: shortType(a.Header.Get("X-Amzn-Errortype")), RequestID: exchange.OneLine(a.Header.Get("X-Amzn-Requestid"))}
	var said Response
	valid := wire.Valid(a.Body)
	said.read(a.Body)              // nothing, if it is no object
	var m struct{ Message string } // encoding/json accepts Message too
	switch {
	case len(said.Errors) > 0:
		m.Message = said.Errors[0].Message
		if e.Type == "" {
			e.Type = shortType(said.Errors[0].ErrorType)
		}
	case !valid || json.Unmarshal(a.Body, &m) != nil || m.Message == "":
		m.Message = exchange.Complaint(a, valid, wanted)
	}
	e.Type = exchange.OneLine(e.Type)
	e.Message = exchange.Redacted(m.Message, secrets(sent)...)
	return e
}

// secrets are the values in h that no error may repeat.
func secrets(h http.Header) []string {
	return []string{h.Get("Authorization"), h.Get("X-Api-Key"), h.Get("X-Amz-Security-Token")}
}

// Error is one line: operation, status, type, message and request id.
func (e *ResponseError) Error() string {
	s := e.Op + ": " + strconv.Itoa(e.Status)
	kind := e.Type
	if kind == "" {
		kind = http.StatusText(e.Status)
	}
	if kind != "" {
		s += " " + kind
	}
	if e.Message != "" {
		s += ": " + e.Message
	}
	if e.RequestID != "" {
		s += " (request " + e.RequestID + ")"
	}
	return s
}

// Is says whether e is the kind of refusal that target names.
func (e *ResponseError) Is(target error) bool {
	switch target {
	case ErrUnauthorized:
		return e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden || denied(e.Type)
	case ErrLimitExceeded:
		return e.Status == http.StatusTooManyRequests || limited(e.Type)
	}
	return false
}

// denied says whether an errorType means that the credential does not do.
func denied(kind string) bool {
	switch shortType(kind) {
	case "UnauthorizedException", "Unauthorized", "NotAuthorizedException", "AccessDeniedException", "ForbiddenException",
		"UnrecognizedClientException", "InvalidSignatureException", "ExpiredTokenException", "IncompleteSignatureException",
		"MissingAuthenticationTokenException":
		return true
	}
	return false
}

func limited(kind string) bool {
	switch shortType(kind) {
	case "LimitExceededError", "LimitExceededException", "TooManyRequestsException", "ThrottlingException", "MaxSubscriptionsReachedError":
		return true
	}
	return false
}

// SendError is a request that got no answer.
type SendError struct {
	Op    string // method and address
	Sent  bool   // the server may have it
	Cause error
}

// Error says what failed, and whether the server may have the request.
func (e *SendError) Error() string {
	s := e.Op + ": " + exchange.OneLine(exchange.WithoutURL(e.Cause).Error())
	if e.Sent {
		return s + " (the server may have the request)"
	}
	return s + " (nothing was sent)"
}

// Unwrap gives the cause.
func (e *SendError) Unwrap() error { return e.Cause }

// Repeatable says whether the request may be made again without its being done
// twice, and whether that may end otherwise: no connection could be made, for a
// reason that may pass.
func (e *SendError) Repeatable() bool { return !e.Sent && exchange.Undialled(e.Cause) }

// NoCredentialsError is a proof that was asked for and could not be had.
// Nothing has been sent with it.
type NoCredentialsError struct {
	LookedFor string // what was asked
	Cause     error  // why it had none
}

// Error says where was looked and why there was nothing.
func (e *NoCredentialsError) Error() string {
	s := "no credentials: looked in " + e.LookedFor
	if e.Cause != nil {
		s += ": " + exchange.Redacted(exchange.WithoutURL(e.Cause).Error())
	}
	return s
}

// Unwrap gives the cause, whose own text is not masked.
func (e *NoCredentialsError) Unwrap() error { return e.Cause }

// NoRegionError is a signature that was asked for without a region, for a host
// name that has none in it. Nothing has been sent.
type NoRegionError struct {
	Host string
}

// Error says what to set.
func (e *NoRegionError) Error() string {
	return fmt.Sprintf("no region to sign for: %s is not an AppSync host name of AWS; give IAM the region", e.Host)
}
