package appsync

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
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
	ErrTooLarge = errors.New("answer too large")
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
	s := e.Op + ": " + oneLine(withoutURL(e.Cause).Error())
	if e.Sent {
		return s + " (the server may have the request)"
	}
	return s + " (nothing was sent)"
}

// Unwrap gives the cause.
func (e *SendError) Unwrap() error { return e.Cause }

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
		s += ": " + redacted(withoutURL(e.Cause).Error())
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
