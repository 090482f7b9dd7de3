package graphqlapi

import (
	"encoding/json"
)

// pipeline runs the before handler, the functions in order, and the after
// handler (AppSync developer guide, "Pipeline resolvers").
func (c *call) pipeline(r *resolver) (json.RawMessage, bool) {
	skip := false
	if r.code != nil {
		value, early, ok := c.run(r.code, "request")
		if !ok {
			return nil, false
		}
		c.c.Prev, skip = orNull(value), early != nil
	}
	for _, s := range r.steps {
		if skip {
			break
		}
		var ok bool
		if skip, ok = c.function(s); !ok {
			return nil, false
		}
	}
	c.c.Result = c.c.Prev
	if r.code == nil {
		return c.c.Prev, true
	}
	value, _, ok := c.run(r.code, "response")
	return value, ok
}

// function runs one function of a pipeline. end says that the rest is left
// out.
func (c *call) function(s *step) (end, ok bool) {
	if c.x.ctx.Err() != nil {
		c.fail(c.x.timeout())
		return false, false
	}
	if why := s.blocked(); why != "" {
		c.fail(unsupportedError(why))
		return false, false
	}
	c.trace.enter(s.name)
	defer c.trace.enter("")
	if s.code == nil {
		value, failure := c.direct(s.source)
		if failure != nil {
			c.fail(failure)
			return false, false
		}
		c.c.Prev = orNull(value)
		return false, true
	}
	c.c.Result = nil
	request, early, ok := c.run(s.code, "request")
	if !ok {
		return false, false
	}
	if early != nil {
		c.c.Prev = orNull(request)
		return early.SkipTo == "END", true
	}
	c.c.Result, c.c.Error = c.ask(s.source, request)
	value, ok := c.respond(s)
	c.c.Prev = orNull(value)
	return false, ok
}
