package identitypool

import (
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/tidewire/tidewire/internal/identity"
)

// issuer is the iss of OpenID tokens, here as at AWS.
const issuer = "https://cognito-identity.amazonaws.com"

// tokenLife is how long an OpenID token holds (Amazon Cognito identity pools
// API reference, GetOpenIdToken).
const tokenLife = 10 * time.Minute

// Signer makes the tokens of GetOpenIdToken. Safe for concurrent use.
type Signer struct {
	key func() (*rsa.PrivateKey, error)
}

// NewSigner makes a Signer; key gives its key, and is asked with the first
// token, once unless it fails.
func NewSigner(key func() (*rsa.PrivateKey, error)) *Signer {
	var mu sync.Mutex
	var known *rsa.PrivateKey
	return &Signer{key: func() (*rsa.PrivateKey, error) {
		mu.Lock()
		defer mu.Unlock()
		if known != nil {
			return known, nil
		}
		made, err := key()
		if err != nil { // one that was made and could not be kept is gone with this process
			return nil, err
		}
		known = made
		return known, nil
	}}
}

// keyID tells keys apart.
func keyID(key *rsa.PrivateKey) string {
	sum := sha256.Sum256(x509.MarshalPKCS1PublicKey(&key.PublicKey))
	return hex.EncodeToString(sum[:8])
}

// token is signed with RS512, as Amazon's are.
func (s *Signer) token(who *identity.Cognito, now time.Time) (string, error) {
	key, err := s.key()
	if err != nil {
		return "", err
	}
	claims, err := json.Marshal(map[string]any{"iss": issuer, "aud": who.PoolID, "sub": who.IdentityID, "amr": who.Methods(),
		"iat": now.Unix(), "exp": now.Add(tokenLife).Unix()})
	if err != nil {
		return "", err
	}
	options := (&jose.SignerOptions{}).WithType("JWS").WithHeader(jose.HeaderKey("kid"), keyID(key))
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS512, Key: key}, options)
	if err != nil {
		return "", fmt.Errorf("the signer: %w", err)
	}
	signed, err := signer.Sign(claims)
	if err != nil {
		return "", err
	}
	return signed.CompactSerialize()
}

// keySet is the JSON Web Key Set by which tokens are verified (RFC 7517).
func (s *Signer) keySet() ([]byte, error) {
	key, err := s.key()
	if err != nil {
		return nil, err
	}
	return json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: &key.PublicKey, KeyID: keyID(key), Algorithm: string(jose.RS512), Use: "sig"}}})
}
