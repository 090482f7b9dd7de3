package identitypool_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"go.uber.org/goleak"
	"golang.org/x/oauth2"

	"github.com/tidewire/tidewire/iam"
	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/identity/jwttest"
	"github.com/tidewire/tidewire/internal/identitypool"
	"github.com/tidewire/tidewire/internal/spec"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	region    = "us-east-1"
	poolID    = "us-east-1:5ac31cee-e36a-4e4a-8093-e2123e440eb0"
	closedID  = "us-east-1:6bd42dff-f47b-4f5b-9104-f3234f551fc1"
	userPool  = "cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEfGhI"
	poolIss   = "https://" + userPool
	other     = "https://issuer.example.com/a"
	rolesHead = "arn:aws:iam::123456789012:role/"
)

var start = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

// trust is the trust policy that Cognito's console writes.
func trust(t testing.TB, pool, amr string) *iam.Policy {
	t.Helper()
	p, err := iam.ParseTrust([]byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},` +
		`"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"cognito-identity.amazonaws.com:aud":"` + pool + `"},` +
		`"ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":"` + amr + `"}}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func role(name string, p *iam.Policy) spec.Role {
	return spec.Role{LogicalID: name, Name: name, ARN: rolesHead + name, ID: "AROA" + strings.ToUpper(name), Trust: p}
}

// template has a pool that takes everybody and one that takes users only.
func template(t testing.TB) *spec.Spec {
	t.Helper()
	clients := []spec.PoolClient{{Provider: userPool, ClientID: "web", PoolID: "us-east-1_AbCdEfGhI", LogicalID: "Users"},
		{Provider: userPool, ClientID: "app", PoolID: "us-east-1_AbCdEfGhI", LogicalID: "Users"}}
	return &spec.Spec{Region: region, Account: "123456789012", Partition: "aws",
		IdentityPools: []spec.IdentityPool{
			{LogicalID: "Pool", ID: poolID, AllowUnauthenticated: true, AllowClassic: true, Pools: clients,
				OIDCProviders: []spec.OIDCClient{{ARN: "arn:aws:iam::123456789012:oidc-provider/issuer.example.com/a", Issuer: other, ClientIDs: []string{"page"}}},
				Authenticated: rolesHead + "Member", Unauthenticated: rolesHead + "Guest"},
			{LogicalID: "Closed", ID: closedID, Pools: clients, Authenticated: rolesHead + "Member", Unsupported: "SAML logins are not verified here"},
		},
		Roles: []spec.Role{
			role("Member", trust(t, poolID, "authenticated")), role("Guest", trust(t, poolID, "unauthenticated")),
			role("Admin", trust(t, poolID, "authenticated")), role("Foreign", trust(t, "us-east-1:another", "authenticated")),
			role("Silent", nil),
		},
	}
}

// desk is what the tests ask.
type desk struct {
	*identitypool.Pools
	log *journal
	now *time.Time
}

// journal keeps the log.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// keys of the two issuers, and one of nobody's.
var keys = sync.OnceValue(func() map[string]*ecdsa.PrivateKey {
	m := map[string]*ecdsa.PrivateKey{}
	for _, name := range []string{poolIss, other, "nobody"} {
		m[name], _ = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	return m
})

var rsaKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

// keyOf is the key of an issuer.
func keyOf(issuer string) jose.JSONWebKey {
	return jose.JSONWebKey{Key: keys()[issuer], KeyID: "k", Algorithm: "ES256", Use: "sig"}
}

// open makes the pools of a template.
func open(t testing.TB, s *spec.Spec, change func(*identitypool.Options)) *desk {
	t.Helper()
	now := start
	d := &desk{log: &journal{}, now: &now}
	auth, err := identity.New(identity.Options{Spec: s, SealingKey: [32]byte{1}, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	o := identitypool.Options{Spec: s, Key: [32]byte{2}, Assume: auth.AssumePoolRole, Signer: identitypool.NewSigner(rsaKey),
		Issuers: map[string]string{"Users": jwttest.KeyFile(t, keyOf(poolIss)), other: jwttest.KeyFile(t, keyOf(other))},
		Now:     func() time.Time { return now }, Log: slog.New(slog.NewTextHandler(d.log, nil))}
	if change != nil {
		change(&o)
	}
	if d.Pools, err = identitypool.New(o); err != nil {
		t.Fatal(err)
	}
	return d
}

// claims are those of an ID token of the user pool.
func claims(changes map[string]any) map[string]any {
	return jwttest.With(map[string]any{"iss": poolIss, "sub": "ann", "aud": "web", "token_use": "id", "exp": start.Add(time.Hour).Unix(), "iat": start.Unix()}, changes)
}

// ofOther makes a token of the OpenID Connect provider.
func ofOther(changes map[string]any) map[string]any {
	return jwttest.With(claims(map[string]any{"iss": other, "aud": "page", "token_use": nil}), changes)
}

func token(t testing.TB, signer string, claims map[string]any) string {
	t.Helper()
	return jwttest.Sign(t, jose.ES256, keyOf(signer), claims, nil)
}

// user is the Logins of a token of the user pool.
func user(t testing.TB, changes map[string]any) map[string]string {
	return map[string]string{userPool: token(t, poolIss, claims(changes))}
}

// answer is what the pools answered.
type answer struct {
	status      int
	header      http.Header
	Type        string `json:"__type"`
	Message     string
	IdentityID  string `json:"IdentityId"`
	Token       string
	Credentials struct {
		AccessKeyID  string `json:"AccessKeyId"`
		SecretKey    string
		SessionToken string
		Expiration   float64
	}
}

// ask calls an operation.
func (d *desk) ask(t testing.TB, operation string, in any) answer {
	t.Helper()
	body, ok := in.(string)
	if !ok {
		text, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		body = string(text)
	}
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("X-Amz-Target", "AWSCognitoIdentityService."+operation)
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	if !identitypool.Takes(r) {
		t.Fatalf("%s is not taken", operation)
	}
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	a := answer{status: w.Code, header: w.Header()}
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil {
		t.Fatalf("%s: %v in %q", operation, err, w.Body)
	}
	return a
}

// id gets an identity's id.
func (d *desk) id(t testing.TB, pool string, logins map[string]string) string {
	t.Helper()
	a := d.ask(t, "GetId", map[string]any{"IdentityPoolId": pool, "Logins": logins})
	if a.status != http.StatusOK {
		t.Fatalf("GetId: %+v", a)
	}
	return a.IdentityID
}

// tokenSource gives an ID token, as login.Source does.
func tokenSource(text string) func(context.Context) (*oauth2.Token, error) {
	return func(context.Context) (*oauth2.Token, error) { return &oauth2.Token{AccessToken: text}, nil }
}

// header is a header that is written in AWS's own case.
func header(a answer, name string) string {
	if values := a.header[name]; len(values) == 1 {
		return values[0]
	}
	return ""
}
