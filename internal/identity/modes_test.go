package identity_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

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

// keyServer answers discovery and key documents without a network.
type keyServer struct {
	mu       sync.Mutex
	requests map[string]int
	keys     map[string][]jose.JSONWebKey // by issuer
	down     bool
}

func (k *keyServer) RoundTrip(r *http.Request) (*http.Response, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.requests[r.URL.String()]++
	if k.down {
		return nil, errors.New("no route to host")
	}
	issuer := "https://" + r.URL.Host
	if strings.Contains(r.URL.Host, "cognito") {
		issuer = poolIssuer
	}
	var body any = jose.JSONWebKeySet{Keys: k.keys[issuer]}
	status := http.StatusOK
	if strings.HasSuffix(r.URL.Path, "openid-configuration") {
		body = map[string]string{"issuer": issuer, "jwks_uri": issuer + "/keys"}
		if issuer == poolIssuer { // as servers that lack discovery
			status = http.StatusNotFound
		}
	}
	w := recorder{header: http.Header{"Content-Type": {"application/json"}}}
	_ = json.NewEncoder(&w.body).Encode(body)
	return w.response(status, r), nil
}

func (k *keyServer) count(url string) int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.requests[url]
}

var signingKeys = sync.OnceValue(func() map[string]any {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return map[string]any{"rsa": rsaKey, "ec": ecKey}
})

func publicKey(id string) jose.JSONWebKey {
	k := jose.JSONWebKey{KeyID: id, Key: signingKeys()[id]}
	return k.Public()
}

// token signs claims as RS256 or ES256.
func token(t testing.TB, key string, claims map[string]any) string {
	t.Helper()
	alg := jose.RS256
	if key == "ec" {
		alg = jose.ES256
	}
	return tokenWith(t, alg, jose.JSONWebKey{KeyID: key, Key: signingKeys()[key]}, claims)
}

func tokenWith(t testing.TB, alg jose.SignatureAlgorithm, key any, claims map[string]any) string {
	t.Helper()
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := s.Sign(text)
	if err != nil {
		t.Fatal(err)
	}
	compact, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return compact
}

// with is a copy of claims with some changed; nil values are left out.
func with(claims map[string]any, changes map[string]any) map[string]any {
	c := map[string]any{}
	for _, m := range []map[string]any{claims, changes} {
		for k, v := range m {
			c[k] = v
			if v == nil {
				delete(c, k)
			}
		}
	}
	return c
}

func poolClaims() map[string]any {
	return map[string]any{"iss": poolIssuer, "sub": "s-1", "token_use": "access", "client_id": "web", "username": "ann",
		"cognito:groups": []string{"admins"}, "exp": start.Add(time.Hour).Unix(), "iat": start.Unix()}
}

