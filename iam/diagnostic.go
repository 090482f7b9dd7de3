package iam

import (
	"fmt"
	"strings"
)

// Diagnostic is the reason for a [Decision]. It is cheap to make and is put
// into words only by its methods, which read the policies and the Context
// given to Evaluate. Its zero value explains nothing and says so.
type Diagnostic struct {
	// Explicit is true for a Deny that a Deny statement made.
	Explicit bool
	// Source is the kind of policy that decided. For a Deny that no
	// statement made it is the kind in which an Allow was missing.
	Source Source
	// Policy, Statement and Sid name the statement that decided; Statement
	// counts from 1. They are zero if none did.
	Policy    string
	Statement int
	Sid       string

	decision Decision
	given    bool // there was something to evaluate
	policies Policies
	request  Request
}

func explained(p *Policies, r *Request, from Source, f *found, decision Decision) Diagnostic {
	d := Diagnostic{Source: from, decision: decision, given: true}
	if decision == Deny { // copied, so that the caller's Request need not be on the heap
		d.policies, d.request = *p, *r
	}
	if f.ok() {
		d.Explicit = decision == Deny
		d.Policy, d.Statement = f.policy.Name, f.index+1
		d.Sid = f.policy.Policy.statements[f.index].sid
	}
	return d
}

// String says the decision and its reason in one line, for a log or a person.
// It contains ARNs, names and values of condition keys; nothing secret, unless
// the caller put it there.
func (d Diagnostic) String() string {
	switch {
	case d.decision == Allow:
		return "allowed by " + d.where()
	case d.Explicit:
		return "explicitly denied by " + d.where()
	}
	return "implicitly denied: " + d.Reason()
}

// where names the deciding statement.
func (d Diagnostic) where() string {
	return d.Source.String() + " " + place(d.Policy, d.Statement, d.Sid)
}

func place(policy string, statement int, sid string) string {
	text := fmt.Sprintf("%q, statement %d", policy, statement)
	if sid != "" {
		text += fmt.Sprintf(" (Sid %q)", sid)
	}
	return text
}

// Reason says what decided: the statement, or what was missing and which Allow
// statements came nearest, with the element, or the condition operator and
// key, that failed.
func (d Diagnostic) Reason() string {
	switch {
	case !d.given:
		return "there was nothing to evaluate"
	case d.Statement > 0:
		return d.where()
	}
	text := d.missing()
	misses := d.Misses()
	for i, m := range misses {
		if i == maxMisses {
			return text + fmt.Sprintf("; and %d more", len(misses)-i)
		}
		text += "; " + m.String()
	}
	return text
}

// maxMisses bounds how many statements Reason names.
const maxMisses = 4

// missing says which Allow there was not.
func (d Diagnostic) missing() string {
	asked := fmt.Sprintf("%s on %s", shorten(d.request.Action), shorten(d.request.Resource))
	switch {
	case d.Source == ResourceBased && len(d.policies.Resource) == 0:
		return "principal and resource are in different accounts and no resource-based policy allows " + asked
	case d.Source != IdentityBased:
		return fmt.Sprintf("no %s allows %s", d.Source, asked)
	}
	text := "no identity-based policy allows " + asked
	if len(d.policies.Identity) == 0 {
		text = "the principal has no identity-based policy, so nothing allows " + asked
	}
	return text + d.delegated()
}

// delegated says that a resource policy allows, but only the account: then the
// identity policy that is missing would have been enough.
func (d Diagnostic) delegated() string {
	c := newCall(&d.request)
	f := search(d.policies.Resource, &c, ResourceBased, false)
	if f.grant != accountGrant {
		return ""
	}
	return "; the resource-based policy " + place(f.policy.Name, f.index+1, f.policy.Policy.statements[f.index].sid) +
		" allows the account only, whose own policies must allow too"
}

// shorten quotes what came from outside if it needs it and bounds its length.
func shorten(s string) string {
	const most = 200
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	if s == "" || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return fmt.Sprintf("%q", s)
	}
	return s
}
