package spec

// EventsAPI is an AppSync Event API (AWS::AppSync::Api).
type EventsAPI struct {
	LogicalID string
	ID        string // 26 lower-case letters and digits, stable
	ARN       string // arn:aws:appsync:REGION:ACCOUNT:apis/ID
	Name      string

	Auth []AuthProvider // EventConfig.AuthProviders
	Keys []GraphQLKey
	// Connect, Publish and Subscribe are the modes for each operation:
	// ConnectionAuthModes, DefaultPublishAuthModes, DefaultSubscribeAuthModes.
	// A mode without a provider in Auth (which is a Guard gap) admits nobody.
	Connect, Publish, Subscribe []string

	Namespaces  []ChannelNamespace
	DataSources []DataSource
	LogLevel    string
	Domains     []string
	At          Source
}

// ChannelNamespace is an AWS::AppSync::ChannelNamespace.
type ChannelNamespace struct {
	LogicalID string
	Name      string
	ARN       string // …:apis/ID/channelNamespace/NAME
	// Publish and Subscribe replace the API's modes; nil: the API's.
	Publish, Subscribe []string

	Code        *Script // handlers; nil without
	OnPublish   EventHandler
	OnSubscribe EventHandler
	Unsupported string // why its handlers cannot run; empty when they can
	At          Source
}

// DataSource finds a data source by name; nil if there is none.
func (a *EventsAPI) DataSource(name string) *DataSource {
	for i := range a.DataSources {
		if a.DataSources[i].Name == name {
			return &a.DataSources[i]
		}
	}
	return nil
}

// Namespace finds a channel namespace by name; nil if there is none.
func (a *EventsAPI) Namespace(name string) *ChannelNamespace {
	for i := range a.Namespaces {
		if a.Namespaces[i].Name == name {
			return &a.Namespaces[i]
		}
	}
	return nil
}

// Provider finds the first authorization mode of a kind; nil if there is none.
func (a *EventsAPI) Provider(mode string) *AuthProvider {
	for i := range a.Auth {
		if a.Auth[i].Mode == mode {
			return &a.Auth[i]
		}
	}
	return nil
}

// EventHandler is an element of HandlerConfigs.
type EventHandler struct {
	// Direct: the Lambda function of DataSource is the handler. Else the code
	// is, if the namespace has any, and DataSource is what it asks.
	Direct     bool
	DataSource string // name; empty: none
	// Event: a direct function is not waited for (InvokeType EVENT).
	Event bool
}

// IdentityPool is an AWS::Cognito::IdentityPool with its role attachment.
type IdentityPool struct {
	LogicalID            string
	ID                   string // "us-east-1:8-4-4-4-12"
	Name                 string
	AllowUnauthenticated bool
	AllowClassic         bool // AllowClassicFlow
	// Pools are CognitoIdentityProviders, OIDCProviders the ARNs of
	// OpenIdConnectProviderARNs.
	Pools         []PoolClient
	OIDCProviders []OIDCClient
	// Authenticated and Unauthenticated are ARNs of roles; empty: none. Roles
	// that are not in the Spec have no credentials (a Worker gap says so).
	Authenticated, Unauthenticated string
	Mappings                       []RoleMapping
	// Unsupported says which of its providers tidewire cannot verify, such as
	// SAML or social ones: logins there are refused.
	Unsupported string
	At          Source
}

// PoolClient is a client of a user pool that an identity pool trusts.
type PoolClient struct {
	Provider  string // cognito-idp.REGION.amazonaws.com/POOL
	ClientID  string
	PoolID    string
	LogicalID string // of the user pool, if the template has it
}

// OIDCClient is an IAM OpenID Connect provider that an identity pool trusts.
type OIDCClient struct {
	ARN       string
	Issuer    string   // https://…
	ClientIDs []string // audiences whose tokens are taken; empty: none is
}

// RoleMapping chooses the role of an authenticated identity (Cognito API
// reference, RoleMapping).
type RoleMapping struct {
	LogicalID string // of the IdentityPoolRoleAttachment
	Provider  string // as PoolClient.Provider with ":ClientID", or an issuer's host and path
	Token     bool   // Type Token: cognito:preferred_role, cognito:roles
	Ambiguous string // "AuthenticatedRole" or "Deny"
	Rules     []RoleRule
	At        Source
}

// RoleRule is one rule of a RoleMapping of Type Rules.
type RoleRule struct {
	Claim, Match, Value string // Match: "Equals", "Contains", "StartsWith", "NotEqual"
	RoleARN             string
}
