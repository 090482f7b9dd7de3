package identity

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/tidewire/tidewire/internal/fault"
	"github.com/tidewire/tidewire/internal/spec"
)

const (
	// maxJWT bounds a token; AWS's load balancers take no header of more.
	maxJWT = 16 << 10
	// leeway is how far the clock of an issuer may be from ours.
	leeway = 30 * time.Second
)

// isJWT tells what AppSync takes for a JSON Web Token: three parts of
// base64url with dots between them.
func isJWT(token string) bool {
	parts := strings.Split(token, ".")
	if len(parts) != 3 || parts[0] == "" || parts[1] == "" {
		return false
	}
	for _, p := range parts {
		if strings.Trim(p, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=") != "" {
			return false
		}
	}
	return true
}

// tokenProvider is one user pool or OpenID Connect provider.
type tokenProvider struct {
	provider *spec.AuthProvider
	clients  *regexp.Regexp // nil: any client
	issuer   *issuer        // nil: nobody knows its keys
	now      func() time.Time
}

// configured is the issuer that the template names.
func (t *tokenProvider) configured() string {
	if t.provider.Pool != nil {
		return t.provider.Pool.Issuer
	}
	return t.provider.OIDC.Issuer
}

// accepts tells whether tokens with this iss are the provider's.
func (t *tokenProvider) accepts(iss string) bool {
	if t.issuer != nil {
		return t.issuer.name == iss
	}
	return t.configured() == iss
}

// admitJWT verifies a token at the providers whose issuer it names.
func (m *Modes) admitJWT(ctx context.Context, r *Request, token string) (*Caller, *fault.Error) {
	if len(token) > maxJWT {
		return nil, badToken.Because("the token has %d characters, over %d", len(token), maxJWT)
	}
	if !isJWT(token) {
		return nil, badToken.Because("the token is no JSON Web Token: it is not three parts of base64url with dots between them")
	}
	iss, err := unverifiedIssuer(token)
	if err != nil {
		return nil, badToken.Because("the token is no JSON Web Token: %w", err)
	}
	var refused *fault.Error // by the first provider of this issuer; each has clients of its own
	for _, t := range m.tokens {
		if !t.accepts(iss) {
			continue
		}
		c, f := t.admit(ctx, r, token)
		if f == nil {
			return c, nil
		}
		if refused == nil {
			refused = f
		}
	}
	if refused == nil {
		refused = notAuthorized.Because("the token's issuer %.200q is none of %s: they are %s", iss, m.api.logicalID, m.issuers())
	}
	return nil, refused
}

func (m *Modes) issuers() string {
	var names []string
	for _, t := range m.tokens {
		name := t.configured()
		if t.issuer != nil {
			name = t.issuer.name
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

// unverifiedIssuer reads iss only to choose whose keys to verify with.
func unverifiedIssuer(token string) (string, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "", fmt.Errorf("it has %d parts, not three", len(parts))
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return "", errors.New("its second part is not base64url")
	}
	claims, err := readClaims(payload, claimsOf(false)...) // a token that is none is told here
	if err != nil {
		return "", err
	}
	return claims.Issuer, nil
}

// claimsOf are the names of the claims that are looked at: of a user pool's
// tokens more, which may be anything in another's.
func claimsOf(userPool bool) []string {
	names := []string{"iss", "sub", "aud", "azp", "exp", "nbf", "iat", "auth_time"}
	if userPool {
		names = append(names, "client_id", "token_use", "cognito:username", "username", "cognito:groups")
	}
	return names
}

// readClaims reads claims of a payload by their exact names (RFC 7519, section
// 4).
func readClaims(payload []byte, names ...string) (*tokenClaims, error) {
	known, err := members(payload, names...)
	if err != nil {
		return nil, errors.New("its second part is no JSON object")
	}
	var claims tokenClaims
	if err := json.Unmarshal(known, &claims); err != nil {
		return nil, errors.New("a claim is not of the type it should be")
	}
	return &claims, nil
}

// members is an object with those of its members whose names are exactly these,
// which need no escapes: to encoding/json, "SUB" would be sub as well.
func members(object []byte, names ...string) (json.RawMessage, error) {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(object, &all); err != nil {
		return nil, err
	}
	known := []byte("{")
	for _, name := range names {
		if value, ok := all[name]; ok {
			known = append(append(append(known, `,"`...), name...), `":`...)
			known = append(known, value...)
		}
	}
	if len(known) > 1 {
		known = append(known[:1], known[2:]...) // the first comma
	}
	return append(known, '}'), nil
}

// admit verifies signature and claims.
func (t *tokenProvider) admit(ctx context.Context, r *Request, token string) (*Caller, *fault.Error) {
	if t.issuer == nil {
		return nil, notAuthorized.Because("nothing says where the keys of %s are: start with --issuer %s=URL", t.configured(), t.configured())
	}
	verifier := oidc.NewVerifier(t.issuer.name, t.issuer, &oidc.Config{
		SkipClientIDCheck: true, SkipExpiryCheck: true, SupportedSigningAlgs: algorithms(),
	})
	verified, err := verifier.Verify(ctx, token)
	if err != nil {
		return nil, notAuthorized.Because("the token of %s: %w", t.issuer.name, t.issuer.explain(err))
	}
	var text json.RawMessage
	if err := verified.Claims(&text); err != nil {
		return nil, badToken.Because("the token of %s: its claims are no JSON", t.issuer.name)
	}
	claims, err := readClaims(text, claimsOf(t.provider.Pool != nil)...)
	if err != nil {
		return nil, badToken.Because("the token of %s: %w", t.issuer.name, err)
	}
	if claims.Issuer != t.issuer.name {
		return nil, notAuthorized.Because("the token's issuer is %.200q, not %s", claims.Issuer, t.issuer.name)
	}
	if f := t.check(claims); f != nil {
		return nil, f
	}
	c := &Caller{Mode: t.provider.Mode, Provider: t.provider, Subject: claims.Subject, Issuer: claims.Issuer,
		Claims: text, SourceIPs: r.sources(), Expires: claims.Expires.time()}
	if t.provider.Pool != nil {
		c.Username, c.Groups = claims.username(), claims.Groups
	}
	return c, nil
}

// algorithms are the signatures that are accepted: none with a shared secret,
// which nobody has told us, and not "none".
func algorithms() []string {
	return []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.ES256, oidc.ES384, oidc.ES512}
}

// tokenClaims are what AppSync looks at.
type tokenClaims struct {
	Issuer    string   `json:"iss"`
	Subject   string   `json:"sub"`
	Audience  audience `json:"aud"`
	Party     string   `json:"azp"`
	ClientID  string   `json:"client_id"`
	TokenUse  string   `json:"token_use"`
	Expires   *seconds `json:"exp"`
	NotBefore *seconds `json:"nbf"`
	Issued    *seconds `json:"iat"`
	AuthTime  *seconds `json:"auth_time"`

	PoolUsername string   `json:"cognito:username"`
	Username     string   `json:"username"`
	Groups       []string `json:"cognito:groups"`
}

// username is of an ID token cognito:username, of an access token username.
func (c *tokenClaims) username() string {
	if c.PoolUsername != "" {
		return c.PoolUsername
	}
	return c.Username
}

// audience is one text or a list.
type audience []string

func (a *audience) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		var one string
		err := json.Unmarshal(b, &one)
		*a = audience{one}
		return err
	}
	return json.Unmarshal(b, (*[]string)(a))
}

