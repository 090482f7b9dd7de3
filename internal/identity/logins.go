package identity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tidewire/tidewire/internal/fault"
	"github.com/tidewire/tidewire/internal/spec"
)

// maxSubject is the longest subject (OpenID Connect Core 1.0, section 2, sub).
const maxSubject = 255

// LoginsOptions are what [NewLogins] takes. Pool is required.
type LoginsOptions struct {
	Pool *spec.IdentityPool
	// Issuers say where the keys of an issuer are, as of [ModesOptions].
	Issuers map[string]string
	// Transport fetches discovery documents and keys; nil is
	// http.DefaultTransport.
	Transport http.RoundTripper
	Now       func() time.Time // nil: time.Now
}

// Logins verify the tokens with which somebody logs in at an identity pool.
// Safe for concurrent use; a reload makes new ones.
type Logins struct {
	pool        *spec.IdentityPool
	providers   []*loginProvider
	unavailable []string
	now         func() time.Time
}

// loginProvider is one user pool or OpenID Connect provider.
type loginProvider struct {
	name      string // key of Logins, and beginning of a role mapping's provider
	principal string // who signed in, in cognito-identity.amazonaws.com:amr
	kind      string // how, there
	issues    string // the issuer that the template names
	userPool  bool
	clients   []string
	issuer    *issuer // nil: nobody knows its keys
}

// Login is a verified token.
type Login struct {
	Provider string // as a key of Logins
	// Mapping is the provider as role mappings name it: of a user pool with
	// its client.
	Mapping string
	Subject string
	Claims  map[string]json.RawMessage
	// Principal and SignIn are Provider and SignIn of [Cognito].
	Principal, SignIn string
}

