package login

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// ClientCredentials gets a token for the client itself (RFC 6749 section 4.4).
// The token at hand is not looked at: this is a [Renew].
func (c *OIDC) ClientCredentials(ctx context.Context, _ *oauth2.Token) (*oauth2.Token, error) {
	const op = "client credentials"
	if c.ClientSecret == "" {
		return nil, misconfigured(op, "no client secret", "a service logs in with the secret of its client")
	}
	p, address, err := c.tokenEndpoint(ctx, op)
	if err != nil {
		return nil, err
	}
	form := c.form("client_credentials", c.Scopes)
	started := c.now()
	body, err := c.post(ctx, op, p, address, form)
	if err != nil {
		return nil, err
	}
	return c.parsed(op, address, body, started)
}

// Refresh renews old by its refresh token (RFC 6749 section 6). The result has
// the new refresh token if there is one, else the old; the same for the ID
// token. An error that matches [ErrLoginRequired] means that the person must
// log in again.
func (c *OIDC) Refresh(ctx context.Context, old *oauth2.Token) (*oauth2.Token, error) {
	const op = "refresh"
	if old == nil || old.RefreshToken == "" {
		return nil, &Error{Op: op, Where: cleaned(c.Issuer), Kind: ErrLoginRequired, Message: "there is no refresh token",
			Hint: "log in; if that was just done, ask for the scope offline_access"}
	}
	p, address, err := c.tokenEndpoint(ctx, op)
	if err != nil {
		return nil, err
	}
	keys, err := c.keysFor(ctx, op, p, old) // before the refresh token is used up
	if err != nil {
		return nil, err
	}
	started := c.now()
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {old.RefreshToken}}
	body, err := c.post(ctx, op, p, address, form)
	if err != nil {
		if e, ok := err.(*Error); ok && e.Code == "invalid_grant" {
			e.Kind = ErrLoginRequired
		}
		return nil, err
	}
	t, err := c.parsed(op, address, body, started)
	if err != nil {
		return nil, err
	}
	before, _ := peek(IDToken(old))
	if t, err = c.checked(ctx, op, p, keys, t, expected{subject: before.Subject}); err != nil {
		return nil, err
	}
	return inherit(t, old), nil
}

// keysFor fetches keys if an ID token is likely to come.
func (c *OIDC) keysFor(ctx context.Context, op string, p *provider, old *oauth2.Token) (*oidc.StaticKeySet, error) {
	if IDToken(old) == "" {
		return nil, nil
	}
	return c.keys(ctx, op, p)
}

// inherit is t with what the answer left out.
func inherit(t, old *oauth2.Token) *oauth2.Token {
	if t.RefreshToken == "" {
		t.RefreshToken = old.RefreshToken
	}
	all := extras(old)
	for name, v := range extras(t) {
		all[name] = v
	}
	return withExtras(t, all)
}

// Revoke tells the provider to forget the refresh token of t, or else its
// access token (RFC 7009). [ErrUnsupported] if the provider cannot.
func (c *OIDC) Revoke(ctx context.Context, t *oauth2.Token) error {
	const op = "revoke"
	if t == nil {
		return nil
	}
	p, err := c.discover(ctx, op)
	if err != nil {
		return err
	}
	address, err := endpoint(op, "revocation_endpoint", p.Revocation)
	if err != nil {
		return err
	}
	form := url.Values{"token": {t.RefreshToken}, "token_type_hint": {"refresh_token"}}
	if t.RefreshToken == "" {
		form = url.Values{"token": {t.AccessToken}, "token_type_hint": {"access_token"}}
	}
	_, err = c.post(ctx, op, p, address, form)
	return err
}

func (c *OIDC) tokenEndpoint(ctx context.Context, op string) (*provider, string, error) {
	p, err := c.discover(ctx, op)
	if err != nil {
		return nil, "", err
	}
	address, err := endpoint(op, "token_endpoint", p.TokenURL)
	return p, address, err
}

// form is a request for a grant, with the caller's parameters.
func (c *OIDC) form(grant string, scopes []string) url.Values {
	form := url.Values{}
	for name, v := range c.Parameters {
		form.Set(name, v)
	}
	if len(scopes) > 0 {
		form.Set("scope", strings.Join(scopes, " "))
	}
	if grant != "" {
		form.Set("grant_type", grant)
	}
	return form
}

func (c *OIDC) parsed(op, address string, body []byte, started time.Time) (*oauth2.Token, error) {
	t, err := parseTokens(body, started)
	if err != nil {
		return nil, &Error{Op: op, Where: place(address), Kind: ErrBadAnswer, Message: err.Error(),
			Hint: "look for a proxy that answers in the provider's place"}
	}
	return t, nil
}
