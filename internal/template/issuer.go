package template

import (
	"strings"

	"github.com/tidewire/tidewire/internal/spec"
)

// issuer is an AWS::IAM::OIDCProvider.
type issuer struct {
	client spec.OIDCClient
	used   bool // an identity pool trusts it
}

func issuerARN(l *loader, r *resource) string {
	url := l.physical(r, "Url", func() string { return "unknown" })
	return l.iamARN("oidc-provider/" + withoutScheme(url))
}

func withoutScheme(url string) string {
	return strings.TrimPrefix(strings.TrimPrefix(url, "https://"), "http://")
}

func issuerAttributes(l *loader, r *resource) []attribute {
	return []attribute{text(r, "Arn", func() string { return issuerARN(l, r) })}
}

// readIssuer reads an OpenID Connect provider; it matters if an identity pool
// trusts it. Thumbprints are not compared: certificates are verified.
func readIssuer(l *loader, r *resource, p *props) {
	i := &issuer{client: spec.OIDCClient{
		ARN: issuerARN(l, r), Issuer: p.need("Url", "Url: https://issuer.example.com"), ClientIDs: p.strings("ClientIdList"),
	}}
	if i.client.Issuer != "" && !isWebURL(i.client.Issuer) {
		p.problem("Url", "the Url of a provider begins with https://, this is "+p.get("Url").show(), "Url: https://issuer.example.com")
	}
	p.quiet("ThumbprintList", "Tags")
	p.finish()
	l.issuers = append(l.issuers, i)
	l.later(phaseLinks, r, func() {
		switch {
		case !i.used:
			l.notRun(r.id, r.typ, "no identity pool of this template trusts it", r.node)
		case len(i.client.ClientIDs) == 0:
			l.note(r.node, "the provider "+r.id+" has no ClientIdList: every login of it is refused")
		}
	})
}

// trustIssuer adds a provider to a pool by its ARN. Of one that is not in the
// template only the issuer is known: which clients may log in is not.
func (l *loader) trustIssuer(v *node, pool *spec.IdentityPool) {
	if v.kind == kindBad {
		return
	}
	for _, i := range l.issuers {
		if i.client.ARN == v.text {
			i.used = true
			pool.OIDCProviders = append(pool.OIDCProviders, i.client)
			return
		}
	}
	url, ok := providerPath(v.text)
	if !ok {
		l.problem(v, "this is not the ARN of an OpenID Connect provider: "+describe(v), "a !Ref of an AWS::IAM::OIDCProvider")
		return
	}
	l.gap(spec.Worker, v, "the provider "+url+" is not in the template: its clients are not known here, and its logins are refused", "add an AWS::IAM::OIDCProvider with Url and ClientIdList")
	pool.OIDCProviders = append(pool.OIDCProviders, spec.OIDCClient{ARN: v.text, Issuer: "https://" + url})
}

// providerPath is the issuer without its scheme that an ARN names.
func providerPath(arn string) (string, bool) {
	head, url, ok := strings.Cut(arn, ":oidc-provider/")
	return url, ok && strings.HasPrefix(head, "arn:") && strings.Contains(head, ":iam::") && url != ""
}
