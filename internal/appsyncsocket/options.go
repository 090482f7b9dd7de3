package appsyncsocket

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"time"

	"github.com/tidewire/tidewire/internal/conn"
	"github.com/tidewire/tidewire/internal/fault"
	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/wire"
)

// Protocol is one of AppSync's two.
type Protocol int

// The protocols.
const (
	GraphQL Protocol = iota
	Events
)

// String is the subprotocol.
func (p Protocol) String() string {
	if p == Events {
		return "aws-appsync-event-ws"
	}
	return "graphql-ws"
}

// connectPath is what IAM signs to connect. Some clients sign the other one; ""
// if there is none.
func (p Protocol) connectPath(base string) (path, other string) {
	if p == Events {
		return base + "/event", ""
	}
	return base + "/graphql/connect", base + "/graphql/realtime/connect"
}

// operationPath is what IAM signs for a message.
func (p Protocol) operationPath(base string) string {
	if p == Events {
		return base + "/event"
	}
	return base + "/graphql"
}

// member is where a data message has its value.
func (p Protocol) member() string {
	if p == Events {
		return "event"
	}
	return "payload"
}

func (p Protocol) appendAck(dst []byte, timeout time.Duration) []byte {
	if p == Events {
		return wire.AppendEventsAck(dst, timeout)
	}
	return wire.AppendGraphQLAck(dst, timeout)
}

func (p Protocol) appendError(dst []byte, kind, id string, list ...wire.Problem) []byte {
	if p == Events {
		return wire.AppendEventsError(dst, kind, id, list...)
	}
	return wire.AppendGraphQLError(dst, kind, id, list...)
}

// Admit finds out who sent a credential. It may add to the request what it
// knows more of.
type Admit func(ctx context.Context, r *identity.Request) (*identity.Caller, *fault.Error)

// Options are what a Server needs. Connect, Message and KnownHost are
// required. The Server keeps a copy.
type Options struct {
	Protocol Protocol
	// Connect decides who may open a socket. Its refusal becomes the
	// connection_error.
	Connect Admit
	// KnownHost says whether a name, with a port or without, is one under which
	// the API can be reached.
	KnownHost func(host string) bool
	// Message gets each message that comes after the connection_ack. It may keep
	// the frame. It must not block but by Operation.Go.
	Message func(s *Socket, f *wire.Frame)
	// Ended is told of every operation that ends after it was acknowledged, once.
	// It must not block. nil: nobody listens.
	Ended func(op *Operation)

	Limits  Limits
	Log     *slog.Logger // nil: nothing is logged
	Now     func() time.Time
	Sockets *conn.Stats // counts how sockets end; nil: nobody counts
}

// Limits are AppSync's quotas and what bounds a socket besides. Zero means the
// default.
type Limits struct {
	Message       int           // bytes of a message of a client; 240 KB
	Queue         int           // bytes that may wait for one socket; 1 MiB
	Subscriptions int           // on one socket; 100
	InFlight      int           // operations of one socket under way at once; 10
	Init          time.Duration // until connection_init; 30 s, at most KeepAlive
	KeepAlive     time.Duration // between two ka; 60 s
	Timeout       time.Duration // connectionTimeoutMs; 300 s
	Life          time.Duration // of a socket; 24 h, to the next ka
	Operation     time.Duration // until the answer to a message; 60 s
}

const (
	defaultMessage       = 240 << 10
	defaultQueue         = 1 << 20
	defaultSubscriptions = 100
	defaultInFlight      = 10
	defaultInit          = 30 * time.Second
	defaultKeepAlive     = time.Minute
	defaultTimeout       = 5 * time.Minute
	defaultLife          = 24 * time.Hour
	defaultOperation     = time.Minute
)

func (l *Limits) defaults() {
	l.Message = orDefault(l.Message, defaultMessage)
	l.Queue = orDefault(l.Queue, defaultQueue)
	l.Subscriptions = orDefault(l.Subscriptions, defaultSubscriptions)
	l.InFlight = orDefault(l.InFlight, defaultInFlight)
	l.KeepAlive = orDefault(l.KeepAlive, defaultKeepAlive)
	l.Init = min(orDefault(l.Init, defaultInit), l.KeepAlive)
	l.Timeout = orDefault(l.Timeout, defaultTimeout)
	l.Life = orDefault(l.Life, defaultLife)
	l.Operation = orDefault(l.Operation, defaultOperation)
}

func orDefault[T int | time.Duration](v, otherwise T) T {
	if v > 0 {
		return v
	}
	return otherwise
}

// check says what is missing, and fills what may be left out.
func (o *Options) check() error {
	if o.Connect == nil || o.Message == nil || o.KnownHost == nil {
		return errors.New("appsyncsocket: Connect, Message and KnownHost are required")
	}
	o.Limits.defaults()
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Ended == nil {
		o.Ended = func(*Operation) {}
	}
	return nil
}

// Request is what the server around the API knows of an upgrade request.
type Request struct {
	Peer netip.Addr
	// ForwardedFor are the addresses of X-Forwarded-For, in their order.
	ForwardedFor []string
	Secure       bool   // over TLS
	Base         string // what the API's paths begin with, such as "/abc"; empty as a rule
	Domain       string // custom domain name; empty: the API's own host
	ID           string // x-amzn-RequestId; empty: none is sent
}
