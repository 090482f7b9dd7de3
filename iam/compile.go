package iam

import (
	"encoding/base64"
	"net/netip"
	"strings"
)

// compile turns what was read into a Policy, and checks values and what the
// kind of policy demands.
func (d *document) compile() (*Policy, error) {
	p := &Policy{id: d.id.value, version: d.version}
	sids := make(map[string]bool)
	for i := range d.statements {
		source := &d.statements[i]
		if sid := source.sid.value; sid != "" && sids[sid] {
			return nil, d.errorAt(source.sid.at, "Sid %q stands in two statements of the policy", sid)
		}
		sids[source.sid.value] = true
		s, err := d.compileStatement(source)
		if err != nil {
			return nil, err
		}
		p.statements = append(p.statements, s)
	}
	return p, nil
}

func (d *document) compileStatement(from *source) (s statement, err error) {
	if err := d.complain(from); err != nil {
		return s, err
	}
	s.sid, s.deny = from.sid.value, from.effect.value == "Deny"
	if err := d.compileActions(&s, from.action); err != nil {
		return s, err
	}
	if err := d.compileResources(&s, from.resource); err != nil {
		return s, err
	}
	if err := d.compilePrincipals(&s, from.principal); err != nil {
		return s, err
	}
	return s, d.compileConditions(&s, from.conditions)
}

// complain finds what a statement lacks, or has though its kind may not.
func (d *document) complain(s *source) error {
	switch {
	case s.effect == nil:
		return d.errorAt(s.at, `the statement has no Effect ("Allow" or "Deny")`)
	case s.action == nil:
		return d.errorAt(s.at, "the statement has neither Action nor NotAction")
	case s.resource == nil && s.principal == nil && d.kind == AnyKind:
		return d.errorAt(s.at, "the statement has neither Resource nor NotResource")
	case s.resource == nil && (d.kind == IdentityKind || d.kind == ResourceKind):
		return d.errorAt(s.at, "the statement has neither Resource nor NotResource")
	case s.resource != nil && d.kind == TrustKind:
		return d.errorAt(s.resource.name.at, "a trust policy must not have %s; it is about the role it belongs to", s.resource.name.value)
	case s.principal == nil && (d.kind == ResourceKind || d.kind == TrustKind):
		return d.errorAt(s.at, "the statement has no Principal")
	case s.principal != nil && d.kind == IdentityKind:
		return d.errorAt(s.principal.name.at, "a policy of a user or role must not have %s; it is about whom it is attached to", s.principal.name.value)
	case s.principal != nil && s.principal.negated && s.effect.value == "Allow":
		return d.errorAt(s.principal.name.at, `NotPrincipal is allowed only with Effect "Deny"`)
	}
	for _, e := range []*element{s.action, s.resource, s.principal} {
		if e != nil && e.negated && len(e.values) == 0 {
			return d.errorAt(e.name.at, "%s is empty", e.name.value)
		}
	}
	return nil
}

func (d *document) compileActions(s *statement, e *element) error {
	s.notAction = e.negated
	for _, v := range e.values {
		p, err := compileAction(v.value)
		if err != nil {
			return d.errorAt(v.at, "%s %q: %v", e.name.value, v.value, err)
		}
		s.actions = append(s.actions, p)
	}
	return nil
}

func (d *document) compileResources(s *statement, e *element) error {
	if e == nil {
		s.anyResource = true
		return nil
	}
	s.notResource = e.negated
	for _, v := range e.values {
		p, err := compileResource(v.value, d.syntax())
		if err != nil {
			return d.errorAt(v.at, "%s %q: %v", e.name.value, v.value, err)
		}
		s.resources = append(s.resources, p)
	}
	return nil
}

// syntax is what is special in the texts of this version.
func (d *document) syntax() syntax {
	if d.version == version2012 {
		return wildcards | variables
	}
	return wildcards
}

