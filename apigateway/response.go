package apigateway

import (
	"errors"
	"net/http"
)

// What a [*ResponseError] may be, for errors.Is.
var (
	// ErrGone is 410: the connection is closed, or never was.
	ErrGone = errors.New("the connection is gone")
	// ErrForbidden is 403: signature, policy, stage or path.
	ErrForbidden = errors.New("forbidden")
	// ErrPayloadTooLarge is 413: over 131072 bytes.
	ErrPayloadTooLarge = errors.New("payload too large")
	// ErrLimitExceeded is 429: too many requests, or more waiting for a client
	// than the gateway holds.
	ErrLimitExceeded = errors.New("limit exceeded")
)

// ResponseError is a refusal by the @connections API. Its fields are the
// server's words, with credentials masked.
type ResponseError struct {
	Op        string // method and address
	Status    int
	Type      string // x-amzn-ErrorType such as "GoneException", or ""
	Message   string
	RequestID string // x-amzn-RequestId, for a question to AWS
}

func responseError(op string, resp *http.Response, body []byte, token string) *ResponseError {
	return &ResponseError{
		Op:        op,
		Status:    resp.StatusCode,
		Type:      errorType(resp.Header),
		Message:   redacted(errorMessage(body), token),
		RequestID: resp.Header.Get("X-Amzn-Requestid"),
	}
}

// Error is one line: operation, status, type, message and request id.
func (e *ResponseError) Error() string {
	s := e.Op + ": " + answered(e.Status, e.Type, e.Message)
	if e.RequestID != "" {
		s += " (request " + oneLine(e.RequestID) + ")"
	}
	return s
}

// Is says whether e is the kind of refusal that target names.
func (e *ResponseError) Is(target error) bool {
	switch target {
	case ErrGone:
		return e.Status == http.StatusGone
	case ErrForbidden:
		return e.Status == http.StatusForbidden
	case ErrPayloadTooLarge:
		return e.Status == http.StatusRequestEntityTooLarge
	case ErrLimitExceeded:
		return e.Status == http.StatusTooManyRequests
	}
	return false
}
