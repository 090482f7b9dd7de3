package graphqlapi

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidewire/tidewire/internal/fault"
	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/spec"
)

const accessSchema = `
type Query {
  plain: Int
  key: Int @aws_api_key
  iam: Int @aws_iam
  both: Int @aws_iam @aws_api_key
  admins: Int @aws_cognito_user_pools(cognito_groups: ["Admin", "Boss"])
  users: Int @aws_cognito_user_pools
  auth: Int @aws_auth(cognito_groups: ["Admin"])
  oidc: Int @aws_oidc
  lambda: Int @aws_lambda
  open: Open @aws_iam @aws_api_key
  shut: Shut @aws_iam @aws_api_key
}
type Open @aws_iam @aws_api_key { a: Int b: Int @aws_iam c: Int! }
type Shut { a: Int }
`

// TestAccess asks every field in every mode and compares who gets an answer.
func TestAccess(t *testing.T) {
	t.Parallel()
	provider := func(mode string) spec.AuthProvider { return spec.AuthProvider{Mode: mode} }
	pool := func(action string) spec.AuthProvider {
		return spec.AuthProvider{Mode: spec.ModeCognito, Pool: &spec.UserPoolProvider{DefaultAction: action}}
	}
	for _, tt := range []struct {
		name   string
		modes  []spec.AuthProvider
		caller identity.Caller
		want   string
	}{
		{"key alone", []spec.AuthProvider{provider(spec.ModeAPIKey)}, identity.Caller{Mode: spec.ModeAPIKey}, "plain key both auth open.a open.c shut.a"},
		{"key of several", []spec.AuthProvider{provider(spec.ModeAPIKey), provider(spec.ModeIAM)}, identity.Caller{Mode: spec.ModeAPIKey}, "plain key both auth open.a open.c shut.a"},
		{"iam of several", []spec.AuthProvider{provider(spec.ModeAPIKey), provider(spec.ModeIAM)}, identity.Caller{Mode: spec.ModeIAM, IAM: &identity.Identity{}}, "iam both open.a open.b open.c"},
		{"iam alone", []spec.AuthProvider{provider(spec.ModeIAM)}, identity.Caller{Mode: spec.ModeIAM, IAM: &identity.Identity{}}, "plain iam both auth open.a open.b open.c shut.a"},
		{"user", []spec.AuthProvider{pool("ALLOW")}, identity.Caller{Mode: spec.ModeCognito}, "plain users"},
		{"admin", []spec.AuthProvider{pool("ALLOW")}, identity.Caller{Mode: spec.ModeCognito, Groups: []string{"X", "Admin"}}, "plain admins users auth"},
		{"boss", []spec.AuthProvider{pool("ALLOW")}, identity.Caller{Mode: spec.ModeCognito, Groups: []string{"Boss"}}, "plain admins users"},
		{"denied user", []spec.AuthProvider{pool("DENY")}, identity.Caller{Mode: spec.ModeCognito}, "users"},
		{"denied admin", []spec.AuthProvider{pool("DENY")}, identity.Caller{Mode: spec.ModeCognito, Groups: []string{"Admin"}}, "admins users auth"},
		{"aws_auth is ignored", []spec.AuthProvider{pool("ALLOW"), provider(spec.ModeAPIKey)}, identity.Caller{Mode: spec.ModeCognito}, "plain users auth"},
		{"oidc", []spec.AuthProvider{provider(spec.ModeAPIKey), provider(spec.ModeOIDC)}, identity.Caller{Mode: spec.ModeOIDC}, "oidc"},
		{"lambda", []spec.AuthProvider{provider(spec.ModeAPIKey), provider(spec.ModeLambda)}, identity.Caller{Mode: spec.ModeLambda}, "lambda"},
	} {
		r := newRig(t, accessSchema, root(map[string]string{"open": `{"a":1,"b":1,"c":1}`, "shut": `{"a":1}`}), func(r *rig, _ *Options) {
			r.spec.Auth = tt.modes
			for _, name := range strings.Fields("plain key iam both admins users auth oidc lambda") {
				unit("Query."+name, says("1"))(r, nil)
			}
		})
		r.caller = &tt.caller
		var got []string
		for _, name := range strings.Fields("plain key iam both admins users auth oidc lambda open.a open.b open.c shut.a") {
			query := "{" + name + "}"
			if outer, inner, ok := strings.Cut(name, "."); ok {
				query = "{" + outer + "{" + inner + "}}"
			}
			switch body := r.run(query); {
			case !strings.Contains(body, "errors"):
				got = append(got, name)
			case !strings.Contains(body, `"errorType":"Unauthorized"`):
				t.Errorf("%s: %s", query, body)
			}
		}
		if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s: -want +got:\n%s", tt.name, diff)
		}
	}
}

