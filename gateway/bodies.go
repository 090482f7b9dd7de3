package gateway

import (
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/tidewire/tidewire/internal/fault"
)

const (
	// maxBodies bounds the bytes of requests to APIs of AppSync that are in
	// memory at once: a signature is made over the body, so it is read before
	// anybody is known.
	maxBodies = 128 << 20
	// answerLimit is how long such a request may take, and its client to take
	// the answer.
	answerLimit = 90 * time.Second
)

var errBodies = errors.New("too many bytes of requests are in memory at once")

// bodies counts the bytes of request bodies in memory. The zero value counts
// none.
type bodies struct{ held atomic.Int64 }

// hold has the bytes of a request counted until the function it gives is
// called. It refuses the request when there are too many already.
func (b *bodies) hold(w http.ResponseWriter, r *http.Request) (release func(), ok bool) {
	if b.held.Load() > maxBodies {
		busy := fault.Error{Code: "ServiceUnavailableException", Status: http.StatusServiceUnavailable, Message: "Service Unavailable"}
		busy.WriteREST(w)
		return nil, false
	}
	counted := &countedBody{ReadCloser: r.Body, all: &b.held}
	r.Body = counted
	return func() { b.held.Add(-counted.own) }, true
}

// countedBody counts what is read, until there is too much of it everywhere.
type countedBody struct {
	io.ReadCloser
	all *atomic.Int64
	own int64 // read by the handler's goroutine only
}

func (c *countedBody) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.own += int64(n)
	if c.all.Add(int64(n)) > maxBodies && n > 0 {
		return 0, errBodies
	}
	return n, err
}
