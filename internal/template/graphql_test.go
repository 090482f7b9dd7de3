package template

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidewire/tidewire/internal/spec"
)

const (
	helloSchema = "type Query { hello: String }\n"
	helloCode   = "export const request = () => ({});\nexport const response = (ctx) => ctx.result;\n"
)

// graphDir is a directory with a schema, code and CDK assets, for a template
// called name.
func graphDir(t testing.TB, name string) string {
	t.Helper()
	file := templateFile(t)
	dir := filepath.Dir(file)
	manifest := `{"version": "1", "files": {"6a": {"source": {"path": "asset.6a.js", "packaging": "file"},
		"destinations": {"current_account-current_region": {"bucketName": "b", "objectKey": "6a1f.js"}}}}}`
	for name, text := range map[string]string{
		"schema.graphql": helloSchema, "code.js": helloCode, "code.ts": helloCode, "asset.6a.js": helloCode, "asset.7b.js": helloCode,
		"Stack.assets.json": manifest, "empty.graphql": " \n", "binary.graphql": "\xff\xfe", "big.graphql": strings.Repeat("#", maxSchema+1),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, name)
}

func loadGraph(t testing.TB, name, text string) (*spec.Spec, spec.Problems) {
	t.Helper()
	return load(graphDir(t, name), []byte(text), &Options{StackName: "graph", Secret: secrets})
}

func mustLoadGraph(t testing.TB, name, text string) *spec.Spec {
	t.Helper()
	s, ps := loadGraph(t, name, text)
	if len(ps) > 0 {
		t.Fatalf("problems:\n%s", ps.Error())
	}
	return s
}

