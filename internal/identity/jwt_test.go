package identity_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/identity/jwttest"
	"github.com/tidewire/tidewire/internal/spec"
)

// admitting makes requests with tokens of either provider.
func admitting(t *testing.T) (pool, provider func(changes map[string]any) *identity.Request) {
	sent := func(key string, claims func() map[string]any) func(map[string]any) *identity.Request {
		return func(changes map[string]any) *identity.Request {
			return credential("Authorization", token(t, key, jwttest.With(claims(), changes)))
		}
	}
	return sent("rsa", poolClaims), sent("ec", oidcClaims)
}

func TestTokensAreRefused(t *testing.T) {
	t.Parallel()
	not := public{"UnauthorizedException", 401, "You are not authorized to make this call."}
	parse := public{"UnauthorizedException", 401, "Unable to parse JWT token."}
	expired := public{"UnauthorizedException", 401, "Token has expired."}
	auth := func(value string) *identity.Request { return credential("Authorization", value) }
	pool, provider := admitting(t)
	tests := []struct {
		name   string
		r      *identity.Request
		want   public
		reason string
	}{
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
		{"absurd nbf", pool(map[string]any{"nbf": 1e300}), not, "not valid yet: its nbf is no time"},
		{"absurd iat", pool(map[string]any{"iat": 1e300}), not, "not valid yet: its iat is no time"},
		{"exp in words", pool(map[string]any{"exp": "4102444800"}), parse, "not of the type it should be"},
		{"groups in a map", pool(map[string]any{"cognito:groups": map[string]int{"admins": 1}}), parse, "not of the type it should be"},
		{"groups that are numbers", pool(map[string]any{"cognito:groups": []int{1}}), parse, "not of the type it should be"},
		{"audience in a map", provider(map[string]any{"aud": map[string]string{"app-7": "app-7"}}), parse, "not of the type it should be"},
		{"no audience", provider(map[string]any{"aud": nil}), not, `aud "" does not match`},
		{"no client of the access token", pool(map[string]any{"client_id": nil, "aud": "web"}), not, `client_id "" does not match`},
		{"no iat", provider(map[string]any{"iat": nil}), not, "has no iat, which the API bounds to 10m0s"},
		{"absurd auth_time", provider(map[string]any{"auth_time": 1e300}), expired, "auth_time was"},
		{"key of its own", auth(tokenWithHeader(t, "jwk")), not, "made its ES256 signature"},
		{"address of its own keys", auth(tokenWithHeader(t, "jku")), not, "made its ES256 signature"},
		{"something critical", auth(tokenWithHeader(t, "crit")), not, "made its ES256 signature"},
		{"another key's id", auth(jwttest.Sign(t, jose.RS256, jose.JSONWebKey{KeyID: "ec", Key: signingKeys()["rsa"]}, oidcClaims(), nil)), not, "made its RS256 signature"},
		{"four parts", auth("Bearer " + token(t, "rsa", poolClaims()) + ".e30"), parse, "three parts of base64url"},
	}
	w := newWorld(t, providers(), nil)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, f := w.modes.Admit(context.Background(), tt.r)
			checkRefusal(t, f, tt.want, tt.reason, tt.r.Header.Get("Authorization"))
		})
	}
}

