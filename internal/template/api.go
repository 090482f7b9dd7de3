package template

import (
	"github.com/tidewire/tidewire/internal/spec"
)

// apiDraft is a WebSocket API whose parts are still being put together.
type apiDraft struct {
	api *spec.WebSocketAPI
	r   *resource
}

func apiFamilies() map[string]family {
	return map[string]family{
		"AWS::ApiGatewayV2::Api":        {ref: stringRef(idRef), attributes: apiAttributes, read: readAPI},
		"AWS::Serverless::WebSocketApi": {ref: stringRef(idRef), attributes: apiAttributes, read: readServerlessAPI},
		"AWS::ApiGatewayV2::Model":      {ref: idOnly, attributes: ownID("ModelId"), read: readModel},
		"AWS::ApiGatewayV2::Authorizer": {ref: idOnly, attributes: ownID("AuthorizerId"), read: readAuthorizer},
		"AWS::ApiGatewayV2::Deployment": {ref: idOnly, attributes: ownID("DeploymentId"), read: readDeployment},
		"AWS::CDK::Metadata":            {ref: idOnly, attributes: noAttributes, read: func(*loader, *resource, *props) {}},
	}
}

func apiAttributes(l *loader, r *resource) []attribute {
	id := l.shortID(r.id)
	return []attribute{
		text(r, "ApiId", func() string { return id }),
		text(r, "ApiEndpoint", func() string { return l.apiScheme(r) + "://" + l.executeAPI(id) }),
	}
}

func (l *loader) apiScheme(r *resource) string {
	if r.typ == "AWS::ApiGatewayV2::Api" && l.protocol(r) != "WEBSOCKET" {
		return "https"
	}
	return "wss"
}

func (l *loader) protocol(r *resource) string {
	return l.physical(r, "ProtocolType", func() string { return "" })
}

// readAPI reads an API of the WebSocket protocol; others are not run.
func readAPI(l *loader, r *resource, p *props) {
	switch protocol := l.protocol(r); protocol {
	case "WEBSOCKET":
	case "HTTP":
		l.notRun(r.id, r.typ, "its ProtocolType is HTTP", r.node)
		return
	case "":
		if r.props.get("Body") != nil || r.props.get("BodyS3Location") != nil {
			l.notRun(r.id, r.typ, "an imported API is an HTTP API", r.node)
			return
		}
		p.need("ProtocolType", "ProtocolType: WEBSOCKET")
	default:
		p.problem("ProtocolType", "ProtocolType is WEBSOCKET or HTTP", "ProtocolType: WEBSOCKET")
	}
	p.quiet("ProtocolType", "Version")
	p.without("Body", "BodyS3Location", "CorsConfiguration", "CredentialsArn", "RouteKey", "Target", "BasePath")
	l.addAPI(r, p)
	p.finish()
}

// addAPI reads what both types have in common.
func (l *loader) addAPI(r *resource, p *props) *apiDraft {
	d := &apiDraft{r: r, api: &spec.WebSocketAPI{
		LogicalID: r.id, ID: l.shortID(r.id), Name: orDefault(p.str("Name"), r.id),
		RouteSelectionExpression:  p.str("RouteSelectionExpression"),
		APIKeySelectionExpression: orDefault(p.str("ApiKeySelectionExpression"), defaultKeyExpression),
		DisableExecuteAPIEndpoint: p.boolean("DisableExecuteApiEndpoint", false),
		At:                        l.source(r.node),
	}}
	l.apis = append(l.apis, d)
	l.keyExpression(d.api, p)
	for _, name := range []string{"Policy", "ResourcePolicy"} {
		if p.has(name) {
			l.gap(spec.Guard, p.spot(name), "a resource policy of a WebSocket API is not enforced here", "remove it, or use AWS_IAM on $connect")
			p.quiet(name)
		}
	}
	p.quiet("Description", "Tags", "DisableSchemaValidation", "IpAddressType", "FailOnWarnings")
	return d
}

const defaultKeyExpression = "$request.header.x-api-key"

func (l *loader) keyExpression(api *spec.WebSocketAPI, p *props) {
	switch api.APIKeySelectionExpression {
	case defaultKeyExpression, "${request.header.x-api-key}":
		api.APIKeySelectionExpression = defaultKeyExpression
	case "$context.authorizer.usageIdentifierKey", "${context.authorizer.usageIdentifierKey}":
		l.gap(spec.Guard, p.spot("ApiKeySelectionExpression"), "an API key that comes from the authorizer (usageIdentifierKey) is not checked here",
			"use $request.header.x-api-key")
	default:
		p.problem("ApiKeySelectionExpression", "ApiKeySelectionExpression is $request.header.x-api-key or $context.authorizer.usageIdentifierKey", "")
	}
}

// part makes the reader of something that belongs to an API: it is read when
// the APIs are known, and not run if its API is none of them.
func part(phase int, read func(*loader, *resource, *props, *apiDraft)) func(*loader, *resource, *props) {
	return func(l *loader, r *resource, p *props) {
		id := p.need("ApiId", "ApiId: !Ref MyApi")
		l.later(phase, r, func() {
			for _, d := range l.apis {
				if d.api.ID == id {
					read(l, r, p, d)
					p.finish()
					return
				}
			}
			if id != "" {
				l.notRun(r.id, r.typ, "its API is no WebSocket API of this template", r.node)
			}
		})
	}
}

func readModel(l *loader, r *resource, p *props) {
	part(phaseResponses, func(l *loader, r *resource, p *props, _ *apiDraft) {
		p.quiet("Name", "ContentType", "Schema", "Description")
	})(l, r, p)
}

// readAuthorizer lists the authorizer; the route that uses it is the gap.
func readAuthorizer(l *loader, r *resource, p *props) {
	part(phaseResponses, func(l *loader, r *resource, p *props, d *apiDraft) {
		p.quiet("Name", "AuthorizerType", "AuthorizerUri", "AuthorizerCredentialsArn", "IdentitySource", "AuthorizerResultTtlInSeconds",
			"AuthorizerPayloadFormatVersion", "EnableSimpleResponses", "IdentityValidationExpression", "JwtConfiguration")
		l.notRun(r.id, r.typ, "", r.node)
	})(l, r, p)
}

// readDeployment has nothing to do: a template is always deployed here.
func readDeployment(l *loader, r *resource, p *props) {
	part(phaseResponses, func(l *loader, r *resource, p *props, _ *apiDraft) {
		p.quiet("StageName", "Description")
	})(l, r, p)
}
