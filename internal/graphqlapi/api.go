package graphqlapi

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/tidewire/tidewire/internal/gate"
	"github.com/tidewire/tidewire/internal/spec"
)

// API is one GraphQL API at work. Use [New].
type API struct {
	o      Options // immutable
	config atomic.Pointer[config]

	realtime *realtime // immutable

	ctx    context.Context // of every request
	cancel context.CancelFunc
	work   gate.Gate // requests

	closed sync.Once // what Shutdown closes last
}

// New checks and compiles an API. Its error is a [spec.Problems] with
// everything that is wrong.
func New(o Options) (*API, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	cfg, problems := compile(o.API, o.Load, o.Limits)
	if len(problems) > 0 {
		return nil, problems
	}
	a := &API{o: o}
	a.config.Store(cfg)
	var err error
	if a.realtime, err = newRealtime(a); err != nil {
		return nil, err
	}
	a.ctx, a.cancel = context.WithCancel(context.Background())
	return a, nil
}

// Update replaces the API by another reading of its template, for requests
// that begin from now on. On an error nothing has changed.
func (a *API) Update(api *spec.GraphQLAPI) error {
	cfg, problems := compile(api, a.o.Load, a.o.Limits)
	if len(problems) > 0 {
		return problems
	}
	a.config.Store(cfg)
	return nil
}

// Shutdown refuses new requests (503), closes every WebSocket with 1011 and
// waits for all that is under way. When ctx is done first, resolvers are
// cancelled and sockets dropped, and the error says so. It may be called more
// than once.
func (a *API) Shutdown(ctx context.Context) error {
	done := a.work.Shut()
	defer a.cancel()
	defer a.closed.Do(a.realtime.close)
	closed := a.realtime.sockets.Shutdown(ctx)
	select {
	case <-done:
		return closed
	case <-ctx.Done():
	}
	a.cancel()
	<-done
	return errors.Join(closed, fmt.Errorf("graphqlapi: API %s did not finish in time, its requests were cancelled: %w", a.config.Load().api.LogicalID, context.Cause(ctx)))
}