func oidcClaims() map[string]any {
	return map[string]any{"iss": oidcIssuer, "sub": "s-2", "aud": []string{"other", "app-7"}, "exp": start.Add(time.Hour).Unix(),
		"iat": start.Unix(), "auth_time": start.Unix()}
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

func TestModesTellWhoIsCalling(t *testing.T) {
	t.Parallel()
	w := newWorld(t, providers(), nil)
	w.answer = `{"isAuthorized":true,"resolverContext":{"tenant":"t1","n":2},"deniedFields":["Query.secret","` + graphARN + `/types/Mutation/fields/drop"]}`
	signedRequest := signed(t, longTerm(bobID), start, http.MethodPost, "http://127.0.0.1:4577/graphql", "{}")
	signedService := signGraphQL(t, bobID)
	tests := []struct {
		name, mode, authType, identity string
		r                              *identity.Request
	}{
		{"API key", spec.ModeAPIKey, "API Key Authorization", `null`, credential("x-api-key", apiKey)},
		{"IAM", spec.ModeIAM, "IAM Authorization",
			`{"accountId":"123456789012","cognitoIdentityAuthProvider":null,"cognitoIdentityAuthType":null,"cognitoIdentityId":null,"cognitoIdentityPoolId":null,` +
				`"sourceIp":["10.0.0.9","127.0.0.1"],"userArn":"arn:aws:iam::123456789012:user/bob","username":"AIDABOB"}`, signedService},
		{"access token", spec.ModeCognito, "User Pool Authorization",
			`{"claims":CLAIMS,"defaultAuthStrategy":"ALLOW","groups":["admins"],"issuer":"` + poolIssuer + `","sourceIp":["10.0.0.9","127.0.0.1"],"sub":"s-1","username":"ann"}`,
			credential("Authorization", token(t, "rsa", poolClaims()))},
		{"id token with Bearer", spec.ModeCognito, "User Pool Authorization",
			`{"claims":CLAIMS,"defaultAuthStrategy":"ALLOW","groups":null,"issuer":"` + poolIssuer + `","sourceIp":["10.0.0.9","127.0.0.1"],"sub":"s-1","username":"bea"}`,
			credential("Authorization", "bEARER "+token(t, "rsa", with(poolClaims(), map[string]any{"token_use": "id", "aud": "app", "cognito:username": "bea", "cognito:groups": nil})))},
		{"OIDC, elliptic", spec.ModeOIDC, "Open ID Connect Authorization", `{"claims":CLAIMS,"issuer":"` + oidcIssuer + `","sub":"s-2"}`,
			credential("Authorization", token(t, "ec", oidcClaims()))},
		{"Lambda", spec.ModeLambda, "Lambda Authorization", `{"resolverContext":{"tenant":"t1","n":2}}`, credential("Authorization", opaque)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, f := w.modes.Admit(context.Background(), tt.r)
			if f != nil {
				t.Fatal(f)
			}
			want := strings.Replace(tt.identity, "CLAIMS", string(c.Claims), 1)
			if diff := cmp.Diff([]string{tt.mode, tt.authType, want}, []string{c.Mode, c.AuthType(), string(c.Identity())}); diff != "" {
				t.Error(diff)
			}
		})
	}
	if _, f := w.modes.Admit(context.Background(), request(signedRequest.Header)); f == nil {
		t.Error("a signature for execute-api was admitted")
	}
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

func TestModesRefuse(t *testing.T) {
	t.Parallel()
	none := public{"UnauthorizedException", 401, "Valid authorization header not provided."}
	not := public{"UnauthorizedException", 401, "You are not authorized to make this call."}
	parse := public{"UnauthorizedException", 401, "Unable to parse JWT token."}
	expired := public{"UnauthorizedException", 401, "Token has expired."}
	auth := func(value string) *identity.Request { return credential("Authorization", value) }
	pool := func(changes map[string]any) *identity.Request {
		return auth(token(t, "rsa", with(poolClaims(), changes)))
	}
	provider := func(changes map[string]any) *identity.Request {
		return auth(token(t, "ec", with(oidcClaims(), changes)))
	}
	unsigned := func(header string, claims map[string]any) string {
		text, _ := json.Marshal(claims)
		return base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString(text) + "."
	}
	twice := http.Header{"Authorization": {opaque, opaque}}
	tests := []struct {
		name   string
		r      *identity.Request
		want   public
		reason string
	}{
		{"nothing", credential("", ""), none, "neither an Authorization nor an x-api-key"},
		{"two credentials", request(twice), none, "2 times"},
		{"unknown key", credential("x-api-key", "da2-nonononononononononononono"), not, "no API key of Api"},
		{"empty key is no key", credential("x-api-key", ""), none, "neither"},
		{"expired key", credential("x-api-key", oldKey), not, "the API key Old of Api expired at 2026-03-04T05:06:06Z"},
		{"pattern", auth("other-token"), not, "does not match IdentityValidationExpression"},
		{"Bearer without JWT", auth("Bearer custom-token"), parse, "three parts"},
		{"issuer", pool(map[string]any{"iss": "https://evil.example.com"}), not, "is none of Api"},
		{"issuer of no text", pool(map[string]any{"iss": 7}), parse, "a claim is not of the type"},
		{"alg none", auth(unsigned(`{"alg":"none"}`, poolClaims())), not, "its signature is not one of RS256"},
		{"HS256 with the RSA key", auth(hmacWithPublicKey(t)), not, "its signature is not one of RS256"},
		{"another's signature", auth(token(t, "ec", poolClaims())), not, "the issuer has no key"},
		{"changed claims", auth(forged(t)), not, "made its RS256 signature"},
		{"expired", pool(map[string]any{"exp": start.Add(-time.Minute).Unix()}), expired, "expired at 2026-03-04T05:05:07Z, 1m0s ago"},
		{"no exp", pool(map[string]any{"exp": nil}), not, "has no exp"},
		{"absurd exp", pool(map[string]any{"exp": 1e300}), not, "has no exp"},
		{"not yet", pool(map[string]any{"nbf": start.Add(time.Minute).Unix()}), not, "not valid yet: its nbf"},
		{"issued later", pool(map[string]any{"iat": start.Add(time.Minute).Unix()}), not, "not valid yet: its iat"},
		{"claims of the wrong type", pool(map[string]any{"cognito:groups": "admins"}), parse, "not of the type it should be"},
		{"token_use", pool(map[string]any{"token_use": "refresh"}), not, "token_use of the token is"},
		{"client of the access token", pool(map[string]any{"client_id": "webby"}), not, `client_id "webby" does not match`},
		{"client of the ID token", pool(map[string]any{"token_use": "id", "aud": "x"}), not, `aud "x" does not match`},
		{"audience", provider(map[string]any{"aud": "x"}), not, `aud "x" does not match`},
		{"authorized party", provider(map[string]any{"azp": "x"}), not, `azp "x" does not match`},
		{"names of claims are exact", pool(map[string]any{"iss": "https://evil.example.com", "ISS": poolIssuer}), not, "is none of Api"},
		{"a later client", provider(map[string]any{"aud": "x", "AUD": "app-7"}), not, `aud "x" does not match`},
		{"a later end", pool(map[string]any{"exp": start.Add(-time.Minute).Unix(), "EXP": start.Add(time.Hour).Unix()}), expired, "expired at"},
		{"JSON serialization", auth(`Bearer {"protected":"e30","payload":"e30","signature":"e30","x":".e30."}`), parse, "three parts of base64url"},
		{"iatTTL", provider(map[string]any{"iat": start.Add(-11 * time.Minute).Unix()}), expired, "iat was 11m0s ago, over 10m0s"},
		{"authTTL", provider(map[string]any{"auth_time": start.Add(-21 * time.Minute).Unix()}), expired, "auth_time was 21m0s ago"},
		{"no auth_time", provider(map[string]any{"auth_time": nil}), not, "has no auth_time"},
		{"too long", provider(map[string]any{"x": strings.Repeat("y", 16<<10)}), parse, "over 16384"},
		{"unsigned", auth("AWS4-HMAC-SHA256 "), public{"IncompleteSignatureException", 403, ""}, ""},
	}
	w := newWorld(t, providers(), nil)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, f := w.modes.Admit(context.Background(), tt.r)
			if tt.want.Message == "" && f != nil {
				tt.want.Message = f.Message
			}
			checkRefusal(t, f, tt.want, tt.reason, apiKey, oldKey, tt.r.Header.Get("Authorization"))
		})
	}
}

