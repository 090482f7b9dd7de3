package graphqlapi

import (
	"sync"
	"sync/atomic"
)

// fill asks the resolvers of all holes, at the same time as far as there is
// room, and writes what they said, with the holes in it filled as well.
//
// Holes of one field that may be asked in one batch, or that have such fields
// below them, are worked on together, so that the batch is complete when it is
// sent. No other hole waits for its neighbours.
func (x *execution) fill(holes []*hole) {
	groups := group(holes)
	x.parallel(len(groups), func(i int) {
		g := groups[i]
		x.ask(g)
		var below []*hole
		for _, h := range g {
			x.write(h)
			below = append(below, h.out.holes...)
		}
		if len(below) > 0 {
			x.fill(below)
		}
	})
}

// group puts the holes together that are filled together.
func group(holes []*hole) [][]*hole {
	groups := make([][]*hole, 0, len(holes))
	var together map[*field]int
	for _, h := range holes {
		if !h.f.together() || len(holes) == 1 {
			groups = append(groups, []*hole{h})
			continue
		}
		i, ok := together[h.f]
		if !ok {
			if together == nil {
				together = make(map[*field]int)
			}
			i = len(groups)
			together[h.f] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], h)
	}
	return groups
}

// together says whether holes of this field are filled together.
func (f *field) together() bool {
	return f.def.resolver.batches() || f.def.typ.named.batches
}

// ask asks the resolvers of a group. Batches go out when all of it has asked.
func (x *execution) ask(g []*hole) {
	if g[0].f.def.resolver.batches() {
		x.batch(g)
		return
	}
	x.parallel(len(g), func(i int) { x.resolve(g[i]) })
}

// write makes the output of what a resolver said.
func (x *execution) write(h *hole) {
	if h.failed {
		return
	}
	w := writer{x: x, path: h.path, buf: make([]byte, 0, len(h.value)+len(h.value)/4+16)}
	ok := w.value(h.f, h.f.def.typ, trim(h.value), nil)
	h.out = output{buf: w.buf, holes: w.holes, kinds: w.kinds, null: !ok}
	if x.written.Add(int64(len(w.buf))) > int64(x.room) {
		x.full.Store(true)
	}
}

// parallel calls work for 0…n-1 and returns when all have. Further goroutines
// are started as long as the request may have more; the caller's works too, so
// that it gets on without any.
func (x *execution) parallel(n int, work func(i int)) {
	if n <= 1 {
		if n == 1 {
			work(0)
		}
		return
	}
	tokens := x.tickets()
	var next atomic.Int64
	run := func() {
		for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
			work(int(i))
		}
	}
	var others sync.WaitGroup
	for range n - 1 {
		select {
		case tokens <- struct{}{}:
			others.Go(func() {
				defer func() { <-tokens }()
				run()
			})
			continue
		default:
		}
		break
	}
	run()
	others.Wait()
}

// tickets are the goroutines that the request may start.
func (x *execution) tickets() chan struct{} {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.tokens == nil {
		x.tokens = make(chan struct{}, max(1, x.api.o.Limits.Parallel-1))
	}
	return x.tokens
}
