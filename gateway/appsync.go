package gateway

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"sync/atomic"

	"github.com/tidewire/tidewire/internal/appsynchttp"
	"github.com/tidewire/tidewire/internal/bus"
	"github.com/tidewire/tidewire/internal/datasource"
	"github.com/tidewire/tidewire/internal/eventsapi"
	"github.com/tidewire/tidewire/internal/fault"
	"github.com/tidewire/tidewire/internal/graphqlapi"
	"github.com/tidewire/tidewire/internal/hub"
	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/spec"
)

// appsyncServer is one API of AppSync and who may call it. Exactly one of
// graphql and events is set.
type appsyncServer struct {
	graphql *graphqlapi.API
	events  *eventsapi.API
	fanout  hub.Stats
	modes   atomic.Pointer[identity.Modes]
}

// admit asks the modes that are in force.
func (a *appsyncServer) admit(ctx context.Context, r *identity.Request) (*identity.Caller, *fault.Error) {
	return a.modes.Load().Admit(ctx, r)
}

// answer answers a request over HTTP, or the handshake of a WebSocket.
func (a *appsyncServer) answer(w http.ResponseWriter, r *http.Request, socket bool, in appsynchttp.Request) {
	switch {
	case a.graphql != nil && socket:
		a.graphql.Realtime(w, r, in)
	case a.graphql != nil:
		a.graphql.GraphQL(w, r, in)
	case socket:
		a.events.Realtime(w, r, in)
	default:
		a.events.Publish(w, r, in)
	}
}

func (a *appsyncServer) shutdown(ctx context.Context) error {
	if a.graphql != nil {
		return a.graphql.Shutdown(ctx)
	}
	return a.events.Shutdown(ctx)
}

// openAppSync makes what all AppSync APIs share.
func (g *Gateway) openAppSync(s *spec.Spec) error {
	g.bus = bus.New()
	key, err := g.dir.SealingKey()
	if err != nil {
		return err
	}
	o := identity.Options{Spec: s, Developer: g.developer, SealingKey: key, Now: g.o.Now, Service: "appsync"}
	o.Refused = func(f identity.Refusal) { g.explainer.refused(g.appsyncAuth, f) }
	if g.appsyncAuth, err = identity.New(o); err != nil {
		return err
	}
	o.AcceptServices = []string{"execute-api"}
	o.Refused = func(f identity.Refusal) { g.explainer.refused(g.localAppSyncAuth, f) }
	if g.localAppSyncAuth, err = identity.New(o); err != nil {
		return err
	}
	g.sources, err = datasource.NewSources(datasource.SourcesOptions{
		Partition: s.Partition, Region: s.Region, Account: s.Account,
		Credentials: g.roleSessions.credentials(g.auth, g.o.Now), Invoke: g.invokeByARN, Authorize: g.mayRole,
		DynamoDB: g.dynamoDB, TokenKey: tokenKey(key), Log: g.o.Log, Now: g.o.Now,
	})
	return err
}