// hmacWithPublicKey is the old trick of signing with the public key as an HMAC
// secret.
func hmacWithPublicKey(t *testing.T) string {
	t.Helper()
	k := publicKey("rsa")
	secret, err := k.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	return tokenWith(t, jose.HS256, secret, poolClaims())
}

// forged has the signature of other claims.
func forged(t *testing.T) string {
	t.Helper()
	a := strings.Split(token(t, "rsa", poolClaims()), ".")
	b := strings.Split(token(t, "rsa", with(poolClaims(), map[string]any{"cognito:groups": []string{"root"}})), ".")
	return a[0] + "." + b[1] + "." + a[2]
}

func TestModesThatAreNotConfiguredAdmitNobody(t *testing.T) {
	t.Parallel()
	all := providers()
	jwt := token(t, "rsa", poolClaims())
	tests := []struct {
		name   string
		auth   spec.AuthProvider
		r      *identity.Request
		reason string
	}{
		{"key", all[1], credential("x-api-key", apiKey), "API_KEY is no authorization mode of Api (it has AWS_IAM)"},
		{"signature", all[0], signGraphQL(t, bobID), "AWS_IAM is no authorization mode"},
		{"signature at a user pool", all[2], signGraphQL(t, bobID), "AWS_IAM is no authorization mode"},
		{"JWT", all[0], credential("Authorization", jwt), "Api takes API_KEY"},
		{"opaque", all[2], credential("Authorization", opaque), "holds no JSON Web Token"},
		{"Bearer at a Lambda", all[4], credential("Authorization", "Bearer "+jwt), "AppSync does not pass them to a Lambda authorizer"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, []spec.AuthProvider{tt.auth}, nil)
			if _, f := w.modes.Admit(context.Background(), tt.r); f == nil || !strings.Contains(f.Error(), tt.reason) {
				t.Errorf("got %v, want a refusal with %q", f, tt.reason)
			}
			if len(w.asked) > 0 {
				t.Errorf("the Lambda authorizer was asked: %q", w.asked)
			}
		})
	}
}

