package spec

import (
	"fmt"
	"strings"
	"unicode/utf16"
)

// Quotas of AppSync (AWS General Reference, "AWS AppSync endpoints and
// quotas").
const (
	maxSchemaBytes     = 1 << 20
	maxCodeCharacters  = 32_768
	maxPipeline        = 10
	maxBatch           = 2000
	maxGraphQLKeys     = 50
	maxProviders       = 50
	maxEnvironmentVars = 50
)

func (v *validator) graphs() {
	for i := range v.s.GraphQLAPIs {
		a := &v.s.GraphQLAPIs[i]
		path := fmt.Sprintf("GraphQLAPIs[%d]", i)
		v.enter(a.At, a.LogicalID, "%s", path)
		v.check(consists(a.ID, "") && strings.ToLower(a.ID) == a.ID, "ID", "an API's id is lower-case letters and digits", "")
		v.unique("API id", a.ID, "ID")
		v.check(a.ARN != "", "ARN", "the API has no ARN", "arn:aws:appsync:REGION:ACCOUNT:apis/ID")
		v.check(a.QueryDepthLimit >= 0 && a.QueryDepthLimit <= 75, "QueryDepthLimit", "a depth limit is 0 to 75", "")
		v.check(a.ResolverCountLimit >= 0 && a.ResolverCountLimit <= 10_000, "ResolverCountLimit", "a resolver count limit is 0 to 10000", "")
		v.check(oneOf(a.LogLevel, "", "NONE", "ERROR", "INFO", "DEBUG", "ALL"), "LogLevel", "unknown level of a log", "ERROR")
		v.schema(a)
		v.environment(a)
		for _, d := range a.Domains {
			v.check(consists(d, "-.*") && strings.ToLower(d) == d, "Domains", "a domain's name is lower-case letters, digits, dots and hyphens", "api.example.com")
			v.unique("domain", d, "Domains")
		}
		v.providers(a, path)
		v.graphKeys(a, path)
		v.dataSources(a, path)
		v.pipelineFunctions(a, path)
		v.resolvers(a, path)
	}
}

func (v *validator) schema(a *GraphQLAPI) {
	size := 0
	for i, part := range a.Schema {
		size += len(part.Text)
		v.check(part.Text != "", fmt.Sprintf("Schema[%d].Text", i), "this part of the schema is empty", "")
	}
	v.check(len(a.Schema) > 0, "Schema", "the API has no schema", "")
	v.check(size <= maxSchemaBytes, "Schema", fmt.Sprintf("a schema has at most %d bytes, this has %d", maxSchemaBytes, size), "")
}

func (v *validator) environment(a *GraphQLAPI) {
	v.check(len(a.Environment) <= maxEnvironmentVars, "Environment", fmt.Sprintf("an API has at most %d environment variables", maxEnvironmentVars), "")
	for name, value := range a.Environment {
		first := name != "" && (name[0]|0x20 >= 'a' && name[0]|0x20 <= 'z')
		v.check(first && consists(name, "_") && len(name) >= 2 && len(name) <= 64, "Environment",
			fmt.Sprintf("the name %q of an environment variable is not 2 to 64 letters, digits and _, a letter first", name), "")
		v.check(len(value) <= 512, "Environment", "the environment variable "+name+" has more than 512 characters", "")
	}
}

// providers lets no mode pass whose settings are missing.
func (v *validator) providers(a *GraphQLAPI, path string) {
	v.check(len(a.Auth) > 0 || v.guarded(), "Auth", "the API has no authorization mode, and no guard gap says so", "")
	v.check(len(a.Auth) <= maxProviders, "Auth", fmt.Sprintf("an API has at most %d authorization modes", maxProviders), "")
	for i := range a.Auth {
		p := &a.Auth[i]
		v.enter(p.At, a.LogicalID, "%s.Auth[%d]", path, i)
		switch {
		case p.Mode == ModeAPIKey, p.Mode == ModeIAM:
			v.once("mode "+a.ID+"/"+p.Mode, "Mode", "the API has the authorization mode "+p.Mode+" twice")
		case p.Mode == ModeLambda && p.Lambda != nil:
			v.once("mode "+a.ID+"/"+p.Mode, "Mode", "the API has the authorization mode "+p.Mode+" twice")
			v.check(p.Lambda.FunctionARN != "", "Lambda.FunctionARN", "the Lambda authorizer has no function", "")
		case p.Mode == ModeOIDC && p.OIDC != nil:
			v.once("issuer "+a.ID+"/"+p.OIDC.Issuer+"/"+p.OIDC.ClientID, "OIDC", "the API has the same OpenID Connect provider twice")
			v.check(p.OIDC.Issuer != "", "OIDC.Issuer", "the provider has no issuer", "")
		case p.Mode == ModeCognito && p.Pool != nil:
			v.once("pool "+a.ID+"/"+p.Pool.ID+"/"+p.Pool.ClientIDRegex, "Pool", "the API has the same user pool twice")
			v.check(p.Pool.ID != "" && p.Pool.Issuer != "", "Pool.ID", "the user pool has no id or issuer", "")
			v.check(oneOf(p.Pool.DefaultAction, "ALLOW", "DENY") || i > 0 && p.Pool.DefaultAction == "", "Pool.DefaultAction", "the default action is ALLOW or DENY", "")
		default:
			v.add("Mode", fmt.Sprintf("the authorization mode %q is unknown or has no settings", p.Mode), "")
		}
	}
}

