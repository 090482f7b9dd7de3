package graphqlapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tidewire/tidewire/internal/fault"
	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/spec"
	"github.com/tidewire/tidewire/sigv4"
)

// Request is what the server around the API knows of an HTTP request.
type Request struct {
	Peer netip.Addr
	// ForwardedFor are the addresses of X-Forwarded-For, in their order.
	ForwardedFor []string
	Secure       bool
	Domain       string // custom domain name; empty: the API's own host
	Base         string // what the API's paths begin with, such as "/abc"; empty as a rule
}

// exposed are the headers that scripts of other origins may read.
const exposed = "x-amzn-RequestId,x-amzn-ErrorType,x-amz-user-agent,x-amzn-ErrorMessage,Date,x-amz-schema-version"

// GraphQL answers a request for /graphql: POST, and OPTIONS as a preflight.
// Whether the request's origin may be answered at all has been decided before.
func (a *API) GraphQL(w http.ResponseWriter, r *http.Request, in Request) {
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
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(a.ctx, cancel)()
	result, f := q.answer(ctx)
	if f != nil {
		q.refuse(w, f)
		return
	}
	q.write(w, result)
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

// request is one request at work.
type request struct {
	api *API
	r   *http.Request
	in  Request
	id  string
	cfg *config
}

// answer admits the caller, then reads and executes what was sent.
func (q *request) answer(ctx context.Context) (*Result, *fault.Error) {
	if q.r.Method != http.MethodPost {
		return nil, notPost.Because("method %s", clip(q.r.Method))
	}
	body, f := q.body()
	if f != nil {
		return nil, f
	}
	caller, f := q.admit(ctx, body)
	if f != nil {
		return nil, f
	}
	sent, f := parseBody(body)
	if f != nil {
		return nil, f
	}
	document, f := q.cfg.prepare(sent.query, q.api.o.Limits.Tokens)
	if f != nil {
		return nil, f
	}
	o, f := document.operation(sent.operation)
	if f != nil {
		return nil, f
	}
	if len(o.invalid) == 0 && o.def.Operation == ast.Subscription {
		return refused(&Error{Field: true, Type: "OperationNotSupported", Locations: at(o.def.Position),
			Message: "Subscriptions are only supported over WebSocket connections."}), nil
	}
	run := &Run{Caller: caller, Variables: sent.variables, Headers: requestHeaders(q.r)}
	if q.in.Domain != "" {
		run.Domain = &q.in.Domain
	}
	return q.api.Execute(ctx, o, run), nil
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
		var tooLong *http.MaxBytesError
		if errors.As(err, &tooLong) {
			return nil, bodyTooLarge.Because("the body is longer than %d bytes", tooLong.Limit)
		}
		return nil, unparsable.Because("reading the body: %w", err)
	}
	if int64(buf.Len()) > most {
		return nil, bodyTooLarge.Because("the body is longer than %d bytes", most)
	}
	return buf.Bytes(), nil
}

// envelope is what a body holds.
type envelope struct {
	query, operation string
	variables        json.RawMessage // an object; nil: none
}

// parseBody reads {"query","variables","operationName"}; other members are
// ignored. The envelope is empty beside an error.
func parseBody(body []byte) (envelope, *fault.Error) {
	body = trim(body)
	switch {
	case len(body) == 0:
		return envelope{}, emptyBody.Because("the request has no body")
	case !json.Valid(body):
		return envelope{}, unparsable.Because("the body is not JSON")
	case body[0] != '{':
		return envelope{}, unparsable.Because("the body is no JSON object")
	case !utf8.Valid(body):
		return envelope{}, unparsable.Because("the body is not UTF-8")
	}
	sent := members(body)
	query, name, variables := sent["query"], sent["operationName"], sent["variables"]
	switch {
	case len(query) < 3 || query[0] != '"':
		return envelope{}, unparsable.Because("query is missing, empty or no string")
	case !isNull(name) && name[0] != '"':
		return envelope{}, unparsable.Because("operationName is no string")
	case !isNull(variables) && variables[0] != '{':
		return envelope{}, unparsable.Because("variables is no object")
	}
	e := envelope{query: unquote(query)}
	if !isNull(name) {
		e.operation = unquote(name)
	}
	if !isNull(variables) {
		e.variables = variables
	}
	return e, nil
}

