package template

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidewire/tidewire/internal/spec"
)

// smallGraph is a good API; what tests add begins in line 8.
const smallGraph = `Transform: AWS::Serverless-2016-10-31
Resources:
  Api: {Type: AWS::AppSync::GraphQLApi, Properties: {Name: api, AuthenticationType: AWS_IAM}}
  Schema: {Type: AWS::AppSync::GraphQLSchema, Properties: {ApiId: !GetAtt Api.ApiId, Definition: "type Query { a: String }"}}
  None: {Type: AWS::AppSync::DataSource, Properties: {ApiId: !GetAtt Api.ApiId, Name: none, Type: NONE}}
  Fn: {Type: AWS::Serverless::Function, Properties: {FunctionName: fn, CodeUri: src, Handler: a.b, Runtime: python3.12}}
  Ask: {Type: AWS::AppSync::DataSource, Properties: {ApiId: !GetAtt Api.ApiId, Name: ask, Type: AWS_LAMBDA, ServiceRoleArn: !GetAtt FnRole.Arn, LambdaConfig: {LambdaFunctionArn: !GetAtt Fn.Arn}}}
`

// appsync is a resource X of AppSync that belongs to the API.
func appsync(typ, properties string) string {
	return "  X: {Type: AWS::AppSync::" + typ + ", Properties: {ApiId: !GetAtt Api.ApiId, " + properties + "}}"
}

// anotherAPI is an API X with a schema.
func anotherAPI(properties string) string {
	return "  X: {Type: AWS::AppSync::GraphQLApi, Properties: {Name: x, " + properties + "}}\n" +
		"  XS: {Type: AWS::AppSync::GraphQLSchema, Properties: {ApiId: !GetAtt X.ApiId, Definition: \"type Query { a: String }\"}}"
}

// samGraph is an API X of SAM.
func samGraphAPI(properties string) string {
	return "  X: {Type: AWS::Serverless::GraphQLApi, Properties: {" + properties + "}}"
}

func resolverX(properties string) string {
	return appsync("Resolver", "TypeName: Query, FieldName: a, "+properties)
}

const (
	jsRuntime  = "Runtime: {Name: APPSYNC_JS, RuntimeVersion: 1.0.0}"
	samRunning = "Runtime: {Name: APPSYNC_JS, Version: 1.0.0}, InlineCode: x"
	samBasics  = "SchemaUri: schema.graphql, Auth: {Type: AWS_IAM}"
)

func TestSmallGraph(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff([]string(nil), remarks(mustLoadGraph(t, "template.yaml", smallGraph))); diff != "" {
		t.Error(diff)
	}
}

