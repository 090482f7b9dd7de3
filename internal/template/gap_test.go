package template

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidewire/tidewire/internal/spec"
)

// remarks are gaps, notes and what is not run, in one list.
func remarks(s *spec.Spec) []string {
	var out []string
	for _, g := range s.Gaps {
		kind := map[spec.GapKind]string{spec.Guard: "guard", spec.Worker: "worker"}[g.Kind]
		out = append(out, fmt.Sprintf("%s %d %s.%s: %s", kind, g.At.Line, g.Resource, g.Property, g.Message))
	}
	for _, n := range s.Notes {
		out = append(out, fmt.Sprintf("note %d %s: %s", n.At.Line, n.Resource, n.Message))
	}
	for _, n := range s.NotRun {
		out = append(out, fmt.Sprintf("not run %d %s %s: %s", n.At.Line, n.LogicalID, n.Type, n.Reason))
	}
	return out
}

// TestRemarks adds lines to the minimal template; they begin in line 7.
func TestRemarks(t *testing.T) {
	t.Parallel()
	route := func(properties string) string {
		return "  R: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: $connect, Target: !Sub \"integrations/${In}\", " + properties + "}}"
	}
	integration := func(properties string) string {
		return "  I: {Type: AWS::ApiGatewayV2::Integration, Properties: {ApiId: !Ref Api, " + properties + "}}"
	}
	proxy := `IntegrationType: AWS_PROXY, IntegrationUri: !Sub "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Fn.Arn}/invocations"`
	function := func(properties string) string {
		return "  F: {Type: AWS::Serverless::Function, Properties: {CodeUri: src, Handler: a.b, Runtime: python3.12, " + properties + "}}"
	}
	tests := []struct {
		name, text string
		want       []string
	}{
		{"authorizer", route("AuthorizationType: CUSTOM, AuthorizerId: !Ref A") + "\n  A: {Type: AWS::ApiGatewayV2::Authorizer, Properties: {ApiId: !Ref Api, Name: a, AuthorizerType: REQUEST}}", []string{
			"guard 7 R.Properties.AuthorizationType: the route $connect has an authorizer (CUSTOM), which tidewire does not run", "not run 8 A AWS::ApiGatewayV2::Authorizer: "}},
		{"JWT", route("AuthorizationType: JWT, AuthorizationScopes: [a]"), []string{
			"guard 7 R.Properties.AuthorizationType: the route $connect has an authorizer (JWT), which tidewire does not run",
			"guard 7 R.Properties.AuthorizationScopes: AuthorizationScopes are not checked here"}},
		{"unknown authorization", route("AuthorizationType: MAGIC"), []string{`guard 7 R.Properties.AuthorizationType: the AuthorizationType "MAGIC" of the route $connect is not known`}},
		{"IAM elsewhere", strings.Replace(route("AuthorizationType: AWS_IAM"), "$connect", "send", 1), []string{
			"note 7 R: AWS_IAM is enforced on $connect only, as on AWS: send is open to every connection"}},
		{"usage identifier", "  A: {Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: WEBSOCKET, RouteSelectionExpression: a, ApiKeySelectionExpression: $context.authorizer.usageIdentifierKey, Policy: {}}}", []string{
			"guard 7 A.Properties.ApiKeySelectionExpression: an API key that comes from the authorizer (usageIdentifierKey) is not checked here",
			"guard 7 A.Properties.Policy: a resource policy of a WebSocket API is not enforced here", "note 7 A: the API A has no stage: nothing can connect to it"}},
		{"client certificate", "  S: {Type: AWS::ApiGatewayV2::Stage, Properties: {ApiId: !Ref Api, StageName: s, ClientCertificateId: c, AccessLogSettings: {}}}", []string{
			"guard 7 S.Properties.ClientCertificateId: client certificates are not used here", "note 7 S: Properties.AccessLogSettings has no effect here"}},
		{"mutual TLS", "  D: {Type: AWS::ApiGatewayV2::DomainName, Properties: {DomainName: d.x, MutualTlsAuthentication: {}, RoutingMode: ROUTING_RULE_ONLY}}\n  M: {Type: AWS::ApiGatewayV2::ApiMapping, Properties: {ApiId: !Ref Api, DomainName: !Ref D, Stage: dev}}", []string{
			"guard 7 D.Properties.MutualTlsAuthentication: mutual TLS is not enforced here", "note 7 D: routing rules do not exist here: the domain's API mappings decide"}},
		{"domain without mapping", "  D: {Type: AWS::ApiGatewayV2::DomainName, Properties: {DomainName: d.x, MutualTlsAuthentication: {}}}", []string{
			"not run 7 D AWS::ApiGatewayV2::DomainName: no WebSocket API of this template is mapped to it"}},
		{"WebSocketApi authorizer", "  W: {Type: AWS::Serverless::WebSocketApi, Properties: {RouteSelectionExpression: a, Auth: {AuthType: CUSTOM, AuthArn: !GetAtt Fn.Arn}, Routes: {$connect: {FunctionArn: !GetAtt Fn.Arn}}}}", []string{
			"guard 7 W.Properties.Auth.AuthType: the route $connect has an authorizer (CUSTOM), which tidewire does not run", "not run 7 WConnectAuthorizer AWS::ApiGatewayV2::Authorizer: "}},
		{"WebSocketApi unknown auth", "  W: {Type: AWS::Serverless::WebSocketApi, Properties: {RouteSelectionExpression: a, Auth: {AuthType: MAGIC}, Routes: {$connect: {FunctionArn: !GetAtt Fn.Arn}}}}", []string{
			`guard 7 W.Properties.Auth.AuthType: the AuthorizationType "MAGIC" of the route $connect is not known`}},
		{"boundary", "  U: {Type: AWS::IAM::User, Properties: {PermissionsBoundary: arn:aws:iam::123456789012:policy/limit}}", []string{
			`guard 7 U.Properties.PermissionsBoundary: the permissions boundary "arn:aws:iam::123456789012:policy/limit" is not known here`}},
		{"mock", integration("IntegrationType: MOCK, RequestTemplates: {a: b}, TemplateSelectionExpression: x"), []string{
			"worker 7 I.Properties.IntegrationType: integrations of the type MOCK are not run here", "worker 7 I.Properties.RequestTemplates: request templates are not rendered here",
			"worker 7 I.Properties.TemplateSelectionExpression: request templates are not rendered here"}},
		{"HTTP", integration("IntegrationType: HTTP_PROXY, IntegrationUri: http://x, ConnectionType: VPC_LINK, ConnectionId: c"), []string{
			"worker 7 I.Properties.IntegrationType: integrations of the type HTTP_PROXY are not run here", "worker 7 I.Properties.ConnectionType: VPC links do not exist here"}},
		{"no Lambda", integration("IntegrationType: AWS_PROXY, IntegrationUri: \"arn:aws:apigateway:us-east-1:sqs:action/SendMessage\""), []string{
			"worker 7 I.Properties.IntegrationUri: the IntegrationUri is not the invocation of a Lambda function"}},
		{"foreign function", integration("IntegrationType: AWS_PROXY, IntegrationUri: \"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:other/invocations\""), []string{
			"worker 7 I.Properties.IntegrationUri: the function arn:aws:lambda:us-east-1:123456789012:function:other is not in the template"}},
		{"work", integration(proxy + ", ContentHandlingStrategy: CONVERT_TO_TEXT, RequestParameters: {a: b}, RequestTemplates: {a: b}, IntegrationMethod: GET"), []string{
			"worker 7 I.Properties.ContentHandlingStrategy: ContentHandlingStrategy is not done here", "worker 7 I.Properties.RequestParameters: request parameters are not mapped here",
			"note 7 I: Properties.RequestTemplates has no effect here", `note 7 I: Lambda is invoked with POST: on AWS the IntegrationMethod "GET" fails`}},
		{"models", route("ModelSelectionExpression: a, RequestModels: {a: !Ref M}") + "\n  M: {Type: AWS::ApiGatewayV2::Model, Properties: {ApiId: !Ref Api, Name: m, Schema: {}}}", []string{
			"worker 7 R.Properties.RequestModels: the route $connect: messages are not validated with a model here"}},
		{"integration response", integration("IntegrationType: MOCK") + "\n  A: {Type: AWS::ApiGatewayV2::IntegrationResponse, Properties: {ApiId: !Ref Api, IntegrationId: !Ref I, IntegrationResponseKey: $default}}\n" +
			"  B: {Type: AWS::ApiGatewayV2::IntegrationResponse, Properties: {ApiId: !Ref Api, IntegrationId: !Ref In, IntegrationResponseKey: $default}}", []string{
			"worker 7 I.Properties.IntegrationType: integrations of the type MOCK are not run here", "worker 8 A.: integration responses are not run here",
			"note 9 B: an integration response has no effect on a proxy integration"}},
		{"zip layer", "  L: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: code.zip}}\n  S: {Type: AWS::Lambda::LayerVersion, Properties: {Content: {S3Bucket: b, S3Key: k}}}", []string{
			"worker 7 L.Properties.ContentUri: the layer L is a zip file: functions run without it",
			"worker 8 S.Properties.Content: the layer S has no local content: it is in S3 (s3://b/k): give a local directory, or --function Name=URL"}},
		{"HTTP API", "  H: {Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: HTTP}}\n  HR: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref H, RouteKey: GET /, AuthorizationType: JWT}}\n  B: {Type: AWS::ApiGatewayV2::Api, Properties: {Body: {}}}", []string{
			"not run 7 H AWS::ApiGatewayV2::Api: its ProtocolType is HTTP", "not run 9 B AWS::ApiGatewayV2::Api: an imported API is an HTTP API",
			"not run 8 HR AWS::ApiGatewayV2::Route: its API is no WebSocket API of this template"}},
		{"others", "  A: {Type: AWS::S3::Bucket}\n  B: {Type: AWS::Lambda::Funktion}\n  C: {Type: AWS::Serverless::HttpApi}\n  D: {Type: AWS::S3::Bucket, Condition: No}\nConditions: {No: !Equals [a, b]}", []string{
			"not run 7 A AWS::S3::Bucket: ", "not run 8 B AWS::Lambda::Funktion: did you mean AWS::Lambda::Function?", "not run 9 C AWS::Serverless::HttpApi: "}},
		{"placeholder", function("Environment: {Variables: {A: !Ref Q, B: !GetAtt Q.Arn}}") + "\n  Q: {Type: AWS::SQS::Queue}", []string{
			"note 8 Q: a placeholder stands for Q (AWS::SQS::Queue), which is not run", "not run 8 Q AWS::SQS::Queue: "}},
		{"events", function("Events: {Web: {Type: Api, Properties: {}}, Tick: {Type: Schedule}}, FunctionUrlConfig: {AuthType: NONE}, DeadLetterQueue: {}"), []string{
			"note 7 F: Properties.DeadLetterQueue has no effect here",
			"not run 7 F.Events.Web Api event: nothing triggers the function here", "not run 7 F.Events.Tick Schedule event: nothing triggers the function here", "not run 7 FUrl AWS::Lambda::Url: "}},
		{"connectors", "  F: {Type: AWS::Serverless::Function, Connectors: {C: {Properties: {}}}, Properties: {CodeUri: src, Handler: a.b, Runtime: python3.12}}", []string{
			"not run 7 F.C AWS::Serverless::Connector: what it permits is not granted; use Policies, and AWS::Lambda::Permission for who invokes a function"}},
		{"unknown property", function("Nonsense: 1"), []string{
			"note 7 F: Properties.Nonsense is not known and is ignored"}},
		{"build method", "  F: {Type: AWS::Serverless::Function, Metadata: {BuildMethod: esbuild}, Properties: {CodeUri: src, Handler: a.b, Runtime: nodejs22.x}}", []string{
			`note 7 F: BuildMethod "esbuild" is not run here: build the code first (sam build) and give .aws-sam/build/template.yaml`}},
		{"no CodeUri", "  F: {Type: AWS::Serverless::Function, Properties: {Handler: a.b, Runtime: nodejs22.x}}", []string{
			"note 7 F: the function has neither CodeUri nor InlineCode: its code is the template's directory, as for sam"}},
		{"unknown layer", function("Layers: [\"arn:aws:lambda:us-east-1:123456789012:layer:x:1\"]"), []string{
			`note 7 F: the layer "arn:aws:lambda:us-east-1:123456789012:layer:x:1" is not in the template: the function runs without it`}},
		{"unknown policies", "  U: {Type: AWS::IAM::User, Properties: {ManagedPolicyArns: [\"arn:aws:iam::123456789012:policy/x\"], Groups: [g]}}\n  P: {Type: AWS::IAM::Policy, Properties: {PolicyName: p, Users: [nobody], Roles: [nobody], Groups: [nobody], PolicyDocument: {Statement: {Effect: Allow, Action: \"*\", Resource: \"*\"}}}}", []string{
			`note 7 U: the managed policy "arn:aws:iam::123456789012:policy/x" is not known here: it permits nothing and forbids nothing`,
			`note 7 U: the group "g" is not in the template: nothing that it permits or forbids is known here`,
			`note 8 P: the user "nobody" is not in the template: the policy is not attached to it`, `note 8 P: the role "nobody" is not in the template: the policy is not attached to it`,
			`note 8 P: the group "nobody" is not in the template: the policy is not attached to it`}},
		{"unknown roles", function("Role: arn:aws:iam::123456789012:role/x") + "\n" + integration(proxy+", CredentialsArn: arn:aws:iam::123456789012:role/y") + "\n" +
			strings.Replace(integration(proxy+", CredentialsArn: \"arn:aws:iam::*:user/*\""), "I:", "J:", 1), []string{
			"worker 9 J.Properties.CredentialsArn: invoking with the caller's own credentials is not done here",
			`note 7 F: the role "arn:aws:iam::123456789012:role/x" is not in the template: what it permits is not known here`,
			`note 8 I: the role "arn:aws:iam::123456789012:role/y" is not in the template: what it permits is not known here`}},
		{"disabled key", "  K: {Type: AWS::ApiGateway::ApiKey}\n  P: {Type: AWS::ApiGateway::UsagePlanKey, Properties: {KeyId: !Ref K, KeyType: API_KEY, UsagePlanId: other}}", []string{
			"note 7 K: the API key is not Enabled, so it admits nobody, as on AWS", "not run 8 P AWS::ApiGateway::UsagePlanKey: its usage plan is not in this template"}},
		{"rules", "Rules: {A: {}}\nHooks: {}", []string{"note 7 : Rules are not evaluated here", "note 8 : Hooks are not run here"}},
		{"pattern", "Parameters: {P: {Type: String, Default: a, AllowedPattern: \"(?=a).\"}}", []string{"note 7 : this AllowedPattern is not checked: Go's regular expressions do not know it"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := mustLoad(t, minimal+test.text+"\n", nil)
			if diff := cmp.Diff(test.want, remarks(s)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestUnsupported looks at what routes run that need something we lack.
func TestUnsupported(t *testing.T) {
	t.Parallel()
	s := mustLoad(t, minimal+`
  Plain: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: plain, Target: !Sub "integrations/${In}"}}
  Model: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: model, Target: !Sub "integrations/${In}", RequestModels: {}}}
  Mock: {Type: AWS::ApiGatewayV2::Integration, Properties: {ApiId: !Ref Api, IntegrationType: MOCK}}
  MockRoute: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: mock, Target: !Sub "integrations/${Mock}"}}
`, nil)
	got := map[string]string{}
	for _, r := range s.WebSocketAPIs[0].Routes {
		got[r.Key] = s.WebSocketAPIs[0].Integration(r.IntegrationID).Unsupported
	}
	want := map[string]string{"plain": "", "model": "messages are not validated with a model here", "mock": "integrations of the type MOCK are not run here"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestCode(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, resource string
		want           spec.Code
	}{
		{"directory", "{Type: AWS::Serverless::Function, Properties: {CodeUri: ./src, Handler: a.b, Runtime: python3.12}}", spec.Code{Dir: "src", Property: "CodeUri"}},
		{"zip", "{Type: AWS::Serverless::Function, Properties: {CodeUri: code.zip, Handler: a.b, Runtime: python3.12}}", spec.Code{Zip: "code.zip", Property: "CodeUri"}},
		{"S3", "{Type: AWS::Serverless::Function, Properties: {CodeUri: s3://b/k, Handler: a.b, Runtime: python3.12}}",
			spec.Code{Unavailable: "it is in S3 (s3://b/k): give a local directory, or --function Name=URL", Property: "CodeUri"}},
		{"S3 map", "{Type: AWS::Serverless::Function, Properties: {CodeUri: {Bucket: b, Key: k}, Handler: a.b, Runtime: python3.12}}",
			spec.Code{Unavailable: "it is in S3 (s3://b/k): give a local directory, or --function Name=URL", Property: "CodeUri"}},
		{"image", "{Type: AWS::Serverless::Function, Metadata: {Dockerfile: x}, Properties: {PackageType: Image, ImageUri: x}}", spec.Code{Unavailable: imageReason, Property: "PackageType"}},
		{"Lambda directory", "{Type: AWS::Lambda::Function, Properties: {Code: src, Role: r, Handler: a.b, Runtime: python3.12}}", spec.Code{Dir: "src", Property: "Code"}},
		{"Lambda image", "{Type: AWS::Lambda::Function, Properties: {Code: {ImageUri: x}, Role: r, PackageType: Image}}", spec.Code{Unavailable: imageReason, Property: "Code"}},
		{"Lambda S3", "{Type: AWS::Lambda::Function, Properties: {Code: {S3Bucket: b, S3Key: k}, Role: r, Handler: a.b, Runtime: python3.12}}",
			spec.Code{Unavailable: "it is in S3 (s3://b/k): give a local directory, or --function Name=URL", Property: "Code"}},
		{"asset", "{Type: AWS::Lambda::Function, Metadata: {\"aws:asset:path\": code.zip, \"aws:asset:property\": Code}, Properties: {Code: {S3Bucket: b, S3Key: k}, Role: r, Handler: a.b, Runtime: python3.12}}",
			spec.Code{Zip: "code.zip", Property: "Code"}},
		{"image asset", "{Type: AWS::Lambda::Function, Metadata: {\"aws:asset:path\": src, \"aws:asset:property\": Code.ImageUri}, Properties: {Code: {ImageUri: x}, Role: r, PackageType: Image}}",
			spec.Code{Unavailable: imageReason, Property: "Code"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := mustLoad(t, "Transform: AWS::Serverless-2016-10-31\nResources: {X: "+test.resource+"}\n", nil)
			c := s.Functions[0].Code
			dir := filepath.Dir(s.File)
			c.Dir, c.Zip = relative(dir, c.Dir), relative(dir, c.Zip)
			if diff := cmp.Diff(test.want, c); diff != "" {
				t.Error(diff)
			}
		})
	}
}
