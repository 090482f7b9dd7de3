package template

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tidewire/tidewire/iam"
	"github.com/tidewire/tidewire/internal/spec"
)

// sameSpec compares without lines and with policies by the number of their
// statements.
func sameSpec(t *testing.T, want, got *spec.Spec) {
	t.Helper()
	dir := filepath.Dir(got.File)
	for i := range got.Functions {
		c := &got.Functions[i].Code
		c.Dir, c.Zip = relative(dir, c.Dir), relative(dir, c.Zip)
		for j := range got.Functions[i].Layers {
			got.Functions[i].Layers[j].Dir = relative(dir, got.Functions[i].Layers[j].Dir)
		}
	}
	relativeGraphs(dir, got.GraphQLAPIs)
	for _, a := range got.EventsAPIs {
		for i := range a.Namespaces {
			relativeScript(dir, a.Namespaces[i].Code)
		}
	}
	opts := []cmp.Option{
		cmpopts.IgnoreTypes(spec.Source{}), cmpopts.IgnoreFields(spec.Spec{}, "File", "Files"), cmpopts.EquateEmpty(),
		cmp.Comparer(func(a, b *iam.Policy) bool { return a.Len() == b.Len() }),
	}
	if diff := cmp.Diff(want, got, opts...); diff != "" {
		t.Error(diff)
	}
}

func relativeGraphs(dir string, apis []spec.GraphQLAPI) {
	for _, a := range apis {
		for i := range a.Schema {
			a.Schema[i].File = relative(dir, a.Schema[i].File)
		}
		for i := range a.Resolvers {
			relativeScript(dir, a.Resolvers[i].Code)
		}
		for i := range a.Functions {
			relativeScript(dir, a.Functions[i].Code)
		}
	}
}

func relativeScript(dir string, s *spec.Script) {
	if s != nil {
		s.File = relative(dir, s.File)
	}
}

func relative(dir, path string) string {
	if path == "" {
		return ""
	}
	rel, err := filepath.Rel(dir, path)
	if err != nil {
		return path
	}
	return filepath.ToSlash(rel)
}