func (v *validator) graphKeys(a *GraphQLAPI, path string) {
	v.enter(a.At, a.LogicalID, "%s", path)
	v.check(len(a.Keys) <= maxGraphQLKeys, "Keys", fmt.Sprintf("an API has at most %d keys, this has %d", maxGraphQLKeys, len(a.Keys)), "")
	for i := range a.Keys {
		k := &a.Keys[i]
		v.enter(k.At, k.LogicalID, "%s.Keys[%d]", path, i)
		v.check(k.ID != "", "ID", "the API key has no id", "")
		v.unique("AppSync API key id", a.ID+"/"+k.ID, "ID")
		v.check(k.Value != "", "Value", "the API key has no value", "")
		if k.Value != "" {
			v.unique("API key value", k.Value, "Value")
		}
	}
}

func (v *validator) dataSources(a *GraphQLAPI, path string) {
	for i := range a.DataSources {
		s := &a.DataSources[i]
		v.enter(s.At, s.LogicalID, "%s.DataSources[%d]", path, i)
		v.check(isGraphQLName(s.Name), "Name", "a data source's name is letters, digits and _, no digit first", "")
		v.unique("data source name", a.ID+"/"+s.Name, "Name")
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

func (v *validator) pipelineFunctions(a *GraphQLAPI, path string) {
	for i := range a.Functions {
		f := &a.Functions[i]
		v.enter(f.At, f.LogicalID, "%s.Functions[%d]", path, i)
		v.check(f.ID != "", "ID", "the function has no id", "")
		v.unique("pipeline function id", a.ID+"/"+f.ID, "ID")
		v.check(isGraphQLName(f.Name), "Name", "a function's name is letters, digits and _, no digit first", "")
		v.batch(f.MaxBatchSize)
		v.runs(a, f.DataSource, f.Code, f.Unsupported)
	}
}

func (v *validator) resolvers(a *GraphQLAPI, path string) {
	for i := range a.Resolvers {
		r := &a.Resolvers[i]
		v.enter(r.At, r.LogicalID, "%s.Resolvers[%d]", path, i)
		v.check(isGraphQLName(r.Type) && isGraphQLName(r.Field), "Field", "a resolver has a type and a field", "")
		v.once("resolver "+a.ID+"/"+r.Type+"."+r.Field, "Field", "the field "+r.Type+"."+r.Field+" has a resolver already")
		v.batch(r.MaxBatchSize)
		if !r.Pipeline {
			v.check(len(r.Functions) == 0, "Functions", "only a pipeline has functions", "")
			v.runs(a, r.DataSource, r.Code, r.Unsupported)
			continue
		}
		v.script(r.Code)
		v.check(r.Code != nil || r.Unsupported != "", "Code", "a pipeline has code", "")
		v.check(len(r.Functions) <= maxPipeline, "Functions", fmt.Sprintf("a pipeline has at most %d functions, this has %d", maxPipeline, len(r.Functions)), "")
		for _, id := range r.Functions {
			v.check(a.Function(id) != nil, "Functions", fmt.Sprintf("the API %s has no function %q", a.LogicalID, id), "")
		}
	}
}

func (v *validator) batch(size int) {
	v.check(size >= 0 && size <= maxBatch, "MaxBatchSize", fmt.Sprintf("a batch has at most %d entries", maxBatch), "")
}

// runs checks what asks a data source: with code, or a Lambda function
// without.
func (v *validator) runs(a *GraphQLAPI, source string, code *Script, unsupported string) {
	s := a.DataSource(source)
	if s == nil {
		v.add("DataSource", fmt.Sprintf("the API %s has no data source %q", a.LogicalID, source), "")
		return
	}
	direct := s.Type == SourceLambda || s.Unsupported != "" || unsupported != ""
	v.check(code != nil || direct, "Code", "only a Lambda function is asked without code", "")
	v.script(code)
}

// script bounds JavaScript; TypeScript is counted when it is bundled.
func (v *validator) script(c *Script) {
	if c == nil {
		return
	}
	v.check(c.Text != "", "Code", "the code is empty", "")
	length := 0
	for _, r := range c.Text {
		length += utf16.RuneLen(r)
	}
	v.check(length <= maxCodeCharacters || strings.HasSuffix(c.File, ".ts"), "Code", fmt.Sprintf("code has at most %d characters, this has %d", maxCodeCharacters, length), "")
}

// isGraphQLName is a Name of the GraphQL specification, section 2.1.9.
func isGraphQLName(s string) bool {
	return consists(s, "_") && (s[0] < '0' || s[0] > '9')
}
