package template

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidewire/tidewire/internal/spec"
)

// eventsTemplate is written by hand, with everything that is run.
const eventsTemplate = `
Resources:
  Api:
    Type: AWS::AppSync::Api
    Properties:
      Name: live events
      OwnerContact: me
      Tags: [{Key: a, Value: b}]
      EventConfig:
        AuthProviders:
          - AuthType: API_KEY
          - AuthType: AWS_IAM
          - AuthType: AMAZON_COGNITO_USER_POOLS
            CognitoConfig: {UserPoolId: !Ref Pool, AwsRegion: !Ref AWS::Region, AppIdClientRegex: "^web"}
          - AuthType: OPENID_CONNECT
            OpenIDConnectConfig: {Issuer: "https://issuer.example.com", ClientId: "a|b", IatTTL: 1500, AuthTTL: 60000}
          - AuthType: AWS_LAMBDA
            LambdaAuthorizerConfig: {AuthorizerUri: !GetAtt Fn.Arn, AuthorizerResultTtlInSeconds: 0, IdentityValidationExpression: "^tok"}
        ConnectionAuthModes: [{AuthType: API_KEY}, {AuthType: OPENID_CONNECT}]
        DefaultPublishAuthModes: [{AuthType: AWS_IAM}]
        DefaultSubscribeAuthModes: [{AuthType: API_KEY}, {AuthType: AWS_LAMBDA}]
        LogConfig: {LogLevel: ERROR, CloudWatchLogsRoleArn: !GetAtt Role.Arn}
  Pool: {Type: AWS::Cognito::UserPool}
  Key: {Type: AWS::AppSync::ApiKey, Properties: {ApiId: !GetAtt Api.ApiId, Expires: 1800003599}}
  Lambda:
    Type: AWS::AppSync::DataSource
    Properties: {ApiId: !GetAtt Api.ApiId, Name: lambda, Type: AWS_LAMBDA, ServiceRoleArn: !GetAtt Role.Arn, LambdaConfig: {LambdaFunctionArn: !GetAtt Fn.Arn}}
  None: {Type: AWS::AppSync::DataSource, Properties: {ApiId: !GetAtt Api.ApiId, Name: none, Type: NONE}}
  Plain: {Type: AWS::AppSync::ChannelNamespace, Properties: {ApiId: !GetAtt Api.ApiId, Name: default, Tags: [], HandlerConfigs: {}}}
  Chat:
    Type: AWS::AppSync::ChannelNamespace
    Properties:
      ApiId: !GetAtt Api.ApiId
      Name: Chat-2
      PublishAuthModes: [{AuthType: AMAZON_COGNITO_USER_POOLS}]
      SubscribeAuthModes: [{AuthType: AWS_IAM}, {AuthType: API_KEY}]
      CodeHandlers: "export function onSubscribe() {}"
      HandlerConfigs:
        OnPublish: {Behavior: DIRECT, Integration: {DataSourceName: !GetAtt Lambda.Name, LambdaConfig: {InvokeType: EVENT}}}
        OnSubscribe: {Behavior: CODE, Integration: {DataSourceName: none}}
  Filed: {Type: AWS::AppSync::ChannelNamespace, Properties: {ApiId: !GetAtt Api.ApiId, Name: filed, CodeS3Location: code.ts}}
  Waits:
    Type: AWS::AppSync::ChannelNamespace
    Properties:
      ApiId: !GetAtt Api.ApiId
      Name: waits
      HandlerConfigs: {OnSubscribe: {Behavior: DIRECT, Integration: {DataSourceName: lambda, LambdaConfig: {InvokeType: REQUEST_RESPONSE}}}}
  Domain: {Type: AWS::AppSync::DomainName, Properties: {DomainName: Events.example.com, CertificateArn: c}}
  Association: {Type: AWS::AppSync::DomainNameApiAssociation, Properties: {ApiId: !GetAtt Api.ApiId, DomainName: !GetAtt Domain.DomainName}}
  Fn:
    Type: AWS::Lambda::Function
    Properties: {FunctionName: fn, Handler: a.b, Runtime: nodejs22.x, Role: !GetAtt Role.Arn, Code: {ZipFile: "exports.b = 1"}}
  Publisher:
    Type: AWS::Lambda::Function
    Properties: {Handler: a.b, Runtime: nodejs22.x, Role: !GetAtt Role.Arn, Code: {ZipFile: "exports.b = 1"}, Environment: {Variables: {HOST: !GetAtt Api.Dns.Http}}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: role
      AssumeRolePolicyDocument: {Version: 2012-10-17, Statement: {Effect: Allow, Principal: {Service: appsync.amazonaws.com}, Action: sts:AssumeRole}}
Outputs:
  A: {Value: !Sub "${Api} ${Api.ApiId} ${Api.ApiArn} ${Api.Dns.Http} ${Api.Dns.Realtime}"}
  B: {Value: !Join [" ", [!GetAtt Api.Dns.Http, {"Fn::GetAtt": [Api, Dns.Realtime]}, !Ref Chat, !GetAtt Chat.ChannelNamespaceArn, !Ref Lambda]]}
`

