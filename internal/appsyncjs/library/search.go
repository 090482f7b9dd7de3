package library

import (
	"bytes"
	"strings"

	"github.com/dop251/goja"
)

// toElasticsearchQueryDSL gives an OpenSearch query as JSON, or null for a filter
// with an operator it does not know.
func toElasticsearchQueryDSL(l *library, a arguments) goja.Value {
	q := query{l}
	clauses, ok := q.filter(a.at(0), 0)
	if !ok {
		return goja.Null()
	}
	return l.string(string(q.all(clauses)))
}

// query writes clauses of the query language, each as JSON.
type query struct{ l *library }

func (q query) filter(v goja.Value, depth int) (clauses [][]byte, ok bool) {
	q.l.descend(depth)
	o := plainObject(v)
	if o == nil {
		return nil, false
	}
	for _, m := range q.l.entries(o) {
		clause, ok := q.member(m, depth)
		if !ok {
			return nil, false
		}
		clauses = append(clauses, clause)
	}
	return clauses, true
}

func (q query) member(m entry, depth int) ([]byte, bool) {
	switch strings.ToLower(m.key) {
	case "and":
		clauses, ok := q.group(m.value, depth)
		return q.must(clauses), ok
	case "or":
		clauses, ok := q.group(m.value, depth)
		return q.should(clauses), ok
	case "not":
		clauses, ok := q.filter(m.value, depth+1)
		return q.mustNot(q.all(clauses)), ok
	}
	clauses, ok := q.field(m)
	return q.all(clauses), ok
}

func (q query) group(v goja.Value, depth int) (clauses [][]byte, ok bool) {
	filters, ok := q.l.list(v)
	if !ok {
		return nil, false
	}
	for _, f := range filters {
		inner, ok := q.filter(f, depth+1)
		if !ok {
			return nil, false
		}
		clauses = append(clauses, q.all(inner))
	}
	return clauses, true
}

func (q query) field(m entry) (clauses [][]byte, ok bool) {
	o := plainObject(m.value)
	if o == nil {
		return nil, false
	}
	for _, op := range q.l.entries(o) {
		clause, ok := q.operator(m.key, op)
		if !ok {
			return nil, false
		}
		clauses = append(clauses, clause)
	}
	return clauses, true
}

func (q query) operator(field string, op entry) ([]byte, bool) {
	switch op.key {
	case "eq":
		return q.clause("term", field, op.value), true
	case "ne":
		return q.mustNot(q.clause("term", field, op.value)), true
	case "match", "wildcard", "regexp":
		return q.clause(op.key, field, op.value), true
	case "matchPhrase":
		return q.clause("match_phrase", field, op.value), true
	case "matchPhrasePrefix":
		return q.clause("match_phrase_prefix", field, op.value), true
	case "multiMatch":
		return q.clause("multi_match", field, op.value), true
	case "gt", "gte", "lt", "lte":
		return q.pair("range", q.pair(field, q.pair(op.key, q.l.encode(op.value)))), true
	case "range":
		return q.between(field, op.value)
	case "exists":
		return q.exists(field, op.value)
	}
	return nil, false
}

func (q query) between(field string, v goja.Value) ([]byte, bool) {
	bounds, ok := q.l.list(v)
	if !ok || len(bounds) < 2 {
		return nil, false
	}
	inner := append([]byte(`{"gte":`), q.l.encode(bounds[0])...)
	inner = append(append(inner, `,"lte":`...), q.l.encode(bounds[1])...)
	return q.pair("range", q.pair(field, append(inner, '}'))), true
}

func (q query) exists(field string, v goja.Value) ([]byte, bool) {
	if isNull(v) || kindOf(v) != "a boolean" {
		return nil, false
	}
	clause := q.pair("exists", q.pair("field", appendString(nil, field)))
	if !v.ToBoolean() {
		clause = q.mustNot(clause)
	}
	return clause, true
}

func (q query) clause(name, field string, v goja.Value) []byte {
	return q.pair(name, q.pair(field, q.l.encode(v)))
}

// pair is {name: value}.
func (q query) pair(name string, value []byte) []byte {
	q.l.grow(len(name) + len(value) + 8)
	dst := append(appendString([]byte{'{'}, name), ':')
	return append(append(dst, value...), '}')
}

// all is the one clause there is, or a query that wants each of them; null for
// none.
func (q query) all(clauses [][]byte) []byte {
	if len(clauses) == 1 {
		return clauses[0]
	}
	return q.must(clauses)
}

func (q query) must(clauses [][]byte) []byte {
	if len(clauses) == 0 {
		return []byte("null")
	}
	return q.pair("bool", q.pair("must", q.array(clauses)))
}

func (q query) should(clauses [][]byte) []byte {
	if len(clauses) == 0 {
		return []byte("null")
	}
	dst := append([]byte(`{"bool":{"should":`), q.array(clauses)...)
	return append(dst, `,"minimum_should_match":1}}`...)
}

func (q query) mustNot(clause []byte) []byte {
	return q.pair("bool", q.pair("must_not", clause))
}

func (q query) array(clauses [][]byte) []byte {
	n := 2
	for _, c := range clauses {
		n += len(c) + 1
	}
	q.l.grow(2 * n)
	return append(append([]byte{'['}, bytes.Join(clauses, []byte{','})...), ']')
}
