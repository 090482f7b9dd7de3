package template

import (
	"github.com/tidewire/tidewire/internal/spec"
)

// graphDraft is a GraphQL API whose parts are still being put together.
type graphDraft struct {
	*appDraft
	api    *spec.GraphQLAPI
	cached bool // it has an AWS::AppSync::ApiCache
	schema bool // it has an AWS::AppSync::GraphQLSchema, broken or not
}

func graphFamilies() map[string]family {
	const appsync = "AWS::AppSync::"
	api := func(read func(*loader, *resource, *props)) family {
		return family{ref: stringRef(graphARN), attributes: graphAttributes, read: read}
	}
	standin := func(read func(*loader, *resource, *props)) family {
		return family{ref: placeholderRef, attributes: placeholderAttributes, read: read}
	}
	return map[string]family{
		appsync + "GraphQLApi":               api(readGraphQLAPI),
		"AWS::Serverless::GraphQLApi":        api(readServerlessGraphQLAPI),
		appsync + "GraphQLSchema":            {ref: stringRef(schemaID), attributes: ownID("Id"), read: graphPart(phaseIntegrations, readGraphQLSchema)},
		appsync + "ApiCache":                 {ref: idOnly, attributes: ownID("Id"), read: graphPart(phaseIntegrations, readAPICache)},
		appsync + "ApiKey":                   {ref: stringRef(graphKeyARN), attributes: graphKeyAttributes, read: eitherPart(phaseIntegrations, readGraphQLKey)},
		appsync + "DataSource":               {ref: stringRef(sourceARNOf), attributes: dataSourceAttributes, read: eitherPart(phaseIntegrations, readDataSource)},
		appsync + "FunctionConfiguration":    {ref: stringRef(pipelineFunctionARN), attributes: pipelineFunctionAttributes, read: graphPart(phaseRoutes, readPipelineFunction)},
		appsync + "Resolver":                 {ref: stringRef(resolverARN), attributes: resolverAttributes, read: graphPart(phaseResponses, readResolver)},
		appsync + "DomainName":               {ref: stringRef(domainName), attributes: graphDomainAttributes, read: readGraphQLDomain},
		appsync + "DomainNameApiAssociation": {ref: stringRef(domainName), attributes: associationAttributes, read: eitherPart(phaseDomains, readAssociation)},
		appsync + "SourceApiAssociation":     standin(readSourceAssociation),
		appsync + "Api":                      {ref: stringRef(eventsARN), attributes: eventsAttributes, read: readEventsAPI},
		appsync + "ChannelNamespace":         {ref: stringRef(namespaceARN), attributes: namespaceAttributes, read: eventPart(phaseRoutes, readNamespace)},
		"AWS::WAFv2::WebACLAssociation":      standin(readFirewall),
	}
}

// graphID is shaped like AppSync's API ids: 26 lower-case letters and digits.
func graphID(l *loader, r *resource) string { return l.derive("graphql:"+r.id, lowerAlnum, 26) }

func graphARN(l *loader, r *resource) string { return l.arn("appsync", "apis/"+graphID(l, r)) }

// partARN is the ARN of something that belongs to an API.
func (l *loader) partARN(r *resource, rest string) string {
	return l.arn("appsync", "apis/"+l.physical(r, "ApiId", func() string { return "unknown" })+"/"+rest)
}

func graphAttributes(l *loader, r *resource) []attribute {
	id := graphID(l, r)
	host, realtime := l.appHost(id, "appsync-api"), l.appHost(id, "appsync-realtime-api")
	return []attribute{
		text(r, "ApiId", func() string { return id }),
		text(r, "Arn", func() string { return graphARN(l, r) }),
		text(r, "GraphQLUrl", func() string { return "https://" + host + "/graphql" }),
		text(r, "GraphQLDns", func() string { return host }),
		text(r, "RealtimeUrl", func() string { return "wss://" + realtime + "/graphql" }),
		text(r, "RealtimeDns", func() string { return realtime }),
		text(r, "GraphQLEndpointArn", func() string { return l.arn("appsync", "endpoints/graphql-api/"+id) }),
	}
}

