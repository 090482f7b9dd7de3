package template

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestShapes looks at Ref and Fn::GetAtt of types, run and not, by their shape.
func TestShapes(t *testing.T) {
	t.Parallel()
	const arn = `arn:aws:[\w-]+:us-east-1:123456789012:`
	trust := "AssumeRolePolicyDocument: {Version: 2012-10-17, Statement: {Effect: Allow, Principal: {Service: a.amazonaws.com}, Action: sts:AssumeRole}}"
	document := "PolicyDocument: {Version: 2012-10-17, Statement: {Effect: Allow, Action: \"*\", Resource: \"*\"}}"
	tests := []struct{ typ, properties, attribute, want string }{
		{"AWS::IAM::User", "", "", `stack-X-[A-Z0-9]{12}`},
		{"AWS::IAM::User", "Path: /a/, UserName: u", "Arn", `arn:aws:iam::123456789012:user/a/u`},
		{"AWS::IAM::Group", "", "", `stack-X-[A-Z0-9]{12}`},
		{"AWS::IAM::Group", "GroupName: g", "Arn", `arn:aws:iam::123456789012:group/g`},
		{"AWS::IAM::Role", trust, "RoleId", `AROA[A-Z2-7]{17}`},
		{"AWS::IAM::ManagedPolicy", document, "PolicyId", `ANPA[A-Z2-7]{17}`},
		{"AWS::IAM::ManagedPolicy", document, "DefaultVersionId", `v1`},
		{"AWS::IAM::ManagedPolicy", document, "PolicyArn", `arn:aws:iam::123456789012:policy/stack-X-[A-Z0-9]{12}`},
		{"AWS::IAM::AccessKey", "UserName: !Ref Bob", "", `AKIA[A-Z2-7]{16}`},
		{"AWS::ApiGateway::ApiKey", "Enabled: true", "APIKeyId", `[a-z][a-z0-9]{9}`},
		{"AWS::ApiGateway::UsagePlan", "", "Id", `[a-z][a-z0-9]{9}`},
		{"AWS::ApiGatewayV2::DomainName", "DomainName: A.b", "", `a\.b`},
		{"AWS::ApiGatewayV2::DomainName", "DomainName: A.b", "RegionalDomainName", `d-[a-z0-9]{10}\.execute-api\.us-east-1\.amazonaws\.com`},
		{"AWS::ApiGatewayV2::DomainName", "DomainName: A.b", "RegionalHostedZoneId", `Z[A-Z0-9]{13}`},
		{"AWS::ApiGatewayV2::DomainName", "DomainName: A.b", "DomainNameArn", `arn:aws:apigateway:us-east-1::/domainnames/a\.b`},
		{"AWS::ApiGatewayV2::Api", "ProtocolType: HTTP", "ApiEndpoint", `https://[a-z][a-z0-9]{9}\.execute-api\.us-east-1\.amazonaws\.com`},
		{"AWS::Lambda::Version", "FunctionName: f", "FunctionArn", arn + `function:f:1`},
		{"AWS::Lambda::Alias", "FunctionName: !Sub \"${AWS::AccountId}:function:f:2\", Name: live", "AliasArn", arn + `function:f:live`},
		{"AWS::Lambda::LayerVersion", "Content: layer", "LayerVersionArn", arn + `layer:X:1`},
		{"AWS::DynamoDB::Table", "KeySchema: [{AttributeName: a, KeyType: HASH}], AttributeDefinitions: [{AttributeName: a, AttributeType: S}]", "StreamArn", arn + `table/stack-X-[A-Z0-9]{12}/stream/.*`},
		{"AWS::Serverless::SimpleTable", "", "TableId", `[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}`},

		{"AWS::StepFunctions::StateMachine", "", "", arn + `stateMachine:stack-X-.*`},
		{"AWS::StepFunctions::StateMachine", "StateMachineName: s", "Name", `s`},
		{"AWS::Cognito::UserPool", "", "Arn", arn + `userpool/us-east-1_[A-Za-z0-9]{9}`},
		{"AWS::Cognito::UserPool", "", "ProviderName", `cognito-idp\.us-east-1\.amazonaws\.com/us-east-1_\w{9}`},
		{"AWS::Cognito::UserPool", "", "ProviderURL", `https://cognito-idp\..*`},
		{"AWS::Cognito::UserPoolClient", "", "", `[a-z0-9]{26}`},
		{"AWS::Cognito::UserPoolClient", "", "ClientId", `[a-z0-9]{26}`},
		{"AWS::KMS::Key", "", "", `[0-9a-f-]{36}`},
		{"AWS::KMS::Key", "", "Arn", arn + `key/[0-9a-f-]{36}`},
		{"AWS::SecretsManager::Secret", "", "", arn + `secret:stack-X-[A-Z0-9]{12}-\w{6}`},
		{"AWS::Logs::LogGroup", "LogGroupName: /g", "Arn", arn + `log-group:/g:\*`},
		{"AWS::Events::EventBus", "Name: b", "Arn", arn + `event-bus/b`},
		{"AWS::CertificateManager::Certificate", "", "", arn + `certificate/[0-9a-f-]{36}`},
		{"AWS::CloudFormation::Stack", "", "", arn + `stack/.*`},
		{"AWS::CloudFormation::Stack", "", "Outputs.Url", `https?://.*|stack-X-.*`},
		{"AWS::CloudFront::Distribution", "", "", `E[A-Z0-9]{13}`},
		{"AWS::CloudFront::Distribution", "", "DomainName", `.*amazonaws\.com`},
		{"AWS::EC2::VPC", "", "VpcId", `vpc-[0-9a-f]{17}`},
		{"AWS::EC2::SecurityGroup", "", "GroupId", `sg-[0-9a-f]{17}`},
		{"AWS::S3::Bucket", "", "RegionalDomainName", `stack-x-[a-z0-9]{12}\.s3\.us-east-1\.amazonaws\.com`},
		{"AWS::S3::Bucket", "", "WebsiteURL", `https://.*`},
		{"AWS::SQS::Queue", "QueueName: q", "QueueUrl", `https://sqs\.us-east-1\.amazonaws\.com/123456789012/q`},
		{"AWS::ApiGateway::RestApi", "", "RootResourceId", `[a-z0-9]{10}`},
		{"AWS::Serverless::HttpApi", "", "ApiEndpoint", `https://[a-z][a-z0-9]{9}\.execute-api\..*`},
		{"AWS::Kinesis::Stream", "", "Arn", arn + `stream/stack-X-.*`},
		{"AWS::ElastiCache::CacheCluster", "", "RedisEndpoint.Address", `.*`},
		{"AWS::WAFv2::WebACL", "", "Arn", `arn:aws:wafv2:us-east-1:123456789012:webacl/.*`},
		{"Custom::Thing", "", "Anything", `stack-X-[A-Z0-9]{12}-anything`},
		{"Custom::Thing", "", "Arn", arn + `thing/.*`},
	}
	for _, test := range tests {
		t.Run(test.typ+"."+test.attribute, func(t *testing.T) {
			t.Parallel()
			value := "!Ref X"
			if test.attribute != "" {
				value = "!GetAtt X." + test.attribute
			}
			s := mustLoad(t, fmt.Sprintf("Transform: AWS::Serverless-2016-10-31\nResources:\n  Bob: {Type: AWS::IAM::User}\n  X: {Type: %s, Properties: {%s}}\nOutputs: {V: {Value: %s}}\n",
				test.typ, test.properties, value), nil)
			if got := s.Outputs[0].Value; !regexp.MustCompile(`^(?:` + test.want + `)$`).MatchString(got) {
				t.Errorf("got %q", got)
			}
		})
	}
}