func TestModesWithoutSettingsDoNotStart(t *testing.T) {
	t.Parallel()
	for _, p := range []spec.AuthProvider{{Mode: "OPEN"}, {Mode: spec.ModeOIDC}, {Mode: spec.ModeCognito}, {Mode: spec.ModeLambda},
		{Mode: spec.ModeOIDC, OIDC: &spec.OIDCProvider{Issuer: oidcIssuer, ClientID: "("}},
		{Mode: spec.ModeOIDC, OIDC: &spec.OIDCProvider{Issuer: oidcIssuer, ClientID: "a)|(?:.*"}},
		{Mode: spec.ModeLambda, Lambda: &spec.LambdaAuthorizer{FunctionARN: authorizer, IdentityValidation: "["}}} {
		o := identity.ModesOptions{Spec: stack(t), Invoke: (&world{}).invoke, API: &spec.GraphQLAPI{LogicalID: "Api", Auth: []spec.AuthProvider{p}}}
		if _, err := identity.NewModes(o); err == nil {
			t.Errorf("%+v: made", p)
		}
		if bad := p.OIDC != nil || p.Lambda != nil; bad != (identity.CheckPatterns(&p) != nil) {
			t.Errorf("%+v: %v", p, identity.CheckPatterns(&p))
		}
	}
	for _, where := range []string{"http://example.com", "https://", "/no/such/file.json"} {
		o := identity.ModesOptions{Spec: stack(t), Issuers: map[string]string{oidcIssuer: where},
			API: &spec.GraphQLAPI{LogicalID: "Api", Auth: providers()[3:4]}}
		if _, err := identity.NewModes(o); err == nil {
			t.Errorf("keys from %s: made", where)
		}
	}
}

func TestIssuerWithoutKeysRefusesAndSaysSo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, providers()[2:4], func(o *identity.ModesOptions) { o.Issuers = nil })
	if got := strings.Join(w.modes.Unavailable(), "\n"); !strings.Contains(got, "--issuer Pool=URL") || !strings.Contains(got, "--issuer "+oidcIssuer+"=URL") {
		t.Errorf("unavailable: %s", got)
	}
	_, f := w.modes.Admit(context.Background(), credential("Authorization", token(t, "rsa", poolClaims())))
	if f == nil || !strings.Contains(f.Error(), "start with --issuer") {
		t.Errorf("got %v", f)
	}
}

func TestKeysFromAFileAndFromAnotherIssuer(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "jwks.json")
	set, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{publicKey("rsa")}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, set, 0o600); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, providers()[2:4], func(o *identity.ModesOptions) {
		o.Issuers = map[string]string{poolID: file, oidcIssuer: "https://local.example.com"}
	})
	w.keys.keys["https://local.example.com"] = []jose.JSONWebKey{publicKey("ec")}
	for _, r := range []*identity.Request{
		credential("Authorization", token(t, "rsa", poolClaims())), // a file's tokens have the real issuer
		credential("Authorization", token(t, "ec", with(oidcClaims(), map[string]any{"iss": "https://local.example.com"}))),
	} {
		if _, f := w.modes.Admit(context.Background(), r); f != nil {
			t.Error(f)
		}
	}
	if _, f := w.modes.Admit(context.Background(), credential("Authorization", token(t, "ec", oidcClaims()))); f == nil {
		t.Error("a token of the issuer that was replaced was admitted")
	}
}

