package events

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tidewire/tidewire/appsync"
	"github.com/tidewire/tidewire/internal/exchange"
	"github.com/tidewire/tidewire/internal/realtime"
)

const (
	defaultTimeout   = 35 * time.Second // AppSync's own limit is 30 s
	defaultMaxAnswer = 1 << 20
)

// Options says how a Client works. The zero value, like a nil pointer, works.
// New keeps a copy.
type Options struct {
	// Host, RealtimeURL, Region and Now are those of [appsync.Target].
	Host, RealtimeURL, Region string
	Now                       func() time.Time

	// HTTPClient sends requests and opens WebSockets. Default: one on
	// http.DefaultTransport. Redirects are not followed in any case: they
	// would carry a credential elsewhere. Its Timeout bounds WebSockets
	// too, so leave it zero.
	HTTPClient *http.Client
	// Header is sent with every request, unsigned.
	Header http.Header
	// Timeout bounds one attempt of a publish over HTTP. Default 35 s;
	// negative: only the context bounds it.
	Timeout time.Duration
	// Retry says how often publishes over HTTP are tried again, and after what
	// pauses. Other than for queries that is only if the request was never
	// sent, because no connection was made, or was refused for its rate (429,
	// [appsync.ErrLimitExceeded]); not after 5xx, because whoever answers so may
	// have the events.
	Retry appsync.Retry
	// MaxAnswer is the size in bytes over which an answer is refused with
	// appsync.ErrTooLarge. Default 1 MiB.
	MaxAnswer int64
	// Realtime says how the WebSocket works. Realtime.Reply is also how long
	// a publish on it is waited for.
	Realtime appsync.Realtime

	// ConnectAuth proves who opens the WebSocket, PublishAuth who publishes and
	// SubscribeAuth who subscribes. Default: New's auth.
	ConnectAuth, PublishAuth, SubscribeAuth *appsync.Auth
}

// Client publishes to and subscribes to one Event API. Its methods may be called
// concurrently.
type Client struct {
	// immutable
	api                *api
	publish, subscribe *appsync.Auth
}

// api is what all views of a Client share. It is immutable.
type api struct {
	target    appsync.Target
	url       url.URL
	host      string // for the Host header
	place     string // url, for people
	webSocket realtime.Handshake
	connect   *appsync.Auth
	options   Options
	http      *http.Client
	socket    *realtime.Socket // opens nothing until it is used
}

// New makes a client of the Event API at address,
// https://{id}.appsync-api.{region}.amazonaws.com/event or that of a custom domain
// or local server; without a path, /event is added. It sends nothing. A missing
// credential or region is found here: [*appsync.NoCredentialsError],
// [*appsync.NoRegionError]. auth may be nil if Options has one for each operation
// that is used.
func New(address string, auth *appsync.Auth, o *Options) (*Client, error) {
	a := &api{}
	if o != nil {
		a.options = *o
	}
	opt := &a.options
	opt.Header = opt.Header.Clone()
	opt.Timeout = orDefault(opt.Timeout, defaultTimeout)
	opt.MaxAnswer = orDefault(opt.MaxAnswer, defaultMaxAnswer)
	if err := a.locate(address); err != nil {
		return nil, fmt.Errorf("events: %w", err)
	}
	a.connect = orDefault(opt.ConnectAuth, auth)
	c := &Client{api: a, publish: orDefault(opt.PublishAuth, auth), subscribe: orDefault(opt.SubscribeAuth, auth)}
	for _, auth := range []*appsync.Auth{a.connect, c.publish, c.subscribe} {
		if auth == nil {
			continue
		}
		if err := auth.Check(a.target); err != nil {
			return nil, fmt.Errorf("events: %w", err)
		}
	}
	a.http = exchange.Client(opt.HTTPClient)
	a.socket = a.newSocket()
	return c, nil
}

func orDefault[T comparable](v, fallback T) T {
	var zero T
	if v == zero {
		return fallback
	}
	return v
}

// locate finds out where the API is.
func (a *api) locate(address string) error {
	o := &a.options
	u, err := url.Parse(address)
	if err == nil {
		u.Path, u.RawPath = strings.TrimRight(u.Path, "/"), strings.TrimRight(u.RawPath, "/")
		if u.Path == "" {
			u.Path = "/event"
		}
		address = u.String()
	}
	a.target = appsync.Target{URL: address, Host: o.Host, RealtimeURL: o.RealtimeURL, Region: o.Region, Now: o.Now}
	if a.webSocket.URL, a.webSocket.Host, err = a.target.WebSocket(); err != nil {
		return err // also of Parse
	}
	if !strings.HasSuffix(u.Path, "/event") {
		return fmt.Errorf("the path of the URL is %q, but that of an Event API ends in /event; package appsync is for GraphQL", u.Path)
	}
	a.url, a.place = *u, exchange.Place(u)
	a.host = withoutDefaultPort(u.Scheme, orDefault(o.Host, u.Host))
	return nil
}

// withoutDefaultPort is host as it is signed.
func withoutDefaultPort(scheme, host string) string {
	port := map[string]string{"http": ":80", "https": ":443"}[scheme]
	return strings.TrimSuffix(host, port)
}

// As is the same client, on the same WebSocket, which publishes and subscribes
// as auth proves. Opening the WebSocket is proved as before. Closing either
// closes both.
func (c *Client) As(auth *appsync.Auth) *Client {
	return &Client{api: c.api, publish: auth, subscribe: auth}
}

// Close ends all subscriptions and publishes on the WebSocket, closes it with
// 1000, for which it waits 5 seconds at most, and waits for every goroutine of
// the Client. Publish is still possible, the rest is not.
func (c *Client) Close() { c.api.socket.Close() }

// Counts says what the Client has seen on its WebSocket, up to now, that changed
// nothing.
func (c *Client) Counts() appsync.Counts { return appsync.Counts(c.api.socket.Counts()) }
