package appsync

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/tidewire/tidewire/internal/exchange"
	"github.com/tidewire/tidewire/internal/realtime"
	"github.com/tidewire/tidewire/internal/wire"
)

// send makes attempts until one is answered, or nothing more is safe.
func (c *Client) send(ctx context.Context, r *Request, body []byte, safe bool) (resp *Response, err error) {
	err = c.options.Retry.Do(ctx, func() error {
		resp, err = c.attempt(ctx, r, body)
		return err
	}, func(err error) bool { return repeatable(err, safe) })
	return resp, err
}

// attempt makes one request, authorized by itself.
func (c *Client) attempt(ctx context.Context, r *Request, body []byte) (*Response, error) {
	if c.options.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.options.Timeout)
		defer cancel()
	}
	op := "POST " + c.endpoint.place
	request, err := c.request(ctx, r, body)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	answer, sent, err := exchange.Do(ctx, c.http, request, body, c.options.MaxAnswer)
	if err != nil {
		return nil, &SendError{Op: op, Sent: sent, Cause: err}
	}
	return parseResponse(op, answer, request.Header)
}

// request is one request with its proof, without its body.
func (c *Client) request(ctx context.Context, r *Request, body []byte) (*http.Request, error) {
	auth := r.Auth
	if auth == nil {
		auth = c.auth
	}
	request := c.endpoint.post(len(body))
	if err := auth.apply(ctx, c.endpoint, request, body); err != nil {
		return nil, err
	}
	for name, values := range c.options.Header {
		if request.Header[name] == nil {
			request.Header[name] = values
		}
	}
	return request, nil
}

// parseResponse reads an answer. A body that is no GraphQL response, or a
// status other than 200, is a ResponseError.
func parseResponse(op string, a *exchange.Answer, sent http.Header) (*Response, error) {
	if a.Status == http.StatusOK {
		answer := &Response{RequestID: a.Header.Get("X-Amzn-Requestid"), Tokens: a.Header.Get("X-Amzn-Appsync-Tokensconsumed")}
		if hasData, object := answer.read(a.Body); object && (hasData || len(answer.Errors) > 0) {
			return answer, nil
		}
	}
	return nil, newResponseError(op, a, sent, "GraphQL response")
}

// read takes the members out of a response in one pass. It says whether there is
// a member data, be it null, and whether the text is a JSON object; if it is not,
// r is of no use.
func (r *Response) read(text []byte) (hasData, object bool) {
	var list []byte
	object = wire.Object(text, func(name, value []byte) {
		switch string(name) {
		case "data":
			r.Data, hasData = unlessNull(value), true
		case "errors":
			list = value
		case "extensions":
			r.Extensions = unlessNull(value)
		}
	})
	if object {
		r.Errors = ParseErrors(list)
	}
	return hasData, object
}

// Retry says how often and when an attempt is repeated. Only what is safe is:
// requests that were never sent, because no connection was made; and queries
// that were answered with 429, 500, 502, 503 or 504. A mutation that may have
// been sent is never repeated.
type Retry struct {
	// Attempts counts the first too. Default 3; 1: never repeat.
	Attempts int
	// Min is the first pause, Max the longest. An actual pause is between half
	// and all of the nominal one, which doubles each time. Default 200 ms, 5 s.
	Min, Max time.Duration
}

func (r Retry) withDefaults() Retry {
	r.Attempts = max(1, orDefault(r.Attempts, 3))
	r.Min = max(0, orDefault(r.Min, 200*time.Millisecond))
	r.Max = max(r.Min, orDefault(r.Max, 5*time.Second))
	return r
}

// Do makes attempts until one gives no error, again says no of its error, or
// there have been enough; and gives the last one's error. If ctx ends in a
// pause, the error is ctx's with the attempt's.
func (r Retry) Do(ctx context.Context, attempt func() error, again func(error) bool) error {
	r = r.withDefaults()
	for n := 1; ; n++ {
		err := attempt()
		if err == nil || n >= r.Attempts || !again(err) {
			return err
		}
		if !realtime.Sleep(ctx, realtime.Backoff{Min: r.Min, Max: r.Max}.Pause(n-1)) {
			return errors.Join(ctx.Err(), err)
		}
	}
}

// repeatable says whether an attempt that ended so may be made again.
func repeatable(err error, safe bool) bool {
	var unsent *SendError
	if errors.As(err, &unsent) {
		return unsent.Repeatable()
	}
	var refused *ResponseError
	if !safe || !errors.As(err, &refused) {
		return false
	}
	switch refused.Status {
	case 429, 500, 502, 503, 504:
		return true
	}
	return false
}
