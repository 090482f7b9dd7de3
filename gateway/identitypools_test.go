package gateway_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	"github.com/go-jose/go-jose/v4"
	"golang.org/x/oauth2"

	"github.com/tidewire/tidewire/apigateway"
	"github.com/tidewire/tidewire/gateway"
	"github.com/tidewire/tidewire/gatewaytest"
	"github.com/tidewire/tidewire/login"
)

// signInAt is a user pool whose keys are in a file.
type signInAt struct {
	key  *ecdsa.PrivateKey
	file string
}

func newSignIn(t *testing.T) *signInAt {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	set, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "k", Algorithm: "ES256", Use: "sig"}}})
	if err != nil {
		t.Fatal(err)
	}
	s := &signInAt{key: key, file: filepath.Join(t.TempDir(), "keys.json")}
	if err := os.WriteFile(s.file, set, 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

// idToken is of a user of the template's only user pool.
func (s *signInAt) idToken(t *testing.T, g *gatewaytest.Gateway, user string) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: s.key, KeyID: "k"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	client := g.Spec().IdentityPools[0].Pools[0]
	body, err := json.Marshal(map[string]any{"iss": "https://" + client.Provider, "sub": user, "aud": client.ClientID, "token_use": "id", "exp": time.Now().Add(time.Hour).Unix()})
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(body)
	if err != nil {
		t.Fatal(err)
	}
	text, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// credentials are what a user gets from the identity pool, "" is a guest.
func (s *signInAt) credentials(t *testing.T, g *gatewaytest.Gateway, user string) *login.IdentityPool {
	p := g.IdentityPools()[0]
	provider := &login.IdentityPool{PoolID: p.ID, Endpoint: p.URL, HTTPClient: g.Client()}
	if user != "" {
		token := s.idToken(t, g, user)
		provider.Token = func(context.Context) (*oauth2.Token, error) { return &oauth2.Token{AccessToken: token}, nil }
	}
	return provider
}

// TestSignedInSocket goes from an ID token to an open socket, or to the policy
// that refuses it.
func TestSignedInSocket(t *testing.T) {
	t.Parallel()
	users, r := newSignIn(t), newRecorder()
	g := gatewaytest.New(t, "testdata/identitypool.yaml", &gatewaytest.Options{
		Functions: map[string]gatewaytest.Function{"F": r.function()}, Gateway: gateway.Options{Issuers: map[string]string{"Users": users.file}}})
	if text := g.Unavailable(); len(text) != 0 {
		t.Error(text)
	}
	c := g.Dial(t, &apigateway.DialOptions{Credentials: users.credentials(t, g, "ann")})
	e := r.next(t, "CONNECT")
	if !strings.HasSuffix(e.RequestContext.Identity.UserArn, "/CognitoIdentityCredentials") {
		t.Errorf("the socket is of %s", e.RequestContext.Identity.UserArn)
	}
	if err := c.Send(t.Context(), []byte("hello")); err != nil {
		t.Fatal(err)
	}
	if m, err := c.Receive(t.Context()); err != nil || string(m.Data) != "hello" {
		t.Errorf("%q, %v", m.Data, err)
	}
	for _, user := range []string{"bob", ""} { // whom the policy does not name, and whose role has none
		_, err := apigateway.Dial(t.Context(), g.URL(), g.DialOptions(&apigateway.DialOptions{Credentials: users.credentials(t, g, user)}))
		var refused *apigateway.RefusedError
		if !errors.As(err, &refused) || refused.Status != http.StatusForbidden || refused.Type != "AccessDeniedException" {
			t.Errorf("%q: %v", user, err)
		}
	}
}

func TestIdentityPoolsAreAnnounced(t *testing.T) {
	t.Parallel()
	g := gatewaytest.New(t, "testdata/identitypool.yaml", nil)
	p := g.IdentityPools()[0]
	want := "http://" + g.Addr() + "/"
	if p.LogicalID != "Pool" || p.URL != want || p.SecureURL != "https"+want[len("http"):] || !p.Guests || len(p.Providers) != 1 || !strings.HasPrefix(p.Providers[0], "cognito-idp.") {
		t.Errorf("%+v", p)
	}
	if text := g.Unavailable(); len(text) != 1 || !strings.Contains(text[0], "--issuer Users=URL") {
		t.Errorf("%q", text)
	}
	_, err := gateway.Load("testdata/identitypool.yaml", &gateway.Options{Issuers: map[string]string{"Nobody": "x"}})
	if err == nil || !strings.Contains(err.Error(), "Users") {
		t.Errorf("an issuer that nothing names: %v", err)
	}
}

// TestPagesAskIdentityPools asks as a page in a browser does.
func TestPagesAskIdentityPools(t *testing.T) {
	t.Parallel()
	log := &safeBuffer{}
	g := gatewaytest.New(t, "testdata/identitypool.yaml", &gatewaytest.Options{Gateway: gateway.Options{Log: slog.New(slog.NewTextHandler(log, nil))}})
	ask := func(method, host, origin string) *http.Response {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, g.IdentityPools()[0].URL, strings.NewReader(`{"IdentityPoolId":"`+g.IdentityPools()[0].ID+`"}`))
		if err != nil {
			t.Fatal(err)
		}
		if host != "" {
			r.Host = host
		}
		r.Header.Set("Origin", origin)
		r.Header.Set("Content-Type", "application/x-amz-json-1.1")
		if method == http.MethodPost {
			r.Header.Set("X-Amz-Target", "AWSCognitoIdentityService.GetId")
		} else {
			r.Header.Set("Access-Control-Request-Method", "POST")
			r.Header.Set("Access-Control-Request-Headers", "content-type,x-amz-target")
		}
		resp, err := g.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := resp.Body.Close(); err != nil {
			t.Fatal(err)
		}
		return resp
	}
	for _, tt := range []struct {
		method, host, origin string
		status               int
		cors                 string
	}{
		{http.MethodPost, "", "http://localhost:5173", 200, "*"},
		{http.MethodOptions, "", "http://localhost:5173", 200, "*"},
		{http.MethodPost, "cognito-identity.us-east-1.amazonaws.com", "http://localhost:5173", 200, "*"},
		{http.MethodPost, "", "https://evil.example", 403, ""},
		{http.MethodOptions, "", "https://evil.example", 403, ""},
		{http.MethodPost, "evil.example", "http://localhost:5173", 403, ""},
	} {
		resp := ask(tt.method, tt.host, tt.origin)
		if resp.StatusCode != tt.status || resp.Header.Get("Access-Control-Allow-Origin") != tt.cors {
			t.Errorf("%+v: %d %v", tt, resp.StatusCode, resp.Header)
		}
	}
	if !strings.Contains(log.String(), "evil.example") {
		t.Error("the log does not say who was refused")
	}
}

