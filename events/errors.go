package events

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/tidewire/tidewire/appsync"
	"github.com/tidewire/tidewire/internal/realtime"
)

// EventError is an event that is no JSON. Nothing has been sent.
type EventError struct {
	Index int // in the events of the call
	Cause error
}

// Error says which event it is and what is wrong.
func (e *EventError) Error() string {
	return fmt.Sprintf("event %d is not JSON: %v", e.Index, masked(e.Cause.Error()))
}

// Unwrap gives the cause.
func (e *EventError) Unwrap() error { return e.Cause }

// RejectedError says that AppSync has not accepted some events, one by one.
type RejectedError struct {
	Failed []Rejected // at least one
	Of     int        // how many events have been answered for
}

// rejected is the error of p, nil if nothing failed.
func (p *Published) rejected() error {
	if len(p.Failed) == 0 {
		return nil
	}
	return &RejectedError{Failed: p.Failed, Of: len(p.Successful) + len(p.Failed) + len(p.Unmentioned)}
}

// Error says how many, and why the first.
func (e *RejectedError) Error() string {
	f := e.Failed[0]
	s := fmt.Sprintf("%d of %d events were rejected; event %d", len(e.Failed), e.Of, f.Index)
	if f.Code != 0 {
		s += fmt.Sprintf(": code %d", f.Code)
	}
	if f.Message != "" {
		s += ": " + f.Message
	}
	return s
}

// Is says whether one of them was rejected as target says:
// [appsync.ErrUnauthorized] for 401 and 403, [appsync.ErrLimitExceeded] for 429.
func (e *RejectedError) Is(target error) bool {
	for _, f := range e.Failed {
		switch {
		case target == appsync.ErrUnauthorized && (f.Code == http.StatusUnauthorized || f.Code == http.StatusForbidden),
			target == appsync.ErrLimitExceeded && f.Code == http.StatusTooManyRequests:
			return true
		}
	}
	return false
}

// BatchError is a batch of events that was refused as a whole, or not answered.
type BatchError struct {
	First, Count int // the batch, in the events of the call
	Unsent       int // how many events after it were not sent for that reason
	// MayBeAccepted says that AppSync may have accepted the events: they were
	// sent, and what came back does not say otherwise.
	MayBeAccepted bool
	Cause         error // an error of package appsync, or the context's
}

func newBatchError(err error, first, end, all int) *BatchError {
	cause, uncertain := err, false
	var unanswered *realtime.UnansweredError
	var sent *appsync.SendError
	var answer *appsync.ResponseError
	var odd *oddAnswerError
	switch {
	case errors.As(err, &unanswered):
		cause, uncertain = unanswered.Cause, true
	case errors.As(cause, &odd):
		uncertain = true
	case errors.As(cause, &sent):
		uncertain = sent.Sent
	case errors.As(cause, &answer):
		uncertain = answer.Status/100 == 2 && answer.Type == "" || answer.Status >= 500
	}
	return &BatchError{First: first, Count: end - first, Unsent: all - end, MayBeAccepted: uncertain, Cause: cause}
}

// Error says which events it is about, what may have become of them, and why.
func (e *BatchError) Error() string {
	s := fmt.Sprintf("events %d to %d were", e.First, e.First+e.Count-1)
	if e.Count == 1 {
		s = fmt.Sprintf("event %d was", e.First)
	}
	if e.MayBeAccepted {
		s += " sent and may have been accepted"
	} else {
		s += " not accepted"
	}
	s += ": " + e.Cause.Error()
	if e.Unsent > 0 {
		s += fmt.Sprintf(" (the %d after were not sent)", e.Unsent)
	}
	return s
}

// Unwrap gives the cause.
func (e *BatchError) Unwrap() error { return e.Cause }

// oddAnswerError is an answer to a publish that cannot be read.
type oddAnswerError struct{}

func (*oddAnswerError) Error() string {
	return "successful and failed of the answer to a publish are not lists of its events"
}
