//go:build conformance

package conformance

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// issuer is a running clients/login/issuer.mjs: npm oidc-provider.
type issuer struct {
	*process
	url string
}

func startIssuer(t testing.TB) *issuer {
	t.Helper()
	p := start(t, command{argv: []string{"node", suite.clients + "/login/issuer.mjs"}})
	return &issuer{p, p.stdout.await(t, `(?m)^(http://127\.0\.0\.1:\d+)\n`)[1]}
}

// ask gives the issuer a command and returns what it says.
func (i *issuer) ask(t testing.TB, what string) string {
	t.Helper()
	mark := i.stdout.mark()
	i.write(t, what+"\n")
	return i.stdout.awaitAfter(t, mark, `^(.*)\n`)[1]
}

// sign has the issuer sign claims.
func (i *issuer) sign(t testing.TB, claims object) string {
	t.Helper()
	return i.ask(t, "sign "+marshal(t, claims))
}

// movable is an address that can be known before what answers there.
func movable(t testing.TB) (address string, to func(string)) {
	t.Helper()
	var target atomic.Pointer[url.URL]
	proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target.Load()) }})
	t.Cleanup(proxy.Close)
	return proxy.URL, func(address string) {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		target.Store(u)
	}
}

// token logs a user in at the pool, and gives the token of a kind.
func (u *userPool) token(t testing.TB, user, kind string) string {
	t.Helper()
	body := marshal(t, object{"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": poolClient, "AuthParameters": object{"USERNAME": user, "PASSWORD": poolPassword}})
	r, err := http.NewRequest(http.MethodPost, u.url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService.InitiateAuth")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var said struct{ AuthenticationResult map[string]any }
	if err := json.NewDecoder(resp.Body).Decode(&said); err != nil {
		t.Fatal(err)
	}
	token, _ := said.AuthenticationResult[kind].(string)
	if token == "" {
		t.Fatalf("the pool gave %v", said)
	}
	return token
}

// answered is an answer of a GraphQL API.
type answered struct {
	status int
	header http.Header
	text   string
	Data   json.RawMessage
	Errors []graphError
}

// graphError is an error of AppSync: its members stand beside the message.
type graphError struct {
	Message   string          `json:"message"`
	Type      string          `json:"errorType"`
	Data      json.RawMessage `json:"data"`
	Info      json.RawMessage `json:"errorInfo"`
	Path      []any           `json:"path"`
	Locations []struct {
		Line, Column int
	} `json:"locations"`
}

// refused wants a transport error in AppSync's form.
func (a *answered) refused(t testing.TB, status int, kind, message string) {
	t.Helper()
	want := marshal(t, object{"errors": []object{{"errorType": kind, "message": message}}})
	if a.status != status || a.text != want || a.header.Get("x-amzn-ErrorType") != kind || a.header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("refused with %d %s, x-amzn-ErrorType %q; want %d %s", a.status, a.text, a.header.Get("x-amzn-ErrorType"), status, want)
	}
}

// is wants a whole body.
func (a *answered) is(t testing.TB, want string) {
	t.Helper()
	if a.status != http.StatusOK || a.text != want {
		t.Errorf("answered %d %s\nwant %s", a.status, a.text, want)
	}
}

// data wants data without errors.
func (a *answered) data(t testing.TB, want string) {
	t.Helper()
	a.is(t, `{"data":`+want+`}`)
}

// fails wants data beside one error at a path, of a type and with a message.
func (a *answered) fails(t testing.TB, data, kind, message string) *graphError {
	t.Helper()
	if a.status != http.StatusOK || string(a.Data) != data || len(a.Errors) != 1 || a.Errors[0].Type != kind || !strings.Contains(a.Errors[0].Message, message) {
		t.Errorf("answered %d %s\nwant %s and one error %s: %s", a.status, a.text, data, kind, message)
		return &graphError{}
	}
	return &a.Errors[0]
}

// graph is a GraphQL API and what a caller sends besides the document.
type graph struct {
	url    string
	header http.Header
}

// graphql is the server's GraphQL API, without a credential.
func (s *server) graphql(t testing.TB) *graph {
	t.Helper()
	i := slices.IndexFunc(s.apis, func(a served) bool { return strings.HasSuffix(a.URL, "/graphql") })
	if i < 0 {
		t.Fatalf("no GraphQL API is served: %+v", s.apis)
	}
	return &graph{s.apis[i].URL, http.Header{}}
}