// admit finds out who is calling. The body is not looked at before, but for a
// Lambda authorizer, which sees the document as a text; for a body that is
// malformed it sees nothing.
func (q *request) admit(ctx context.Context, body []byte) (*identity.Caller, *fault.Error) {
	var sent envelope
	if q.cfg.api.Provider(spec.ModeLambda) != nil {
		sent, _ = parseBody(body)
	}
	return q.api.o.Admit(ctx, &identity.Request{
		Header: q.r.Header, Signed: sigv4.FromHTTP(q.r), Body: body,
		Peer: q.in.Peer, ForwardedFor: q.in.ForwardedFor, Secure: q.in.Secure,
		RequestID: q.id, Query: sent.query, OperationName: sent.operation, Variables: sent.variables,
	})
}

// requestHeaders is ctx.request.headers: lower-case names, a list where a
// header was sent more than once, no cookies.
func requestHeaders(r *http.Request) json.RawMessage {
	names := make([]string, 0, len(r.Header)+1)
	for name := range r.Header {
		names = append(names, name)
	}
	slices.Sort(names)
	dst := append(make([]byte, 0, 512), `{"host":`...)
	dst = appendString(dst, strings.ToValidUTF8(r.Host, "\uFFFD"))
	for _, name := range names {
		if name == "Cookie" || name == "Host" {
			continue
		}
		dst = append(appendString(append(dst, ','), strings.ToLower(name)), ':')
		dst = appendHeader(dst, r.Header[name])
	}
	return append(dst, '}')
}

func appendHeader(dst []byte, list []string) []byte {
	if len(list) == 1 {
		return appendString(dst, strings.ToValidUTF8(list[0], "\uFFFD"))
	}
	dst = append(dst, '[')
	for i, value := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(dst, strings.ToValidUTF8(value, "\uFFFD"))
	}
	return append(dst, ']')
}

// write answers with a result.
func (q *request) write(w http.ResponseWriter, result *Result) {
	h := w.Header()
	for name, values := range result.Headers {
		name = http.CanonicalHeaderKey(name)
		if _, taken := h[name]; !taken && !ofConnection(name) {
			h[name] = values
		}
	}
	h["Content-Type"] = []string{"application/json;charset=UTF-8"}
	h["x-amzn-appsync-TokensConsumed"] = []string{strconv.Itoa(max(1, result.Resolvers))}
	h["Content-Length"] = []string{strconv.Itoa(len(result.Body))}
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(result.Body) // the caller may be gone; there is nobody left to tell
}

// ofConnection says whether a header is about the connection, which is not a
// resolver's.
func ofConnection(name string) bool {
	switch name {
	case "Connection", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade":
		return true
	}
	return false
}

// refuse answers a transport error (AppSync's form of them) and logs why.
func (q *request) refuse(w http.ResponseWriter, f *fault.Error) {
	q.api.o.Log.Warn("GraphQL request refused", slog.String("api", q.cfg.api.LogicalID), slog.String("requestId", q.id),
		slog.String("peer", q.in.Peer.String()), slog.Int("status", f.Status), slog.String("type", f.Code), slog.Any("cause", f.Cause))
	body := appendString([]byte(`{"errors":[{"errorType":`), f.Code)
	body = appendString(append(body, `,"message":`...), f.Message)
	body = append(body, "}]}"...)
	h := w.Header()
	h["x-amzn-ErrorType"] = []string{f.Code}
	h["Content-Type"] = []string{"application/json;charset=UTF-8"}
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	if f.Status == http.StatusMethodNotAllowed {
		h.Set("Allow", "POST, OPTIONS")
	}
	w.WriteHeader(f.Status)
	_, _ = w.Write(body) // the caller may be gone; there is nobody left to tell
}
