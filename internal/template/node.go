package template

import (
	"strconv"
	"strings"
)

// kind is what a node holds.
type kind uint8

const (
	kindNull kind = iota
	kindString
	kindNumber
	kindBool
	kindList
	kindMap
	kindAbsent // AWS::NoValue, after evaluation
	kindBad    // could not be evaluated; the problem is reported already
)

// node is one value of a template and the place it stands at. A node that has
// been read is never changed except by the expansions that run before
// evaluation (Fn::ForEach, Globals); evaluation makes new nodes.
type node struct {
	kind   kind
	text   string // scalars, as written
	items  []*node
	fields []field
	line   int
	parent *node  // nil at the root and for made-up nodes
	key    string // key or index under parent
	marks  marks
}

// marks say what a value was made of.
type marks struct {
	secret  bool // of a secret: it is never shown
	standin bool // of a placeholder for what is not run
}

func (m *marks) add(other marks) {
	m.secret = m.secret || other.secret
	m.standin = m.standin || other.standin
}

// allMarks are the marks of n and of everything in it.
func (n *node) allMarks() marks {
	m := n.marks
	for _, v := range n.items {
		m.add(v.allMarks())
	}
	for _, f := range n.fields {
		m.add(f.val.allMarks())
	}
	return m
}

// field is one member of a map, in the order of the file.
type field struct {
	key  string
	line int
	val  *node
}

// get finds a member of a map; nil if there is none, or n is no map.
func (n *node) get(key string) *node {
	if n == nil {
		return nil
	}
	for i := range n.fields {
		if n.fields[i].key == key {
			return n.fields[i].val
		}
	}
	return nil
}

// at walks down a path of keys; nil if a step is missing.
func (n *node) at(keys ...string) *node {
	for _, k := range keys {
		n = n.get(k)
	}
	return n
}

// member is n under a key; what has members itself stands where its key is.
func (n *node) member(key string, line int) field {
	if !n.scalar() {
		n.line = line
	}
	return field{key: key, line: line, val: n}
}

func (n *node) scalar() bool {
	return n.kind == kindString || n.kind == kindNumber || n.kind == kindBool
}

// add appends a member to a map that is being built.
func (n *node) add(key string, val *node) *node {
	if val != nil {
		n.fields = append(n.fields, field{key: key, line: val.line, val: val})
	}
	return n
}

// as is a new node that stands where n stands.
func (n *node) as(k kind, text string) *node {
	return &node{kind: k, text: text, line: n.line, parent: n.parent, key: n.key, marks: n.marks}
}

func (n *node) str(text string) *node { return n.as(kindString, text) }
func (n *node) bad() *node            { return n.as(kindBad, "") }

// list is a new list that stands where n stands.
func (n *node) list(items ...*node) *node {
	out := n.as(kindList, "")
	out.items = items
	return out
}

// object is a new, empty map that stands where n stands.
func (n *node) object() *node { return n.as(kindMap, "") }

// call is a new intrinsic call that stands where n stands.
func (n *node) call(name string, arg *node) *node { return n.object().add(name, arg) }

// single is the only member of a one-member map.
func (n *node) single() (key string, val *node, ok bool) {
	if n.kind != kindMap || len(n.fields) != 1 {
		return "", nil, false
	}
	return n.fields[0].key, n.fields[0].val, true
}

// path is the keys that lead from the root to n.
func (n *node) path() []string {
	depth := 0
	for p := n; p != nil && p.parent != nil; p = p.parent {
		depth++
	}
	keys := make([]string, depth)
	for p := n; depth > 0; p = p.parent {
		depth--
		keys[depth] = p.key
	}
	return keys
}

// where is the logical id and the property path that n stands at.
func (n *node) where() (resource, property string) {
	keys := n.path()
	if len(keys) >= 2 && keys[0] == "Resources" {
		return keys[1], joinPath(keys[2:])
	}
	return "", joinPath(keys)
}

// joinPath writes list indexes in brackets: Properties.Layers[0].
func joinPath(keys []string) string {
	var b strings.Builder
	for _, k := range keys {
		if _, err := strconv.Atoi(k); err == nil && b.Len() > 0 {
			b.WriteString("[" + k + "]")
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(k)
	}
	return b.String()
}

// kindName is the word for what n holds, for messages.
func (n *node) kindName() string {
	switch n.kind {
	case kindString:
		return "a string"
	case kindNumber:
		return "a number"
	case kindBool:
		return "a boolean"
	case kindList:
		return "a list"
	case kindMap:
		return "a map"
	default:
		return "null"
	}
}

// show is n's text for a message: quoted, short, and never a secret.
func (n *node) show() string {
	if n.marks.secret {
		return "(a value that is not shown)"
	}
	return quoteShort(n.text)
}

func quoteShort(s string) string {
	if r := []rune(s); len(r) > 80 {
		s = string(r[:77]) + "..."
	}
	return strconv.Quote(s)
}
