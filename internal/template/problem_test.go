package template

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidewire/tidewire/internal/spec"
)

// short is a problem in one line: line|resource.property|message|hint.
func short(p spec.Problem) string {
	return fmt.Sprintf("%d|%s.%s|%s|%s", p.At.Line, p.Resource, p.Property, p.Message, p.Hint)
}

// wantProblems compares problems with line|resource.property|part of the
// message|part of the hint.
func wantProblems(t *testing.T, want []string, got spec.Problems) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d problems, want %d:\n%s", len(got), len(want), got.Error())
	}
	for i, w := range want {
		parts := strings.SplitN(w+"||", "|", 5)
		p := got[i]
		place := fmt.Sprintf("%d|%s.%s", p.At.Line, p.Resource, p.Property)
		if place != parts[0]+"|"+parts[1] || !strings.Contains(p.Message, parts[2]) || !strings.Contains(p.Hint, strings.Trim(parts[3], "|")) {
			t.Errorf("problem %d:\n got %s\nwant %s", i, short(p), w)
		}
	}
}

// minimal is a good template with an API, a route, a function and its role.
const minimal = `Transform: AWS::Serverless-2016-10-31
Resources:
  Fn: {Type: AWS::Serverless::Function, Properties: {CodeUri: src, Handler: a.b, Runtime: python3.12}}
  Api: {Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: WEBSOCKET, RouteSelectionExpression: $request.body.a}}
  Stage: {Type: AWS::ApiGatewayV2::Stage, Properties: {ApiId: !Ref Api, StageName: dev}}
  In: {Type: AWS::ApiGatewayV2::Integration, Properties: {ApiId: !Ref Api, IntegrationType: AWS_PROXY, IntegrationUri: !Sub "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Fn.Arn}/invocations"}}
`

func TestMinimal(t *testing.T) {
	t.Parallel()
	s := mustLoad(t, minimal, nil)
	if n := len(s.Notes) + len(s.Gaps) + len(s.NotRun); n > 0 {
		t.Errorf("%+v", s)
	}
}

