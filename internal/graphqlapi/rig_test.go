package graphqlapi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"github.com/tidewire/tidewire/internal/datasource"
	"github.com/tidewire/tidewire/internal/fault"
	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/spec"
)

// script are the functions of a module of the tests, which stand for
// JavaScript.
type script map[string]func(ctx context.Context, c *Call) *Outcome

// rig is an API of the tests.
type rig struct {
	t       testing.TB
	api     *API
	spec    *spec.GraphQLAPI
	scripts map[string]script
	caller  *identity.Caller
	fields  func(c *identity.Caller, typeName, field string) *fault.Error

	mu     sync.Mutex
	events []json.RawMessage // what Direct was asked
	batch  [][]json.RawMessage
}

// newRig makes an API of a schema. change may add to it.
func newRig(t testing.TB, sdl string, change ...func(r *rig, o *Options)) *rig {
	t.Helper()
	r := &rig{t: t, scripts: map[string]script{}, caller: &identity.Caller{Mode: spec.ModeAPIKey}}
	r.spec = &spec.GraphQLAPI{
		LogicalID: "Api", ID: "abc", ARN: "arn:aws:appsync:us-east-1:123456789012:apis/abc",
		Schema: []spec.SchemaPart{{Text: sdl}},
		Auth:   []spec.AuthProvider{{Mode: spec.ModeAPIKey}},
		DataSources: []spec.DataSource{
			{Name: "none", Type: spec.SourceNone}, {Name: "lambda", Type: spec.SourceLambda}, {Name: "table", Type: spec.SourceDynamoDB},
			{Name: "vtl", Type: "AMAZON_EVENTBRIDGE", Unsupported: "data sources of EventBridge do not run here"},
		},
	}
	o := Options{API: r.spec, Load: r.load,
		Admit: func(_ context.Context, q *identity.Request) (*identity.Caller, *fault.Error) {
			if q.Header.Get("X-Api-Key") != "key" {
				return nil, (&fault.Error{Code: "UnauthorizedException", Status: 401, Message: "You are not authorized to make this call."}).Because("wrong key")
			}
			return r.caller, nil
		},
		AuthorizeField: func(c *identity.Caller, typeName, field string) *fault.Error {
			if r.fields == nil {
				return nil
			}
			return r.fields(c, typeName, field)
		},
	}
	o.Direct = func(_ context.Context, _ *spec.DataSource, event json.RawMessage) (json.RawMessage, *datasource.Failure) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.events = append(r.events, event)
		return json.RawMessage(`null`), nil
	}
	for _, f := range change {
		f(r, &o)
	}
	o.API = r.spec
	api, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	r.api = api
	return r
}

func (r *rig) load(_ string, s *spec.Script) (*Module, spec.Problems) {
	m, ok := r.scripts[s.Text]
	if !ok {
		return nil, spec.Problems{{Message: "no script " + s.Text}}
	}
	return &Module{
		Has:  func(name string) bool { return m[name] != nil },
		Call: func(ctx context.Context, name string, c *Call) *Outcome { return m[name](ctx, c) },
	}, nil
}

// unit adds a unit resolver with code on NONE; both functions are given.
func unit(field string, s script) func(*rig, *Options) { return unitOn("none", field, s) }

func unitOn(source, field string, s script) func(*rig, *Options) {
	return func(r *rig, _ *Options) {
		typ, name, _ := strings.Cut(field, ".")
		r.scripts[field] = s
		r.spec.Resolvers = append(r.spec.Resolvers, spec.Resolver{LogicalID: typ + name, Type: typ, Field: name, DataSource: source, Code: &spec.Script{Text: field}})
	}
}

// says is a script whose answer is always the same.
func says(value string) script {
	return script{
		"request":  func(context.Context, *Call) *Outcome { return &Outcome{Value: json.RawMessage(`{"payload":null}`)} },
		"response": func(context.Context, *Call) *Outcome { return &Outcome{Value: json.RawMessage(value)} },
	}
}

// asks is a script that answers what f makes of ctx.
func asks(f func(c *Call) string) script {
	s := says("null")
	s["response"] = func(_ context.Context, c *Call) *Outcome { return &Outcome{Value: json.RawMessage(f(c))} }
	return s
}

// fails is a script whose response ends with util.error.
func fails(f Failure) script {
	s := says("null")
	s["response"] = func(context.Context, *Call) *Outcome { return &Outcome{Failure: &f} }
	return s
}

// root resolves Query with one resolver for each field, given as JSON.
func root(fields map[string]string) func(*rig, *Options) {
	return func(r *rig, o *Options) {
		for name, value := range fields {
			unit("Query."+name, says(value))(r, o)
		}
	}
}

// run executes a query with variables and gives the answer.
func (r *rig) run(query string, variables ...string) string {
	r.t.Helper()
	return string(r.result(r.t.(interface{ Context() context.Context }).Context(), query, variables...).Body)
}

func (r *rig) result(ctx context.Context, query string, variables ...string) *Result {
	r.t.Helper()
	o, f := r.api.Prepare(query, "")
	if f != nil {
		r.t.Fatalf("%s: %v", query, f)
	}
	run := &Run{Caller: r.caller}
	if len(variables) > 0 {
		run.Variables = json.RawMessage(variables[0])
	}
	return r.api.Execute(ctx, o, run)
}

// expect runs a query and compares the answer.
func (r *rig) expect(want, query string, variables ...string) {
	r.t.Helper()
	got := r.run(query, variables...)
	if !json.Valid([]byte(got)) {
		r.t.Errorf("%s\nis not JSON: %s", query, got)
	}
	if got != want {
		r.t.Errorf("%s %v\n got %s\nwant %s", query, variables, got, want)
	}
}

// post sends a body over HTTP.
func (r *rig) post(body string, header ...string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(http.MethodPost, "http://localhost/graphql", strings.NewReader(body))
	req.Header.Set("X-Api-Key", "key")
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	return r.serve(req)
}

func (r *rig) serve(req *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r.api.GraphQL(w, req, Request{Peer: netip.MustParseAddr("127.0.0.1")})
	return w
}

// problems are those of an error of New.
func problems(err error) spec.Problems {
	var p spec.Problems
	errors.As(err, &p)
	return p
}
