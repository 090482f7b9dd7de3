package login

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

const (
	deviceGrant    = "urn:ietf:params:oauth:grant-type:device_code"
	deviceTime     = 30 * time.Minute // for a login by device code, whatever the provider says
	deviceInterval = 5 * time.Second  // between polls, if the provider says nothing
	deviceSlower   = 5 * time.Second  // more after each slow_down (RFC 8628 section 3.5)
	deviceSlowest  = 5 * time.Minute
)

// DeviceCode is what a person needs to log in on another device. The texts
// are the provider's, without anything that would move a terminal's cursor.
type DeviceCode struct {
	UserCode    string
	URL         string
	CompleteURL string // URL with the code in it, may be ""
	Expires     time.Time
}

// deviceAnswer is a DeviceCode with what is not for people.
type deviceAnswer struct {
	code     string
	shown    DeviceCode
	life     time.Duration
	interval time.Duration
}

// Device logs a person in on another device (RFC 8628): show is called once
// with what they need, then the provider is asked until they are done, it
// says no, or time is up. Amazon Cognito has no such flow.
func (c *OIDC) Device(ctx context.Context, show func(DeviceCode)) (*oauth2.Token, error) {
	const op = "device login"
	if show == nil {
		return nil, misconfigured(op, "nothing to show the code with", "")
	}
	p, tokens, err := c.tokenEndpoint(ctx, op)
	if err != nil {
		return nil, err
	}
	address, err := endpoint(op, "device_authorization_endpoint", p.DeviceAuthURL)
	if err != nil {
		return nil, err
	}
	scopes := c.scopes(p)
	started := c.now()
	body, err := c.post(ctx, op, p, address, c.form("", scopes))
	if err != nil {
		return nil, err
	}
	d, err := parseDevice(body, started)
	if err != nil {
		return nil, &Error{Op: op, Where: place(address), Kind: ErrBadAnswer, Message: err.Error()}
	}
	if c.Timeout > 0 {
		d.life = min(d.life, c.Timeout)
	}
	show(d.shown)
	ctx, cancel := context.WithTimeout(ctx, d.life)
	defer cancel()
	t, err := c.poll(ctx, op, p, tokens, d, started)
	if err != nil {
		return nil, err
	}
	return c.checked(ctx, op, p, nil, t, expected{required: slices.Contains(scopes, oidc.ScopeOpenID)})
}

// poll asks until there is an answer.
func (c *OIDC) poll(ctx context.Context, op string, p *provider, address string, d *deviceAnswer, started time.Time) (*oauth2.Token, error) {
	interval := d.interval
	for {
		if err := c.wait(ctx, interval); err != nil {
			return nil, late(op, ctx)
		}
		now := c.now()
		if !now.Before(started.Add(d.life)) {
			return nil, late(op, ctx)
		}
		body, err := c.post(ctx, op, p, address, url.Values{"grant_type": {deviceGrant}, "device_code": {d.code}})
		if err == nil {
			return c.parsed(op, address, body, now)
		}
		if ctx.Err() != nil {
			return nil, late(op, ctx)
		}
		if interval, err = slower(interval, err); err != nil {
			return nil, err
		}
	}
}

// slower is the next interval after a poll that brought no token, or why it
// is the last.
func slower(interval time.Duration, err error) (time.Duration, error) {
	var e *Error
	switch {
	case !errors.As(err, &e):
		return 0, err
	case e.Code == "authorization_pending":
		return interval, nil
	case e.Code == "slow_down":
		return min(interval+deviceSlower, deviceSlowest), nil
	case e.Kind == ErrUnavailable || e.Kind == ErrTimeout && e.Code == "": // the network: back off
		return min(interval*2, deviceSlowest), nil
	}
	return 0, err
}

// late is the end of waiting for a person.
func late(op string, ctx context.Context) *Error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return ended(op, ctx)
	}
	return &Error{Op: op, Kind: ErrTimeout, Message: "nobody finished the login in time", Hint: "begin again"}
}

// parseDevice reads a device authorization answer (RFC 8628 section 3.2).
func parseDevice(body []byte, started time.Time) (*deviceAnswer, error) {
	var a struct {
		Code     string      `json:"device_code"`
		UserCode string      `json:"user_code"`
		URL      string      `json:"verification_uri"`
		OldURL   string      `json:"verification_url"` // a draft's name, still Google's
		Complete string      `json:"verification_uri_complete"`
		Expires  json.Number `json:"expires_in"`
		Interval json.Number `json:"interval"`
	}
	if json.Unmarshal(body, &a) != nil {
		return nil, errors.New("the answer is not the JSON of a device code")
	}
	if a.URL == "" {
		a.URL = a.OldURL
	}
	d := &deviceAnswer{code: a.Code, shown: DeviceCode{UserCode: a.UserCode, URL: a.URL}}
	if a.Code == "" || a.UserCode == "" || len(a.UserCode) > 100 || !plain(a.UserCode) || !web(a.URL) {
		return nil, errors.New("the answer has no device code, or no user code and address that can be shown")
	}
	if web(a.Complete) {
		d.shown.CompleteURL = a.Complete
	}
	var err, err2 error
	d.life, err = seconds(a.Expires, deviceTime)
	d.interval, err2 = seconds(a.Interval, deviceSlowest)
	if d.life == 0 {
		d.life = deviceTime
	}
	if d.interval == 0 {
		d.interval = deviceInterval
	}
	d.interval = max(d.interval, time.Second)
	d.shown.Expires = started.Add(d.life)
	return d, errors.Join(err, err2)
}

// plain says whether a text is safe to print.
func plain(text string) bool {
	for _, r := range text {
		if printable(r) != r {
			return false
		}
	}
	return true
}

// web says whether an address is for a browser.
func web(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && plain(address)
}
