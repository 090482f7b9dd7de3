package eventsapi

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/tidewire/tidewire/internal/fault"
	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/wire"
	"github.com/tidewire/tidewire/sigv4"
)

// Request is what the server around the API knows of an HTTP request.
type Request struct {
	Peer netip.Addr
	// ForwardedFor are the addresses of X-Forwarded-For, in their order.
	ForwardedFor []string
	Secure       bool
	Base         string // what the API's paths begin with, such as "/abc"; empty as a rule
	Domain       string // custom domain name; empty: the API's own host
}

// exposed are the headers that scripts of other origins may read.
const exposed = "x-amzn-RequestId,x-amzn-ErrorType,x-amz-user-agent,x-amzn-ErrorMessage,Date,x-amz-schema-version"

// Publish answers a request for /event: POST, and OPTIONS as a preflight
// (AppSync Events developer guide, "Publish events via HTTP"). Whether the
// request's origin may be answered at all has been decided before.
func (a *API) Publish(w http.ResponseWriter, r *http.Request, in Request) {
	h := w.Header()
	h["Access-Control-Allow-Origin"] = []string{"*"}
	h["Access-Control-Expose-Headers"] = []string{exposed}
	q := &request{api: a, r: r, in: in, id: uuid.NewString(), cfg: a.config.Load()}
	h["x-amzn-RequestId"] = []string{q.id}
	if r.Method == http.MethodOptions {
		preflight(w, r)
		return
	}
	if !a.enter() {
		q.refuse(w, shuttingDown.Because("the API is shutting down"))
		return
	}
	defer a.work.Done()
	ctx, cancel := context.WithTimeout(r.Context(), a.o.Limits.Time)
	defer cancel()
	defer context.AfterFunc(a.ctx, cancel)()
	result, f := q.publish(ctx)
	if f != nil {
		q.refuse(w, f)
		return
	}
	write(w, http.StatusOK, result.append(nil))
}

// preflight allows what the browser asks for.
func preflight(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Access-Control-Allow-Methods", "POST")
	if asked := r.Header.Get("Access-Control-Request-Headers"); asked != "" && plainList(asked) {
		h.Set("Access-Control-Allow-Headers", asked)
		h.Set("Vary", "Access-Control-Request-Headers")
	}
	h.Set("Access-Control-Max-Age", "172800")
	w.WriteHeader(http.StatusOK)
}

// plainList says whether a text is a list of header names, so that it may be
// sent back.
func plainList(text string) bool {
	const maxList = 4096
	return len(text) <= maxList && strings.IndexFunc(text, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("-_, ", c)
	}) < 0
}

// request is one HTTP request at work.
type request struct {
	api *API
	r   *http.Request
	in  Request
	id  string
	cfg *config
}

// publish admits the caller, then reads and publishes what was sent. Who is not
// admitted does not hear what is wrong with the body.
func (q *request) publish(ctx context.Context) (*receipt, *fault.Error) {
	if q.r.Method != http.MethodPost {
		return nil, notPost.Because("method %.20q", q.r.Method)
	}
	body, f := q.body()
	if f != nil {
		return nil, f
	}
	c, events, wrong := q.api.parseBody(body)
	caller, f := q.api.o.Admit(ctx, &identity.Request{
		Header: q.r.Header, Signed: sigv4.FromHTTP(q.r), Body: body,
		Peer: q.in.Peer, ForwardedFor: q.in.ForwardedFor, Secure: q.in.Secure, RequestID: q.id,
		Event: identity.EventPublish, Namespace: c.namespace(), Channel: c.path,
	})
	switch ns := q.cfg.namespaces[c.namespace()]; {
	case f != nil:
		return nil, f
	case len(c.segments) == 0:
		return nil, wrong
	case ns == nil:
		return nil, noNamespace.Because("there is no namespace %q", c.namespace())
	default:
		o := &operation{api: q.api, ns: ns, kind: identity.EventPublish, channel: c, events: events, caller: caller, id: q.id}
		if f := o.authorize(); f != nil {
			return nil, f
		}
		if wrong != nil {
			return nil, wrong
		}
		if !ns.publish.none() {
			o.headers = requestHeaders(q.r.Header, q.r.Host)
			o.domain = domainName(q.in.Domain)
		}
		return o.publish(ctx)
	}
}

// domainName is ctx.request.domainName: null but for a custom domain.
func domainName(custom string) *string {
	if custom == "" {
		return nil
	}
	return &custom
}

// body reads the whole body once: signatures are made over its bytes.
func (q *request) body() ([]byte, *fault.Error) {
	most := int64(q.api.o.Limits.Body)
	if q.r.ContentLength > most {
		return nil, bodyTooLarge.Because("the body has %d bytes, %d are allowed", q.r.ContentLength, most)
	}
	var buf bytes.Buffer // grows as bytes come, not as the header promises
	if n := q.r.ContentLength; n > 0 {
		const firstRead = 32 << 10
		buf.Grow(int(min(n, firstRead)) + bytes.MinRead)
	}
	if _, err := buf.ReadFrom(io.LimitReader(q.r.Body, most+1)); err != nil {
		var tooMuch *http.MaxBytesError
		if errors.As(err, &tooMuch) {
			return nil, bodyTooLarge.Because("the body is longer than %d bytes", tooMuch.Limit)
		}
		return nil, bad("The request body could not be read.").Because("reading the body: %w", err)
	}
	if int64(buf.Len()) > most {
		return nil, bodyTooLarge.Because("the body is longer than %d bytes", most)
	}
	return buf.Bytes(), nil
}

func write(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	h["Content-Type"] = []string{"application/json;charset=UTF-8"}
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(status)
	_, _ = w.Write(body) // the caller may be gone; there is nobody left to tell
}

// refuse answers an error and logs why.
func (q *request) refuse(w http.ResponseWriter, f *fault.Error) {
	q.api.o.Log.Warn("publish refused", slog.String("api", q.cfg.api.LogicalID), slog.String("requestId", q.id),
		slog.String("peer", q.in.Peer.String()), slog.Int("status", f.Status), slog.String("type", f.Code), slog.Any("cause", f.Cause))
	body := wire.AppendString([]byte(`{"errors":[{"errorType":`), f.Code)
	if f.Message != "" {
		body = wire.AppendString(append(body, `,"message":`...), f.Message)
	}
	h := w.Header()
	h["x-amzn-ErrorType"] = []string{headerText(f.Code)}
	if f.Status == http.StatusMethodNotAllowed {
		h.Set("Allow", "POST, OPTIONS")
	}
	write(w, f.Status, append(body, "}]}"...))
}

// headerText is the type of an error, which a script may have chosen, as a
// header's value.
func headerText(s string) string {
	const most = 200
	if len(s) > most {
		s = s[:most]
	}
	return strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' {
			return '?'
		}
		return c
	}, s)
}
