package login

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"
)

const pageTime = time.Second // for the closing page to reach the browser

// callback waits for the one request by which a browser brings the code.
type callback struct {
	attempt *attempt
	path    string
	hosts   [2]string // that the request may be for: others are names that lead here
	server  *http.Server
	done    chan struct{} // closed when Serve has returned
	result  chan result   // holds one
	strange atomic.Int32
}

type result struct {
	code string
	err  error
}

// listen serves the listener until stop.
func listen(l net.Listener, a *attempt) *callback {
	u, err := url.Parse(a.redirect)
	if err != nil { // it was made of checked parts
		u = &url.URL{}
	}
	cb := &callback{attempt: a, path: u.Path, done: make(chan struct{}), result: make(chan result, 1),
		hosts: [2]string{net.JoinHostPort("127.0.0.1", u.Port()), net.JoinHostPort("localhost", u.Port())}}
	cb.server = &http.Server{Handler: cb, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second, MaxHeaderBytes: 64 << 10}
	cb.server.SetKeepAlivesEnabled(false)
	go func() { // stop waits for it
		defer close(cb.done)
		_ = cb.server.Serve(l) // ends with the listener; the deadline of wait covers any failure
	}()
	return cb
}

// stop lets the closing page out, then ends everything.
func (cb *callback) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), pageTime)
	defer cancel()
	if cb.server.Shutdown(ctx) != nil {
		_ = cb.server.Close() // nothing is left to lose
	}
	<-cb.done
}

// wait gives the code, or why there is none.
func (cb *callback) wait(ctx context.Context) (string, error) {
	select {
	case r := <-cb.result:
		return r.code, r.err
	case <-ctx.Done():
	}
	e := late(cb.attempt.op, ctx)
	if n := cb.strange.Load(); n > 0 {
		e.Message += fmt.Sprintf("; %d answers of another login were refused", n)
	}
	return "", e
}

// ServeHTTP takes the first answer with the right state.
func (cb *callback) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Host != cb.hosts[0] && r.Host != cb.hosts[1]:
		page(w, http.StatusForbidden, "This address is not for you.")
	case r.URL.Path != cb.path:
		page(w, http.StatusNotFound, "There is nothing here.")
	case r.Method != http.MethodGet:
		page(w, http.StatusMethodNotAllowed, "This address takes GET only.")
	default:
		cb.answer(w, r.URL.RawQuery)
	}
}

func (cb *callback) answer(w http.ResponseWriter, query string) {
	in, err := parseCallback(query)
	if err != nil || subtle.ConstantTimeCompare([]byte(in.Get("state")), []byte(cb.attempt.state)) != 1 {
		cb.strange.Add(1) // any page may send one: they end nothing
		page(w, http.StatusBadRequest, "This answer belongs to another login. Begin again from the terminal.")
		return
	}
	r := cb.judge(in)
	switch {
	case !cb.finish(r):
		page(w, http.StatusConflict, "This login was answered before.")
	case r.err != nil:
		page(w, http.StatusOK, "The login failed. The terminal says why; you can close this window.")
	default:
		page(w, http.StatusOK, "Your answer has arrived. Go back to the terminal; you can close this window.")
	}
}

// judge reads an answer of ours (RFC 6749 sections 4.1.2 and 4.1.2.1, RFC 9207
// for iss).
func (cb *callback) judge(in url.Values) result {
	a := cb.attempt
	e := &Error{Op: a.op, Where: cleaned(a.issuer)}
	code := in.Get("code")
	switch {
	case (in.Has("iss") || a.sendsIss) && in.Get("iss") != a.issuer:
		e.Kind, e.Message = ErrUntrusted, "the answer is not this provider's, but of "+strconv.Quote(cleaned(in.Get("iss")))
	case in.Get("error") != "":
		e.Code, e.Message = cleaned(in.Get("error"), code), cleaned(in.Get("error_description"), code)
		e.Kind, e.Hint = kindOfCode(e.Code, 0), hintForCode(e.Code)
	case code == "":
		e.Kind, e.Message = ErrBadAnswer, "the answer has no code"
	default:
		return result{code: code}
	}
	return result{err: e}
}

// finish keeps the first result; false if there was one.
func (cb *callback) finish(r result) bool {
	select {
	case cb.result <- r:
		return true
	default:
		return false
	}
}

// parseCallback reads the query of an answer; a parameter that comes twice is
// an error (RFC 6749 section 3.1).
func parseCallback(query string) (url.Values, error) {
	in, err := url.ParseQuery(query)
	if err != nil {
		return nil, errors.New("the query is malformed")
	}
	for _, values := range in {
		if len(values) > 1 {
			return nil, errors.New("a parameter comes twice")
		}
	}
	return in, nil
}

// page is a text for the person's eyes, which no other page can frame, and
// whose address, with the code in it, goes to nobody.
func page(w http.ResponseWriter, status int, text string) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "<!doctype html><title>tidewire</title><p>%s</p>\n", text) // the browser may be gone
}