func TestUnknownKeyIDsReachTheIssuerSeldom(t *testing.T) {
	t.Parallel()
	w := newWorld(t, providers(), nil)
	keysAt := oidcIssuer + "/keys"
	good := credential("Authorization", token(t, "ec", oidcClaims()))
	if _, f := w.modes.Admit(context.Background(), good); f != nil {
		t.Fatal(f)
	}
	for i := range 100 {
		stranger := jose.JSONWebKey{KeyID: strings.Repeat("x", i+1), Key: signingKeys()["rsa"]}
		if _, f := w.modes.Admit(context.Background(), credential("Authorization", tokenWith(t, jose.RS256, stranger, oidcClaims()))); f == nil {
			t.Fatal("an unknown key was admitted")
		}
	}
	if n := w.keys.count(keysAt); n != 1 {
		t.Errorf("the keys were fetched %d times in one moment", n)
	}
	// The issuer rotates: after the pause the new key is found.
	w.clock.now = start.Add(11 * time.Second)
	rotated := publicKey("rsa")
	rotated.KeyID = "new"
	w.keys.keys[oidcIssuer] = []jose.JSONWebKey{rotated}
	fresh := credential("Authorization", tokenWith(t, jose.RS256, jose.JSONWebKey{KeyID: "new", Key: signingKeys()["rsa"]}, oidcClaims()))
	if _, f := w.modes.Admit(context.Background(), fresh); f != nil {
		t.Error(f)
	}
	if _, f := w.modes.Admit(context.Background(), good); f == nil {
		t.Error("a key that the issuer has dropped is still good")
	}
	if n := w.keys.count(keysAt); n != 2 {
		t.Errorf("the keys were fetched %d times", n)
	}
}

func TestIssuerThatIsDown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, providers()[3:4], nil)
	long := credential("Authorization", token(t, "ec", with(oidcClaims(), map[string]any{"exp": start.Add(90 * time.Hour).Unix(),
		"iat": start.Add(30 * time.Hour).Unix(), "auth_time": start.Add(30 * time.Hour).Unix()})))
	w.clock.now = start.Add(30 * time.Hour)
	w.keys.down = true
	_, f := w.modes.Admit(context.Background(), long)
	if f == nil || f.Status != 401 || !strings.Contains(f.Error(), "no route to host") {
		t.Fatalf("got %v", f)
	}
	w.keys.down = false
	if _, f = w.modes.Admit(context.Background(), long); f == nil {
		t.Error("the issuer was asked again at once")
	}
	w.clock.now = w.clock.now.Add(11 * time.Second)
	if _, f = w.modes.Admit(context.Background(), long); f != nil {
		t.Fatal(f)
	}
	w.keys.down = true
	w.clock.now = w.clock.now.Add(2 * time.Hour) // iat is too old now, so another token
	later := credential("Authorization", token(t, "ec", with(oidcClaims(), map[string]any{"exp": start.Add(90 * time.Hour).Unix(),
		"iat": w.clock.now.Unix(), "auth_time": w.clock.now.Unix()})))
	if _, f = w.modes.Admit(context.Background(), later); f != nil {
		t.Errorf("keys of two hours are not good any more: %v", f)
	}
	w.clock.now = w.clock.now.Add(25 * time.Hour)
	last := credential("Authorization", token(t, "ec", with(oidcClaims(), map[string]any{"exp": start.Add(900 * time.Hour).Unix(),
		"iat": w.clock.now.Unix(), "auth_time": w.clock.now.Unix()})))
	if _, f = w.modes.Admit(context.Background(), last); f == nil {
		t.Error("keys of a day are still good")
	}
}

func TestLambdaAuthorizer(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, answer, reason string
		fails                error
	}{
		{"no", `{"isAuthorized":false}`, "isAuthorized: false", nil},
		{"fails", ``, "failed: boom", errors.New("boom")},
		{"no JSON", `yes`, "answered something else", nil},
		{"empty object", `{}`, "answered something else", nil},
		{"a text", `{"isAuthorized":"true"}`, "answered something else", nil},
		{"null", `null`, "answered something else", nil},
		{"nested context", `{"isAuthorized":true,"resolverContext":{"a":{"b":1}}}`, "is no text, number or truth value", nil},
		{"denied what", `{"isAuthorized":true,"deniedFields":["everything"]}`, "neither Type.field nor", nil},
		{"denied ARN", `{"isAuthorized":true,"deniedFields":["arn:aws:appsync:::apis/x/types/A"]}`, "neither Type.field nor", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, providers(), nil)
			w.answer, w.fails = tt.answer, tt.fails
			_, f := w.modes.Admit(context.Background(), credential("Authorization", opaque))
			checkRefusal(t, f, public{"UnauthorizedException", 401, "You are not authorized to make this call."}, tt.reason, opaque)
		})
	}
}