// with is the same API for a caller who sends a header.
func (g *graph) with(name, value string) *graph {
	header := g.header.Clone()
	header.Set(name, value)
	return &graph{g.url, header}
}

// key is the API called with the first API key.
func (s *server) keyed(t testing.TB) *graph {
	t.Helper()
	for _, a := range s.apis {
		if len(a.APIKeys) > 0 {
			return s.graphql(t).with("x-api-key", a.APIKeys[0])
		}
	}
	t.Fatal("there is no API key")
	return nil
}

// ask sends a document.
func (g *graph) ask(t testing.TB, document string, variables ...object) *answered {
	t.Helper()
	body := object{"query": document}
	if len(variables) > 0 {
		body["variables"] = variables[0]
	}
	return g.post(t, marshal(t, body))
}

// post sends a body.
func (g *graph) post(t testing.TB, body string) *answered {
	t.Helper()
	return g.send(t, http.MethodPost, body)
}

func (g *graph) send(t testing.TB, method, body string) *answered {
	t.Helper()
	a, err := g.try(method, body)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// try sends a request; callable from any goroutine.
func (g *graph) try(method, body string) (*answered, error) {
	r, err := http.NewRequest(method, g.url, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header = g.header.Clone()
	if host := r.Header.Get("Host"); host != "" {
		r.Host = host
		r.Header.Del("Host")
	}
	if r.Header.Get("Content-Type") == "" && method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	a := &answered{status: resp.StatusCode, header: resp.Header, text: string(bytes.TrimSuffix(text, []byte("\n")))}
	_ = json.Unmarshal(text, a) // not all is JSON, which is seen by what is wanted
	return a, nil
}

// stack copies a template of testdata/graphql to a directory of the test's.
func stack(t testing.TB, name string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "graphql", name))); err != nil {
		t.Fatal(err)
	}
	return dir
}

// modes is a stack whose API has all five modes of authorization: API_KEY is
// the default one, the tokens are those of npm oidc-provider and cognito-local.
type modes struct {
	*server
	issuer *issuer
	pool   *userPool
	notes  string // what the authorizer was asked
}

func startModes(t testing.TB) *modes {
	t.Helper()
	m := &modes{issuer: startIssuer(t), notes: filepath.Join(t.TempDir(), "notes")}
	address, to := movable(t)
	m.pool = startUserPool(t, address)
	to(m.pool.url)
	m.server = serve(t, stack(t, "modes"), serveOptions{args: []string{"--parameter", "Notes=" + m.notes,
		"--issuer", "https://login.example.com=" + m.issuer.url, "--issuer", "Pool=" + address + "/" + poolID}})
	return m
}

// proof is how a caller of one mode proves who is calling.
type proof struct {
	Mode        string            `json:"mode"`
	APIKey      string            `json:"apiKey,omitempty"`
	Credentials map[string]string `json:"credentials,omitempty"`
	Token       string            `json:"token,omitempty"`
}

// proofs are one of each mode.
func (m *modes) proofs(t testing.TB) []proof {
	t.Helper()
	role := m.credentials(t, "Caller")
	list := []proof{
		{Mode: "API_KEY", APIKey: m.apis[0].APIKeys[0]},
		{Mode: "AWS_IAM", Credentials: map[string]string{"accessKeyId": role.accessKeyID, "secretAccessKey": role.secretAccessKey, "sessionToken": role.sessionToken}},
		{Mode: "OPENID_CONNECT", Token: m.issuer.ask(t, "token")},
		{Mode: "AMAZON_COGNITO_USER_POOLS", Token: m.pool.token(t, "ana", "AccessToken")},
		{Mode: "AWS_LAMBDA", Token: "secret-token of a caller"},
	}
	for _, p := range list {
		m.keep(p.Token)
	}
	return list
}

// authTypes are what util.authType() says.
var authTypes = map[string]string{
	"API_KEY": "API Key Authorization", "AWS_IAM": "IAM Authorization", "OPENID_CONNECT": "Open ID Connect Authorization",
	"AMAZON_COGNITO_USER_POOLS": "User Pool Authorization", "AWS_LAMBDA": "Lambda Authorization",
}

// now is a time as tokens have it.
func now() int64 { return time.Now().Unix() }

// eventually waits for something that nobody tells of.
func eventually(t testing.TB, what string, so func() bool) {
	t.Helper()
	every := time.NewTicker(100 * time.Millisecond)
	defer every.Stop()
	limit := time.After(patience)
	for !so() {
		select {
		case <-every.C:
		case <-limit:
			t.Fatalf("not within %s: %s", patience, what)
		}
	}
}
