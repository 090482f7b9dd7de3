package template

import (
	"strings"

	"github.com/tidewire/tidewire/internal/spec"
)

// maxRules is how many rules a mapping has at most, and maxMappings how many
// providers have one (Cognito API reference, "RulesConfigurationType" and
// "SetIdentityPoolRoles").
const (
	maxRules    = 25
	maxMappings = 10
)

// readRoleAttachment reads which roles the identities of a pool get
// (CloudFormation template reference,
// "AWS::Cognito::IdentityPoolRoleAttachment").
func readRoleAttachment(l *loader, r *resource, p *props) {
	id := p.need("IdentityPoolId", "IdentityPoolId: !Ref MyIdentityPool")
	l.later(phaseRoutes, r, func() {
		for _, d := range l.pools {
			if d.pool.ID != id {
				continue
			}
			if d.attached {
				p.problem("IdentityPoolId", "the identity pool "+d.pool.LogicalID+" has a role attachment already", "make one of them")
				return
			}
			d.attached = true
			l.attachRoles(p, d)
			p.finish()
			return
		}
		if id != "" {
			l.notRun(r.id, r.typ, "its identity pool is not in this template", r.node)
		}
	})
}

func (l *loader) attachRoles(p *props, d *poolDraft) {
	pool := d.pool
	if roles := p.inside("Roles"); roles != nil {
		pool.Authenticated, pool.Unauthenticated = l.roleOf(roles, "authenticated"), l.roleOf(roles, "unauthenticated")
		for _, f := range roles.n.fields {
			if !roles.seen[f.key] {
				l.problem(f.val, "Roles has no "+quoteShort(f.key), didYouMean(f.key, []string{"authenticated", "unauthenticated"}, "roles are authenticated and unauthenticated"))
			}
		}
	}
	mappings := p.object("RoleMappings")
	for _, f := range mappings.all() {
		if f.val.kind != kindMap {
			if f.val.kind != kindBad {
				l.problem(f.val, "a role mapping is a map, this is "+f.val.kindName(), "Type: Token")
			}
			continue
		}
		l.roleMapping(p.member(f.val), f.key, d)
	}
	if len(pool.Mappings) > maxMappings {
		p.problem("RoleMappings", "an identity pool has at most 10 role mappings", "")
	}
}

// roleOf reads the ARN of a role, and says if it is none of the template's:
// there are no credentials for it.
func (l *loader) roleOf(m *props, name string) string {
	arn := m.str(name)
	if arn == "" {
		return ""
	}
	l.later(phaseLinks, m.r, func() {
		for _, role := range l.roles {
			if role.ARN == arn {
				return
			}
		}
		l.gap(spec.Worker, m.spot(name), "the role "+quoteShort(arn)+" is not in the template: nobody gets its credentials", "add the role to the template")
	})
	return arn
}

// roleMapping reads how a provider's users come to their roles. Its name is
// the map's key if it has no IdentityProvider.
func (l *loader) roleMapping(m *props, key string, d *poolDraft) {
	r := spec.RoleMapping{
		LogicalID: m.r.id, Provider: orDefault(m.str("IdentityProvider"), key),
		Ambiguous: m.need("AmbiguousRoleResolution", "AmbiguousRoleResolution: Deny"), At: l.source(m.n),
	}
	if path, ok := providerPath(r.Provider); ok {
		r.Provider = path
	}
	switch r.Ambiguous {
	case "", "AuthenticatedRole", "Deny":
	default:
		m.problem("AmbiguousRoleResolution", "AmbiguousRoleResolution is AuthenticatedRole or Deny", "")
	}
	m.quiet("RulesConfiguration")
	switch m.need("Type", "Type: Token") {
	case "":
	case "Token":
		r.Token = true
		if m.has("RulesConfiguration") {
			l.note(m.spot("RulesConfiguration"), "RulesConfiguration has no effect on a mapping of the Type Token")
		}
	case "Rules":
		r.Rules = l.roleRules(m)
	default:
		m.problem("Type", "the Type of a role mapping is Token or Rules", "")
	}
	m.finish()
	l.addMapping(m, r, d)
}

// addMapping refuses, as AWS does, a mapping of what is no provider of the
// pool: its users would get the role of all others.
func (l *loader) addMapping(m *props, r spec.RoleMapping, d *poolDraft) {
	providers := d.providers()
	if !contains(providers, r.Provider) {
		hint := "the pool has no provider"
		if len(providers) > 0 {
			hint = "providers are " + strings.Join(providers, ", ")
		}
		m.problem("IdentityProvider", quoteShort(r.Provider)+" is no provider of the identity pool "+d.pool.LogicalID, hint)
		return
	}
	for _, other := range d.pool.Mappings {
		if other.Provider == r.Provider {
			m.problem("IdentityProvider", "the provider "+quoteShort(r.Provider)+" has a role mapping already", "remove one of them")
			return
		}
	}
	d.pool.Mappings = append(d.pool.Mappings, r)
}

// providers are the names that role mappings have for the pool's providers.
func (d *poolDraft) providers() []string {
	var names []string
	for _, c := range d.pool.Pools {
		names = append(names, c.Provider+":"+c.ClientID)
	}
	for _, o := range d.pool.OIDCProviders {
		names = append(names, withoutScheme(o.Issuer))
	}
	return append(names, d.foreign...)
}

func (l *loader) roleRules(m *props) []spec.RoleRule {
	c := m.inside("RulesConfiguration")
	if c == nil {
		if !m.has("RulesConfiguration") {
			m.problem("RulesConfiguration", "a mapping of the Type Rules requires RulesConfiguration", "RulesConfiguration: {Rules: [{Claim, MatchType, Value, RoleARN}]}")
		}
		return nil
	}
	var out []spec.RoleRule
	for _, v := range c.list("Rules") {
		if v.kind != kindMap {
			if v.kind != kindBad {
				l.problem(v, "a rule is a map, this is "+v.kindName(), "")
			}
			continue
		}
		out = append(out, l.roleRule(m.member(v)))
	}
	c.finish()
	if v := c.get("Rules"); len(out) > maxRules || !c.has("Rules") || v != nil && len(v.each()) == 0 {
		c.problem("Rules", "a mapping of the Type Rules has 1 to 25 Rules", "")
	}
	return out
}

func (l *loader) roleRule(m *props) spec.RoleRule {
	r := spec.RoleRule{
		Claim: m.need("Claim", "Claim: isAdmin"), Match: m.need("MatchType", "MatchType: Equals"), Value: m.need("Value", `Value: "true"`),
	}
	switch r.Match {
	case "", "Equals", "Contains", "StartsWith", "NotEqual":
	default:
		m.problem("MatchType", "MatchType is Equals, Contains, StartsWith or NotEqual", "")
	}
	m.need("RoleARN", "RoleARN: !GetAtt MyRole.Arn")
	r.RoleARN = l.roleOf(m, "RoleARN")
	m.finish()
	return r
}