func (d *document) compilePrincipals(s *statement, e *element) error {
	if e == nil {
		return nil
	}
	s.hasPrincipal, s.notPrincipal = true, e.negated
	for i, v := range e.values {
		p, err := compilePrincipal(e.kinds[i], v.value)
		if err != nil {
			return d.errorAt(v.at, "%s %q: %v", e.name.value, v.value, err)
		}
		s.principals = append(s.principals, p)
	}
	return nil
}

func (d *document) compileConditions(s *statement, blocks []block) error {
	type place struct{ operator, key string }
	seen := make(map[place]bool)
	for _, b := range blocks {
		c, err := d.compileCondition(b)
		if err != nil {
			return err
		}
		if seen[place{c.name, c.key}] {
			return d.errorAt(b.key.at, "%s has the key %q twice (case does not matter)", c.name, c.shown)
		}
		seen[place{c.name, c.key}] = true
		s.conditions = append(s.conditions, c)
	}
	return nil
}

func (d *document) compileCondition(b block) (condition, error) {
	c := condition{name: b.operator.value, key: strings.ToLower(b.key.value), shown: b.key.value}
	op, ok := parseOperator(b.operator.value)
	switch {
	case !ok:
		return c, d.unknownOperator(b.operator)
	case c.key == "":
		return c, d.errorAt(b.key.at, "%s has an empty key", c.name)
	case len(b.values) == 0:
		return c, d.errorAt(b.key.at, "%s has no value for %s", c.name, c.shown)
	}
	c.operator = op
	for _, t := range b.values {
		v, problem := compileValue(op.family, t.value, d.syntax())
		if problem != "" {
			return c, d.errorAt(t.at, "%s on %s: %q %s", c.name, c.shown, t.value, problem)
		}
		c.values = append(c.values, v)
	}
	return c, nil
}

func (d *document) unknownOperator(name text) error {
	if known := suggestOperator(name.value); known != "" {
		return d.errorAt(name.at, "unknown condition operator %q; did you mean %q?", name.value, known)
	}
	return d.errorAt(name.at, "unknown condition operator %q", name.value)
}

// compileValue compiles one value of a condition; problem is empty if it is
// one that the operator's family can compare.
func compileValue(f family, source string, special syntax) (v value, problem string) {
	v.source = source
	var ok bool
	switch f {
	case numberFamily:
		v.number, ok = parseNumber(source)
		problem = "is not a number"
	case dateFamily:
		v.date, ok = parseDate(source)
		problem = "is neither a date as 2006-01-02T15:04:05Z nor seconds since 1970"
	case boolFamily, nullFamily:
		v.truth, ok = parseBool(source)
		problem = `is neither "true" nor "false"`
	case binaryFamily:
		v.source, ok = canonicalBase64(source)
		problem = "is not base64"
	case addressFamily:
		v.address, ok = parsePrefix(source)
		problem = "is not an IP address or CIDR range"
	default:
		return compileText(v, f, special)
	}
	if ok {
		problem = ""
	}
	return v, problem
}

// compileText compiles a value in which variables and wildcards count.
func compileText(v value, f family, special syntax) (value, string) {
	var err error
	switch f {
	case arnFamily:
		v.arn, err = compileARNLike(v.source, special)
	case likeFamily:
		v.text, err = compile(v.source, special)
	default:
		v.text, err = compile(v.source, special&^wildcards)
	}
	if err != nil {
		return v, err.Error()
	}
	return v, ""
}

// canonicalBase64 rewrites base64 so that equal bytes are equal texts.
func canonicalBase64(s string) (string, bool) {
	b, err := base64.StdEncoding.DecodeString(s)
	return base64.StdEncoding.EncodeToString(b), err == nil
}

// parsePrefix reads a CIDR range or a single address.
func parsePrefix(s string) (netip.Prefix, bool) {
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), true
	}
	p, err := netip.ParsePrefix(s)
	if err == nil && p.Addr().Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p.Masked(), err == nil
}
