package template

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidewire/tidewire/iam"
	"github.com/tidewire/tidewire/internal/spec"
)

// poolTemplate is an identity pool written by hand, with everything that is
// run.
const poolTemplate = `
Resources:
  Users: {Type: AWS::Cognito::UserPool}
  Web: {Type: AWS::Cognito::UserPoolClient, Properties: {UserPoolId: !Ref Users}}
  Admins: {Type: AWS::Cognito::UserPoolGroup, Properties: {GroupName: admins, UserPoolId: !Ref Users, RoleArn: !GetAtt Member.Arn, Precedence: 1}}
  Issuer: {Type: AWS::IAM::OIDCProvider, Properties: {Url: "https://issuer.example.com/a", ClientIdList: [web, app], ThumbprintList: [990f4193972f2becf12ddeda5237f9c952f20d9e], Tags: []}}
  Pool:
    Type: AWS::Cognito::IdentityPool
    Properties:
      IdentityPoolName: my pool
      AllowUnauthenticatedIdentities: true
      AllowClassicFlow: true
      CognitoIdentityProviders:
        - {ClientId: !Ref Web, ProviderName: !GetAtt Users.ProviderName, ServerSideTokenCheck: true}
        - {ClientId: other, ProviderName: cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI}
      OpenIdConnectProviderARNs: [!Ref Issuer]
      SamlProviderARNs: []
      SupportedLoginProviders: {}
      IdentityPoolTags: [{Key: a, Value: b}]
  Roles:
    Type: AWS::Cognito::IdentityPoolRoleAttachment
    Properties:
      IdentityPoolId: !Ref Pool
      Roles: {authenticated: !GetAtt Member.Arn, unauthenticated: !GetAtt Guest.Arn}
      RoleMappings:
        users: {IdentityProvider: !Sub "${Users.ProviderName}:${Web}", Type: Token, AmbiguousRoleResolution: Deny}
        issuer.example.com/a:
          Type: Rules
          AmbiguousRoleResolution: AuthenticatedRole
          RulesConfiguration:
            Rules:
              - {Claim: isAdmin, MatchType: Equals, Value: true, RoleARN: !GetAtt Member.Arn}
              - {Claim: email, MatchType: Contains, Value: "@example.com", RoleARN: !GetAtt Guest.Arn}
  Member:
    Type: AWS::IAM::Role
    Properties: {RoleName: member, AssumeRolePolicyDocument: {Version: 2012-10-17, Statement: {Effect: Allow, Principal: {Federated: cognito-identity.amazonaws.com}, Action: sts:AssumeRoleWithWebIdentity,
      Condition: {StringEquals: {"cognito-identity.amazonaws.com:aud": !Ref Pool}, "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": authenticated}}}}}
  Guest:
    Type: AWS::IAM::Role
    Properties: {RoleName: guest, AssumeRolePolicyDocument: {Version: 2012-10-17, Statement: {Effect: Allow, Principal: {Federated: cognito-identity.amazonaws.com}, Action: sts:AssumeRoleWithWebIdentity,
      Condition: {StringEquals: {"cognito-identity.amazonaws.com:aud": !Ref Pool}, "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": unauthenticated}}}}}
Outputs:
  A: {Value: !Sub "${Pool} ${Pool.Id} ${Pool.Name} ${Issuer} ${Issuer.Arn} ${Admins}"}
`

const poolID = "us-east-1:5ac31cee-e36a-4e4a-8093-e2123e440eb0"

