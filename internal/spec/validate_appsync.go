package spec

import (
	"fmt"
	"strings"
)

// Quotas of AppSync's APIs of either kind.
const (
	maxGraphQLKeys = 50
	maxProviders   = 50
)

// appAPI says which AppSync API is checked.
type appAPI struct {
	id, logicalID string
	at            Source
	path          string
	events        bool // an Event API: none of its providers is a default
}

func (v *validator) appIdentity(id, arn string) {
	v.check(consists(id, "") && strings.ToLower(id) == id, "ID", "an API's id is lower-case letters and digits", "")
	v.unique("API id", id, "ID")
	v.check(arn != "", "ARN", "the API has no ARN", "arn:aws:appsync:REGION:ACCOUNT:apis/ID")
}

func (v *validator) logLevel(level string) {
	v.check(oneOf(level, "", "NONE", "ERROR", "INFO", "DEBUG", "ALL"), "LogLevel", "unknown level of a log", "ERROR")
}

func (v *validator) appDomains(domains []string) {
	for _, d := range domains {
		v.check(consists(d, "-.*") && strings.ToLower(d) == d, "Domains", "a domain's name is lower-case letters, digits, dots and hyphens", "api.example.com")
		v.unique("domain", d, "Domains")
	}
}

// providers lets no mode pass whose settings are missing.
func (v *validator) providers(a *appAPI, auth []AuthProvider) {
	v.check(len(auth) > 0 || v.guarded(), "Auth", "the API has no authorization mode, and no guard gap says so", "")
	v.check(len(auth) <= maxProviders, "Auth", fmt.Sprintf("an API has at most %d authorization modes", maxProviders), "")
	for i := range auth {
		p := &auth[i]
		v.enter(p.At, a.logicalID, "%s.Auth[%d]", a.path, i)
		switch {
		case p.Mode == ModeAPIKey, p.Mode == ModeIAM:
			v.once("mode "+a.id+"/"+p.Mode, "Mode", "the API has the authorization mode "+p.Mode+" twice")
		case p.Mode == ModeLambda && p.Lambda != nil:
			v.once("mode "+a.id+"/"+p.Mode, "Mode", "the API has the authorization mode "+p.Mode+" twice")
			v.check(p.Lambda.FunctionARN != "", "Lambda.FunctionARN", "the Lambda authorizer has no function", "")
		case p.Mode == ModeOIDC && p.OIDC != nil:
			v.once("issuer "+a.id+"/"+p.OIDC.Issuer+"/"+p.OIDC.ClientID, "OIDC", "the API has the same OpenID Connect provider twice")
			v.check(p.OIDC.Issuer != "", "OIDC.Issuer", "the provider has no issuer", "")
		case p.Mode == ModeCognito && p.Pool != nil:
			v.once("pool "+a.id+"/"+p.Pool.ID+"/"+p.Pool.ClientIDRegex, "Pool", "the API has the same user pool twice")
			v.check(p.Pool.ID != "" && p.Pool.Issuer != "", "Pool.ID", "the user pool has no id or issuer", "")
			v.check(oneOf(p.Pool.DefaultAction, "ALLOW", "DENY") || (i > 0 || a.events) && p.Pool.DefaultAction == "", "Pool.DefaultAction", "the default action is ALLOW or DENY", "")
		default:
			v.add("Mode", fmt.Sprintf("the authorization mode %q is unknown or has no settings", p.Mode), "")
		}
	}
}

func (v *validator) graphKeys(a *appAPI, keys []GraphQLKey) {
	v.enter(a.at, a.logicalID, "%s", a.path)
	v.check(len(keys) <= maxGraphQLKeys, "Keys", fmt.Sprintf("an API has at most %d keys, this has %d", maxGraphQLKeys, len(keys)), "")
	for i := range keys {
		k := &keys[i]
		v.enter(k.At, k.LogicalID, "%s.Keys[%d]", a.path, i)
		v.check(k.ID != "", "ID", "the API key has no id", "")
		v.unique("AppSync API key id", a.id+"/"+k.ID, "ID")
		v.check(k.Value != "", "Value", "the API key has no value", "")
		if k.Value != "" {
			v.unique("API key value", k.Value, "Value")
		}
	}
}

func (v *validator) dataSources(a *appAPI, sources []DataSource) {
	for i := range sources {
		s := &sources[i]
		v.enter(s.At, s.LogicalID, "%s.DataSources[%d]", a.path, i)
		v.check(isGraphQLName(s.Name), "Name", "a data source's name is letters, digits and _, no digit first", "")
		v.unique("data source name", a.id+"/"+s.Name, "Name")
		switch {
		case s.Unsupported != "", s.Type == SourceNone:
		case s.Type == SourceLambda:
			v.check(s.FunctionARN != "", "FunctionARN", "the data source has no function", "")
		case s.Type == SourceDynamoDB:
			v.check(s.Table != "" && s.TableRegion != "", "Table", "the data source has no table or region", "")
		case s.Type == SourceHTTP:
			v.check(s.Endpoint != "", "Endpoint", "the data source has no endpoint", "")
			v.check((s.SigningRegion == "") == (s.SigningService == ""), "SigningService", "signing needs a region and a service", "")
		default:
			v.add("Type", fmt.Sprintf("data sources of the type %q do not run here", s.Type), "say in Unsupported why not")
		}
	}
}