// TestIdentityPoolsStay asks two gateways, one after the other, on the same
// state.
func TestIdentityPoolsStay(t *testing.T) {
	t.Parallel()
	users, state := newSignIn(t), filepath.Join(t.TempDir(), "state")
	var ids, keys []string
	for range 2 {
		t.Run("", func(t *testing.T) {
			g := gatewaytest.New(t, "testdata/identitypool.yaml", &gatewaytest.Options{Gateway: gateway.Options{State: state, Issuers: map[string]string{"Users": users.file}}})
			p := g.IdentityPools()[0]
			client := cognitoidentity.New(cognitoidentity.Options{Region: "us-east-1", BaseEndpoint: &p.URL, Credentials: aws.AnonymousCredentials{}, Retryer: aws.NopRetryer{}, HTTPClient: g.Client()})
			logins := map[string]string{p.Providers[0]: users.idToken(t, g, "ann")}
			id, err := client.GetId(t.Context(), &cognitoidentity.GetIdInput{IdentityPoolId: &p.ID, Logins: logins})
			if err != nil {
				t.Fatal(err)
			}
			token, err := client.GetOpenIdToken(t.Context(), &cognitoidentity.GetOpenIdTokenInput{IdentityId: id.IdentityId, Logins: logins})
			if err != nil {
				t.Fatal(err)
			}
			head, _, _ := strings.Cut(aws.ToString(token.Token), ".")
			ids, keys = append(ids, aws.ToString(id.IdentityId)), append(keys, head)
			if err := g.Reload(t.Context()); err != nil {
				t.Fatal(err)
			}
			if _, err := client.GetOpenIdToken(t.Context(), &cognitoidentity.GetOpenIdTokenInput{IdentityId: id.IdentityId, Logins: logins}); err != nil {
				t.Errorf("after a reload: %v", err)
			}
		})
	}
	if len(ids) != 2 || ids[0] != ids[1] || keys[0] != keys[1] {
		t.Errorf("%q and %q", ids, keys)
	}
}
