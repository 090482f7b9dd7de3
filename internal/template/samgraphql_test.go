package template

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidewire/tidewire/internal/spec"
)

// samGraphTemplate has every property of SAM's type.
const samGraphTemplate = `
Transform: AWS::Serverless-2016-10-31
Resources:
  Api:
    Type: AWS::Serverless::GraphQLApi
    Properties:
      Name: !Sub "${AWS::StackName}-api"
      SchemaUri: schema.graphql
      Auth:
        Type: AWS_LAMBDA
        LambdaAuthorizer: {AuthorizerUri: !GetAtt Fn.Arn}
        Additional:
          - Type: API_KEY
          - Type: OPENID_CONNECT
            OpenIDConnect: {Issuer: "https://issuer.example.com", AuthTTL: 1}
          - Type: AMAZON_COGNITO_USER_POOLS
            UserPool: {UserPoolId: us-east-1_AbCdEfGhI, AwsRegion: us-east-1, AppIdClientRegex: x}
      ApiKeys:
        First: {Description: d, ExpiresOn: 1800000000}
        Second: {ApiKeyId: some-id}
      DataSources:
        DynamoDb:
          Items: {TableName: items, TableArn: "arn:aws:dynamodb:us-east-1:123456789012:table/items", Permissions: [Read]}
          Others: {TableName: others, Region: eu-west-1, Name: other, UseCallerCredentials: true}
        Lambda:
          Ask: {FunctionArn: !GetAtt Fn.Arn}
          Own: {FunctionArn: !GetAtt Fn.Arn, ServiceRoleArn: !GetAtt FnRole.Arn}
      Functions:
        read: {DataSource: Items, Runtime: {Name: APPSYNC_JS, Version: 1.0.0}, CodeUri: code.js, MaxBatchSize: 3}
        pass: {DataSource: none, Name: passOn, Runtime: {Name: APPSYNC_JS, Version: 1.0.0}, InlineCode: "export const request = () => ({})", Description: d}
        ask: {DataSource: !GetAtt ApiAskLambdaDataSource.Name, Runtime: {Name: APPSYNC_JS, Version: 1.0.0}, CodeUri: code.js}
        foreign: {Id: !GetAtt Apiread.FunctionId}
      Resolvers:
        Query:
          hello: {Pipeline: [read, pass]}
          other: {FieldName: bye, MaxBatchSize: 2, Pipeline: [foreign], Runtime: {Name: APPSYNC_JS, Version: 1.0.0}, CodeUri: code.js}
      DomainName: {DomainName: api.example.com, CertificateArn: c}
      Logging: {FieldLogLevel: ERROR}
      Tags: {a: b}
      XrayEnabled: true
      Visibility: GLOBAL
      OwnerContact: me
      IntrospectionConfig: DISABLED
      QueryDepthLimit: 5
      ResolverCountLimit: 50
  Fn: {Type: AWS::Serverless::Function, Properties: {FunctionName: fn, Handler: a.b, Runtime: nodejs22.x, InlineCode: "exports.b = 1"}}
`

