package lambda

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// Paths of the Runtime and Extensions APIs.
const (
	runtimePath   = "/2018-06-01/runtime"
	extensionPath = "/2020-01-01/extension"
)

// apiError is the JSON body of an error answer.
type apiError struct {
	Message string `json:"errorMessage"`
	Type    string `json:"errorType"`
}

// routes is the API's handler. A request without the secret, or that a browser
// could have been made to send (a foreign Host, any Origin), is refused.
func (a *runtimeAPI) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+anySecret+runtimePath+"/invocation/next", a.next)
	mux.HandleFunc("POST "+anySecret+runtimePath+"/invocation/{id}/response", a.response)
	mux.HandleFunc("POST "+anySecret+runtimePath+"/invocation/{id}/error", a.invocationError)
	mux.HandleFunc("POST "+anySecret+runtimePath+"/init/error", a.initError)
	mux.HandleFunc("GET "+anySecret+runtimePath+"/restore/next", a.restoreNext)
	mux.HandleFunc("POST "+anySecret+runtimePath+"/restore/error", a.initError)
	mux.HandleFunc("POST "+anySecret+extensionPath+"/register", a.register)
	mux.HandleFunc("GET "+anySecret+extensionPath+"/event/next", a.extensionNext)
	mux.HandleFunc("POST "+anySecret+extensionPath+"/init/error", a.extensionError)
	mux.HandleFunc("POST "+anySecret+extensionPath+"/exit/error", a.extensionError)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !a.admits(r) {
			turnAway(w)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// next hands out one event; it blocks until there is one.
func (a *runtimeAPI) next(w http.ResponseWriter, r *http.Request) {
	if !a.mayAsk() {
		refuse(w, http.StatusForbidden, "InvalidStateTransition", "the last invocation has not been answered")
		return
	}
	inv := a.take(r.Context())
	if inv == nil {
		return // nobody reads the answer
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(inv.payload)))
	h.Set("Lambda-Runtime-Aws-Request-Id", inv.id)
	h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(inv.deadline.UnixMilli(), 10))
	h.Set("Lambda-Runtime-Invoked-Function-Arn", inv.arn)
	h.Set("Lambda-Runtime-Trace-Id", inv.trace)
	_, _ = w.Write(inv.payload) // a process that went away is noticed by its exit
}

// mayAsk moves the process on to asking for events.
func (a *runtimeAPI) mayAsk() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.running != nil || a.stage == stageFailed {
		return false
	}
	if a.stage == stageInit {
		a.stage = stageRunning
		close(a.started)
	}
	return true
}

// take waits for an event; nil when the process or the API is gone.
func (a *runtimeAPI) take(ctx context.Context) *invocation {
	select {
	case inv := <-a.events:
		a.mu.Lock()
		a.running = inv
		a.mu.Unlock()
		return inv
	case <-ctx.Done():
	case <-a.gone:
	case <-a.quit:
	}
	return nil
}

// response takes what the handler returned.
func (a *runtimeAPI) response(w http.ResponseWriter, r *http.Request) {
	inv := a.owner(w, r)
	if inv == nil {
		return
	}
	body, err := readBody(r, maxReply)
	switch {
	case errors.Is(err, errTooMuch):
		if a.settle(w, inv, reply{tooLarge: true}) {
			refuse(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge",
				"Exceeded maximum allowed payload size ("+strconv.Itoa(maxReply)+" bytes).")
		}
		return
	case err != nil:
		return // the connection broke; the invocation ends with the process
	}
	answer := reply{body: body}
	if kind := r.Trailer.Get("Lambda-Runtime-Function-Error-Type"); kind != "" {
		answer = reply{body: trailerError(kind, r.Trailer.Get("Lambda-Runtime-Function-Error-Body")), failed: true}
	}
	if a.settle(w, inv, answer) {
		accept(w)
	}
}

// invocationError takes a handler's error document.
func (a *runtimeAPI) invocationError(w http.ResponseWriter, r *http.Request) {
	inv := a.owner(w, r)
	if inv == nil {
		return
	}
	body, err := readBody(r, maxReply)
	if err != nil && !errors.Is(err, errTooMuch) {
		return
	}
	if a.settle(w, inv, reply{body: a.errorDocument(r, body), failed: true}) {
		accept(w)
	}
}