// graphTemplate is written by hand, with everything that is run.
const graphTemplate = `
Resources:
  Api:
    Type: AWS::AppSync::GraphQLApi
    Properties:
      Name: todo
      AuthenticationType: AMAZON_COGNITO_USER_POOLS
      UserPoolConfig: {UserPoolId: !Ref Pool, AwsRegion: !Ref AWS::Region, AppIdClientRegex: !Ref Client, DefaultAction: DENY}
      AdditionalAuthenticationProviders:
        - AuthenticationType: API_KEY
        - AuthenticationType: AWS_IAM
        - AuthenticationType: AWS_LAMBDA
          LambdaAuthorizerConfig: {AuthorizerUri: !GetAtt Fn.Arn, AuthorizerResultTtlInSeconds: 0, IdentityValidationExpression: "^tok"}
        - AuthenticationType: OPENID_CONNECT
          OpenIDConnectConfig: {Issuer: "https://issuer.example.com", ClientId: "a|b", IatTTL: 1500, AuthTTL: 60000}
        - AuthenticationType: AMAZON_COGNITO_USER_POOLS
          UserPoolConfig: {UserPoolId: eu-west-1_AbCdEfGhI}
      EnvironmentVariables: {TABLE: !Ref Todos, NN: 1}
      IntrospectionConfig: DISABLED
      QueryDepthLimit: 10
      ResolverCountLimit: "200"
      LogConfig: {FieldLogLevel: ERROR, CloudWatchLogsRoleArn: !GetAtt Role.Arn, ExcludeVerboseContent: true}
      XrayEnabled: true
      OwnerContact: me
      EnhancedMetricsConfig: {OperationLevelMetricsConfig: ENABLED}
      Tags: [{Key: a, Value: b}]
  Pool: {Type: AWS::Cognito::UserPool}
  Client: {Type: AWS::Cognito::UserPoolClient, Properties: {UserPoolId: !Ref Pool}}
  Schema: {Type: AWS::AppSync::GraphQLSchema, Properties: {ApiId: !GetAtt Api.ApiId, DefinitionS3Location: schema.graphql}}
  More: {Type: AWS::AppSync::GraphQLSchema, Properties: {ApiId: !GetAtt Api.ApiId, Definition: "extend type Query { bye: String }"}}
  Key: {Type: AWS::AppSync::ApiKey, Properties: {ApiId: !GetAtt Api.ApiId, Description: d, Expires: 1800003599}}
  None: {Type: AWS::AppSync::DataSource, Properties: {ApiId: !GetAtt Api.ApiId, Name: none, Type: NONE}}
  Lambda:
    Type: AWS::AppSync::DataSource
    Properties: {ApiId: !GetAtt Api.ApiId, Name: lambda, Type: AWS_LAMBDA, ServiceRoleArn: !GetAtt Role.Arn, LambdaConfig: {LambdaFunctionArn: !GetAtt Fn.Arn}}
  Table:
    Type: AWS::AppSync::DataSource
    Properties:
      ApiId: !GetAtt Api.ApiId
      Name: table
      Type: AMAZON_DYNAMODB
      ServiceRoleArn: !GetAtt Role.Arn
      DynamoDBConfig: {TableName: !Ref Todos, AwsRegion: !Ref AWS::Region, UseCallerCredentials: false, Versioned: false}
  Web:
    Type: AWS::AppSync::DataSource
    Properties:
      ApiId: !GetAtt Api.ApiId
      Name: web
      Type: HTTP
      ServiceRoleArn: !GetAtt Role.Arn
      HttpConfig:
        Endpoint: https://sync-states.us-east-1.amazonaws.com/
        AuthorizationConfig: {AuthorizationType: AWS_IAM, AwsIamConfig: {SigningRegion: us-east-1, SigningServiceName: states}}
  Hello:
    Type: AWS::AppSync::Resolver
    DependsOn: Schema
    Properties:
      ApiId: !GetAtt Api.ApiId
      TypeName: Query
      FieldName: hello
      DataSourceName: !GetAtt None.Name
      Runtime: {Name: APPSYNC_JS, RuntimeVersion: 1.0.0}
      Code: "export function request() {}"
      SyncConfig: {ConflictDetection: NONE, ConflictHandler: NONE}
  Direct:
    Type: AWS::AppSync::Resolver
    Properties: {ApiId: !GetAtt Api.ApiId, TypeName: Todo, FieldName: author, Kind: UNIT, DataSourceName: lambda, MaxBatchSize: 10}
  Bye:
    Type: AWS::AppSync::Resolver
    Properties:
      ApiId: !GetAtt Api.ApiId
      TypeName: Query
      FieldName: bye
      Kind: PIPELINE
      PipelineConfig: {Functions: [!GetAtt Read.FunctionId, !GetAtt Ask.FunctionId]}
      Runtime: {Name: APPSYNC_JS, RuntimeVersion: 1.0.0}
      CodeS3Location: code.ts
  Read:
    Type: AWS::AppSync::FunctionConfiguration
    Properties:
      ApiId: !GetAtt Api.ApiId
      Name: read
      DataSourceName: !GetAtt Table.Name
      FunctionVersion: "2018-05-29"
      Runtime: {Name: APPSYNC_JS, RuntimeVersion: 1.0.0}
      CodeS3Location: ./code.js
  Ask: {Type: AWS::AppSync::FunctionConfiguration, Properties: {ApiId: !GetAtt Api.ApiId, Name: ask, DataSourceName: lambda, MaxBatchSize: 5}}
  Domain: {Type: AWS::AppSync::DomainName, Properties: {DomainName: Api.example.com, CertificateArn: c}}
  Association: {Type: AWS::AppSync::DomainNameApiAssociation, Properties: {ApiId: !GetAtt Api.ApiId, DomainName: !GetAtt Domain.DomainName}}
  Todos:
    Type: AWS::DynamoDB::Table
    Properties: {TableName: todos, AttributeDefinitions: [{AttributeName: id, AttributeType: S}], KeySchema: [{AttributeName: id, KeyType: HASH}]}
  Fn:
    Type: AWS::Lambda::Function
    Properties: {FunctionName: fn, Handler: a.b, Runtime: nodejs22.x, Role: !GetAtt Role.Arn, Code: {ZipFile: "exports.b = 1"}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: role
      AssumeRolePolicyDocument: {Version: 2012-10-17, Statement: {Effect: Allow, Principal: {Service: appsync.amazonaws.com}, Action: sts:AssumeRole}}
Outputs:
  Url: {Value: !GetAtt Api.GraphQLUrl}
  Key: {Value: !GetAtt Key.ApiKey}
`

func TestGraphQL(t *testing.T) {
	t.Parallel()
	s := mustLoadGraph(t, "template.yaml", graphTemplate)
	files := s.Files
	sameSpec(t, &spec.Spec{GraphQLAPIs: []spec.GraphQLAPI{wantGraph(s)}}, &spec.Spec{File: s.File, GraphQLAPIs: s.GraphQLAPIs})
	var watched []string
	for _, f := range files[1:] {
		watched = append(watched, filepath.Base(f))
	}
	if diff := cmp.Diff([]string{"schema.graphql", "code.js", "code.ts"}, watched); diff != "" {
		t.Errorf("watched files: %s", diff)
	}
	want := []spec.Output{{Name: "Url", Value: "https://" + graphAPIID + ".appsync-api.us-east-1.amazonaws.com/graphql"}, {Name: "Key", Value: hidden}}
	if diff := cmp.Diff(want, s.Outputs); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{
		"note 27 Pool: a placeholder stands for Pool (AWS::Cognito::UserPool), which is not run",
		"note 28 Client: a placeholder stands for Client (AWS::Cognito::UserPoolClient), which is not run",
		"note 30 More: the API Api has several schemas: here their parts are read as one, on AWS one takes the other's place",
		"not run 27 Pool AWS::Cognito::UserPool: ", "not run 28 Client AWS::Cognito::UserPoolClient: ",
	}, remarks(s)); diff != "" {
		t.Error(diff)
	}
}

