package login

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
)

// provider is what is known of an OpenID Connect provider.
type provider struct {
	oidc.ProviderConfig
	Revocation string   `json:"revocation_endpoint"`
	Methods    []string `json:"token_endpoint_auth_methods_supported"`
	Scopes     []string `json:"scopes_supported"`
	Challenges []string `json:"code_challenge_methods_supported"`
	SendsIss   bool     `json:"authorization_response_iss_parameter_supported"` // RFC 9207 section 3
}

// discover gives the provider, asking it once.
func (c *OIDC) discover(ctx context.Context, op string) (*provider, error) {
	if c.ClientID == "" {
		return nil, misconfigured(op, "no client id", "register a client at the provider")
	}
	if e := c.Endpoints; e.Token != "" {
		return &provider{Revocation: e.Revocation, ProviderConfig: oidc.ProviderConfig{IssuerURL: c.Issuer,
			AuthURL: e.Authorization, TokenURL: e.Token, DeviceAuthURL: e.Device, JWKSURL: e.Keys}}, nil
	}
	c.mu.Lock()
	p := c.found
	c.mu.Unlock()
	if p != nil {
		return p, nil
	}
	if err := confidential(op, "the issuer", c.Issuer); err != nil {
		return nil, err
	}
	address := strings.TrimSuffix(c.Issuer, "/") + "/.well-known/openid-configuration"
	data, err := c.get(ctx, op, address)
	if err != nil {
		return nil, err
	}
	if p, err = parseDiscovery(data, op, c.Issuer); err != nil {
		return nil, err
	}
	c.mu.Lock()
	c.found = p
	c.mu.Unlock()
	return p, nil
}

// parseDiscovery reads a provider's metadata and checks whose it is.
func parseDiscovery(data []byte, op, issuer string) (*provider, error) {
	var p provider
	if err := json.Unmarshal(data, &p); err != nil {
		return nil, &Error{Op: op, Where: cleaned(issuer), Kind: ErrBadAnswer, Message: "the discovery document is not JSON of the right form",
			Hint: "check the issuer, and look for a proxy that answers in its place"}
	}
	if p.IssuerURL != issuer {
		return nil, &Error{Op: op, Where: cleaned(issuer), Kind: ErrUntrusted,
			Message: "the provider calls itself " + cleaned(p.IssuerURL), Hint: "give the issuer exactly so, or ask why it differs"}
	}
	return &p, nil
}

// endpoint gives an address of the provider if it has one that may be used.
func endpoint(op, name, address string) (string, error) {
	if address == "" {
		return "", &Error{Op: op, Kind: ErrUnsupported, Message: "the provider names no " + name,
			Hint: "log in another way, or give the address"}
	}
	return address, confidential(op, "the "+name, address)
}

// supported refuses a provider that lists values without the wanted one.
func supported(op, what string, listed []string, want string) error {
	if len(listed) == 0 || slices.Contains(listed, want) {
		return nil
	}
	return &Error{Op: op, Kind: ErrUnsupported, Message: "the provider does not support " + what + " " + want}
}

// get fetches a document of the provider.
func (c *OIDC) get(ctx context.Context, op, address string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, misconfigured(op, "not an address", "")
	}
	r.Header.Set("Accept", "application/json")
	status, body, err := do(client(c.HTTPClient), op, r)
	if err != nil {
		return nil, err
	}
	if status != http.StatusOK {
		e := answerError(op, place(address), status, nil)
		e.Hint = "check that the issuer is right and can be reached from here"
		return nil, e
	}
	return body, nil
}

// do sends a request and reads the bounded answer.
func do(c *http.Client, op string, r *http.Request) (int, []byte, error) {
	where := place(r.URL.String())
	resp, err := c.Do(r)
	if err != nil {
		return 0, nil, unreached(op, where, err)
	}
	body, err := io.ReadAll(resp.Body)
	if cerr := resp.Body.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return 0, nil, unreached(op, where, err)
	}
	return resp.StatusCode, body, nil
}
