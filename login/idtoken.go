package login

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
	"golang.org/x/oauth2"
)

const (
	leeway    = time.Minute     // an ID token may be expired by
	ahead     = 5 * time.Minute // and issued in the future by, for clocks that differ
	maxKeySet = 100             // keys of a provider
)

// algorithms are those that an ID token may be signed with: never none, and
// no secret that others share.
func algorithms() []string {
	return []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.EdDSA}
}

// expected is what an ID token must be beside signed, ours and fresh.
type expected struct {
	required bool   // there must be one
	nonce    string // "": not looked at
	subject  string // "": anybody
}

// keys fetches the provider's signing keys.
func (c *OIDC) keys(ctx context.Context, op string, p *provider) (*oidc.StaticKeySet, error) {
	address, err := endpoint(op, "jwks_uri", p.JWKSURL)
	if err != nil {
		return nil, err
	}
	data, err := c.get(ctx, op, address)
	if err != nil {
		return nil, err
	}
	keys, err := parseKeys(data)
	if err != nil {
		return nil, &Error{Op: op, Where: place(address), Kind: ErrBadAnswer, Message: err.Error()}
	}
	return keys, nil
}

// parseKeys reads a JWK set (RFC 7517 section 5). What is not a public
// signing key of a kind that is known is passed over, as the RFC wants.
func parseKeys(data []byte) (*oidc.StaticKeySet, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if json.Unmarshal(data, &set) != nil || len(set.Keys) > maxKeySet {
		return nil, errors.New("the answer is not a set of keys")
	}
	keys := &oidc.StaticKeySet{}
	for _, raw := range set.Keys {
		var k jose.JSONWebKey
		if json.Unmarshal(raw, &k) != nil || k.Use == "enc" || !k.Valid() {
			continue
		}
		switch k.Key.(type) {
		case *rsa.PublicKey, *ecdsa.PublicKey, ed25519.PublicKey:
			keys.PublicKeys = append(keys.PublicKeys, k.Key)
		}
	}
	if len(keys.PublicKeys) == 0 {
		return nil, errors.New("there is no public signing key in the answer")
	}
	return keys, nil
}

// checked is t if its ID token holds (OpenID Connect Core 1.0 section
// 3.1.3.7, and 12.2 for the subject). keys nil: they are fetched now.
func (c *OIDC) checked(ctx context.Context, op string, p *provider, keys *oidc.StaticKeySet, t *oauth2.Token, want expected) (*oauth2.Token, error) {
	raw := IDToken(t)
	if raw == "" && !want.required {
		return t, nil
	}
	if raw == "" {
		return nil, &Error{Op: op, Where: cleaned(c.Issuer), Kind: ErrBadAnswer, Message: "no ID token, although openid was asked for"}
	}
	if keys == nil {
		var err error
		if keys, err = c.keys(ctx, op, p); err != nil {
			return nil, err
		}
	}
	verifier := oidc.NewVerifier(c.Issuer, keys, &oidc.Config{ClientID: c.ClientID, SupportedSigningAlgs: algorithms(),
		Now: func() time.Time { return c.now().Add(-leeway) }})
	id, err := verifier.Verify(ctx, raw)
	if err == nil {
		err = c.match(id, t.AccessToken, want)
	}
	if err != nil {
		return nil, &Error{Op: op, Where: cleaned(c.Issuer), Kind: ErrUntrusted, Message: "ID token: " + cleaned(err.Error(), raw),
			Hint: "check this machine's clock, the issuer and the client id; log in again"}
	}
	return t, nil
}

// match checks what go-oidc leaves to its callers.
func (c *OIDC) match(id *oidc.IDToken, access string, want expected) error {
	var more struct {
		Party string `json:"azp"`
	}
	var all map[string]json.RawMessage
	switch {
	case id.Claims(&all) != nil || !spelt(all):
		return errors.New("a claim has a name that is nearly another's")
	case want.nonce != "" && subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(want.nonce)) != 1:
		return errors.New("the nonce is not the one that was sent")
	case want.subject != "" && id.Subject != want.subject:
		return errors.New("it is about another person than before")
	case id.Subject == "":
		return errors.New("it has no subject")
	case id.IssuedAt.After(c.now().Add(ahead)):
		return errors.New("it was issued in the future")
	case id.Claims(&more) != nil:
		return errors.New("the claims are not of the right form")
	case more.Party != "" && more.Party != c.ClientID, more.Party == "" && len(id.Audience) > 1:
		return errors.New("it was issued to another client")
	}
	if id.AccessTokenHash == "" {
		return nil
	}
	return id.VerifyAccessToken(access)
}

// spelt tells whether the claims that are looked at have their exact names (RFC
// 7519 section 4): encoding/json, and go-oidc with it, takes "AUD" for aud.
func spelt(all map[string]json.RawMessage) bool {
	for name := range all {
		for _, exact := range []string{"iss", "sub", "aud", "azp", "exp", "nbf", "iat", "nonce", "at_hash"} {
			if name != exact && strings.EqualFold(name, exact) {
				return false
			}
		}
	}
	return true
}
