package template

import (
	"sort"
	"strings"
)

// findCycles reports resources that wait for each other: CloudFormation cannot
// create them in any order.
func (l *loader) findCycles() {
	c := &cycles{l: l, state: map[*resource]int{}}
	for _, r := range l.resources {
		c.visit(r)
	}
}

type cycles struct {
	l     *loader
	state map[*resource]int // 0 not seen, 1 on the trail, 2 done
	trail []*resource
}

func (c *cycles) visit(r *resource) {
	c.state[r] = 1
	c.trail = append(c.trail, r)
	for _, next := range c.next(r) {
		switch c.state[next] {
		case 0:
			c.visit(next)
		case 1:
			c.report(next)
		}
	}
	c.trail = c.trail[:len(c.trail)-1]
	c.state[r] = 2
}

// next is what r depends on, in the order of the names.
func (c *cycles) next(r *resource) []*resource {
	var out []*resource
	for to := range c.l.edges[r] {
		out = append(out, to)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].id < out[j].id })
	return out
}

func (c *cycles) report(start *resource) {
	var ids []string
	for i := len(c.trail) - 1; i >= 0; i-- {
		ids = append([]string{c.trail[i].id}, ids...)
		if c.trail[i] == start {
			break
		}
	}
	ids = append(ids, start.id)
	c.l.problem(start.node, "circular dependency: "+strings.Join(ids, " -> "), "take one of these references away")
}
