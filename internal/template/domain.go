package template

import (
	"strings"

	"github.com/tidewire/tidewire/internal/spec"
)

func domainFamilies() map[string]family {
	return map[string]family{
		"AWS::ApiGatewayV2::DomainName": {ref: stringRef(domainName), attributes: domainAttributes, read: readDomain},
		"AWS::ApiGatewayV2::ApiMapping": {ref: stringRef(partID), attributes: ownID("ApiMappingId"), read: part(phaseDomains, readMapping)},
	}
}

func domainName(l *loader, r *resource) string {
	return strings.ToLower(l.physical(r, "DomainName", func() string { return strings.ToLower(r.id) + ".example.com" }))
}

func domainAttributes(l *loader, r *resource) []attribute {
	return []attribute{
		text(r, "RegionalDomainName", func() string {
			return "d-" + l.shortID(r.id) + ".execute-api." + l.o.Region + "." + l.spec.URLSuffix()
		}),
		text(r, "RegionalHostedZoneId", func() string { return "Z" + l.derive("zone:"+r.id, upperAlnum, 13) }),
		text(r, "DomainNameArn", func() string {
			return "arn:" + l.spec.Partition + ":apigateway:" + l.o.Region + "::/domainnames/" + domainName(l, r)
		}),
	}
}

// readDomain adds a domain, if an API of this template is mapped to it.
func readDomain(l *loader, r *resource, p *props) {
	name := strings.ToLower(p.need("DomainName", "DomainName: ws.example.com"))
	mode := p.str("RoutingMode")
	p.quiet("DomainNameConfigurations", "MutualTlsAuthentication", "Tags")
	if mode != "" && mode != "API_MAPPING_ONLY" {
		l.note(p.spot("RoutingMode"), "routing rules do not exist here: the domain's API mappings decide")
	}
	p.finish()
	l.later(phaseLinks, r, func() {
		d := l.domain(name)
		if d == nil {
			l.notRun(r.id, r.typ, "no WebSocket API of this template is mapped to it", r.node)
			return
		}
		d.At = l.source(r.node)
		if p.has("MutualTlsAuthentication") {
			l.gap(spec.Guard, p.spot("MutualTlsAuthentication"), "mutual TLS is not enforced here", "remove it for a local run: WebSocket APIs have none on AWS either")
		}
	})
}

func (l *loader) domain(name string) *spec.Domain {
	for _, d := range l.domains {
		if d.Name == name {
			return d
		}
	}
	return nil
}

func readMapping(l *loader, r *resource, p *props, a *apiDraft) {
	name := strings.ToLower(p.need("DomainName", "DomainName: !Ref MyDomain"))
	m := spec.Mapping{Key: p.str("ApiMappingKey"), APIID: a.api.ID, Stage: p.need("Stage", "Stage: !Ref MyStage")}
	if m.Key == "(none)" {
		m.Key = ""
	}
	d := l.domain(name)
	if d == nil && name != "" {
		d = &spec.Domain{Name: name, At: l.source(r.node)}
		l.domains = append(l.domains, d)
	}
	if d == nil {
		return
	}
	for _, other := range d.Mappings {
		if other.Key == m.Key {
			p.problem("ApiMappingKey", "the domain "+name+" has the mapping "+quoteShort(m.Key)+" twice", "give one of them another ApiMappingKey")
		}
	}
	d.Mappings = append(d.Mappings, m)
}
