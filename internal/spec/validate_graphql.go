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
	maxEnvironmentVars = 50
)

func (v *validator) graphs() {
	for i := range v.s.GraphQLAPIs {
		a := &v.s.GraphQLAPIs[i]
		path := fmt.Sprintf("GraphQLAPIs[%d]", i)
		v.enter(a.At, a.LogicalID, "%s", path)
		v.appIdentity(a.ID, a.ARN)
		v.check(a.QueryDepthLimit >= 0 && a.QueryDepthLimit <= 75, "QueryDepthLimit", "a depth limit is 0 to 75", "")
		v.check(a.ResolverCountLimit >= 0 && a.ResolverCountLimit <= 10_000, "ResolverCountLimit", "a resolver count limit is 0 to 10000", "")
		v.logLevel(a.LogLevel)
		v.schema(a)
		v.environment(a)
		v.appDomains(a.Domains)
		app := appAPI{id: a.ID, logicalID: a.LogicalID, at: a.At, path: path}
		v.providers(&app, a.Auth)
		v.graphKeys(&app, a.Keys)
		v.dataSources(&app, a.DataSources)
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