func TestNotAuthorized(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	defer func() {
		if got := log.String(); !strings.Contains(got, `type=Open field=b cause="the caller came by API_KEY (groups []), the schema lets in AWS_IAM"`) {
			t.Errorf("the log says %s", got)
		}
	}()
	r := newRig(t, accessSchema, root(map[string]string{"open": `{"a":1,"b":2,"c":3}`, "iam": "1"}), func(r *rig, o *Options) {
		o.Log = slog.New(slog.NewTextHandler(&log, nil))
		r.spec.Auth = []spec.AuthProvider{{Mode: spec.ModeAPIKey}, {Mode: spec.ModeIAM}}
	})
	r.expect(`{"data":{"iam":null,"open":{"a":1,"b":null}},"errors":[`+
		`{"path":["iam"],"data":null,"errorType":"Unauthorized","errorInfo":null,"locations":[{"line":1,"column":2,"sourceName":null}],"message":"Not Authorized to access iam on type Query"},`+
		`{"path":["open","b"],"data":null,"errorType":"Unauthorized","errorInfo":null,"locations":[{"line":1,"column":13,"sourceName":null}],"message":"Not Authorized to access b on type Open"}]}`, `{iam open{a b}}`)
}

// TestNotAuthorizedToErrorData: the data of an error shows no more of an object
// than an answer does.
func TestNotAuthorizedToErrorData(t *testing.T) {
	t.Parallel()
	failing := fails(Failure{Message: "boom", Data: json.RawMessage(`{"a":1,"b":2,"c":3}`)})
	r := newRig(t, accessSchema, unit("Query.open", failing), func(r *rig, _ *Options) {
		r.spec.Auth = []spec.AuthProvider{{Mode: spec.ModeAPIKey}, {Mode: spec.ModeIAM}}
	})
	for mode, data := range map[string]string{spec.ModeAPIKey: `{"a":1,"b":null}`, spec.ModeIAM: `{"a":1,"b":2}`} {
		r.caller = &identity.Caller{Mode: mode, IAM: &identity.Identity{}}
		r.expect(`{"data":{"open":null},"errors":[{"path":["open"],"data":`+data+`,"errorType":null,"errorInfo":null,"locations":[{"line":1,"column":2,"sourceName":null}],"message":"boom"}]}`, `{open{a b}}`)
	}
}

// TestAuthorizeField: policies are asked about root fields only, the denied
// fields of a Lambda authorizer about all.
func TestAuthorizeField(t *testing.T) {
	t.Parallel()
	var asked []string
	r := newRig(t, `type Query { a: T } type T { b: Int! c: Int }`, root(map[string]string{"a": `{"b":1,"c":2}`}), func(r *rig, _ *Options) {
		r.spec.Auth = []spec.AuthProvider{{Mode: spec.ModeLambda}}
		r.fields = func(_ *identity.Caller, typ, field string) *fault.Error {
			asked = append(asked, typ+"."+field)
			if field == "b" {
				return &fault.Error{}
			}
			return nil
		}
	})
	r.caller = &identity.Caller{Mode: spec.ModeLambda}
	r.expect(`{"data":{"a":null},"errors":[{"path":["a","b"],"data":null,"errorType":"Unauthorized","errorInfo":null,"locations":[{"line":1,"column":6,"sourceName":null}],"message":"Not Authorized to access b on type T"}]}`, `{a{c b}}`)
	if diff := cmp.Diff([]string{"Query.a", "T.c", "T.b"}, asked); diff != "" {
		t.Error(diff)
	}
}

