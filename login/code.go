package login

import (
	"context"
	"crypto/rand"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// CodeOptions are for a login in a browser on this machine. One of Show and
// Open is needed.
type CodeOptions struct {
	// Show prints the address to open.
	Show func(address string)
	// Open opens a browser. It should not wait for the browser's end, and must
	// return when ctx ends. Its failure is no failure if there is Show.
	Open func(ctx context.Context, address string) error
	// Port to listen on. 0: one that is free, which providers must allow
	// for loopback addresses (RFC 8252 section 7.3). Cognito does not:
	// register one, with Host "localhost".
	Port int
	// Host in the redirect address: "127.0.0.1" (default) or "localhost".
	// 127.0.0.1 is what is listened on, whatever is said here.
	Host string
	// Path of the redirect address; "": "/callback".
	Path string
}

// attempt is what binds an answer to this login.
type attempt struct {
	op, redirect, issuer   string
	state, nonce, verifier string
	sendsIss               bool // the provider says that its answers name it
}

// Code logs a person in with a browser: authorization code with PKCE (RFC
// 7636) on loopback (RFC 8252). It listens until one answer with the right
// state has come, or Timeout is over.
func (c *OIDC) Code(ctx context.Context, o *CodeOptions) (*oauth2.Token, error) {
	const op = "browser login"
	if err := o.check(op); err != nil {
		return nil, err
	}
	limit := c.Timeout
	if limit <= 0 {
		limit = personTime
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	p, tokens, err := c.tokenEndpoint(ctx, op)
	if err != nil {
		return nil, err
	}
	if err := supported(op, "PKCE with", p.Challenges, "S256"); err != nil {
		return nil, err
	}
	a := &attempt{op: op, issuer: c.Issuer, sendsIss: p.SendsIss, state: rand.Text(), nonce: rand.Text(), verifier: oauth2.GenerateVerifier()}
	code, err := c.ask(ctx, p, o, a)
	if err != nil {
		return nil, err
	}
	started := c.now()
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {a.redirect}, "code_verifier": {a.verifier}}
	body, err := c.post(ctx, op, p, tokens, form)
	if err != nil {
		return nil, err
	}
	t, err := c.parsed(op, tokens, body, started)
	if err != nil {
		return nil, err
	}
	return c.checked(ctx, op, p, nil, t, expected{nonce: a.nonce, required: slices.Contains(c.scopes(p), oidc.ScopeOpenID)})
}

// ask listens, sends the person to the provider, and gives the code they
// come back with.
func (c *OIDC) ask(ctx context.Context, p *provider, o *CodeOptions, a *attempt) (string, error) {
	authorization, err := endpoint(a.op, "authorization_endpoint", p.AuthURL)
	if err != nil {
		return "", err
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(o.Port)))
	if err != nil {
		return "", &Error{Op: a.op, Kind: ErrConfig, Message: "cannot listen for the browser's answer", Cause: err,
			Hint: "end the other login, or choose another port that is registered for the client"}
	}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	host, path := o.place()
	a.redirect = "http://" + net.JoinHostPort(host, port) + path
	cb := listen(listener, a)
	defer cb.stop()
	address := c.address(authorization, p, a)
	if o.Show != nil {
		o.Show(address)
	}
	if o.Open != nil {
		if err := o.Open(ctx, address); err != nil && o.Show == nil {
			return "", &Error{Op: a.op, Kind: ErrUnsupported, Message: "no browser could be opened", Hint: "log in by device code"}
		}
	}
	return cb.wait(ctx)
}

// address is the authorization request (RFC 6749 section 4.1.1).
func (c *OIDC) address(authorization string, p *provider, a *attempt) string {
	form := c.form("", c.scopes(p))
	for name, v := range map[string]string{"response_type": "code", "client_id": c.ClientID, "redirect_uri": a.redirect,
		"state": a.state, "nonce": a.nonce, "code_challenge_method": "S256",
		"code_challenge": oauth2.S256ChallengeFromVerifier(a.verifier)} {
		form.Set(name, v)
	}
	join := "?"
	if strings.Contains(authorization, "?") {
		join = "&"
	}
	return authorization + join + form.Encode()
}

func (o *CodeOptions) check(op string) error {
	if o == nil || o.Show == nil && o.Open == nil {
		return misconfigured(op, "nothing to show or open the address with", "")
	}
	host, path := o.place()
	if host != "127.0.0.1" && host != "localhost" || o.Port < 0 || o.Port > 65535 {
		return misconfigured(op, "the redirect address is not on this machine", "use 127.0.0.1 or localhost, and a port up to 65535")
	}
	if u, err := url.Parse(path); err != nil || u.Path != path || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") {
		return misconfigured(op, "the redirect address's path is not a plain path", "leave it out for /callback")
	}
	return nil
}

// place is host and path of the redirect address.
func (o *CodeOptions) place() (host, path string) {
	host, path = o.Host, o.Path
	if host == "" {
		host = "127.0.0.1"
	}
	if path == "" {
		path = "/callback"
	}
	return host, path
}
