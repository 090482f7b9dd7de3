package identity_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/tidewire/tidewire/internal/identity/jwttest"
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
	return jwttest.Sign(t, alg, jose.JSONWebKey{KeyID: key, Key: signingKeys()[key]}, claims, nil)
}

func poolClaims() map[string]any {
	return map[string]any{"iss": poolIssuer, "sub": "s-1", "token_use": "access", "client_id": "web", "username": "ann",
		"cognito:groups": []string{"admins"}, "exp": start.Add(time.Hour).Unix(), "iat": start.Unix()}
}

func oidcClaims() map[string]any {
	return map[string]any{"iss": oidcIssuer, "sub": "s-2", "aud": []string{"other", "app-7"}, "exp": start.Add(time.Hour).Unix(),
		"iat": start.Unix(), "auth_time": start.Unix()}
}
