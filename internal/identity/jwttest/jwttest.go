// Package jwttest makes JSON Web Tokens and key sets of issuers, for tests.
// Everything here may be called from any goroutine of a test.
package jwttest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

// Sign is a token with these claims, signed by a key as go-jose takes them. Of
// a [jose.JSONWebKey] the header has the key's id; header is what else it has.
// A token that cannot be made is "", and an error of the test.
func Sign(t testing.TB, alg jose.SignatureAlgorithm, key any, claims, header map[string]any) string {
	t.Helper()
	options := &jose.SignerOptions{}
	for name, value := range header {
		options.WithHeader(jose.HeaderKey(name), value)
	}
	text, err := json.Marshal(claims)
	if err != nil {
		t.Error(err)
		return ""
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, options)
	if err != nil {
		t.Error(err)
		return ""
	}
	signed, err := signer.Sign(text)
	if err != nil {
		t.Error(err)
		return ""
	}
	compact, err := signed.CompactSerialize()
	if err != nil {
		t.Error(err)
	}
	return compact
}

// With is a copy of claims with some changed; one that is changed to nil is
// left out.
func With(claims, changes map[string]any) map[string]any {
	c := make(map[string]any, len(claims)+len(changes))
	for _, m := range []map[string]any{claims, changes} {
		for name, value := range m {
			c[name] = value
			if value == nil {
				delete(c, name)
			}
		}
	}
	return c
}

// KeyFile writes a JSON Web Key Set (RFC 7517) with the public parts of keys,
// and gives its path.
func KeyFile(t testing.TB, keys ...jose.JSONWebKey) string {
	t.Helper()
	var set jose.JSONWebKeySet
	for _, k := range keys {
		set.Keys = append(set.Keys, k.Public())
	}
	text, err := json.Marshal(set)
	if err != nil {
		t.Error(err)
	}
	file := filepath.Join(t.TempDir(), "keys.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Error(err)
	}
	return file
}
