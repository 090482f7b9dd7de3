package iam

// Source is the kind of policy that a decision came from.
type Source int

const (
	// NoSource means that no policy has anything to do with it.
	NoSource Source = iota
	// IdentityBased is a policy of the principal.
	IdentityBased
	// PermissionsBoundary is the principal's boundary.
	PermissionsBoundary
	// SessionPolicy is the policy of the role session.
	SessionPolicy
	// ResourceBased is a policy of the resource, a trust policy included.
	ResourceBased
)

// String gives the name that AWS uses in its messages, such as
// "identity-based policy".
func (s Source) String() string {
	switch s {
	case IdentityBased:
		return "identity-based policy"
	case PermissionsBoundary:
		return "permissions boundary"
	case SessionPolicy:
		return "session policy"
	case ResourceBased:
		return "resource-based policy"
	}
	return "policy"
}

// call is a request with what every statement needs of it.
type call struct {
	request   *Request
	resource  arn
	principal arn
}

// account is the caller's account, empty for services and the anonymous.
func (c *call) account() string { return c.principal.part[arnAccount] }

// first is the first value of a context key, or empty.
func (c *call) first(key string) string {
	if values := c.request.Context[key]; len(values) > 0 {
		return values[0]
	}
	return ""
}

// foreign reports whether caller and resource are in different accounts. A
// resource or caller without account is never foreign.
func (c *call) foreign() bool {
	caller, owner := c.account(), c.resource.part[arnAccount]
	return caller != "" && owner != "" && caller != owner
}

// found is a statement that matched; its policy is nil if none did.
type found struct {
	policy *Named
	index  int // of the statement, from 0
	grant  grant
}

func (f *found) ok() bool { return f.policy != nil }

// Evaluate decides. First every Deny is looked at, in all policies: one that
// matches ends it. Then, for a caller in the resource's account or one without
// account, an identity policy must allow, and the permissions boundary and the
// session policy too if there are any. A resource policy's Allow stands in for
// the identity policy if it names the caller, the role behind it, or
// everybody; an Allow for the caller's exact ARN also needs neither boundary
// nor session policy. An Allow for the caller's account only delegates: an
// identity policy must still allow. Between two accounts both the identity and
// the resource policies must allow.
//
// Evaluate does not fail: a nil Policies or Request is denied.
func Evaluate(p *Policies, r *Request) (Decision, Diagnostic) {
	if p == nil || r == nil {
		return Deny, Diagnostic{}
	}
	c := newCall(r)
	if from, f := p.denied(&c); f.ok() {
		return Deny, explained(p, r, from, &f, Deny)
	}
	from, f := p.allowed(&c)
	if f.ok() {
		return Allow, explained(p, r, from, &f, Allow)
	}
	return Deny, explained(p, r, from, &f, Deny)
}

// EvaluateTrust decides for a role's trust policy alone, without asking the
// caller's own policies: an Allow that names the caller's account suffices.
// The request's Action is "sts:AssumeRole" and its kin, its Resource the
// role's ARN. A nil trust or request is denied.
func EvaluateTrust(trust *Named, r *Request) (Decision, Diagnostic) {
	if trust == nil || r == nil {
		return Deny, Diagnostic{}
	}
	c, p := newCall(r), &Policies{Resource: []Named{*trust}}
	if f := search(p.Resource, &c, ResourceBased, true); f.ok() {
		return Deny, explained(p, r, ResourceBased, &f, Deny)
	}
	f := search(p.Resource, &c, ResourceBased, false)
	if f.ok() {
		return Allow, explained(p, r, ResourceBased, &f, Allow)
	}
	return Deny, explained(p, r, ResourceBased, &f, Deny)
}

func newCall(r *Request) call {
	return call{request: r, resource: splitARN(r.Resource), principal: splitARN(r.Principal)}
}

// denied looks for a Deny in every policy there is.
func (p *Policies) denied(c *call) (Source, found) {
	if f := search(p.Identity, c, IdentityBased, true); f.ok() {
		return IdentityBased, f
	}
	if f := p.Boundary.search(c, PermissionsBoundary, true); f.ok() {
		return PermissionsBoundary, f
	}
	if f := p.Session.search(c, SessionPolicy, true); f.ok() {
		return SessionPolicy, f
	}
	return ResourceBased, search(p.Resource, c, ResourceBased, true)
}

// allowed looks for the Allow statements that are needed. The result is the
// statement that granted, or the kind of policy in which one was missing.
func (p *Policies) allowed(c *call) (Source, found) {
	resource := search(p.Resource, c, ResourceBased, false)
	if resource.grant == exactGrant && !c.foreign() {
		return ResourceBased, resource
	}
	from, granted := IdentityBased, search(p.Identity, c, IdentityBased, false)
	if !granted.ok() && resource.grant == wideGrant && !c.foreign() {
		from, granted = ResourceBased, resource
	}
	switch {
	case !granted.ok():
		return from, granted
	case c.foreign() && !resource.ok():
		return ResourceBased, found{}
	case p.Boundary != nil && !p.Boundary.allows(c, PermissionsBoundary):
		return PermissionsBoundary, found{}
	case p.Session != nil && !p.Session.allows(c, SessionPolicy):
		return SessionPolicy, found{}
	}
	return from, granted
}

// search finds the first statement of the wanted effect that matches; of a
// resource policy's Allow statements the one with the strongest grant.
func search(policies []Named, c *call, from Source, deny bool) (best found) {
	for i := range policies {
		f := policies[i].search(c, from, deny)
		if !f.ok() || best.ok() && f.grant <= best.grant {
			continue
		}
		best = f
		if deny || from != ResourceBased {
			break
		}
	}
	return best
}

func (n *Named) search(c *call, from Source, deny bool) (best found) {
	if n == nil || n.Policy == nil {
		return best
	}
	for i := range n.Policy.statements {
		s := &n.Policy.statements[i]
		if s.deny != deny || best.ok() && s.grant(c) <= best.grant {
			continue
		}
		if part, _ := s.failing(c, from); part != NoPart {
			continue
		}
		best = found{policy: n, index: i, grant: s.grant(c)}
		if deny || from != ResourceBased {
			break
		}
	}
	return best
}

func (n *Named) allows(c *call, from Source) bool {
	f := n.search(c, from, false)
	return f.ok()
}
