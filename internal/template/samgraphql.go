package template

import (
	"strconv"
	"strings"

	"github.com/tidewire/tidewire/internal/spec"
)

// samGraph is what is known of an AWS::Serverless::GraphQLApi while SAM's
// resources are made of it (SAM specification, "AWS::Serverless::GraphQLApi";
// ids as the translator generates them).
type samGraph struct {
	l         *loader
	r         *resource
	sources   map[string]*node // names of data sources, by key
	functions map[string]*node // ids of functions, by key
	none      bool             // the NONE data source is made
}

// expandGraphQLAPI makes the parts of the API; the API itself has the same
// logical id and is read by readServerlessGraphQLAPI.
func (l *loader) expandGraphQLAPI(r *resource) {
	g := &samGraph{l: l, r: r, sources: map[string]*node{}, functions: map[string]*node{}}
	l.onlyKnown(r.props, r.typ, "Auth", "Tags", "Name", "XrayEnabled", "SchemaInline", "SchemaUri", "Logging", "DataSources", "Functions",
		"Resolvers", "ApiKeys", "DomainName", "Cache", "Visibility", "OwnerContact", "IntrospectionConfig", "QueryDepthLimit", "ResolverCountLimit")
	g.schema()
	g.authorizers()
	for _, f := range g.members(r.props, "ApiKeys") {
		l.onlyKnown(f.val, "an API key", "ApiKeyId", "Description", "ExpiresOn")
		g.make(f.key, "ApiKey", g.part(f.val).add("ApiKeyId", f.val.set("ApiKeyId")).add("Expires", f.val.set("ExpiresOn")))
	}
	if cache := r.props.set("Cache"); cache != nil && l.wantMap(cache) {
		l.onlyKnown(cache, "Cache", "ApiCachingBehavior", "Ttl", "Type", "AtRestEncryptionEnabled", "TransitEncryptionEnabled")
		g.make("ApiCache", "ApiCache", g.part(cache))
	}
	if sources := r.props.set("DataSources"); sources != nil && l.wantMap(sources) {
		l.onlyKnown(sources, "DataSources", "DynamoDb", "Lambda")
		g.tables(sources)
		g.lambdas(sources)
	}
	g.domain()
	for _, f := range g.members(r.props, "Functions") {
		g.function(f.key, f.val)
	}
	for _, typ := range g.members(r.props, "Resolvers") {
		for _, f := range g.members(r.props.get("Resolvers"), typ.key) {
			g.resolver(typ.key, f.key, f.val)
		}
	}
}

// set is a member that has a value: SAM drops those without.
func (n *node) set(key string) *node {
	if v := n.get(key); v != nil && v.kind != kindNull {
		return v
	}
	return nil
}

// onlyKnown refuses members that SAM refuses.
func (l *loader) onlyKnown(n *node, what string, known ...string) {
	for _, f := range n.all() {
		if !contains(known, f.key) {
			l.problem(f.val, what+" has no property "+quoteShort(f.key), didYouMean(f.key, known, "properties are "+strings.Join(known, ", ")))
		}
	}
}

// members are the maps of a map of maps.
func (g *samGraph) members(n *node, key string) []field {
	m := n.set(key)
	if m == nil || !g.l.wantMap(m) {
		return nil
	}
	var out []field
	for _, f := range m.fields {
		switch {
		case !nameOf(f.key, "_"):
			g.l.problem(f.val, "the key "+quoteShort(f.key)+" is not letters and digits", "it becomes a part of a logical id")
		case g.l.wantMap(f.val):
			out = append(out, f)
		}
	}
	return out
}

// part begins the properties of something that belongs to the API.
func (g *samGraph) part(at *node) *node {
	return at.object().add("ApiId", at.call("Fn::GetAtt", at.list(at.str(g.r.id), at.str("ApiId"))))
}

// make registers a resource of AppSync; suffix ends its logical id.
func (g *samGraph) make(suffix, typ string, props *node) *resource {
	return g.l.generate(g.r, g.r.id+suffix, "AWS::AppSync::"+typ, props)
}

// attribute is a reference to an attribute of a generated resource.
func attributeOf(at *node, r *resource, name string) *node {
	return at.call("Fn::GetAtt", at.list(at.str(r.id), at.str(name)))
}

func (g *samGraph) schema() {
	inline, file := g.r.props.set("SchemaInline"), g.r.props.set("SchemaUri")
	switch {
	case inline == nil && file == nil:
		g.l.problem(g.r.props, g.r.typ+" requires SchemaInline or SchemaUri", "SchemaUri: schema.graphql, a file beside the template")
	case inline != nil && file != nil:
		g.l.problem(file, "there is either SchemaInline or SchemaUri", "remove one of them")
	case inline != nil:
		g.make("Schema", "GraphQLSchema", g.part(inline).add("Definition", inline))
	default:
		g.make("Schema", "GraphQLSchema", g.part(file).add("DefinitionS3Location", file))
	}
}

