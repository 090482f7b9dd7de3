package graphqlapi

import (
	"sync"
	"sync/atomic"

	"github.com/vektah/gqlparser/v2/ast"
)

// plan is an operation with its @skip and @include decided.
type plan struct {
	op   *Operation
	on   map[string]bool // the switches
	root *object
}

// maxPlans bounds the plans that one operation keeps.
const maxPlans = 16

// plan finds or makes the plan for the values of the switches.
func (o *Operation) plan(vars values) *plan {
	if len(o.switches) == 0 {
		if p := o.plain.Load(); p != nil {
			return p
		}
		o.plain.CompareAndSwap(nil, o.newPlan(nil))
		return o.plain.Load()
	}
	on := make(map[string]bool, len(o.switches))
	var key uint64
	for i, name := range o.switches {
		on[name] = string(vars[name]) == "true"
		if on[name] && i < 64 {
			key |= 1 << i
		}
	}
	if len(o.switches) > 64 {
		return o.newPlan(on)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if p := o.plans[key]; p != nil {
		return p
	}
	p := o.newPlan(on)
	if o.plans == nil {
		o.plans = make(map[uint64]*plan)
	}
	if len(o.plans) < maxPlans {
		o.plans[key] = p
	}
	return p
}

func (o *Operation) newPlan(on map[string]bool) *plan {
	p := &plan{op: o, on: on}
	p.root = p.object(o.root, []ast.SelectionSet{o.def.SelectionSet})
	return p
}

// object is what is selected of one object type. Immutable but for the plans
// of its fields.
type object struct {
	typ    *namedType
	fields []*field
	// named finds the first field that reads a property; field.next the
	// others. Only large objects have it.
	named map[string]int
	holes bool // a resolver may be met at or below it
}

// field is one member of an answer.
type field struct {
	plan *plan
	key  string
	head []byte // "key":
	def  *fieldDef
	nodes
	typename bool
	at       *ast.Position
	args     arguments
	// next is the next field that reads the same property; 0: there is none.
	next int
	// holes says that a resolver may be met at or below it.
	holes bool

	infoOnce sync.Once
	info     Info // without the variables

	// The plans of the types that values had, made when needed.
	single atomic.Pointer[object] // the first
	mu     sync.Mutex
	more   map[*namedType]*object // guarded by mu
}

// nodes are the fields of the document that are one field of the answer.
type nodes []*ast.Field

// object plans the selections of one object type.
func (p *plan) object(t *namedType, sets []ast.SelectionSet) *object {
	c := collector{plan: p, typ: t, out: &object{typ: t}, keys: make(map[string]int), spread: make(map[*ast.FragmentDefinition]bool)}
	for _, set := range sets {
		c.collect(set)
	}
	c.finish()
	return c.out
}

// collector merges selections by their response keys (GraphQL specification,
// 6.3.2).
type collector struct {
	plan   *plan
	typ    *namedType
	out    *object
	keys   map[string]int
	spread map[*ast.FragmentDefinition]bool
}

func (c *collector) collect(set ast.SelectionSet) {
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.Field:
			if c.plan.included(sel.Directives) {
				c.field(sel)
			}
		case *ast.InlineFragment:
			if c.plan.included(sel.Directives) && c.applies(sel.TypeCondition) {
				c.collect(sel.SelectionSet)
			}
		case *ast.FragmentSpread:
			f := sel.Definition
			if c.plan.included(sel.Directives) && f != nil && !c.spread[f] && c.applies(f.TypeCondition) {
				c.spread[f] = true
				c.collect(f.SelectionSet)
			}
		}
	}
}

// applies says whether a fragment is about the type.
func (c *collector) applies(condition string) bool {
	if condition == "" || condition == c.typ.name {
		return true
	}
	t := c.plan.op.cfg.types[condition]
	return t != nil && t.concrete[c.typ.name] != nil
}

// included decides @skip and @include.
func (p *plan) included(list ast.DirectiveList) bool {
	for _, d := range list {
		if d.Name != "skip" && d.Name != "include" {
			continue
		}
		arg := d.Arguments.ForName("if")
		if arg == nil {
			continue
		}
		on := arg.Value.Raw == "true"
		if arg.Value.Kind == ast.Variable {
			on = p.on[arg.Value.Raw]
		}
		if on == (d.Name == "skip") {
			return false
		}
	}
	return true
}

// field adds one field of the document.
func (c *collector) field(node *ast.Field) {
	if i, ok := c.keys[node.Alias]; ok {
		c.out.fields[i].nodes = append(c.out.fields[i].nodes, node)
		return
	}
	f := &field{plan: c.plan, key: node.Alias, nodes: nodes{node}, at: node.Position, typename: node.Name == "__typename"}
	f.head = append(appendString(nil, node.Alias), ':')
	if !f.typename {
		f.def = c.typ.fields[node.Name]
	}
	if f.def == nil && !f.typename { // validated
		return
	}
	c.keys[node.Alias] = len(c.out.fields)
	c.out.fields = append(c.out.fields, f)
}

// indexed is from how many fields on an object has a map of their names.
const indexed = 12

// finish works out what the merged fields need.
func (c *collector) finish() {
	o := c.out
	if len(o.fields) >= indexed {
		o.named = make(map[string]int, len(o.fields))
	}
	last := make(map[string]int, len(o.fields))
	for i, f := range o.fields {
		if f.typename {
			continue
		}
		f.args = c.plan.op.cfg.arguments(f.def.def.Arguments, f.nodes[0].Arguments)
		f.holes = f.def.resolver != nil || f.below()
		o.holes = o.holes || f.holes
		if before, ok := last[f.def.name]; ok {
			o.fields[before].next = i
		} else if o.named != nil {
			o.named[f.def.name] = i
		}
		last[f.def.name] = i
	}
}

// object finds or makes the plan for a value of a type. It is the same for all:
// its fields stand for themselves, in batches and in what a view leaves out.
func (f *field) object(t *namedType) *object {
	if o := f.single.Load(); o != nil && o.typ == t {
		return o
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	first := f.single.Load()
	if first != nil && first.typ == t { // by now
		return first
	}
	if o := f.more[t]; o != nil {
		return o
	}
	sets := make([]ast.SelectionSet, len(f.nodes))
	for i, n := range f.nodes {
		sets[i] = n.SelectionSet
	}
	o := f.plan.object(t, sets)
	if first == nil {
		f.single.Store(o)
		return o
	}
	if f.more == nil {
		f.more = make(map[*namedType]*object)
	}
	f.more[t] = o
	return o
}