func TestLambdaAuthorizerIsAskedOnceInItsTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t, providers(), nil)
	admit := func() {
		t.Helper()
		r := credential("Authorization", opaque)
		r.Header.Set("X-Custom", "c")
		r.Variables = json.RawMessage(`{"v":1}`)
		if _, f := w.modes.Admit(context.Background(), r); f != nil {
			t.Fatal(f)
		}
	}
	admit()
	admit()
	want := []string{authorizer + ` {"authorizationToken":"` + opaque + `","requestContext":{"apiId":"abcdefghijklmnopqrstuvwxyz","accountId":"123456789012",` +
		`"requestId":"r-1","queryString":"{a}","operationName":"A","variables":{"v":1}},"requestHeaders":{"host":"127.0.0.1:4577","x-custom":"c"}}`}
	if diff := cmp.Diff(want, w.asked); diff != "" {
		t.Error(diff)
	}
	w.clock.now = start.Add(time.Minute)
	w.answer = `{"isAuthorized":true,"ttlOverride":0}`
	admit()
	admit()
	if len(w.asked) != 3 {
		t.Errorf("asked %d times", len(w.asked))
	}
}

func TestAuthorizeField(t *testing.T) {
	t.Parallel()
	w := newWorld(t, providers(), nil)
	w.answer = `{"isAuthorized":true,"deniedFields":["Query.secret","` + graphARN + `/types/Mutation/fields/drop"]}`
	tests := []struct {
		name    string
		r       *identity.Request
		allowed []string
		denied  []string
	}{
		{"policy", signGraphQL(t, bobID), []string{"Query.a"}, []string{"Mutation.a"}},
		{"developer", signGraphQL(t, devID), []string{"Query.a", "Mutation.a"}, nil},
		{"Lambda", credential("Authorization", opaque), []string{"Query.a"}, []string{"Query.secret", "Mutation.drop"}},
		{"key", credential("x-api-key", apiKey), []string{"Query.secret"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, f := w.modes.Admit(context.Background(), tt.r)
			if f != nil {
				t.Fatal(f)
			}
			for want, fields := range map[bool][]string{true: tt.allowed, false: tt.denied} {
				for _, name := range fields {
					typeName, field, _ := strings.Cut(name, ".")
					if f := w.modes.AuthorizeField(c, typeName, field); (f == nil) != want {
						t.Errorf("%s: %v", name, f)
					}
				}
			}
		})
	}
}

func FuzzAdmit(f *testing.F) {
	f.Add(opaque, "")
	f.Add("Bearer a.b.c", "")
	f.Add("AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request, SignedHeaders=host, Signature=00", "x")
	f.Add("eyJhbGciOiJub25lIn0.eyJpc3MiOiJodHRwczovL2xvZ2luLmV4YW1wbGUuY29tIn0.", "")
	w := newWorld(f, providers()[:4], nil)
	f.Fuzz(func(t *testing.T, authorization, key string) {
		r := request(http.Header{"Authorization": {authorization}, "X-Api-Key": {key}})
		if c, f := w.modes.Admit(context.Background(), r); f == nil && (c.Mode != spec.ModeAPIKey || strings.TrimSpace(key) != apiKey) {
			t.Errorf("admitted %+v", c)
		}
	})
}

func BenchmarkAdmit(b *testing.B) {
	w := newWorld(b, providers(), nil)
	for name, r := range map[string]*identity.Request{
		"key": credential("x-api-key", apiKey), "rsa": credential("Authorization", token(b, "rsa", poolClaims())),
		"ec": credential("Authorization", token(b, "ec", oidcClaims())), "lambda": credential("Authorization", opaque), "iam": signGraphQL(b, bobID),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, f := w.modes.Admit(context.Background(), r); f != nil {
					b.Fatal(f)
				}
			}
		})
	}
}
