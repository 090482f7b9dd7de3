package gateway

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tidewire/tidewire/internal/bus"
	"github.com/tidewire/tidewire/internal/conn"
	"github.com/tidewire/tidewire/internal/datasource"
	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/identitypool"
	"github.com/tidewire/tidewire/internal/lambda"
	"github.com/tidewire/tidewire/internal/localca"
	"github.com/tidewire/tidewire/internal/spec"
	"github.com/tidewire/tidewire/internal/state"
	"github.com/tidewire/tidewire/internal/websocketapi"
)

// ErrClosed is what Serve returns after Close.
var ErrClosed = errors.New("gateway: closed")

// Gateway serves the APIs of one template.
type Gateway struct {
	// immutable
	o         Options
	path      string // the template, as given
	dir       *state.Dir
	release   func() error // gives up the state directory
	developer state.Developer
	ca        *localca.Authority
	auth      *identity.Authenticator
	functions *lambda.Functions

	// AppSync; localAppSyncAuth also takes signatures for execute-api, which
	// Amplify makes for hosts that are not AWS's.
	appsyncAuth, localAppSyncAuth *identity.Authenticator
	engine                        *engine
	bus                           *bus.Bus
	sources                       *datasource.Sources
	roleSessions                  roleSessions
	poolSigner                    *identitypool.Signer // of OpenID tokens

	// DynamoDB; the pointers are nil without tables, until a reload brings some.
	databaseAuth  *identity.Authenticator
	database      atomic.Pointer[datasource.Database]
	databaseProxy atomic.Pointer[http.Handler] // leads to an engine that the gateway started

	hub     *websocketapi.Hub
	server  *http.Server
	bundle  string // file with the certificate authorities functions trust
	foreign foreignKeys
	sockets conn.Stats // how sockets ended
	bodies  bodies     // of requests to APIs of AppSync

	serving atomic.Pointer[serving]
	addr    atomic.Pointer[string] // "host:port" that clients use
	closing atomic.Bool
	closed  chan struct{} // closed when the first Close has ended

	reloading sync.Mutex // one reload at a time
	watcher   *watcher   // nil without Watch
	explainer *explainer
}

// serving is what requests are answered from; a reload replaces it.
type serving struct {
	spec  *spec.Spec
	hosts *hosts
	apis  map[string]*websocketapi.API // by API id

	appsync map[string]*appsyncServer // by API id
	pools   *identitypool.Pools
}

// bodyLimit is how long a client may take to send a request's body.
const bodyLimit = 15 * time.Second

// ServeHTTP answers one request: a handshake, or a call to @connections. Used
// without Serve, header names in events are canonical and TLS is the caller's.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s := g.serving.Load()
	secure := r.TLS != nil
	c, _ := r.Context().Value(connKey{}).(*sniffed)
	if c != nil {
		secure = c.secure.Load()
	}
	w.Header().Set("Server", "tidewire")
	if r.ContentLength != 0 {
		// Nobody holds a body open; net/http clears the deadline for the next
		// request. Without one (an in-memory connection) there is none to set.
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyLimit))
	}
	t, ok := g.admit(w, r, s, secure)
	if !ok {
		return
	}
	own := t.api == "" && t.domain == nil && t.appsync == "" // no API's own name
	if own && identitypool.Takes(r) {
		s.pools.ServeHTTP(w, r)
		return
	}
	if t.pools {
		g.elsewhere(w, r)
		return
	}
	if p, ok := locateAppSync(s.spec, t, rawPath(r)); ok {
		g.appsync(w, r, p, requestContext{t: t, secure: secure, conn: c, serving: s})
		return
	}
	service := signedService(r)
	if proxy := g.databaseProxy.Load(); proxy != nil && own && service == "dynamodb" {
		(*proxy).ServeHTTP(w, r)
		return
	}
	if service != "" && service != "execute-api" && !g.known(s, t, r) {
		g.elsewhere(w, r)
		return
	}
	p, ok := locate(s.spec, t, rawPath(r))
	if !ok {
		g.elsewhere(w, r)
		return
	}
	api := s.apis[p.api]
	if api == nil {
		g.forbidden(w, r, "no API has the id "+p.api)
		return
	}
	g.dispatch(w, r, api, p, requestContext{t: t, secure: secure, conn: c, serving: s})
}

// known tells whether a request signed for another service names a place of
// ours all the same: then it is a mistake of the caller's, which the verifier
// explains, and not an SDK that was sent here for want of an endpoint.
func (g *Gateway) known(s *serving, t target, r *http.Request) bool {
	p, ok := locate(s.spec, t, rawPath(r))
	if !ok {
		return false
	}
	for i := range s.spec.WebSocketAPIs {
		if a := &s.spec.WebSocketAPIs[i]; a.ID == p.api && a.Stage(p.stage) != nil {
			return len(p.rest) == 0 || p.rest[0] == "@connections"
		}
	}
	return false
}

// requestContext is what the gateway found out about a request.
type requestContext struct {
	t       target
	secure  bool
	conn    *sniffed
	serving *serving
}

func (g *Gateway) dispatch(w http.ResponseWriter, r *http.Request, api *websocketapi.API, p place, rc requestContext) {
	peer := peerOf(r, g.o.TrustedProxies)
	// CustomDomain: the local paths stand in for a custom domain, so that an API
	// without its default endpoint can be reached here at all.
	switch {
	case len(p.rest) == 0:
		in := websocketapi.Handshake{Stage: p.stage, Peer: peer, Secure: rc.secure, Domain: g.domainName(rc, p), CustomDomain: rc.t.api == ""}
		if rc.conn != nil && r.Header.Get("Upgrade") != "" {
			in.RawHeader = rawHeader(rc.conn.takeHead(), r)
		}
		api.Connect(w, r, in)
	case p.rest[0] == "@connections" && len(p.rest) == 2:
		api.Connections(w, r, websocketapi.Management{Stage: p.stage, ConnectionID: p.rest[1], Peer: peer, Secure: rc.secure, CustomDomain: rc.t.api == ""})
	default:
		g.forbidden(w, r, "no such path under the stage: connect to the stage itself, or use @connections/{id}")
	}
}

