package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/tidewire/tidewire/internal/appsyncjs"
	"github.com/tidewire/tidewire/internal/appsyncsocket"
	"github.com/tidewire/tidewire/internal/bus"
	"github.com/tidewire/tidewire/internal/datasource"
	"github.com/tidewire/tidewire/internal/fault"
	"github.com/tidewire/tidewire/internal/graphqlapi"
	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/spec"
)

// graphqlServer is one GraphQL API and who may call it.
type graphqlServer struct {
	api   *graphqlapi.API
	modes atomic.Pointer[identity.Modes]
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
		Credentials: g.roleSessions.credentials(g.auth), Invoke: g.invokeByARN, Authorize: g.mayRole,
		DynamoDB: g.dynamoDB, TokenKey: tokenKey(key), Log: g.o.Log, Now: g.o.Now,
	})
	return err
}

// serveGraphQL makes the servers for the GraphQL APIs of s, or updates those
// of old. Modes are made first: nothing changes if one cannot be.
func (g *Gateway) serveGraphQL(s *spec.Spec, old *serving, next *serving) error {
	made := make([]*identity.Modes, len(s.GraphQLAPIs))
	for i := range s.GraphQLAPIs {
		var err error
		if made[i], err = g.newModes(s, &s.GraphQLAPIs[i]); err != nil {
			return err
		}
	}
	for i := range s.GraphQLAPIs {
		a := &s.GraphQLAPIs[i]
		server, err := g.graphqlServer(s, a, old, made[i])
		if err != nil {
			return err
		}
		next.graphql[a.ID] = server
		for _, text := range made[i].Unavailable() {
			g.o.Log.Warn(text)
		}
	}
	return nil
}

func (g *Gateway) newModes(s *spec.Spec, a *spec.GraphQLAPI) (*identity.Modes, error) {
	return identity.NewModes(identity.ModesOptions{
		Spec: s, API: a, IAM: g.appsyncAuth, LocalIAM: g.localAppSyncAuth, Invoke: g.invokeByARN,
		Issuers: g.o.Issuers, Log: g.o.Log, Now: g.o.Now,
	})
}

func (g *Gateway) graphqlServer(s *spec.Spec, a *spec.GraphQLAPI, old *serving, modes *identity.Modes) (*graphqlServer, error) {
	if old != nil && old.graphql[a.ID] != nil {
		server := old.graphql[a.ID]
		if err := server.api.Update(a); err != nil {
			return nil, err
		}
		server.modes.Store(modes)
		return server, nil
	}
	code, err := g.engine.get()
	if err != nil {
		return nil, err
	}
	server := &graphqlServer{}
	server.modes.Store(modes)
	api, err := graphqlapi.New(graphqlapi.Options{
		API: a,
		Admit: func(ctx context.Context, r *identity.Request) (*identity.Caller, *fault.Error) {
			return server.modes.Load().Admit(ctx, r)
		},
		AuthorizeField: func(c *identity.Caller, typeName, field string) *fault.Error {
			return server.modes.Load().AuthorizeField(c, typeName, field)
		},
		Load:      newScripts(code, s, logScript(g.o.Log)).load,
		Sources:   graphqlapi.Sources{Do: g.sources.Do, Direct: g.sources.Direct, Batch: g.sources.Batch},
		KnownHost: func(host string) bool { return g.serving.Load().hosts.known(host, a.ID) },
		Publish:   g.bus.Publish, Receive: g.bus.Receive,
		Sockets: &g.sockets,
		Log:     g.o.Log, Now: g.o.Now,
	})
	server.api = api
	return server, err
}

// newScripts is for the code of a template.
func newScripts(engine *appsyncjs.Engine, s *spec.Spec, log func(owner, level, text string)) *scripts {
	c := &scripts{engine: engine, log: log}
	if dir, err := filepath.Abs(filepath.Dir(s.File)); err == nil {
		c.root = dir
	}
	return c
}

// logScript is the log of an API's code: what AppSync sends to CloudWatch.
func logScript(log *slog.Logger) func(owner, level, text string) {
	return func(owner, level, text string) {
		if level == "ERROR" {
			log.Error("script", "of", owner, "text", text)
			return
		}
		log.Info("script", "of", owner, "text", text)
	}
}