func TestIdentityPool(t *testing.T) {
	t.Parallel()
	s := mustLoadGraph(t, "template.yaml", poolTemplate)
	pool := s.IdentityPools[0]
	users, web := pool.Pools[0].PoolID, pool.Pools[0].ClientID
	arn := "arn:aws:iam::123456789012:oidc-provider/issuer.example.com/a"
	want := spec.IdentityPool{
		LogicalID: "Pool", ID: poolID, Name: "my pool", AllowUnauthenticated: true, AllowClassic: true,
		Pools: []spec.PoolClient{
			{Provider: "cognito-idp.us-east-1.amazonaws.com/" + users, ClientID: web, PoolID: users, LogicalID: "Users"},
			{Provider: "cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI", ClientID: "other", PoolID: "eu-west-1_AbCdEfGhI"},
		},
		OIDCProviders: []spec.OIDCClient{{ARN: arn, Issuer: "https://issuer.example.com/a", ClientIDs: []string{"web", "app"}}},
		Authenticated: account + "role/member", Unauthenticated: account + "role/guest",
		Mappings: []spec.RoleMapping{
			{LogicalID: "Roles", Provider: "cognito-idp.us-east-1.amazonaws.com/" + users + ":" + web, Token: true, Ambiguous: "Deny"},
			{LogicalID: "Roles", Provider: "issuer.example.com/a", Ambiguous: "AuthenticatedRole", Rules: []spec.RoleRule{
				{Claim: "isAdmin", Match: "Equals", Value: "true", RoleARN: account + "role/member"},
				{Claim: "email", Match: "Contains", Value: "@example.com", RoleARN: account + "role/guest"},
			}},
		},
	}
	outputs := s.Outputs
	sameSpec(t, &spec.Spec{IdentityPools: []spec.IdentityPool{want}}, &spec.Spec{File: s.File, IdentityPools: s.IdentityPools})
	if diff := cmp.Diff([]spec.Output{{Name: "A", Value: strings.Join([]string{poolID, poolID, "my pool", arn, arn, "admins"}, " ")}}, outputs); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{
		"note 3 Users: a placeholder stands for Users (AWS::Cognito::UserPool), which is not run",
		"note 4 Web: a placeholder stands for Web (AWS::Cognito::UserPoolClient), which is not run",
		"note 5 Admins: a placeholder stands for Admins (AWS::Cognito::UserPoolGroup), which is not run",
		"note 14 Pool: ServerSideTokenCheck has no effect here: whoever signed out everywhere, or was deleted, gets credentials until the token ends",
		"not run 3 Users AWS::Cognito::UserPool: ", "not run 4 Web AWS::Cognito::UserPoolClient: ",
		"not run 5 Admins AWS::Cognito::UserPoolGroup: the groups and roles of a user are read from its token",
	}, remarks(s)); diff != "" {
		t.Error(diff)
	}
}

// TestIdentityPoolTrust asks the roles of the template for a session.
func TestIdentityPoolTrust(t *testing.T) {
	t.Parallel()
	s := mustLoadGraph(t, "template.yaml", poolTemplate)
	for _, test := range []struct {
		role, aud, amr string
		want           iam.Decision
	}{
		{"member", poolID, "authenticated", iam.Allow}, {"member", poolID, "unauthenticated", iam.Deny}, {"member", "us-east-1:x", "authenticated", iam.Deny},
		{"guest", poolID, "unauthenticated", iam.Allow}, {"guest", poolID, "authenticated", iam.Deny},
	} {
		role := s.RoleByARN(account + "role/" + test.role)
		got, why := iam.EvaluateTrust(&iam.Named{Name: "trust", Policy: role.Trust}, &iam.Request{
			Principal: "cognito-identity.amazonaws.com", Action: "sts:AssumeRoleWithWebIdentity", Resource: role.ARN,
			Context: iam.Context{"cognito-identity.amazonaws.com:aud": {test.aud}, "cognito-identity.amazonaws.com:amr": {test.amr, "x"}},
		})
		if got != test.want {
			t.Errorf("%+v: %s", test, why)
		}
	}
}

