package gateway

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tidewire/tidewire/internal/datasource"
	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/lambda"
	"github.com/tidewire/tidewire/internal/localca"
	"github.com/tidewire/tidewire/internal/spec"
	"github.com/tidewire/tidewire/internal/state"
	"github.com/tidewire/tidewire/internal/template"
	"github.com/tidewire/tidewire/internal/websocketapi"
)

// Problem is one thing that is wrong with a template.
type Problem = spec.Problem

// ProblemsError is why Open refused a template: everything that is wrong with
// it, each with file, line, resource and a hint.
type ProblemsError struct{ Problems []Problem }

// Error lists every problem.
func (e *ProblemsError) Error() string { return spec.Problems(e.Problems).Error() }

// Load reads and checks a template without starting anything: what
// `tidewire check` does. A *ProblemsError lists all that is wrong.
func Load(path string, o *Options) (*spec.Spec, error) {
	c := o.withDefaults()
	return load(path, &c, nil)
}

// load reads the template and adds what only the gateway can check: guards
// and workers that are lacking, and functions that cannot run.
func load(path string, o *Options, secret func(kind, logicalID string) (string, error)) (*spec.Spec, error) {
	file, err := template.Find(path)
	if err != nil {
		return nil, err
	}
	s, problems := template.Load(file, &template.Options{
		Region: o.Region, Account: o.Account, StackName: o.StackName,
		Parameters: o.Parameters, Resolve: o.Resolve, Imports: o.Imports, Secret: secret,
	})
	if s != nil {
		problems = append(problems, lacking(s, o.Strict)...)
		problems = append(problems, runnable(s, o, problems)...)
		problems = append(problems, unknownFunctions(s, o)...)
	}
	if len(problems) > 0 {
		problems.Sort()
		return nil, &ProblemsError{problems}
	}
	adoptRoles(s)
	for _, c := range collisions(s) {
		s.Notes = append(s.Notes, spec.Note{Resource: c.Resource, Message: c.Message + ": " + c.Hint, At: c.At})
	}
	return s, nil
}

// adoptRoles adds the roles that functions name and the template does not
// have, without a policy: such a function gets credentials of its role, as
// SDKs need some, and may do nothing with them here.
func adoptRoles(s *spec.Spec) {
	for i := range s.Functions {
		arn := s.Functions[i].RoleARN
		if arn == "" || s.RoleByARN(arn) != nil {
			continue
		}
		sum := sha256.Sum256([]byte(arn))
		id := base32.StdEncoding.EncodeToString(sum[:])[:17]
		s.Roles = append(s.Roles, spec.Role{Name: arn[strings.LastIndexByte(arn, '/')+1:], ARN: arn, ID: "AROA" + id, At: s.Functions[i].At})
	}
}

// lacking turns gaps into problems: a guard always, a worker when strict.
func lacking(s *spec.Spec, strict bool) spec.Problems {
	var ps spec.Problems
	for _, g := range s.Gaps {
		if g.Kind == spec.Guard || strict {
			ps = append(ps, spec.Problem{At: g.At, Resource: g.Resource, Property: g.Property, Message: g.Message, Hint: g.Hint})
		}
	}
	return ps
}

// runnable checks every function that would run as a process here. What is
// known to be wrong with a property is not said twice.
func runnable(s *spec.Spec, o *Options, known spec.Problems) spec.Problems {
	var ps spec.Problems
	for i := range s.Functions {
		f := &s.Functions[i]
		if named(o.Functions, f) || named(o.Remote, f) {
			continue
		}
		for _, p := range lambda.Check(f, &lambda.Options{Path: o.Path}) {
			if !slices.ContainsFunc(known, func(k spec.Problem) bool { return sameMatter(k, p) }) {
				ps = append(ps, p)
			}
		}
	}
	return ps
}

// sameMatter tells whether two problems are about one property of one
// resource; Code, CodeUri and InlineCode are one, and Handler depends on it.
func sameMatter(a, b spec.Problem) bool {
	matter := func(p spec.Problem) string {
		name := strings.TrimPrefix(p.Property, "Properties.")
		if strings.Contains(name, "Code") || name == "Handler" {
			return "Code"
		}
		return name
	}
	return a.Resource == b.Resource && (matter(a) == matter(b) || a.Property == "")
}

