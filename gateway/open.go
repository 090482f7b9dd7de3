package gateway

import (
	"context"
	"errors"
	"net/netip"
	"path/filepath"

	"github.com/tidewire/tidewire/internal/appsyncjs"
	"github.com/tidewire/tidewire/internal/datasource"
	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/lambda"
	"github.com/tidewire/tidewire/internal/localca"
	"github.com/tidewire/tidewire/internal/spec"
	"github.com/tidewire/tidewire/internal/state"
	"github.com/tidewire/tidewire/internal/websocketapi"
)

// Open reads the template at path (a file, or a directory with template.yaml,
// .yml or .json), checks all of it and makes it ready to serve. Nil options
// work. The error is a *ProblemsError when the template is at fault. ctx
// bounds the opening only; end a Gateway with Close.
func Open(ctx context.Context, path string, o *Options) (*Gateway, error) {
	c := o.withDefaults()
	dir, err := state.Open(c.State, nil)
	if err != nil {
		return nil, err
	}
	code := &engine{o: appsyncjs.Options{Now: c.Now}}
	s, release, err := read(path, &c, dir, code)
	if err != nil {
		code.close()
		return nil, errors.Join(err, dir.Close())
	}
	g := &Gateway{o: c, path: path, dir: dir, release: release, engine: code, closed: make(chan struct{})}
	g.addr.Store(&c.Addr)
	if err := g.build(ctx, s); err != nil {
		return nil, errors.Join(err, g.undo(ctx))
	}
	return g, nil
}

// read loads the template and locks the state directory.
func read(path string, o *Options, dir *state.Dir, code *engine) (*spec.Spec, func() error, error) {
	s, _, err := load(path, o, dir.Secret, code)
	if err != nil {
		return nil, nil, err
	}
	release, err := dir.Lock()
	return s, release, err
}

// build makes the parts, each from the ones before it.
func (g *Gateway) build(ctx context.Context, s *spec.Spec) error {
	var err error
	if g.ca, err = localca.Open(filepath.Join(g.o.ConfigDir, "ca"), certificateNames(s, g.ownNames()), g.o.Now); err != nil {
		return err
	}
	if err := g.writeBundle(); err != nil {
		return err
	}
	if g.developer, err = g.dir.Developer(); err != nil {
		return err
	}
	key, err := g.dir.SealingKey()
	if err != nil {
		return err
	}
	g.auth, err = identity.New(identity.Options{Spec: s, Developer: g.developer, SealingKey: key, Now: g.o.Now,
		Foreign: g.foreign.lookup, Refused: func(f identity.Refusal) { g.explainer.refused(g.auth, f) }})
	if err != nil {
		return err
	}
	g.databaseAuth, err = identity.New(identity.Options{Spec: s, Developer: g.developer, SealingKey: key, Now: g.o.Now, Service: "dynamodb", MaxBody: maxDatabaseRequest})
	if err != nil {
		return err
	}
	g.poolSigner = g.newPoolSigner()
	g.hub = websocketapi.NewHub(0)
	if err := g.openDatabase(ctx, s); err != nil {
		return err
	}
	if g.functions, err = lambda.Open(ctx, g.lambdaOptions(s)); err != nil {
		return err
	}
	for name := range g.o.FunctionCredentials {
		g.o.Log.Warn("functions get your own AWS credentials and real endpoints; on this gateway they may call @connections only", "function", orAll(name))
	}
	if err := g.openAppSync(s); err != nil {
		return err
	}
	first, err := g.prepare(s)
	if err != nil {
		return err
	}
	if err := g.serve(first); err != nil {
		return err
	}
	if err := g.remember(s); err != nil {
		return err
	}
	g.explainer = newExplainer(g)
	g.server = newServer(g)
	if g.o.Watch {
		g.watcher, err = newWatcher(g)
	}
	return err
}

func orAll(name string) string {
	if name == "" {
		return "all"
	}
	return name
}

// undo ends what build started before it failed.
func (g *Gateway) undo(ctx context.Context) error {
	var failed error
	if g.explainer != nil {
		g.explainer.close()
	}
	if g.sources != nil {
		failed = errors.Join(failed, g.bus.Close(), g.sources.Close(ctx))
	}
	g.engine.close()
	if g.functions != nil {
		failed = errors.Join(failed, g.functions.Close(ctx))
	}
	if d := g.database.Load(); d != nil {
		failed = errors.Join(failed, d.Close(ctx))
	}
	return errors.Join(failed, g.release(), g.dir.Close())
}

// certificateNames are the names besides loopback that the local certificate
// authority may speak for: custom domains and the operator's own names, never
// AWS's.
func certificateNames(s *spec.Spec, extra []string) []string {
	var names []string
	for i := range s.Domains {
		names = append(names, s.Domains[i].Name)
	}
	names = append(names, appsyncDomains(s)...)
	for _, h := range extra {
		if name := hostOnly(h); !isLoopback(name) {
			names = append(names, name)
		}
	}
	return names
}

