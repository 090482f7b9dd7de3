package spec

import (
	"fmt"
	"strings"
)

// Quotas of identity pools (Cognito API reference, "RulesConfigurationType"
// and "SetIdentityPoolRoles").
const (
	maxRoleRules    = 25
	maxRoleMappings = 10
)

func (v *validator) identityPools() {
	for i := range v.s.IdentityPools {
		p := &v.s.IdentityPools[i]
		path := fmt.Sprintf("IdentityPools[%d]", i)
		v.enter(p.At, p.LogicalID, "%s", path)
		region, id, _ := strings.Cut(p.ID, ":")
		v.check(consists(region, "-") && consists(id, "-") && len(id) == 36, "ID", "the id of an identity pool is a region, a colon and a UUID", "us-east-1:01234567-89ab-4cde-8f01-23456789abcd")
		v.unique("identity pool id", p.ID, "ID")
		v.poolClients(p, path)
		v.oidcClients(p, path)
		for j := range p.Mappings {
			m := &p.Mappings[j]
			v.enter(m.At, m.LogicalID, "%s.Mappings[%d]", path, j)
			v.once("mapping "+p.ID+"/"+m.Provider, "Provider", "the provider has a role mapping already")
			v.check(j != maxRoleMappings, "", fmt.Sprintf("an identity pool has at most %d role mappings", maxRoleMappings), "")
			v.roleMapping(m)
		}
	}
}

func (v *validator) poolClients(p *IdentityPool, path string) {
	for j, c := range p.Pools {
		v.enter(p.At, p.LogicalID, "%s.Pools[%d]", path, j)
		v.check(c.Provider != "" && strings.HasSuffix(c.Provider, "/"+c.PoolID), "Provider", "the provider ends with the user pool's id", "cognito-idp.REGION.amazonaws.com/POOL")
		v.check(c.PoolID != "", "PoolID", "the provider has no user pool", "")
		v.check(c.ClientID != "", "ClientID", "the provider has no client", "")
		v.once("login "+p.ID+"/"+c.Provider+":"+c.ClientID, "ClientID", "the identity pool has this client twice")
	}
}

func (v *validator) oidcClients(p *IdentityPool, path string) {
	for j, o := range p.OIDCProviders {
		v.enter(p.At, p.LogicalID, "%s.OIDCProviders[%d]", path, j)
		v.check(strings.HasPrefix(o.Issuer, "https://") || strings.HasPrefix(o.Issuer, "http://"), "Issuer", "an issuer is a URL", "https://issuer.example.com")
		v.once("login "+p.ID+"/"+o.Issuer, "Issuer", "the identity pool has this issuer twice")
	}
}

func (v *validator) roleMapping(m *RoleMapping) {
	v.check(m.Provider != "", "Provider", "the role mapping has no provider", "")
	v.check(oneOf(m.Ambiguous, "AuthenticatedRole", "Deny"), "Ambiguous", "what is ambiguous is AuthenticatedRole or Deny", "")
	v.check(m.Token || len(m.Rules) > 0, "Rules", "the role mapping has neither the token's roles nor rules", "")
	v.check(!m.Token || len(m.Rules) == 0, "Rules", "a mapping by the token's roles has no rules", "")
	v.check(len(m.Rules) <= maxRoleRules, "Rules", fmt.Sprintf("a role mapping has at most %d rules", maxRoleRules), "")
	for i, r := range m.Rules {
		field := fmt.Sprintf("Rules[%d]", i)
		v.check(r.Claim != "" && r.RoleARN != "", field, "a rule has a claim and a role", "")
		v.check(oneOf(r.Match, "Equals", "Contains", "StartsWith", "NotEqual"), field, "a rule matches by Equals, Contains, StartsWith or NotEqual", "")
	}
}