// cdkPoolTemplate is an Event API and an identity pool as CDK synthesizes them.
const cdkPoolTemplate = `{
 "Resources": {
  "PoolD3": {"Type": "AWS::Cognito::UserPool", "Properties": {"AdminCreateUserConfig": {"AllowAdminCreateUserOnly": true}}, "DeletionPolicy": "Retain"},
  "PoolWeb22": {"Type": "AWS::Cognito::UserPoolClient", "Properties": {"UserPoolId": {"Ref": "PoolD3"}}},
  "ApiF7": {"Type": "AWS::AppSync::Api", "Properties": {"Name": "live", "EventConfig": {
    "AuthProviders": [{"AuthType": "AWS_IAM"}, {"AuthType": "AMAZON_COGNITO_USER_POOLS", "CognitoConfig": {"AwsRegion": {"Ref": "AWS::Region"}, "UserPoolId": {"Ref": "PoolD3"}}}],
    "ConnectionAuthModes": [{"AuthType": "AWS_IAM"}], "DefaultPublishAuthModes": [{"AuthType": "AWS_IAM"}], "DefaultSubscribeAuthModes": [{"AuthType": "AMAZON_COGNITO_USER_POOLS"}]}}},
  "Apidefault29": {"Type": "AWS::AppSync::ChannelNamespace", "Properties": {"ApiId": {"Fn::GetAtt": ["ApiF7", "ApiId"]}, "HandlerConfigs": {}, "Name": "default"}},
  "Apiasset06": {"Type": "AWS::AppSync::ChannelNamespace", "Properties": {"ApiId": {"Fn::GetAtt": ["ApiF7", "ApiId"]}, "HandlerConfigs": {}, "Name": "asset",
    "CodeS3Location": {"Fn::Sub": "s3://cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}/6a1f.js"}}},
  "Issuer": {"Type": "AWS::IAM::OIDCProvider", "Properties": {"ClientIdList": ["web"], "ThumbprintList": [], "Url": "https://issuer.example.com/"}},
  "Identity2D": {"Type": "AWS::Cognito::IdentityPool", "DependsOn": ["PoolD3"], "Properties": {"AllowUnauthenticatedIdentities": false,
    "CognitoIdentityProviders": [{"ClientId": {"Ref": "PoolWeb22"}, "ServerSideTokenCheck": true,
      "ProviderName": {"Fn::Join": ["", ["cognito-idp.", {"Ref": "AWS::Region"}, ".", {"Ref": "AWS::URLSuffix"}, "/", {"Ref": "PoolD3"}]]}}],
    "OpenIdConnectProviderARNs": [{"Fn::GetAtt": ["Issuer", "Arn"]}]}},
  "IdentityAuthenticatedRole83": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{
    "Action": "sts:AssumeRoleWithWebIdentity", "Effect": "Allow", "Principal": {"Federated": "cognito-identity.amazonaws.com"},
    "Condition": {"StringEquals": {"cognito-identity.amazonaws.com:aud": {"Ref": "Identity2D"}}, "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"}}}]},
    "Description": {"Fn::Join": ["", ["Default Authenticated Role for Identity Pool ", {"Fn::GetAtt": ["Identity2D", "Name"]}]]}}},
  "IdentityDefaultRoleAttachment28": {"Type": "AWS::Cognito::IdentityPoolRoleAttachment", "Properties": {"IdentityPoolId": {"Ref": "Identity2D"},
    "RoleMappings": {"cognito": {"AmbiguousRoleResolution": "Deny", "Type": "Token",
      "IdentityProvider": {"Fn::Join": ["", [{"Fn::GetAtt": ["PoolD3", "ProviderName"]}, ":", {"Ref": "PoolWeb22"}]]}}},
    "Roles": {"authenticated": {"Fn::GetAtt": ["IdentityAuthenticatedRole83", "Arn"]}}}}
 }
}`