func TestGraphQLProblems(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		want       []string
	}{
		{"no mode", anotherAPI(""), []string{"8|X.Properties|requires AuthenticationType|API_KEY"}},
		{"no name", "  X: {Type: AWS::AppSync::GraphQLApi, Properties: {AuthenticationType: AWS_IAM}}", []string{"8|X.Properties|requires Name"}},
		{"enumerations", anotherAPI("AuthenticationType: AWS_IAM, IntrospectionConfig: MAYBE, Visibility: NOWHERE, ApiType: ODD, QueryDepthLimit: 76, ResolverCountLimit: 10001, LogConfig: {FieldLogLevel: LOUD}"), []string{
			"8|X.Properties.ApiType|GRAPHQL or MERGED", "8|X.Properties.QueryDepthLimit|from 0 to 75", "8|X.Properties.ResolverCountLimit|from 0 to 10000",
			"8|X.Properties.LogConfig.FieldLogLevel|NONE, ERROR", "8|X.Properties.IntrospectionConfig|ENABLED or DISABLED", "8|X.Properties.Visibility|GLOBAL or PRIVATE"}},
		{"providers", anotherAPI("AuthenticationType: OPENID_CONNECT, OpenIDConnectConfig: {Issuer: nowhere}, AdditionalAuthenticationProviders: [x, {AuthenticationType: AMAZON_COGNITO_USER_POOLS, UserPoolConfig: {}}]"), []string{
			"8|X.Properties.OpenIDConnectConfig.Issuer|an Issuer is an https URL", "8|X.Properties.AdditionalAuthenticationProviders[0]|is a map, this is a string",
			"8|X.Properties.AdditionalAuthenticationProviders[1].UserPoolConfig|requires UserPoolId|!Ref"}},
		{"default action", anotherAPI("AuthenticationType: AMAZON_COGNITO_USER_POOLS, UserPoolConfig: {UserPoolId: us-east-1_A}"), []string{"8|X.Properties.UserPoolConfig|requires DefaultAction"}},
		{"mode twice", anotherAPI("AuthenticationType: AWS_IAM, AdditionalAuthenticationProviders: [{AuthenticationType: AWS_IAM}]"), []string{
			"8|X.Properties.AdditionalAuthenticationProviders|the API has the authorization mode AWS_IAM twice|remove one"}},
		{"authorizer's TTL", anotherAPI("AuthenticationType: AWS_LAMBDA, LambdaAuthorizerConfig: {AuthorizerUri: !GetAtt Fn.Arn, AuthorizerResultTtlInSeconds: 3601}"), []string{
			"8|X.Properties.LambdaAuthorizerConfig.AuthorizerResultTtlInSeconds|from 0 to 3600"}},
		{"misspelt", anotherAPI("AuthenticationType: AWS_IAM, AdditionalAuthenticationProvider: []"), []string{`8|X.Properties.AdditionalAuthenticationProvider|unknown property|did you mean AdditionalAuthenticationProviders?`}},
		{"ARN for id", "  X: {Type: AWS::AppSync::ApiKey, Properties: {ApiId: !Ref Api}}", []string{"8|X.Properties.ApiId|this is the ARN of the API Api, not its id|!GetAtt Api.ApiId"}},
		{"schema missing", appsync("GraphQLSchema", "DefinitionS3Location: nowhere.graphql"), []string{"8|X.Properties.DefinitionS3Location|there is nothing at|relative to the template's directory"}},
		{"schema in S3", appsync("GraphQLSchema", "DefinitionS3Location: s3://bucket/schema.graphql"), []string{`8|X.Properties.DefinitionS3Location|the schema is in S3 ("s3://bucket/schema.graphql")|a file beside the template`}},
		{"schema a directory", appsync("GraphQLSchema", "DefinitionS3Location: src"), []string{"8|X.Properties.DefinitionS3Location|cannot be read: it is no file"}},
		{"schema empty", appsync("GraphQLSchema", "DefinitionS3Location: empty.graphql"), []string{"8|X.Properties.DefinitionS3Location|is empty"}},
		{"schema no text", appsync("GraphQLSchema", "DefinitionS3Location: binary.graphql"), []string{"8|X.Properties.DefinitionS3Location|is not a text in UTF-8"}},
		{"schema big", appsync("GraphQLSchema", "DefinitionS3Location: big.graphql"), []string{"8|X.Properties.DefinitionS3Location|it has more than 1048576 bytes"}},
		{"no schema", "  X: {Type: AWS::AppSync::GraphQLSchema, Properties: {ApiId: !GetAtt Api.ApiId}}", []string{"8|X.|neither Definition nor DefinitionS3Location"}},
		{"two schemas in one", appsync("GraphQLSchema", "Definition: x, DefinitionS3Location: schema.graphql"), []string{"8|X.Properties.DefinitionS3Location|either Definition or"}},
		{"schema blank", appsync("GraphQLSchema", `Definition: ""`), []string{"8|X.Properties.Definition|the schema is empty"}},
		{"source type", appsync("DataSource", "Name: x, Type: MAGIC"), []string{`8|X.Properties.Type|unknown type of data source "MAGIC"|AWS_LAMBDA`}},
		{"source settings", appsync("DataSource", "Name: x, Type: HTTP"), []string{"8|X.Properties|requires HttpConfig"}},
		{"source signing", appsync("DataSource", "Name: x, Type: HTTP, HttpConfig: {Endpoint: ftp://x, AuthorizationConfig: {AuthorizationType: AWS_IAM}}"), []string{
			"8|X.Properties.HttpConfig.Endpoint|begins with https://", "8|X.Properties.HttpConfig.AuthorizationConfig|AWS_IAM requires AwsIamConfig"}},
		{"source name", appsync("DataSource", "Name: a-b, Type: NONE"), []string{"8|X.Properties.Name|letters, digits and _"}},
		{"two sources", appsync("DataSource", "Name: none, Type: NONE"), []string{"8|X.Properties.Name|this data source name is taken by None"}},
		{"unknown source", resolverX("DataSourceName: nome, Code: x, " + jsRuntime), []string{`8|X.Properties.DataSourceName|the API Api has no data source "nome"|did you mean none?`}},
		{"no source", resolverX("Code: x, " + jsRuntime), []string{"8|X.Properties|requires DataSourceName|PIPELINE"}},
		{"kind", resolverX("Kind: MIXED, DataSourceName: none, Code: x, " + jsRuntime), []string{"8|X.Properties.Kind|UNIT or PIPELINE"}},
		{"no code", resolverX("DataSourceName: none"), []string{"8|X.Properties|only a Lambda function is asked without Code; the data source none is of the type NONE"}},
		{"no runtime", resolverX("DataSourceName: none, Code: x"), []string{"8|X.Properties|Code requires Runtime|APPSYNC_JS"}},
		{"runtime only", resolverX("DataSourceName: ask, " + jsRuntime), []string{"8|X.Properties.Runtime|Runtime requires Code"}},
		{"runtime version", resolverX("DataSourceName: none, Code: x, Runtime: {Name: APPSYNC_JS, RuntimeVersion: 2.0.0}"), []string{"8|X.Properties.Runtime.RuntimeVersion|1.0.0"}},
		{"two codes", resolverX("DataSourceName: none, Code: x, CodeS3Location: code.js, " + jsRuntime), []string{"8|X.Properties.CodeS3Location|either Code or"}},
		{"code empty", resolverX(`DataSourceName: none, Code: "", ` + jsRuntime), []string{"8|X.Properties.Code|the code is empty"}},
		{"code missing", resolverX("DataSourceName: none, CodeS3Location: no.js, " + jsRuntime), []string{"8|X.Properties.CodeS3Location|there is nothing at"}},
		{"code long", resolverX("DataSourceName: none, Code: " + strings.Repeat("x", 32769) + ", " + jsRuntime), []string{"8|X.Properties.Code|at most 32768 characters, this has 32769"}},
		{"batch", resolverX("DataSourceName: ask, MaxBatchSize: 2001"), []string{"8|X.Properties.MaxBatchSize|from 0 to 2000"}},
		{"unknown function", resolverX("Kind: PIPELINE, PipelineConfig: {Functions: [f]}, Code: x, " + jsRuntime), []string{`8|X.Properties.PipelineConfig|the API Api has no pipeline function "f"`}},
		{"field twice", resolverX("DataSourceName: ask") + "\n" + strings.Replace(resolverX("DataSourceName: ask"), "X:", "Y:", 1), []string{"9|Y.Properties.FieldName|the field Query.a has a resolver already"}},
		{"expires", appsync("ApiKey", "Expires: tomorrow"), []string{"8|X.Properties.Expires|must be a whole number"}},
		{"domain twice", appsync("DomainNameApiAssociation", "DomainName: d.example.com") + "\n" +
			strings.Replace(appsync("DomainNameApiAssociation", "DomainName: d.example.com"), "X:", "Y:", 1), []string{"9|Y.Properties.DomainName|belongs to the API Api already"}},
		{"environment", anotherAPI("AuthenticationType: AWS_IAM, EnvironmentVariables: {1a: x}"), []string{`8|X.Properties.EnvironmentVariables|the name "1a" of an environment variable`}},
		{"SAM: nothing", "  X: {Type: AWS::Serverless::GraphQLApi}", []string{"8|X.Properties|requires SchemaInline or SchemaUri", "8|X.Properties|requires Auth"}},
		{"SAM: auth", samGraphAPI("SchemaInline: type Query, Auth: {Additional: [{Type: AWS_LAMBDA, UserPool: {}, LambdaAuthorizer: {AuthorizerUri: !GetAtt Fn.Arn}, Odd: 1}]}"), []string{
			"8|X.Properties.Auth|an authorization mode requires Type", `8|X.Properties.Auth.Additional[0].Odd|has no property "Odd"`, "8|X.Properties.Auth.Additional[0]|one Type only"}},
		{"SAM: unknown", samGraphAPI(samBasics + ", Resolver: {}, Logging: {Level: ALL}"), []string{`8|X.Properties.Resolver|has no property "Resolver"|did you mean Resolvers?`, `8|X.Properties.Logging.Level|Logging has no property "Level"`}},
		{"SAM: both schemas", samGraphAPI(samBasics + ", SchemaInline: x"), []string{"8|X.Properties.SchemaUri|either SchemaInline or SchemaUri"}},
		{"SAM: function", samGraphAPI(samBasics + ", Functions: {a: {" + samRunning + "}, b: {DataSource: nome, " + samRunning + "}, c: {DataSource: NONE, Id: x}, d: {DataSource: NONE}}"), []string{
			"8|X.Properties.Functions.a|requires DataSource", `8|X.Properties.Functions.b.DataSource|there is no data source "nome"`,
			"8|X.Properties.Functions.c.Id|no other properties", "8|X.Properties.Functions.d|requires InlineCode or CodeUri",
			"8|X.Properties.Functions.d|only a Lambda function is asked without Code"}},
		{"SAM: resolver", samGraphAPI(samBasics + ", Resolvers: {Query: {a: {DataSource: NONE}, b: {Pipeline: [f]}}}"), []string{
			`8|X.Properties.Resolvers.Query.a.DataSource|has no property "DataSource"`, `8|X.Properties.Resolvers.Query.a|requires Pipeline, a list`,
			`8|X.Properties.Resolvers.Query.b.Pipeline[0]|there is no function "f" under Functions`}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, ps := loadGraph(t, "template.yaml", smallGraph+test.text+"\n")
			wantProblems(t, test.want, ps)
		})
	}
}

