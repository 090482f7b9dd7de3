//go:build conformance

package conformance

import (
	"os"
	"path/filepath"
	"testing"
)

// object is a JSON object.
type object map[string]any

// api is a stack with one WebSocket API, stage dev, whose routes all go to
// one function.
type api struct {
	auth     string            // of $connect; "" leaves that route out
	key      bool              // $connect asks for an API key, which the stack has
	routes   []string          // besides $connect; each answers ("$default" alone if nil)
	runtime  string            // default nodejs22.x
	handler  string            // default app.handler
	code     string            // default src, beside the template
	env      map[string]string // of the function
	policies []any             // of the function, as SAM has them
	more     object            // resources
}

// handler is the function of most tests: it answers a message with itself,
// unless the message's action is one of those that it knows.
const handler = `
import { appendFileSync } from "node:fs";
const note = (text) => process.env.NOTES && appendFileSync(process.env.NOTES, text + "\n");
const actions = {
  who: (event) => event.requestContext.connectionId,
  context: (event) => JSON.stringify(event.requestContext),
  pid: () => String(process.pid),
  hang: (event) => {
    console.log("hanging in process " + process.pid);
    return new Promise(() => setInterval(() => {}, 1 << 30));
  },
  throw: () => { throw new Error("asked for it"); },
  exit: () => process.exit(3),
  garbage: (event) => {
    for (let i = 0; i < 64; i++) process.stdout.write(Buffer.from([0, 0, 0, 2, 123, 125, 255, i]));
    process.stderr.write("\u0000\u001b[2J{\"statusCode\":500}");
    return event.body;
  },
};
const asked = (body) => { try { return actions[JSON.parse(body).action]; } catch { return undefined; } };

export const handler = async (event) => {
  const { eventType, connectionId, disconnectStatusCode } = event.requestContext;
  note([eventType, connectionId, disconnectStatusCode, ...Object.keys(event.headers ?? {})].join(" "));
  if (eventType !== "MESSAGE") return { statusCode: 200 };
  const action = asked(event.body);
  return { statusCode: 200, body: action ? await action(event) : event.body };
};
`

// write puts the template and the function's files (name -> text; default:
// handler as app.mjs) into a new directory and gives its name.
func (a api) write(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "stack")
	if files == nil {
		files = map[string]string{"app.mjs": handler}
	}
	for name, text := range files {
		put(t, filepath.Join(dir, "src", name), text)
	}
	a.rewrite(t, dir)
	return dir
}

// rewrite writes the template alone.
func (a api) rewrite(t testing.TB, dir string) {
	t.Helper()
	put(t, filepath.Join(dir, "template.json"), marshal(t, a.template()))
}

func put(t testing.TB, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func ref(name string) object { return object{"Ref": name} }
func sub(text string) object { return object{"Fn::Sub": text} }
func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func (a api) template() object {
	resources := object{
		"Api":   resource("AWS::ApiGatewayV2::Api", object{"Name": "api", "ProtocolType": "WEBSOCKET", "RouteSelectionExpression": "$request.body.action"}),
		"Stage": resource("AWS::ApiGatewayV2::Stage", object{"ApiId": ref("Api"), "StageName": "dev", "AutoDeploy": true}),
		"Integration": resource("AWS::ApiGatewayV2::Integration", object{"ApiId": ref("Api"), "IntegrationType": "AWS_PROXY",
			"IntegrationUri": sub("arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Function.Arn}/invocations")}),
		"Function": resource("AWS::Serverless::Function", a.function()),
		"Permission": resource("AWS::Lambda::Permission", object{"Action": "lambda:InvokeFunction", "FunctionName": ref("Function"), "Principal": "apigateway.amazonaws.com",
			"SourceArn": sub("arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*")}),
	}
	a.addRoutes(resources)
	if a.key {
		addKey(resources)
	}
	for name, r := range a.more {
		resources[name] = r
	}
	return object{"AWSTemplateFormatVersion": "2010-09-09", "Transform": "AWS::Serverless-2016-10-31", "Resources": resources}
}

func resource(kind string, properties object) object {
	return object{"Type": kind, "Properties": properties}
}

func (a api) function() object {
	f := object{"CodeUri": or(a.code, "src"), "Handler": or(a.handler, "app.handler"), "Runtime": or(a.runtime, "nodejs22.x"), "Timeout": 60}
	if a.env != nil {
		f["Environment"] = object{"Variables": a.env}
	}
	if a.policies != nil {
		f["Policies"] = a.policies
	}
	return f
}

func (a api) addRoutes(resources object) {
	target := sub("integrations/${Integration}")
	if a.auth != "" {
		resources["ConnectRoute"] = resource("AWS::ApiGatewayV2::Route", object{"ApiId": ref("Api"), "RouteKey": "$connect", "AuthorizationType": a.auth,
			"ApiKeyRequired": a.key, "Target": target})
	}
	routes := a.routes
	if routes == nil {
		routes = []string{"$default"}
	}
	for i, key := range routes {
		name := "Route" + string(rune('A'+i))
		route := object{"ApiId": ref("Api"), "RouteKey": key, "Target": target}
		if key != "$disconnect" {
			route["RouteResponseSelectionExpression"] = "$default"
			resources[name+"Response"] = resource("AWS::ApiGatewayV2::RouteResponse", object{"ApiId": ref("Api"), "RouteId": ref(name), "RouteResponseKey": "$default"})
		}
		resources[name] = resource("AWS::ApiGatewayV2::Route", route)
	}
}

// addKey adds an API key and a usage plan that holds the stage.
func addKey(resources object) {
	resources["Key"] = resource("AWS::ApiGateway::ApiKey", object{"Enabled": true, "Name": "key"})
	resources["Plan"] = resource("AWS::ApiGateway::UsagePlan", object{"ApiStages": []any{object{"ApiId": ref("Api"), "Stage": ref("Stage")}}})
	resources["PlanKey"] = resource("AWS::ApiGateway::UsagePlanKey", object{"KeyId": ref("Key"), "KeyType": "API_KEY", "UsagePlanId": ref("Plan")})
}

// role is a role that may do the actions on everything.
func role(actions ...string) object {
	return resource("AWS::IAM::Role", object{
		"AssumeRolePolicyDocument": policy("sts:AssumeRole", object{"Principal": object{"AWS": sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:root")}}),
		"Policies": []any{object{"PolicyName": "allowed", "PolicyDocument": object{"Version": "2012-10-17",
			"Statement": []any{object{"Effect": "Allow", "Action": actions, "Resource": "*"}}}}},
	})
}

func policy(action string, more object) object {
	statement := object{"Effect": "Allow", "Action": action}
	for name, v := range more {
		statement[name] = v
	}
	return object{"Version": "2012-10-17", "Statement": []any{statement}}
}
