package eventsapi

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

// Options are what an API needs. API, Admit, Authorize, KnownHost and Bus are
// required; Load where a namespace has code, and the Sources that its data
// sources need. The API keeps a copy.
type Options struct {
	API *spec.EventsAPI // immutable

	// Admit finds out who is calling, Authorize whether the caller may do it;
	// they are methods of an [identity.Modes].
	Admit     func(ctx context.Context, r *identity.Request) (*identity.Caller, *fault.Error)
	Authorize func(c *identity.Caller, op identity.EventOperation, namespace string) *fault.Error
	// KnownHost says whether a name, with a port or without, is one under which
	// the API can be reached: signatures of WebSocket messages name it.
	KnownHost func(host string) bool

	// Load makes code ready to run. owner is the logical id it belongs to.
	Load func(owner string, s *spec.Script) (*Module, spec.Problems)
	Sources
	Bus Bus

	Limits  Limits
	Log     *slog.Logger     // nil: nothing is logged
	Now     func() time.Time // nil: time.Now
	Topics  *hub.Stats       // counts what becomes of events; nil: nobody counts
	Sockets *conn.Stats      // counts how sockets end; nil: nobody counts
}

// Bus is the methods of a bus.
type Bus struct {
	Publish func(context.Context, *bus.Event) error
	Receive func(scope string, f func(*bus.Event)) (stop func(), err error)
}

// Sources ask data sources; they are methods of a [datasource.Sources]. nil
// where no data source needs it.
type Sources struct {
	// Do carries out one request document.
	Do func(ctx context.Context, ds *spec.DataSource, request json.RawMessage, field *datasource.Field) (json.RawMessage, *datasource.Failure)
	// Direct invokes the function of a direct handler, and waits for it.
	Direct func(ctx context.Context, ds *spec.DataSource, event json.RawMessage) (json.RawMessage, *datasource.Failure)
}

// Module is APPSYNC_JS code that can be run, by many goroutines at once: the
// methods of an [appsyncjs.Module].
type Module struct {
	Has  func(function string) bool // "onPublish", "onSubscribe.request"
	Call func(ctx context.Context, function string, c *Call) *Outcome
}

// What modules are called with and answer.
type (
	Call    = appsyncjs.Call
	Outcome = appsyncjs.Outcome
	Failure = library.Failure
)

// Limits are AppSync's quotas and what bounds a request besides. Zero means the
// default.
type Limits struct {
	Body   int           // bytes of an HTTP publish or a message of a WebSocket; 2 MiB
	Event  int           // bytes of one event; 240 KB
	Time   time.Duration // of a publish over HTTP; 30 s
	Socket appsyncsocket.Limits
}

const (
	defaultBody  = 2 << 20
	defaultEvent = 240 << 10
	defaultTime  = 30 * time.Second
	// defaultQueue holds a publish of the largest kind as it is written.
	defaultQueue = 2 * defaultBody
	// maxBatch is how many events a publish may have (AppSync Events developer
	// guide, "Publish events via HTTP").
	maxBatch = 5
)

func (l *Limits) defaults() {
	l.Body = cmp.Or(l.Body, defaultBody)
	l.Event = cmp.Or(l.Event, defaultEvent)
	l.Time = cmp.Or(l.Time, defaultTime)
	l.Socket.Message = cmp.Or(l.Socket.Message, l.Body)
	l.Socket.Queue = cmp.Or(l.Socket.Queue, max(defaultQueue, 2*l.Body))
	l.Socket.Operation = cmp.Or(l.Socket.Operation, l.Time)
}

// check says what is missing, and fills what may be left out.
func (o *Options) check() error {
	if o.API == nil || o.Admit == nil || o.Authorize == nil || o.KnownHost == nil || o.Bus.Publish == nil || o.Bus.Receive == nil {
		return errors.New("eventsapi: API, Admit, Authorize, KnownHost and Bus are required")
	}
	o.Limits.defaults()
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return nil
}