// domainName is the event's requestContext.domainName: a name that the
// gateway gave out, never the header's text. With several APIs it carries the
// API id, so that https://{domainName}/{stage} is the API's endpoint.
func (g *Gateway) domainName(rc requestContext, p place) string {
	if len(rc.serving.spec.WebSocketAPIs) > 1 && rc.t.api == "" && rc.t.domain == nil {
		return rc.t.host + "/" + p.api
	}
	return rc.t.host
}

// Serve answers connections of l until l fails or Close is called; then it
// returns ErrClosed. One listener speaks plain and TLS. Serve owns l.
func (g *Gateway) Serve(l net.Listener) error {
	g.listensAt(l.Addr())
	config := &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}, GetCertificate: g.certificate}
	err := g.server.Serve(&listener{Listener: l, tls: config, plain: g.o.Plain})
	if errors.Is(err, http.ErrServerClosed) {
		return ErrClosed
	}
	return fmt.Errorf("gateway: %w", err)
}

// listensAt takes the port of the first listener over when Addr left it open
// ("127.0.0.1:0").
func (g *Gateway) listensAt(a net.Addr) {
	g.reloading.Lock()
	defer g.reloading.Unlock()
	tcp, ok := a.(*net.TCPAddr)
	if !ok || portOf(g.Addr()) != "0" {
		return
	}
	addr := join(hostOnly(g.Addr()), fmt.Sprint(tcp.Port))
	g.addr.Store(&addr)
	s := *g.serving.Load()
	hosts, err := newHosts(addr, s.spec, g.o.Hosts)
	if err != nil {
		g.o.Log.Error("listening address", "err", err)
		return
	}
	s.hosts = hosts
	g.serving.Store(&s)
}

// StateDir is the state directory's absolute path.
func (g *Gateway) StateDir() string { return g.dir.Path() }

// Addr is the address that clients use, "host:port".
func (g *Gateway) Addr() string { return *g.addr.Load() }

// Hosts are the names besides the listening address under which the gateway
// answers, "host:port".
func (g *Gateway) Hosts() []string {
	s := g.serving.Load()
	var names []string
	for _, d := range s.spec.Domains {
		names = append(names, join(d.Name, portOf(g.Addr())))
	}
	for _, name := range appsyncDomains(s.spec) {
		names = append(names, join(name, portOf(g.Addr())))
	}
	for _, h := range g.o.Hosts {
		names = append(names, withPort(h, portOf(g.Addr())))
	}
	return names
}

// Spec is what is served now. It must not be changed.
func (g *Gateway) Spec() *spec.Spec { return g.serving.Load().spec }

func (g *Gateway) certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	if g.o.Certificate != nil {
		return g.o.Certificate, nil
	}
	return g.ca.Certificate(hello)
}

func newServer(g *Gateway) *http.Server {
	return &http.Server{
		Handler:                      g,
		DisableGeneralOptionsHandler: true, // it would answer any Host
		ReadHeaderTimeout:            10 * time.Second,
		IdleTimeout:                  2 * time.Minute,
		MaxHeaderBytes:               maxHead,
		ConnState:                    connState,
		ErrorLog:                     serverLog(g.o.Log),
		ConnContext: func(ctx context.Context, nc net.Conn) context.Context {
			if c, ok := nc.(*sniffed); ok {
				return context.WithValue(ctx, connKey{}, c)
			}
			return ctx
		},
	}
}

// lastRequests is how long Close waits for requests that are under way when
// no function is left that would make one.
const lastRequests = 2 * time.Second

// Close refuses new sockets, closes each open one with 1001, runs every
// $disconnect, and ends the functions and the database. It returns when all
// of it is done, or with ctx's error when ctx ends first; what is left then
// is ended at once. A later call waits for the first.
func (g *Gateway) Close(ctx context.Context) error {
	if g.closing.Swap(true) {
		select {
		case <-g.closed:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	defer close(g.closed)
	if g.watcher != nil {
		g.watcher.close()
	}
	g.reloading.Lock()
	defer g.reloading.Unlock()
	s := g.serving.Load()
	errs := make(chan error, len(s.apis)+len(s.appsync))
	for _, api := range s.apis {
		go func() { errs <- api.Shutdown(ctx) }()
	}
	sooner, cancel := leaveTime(ctx)
	defer cancel()
	for _, server := range s.appsync {
		go func() { errs <- server.shutdown(sooner) }()
	}
	var failed error
	for range cap(errs) {
		failed = errors.Join(failed, <-errs)
	}
	g.tellAll(s)
	failed = errors.Join(failed, g.bus.Close(), g.sources.Close(ctx))
	g.closeEngine()
	// Functions may post to @connections until here. Whoever has not finished
	// a request in a moment is cut off; the rest needs the time.
	quick, cancel := context.WithTimeout(ctx, lastRequests)
	if g.server.Shutdown(quick) != nil {
		failed = errors.Join(failed, g.server.Close())
	}
	cancel()
	g.explainer.close()
	failed = errors.Join(failed, g.functions.Close(ctx))
	if d := g.database.Load(); d != nil {
		failed = errors.Join(failed, d.Close(ctx))
	}
	return errors.Join(failed, g.release(), g.dir.Close())
}
