package eventsapi

import (
	"fmt"

	"github.com/tidewire/tidewire/internal/spec"
)

// config is an API at one reading of its template. Immutable.
type config struct {
	api        *spec.EventsAPI
	namespaces map[string]*namespace
}

// namespace is a channel namespace with what handles its operations.
type namespace struct {
	spec               *spec.ChannelNamespace
	logLevel           string // of the API
	publish, subscribe handler
}

// handler is what an operation goes through. The zero value is none: everything
// passes.
type handler struct {
	blocked string // why it cannot run, and so refuses; empty: it can
	name    string // "onPublish"

	source *spec.DataSource // of a direct handler, or of an object
	direct bool
	event  bool // direct, and not waited for

	code   *Module // nil: none
	object bool    // code is {request, response}
}

// none says that everything passes.
func (h *handler) none() bool { return h.blocked == "" && !h.direct && h.code == nil }

// Check is everything that is wrong with an API, each with where it is: code
// that load refuses, and handlers that are not what HandlerConfigs says. load
// may be nil: code is not looked at then. What cannot run here (Unsupported) is
// no problem.
func Check(api *spec.EventsAPI, load func(owner string, s *spec.Script) (*Module, spec.Problems)) spec.Problems {
	_, problems := compile(api, load)
	return problems
}

func compile(api *spec.EventsAPI, load func(string, *spec.Script) (*Module, spec.Problems)) (*config, spec.Problems) {
	cfg := &config{api: api, namespaces: make(map[string]*namespace, len(api.Namespaces))}
	b := binder{api: api, load: load}
	for i := range api.Namespaces {
		n := &api.Namespaces[i]
		if cfg.namespaces[n.Name] != nil {
			b.problem(n, "Properties.Name", fmt.Sprintf("the API %s has two namespaces %q", api.LogicalID, n.Name), "give one of them another name")
			continue
		}
		cfg.namespaces[n.Name] = b.bind(n)
	}
	b.problems.Sort()
	return cfg, b.problems
}

// binder puts namespaces and their code together.
type binder struct {
	api      *spec.EventsAPI
	load     func(string, *spec.Script) (*Module, spec.Problems)
	problems spec.Problems
}

func (b *binder) problem(n *spec.ChannelNamespace, property, message, hint string) {
	b.problems = append(b.problems, spec.Problem{At: n.At, Resource: n.LogicalID, Property: property, Message: message, Hint: hint})
}

func (b *binder) bind(n *spec.ChannelNamespace) *namespace {
	var code *Module
	if n.Code != nil && n.Unsupported == "" && b.load != nil {
		var problems spec.Problems
		code, problems = b.load(n.LogicalID, n.Code)
		b.problems = append(b.problems, problems...)
		if code != nil && !exports(code, "onPublish") && !exports(code, "onSubscribe") {
			b.problem(n, "Properties.CodeHandlers", "the code exports neither onPublish nor onSubscribe", "export function onPublish(ctx) { return ctx.events }")
		}
	}
	return &namespace{spec: n, logLevel: b.api.LogLevel, publish: b.handler(n, code, "onPublish", n.OnPublish), subscribe: b.handler(n, code, "onSubscribe", n.OnSubscribe)}
}

// exports says whether code has a handler of a name, of either form.
func exports(m *Module, name string) bool {
	return m.Has(name) || m.Has(name+".request") || m.Has(name+".response")
}

// handler is one of the two of a namespace.
func (b *binder) handler(n *spec.ChannelNamespace, code *Module, name string, c spec.EventHandler) handler {
	h := handler{name: name, direct: c.Direct, event: c.Event, source: b.api.DataSource(c.DataSource)}
	switch {
	case c.Direct && h.source == nil:
		h.blocked = "The data source does not exist."
	case c.Direct:
		h.blocked = h.source.Unsupported
	case n.Unsupported != "":
		h.blocked = n.Unsupported
	case code == nil && n.Code != nil: // it was not loaded, and nothing is known of it
		h.blocked = "The code was not loaded."
	case code == nil && c.DataSource != "":
		h.blocked = "The namespace has no code."
	case code != nil && exports(code, name):
		h.code, h.object = code, !code.Has(name)
		if h.object && h.source != nil {
			h.blocked = h.source.Unsupported
		}
		b.checkObject(n, &h)
	case c.DataSource != "" && code != nil:
		b.problem(n, "Properties.HandlerConfigs", "the code does not export "+name+", for which HandlerConfigs has a data source", "export const "+name+" = { request(ctx) { … }, response(ctx) { … } }")
	}
	return h
}

// checkObject wants both functions and a data source of {request, response}.
func (b *binder) checkObject(n *spec.ChannelNamespace, h *handler) {
	if !h.object {
		return
	}
	for _, function := range []string{".request", ".response"} {
		if !h.code.Has(h.name + function) {
			b.problem(n, "Properties.CodeHandlers", "the code exports "+h.name+" as an object, and not "+h.name+function, "an object has the functions request and response")
		}
	}
	if h.source == nil {
		b.problem(n, "Properties.HandlerConfigs", "the code exports "+h.name+" as an object, which asks a data source, and HandlerConfigs names none",
			"HandlerConfigs: {"+hintName(h.name)+": {Behavior: CODE, Integration: {DataSourceName: !GetAtt MySource.Name}}}")
	}
}

// hintName is a handler's name in a template.
func hintName(name string) string {
	if name == "onPublish" {
		return "OnPublish"
	}
	return "OnSubscribe"
}