const graphAPIID = "he83d56q0a7hciuwqsvkz81mg9"

func wantGraph(s *spec.Spec) spec.GraphQLAPI {
	api := s.GraphQLAPIs[0]
	role := account + "role/role"
	script := func(file, text string) *spec.Script { return &spec.Script{File: file, Text: text} }
	pool := api.Auth[0].Pool.ID
	return spec.GraphQLAPI{
		LogicalID: "Api", ID: graphAPIID, ARN: "arn:aws:appsync:us-east-1:123456789012:apis/" + graphAPIID, Name: "todo",
		Schema: []spec.SchemaPart{{File: "schema.graphql", Text: helloSchema}, {Text: "extend type Query { bye: String }"}},
		Auth: []spec.AuthProvider{
			{Mode: spec.ModeCognito, Pool: &spec.UserPoolProvider{LogicalID: "Pool", ID: pool, Region: "us-east-1",
				Issuer: "https://cognito-idp.us-east-1.amazonaws.com/" + pool, ClientIDRegex: api.Auth[0].Pool.ClientIDRegex, DefaultAction: "DENY"}},
			{Mode: spec.ModeAPIKey}, {Mode: spec.ModeIAM},
			{Mode: spec.ModeLambda, Lambda: &spec.LambdaAuthorizer{FunctionARN: lambda + "fn", IdentityValidation: "^tok"}},
			{Mode: spec.ModeOIDC, OIDC: &spec.OIDCProvider{Issuer: "https://issuer.example.com", ClientID: "a|b", IATTTL: 1500 * time.Millisecond, AuthTTL: time.Minute}},
			{Mode: spec.ModeCognito, Pool: &spec.UserPoolProvider{ID: "eu-west-1_AbCdEfGhI", Region: "eu-west-1", Issuer: "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI"}},
		},
		Keys: []spec.GraphQLKey{{LogicalID: "Key", ID: api.Keys[0].ID, Value: "appsync-api-key of Key", Expires: time.Unix(1800000000, 0).UTC()}},
		DataSources: []spec.DataSource{
			{LogicalID: "None", Name: "none", Type: "NONE"},
			{LogicalID: "Lambda", Name: "lambda", Type: "AWS_LAMBDA", RoleARN: role, FunctionARN: lambda + "fn"},
			{LogicalID: "Table", Name: "table", Type: "AMAZON_DYNAMODB", RoleARN: role, Table: "todos", TableRegion: "us-east-1"},
			{LogicalID: "Web", Name: "web", Type: "HTTP", RoleARN: role, Endpoint: "https://sync-states.us-east-1.amazonaws.com", SigningRegion: "us-east-1", SigningService: "states"},
		},
		Functions: []spec.PipelineFunction{
			{LogicalID: "Read", ID: api.Functions[0].ID, Name: "read", DataSource: "table", Code: script("code.js", helloCode)},
			{LogicalID: "Ask", ID: api.Functions[1].ID, Name: "ask", DataSource: "lambda", MaxBatchSize: 5},
		},
		Resolvers: []spec.Resolver{
			{LogicalID: "Hello", Type: "Query", Field: "hello", DataSource: "none", Code: script("", "export function request() {}")},
			{LogicalID: "Direct", Type: "Todo", Field: "author", DataSource: "lambda", MaxBatchSize: 10},
			{LogicalID: "Bye", Type: "Query", Field: "bye", Pipeline: true, Functions: []string{api.Functions[0].ID, api.Functions[1].ID}, Code: script("code.ts", helloCode)},
		},
		Environment: map[string]string{"TABLE": "todos", "NN": "1"}, IntrospectionDisabled: true, QueryDepthLimit: 10, ResolverCountLimit: 200,
		LogLevel: "ERROR", ExcludeVerbose: true, Domains: []string{"api.example.com"},
	}
}

