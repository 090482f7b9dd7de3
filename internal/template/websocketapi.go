package template

import (
	"strings"
)

// expandWebSocketAPI makes the routes, integrations, permissions and the stage
// that SAM makes of an AWS::Serverless::WebSocketApi (SAM specification,
// "AWS::Serverless::WebSocketApi"; ids as the translator generates them).
func (l *loader) expandWebSocketAPI(r *resource) {
	stage := r.props.get("StageName")
	if stage == nil {
		stage = r.props.str("default")
	}
	l.checkAuth(r)
	routes := r.props.get("Routes")
	switch {
	case routes == nil || routes.kind == kindMap && len(routes.fields) == 0:
		l.problem(r.props, r.typ+" requires Routes", "Routes: {$default: {FunctionArn: !GetAtt MyFunction.Arn}}")
	case l.wantMap(routes):
		for _, f := range routes.fields {
			l.expandRoute(r, f, stage)
		}
	}
	l.expandStage(r, stage)
	l.expandDomain(r)
}

func (l *loader) expandRoute(r *resource, f field, stage *node) {
	key, route := f.key, f.val
	if !l.wantMap(route) {
		return
	}
	part, ok := routePart(key)
	if !ok {
		l.problem(route, "the route key "+quoteShort(key)+" is neither alphanumeric nor $connect, $disconnect or $default", "SAM takes letters and digits only")
		return
	}
	if l.byID[r.id+part+"Route"] != nil {
		l.problem(route, "the route key "+quoteShort(key)+" makes the same logical id as another: SAM ignores upper and lower case", "rename one of them")
		return
	}
	function := l.checkRoute(key, route)
	if function == nil {
		return
	}
	api := route.call("Ref", route.str(r.id))
	integration := route.object().add("ApiId", api).add("IntegrationType", route.str("AWS_PROXY")).
		add("TimeoutInMillis", route.get("IntegrationTimeout"))
	integration.add("IntegrationUri", l.invocation(function))
	l.generate(r, r.id+part+"Permission", "AWS::Lambda::Permission", route.object().
		add("Action", route.str("lambda:InvokeFunction")).add("Principal", route.str("apigateway.amazonaws.com")).
		add("FunctionName", function).add("SourceArn", sourceARN(r, key, route, stage)))
	l.generate(r, r.id+part+"Integration", "AWS::ApiGatewayV2::Integration", integration)
	l.generate(r, r.id+part+"Route", "AWS::ApiGatewayV2::Route", l.samRouteProps(r, key, route, api, r.id+part+"Integration"))
}

// routePart is a route key's part of a logical id: without $, the first letter
// upper, the others lower.
func routePart(key string) (string, bool) {
	switch key {
	case "$connect", "$disconnect", "$default":
		key = key[1:]
	}
	if !nameOf(key, "") {
		return "", false
	}
	return strings.ToUpper(key[:1]) + strings.ToLower(key[1:]), true
}

// checkRoute refuses what SAM refuses of a route and gives its function; nil
// if it has none.
func (l *loader) checkRoute(key string, route *node) *node {
	known := []string{"FunctionArn", "ApiKeyRequired", "IntegrationTimeout", "ModelSelectionExpression", "OperationName",
		"RequestModels", "RequestParameters", "RouteResponseSelectionExpression"}
	for _, f := range route.fields {
		if !contains(known, f.key) {
			l.problem(f.val, "a route has no property "+quoteShort(f.key), didYouMean(f.key, known, "properties are "+strings.Join(known, ", ")))
		}
	}
	if route.get("FunctionArn") == nil {
		l.problem(route, "the route "+key+" requires FunctionArn", "FunctionArn: !GetAtt MyFunction.Arn")
	}
	if p := route.get("RequestParameters"); p != nil && key != "$connect" {
		l.problem(p, "only $connect has RequestParameters", "")
	}
	return route.get("FunctionArn")
}

// invocation is the URI that invokes a function.
func (l *loader) invocation(function *node) *node {
	uri := function.str("arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Function}/invocations")
	return function.call("Fn::Sub", function.list(uri, function.object().add("Function", function)))
}

// sourceARN is the one route of the one stage that may invoke the function.
func sourceARN(r *resource, key string, at, stage *node) *node {
	arn := at.str("arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${" + r.id + "}/${Stage}/" + key)
	return at.call("Fn::Sub", at.list(arn, at.object().add("Stage", stage)))
}

func (l *loader) samRouteProps(r *resource, key string, route, api *node, integration string) *node {
	props := route.object().add("ApiId", api).add("RouteKey", route.str(key)).
		add("Target", route.call("Fn::Join", route.list(route.str("/"), route.list(route.str("integrations"), route.call("Ref", route.str(integration))))))
	for _, name := range []string{"ApiKeyRequired", "ModelSelectionExpression", "OperationName", "RequestModels", "RequestParameters", "RouteResponseSelectionExpression"} {
		props.add(name, route.get(name))
	}
	auth := r.props.at("Auth", "AuthType")
	if auth != nil && key == "$connect" {
		props.add("AuthorizationType", auth)
	}
	return props
}

