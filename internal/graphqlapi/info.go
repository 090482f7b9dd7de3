package graphqlapi

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// maxInfo bounds the texts that ctx.info has of a selection: fragments can
// make them much longer than the document.
const maxInfo = 256 << 10

// describe is ctx.info without the variables, made once.
func (f *field) describe() *Info {
	f.infoOnce.Do(func() {
		f.info = Info{FieldName: f.def.name, ParentTypeName: f.def.parent.name, SelectionSetList: []string{}}
		d := describer{plan: f.plan, seen: make(map[string]bool)}
		for _, n := range f.nodes {
			d.list(n.SelectionSet, "")
		}
		if d.paths != nil {
			f.info.SelectionSetList = d.paths
		}
		f.info.SelectionSetGraphQL = d.graphQL(f.nodes)
	})
	return &f.info
}

// describer writes a selection as lists and text. Fragments are spread out.
type describer struct {
	plan  *plan
	seen  map[string]bool
	paths []string
	size  int
	text  strings.Builder
}

// list collects the paths of all selected fields, with aliases.
func (d *describer) list(set ast.SelectionSet, prefix string) {
	for _, sel := range set {
		if d.size > maxInfo {
			return
		}
		switch sel := sel.(type) {
		case *ast.Field:
			if d.plan.included(sel.Directives) {
				d.listField(sel, prefix)
			}
		case *ast.InlineFragment:
			if d.plan.included(sel.Directives) {
				d.list(sel.SelectionSet, prefix)
			}
		case *ast.FragmentSpread:
			if d.plan.included(sel.Directives) && sel.Definition != nil {
				d.list(sel.Definition.SelectionSet, prefix)
			}
		}
	}
}

func (d *describer) listField(f *ast.Field, prefix string) {
	path := prefix + f.Alias
	d.size += len(path) + 1
	if !d.seen[path] {
		d.seen[path] = true
		d.paths = append(d.paths, path)
	}
	d.list(f.SelectionSet, path+"/")
}

// graphQL is the selection as text, with braces.
func (d *describer) graphQL(list nodes) string {
	var all ast.SelectionSet
	for _, n := range list {
		all = append(all, n.SelectionSet...)
	}
	if len(all) == 0 {
		return ""
	}
	d.set(all, "")
	return d.text.String()
}

func (d *describer) set(set ast.SelectionSet, indent string) {
	d.text.WriteString("{\n")
	for _, sel := range set {
		if d.text.Len() > maxInfo {
			break
		}
		d.selection(sel, indent+"  ")
	}
	d.text.WriteString(indent + "}")
}

func (d *describer) selection(sel ast.Selection, indent string) {
	switch sel := sel.(type) {
	case *ast.Field:
		if d.plan.included(sel.Directives) {
			d.field(sel, indent)
		}
	case *ast.InlineFragment:
		if d.plan.included(sel.Directives) {
			d.fragment(sel.TypeCondition, sel.SelectionSet, indent)
		}
	case *ast.FragmentSpread:
		if d.plan.included(sel.Directives) && sel.Definition != nil {
			d.fragment(sel.Definition.TypeCondition, sel.Definition.SelectionSet, indent)
		}
	}
}

func (d *describer) field(f *ast.Field, indent string) {
	d.text.WriteString(indent)
	if f.Alias != f.Name {
		d.text.WriteString(f.Alias + ": ")
	}
	d.text.WriteString(f.Name)
	for i, a := range f.Arguments {
		d.text.WriteString(map[bool]string{true: "(", false: ", "}[i == 0] + a.Name + ": " + a.Value.String())
	}
	if len(f.Arguments) > 0 {
		d.text.WriteByte(')')
	}
	if len(f.SelectionSet) > 0 {
		d.text.WriteByte(' ')
		d.set(f.SelectionSet, indent)
	}
	d.text.WriteByte('\n')
}

func (d *describer) fragment(condition string, set ast.SelectionSet, indent string) {
	d.text.WriteString(indent + "... ")
	if condition != "" {
		d.text.WriteString("on " + condition + " ")
	}
	d.set(set, indent)
	d.text.WriteByte('\n')
}

// event is the context as a direct Lambda function gets it (AppSync developer
// guide, "Direct Lambda resolvers").
func (c *call) event() []byte {
	dst := make([]byte, 0, 1024)
	dst = appendRaw(append(dst, `{"arguments":`...), c.c.Arguments)
	dst = appendRaw(append(dst, `,"identity":`...), c.c.Identity)
	dst = appendRaw(append(dst, `,"source":`...), c.c.Source)
	dst = appendRaw(append(dst, `,"request":{"headers":`...), c.c.Headers)
	dst = append(dst, `,"domainName":`...)
	if c.c.DomainName == nil {
		dst = append(dst, "null"...)
	} else {
		dst = appendString(dst, *c.c.DomainName)
	}
	dst = append(dst, `},"prev":`...)
	if c.c.Prev == nil {
		dst = append(dst, "null"...)
	} else {
		dst = append(appendRaw(append(dst, `{"result":`...), c.c.Prev), '}')
	}
	dst = appendInfo(append(dst, `,"info":`...), c.c.Info)
	dst = appendRaw(append(dst, `,"stash":`...), c.c.Stash)
	return append(dst, '}')
}

// appendInfo writes info as direct functions get it.
func appendInfo(dst []byte, i *Info) []byte {
	dst = append(dst, `{"selectionSetList":[`...)
	for n, path := range i.SelectionSetList {
		if n > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(dst, path)
	}
	dst = appendString(append(dst, `],"selectionSetGraphQL":`...), i.SelectionSetGraphQL)
	dst = appendString(append(dst, `,"parentTypeName":`...), i.ParentTypeName)
	dst = appendString(append(dst, `,"fieldName":`...), i.FieldName)
	dst = appendRaw(append(dst, `,"variables":`...), i.Variables)
	return append(dst, '}')
}
