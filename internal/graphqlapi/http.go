package graphqlapi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tidewire/tidewire/internal/appsynchttp"
	"github.com/tidewire/tidewire/internal/fault"
	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/spec"
)

// Request is what the server around the API knows of an HTTP request.
type Request = appsynchttp.Request

// GraphQL answers a request for /graphql: POST, and OPTIONS as a preflight.
// Whether the request's origin may be answered at all has been decided before.
func (a *API) GraphQL(w http.ResponseWriter, r *http.Request, in Request) {
	q := &request{Exchange: appsynchttp.Begin(w, r, in), api: a, cfg: a.config.Load()}
	if q.Preflight() {
		return
	}
	if !a.work.Enter() {
		q.refuse(shuttingDown.Because("the API is shutting down"))
		return
	}
	defer a.work.Leave()
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(a.ctx, cancel)()
	result, f := q.answer(ctx, r.Method)
	if f != nil {
		q.refuse(f)
		return
	}
	addHeaders(w.Header(), result)
	q.Write(result.Body)
}

// request is one request at work.
type request struct {
	*appsynchttp.Exchange
	api *API
	cfg *config
}

// refuse answers a transport error and logs why.
func (q *request) refuse(f *fault.Error) {
	q.Refuse(f, q.api.o.Log, "GraphQL request refused", q.cfg.api.LogicalID)
}

// answer admits the caller, then reads and executes what was sent.
func (q *request) answer(ctx context.Context, method string) (*Result, *fault.Error) {
	if method != http.MethodPost {
		return nil, notPost.Because("method %s", clip(method))
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
	run := &Run{Caller: caller, Variables: sent.variables, Headers: q.RequestHeaders(), Domain: q.Domain(), RequestID: &q.ID}
	return q.api.Execute(ctx, o, run), nil
}

// body reads the whole body.
func (q *request) body() ([]byte, *fault.Error) {
	body, err := q.Body(q.api.o.Limits.Body)
	switch {
	case errors.Is(err, appsynchttp.ErrTooLarge):
		return nil, bodyTooLarge.Because("%w", err)
	case err != nil:
		return nil, unparsable.Because("%w", err)
	}
	return body, nil
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
	c := q.Credential(body)
	if q.cfg.api.Provider(spec.ModeLambda) != nil {
		sent, _ := parseBody(body)
		c.Query, c.OperationName, c.Variables = sent.query, sent.operation, sent.variables
	}
	return q.api.o.Admit(ctx, c)
}

// addHeaders adds those of a result.
func addHeaders(h http.Header, result *Result) {
	for name, values := range result.Headers {
		name = http.CanonicalHeaderKey(name)
		if _, taken := h[name]; !taken && !ofConnection(name) {
			h[name] = values
		}
	}
	h["x-amzn-appsync-TokensConsumed"] = []string{strconv.Itoa(max(1, result.Resolvers))}
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