// checkAuth refuses what SAM refuses of Auth.
func (l *loader) checkAuth(r *resource) {
	auth := r.props.get("Auth")
	if auth == nil || !l.wantMap(auth) {
		return
	}
	if r.props.at("Routes", "$connect") == nil {
		l.problem(auth, "Auth needs a $connect route", "add $connect to Routes")
	}
	kind := auth.get("AuthType")
	if kind == nil {
		l.problem(auth, "Auth has no AuthType", "AuthType: AWS_IAM")
		return
	}
	switch kind.text {
	case "NONE", "AWS_IAM":
		if len(auth.fields) > 1 {
			l.problem(auth, "with AuthType "+kind.text+" Auth has no other members", "")
		}
	case "CUSTOM":
		if auth.get("AuthArn") == nil {
			l.problem(auth, "with AuthType CUSTOM Auth requires AuthArn", "")
		}
		l.generate(r, r.id+"ConnectAuthorizer", "AWS::ApiGatewayV2::Authorizer", auth.object().add("ApiId", auth.call("Ref", auth.str(r.id))))
		l.generate(r, r.id+"AuthorizerPermission", "AWS::Lambda::Permission", auth.object().
			add("Action", auth.str("lambda:InvokeFunction")).add("Principal", auth.str("apigateway.amazonaws.com")).
			add("FunctionName", auth.get("AuthArn")).add("SourceArn", authorizerSource(r, auth)))
	}
}

func authorizerSource(r *resource, at *node) *node {
	return at.call("Fn::Sub", at.str("arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${"+r.id+"}/authorizers/*"))
}

func (l *loader) expandStage(r *resource, stage *node) {
	id := r.id + "Stage"
	if stage.scalar() {
		if id = r.id + keepAlnum(stage.text) + "Stage"; stage.text == "default" {
			id = r.id + "DefaultStage"
		}
	}
	props := stage.object().add("ApiId", stage.call("Ref", stage.str(r.id))).add("StageName", stage).add("AutoDeploy", stage.as(kindBool, "true"))
	for _, name := range []string{"StageVariables", "DefaultRouteSettings", "RouteSettings", "AccessLogSettings"} {
		props.add(name, r.props.get(name))
	}
	l.samRef(r, "Stage", l.generate(r, id, "AWS::ApiGatewayV2::Stage", props))
}

// expandDomain makes the domain and its mappings, one for each BasePath.
func (l *loader) expandDomain(r *resource) {
	domain := r.props.get("Domain")
	if domain == nil || !l.wantMap(domain) {
		return
	}
	if m := domain.get("MutualTlsAuthentication"); m != nil {
		l.problem(m, "SAM has no mutual TLS for WebSocket APIs", "remove it")
	}
	name := domain.get("DomainName")
	if name == nil {
		l.problem(domain, "Domain requires DomainName", "DomainName: ws.example.com")
		return
	}
	id := r.id + "ApiGatewayDomainNameV2" + l.derive("domain:"+r.id, lowerAlnum, 10)
	l.samRef(r, "DomainName", l.generate(r, id, "AWS::ApiGatewayV2::DomainName", domain.object().add("DomainName", name)))
	paths := []*node{nil}
	if base := domain.get("BasePath"); base != nil && len(base.each()) > 0 {
		paths = base.each()
	}
	for i, path := range paths {
		l.expandMapping(r, domain, path, i)
	}
}

func (l *loader) expandMapping(r *resource, domain, path *node, index int) {
	if path != nil && path.scalar() {
		path = path.str(strings.Trim(path.text, "/"))
	}
	id := r.id + "ApiMapping"
	if index > 0 {
		id += string(rune('A'+index%26)) + l.derive("mapping:"+path.text, lowerAlnum, 6)
	}
	l.generate(r, id, "AWS::ApiGatewayV2::ApiMapping", domain.object().
		add("ApiId", domain.call("Ref", domain.str(r.id))).add("DomainName", domain.get("DomainName")).
		add("Stage", domain.call("Ref", domain.str(r.id+".Stage"))).add("ApiMappingKey", path))
}

// readServerlessAPI reads the API itself; its parts are resources of their own.
func readServerlessAPI(l *loader, r *resource, p *props) {
	l.addAPI(r, p)
	p.quiet("Routes", "StageName", "StageVariables", "DefaultRouteSettings", "RouteSettings", "AccessLogSettings", "Auth", "Domain", "PropagateTags")
	if d := p.inside("Domain"); d != nil {
		d.textsOnly("DomainName", "BasePath", "CertificateArn", "EndpointConfiguration", "Route53", "SecurityPolicy",
			"OwnershipVerificationCertificateArn", "IpAddressType", "MutualTlsAuthentication")
	}
	p.finish()
}