// unknownFunctions finds options that name no function of the template.
func unknownFunctions(s *spec.Spec, o *Options) spec.Problems {
	var ps spec.Problems
	check := func(option, name string) {
		for i := range s.Functions {
			if f := &s.Functions[i]; name == f.LogicalID || name == f.Name || name == "" {
				return
			}
		}
		ps = append(ps, spec.Problem{At: spec.Source{File: s.File}, Message: fmt.Sprintf("%s names %s, which is no function of the template", option, name),
			Hint: "functions are " + functionNames(s)})
	}
	for name := range o.Functions {
		check("Functions", name)
	}
	for name := range o.Remote {
		if !integrated(s, name) {
			check("--function", name)
		}
	}
	for name := range o.FunctionCredentials {
		check("--function-credentials", name)
	}
	return ps
}

// integrated tells whether an integration of the template runs a function of
// this name that the template does not define.
func integrated(s *spec.Spec, name string) bool {
	for i := range s.WebSocketAPIs {
		for _, in := range s.WebSocketAPIs[i].Integrations {
			if arn := spec.UnqualifiedFunctionARN(in.FunctionARN); arn != "" && arn[strings.LastIndexByte(arn, ':')+1:] == name {
				return true
			}
		}
	}
	return false
}

func functionNames(s *spec.Spec) string {
	names := make([]string, len(s.Functions))
	for i := range s.Functions {
		names[i] = s.Functions[i].LogicalID
	}
	return strings.Join(names, ", ")
}

// named finds an option for a function, by logical id or name.
func named[T any](options map[string]T, f *spec.Function) bool {
	_, ok := option(options, f)
	return ok
}

func option[T any](options map[string]T, f *spec.Function) (T, bool) {
	if v, ok := options[f.LogicalID]; ok {
		return v, true
	}
	v, ok := options[f.Name]
	return v, ok
}

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
	s, err := load(path, &c, dir.Secret)
	if err != nil {
		return nil, errors.Join(err, dir.Close())
	}
	release, err := dir.Lock()
	if err != nil {
		return nil, errors.Join(err, dir.Close())
	}
	g := &Gateway{o: c, path: path, dir: dir, release: release, listeners: map[net.Listener]struct{}{}}
	g.addr.Store(&c.Addr)
	if err := g.build(ctx, s); err != nil {
		return nil, errors.Join(err, g.undo(ctx))
	}
	return g, nil
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
	g.auth, err = identity.New(identity.Options{Spec: s, Developer: g.developer, SealingKey: key, Now: g.o.Now, Foreign: g.foreign.lookup})
	if err != nil {
		return err
	}
	g.databaseAuth, err = identity.New(identity.Options{Spec: s, Developer: g.developer, SealingKey: key, Now: g.o.Now, Service: "dynamodb", MaxBody: maxDatabaseRequest})
	if err != nil {
		return err
	}
	g.hub = websocketapi.NewHub(0)
	if err := g.openDatabase(ctx, s); err != nil {
		return err
	}
	if g.functions, err = lambda.Open(ctx, g.lambdaOptions(s)); err != nil {
		return err
	}
	if err := g.serve(s); err != nil {
		return err
	}
	if err := g.remember(s); err != nil {
		return err
	}
	g.server = newServer(g)
	if g.o.Watch {
		g.watcher, err = newWatcher(g)
	}
	return err
}

// undo ends what build started before it failed.
func (g *Gateway) undo(ctx context.Context) error {
	var failed error
	if g.functions != nil {
		failed = errors.Join(failed, g.functions.Close(ctx))
	}
	if g.database != nil {
		failed = errors.Join(failed, g.database.Close(ctx))
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
	for _, h := range extra {
		if name := hostOnly(h); !isLoopback(name) {
			names = append(names, name)
		}
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
	var err error
	g.database, err = datasource.Open(ctx, datasource.Options{
		Tables: s.Tables, Endpoint: g.o.Endpoints["dynamodb"], Region: s.Region,
		Dir: filepath.Join(g.dir.Path(), "dynamodb"), Path: g.o.Path, RuntimeDir: g.runtimeDir(), Log: g.o.Log,
	})
	if err != nil || !g.database.Started() {
		return err
	}
	proxy, err := g.newDatabaseProxy()
	if err != nil {
		return err
	}
	g.databaseProxy.Store(&proxy)
	return nil
}

func (g *Gateway) runtimeDir() string { return filepath.Join(g.o.ConfigDir, "runtime") }

// serve makes the runtimes for s and starts answering from them. APIs that
// were served before keep their sockets.
func (g *Gateway) serve(s *spec.Spec) error {
	hosts, err := newHosts(g.Addr(), s, g.o.Hosts)
	if err != nil {
		return err
	}
	next := &serving{spec: s, hosts: hosts, apis: map[string]*websocketapi.API{}}
	old := g.serving.Load()
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
