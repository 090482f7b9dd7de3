package template

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidewire/tidewire/internal/spec"
)

func TestForEach(t *testing.T) {
	t.Parallel()
	s := mustLoad(t, `
Transform: [AWS::LanguageExtensions, AWS::Serverless-2016-10-31]
Parameters: {Names: {Type: CommaDelimitedList, Default: "a,b-c"}}
Conditions:
  Fn::ForEach::C:
    - N
    - [x]
    - {"Is${N}": !Equals [!Ref N, x]}
Resources:
  Fn::ForEach::Tables:
    - Name
    - !Ref Names
    - Table&{Name}:
        Type: AWS::Serverless::SimpleTable
        Condition: Isx
        Properties: {TableName: !Sub "${AWS::StackName}-${Name}-t"}
  Api: {Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: WEBSOCKET, RouteSelectionExpression: a}}
  Fn::ForEach::Outer:
    - O
    - [one, two]
    - Fn::ForEach::Inner:
        - I
        - [A, B]
        - "R${O}${I}": {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: !Join ["", [!Ref O, !Ref I]]}}
Outputs:
  Fn::ForEach::Out: [N, !Ref Names, {"Out&{N}": {Value: !GetAtt ["Table&{N}", Arn]}}]
`, nil)
	var got []string
	for _, x := range s.Tables {
		got = append(got, x.LogicalID+" "+x.Name)
	}
	for _, r := range s.WebSocketAPIs[0].Routes {
		got = append(got, r.LogicalID+" "+r.Key)
	}
	for _, o := range s.Outputs {
		got = append(got, o.Name+" "+o.Value)
	}
	table := "arn:aws:dynamodb:us-east-1:123456789012:table/"
	want := []string{"Tablea stack-a-t", "Tablebc stack-b-c-t", "RoneA oneA", "RoneB oneB", "RtwoA twoA", "RtwoB twoB",
		"Outa " + table + "stack-a-t", "Outbc " + table + "stack-b-c-t"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestForEachProblems(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, loop string
		want       []string
	}{
		{"shape", `[A]`, []string{"3|Fn::ForEach::L.|takes a variable, a list and a map"}},
		{"no list", `[A, b, {X: {Type: AWS::S3::Bucket}}]`, []string{"3|Fn::ForEach::L.[1]|goes through a list, this is a string"}},
		{"same key", `[A, [b, c], {X: {Type: AWS::S3::Bucket}}]`, []string{`3|X.|makes the key "X" twice`}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, ps := loadText(t, "Transform: AWS::LanguageExtensions\nResources:\n  Fn::ForEach::L: "+test.loop+"\n", nil)
			for i := range ps {
				ps[i].Property = strings.Replace(ps[i].Property, "1", "[1]", 1)
				ps[i].Property = strings.Replace(ps[i].Property, "[[1]]", "[1]", 1)
			}
			wantProblems(t, test.want, ps)
		})
	}
}

func TestGlobals(t *testing.T) {
	t.Parallel()
	s := mustLoad(t, `
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {CodeUri: src, Handler: a.b, Runtime: python3.12, MemorySize: 512, Environment: {Variables: {A: 1, B: {Ref: AWS::Region}, C: 3}}}
Resources:
  A: {Type: AWS::Serverless::Function, Properties: {Environment: {Variables: {B: own, C: !Ref AWS::NoValue}}}}
  B: {Type: AWS::Serverless::Function, IgnoreGlobals: "*", Properties: {CodeUri: src, Handler: x.y, Runtime: nodejs22.x}}
  C: {Type: AWS::Serverless::Function}
`, nil)
	var got []spec.Function
	for _, f := range s.Functions {
		got = append(got, spec.Function{LogicalID: f.LogicalID, Handler: f.Handler, MemoryMB: f.MemoryMB, Environment: f.Environment})
	}
	want := []spec.Function{
		{LogicalID: "A", Handler: "a.b", MemoryMB: 512, Environment: map[string]string{"A": "1", "B": "own"}},
		{LogicalID: "B", Handler: "x.y", MemoryMB: 128},
		{LogicalID: "C", Handler: "a.b", MemoryMB: 512, Environment: map[string]string{"A": "1", "B": "us-east-1", "C": "3"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestRole looks at what SAM gives the role of a function.
func TestRole(t *testing.T) {
	t.Parallel()
	s := mustLoad(t, `
Transform: AWS::Serverless-2016-10-31
Conditions: {Never: !Equals [a, b]}
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src
      Handler: a.b
      Runtime: python3.12
      Role: !If [Never, arn:aws:iam::123456789012:role/x, !Ref AWS::NoValue]
      RolePath: /app/
      Tracing: Active
      VpcConfig: {SubnetIds: [a]}
      PermissionsBoundary: !Ref Limit
      Policies: AmazonDynamoDBReadOnlyAccess
  Limit: {Type: AWS::IAM::ManagedPolicy, Properties: {ManagedPolicyName: limit, PolicyDocument: {Version: 2012-10-17, Statement: [{Effect: Allow, Action: "*", Resource: "*"}]}}}
Outputs: {Arn: {Value: !GetAtt FRole.Arn}, Id: {Value: !GetAtt FRole.RoleId}}
`, nil)
	r := s.Roles[0]
	var got []string
	for _, p := range r.Policies {
		got = append(got, p.Name)
	}
	got = append(got, r.Boundary.Name, s.Outputs[0].Value, s.Outputs[1].Value)
	want := []string{
		"arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole", "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole",
		"arn:aws:iam::aws:policy/AWSXrayWriteOnlyAccess", "arn:aws:iam::aws:policy/AmazonDynamoDBReadOnlyAccess",
		"arn:aws:iam::123456789012:policy/limit", r.ARN, r.ID,
	}
	if diff := cmp.Diff(want, got); diff != "" || s.Functions[0].RoleARN != r.ARN || !strings.Contains(r.ARN, ":role/app/stack-FRole-") {
		t.Error(diff, r.ARN, s.Functions[0].RoleARN)
	}
}

// TestYAML looks at anchors, merge keys and scalars.
func TestYAML(t *testing.T) {
	t.Parallel()
	s := mustLoad(t, `
Transform: AWS::Serverless-2016-10-31
Resources:
  A:
    Type: AWS::Serverless::Function
    Properties: &base
      CodeUri: src
      Handler: a.b
      Runtime: python3.12
      Environment: {Variables: &vars {A: 012, B: 1e3, D: yes, E: "true", F: 2012-10-17, G: !Sub "x"}}
  B:
    Type: AWS::Serverless::Function
    Properties:
      <<: [*base, {Handler: z.z, MemorySize: 256}]
      Runtime: nodejs22.x
      Environment: {Variables: {<<: *vars, A: own}}
`, nil)
	want := map[string]string{"A": "own", "B": "1e3", "D": "yes", "E": "true", "F": "2012-10-17", "G": "x"}
	b := s.Functions[1]
	if diff := cmp.Diff(want, b.Environment); diff != "" || b.Handler != "a.b" || b.Runtime != "nodejs22.x" || b.MemoryMB != 256 {
		t.Errorf("%s%+v", diff, b)
	}
}