// NewLogins prepares the providers of an identity pool. Its error names a
// setting that cannot work; an issuer is not asked before the first token.
func NewLogins(o LoginsOptions) (*Logins, error) {
	if o.Pool == nil {
		return nil, errors.New("identity: an identity pool is needed")
	}
	l := &Logins{pool: o.Pool, now: o.Now}
	if l.now == nil {
		l.now = time.Now
	}
	for i := range o.Pool.Pools {
		c := &o.Pool.Pools[i]
		if known := l.provider(c.Provider); known != nil {
			known.clients = append(known.clients, c.ClientID)
			continue
		}
		p := &loginProvider{name: c.Provider, principal: c.Provider, kind: "CognitoSignIn", issues: "https://" + c.Provider, userPool: true, clients: []string{c.ClientID}}
		if err := l.add(&o, p, c.LogicalID, c.PoolID); err != nil {
			return nil, err
		}
	}
	for i := range o.Pool.OIDCProviders {
		c := &o.Pool.OIDCProviders[i]
		p := &loginProvider{name: hostAndPath(c.Issuer), principal: c.ARN, kind: "OIDC", issues: c.Issuer, clients: c.ClientIDs}
		if err := l.add(&o, p); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// add finds the keys of a provider under its issuer or one of the names.
func (l *Logins) add(o *LoginsOptions, p *loginProvider, names ...string) error {
	l.providers = append(l.providers, p)
	shown := p.issues
	for _, name := range append(names, p.issues) {
		if name == "" {
			continue
		}
		if where, ok := o.Issuers[name]; ok {
			var err error
			p.issuer, err = newIssuer(&ModesOptions{Transport: o.Transport, Now: l.now}, p.issues, where, p.userPool)
			return err
		}
		if shown == p.issues {
			shown = name
		}
	}
	l.unavailable = append(l.unavailable, fmt.Sprintf("the identity pool %s refuses the tokens of %s: nothing says where its keys are; give --issuer %s=URL, or a file with its JSON Web Key Set",
		o.Pool.LogicalID, p.issues, shown))
	return nil
}

// Unavailable says which providers' tokens are refused for want of a setting,
// a sentence each.
func (l *Logins) Unavailable() []string { return l.unavailable }

// Takes tells whether a key of Logins names a provider of the pool.
func (l *Logins) Takes(key string) bool { return l.provider(key) != nil }

// provider finds a provider by what clients write as a key of Logins: its name
// in AWS, or, as Amplify does, the iss of its tokens without the scheme.
func (l *Logins) provider(key string) *loginProvider {
	for _, p := range l.providers {
		if key == p.name || p.issuer != nil && key == hostAndPath(p.issuer.name) {
			return p
		}
	}
	return nil
}

func hostAndPath(address string) string {
	if _, rest, ok := strings.Cut(address, "://"); ok {
		return rest
	}
	return address
}

// The refusals of identity pools; the texts are those that users of Amazon
// Cognito report.
var (
	unsupportedLogin = fault.Error{Code: "NotAuthorizedException", Status: http.StatusBadRequest, Message: "Token is not from a supported provider of this identity pool."}
	unverifiedLogin  = invalidLogin("Couldn't verify signed token.")
	noTokenLogin     = invalidLogin("Not a valid OpenId Connect identity token.")
	otherIssuerLogin = invalidLogin("Issuer doesn't match providerName")
	otherClientLogin = invalidLogin("Incorrect token audience.")
)

func invalidLogin(text string) fault.Error {
	return fault.Error{Code: "NotAuthorizedException", Status: http.StatusBadRequest, Message: "Invalid login token. " + text}
}

// Verify verifies the token of one entry of Logins: that its provider is one
// of the pool's and signed it, that it is an ID token for one of the pool's
// clients, and in time.
func (l *Logins) Verify(ctx context.Context, key, token string) (*Login, *fault.Error) {
	p := l.provider(key)
	if p == nil {
		return nil, unsupportedLogin.Because("the identity pool %s has no provider %.200q: it has %s", l.pool.LogicalID, key, l.names())
	}
	if p.issuer == nil {
		return nil, unverifiedLogin.Because("nothing says where the keys of %s are: start with --issuer %s=URL", p.issues, p.issues)
	}
	if len(token) > maxJWT || !isJWT(token) {
		return nil, noTokenLogin.Because("the login at %s is no JSON Web Token of at most %d characters", p.name, maxJWT)
	}
	iss, err := unverifiedIssuer(token)
	if err != nil {
		return nil, noTokenLogin.Because("the login at %s: %w", p.name, err)
	}
	if iss != p.issuer.name {
		return nil, otherIssuerLogin.Because("the token's issuer is %.200q, the keys of %s are those of %s", iss, p.name, p.issuer.name)
	}
	payload, err := p.issuer.VerifySignature(ctx, token)
	if err != nil {
		return nil, unverifiedLogin.Because("the token of %s: %w", p.issuer.name, err)
	}
	return l.read(p, payload)
}

func (l *Logins) names() string {
	if len(l.providers) == 0 {
		return "none"
	}
	var names []string
	for _, p := range l.providers {
		names = append(names, p.name)
	}
	return strings.Join(names, ", ")
}

// read checks a verified token's claims.
func (l *Logins) read(p *loginProvider, payload []byte) (*Login, *fault.Error) {
	login := &Login{Provider: p.name, Mapping: p.name, Principal: p.principal}
	c, err := readClaims(payload, claimsOf(p.userPool)...)
	if err := errors.Join(err, json.Unmarshal(payload, &login.Claims)); err != nil {
		return nil, noTokenLogin.Because("the token of %s: %w", p.name, err)
	}
	if c.Issuer != p.issuer.name {
		return nil, otherIssuerLogin.Because("the token's issuer changed while it was verified")
	}
	if f := l.checkTimes(c); f != nil {
		return nil, f
	}
	switch {
	case c.Subject == "" || len(c.Subject) > maxSubject:
		f := invalidLogin("Missing a required claim: sub")
		return nil, f.Because("the token's sub has %d characters, not 1 to %d", len(c.Subject), maxSubject)
	case len(c.Audience) == 0:
		f := invalidLogin("Missing a required claim: aud")
		return nil, f.Because("the token of %s has no aud: an ID token is needed, an access token has none", p.name)
	case p.userPool && c.TokenUse != "id":
		return nil, noTokenLogin.Because("token_use of the token is %.50q, not id", c.TokenUse)
	}
	client, f := p.client(c)
	if f != nil {
		return nil, f
	}
	if p.userPool {
		login.Mapping += ":" + client
	}
	login.Subject, login.SignIn = c.Subject, p.principal+":"+p.kind+":"+c.Subject
	return login, nil
}

// client is the pool's client that the token is for. A token that names
// another party beside is not taken.
func (p *loginProvider) client(c *tokenClaims) (string, *fault.Error) {
	for _, aud := range c.Audience {
		if slices.Contains(p.clients, aud) && (c.Party == "" || slices.Contains(p.clients, c.Party)) {
			return aud, nil
		}
	}
	refusal := otherClientLogin
	if p.userPool {
		refusal = unsupportedLogin
	}
	return "", refusal.Because("the token's aud %.200q (azp %.100q) is none of the clients that the identity pool trusts at %s: %s", strings.Join(c.Audience, ", "), c.Party, p.name, strings.Join(p.clients, ", "))
}

func (l *Logins) checkTimes(c *tokenClaims) *fault.Error {
	now, end := l.now(), c.Expires.time()
	if end.IsZero() {
		f := invalidLogin("Missing a required claim: exp")
		return f.Because("the token of %s has no exp", c.Issuer)
	}
	if !now.Before(end.Add(leeway)) {
		f := invalidLogin(fmt.Sprintf("Token expired: %d >= %d", now.Unix(), end.Unix()))
		return f.Because("the token of %s expired %s ago", c.Issuer, now.Sub(end).Round(time.Second))
	}
	for name, at := range map[string]*seconds{"nbf": c.NotBefore, "iat": c.Issued} {
		if at.after(now.Add(leeway)) {
			return unverifiedLogin.Because("the token of %s is not valid yet: its %s is %s, and here it is %s", c.Issuer, name, at, now.UTC().Format(time.RFC3339))
		}
	}
	return nil
}