// authorizers lets AppSync invoke the Lambda authorizers, as SAM's connectors
// do.
func (g *samGraph) authorizers() {
	auth := g.r.props.set("Auth")
	if auth == nil {
		return // the API's reader reports it
	}
	all := []*node{auth}
	if more := auth.set("Additional"); more != nil {
		all = append(all, more.each()...)
	}
	number := 0
	for _, a := range all {
		function := a.at("LambdaAuthorizer", "AuthorizerUri")
		if kind := a.get("Type"); kind == nil || kind.text != spec.ModeLambda || function == nil {
			continue
		}
		number++
		arn := function.str("arn:${AWS::Partition}:appsync:${AWS::Region}:${AWS::AccountId}:apis/${" + g.r.id + ".ApiId}")
		g.l.generate(g.r, g.r.id+"ToLambdaAuthConnector"+strconv.Itoa(number)+"WriteLambdaPermission", "AWS::Lambda::Permission", function.object().
			add("Action", function.str("lambda:InvokeFunction")).add("Principal", function.str("appsync.amazonaws.com")).
			add("FunctionName", function).add("SourceArn", function.call("Fn::Sub", arn)))
	}
}

func (g *samGraph) domain() {
	domain := g.r.props.set("DomainName")
	if domain == nil || !g.l.wantMap(domain) {
		return
	}
	g.l.onlyKnown(domain, "DomainName", "CertificateArn", "DomainName", "Description")
	made := g.make("DomainName", "DomainName", domain.object().add("DomainName", domain.set("DomainName")).add("CertificateArn", domain.set("CertificateArn")))
	g.make("DomainNameApiAssociation", "DomainNameApiAssociation", g.part(domain).add("DomainName", domain.call("Ref", domain.str(made.id))))
}

// function makes a function, or takes one from elsewhere by its Id.
func (g *samGraph) function(key string, f *node) {
	if id := f.set("Id"); id != nil {
		g.functions[key] = id
		if len(f.fields) > 1 {
			g.l.problem(id, "a function with Id has no other properties", "")
		}
		return
	}
	g.l.onlyKnown(f, "a function", "DataSource", "Runtime", "InlineCode", "CodeUri", "Description", "MaxBatchSize", "Name", "Id", "Sync")
	props := g.part(f).add("Name", orNode(f.set("Name"), f.str(key))).add("DataSourceName", g.source(f)).
		add("MaxBatchSize", f.set("MaxBatchSize")).add("SyncConfig", f.set("Sync"))
	if !g.code(f, props) {
		g.l.problem(f, "a function requires InlineCode or CodeUri", "CodeUri: function.js, a file beside the template")
	}
	made := g.make(key, "FunctionConfiguration", props)
	g.functions[key] = attributeOf(f, made, "FunctionId")
}

func orNode(n, def *node) *node {
	if n == nil {
		return def
	}
	return n
}

// code adds the code and its runtime; false if there is none.
func (g *samGraph) code(f, props *node) bool {
	inline, file := f.set("InlineCode"), f.set("CodeUri")
	if inline == nil && file == nil {
		return false
	}
	if inline != nil && file != nil {
		g.l.problem(file, "there is either InlineCode or CodeUri", "remove one of them")
		file = nil
	}
	props.add("Code", inline).add("CodeS3Location", file)
	runtime := f.set("Runtime")
	if runtime == nil {
		g.l.problem(f, "code requires Runtime", "Runtime: {Name: APPSYNC_JS, Version: 1.0.0}")
		props.add("Runtime", samRuntime(f))
		return true
	}
	if g.l.wantMap(runtime) {
		g.l.onlyKnown(runtime, "Runtime", "Name", "Version")
		props.add("Runtime", runtime.object().add("Name", runtime.set("Name")).add("RuntimeVersion", runtime.set("Version")))
	}
	return true
}

// samRuntime is the runtime of the code that SAM adds.
func samRuntime(at *node) *node {
	return at.object().add("Name", at.str("APPSYNC_JS")).add("RuntimeVersion", at.str("1.0.0"))
}

// passThrough is the code of a resolver without any: what the last function
// gives is the answer.
const passThrough = "export const request = () => ({});\nexport const response = (ctx) => ctx.prev.result;\n"

// resolver makes a pipeline resolver: SAM has no others.
func (g *samGraph) resolver(typ, key string, f *node) {
	g.l.onlyKnown(f, "a resolver", "FieldName", "Caching", "InlineCode", "CodeUri", "MaxBatchSize", "Pipeline", "Runtime", "Sync")
	if sync := f.set("Sync"); sync != nil {
		g.l.note(sync, "SAM leaves the Sync of a resolver out")
	}
	props := g.part(f).add("TypeName", f.str(typ)).add("FieldName", orNode(f.set("FieldName"), f.str(key))).add("Kind", f.str("PIPELINE")).
		add("CachingConfig", f.set("Caching")).add("MaxBatchSize", f.set("MaxBatchSize"))
	if !g.code(f, props) {
		props.add("Code", f.str(passThrough)).add("Runtime", samRuntime(f))
	}
	pipeline := f.set("Pipeline")
	if pipeline == nil || pipeline.kind != kindList || len(pipeline.items) == 0 {
		g.l.problem(f, "a resolver requires Pipeline, a list of functions: SAM makes no unit resolvers", "Pipeline: [myFunction], or an AWS::AppSync::Resolver")
		return
	}
	functions := pipeline.list()
	for _, item := range pipeline.items {
		if id := g.functions[item.text]; id != nil && item.scalar() {
			functions.items = append(functions.items, id)
			continue
		}
		g.l.problem(item, "there is no function "+quoteShort(item.text)+" under Functions", didYouMean(item.text, keys(g.functions), ""))
	}
	g.make(typ+key, "Resolver", props.add("PipelineConfig", pipeline.object().add("Functions", functions)))
}