func TestIdentityPoolFromCDK(t *testing.T) {
	t.Parallel()
	s := mustLoadGraph(t, "Stack.template.json", cdkPoolTemplate)
	api, pool := s.EventsAPIs[0], s.IdentityPools[0]
	users, role := api.Auth[1].Pool.ID, s.Roles[0].ARN
	provider, client := "cognito-idp.us-east-1.amazonaws.com/"+users, pool.Pools[0].ClientID
	want := &spec.Spec{
		EventsAPIs: []spec.EventsAPI{{
			LogicalID: "ApiF7", ID: api.ID, ARN: api.ARN, Name: "live",
			Auth:    []spec.AuthProvider{{Mode: spec.ModeIAM}, {Mode: spec.ModeCognito, Pool: &spec.UserPoolProvider{LogicalID: "PoolD3", ID: users, Region: "us-east-1", Issuer: "https://" + provider}}},
			Connect: []string{spec.ModeIAM}, Publish: []string{spec.ModeIAM}, Subscribe: []string{spec.ModeCognito},
			Namespaces: []spec.ChannelNamespace{
				{LogicalID: "Apidefault29", Name: "default", ARN: api.ARN + "/channelNamespace/default"},
				{LogicalID: "Apiasset06", Name: "asset", ARN: api.ARN + "/channelNamespace/asset", Code: &spec.Script{File: "asset.6a.js", Text: helloCode}},
			},
		}},
		IdentityPools: []spec.IdentityPool{{
			LogicalID: "Identity2D", ID: pool.ID, Name: pool.Name,
			Pools:         []spec.PoolClient{{Provider: provider, ClientID: client, PoolID: users, LogicalID: "PoolD3"}},
			OIDCProviders: []spec.OIDCClient{{ARN: account + "oidc-provider/issuer.example.com/", Issuer: "https://issuer.example.com/", ClientIDs: []string{"web"}}},
			Authenticated: role, Mappings: []spec.RoleMapping{{LogicalID: "IdentityDefaultRoleAttachment28", Provider: provider + ":" + client, Token: true, Ambiguous: "Deny"}},
		}},
	}
	sameSpec(t, want, &spec.Spec{File: s.File, EventsAPIs: s.EventsAPIs, IdentityPools: s.IdentityPools})
	if len(s.Gaps) > 0 {
		t.Errorf("gaps %v", s.Gaps)
	}
}

// smallPool is a good pool; what tests add begins in line 6.
const smallPool = `Resources:
  Pool: {Type: AWS::Cognito::IdentityPool, Properties: {AllowUnauthenticatedIdentities: false, CognitoIdentityProviders: [{ClientId: web, ProviderName: cognito-idp.us-east-1.amazonaws.com/us-east-1_A}]}}
  Roles: {Type: AWS::Cognito::IdentityPoolRoleAttachment, Properties: {IdentityPoolId: !Ref Pool, Roles: {authenticated: !GetAtt Role.Arn}}}
  Role: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Statement: {Effect: Allow, Principal: {Federated: cognito-identity.amazonaws.com}, Action: sts:AssumeRoleWithWebIdentity}}}}

`

// anotherPool is an identity pool X, without a role.
func anotherPool(properties string) string {
	return "  X: {Type: AWS::Cognito::IdentityPool, Properties: {AllowUnauthenticatedIdentities: false, " + properties + "}}"
}

// attachedPool is an identity pool X with the client web, and what its roles'
// attachment XR says.
func attachedPool(properties string) string {
	return anotherPool("CognitoIdentityProviders: [{ClientId: web, ProviderName: cognito-idp.us-east-1.amazonaws.com/us-east-1_A}]") + "\n" +
		"  XR: {Type: AWS::Cognito::IdentityPoolRoleAttachment, Properties: {IdentityPoolId: !Ref X, " + properties + "}}"
}

// mapped is the mapping of the client web.
func mapped(properties string) string {
	return attachedPool("RoleMappings: {\"cognito-idp.us-east-1.amazonaws.com/us-east-1_A:web\": {" + properties + "}}")
}

// issuers is a pool with n issuers, each with a mapping.
func issuers(n int) string {
	var arns, mappings, resources []string
	for i := range n {
		id := "I" + strings.Repeat("x", i)
		arns = append(arns, "!Ref "+id)
		mappings = append(mappings, "\"arn:aws:iam::123456789012:oidc-provider/"+id+"\": {Type: Token, AmbiguousRoleResolution: Deny}")
		resources = append(resources, "  "+id+": {Type: AWS::IAM::OIDCProvider, Properties: {Url: \"https://"+id+"\", ClientIdList: [a]}}")
	}
	pool := anotherPool("OpenIdConnectProviderARNs: [" + strings.Join(arns, ", ") + "]")
	return pool + "\n  XR: {Type: AWS::Cognito::IdentityPoolRoleAttachment, Properties: {IdentityPoolId: !Ref X, RoleMappings: {" + strings.Join(mappings, ", ") + "}}}\n" + strings.Join(resources, "\n")
}

