package login

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"strings"
	"time"
)

const maxToken = 256 << 10 // bytes of a token that is looked into

// claims are members of a token's payload that are used without checking
// the signature: only of tokens that came from the provider itself.
type claims struct {
	Issuer   string  `json:"iss"`
	Subject  string  `json:"sub"`
	Username string  `json:"username"`         // Cognito's access token
	User     string  `json:"cognito:username"` // Cognito's ID token
	Expires  float64 `json:"exp"`              // seconds (RFC 7519 section 2, NumericDate)
}

// peek decodes the payload of a JWT (RFC 7519 section 3, RFC 7515 section
// 7.1); false if it is none.
func peek(token string) (claims, bool) {
	var c claims
	parts := strings.Split(token, ".")
	if len(token) > maxToken || len(parts) != 3 {
		return c, false
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(payload, &c) != nil {
		return claims{}, false
	}
	return c, true
}

// expiryOf is when an access token expires whose answer does not say so:
// its exp claim if it is a JWT, else zero.
func expiryOf(token string) time.Time {
	c, _ := peek(token)
	return c.expiry()
}

// expiry is the exp claim; zero if there is none that makes sense.
func (c claims) expiry() time.Time {
	if !(c.Expires > 0 && c.Expires < math.MaxInt32*100.0) {
		return time.Time{}
	}
	return time.Unix(int64(c.Expires), 0)
}