// cdkGraphTemplate is an API as CDK synthesizes it.
const cdkGraphTemplate = `{
 "Resources": {
  "Api12": {"Type": "AWS::AppSync::GraphQLApi", "Properties": {"AuthenticationType": "API_KEY", "Name": "api"}, "Metadata": {"aws:cdk:path": "Stack/Api/Resource"}},
  "ApiSchema34": {"Type": "AWS::AppSync::GraphQLSchema", "Properties": {"ApiId": {"Fn::GetAtt": ["Api12", "ApiId"]}, "Definition": "type Query {\n  hello: String\n}\n"}},
  "ApiDefaultApiKey56": {"Type": "AWS::AppSync::ApiKey", "Properties": {"ApiId": {"Fn::GetAtt": ["Api12", "ApiId"]}}, "DependsOn": ["ApiSchema34"]},
  "ApiNone78": {"Type": "AWS::AppSync::DataSource", "Properties": {"ApiId": {"Fn::GetAtt": ["Api12", "ApiId"]}, "Name": "None", "Type": "NONE"}},
  "ApiFunction9A": {"Type": "AWS::AppSync::FunctionConfiguration", "Properties": {
    "ApiId": {"Fn::GetAtt": ["Api12", "ApiId"]}, "DataSourceName": "None", "FunctionVersion": "2018-05-29", "Name": "first",
    "CodeS3Location": {"Fn::Sub": "s3://cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}/6a1f.js"},
    "Runtime": {"Name": "APPSYNC_JS", "RuntimeVersion": "1.0.0"}}},
  "Resolver": {"Type": "AWS::AppSync::Resolver", "Properties": {
    "ApiId": {"Fn::GetAtt": ["Api12", "ApiId"]}, "TypeName": "Query", "FieldName": "hello", "Kind": "PIPELINE",
    "PipelineConfig": {"Functions": [{"Fn::GetAtt": ["ApiFunction9A", "FunctionId"]}]},
    "CodeS3Location": {"Fn::Sub": "s3://cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}/7b.js"},
    "Runtime": {"Name": "APPSYNC_JS", "RuntimeVersion": "1.0.0"}}}
 }
}`

func TestGraphQLFromCDK(t *testing.T) {
	t.Parallel()
	s := mustLoadGraph(t, "Stack.template.json", cdkGraphTemplate)
	api := s.GraphQLAPIs[0]
	want := spec.GraphQLAPI{
		LogicalID: "Api12", ID: api.ID, ARN: api.ARN, Name: "api", Auth: []spec.AuthProvider{{Mode: spec.ModeAPIKey}},
		Schema:      []spec.SchemaPart{{Text: "type Query {\n  hello: String\n}\n"}},
		Keys:        []spec.GraphQLKey{{LogicalID: "ApiDefaultApiKey56", ID: api.Keys[0].ID, Value: "appsync-api-key of ApiDefaultApiKey56"}},
		DataSources: []spec.DataSource{{LogicalID: "ApiNone78", Name: "None", Type: "NONE"}},
		Functions:   []spec.PipelineFunction{{LogicalID: "ApiFunction9A", ID: api.Functions[0].ID, Name: "first", DataSource: "None", Code: &spec.Script{File: "asset.6a.js", Text: helloCode}}},
		Resolvers: []spec.Resolver{{LogicalID: "Resolver", Type: "Query", Field: "hello", Pipeline: true, Functions: []string{api.Functions[0].ID},
			Code: &spec.Script{File: "asset.7b.js", Text: helloCode}}},
	}
	sameSpec(t, &spec.Spec{GraphQLAPIs: []spec.GraphQLAPI{want}}, &spec.Spec{File: s.File, GraphQLAPIs: s.GraphQLAPIs})
	if diff := cmp.Diff([]string(nil), remarks(s)); diff != "" {
		t.Error(diff)
	}
}