func TestEvents(t *testing.T) {
	t.Parallel()
	s := mustLoadGraph(t, "template.yaml", eventsTemplate)
	outputs := s.Outputs
	if got := s.Functions[1].Environment["HOST"]; got != s.EventsAPIs[0].ID+".appsync-api.us-east-1.amazonaws.com" {
		t.Errorf("environment %q", got)
	}
	if f := s.Files; len(f) != 2 || filepath.Base(f[1]) != "code.ts" {
		t.Errorf("watched %v", f)
	}
	sameSpec(t, &spec.Spec{EventsAPIs: []spec.EventsAPI{wantEvents(s)}}, &spec.Spec{File: s.File, EventsAPIs: s.EventsAPIs})
	arn, id := s.EventsAPIs[0].ARN, s.EventsAPIs[0].ID
	host, realtime := id+".appsync-api.us-east-1.amazonaws.com", id+".appsync-realtime-api.us-east-1.amazonaws.com"
	chat := arn + "/channelNamespace/Chat-2"
	want := []spec.Output{
		{Name: "A", Value: strings.Join([]string{arn, id, arn, host, realtime}, " ")},
		{Name: "B", Value: strings.Join([]string{host, realtime, chat, chat, arn + "/datasources/lambda"}, " ")},
	}
	if diff := cmp.Diff(want, outputs); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"note 23 Pool: a placeholder stands for Pool (AWS::Cognito::UserPool), which is not run", "not run 23 Pool AWS::Cognito::UserPool: "}, remarks(s)); diff != "" {
		t.Error(diff)
	}
}

const eventsAPIID = "lokwfk5fw5a2n0rt33v4nu2l5o"