// readGraphQLAPI reads the API itself (CloudFormation template reference,
// "AWS::AppSync::GraphQLApi"); its parts are resources of their own.
func readGraphQLAPI(l *loader, r *resource, p *props) {
	switch kind := p.str("ApiType"); kind {
	case "", "GRAPHQL":
	case "MERGED":
		l.gap(spec.Guard, p.spot("ApiType"), "a merged API (ApiType MERGED) is not put together here: what its sources allow is not known", "serve one of its source APIs")
		return
	default:
		p.problem("ApiType", "ApiType is GRAPHQL or MERGED", "")
	}
	p.quiet("MergedApiExecutionRoleArn")
	l.graphQLAPI(r, p)
	p.finish()
}

// graphQLAPI reads the properties under CloudFormation's names.
func (l *loader) graphQLAPI(r *resource, p *props) {
	d := &graphDraft{api: &spec.GraphQLAPI{
		LogicalID: r.id, ID: graphID(l, r), ARN: graphARN(l, r), Name: orDefault(p.need("Name", "Name: my-api"), r.id),
		Environment:     p.texts("EnvironmentVariables"),
		QueryDepthLimit: p.integer("QueryDepthLimit", 0, 75, 0), ResolverCountLimit: p.integer("ResolverCountLimit", 0, 10000, 0),
		At: l.source(r.node),
	}}
	d.api.LogLevel, d.api.ExcludeVerbose = l.logConfig(p, "FieldLogLevel")
	d.appDraft = &appDraft{r: r, id: d.api.ID, arn: d.api.ARN, graph: d, keys: &d.api.Keys, sources: &d.api.DataSources, domains: &d.api.Domains}
	l.apps = append(l.apps, d.appDraft)
	d.api.Auth = l.authProviders(p)
	switch orDefault(p.str("IntrospectionConfig"), "ENABLED") {
	case "ENABLED":
	case "DISABLED":
		d.api.IntrospectionDisabled = true
	default:
		p.problem("IntrospectionConfig", "IntrospectionConfig is ENABLED or DISABLED", "")
	}
	switch orDefault(p.str("Visibility"), "GLOBAL") {
	case "GLOBAL":
	case "PRIVATE":
		l.note(p.spot("Visibility"), "a PRIVATE API is reached from its VPC only; here it is served like any other")
	default:
		p.problem("Visibility", "Visibility is GLOBAL or PRIVATE", "")
	}
	p.quiet("Tags", "XrayEnabled", "OwnerContact", "EnhancedMetricsConfig")
	l.later(phaseLinks, r, func() { l.remarkAPI(d) })
}

// logConfig reads LogConfig, whose level has another name for each kind of API.
func (l *loader) logConfig(p *props, name string) (level string, excludeVerbose bool) {
	m := p.inside("LogConfig")
	if m == nil {
		return "", false
	}
	level = m.need(name, name+": ERROR")
	switch level {
	case "", "NONE", "ERROR", "INFO", "DEBUG", "ALL":
	default:
		m.problem(name, name+" is NONE, ERROR, INFO, DEBUG or ALL", "")
	}
	excludeVerbose = m.boolean("ExcludeVerboseContent", false)
	m.textsOnly("CloudWatchLogsRoleArn")
	return level, excludeVerbose
}

// remarkAPI says what leaves an API without use.
func (l *loader) remarkAPI(d *graphDraft) {
	if !d.schema {
		l.notRun(d.r.id, d.r.typ, "it has no schema in this template", d.r.node)
		return
	}
	l.remarkKeys(d.appDraft, d.api.Auth)
}

// readAPICache lists a cache. Resolvers without a CachingConfig run as they
// would with an empty cache.
func readAPICache(l *loader, r *resource, p *props, d *graphDraft) {
	d.cached = true
	l.gap(spec.Worker, r.node, "answers are not cached here (AWS::AppSync::ApiCache): every field asks its data source", "remove it for a local run")
	p.quiet("ApiCachingBehavior", "Ttl", "Type", "AtRestEncryptionEnabled", "TransitEncryptionEnabled", "HealthMetricsConfig")
}

// readSourceAssociation belongs to merged APIs, which are guards.
func readSourceAssociation(l *loader, r *resource, _ *props) {
	l.gap(spec.Worker, r.node, "source APIs are not merged here (AWS::AppSync::SourceApiAssociation)", "serve the source API itself")
	l.notRun(r.id, r.typ, "", r.node)
}