func TestGraphQLAttributes(t *testing.T) {
	t.Parallel()
	s := mustLoadGraph(t, "template.yaml", graphTemplate+`
  A: {Value: !Sub "${Api} ${Api.ApiId} ${Api.Arn} ${Api.GraphQLDns} ${Api.RealtimeUrl} ${Api.RealtimeDns} ${Api.GraphQLEndpointArn}"}
  B: {Value: !Sub "${Schema} ${Schema.Id} ${Key} ${Key.Arn} ${Key.ApiKeyId} ${None} ${None.DataSourceArn} ${None.Name}"}
  C: {Value: !Sub "${Read} ${Read.FunctionArn} ${Read.FunctionId} ${Read.Name} ${Read.DataSourceName} ${Hello} ${Hello.ResolverArn} ${Hello.TypeName} ${Hello.FieldName}"}
  D: {Value: !Sub "${Domain} ${Domain.DomainName} ${Domain.AppSyncDomainName} ${Domain.DomainNameArn} ${Domain.HostedZoneId} ${Association.ApiAssociationIdentifier}"}
  E: {Value: !Sub "${Pool} ${Pool.Arn} ${Pool.ProviderName} ${Pool.ProviderURL} ${Client}"}
`)
	api := s.GraphQLAPIs[0]
	pool, key, function := api.Auth[0].Pool, api.Keys[0].ID, api.Functions[0].ID
	appsync := "arn:aws:appsync:us-east-1:123456789012:"
	apis := appsync + "apis/" + api.ID
	rest := ".us-east-1.amazonaws.com"
	want := map[string]string{
		"A": strings.Join([]string{api.ARN, api.ID, api.ARN, api.ID + ".appsync-api" + rest, "wss://" + api.ID + ".appsync-realtime-api" + rest + "/graphql",
			api.ID + ".appsync-realtime-api" + rest, appsync + "endpoints/graphql-api/" + api.ID}, " "),
		"B": strings.Join([]string{api.ID + "GraphQLSchema", api.ID + "GraphQLSchema", apis + "/apikey/" + key, apis + "/apikey/" + key, key,
			apis + "/datasources/none", apis + "/datasources/none", "none"}, " "),
		"C": strings.Join([]string{apis + "/functions/" + function, apis + "/functions/" + function, function, "read", "table",
			apis + "/types/Query/resolvers/hello", apis + "/types/Query/resolvers/hello", "Query", "hello"}, " "),
		"D": strings.Join([]string{"api.example.com", "api.example.com", "d1ofkrxy7mxcrt.cloudfront.net", appsync + "domainnames/api.example.com", "Z2FDTNDATAQYW2", "api.example.com"}, " "),
		"E": strings.Join([]string{pool.ID, "arn:aws:cognito-idp:us-east-1:123456789012:userpool/" + pool.ID, strings.TrimPrefix(pool.Issuer, "https://"), pool.Issuer, pool.ClientIDRegex}, " "),
	}
	for _, o := range s.Outputs {
		if w, ok := want[o.Name]; ok && w != o.Value {
			t.Errorf("%s:\n got %s\nwant %s", o.Name, o.Value, w)
		}
	}
}

// TestMissingFilesAreWatched: whoever waits for the correction of a template
// hears of the file that it lacks.
func TestMissingFilesAreWatched(t *testing.T) {
	t.Parallel()
	s, problems := loadGraph(t, "template.yaml", "Resources:\n  Api: {Type: AWS::AppSync::GraphQLApi, Properties: {Name: a, AuthenticationType: AWS_IAM}}\n"+appsync("GraphQLSchema", "DefinitionS3Location: nowhere.graphql"))
	if len(problems) == 0 || s == nil || !slices.ContainsFunc(s.Files, func(f string) bool { return filepath.Base(f) == "nowhere.graphql" }) {
		t.Errorf("%v; watched: %v", problems, s)
	}
}

func TestWatchedPaths(t *testing.T) {
	t.Parallel()
	here, err := filepath.Abs("x")
	if err != nil {
		t.Fatal(err)
	}
	schema, other := filepath.Join(here, "schema.graphql"), filepath.Join(filepath.Dir(here), "y", "code.js")
	for file, want := range map[string][]string{
		filepath.Join("x", "template.yaml"):  {filepath.Join("x", "template.yaml"), filepath.Join("x", "schema.graphql"), filepath.Join("y", "code.js")},
		filepath.Join(here, "template.yaml"): {filepath.Join(here, "template.yaml"), schema, other},
	} {
		l := newLoader(file, nil)
		for _, path := range []string{schema, other, schema} {
			l.watch(path)
		}
		if diff := cmp.Diff(want, l.spec.Files); diff != "" {
			t.Error(diff)
		}
	}
}

// TestBoundsOfTokens: no number that is given means that there is no bound,
// but 0.
func TestBoundsOfTokens(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]time.Duration{
		"1500": 1500 * time.Millisecond, "0": 0, "0.2": time.Millisecond, "1e-9": time.Millisecond, "1e15": 9e12 * time.Millisecond,
	} {
		s := mustLoadGraph(t, "bounds", "Resources:\n"+anotherAPI(
			"AuthenticationType: OPENID_CONNECT, OpenIDConnectConfig: {Issuer: \"https://issuer.example.com\", IatTTL: "+given+", AuthTTL: "+given+"}"))
		if got := s.GraphQLAPIs[0].Auth[0].OIDC; got.IATTTL != want || got.AuthTTL != want {
			t.Errorf("%s ms: %s and %s, not %s", given, got.IATTTL, got.AuthTTL, want)
		}
	}
}
