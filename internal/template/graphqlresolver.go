package template

import (
	"github.com/tidewire/tidewire/internal/spec"
)

// unable makes what is read answer an error, and says why; the first reason
// stays.
func (l *loader) unable(unsupported *string, at *node, message, hint string) {
	if *unsupported == "" {
		*unsupported = message
	}
	l.gap(spec.Worker, at, message, hint)
}

func resolverARN(l *loader, r *resource) string {
	name := func(property string) string {
		return l.physical(r, property, func() string { return "unknown" })
	}
	return l.partARN(r, "types/"+name("TypeName")+"/resolvers/"+name("FieldName"))
}

func resolverAttributes(l *loader, r *resource) []attribute {
	own := func(property string) attribute {
		return text(r, property, func() string { return l.physical(r, property, func() string { return "unknown" }) })
	}
	return []attribute{
		text(r, "ResolverArn", func() string { return resolverARN(l, r) }), own("TypeName"), own("FieldName"),
	}
}

// readResolver reads a unit or a pipeline resolver (CloudFormation template
// reference, "AWS::AppSync::Resolver").
func readResolver(l *loader, r *resource, p *props, d *graphDraft) {
	res := spec.Resolver{
		LogicalID: r.id, Type: p.need("TypeName", "TypeName: Query"), Field: p.need("FieldName", "FieldName: hello"),
		MaxBatchSize: p.integer("MaxBatchSize", 0, 2000, 0), At: l.source(r.node),
	}
	switch kind := orDefault(p.str("Kind"), "UNIT"); kind {
	case "UNIT":
		res.DataSource = p.need("DataSourceName", "DataSourceName: !GetAtt MySource.Name, or Kind: PIPELINE")
		p.without("PipelineConfig")
	case "PIPELINE":
		res.Pipeline = true
		p.without("DataSourceName")
		if m := p.inside("PipelineConfig"); m != nil {
			res.Functions = m.strings("Functions")
			m.finish()
		}
	default:
		p.problem("Kind", "Kind is UNIT or PIPELINE", "")
	}
	res.Code = l.code(p, &res.Unsupported)
	if res.Pipeline && res.Code == nil && res.Unsupported == "" && !p.has("Code") && !p.has("CodeS3Location") {
		l.unable(&res.Unsupported, r.node, "the pipeline resolver has no Code", "Runtime: {Name: APPSYNC_JS, RuntimeVersion: 1.0.0} and Code")
	}
	l.caching(p, d, &res)
	l.syncing(p, &res.Unsupported)
	p.quiet("MetricsConfig")
	d.api.Resolvers = append(d.api.Resolvers, res)
	l.later(phaseLinks, r, func() {
		l.linkSource(p, d, res.DataSource, res.Code == nil && res.Unsupported == "")
		l.linkFunctions(p, d, res.Functions)
	})
}

// caching lists a resolver whose answers AppSync keeps; without a cache its
// CachingConfig does nothing on AWS either.
func (l *loader) caching(p *props, d *graphDraft, res *spec.Resolver) {
	p.quiet("CachingConfig")
	switch {
	case !p.has("CachingConfig"):
	case d.cached:
		l.unable(&res.Unsupported, p.spot("CachingConfig"), "answers are not cached here (CachingConfig)", "remove CachingConfig for a local run")
	default:
		l.note(p.spot("CachingConfig"), "CachingConfig has no effect: the API "+d.api.LogicalID+" has no ApiCache")
	}
}

// syncing lists conflict detection, which versioned data sources have.
func (l *loader) syncing(p *props, unsupported *string) {
	m := p.inside("SyncConfig")
	if m == nil {
		return
	}
	if detection := m.str("ConflictDetection"); detection != "NONE" {
		l.unable(unsupported, p.spot("SyncConfig"), "conflict detection is not done here (SyncConfig "+quoteShort(detection)+")", "ConflictDetection: NONE")
	}
	m.textsOnly("ConflictHandler", "LambdaConflictHandlerConfig")
}

// linkSource checks the data source that a resolver or a function names, and
// that it does without code.
func (l *loader) linkSource(p *props, d *graphDraft, name string, direct bool) {
	source := d.api.DataSource(name)
	switch {
	case name == "":
	case source == nil:
		l.problem(p.spot("DataSourceName"), "the API "+d.api.LogicalID+" has no data source "+quoteShort(name), didYouMean(name, d.sourceNames(), "DataSourceName: !GetAtt MySource.Name"))
	case direct && source.Type != spec.SourceLambda && source.Unsupported == "" && !p.has("Code") && !p.has("CodeS3Location"):
		p.problem("Code", "only a Lambda function is asked without Code; the data source "+name+" is of the type "+source.Type, "Runtime: {Name: APPSYNC_JS, RuntimeVersion: 1.0.0} and Code")
	}
}

func (l *loader) linkFunctions(p *props, d *graphDraft, ids []string) {
	for _, id := range ids {
		if d.api.Function(id) == nil {
			p.problem("PipelineConfig", "the API "+d.api.LogicalID+" has no pipeline function "+quoteShort(id), "Functions: [!GetAtt MyFunction.FunctionId]")
		}
	}
}

// functionID is shaped like AppSync's function ids.
func functionID(l *loader, r *resource) string { return l.derive("function:"+r.id, lowerAlnum, 26) }

func pipelineFunctionARN(l *loader, r *resource) string {
	return l.partARN(r, "functions/"+functionID(l, r))
}

func pipelineFunctionAttributes(l *loader, r *resource) []attribute {
	own := func(property string) attribute {
		return text(r, property, func() string { return l.physical(r, property, func() string { return "unknown" }) })
	}
	return []attribute{
		text(r, "FunctionArn", func() string { return pipelineFunctionARN(l, r) }),
		text(r, "FunctionId", func() string { return functionID(l, r) }), own("Name"), own("DataSourceName"),
	}
}

func readPipelineFunction(l *loader, r *resource, p *props, d *graphDraft) {
	f := spec.PipelineFunction{
		LogicalID: r.id, ID: functionID(l, r), Name: p.need("Name", "Name: myFunction"),
		DataSource:   p.need("DataSourceName", "DataSourceName: !GetAtt MySource.Name"),
		MaxBatchSize: p.integer("MaxBatchSize", 0, 2000, 0), At: l.source(r.node),
	}
	f.Code = l.code(p, &f.Unsupported)
	l.syncing(p, &f.Unsupported)
	p.quiet("Description", "FunctionVersion")
	d.api.Functions = append(d.api.Functions, f)
	l.later(phaseLinks, r, func() { l.linkSource(p, d, f.DataSource, f.Code == nil && f.Unsupported == "") })
}
