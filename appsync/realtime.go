package appsync

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"golang.org/x/oauth2"

	"github.com/tidewire/tidewire/internal/exchange"
	"github.com/tidewire/tidewire/internal/realtime"
)

// How a subscription ends without a failure.
var (
	// ErrClosed is the end of what this side has closed.
	ErrClosed = realtime.ErrClosed
	// ErrCompleted is the end of a subscription that AppSync has ended, such as
	// by invalidating it.
	ErrCompleted = realtime.ErrCompleted
)

// ConnectionError is a WebSocket that could not be opened, was lost, or on which
// an answer, or the proof for a message, did not come in time.
type ConnectionError struct {
	Op    string // what was connected to
	Cause error
}

// Error says what failed.
func (e *ConnectionError) Error() string { return e.Op + ": " + exchange.Redacted(e.Cause.Error()) }

// Unwrap gives the cause.
func (e *ConnectionError) Unwrap() error { return e.Cause }

// Timeout says whether something did not come in time.
func (e *ConnectionError) Timeout() bool {
	var late *realtime.TimeoutError
	return errors.As(e.Cause, &late)
}

func (c *Client) newSocket() *realtime.Socket {
	return realtime.New(realtime.Options{
		Handshake: c.handshake, Protocol: realtime.GraphQL(), Failure: failure, Retry: passing, HTTPClient: c.http,
		Tuning: realtime.Tuning(c.options.Realtime),
	})
}

// handshake is one attempt's, with a proof of its own.
func (c *Client) handshake(ctx context.Context) (*realtime.Handshake, error) {
	object, err := c.auth.connectObject(ctx, c.endpoint)
	if err != nil {
		return nil, err
	}
	h := &realtime.Handshake{Host: c.endpoint.realtimeHost, Header: c.options.Header.Clone()}
	if c.options.HeaderInQuery {
		h.URL, h.Subprotocols = c.endpoint.authorizedURL(object), []string{subprotocol}
		return h, nil
	}
	h.URL, h.Subprotocols = c.endpoint.realtime.String(), c.endpoint.subprotocols(object)
	return h, nil
}

// failure makes an error of what a frame lists.
func failure(list json.RawMessage) error {
	if errs := ParseErrors(list); len(errs) > 0 {
		return errs
	}
	return nil
}

// Final says whether another attempt to connect or to subscribe would end with
// an error like err again, such as a denial: the clients of this module make no
// other then.
func Final(err error) bool { return !passing(err) }

// passing says whether another attempt may end otherwise. A denial stays one.
func passing(err error) bool {
	var refused *realtime.RefusedError
	var answer *ResponseError
	var missing *NoCredentialsError
	var region *NoRegionError
	var list Errors
	switch {
	case errors.As(err, &refused):
		return passingStatus(refused.Status)
	case errors.As(err, &answer):
		return passingStatus(answer.Status)
	case errors.As(err, &missing):
		var oauth *oauth2.RetrieveError
		return !errors.As(missing.Cause, &oauth) || oauth.Response == nil || oauth.Response.StatusCode >= 500
	case errors.As(err, &region):
		return false
	case errors.As(err, &list):
		return passingErrors(list)
	}
	return true
}

// passingStatus: AppSync denies with 400, 401 and 403. Whatever else answers a
// handshake is something between, such as the page of a proxy or a deployment
// under way, and a subscription that was accepted outlives that.
func passingStatus(status int) bool {
	return status != http.StatusBadRequest && status != http.StatusUnauthorized && status != http.StatusForbidden
}

// passingErrors is passing for the errors of a frame: not for those that
// AppSync's own clients take as final, nor for errors without a type, which
// are of the document.
func passingErrors(list Errors) bool {
	for i := range list {
		e := &list[i]
		switch shortType(e.ErrorType) {
		case "", "BadRequestException", "UnsupportedOperation", "MaxSubscriptionsReachedError", "ResourceNotFound", "InvalidInputError":
			return false
		}
		if e.Is(ErrUnauthorized) || e.ErrorCode == http.StatusBadRequest {
			return false
		}
	}
	return true
}

// realtimeError is err as this package's callers know it.
func (c *Client) realtimeError(err error) error {
	op := "connect " + exchange.Place(&c.endpoint.realtime)
	switch e := err.(type) {
	case nil, Errors, *NoCredentialsError, *NoRegionError:
		return err
	case *realtime.RefusedError:
		return NewResponseError(op, e.Status, e.Header, e.Body, nil)
	}
	if err == ErrClosed || err == ErrCompleted || err == context.Canceled || err == context.DeadlineExceeded {
		return err
	}
	return &ConnectionError{Op: op, Cause: err}
}
