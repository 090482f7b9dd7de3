package events

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/tidewire/tidewire/appsync"
	"github.com/tidewire/tidewire/internal/exchange"
	"github.com/tidewire/tidewire/internal/wire"
)

// post publishes a batch over HTTP, repeating what is safe.
func (c *Client) post(ctx context.Context, channel string, events []json.RawMessage) (r results, err error) {
	body, _, _ := wire.AppendPublication(nil, channel, events)
	err = c.api.options.Retry.Do(ctx, func() error {
		r, err = c.attempt(ctx, body, len(events))
		return err
	}, repeatable)
	return r, err
}

// repeatable says whether a publish that ended so may be made again without
// publishing anything twice.
func repeatable(err error) bool {
	var unsent *appsync.SendError
	if errors.As(err, &unsent) {
		return unsent.Repeatable()
	}
	var refused *appsync.ResponseError
	return errors.As(err, &refused) && errors.Is(refused, appsync.ErrLimitExceeded) && refused.Status < 500
}

// attempt makes one request, authorized by itself.
func (c *Client) attempt(ctx context.Context, body []byte, n int) (results, error) {
	a := c.api
	if a.options.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, a.options.Timeout)
		defer cancel()
	}
	op := "POST " + a.place
	header, err := c.publish.Headers(ctx, a.target, body)
	if err != nil {
		return results{}, err
	}
	answer, sent, err := exchange.Do(ctx, a.http, a.request(header, len(body)), body, a.options.MaxAnswer)
	if err != nil {
		return results{}, &appsync.SendError{Op: op, Sent: sent, Cause: err}
	}
	r, ok := readAnswer(answer, n)
	if !ok {
		return results{}, appsync.NewResponseError(op, answer.Status, answer.Header, answer.Body, header)
	}
	return r, nil
}

func (a *api) request(header http.Header, length int) *http.Request {
	for name, values := range a.options.Header {
		if header[name] == nil {
			header[name] = values
		}
	}
	u := a.url
	return &http.Request{
		Method: http.MethodPost, URL: &u, Host: a.host, ContentLength: int64(length), Header: header,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
}

// readAnswer reads the answer to a publish of n events; false: it is none.
func readAnswer(a *exchange.Answer, n int) (r results, ok bool) {
	if a.Status != http.StatusOK || !wire.Valid(a.Body) {
		return r, false
	}
	var successful, failed, refusal json.RawMessage
	wire.Members(a.Body, func(name, value []byte) {
		switch string(name) {
		case "successful":
			successful = value
		case "failed":
			failed = value
		case "errors":
			refusal = value
		}
	})
	if len(appsync.ParseErrors(refusal)) > 0 {
		return r, false
	}
	return r, r.read(successful, failed, n)
}

// call publishes a batch on the WebSocket.
func (c *Client) call(ctx context.Context, channel string, events []json.RawMessage) (r results, err error) {
	body, rawChannel, rawEvents := wire.AppendPublication(nil, channel, events)
	f, err := c.api.socket.Call(ctx, func(ctx context.Context, id string) ([]byte, error) {
		object, err := c.publish.SubscriptionHeaders(ctx, c.api.target, body)
		if err != nil {
			return nil, err
		}
		return (&wire.Frame{Type: wire.Publish, ID: id, Channel: rawChannel, Events: rawEvents, Authorization: object}).Append(nil), nil
	})
	if err != nil {
		return r, c.api.callError(err)
	}
	if !r.read(f.Successful, f.Failed, len(events)) {
		return r, c.api.callError(&oddAnswerError{})
	}
	return r, nil
}