// appsyncDomains are the custom domains of APIs of AppSync.
func appsyncDomains(s *spec.Spec) []string {
	var names []string
	for i := range s.GraphQLAPIs {
		names = append(names, s.GraphQLAPIs[i].Domains...)
	}
	for i := range s.EventsAPIs {
		names = append(names, s.EventsAPIs[i].Domains...)
	}
	return names
}

// ownNames are --host and, where it is of this machine only by luck, the
// listening address.
func (g *Gateway) ownNames() []string {
	host := hostOnly(g.Addr())
	if ip, err := netip.ParseAddr(host); host == "" || isLoopback(host) || err == nil && ip.IsUnspecified() {
		return g.o.Hosts
	}
	return append([]string{host}, g.o.Hosts...)
}

// bundleFile holds the certificate authorities that functions trust.
const bundleFile = "ca-bundle.pem"

// writeBundle writes the authorities that functions trust: the system's and
// the local one.
func (g *Gateway) writeBundle() error {
	roots, err := localca.SystemRoots()
	if err != nil {
		g.o.Log.Warn("the system's certificate authorities were not found; functions trust only the gateway", "err", err)
	}
	g.bundle = filepath.Join(g.dir.Path(), bundleFile)
	return g.dir.WriteFile(bundleFile, g.ca.Bundle(roots))
}

// openDatabase starts or finds the DynamoDB engine for the template's tables.
func (g *Gateway) openDatabase(ctx context.Context, s *spec.Spec) error {
	if len(s.Tables) == 0 || (g.o.NoDatabase && g.o.Endpoints["dynamodb"] == "") {
		return nil
	}
	database, err := datasource.Open(ctx, datasource.Options{
		Tables: s.Tables, Endpoint: g.o.Endpoints["dynamodb"], Region: s.Region,
		Dir: filepath.Join(g.dir.Path(), "dynamodb"), Path: g.o.Path, RuntimeDir: g.runtimeDir(), Log: g.o.Log,
	})
	if errors.Is(err, datasource.ErrNoEngine) && !g.o.Strict {
		g.o.Log.Warn("functions get an error from DynamoDB: " + err.Error())
		return nil
	}
	if err != nil {
		return err
	}
	g.database.Store(database)
	if !database.Started() {
		return nil
	}
	proxy, err := g.newDatabaseProxy(database)
	if err != nil {
		return err
	}
	g.databaseProxy.Store(&proxy)
	return nil
}

func (g *Gateway) runtimeDir() string { return filepath.Join(g.o.ConfigDir, "runtime") }

// prepared is what is to be served, before anything has changed for it.
type prepared struct {
	next  *serving // whose APIs are still to be made
	modes map[string]*identity.Modes
}

// prepare makes what may fail for another reason than the template, such as a
// file with keys that is gone.
func (g *Gateway) prepare(s *spec.Spec) (*prepared, error) {
	hosts, err := newHosts(g.Addr(), s, g.o.Hosts)
	if err != nil {
		return nil, err
	}
	pools, err := g.newIdentityPools(s)
	if err != nil {
		return nil, err
	}
	modes, err := g.newModes(s)
	if err != nil {
		return nil, err
	}
	return &prepared{modes: modes, next: &serving{spec: s, hosts: hosts, pools: pools,
		apis: map[string]*websocketapi.API{}, appsync: map[string]*appsyncServer{}}}, nil
}

// serve makes the runtimes for what was prepared and starts answering from
// them. APIs that were served before keep their sockets.
func (g *Gateway) serve(p *prepared) error {
	next, s := p.next, p.next.spec
	old := g.serving.Load()
	if err := g.serveAppSync(s, old, next, p.modes); err != nil {
		return err
	}
	for i := range s.WebSocketAPIs {
		a := &s.WebSocketAPIs[i]
		if old != nil && old.apis[a.ID] != nil {
			next.apis[a.ID] = old.apis[a.ID]
			continue
		}
		api, err := websocketapi.New(g.apiOptions(s, a))
		if err != nil {
			return err
		}
		next.apis[a.ID] = api
	}
	if old != nil {
		for i := range s.WebSocketAPIs {
			a := &s.WebSocketAPIs[i]
			if kept := old.apis[a.ID]; kept != nil {
				if err := kept.Update(s, a); err != nil {
					return err
				}
			}
		}
	}
	g.serving.Store(next)
	return nil
}

func (g *Gateway) apiOptions(s *spec.Spec, a *spec.WebSocketAPI) websocketapi.Options {
	l := g.o.Limits
	return websocketapi.Options{
		Spec: s, API: a, Invoke: g.functions.Invoke, Remote: g.remoteByARN, Auth: g.auth, Hub: g.hub, Sockets: &g.sockets,
		Limits:              websocketapi.Limits{Message: l.Message, Frame: l.Frame, URL: l.URL, Queue: l.Queue, InFlight: l.InFlight, Idle: l.Idle, Life: l.Life},
		Ordered:             g.o.Ordered,
		NoLambdaPermissions: g.o.NoLambdaPermissions, Log: g.o.Log, Now: g.o.Now,
	}
}