// TestProblems adds lines to the minimal template; they begin in line 7.
func TestProblems(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		want       []string
	}{
		{"no type", `  X: {Properties: {}}`, []string{"7|X.|the resource has no Type"}},
		{"no map", `  X: 5`, []string{"7|X.|this must be a map, it is a number"}},
		{"odd type", `  X: {Type: Function}`, []string{`7|X.Type|unknown resource type "Function"|AWS::Lambda::Function`}},
		{"odd id", `  X-y: {Type: AWS::S3::Bucket}`, []string{"7|X-y.|a logical id is letters and digits only"}},
		{"odd member", `  X: {Type: AWS::IAM::User, Propertis: {}}`, []string{`7|X.Propertis|a resource has no member "Propertis"|did you mean Properties?`}},
		{"properties no map", `  X: {Type: AWS::S3::Bucket, Properties: []}`, []string{"7|X.Properties|this must be a map, it is a list"}},
		{"twice", "  X: {Type: AWS::S3::Bucket}\n  X: {Type: AWS::S3::Bucket}", []string{`8|X.|the key "X" stands here twice, first in line 7`}},
		{"no condition", `  X: {Type: AWS::S3::Bucket, Condition: Nope}`, []string{`7|X.Condition|the template has no condition "Nope"`}},
		{"no code", `  X: {Type: AWS::Lambda::Function, Properties: {Handler: a.b, Runtime: python3.12, Role: !GetAtt FnRole.Arn}}`,
			[]string{"7|X.Properties|AWS::Lambda::Function requires Code|Code: ./src"}},
		{"code missing", "  X:\n    Type: AWS::Serverless::Function\n    Properties:\n      Handler: a.b\n      Runtime: python3.12\n      CodeUri: nowhere",
			[]string{`12|X.Properties.CodeUri|there is nothing at "nowhere"|relative to the template's directory`}},
		{"code is a file", `  X: {Type: AWS::Serverless::Function, Properties: {CodeUri: app.py, Handler: a.b, Runtime: python3.12}}`,
			[]string{"7|X.Properties.CodeUri|neither a directory nor a zip file|the directory"}},
		{"no code, handler, runtime, role", `  X: {Type: AWS::Lambda::Function, Properties: {Code: {}}}`, []string{
			"7|X.Properties|requires Role|!GetAtt", "7|X.Properties.Code|names neither a path nor an S3 object", "7|X.Properties|requires Runtime", "7|X.Properties|requires Handler"}},
		{"timeout", `  X: {Type: AWS::Serverless::Function, Properties: {CodeUri: src, Handler: a.b, Runtime: python3.12, Timeout: 901, MemorySize: big}}`,
			[]string{"7|X.Properties.Timeout|Timeout must be from 1 to 900, it is 901", `7|X.Properties.MemorySize|MemorySize must be a whole number, it is "big"`}},
		{"environment", `  X: {Type: AWS::Serverless::Function, Properties: {CodeUri: src, Handler: a.b, Runtime: python3.12, Environment: {Variables: {A: [1], B: {c: d}}}}}`,
			[]string{"7|X.Properties.Environment.Variables.A|A must be a string, it is a list|Fn::Join", "7|X.Properties.Environment.Variables.B|B must be a string, it is a map"}},
		{"nearly a property", `  X: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: $connect, AuthorisationType: AWS_IAM}}`,
			[]string{`7|X.Properties.AuthorisationType|unknown property "AuthorisationType"|did you mean AuthorizationType?`}},
		{"include", `  Fn::Transform: {Name: AWS::Include}`, []string{"7|Fn::Transform.|runs a macro in AWS"}},
		{"plan stages", "  X: {Type: AWS::ApiGateway::UsagePlan, Properties: {ApiStages: [a]}}", []string{"7|X.Properties.ApiStages[0]|a map of ApiId and Stage"}},
		{"null", `  X: {Type: AWS::Serverless::Function, Properties: {CodeUri: src, Handler: ~, Runtime: python3.12, Environment: {Variables: {A: null}}}}` + "\n  Y: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: ~}}",
			[]string{"7|X.Properties.Environment.Variables.A|A has no value|no null", "7|X.Properties.Handler|requires Handler", "8|Y.Properties.RouteKey|RouteKey has no value|AWS::NoValue"}},
		{"function name", `  X: {Type: AWS::Serverless::Function, Properties: {CodeUri: src, Handler: a.b, Runtime: python3.12, FunctionName: a b}}`,
			[]string{"7|X.Properties.FunctionName|a function's name is letters"}},
		{"two names", "  X: {Type: AWS::Serverless::Function, Properties: {CodeUri: src, Handler: a.b, Runtime: python3.12, FunctionName: x}}\n" +
			"  Y: {Type: AWS::Serverless::Function, Properties: {CodeUri: src, Handler: a.b, Runtime: python3.12, FunctionName: x}}",
			[]string{"8|Y.Properties.FunctionName|this function name is taken by X|another"}},
		{"policy template", `  X: {Type: AWS::Serverless::Function, Properties: {CodeUri: src, Handler: a.b, Runtime: python3.12, Policies: [{NopePolicy: {}}, [a], {A: 1, B: 2}]}}`,
			[]string{"7|X.Properties.Policies[0]|NopePolicy", "7|X.Properties.Policies[1]|this is neither", "7|X.Properties.Policies[2]|this is neither"}},
		{"permission", `  X: {Type: AWS::Lambda::Permission, Properties: {}}`, []string{
			"7|X.Properties|requires Action", "7|X.Properties|requires Principal", "7|X.Properties|requires FunctionName"}},
		{"no protocol", `  X: {Type: AWS::ApiGatewayV2::Api, Properties: {RouteSelectionExpression: a}}`, []string{"7|X.Properties|requires ProtocolType|WEBSOCKET"}},
		{"odd protocol", `  X: {Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: SOCKET, RouteSelectionExpression: a}}`, []string{"7|X.Properties.ProtocolType|ProtocolType is WEBSOCKET or HTTP"}},
		{"no expression", `  X: {Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: WEBSOCKET}}`,
			[]string{"7|X.Properties|a WebSocket API requires a RouteSelectionExpression|$request.body.action"}},
		{"key expression", `  X: {Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: WEBSOCKET, RouteSelectionExpression: a, ApiKeySelectionExpression: $request.header.key}}`,
			[]string{"7|X.Properties.ApiKeySelectionExpression|ApiKeySelectionExpression is"}},
		{"no ApiId", `  X: {Type: AWS::ApiGatewayV2::Route, Properties: {RouteKey: a}}`, []string{"7|X.Properties|requires ApiId"}},
		{"unknown integration", `  X: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: a, Target: integrations/nope}}`,
			[]string{`7|X.Properties.Target|the API Api has no integration "nope"`}},
		{"odd target", `  X: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: a, Target: !Ref In}}`,
			[]string{`7|X.Properties.Target|Target is integrations/ and the integration's id|!Sub`}},
		{"two routes", "  X: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: a}}\n  Y:\n    Type: AWS::ApiGatewayV2::Route\n    Properties:\n      ApiId: !Ref Api\n      RouteKey: a",
			[]string{`12|Y.Properties.RouteKey|this route key "a" is taken by X`}},
		{"key with $", `  X: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: $send}}`, []string{`7|X.Properties.RouteKey|the route key "$send" begins with $|$connect`}},
		{"parameters", `  X: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: a, RequestParameters: {nope: true}}}`,
			[]string{"7|X.Properties.RequestParameters.nope|a request parameter is called"}},
		{"parameters elsewhere", `  X: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: a, RequestParameters: {route.request.header.A: true}}}`,
			[]string{"7|X.Properties.RequestParameters|only $connect has request parameters"}},
		{"response expression", `  X: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: a, RouteResponseSelectionExpression: x}}`,
			[]string{"7|X.Properties.RouteResponseSelectionExpression|always $default"}},
		{"route response", `  X: {Type: AWS::ApiGatewayV2::RouteResponse, Properties: {ApiId: !Ref Api, RouteId: nope, RouteResponseKey: x}}`,
			[]string{"7|X.Properties.RouteResponseKey|always $default", `7|X.Properties.RouteId|has no route "nope"`}},
		{"integration response", `  X: {Type: AWS::ApiGatewayV2::IntegrationResponse, Properties: {ApiId: !Ref Api, IntegrationId: nope, IntegrationResponseKey: $default}}`,
			[]string{`7|X.Properties.IntegrationId|has no integration "nope"`}},
		{"integration type", `  X: {Type: AWS::ApiGatewayV2::Integration, Properties: {ApiId: !Ref Api, IntegrationType: LAMBDA}}`,
			[]string{`7|X.Properties.IntegrationType|unknown integration type "LAMBDA"`}},
		{"integration uri, timeout", `  X: {Type: AWS::ApiGatewayV2::Integration, Properties: {ApiId: !Ref Api, IntegrationType: AWS_PROXY, TimeoutInMillis: 30000}}`,
			[]string{"7|X.Properties.TimeoutInMillis|from 50 to 29000", "7|X.Properties|requires IntegrationUri"}},
		{"stage $default", `  X: {Type: AWS::ApiGatewayV2::Stage, Properties: {ApiId: !Ref Api, StageName: $default}}`, []string{"7|X.Properties.StageName|no stage $default"}},
		{"stage twice", `  X: {Type: AWS::ApiGatewayV2::Stage, Properties: {ApiId: !Ref Api, StageName: dev}}`, []string{`7|X.Properties.StageName|this stage "dev" is taken by Stage`}},
		{"stage settings", `  X: {Type: AWS::ApiGatewayV2::Stage, Properties: {ApiId: !Ref Api, StageName: x, DefaultRouteSettings: {ThrottlingRateLimit: fast}, RouteSettings: {nope: {}}}}`,
			[]string{`7|X.Properties.DefaultRouteSettings.ThrottlingRateLimit|must be a number`}},
		{"stage route", `  X: {Type: AWS::ApiGatewayV2::Stage, Properties: {ApiId: !Ref Api, StageName: x, RouteSettings: {nope: {}}}}`,
			[]string{`7|X.Properties.RouteSettings|the API Api has no route "nope"`}},
		{"mapping stage", `  X: {Type: AWS::ApiGatewayV2::ApiMapping, Properties: {ApiId: !Ref Api, DomainName: a.b, Stage: nope}}`, []string{`7|.Domains[0].Mappings[0].Stage|the API Api has no stage "nope"`}},
		{"mapping twice", "  X: {Type: AWS::ApiGatewayV2::ApiMapping, Properties: {ApiId: !Ref Api, DomainName: a.b, Stage: dev}}\n  Y: {Type: AWS::ApiGatewayV2::ApiMapping, Properties: {ApiId: !Ref Api, DomainName: a.b, Stage: dev}}",
			[]string{`8|Y.Properties|the domain a.b has the mapping "" twice`}},
		{"policy syntax", "  X:\n    Type: AWS::IAM::User\n    Properties:\n      Policies:\n        - PolicyName: p\n          PolicyDocument:\n            Version: 2012-10-17\n            Statement:\n              - Effect: Alow\n                Action: \"*\"\n                Resource: \"*\"",
			[]string{"15|X.Properties.Policies[0].PolicyDocument.Statement[0].Effect|the policy is malformed"}},
		{"policy without", `  X: {Type: AWS::IAM::User, Properties: {Policies: [{}, 5]}}`,
			[]string{"7|X.Properties.Policies[0]|requires PolicyName", "7|X.Properties.Policies[0]|no PolicyDocument", "7|X.Properties.Policies[1]|this is a number"}},
		{"trust", `  X: {Type: AWS::IAM::Role, Properties: {MaxSessionDuration: 5}}`,
			[]string{"7|X.Properties|requires AssumeRolePolicyDocument", "7|X.Properties.MaxSessionDuration|from 3600 to 43200"}},
		{"policies", "  X: {Type: AWS::IAM::Policy, Properties: {PolicyName: p}}\n  Y: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: x}}",
			[]string{"7|X.Properties|requires PolicyDocument", "8|Y.Properties.PolicyDocument|must be a map"}},
		{"access key", `  X: {Type: AWS::IAM::AccessKey, Properties: {UserName: nobody, Status: Off}}`,
			[]string{"7|X.Properties.Status|Active or Inactive", `7|X.Properties.UserName|the user "nobody" is not in the template`}},
		{"api key", `  X: {Type: AWS::ApiGateway::ApiKey, Properties: {Value: short, Enabled: maybe}}`,
			[]string{`7|X.Properties.Enabled|true or false, it is "maybe"`, "7|X.Properties.Value|20 to 128 characters|leave Value out"}},
		{"quota", "  X: {Type: AWS::ApiGateway::UsagePlan, Properties: {Quota: {Limit: 5, Period: YEAR}}}", []string{"7|X.Properties.Quota.Period|DAY, WEEK or MONTH"}},
		{"plan", "  X: {Type: AWS::ApiGateway::UsagePlan, Properties: {ApiStages: [{ApiId: !Ref Api, Stage: nope}]}}", []string{`7|X.Properties|the API Api has no stage "nope"`}},
		{"table", `  X: {Type: AWS::DynamoDB::Table, Properties: {KeySchema: [{AttributeName: id, KeyType: HASH}], AttributeDefinitions: [{AttributeName: other, AttributeType: S}]}}`,
			[]string{"7|X.Properties.KeySchema|the key id is not among the attributes", "7|X.Properties.AttributeDefinitions|in no key schema"}},
		{"simple table", `  X: {Type: AWS::Serverless::SimpleTable, Properties: {PrimaryKey: {Type: Text}}}`, []string{"7|X.Properties.PrimaryKey.Type|String, Number or Binary"}},
		{"name of itself", `  X: {Type: AWS::Serverless::Function, Properties: {CodeUri: src, Handler: a.b, Runtime: python3.12, FunctionName: !Sub "${X}-2"}}`,
			[]string{"7|X.|the name of the resource X depends on itself", "7|X.|circular dependency: X -> X"}},
		{"cycle", "  X: {Type: AWS::Serverless::Function, Properties: {CodeUri: src, Handler: a.b, Runtime: python3.12, Environment: {Variables: {Y: !Ref Y}}}}\n" +
			"  Y: {Type: AWS::Serverless::Function, Properties: {CodeUri: src, Handler: a.b, Runtime: python3.12, Environment: {Variables: {X: !GetAtt X.Arn}}}}",
			[]string{"7|X.|circular dependency: X -> Y -> X"}},
		{"websocket api", `  X: {Type: AWS::Serverless::WebSocketApi, Properties: {RouteSelectionExpression: a}}`, []string{"7|X.Properties|requires Routes"}},
		{"websocket api routes", `  X: {Type: AWS::Serverless::WebSocketApi, Properties: {Routes: {a-b: {FunctionArn: x}, $default: {}, one: {FunctionArn: x, Nope: 1, RequestParameters: {}}, ONE: {FunctionArn: x}, bad: 1}}}`,
			[]string{`7|X.Properties.Routes.a-b|the route key "a-b" is neither`, "7|X.Properties.Routes.$default|requires FunctionArn", `7|X.Properties.Routes.one.Nope|a route has no property "Nope"`,
				"7|X.Properties.Routes.one.RequestParameters|only $connect", `7|X.Properties.Routes.ONE|makes the same logical id`, "7|X.Properties.Routes.bad|must be a map"}},
		{"websocket api auth", `  X: {Type: AWS::Serverless::WebSocketApi, Properties: {RouteSelectionExpression: a, StageName: $default, Auth: {AuthType: AWS_IAM, Name: x}, Routes: {$default: {FunctionArn: !GetAtt Fn.Arn}}}}`,
			[]string{"7|X.Properties.Auth|Auth needs a $connect route", "7|X.Properties.Auth|has no other members"}},
		{"websocket api stage", `  X: {Type: AWS::Serverless::WebSocketApi, Properties: {RouteSelectionExpression: a, StageName: $default, Routes: {$default: {FunctionArn: !GetAtt Fn.Arn}}}}`,
			[]string{"7|X.Properties.StageName|no stage $default"}},
		{"websocket api domain", `  X: {Type: AWS::Serverless::WebSocketApi, Properties: {RouteSelectionExpression: a, Domain: {MutualTlsAuthentication: {}}, Auth: {}, Routes: {$connect: {FunctionArn: !GetAtt Fn.Arn}}}}`,
			[]string{"7|X.Properties.Auth|no AuthType", "7|X.Properties.Domain.MutualTlsAuthentication|no mutual TLS", "7|X.Properties.Domain|requires DomainName"}},
		{"generated name taken", `  FnRole: {Type: AWS::S3::Bucket}`, []string{"3|Fn.|SAM generates a resource FnRole, which the template has already"}},
		{"section", "Resource: {}", []string{`7|.Resource|a template has no section "Resource"|did you mean Resources?`}},
		{"section no map", "Outputs: []", []string{"7|.Outputs|must be a map"}},
		{"version", "AWSTemplateFormatVersion: 2010-09-08", []string{"7|.AWSTemplateFormatVersion|always 2010-09-09"}},
		{"globals", "Globals: {Functions: {}}", []string{`7|.Globals.Functions|Globals have no section "Functions"|did you mean Function?`}},
		{"condition", "Conditions: {A: !Equals [a, b], B: 5, C: !Condition D, E: !And [!Condition A], F: !Condition F, G: !Not [], H: !Equals [!Ref Fn, a]}", []string{
			"7|.Conditions.B|condition function", `7|.Conditions.C.Condition|the template has no condition "D"`, "7|.Conditions.E.Fn::And|two to ten", "7|.Conditions.F.Condition|depends on itself",
			"7|.Conditions.G.Fn::Not|one condition", "7|.Conditions.H.Fn::Equals[0]|a condition cannot depend on the resource Fn"}},
		{"output", "Outputs: {A: {}, B: {Value: x, Valeu: y}}", []string{"7|.Outputs.A|the output has no Value", `7|.Outputs.B.Valeu|an output has no member "Valeu"|did you mean Value?`}},
		{"mapping shape", "Mappings: {A: 5, B: {c: 5}, D: {e: {f: {}}}}", []string{"7|.Mappings.A|must be a map", "7|.Mappings.B.c|must be a map", "7|.Mappings.D.e.f|a string or a list"}},
		{"loop", "  \"Fn::ForEach::L\": [A, [a], {X: {Type: AWS::S3::Bucket}}]", []string{"7|Fn::ForEach::L.|needs the transform AWS::LanguageExtensions"}},
		{"extension", "Outputs: {A: {Value: {\"Fn::Length\": [a]}}}", []string{"7|.Outputs.A.Value|needs the transform AWS::LanguageExtensions"}},
		{"merge", "Metadata: {<<: 5}", []string{"7|.Metadata.<<|<< merges a map, this is a number"}},
		{"key", "Metadata: {[a]: 5}", []string{"7|.Metadata|a key must be a string"}},
		{"alias of itself", "Metadata: &a {b: *a}", []string{"7|.Metadata.b.b|contains itself"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, ps := loadText(t, minimal+test.text+"\n", nil)
			wantProblems(t, test.want, ps)
		})
	}
}

