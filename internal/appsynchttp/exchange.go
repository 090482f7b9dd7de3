package appsynchttp

import (
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

// Request is what the server around an API knows of an HTTP request.
type Request struct {
	Peer netip.Addr
	// ForwardedFor are the addresses of X-Forwarded-For, in their order.
	ForwardedFor []string
	Secure       bool
	Domain       string // custom domain name; empty: the API's own host
	Base         string // what the API's paths begin with, such as "/abc"; empty as a rule
}

// Exposed are the headers that scripts of other origins may read.
const Exposed = "x-amzn-RequestId,x-amzn-ErrorType,x-amz-user-agent,x-amzn-ErrorMessage,Date,x-amz-schema-version"

// Exchange is one HTTP request and its answer. Use [Begin].
type Exchange struct {
	ID   string // of the request, a UUID
	From Request

	r *http.Request
	w http.ResponseWriter
}

// Begin sets the headers that every answer has.
func Begin(w http.ResponseWriter, r *http.Request, from Request) *Exchange {
	x := &Exchange{ID: uuid.NewString(), From: from, r: r, w: w}
	h := w.Header()
	h["Access-Control-Allow-Origin"] = []string{"*"}
	h["Access-Control-Expose-Headers"] = []string{Exposed}
	h["x-amzn-RequestId"] = []string{x.ID}
	return x
}

// Preflight answers OPTIONS: the browser may send what it asks for. False: the
// request is something else, and is not answered.
func (x *Exchange) Preflight() bool {
	if x.r.Method != http.MethodOptions {
		return false
	}
	h := x.w.Header()
	h.Set("Access-Control-Allow-Methods", "POST")
	if asked := x.r.Header.Get("Access-Control-Request-Headers"); asked != "" && plainList(asked) {
		h.Set("Access-Control-Allow-Headers", asked)
		h.Set("Vary", "Access-Control-Request-Headers")
	}
	h.Set("Access-Control-Max-Age", "172800")
	x.w.WriteHeader(http.StatusOK)
	return true
}

// plainList says whether a text is a list of header names, so that it may be
// sent back.
func plainList(text string) bool {
	const maxList = 4096
	return len(text) <= maxList && strings.IndexFunc(text, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("-_, ", c)
	}) < 0
}

// Credential is what there is to find out who is calling. The caller adds what
// a Lambda authorizer is told besides.
func (x *Exchange) Credential(body []byte) *identity.Request {
	return &identity.Request{
		Header: x.r.Header, Signed: sigv4.FromHTTP(x.r), Body: body,
		Peer: x.From.Peer, ForwardedFor: x.From.ForwardedFor, Secure: x.From.Secure, RequestID: x.ID,
	}
}

// Domain is ctx.request.domainName: null but for a custom domain.
func (x *Exchange) Domain() *string { return Domain(x.From.Domain) }

// Domain is ctx.request.domainName of a custom domain name; nil if it is empty.
func Domain(custom string) *string {
	if custom == "" {
		return nil
	}
	return &custom
}

// Write answers with JSON.
func (x *Exchange) Write(body []byte) { x.write(http.StatusOK, body) }

func (x *Exchange) write(status int, body []byte) {
	h := x.w.Header()
	h["Content-Type"] = []string{"application/json;charset=UTF-8"}
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	x.w.WriteHeader(status)
	_, _ = x.w.Write(body) // the caller may be gone; there is nobody left to tell
}

// Refuse answers AppSync's form of a transport error, without a message if f
// has none. log gets why, as what, beside the API's logical id.
func (x *Exchange) Refuse(f *fault.Error, log *slog.Logger, what, api string) {
	log.Warn(what, slog.String("api", api), slog.String("requestId", x.ID),
		slog.String("peer", x.From.Peer.String()), slog.Int("status", f.Status), slog.String("type", f.Code), slog.Any("cause", f.Cause))
	body := wire.AppendString([]byte(`{"errors":[{"errorType":`), f.Code)
	if f.Message != "" {
		body = wire.AppendString(append(body, `,"message":`...), f.Message)
	}
	h := x.w.Header()
	h["x-amzn-ErrorType"] = []string{headerText(f.Code)}
	if f.Status == http.StatusMethodNotAllowed {
		h.Set("Allow", "POST, OPTIONS")
	}
	x.write(f.Status, append(body, "}]}"...))
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
