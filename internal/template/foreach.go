package template

import (
	"fmt"
	"strings"
)

// expandLoops replaces every Fn::ForEach of the transform
// AWS::LanguageExtensions by what it makes (CloudFormation template reference,
// "Fn::ForEach").
func (l *loader) expandLoops() {
	e := &loops{l: l}
	e.expand(l.root)
}

type loops struct {
	l     *loader
	nodes int
}

const loopPrefix = "Fn::ForEach::"

func (e *loops) expand(n *node) {
	for _, item := range n.items {
		e.expand(item)
	}
	if n.kind != kindMap {
		return
	}
	fields := n.fields
	n.fields = nil
	seen := map[string]bool{}
	for _, f := range fields {
		made := []field{f}
		if strings.HasPrefix(f.key, loopPrefix) {
			made = e.loop(n, f)
		} else {
			e.expand(f.val)
		}
		for _, m := range made {
			if seen[m.key] {
				e.l.problem(m.val, "Fn::ForEach makes the key "+quoteShort(m.key)+" twice", "use the loop's variable in the key")
				continue
			}
			seen[m.key] = true
			n.fields = append(n.fields, m)
		}
	}
}

// loop makes the members of one Fn::ForEach::Name: [Variable, List, {Key: Value}].
func (e *loops) loop(parent *node, f field) []field {
	if !e.l.extensions {
		e.l.problem(f.val, f.key+" needs the transform AWS::LanguageExtensions", "Transform: AWS::LanguageExtensions")
		return nil
	}
	a := f.val
	if a.kind != kindList || len(a.items) != 3 || a.items[0].kind != kindString || a.items[2].kind != kindMap {
		e.l.problem(f.val, f.key+" takes a variable, a list and a map", f.key+": [Name, [A, B], {\"Topic${Name}\": {…}}]")
		return nil
	}
	list := e.l.eval(a.items[1])
	if list.kind != kindList {
		if list.kind != kindBad {
			e.l.problem(a.items[1], "Fn::ForEach goes through a list, this is "+list.kindName(), "")
		}
		return nil
	}
	var out []field
	for _, item := range list.items {
		if !item.scalar() {
			continue
		}
		s := substitution{e: e, name: a.items[0].text, value: item.text}
		body := s.copy(a.items[2], parent, "")
		e.expand(body)
		for _, m := range body.fields {
			m.val.parent, m.val.key = parent, m.key
			out = append(out, m)
		}
	}
	return out
}

// substitution copies a loop's body with the variable replaced: ${Name} by the
// value, &{Name} by its letters and digits, {Ref: Name} by the value.
type substitution struct {
	e           *loops
	name, value string
}

func (s substitution) copy(n, parent *node, key string) *node {
	out := &node{kind: n.kind, text: s.text(n.text), line: n.line, parent: parent, key: key, marks: n.marks}
	if s.e.nodes++; s.e.nodes > maxNodes {
		if s.e.nodes == maxNodes+1 {
			s.e.l.problem(n, fmt.Sprintf("Fn::ForEach makes more than %d values", maxNodes), "")
		}
		return out.bad()
	}
	if name, arg, ok := n.single(); ok && name == "Ref" && arg.text == s.name {
		return out.str(s.value)
	}
	for _, item := range n.items {
		out.items = append(out.items, s.copy(item, out, item.key))
	}
	for _, f := range n.fields {
		k := s.text(f.key)
		out.fields = append(out.fields, field{k, f.line, s.copy(f.val, out, k)})
	}
	return out
}

func (s substitution) text(t string) string {
	uses := strings.Count(t, "{"+s.name+"}")
	if uses == 0 {
		return t
	}
	if s.e.l.produced += len(t) + uses*len(s.value); s.e.l.produced > maxProduced {
		s.e.nodes = max(s.e.nodes, maxNodes) // reported by copy
		return ""
	}
	t = strings.ReplaceAll(t, "${"+s.name+"}", s.value)
	return strings.ReplaceAll(t, "&{"+s.name+"}", keepAlnum(s.value))
}