// seconds since 1970, perhaps with a fraction (RFC 7519, NumericDate).
type seconds float64

// time is the zero Time for an absent one, and for what no clock shows.
func (s *seconds) time() time.Time {
	if s == nil || *s < -1e11 || *s > 1e11 {
		return time.Time{}
	}
	return time.Unix(int64(*s), 0)
}

// String is for a reason.
func (s *seconds) String() string {
	if s == nil || s.time().IsZero() {
		return "no time"
	}
	return s.time().UTC().Format(time.RFC3339)
}

// after tells whether s is after now; an absent one is not.
func (s *seconds) after(now time.Time) bool {
	return s != nil && (*s > 1e11 || now.Before(s.time()))
}

// check is what the signature does not say: times, kind and client.
func (t *tokenProvider) check(c *tokenClaims) *fault.Error {
	if f := t.checkTimes(c); f != nil {
		return f
	}
	if t.provider.Pool != nil {
		return t.checkPool(c)
	}
	if f := t.age("iat", c.Issued, t.provider.OIDC.IATTTL); f != nil {
		return f
	}
	if f := t.age("auth_time", c.AuthTime, t.provider.OIDC.AuthTTL); f != nil {
		return f
	}
	if c.Party != "" {
		return t.checkClient("azp", c.Party)
	}
	return t.checkClient("aud", c.Audience...)
}

func (t *tokenProvider) checkTimes(c *tokenClaims) *fault.Error {
	now := t.now()
	end := c.Expires.time()
	switch {
	case end.IsZero():
		return notAuthorized.Because("the token of %s has no exp", t.configured())
	case !now.Before(end.Add(leeway)):
		return expiredToken.Because("the token of %s expired at %s, %s ago", t.configured(), end.UTC().Format(time.RFC3339), now.Sub(end).Round(time.Second))
	}
	for name, at := range map[string]*seconds{"nbf": c.NotBefore, "iat": c.Issued} {
		if at.after(now.Add(leeway)) {
			return notAuthorized.Because("the token of %s is not valid yet: its %s is %s, and here it is %s", t.configured(), name, at, now.UTC().Format(time.RFC3339))
		}
	}
	return nil
}

// checkPool: AppSync takes ID and access tokens of a user pool; the client is
// aud in one and client_id in the other (Amazon Cognito developer guide,
// "Understanding user pool JSON web tokens").
func (t *tokenProvider) checkPool(c *tokenClaims) *fault.Error {
	switch c.TokenUse {
	case "id":
		return t.checkClient("aud", c.Audience...)
	case "access":
		return t.checkClient("client_id", c.ClientID)
	}
	return notAuthorized.Because("token_use of the token is %.50q, not id or access", c.TokenUse)
}

// age refuses a token older than the template allows.
func (t *tokenProvider) age(claim string, at *seconds, most time.Duration) *fault.Error {
	switch {
	case most <= 0:
		return nil
	case at == nil:
		return notAuthorized.Because("the token has no %s, which the API bounds to %s", claim, most)
	case t.now().After(at.time().Add(most + leeway)):
		return expiredToken.Because("the token's %s was %s ago, over %s", claim, t.now().Sub(at.time()).Round(time.Second), most)
	}
	return nil
}

func (t *tokenProvider) checkClient(claim string, values ...string) *fault.Error {
	if t.clients == nil {
		return nil
	}
	for _, v := range values {
		if t.clients.MatchString(v) {
			return nil
		}
	}
	return notAuthorized.Because("the token's %s %.200q does not match the API's pattern of client ids", claim, strings.Join(values, ", "))
}
