package template

import (
	"strings"

	"github.com/tidewire/tidewire/internal/spec"
)

// poolDraft is an identity pool whose roles are still being attached.
type poolDraft struct {
	pool     *spec.IdentityPool
	attached bool
	foreign  []string // providers whose logins cannot be verified here
}

func cognitoFamilies() map[string]family {
	const cognito = "AWS::Cognito::"
	standin := func(reason string) family {
		return family{ref: placeholderRef, attributes: placeholderAttributes, read: func(l *loader, r *resource, _ *props) { l.notRun(r.id, r.typ, reason, r.node) }}
	}
	return map[string]family{
		cognito + "IdentityPool":               {ref: stringRef(identityPoolID), attributes: identityPoolAttributes, read: readIdentityPool},
		cognito + "IdentityPoolRoleAttachment": {ref: idOnly, attributes: ownID("Id"), read: readRoleAttachment},
		cognito + "IdentityPoolPrincipalTag":   standin("sessions of an identity pool have no principal tags here"),
		cognito + "UserPoolGroup":              standin("the groups and roles of a user are read from its token"),
		"AWS::IAM::OIDCProvider":               {ref: stringRef(issuerARN), attributes: issuerAttributes, read: readIssuer},
	}
}

func identityPoolID(l *loader, r *resource) string {
	return l.o.Region + ":" + l.uuid("identity:"+r.id)
}

func identityPoolName(l *loader, r *resource) string {
	return l.physical(r, "IdentityPoolName", func() string { return l.generatedName(r, 128) })
}

func identityPoolAttributes(l *loader, r *resource) []attribute {
	return []attribute{
		text(r, "Id", func() string { return identityPoolID(l, r) }),
		text(r, "Name", func() string { return identityPoolName(l, r) }),
	}
}

// readIdentityPool reads whose logins a pool takes (CloudFormation template
// reference, "AWS::Cognito::IdentityPool").
func readIdentityPool(l *loader, r *resource, p *props) {
	pool := &spec.IdentityPool{
		LogicalID: r.id, ID: identityPoolID(l, r), Name: identityPoolName(l, r),
		AllowUnauthenticated: p.boolean("AllowUnauthenticatedIdentities", false), AllowClassic: p.boolean("AllowClassicFlow", false), At: l.source(r.node),
	}
	if !p.has("AllowUnauthenticatedIdentities") {
		p.problem("AllowUnauthenticatedIdentities", r.typ+" requires AllowUnauthenticatedIdentities", "AllowUnauthenticatedIdentities: false")
	}
	d := &poolDraft{pool: pool}
	l.pools = append(l.pools, d)
	for _, v := range p.list("CognitoIdentityProviders") {
		if v.kind == kindMap {
			l.poolClient(p.member(v), pool)
		} else if v.kind != kindBad {
			l.problem(v, "a provider is a map of ClientId and ProviderName, this is "+v.kindName(), "")
		}
	}
	arns := p.list("OpenIdConnectProviderARNs")
	l.foreignLogins(p, d)
	p.without("CognitoEvents", "CognitoStreams", "PushSync")
	p.quiet("IdentityPoolName", "IdentityPoolTags")
	p.finish()
	l.later(phaseIntegrations, r, func() {
		for _, v := range arns {
			l.trustIssuer(v, pool)
		}
	})
	l.later(phaseLinks, r, func() { l.remarkPool(r, d) })
}

// poolClient reads a client of a user pool.
func (l *loader) poolClient(m *props, pool *spec.IdentityPool) {
	c := spec.PoolClient{
		Provider: m.need("ProviderName", "ProviderName: !GetAtt MyUserPool.ProviderName"), ClientID: m.need("ClientId", "ClientId: !Ref MyUserPoolClient"),
	}
	if m.boolean("ServerSideTokenCheck", false) {
		l.note(m.spot("ServerSideTokenCheck"), "ServerSideTokenCheck has no effect here: whoever signed out everywhere, or was deleted, gets credentials until the token ends")
	}
	m.finish()
	if c.Provider == "" || c.ClientID == "" {
		return
	}
	host, id, ok := strings.Cut(c.Provider, "/")
	if !ok || !strings.HasPrefix(host, "cognito-idp.") || id == "" || strings.Contains(id, "/") {
		m.problem("ProviderName", "the ProviderName of a user pool looks like cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEfGhI", "ProviderName: !GetAtt MyUserPool.ProviderName")
		return
	}
	for _, other := range pool.Pools {
		if other.Provider == c.Provider && other.ClientID == c.ClientID {
			m.problem("ClientId", "the identity pool has this client twice", "remove one of them")
			return
		}
	}
	c.PoolID = id
	if r := l.poolWith(id); r != nil {
		c.LogicalID = r.id
	}
	pool.Pools = append(pool.Pools, c)
}

// foreignLogins lists the providers whose logins cannot be verified here.
func (l *loader) foreignLogins(p *props, d *poolDraft) {
	refused := func(property, message string) {
		v := p.get(property)
		for _, f := range v.all() {
			d.foreign = append(d.foreign, f.key)
		}
		if v == nil {
			return
		}
		for _, arn := range v.items {
			d.foreign = append(d.foreign, arn.text)
		}
		if v.scalar() || len(v.fields)+len(v.items) > 0 {
			l.unable(&d.pool.Unsupported, p.spot(property), message+" are not verified here: they are refused", "sign in at a user pool or an OpenID Connect provider for a local run")
		}
	}
	refused("SamlProviderARNs", "SAML logins")
	refused("SupportedLoginProviders", "logins of social providers (SupportedLoginProviders)")
	refused("DeveloperProviderName", "developer authenticated identities")
}

// remarkPool says what leaves a pool without use.
func (l *loader) remarkPool(r *resource, d *poolDraft) {
	p := d.pool
	switch {
	case !d.attached:
		l.note(r.node, "the identity pool "+r.id+" has no AWS::Cognito::IdentityPoolRoleAttachment: nobody gets credentials from it")
	case p.AllowUnauthenticated && p.Unauthenticated == "":
		l.note(r.node, "the identity pool "+r.id+" allows unauthenticated identities and has no role for them")
	case !p.AllowUnauthenticated && p.Unauthenticated != "":
		l.note(r.node, "the identity pool "+r.id+" has a role for unauthenticated identities and does not allow them")
	}
}
