package login

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

const maxLife = 10 * 365 * 24 * time.Hour // of a token; more is taken for this

// post sends a form with the client's authentication (RFC 6749 section 2.3)
// and gives the body of a success. It is our own and not oauth2.Config's,
// which tries twice where a code or a refresh token is good once, ignores the
// context at the device endpoint, and shows answers in errors.
func (c *OIDC) post(ctx context.Context, op string, p *provider, address string, form url.Values) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	inBody := c.SecretInBody || len(p.Methods) > 0 && !slices.Contains(p.Methods, "client_secret_basic") &&
		slices.Contains(p.Methods, "client_secret_post")
	basic := c.ClientSecret != "" && !inBody
	if !basic {
		form.Set("client_id", c.ClientID)
	}
	if c.ClientSecret != "" && inBody {
		form.Set("client_secret", c.ClientSecret)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, misconfigured(op, "not an address", "")
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "application/json")
	if basic {
		r.SetBasicAuth(url.QueryEscape(c.ClientID), url.QueryEscape(c.ClientSecret))
	}
	status, body, err := do(client(c.HTTPClient), op, r)
	if err != nil {
		return nil, err
	}
	secrets := []string{c.ClientSecret}
	for _, name := range []string{"code", "code_verifier", "refresh_token", "device_code", "token"} {
		secrets = append(secrets, form.Get(name))
	}
	if e := answerError(op, place(address), status, body, secrets...); e != nil {
		return nil, e
	}
	return body, nil
}

// answerError is the error in an answer (RFC 6749 section 5.2), nil if it is
// a success. Some servers send errors with status 200.
func answerError(op, where string, status int, body []byte, secrets ...string) *Error {
	var answer struct {
		Code        string `json:"error"`
		Description string `json:"error_description"`
	}
	parsed := json.Unmarshal(body, &answer) == nil
	if status >= 200 && status < 300 && (!parsed || answer.Code == "") {
		return nil
	}
	code := cleaned(answer.Code, secrets...)
	e := &Error{Op: op, Where: where, Status: status, Code: code, Message: cleaned(answer.Description, secrets...),
		Kind: kindOfCode(code, status), Hint: hintForCode(code)}
	if code == "" && e.Kind == ErrBadAnswer {
		e.Hint = "check the address, and look for a proxy that answers in its place"
	}
	return e
}

func kindOfCode(code string, status int) error {
	switch code {
	case "temporarily_unavailable", "server_error":
		return ErrUnavailable
	case "expired_token":
		return ErrTimeout
	case "unsupported_grant_type", "unsupported_response_type", "unsupported_token_type":
		return ErrUnsupported
	}
	if status >= http.StatusInternalServerError || status == http.StatusTooManyRequests {
		return ErrUnavailable
	}
	if code == "" {
		return ErrBadAnswer
	}
	return ErrDenied
}

func hintForCode(code string) string {
	switch code {
	case "invalid_client":
		return "check client id and secret, and whether the provider wants the secret in the body"
	case "unauthorized_client", "unsupported_grant_type":
		return "allow this way of logging in for the client, at the provider"
	case "invalid_scope":
		return "ask for scopes that the provider knows"
	case "invalid_grant", "expired_token":
		return "log in again"
	case "access_denied":
		return "somebody, or the provider's policy, said no"
	case "invalid_request", "redirect_uri_mismatch":
		return "check that the redirect address, with its port, is registered for the client"
	}
	return ""
}

// parseTokens reads a token answer (RFC 6749 section 5.1). Its errors show
// none of it.
func parseTokens(body []byte, started time.Time) (*oauth2.Token, error) {
	var a struct {
		Access  string      `json:"access_token"`
		Type    string      `json:"token_type"`
		Refresh string      `json:"refresh_token"`
		ID      string      `json:"id_token"`
		Scope   string      `json:"scope"`
		Expires json.Number `json:"expires_in"` // some servers send a string
	}
	if err := json.Unmarshal(body, &a); err != nil {
		return nil, errors.New("the answer is not the JSON of a token")
	}
	if a.Access == "" {
		return nil, errors.New("no access token in the answer")
	}
	if a.Type != "" && !strings.EqualFold(a.Type, "Bearer") {
		return nil, errors.New("the token's type is " + cleaned(a.Type) + ", only Bearer can be used")
	}
	t := &oauth2.Token{AccessToken: a.Access, TokenType: "Bearer", RefreshToken: a.Refresh}
	life, err := seconds(a.Expires, maxLife)
	if err != nil {
		return nil, err
	}
	t.Expiry = expiryOf(t.AccessToken)
	if life > 0 {
		t.Expiry = started.Add(life)
	}
	return withExtras(t, map[string]string{"id_token": a.ID, "scope": a.Scope}), nil
}

// seconds reads a count of seconds, "" for none, at most max.
func seconds(n json.Number, most time.Duration) (time.Duration, error) {
	if n == "" {
		return 0, nil
	}
	f, err := n.Float64()
	if err != nil || f < 0 {
		return 0, errors.New("a time in the answer is not a number of seconds")
	}
	if f > most.Seconds() {
		return most, nil
	}
	return time.Duration(f * float64(time.Second)), nil
}
