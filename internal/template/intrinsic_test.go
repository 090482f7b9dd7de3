package template

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// intrinsics is a template whose output X is the value in question.
const intrinsics = `
Transform: [AWS::LanguageExtensions, AWS::Serverless-2016-10-31]
Parameters:
  Name: {Type: String, Default: joe}
  Count: {Type: Number, Default: 3}
  All: {Type: String, Default: all}
  Zones: {Type: CommaDelimitedList, Default: "a, b,c"}
  Hidden: {Type: String, Default: hush, NoEcho: true}
  FromSSM: {Type: "AWS::SSM::Parameter::Value<String>", Default: /app/name}
  ListSSM: {Type: "AWS::SSM::Parameter::Value<List<String>>", Default: /app/list}
  NoSSM: {Type: "AWS::SSM::Parameter::Value<String>", Default: /app/none}
Mappings:
  Sizes:
    small: {cpu: 1, zones: [x, y]}
Conditions:
  Yes: !Equals [!Ref Name, joe]
  No: !Not [!Condition Yes]
  Both: !And [!Condition Yes, !Condition No]
  Either: !Or [!Condition Yes, !Condition No]
  Same: !Equals [3, "3"]
Resources:
  Fn: {Type: AWS::Serverless::Function, Properties: {CodeUri: src, Handler: a.b, Runtime: python3.12, FunctionName: fn, AutoPublishAlias: live,
       Events: {Web: {Type: Api, Properties: {Path: /, Method: get}}}}}
  Api: {Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: WEBSOCKET, RouteSelectionExpression: $request.body.a}}
  Gone: {Type: AWS::SNS::Topic, Condition: No}
  Queue: {Type: AWS::SQS::Queue}
  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: news}}
  Bucket: {Type: AWS::S3::Bucket}
  Pool: {Type: AWS::Cognito::UserPool}
  Vpc: {Type: AWS::EC2::VPC}
  Thing: {Type: Custom::Thing}
  Setting: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: set}}
  HiddenSetting: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !Sub "x${Hidden}"}}
  HiddenUser: {Type: AWS::IAM::User, Properties: {UserName: !Ref Hidden}}
  ThingPolicy: {Type: AWS::IAM::UserPolicy, Properties: {UserName: !Ref User, PolicyName: p, PolicyDocument: {Statement: {Effect: Allow, Action: "x:*", Resource: [!Ref Thing, !GetAtt Thing.Arn]}}}}
  User: {Type: AWS::IAM::User, Properties: {UserName: bob}}
  UserKey: {Type: AWS::IAM::AccessKey, Properties: {UserName: !Ref User}}
  Role: {Type: AWS::IAM::Role, Properties: {RoleName: r, Path: /app/, AssumeRolePolicyDocument: {Version: 2012-10-17, Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]}}}
  Managed: {Type: AWS::IAM::ManagedPolicy, Properties: {ManagedPolicyName: m, PolicyDocument: {Version: 2012-10-17, Statement: [{Effect: Allow, Action: "*", Resource: "*"}]}}}
  Table: {Type: AWS::Serverless::SimpleTable, Properties: {TableName: tab}}
  Layer: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: layer, LayerName: lay}}
  Domain: {Type: AWS::ApiGatewayV2::DomainName, Properties: {DomainName: ws.example.com}}
  Old: {Type: AWS::Serverless::Api, Properties: {StageName: prod}}
Outputs:
  X:
    Value: VALUE
`