// TestWholeProblems are those of whole files.
func TestWholeProblems(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, file, text string
		o                *Options
		want             []string
	}{
		{"empty", "t.yaml", "", nil, []string{"0|.|the template is empty"}},
		{"comment", "t.yaml", "# x\n", nil, []string{"0|.|the template is empty"}},
		{"list", "t.yaml", "- a\n", nil, []string{"1|.|a template is a map with a Resources section, this is a list"}},
		{"no YAML", "t.yaml", "a: b\n c: : d\n", nil, []string{"2|.|this is not YAML|indentation"}},
		{"two documents", "t.yaml", "Resources: {}\n---\nResources: {}\n", nil, []string{"2|.|a second document"}},
		{"broken second document", "t.yaml", "Resources: {}\n---\n: :\n", nil, []string{"2|.|something follows"}},
		{"no resources", "t.yaml", "Outputs: {}\n", nil, []string{"1|.|the template has no Resources"}},
		{"no JSON", "t.json", "{\n \"Resources\": {,}\n}", nil, []string{"2|.|this is not JSON: invalid character ','|commas"}},
		{"half JSON", "t.json", "{\n \"Resources\": {", nil, []string{"2|.|this is not JSON: it ends too early"}},
		{"two JSON", "t.json", "{\"Resources\": {}}\n{}", nil, []string{"2|.|something follows the end"}},
		{"JSON twice", "t.json", "{\"Resources\": {\n\"A\": {\"Type\": \"AWS::S3::Bucket\"},\n\"A\": {}}}", nil, []string{`3|A.|the key "A" stands here twice, first in line 2`}},
		{"JSON line", "t.json", "{\n\t\"Resources\": {\n\t\"A\": {\"Type\": \"AWS::Lambda::Version\",\n\"Properties\": {\n\"FunctionName\":\n {\"Ref\": \"B\"}}}}}", nil,
			[]string{`5|A.Properties.FunctionName|nothing in the template is called "B"`}},
		{"deep", "t.yaml", "Metadata: " + strings.Repeat("[", 120) + strings.Repeat("]", 120) + "\nResources: {}\n", nil, []string{"1|.Metadata" + strings.Repeat("[0]", 100) + "|nested more than 100 deep"}},
		{"deep JSON", "t.json", "{\"Metadata\":" + strings.Repeat("[", 120) + strings.Repeat("]", 120) + "}", nil, []string{"1|.Metadata" + strings.Repeat("[0]", 100) + "|nested more than 100 deep"}},
		{"bomb", "t.yaml", bomb(), nil, []string{"1|.Metadata.a15[1][1][0][1][0][1][0][0][1][1][0][0][1][1][1][0]|more than 300000 values|aliases"}},
		{"big", "t.yaml", strings.Repeat("#", maxBytes+1), nil, []string{"0|.|at most 4194304 are read"}},
		{"no transform", "t.yaml", "Globals: {Function: {}}\nResources: {A: {Type: AWS::Serverless::SimpleTable}}\n", nil,
			[]string{"1|.Globals|Globals need SAM's transform", "2|A.Type|AWS::Serverless::SimpleTable needs SAM's transform|Transform: AWS::Serverless-2016-10-31"}},
		{"macro", "t.yaml", "Transform: [{Name: AWS::Include, Parameters: {}}, MyMacro]\nResources: {}\n", nil,
			[]string{"1|.Transform[0].Name|AWS::Include reads its part from S3", `1|.Transform[1]|the macro "MyMacro" runs in AWS|Processed`}},
		{"options", "t.yaml", "Resources: {}\n", &Options{Account: "1", Region: "US", StackName: "1x", Parameters: map[string]string{"A": "b"}},
			[]string{`0|.|the account "1" is not twelve digits|--account`, `0|.|the region "US"|--region`, `0|.|the stack name "1x"|--stack-name`, `0|.|a value is given for the parameter "A"|--parameter A`}},
		{"too many resources", "t.yaml", manyResources(501), nil, []string{"1|.Resources|at most 500 resources, this has 501"}},
		{"too many routes", "t.yaml", manyRoutes(301), nil, []string{"2|Api.Properties|an API has at most 300 routes, this has 301"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, ps := load(filepath.Join(t.TempDir(), "stack", test.file), []byte(test.text), test.o)
			wantProblems(t, test.want, ps)
		})
	}
}

