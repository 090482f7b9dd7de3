package events

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/tidewire/tidewire/appsync"
	"github.com/tidewire/tidewire/internal/exchange"
	"github.com/tidewire/tidewire/internal/realtime"
)

func (a *api) newSocket() *realtime.Socket {
	return realtime.New(realtime.Options{
		Handshake: a.handshake, Protocol: realtime.Events(), Failure: failure, Retry: passing, HTTPClient: a.http,
		Tuning: realtime.Tuning(a.options.Realtime),
	})
}

// handshake is one attempt's, with a proof of its own.
func (a *api) handshake(ctx context.Context) (*realtime.Handshake, error) {
	protocols, err := a.connect.Subprotocols(ctx, a.target)
	if err != nil {
		return nil, err
	}
	h := a.webSocket
	h.Subprotocols, h.Header = protocols, a.options.Header.Clone()
	return &h, nil
}

// failure makes an error of what a frame lists.
func failure(list json.RawMessage) error {
	if errs := appsync.ParseErrors(list); len(errs) > 0 {
		return errs
	}
	return nil
}

func passing(err error) bool { return !appsync.Final(err) }

// check finds what is missing before anything is sent on the WebSocket.
func (a *api) check(auth *appsync.Auth) error {
	for _, auth := range []*appsync.Auth{a.connect, auth} {
		if err := auth.Check(a.target); err != nil {
			return err
		}
	}
	return nil
}

// socketError is err as this package's callers know it.
func (a *api) socketError(err error) error { return a.typed("connect "+a.webSocket.URL, err) }

func (a *api) typed(op string, err error) error {
	switch e := err.(type) {
	case nil, appsync.Errors, *appsync.NoCredentialsError, *appsync.NoRegionError:
		return err
	case *realtime.RefusedError:
		return appsync.NewResponseError(op, e.Status, e.Header, e.Body, nil)
	}
	if err == appsync.ErrClosed || err == appsync.ErrCompleted || err == context.Canceled || err == context.DeadlineExceeded {
		return err
	}
	return &appsync.ConnectionError{Op: op, Cause: err}
}

// callError is socketError for a call, which is still an UnansweredError if it
// was.
func (a *api) callError(err error) error {
	op := "publish on " + a.webSocket.URL
	var e *realtime.UnansweredError
	if errors.As(err, &e) {
		return &realtime.UnansweredError{Cause: a.typed(op, e.Cause)}
	}
	return a.typed(op, err)
}

// masked is a server's word, which may repeat a credential.
func masked(text string) string { return exchange.Redacted(text) }
