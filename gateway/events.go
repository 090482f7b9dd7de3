package gateway

import (
	"context"
	"net/http"
	"slices"
	"sync/atomic"

	"github.com/tidewire/tidewire/internal/appsyncsocket"
	"github.com/tidewire/tidewire/internal/eventsapi"
	"github.com/tidewire/tidewire/internal/fault"
	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/spec"
)

// eventsServer is one Event API and who may call it.
type eventsServer struct {
	api   *eventsapi.API
	modes atomic.Pointer[identity.Modes]
}

// serveEvents makes the servers for the Event APIs of s, or updates those of
// old. Modes are made first: nothing changes if one cannot be.
func (g *Gateway) serveEvents(s *spec.Spec, old, next *serving) error {
	made := make([]*identity.Modes, len(s.EventsAPIs))
	for i := range s.EventsAPIs {
		var err error
		made[i], err = identity.NewModes(identity.ModesOptions{
			Spec: s, Events: &s.EventsAPIs[i], IAM: g.appsyncAuth, LocalIAM: g.localAppSyncAuth, Invoke: g.invokeByARN,
			Issuers: g.o.Issuers, Log: g.o.Log, Now: g.o.Now,
		})
		if err != nil {
			return err
		}
	}
	for i := range s.EventsAPIs {
		a := &s.EventsAPIs[i]
		server, err := g.eventsServer(s, a, old, made[i])
		if err != nil {
			return err
		}
		next.events[a.ID] = server
		for _, text := range made[i].Unavailable() {
			g.o.Log.Warn(text)
		}
	}
	return nil
}

func (g *Gateway) eventsServer(s *spec.Spec, a *spec.EventsAPI, old *serving, modes *identity.Modes) (*eventsServer, error) {
	if old != nil && old.events[a.ID] != nil {
		server := old.events[a.ID]
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
	server := &eventsServer{}
	server.modes.Store(modes)
	api, err := eventsapi.New(eventsapi.Options{
		API: a,
		Admit: func(ctx context.Context, r *identity.Request) (*identity.Caller, *fault.Error) {
			return server.modes.Load().Admit(ctx, r)
		},
		Authorize: func(c *identity.Caller, op identity.EventOperation, namespace string) *fault.Error {
			return server.modes.Load().AuthorizeEvents(c, op, namespace)
		},
		KnownHost: func(host string) bool { return g.serving.Load().hosts.known(host, a.ID) },
		Load:      newScripts(code, s, logScript(g.o.Log)).loadHandlers,
		Sources:   eventsapi.Sources{Do: g.sources.Do, Direct: g.sources.Direct},
		Bus:       eventsapi.Bus{Publish: g.bus.Publish, Receive: g.bus.Receive},
		Log:       g.o.Log, Now: g.o.Now, Sockets: &g.sockets,
	})
	server.api = api
	return server, err
}

// events answers a request for an Event API.
func (g *Gateway) events(w http.ResponseWriter, r *http.Request, p appsyncPlace, rc requestContext) {
	server := rc.serving.events[p.api]
	if server == nil {
		g.forbidden(w, r, "no Event API has the id "+p.api)
		return
	}
	in := eventsapi.Request{Peer: peerOf(r, g.o.TrustedProxies), ForwardedFor: forwardedFor(r), Secure: rc.secure, Domain: rc.t.custom, Base: p.base}
	if p.path == "event" && !appsyncsocket.IsUpgrade(r) {
		server.api.Publish(w, r, in)
		return
	}
	if rc.conn != nil {
		rc.conn.takeHead() // nobody needs it, and the socket may live for a day
	}
	server.api.Realtime(w, r, in)
}

// retireEvents closes the Event APIs that a reload removed.
func (g *Gateway) retireEvents(ctx context.Context, old, now *serving) {
	for id, server := range old.events {
		if now.events[id] != nil {
			continue
		}
		if err := server.api.Shutdown(ctx); err != nil {
			g.o.Log.Warn("closing a removed API", "api", id, "err", err)
		}
	}
}

// eventsProblems is what only the runtime can judge of Event APIs.
func eventsProblems(s *spec.Spec, load *scripts, known spec.Problems) spec.Problems {
	var ps spec.Problems
	for i := range s.EventsAPIs {
		for _, p := range eventsapi.Check(&s.EventsAPIs[i], load.loadHandlers) {
			if !slices.ContainsFunc(known, func(k spec.Problem) bool { return k.Resource == p.Resource }) {
				ps = append(ps, p)
			}
		}
	}
	return ps
}

func (g *Gateway) describeEvents(s *spec.Spec, a *spec.EventsAPI) API {
	at := g.clientAddr() + "/event"
	if len(s.EventsAPIs) > 1 {
		at = g.clientAddr() + "/" + a.ID + "/event"
	}
	d := API{Kind: KindEvents, LogicalID: a.LogicalID, ID: a.ID, URL: "http://" + at, SecureURL: "https://" + at,
		RealtimeURL: "ws://" + at + "/realtime", SecureRealtimeURL: "wss://" + at + "/realtime"}
	if !g.answersPlain() {
		d.URL, d.RealtimeURL = "", ""
	}
	for i := range a.Auth {
		if mode := a.Auth[i].Mode; !slices.Contains(d.Modes, mode) {
			d.Modes = append(d.Modes, mode)
		}
		if a.Auth[i].Mode == spec.ModeAPIKey {
			d.APIKeys = d.APIKeys[:0]
			for _, k := range a.Keys {
				d.APIKeys = append(d.APIKeys, k.Value)
			}
		}
	}
	return d
}
