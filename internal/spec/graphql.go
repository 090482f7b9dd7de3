package spec

import "time"

// Authorization modes of an AppSync API (AppSync API reference,
// AuthenticationType).
const (
	ModeAPIKey  = "API_KEY"
	ModeIAM     = "AWS_IAM"
	ModeOIDC    = "OPENID_CONNECT"
	ModeCognito = "AMAZON_COGNITO_USER_POOLS"
	ModeLambda  = "AWS_LAMBDA"
)

// GraphQLAPI is an AppSync GraphQL API.
type GraphQLAPI struct {
	LogicalID string
	ID        string // 26 lower-case letters and digits, stable
	ARN       string // arn:aws:appsync:REGION:ACCOUNT:apis/ID
	Name      string

	// Schema is the SDL in the order of the template; one part for each file
	// or inline text. Types may be spread over parts with "extend type".
	Schema []SchemaPart
	// Auth are the authorization modes; the first is the default one.
	Auth []AuthProvider
	// Keys are the API keys, also when no mode asks for them.
	Keys []GraphQLKey

	DataSources []DataSource
	Functions   []PipelineFunction
	Resolvers   []Resolver

	Environment           map[string]string // ctx.env
	IntrospectionDisabled bool
	QueryDepthLimit       int // 0: none
	ResolverCountLimit    int // 0: AppSync's 10,000
	// LogLevel is fieldLogLevel: "NONE", "ERROR", "INFO", "DEBUG" or "ALL";
	// empty without LogConfig.
	LogLevel string
	// ExcludeVerbose is excludeVerboseContent: no documents in the log.
	ExcludeVerbose bool
	Domains        []string // custom domain names associated with it
	At             Source
}

// SchemaPart is one file, or one inline text, of a schema.
type SchemaPart struct {
	File string // absolute; empty for inline text
	Text string
	At   Source // where the template names it
}

// AuthProvider is one authorization mode of an AppSync API with its settings:
// the pointer of its mode is set, for [ModeAPIKey] and [ModeIAM] none is.
type AuthProvider struct {
	Mode   string
	OIDC   *OIDCProvider
	Pool   *UserPoolProvider
	Lambda *LambdaAuthorizer
	At     Source
}

// OIDCProvider is an OpenIDConnectConfig.
type OIDCProvider struct {
	Issuer   string
	ClientID string        // regular expression; empty: any client
	IATTTL   time.Duration // from iat; 0: no limit
	AuthTTL  time.Duration // from auth_time; 0: no limit
}

// UserPoolProvider is a UserPoolConfig.
type UserPoolProvider struct {
	LogicalID     string // of the AWS::Cognito::UserPool, if the template has it
	ID            string // "us-east-1_AbCdEfGhI"
	Region        string
	Issuer        string // https://cognito-idp.REGION.amazonaws.com/ID
	ClientIDRegex string // AppIdClientRegex; empty: any client
	DefaultAction string // "ALLOW" or "DENY"; empty for an additional provider
}

// LambdaAuthorizer is a LambdaAuthorizerConfig.
type LambdaAuthorizer struct {
	FunctionARN string
	TTL         time.Duration // AuthorizerResultTtlInSeconds, default 300 s; 0: no caching
	// IdentityValidation is a regular expression that a token must match
	// before the function is asked; empty: every token.
	IdentityValidation string
}

// GraphQLKey is an AWS::AppSync::ApiKey.
type GraphQLKey struct {
	LogicalID string
	ID        string    // no secret, unlike on AWS, where it is the value
	Value     string    // secret, "da2-" and 26 lower-case letters and digits
	Expires   time.Time // on the hour; zero if the template sets none: it does not expire here
	At        Source
}

// Types of data sources that run here (AppSync API reference, DataSourceType).
const (
	SourceNone     = "NONE"
	SourceLambda   = "AWS_LAMBDA"
	SourceHTTP     = "HTTP"
	SourceDynamoDB = "AMAZON_DYNAMODB"
)

// DataSource is an AWS::AppSync::DataSource.
type DataSource struct {
	LogicalID string
	Name      string
	Type      string
	RoleARN   string // ServiceRoleArn; empty if it has none

	FunctionARN string // of SourceLambda

	Table       string // of SourceDynamoDB: the physical name
	TableRegion string
	CallerCreds bool // UseCallerCredentials

	Endpoint       string // of SourceHTTP: https://host or http://host, without a slash at the end
	SigningRegion  string // AwsIamConfig; both empty: requests are not signed
	SigningService string

	// Unsupported says what it needs that tidewire lacks: every field that
	// asks it answers with this error. Empty when it can run.
	Unsupported string
	At          Source
}

// Script is APPSYNC_JS code.
type Script struct {
	File string // absolute; .js, .mjs or .ts; empty for inline text
	Text string
	At   Source // where the template names it
}

// PipelineFunction is an AWS::AppSync::FunctionConfiguration.
type PipelineFunction struct {
	LogicalID    string
	ID           string // function id, what a resolver's PipelineConfig lists
	Name         string
	DataSource   string  // name
	Code         *Script // nil: the Lambda function is asked directly
	MaxBatchSize int     // 0: no batching
	Unsupported  string  // such as VTL templates; empty when it can run
	At           Source
}

// Resolver is an AWS::AppSync::Resolver.
type Resolver struct {
	LogicalID    string
	Type, Field  string
	Pipeline     bool     // Kind PIPELINE
	DataSource   string   // name; of a unit resolver
	Functions    []string // PipelineFunction.ID; of a pipeline
	Code         *Script  // nil: a direct Lambda resolver
	MaxBatchSize int      // 0: no batching
	Unsupported  string   // such as VTL templates; empty when it can run
	At           Source
}

// DataSource finds a data source by name; nil if there is none.
func (a *GraphQLAPI) DataSource(name string) *DataSource {
	for i := range a.DataSources {
		if a.DataSources[i].Name == name {
			return &a.DataSources[i]
		}
	}
	return nil
}

// Function finds a pipeline function by its id; nil if there is none.
func (a *GraphQLAPI) Function(id string) *PipelineFunction {
	for i := range a.Functions {
		if a.Functions[i].ID == id {
			return &a.Functions[i]
		}
	}
	return nil
}

// Provider finds the first authorization mode of a kind; nil if there is none.
func (a *GraphQLAPI) Provider(mode string) *AuthProvider {
	for i := range a.Auth {
		if a.Auth[i].Mode == mode {
			return &a.Auth[i]
		}
	}
	return nil
}
