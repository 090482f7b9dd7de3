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

// Do sends r with body, which is not empty, and reads the answer, at most that many
// bytes. With an error, sent says whether the server may have the request.
func Do(ctx context.Context, c *http.Client, r *http.Request, body []byte, most int64) (answer *Answer, sent bool, err error) {
	r, begun := watch(ctx, c, r, body)
	resp, err := roundTrip(c, r)
	if err != nil {
		return nil, begun.Load(), WithoutURL(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := readBounded(resp.Body, resp.ContentLength, most)
	if err != nil {
		return nil, true, fmt.Errorf("read the answer: %w", WithoutURL(err))
	}
	return &Answer{Status: resp.StatusCode, Header: resp.Header, Body: text}, true, nil
}

// watch gives r a body, and a value that is true once the server may have
// something of r: with net/http's transport when there is a connection for it,
// with another, which may not say so, when it has begun to read the body.
// (net/http would send the headers alone if it did not know what kind of body
// that is.)
func watch(ctx context.Context, c *http.Client, r *http.Request, body []byte) (*http.Request, *atomic.Bool) {
	var begun atomic.Bool
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	if _, traces := transport(c).(*http.Transport); traces {
		ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { begun.Store(true) }})
	} else {
		open = func() (io.ReadCloser, error) { return &watched{bytes.NewReader(body), &begun}, nil }
	}
	r = r.WithContext(ctx)
	r.Body, _ = open() // there is no error
	r.GetBody = open
	return r, &begun
}

// watched is a body that says when it has been read from.
type watched struct {
	body *bytes.Reader
	read *atomic.Bool
}

func (w *watched) Read(p []byte) (int, error) {
	w.read.Store(true)
	return w.body.Read(p)
}

// Close does nothing.
func (w *watched) Close() error { return nil }

func transport(c *http.Client) http.RoundTripper {
	if c.Transport == nil {
		return http.DefaultTransport
	}
	return c.Transport
}

// roundTrip is c.Do without what only redirects need, such as copies of all
// headers.
func roundTrip(c *http.Client, r *http.Request) (*http.Response, error) {
	if c.Jar != nil || c.Timeout != 0 {
		return c.Do(r)
	}
	resp, err := transport(c).RoundTrip(r)
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