func TestGraphQLRemarks(t *testing.T) {
	t.Parallel()
	api := func(properties string) string { return anotherAPI(properties) }
	tests := []struct {
		name, text string
		want       []string
	}{
		{"unknown mode", api("AuthenticationType: MAGIC"), []string{`guard 8 X.Properties.AuthenticationType: the AuthenticationType "MAGIC" is not known`}},
		{"mode without settings", api("AuthenticationType: AWS_IAM, AdditionalAuthenticationProviders: [{AuthenticationType: OPENID_CONNECT}]"), []string{
			"guard 8 X.Properties.AdditionalAuthenticationProviders[0].AuthenticationType: the mode OPENID_CONNECT has no OpenIDConnectConfig: whom it admits is not known"}},
		{"settings without mode", api("AuthenticationType: AWS_IAM, UserPoolConfig: {}"), []string{"note 8 X: UserPoolConfig has no effect on the mode AWS_IAM"}},
		{"merged", "  X: {Type: AWS::AppSync::GraphQLApi, Properties: {Name: x, ApiType: MERGED, AuthenticationType: AWS_IAM, MergedApiExecutionRoleArn: r}}\n  Y: {Type: AWS::AppSync::SourceApiAssociation}", []string{
			"guard 8 X.Properties.ApiType: a merged API (ApiType MERGED) is not put together here: what its sources allow is not known",
			"worker 9 Y.: source APIs are not merged here (AWS::AppSync::SourceApiAssociation)", "not run 9 Y AWS::AppSync::SourceApiAssociation: "}},
		{"web ACL", "  X: {Type: AWS::WAFv2::WebACLAssociation, Properties: {ResourceArn: !GetAtt Api.Arn, WebACLArn: w}}\n  Y: {Type: AWS::WAFv2::WebACLAssociation, Properties: {ResourceArn: other, WebACLArn: w}}", []string{
			"guard 8 X.: a web ACL before the API Api is not enforced here", "not run 9 Y AWS::WAFv2::WebACLAssociation: "}},
		{"private", api("AuthenticationType: AWS_IAM, Visibility: PRIVATE"), []string{"note 8 X: a PRIVATE API is reached from its VPC only; here it is served like any other"}},
		{"no keys", api("AuthenticationType: API_KEY"), []string{"note 8 X: the API X admits API keys and has none: add an AWS::AppSync::ApiKey"}},
		{"idle keys", appsync("ApiKey", ""), []string{"note 3 Api: API_KEY is no authorization mode of the API Api: its keys admit nobody"}},
		{"no schema", "  X: {Type: AWS::AppSync::GraphQLApi, Properties: {Name: x, AuthenticationType: AWS_IAM}}", []string{"not run 8 X AWS::AppSync::GraphQLApi: it has no schema in this template"}},
		{"foreign part", "  X: {Type: AWS::AppSync::ApiKey, Properties: {ApiId: abc}}", []string{"not run 8 X AWS::AppSync::ApiKey: its API is no AppSync API of this template"}},
		{"idle domain", "  X: {Type: AWS::AppSync::DomainName, Properties: {DomainName: d.x, CertificateArn: c}}", []string{"not run 8 X AWS::AppSync::DomainName: no AppSync API of this template is associated with it"}},
		{"foreign authorizer", api("AuthenticationType: AWS_LAMBDA, LambdaAuthorizerConfig: {AuthorizerUri: \"arn:aws:lambda:us-east-1:123456789012:function:other\"}"), []string{
			"worker 8 X.Properties.LambdaAuthorizerConfig.AuthorizerUri: the authorizer function arn:aws:lambda:us-east-1:123456789012:function:other is not in the template: it admits nobody"}},
		{"no role", appsync("DataSource", "Name: x, Type: AWS_LAMBDA, LambdaConfig: {LambdaFunctionArn: !GetAtt Fn.Arn}"), []string{
			"note 8 X: the data source has no ServiceRoleArn: AWS refuses a source of the type AWS_LAMBDA without one"}},
		{"caching without a cache", resolverX("DataSourceName: ask, CachingConfig: {Ttl: 5}"), []string{"note 8 X: CachingConfig has no effect: the API Api has no ApiCache"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, remarks(mustLoadGraph(t, "template.yaml", smallGraph+test.text+"\n"))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestGraphQLUnsupported looks at fields that need something we lack: each is
// told why, and the gap says it too.
func TestGraphQLUnsupported(t *testing.T) {
	t.Parallel()
	const role = "ServiceRoleArn: !GetAtt FnRole.Arn, "
	tests := []struct{ name, text, want string }{
		{"VTL", resolverX("DataSourceName: none, RequestMappingTemplate: x, ResponseMappingTemplate: y"), "VTL mapping templates are not rendered here"},
		{"VTL in S3", resolverX("DataSourceName: none, ResponseMappingTemplateS3Location: s3://b/k"), "VTL mapping templates are not rendered here"},
		{"runtime", resolverX("DataSourceName: none, Code: x, Runtime: {Name: APPSYNC_PY, RuntimeVersion: 1.0.0}"), `the runtime "APPSYNC_PY" is not known here`},
		{"code in S3", resolverX("DataSourceName: none, CodeS3Location: s3://b/k.js, " + jsRuntime), `the code is in S3 ("s3://b/k.js"), which is not read here`},
		{"pipeline without code", resolverX("Kind: PIPELINE, PipelineConfig: {Functions: []}"), "the pipeline resolver has no Code"},
		{"conflicts", resolverX("DataSourceName: ask, SyncConfig: {ConflictDetection: VERSION, ConflictHandler: AUTOMERGE}"), `conflict detection is not done here (SyncConfig "VERSION")`},
		{"function", appsync("FunctionConfiguration", "Name: x, DataSourceName: none, RequestMappingTemplate: x"), "VTL mapping templates are not rendered here"},
		{"RDS", appsync("DataSource", "Name: x, Type: RELATIONAL_DATABASE, RelationalDatabaseConfig: {}"), "data sources of the type RELATIONAL_DATABASE are not run here"},
		{"EventBridge", appsync("DataSource", "Name: x, Type: AMAZON_EVENTBRIDGE"), "data sources of the type AMAZON_EVENTBRIDGE are not run here"},
		{"OpenSearch", appsync("DataSource", "Name: x, Type: AMAZON_OPENSEARCH_SERVICE"), "data sources of the type AMAZON_OPENSEARCH_SERVICE are not run here"},
		{"Elasticsearch", appsync("DataSource", "Name: x, Type: AMAZON_ELASTICSEARCH"), "data sources of the type AMAZON_ELASTICSEARCH are not run here"},
		{"Bedrock", appsync("DataSource", "Name: x, Type: AMAZON_BEDROCK_RUNTIME"), "data sources of the type AMAZON_BEDROCK_RUNTIME are not run here"},
		{"versions", appsync("DataSource", role+"Name: x, Type: AMAZON_DYNAMODB, DynamoDBConfig: {TableName: t, AwsRegion: r, Versioned: true, DeltaSyncConfig: {}}"),
			"versioned data sources (conflict detection and delta sync) are not run here"},
		{"delta sync", appsync("DataSource", role+"Name: x, Type: AMAZON_DYNAMODB, DynamoDBConfig: {TableName: t, AwsRegion: r, DeltaSyncConfig: {}}"), "delta sync is not done here"},
		{"signing", appsync("DataSource", "Name: x, Type: HTTP, HttpConfig: {Endpoint: \"https://x\", AuthorizationConfig: {AuthorizationType: MAGIC}}"), `the AuthorizationType "MAGIC" of HTTP data sources is not known here`},
		{"foreign function", appsync("DataSource", role+"Name: x, Type: AWS_LAMBDA, LambdaConfig: {LambdaFunctionArn: other}"), "the function arn:aws:lambda:us-east-1:123456789012:function:other is not in the template"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := mustLoadGraph(t, "template.yaml", smallGraph+test.text+"\n")
			if len(s.Gaps) != 1 || s.Gaps[0].Kind != spec.Worker || s.Gaps[0].Message != test.want {
				t.Errorf("gaps %v", remarks(s))
			}
			if got := unsupported(&s.GraphQLAPIs[0]); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// TestGraphQLCache has a resolver that needs the cache and one that does not.
func TestGraphQLCache(t *testing.T) {
	t.Parallel()
	s := mustLoadGraph(t, "template.yaml", smallGraph+resolverX("DataSourceName: ask, CachingConfig: {Ttl: 5}")+`
  Y: {Type: AWS::AppSync::Resolver, Properties: {ApiId: !GetAtt Api.ApiId, TypeName: Query, FieldName: b, DataSourceName: ask}}
  Cache: {Type: AWS::AppSync::ApiCache, Properties: {ApiId: !GetAtt Api.ApiId, ApiCachingBehavior: PER_RESOLVER_CACHING, Ttl: 5, Type: SMALL}}
`)
	want := []string{"worker 8 X.Properties.CachingConfig: answers are not cached here (CachingConfig)",
		"worker 10 Cache.: answers are not cached here (AWS::AppSync::ApiCache): every field asks its data source"}
	if diff := cmp.Diff(want, remarks(s)); diff != "" {
		t.Error(diff)
	}
	if r := s.GraphQLAPIs[0].Resolvers; r[0].Unsupported == "" || r[1].Unsupported != "" {
		t.Errorf("%+v", r)
	}
}

// unsupported is the first reason that an API has.
func unsupported(a *spec.GraphQLAPI) string {
	for _, s := range a.DataSources {
		if s.Unsupported != "" {
			return s.Unsupported
		}
	}
	for _, f := range a.Functions {
		if f.Unsupported != "" {
			return f.Unsupported
		}
	}
	for _, r := range a.Resolvers {
		if r.Unsupported != "" {
			return r.Unsupported
		}
	}
	return ""
}
