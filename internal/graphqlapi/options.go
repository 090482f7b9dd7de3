package graphqlapi

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"github.com/tidewire/tidewire/internal/appsyncjs"
	"github.com/tidewire/tidewire/internal/appsyncjs/library"
	"github.com/tidewire/tidewire/internal/appsyncsocket"
	"github.com/tidewire/tidewire/internal/bus"
	"github.com/tidewire/tidewire/internal/conn"
	"github.com/tidewire/tidewire/internal/datasource"
	"github.com/tidewire/tidewire/internal/fault"
	"github.com/tidewire/tidewire/internal/hub"
	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/spec"
)

// Options are what an API needs. API, Admit and AuthorizeField are required;
// Load where a resolver has code, and the Sources that its data sources need.
// The API keeps a copy.
type Options struct {
	API *spec.GraphQLAPI // immutable

	// Admit finds out who is calling.
	Admit func(ctx context.Context, r *identity.Request) (*identity.Caller, *fault.Error)
	// AuthorizeField decides what the schema does not: policies of IAM callers
	// and the denied fields of a Lambda authorizer. nil is yes.
	AuthorizeField func(c *identity.Caller, typeName, field string) *fault.Error

	// Load makes code ready to run. owner is the logical id it belongs to.
	Load func(owner string, s *spec.Script) (*Module, spec.Problems)
	Sources

	// KnownHost says whether a name, with a port or without, is one under which
	// the API can be reached: signatures on the WebSocket are for such a host. nil:
	// none is.
	KnownHost func(host string) bool
	// Publish and Receive are the methods of the bus that mutations and
	// subscriptions are joined by. nil: the API has one of its own.
	Publish func(context.Context, *bus.Event) error
	Receive func(scope string, f func(*bus.Event)) (stop func(), err error)
	// SocketLimits are of the WebSocket. Sockets counts how sockets end, Fanout
	// what becomes of events; nil: nobody counts.
	SocketLimits appsyncsocket.Limits
	Sockets      *conn.Stats
	Fanout       *hub.Stats

	Limits Limits
	Log    *slog.Logger     // nil: nothing is logged
	Now    func() time.Time // nil: time.Now
}

// Sources ask data sources; they are methods of a [datasource.Sources]. nil
// where no data source needs it.
type Sources struct {
	// Do carries out one request document of any data source but NONE.
	Do func(ctx context.Context, ds *spec.DataSource, request json.RawMessage, field *datasource.Field) (json.RawMessage, *datasource.Failure)
	// Direct invokes the function of a resolver without code.
	Direct func(ctx context.Context, ds *spec.DataSource, event json.RawMessage) (json.RawMessage, *datasource.Failure)
	// Batch makes one invocation for a list, of contexts if direct, else of
	// request documents whose operation is BatchInvoke.
	Batch func(ctx context.Context, ds *spec.DataSource, calls []json.RawMessage, direct bool) []datasource.Answer
}

// Module is APPSYNC_JS code that can be run, by many goroutines at once: the
// methods of an [appsyncjs.Module].
type Module struct {
	Has  func(function string) bool // "request", "response"
	Call func(ctx context.Context, function string, c *Call) *Outcome
}

// What modules are called with and answer.
type (
	Call    = appsyncjs.Call
	Info    = appsyncjs.Info
	Outcome = appsyncjs.Outcome
	Early   = appsyncjs.Early
	// Failure is an error of a field: what a data source or util.error said.
	Failure = library.Failure
)

// Limits are AppSync's quotas and what bounds a request besides (AppSync
// endpoints and quotas, AWS General Reference). Zero means the default.
type Limits struct {
	Body     int           // bytes of a request; 1 MB
	Tokens   int           // tokens of a document; 200,000
	Response int           // bytes of an answer; 32 MiB
	Time     time.Duration // of a request; 30 s
	Parallel int           // data sources asked at the same time by one request; 32

	CacheCount int // prepared documents; 1,000
	CacheBytes int // that they take, by a rough estimate; 64 MiB
	HeldBytes  int // that the documents of subscriptions take; 256 MiB
}

const (
	defaultBody       = 1 << 20
	defaultTokens     = 200_000
	defaultResponse   = 32 << 20
	defaultTime       = 30 * time.Second
	defaultParallel   = 32
	defaultCacheCount = 1000
	defaultCacheBytes = 64 << 20
	defaultHeldBytes  = 256 << 20
	// defaultResolvers is AppSync's quota of resolvers in one request.
	defaultResolvers = 10_000
)

func (l *Limits) defaults() {
	l.Body = cmp.Or(l.Body, defaultBody)
	l.Tokens = cmp.Or(l.Tokens, defaultTokens)
	l.Response = cmp.Or(l.Response, defaultResponse)
	l.Time = cmp.Or(l.Time, defaultTime)
	l.Parallel = cmp.Or(l.Parallel, defaultParallel)
	l.CacheCount = cmp.Or(l.CacheCount, defaultCacheCount)
	l.CacheBytes = cmp.Or(l.CacheBytes, defaultCacheBytes)
	l.HeldBytes = cmp.Or(l.HeldBytes, defaultHeldBytes)
}

// check says what is missing, and fills what may be left out.
func (o *Options) check() error {
	if o.API == nil || o.Admit == nil || o.AuthorizeField == nil {
		return errors.New("graphqlapi: API, Admit and AuthorizeField are required")
	}
	o.Limits.defaults()
	if o.Load == nil {
		o.Load = func(owner string, s *spec.Script) (*Module, spec.Problems) {
			return nil, spec.Problems{{At: s.At, Resource: owner, Message: "nothing runs JavaScript here"}}
		}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return nil
}
