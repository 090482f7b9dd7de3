package apigateway

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode"
)

var (
	// ErrClosed is returned by Send and Receive after Close.
	ErrClosed = errors.New("the connection was closed by this side")
	// ErrTooLarge is returned by Send for a message over MaxMessage.
	ErrTooLarge = errors.New("message too large")
	// ErrNotText is returned by Send for data that is not UTF-8.
	ErrNotText = errors.New("message is not UTF-8 text")
)

// RefusedError is a handshake that the server answered with a status other
// than 101. Its fields are the server's words, with credentials masked, on as
// many lines as the server made.
type RefusedError struct {
	URL     string // without user, query and fragment
	Status  int
	Type    string // x-amzn-ErrorType such as "AccessDeniedException", or ""
	Message string // member message or Message of a JSON body, else its text
	Header  http.Header
}

// Error is one line: address, status, type and message.
func (e *RefusedError) Error() string {
	return "connect " + e.URL + ": refused: " + answered(e.Status, e.Type, e.Message)
}

func answered(status int, kind, message string) string {
	s := strconv.Itoa(status)
	if kind == "" {
		kind = http.StatusText(status)
	}
	if kind != "" {
		s += " " + kind
	}
	if message != "" {
		s += ": " + message
	}
	return oneLine(s)
}

// oneLine is text without control characters.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, text)
}

// retryable says whether the same handshake may be answered differently
// later: when the server failed, or was asked too often.
func (e *RefusedError) retryable() bool {
	return e.Status >= 500 || e.Status == http.StatusTooManyRequests || e.Status == http.StatusRequestTimeout
}

// NoCredentialsError is a signature that was asked for and could not be made
// because there are no credentials. Nothing has been sent.
type NoCredentialsError struct {
	LookedFor string // what was asked for credentials
	Cause     error  // why it had none; may be nil
}

// Error says where was looked and why there was nothing.
func (e *NoCredentialsError) Error() string {
	s := "no AWS credentials to sign with: looked in " + e.LookedFor
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

// Unwrap gives the provider's error.
func (e *NoCredentialsError) Unwrap() error { return e.Cause }

// NoRegionError is a signature that was asked for without a region, for a host
// name that has none in it. Nothing has been sent.
type NoRegionError struct {
	Host string
}

// Error says what to set.
func (e *NoRegionError) Error() string {
	return fmt.Sprintf("no region to sign for: %s is not an execute-api host name of AWS; give the region", e.Host)
}

// CloseError is the close frame by which the server ended a connection. Code
// 1005 stands for a frame without code (RFC 6455 section 7.4.1).
type CloseError struct {
	Code   int
	Reason string
}

// Error is code and reason, on one line.
func (e *CloseError) Error() string {
	s := "closed by the server: " + strconv.Itoa(e.Code)
	if e.Reason != "" {
		s += " " + oneLine(e.Reason)
	}
	return s
}

// LostError is a connection that ended without a close frame.
type LostError struct {
	Cause error
}

// Error says what failed.
func (e *LostError) Error() string { return "connection lost: " + e.Cause.Error() }

// Unwrap gives the cause.
func (e *LostError) Unwrap() error { return e.Cause }

// withoutURL strips what net/http wraps around an error, because the wrapping
// shows the whole URL and with it a signature.
func withoutURL(err error) error {
	var wrapped *url.Error
	for errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	return err
}
