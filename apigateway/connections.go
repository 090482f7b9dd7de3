package apigateway

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tidewire/tidewire/sigv4"
)

// Connections calls the @connections API of a stage (developer guide, "Use
// @connections commands in your backend service"). Set its fields, then use
// it from any number of goroutines; it must not be copied after that.
//
// Every error of the server is a [*ResponseError], for which errors.Is knows
// [ErrGone] and the others. Nothing is repeated after an error: a Post that
// failed may have reached the client. (net/http itself repeats a request of
// which nothing was written, on a kept-alive connection that had ended.)
type Connections struct {
	// Endpoint is the stage, https://{api}.execute-api.{region}.amazonaws.com/{stage}
	// or that of a local gateway or custom domain. The ws:// or wss:// URL
	// that clients connect to means the same place and works too.
	Endpoint string
	// Credentials are asked for every request. Without them a request fails
	// with a [*NoCredentialsError], unless Unsigned is set.
	Credentials aws.CredentialsProvider
	// Unsigned sends no signature, for emulators that want none.
	Unsigned bool
	// Region to sign for. Default: the one in the host name.
	Region string
	// Service to sign for. Default "execute-api".
	Service string
	// HTTPClient sends the requests. Default: one on http.DefaultTransport.
	// Redirects are not followed in any case.
	HTTPClient *http.Client
	// Now is the clock for signatures. Default time.Now.
	Now func() time.Time

	once   sync.Once
	signer *sigv4.Signer // made once, for its cache of keys
}

// Info is what the gateway knows of a connection.
type Info struct {
	ConnectedAt  time.Time `json:"connectedAt"`
	LastActiveAt time.Time `json:"lastActiveAt"`
	Identity     struct {
		SourceIP  string `json:"sourceIp"`
		UserAgent string `json:"userAgent,omitempty"` // "" if the client sent none
	} `json:"identity"`
}

// Post sends data as one text message to the connection with this id; at
// most 131072 bytes. Nil means that the gateway has taken it, not that the
// client has read it.
func (c *Connections) Post(ctx context.Context, id string, data []byte) error {
	_, err := c.do(ctx, http.MethodPost, id, data)
	return err
}

// Get says since when the connection is open and who is at its other end.
func (c *Connections) Get(ctx context.Context, id string) (*Info, error) {
	body, err := c.do(ctx, http.MethodGet, id, nil)
	if err != nil {
		return nil, err
	}
	var info Info
	if err := json.Unmarshal(body, &info); err != nil {
		return nil, fmt.Errorf("GET @connections: the answer is not what API Gateway sends: %w", err)
	}
	return &info, nil
}

// Delete closes the connection.
func (c *Connections) Delete(ctx context.Context, id string) error {
	_, err := c.do(ctx, http.MethodDelete, id, nil)
	return err
}

// do makes one request and returns the bounded body of its answer.
func (c *Connections) do(ctx context.Context, method, id string, data []byte) ([]byte, error) {
	r, err := c.request(ctx, method, id, data)
	if err != nil {
		return nil, fmt.Errorf("%s @connections: %w", method, err)
	}
	where := method + " " + place(r.URL)
	if err := c.sign(ctx, r, data); err != nil {
		return nil, fmt.Errorf("%s: %w", where, err)
	}
	resp, err := c.client().Do(r)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", where, withoutURL(err))
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if resp.StatusCode/100 != 2 {
		return nil, responseError(where, resp, body, r.Header.Get("X-Amz-Security-Token"))
	}
	if err != nil {
		return nil, fmt.Errorf("%s: read the answer: %w", where, withoutURL(err))
	}
	return body, nil
}

// request is the request without a signature. Its path has a raw @ and the id
// escaped as AWS's SDKs do it.
func (c *Connections) request(ctx context.Context, method, id string, data []byte) (*http.Request, error) {
	base, err := parseEndpoint(c.Endpoint)
	if err != nil {
		return nil, err
	}
	if id == "" || id == "." || id == ".." {
		return nil, fmt.Errorf("%q is no connection id", id)
	}
	path := strings.TrimRight(base.EscapedPath(), "/") + "/@connections/" + escapeID(id)
	base.RawPath = path
	if base.Path, err = url.PathUnescape(path); err != nil {
		return nil, errors.New("the endpoint's path is not well escaped")
	}
	r := &http.Request{Method: method, URL: base, Host: base.Host, Header: http.Header{}}
	if method == http.MethodPost {
		r.Body = io.NopCloser(bytes.NewReader(data))
		r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }
		r.ContentLength = int64(len(data))
		if len(data) == 0 {
			r.Body = http.NoBody
		}
	}
	return r.WithContext(ctx), nil
}

// parseEndpoint reads an endpoint; its errors do not repeat it.
func parseEndpoint(endpoint string) (*url.URL, error) {
	u, err := url.Parse(endpoint)
	if err != nil {
		return nil, fmt.Errorf("the endpoint cannot be read as a URL: %w", withoutURL(err))
	}
	switch u.Scheme {
	case "ws":
		u.Scheme = "http"
	case "wss":
		u.Scheme = "https"
	case "http", "https":
	default:
		return nil, fmt.Errorf("the endpoint must begin with https:// or http://, not %q", u.Scheme)
	}
	if u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("the endpoint must be scheme, host and stage, without user, query or fragment")
	}
	return u, nil
}

// escapeID escapes everything but unreserved characters (RFC 3986 section
// 2.3), so that the = at the end of an id becomes %3D.
func escapeID(id string) string {
	const unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~"
	var b strings.Builder
	for i := range len(id) {
		if strings.IndexByte(unreserved, id[i]) >= 0 {
			b.WriteByte(id[i])
		} else {
			fmt.Fprintf(&b, "%%%02X", id[i])
		}
	}
	return b.String()
}

// sign adds the signature to r.
func (c *Connections) sign(ctx context.Context, r *http.Request, data []byte) error {
	if c.Unsigned {
		return nil
	}
	s := signing{
		credentials: c.Credentials,
		source:      "Connections.Credentials",
		region:      orDefault(c.Region, RegionOf(r.URL.Host)),
		service:     orDefault(c.Service, defaultService),
		now:         c.Now,
	}
	if err := s.check(r.URL.Host); err != nil {
		return err
	}
	c.once.Do(func() { c.signer = s.signer() })
	sum := sha256.Sum256(data)
	length := r.ContentLength
	r.ContentLength = 0 // not to be signed, as in boto3: the body's hash says it
	defer func() { r.ContentLength = length }()
	if err := c.signer.Sign(ctx, r, hex.EncodeToString(sum[:])); err != nil {
		return s.failed(ctx, err)
	}
	return nil
}

func (c *Connections) client() *http.Client {
	client := http.Client{}
	if c.HTTPClient != nil {
		client = *c.HTTPClient
	}
	client.CheckRedirect = noRedirect
	return &client
}
