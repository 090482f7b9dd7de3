package gateway

import (
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"github.com/tidewire/tidewire/internal/appsyncjs"
	"github.com/tidewire/tidewire/internal/eventsapi"
	"github.com/tidewire/tidewire/internal/graphqlapi"
	"github.com/tidewire/tidewire/internal/spec"
)

// scripts loads the code of one template. Imports stay within the template's
// directory, or that of the code where it lies elsewhere.
type scripts struct {
	engine *appsyncjs.Engine
	root   string // absolute

	mu   sync.Mutex
	read map[string]bool // files that the code depends on; guarded by mu. nil: nobody asks
}

// newScripts is for the code of a template.
func newScripts(engine *appsyncjs.Engine, s *spec.Spec) *scripts {
	c := &scripts{engine: engine}
	if dir, err := filepath.Abs(filepath.Dir(s.File)); err == nil {
		c.root = dir
	}
	return c
}

// load is for resolvers of a GraphQL API.
func (c *scripts) load(owner string, script *spec.Script) (*graphqlapi.Module, spec.Problems) {
	m, problems := c.module(owner, script)
	if len(problems) > 0 {
		return nil, problems
	}
	return &graphqlapi.Module{Has: m.Has, Call: m.Call}, nil
}

// loadHandlers is for handlers of an Event API.
func (c *scripts) loadHandlers(owner string, script *spec.Script) (*eventsapi.Module, spec.Problems) {
	m, problems := c.module(owner, script)
	if len(problems) > 0 {
		return nil, problems
	}
	return &eventsapi.Module{Has: m.Has, Call: m.Call}, nil
}

func (c *scripts) module(owner string, script *spec.Script) (*appsyncjs.Module, spec.Problems) {
	source := appsyncjs.Source{Script: script, Name: owner}
	if c.root != "" && (script.File == "" || inside(script.File, c.root)) {
		source.Root = c.root
	}
	if c.read != nil {
		source.Reads = c.reads
	}
	m, problems := c.engine.Load(source)
	if len(problems) > 0 {
		return nil, codeProblems(owner, script, problems)
	}
	return m, nil
}

// reads notes a file that the code depends on.
func (c *scripts) reads(file string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.read[file] = true
}

// all loads the code of APIs beforehand, as many scripts at a time as there are
// CPUs: the engine keeps what is right, and the rest is reported when it is loaded
// again for its resolver.
func (c *scripts) all(apis []spec.GraphQLAPI) {
	var wait sync.WaitGroup
	places := make(chan struct{}, runtime.GOMAXPROCS(0))
	load := func(owner, unsupported string, script *spec.Script) {
		if script == nil || unsupported != "" {
			return
		}
		places <- struct{}{}
		wait.Go(func() {
			defer func() { <-places }()
			c.module(owner, script)
		})
	}
	for i := range apis {
		for j := range apis[i].Functions {
			f := &apis[i].Functions[j]
			load(f.LogicalID, f.Unsupported, f.Code)
		}
		for j := range apis[i].Resolvers {
			r := &apis[i].Resolvers[j]
			load(r.LogicalID, r.Unsupported, r.Code)
		}
	}
	wait.Wait()
}

func inside(file, dir string) bool {
	rel, err := filepath.Rel(dir, file)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

func codeProblems(owner string, script *spec.Script, problems appsyncjs.Problems) spec.Problems {
	var ps spec.Problems
	for _, p := range problems {
		at := spec.Source{File: p.File, Line: p.Line}
		if at.File == "" || script.File == "" {
			at = script.At
		}
		message := p.Message
		if p.Rule != "" {
			message += " (" + p.Rule + ")"
		}
		if where := p.Position.String(); p.Line > 0 {
			message = where + ": " + message
		}
		ps = append(ps, spec.Problem{At: at, Resource: owner, Property: "Properties.Code", Message: message, Hint: p.Hint})
	}
	return ps
}