func TestServerlessGraphQL(t *testing.T) {
	t.Parallel()
	s := mustLoadGraph(t, "template.yaml", samGraphTemplate)
	api := s.GraphQLAPIs[0]
	role := func(name string) string {
		for _, r := range s.Roles {
			if r.LogicalID == name {
				return r.ARN
			}
		}
		t.Errorf("there is no role %s", name)
		return ""
	}
	script := &spec.Script{File: "code.js", Text: helloCode}
	read, pass, ask := api.Functions[0].ID, api.Functions[1].ID, api.Functions[2].ID
	want := spec.GraphQLAPI{
		LogicalID: "Api", ID: api.ID, ARN: api.ARN, Name: "graph-api", Schema: []spec.SchemaPart{{File: "schema.graphql", Text: helloSchema}},
		Auth: []spec.AuthProvider{
			{Mode: spec.ModeLambda, Lambda: &spec.LambdaAuthorizer{FunctionARN: lambda + "fn", TTL: 5 * time.Minute}},
			{Mode: spec.ModeAPIKey},
			{Mode: spec.ModeOIDC, OIDC: &spec.OIDCProvider{Issuer: "https://issuer.example.com", AuthTTL: time.Millisecond}},
			{Mode: spec.ModeCognito, Pool: &spec.UserPoolProvider{ID: "us-east-1_AbCdEfGhI", Region: "us-east-1", ClientIDRegex: "x",
				Issuer: "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEfGhI"}},
		},
		Keys: []spec.GraphQLKey{
			{LogicalID: "ApiFirst", ID: api.Keys[0].ID, Value: "appsync-api-key of ApiFirst", Expires: time.Unix(1800000000, 0).UTC()},
			{LogicalID: "ApiSecond", ID: "some-id", Value: "appsync-api-key of ApiSecond"},
		},
		DataSources: []spec.DataSource{
			{LogicalID: "ApiItemsDynamoDBDataSource", Name: "Items", Type: "AMAZON_DYNAMODB", Table: "items", TableRegion: "us-east-1", RoleARN: role("ApiItemsDynamoDBDataSourceRole")},
			{LogicalID: "ApiOthersDynamoDBDataSource", Name: "other", Type: "AMAZON_DYNAMODB", Table: "others", TableRegion: "eu-west-1", CallerCreds: true, RoleARN: role("ApiOthersDynamoDBDataSourceRole")},
			{LogicalID: "ApiAskLambdaDataSource", Name: "Ask", Type: "AWS_LAMBDA", FunctionARN: lambda + "fn", RoleARN: role("ApiAskLambdaDataSourceRole")},
			{LogicalID: "ApiOwnLambdaDataSource", Name: "Own", Type: "AWS_LAMBDA", FunctionARN: lambda + "fn", RoleARN: role("FnRole")},
			{LogicalID: "ApiNoneDataSource", Name: "ApiNoneDataSource", Type: "NONE"},
		},
		Functions: []spec.PipelineFunction{
			{LogicalID: "Apiread", ID: read, Name: "read", DataSource: "Items", Code: script, MaxBatchSize: 3},
			{LogicalID: "Apipass", ID: pass, Name: "passOn", DataSource: "ApiNoneDataSource", Code: &spec.Script{Text: "export const request = () => ({})"}},
			{LogicalID: "Apiask", ID: ask, Name: "ask", DataSource: "Ask", Code: script},
		},
		Resolvers: []spec.Resolver{
			{LogicalID: "ApiQueryhello", Type: "Query", Field: "hello", Pipeline: true, Functions: []string{read, pass}, Code: &spec.Script{Text: passThrough}},
			{LogicalID: "ApiQueryother", Type: "Query", Field: "bye", Pipeline: true, Functions: []string{read}, Code: script, MaxBatchSize: 2},
		},
		IntrospectionDisabled: true, QueryDepthLimit: 5, ResolverCountLimit: 50, LogLevel: "ERROR", Domains: []string{"api.example.com"},
	}
	sameSpec(t, &spec.Spec{GraphQLAPIs: []spec.GraphQLAPI{want}}, &spec.Spec{File: s.File, GraphQLAPIs: s.GraphQLAPIs})
	if diff := cmp.Diff([]string(nil), remarks(s)); diff != "" {
		t.Error(diff)
	}
	wantPermissions(t, s)
}

// wantPermissions looks at what SAM grants: the roles of data sources and the
// authorizer's permission.
func wantPermissions(t *testing.T, s *spec.Spec) {
	t.Helper()
	got := map[string]int{}
	for _, r := range s.Roles {
		for _, p := range r.Policies {
			got[r.LogicalID] += p.Document.Len()
		}
	}
	want := map[string]int{"ApiItemsDynamoDBDataSourceRole": 1, "ApiOthersDynamoDBDataSourceRole": 2, "ApiAskLambdaDataSourceRole": 1, "FnRole": 1}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("statements of roles: %s", diff)
	}
	permission := spec.Permission{
		LogicalID: "ApiToLambdaAuthConnector1WriteLambdaPermission", FunctionARN: lambda + "fn", Action: "lambda:InvokeFunction",
		Principal: "appsync.amazonaws.com", SourceARN: s.GraphQLAPIs[0].ARN, At: s.Permissions[0].At,
	}
	if diff := cmp.Diff([]spec.Permission{permission}, s.Permissions); diff != "" {
		t.Error(diff)
	}
}

func TestServerlessLogging(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		logging, level string
		exclude        bool
	}{
		{"", "", false}, {", Logging: false", "", false}, {", Logging: true", "ALL", false}, {", Logging: {}", "ALL", false},
		{", Logging: {FieldLogLevel: INFO}", "INFO", false},
		{", Logging: {ExcludeVerboseContent: true, CloudWatchLogsRoleArn: arn}", "ALL", true},
	} {
		s := mustLoadGraph(t, "template.yaml", "Transform: AWS::Serverless-2016-10-31\nResources:\n"+samGraphAPI("SchemaInline: \"type Query { a: Int }\", Auth: {Type: AWS_IAM}"+tt.logging))
		if a := s.GraphQLAPIs[0]; a.LogLevel != tt.level || a.ExcludeVerbose != tt.exclude {
			t.Errorf("%s: level %q, documents excluded %v; want %q, %v", tt.logging, a.LogLevel, a.ExcludeVerbose, tt.level, tt.exclude)
		}
	}
}
