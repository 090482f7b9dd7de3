package login

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
)

// What an [*Error] is about, for errors.Is.
var (
	// ErrLoginRequired says that a person must log in: nothing is saved, or
	// what is saved cannot be renewed any more.
	ErrLoginRequired = errors.New("login required")
	// ErrDenied says that the provider, or the person there, said no: a wrong
	// password or code, an unknown client, access_denied.
	ErrDenied = errors.New("denied")
	// ErrTimeout says that nobody finished in time.
	ErrTimeout = errors.New("timed out")
	// ErrUnavailable says that the provider could not be reached, failed, or
	// was asked too often. The same call may work later.
	ErrUnavailable = errors.New("provider unavailable")
	// ErrUnsupported says that the provider wants or lacks something that this
	// package cannot do or do without.
	ErrUnsupported = errors.New("unsupported")
	// ErrBadAnswer says that the answer is not what the protocol allows.
	ErrBadAnswer = errors.New("malformed answer")
	// ErrUntrusted says that an answer failed a check of who made it: issuer,
	// state, nonce, signature, audience, subject.
	ErrUntrusted = errors.New("untrusted answer")
	// ErrConfig says that the caller's settings cannot work. Nothing was sent.
	ErrConfig = errors.New("wrong settings")
	// ErrStore says that the directory of saved logins cannot be used.
	ErrStore = errors.New("saved logins unusable")
)

// Error is what this package returns. It holds no token, password or code.
type Error struct {
	Op      string // what was being done, such as "refresh"
	Where   string // an address without user, query and fragment, or a file
	Kind    error  // one of the errors above, never nil
	Status  int    // HTTP status, 0 if there is none
	Code    string // OAuth error code or AWS exception name, or ""
	Message string // what is wrong, on one line; the server's words are cleaned
	Hint    string // what to do, or ""
	Cause   error  // such as a context's or the network's error, or nil
}

// Error is one line, and the hint on a second.
func (e *Error) Error() string {
	s := "login: " + e.Op
	for _, part := range []string{e.Where, e.answered(), e.Message} {
		if part != "" {
			s += ": " + part
		}
	}
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	if e.Code == "" && e.Message == "" && e.Cause == nil {
		s += ": " + e.Kind.Error()
	}
	if e.Hint != "" {
		s += "\n    hint: " + e.Hint
	}
	return s
}

// answered is the code, or else the status.
func (e *Error) answered() string {
	if e.Code != "" || e.Status == 0 {
		return e.Code
	}
	return strconv.Itoa(e.Status) + " " + http.StatusText(e.Status)
}

// Unwrap gives the kind and the cause.
func (e *Error) Unwrap() []error {
	if e.Cause == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Cause}
}

// unreached is the error for a call that got no answer. The wrapping of
// net/http is dropped: it shows a whole URL.
func unreached(op, where string, err error) *Error {
	var wrapped *url.Error
	for errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	var own *Error
	if errors.As(err, &own) {
		return &Error{Op: op, Where: where, Kind: own.Kind, Message: own.Message, Hint: own.Hint}
	}
	e := &Error{Op: op, Where: where, Kind: ErrUnavailable, Cause: err}
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		e.Kind, e.Cause, e.Message = ErrBadAnswer, nil, "the answer is too large"
	case errors.Is(err, context.DeadlineExceeded):
		e.Kind = ErrTimeout
	case errors.Is(err, context.Canceled):
	default:
		e.Hint = "check the address, the network and the proxy settings"
	}
	return e
}

// ended is the error for waiting that ctx ended.
func ended(op string, ctx context.Context) *Error {
	e := &Error{Op: op, Kind: ErrTimeout, Cause: ctx.Err()}
	if errors.Is(ctx.Err(), context.Canceled) {
		e.Kind = ErrUnavailable
	}
	return e
}

// misconfigured is an error before anything is sent.
func misconfigured(op, message, hint string) *Error {
	return &Error{Op: op, Kind: ErrConfig, Message: message, Hint: hint}
}