// owner is the invocation that a path names, or nil after refusing.
func (a *runtimeAPI) owner(w http.ResponseWriter, r *http.Request) *invocation {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.stage != stageRunning:
		refuse(w, http.StatusForbidden, "InvalidStateTransition", "no invocation has been asked for")
	case a.running == nil || a.running.id != r.PathValue("id"):
		refuse(w, http.StatusBadRequest, "InvalidRequestID", "Invalid request ID")
	default:
		return a.running
	}
	return nil
}

// settle gives the answer to the waiting caller, once.
func (a *runtimeAPI) settle(w http.ResponseWriter, inv *invocation, r reply) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.running != inv {
		refuse(w, http.StatusBadRequest, "InvalidRequestID", "Invalid request ID")
		return false
	}
	a.running = nil
	select {
	case <-a.answers: // an answer that nobody waited for
	default:
	}
	a.answers <- answer{inv.id, r}
	return true
}

// initError takes the report of a runtime that cannot start.
func (a *runtimeAPI) initError(w http.ResponseWriter, r *http.Request) {
	body, err := readBody(r, maxReply)
	if err != nil && !errors.Is(err, errTooMuch) {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stage != stageInit {
		refuse(w, http.StatusForbidden, "InvalidStateTransition", "initialization is over")
		return
	}
	a.stage = stageFailed
	a.failed <- a.errorDocument(r, body)
	accept(w)
}

// restoreNext answers at once: a process here is never a snapshot.
func (a *runtimeAPI) restoreNext(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(http.StatusOK)
}

// register lets a runtime register as its own extension, which aws-lambda-go
// does to be told of a shutdown.
func (a *runtimeAPI) register(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Lambda-Extension-Name") == "" {
		refuse(w, http.StatusForbidden, "Extension.InvalidExtensionName", "Lambda-Extension-Name is missing")
		return
	}
	w.Header().Set("Lambda-Extension-Identifier", newRequestID())
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"functionName":"function","functionVersion":"$LATEST","handler":"bootstrap"}`)
}

// extensionNext blocks until the process ends; there are no extension events.
func (a *runtimeAPI) extensionNext(_ http.ResponseWriter, r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-a.gone:
	case <-a.quit:
	}
}

// extensionError takes an extension's report; the exit that follows tells.
func (a *runtimeAPI) extensionError(w http.ResponseWriter, _ *http.Request) { accept(w) }

// errTooMuch says that a body was over the limit; all of it has been read, or
// so much that the rest does not matter.
var errTooMuch = errors.New("body over the limit")

// readBody reads a body of at most limit bytes.
func readBody(r *http.Request, limit int64) ([]byte, error) {
	if r.ContentLength > limit {
		_, _ = io.CopyN(io.Discard, r.Body, maxDiscard)
		return nil, errTooMuch
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(body)) > limit {
		_, _ = io.CopyN(io.Discard, r.Body, maxDiscard)
		return nil, errTooMuch
	}
	return body, nil
}

// errorDocument is the body if it is JSON, else one made of the error's type.
// The secret is taken out: runtimes put the address of a failed request into
// the error.
func (a *runtimeAPI) errorDocument(r *http.Request, body []byte) []byte {
	body = bytes.ReplaceAll(body, []byte(a.secret), []byte(hidden))
	kind := r.Header.Get("Lambda-Runtime-Function-Error-Type")
	if json.Valid(body) && strings.HasPrefix(strings.TrimSpace(string(body)), "{") {
		return body
	}
	if kind == "" {
		kind = "Runtime.Unknown"
	}
	return functionError(kind, "").Payload
}

// trailerError is the error that a streamed response ended with.
func trailerError(kind, body string) []byte {
	doc := functionError(kind, "the response stream ended with an error")
	raw, err := base64.StdEncoding.DecodeString(body)
	if err == nil && json.Valid(raw) {
		return raw
	}
	return doc.Payload
}

// accept answers as the Runtime API does for what it takes.
func accept(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusAccepted)
	_, _ = io.WriteString(w, `{"status":"OK"}`)
}

// refuse answers with an error of the Runtime API.
func refuse(w http.ResponseWriter, status int, kind, message string) {
	body, err := json.Marshal(apiError{message, kind})
	if err != nil { // two strings always marshal
		body = []byte(`{}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