func wantEvents(s *spec.Spec) spec.EventsAPI {
	api := s.EventsAPIs[0]
	arn := "arn:aws:appsync:us-east-1:123456789012:apis/" + eventsAPIID
	pool := api.Auth[2].Pool.ID
	namespace := func(id, name string) spec.ChannelNamespace {
		return spec.ChannelNamespace{LogicalID: id, Name: name, ARN: arn + "/channelNamespace/" + name}
	}
	chat, filed, waits := namespace("Chat", "Chat-2"), namespace("Filed", "filed"), namespace("Waits", "waits")
	chat.Publish, chat.Subscribe = []string{spec.ModeCognito}, []string{spec.ModeIAM, spec.ModeAPIKey}
	chat.Code = &spec.Script{Text: "export function onSubscribe() {}"}
	chat.OnPublish, chat.OnSubscribe = spec.EventHandler{Direct: true, DataSource: "lambda", Event: true}, spec.EventHandler{DataSource: "none"}
	filed.Code = &spec.Script{File: "code.ts", Text: helloCode}
	waits.OnSubscribe = spec.EventHandler{Direct: true, DataSource: "lambda"}
	return spec.EventsAPI{
		LogicalID: "Api", ID: eventsAPIID, ARN: arn, Name: "live events",
		Auth: []spec.AuthProvider{
			{Mode: spec.ModeAPIKey}, {Mode: spec.ModeIAM},
			{Mode: spec.ModeCognito, Pool: &spec.UserPoolProvider{LogicalID: "Pool", ID: pool, Region: "us-east-1", Issuer: "https://cognito-idp.us-east-1.amazonaws.com/" + pool, ClientIDRegex: "^web"}},
			{Mode: spec.ModeOIDC, OIDC: &spec.OIDCProvider{Issuer: "https://issuer.example.com", ClientID: "a|b", IATTTL: 1500 * time.Millisecond, AuthTTL: time.Minute}},
			{Mode: spec.ModeLambda, Lambda: &spec.LambdaAuthorizer{FunctionARN: lambda + "fn", IdentityValidation: "^tok"}},
		},
		Keys:    []spec.GraphQLKey{{LogicalID: "Key", ID: api.Keys[0].ID, Value: "appsync-api-key of Key", Expires: time.Unix(1800000000, 0).UTC()}},
		Connect: []string{spec.ModeAPIKey, spec.ModeOIDC}, Publish: []string{spec.ModeIAM}, Subscribe: []string{spec.ModeAPIKey, spec.ModeLambda},
		Namespaces: []spec.ChannelNamespace{namespace("Plain", "default"), chat, filed, waits},
		DataSources: []spec.DataSource{
			{LogicalID: "Lambda", Name: "lambda", Type: "AWS_LAMBDA", RoleARN: account + "role/role", FunctionARN: lambda + "fn"},
			{LogicalID: "None", Name: "none", Type: "NONE"},
		},
		LogLevel: "ERROR", Domains: []string{"events.example.com"},
	}
}

// smallEvents is a good API; what tests add begins in line 8.
const smallEvents = `Transform: AWS::Serverless-2016-10-31
Resources:
  Api: {Type: AWS::AppSync::Api, Properties: {Name: api, EventConfig: {AuthProviders: [{AuthType: AWS_IAM}], ConnectionAuthModes: [{AuthType: AWS_IAM}], DefaultPublishAuthModes: [{AuthType: AWS_IAM}], DefaultSubscribeAuthModes: [{AuthType: AWS_IAM}]}}}
  Default: {Type: AWS::AppSync::ChannelNamespace, Properties: {ApiId: !GetAtt Api.ApiId, Name: default}}
  None: {Type: AWS::AppSync::DataSource, Properties: {ApiId: !GetAtt Api.ApiId, Name: none, Type: NONE}}
  Fn: {Type: AWS::Serverless::Function, Properties: {FunctionName: fn, CodeUri: src, Handler: a.b, Runtime: python3.12}}
  Ask: {Type: AWS::AppSync::DataSource, Properties: {ApiId: !GetAtt Api.ApiId, Name: ask, Type: AWS_LAMBDA, ServiceRoleArn: !GetAtt FnRole.Arn, LambdaConfig: {LambdaFunctionArn: !GetAtt Fn.Arn}}}
`

// eventConfig is an API X with a namespace: its providers, and the other
// members of EventConfig.
func eventConfig(providers, rest string) string {
	return "  X: {Type: AWS::AppSync::Api, Properties: {Name: x, EventConfig: {AuthProviders: [" + providers + "], " + rest + "}}}\n" +
		"  XN: {Type: AWS::AppSync::ChannelNamespace, Properties: {ApiId: !GetAtt X.ApiId, Name: x}}"
}

const iamModes = "ConnectionAuthModes: [{AuthType: AWS_IAM}], DefaultPublishAuthModes: [{AuthType: AWS_IAM}], DefaultSubscribeAuthModes: [{AuthType: AWS_IAM}]"

// namespaceX is a namespace X of the API.
func namespaceX(properties string) string { return appsync("ChannelNamespace", properties) }

func TestSmallEvents(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff([]string(nil), remarks(mustLoadGraph(t, "template.yaml", smallEvents))); diff != "" {
		t.Error(diff)
	}
}

