package library

import "github.com/dop251/goja"

var transformFunctions = []function{
	{"toDynamoDBFilterExpression", 1, toDynamoDBExpression},
	{"toDynamoDBConditionExpression", 1, toDynamoDBExpression},
	{"toElasticsearchQueryDSL", 1, toElasticsearchQueryDSL},
	{"toSubscriptionFilter", 3, toSubscriptionFilter},
}

// toDynamoDBExpression gives the JSON of {expression, expressionNames,
// expressionValues}, or null. Filters and conditions read the same.
func toDynamoDBExpression(l *library, a arguments) goja.Value {
	e := l.condition(a.at(0))
	if e == nil {
		return goja.Null()
	}
	return l.string(string(l.encode(l.object(
		entry{"expression", l.string(string(e.text))},
		entry{"expressionNames", e.names},
		entry{"expressionValues", e.values},
	))))
}

// toSubscriptionFilter multiplies a filter out: groups of conditions that all
// hold, of which one has to. Operators are not looked at, and "not" is a field
// like any other.
func toSubscriptionFilter(l *library, a arguments) goja.Value {
	x := &expansion{l: l, ignored: l.names(a.at(1))}
	groups, ok := x.filter([][]goja.Value{nil}, a.at(0), 0)
	if !ok {
		return goja.Null()
	}
	if !a.null(2) {
		rules, ok := x.rules(a.at(2))
		if !ok {
			return goja.Null()
		}
		if len(rules) > 0 {
			groups = x.multiply(groups, rules)
		}
	}
	return l.object(entry{"filterGroup", x.groups(groups)})
}

func (l *library) names(v goja.Value) map[string]bool {
	elements, ok := l.list(v)
	if !ok {
		return nil
	}
	names := make(map[string]bool, len(elements))
	for _, e := range elements {
		names[l.text(e)] = true
	}
	return names
}

// expansion is the disjunctive normal form of a filter, under construction.
type expansion struct {
	l       *library
	ignored map[string]bool
}

// filter combines the groups so far with those of a filter object.
func (x *expansion) filter(groups [][]goja.Value, v goja.Value, depth int) ([][]goja.Value, bool) {
	x.l.descend(depth)
	o := plainObject(v)
	if o == nil {
		return nil, false
	}
	ok := true
	for _, m := range x.l.entries(o) {
		switch {
		case m.key == "and":
			groups, ok = x.and(groups, m.value, depth)
		case m.key == "or":
			groups, ok = x.or(groups, m.value, depth)
		case !x.ignored[m.key]:
			groups, ok = x.field(groups, m)
		}
		if !ok {
			return nil, false
		}
	}
	return groups, true
}

func (x *expansion) and(groups [][]goja.Value, v goja.Value, depth int) ([][]goja.Value, bool) {
	filters, ok := x.l.list(v)
	for i := 0; ok && i < len(filters); i++ {
		groups, ok = x.filter(groups, filters[i], depth+1)
	}
	return groups, ok
}

func (x *expansion) or(groups [][]goja.Value, v goja.Value, depth int) ([][]goja.Value, bool) {
	filters, ok := x.l.list(v)
	if !ok {
		return nil, false
	}
	var alternatives [][]goja.Value
	for _, f := range filters {
		more, ok := x.filter([][]goja.Value{nil}, f, depth+1)
		if !ok {
			return nil, false
		}
		alternatives = append(alternatives, more...)
	}
	return x.multiply(groups, alternatives), true
}

func (x *expansion) field(groups [][]goja.Value, m entry) ([][]goja.Value, bool) {
	alternatives, ok := x.operators(m)
	if !ok {
		return nil, false
	}
	return x.multiply(groups, alternatives), true
}

// operators are the alternatives of one field, one per operator.
func (x *expansion) operators(m entry) ([][]goja.Value, bool) {
	o := plainObject(m.value)
	if o == nil {
		return nil, false
	}
	var alternatives [][]goja.Value
	for _, op := range x.l.entries(o) {
		x.l.grow(128)
		alternatives = append(alternatives, []goja.Value{x.l.object(
			entry{"fieldName", x.l.string(m.key)}, entry{"operator", x.l.string(op.key)}, entry{"value", op.value})})
	}
	return alternatives, true
}

// rules are alternatives of which one has to hold beside the filter.
func (x *expansion) rules(v goja.Value) ([][]goja.Value, bool) {
	o := plainObject(v)
	if o == nil {
		return nil, false
	}
	var all [][]goja.Value
	for _, m := range x.l.entries(o) {
		alternatives, ok := x.operators(m)
		if !ok {
			return nil, false
		}
		all = append(all, alternatives...)
	}
	return all, true
}

// multiply combines every group with every alternative. Where there is none, as of
// a field without operators or an empty "or", nothing is asked for: the groups
// stay what they are, lest what a client leaves empty removes the conditions
// around it.
func (x *expansion) multiply(groups, alternatives [][]goja.Value) [][]goja.Value {
	if len(alternatives) == 0 {
		return groups
	}
	product := make([][]goja.Value, 0, x.product(len(groups), len(alternatives)))
	for _, g := range groups {
		for _, a := range alternatives {
			x.l.grow(16*(len(g)+len(a)) + 24)
			product = append(product, append(g[:len(g):len(g)], a...))
		}
	}
	return product
}

// product is the number of groups to come. AppSync uses ten at most, so that
// what is far above is a mistake or an attack.
func (x *expansion) product(a, b int) int {
	const most = 10_000
	if a*b > most {
		x.l.throw("the subscription filter has more than %d combinations", most)
	}
	return a * b
}

func (x *expansion) groups(groups [][]goja.Value) goja.Value {
	var all []goja.Value
	for _, g := range groups {
		if len(g) > 0 {
			all = append(all, x.l.object(entry{"filters", x.l.array(g)}))
		}
	}
	return x.l.array(all)
}