// TestGenerated looks at names that SAM makes of what is not run.
func TestGenerated(t *testing.T) {
	t.Parallel()
	s := mustLoad(t, minimal+`
  Web: {Type: AWS::Serverless::Function, Properties: {CodeUri: src, Handler: a.b, Runtime: python3.12, Events: {Get: {Type: Api}, Http: {Type: HttpApi}}}}
  Flow: {Type: AWS::Serverless::StateMachine}
Outputs:
  A: {Value: !Ref ServerlessRestApiProdStage}
  B: {Value: !Ref WebGetPermissionProd}
  C: {Value: !GetAtt FlowRole.Arn}
  D: {Value: !GetAtt WebUrl.FunctionUrl}
  E: {Value: !Ref ServerlessHttpApi}
  F: {Value: !Sub "${ServerlessHttpApiApiGatewayDefaultStage}"}
`, nil)
	for i, want := range []string{`stack-\w+-\w{12}`, `stack-\w+-\w{12}`, `arn:aws:iam::123456789012:role/stack-FlowRole-\w{12}`, `https://.*`, `[a-z][a-z0-9]{9}`, `stack-\w+-\w{12}`} {
		if got := s.Outputs[i].Value; !regexp.MustCompile("^" + want + "$").MatchString(got) {
			t.Errorf("%s: got %q", s.Outputs[i].Name, got)
		}
	}
	_, ps := loadText(t, minimal+"Outputs: {A: {Value: !Ref ServerlessRestApi}, B: {Value: !Ref FnNothing}}\n", nil)
	wantProblems(t, []string{`7|.Outputs.A.Value|nothing in the template is called "ServerlessRestApi"`, `7|.Outputs.B.Value|nothing in the template is called "FnNothing"`}, ps)
}

