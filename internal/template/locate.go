package template

import (
	"strings"

	"github.com/tidewire/tidewire/internal/spec"
)

// tidy sorts problems and drops those that are said twice.
func tidy(ps spec.Problems) spec.Problems {
	ps.Sort()
	seen := make(map[spec.Problem]bool, len(ps))
	out := ps[:0]
	for _, p := range ps {
		if !seen[p] {
			seen[p] = true
			out = append(out, p)
		}
	}
	return out
}

// validate checks the finished Spec and says where in the template its
// problems come from.
func (l *loader) validate() spec.Problems {
	ps := l.spec.Validate()
	for i := range ps {
		l.locate(&ps[i])
	}
	return tidy(ps)
}

// locate turns a path of the Spec into a property of the template.
func (l *loader) locate(p *spec.Problem) {
	r := l.byID[p.Resource]
	if r == nil {
		return
	}
	name := p.Property[strings.LastIndexByte(p.Property, '.')+1:]
	name, _, _ = strings.Cut(name, "[")
	p.Property = ""
	names := map[string]string{
		"Key": "RouteKey", "IntegrationID": "Target", "Name": r.nameProperty(), "ARN": r.nameProperty(),
		"RoleARN": "Role", "Keys": "KeySchema", "Attributes": "AttributeDefinitions", "RequestParameters": "RequestParameters",
		"Field": "FieldName", "DataSource": "DataSourceName", "Environment": "EnvironmentVariables",
		"Connect": "EventConfig", "Publish": "PublishAuthModes", "Subscribe": "SubscribeAuthModes", "OnPublish": "HandlerConfigs", "OnSubscribe": "HandlerConfigs",
		"Mode": "AdditionalAuthenticationProviders", "OIDC": "AdditionalAuthenticationProviders", "Pool": "AdditionalAuthenticationProviders",
	}
	n := r.props.get(orDefault(names[name], name))
	if r.typ == "AWS::AppSync::Api" && n == nil {
		n = r.props.get("EventConfig")
	}
	if r.typ == "AWS::AppSync::ChannelNamespace" && name == "Code" {
		n = r.props.get("CodeHandlers")
	}
	if n == nil {
		n = r.props
	}
	p.At = l.source(n)
	resource, property := n.where()
	p.Resource, p.Property = printable(resource), printable(property)
}

// nameProperty is the property that names a resource of r's type.
func (r *resource) nameProperty() string {
	last := r.typ[strings.LastIndexByte(r.typ, ':')+1:]
	switch last {
	case "SimpleTable":
		last = "Table"
	case "Api", "WebSocketApi", "ApiKey", "GraphQLApi", "DataSource", "FunctionConfiguration", "ChannelNamespace":
		return "Name"
	case "DomainName":
		return "DomainName"
	}
	return last + "Name"
}
