package login

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

// OIDC gets tokens from an OpenID Connect provider, or an OAuth 2.0 server
// that has the endpoints. It may be used concurrently once its fields are set.
type OIDC struct {
	// Issuer is the provider's name, exactly as it writes it; the discovery
	// document is below it (OpenID Connect Discovery 1.0 section 4).
	Issuer       string
	ClientID     string
	ClientSecret string // "" for a public client
	// SecretInBody sends the secret in the form (client_secret_post). Without
	// it HTTP Basic is used, unless the provider lists only the other.
	SecretInBody bool
	// Scopes to ask for. nil: "openid", and "offline_access" if the provider
	// lists it, for a person; none for a service.
	Scopes []string
	// Parameters go with each request for a grant, such as "audience".
	Parameters map[string]string
	// Endpoints replace discovery if Token is set.
	Endpoints Endpoints
	// Timeout is for a whole login by a person; 0: 5 minutes for Code, and for
	// Device as long as the provider says, at most 30. A request has 30 seconds.
	Timeout time.Duration

	HTTPClient *http.Client     // nil: one of our own; redirects are not followed with any
	Now        func() time.Time // nil: time.Now

	sleep func(context.Context, time.Duration) error // nil: pause

	mu    sync.Mutex
	found *provider // guarded by mu
}

// Endpoints are addresses of a provider: https, or http to this machine.
type Endpoints struct {
	Authorization, Token, Device, Revocation, Keys string
}

// String says which issuer and client, never the secret. It is the binding of
// saved logins.
func (c *OIDC) String() string {
	s := "oidc " + c.Issuer + " client " + c.ClientID
	if c.Endpoints.Token != "" {
		s += " at " + place(c.Endpoints.Token)
	}
	return s
}

// GoString is String.
func (c *OIDC) GoString() string { return c.String() }

// Source is a [Source] for a person's logins at this provider; store nil: in
// memory only. idToken gives ID tokens in the place of access tokens.
func (c *OIDC) Source(store *Store, name string, idToken bool) (*Source, error) {
	return NewSource(&SourceOptions{Renew: c.Refresh, Store: store, Name: name, Binding: c.String(), IDToken: idToken, Now: c.Now})
}

// Service is a [Source] of access tokens for the client itself, by client
// credentials; store nil: in memory only.
func (c *OIDC) Service(store *Store, name string) (*Source, error) {
	binding := c.String() + " as a service"
	if len(c.Scopes) > 0 {
		binding += " scopes " + strings.Join(c.Scopes, " ")
	}
	return NewSource(&SourceOptions{Renew: c.ClientCredentials, Store: store, Name: name, Binding: binding, Now: c.Now})
}

func (c *OIDC) now() time.Time {
	if c.Now != nil {
		return c.Now()
	}
	return time.Now()
}

func (c *OIDC) wait(ctx context.Context, d time.Duration) error {
	if c.sleep != nil {
		return c.sleep(ctx, d)
	}
	return pause(ctx, d)
}

// scopes are those of a login by a person.
func (c *OIDC) scopes(p *provider) []string {
	if c.Scopes != nil {
		return c.Scopes
	}
	if slices.Contains(p.Scopes, oidc.ScopeOfflineAccess) {
		return []string{oidc.ScopeOpenID, oidc.ScopeOfflineAccess}
	}
	return []string{oidc.ScopeOpenID}
}