// TestPrincipals attaches policies in every way there is.
func TestPrincipals(t *testing.T) {
	t.Parallel()
	document := `PolicyDocument: {Version: 2012-10-17, Statement: {Effect: Allow, Action: "*", Resource: "*"}}`
	s := mustLoad(t, strings.ReplaceAll(`
Resources:
  Bob: {Type: AWS::IAM::User, Properties: {UserName: bob, ManagedPolicyArns: [!Ref Managed, arn:aws:iam::aws:policy/AmazonDynamoDBFullAccess]}}
  Team: {Type: AWS::IAM::Group, Properties: {GroupName: team, Policies: [{PolicyName: inline, DOC}], ManagedPolicyArns: [!Ref Managed]}}
  Member: {Type: AWS::IAM::UserToGroupAddition, Properties: {GroupName: !Ref Team, Users: [!Ref Bob]}}
  One: {Type: AWS::IAM::UserPolicy, Properties: {UserName: !Ref Bob, PolicyName: one, DOC}}
  Two: {Type: AWS::IAM::GroupPolicy, Properties: {GroupName: !Ref Team, PolicyName: two, DOC}}
  Three: {Type: AWS::IAM::RolePolicy, Properties: {RoleName: !Ref Role, PolicyName: three, DOC}}
  Managed: {Type: AWS::IAM::ManagedPolicy, Properties: {ManagedPolicyName: m, Roles: [!Ref Role], DOC}}
  Role: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Statement: {Effect: Allow, Principal: {AWS: 123456789012}, Action: sts:AssumeRole}}}}
`, "DOC", document), nil)
	got := map[string][]string{}
	for _, p := range s.Users[0].Policies {
		got["user"] = append(got["user"], p.Name)
	}
	for _, p := range s.Roles[0].Policies {
		got["role"] = append(got["role"], p.Name)
	}
	managed := "arn:aws:iam::123456789012:policy/m"
	want := map[string][]string{
		"user": {managed, "arn:aws:iam::aws:policy/AmazonDynamoDBFullAccess", "one", "inline", managed, "two"},
		"role": {"three", managed},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestBounds feeds small templates that would make much.
func TestBounds(t *testing.T) {
	t.Parallel()
	var names strings.Builder
	names.WriteString("Resources:\n  R0: {Type: AWS::IAM::User, Properties: {UserName: aaaaaaaaaaaaaaaa}}\n")
	for i := range 40 {
		fmt.Fprintf(&names, "  R%d: {Type: AWS::IAM::User, Properties: {UserName: !Sub \"${R%d}${R%d}\"}}\n", i+1, i, i)
	}
	loops := strings.Builder{}
	open, shut := "{\"X${A}${B}${C}${D}\": {Type: AWS::S3::Bucket}}", ""
	for _, v := range []string{"D", "C", "B", "A"} {
		open = fmt.Sprintf("{\"Fn::ForEach::%s\": [%s, !Ref Many, %s]}", v, v, open)
	}
	fmt.Fprintf(&loops, "Transform: AWS::LanguageExtensions\nParameters: {Many: {Type: CommaDelimitedList, Default: \"%s\"}}\nResources: %s%s\n",
		strings.Trim(strings.Repeat("ab,", 200), ","), open, shut)
	tests := []struct{ name, text, want string }{
		{"names", names.String(), "intrinsics make more than"},
		{"split", "Resources: {}\nOutputs: {A: {Value: !Select [0, !Split [a, \"" + strings.Repeat("a", maxItems+1) + "\"]]}}\n", "Fn::Split makes more than"},
		{"parameter", "Parameters: {P: {Type: CommaDelimitedList, Default: \"" + strings.Repeat(",", maxItems+1) + "\"}}\nResources: {}\n", "has more than 10000 items"},
		{"loops", loops.String(), "Fn::ForEach makes"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, ps := loadText(t, test.text, nil)
			if !strings.Contains(ps.Error(), test.want) {
				t.Errorf("%.2000s", ps.Error())
			}
		})
	}
}

func TestStackName(t *testing.T) {
	t.Parallel()
	for dir, want := range map[string]string{"echo": "echo", "my_app.v2": "my-app-v2", "007": "stack", "": "stack", "1a-": "a", strings.Repeat("x", 200): strings.Repeat("x", 128)} {
		if got := stackName(dir); got != want {
			t.Errorf("%q: %q", dir, got)
		}
	}
}

// TestNames looks at the length of generated names.
func TestNames(t *testing.T) {
	t.Parallel()
	for _, size := range []int{1, 40, 128} {
		l := newLoader("t.yaml", &Options{StackName: strings.Repeat("s", size)})
		for _, id := range []string{"A", strings.Repeat("L", 30), strings.Repeat("L", 255)} {
			name := l.generatedName(&resource{id: id}, 64)
			if len(name) > 64 || !strings.HasPrefix(name, "s") || !strings.Contains(name, "-"+id[:1]) {
				t.Errorf("%d %d: %q", size, len(id), name)
			}
		}
	}
}
