package websocketapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tidewire/tidewire/internal/conn"
	"github.com/tidewire/tidewire/internal/gate"
	"github.com/tidewire/tidewire/internal/hub"
	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/spec"
)

// Options are what an API needs. Spec, API, Invoke, Auth and Hub are
// required. The API keeps a copy.
type Options struct {
	Spec *spec.Spec         // immutable
	API  *spec.WebSocketAPI // one of Spec's
	// Invoke runs a function.
	Invoke Invoke
	// Remote names a function that the template does not define but Invoke
	// can run, by the ARN that an integration gives. nil: there are none.
	Remote func(arn string) (function string, ok bool)
	Auth   *identity.Authenticator
	Hub    *Hub
	// Domain is requestContext.domainName where Handshake.Domain is empty.
	// nil: the request's Host.
	Domain func() string
	Limits Limits

	// Ordered runs the messages of one connection one at a time.
	Ordered bool
	// NoLambdaPermissions invokes functions without asking whether an
	// AWS::Lambda::Permission lets API Gateway do so.
	NoLambdaPermissions bool

	Log *slog.Logger // nil: nothing is logged
	Now func() time.Time
	// Sockets counts how sockets end. nil: nobody counts.
	Sockets *conn.Stats
}

// Hub holds the connections of all APIs of one node, so that an id is unique
// among them. Safe for concurrent use.
type Hub struct{ sockets *hub.Hub[*connection] }

// NewHub makes the hub of a node.
func NewHub(node uint16) *Hub { return &Hub{hub.New[*connection](node)} }

// Len is the number of open connections.
func (h *Hub) Len() int { return h.sockets.Len() }

// API is one WebSocket API at work. Use [New].
type API struct {
	// immutable
	o           Options
	random      random
	buffers     *conn.Buffers
	ctx         context.Context // of every invocation
	cancel      context.CancelFunc
	crew        *crew
	disconnects chan struct{} // room for one $disconnect each
	leaving     atomic.Int64  // $disconnect functions that wait for room

	config atomic.Pointer[config]
	stats  stats
	work   gate.Gate // handshakes and connections

	// mu orders add with Update. It may be taken under a connection's mu, never
	// the other way round.
	mu sync.Mutex
}

// New checks and compiles an API. The error names what AWS would refuse when
// it deploys the API, and guards that are not known here; integrations that
// cannot run are no error, they answer AWS's configuration error.
func New(o Options) (*API, error) {
	if o.Spec == nil || o.API == nil || o.Invoke == nil || o.Auth == nil || o.Hub == nil {
		return nil, errors.New("websocketapi: Spec, API, Invoke, Auth and Hub are required")
	}
	o.defaults()
	cfg, err := o.compileAPI(o.Spec, o.API)
	if err != nil {
		return nil, err
	}
	a := &API{o: o, random: newRandom(), buffers: new(conn.Buffers), disconnects: make(chan struct{}, o.Limits.Disconnects)}
	a.ctx, a.cancel = context.WithCancel(context.Background())
	a.crew = newCrew(a.ctx)
	a.config.Store(cfg)
	return a, nil
}

// defaults fills what may be left out.
func (o *Options) defaults() {
	o.Limits.defaults()
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
}

// Update replaces the API by another reading of its template. Sockets stay;
// those whose stage is gone are closed with 1001, and their $disconnect runs
// as it was. On an error nothing has changed. Requests that are under way
// finish by what they began with.
func (a *API) Update(s *spec.Spec, api *spec.WebSocketAPI) error {
	if s == nil || api == nil {
		return errors.New("websocketapi: Update needs a Spec and an API")
	}
	cfg, err := a.o.compileAPI(s, api)
	if err != nil {
		return err
	}
	a.mu.Lock()
	cfg.retire(a.config.Load())
	a.config.Store(cfg)
	a.mu.Unlock()
	a.closeStageless()
	return nil
}

// closeStageless closes the connections whose stage is gone. None is added to
// them: add looks at the config under mu.
func (a *API) closeStageless() {
	for _, c := range a.connections() {
		if a.config.Load().stages[c.stage] == nil {
			a.o.Log.Warn("connection closed: its stage is gone", slog.String("stage", c.stage), slog.String("connectionId", c.id))
			c.close(closeGoingAway, reasonGoingAway)
		}
	}
}

// retire keeps the stages of the config before, where they are gone.
func (c *config) retire(before *config) {
	c.retired = make(map[string]*stage)
	for _, from := range []map[string]*stage{before.retired, before.stages} {
		for name, st := range from {
			if c.stages[name] == nil {
				c.retired[name] = st
			}
		}
	}
}

// connections are those of this API that are open now.
func (a *API) connections() []*connection {
	var out []*connection
	for _, c := range a.o.Hub.sockets.Each {
		if c.api == a {
			out = append(out, c)
		}
	}
	return out
}

// add makes a connection known, unless the API is closing or the connection's
// stage is gone. The caller starts run, which leaves a.work.
func (a *API) add(c *connection) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.config.Load().stages[c.stage] == nil || !a.o.Hub.sockets.Add(c.id, c) { // so that Shutdown finds it
		return false
	}
	if !a.work.Enter() {
		a.remove(c)
		return false
	}
	return true
}

// cancelGrace is how long Shutdown waits for cancelled functions.
const cancelGrace = 2 * time.Second

// remove makes a connection unknown: calls for it answer 410 from now on.
func (a *API) remove(c *connection) { a.o.Hub.sockets.Remove(c.id) }

// Shutdown refuses new handshakes (503), closes every socket with 1001, runs
// every $disconnect and waits for all that is under way. When ctx is done
// first, invocations are cancelled and sockets dropped, and the error says so;
// a function that goes on even then is left behind after two seconds. It may
// be called more than once.
func (a *API) Shutdown(ctx context.Context) error {
	done := a.work.Shut()
	open := a.connections()
	for _, c := range open {
		c.close(closeGoingAway, reasonGoingAway)
	}
	defer a.cancel()
	select {
	case <-done:
		a.cancel()
		a.crew.all.Wait()
		return nil
	case <-ctx.Done():
	}
	a.cancel()
	for _, c := range open {
		c.drop()
	}
	err := fmt.Errorf("websocketapi: API %s did not close in time, its functions were cancelled: %w", a.o.API.LogicalID, context.Cause(ctx))
	select {
	case <-done:
		return err
	case <-time.After(cancelGrace):
		return fmt.Errorf("%w; some did not even return then", err)
	}
}
