package spec

import (
	"fmt"
	"strings"
	"time"
)

// maxRoutes is the quota of routes, and of integrations, of one API (API
// Gateway developer guide, "Quotas for configuring and running a WebSocket
// API").
const maxRoutes = 300

func (v *validator) apis() {
	for i := range v.s.WebSocketAPIs {
		a := &v.s.WebSocketAPIs[i]
		path := fmt.Sprintf("WebSocketAPIs[%d]", i)
		v.enter(a.At, a.LogicalID, "%s", path)
		v.check(consists(a.ID, "-") && strings.ToLower(a.ID) == a.ID, "ID", "an API's id is lower-case letters and digits", "")
		v.unique("API id", a.ID, "ID")
		v.check(a.RouteSelectionExpression != "", "RouteSelectionExpression", "a WebSocket API requires a RouteSelectionExpression", "RouteSelectionExpression: $request.body.action")
		v.check(oneOf(a.APIKeySelectionExpression, "", "$request.header.x-api-key", "$context.authorizer.usageIdentifierKey"),
			"APIKeySelectionExpression", "this is no source of API keys", "$request.header.x-api-key")
		v.check(len(a.Routes) <= maxRoutes, "Routes", fmt.Sprintf("an API has at most %d routes, this has %d", maxRoutes, len(a.Routes)), "")
		v.integrations(a, path)
		v.routes(a, path)
		v.stages(a, path)
	}
}

func (v *validator) integrations(a *WebSocketAPI, path string) {
	for i := range a.Integrations {
		in := &a.Integrations[i]
		v.enter(in.At, in.LogicalID, "%s.Integrations[%d]", path, i)
		v.check(in.ID != "", "ID", "the integration has no id", "")
		v.unique("integration id", a.ID+"/"+in.ID, "ID")
		v.check(oneOf(in.Type, "AWS", "AWS_PROXY", "HTTP", "HTTP_PROXY", "MOCK"), "Type", "unknown integration type", "AWS_PROXY")
		v.check(in.Timeout >= 50*time.Millisecond && in.Timeout <= 29*time.Second, "Timeout", "an integration's timeout is 50 ms to 29 s", "API Gateway's default is 29 s")
		v.check(in.Unsupported != "" || in.Type == "AWS_PROXY" && in.FunctionARN != "", "FunctionARN", "only a Lambda function behind AWS_PROXY can run", "say in Unsupported why not")
	}
}

func (v *validator) routes(a *WebSocketAPI, path string) {
	for i := range a.Routes {
		r := &a.Routes[i]
		v.enter(r.At, r.LogicalID, "%s.Routes[%d]", path, i)
		v.routeKey(a, r)
		v.check(r.IntegrationID == "" || a.Integration(r.IntegrationID) != nil, "IntegrationID",
			fmt.Sprintf("the API %s has no integration %q", a.LogicalID, r.IntegrationID), "Target: !Sub integrations/${MyIntegration}")
		v.check(oneOf(r.Authorization, AuthNone, AuthIAM) || v.guarded(), "Authorization",
			fmt.Sprintf("the authorization %q is neither NONE nor AWS_IAM, and no guard gap says so", r.Authorization), "NONE or AWS_IAM")
		v.check(len(r.RequestParameters) == 0 || r.Key == "$connect", "RequestParameters", "only $connect has request parameters", "use the message's body")
	}
}

func (v *validator) routeKey(a *WebSocketAPI, r *Route) {
	switch {
	case r.Key == "":
		v.add("Key", "the route has no key", "RouteKey: $default")
	case r.Key[0] == '$' && !oneOf(r.Key, "$connect", "$disconnect", "$default"):
		v.add("Key", fmt.Sprintf("the route key %q begins with $", r.Key), "keys with $ are $connect, $disconnect and $default")
	default:
		v.unique(fmt.Sprintf("route key %q", r.Key), a.ID, "Key")
	}
}

// guarded says whether the Spec has a gap that keeps serve from starting.
func (v *validator) guarded() bool {
	for _, g := range v.s.Gaps {
		if g.Kind == Guard {
			return true
		}
	}
	return false
}

func (v *validator) stages(a *WebSocketAPI, path string) {
	for i := range a.Stages {
		s := &a.Stages[i]
		v.enter(s.At, s.LogicalID, "%s.Stages[%d]", path, i)
		switch {
		case s.Name == "$default":
			v.add("Name", "a WebSocket API has no stage $default", "StageName: dev")
		case !consists(s.Name, "-_") || len(s.Name) > 128:
			v.add("Name", "a stage's name is letters, digits, - and _, at most 128", "StageName: dev")
		default:
			v.unique(fmt.Sprintf("stage %q", s.Name), a.ID, "Name")
		}
		v.throttle("Throttle", s.Throttle)
		for key, t := range s.Routes {
			v.check(a.Route(key) != nil, "RouteSettings", fmt.Sprintf("the API %s has no route %q", a.LogicalID, key), "")
			v.throttle("RouteSettings", t)
		}
		for name := range s.Variables {
			v.check(consists(name, "_"), "Variables", fmt.Sprintf("the stage variable %q is not letters, digits and _", name), "")
		}
	}
}

func (v *validator) throttle(field string, t Throttle) {
	v.check(t.Rate >= 0 && t.Burst >= 0, field, "a throttle is not negative", "")
}

func (v *validator) domains() {
	for i := range v.s.Domains {
		d := &v.s.Domains[i]
		v.enter(d.At, "", "Domains[%d]", i)
		v.check(consists(d.Name, "-.*") && strings.ToLower(d.Name) == d.Name, "Name", "a domain's name is lower-case letters, digits, dots and hyphens", "ws.example.com")
		v.unique("domain", d.Name, "Name")
		for j, m := range d.Mappings {
			v.mapping(d, m, fmt.Sprintf("Mappings[%d]", j))
		}
	}
}

func (v *validator) mapping(d *Domain, m Mapping, field string) {
	v.check(len(m.Key) <= 300 && (m.Key == "" || consists(m.Key, "$-_.+!*'()/")), field+".Key", "a mapping key is letters, digits and $-_.+!*'(), at most 300", "")
	v.check(!oneOf(m.Key, "ping", "sping"), field+".Key", "API Gateway keeps /ping and /sping for itself", "use another key")
	v.unique("mapping", d.Name+"/"+m.Key, field+".Key")
	api := v.apiByID(m.APIID)
	if api == nil {
		v.add(field+".APIID", "there is no API "+m.APIID, "")
		return
	}
	v.check(api.Stage(m.Stage) != nil, field+".Stage", fmt.Sprintf("the API %s has no stage %q", api.LogicalID, m.Stage), "Stage: !Ref MyStage")
}

func (v *validator) apiByID(id string) *WebSocketAPI {
	for i := range v.s.WebSocketAPIs {
		if v.s.WebSocketAPIs[i].ID == id {
			return &v.s.WebSocketAPIs[i]
		}
	}
	return nil
}