func TestTokensAreAdmitted(t *testing.T) {
	t.Parallel()
	pool, provider := admitting(t)
	for _, tt := range []struct {
		name   string
		r      *identity.Request
		change func([]spec.AuthProvider)
	}{
		{name: "a slow clock", r: pool(map[string]any{"exp": start.Add(-29 * time.Second).Unix()})},
		{name: "a fast clock", r: pool(map[string]any{"iat": start.Add(29 * time.Second).Unix()})},
		{name: "fractions", r: pool(map[string]any{"exp": float64(start.Unix()) + 0.5})},
		{name: "no groups", r: pool(map[string]any{"cognito:groups": []any{}})},
		{name: "party before audience", r: provider(map[string]any{"aud": "x", "azp": "app-7"})},
		{name: "no times without bounds", r: provider(map[string]any{"iat": nil, "auth_time": nil}),
			change: func(p []spec.AuthProvider) { p[3].OIDC.IATTTL, p[3].OIDC.AuthTTL = 0, 0 }},
		{name: "a user pool's claims in another's token", r: provider(map[string]any{"username": []string{"Ann", "Example"}, "cognito:groups": "admins", "token_use": 1, "client_id": nil})},
		{name: "any client", r: provider(map[string]any{"aud": nil}), change: func(p []spec.AuthProvider) { p[3].OIDC.ClientID = "" }},
		{name: "the second provider of an issuer", r: provider(map[string]any{"aud": "web"}), change: func(p []spec.AuthProvider) {
			p[4] = spec.AuthProvider{Mode: spec.ModeOIDC, OIDC: &spec.OIDCProvider{Issuer: oidcIssuer, ClientID: "web"}}
		}},
		{name: "the second provider of a pool", r: pool(map[string]any{"client_id": "page"}), change: func(p []spec.AuthProvider) {
			p[4] = spec.AuthProvider{Mode: spec.ModeCognito, Pool: &spec.UserPoolProvider{LogicalID: "Pool", ID: poolID, Issuer: poolIssuer, ClientIDRegex: "page"}}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			all := providers()
			if tt.change != nil {
				tt.change(all)
			}
			w := newWorld(t, all, nil)
			c, f := w.modes.Admit(context.Background(), tt.r)
			if f != nil {
				t.Fatal(f)
			}
			if last := &all[4]; last.Mode != spec.ModeLambda && c.Provider != last {
				t.Errorf("admitted by %+v", c.Provider)
			}
		})
	}
}

// TestNoProviderOfAnIssuerTakesAnothersClients: each provider of one issuer has
// clients of its own.
func TestNoProviderOfAnIssuerTakesAnothersClients(t *testing.T) {
	t.Parallel()
	all := providers()
	all[4] = spec.AuthProvider{Mode: spec.ModeOIDC, OIDC: &spec.OIDCProvider{Issuer: oidcIssuer, ClientID: "web", IATTTL: time.Hour}}
	w := newWorld(t, all, nil)
	_, provider := admitting(t)
	for name, changes := range map[string]map[string]any{
		"no client of either":            {"aud": "x"},
		"too old for whose client it is": {"iat": start.Add(-30 * time.Minute).Unix()},
	} {
		if _, f := w.modes.Admit(context.Background(), provider(changes)); f == nil {
			t.Errorf("%s: admitted", name)
		}
	}
}

// unsigned is a token without signature.
func unsigned(header string, claims map[string]any) string {
	text, _ := json.Marshal(claims)
	return base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString(text) + "."
}

// tokenWithHeader is a stranger's token that brings a header by which it would
// verify, or one that a verifier must understand (RFC 7515, section 4.1).
func tokenWithHeader(t *testing.T, name string) string {
	t.Helper()
	stranger, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, value := jose.JSONWebKey{KeyID: "ec", Key: stranger}, any(nil)
	switch name {
	case "jwk":
		value = key.Public()
	case "jku":
		value = "https://evil.example.com/keys"
	case "crit":
		key.Key, value = signingKeys()["ec"], []string{"exp"}
	}
	return jwttest.Sign(t, jose.ES256, key, oidcClaims(), map[string]any{name: value})
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
	return jwttest.Sign(t, jose.HS256, secret, poolClaims(), nil)
}

// forged has the signature of other claims.
func forged(t *testing.T) string {
	t.Helper()
	a := strings.Split(token(t, "rsa", poolClaims()), ".")
	b := strings.Split(token(t, "rsa", jwttest.With(poolClaims(), map[string]any{"cognito:groups": []string{"root"}})), ".")
	return a[0] + "." + b[1] + "." + a[2]
}
