package graphqlapi_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/coder/websocket"
	"github.com/go-jose/go-jose/v4"
	"golang.org/x/oauth2"

	"github.com/tidewire/tidewire/appsync"
	"github.com/tidewire/tidewire/iam"
	"github.com/tidewire/tidewire/internal/graphqlapi"
	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/spec"
	"github.com/tidewire/tidewire/internal/state"
	"github.com/tidewire/tidewire/internal/wire"
	"github.com/tidewire/tidewire/sigv4"
)

const (
	account  = "123456789012"
	graphARN = "arn:aws:appsync:us-east-1:123456789012:apis/abcdefghijklmnopqrstuvwxyz"
	pool     = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEfGhI"
	issuer   = "https://login.example.com"
	goodKey  = "da2-abcdefghijklmnopqrstuvwxyz"
	devID    = "AKIADEVELOPERAAAAAAA"
	devKey   = "a/secret+of+the+developer"
)

const everyMode = `
type Query @aws_api_key @aws_iam @aws_oidc @aws_cognito_user_pools @aws_lambda { a: Int }
type Mutation @aws_api_key @aws_iam @aws_oidc @aws_cognito_user_pools @aws_lambda { post(text: String): Post }
type Post @aws_api_key @aws_iam @aws_oidc @aws_cognito_user_pools @aws_lambda { text: String }
type Subscription @aws_api_key @aws_iam @aws_oidc @aws_cognito_user_pools @aws_lambda {
  onPost: Post @aws_subscribe(mutations: ["post"])
  admins: Post @aws_cognito_user_pools(cognito_groups: ["admins"]) @aws_subscribe(mutations: ["post"])
  others: Post @aws_cognito_user_pools(cognito_groups: ["others"]) @aws_subscribe(mutations: ["post"])
}`

