package template

import (
	"math"
	"strings"
	"time"

	"github.com/tidewire/tidewire/internal/spec"
)

// authNames are the properties of an authorization provider that have another
// name for each kind of API.
type authNames struct{ mode, pool string }

func graphAuthNames() authNames { return authNames{"AuthenticationType", "UserPoolConfig"} }
func eventAuthNames() authNames { return authNames{"AuthType", "CognitoConfig"} }

// authProviders reads the authorization modes of a GraphQL API, the default
// one first. A mode that is not known, or lacks its settings, is a guard.
func (l *loader) authProviders(p *props) []spec.AuthProvider {
	var out []spec.AuthProvider
	if a, ok := l.authProvider(p, graphAuthNames(), true); ok {
		out = append(out, a)
	}
	return append(out, l.providerList(p, "AdditionalAuthenticationProviders", graphAuthNames())...)
}

// providerList reads a list of providers.
func (l *loader) providerList(p *props, property string, names authNames) []spec.AuthProvider {
	var out []spec.AuthProvider
	for _, v := range p.list(property) {
		if v.kind != kindMap {
			if v.kind != kindBad {
				l.problem(v, "an authorization provider is a map, this is "+v.kindName(), names.mode+": AWS_IAM")
			}
			continue
		}
		m := p.member(v)
		if a, ok := l.authProvider(m, names, false); ok {
			out = append(out, a)
		}
		m.finish()
	}
	return out
}

func (l *loader) authProvider(m *props, names authNames, first bool) (spec.AuthProvider, bool) {
	mode := m.need(names.mode, names.mode+": API_KEY")
	at := m.spot(names.mode)
	a := spec.AuthProvider{Mode: mode, At: l.source(at)}
	settings := map[string]string{
		spec.ModeOIDC: "OpenIDConnectConfig", spec.ModeCognito: names.pool, spec.ModeLambda: "LambdaAuthorizerConfig",
	}
	for _, other := range []string{spec.ModeOIDC, spec.ModeCognito, spec.ModeLambda} {
		name := settings[other]
		if m.quiet(name); other != mode && m.has(name) {
			l.note(m.spot(name), name+" has no effect on the mode "+mode)
		}
	}
	switch mode {
	case "":
		return a, false
	case spec.ModeAPIKey, spec.ModeIAM:
		return a, true
	case spec.ModeOIDC, spec.ModeCognito, spec.ModeLambda:
		return l.withSettings(m, a, at, settings[mode], first)
	default:
		l.unknownMode(at, names.mode, mode)
		return a, false
	}
}

func (l *loader) unknownMode(at *node, name, mode string) {
	l.gap(spec.Guard, at, "the "+name+" "+quoteShort(mode)+" is not known", "types are API_KEY, AWS_IAM, AWS_LAMBDA, OPENID_CONNECT and AMAZON_COGNITO_USER_POOLS")
}

// withSettings completes a mode by its settings; false if it has none.
func (l *loader) withSettings(m *props, a spec.AuthProvider, at *node, name string, first bool) (spec.AuthProvider, bool) {
	c := m.inside(name)
	switch {
	case c == nil && !m.has(name):
		l.gap(spec.Guard, at, "the mode "+a.Mode+" has no "+name+": whom it admits is not known", "add "+name)
		return a, false
	case c == nil:
		return a, false
	case a.Mode == spec.ModeOIDC:
		a.OIDC = l.oidc(c)
	case a.Mode == spec.ModeCognito:
		a.Pool = l.userPool(c, first)
		if name == eventAuthNames().pool {
			c.need("AwsRegion", "AwsRegion: !Ref AWS::Region")
		}
	case a.Mode == spec.ModeLambda:
		a.Lambda = l.lambdaAuthorizer(c)
	}
	c.finish()
	return a, true
}

func (l *loader) oidc(c *props) *spec.OIDCProvider {
	o := &spec.OIDCProvider{
		Issuer: c.need("Issuer", "Issuer: https://issuer.example.com"), ClientID: c.str("ClientId"),
		IATTTL: c.milliseconds("IatTTL"), AuthTTL: c.milliseconds("AuthTTL"),
	}
	if o.Issuer != "" && !isWebURL(o.Issuer) {
		c.problem("Issuer", "an Issuer is an https URL, this is "+c.get("Issuer").show(), "Issuer: https://issuer.example.com")
	}
	return o
}

func isWebURL(s string) bool {
	return strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://")
}

// milliseconds is a duration given as their number. A part of one is a whole: 0
// is no bound.
func (p *props) milliseconds(name string) time.Duration {
	f, _ := p.float(name)
	return time.Duration(math.Ceil(min(f, 9e12))) * time.Millisecond
}

func (l *loader) userPool(c *props, first bool) *spec.UserPoolProvider {
	u := &spec.UserPoolProvider{
		ID: c.need("UserPoolId", "UserPoolId: !Ref MyUserPool"), Region: c.str("AwsRegion"), ClientIDRegex: c.str("AppIdClientRegex"),
	}
	if u.Region == "" {
		region, _, found := strings.Cut(u.ID, "_")
		if u.Region = l.o.Region; found {
			u.Region = region
		}
	}
	u.Issuer = "https://cognito-idp." + u.Region + "." + l.spec.URLSuffix() + "/" + u.ID
	if r := l.poolWith(u.ID); r != nil {
		u.LogicalID = r.id
	}
	if !first {
		c.without("DefaultAction")
		return u
	}
	u.DefaultAction = c.need("DefaultAction", "DefaultAction: ALLOW")
	if u.DefaultAction != "" && u.DefaultAction != "ALLOW" && u.DefaultAction != "DENY" {
		c.problem("DefaultAction", "DefaultAction is ALLOW or DENY", "")
	}
	return u
}

// poolWith is the user pool of the template that a placeholder id stands for.
func (l *loader) poolWith(id string) *resource {
	for _, r := range l.resources {
		if r.typ == "AWS::Cognito::UserPool" && l.placeholder(r) == id {
			return r
		}
	}
	return nil
}

// lambdaAuthorizer reads the settings. On AWS the default of the TTL is 300 s
// (CloudFormation template reference, "LambdaAuthorizerConfig").
func (l *loader) lambdaAuthorizer(c *props) *spec.LambdaAuthorizer {
	a := &spec.LambdaAuthorizer{
		TTL:                time.Duration(c.integer("AuthorizerResultTtlInSeconds", 0, 3600, 300)) * time.Second,
		IdentityValidation: c.str("IdentityValidationExpression"),
	}
	name := c.need("AuthorizerUri", "AuthorizerUri: !GetAtt MyFunction.Arn")
	if name == "" {
		return a
	}
	a.FunctionARN = l.toFunctionARN(name)
	l.later(phaseLinks, c.r, func() {
		if l.spec.FunctionByARN(a.FunctionARN) == nil {
			l.gap(spec.Worker, c.spot("AuthorizerUri"), "the authorizer function "+a.FunctionARN+" is not in the template: it admits nobody", "add the function to the template")
		}
	})
	return a
}
