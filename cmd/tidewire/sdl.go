package main

import (
	"encoding/json"
	"slices"
	"strings"
)

// sdl writes a schema in GraphQL's schema definition language.
type sdl struct {
	b   strings.Builder
	err error // the first
}

// schema writes all definitions: schema, directives, types.
func (p *sdl) schema(s *introSchema) {
	p.roots(s)
	slices.SortStableFunc(s.Directives, func(a, b introDirective) int { return strings.Compare(a.Name, b.Name) })
	for i := range s.Directives {
		if !builtInDirective(s.Directives[i].Name) {
			p.gap()
			p.directive(&s.Directives[i])
		}
	}
	slices.SortStableFunc(s.Types, func(a, b introType) int { return strings.Compare(a.Name, b.Name) })
	for i := range s.Types {
		if t := &s.Types[i]; !builtInType(t) {
			p.gap()
			p.definition(t)
		}
	}
}

// builtInDirective says which directives every service has (GraphQL
// specification, October 2021, section 3.13).
func builtInDirective(name string) bool {
	return slices.Contains([]string{"deprecated", "include", "oneOf", "skip", "specifiedBy"}, name)
}

// builtInType says which types every service has (sections 3.5 and 4).
func builtInType(t *introType) bool {
	return strings.HasPrefix(t.Name, "__") ||
		t.Kind == "SCALAR" && slices.Contains([]string{"Boolean", "Float", "ID", "Int", "String"}, t.Name)
}

// gap puts an empty line before all but the first definition.
func (p *sdl) gap() {
	if p.b.Len() > 0 {
		p.b.WriteByte('\n')
	}
}

// roots writes schema { … } where a root type has not its usual name, or
// where a type has that name and is no root.
func (p *sdl) roots(s *introSchema) {
	roots := []struct {
		operation, usual string
		root             *introNamed
	}{{"query", "Query", s.QueryType}, {"mutation", "Mutation", s.MutationType}, {"subscription", "Subscription", s.SubscriptionType}}
	needed := false
	for _, r := range roots {
		named := slices.ContainsFunc(s.Types, func(t introType) bool { return t.Name == r.usual })
		needed = needed || r.root != nil && r.root.Name != r.usual || r.root == nil && named
	}
	if !needed {
		return
	}
	p.b.WriteString("schema {\n")
	for _, r := range roots {
		if r.root != nil {
			p.b.WriteString("  " + r.operation + ": " + r.root.Name + "\n")
		}
	}
	p.b.WriteString("}\n")
}

func (p *sdl) directive(d *introDirective) {
	p.description(d.Description, "")
	p.b.WriteString("directive @" + d.Name)
	p.arguments(d.Args, "")
	if d.IsRepeatable {
		p.b.WriteString(" repeatable")
	}
	p.b.WriteString(" on " + strings.Join(d.Locations, " | ") + "\n")
}

func (p *sdl) definition(t *introType) {
	words := map[string]string{"SCALAR": "scalar", "OBJECT": "type", "INTERFACE": "interface", "UNION": "union", "ENUM": "enum", "INPUT_OBJECT": "input"}
	p.description(t.Description, "")
	p.b.WriteString(words[t.Kind] + " " + t.Name) // an unknown kind does not parse again
	if t.SpecifiedByURL != "" {
		p.b.WriteString(" @specifiedBy(url: " + quotedText(t.SpecifiedByURL) + ")")
	}
	switch t.Kind {
	case "UNION":
		p.names(" = ", " | ", t.PossibleTypes)
	case "OBJECT", "INTERFACE":
		p.names(" implements ", " & ", t.Interfaces)
		p.fields(t.Fields)
	case "INPUT_OBJECT":
		p.block(len(t.InputFields), func(i int) {
			p.description(t.InputFields[i].Description, "  ")
			p.b.WriteString("  ")
			p.value(&t.InputFields[i])
		})
	case "ENUM":
		p.block(len(t.EnumValues), func(i int) {
			v := &t.EnumValues[i]
			p.description(v.Description, "  ")
			p.b.WriteString("  " + v.Name)
			p.deprecation(v.introDeprecation)
		})
	}
	p.b.WriteByte('\n')
}

