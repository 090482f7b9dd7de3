package template

import (
	"strings"
	"time"

	"github.com/tidewire/tidewire/internal/spec"
)

// graphKeyID is the id of an API key. On AWS it is the key itself; here it is
// no secret.
func graphKeyID(l *loader, r *resource) string {
	return l.physical(r, "ApiKeyId", func() string { return "apikey" + l.derive("key:"+r.id, lowerAlnum, 6) })
}

func graphKeyARN(l *loader, r *resource) string { return l.partARN(r, "apikey/"+graphKeyID(l, r)) }

func graphKeyAttributes(l *loader, r *resource) []attribute {
	return []attribute{
		{"ApiKey", func(string) *node { return l.secret(r, "appsync-api-key") }},
		text(r, "ApiKeyId", func() string { return graphKeyID(l, r) }),
		text(r, "Arn", func() string { return graphKeyARN(l, r) }),
	}
}

// readGraphQLKey reads a key. Expires is rounded down to the hour
// (CloudFormation template reference, "AWS::AppSync::ApiKey").
func readGraphQLKey(l *loader, r *resource, p *props, d *appDraft) {
	k := spec.GraphQLKey{LogicalID: r.id, ID: graphKeyID(l, r), Value: l.secret(r, "appsync-api-key").text, At: l.source(r.node)}
	if seconds := p.integer("Expires", 1, 1<<40, 0); seconds > 0 {
		k.Expires = time.Unix(int64(seconds), 0).UTC().Truncate(time.Hour)
	}
	p.quiet("Description", "ApiKeyId")
	*d.keys = append(*d.keys, k)
}

func graphDomainAttributes(l *loader, r *resource) []attribute {
	return []attribute{
		text(r, "AppSyncDomainName", func() string { return "d" + l.derive("cloudfront:"+r.id, lowerAlnum, 13) + ".cloudfront.net" }),
		text(r, "DomainName", func() string { return domainName(l, r) }),
		text(r, "DomainNameArn", func() string { return l.arn("appsync", "domainnames/"+domainName(l, r)) }),
		text(r, "HostedZoneId", func() string { return "Z2FDTNDATAQYW2" }), // CloudFront's, the same for everybody
	}
}

// readGraphQLDomain looks whether an API of this template has the domain.
func readGraphQLDomain(l *loader, r *resource, p *props) {
	name := strings.ToLower(p.need("DomainName", "DomainName: api.example.com"))
	p.quiet("CertificateArn", "Description", "Tags")
	p.finish()
	l.later(phaseLinks, r, func() {
		if name != "" && l.appWith(name) == nil {
			l.notRun(r.id, r.typ, "no AppSync API of this template is associated with it", r.node)
		}
	})
}

func associationAttributes(l *loader, r *resource) []attribute {
	return []attribute{text(r, "ApiAssociationIdentifier", func() string { return domainName(l, r) })}
}

// readAssociation gives a domain to an API.
func readAssociation(l *loader, _ *resource, p *props, d *appDraft) {
	name := strings.ToLower(p.need("DomainName", "DomainName: !GetAtt MyDomain.DomainName"))
	switch other := l.appWith(name); {
	case name == "":
	case other != nil:
		p.problem("DomainName", "the domain "+name+" belongs to the API "+other.r.id+" already", "a domain has one API")
	default:
		*d.domains = append(*d.domains, name)
	}
}

func (l *loader) appWith(domain string) *appDraft {
	for _, d := range l.apps {
		if contains(*d.domains, domain) {
			return d
		}
	}
	return nil
}

func schemaID(l *loader, r *resource) string {
	return l.physical(r, "ApiId", func() string { return "unknown" }) + "GraphQLSchema"
}