// TestMappingByARN names an issuer by its provider's ARN.
func TestMappingByARN(t *testing.T) {
	t.Parallel()
	s := mustLoadGraph(t, "template.yaml", smallPool+issuers(2)+"\n")
	want := []spec.RoleMapping{{Provider: "I", Token: true, Ambiguous: "Deny"}, {Provider: "Ix", Token: true, Ambiguous: "Deny"}}
	for i, m := range s.IdentityPools[1].Mappings {
		m.LogicalID, m.At = "", spec.Source{}
		if diff := cmp.Diff(want[i], m); diff != "" {
			t.Error(diff)
		}
	}
}

func TestIdentityPoolProblems(t *testing.T) {
	t.Parallel()
	const at = "7|XR.Properties.RoleMappings.cognito-idp.us-east-1.amazonaws.com/us-east-1_A:web"
	rule := "{Claim: a, MatchType: Equals, Value: b, RoleARN: !GetAtt Role.Arn}"
	tests := []struct {
		name, text string
		want       []string
	}{
		{"nothing", "  X: {Type: AWS::Cognito::IdentityPool}\n  Y: {Type: AWS::Cognito::IdentityPoolRoleAttachment}\n  Z: {Type: AWS::IAM::OIDCProvider}", []string{
			"6|X.Properties|requires AllowUnauthenticatedIdentities", "7|Y.Properties|requires IdentityPoolId|!Ref", "8|Z.Properties|requires Url"}},
		{"no truth", "  X: {Type: AWS::Cognito::IdentityPool, Properties: {AllowUnauthenticatedIdentities: maybe}}", []string{"6|X.Properties.AllowUnauthenticatedIdentities|true or false"}},
		{"clients", anotherPool("CognitoIdentityProviders: [x, {}, {ClientId: a, ProviderName: us-east-1_A}, {ClientId: a, ProviderName: \"https://cognito-idp.us-east-1.amazonaws.com/us-east-1_A\"}]"), []string{
			"6|X.Properties.CognitoIdentityProviders[0]|a map of ClientId and ProviderName, this is a string", "6|X.Properties.CognitoIdentityProviders[1]|requires ProviderName",
			"6|X.Properties.CognitoIdentityProviders[1]|requires ClientId", "6|X.Properties.CognitoIdentityProviders[2].ProviderName|looks like cognito-idp", "6|X.Properties.CognitoIdentityProviders[3].ProviderName|looks like cognito-idp"}},
		{"client twice", anotherPool("CognitoIdentityProviders: [{ClientId: a, ProviderName: cognito-idp.r.amazonaws.com/p}, {ClientId: a, ProviderName: cognito-idp.r.amazonaws.com/p}]"), []string{
			"6|X.Properties.CognitoIdentityProviders[1].ClientId|the identity pool has this client twice"}},
		{"issuer", anotherPool("OpenIdConnectProviderARNs: [\"https://issuer.example.com\"]") + "\n  Y: {Type: AWS::IAM::OIDCProvider, Properties: {Url: issuer.example.com}}", []string{
			"6|X.Properties.OpenIdConnectProviderARNs[0]|this is not the ARN of an OpenID Connect provider|!Ref", "7|Y.Properties.Url|begins with https://"}},
		{"issuer twice", anotherPool("OpenIdConnectProviderARNs: [!Ref Y, !Ref Y]") + "\n  Y: {Type: AWS::IAM::OIDCProvider, Properties: {Url: \"https://a\", ClientIdList: [b]}}", []string{"6|X.Properties|the identity pool has this issuer twice"}},
		{"attached twice", "  X: {Type: AWS::Cognito::IdentityPoolRoleAttachment, Properties: {IdentityPoolId: !Ref Pool}}", []string{"6|X.Properties.IdentityPoolId|the identity pool Pool has a role attachment already"}},
		{"kinds of roles", attachedPool("Roles: {authenticted: !GetAtt Role.Arn, x: y}"), []string{`7|XR.Properties.Roles.authenticted|Roles has no "authenticted"|did you mean authenticated?`, `7|XR.Properties.Roles.x|Roles has no "x"`}},
		{"no mapping", attachedPool("RoleMappings: {a: b}"), []string{"7|XR.Properties.RoleMappings.a|a role mapping is a map, this is a string"}},
		{"empty mapping", mapped(""), []string{at + "|requires AmbiguousRoleResolution|Deny", at + "|requires Type|Token"}},
		{"mapping's words", mapped("Type: Magic, AmbiguousRoleResolution: Maybe"), []string{at + ".AmbiguousRoleResolution|AuthenticatedRole or Deny", at + ".Type|Token or Rules"}},
		{"mapping of nobody", attachedPool("RoleMappings: {users: {Type: Token, AmbiguousRoleResolution: Deny}}"), []string{
			`7|XR.Properties.RoleMappings.users|"users" is no provider of the identity pool X|providers are cognito-idp.us-east-1.amazonaws.com/us-east-1_A:web`}},
		{"mapping of a URL", attachedPool("RoleMappings: {users: {Type: Token, AmbiguousRoleResolution: Deny, IdentityProvider: \"https://cognito-idp.us-east-1.amazonaws.com/us-east-1_A\"}}"), []string{
			"7|XR.Properties.RoleMappings.users.IdentityProvider|is no provider of the identity pool X"}},
		{"mapping twice", strings.Replace(mapped("Type: Token, AmbiguousRoleResolution: Deny"), "RoleMappings: {", "RoleMappings: {a: {IdentityProvider: \"cognito-idp.us-east-1.amazonaws.com/us-east-1_A:web\", Type: Token, AmbiguousRoleResolution: Deny}, ", 1), []string{at + "|has a role mapping already"}},
		{"many mappings", issuers(11), []string{"7|XR.Properties.RoleMappings|at most 10 role mappings"}},
		{"no rules", mapped("Type: Rules, AmbiguousRoleResolution: Deny"), []string{at + "|requires RulesConfiguration"}},
		{"rules", mapped("Type: Rules, AmbiguousRoleResolution: Deny, RulesConfiguration: {Rules: [x, {}, {Claim: a, MatchType: Like, Value: b, RoleARN: !GetAtt Role.Arn}]}"), []string{
			at + ".RulesConfiguration.Rules[0]|a rule is a map", at + ".RulesConfiguration.Rules[1]|requires Claim", at + ".RulesConfiguration.Rules[1]|requires MatchType", at + ".RulesConfiguration.Rules[1]|requires Value",
			at + ".RulesConfiguration.Rules[1]|requires RoleARN", at + ".RulesConfiguration.Rules[2].MatchType|Equals, Contains, StartsWith or NotEqual"}},
		{"empty rules", mapped("Type: Rules, AmbiguousRoleResolution: Deny, RulesConfiguration: {Rules: []}"), []string{at + ".RulesConfiguration.Rules|1 to 25 Rules"}},
		{"many rules", mapped("Type: Rules, AmbiguousRoleResolution: Deny, RulesConfiguration: {Rules: [" + strings.Repeat(rule+", ", 25) + rule + "]}"), []string{at + ".RulesConfiguration.Rules|1 to 25 Rules"}},
		{"misspelt", mapped("Type: Token, AmbiguousRoleResolutions: Deny, AmbiguousRoleResolution: Deny"), []string{at + ".AmbiguousRoleResolutions|unknown property|did you mean AmbiguousRoleResolution?"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, ps := loadGraph(t, "template.yaml", smallPool+test.text+"\n")
			wantProblems(t, test.want, ps)
		})
	}
}

