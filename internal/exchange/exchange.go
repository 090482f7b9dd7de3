package exchange

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
)

// ErrTooLarge is an answer over the bound.
var ErrTooLarge = errors.New("answer too large")

// Bytes that are made room for before any has come.
const (
	leastRoom = 2 << 10
	firstRoom = 64 << 10
)

// Answer is what came back, all of it.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Client is a copy of given, nil for the default one, that follows no
// redirects: they would carry a credential elsewhere.
func Client(given *http.Client) *http.Client {
	var c http.Client
	if given != nil {
		c = *given
	}
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &c
}

// Do sends r with body and reads the answer, at most that many bytes. With an
// error, sent says whether the server may have the request.
func Do(ctx context.Context, c *http.Client, r *http.Request, body []byte, most int64) (answer *Answer, sent bool, err error) {
	var got atomic.Bool
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { got.Store(true) }}
	resp, err := roundTrip(c, r.WithContext(httptrace.WithClientTrace(ctx, trace)))
	if err != nil {
		return nil, got.Load(), WithoutURL(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := readBounded(resp.Body, resp.ContentLength, most)
	if err != nil {
		return nil, true, fmt.Errorf("read the answer: %w", WithoutURL(err))
	}
	return &Answer{Status: resp.StatusCode, Header: resp.Header, Body: text}, true, nil
}

// roundTrip is c.Do without what only redirects need, such as copies of all
// headers.
func roundTrip(c *http.Client, r *http.Request) (*http.Response, error) {
	if c.Jar != nil || c.Timeout != 0 {
		return c.Do(r)
	}
	transport := c.Transport
	if transport == nil {
		transport = http.DefaultTransport
	}
	resp, err := transport.RoundTrip(r)
	if err == nil && (resp == nil || resp.Body == nil) {
		err = errors.New("the HTTP client's transport gave no response")
	}
	return resp, err
}

// readBounded reads at most that many bytes. length is how many there are said to
// be, or negative.
func readBounded(body io.Reader, length, most int64) ([]byte, error) {
	var b bytes.Buffer
	b.Grow(int(min(max(length, leastRoom), firstRoom)) + bytes.MinRead)
	_, err := b.ReadFrom(io.LimitReader(body, most+1))
	if int64(b.Len()) > most {
		return nil, fmt.Errorf("%w: over %d bytes; see Options.MaxAnswer", ErrTooLarge, most)
	}
	return b.Bytes(), err
}

// Undialled says whether a connection could not be made, for a reason that may
// pass.
func Undialled(err error) bool {
	var unknownHost *net.DNSError
	if errors.As(err, &unknownHost) {
		return !unknownHost.IsNotFound
	}
	var dial *net.OpError
	return errors.As(err, &dial) && dial.Op == "dial" && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
}

// Complaint says what is odd about an answer that is not what was asked for,
// which is called wanted. valid says whether the body is JSON.
func Complaint(a *Answer, valid bool, wanted string) string {
	found, _, _ := mime.ParseMediaType(a.Header.Get("Content-Type"))
	if found == "" {
		found, _, _ = strings.Cut(http.DetectContentType(a.Body), ";")
	}
	switch {
	case len(a.Body) == 0:
		return "the answer is empty"
	case valid:
		return "the answer is JSON but no " + wanted
	case a.Status/100 == 3:
		return "a redirect, which is not followed; is the URL that of the API?"
	case !strings.Contains(found, "json"):
		return "the answer is " + found + " instead of JSON; is a proxy or another server at this URL?"
	}
	return "the answer is not well-formed JSON"
}
