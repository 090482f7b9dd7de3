package apigateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/coder/websocket"

	"github.com/tidewire/tidewire/internal/clientws"
)

// Dial connects to a WebSocket API at a ws:// or wss:// URL and returns once
// the handshake is done, which API Gateway holds until the function behind
// $connect has answered. ctx bounds the handshake only.
//
// A handshake that was answered with a status other than 101 is a
// [*RefusedError]; missing credentials are a [*NoCredentialsError] and a
// region that cannot be known a [*NoRegionError], both before anything is
// sent. The first handshake is tried once, also with Reconnect.
func Dial(ctx context.Context, rawURL string, o *DialOptions) (*Conn, error) {
	d, err := newDialer(rawURL, o)
	if err != nil {
		return nil, err
	}
	socket, err := d.dial(ctx)
	if err != nil {
		return nil, err
	}
	return start(d, socket), nil
}

// dialer makes handshakes for one URL. It is immutable.
type dialer struct {
	target  *url.URL
	place   string // target for people
	options DialOptions
	client  *http.Client
}

func newDialer(rawURL string, o *DialOptions) (*dialer, error) {
	target, err := parseTarget(rawURL)
	if err != nil {
		return nil, err
	}
	options := o.withDefaults()
	if isSigned(target) {
		options.Auth = None
	}
	d := &dialer{target: target, place: place(target), options: options, client: options.client()}
	if err := d.checkSigning(); err != nil {
		return nil, fmt.Errorf("connect %s: %w", d.place, err)
	}
	return d, nil
}

// parseTarget reads a WebSocket URL (RFC 6455 section 3). Its errors never
// repeat the URL, which may be a signed one.
func parseTarget(rawURL string) (*url.URL, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, fmt.Errorf("the URL cannot be read: %w", withoutURL(err))
	}
	switch {
	case u.Scheme != "ws" && u.Scheme != "wss":
		return nil, fmt.Errorf("the URL must begin with ws:// or wss://, not %q", u.Scheme)
	case u.Host == "":
		return nil, errors.New("the URL has no host")
	case u.User != nil:
		return nil, errors.New("the URL has a user or password in it: send them as a header instead")
	case u.Fragment != "":
		return nil, errors.New("the URL has a fragment (#), which WebSocket URLs may not have")
	}
	return u, nil
}

// isSigned says whether u carries a signature in its query.
func isSigned(u *url.URL) bool {
	for _, pair := range strings.Split(u.RawQuery, "&") {
		if name, _, _ := strings.Cut(pair, "="); strings.EqualFold(name, "X-Amz-Signature") {
			return true
		}
	}
	return false
}

// client is the HTTP client of the handshakes. It follows no redirect.
func (o *DialOptions) client() *http.Client {
	c := http.Client{Transport: &http.Transport{
		Proxy:             http.ProxyFromEnvironment,
		TLSClientConfig:   o.TLS.Clone(),
		DisableKeepAlives: true, // a refused handshake leaves nothing behind
	}}
	if o.HTTPClient != nil {
		c = *o.HTTPClient
	}
	if c.Transport == nil {
		c.Transport = http.DefaultTransport
	}
	c.CheckRedirect = noRedirect
	return &c
}

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// dial makes one handshake, with a new signature.
func (d *dialer) dial(ctx context.Context) (*clientws.Conn, error) {
	h, err := d.prepare(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect %s: %w", d.place, err)
	}
	seen := &answer{base: d.client.Transport}
	client := *d.client
	client.Transport = seen
	socket, _, err := clientws.Dial(ctx, h.address, &websocket.DialOptions{
		HTTPClient:   &client,
		HTTPHeader:   h.header,
		Host:         h.host,
		Subprotocols: d.options.Subprotocols,
	})
	if err != nil {
		return nil, d.failure(err, seen, h.secrets)
	}
	socket.SetReadLimit(d.options.ReadLimit)
	return socket, nil
}

// failure is what went wrong with a handshake, without secrets.
func (d *dialer) failure(err error, seen *answer, secrets []string) error {
	if seen.status == 0 || seen.status == http.StatusSwitchingProtocols {
		return fmt.Errorf("connect %s: %w", d.place, withoutURL(err))
	}
	return &RefusedError{
		URL:     d.place,
		Status:  seen.status,
		Type:    errorType(seen.header),
		Message: redacted(errorMessage(seen.body), secrets...),
		Header:  redactedHeader(seen.header, secrets),
	}
}
