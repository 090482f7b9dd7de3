package template

import (
	"strings"

	"github.com/tidewire/tidewire/internal/spec"
)

func partFamilies() map[string]family {
	return map[string]family{
		"AWS::ApiGatewayV2::Route":               {ref: stringRef(partID), attributes: ownID("RouteId"), read: part(phaseRoutes, readRoute)},
		"AWS::ApiGatewayV2::Integration":         {ref: stringRef(partID), attributes: ownID("IntegrationId"), read: part(phaseIntegrations, readIntegration)},
		"AWS::ApiGatewayV2::RouteResponse":       {ref: stringRef(partID), attributes: ownID("RouteResponseId"), read: part(phaseResponses, readRouteResponse)},
		"AWS::ApiGatewayV2::IntegrationResponse": {ref: stringRef(partID), attributes: ownID("IntegrationResponseId"), read: part(phaseResponses, readIntegrationResponse)},
		"AWS::ApiGatewayV2::Stage":               {ref: stringRef(stageName), attributes: noAttributes, read: part(phaseStages, readStage)},
	}
}

// partID is shaped like the ids of routes and integrations: seven characters.
func partID(l *loader, r *resource) string { return l.shortID(r.id)[:7] }

func stageName(l *loader, r *resource) string {
	return l.physical(r, "StageName", func() string { return "default" })
}

func readRoute(l *loader, r *resource, p *props, d *apiDraft) {
	route := spec.Route{
		LogicalID: r.id, ID: partID(l, r), Key: p.need("RouteKey", "RouteKey: $default"),
		Authorization:  orDefault(p.str("AuthorizationType"), spec.AuthNone),
		APIKeyRequired: p.boolean("ApiKeyRequired", false),
		RouteResponse:  l.twoWay(p), RequestParameters: l.declared(p), At: l.source(r.node),
	}
	if target := p.str("Target"); target != "" {
		id, ok := strings.CutPrefix(target, "integrations/")
		if !ok {
			p.problem("Target", "Target is integrations/ and the integration's id", "Target: !Sub integrations/${MyIntegration}")
		}
		route.IntegrationID = id
	}
	l.routeAuth(p, &route)
	l.routeModels(p, d, &route)
	p.quiet("OperationName")
	d.api.Routes = append(d.api.Routes, route)
}

// twoWay is whether the expression asks for a route response.
func (l *loader) twoWay(p *props) bool {
	expression := p.str("RouteResponseSelectionExpression")
	if expression != "" && expression != "$default" {
		p.problem("RouteResponseSelectionExpression", "RouteResponseSelectionExpression is always $default", "")
	}
	return expression == "$default"
}

// routeAuth lists what would refuse callers and is not here.
func (l *loader) routeAuth(p *props, route *spec.Route) {
	at := p.spot("AuthorizationType")
	switch route.Authorization {
	case spec.AuthNone:
		p.without("AuthorizerId")
	case spec.AuthIAM:
		p.without("AuthorizerId")
		if route.Key != "$connect" {
			l.note(at, "AWS_IAM is enforced on $connect only, as on AWS: "+route.Key+" is open to every connection")
		}
	case "CUSTOM", "JWT":
		l.gap(spec.Guard, at, "the route "+route.Key+" has an authorizer ("+route.Authorization+"), which tidewire does not run",
			"use AWS_IAM or NONE for a local run")
		p.quiet("AuthorizerId")
	default:
		l.gap(spec.Guard, at, "the AuthorizationType "+quoteShort(route.Authorization)+" of the route "+route.Key+" is not known", "AuthorizationType is NONE, AWS_IAM or CUSTOM")
		p.quiet("AuthorizerId")
	}
	if p.has("AuthorizationScopes") && len(p.list("AuthorizationScopes")) > 0 {
		l.gap(spec.Guard, p.spot("AuthorizationScopes"), "AuthorizationScopes are not checked here", "remove them: WebSocket APIs have none")
	}
}

// routeModels makes a route that validates its messages answer the
// configuration error; other routes of the same integration are not touched.
func (l *loader) routeModels(p *props, d *apiDraft, route *spec.Route) {
	property := "RequestModels"
	if !p.has(property) {
		property = "ModelSelectionExpression"
	}
	p.quiet("RequestModels", "ModelSelectionExpression")
	if !p.has(property) {
		return
	}
	const message = "messages are not validated with a model here"
	l.gap(spec.Worker, p.spot(property), "the route "+route.Key+": "+message, "remove the model for a local run")
	shared := d.api.Integration(route.IntegrationID)
	if shared == nil {
		return
	}
	own := *shared
	own.ID += "-" + route.ID
	own.Unsupported = orDefault(own.Unsupported, message)
	d.api.Integrations = append(d.api.Integrations, own)
	route.IntegrationID = own.ID
}

// declared reads {"route.request.querystring.N": {"Required": true}}.
func (l *loader) declared(p *props) map[string]bool {
	v := p.object("RequestParameters")
	if v == nil {
		return nil
	}
	out := make(map[string]bool, len(v.fields))
	for _, f := range v.fields {
		required := f.val
		if f.val.kind == kindMap {
			required = f.val.get("Required")
		}
		out[f.key] = truth(required)
		if !strings.HasPrefix(f.key, "route.request.querystring.") && !strings.HasPrefix(f.key, "route.request.header.") {
			l.problem(f.val, "a request parameter is called route.request.querystring.NAME or route.request.header.NAME", "")
		}
	}
	return out
}

func readRouteResponse(l *loader, r *resource, p *props, d *apiDraft) {
	id := p.need("RouteId", "RouteId: !Ref MyRoute")
	if key := p.need("RouteResponseKey", "RouteResponseKey: $default"); key != "$default" && key != "" {
		p.problem("RouteResponseKey", "RouteResponseKey is always $default", "")
	}
	p.without("ResponseModels", "ResponseParameters", "ModelSelectionExpression")
	for i := range d.api.Routes {
		if d.api.Routes[i].ID == id {
			d.api.Routes[i].RouteResponse = true
			return
		}
	}
	if id != "" {
		p.problem("RouteId", "the API "+d.api.LogicalID+" has no route "+quoteShort(id), "RouteId: !Ref MyRoute")
	}
}

func readStage(l *loader, r *resource, p *props, d *apiDraft) {
	s := spec.Stage{
		LogicalID: r.id, Name: p.need("StageName", "StageName: dev"), Variables: p.texts("StageVariables"), At: l.source(r.node),
	}
	if m := p.inside("DefaultRouteSettings"); m != nil {
		s.Throttle = routeThrottle(m)
	}
	if settings := p.object("RouteSettings"); settings != nil {
		s.Routes = map[string]spec.Throttle{}
		for _, f := range settings.fields {
			s.Routes[f.key] = routeThrottle(p.member(f.val))
		}
	}
	if p.has("ClientCertificateId") {
		l.gap(spec.Guard, p.spot("ClientCertificateId"), "client certificates are not used here", "remove ClientCertificateId for a local run")
	}
	p.quiet("ClientCertificateId", "DeploymentId", "AutoDeploy", "Description", "Tags", "AccessPolicyId")
	p.without("AccessLogSettings")
	d.api.Stages = append(d.api.Stages, s)
}

func routeThrottle(m *props) spec.Throttle {
	t := m.throttle("ThrottlingRateLimit", "ThrottlingBurstLimit")
	m.quiet("LoggingLevel", "DataTraceEnabled", "DetailedMetricsEnabled")
	m.finish()
	return t
}