func TestEventsProblems(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		want       []string
	}{
		{"nothing", "  X: {Type: AWS::AppSync::Api}", []string{"8|X.Properties|requires Name", "8|X.Properties|an Event API requires EventConfig"}},
		{"name", "  X: {Type: AWS::AppSync::Api, Properties: {Name: a.b, EventConfig: {AuthProviders: [{AuthType: AWS_IAM}], " + iamModes + "}}}", []string{"8|X.Properties.Name|1 to 50 letters"}},
		{"no providers", eventConfig("", iamModes), []string{"8|X.Properties.EventConfig.AuthProviders|requires AuthProviders|AWS_IAM", "8|X.Properties.EventConfig.ConnectionAuthModes[0].AuthType|has no authorization provider of the type AWS_IAM",
			"8|X.Properties.EventConfig.DefaultPublishAuthModes[0].AuthType|no authorization provider", "8|X.Properties.EventConfig.DefaultSubscribeAuthModes[0].AuthType|no authorization provider"}},
		{"no modes", eventConfig("{AuthType: AWS_IAM}", "DefaultPublishAuthModes: []"), []string{"8|X.Properties.EventConfig|requires ConnectionAuthModes|AWS_IAM",
			"8|X.Properties.EventConfig.DefaultPublishAuthModes|requires DefaultPublishAuthModes", "8|X.Properties.EventConfig|requires DefaultSubscribeAuthModes"}},
		{"broken modes", eventConfig("{AuthType: AWS_IAM}, x, {}", strings.Replace(iamModes, "[", "[x, {}, {AuthType: AWS_IAM}, ", 1)), []string{
			"8|X.Properties.EventConfig.AuthProviders[1]|a map, this is a string", "8|X.Properties.EventConfig.AuthProviders[2]|requires AuthType",
			"8|X.Properties.EventConfig.ConnectionAuthModes[0]|a map, this is a string", "8|X.Properties.EventConfig.ConnectionAuthModes[1]|requires AuthType",
			"8|X.Properties.EventConfig.ConnectionAuthModes[3].AuthType|has the mode \"AWS_IAM\" twice"}},
		{"mode without provider", eventConfig("{AuthType: AWS_IAM}", strings.Replace(iamModes, "AWS_IAM", "API_KEY", 1)), []string{
			"8|X.Properties.EventConfig.ConnectionAuthModes[0].AuthType|the API X has no authorization provider of the type API_KEY|AuthProviders"}},
		{"provider twice", eventConfig("{AuthType: AWS_IAM}, {AuthType: AWS_IAM}", iamModes), []string{"8|X.Properties.EventConfig|the API has the authorization mode AWS_IAM twice"}},
		{"pool", eventConfig("{AuthType: AWS_IAM}, {AuthType: AMAZON_COGNITO_USER_POOLS, CognitoConfig: {}}", iamModes), []string{
			"8|X.Properties.EventConfig.AuthProviders[1].CognitoConfig|requires UserPoolId", "8|X.Properties.EventConfig.AuthProviders[1].CognitoConfig|requires AwsRegion"}},
		{"log", eventConfig("{AuthType: AWS_IAM}", iamModes+", LogConfig: {LogLevel: LOUD}"), []string{"8|X.Properties.EventConfig.LogConfig.LogLevel|NONE, ERROR"}},
		{"misspelt", eventConfig("{AuthType: AWS_IAM}", iamModes+", ConnectionAuthMode: []"), []string{"8|X.Properties.EventConfig.ConnectionAuthMode|unknown property|ConnectionAuthModes"}},
		{"ARN for id", "  X: {Type: AWS::AppSync::ChannelNamespace, Properties: {ApiId: !Ref Api, Name: x}}", []string{"8|X.Properties.ApiId|this is the ARN of the API Api, not its id|!GetAtt Api.ApiId"}},
		{"namespace name", namespaceX("Name: a-"), []string{"8|X.Properties.Name|1 to 50 letters, digits and -"}},
		{"no name", namespaceX("Tags: []"), []string{"8|X.Properties|requires Name"}},
		{"namespace twice", namespaceX("Name: default"), []string{"8|X.Properties.Name|this namespace name is taken by Default"}},
		{"namespace's mode", namespaceX("Name: x, PublishAuthModes: [{AuthType: API_KEY}]"), []string{"8|X.Properties.PublishAuthModes[0].AuthType|no authorization provider of the type API_KEY"}},
		{"two codes", namespaceX("Name: x, CodeHandlers: x, CodeS3Location: code.js"), []string{"8|X.Properties.CodeS3Location|either CodeHandlers or"}},
		{"code empty", namespaceX(`Name: x, CodeHandlers: ""`), []string{"8|X.Properties.CodeHandlers|the code is empty"}},
		{"code missing", namespaceX("Name: x, CodeS3Location: no.js"), []string{"8|X.Properties.CodeS3Location|there is nothing at"}},
		{"code long", namespaceX("Name: x, CodeHandlers: " + strings.Repeat("x", 32769)), []string{"8|X.Properties.CodeHandlers|at most 32768 characters, this has 32769"}},
		{"handler", namespaceX("Name: x, HandlerConfigs: {OnPublish: {Behavior: ODD}, OnSubscribe: {Integration: {LambdaConfig: {InvokeType: ODD}}}}"), []string{
			"8|X.Properties.HandlerConfigs.OnPublish.Behavior|CODE or DIRECT", "8|X.Properties.HandlerConfigs.OnPublish|requires Integration",
			"8|X.Properties.HandlerConfigs.OnSubscribe|requires Behavior", "8|X.Properties.HandlerConfigs.OnSubscribe.Integration|requires DataSourceName",
			"8|X.Properties.HandlerConfigs.OnSubscribe.Integration.LambdaConfig.InvokeType|REQUEST_RESPONSE or EVENT"}},
		{"handler's source", namespaceX("Name: x, HandlerConfigs: {OnPublish: {Behavior: DIRECT, Integration: {DataSourceName: asc}}, OnSubscribe: {Behavior: DIRECT, Integration: {DataSourceName: none}}}"), []string{
			`8|X.Properties.HandlerConfigs.OnPublish|the API Api has no data source "asc"|did you mean ask?`, "8|X.Properties.HandlerConfigs.OnSubscribe|only a Lambda function is a DIRECT handler; the data source none is of the type NONE"}},
		{"GraphQL's parts", appsync("Resolver", "TypeName: Query, FieldName: a, DataSourceName: none"), []string{"8|X.Properties.ApiId|the API Api is an Event API: it has no AWS::AppSync::Resolver"}},
		{"Events' parts", "  G: {Type: AWS::AppSync::GraphQLApi, Properties: {Name: g, AuthenticationType: AWS_IAM}}\n  X: {Type: AWS::AppSync::ChannelNamespace, Properties: {ApiId: !GetAtt G.ApiId, Name: x}}", []string{
			"9|X.Properties.ApiId|the API G is a GraphQL API: it has no AWS::AppSync::ChannelNamespace"}},
		{"no such attribute", "Outputs: {O: {Value: !GetAtt Api.Arn}}", []string{`8|.Outputs.O.Value|AWS::AppSync::Api has no attribute "Arn"|ApiId, ApiArn, Dns.Http, Dns.Realtime`}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, ps := loadGraph(t, "template.yaml", smallEvents+test.text+"\n")
			wantProblems(t, test.want, ps)
		})
	}
}

