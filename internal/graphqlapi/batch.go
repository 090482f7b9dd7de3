package graphqlapi

import (
	"encoding/json"

	"github.com/tidewire/tidewire/internal/spec"
)

// defaultBatch is how many requests with BatchInvoke go into one invocation
// where no maxBatchSize is given (AppSync developer guide, "Lambda resolvers",
// batching).
const defaultBatch = 5

// isBatch says whether a request document asks for batching.
func isBatch(request json.RawMessage) bool {
	return unquote(member(trim(request), "operation")) == "BatchInvoke"
}

// answer is one of a batch.
type answer struct {
	value   json.RawMessage
	failure *Failure
}

// batchOf makes one invocation, and one answer for each item whatever the
// data source says.
func (x *execution) batchOf(ds *spec.DataSource, items []json.RawMessage, direct bool) []answer {
	answers := make([]answer, len(items))
	if x.api.o.Batch == nil {
		for i := range answers {
			answers[i].failure = unsupportedError("Batches cannot be sent here.")
		}
		return answers
	}
	got := x.api.o.Batch(x.ctx, ds, items, direct)
	for i := range answers {
		if i >= len(got) {
			answers[i].failure = &Failure{Type: "Lambda:IllegalArgument", Message: "The function gave fewer results than it was asked for."}
			continue
		}
		answers[i] = answer{got[i].Value, x.failure(got[i].Failure)}
	}
	return answers
}

// asked is a call whose batch is being put together.
type asked struct {
	c       *call
	request json.RawMessage
}

// batch asks a group of one field: first everybody says what to ask, then the
// batches go out.
func (x *execution) batch(g []*hole) {
	s := g[0].f.def.resolver.unit
	waiting := make([]asked, len(g))
	x.parallel(len(g), func(i int) { waiting[i] = x.prepareItem(g[i], s) })
	var list []asked
	for _, a := range waiting {
		if a.c != nil {
			list = append(list, a)
		}
	}
	size := s.maxBatch
	if size <= 0 {
		size = defaultBatch
	}
	chunks := (len(list) + size - 1) / size
	x.parallel(chunks, func(i int) { x.send(s, list[i*size:min(len(list), (i+1)*size)]) })
}

// prepareItem builds one item. Its call is nil if nothing is left to ask: it
// failed, ended early, or its request wants no batch and was carried out.
func (x *execution) prepareItem(h *hole, s *step) asked {
	c := x.begin(h)
	if c == nil {
		return asked{}
	}
	if s.code == nil {
		return asked{c, c.event()}
	}
	request, early, ok := c.run(s.code, "request")
	if !ok || early != nil {
		c.finish(request, ok)
		return asked{}
	}
	if isBatch(request) {
		return asked{c, request}
	}
	c.c.Result, c.c.Error = c.ask(s.source, request)
	c.finish(c.respond(s))
	return asked{}
}

// send makes one invocation and hands out its answers.
func (x *execution) send(s *step, list []asked) {
	items := make([]json.RawMessage, len(list))
	for i := range list {
		items[i] = list[i].request
	}
	begun := list[0].c.trace.clock()
	answers := x.batchOf(s.source, items, s.code == nil)
	x.parallel(len(list), func(i int) {
		c := list[i].c
		if s.code != nil {
			c.c.Result, c.c.Error = answers[i].value, answers[i].failure
			c.finish(c.respond(s))
			return
		}
		if f := answers[i].failure; f != nil {
			c.fail(f)
			return
		}
		c.trace.add("response", begun, answers[i].value)
		c.finish(answers[i].value, true)
	})
}
