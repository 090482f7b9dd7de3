package realtime

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

var (
	// ErrClosed is the end of what this side has closed.
	ErrClosed = errors.New("closed by this side")
	// ErrCompleted is the end of a subscription that the server has ended.
	ErrCompleted = errors.New("the server has ended the subscription")
)

// RefusedError is a handshake that was answered with a status other than 101.
type RefusedError struct {
	Status int
	Header http.Header
	Body   []byte // its first KB, as it came: it may repeat credentials
}

// Error is the status.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("the WebSocket was refused: %d %s", e.Status, http.StatusText(e.Status))
}

// DialError is a connection that could not be made: DNS, TCP, TLS, or an answer
// that is no WebSocket handshake.
type DialError struct {
	Cause error
}

// Error says what failed.
func (e *DialError) Error() string { return "cannot connect: " + e.Cause.Error() }

// Unwrap gives the cause.
func (e *DialError) Unwrap() error { return e.Cause }

// TimeoutError is something that did not come in time: an answer of the server, or
// a proof.
type TimeoutError struct {
	For   string // what was waited for
	After time.Duration
	Cause error // what says more; may be nil
}

// Error says what was waited for.
func (e *TimeoutError) Error() string {
	s := "no " + e.For + " within " + e.After.String()
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

// Unwrap gives the cause.
func (e *TimeoutError) Unwrap() error { return e.Cause }

// Timeout is true: a TimeoutError is a net.Error of its kind.
func (e *TimeoutError) Timeout() bool { return true }

// UnansweredError is a call that was sent and not answered: the server may have
// done what it asks for.
type UnansweredError struct {
	Cause error
}

// Error says why there is no answer.
func (e *UnansweredError) Error() string { return "sent, but not answered: " + e.Cause.Error() }

// Unwrap gives the cause.
func (e *UnansweredError) Unwrap() error { return e.Cause }

// LostError is a connection that ended without this side's doing.
type LostError struct {
	Cause error
}

// Error says what failed.
func (e *LostError) Error() string { return "connection lost: " + e.Cause.Error() }

// Unwrap gives the cause.
func (e *LostError) Unwrap() error { return e.Cause }

// withoutURL strips what net/http wraps around an error, because the wrapping
// shows the whole URL.
func withoutURL(err error) error {
	var wrapped *url.Error
	for errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	return err
}