func TestIdentityPoolRemarks(t *testing.T) {
	t.Parallel()
	const alone = "note 6 X: the identity pool X has no AWS::Cognito::IdentityPoolRoleAttachment: nobody gets credentials from it"
	tests := []struct {
		name, text  string
		want        []string
		unsupported string // of the pool X
	}{
		{"nothing", "", nil, ""},
		{"no roles", anotherPool(""), []string{alone}, ""},
		{"SAML", anotherPool("SamlProviderARNs: [a]"), []string{"worker 6 X.Properties.SamlProviderARNs: SAML logins are not verified here: they are refused", alone}, "SAML logins are not verified here: they are refused"},
		{"social", anotherPool("SupportedLoginProviders: {graph.facebook.com: a}"), []string{
			"worker 6 X.Properties.SupportedLoginProviders: logins of social providers (SupportedLoginProviders) are not verified here: they are refused", alone},
			"logins of social providers (SupportedLoginProviders) are not verified here: they are refused"},
		{"developer", anotherPool("DeveloperProviderName: a"), []string{"worker 6 X.Properties.DeveloperProviderName: developer authenticated identities are not verified here: they are refused", alone},
			"developer authenticated identities are not verified here: they are refused"},
		{"foreign issuer", anotherPool("OpenIdConnectProviderARNs: [\"arn:aws:iam::123456789012:oidc-provider/issuer.example.com\"]"), []string{
			"worker 6 X.Properties.OpenIdConnectProviderARNs[0]: the provider issuer.example.com is not in the template: its clients are not known here, and its logins are refused", alone}, ""},
		{"without effect", anotherPool("CognitoEvents: {}, PushSync: {}"), []string{"note 6 X: Properties.CognitoEvents has no effect here", "note 6 X: Properties.PushSync has no effect here", alone}, ""},
		{"idle guest role", attachedPool("Roles: {unauthenticated: !GetAtt Role.Arn}"), []string{"note 6 X: the identity pool X has a role for unauthenticated identities and does not allow them"}, ""},
		{"no guest role", strings.Replace(attachedPool("Roles: {}"), "Identities: false", "Identities: true", 1), []string{"note 6 X: the identity pool X allows unauthenticated identities and has no role for them"}, ""},
		{"foreign role", attachedPool("Roles: {authenticated: \"arn:aws:iam::123456789012:role/x\"}"), []string{
			`worker 7 XR.Properties.Roles.authenticated: the role "arn:aws:iam::123456789012:role/x" is not in the template: nobody gets its credentials`}, ""},
		{"mapping of a social provider", strings.Replace(attachedPool("RoleMappings: {graph.facebook.com: {Type: Token, AmbiguousRoleResolution: Deny, RulesConfiguration: {}}}"), "CognitoId", "SupportedLoginProviders: {graph.facebook.com: a}, CognitoId", 1), []string{
			"worker 6 X.Properties.SupportedLoginProviders: logins of social providers (SupportedLoginProviders) are not verified here: they are refused",
			"note 7 XR: RulesConfiguration has no effect on a mapping of the Type Token"}, "logins of social providers (SupportedLoginProviders) are not verified here: they are refused"},
		{"foreign pool", "  X: {Type: AWS::Cognito::IdentityPoolRoleAttachment, Properties: {IdentityPoolId: a}}", []string{"not run 6 X AWS::Cognito::IdentityPoolRoleAttachment: its identity pool is not in this template"}, ""},
		{"idle issuer", "  X: {Type: AWS::IAM::OIDCProvider, Properties: {Url: \"https://a\"}}", []string{"not run 6 X AWS::IAM::OIDCProvider: no identity pool of this template trusts it"}, ""},
		{"issuer without clients", anotherPool("OpenIdConnectProviderARNs: [!Ref Y]") + "\n  Y: {Type: AWS::IAM::OIDCProvider, Properties: {Url: \"https://a\"}}", []string{
			alone, "note 7 Y: the provider Y has no ClientIdList: every login of it is refused"}, ""},
		{"tags", "  X: {Type: AWS::Cognito::IdentityPoolPrincipalTag, Properties: {IdentityPoolId: !Ref Pool, IdentityProviderName: a}}", []string{
			"not run 6 X AWS::Cognito::IdentityPoolPrincipalTag: sessions of an identity pool have no principal tags here"}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := mustLoadGraph(t, "template.yaml", smallPool+test.text+"\n")
			if diff := cmp.Diff(test.want, remarks(s)); diff != "" {
				t.Error(diff)
			}
			if got := s.IdentityPools[len(s.IdentityPools)-1].Unsupported; got != test.unsupported {
				t.Errorf("Unsupported is %q", got)
			}
		})
	}
}