// bomb is small and doubles itself 20 times.
func bomb() string {
	var b strings.Builder
	b.WriteString("Metadata: {a0: &a0 [x], ")
	for i := range 19 {
		fmt.Fprintf(&b, "a%d: &a%d [*a%d, *a%d], ", i+1, i+1, i, i)
	}
	return b.String() + "b: [*a19, *a19]}\nResources: {}\n"
}

func manyResources(n int) string {
	var b strings.Builder
	b.WriteString("Resources:\n")
	for i := range n {
		fmt.Fprintf(&b, "  R%d: {Type: AWS::S3::Bucket}\n", i)
	}
	return b.String()
}

func manyRoutes(n int) string {
	var b strings.Builder
	b.WriteString("Resources:\n  Api: {Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: WEBSOCKET, RouteSelectionExpression: a}}\n")
	for i := range n {
		fmt.Fprintf(&b, "  R%d: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: r%d}}\n", i, i)
	}
	return b.String()
}

func TestParameters(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		o          Options
		want       []string
	}{
		{"no value", "{Type: String}", Options{}, []string{"1|.Parameters.P|has no value and no Default|--parameter P=VALUE"}},
		{"given", "{Type: String}", Options{Parameters: map[string]string{"P": "x"}}, nil},
		{"given empty", "{Type: String, Default: x, MinLength: 1}", Options{Parameters: map[string]string{"P": ""}}, []string{`1|.Parameters.P.Default|the value "" of the parameter P is shorter than MinLength 1`}},
		{"no type", "{Default: x}", Options{}, []string{"1|.Parameters.P|no Type"}},
		{"odd type", "{Type: Text, Default: x}", Options{}, []string{`1|.Parameters.P.Type|unknown parameter type "Text"`}},
		{"odd SSM type", "{Type: \"AWS::SSM::Parameter::Value<Text>\"}", Options{}, []string{"1|.Parameters.P.Type|unknown parameter type"}},
		{"AWS types", "{Type: \"List<AWS::EC2::Subnet::Id>\", Default: \"a,b\"}", Options{}, nil},
		{"SSM unused", "{Type: \"AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>\", Default: /x}", Options{}, nil},
		{"odd member", "{Type: String, Default: x, Defualt: y}", Options{}, []string{`1|.Parameters.P.Defualt|a parameter has no member "Defualt"|did you mean Default?`}},
		{"list default", "{Type: CommaDelimitedList, Default: [a]}", Options{}, []string{"1|.Parameters.P.Default|is a string, this is a list"}},
		{"number", "{Type: Number, Default: x}", Options{}, []string{`1|.Parameters.P.Default|the value "x" of the parameter P is not a number`}},
		{"numbers", "{Type: List<Number>, Default: \"1, x\"}", Options{}, []string{"1|.Parameters.P.Default|is not a number"}},
		{"range", "{Type: Number, Default: 5, MinValue: 6, MaxValue: 4}", Options{}, []string{"1|.Parameters.P.Default|less than MinValue 6", "1|.Parameters.P.Default|more than MaxValue 4"}},
		{"bound", "{Type: Number, Default: 5, MinValue: x}", Options{}, []string{"1|.Parameters.P.MinValue|must be a number"}},
		{"length", "{Type: String, Default: äöü, MaxLength: 2, ConstraintDescription: two at most}", Options{}, []string{"1|.Parameters.P.Default|longer than MaxLength 2 (two at most)"}},
		{"allowed", "{Type: String, Default: c, AllowedValues: [a, b]}", Options{}, []string{"1|.Parameters.P.Default|none of the AllowedValues a, b"}},
		{"allowed list", "{Type: CommaDelimitedList, Default: \"a,c\", AllowedValues: [a, b]}", Options{}, []string{"1|.Parameters.P.Default|none of the AllowedValues a, b"}},
		{"pattern", "{Type: String, Default: abc, AllowedPattern: \"[ab]*\"}", Options{}, []string{"1|.Parameters.P.Default|does not match AllowedPattern"}},
		{"pattern ends", "{Type: String, Default: ab, AllowedPattern: \"a|ab\"}", Options{}, nil},
		{"pattern of Java", "{Type: String, Default: ab, AllowedPattern: \"(?=a).*\"}", Options{}, nil},
		{"hidden", "{Type: String, Default: geheim, NoEcho: true, AllowedPattern: x, MaxLength: 2}", Options{},
			[]string{"1|.Parameters.P.Default|longer than", "1|.Parameters.P.Default|the value (a value that is not shown) of the parameter P does not match"}},
		{"no map", "5", Options{}, []string{"1|.Parameters.P|must be a map"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, ps := loadText(t, "Parameters: {P: "+test.text+"}\nResources: {}\n", &test.o)
			wantProblems(t, test.want, ps)
			if strings.Contains(ps.Error(), "geheim") {
				t.Error("a NoEcho value is shown")
			}
		})
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := Find(filepath.Join(dir, "nope")); err == nil {
		t.Error("nothing there: no error")
	}
	if _, err := Find(dir); err == nil || !strings.Contains(err.Error(), "none of template.yaml") {
		t.Errorf("empty directory: %v", err)
	}
	write := func(name string) {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("template.yml")
	for _, path := range []string{dir, filepath.Join(dir, "template.yml")} {
		got, err := Find(path)
		if diff := cmp.Diff(filepath.Join(dir, "template.yml"), got); diff != "" || err != nil {
			t.Error(diff, err)
		}
	}
	write("template.json")
	if _, err := Find(dir); err == nil || !strings.Contains(err.Error(), "template.yml, template.json") {
		t.Errorf("two templates: %v", err)
	}
	if _, ps := Load(filepath.Join(dir, "nope.yaml"), nil); len(ps) != 1 {
		t.Error(ps)
	}
	if _, ps := Load(dir, nil); len(ps) != 1 {
		t.Error(ps)
	}
}
