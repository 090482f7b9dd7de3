package gateway

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/tidewire/tidewire/internal/appsyncjs"
	"github.com/tidewire/tidewire/internal/appsyncjs/library"
	"github.com/tidewire/tidewire/internal/graphqlapi"
	"github.com/tidewire/tidewire/internal/spec"
)

// scripts loads the code of one template. Imports stay within the template's
// directory, or that of the code where it lies elsewhere.
type scripts struct {
	engine *appsyncjs.Engine
	root   string // absolute
	log    func(owner string, level, text string)
}

func (c *scripts) load(owner string, script *spec.Script) (*graphqlapi.Module, spec.Problems) {
	source := appsyncjs.Source{Script: script, Name: owner}
	if c.root != "" && (script.File == "" || inside(script.File, c.root)) {
		source.Root = c.root
	}
	m, problems := c.engine.Load(source)
	if len(problems) > 0 {
		return nil, codeProblems(owner, script, problems)
	}
	return &graphqlapi.Module{Has: m.Has, Call: func(ctx context.Context, function string, call *graphqlapi.Call) *graphqlapi.Outcome {
		return c.outcome(owner, m.Call(ctx, function, engineCall(call)))
	}}, nil
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

func engineCall(c *graphqlapi.Call) *appsyncjs.Call {
	e := &appsyncjs.Call{Arguments: c.Arguments, Source: c.Source, Identity: c.Identity, Stash: c.Stash, Prev: c.Prev, Result: c.Result,
		Env: c.Env, OutErrors: c.OutErrors, Headers: c.Headers, DomainName: c.DomainName, AuthType: c.AuthType}
	if c.Error != nil {
		f := failure(*c.Error)
		e.Error = &f
	}
	if c.Info != nil {
		info := appsyncjs.Info(*c.Info)
		e.Info = &info
	}
	return e
}

func failure(f graphqlapi.Failure) library.Failure {
	return library.Failure{Message: f.Message, Type: f.Type, Data: f.Data, Info: f.Info}
}

// outcome is what the engine answered; what it logs goes to the API's log.
func (c *scripts) outcome(owner string, o *appsyncjs.Outcome) *graphqlapi.Outcome {
	for _, line := range o.Logs {
		c.log(owner, line.Level, line.Text)
	}
	if o.Reason != "" {
		c.log(owner, "ERROR", o.At.String()+": "+o.Reason)
	}
	out := &graphqlapi.Outcome{Value: o.Value, Stash: o.Stash, Headers: o.Headers}
	if o.Early != nil {
		out.Early = &graphqlapi.Early{SkipTo: o.Early.SkipTo}
	}
	if o.Failure != nil {
		out.Failure = fieldFailure(o.Failure)
	}
	for i := range o.Appended {
		out.Appended = append(out.Appended, *fieldFailure(&o.Appended[i]))
	}
	return out
}

func fieldFailure(f *library.Failure) *graphqlapi.Failure {
	return &graphqlapi.Failure{Message: f.Message, Type: f.Type, Data: f.Data, Info: f.Info}
}