// TestDenyWithOtherRoots: the root types of DENY are those of schema{}.
func TestDenyWithOtherRoots(t *testing.T) {
	t.Parallel()
	r := newRig(t, `schema { query: Start } type Start { a: Query b: Query @aws_cognito_user_pools } type Query { c: Int }`, func(r *rig, _ *Options) {
		r.spec.Auth = []spec.AuthProvider{{Mode: spec.ModeCognito, Pool: &spec.UserPoolProvider{DefaultAction: "DENY"}}}
	}, unit("Start.a", says(`{"c":1}`)), unit("Start.b", says(`{"c":1}`)))
	r.caller = &identity.Caller{Mode: spec.ModeCognito}
	if got := r.run(`{a{c} b{c}}`); !strings.HasPrefix(got, `{"data":{"a":null,"b":{"c":1}},"errors":[{"path":["a"],`) {
		t.Error(got)
	}
}

// TestNoResolverBeforeAccess: what may not be seen is not resolved either.
func TestNoResolverBeforeAccess(t *testing.T) {
	t.Parallel()
	r := newRig(t, accessSchema, unit("Query.iam", script{"request": func(context.Context, *Call) *Outcome {
		t.Error("the resolver ran")
		return &Outcome{}
	}, "response": says("1")["response"]}))
	var got struct{ Errors []struct{ ErrorType string } }
	if err := json.Unmarshal([]byte(r.run(`{iam}`)), &got); err != nil || len(got.Errors) != 1 || got.Errors[0].ErrorType != "Unauthorized" {
		t.Errorf("%+v %v", got, err)
	}
}

// TestDeniedIntrospection: no directive is about introspection, but policies and
// denied fields are.
func TestDeniedIntrospection(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		mode, denied, query string
		want                string // what is refused
	}{
		{spec.ModeAPIKey, "", `{__schema{queryType{name}}}`, ""},
		{spec.ModeOIDC, "", `{__schema{queryType{name}}}`, ""}, // not the default mode
		{spec.ModeIAM, "Query.__type", `{__schema{queryType{name}}}`, ""},
		{spec.ModeIAM, "Query.__schema", `{__schema{queryType{name}}}`, "__schema"},
		{spec.ModeLambda, "Query.__schema", `{s:__schema{queryType{name}}}`, "__schema"},
		{spec.ModeLambda, "Query.__type", `{__type(name:"Query"){name}}`, "__type"},
	} {
		r := newRig(t, `type Query { a: Int }`, func(r *rig, _ *Options) {
			r.spec.Auth = []spec.AuthProvider{{Mode: spec.ModeAPIKey}, {Mode: spec.ModeIAM}, {Mode: spec.ModeLambda}, {Mode: spec.ModeOIDC}}
			r.fields = denies(tt.denied)
		})
		r.caller = &identity.Caller{Mode: tt.mode}
		got := r.run(tt.query)
		if refused := strings.Contains(got, "Not Authorized to access "+tt.want+" on type Query"); refused != (tt.want != "") || refused == strings.Contains(got, `"name":"Query"`) {
			t.Errorf("%s without %q: %s answers %s", tt.mode, tt.denied, tt.query, got)
		}
	}
}

// denies refuses one field.
func denies(name string) func(*identity.Caller, string, string) *fault.Error {
	return func(_ *identity.Caller, typ, field string) *fault.Error {
		if typ+"."+field == name {
			return &fault.Error{}
		}
		return nil
	}
}

// TestDeniedFieldOfInterface: a Lambda authorizer that denies the field of an
// interface means that of its types.
func TestDeniedFieldOfInterface(t *testing.T) {
	t.Parallel()
	r := newRig(t, `type Query { node: Node post: Post } interface Node { id: ID secret: String } type Post implements Node { id: ID secret: String }`,
		root(map[string]string{"node": `{"__typename":"Post","id":"1","secret":"s"}`, "post": `{"id":"1","secret":"s"}`}), func(r *rig, _ *Options) {
			r.spec.Auth = []spec.AuthProvider{{Mode: spec.ModeLambda}, {Mode: spec.ModeAPIKey}}
			r.fields = denies("Node.secret")
		})
	r.caller = &identity.Caller{Mode: spec.ModeLambda}
	for _, name := range []string{"node", "post"} {
		if got, want := r.run(`{`+name+`{id secret}}`), `{"data":{"`+name+`":{"id":"1","secret":null}},"errors":[{"path":["`+name+`","secret"],`; !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s", name, got)
		}
	}
}