func TestIntrinsics(t *testing.T) {
	t.Parallel()
	tests := []struct{ value, want string }{
		{`plain`, "plain"},
		{`1.50`, "1.50"},
		{`True`, "true"},
		{`!Ref Name`, "joe"},
		{`{Ref: Count}`, "3"},
		{`!Ref AWS::Region`, "eu-west-1"},
		{`!Ref AWS::AccountId`, "111122223333"},
		{`!Ref AWS::Partition`, "aws"},
		{`!Ref AWS::URLSuffix`, "amazonaws.com"},
		{`!Ref AWS::StackName`, "stack"},
		{`!Join ["|", !Ref AWS::NotificationARNs]`, ""},
		{`!Ref Hidden`, hidden},
		{`!Sub "x-${Hidden}"`, hidden},
		{`!Base64 {Ref: Hidden}`, hidden},
		{`!Ref FromSSM`, "resolved"},
		{`!Join ["|", !Ref ListSSM]`, "p|q"},
		{`!Ref Fn`, "fn"},
		{`!GetAtt Fn.Arn`, "arn:aws:lambda:eu-west-1:111122223333:function:fn"},
		{`{"Fn::GetAtt": [Fn, Arn]}`, "arn:aws:lambda:eu-west-1:111122223333:function:fn"},
		{`!GetAtt [Fn, !Join ["", [A, rn]]]`, "arn:aws:lambda:eu-west-1:111122223333:function:fn"},
		{`!Ref Fn.Alias`, "arn:aws:lambda:eu-west-1:111122223333:function:fn:live"},
		{`!Sub "${Fn.Version}"`, "arn:aws:lambda:eu-west-1:111122223333:function:fn:1"},
		{`!Ref FnAliaslive`, "arn:aws:lambda:eu-west-1:111122223333:function:fn:live"},
		{`!GetAtt FnVersion.Version`, "1"},
		{`!GetAtt Fn.Version.Version`, "1"},
		{`{"Fn::GetAtt": [Fn.Version, Version]}`, "1"},
		{`!Sub "${Fn.Alias.AliasArn}"`, "arn:aws:lambda:eu-west-1:111122223333:function:fn:live"},
		{`!Ref Queue`, "https://sqs.eu-west-1.amazonaws.com/111122223333/stack-Queue-BN2GL6S50UND"},
		{`!GetAtt Queue.Arn`, "arn:aws:sqs:eu-west-1:111122223333:stack-Queue-BN2GL6S50UND"},
		{`!GetAtt Queue.QueueName`, "stack-Queue-BN2GL6S50UND"},
		{`!Ref Topic`, "arn:aws:sns:eu-west-1:111122223333:news"},
		{`!GetAtt Topic.TopicName`, "news"},
		{`!GetAtt Bucket.Arn`, "arn:aws:s3:::stack-bucket-y29f8r7eg9gz"},
		{`!Select [0, !Split ["_", !Ref Pool]]`, "eu-west-1"},
		{`!Select [0, !Split ["-", !Ref Vpc]]`, "vpc"},
		{`!GetAtt Setting.Value`, "set"},
		{`!GetAtt HiddenSetting.Value`, hidden},
		{`!Sub "${HiddenUser.Arn}"`, hidden},
		{`!Select [9, !Split [":", !GetAtt Thing.Arn]]`, "thing/stack-Thing-6XXCPV8ZAEW8"},
		{`!Select [1, !GetAtt Thing.Entries]`, "stack-Thing-6XXCPV8ZAEW8-entries"},
		{`!Sub "${User} ${User.Arn}"`, "bob arn:aws:iam::111122223333:user/bob"},
		{`!GetAtt UserKey.SecretAccessKey`, hidden},
		{`!GetAtt Role.Arn`, "arn:aws:iam::111122223333:role/app/r"},
		{`!Ref Managed`, "arn:aws:iam::111122223333:policy/m"},
		{`!GetAtt Table.Arn`, "arn:aws:dynamodb:eu-west-1:111122223333:table/tab"},
		{`!Ref Layer`, "arn:aws:lambda:eu-west-1:111122223333:layer:lay:1"},
		{`!Ref Domain`, "ws.example.com"},
		{`!Ref Old.Stage`, "prod"},
		{`!Sub "${ServerlessRestApi}"`, "d44g3vsxqo"},
		{`!Sub "${Name}-${!Literal}-${AWS::StackName}"`, "joe-${Literal}-stack"},
		{`!Sub ["${A}${Name}", {A: !Ref Count}]`, "3joe"},
		{`!Sub "open ${"`, "open ${"},
		{`!Join ["-", [a, !Ref Count, true, !Ref "AWS::NoValue"]]`, "a-3-true"},
		{`!Join [",", !Ref Zones]`, "a,b,c"},
		{`!Join ["+", !Split [",", "x,y"]]`, "x+y"},
		{`!Select [1, !Ref Zones]`, "b"},
		{`!Select ["2", [x, y, z]]`, "z"},
		{`!If [Yes, a, !Ref Nowhere]`, "a"},
		{`!If [No, a, b]`, "b"},
		{`!If [Both, a, !If [Either, b, c]]`, "b"},
		{`!If [Same, a, b]`, "a"},
		{`!FindInMap [Sizes, small, cpu]`, "1"},
		{`!Join ["", !FindInMap [Sizes, !Sub "sm${All}", zones]]`, "xy"},
		{`!FindInMap [Sizes, big, cpu, {DefaultValue: 9}]`, "9"},
		{`!ImportValue shared`, "imported"},
		{`!ImportValue {"Fn::Sub": "${AWS::StackName}-x"}`, "imported-x"},
		{`!Base64 hello`, "aGVsbG8="},
		{`!Join [" ", !Cidr [10.0.0.0/16, 3, 8]]`, "10.0.0.0/24 10.0.1.0/24 10.0.2.0/24"},
		{`!Join [" ", !Cidr [10.0.0.0/16, 2]]`, "10.0.0.0/24 10.0.1.0/24"},
		{`!Join [" ", !Cidr [10.0.255.0/24, "2", "4"]]`, "10.0.255.0/28 10.0.255.16/28"},
		{`!Join [" ", !Cidr ["2001:db8::/56", 2, 64]]`, "2001:db8::/64 2001:db8:0:1::/64"},
		{`!Join [" ", !GetAZs ""]`, "eu-west-1a eu-west-1b eu-west-1c"},
		{`!Join [" ", {"Fn::GetAZs": us-east-1}]`, "us-east-1a us-east-1b us-east-1c"},
		{`{"Fn::ToJsonString": {a: [1, "2", true, null], b: {c: !Ref Name}}}`, `{"a":[1,"2",true,null],"b":{"c":"joe"}}`},
		{`{"Fn::Length": !Ref Zones}`, "3"},
		{`!Sub "{{resolve:ssm:/app/name:1}}/x"`, "resolved/x"},
		{`!Sub "{{resolve:ssm:/app/${Name}}}"`, "by-name"},
		{`"{{resolve:ssm-secure:/app/name}}"`, hidden},
		{`"{{resolve:secretsmanager:db:SecretString:password}}"`, hidden},
		{`!GetAtt Api.ApiEndpoint`, "wss://cx6d0u0y64.execute-api.eu-west-1.amazonaws.com"},
	}
	for _, test := range tests {
		t.Run(test.value, func(t *testing.T) {
			t.Parallel()
			s := mustLoad(t, strings.Replace(intrinsics, "VALUE", test.value, 1), intrinsicOptions())
			if diff := cmp.Diff(test.want, s.Outputs[0].Value); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func intrinsicOptions() *Options {
	return &Options{
		Region: "eu-west-1", Account: "111122223333",
		Imports: map[string]string{"shared": "imported", "stack-x": "imported-x"},
		Resolve: map[string]string{
			"/app/name": "resolved", "ssm:/app/joe": "by-name", "/app/list": "p,q", "db": `{"password":"pw","n":1}`,
		},
	}
}

// TestSecretValues looks at the values that an output hides.
func TestSecretValues(t *testing.T) {
	t.Parallel()
	tests := []struct{ value, want string }{
		{`!Ref Hidden`, "hush"},
		{`"{{resolve:ssm-secure:/app/name}}"`, "resolved"},
		{`"{{resolve:secretsmanager:db:SecretString:password}}"`, "pw"},
		{`"{{resolve:secretsmanager:db:SecretString:n::}}"`, "1"},
		{`"<{{resolve:secretsmanager:db}}>"`, `<{"password":"pw","n":1}>`},
	}
	for _, test := range tests {
		t.Run(test.value, func(t *testing.T) {
			t.Parallel()
			text := strings.Replace(intrinsics, "FunctionName: fn", "FunctionName: fn, Environment: {Variables: {X: "+test.value+"}}", 1)
			s := mustLoad(t, strings.Replace(text, "VALUE", "x", 1), intrinsicOptions())
			if diff := cmp.Diff(test.want, s.Functions[0].Environment["X"]); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestIntrinsicProblems(t *testing.T) {
	t.Parallel()
	tests := []struct{ value, message, hint string }{
		{`!Ref Nmae`, `nothing in the template is called "Nmae"`, "did you mean Name?"},
		{`!Ref AWS::Regoin`, `unknown pseudo parameter "AWS::Regoin"`, "AWS::Region"},
		{`!Ref [a]`, "Ref takes a name, this is a list", ""},
		{`!Ref NoSSM`, "the parameter NoSSM stands for an SSM parameter", "--resolve /app/none=VALUE"},
		{`!GetAtt Fnn.Arn`, `the template has no resource "Fnn"`, ""},
		{`!GetAtt Fn.Name`, `AWS::Serverless::Function has no attribute "Name"`, "its attributes are Arn"},
		{`!GetAtt Fn`, "Fn::GetAtt takes a resource and an attribute", ""},
		{`!GetAtt Gone.Arn`, "the resource Gone is not created: its condition No is false", "Fn::If"},
		{`!Sub "${VAR:-x}"`, `Fn::Sub has the variable "${VAR:-x}"`, "${!VAR:-x}"},
		{`!Sub "${Nobody}"`, `nothing in the template is called "Nobody"`, ""},
		{`!Sub "${Zones}"`, "${Zones} in Fn::Sub must be a string, it is a list", "Fn::Join"},
		{`!Sub [a, b, c]`, "Fn::Sub takes a string", ""},
		{`!Join [a]`, "a delimiter and a list", ""},
		{`!Join [",", [[a]]]`, "item 0 of Fn::Join must be a string", ""},
		{`!Split ["", a]`, "Fn::Split takes a delimiter and a string", ""},
		{`!Select [3, [a]]`, "Fn::Select asks for item 3 of a list of 1", "start at 0"},
		{`!Select [x, [a]]`, "Fn::Select takes an index and a list", ""},
		{`!If [Maybe, a, b]`, `the template has no condition "Maybe"`, ""},
		{`!If [Yes, a]`, "Fn::If takes a list of a condition's name and two values", ""},
		{`!FindInMap [Sizes, big, cpu]`, `the mapping has no top-level key "big"`, ""},
		{`!FindInMap [Sizes, small, gpu]`, `the mapping has no second-level key "gpu"`, "did you mean cpu?"},
		{`!FindInMap [Nope, small, gpu]`, `the template has no mapping "Nope"`, ""},
		{`!FindInMap [Sizes]`, "Fn::FindInMap takes a mapping and two keys", ""},
		{`!FindInMap [Sizes, a, b, c]`, "is a map with DefaultValue", ""},
		{`!ImportValue other`, `the export "other" of another stack has no value here`, "--import other=VALUE"},
		{`!Base64 [a]`, "Fn::Base64 takes a string", ""},
		{`!Cidr [10.0.0.0/24, 4, 8]`, "10.0.0.0/24 does not hold 4 blocks with 8 host bits", ""},
		{`!Cidr [x, 4, 8]`, "Fn::Cidr takes a block", ""},
		{`!GetAZs [a]`, "Fn::GetAZs takes a region", ""},
		{`{"Fn::Length": abc}`, "Fn::Length takes a list", ""},
		{`!Transform {Name: M}`, "Fn::Transform runs a macro in AWS", "Processed"},
		{`{"Fn::Nope": a}`, `unknown function "Fn::Nope"`, ""},
		{`{"Fn::Sub": a, b: c}`, "Fn::Sub must stand alone in its map", ""},
		{`!Nope a`, "unknown tag !Nope", ""},
		{`"{{resolve:ssm:/x}}"`, "{{resolve:ssm:/x}} has no value here", "--resolve /x=VALUE"},
		{`"{{resolve:secretsmanager:x:SecretString:y}}"`, "has no value here", "--resolve secretsmanager:x:SecretString:y=VALUE"},
		{`"{{resolve:secretsmanager:db:SecretString:nokey}}"`, `is no JSON object with the key "nokey"`, ""},
		{`"{{resolve:s3:x}}"`, "unknown service in {{resolve:s3:x}}", ""},
		{`"{{resolve:ssm:x"`, "a dynamic reference is not closed", ""},
		{`[a]`, "this must be a string, it is a list", "Fn::Join"},
		{`!Equals [a]`, "Fn::Equals takes a list of two values", ""},
	}
	for _, test := range tests {
		t.Run(test.value, func(t *testing.T) {
			t.Parallel()
			_, ps := loadText(t, strings.Replace(intrinsics, "VALUE", test.value, 1), intrinsicOptions())
			if len(ps) != 1 {
				t.Fatalf("%d problems, want one:\n%s", len(ps), ps.Error())
			}
			p := ps[0]
			if !strings.Contains(p.Message, test.message) || !strings.Contains(p.Hint, test.hint) {
				t.Errorf("got %s", p)
			}
			if want := strings.Count(strings.Split(intrinsics, "VALUE")[0], "\n") + 1; p.At.Line != want {
				t.Errorf("line %d, want %d", p.At.Line, want)
			}
			if !strings.HasPrefix(p.Property, "Outputs.X.Value") {
				t.Errorf("property %q", p.Property)
			}
		})
	}
}