// world is an API with every mode, behind a real server.
type world struct {
	t      *testing.T
	api    *graphqlapi.API
	url    string // of /graphql
	host   string
	iam    *identity.Authenticator
	tokens map[string]func(claims map[string]any) string

	mu    sync.Mutex
	asked []string // events of the Lambda authorizer
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, tokens: map[string]func(map[string]any) string{}}
	s := stack(t)
	a := &s.GraphQLAPIs[0]
	w.iam = w.authenticator(s)
	modes, err := identity.NewModes(identity.ModesOptions{
		Spec: s, API: a, IAM: w.iam, LocalIAM: w.authenticator(s, "execute-api"), Invoke: w.authorize, Issuers: map[string]string{pool: w.keys("pool", jose.RS256), issuer: w.keys("oidc", jose.ES256)},
	})
	if err != nil {
		t.Fatal(err)
	}
	module := &graphqlapi.Module{Has: func(string) bool { return true }, Call: func(_ context.Context, _ string, c *graphqlapi.Call) *graphqlapi.Outcome {
		return &graphqlapi.Outcome{Value: json.RawMessage(c.Arguments)}
	}}
	w.api, err = graphqlapi.New(graphqlapi.Options{
		API: a, Admit: modes.Admit, AuthorizeField: modes.AuthorizeField, KnownHost: func(host string) bool { return host == w.host },
		Load: func(string, *spec.Script) (*graphqlapi.Module, spec.Problems) { return module, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(w.serve))
	w.host = strings.TrimPrefix(server.URL, "http://")
	w.url = server.URL + "/graphql"
	t.Cleanup(func() {
		if err := w.api.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		server.Close()
	})
	return w
}

func (w *world) serve(rw http.ResponseWriter, r *http.Request) {
	in := graphqlapi.Request{Peer: netip.MustParseAddr("127.0.0.1")}
	if r.Header.Get("Upgrade") != "" {
		w.api.Realtime(rw, r, in)
		return
	}
	w.api.GraphQL(rw, r, in)
}

func stack(t *testing.T) *spec.Spec {
	t.Helper()
	policy := func(resource string) []spec.Policy {
		p, err := iam.ParseIdentity([]byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"appsync:GraphQL","Resource":"` + graphARN + resource + `"}]}`))
		if err != nil {
			t.Fatal(err)
		}
		return []spec.Policy{{Name: "p", Document: p}}
	}
	return &spec.Spec{
		Region: "us-east-1", Account: account, Partition: "aws",
		Roles: []spec.Role{
			{LogicalID: "Reader", Name: "Reader", ARN: "arn:aws:iam::123456789012:role/Reader", ID: "AROAREADER", Policies: policy("/types/Subscription/fields/onPost")},
			{LogicalID: "Nobody", Name: "Nobody", ARN: "arn:aws:iam::123456789012:role/Nobody", ID: "AROANOBODY"},
		},
		GraphQLAPIs: []spec.GraphQLAPI{{
			LogicalID: "Api", ID: "abcdefghijklmnopqrstuvwxyz", ARN: graphARN, Schema: []spec.SchemaPart{{Text: everyMode}},
			Auth: []spec.AuthProvider{{Mode: spec.ModeAPIKey}, {Mode: spec.ModeIAM},
				{Mode: spec.ModeCognito, Pool: &spec.UserPoolProvider{LogicalID: "Pool", ID: "us-east-1_AbCdEfGhI", Issuer: pool}},
				{Mode: spec.ModeOIDC, OIDC: &spec.OIDCProvider{Issuer: issuer}},
				{Mode: spec.ModeLambda, Lambda: &spec.LambdaAuthorizer{FunctionARN: "arn:aws:lambda:us-east-1:123456789012:function:who"}}},
			Keys:        []spec.GraphQLKey{{LogicalID: "Key", Value: goodKey}},
			DataSources: []spec.DataSource{{Name: "none", Type: spec.SourceNone}},
			Resolvers:   []spec.Resolver{{LogicalID: "R", Type: "Mutation", Field: "post", DataSource: "none", Code: &spec.Script{Text: "x"}}},
		}},
	}
}

func (w *world) authenticator(s *spec.Spec, services ...string) *identity.Authenticator {
	w.t.Helper()
	a, err := identity.New(identity.Options{Spec: s, Service: "appsync", AcceptServices: services, SealingKey: [32]byte{1},
		Developer: state.Developer{AccessKeyID: devID, SecretAccessKey: devKey, UserName: "developer"}})
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

// keys makes a key and gives the file with its public half.
func (w *world) keys(name string, alg jose.SignatureAlgorithm) string {
	w.t.Helper()
	var key any
	var public any
	if alg == jose.RS256 {
		k, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			w.t.Fatal(err)
		}
		key, public = k, k.Public()
	} else {
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			w.t.Fatal(err)
		}
		key, public = k, k.Public()
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: jose.JSONWebKey{KeyID: name, Key: key}}, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	w.tokens[name] = func(claims map[string]any) string {
		text, _ := json.Marshal(claims)
		signed, err := signer.Sign(text)
		if err != nil {
			w.t.Fatal(err)
		}
		compact, err := signed.CompactSerialize()
		if err != nil {
			w.t.Fatal(err)
		}
		return compact
	}
	file := filepath.Join(w.t.TempDir(), name+".json")
	text, _ := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{KeyID: name, Key: public, Algorithm: string(alg), Use: "sig"}}})
	if err := os.WriteFile(file, text, 0o600); err != nil {
		w.t.Fatal(err)
	}
	return file
}

func (w *world) authorize(_ context.Context, _ string, event []byte) ([]byte, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = append(w.asked, string(event))
	return []byte(`{"isAuthorized":` + map[bool]string{true: "true", false: "false"}[strings.Contains(string(event), "open-sesame")] + `}`), nil
}

func poolClaims() map[string]any {
	return map[string]any{"iss": pool, "sub": "s", "token_use": "access", "client_id": "web", "username": "ann", "cognito:groups": []string{"admins"},
		"exp": time.Now().Add(time.Hour).Unix(), "iat": time.Now().Unix()}
}

func oidcClaims() map[string]any {
	return map[string]any{"iss": issuer, "sub": "s", "aud": "app", "exp": time.Now().Add(time.Hour).Unix(), "iat": time.Now().Unix()}
}

func bearer(token string) *appsync.Auth {
	return appsync.Token(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: token}))
}

func developer() aws.CredentialsProvider {
	return credentials.NewStaticCredentialsProvider(devID, devKey, "")
}

func (w *world) session(role string) aws.CredentialsProvider {
	w.t.Helper()
	c, err := w.iam.AssumeRole(role, "s", time.Hour, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return credentials.NewStaticCredentialsProvider(c.AccessKeyID, c.SecretAccessKey, c.SessionToken)
}

// TestModes: our own client connects, subscribes and receives in every mode,
// by both of its ways.
func TestModes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, auth := range map[string]*appsync.Auth{
		"API key":          appsync.APIKey(goodKey),
		"IAM":              appsync.IAM(developer(), "us-east-1"),
		"IAM with session": appsync.IAM(w.session("Reader"), "us-east-1"),
		"Cognito":          bearer(w.tokens["pool"](poolClaims())),
		"OIDC":             bearer(w.tokens["oidc"](oidcClaims())),
		"Lambda":           appsync.Lambda("open-sesame"),
	} {
		for _, inQuery := range []bool{false, true} {
			c, err := appsync.New(w.url, auth, &appsync.Options{HeaderInQuery: inQuery})
			if err != nil {
				t.Fatal(err)
			}
			w.receives(name, c)
			c.Close()
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if !strings.Contains(w.asked[0], `"operationName":"Deepdish:Connect"`) || !strings.Contains(w.asked[0], `"queryString":"","operationName":"Deepdish:Connect","variables":{}`) {
		t.Errorf("the authorizer was asked %s", w.asked[0])
	}
}

// receives subscribes, and has a mutation published.
func (w *world) receives(name string, c *appsync.Client) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 10*time.Second)
	defer cancel()
	sub, err := c.Subscribe(ctx, &appsync.Request{Query: `subscription { onPost { text } }`})
	if err != nil {
		w.t.Errorf("%s: %v", name, err)
		return
	}
	defer sub.Close(ctx)
	writer, err := appsync.New(w.url, appsync.APIKey(goodKey), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	defer writer.Close()
	if _, err := writer.Mutate(ctx, &appsync.Request{Query: `mutation { post(text: "` + name + `") { text } }`}); err != nil {
		w.t.Errorf("%s: %v", name, err)
		return
	}
	for e, err := range sub.Events(ctx) {
		if err != nil || string(e.Data) != `{"onPost":{"text":"`+name+`"}}` {
			w.t.Errorf("%s: received %s %v, %v", name, e.Data, e.Errors, err)
		}
		return
	}
}

// TestModesRefuse: who may not connect, or may not subscribe, is told so.
func TestModesRefuse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	expired := oidcClaims()
	expired["exp"] = time.Now().Add(-time.Minute).Unix()
	for name, tt := range map[string]struct {
		auth  *appsync.Auth
		query string
	}{
		"API key":                {appsync.APIKey("da2-nonononononononononononono"), ""},
		"another's secret":       {appsync.IAM(credentials.NewStaticCredentialsProvider(devID, "wrong", ""), "us-east-1"), ""},
		"another region":         {appsync.IAM(developer(), "eu-west-1"), ""},
		"a token made up":        {appsync.IAM(credentials.NewStaticCredentialsProvider(devID, devKey, "made-up"), "us-east-1"), ""},
		"a role without policy":  {appsync.IAM(w.session("Nobody"), "us-east-1"), ""},
		"another field":          {appsync.IAM(w.session("Reader"), "us-east-1"), `subscription { admins { text } }`},
		"expired":                {bearer(w.tokens["oidc"](expired)), ""},
		"another's signature":    {bearer(w.tokens["oidc"](poolClaims())), ""},
		"Lambda":                 {appsync.Lambda("close"), ""},
		"a group":                {bearer(w.tokens["pool"](poolClaims())), `subscription { others { text } }`},
		"a mode without a group": {appsync.APIKey(goodKey), `subscription { admins { text } }`},
	} {
		c, err := appsync.New(w.url, tt.auth, nil)
		if err != nil {
			t.Fatal(err)
		}
		if tt.query == "" {
			tt.query = `subscription { onPost { text } }`
		}
		_, err = c.Subscribe(t.Context(), &appsync.Request{Query: tt.query})
		if !errors.Is(err, appsync.ErrUnauthorized) {
			t.Errorf("%s: %v", name, err)
		}
		c.Close()
	}
	c, err := appsync.New(w.url, bearer(w.tokens["pool"](poolClaims())), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Subscribe(t.Context(), &appsync.Request{Query: `subscription { admins { text } }`}); err != nil {
		t.Error("a member of the group:", err)
	}
}

// signing is how a client signs what it sends.
type signing struct {
	service, path, host, body string
	creds                     aws.CredentialsProvider
	header                    map[string]string // signed too
	after                     map[string]string // not signed
	spell                     func(string) string
	token                     bool // sign an empty session token
}

// object is the authorization that comes of it.
func (s signing) object(t *testing.T) []byte {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, "http://"+s.host+s.path, strings.NewReader(s.body))
	if err != nil {
		t.Fatal(err)
	}
	r.ContentLength = 0
	r.Header = http.Header{"Accept": {"application/json, text/javascript"}, "Content-Encoding": {"amz-1.0"}, "Content-Type": {"application/json; charset=UTF-8"}}
	for name, value := range s.header {
		r.Header.Set(name, value)
	}
	if s.token {
		return emptyToken(t, s, r)
	}
	signer := &sigv4.Signer{Credentials: s.creds, Service: s.service, Region: "us-east-1"}
	if err := signer.Sign(t.Context(), r, sigv4.HashPayload([]byte(s.body))); err != nil {
		t.Fatal(err)
	}
	object := map[string]string{s.spell("host"): s.host}
	for name, values := range r.Header {
		object[s.spell(name)] = values[0]
	}
	for name, value := range s.after {
		object[name] = value
	}
	text, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (w *world) signing() signing {
	return signing{service: "appsync", path: "/graphql/connect", host: w.host, body: "{}", creds: developer(), spell: strings.ToLower}
}

// TestSignatures: the ways in which clients sign a connection.
func TestSignatures(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, tt := range map[string]struct {
		change func(s *signing)
		ok     bool
	}{
		"Amplify":                          {func(*signing) {}, true},
		"session":                          {func(s *signing) { s.creds = w.session("Reader") }, true},
		"the path of the WebSocket":        {func(s *signing) { s.path = "/graphql/realtime/connect" }, true},
		"execute-api on a host of our own": {func(s *signing) { s.service = "execute-api" }, true},
		"execute-api, session":             {func(s *signing) { s.service, s.creds = "execute-api", w.session("Reader") }, true},
		"capitals":                         {func(s *signing) { s.spell = http.CanonicalHeaderKey }, true},
		"more headers, not signed":         {func(s *signing) { s.after = map[string]string{"x-amz-user-agent": "aws-amplify/6", "User-Agent": "x"} }, true},
		"x-amz-content-sha256": {func(s *signing) {
			s.header = map[string]string{"X-Amz-Content-Sha256": sigv4.HashPayload([]byte("{}"))}
		}, true},
		"content-length":                    {func(s *signing) { s.header = map[string]string{"Content-Length": "2"} }, true},
		"another host":                      {func(s *signing) { s.host = "evil.example" }, false},
		"another port":                      {func(s *signing) { s.host = "127.0.0.1:1" }, false},
		"the path of a query":               {func(s *signing) { s.path = "/graphql" }, false},
		"the path of the WebSocket alone":   {func(s *signing) { s.path = "/graphql/realtime" }, false},
		"another body":                      {func(s *signing) { s.body = "" }, false},
		"another service":                   {func(s *signing) { s.service = "s3" }, false},
		"a header that was signed, changed": {func(s *signing) { s.after = map[string]string{"content-encoding": "gzip"} }, false},
		"a session token, not signed":       {func(s *signing) { s.after = map[string]string{"x-amz-security-token": "x"} }, false},
	} {
		s := w.signing()
		tt.change(&s)
		got := w.connect(s.object(t), false)
		if ok := strings.Contains(got, `"connection_ack"`); ok != tt.ok {
			t.Errorf("%s: %s", name, got)
		}
		if !tt.ok && got != `{"type":"connection_error","payload":{"errors":[{"errorType":"UnauthorizedException","message":"You are not authorized to make this call.","errorCode":401}]}}` {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// TestEmptyToken is Amplify for Swift: an empty session token that is signed.
func TestEmptyToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.signing()
	s.token = true
	for _, plain := range []bool{false, true} {
		if got := w.connect(s.object(t), plain); !strings.Contains(got, `"connection_ack"`) {
			t.Errorf("in plain headers: %v: %s", plain, got)
		}
	}
}

// connect gives the first message of the server.
func (w *world) connect(object []byte, plain bool) string {
	w.t.Helper()
	o := &websocket.DialOptions{Subprotocols: []string{"graphql-ws"}}
	if plain {
		o.HTTPHeader = http.Header{}
		a, err := wire.ReadAuthorization(object)
		if err != nil {
			w.t.Fatal(err)
		}
		o.HTTPHeader = a.Header
	} else {
		o.Subprotocols = append(o.Subprotocols, "header-"+base64.RawURLEncoding.EncodeToString(object))
	}
	ctx, cancel := context.WithTimeout(w.t.Context(), 10*time.Second)
	defer cancel()
	c, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(w.url, "http")+"/realtime", o)
	if err != nil {
		w.t.Fatal(err)
	}
	defer c.CloseNow()
	if err := c.Write(ctx, websocket.MessageText, []byte(`{"type":"connection_init"}`)); err != nil {
		w.t.Fatal(err)
	}
	_, text, err := c.Read(ctx)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(text)
}

// emptyToken signs by hand, with an empty x-amz-security-token among the
// headers.
func emptyToken(t *testing.T, s signing, r *http.Request) []byte {
	t.Helper()
	now := time.Now().UTC()
	date, day := now.Format("20060102T150405Z"), now.Format("20060102")
	canonical := "POST\n" + s.path + "\n\nhost:" + s.host + "\nx-amz-date:" + date + "\nx-amz-security-token:\n\nhost;x-amz-date;x-amz-security-token\n" + sigv4.HashPayload([]byte(s.body))
	scope := day + "/us-east-1/appsync/aws4_request"
	toSign := "AWS4-HMAC-SHA256\n" + date + "\n" + scope + "\n" + sigv4.HashPayload([]byte(canonical))
	key := []byte("AWS4" + devKey)
	for _, part := range []string{day, "us-east-1", "appsync", "aws4_request", toSign} {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(part))
		key = mac.Sum(nil)
	}
	text, err := json.Marshal(map[string]string{"host": s.host, "x-amz-date": date, "X-Amz-Security-Token": "", "accept": r.Header.Get("Accept"),
		"Authorization": "AWS4-HMAC-SHA256 Credential=" + devID + "/" + scope + ", SignedHeaders=host;x-amz-date;x-amz-security-token, Signature=" + hex.EncodeToString(key)})
	if err != nil {
		t.Fatal(err)
	}
	return text
}