// graphql answers a request for a GraphQL API.
func (g *Gateway) graphql(w http.ResponseWriter, r *http.Request, p appsyncPlace, rc requestContext) {
	server := rc.serving.graphql[p.api]
	if server == nil {
		g.forbidden(w, r, "no GraphQL API has the id "+p.api)
		return
	}
	in := graphqlapi.Request{Peer: peerOf(r, g.o.TrustedProxies), ForwardedFor: forwardedFor(r), Secure: rc.secure, Domain: rc.t.custom, Base: p.base}
	if p.path == "graphql" && !appsyncsocket.IsUpgrade(r) {
		server.api.GraphQL(w, r, in)
		return
	}
	if rc.conn != nil {
		rc.conn.takeHead() // nobody needs it, and the socket may live for a day
	}
	server.api.Realtime(w, r, in)
}

// forwardedFor are the texts of X-Forwarded-For, of which 20 count.
func forwardedFor(r *http.Request) []string {
	const most = 20
	var list []string
	for _, hop := range strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",") {
		if hop = strings.TrimSpace(hop); hop != "" && len(list) < most {
			list = append(list, clipped(hop))
		}
	}
	return list
}

// retireGraphQL closes the GraphQL APIs that a reload removed.
func (g *Gateway) retireGraphQL(ctx context.Context, old, now *serving) {
	for id, server := range old.graphql {
		if now.graphql[id] != nil {
			continue
		}
		if err := server.api.Shutdown(ctx); err != nil {
			g.o.Log.Warn("closing a removed API", "api", id, "err", err)
		}
	}
}

// codeTime is how long code that is interrupted may take to be given up.
const codeTime = 1500 * time.Millisecond

// leaveTime ends sooner than ctx, so that there is time for code to end in.
func leaveTime(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, deadline.Add(-min(codeTime, max(time.Until(deadline), 0)/2)))
}

// closeEngine ends all code, or leaves it behind.
func (g *Gateway) closeEngine() {
	if n := g.engine.close(); n > 0 {
		g.o.Log.Warn("code of resolvers or handlers could not be ended and was left behind", "calls", n)
	}
}

// Unavailable says which authorization modes refuse everybody for want of a
// setting, and identity pools the tokens of which issuers, a sentence each.
func (g *Gateway) Unavailable() []string {
	s := g.serving.Load()
	var list []string
	for i := range s.spec.GraphQLAPIs {
		if server := s.graphql[s.spec.GraphQLAPIs[i].ID]; server != nil {
			list = append(list, server.modes.Load().Unavailable()...)
		}
	}
	for i := range s.spec.EventsAPIs {
		if server := s.events[s.spec.EventsAPIs[i].ID]; server != nil {
			list = append(list, server.modes.Load().Unavailable()...)
		}
	}
	return append(list, s.pools.Unavailable()...)
}

// appsyncProblems is what only the runtimes can judge of APIs of AppSync.
func appsyncProblems(s *spec.Spec, known spec.Problems, code *engine) (spec.Problems, error) {
	if len(s.GraphQLAPIs)+len(s.EventsAPIs) == 0 {
		return nil, nil
	}
	made, err := code.get()
	if err != nil {
		return nil, err
	}
	load := newScripts(made, s, func(_, _, _ string) {})
	load.all(s.GraphQLAPIs)
	ps := eventsProblems(s, load, known)
	for i := range s.GraphQLAPIs {
		for _, p := range graphqlapi.Check(&s.GraphQLAPIs[i], load.load) {
			if !slices.ContainsFunc(known, func(k spec.Problem) bool { return k.Resource == p.Resource }) {
				ps = append(ps, p)
			}
		}
	}
	return ps, nil
}

var errNoFunction = errors.New("no function has this ARN here")

// invokeByARN runs a function that a data source or an authorizer names.
func (g *Gateway) invokeByARN(ctx context.Context, arn string, payload []byte) ([]byte, error) {
	if name, ok := g.remoteByARN(arn); ok {
		return g.functions.Invoke(ctx, name, payload)
	}
	if f := g.Spec().FunctionByARN(arn); f != nil {
		return g.functions.Invoke(ctx, f.Name, payload)
	}
	return nil, fmt.Errorf("%s: %w: give --function NAME=URL or ARN", arn, errNoFunction)
}
