package appsync

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/tidewire/tidewire/internal/exchange"
	"github.com/tidewire/tidewire/internal/realtime"
)

const (
	defaultTimeout   = 35 * time.Second // AppSync's own limit is 30 s
	defaultMaxAnswer = 8 << 20
)

// Options says how a Client works. The zero value, like a nil pointer, works.
// New keeps a copy.
type Options struct {
	// Host, RealtimeURL, Region and Now are those of [Target].
	Host, RealtimeURL, Region string
	Now                       func() time.Time

	// HTTPClient sends requests and opens WebSockets. Default: one on
	// http.DefaultTransport. Redirects are not followed in any case: they
	// would carry a credential elsewhere. Its Timeout bounds WebSockets
	// too, so leave it zero.
	HTTPClient *http.Client
	// Header is sent with every request, unsigned.
	Header http.Header
	// Timeout bounds one attempt of a query or mutation. Default 35 s;
	// negative: only the context bounds it.
	Timeout time.Duration
	// Retry says how queries and mutations are tried again.
	Retry Retry
	// MaxAnswer is the size in bytes over which an answer is refused with
	// ErrTooLarge. Default 8 MiB.
	MaxAnswer int64
	// Realtime says how subscriptions work.
	Realtime Realtime
	// HeaderInQuery puts the authorization of a connection into the query of
	// its URL, ?header=…&payload=e30=, where older servers and simulators look
	// for it alone. Proxies may write URLs into their logs.
	HeaderInQuery bool
}

// Client calls one GraphQL API. Its methods may be called concurrently.
type Client struct {
	// immutable
	endpoint *endpoint
	auth     *Auth
	options  Options
	http     *http.Client
	socket   *realtime.Socket // opens nothing until it is used
}

// New makes a client of the API at url,
// https://{id}.appsync-api.{region}.amazonaws.com/graphql or that of a custom
// domain or local server. It sends nothing. A missing credential or region is
// found here: [*NoCredentialsError], [*NoRegionError]. auth may be nil if every
// request has its own.
func New(url string, auth *Auth, o *Options) (*Client, error) {
	c := &Client{auth: auth}
	if o != nil {
		c.options = *o
	}
	opt := &c.options
	opt.Header = opt.Header.Clone()
	opt.Retry = opt.Retry.withDefaults()
	opt.Timeout = orDefault(opt.Timeout, defaultTimeout)
	opt.MaxAnswer = orDefault(opt.MaxAnswer, defaultMaxAnswer)
	target := Target{URL: url, Host: opt.Host, RealtimeURL: opt.RealtimeURL, Region: opt.Region, Now: opt.Now}
	var err error
	if c.endpoint, err = target.endpoint(); err != nil {
		return nil, fmt.Errorf("appsync: %w", err)
	}
	if auth != nil {
		if err := auth.check(c.endpoint); err != nil {
			return nil, fmt.Errorf("appsync: %w", err)
		}
	}
	c.endpoint.kept = true
	c.http = exchange.Client(opt.HTTPClient)
	c.socket = c.newSocket()
	return c, nil
}

func orDefault[T comparable](v, fallback T) T {
	var zero T
	if v == zero {
		return fallback
	}
	return v
}

// Query sends a query and gives its response. The error is [Errors] if the
// response has errors, with the response and its partial data beside it; else
// a [*ResponseError], a [*SendError], a [*NoCredentialsError], or ctx's. A
// document that is not a query is [ErrOperation].
func (c *Client) Query(ctx context.Context, r *Request) (*Response, error) {
	return c.do(ctx, r, query)
}

// Mutate is Query for mutations. Nothing that may have been sent is sent
// again.
func (c *Client) Mutate(ctx context.Context, r *Request) (*Response, error) {
	return c.do(ctx, r, mutation)
}

// Query sends a query with c and decodes the data into a T. With [Errors] as
// error the T holds the partial data.
func Query[T any](ctx context.Context, c *Client, r *Request) (T, error) {
	return typed[T](c.Query(ctx, r))
}

// Mutate is [Query] for mutations.
func Mutate[T any](ctx context.Context, c *Client, r *Request) (T, error) {
	return typed[T](c.Mutate(ctx, r))
}

func typed[T any](resp *Response, err error) (T, error) {
	var data T
	if resp == nil {
		return data, err
	}
	if misfit := resp.Decode(&data); misfit != nil {
		err = errors.Join(err, misfit)
	}
	return data, err
}

// do sends one operation of the kind wanted; unknown: of any but subscription.
func (c *Client) do(ctx context.Context, r *Request, want kind) (*Response, error) {
	body, err := r.body()
	if err != nil {
		return nil, fmt.Errorf("appsync: %w", err)
	}
	is := kindOf(r.Query, r.OperationName)
	if err := fits(is, want); err != nil {
		return nil, err
	}
	resp, err := c.send(ctx, r, body, is == query)
	if err != nil {
		return nil, err
	}
	if len(resp.Errors) > 0 {
		return resp, resp.Errors
	}
	return resp, nil
}

// fits says whether an operation of this kind may be sent by that method. The
// server judges what is unknown.
func fits(is, want kind) error {
	if is == unknown || is == want || (want == unknown && is != subscription) {
		return nil
	}
	method := map[kind]string{query: "Query", mutation: "Mutate", subscription: "Subscribe"}[is]
	return fmt.Errorf("%w: the document is a %s; use %s", ErrOperation, is, method)
}