func TestEventsRemarks(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		want       []string
	}{
		{"unknown modes", eventConfig("{AuthType: MAGIC}", strings.ReplaceAll(iamModes, "AWS_IAM", "MAGIC")), []string{
			`guard 8 X.Properties.EventConfig.AuthProviders[0].AuthType: the AuthType "MAGIC" is not known`,
			`guard 8 X.Properties.EventConfig.ConnectionAuthModes[0].AuthType: the AuthType "MAGIC" is not known`,
			`guard 8 X.Properties.EventConfig.DefaultPublishAuthModes[0].AuthType: the AuthType "MAGIC" is not known`,
			`guard 8 X.Properties.EventConfig.DefaultSubscribeAuthModes[0].AuthType: the AuthType "MAGIC" is not known`}},
		{"mode without settings", eventConfig("{AuthType: OPENID_CONNECT}", strings.ReplaceAll(iamModes, "AWS_IAM", "OPENID_CONNECT")), []string{
			"guard 8 X.Properties.EventConfig.AuthProviders[0].AuthType: the mode OPENID_CONNECT has no OpenIDConnectConfig: whom it admits is not known"}},
		{"settings without mode", eventConfig("{AuthType: AWS_IAM, CognitoConfig: {}}", iamModes), []string{"note 8 X: CognitoConfig has no effect on the mode AWS_IAM"}},
		{"empty modes", namespaceX("Name: x, PublishAuthModes: []"), []string{"note 8 X: PublishAuthModes is empty: the API's modes apply"}},
		{"no namespace", strings.Split(eventConfig("{AuthType: AWS_IAM}", iamModes), "\n")[0], []string{"note 8 X: the API X has no channel namespace: nothing can be published or subscribed to"}},
		{"no keys", eventConfig("{AuthType: AWS_IAM}, {AuthType: API_KEY}", iamModes), []string{"note 8 X: the API X admits API keys and has none: add an AWS::AppSync::ApiKey"}},
		{"idle keys", appsync("ApiKey", ""), []string{"note 3 Api: API_KEY is no authorization mode of the API Api: its keys admit nobody"}},
		{"web ACL", "  X: {Type: AWS::WAFv2::WebACLAssociation, Properties: {ResourceArn: !GetAtt Api.ApiArn, WebACLArn: w}}", []string{"guard 8 X.: a web ACL before the API Api is not enforced here"}},
		{"foreign part", "  X: {Type: AWS::AppSync::ChannelNamespace, Properties: {ApiId: abc, Name: x}}", []string{"not run 8 X AWS::AppSync::ChannelNamespace: its API is no AppSync API of this template"}},
		{"config without effect", namespaceX("Name: x, CodeHandlers: x, HandlerConfigs: {OnPublish: {Behavior: CODE, Integration: {DataSourceName: ask, LambdaConfig: {InvokeType: EVENT}}}}"), []string{
			"note 8 X: LambdaConfig has no effect with the Behavior CODE: the code says how the function is invoked"}},
		{"code in S3", namespaceX("Name: x, CodeS3Location: s3://b/k.js"), []string{`worker 8 X.Properties.CodeS3Location: the code is in S3 ("s3://b/k.js"), which is not read here`}},
		{"no code", namespaceX("Name: x, HandlerConfigs: {OnPublish: {Behavior: CODE, Integration: {DataSourceName: none}}}"), []string{
			"worker 8 X.Properties.HandlerConfigs.OnPublish.Behavior: OnPublish has the Behavior CODE, and the namespace has no code"}},
		{"foreign authorizer", eventConfig("{AuthType: AWS_IAM}, {AuthType: AWS_LAMBDA, LambdaAuthorizerConfig: {AuthorizerUri: other}}", iamModes), []string{
			"worker 8 X.Properties.EventConfig.AuthProviders[1].LambdaAuthorizerConfig.AuthorizerUri: the authorizer function arn:aws:lambda:us-east-1:123456789012:function:other is not in the template: it admits nobody"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := mustLoadGraph(t, "template.yaml", smallEvents+test.text+"\n")
			if diff := cmp.Diff(test.want, remarks(s)); diff != "" {
				t.Error(diff)
			}
			if n := s.EventsAPIs[0].Namespace("x"); n != nil && (n.Unsupported != "") != (len(s.Gaps) > 0) {
				t.Errorf("Unsupported is %q, gaps are %v", n.Unsupported, s.Gaps)
			}
		})
	}
}

// TestUnknownModesAdmitNobody looks at what stays of modes that are not known.
func TestUnknownModesAdmitNobody(t *testing.T) {
	t.Parallel()
	s := mustLoadGraph(t, "template.yaml", smallEvents+namespaceX("Name: x, SubscribeAuthModes: [{AuthType: MAGIC}]")+"\n")
	api := s.EventsAPIs[0]
	if diff := cmp.Diff([]string{"MAGIC"}, api.Namespace("x").Subscribe); diff != "" || api.Provider("MAGIC") != nil {
		t.Errorf("%s, provider %v", diff, api.Provider("MAGIC"))
	}
}