// names writes a list of types after before, nothing for an empty list.
func (p *sdl) names(before, between string, list []introRef) {
	names := make([]string, len(list))
	for i := range list {
		names[i] = list[i].Name
	}
	if len(names) > 0 {
		p.b.WriteString(before + strings.Join(names, between))
	}
}

// block writes n lines in braces.
func (p *sdl) block(n int, line func(i int)) {
	if n == 0 {
		return
	}
	p.b.WriteString(" {\n")
	for i := range n {
		line(i)
		p.b.WriteByte('\n')
	}
	p.b.WriteByte('}')
}

func (p *sdl) fields(list []introField) {
	p.block(len(list), func(i int) {
		f := &list[i]
		p.description(f.Description, "  ")
		p.b.WriteString("  " + f.Name)
		p.arguments(f.Args, "  ")
		p.b.WriteString(": ")
		p.reference(&f.Type)
		p.deprecation(f.introDeprecation)
	})
}

// arguments writes arguments on one line, or each on one of its own if any has
// a description.
func (p *sdl) arguments(list []introValue, indent string) {
	if len(list) == 0 {
		return
	}
	described := slices.ContainsFunc(list, func(v introValue) bool { return v.Description != "" })
	p.b.WriteByte('(')
	for i := range list {
		switch {
		case described:
			p.b.WriteByte('\n')
			p.description(list[i].Description, indent+"  ")
			p.b.WriteString(indent + "  ")
		case i > 0:
			p.b.WriteString(", ")
		}
		p.value(&list[i])
	}
	if described {
		p.b.WriteString("\n" + indent)
	}
	p.b.WriteByte(')')
}

func (p *sdl) value(v *introValue) {
	p.b.WriteString(v.Name + ": ")
	p.reference(&v.Type)
	if v.DefaultValue != nil {
		p.b.WriteString(" = " + *v.DefaultValue)
	}
	p.deprecation(v.introDeprecation)
}

func (p *sdl) reference(r *introRef) {
	text, err := r.text()
	if p.err == nil {
		p.err = err
	}
	p.b.WriteString(text)
}

func (p *sdl) deprecation(d introDeprecation) {
	const usual = "No longer supported"
	switch {
	case !d.IsDeprecated:
	case d.DeprecationReason == "" || d.DeprecationReason == usual:
		p.b.WriteString(" @deprecated")
	default:
		p.b.WriteString(" @deprecated(reason: " + quotedText(d.DeprecationReason) + ")")
	}
}

// description writes a block string, or a string where a block could not hold
// the text (GraphQL specification, October 2021, section 2.9.4).
func (p *sdl) description(text, indent string) {
	if text == "" {
		return
	}
	if !fitsBlock(text) {
		p.b.WriteString(indent + quotedText(text) + "\n")
		return
	}
	text = strings.ReplaceAll(text, `"""`, `\"""`)
	p.b.WriteString(indent + `"""` + "\n")
	for line := range strings.SplitSeq(text, "\n") {
		if line != "" {
			p.b.WriteString(indent + line)
		}
		p.b.WriteByte('\n')
	}
	p.b.WriteString(indent + `"""` + "\n")
}

// fitsBlock says whether a block string with its own indentation gives back
// text: no control characters, no empty line at either end, and one line that
// does not begin with a blank.
func fitsBlock(text string) bool {
	lines := strings.Split(text, "\n")
	blank := func(line string) bool { return strings.Trim(line, " \t") == "" }
	outdented := func(line string) bool { return line != "" && line[0] != ' ' && line[0] != '\t' }
	control := func(r rune) bool { return r < ' ' && r != '\t' && r != '\n' || r == 0x7f || r == '\ufffd' }
	return !blank(lines[0]) && !blank(lines[len(lines)-1]) && slices.ContainsFunc(lines, outdented) &&
		!strings.ContainsFunc(text, control) && !slices.ContainsFunc(lines, func(line string) bool { return line != "" && blank(line) })
}

// quotedText is a string of GraphQL, whose escapes are JSON's.
func quotedText(text string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(text) // strings have no error
	return strings.TrimSuffix(b.String(), "\n")
}
