package iam

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Miss is an Allow statement that did not match, and the first part of it
// that failed.
type Miss struct {
	Source    Source
	Policy    string
	Statement int // from 1
	Sid       string
	Part      Part
	// Operator and Key are of the failed condition, as written; empty if
	// another part failed.
	Operator, Key string
	// Wanted are the values in the policy, Given the request's; Given is
	// empty for a condition key without value.
	Wanted, Given []string
	// Note adds what is easily overlooked, such as a policy variable
	// without value. It may be empty.
	Note string
}

// Misses lists the Allow statements in which a missing Allow was looked for,
// those that came nearest first. It is empty for decisions that a statement
// made. Every call computes it anew.
func (d Diagnostic) Misses() []Miss {
	if !d.given || d.Statement > 0 {
		return nil
	}
	c := newCall(&d.request)
	var misses []Miss
	for _, from := range d.looked() {
		for _, named := range d.policies.of(from) {
			misses = append(misses, named.misses(&c, from)...)
		}
	}
	slices.SortStableFunc(misses, func(a, b Miss) int { return cmp.Compare(b.Part, a.Part) })
	return misses
}

// looked are the kinds of policy in which the missing Allow was looked for. A
// resource policy could have stood in for an identity policy.
func (d Diagnostic) looked() []Source {
	if d.Source == IdentityBased {
		return []Source{IdentityBased, ResourceBased}
	}
	return []Source{d.Source}
}

// of are the policies of one kind.
func (p *Policies) of(from Source) []Named {
	switch {
	case from == IdentityBased:
		return p.Identity
	case from == ResourceBased:
		return p.Resource
	case from == PermissionsBoundary && p.Boundary != nil:
		return []Named{*p.Boundary}
	case from == SessionPolicy && p.Session != nil:
		return []Named{*p.Session}
	}
	return nil
}

func (n *Named) misses(c *call, from Source) []Miss {
	if n.Policy == nil {
		return nil
	}
	var misses []Miss
	for i := range n.Policy.statements {
		s := &n.Policy.statements[i]
		part, index := s.failing(c, from)
		if s.deny || part == NoPart {
			continue
		}
		m := Miss{Source: from, Policy: n.Name, Statement: i + 1, Sid: s.sid, Part: part}
		m.fill(s, c, index)
		misses = append(misses, m)
	}
	return misses
}

// fill adds what was wanted and what was given.
func (m *Miss) fill(s *statement, c *call, index int) {
	switch m.Part {
	case ActionPart:
		m.Given = []string{c.request.Action}
		for i := range s.actions {
			m.Wanted = append(m.Wanted, s.actions[i].source)
		}
	case ResourcePart:
		m.Given = []string{c.request.Resource}
		for i := range s.resources {
			m.Wanted = append(m.Wanted, s.resources[i].source)
			m.note(s.resources[i].unresolved(c.request.Context))
			m.early(s.resources[i].source)
		}
	case PrincipalPart:
		m.Given = []string{c.request.Principal}
		for i := range s.principals {
			m.Wanted = append(m.Wanted, s.principals[i].source)
		}
	case ConditionPart:
		m.fillCondition(&s.conditions[index], c.request.Context)
	}
}

func (m *Miss) fillCondition(cond *condition, ctx Context) {
	m.Operator, m.Key = cond.name, cond.shown
	m.Given = slices.Clone(ctx[cond.key])
	for i := range cond.values {
		m.Wanted = append(m.Wanted, cond.values[i].source)
		m.note(cond.values[i].text.unresolved(ctx))
		m.note(cond.values[i].arn.unresolved(ctx))
	}
}

func (m *Miss) note(variable string) {
	if variable != "" {
		m.Note = fmt.Sprintf("the policy variable ${%s} has no value here", variable)
	}
}

// early notes a variable where none can be, which often is a "!Sub" that was
// forgotten.
func (m *Miss) early(source string) {
	if i := strings.Index(source, "${"); i >= 0 && strings.Count(source[:i], ":") < arnResource {
		m.Note = `"${" before the fifth colon is not a policy variable; is a !Sub missing?`
	}
}

// String says it in one line.
func (m Miss) String() string {
	text := place(m.Policy, m.Statement, m.Sid) + ": "
	if m.Part == ConditionPart {
		text += fmt.Sprintf("Condition %s on %s failed: wants %s, ", m.Operator, m.Key, list(m.Wanted))
		if len(m.Given) == 0 {
			text += "the request has none"
		} else {
			text += "the request has " + list(m.Given)
		}
	} else {
		text += fmt.Sprintf("%s does not match: it has %s", m.Part, list(m.Wanted))
	}
	if m.Note != "" {
		text += " (" + m.Note + ")"
	}
	return text
}

// list writes at most three values.
func list(values []string) string {
	const most = 3
	if len(values) == 0 {
		return "nothing"
	}
	var shown []string
	for _, v := range values[:min(len(values), most)] {
		shown = append(shown, shorten(v))
	}
	text := strings.Join(shown, ", ")
	if len(values) > most {
		text += fmt.Sprintf(" and %d more", len(values)-most)
	}
	return text
}
