package identity_test

import (
	"context"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/spec"
	"github.com/tidewire/tidewire/sigv4"
)

const (
	poolID     = "us-east-1_AbCdEfGhI"
	poolIssuer = "https://cognito-idp.us-east-1.amazonaws.com/" + poolID
	oidcIssuer = "https://login.example.com"
	apiKey     = "da2-abcdefghijklmnopqrstuvwxyz"
	oldKey     = "da2-zyxwvutsrqponmlkjihgfedcba"
	graphARN   = "arn:aws:appsync:us-east-1:123456789012:apis/abcdefghijklmnopqrstuvwxyz"
	authorizer = "arn:aws:lambda:us-east-1:123456789012:function:who"
	opaque     = "custom-opaque-token"
)

// world is an API with the five modes and what they ask.
type world struct {
	clock *clock
	keys  *keyServer
	modes *identity.Modes

	mu     sync.Mutex
	asked  []string // events that the Lambda authorizer got
	answer string
	fails  error
}

func providers() []spec.AuthProvider {
	return []spec.AuthProvider{
		{Mode: spec.ModeAPIKey}, {Mode: spec.ModeIAM},
		{Mode: spec.ModeCognito, Pool: &spec.UserPoolProvider{LogicalID: "Pool", ID: poolID, Issuer: poolIssuer, ClientIDRegex: "web|app"}},
		{Mode: spec.ModeOIDC, OIDC: &spec.OIDCProvider{Issuer: oidcIssuer, ClientID: "app-.*", IATTTL: 10 * time.Minute, AuthTTL: 20 * time.Minute}},
		{Mode: spec.ModeLambda, Lambda: &spec.LambdaAuthorizer{FunctionARN: authorizer, TTL: time.Minute, IdentityValidation: "custom-.*"}},
	}
}

func newWorld(t testing.TB, auth []spec.AuthProvider, change func(*identity.ModesOptions)) *world {
	t.Helper()
	w := &world{clock: &clock{start}, answer: `{"isAuthorized":true}`,
		keys: &keyServer{requests: map[string]int{}, keys: map[string][]jose.JSONWebKey{
			oidcIssuer: {publicKey("rsa"), publicKey("ec")}, poolIssuer: {publicKey("rsa")}}}}
	s := stack(t)
	s.Users[0].Policies = append(s.Users[0].Policies, policy(t, "graph", allow("appsync:GraphQL", graphARN+"/types/Query/*", "")))
	o := options(t, s, w.clock)
	o.Service = "appsync"
	iamAuth, err := identity.New(o)
	if err != nil {
		t.Fatal(err)
	}
	mo := identity.ModesOptions{Spec: s, IAM: iamAuth, Invoke: w.invoke, Transport: w.keys, Now: func() time.Time { return w.clock.now },
		Issuers: map[string]string{"Pool": poolIssuer, oidcIssuer: oidcIssuer},
		API: &spec.GraphQLAPI{LogicalID: "Api", ID: "abcdefghijklmnopqrstuvwxyz", ARN: graphARN, Auth: auth, Keys: []spec.GraphQLKey{
			{LogicalID: "Key", Value: apiKey}, {LogicalID: "Old", Value: oldKey, Expires: start.Add(-time.Second)}, {LogicalID: "Empty"}}}}
	if change != nil {
		change(&mo)
	}
	if w.modes, err = identity.NewModes(mo); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) invoke(_ context.Context, arn string, payload []byte) ([]byte, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = append(w.asked, arn+" "+string(payload))
	return []byte(w.answer), w.fails
}

func credential(name, value string) *identity.Request {
	h := http.Header{}
	if value != "" {
		h.Set(name, value)
	}
	return request(h)
}

func request(h http.Header) *identity.Request {
	return &identity.Request{Header: h, Signed: &sigv4.Request{Method: "POST", Path: "/graphql", Host: "127.0.0.1:4577", Header: h},
		Peer: netip.MustParseAddr("127.0.0.1"), ForwardedFor: []string{"10.0.0.9"}, RequestID: "r-1", Query: "{a}", OperationName: "A"}
}

// signGraphQL is a signed request for service appsync.
func signGraphQL(t testing.TB, id string) *identity.Request {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, "http://127.0.0.1:4577/graphql", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	s := signer(longTerm(id), start)
	s.Service = "appsync"
	if err := s.Sign(context.Background(), r, sigv4.HashPayload([]byte("{}"))); err != nil {
		t.Fatal(err)
	}
	ir := request(r.Header)
	ir.Signed, ir.Body = sigv4.FromHTTP(r), []byte("{}")
	return ir
}