// statements is a policy with so many statements, for comparison.
func statements(t *testing.T, n int) *iam.Policy {
	t.Helper()
	one := `{"Effect":"Allow","Action":"*","Resource":"*"}`
	doc := `{"Version":"2012-10-17","Statement":[` + one
	for range n - 1 {
		doc += "," + one
	}
	p, err := iam.Parse([]byte(doc + "]}"))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const (
	account = "arn:aws:iam::123456789012:"
	lambda  = "arn:aws:lambda:us-east-1:123456789012:function:"
	invoke  = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/"
)

const chatTemplate = `
AWSTemplateFormatVersion: "2010-09-09"
Description: the shape of the well-known chat
Parameters:
  TableName: {Type: String, Default: chat_connections, MinLength: 3}
Resources:
  ChatWebSocket:
    Type: AWS::ApiGatewayV2::Api
    Properties:
      Name: Chat
      ProtocolType: WEBSOCKET
      RouteSelectionExpression: "$request.body.message"
  ConnectRoute:
    Type: AWS::ApiGatewayV2::Route
    Properties:
      ApiId: !Ref ChatWebSocket
      RouteKey: $connect
      AuthorizationType: AWS_IAM
      ApiKeyRequired: true
      OperationName: ConnectRoute
      RequestParameters: {route.request.querystring.user: {Required: true}, route.request.header.Lang: {Required: false}}
      Target: !Join ["/", [integrations, !Ref ConnectInteg]]
  ConnectInteg:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref ChatWebSocket
      Description: Connect Integration
      IntegrationType: AWS_PROXY
      IntegrationUri: !Sub arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${OnConnect.Arn}/invocations
  SendRoute:
    Type: AWS::ApiGatewayV2::Route
    Properties:
      ApiId: !Ref ChatWebSocket
      RouteKey: sendmessage
      AuthorizationType: NONE
      Target: !Join ["/", [integrations, !Ref SendInteg]]
  SendResponse:
    Type: AWS::ApiGatewayV2::RouteResponse
    Properties: {ApiId: !Ref ChatWebSocket, RouteId: !Ref SendRoute, RouteResponseKey: $default}
  SendInteg:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref ChatWebSocket
      IntegrationType: AWS_PROXY
      TimeoutInMillis: 5000
      CredentialsArn: !GetAtt Invoker.Arn
      IntegrationUri:
        Fn::Sub: arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${OnConnect.Arn}:${!stageVariables.alias}/invocations
  NothingRoute:
    Type: AWS::ApiGatewayV2::Route
    Properties: {ApiId: !Ref ChatWebSocket, RouteKey: nothing}
  Deployment:
    Type: AWS::ApiGatewayV2::Deployment
    DependsOn: [ConnectRoute, SendRoute]
    Properties: {ApiId: !Ref ChatWebSocket}
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties:
      StageName: Prod
      Description: Prod Stage
      DeploymentId: !Ref Deployment
      ApiId: !Ref ChatWebSocket
      StageVariables: {alias: live, n: 1}
      DefaultRouteSettings: {ThrottlingRateLimit: 10.5, ThrottlingBurstLimit: 20, LoggingLevel: INFO}
      RouteSettings: {sendmessage: {ThrottlingRateLimit: 1}}
  Domain:
    Type: AWS::ApiGatewayV2::DomainName
    Properties: {DomainName: WS.example.com, DomainNameConfigurations: [{CertificateArn: x}]}
  Mapping:
    Type: AWS::ApiGatewayV2::ApiMapping
    Properties: {ApiId: !Ref ChatWebSocket, DomainName: !Ref Domain, Stage: !Ref Stage, ApiMappingKey: chat}
  Connections:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: !Ref TableName
      AttributeDefinitions: [{AttributeName: connectionId, AttributeType: S}, {AttributeName: room, AttributeType: S}]
      KeySchema: [{AttributeName: connectionId, KeyType: HASH}]
      GlobalSecondaryIndexes:
        - {IndexName: byRoom, KeySchema: [{AttributeName: room, KeyType: HASH}], Projection: {ProjectionType: INCLUDE, NonKeyAttributes: [name]}}
      TimeToLiveSpecification: {AttributeName: expires, Enabled: true}
      StreamSpecification: {StreamViewType: NEW_IMAGE}
      BillingMode: PAY_PER_REQUEST
  OnConnect:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: on-connect
      Handler: app.handler
      Runtime: nodejs22.x
      MemorySize: 256
      Timeout: "30"
      ReservedConcurrentExecutions: 0
      Role: !GetAtt FunctionRole.Arn
      Environment: {Variables: {TABLE_NAME: !Ref TableName, DEBUG: true, N: 1}}
      Code: {ZipFile: "exports.handler = async () => ({statusCode: 200})"}
      Layers: [!Ref Layer]
  Layer:
    Type: AWS::Lambda::LayerVersion
    Properties: {LayerName: libs, Content: layer}
  FunctionRole:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: 2012-10-17
        Statement: [{Effect: Allow, Principal: {Service: [lambda.amazonaws.com]}, Action: sts:AssumeRole}]
      ManagedPolicyArns: [arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]
      Policies:
        - PolicyName: post
          PolicyDocument:
            Statement: [{Effect: Allow, Action: "execute-api:ManageConnections", Resource: !Sub "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${ChatWebSocket}/*"}]
  Invoker:
    Type: AWS::IAM::Role
    Properties:
      RoleName: invoker
      MaxSessionDuration: 7200
      PermissionsBoundary: !Ref Limit
      AssumeRolePolicyDocument: {Version: 2012-10-17, Statement: {Effect: Allow, Principal: {Service: apigateway.amazonaws.com}, Action: sts:AssumeRole}}
  Limit:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      ManagedPolicyName: limit
      Users: [!Ref Alice]
      PolicyDocument: {Version: 2012-10-17, Statement: [{Effect: Allow, Action: "lambda:*", Resource: "*"}, {Effect: Deny, Action: "iam:*", Resource: "*"}]}
  Alice:
    Type: AWS::IAM::User
    Properties: {UserName: alice, Groups: [!Ref Chatters], Tags: [{Key: team, Value: red}]}
  Chatters:
    Type: AWS::IAM::Group
    Properties: {GroupName: chatters}
  MayConnect:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: connect
      Groups: [!Ref Chatters]
      Roles: [!Ref FunctionRole]
      PolicyDocument: {Version: 2012-10-17, Statement: [{Effect: Allow, Action: "execute-api:Invoke", Resource: "*"}]}
  AliceKey:
    Type: AWS::IAM::AccessKey
    Properties: {UserName: !Ref Alice}
  ConnectPermission:
    Type: AWS::Lambda::Permission
    DependsOn: ChatWebSocket
    Properties: {Action: lambda:InvokeFunction, FunctionName: !Ref OnConnect, Principal: apigateway.amazonaws.com, SourceAccount: !Ref AWS::AccountId}
  Key:
    Type: AWS::ApiGateway::ApiKey
    Properties: {Name: key, Enabled: true}
  OwnKey:
    Type: AWS::ApiGateway::ApiKey
    Properties: {Enabled: false, Value: a-value-of-twenty-characters}
  Plan:
    Type: AWS::ApiGateway::UsagePlan
    Properties:
      ApiStages: [{ApiId: !Ref ChatWebSocket, Stage: !Ref Stage}]
      Throttle: {RateLimit: 5, BurstLimit: 7}
      Quota: {Limit: 100, Period: WEEK, Offset: 1}
  PlanKey:
    Type: AWS::ApiGateway::UsagePlanKey
    Properties: {KeyId: !Ref Key, KeyType: API_KEY, UsagePlanId: !Ref Plan}
Outputs:
  WebSocketURI:
    Description: where
    Value: !Join ["", ["wss://", !Ref ChatWebSocket, ".execute-api.", !Ref AWS::Region, ".amazonaws.com/", !Ref Stage]]
    Export: {Name: !Sub "${AWS::StackName}-uri"}
`

// secrets are values that tests can foresee.
func secrets(kind, id string) (string, error) {
	if kind == "access-key-id" {
		return (strings.ToUpper("AKIA"+id) + "0000000000000000")[:20], nil
	}
	return kind + " of " + id, nil
}

func TestChat(t *testing.T) {
	t.Parallel()
	got := mustLoad(t, chatTemplate, &Options{StackName: "chat", Secret: secrets})
	api := got.WebSocketAPIs[0].ID
	zero := 0
	want := &spec.Spec{
		StackName: "chat", Region: "us-east-1", Account: "123456789012", Partition: "aws",
		Functions: []spec.Function{{
			LogicalID: "OnConnect", Name: "on-connect", ARN: lambda + "on-connect", Runtime: "nodejs22.x", Handler: "app.handler",
			Code:    spec.Code{Inline: "exports.handler = async () => ({statusCode: 200})", Property: "Code.ZipFile"},
			Timeout: 30 * time.Second, MemoryMB: 256, Environment: map[string]string{"TABLE_NAME": "chat_connections", "DEBUG": "true", "N": "1"},
			Layers:  []spec.Layer{{LogicalID: "Layer", ARN: "arn:aws:lambda:us-east-1:123456789012:layer:libs:1", Dir: "layer"}},
			RoleARN: account + "role/chat-FunctionRole-6IGCMKF3Q7UW", ReservedConcurrency: &zero,
		}},
		Permissions: []spec.Permission{{
			LogicalID: "ConnectPermission", FunctionARN: lambda + "on-connect", Action: "lambda:InvokeFunction",
			Principal: "apigateway.amazonaws.com", SourceAccount: "123456789012",
		}},
		WebSocketAPIs: []spec.WebSocketAPI{{
			LogicalID: "ChatWebSocket", ID: "bndk1ehvj0", Name: "Chat",
			RouteSelectionExpression: "$request.body.message", APIKeySelectionExpression: "$request.header.x-api-key",
			Routes: []spec.Route{
				{LogicalID: "ConnectRoute", ID: "lnih5wt", Key: "$connect", IntegrationID: "c6udx3d", Authorization: "AWS_IAM", APIKeyRequired: true,
					RequestParameters: map[string]bool{"route.request.querystring.user": true, "route.request.header.Lang": false}},
				{LogicalID: "SendRoute", ID: "ia5yy1v", Key: "sendmessage", IntegrationID: "klj1kxb", Authorization: "NONE", RouteResponse: true},
				{LogicalID: "NothingRoute", ID: "o3v05rr", Key: "nothing", Authorization: "NONE"},
			},
			Integrations: []spec.Integration{
				{LogicalID: "ConnectInteg", ID: "c6udx3d", Type: "AWS_PROXY", URI: invoke + lambda + "on-connect/invocations", FunctionARN: lambda + "on-connect", Timeout: 29 * time.Second},
				{LogicalID: "SendInteg", ID: "klj1kxb", Type: "AWS_PROXY", URI: invoke + lambda + "on-connect:${stageVariables.alias}/invocations",
					FunctionARN: lambda + "on-connect:${stageVariables.alias}", CredentialsARN: account + "role/invoker", Timeout: 5 * time.Second},
			},
			Stages: []spec.Stage{{
				LogicalID: "Stage", Name: "Prod", Variables: map[string]string{"alias": "live", "n": "1"},
				Throttle: spec.Throttle{Rate: 10.5, Burst: 20, Set: true}, Routes: map[string]spec.Throttle{"sendmessage": {Rate: 1, Set: true}},
			}},
		}},
		Domains: []spec.Domain{{Name: "ws.example.com", Mappings: []spec.Mapping{{Key: "chat", APIID: api, Stage: "Prod"}}}},
		APIKeys: []spec.APIKey{
			{LogicalID: "Key", ID: "h6a47orw67", Name: "key", Value: "api-key of Key", Enabled: true},
			{LogicalID: "OwnKey", ID: "rz9jr977by", Name: "chat-OwnKey-9UWL8YYD5JKY", Value: "a-value-of-twenty-characters"},
		},
		UsagePlans: []spec.UsagePlan{{
			LogicalID: "Plan", ID: "n2sycuwquc", Stages: []spec.PlanStage{{APIID: api, Stage: "Prod"}}, KeyIDs: []string{"h6a47orw67"},
			Throttle: spec.Throttle{Rate: 5, Burst: 7, Set: true}, Quota: spec.Quota{Limit: 100, Offset: 1, Period: "WEEK"},
		}},
		Users: []spec.User{{
			LogicalID: "Alice", Name: "alice", ARN: account + "user/alice", ID: "AIDAESEWZNB3RQTW33A7Y", Tags: map[string]string{"team": "red"},
			Policies:   []spec.Policy{{Name: account + "policy/limit", Document: statements(t, 2)}, {Name: "connect", Document: statements(t, 1)}},
			AccessKeys: []spec.AccessKey{{LogicalID: "AliceKey", ID: "AKIAALICEKEY00000000", Secret: "secret-access-key of AliceKey", Active: true}},
		}},
		Roles: []spec.Role{
			{LogicalID: "FunctionRole", Name: "chat-FunctionRole-6IGCMKF3Q7UW", ARN: account + "role/chat-FunctionRole-6IGCMKF3Q7UW", ID: "AROAJFWDIMZ365ZXWGQ5X",
				MaxDuration: time.Hour, Trust: statements(t, 1), Policies: []spec.Policy{
					{Name: "post", Document: statements(t, 1)},
					{Name: "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole", Document: statements(t, 1)},
					{Name: "connect", Document: statements(t, 1)},
				}},
			{LogicalID: "Invoker", Name: "invoker", ARN: account + "role/invoker", ID: "AROAUVAJBX4LQDNLCWAG4", MaxDuration: 2 * time.Hour,
				Trust: statements(t, 1), Boundary: &spec.Policy{Name: account + "policy/limit", Document: statements(t, 2)}},
		},
		Tables: []spec.Table{{
			LogicalID: "Connections", Name: "chat_connections",
			Attributes:   []spec.Attribute{{Name: "connectionId", Type: "S"}, {Name: "room", Type: "S"}},
			Keys:         []spec.Key{{Name: "connectionId", Type: "HASH"}},
			Global:       []spec.Index{{Name: "byRoom", Keys: []spec.Key{{Name: "room", Type: "HASH"}}, Projection: "INCLUDE", NonKey: []string{"name"}}},
			TTLAttribute: "expires", StreamView: "NEW_IMAGE",
		}},
		Outputs: []spec.Output{{Name: "WebSocketURI", Description: "where", Value: "wss://" + api + ".execute-api.us-east-1.amazonaws.com/Prod", ExportName: "chat-uri"}},
	}
	sameSpec(t, want, got)
}

const echoTemplate = `
Transform: AWS::Serverless-2016-10-31
Globals:
  Function:
    Runtime: python3.12
    Timeout: 7
    Environment: {Variables: {A: global, B: global}}
    Layers: [!Ref One]
    Tags: {x: y}
  WebSocketApi:
    StageVariables: {g: "1"}
Resources:
  Echo:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      CodeUri: ./src/
      Timeout: 3
      Environment: {Variables: {B: local, C: !Sub "https://${Chat}.x/${Chat.Stage}"}}
      Layers: [!Ref Two]
      Policies:
        - AWSLambdaBasicExecutionRole
        - DynamoDBReadPolicy: {TableName: !Ref Items}
        - Version: 2012-10-17
          Statement: [{Effect: Allow, Action: "execute-api:ManageConnections", Resource: !Sub "arn:aws:execute-api:*:*:${Chat}/*"}]
  Inline:
    Type: AWS::Serverless::Function
    IgnoreGlobals: [Layers, Environment]
    Properties: {Handler: index.handler, InlineCode: "def handler(e, c): pass", Role: arn:aws:iam::123456789012:role/own}
  One: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: layer}}
  Two: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: layer}}
  Items: {Type: AWS::Serverless::SimpleTable, Properties: {PrimaryKey: {Name: pk, Type: Number}}}
  Chat:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      RouteSelectionExpression: $request.body.action
      StageName: dev
      Auth: {AuthType: AWS_IAM}
      Domain: {DomainName: ws.example.com, CertificateArn: c, BasePath: [chat]}
      DefaultRouteSettings: {ThrottlingBurstLimit: 5}
      Routes:
        $connect: {FunctionArn: !GetAtt Echo.Arn}
        sendMessage: {FunctionArn: !GetAtt Echo.Arn, IntegrationTimeout: 1000, RouteResponseSelectionExpression: $default}
Outputs:
  Url: {Value: !Sub "wss://${Chat.DomainName}/chat ${ChatdevStage} ${ChatSendmessageRoute} ${ChatConnectIntegration}"}
`

func TestServerless(t *testing.T) {
	t.Parallel()
	got := mustLoad(t, echoTemplate, &Options{StackName: "app"})
	api := got.WebSocketAPIs[0].ID
	echo := lambda + "app-Echo-FUR7935RWB9D"
	layer := func(id string) spec.Layer {
		return spec.Layer{LogicalID: id, ARN: "arn:aws:lambda:us-east-1:123456789012:layer:" + id + ":1", Dir: "layer"}
	}
	permission := func(id, route string) spec.Permission {
		return spec.Permission{LogicalID: id, FunctionARN: echo, Action: "lambda:InvokeFunction", Principal: "apigateway.amazonaws.com",
			SourceARN: "arn:aws:execute-api:us-east-1:123456789012:" + api + "/dev/" + route}
	}
	integration := func(id, hash string, timeout time.Duration) spec.Integration {
		return spec.Integration{LogicalID: id, ID: hash, Type: "AWS_PROXY", URI: invoke + echo + "/invocations", FunctionARN: echo, Timeout: timeout}
	}
	want := &spec.Spec{
		StackName: "app", Region: "us-east-1", Account: "123456789012", Partition: "aws",
		Functions: []spec.Function{
			{LogicalID: "Echo", Name: "app-Echo-FUR7935RWB9D", ARN: echo, Runtime: "python3.12", Handler: "app.handler", Code: spec.Code{Dir: "src", Property: "CodeUri"},
				Timeout: 3 * time.Second, MemoryMB: 128, Environment: map[string]string{"A": "global", "B": "local", "C": "https://" + api + ".x/dev"},
				Layers: []spec.Layer{layer("One"), layer("Two")}, RoleARN: account + "role/app-EchoRole-MNP3OID18PJK"},
			{LogicalID: "Inline", Name: "app-Inline-OFOPVN5W0QWY", ARN: lambda + "app-Inline-OFOPVN5W0QWY", Runtime: "python3.12", Handler: "index.handler",
				Code: spec.Code{Inline: "def handler(e, c): pass", Property: "InlineCode"}, Timeout: 7 * time.Second, MemoryMB: 128, RoleARN: account + "role/own"},
		},
		Permissions: []spec.Permission{permission("ChatConnectPermission", "$connect"), permission("ChatSendmessagePermission", "sendMessage")},
		WebSocketAPIs: []spec.WebSocketAPI{{
			LogicalID: "Chat", ID: "wgthun5ib9", Name: "Chat", RouteSelectionExpression: "$request.body.action", APIKeySelectionExpression: "$request.header.x-api-key",
			Routes: []spec.Route{
				{LogicalID: "ChatConnectRoute", ID: "uco6lwo", Key: "$connect", IntegrationID: "bqqlsb1", Authorization: "AWS_IAM"},
				{LogicalID: "ChatSendmessageRoute", ID: "dfp1jr7", Key: "sendMessage", IntegrationID: "rme18ww", Authorization: "NONE", RouteResponse: true},
			},
			Integrations: []spec.Integration{
				integration("ChatConnectIntegration", "bqqlsb1", 29*time.Second), integration("ChatSendmessageIntegration", "rme18ww", time.Second),
			},
			Stages: []spec.Stage{{LogicalID: "ChatdevStage", Name: "dev", Variables: map[string]string{"g": "1"}, Throttle: spec.Throttle{Burst: 5, Set: true}}},
		}},
		Domains: []spec.Domain{{Name: "ws.example.com", Mappings: []spec.Mapping{{Key: "chat", APIID: api, Stage: "dev"}}}},
		Roles: []spec.Role{{
			LogicalID: "EchoRole", Name: "app-EchoRole-MNP3OID18PJK", ARN: account + "role/app-EchoRole-MNP3OID18PJK", ID: "AROA5E37JUEZ437VJ4SAZ",
			MaxDuration: time.Hour, Trust: statements(t, 1), Tags: map[string]string{"x": "y"},
			Policies: []spec.Policy{
				{Name: "EchoRolePolicy1", Document: statements(t, 1)}, {Name: "EchoRolePolicy2", Document: statements(t, 1)},
				{Name: "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole", Document: statements(t, 1)},
			},
		}},
		Tables:  []spec.Table{{LogicalID: "Items", Name: "app-Items-T0XLFKYVAKY5", Attributes: []spec.Attribute{{Name: "pk", Type: "N"}}, Keys: []spec.Key{{Name: "pk", Type: "HASH"}}}},
		Notes:   []spec.Note{{Resource: "Inline", Message: `the role "arn:aws:iam::123456789012:role/own" is not in the template: what it permits is not known here`}},
		Outputs: []spec.Output{{Name: "Url", Value: "wss://ws.example.com/chat dev dfp1jr7 bqqlsb1"}},
	}
	sameSpec(t, want, got)
}

// cdkTemplate is a template as CDK synthesizes it.
const cdkTemplate = `{
 "Resources": {
	"ConnectServiceRole2A": {
	 "Type": "AWS::IAM::Role",
   "Properties": {
    "AssumeRolePolicyDocument": {"Statement": [{"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}], "Version": "2012-10-17"},
    "ManagedPolicyArns": [{"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"]]}]
   },
   "Metadata": {"aws:cdk:path": "Stack/Connect/ServiceRole/Resource"}
  },
  "Connect5F": {
   "Type": "AWS::Lambda::Function",
   "Properties": {
    "Code": {"S3Bucket": {"Fn::Sub": "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"}, "S3Key": "0123.zip"},
    "Handler": "index.handler",
    "Role": {"Fn::GetAtt": ["ConnectServiceRole2A", "Arn"]},
    "Runtime": "nodejs22.x",
    "Environment": {"Variables": {"TEXT": "\ud83c\udf0a \/"}}
   },
   "DependsOn": ["ConnectServiceRole2A"],
   "Metadata": {"aws:asset:path": "src", "aws:asset:is-bundled": false, "aws:asset:property": "Code"}
  },
  "Api1": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Name": "Api", "ProtocolType": "WEBSOCKET", "RouteSelectionExpression": "$request.body.action"}},
  "ApiconnectIntegration2": {"Type": "AWS::ApiGatewayV2::Integration", "Properties": {
    "ApiId": {"Ref": "Api1"}, "IntegrationType": "AWS_PROXY",
    "IntegrationUri": {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":apigateway:", {"Ref": "AWS::Region"}, ":lambda:path/2015-03-31/functions/", {"Fn::GetAtt": ["Connect5F", "Arn"]}, "/invocations"]]}}},
  "ApiconnectRoute3": {"Type": "AWS::ApiGatewayV2::Route", "Properties": {
    "ApiId": {"Ref": "Api1"}, "AuthorizationType": "NONE", "RouteKey": "$connect", "RouteResponseSelectionExpression": "$default",
    "Target": {"Fn::Join": ["", ["integrations/", {"Ref": "ApiconnectIntegration2"}]]}}},
  "ApiconnectPermission4": {"Type": "AWS::Lambda::Permission", "Properties": {
    "Action": "lambda:InvokeFunction", "FunctionName": {"Fn::GetAtt": ["Connect5F", "Arn"]}, "Principal": "apigateway.amazonaws.com",
    "SourceArn": {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":execute-api:", {"Ref": "AWS::Region"}, ":", {"Ref": "AWS::AccountId"}, ":", {"Ref": "Api1"}, "/*$connect"]]}}},
  "Stage5": {"Type": "AWS::ApiGatewayV2::Stage", "Properties": {"ApiId": {"Ref": "Api1"}, "AutoDeploy": true, "StageName": "prod"}},
  "CDKMetadata": {"Type": "AWS::CDK::Metadata", "Properties": {"Analytics": "v2:deflate64:x"}, "Condition": "CDKMetadataAvailable"}
 },
 "Conditions": {"CDKMetadataAvailable": {"Fn::Or": [{"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]}, {"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-2"]}]}},
 "Parameters": {"BootstrapVersion": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/cdk-bootstrap/hnb659fds/version", "Description": "x"}},
 "Rules": {"CheckBootstrapVersion": {"Assertions": [{"Assert": {"Fn::Not": [{"Fn::Contains": [["1"], {"Ref": "BootstrapVersion"}]}]}, "AssertDescription": "x"}]}}
}
`

func TestCDK(t *testing.T) {
	t.Parallel()
	got := mustLoad(t, cdkTemplate, &Options{StackName: "cdk", Region: "cn-north-1"})
	api := got.WebSocketAPIs[0].ID
	fn := "arn:aws-cn:lambda:cn-north-1:123456789012:function:cdk-Connect5F-EANTRZ57J8SE"
	want := &spec.Spec{
		StackName: "cdk", Region: "cn-north-1", Account: "123456789012", Partition: "aws-cn",
		Functions: []spec.Function{{
			LogicalID: "Connect5F", Name: "cdk-Connect5F-EANTRZ57J8SE", ARN: fn, Runtime: "nodejs22.x", Handler: "index.handler",
			Code: spec.Code{Dir: "src", Property: "Code"}, Timeout: 3 * time.Second, MemoryMB: 128,
			Environment: map[string]string{"TEXT": "🌊 /"}, RoleARN: "arn:aws-cn:iam::123456789012:role/cdk-ConnectServiceRole2A-Y8LTFLA889PW",
		}},
		Permissions: []spec.Permission{{LogicalID: "ApiconnectPermission4", FunctionARN: fn, Action: "lambda:InvokeFunction", Principal: "apigateway.amazonaws.com",
			SourceARN: "arn:aws-cn:execute-api:cn-north-1:123456789012:" + api + "/*$connect"}},
		WebSocketAPIs: []spec.WebSocketAPI{{
			LogicalID: "Api1", ID: "sptt7rhpv4", Name: "Api", RouteSelectionExpression: "$request.body.action", APIKeySelectionExpression: "$request.header.x-api-key",
			Routes: []spec.Route{{LogicalID: "ApiconnectRoute3", ID: "hw7g5uq", Key: "$connect", IntegrationID: "obglbff", Authorization: "NONE", RouteResponse: true}},
			Integrations: []spec.Integration{{LogicalID: "ApiconnectIntegration2", ID: "obglbff", Type: "AWS_PROXY",
				URI: "arn:aws-cn:apigateway:cn-north-1:lambda:path/2015-03-31/functions/" + fn + "/invocations", FunctionARN: fn, Timeout: 29 * time.Second}},
			Stages: []spec.Stage{{LogicalID: "Stage5", Name: "prod"}},
		}},
		Roles: []spec.Role{{
			LogicalID: "ConnectServiceRole2A", Name: "cdk-ConnectServiceRole2A-Y8LTFLA889PW", ARN: "arn:aws-cn:iam::123456789012:role/cdk-ConnectServiceRole2A-Y8LTFLA889PW",
			ID: "AROATFUGKLJPM7T3MFMQM", MaxDuration: time.Hour, Trust: statements(t, 1),
			Policies: []spec.Policy{{Name: "arn:aws-cn:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole", Document: statements(t, 1)}},
		}},
	}
	sameSpec(t, want, got)
}
