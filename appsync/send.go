package appsync

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"time"

	"github.com/tidewire/tidewire/internal/wire"
)

// send makes attempts until one is answered, or nothing more is safe.
func (c *Client) send(ctx context.Context, r *Request, body []byte, safe bool) (*Response, error) {
	retry := c.options.Retry
	for attempt := 1; ; attempt++ {
		resp, err := c.attempt(ctx, r, body)
		if err == nil || attempt >= retry.Attempts || !repeatable(err, safe) {
			return resp, err
		}
		if !sleep(ctx, retry.pause(attempt-1)) {
			return nil, errors.Join(ctx.Err(), err)
		}
	}
}

// attempt makes one request, authorized by itself.
func (c *Client) attempt(ctx context.Context, r *Request, body []byte) (*Response, error) {
	if c.options.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.options.Timeout)
		defer cancel()
	}
	op := "POST " + c.endpoint.place
	var sent atomic.Bool
	request, err := c.request(ctx, r, body, &sent)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	resp, err := c.http.Do(request)
	if err != nil {
		return nil, &SendError{Op: op, Sent: sent.Load(), Cause: withoutURL(err)}
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := readBounded(resp.Body, resp.ContentLength, c.options.MaxAnswer)
	if err != nil {
		return nil, &SendError{Op: op, Sent: true, Cause: fmt.Errorf("read the answer: %w", withoutURL(err))}
	}
	return parseResponse(op, resp, text, request)
}

// request is one request with its proof. sent becomes true when a connection
// is about to get it.
func (c *Client) request(ctx context.Context, r *Request, body []byte, sent *atomic.Bool) (*http.Request, error) {
	auth := r.Auth
	if auth == nil {
		auth = c.auth
	}
	request := c.endpoint.post(len(body))
	request.Body = io.NopCloser(bytes.NewReader(body))
	request.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	if err := auth.apply(ctx, c.endpoint, request, body); err != nil {
		return nil, err
	}
	for name, values := range c.options.Header {
		if request.Header[name] == nil {
			request.Header[name] = values
		}
	}
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { sent.Store(true) }}
	return request.WithContext(httptrace.WithClientTrace(ctx, trace)), nil
}

// parseResponse reads an answer. A body that is no GraphQL response, or a
// status other than 200, is a ResponseError.
func parseResponse(op string, resp *http.Response, text []byte, sent *http.Request) (*Response, error) {
	answer := &Response{RequestID: resp.Header.Get("X-Amzn-Requestid"), Tokens: resp.Header.Get("X-Amzn-Appsync-Tokensconsumed")}
	valid := json.Valid(text)
	hasData := valid && answer.read(text)
	if resp.StatusCode == http.StatusOK && (hasData || len(answer.Errors) > 0) {
		return answer, nil
	}
	e := &ResponseError{Op: op, Status: resp.StatusCode, Type: shortType(resp.Header.Get("X-Amzn-Errortype")), RequestID: oneLine(answer.RequestID)}
	e.Message = message(resp, text, valid, answer.Errors)
	if e.Type == "" && len(answer.Errors) > 0 {
		e.Type = oneLine(shortType(answer.Errors[0].ErrorType))
	}
	e.Message = redacted(e.Message, secrets(sent.Header)...)
	return nil, e
}

// read takes the members out of a response, which is valid JSON, in one pass.
// It says whether there is a member data, be it null.
func (r *Response) read(text []byte) (hasData bool) {
	wire.Members(text, func(name, value []byte) {
		switch string(name) {
		case "data":
			r.Data, hasData = unlessNull(value), true
		case "errors":
			r.Errors = parseErrors(value)
		case "extensions":
			r.Extensions = unlessNull(value)
		}
	})
	return hasData
}

// secrets are the values in h that no error may repeat.
func secrets(h http.Header) []string {
	return []string{h.Get("Authorization"), h.Get("X-Api-Key"), h.Get("X-Amz-Security-Token")}
}

// message is what the server says in an answer that is no GraphQL response.
func message(resp *http.Response, text []byte, valid bool, list Errors) string {
	if len(list) > 0 {
		return list[0].Message
	}
	var m struct{ Message string } // encoding/json accepts Message too
	if valid && json.Unmarshal(text, &m) == nil && m.Message != "" {
		return m.Message
	}
	found, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if found == "" {
		found, _, _ = strings.Cut(http.DetectContentType(text), ";")
	}
	switch {
	case len(text) == 0:
		return "the answer is empty"
	case valid:
		return "the answer is JSON but no GraphQL response"
	case resp.StatusCode/100 == 3:
		return "a redirect, which is not followed; is the URL that of the API?"
	case !strings.Contains(found, "json"):
		return "the answer is " + found + " instead of JSON; is a proxy or another server at this URL?"
	}
	return "the answer is not well-formed JSON"
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

// repeatable says whether an attempt that ended so may be made again.
func repeatable(err error, safe bool) bool {
	var unsent *SendError
	if errors.As(err, &unsent) {
		return !unsent.Sent && dialling(unsent.Cause)
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

// dialling says whether a connection could not be made, for a reason that may
// pass.
func dialling(err error) bool {
	var unknownHost *net.DNSError
	if errors.As(err, &unknownHost) {
		return !unknownHost.IsNotFound
	}
	var dial *net.OpError
	return errors.As(err, &dial) && dial.Op == "dial" && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
}
