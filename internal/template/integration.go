package template

import (
	"strings"
	"time"

	"github.com/tidewire/tidewire/internal/spec"
)

func readIntegration(l *loader, r *resource, p *props, d *apiDraft) {
	in := spec.Integration{
		LogicalID: r.id, ID: partID(l, r), Type: p.need("IntegrationType", "IntegrationType: AWS_PROXY"),
		URI: p.str("IntegrationUri"), CredentialsARN: p.str("CredentialsArn"),
		Timeout:         time.Duration(p.integer("TimeoutInMillis", 50, 29000, 29000)) * time.Millisecond,
		ContentHandling: p.str("ContentHandlingStrategy"), At: l.source(r.node),
	}
	l.integrationType(p, &in)
	l.integrationWork(p, &in)
	p.quiet("IntegrationMethod", "ConnectionType", "PayloadFormatVersion", "Description", "PassthroughBehavior", "TlsConfig")
	if method := p.str("IntegrationMethod"); in.FunctionARN != "" && method != "" && method != "POST" {
		l.note(p.spot("IntegrationMethod"), "Lambda is invoked with POST: on AWS the IntegrationMethod "+quoteShort(method)+" fails")
	}
	d.api.Integrations = append(d.api.Integrations, in)
	index := len(d.api.Integrations) - 1
	l.later(phaseLinks, r, func() {
		l.findFunction(p, d.api, index)
		if !strings.HasSuffix(in.CredentialsARN, callersOwn) {
			l.knownRole(p, "CredentialsArn")
		}
	})
}

// callersOwn ends the CredentialsArn that stands for the caller's credentials.
const callersOwn = ":iam::*:user/*"

// lack makes an integration answer the configuration error and says why.
func (l *loader) lack(in *spec.Integration, at *node, message, hint string) {
	in.Unsupported = orDefault(in.Unsupported, message)
	l.gap(spec.Worker, at, message, hint)
}

// integrationType sorts out what is not Lambda behind a proxy.
func (l *loader) integrationType(p *props, in *spec.Integration) {
	at := p.spot("IntegrationType")
	switch in.Type {
	case "AWS_PROXY":
		in.FunctionARN = lambdaURI(in.URI)
		if in.FunctionARN == "" && p.get("IntegrationUri") != nil {
			l.lack(in, p.spot("IntegrationUri"), "the IntegrationUri is not the invocation of a Lambda function",
				"arn:aws:apigateway:REGION:lambda:path/2015-03-31/functions/FUNCTION_ARN/invocations")
		} else if !p.has("IntegrationUri") {
			p.problem("IntegrationUri", "an integration of the type AWS_PROXY requires IntegrationUri", "")
		}
	case "AWS", "HTTP", "HTTP_PROXY", "MOCK":
		l.lack(in, at, "integrations of the type "+in.Type+" are not run here", "AWS_PROXY with a Lambda function is")
	case "":
	default:
		p.problem("IntegrationType", "unknown integration type "+quoteShort(in.Type), "types are AWS, AWS_PROXY, HTTP, HTTP_PROXY and MOCK")
	}
}

// integrationWork lists what an integration asks for besides the call.
func (l *loader) integrationWork(p *props, in *spec.Integration) {
	if strings.EqualFold(p.str("ConnectionType"), "VPC_LINK") {
		l.lack(in, p.spot("ConnectionType"), "VPC links do not exist here", "use the ConnectionType INTERNET")
		p.quiet("ConnectionId")
	}
	if strings.HasSuffix(in.CredentialsARN, callersOwn) {
		l.lack(in, p.spot("CredentialsArn"), "invoking with the caller's own credentials is not done here", "give a role, or an AWS::Lambda::Permission")
	}
	if in.ContentHandling != "" {
		l.lack(in, p.spot("ContentHandlingStrategy"), "ContentHandlingStrategy is not done here", "remove it: text messages need none")
	}
	if v := p.object("RequestParameters"); v != nil && len(v.fields) > 0 {
		l.lack(in, p.spot("RequestParameters"), "request parameters are not mapped here", "remove RequestParameters for a local run")
	}
	if strings.HasSuffix(in.Type, "_PROXY") {
		p.without("RequestTemplates", "TemplateSelectionExpression")
		return
	}
	for _, name := range []string{"RequestTemplates", "TemplateSelectionExpression"} {
		if p.quiet(name); p.has(name) {
			l.lack(in, p.spot(name), "request templates are not rendered here", "use AWS_PROXY")
		}
	}
}

// lambdaURI is the function's ARN in an integration URI; "" if it is none
// (API Gateway API reference, "IntegrationUri").
func lambdaURI(uri string) string {
	parts := strings.SplitN(uri, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[2] != "apigateway" || parts[4] != "lambda" {
		return ""
	}
	arn, ok := strings.CutPrefix(parts[5], "path/2015-03-31/functions/")
	arn, ok2 := strings.CutSuffix(arn, "/invocations")
	if !ok || !ok2 || !strings.HasPrefix(arn, "arn:") {
		return ""
	}
	return arn
}

// findFunction checks that the function is in the template; one that a stage
// variable names is looked for at the call.
func (l *loader) findFunction(p *props, api *spec.WebSocketAPI, index int) {
	in := &api.Integrations[index]
	if in.FunctionARN == "" || strings.Contains(in.FunctionARN, "${") || l.spec.FunctionByARN(in.FunctionARN) != nil {
		return
	}
	message := "the function " + in.FunctionARN + " is not in the template"
	for i := range api.Integrations {
		if api.Integrations[i].LogicalID == in.LogicalID {
			api.Integrations[i].Unsupported = orDefault(api.Integrations[i].Unsupported, message)
		}
	}
	l.gap(spec.Worker, p.spot("IntegrationUri"), message, "add the function to the template")
}

func readIntegrationResponse(l *loader, r *resource, p *props, d *apiDraft) {
	id := p.need("IntegrationId", "IntegrationId: !Ref MyIntegration")
	p.need("IntegrationResponseKey", "IntegrationResponseKey: $default")
	p.quiet("ResponseTemplates", "ResponseParameters", "TemplateSelectionExpression", "ContentHandlingStrategy")
	in := d.api.Integration(id)
	switch {
	case in == nil && id != "":
		p.problem("IntegrationId", "the API "+d.api.LogicalID+" has no integration "+quoteShort(id), "IntegrationId: !Ref MyIntegration")
	case in != nil && strings.HasSuffix(in.Type, "_PROXY"):
		l.note(r.node, "an integration response has no effect on a proxy integration")
	case in != nil:
		l.lack(in, r.node, "integration responses are not run here", "use AWS_PROXY")
	}
}
