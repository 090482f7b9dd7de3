package identity_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

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