// newModes makes the modes of every API of AppSync in s, by API id. It changes
// nothing, and is what of them may fail, such as a file with keys that is gone.
func (g *Gateway) newModes(s *spec.Spec) (map[string]*identity.Modes, error) {
	all := map[string]*identity.Modes{}
	add := func(id, arn string, o identity.ModesOptions) error {
		o.Spec, o.IAM, o.LocalIAM, o.Invoke = s, g.appsyncAuth, g.localAppSyncAuth, g.authorizer(s, arn)
		o.Issuers, o.Log, o.Now = g.o.Issuers, g.o.Log, g.o.Now
		modes, err := identity.NewModes(o)
		all[id] = modes
		return err
	}
	for i := range s.GraphQLAPIs {
		if err := add(s.GraphQLAPIs[i].ID, s.GraphQLAPIs[i].ARN, identity.ModesOptions{API: &s.GraphQLAPIs[i]}); err != nil {
			return nil, err
		}
	}
	for i := range s.EventsAPIs {
		if err := add(s.EventsAPIs[i].ID, s.EventsAPIs[i].ARN, identity.ModesOptions{Events: &s.EventsAPIs[i]}); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// serveAppSync makes the servers of next for the APIs of AppSync in s, or
// updates those of old, nil if there is none.
func (g *Gateway) serveAppSync(s *spec.Spec, old, next *serving, modes map[string]*identity.Modes) error {
	if old == nil {
		old = &serving{}
	}
	for i := range s.GraphQLAPIs {
		a := &s.GraphQLAPIs[i]
		server := old.appsync[a.ID]
		if server == nil || server.graphql == nil {
			server = &appsyncServer{}
		}
		if err := g.serveGraphQL(server, s, a, modes[a.ID]); err != nil {
			return err
		}
		next.appsync[a.ID] = server
	}
	for i := range s.EventsAPIs {
		a := &s.EventsAPIs[i]
		server := old.appsync[a.ID]
		if server == nil || server.events == nil {
			server = &appsyncServer{}
		}
		if err := g.serveEvents(server, s, a, modes[a.ID]); err != nil {
			return err
		}
		next.appsync[a.ID] = server
	}
	for _, text := range next.unavailable() {
		g.o.Log.Warn(text)
	}
	return nil
}

// serveGraphQL updates a server, or makes its API.
func (g *Gateway) serveGraphQL(server *appsyncServer, s *spec.Spec, a *spec.GraphQLAPI, modes *identity.Modes) error {
	if server.graphql != nil {
		err := server.graphql.Update(a)
		server.modes.Store(modes)
		return err
	}
	server.modes.Store(modes)
	code, err := g.engine.get()
	if err != nil {
		return err
	}
	server.graphql, err = graphqlapi.New(graphqlapi.Options{
		API: a, Admit: server.admit,
		AuthorizeField: func(c *identity.Caller, typeName, field string) *fault.Error {
			return server.modes.Load().AuthorizeField(c, typeName, field)
		},
		Load:      newScripts(code, s).load,
		Sources:   graphqlapi.Sources{Do: g.sources.Do, Direct: g.sources.Direct, Batch: g.sources.Batch},
		KnownHost: g.knownHost(a.ID),
		Publish:   g.bus.Publish, Receive: g.bus.Receive,
		Sockets: &g.sockets, Fanout: &server.fanout,
		Log: g.o.Log, Now: g.o.Now,
	})
	return err
}

// serveEvents updates a server, or makes its API.
func (g *Gateway) serveEvents(server *appsyncServer, s *spec.Spec, a *spec.EventsAPI, modes *identity.Modes) error {
	if server.events != nil {
		err := server.events.Update(a)
		server.modes.Store(modes)
		return err
	}
	server.modes.Store(modes)
	code, err := g.engine.get()
	if err != nil {
		return err
	}
	server.events, err = eventsapi.New(eventsapi.Options{
		API: a, Admit: server.admit,
		Authorize: func(c *identity.Caller, op identity.EventOperation, namespace string) *fault.Error {
			return server.modes.Load().AuthorizeEvents(c, op, namespace)
		},
		Load:      newScripts(code, s).loadHandlers,
		Sources:   eventsapi.Sources{Do: g.sources.Do, Direct: g.sources.Direct},
		KnownHost: g.knownHost(a.ID),
		Bus:       eventsapi.Bus{Publish: g.bus.Publish, Receive: g.bus.Receive},
		Sockets:   &g.sockets, Topics: &server.fanout,
		Log: g.o.Log, Now: g.o.Now,
	})
	return err
}

// knownHost tells the names that a client may sign for to reach an API.
func (g *Gateway) knownHost(id string) func(host string) bool {
	return func(host string) bool { return g.serving.Load().hosts.known(host, id) }
}

// retireAppSync closes the APIs of AppSync that a reload removed.
func (g *Gateway) retireAppSync(ctx context.Context, old, now *serving) {
	for id, server := range old.appsync {
		if now.appsync[id] == server {
			continue
		}
		if err := server.shutdown(ctx); err != nil {
			g.o.Log.Warn("closing a removed API", "api", id, "err", err)
		}
		g.tell(id, server.counts())
	}
}

// Unavailable says which authorization modes refuse everybody for want of a
// setting, and identity pools the tokens of which issuers, a sentence each.
func (g *Gateway) Unavailable() []string {
	s := g.serving.Load()
	return append(s.unavailable(), s.pools.Unavailable()...)
}

// unavailable is that of the APIs of AppSync, in the template's order.
func (s *serving) unavailable() []string {
	var list []string
	for _, kind := range []string{KindGraphQL, KindEvents} {
		for _, id := range appsyncIDs(s.spec, kind) {
			if server := s.appsync[id]; server != nil {
				list = append(list, server.modes.Load().Unavailable()...)
			}
		}
	}
	return list
}

// appsyncProblems is what only the runtimes can judge of APIs of AppSync. What
// is known to be wrong with a resource is not said twice. What their code
// imports is added to the files of s.
func appsyncProblems(s *spec.Spec, known spec.Problems, code *engine) (spec.Problems, error) {
	if len(s.GraphQLAPIs)+len(s.EventsAPIs) == 0 {
		return nil, nil
	}
	made, err := code.get()
	if err != nil {
		return nil, err
	}
	load := newScripts(made, s)
	load.read = map[string]bool{}
	load.all(s.GraphQLAPIs)
	var ps spec.Problems
	for i := range s.GraphQLAPIs {
		ps = append(ps, graphqlapi.Check(&s.GraphQLAPIs[i], load.load)...)
	}
	for i := range s.EventsAPIs {
		ps = append(ps, eventsapi.Check(&s.EventsAPIs[i], load.loadHandlers)...)
	}
	s.Files = append(s.Files, slices.Sorted(maps.Keys(load.read))...)
	return slices.DeleteFunc(ps, func(p spec.Problem) bool {
		return slices.ContainsFunc(known, func(k spec.Problem) bool { return k.Resource == p.Resource })
	}), nil
}
