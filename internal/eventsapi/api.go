package eventsapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/tidewire/tidewire/internal/appsyncsocket"
	"github.com/tidewire/tidewire/internal/gate"
	"github.com/tidewire/tidewire/internal/hub"
	"github.com/tidewire/tidewire/internal/spec"
)

// API is one Event API at work. Use [New].
type API struct {
	// immutable
	o       Options
	sockets *appsyncsocket.Server
	topics  *topics
	lines   lines
	ctx     context.Context // of every request
	cancel  context.CancelFunc

	config atomic.Pointer[config]

	work gate.Gate // requests
}

type (
	// topics are the subscriptions, by channel. An event is a JSON string, as
	// subscribers get it.
	topics = hub.Topics[*appsyncsocket.Operation, struct{}, json.RawMessage]
	sub    = hub.Sub[*appsyncsocket.Operation, struct{}]
)

// New checks and compiles an API. Its error is a [spec.Problems] with
// everything that is wrong, or says which option cannot be.
func New(o Options) (*API, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	cfg, problems := compile(o.API, o.Load)
	if len(problems) > 0 {
		return nil, problems
	}
	a := &API{o: o}
	a.config.Store(cfg)
	var err error
	a.sockets, err = appsyncsocket.New(appsyncsocket.Options{
		Protocol: appsyncsocket.Events, Connect: a.connect, KnownHost: o.KnownHost, Message: a.message, Ended: a.ended,
		Limits: o.Limits.Socket, Log: o.Log, Now: o.Now, Sockets: o.Sockets,
	})
	if err != nil {
		return nil, err
	}
	a.topics, err = hub.OpenTopics(hub.TopicsOptions[*appsyncsocket.Operation, struct{}, json.RawMessage]{
		Scope: o.API.ID, Publish: o.Bus.Publish, Receive: o.Bus.Receive,
		Encode:  func(body []byte, event json.RawMessage) []byte { return append(body, event...) },
		Decode:  func(body []byte) (json.RawMessage, error) { return body, nil },
		Keys:    appendKeys,
		Render:  func(_ struct{}, event json.RawMessage) []byte { return event },
		Deliver: a.deliver,
		Stats:   o.Topics,
	})
	if err != nil {
		return nil, errors.Join(err, a.sockets.Shutdown(context.Background())) // which has nothing to wait for
	}
	a.ctx, a.cancel = context.WithCancel(context.Background())
	return a, nil
}

// deliver hands events to a subscription: to the socket at once while events are
// few, and to its writer, which takes several together, while they are many.
func (a *API) deliver(s *sub, events [][]byte) error {
	if a.topics.Calm() {
		return s.To.FanNow(events)
	}
	return s.To.Fan(events)
}

// Update replaces the API by another reading of its template, for what is
// asked from now on. Sockets and subscriptions stay, those of a namespace that
// is gone too, though nothing can be published there. On an error nothing has
// changed.
func (a *API) Update(api *spec.EventsAPI) error {
	cfg, problems := compile(api, a.o.Load)
	if len(problems) > 0 {
		return problems
	}
	a.config.Store(cfg)
	return nil
}

// Sockets counts what happens to sockets, and how many there are.
func (a *API) Sockets() *appsyncsocket.Server { return a.sockets }

// Subscriptions is how many there are on this node.
func (a *API) Subscriptions() int { return a.topics.Len() }

// Shutdown refuses new requests (503), closes the sockets (1011) and waits for
// what is under way. When ctx is done first, handlers are cancelled and sockets
// dropped, and the error says so. It may be called more than once.
func (a *API) Shutdown(ctx context.Context) error {
	done := a.work.Shut()
	err := a.sockets.Shutdown(ctx)
	defer a.topics.Close()
	defer a.cancel()
	select {
	case <-done:
		return err
	case <-ctx.Done():
	}
	a.cancel()
	<-done
	return errors.Join(err, fmt.Errorf("eventsapi: API %s did not finish in time, its requests were cancelled: %w", a.config.Load().api.LogicalID, context.Cause(ctx)))
}
