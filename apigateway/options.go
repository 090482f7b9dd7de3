package apigateway

import (
	"context"
	"crypto/tls"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Auth is how a handshake proves who is calling.
type Auth int

const (
	// Auto is Presigned when there are Credentials, else None.
	Auto Auth = iota
	// Presigned puts an IAM signature (Signature Version 4) into the query.
	Presigned
	// Headers puts an IAM signature into the Authorization header.
	Headers
	// None sends no signature.
	None
)

// Quotas of WebSocket APIs (API Gateway developer guide, "Amazon API Gateway
// quotas", section on WebSocket APIs), in bytes.
const (
	maxFrame   = 32 << 10
	maxMessage = 128 << 10
	maxURL     = 4096 // characters of the handshake's URL
)

const (
	defaultService   = "execute-api"
	defaultReadLimit = 1 << 20
	defaultTokenName = "Authorization"
	maxPending       = 16               // messages that wait for Receive
	handshakeTimeout = 45 * time.Second // an integration may take 29 s
)

// DialOptions says how to connect. The zero value, like a nil pointer, is an
// unsigned connection without reconnection. Dial keeps a copy and never
// changes the caller's.
type DialOptions struct {
	// Auth chooses the kind of signature. Default Auto.
	Auth Auth
	// Credentials are asked before every handshake.
	Credentials aws.CredentialsProvider
	// Region to sign for. Default: the one in the host name, when that is
	// {api}.execute-api.{region}.amazonaws.com or .com.cn; other hosts need it.
	Region string
	// Service to sign for. Default "execute-api".
	Service string
	// Expires is sent as X-Amz-Expires with a presigned URL, in whole seconds.
	// Default: not sent; API Gateway then accepts the URL for 5 minutes.
	Expires time.Duration

	// APIKey is sent as x-api-key.
	APIKey string
	// Token is asked before every handshake for the value of TokenHeader, as
	// Lambda authorizers want one. Nil: no such header.
	Token func(ctx context.Context) (string, error)
	// TokenHeader names the header of Token. Default "Authorization", which
	// Auth Headers needs for itself.
	TokenHeader string
	// Header is sent with the handshake. "Host" in it replaces the URL's host,
	// also in the signature.
	Header http.Header
	// Subprotocols are offered in this order. API Gateway itself selects
	// none: it echoes what the function behind $connect returns.
	Subprotocols []string

	// HTTPClient performs the handshake. Default: a client of its own with the
	// proxy settings of net/http. Its CheckRedirect is not used.
	HTTPClient *http.Client
	// TLS configures the default client; it is not used with HTTPClient.
	TLS *tls.Config

	// PingInterval is the time between WebSocket pings; when no answer and
	// nothing else has come until the next is due, the connection counts as
	// lost. Default: no pings. Whether pings keep API Gateway's idle timeout
	// (10 minutes) away is not documented; a message of your own does.
	PingInterval time.Duration
	// Reconnect restores a lost connection. Nil: the connection just ends.
	Reconnect *Backoff

	// MaxMessage is the size in bytes over which Send refuses a message.
	// Default 131072, API Gateway's quota; negative: no limit.
	MaxMessage int
	// ReadLimit is the size in bytes over which a received message ends the
	// connection with 1009. Default 1 MiB.
	ReadLimit int64

	// Now is the clock for signatures and gaps. Default time.Now.
	Now func() time.Time
}

// withDefaults is a copy of o in which every default is filled in and which
// shares nothing that changes with o, which may be nil.
func (o *DialOptions) withDefaults() DialOptions {
	var c DialOptions
	if o != nil {
		c = *o
	}
	c.Header = c.Header.Clone()
	c.Subprotocols = append([]string(nil), c.Subprotocols...)
	c.Reconnect = c.Reconnect.withDefaults()
	c.Service = orDefault(c.Service, defaultService)
	c.TokenHeader = orDefault(c.TokenHeader, defaultTokenName)
	c.MaxMessage = orDefault(c.MaxMessage, maxMessage)
	c.ReadLimit = orDefault(c.ReadLimit, defaultReadLimit)
	if c.Auth == Auto {
		c.Auth = None
		if c.Credentials != nil {
			c.Auth = Presigned
		}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

func orDefault[T comparable](v, fallback T) T {
	var zero T
	if v == zero {
		return fallback
	}
	return v
}
