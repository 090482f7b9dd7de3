package template

import (
	"strings"

	"github.com/tidewire/tidewire/internal/spec"
)

func sourceName(l *loader, r *resource) string {
	return l.physical(r, "Name", func() string { return r.id })
}

func sourceARNOf(l *loader, r *resource) string {
	return l.partARN(r, "datasources/"+sourceName(l, r))
}

func dataSourceAttributes(l *loader, r *resource) []attribute {
	return []attribute{
		text(r, "DataSourceArn", func() string { return sourceARNOf(l, r) }),
		text(r, "Name", func() string { return sourceName(l, r) }),
	}
}

// readDataSource reads what fields and handlers ask (CloudFormation template
// reference, "AWS::AppSync::DataSource").
func readDataSource(l *loader, r *resource, p *props, d *appDraft) {
	s := spec.DataSource{
		LogicalID: r.id, Name: p.need("Name", "Name: mySource"), Type: p.need("Type", "Type: NONE"),
		RoleARN: p.str("ServiceRoleArn"), At: l.source(r.node),
	}
	p.quiet("Description", "MetricsConfig", "LambdaConfig", "DynamoDBConfig", "HttpConfig", "EventBridgeConfig",
		"OpenSearchServiceConfig", "ElasticsearchConfig", "RelationalDatabaseConfig")
	l.sourceSettings(p, &s)
	*d.sources = append(*d.sources, s)
	index := len(*d.sources) - 1
	l.later(phaseLinks, r, func() {
		l.linkSourceFunction(p, &(*d.sources)[index])
		l.knownRole(p, "ServiceRoleArn")
	})
}

func (l *loader) sourceSettings(p *props, s *spec.DataSource) {
	switch s.Type {
	case "", spec.SourceNone:
	case spec.SourceLambda:
		if m := p.settings("LambdaConfig"); m != nil {
			if name := m.need("LambdaFunctionArn", "LambdaFunctionArn: !GetAtt MyFunction.Arn"); name != "" {
				s.FunctionARN = l.toFunctionARN(name)
			}
			m.finish()
		}
		l.wantsRole(p, s)
	case spec.SourceDynamoDB:
		l.tableSettings(p, s)
		l.wantsRole(p, s)
	case spec.SourceHTTP:
		l.httpSettings(p, s)
	case "RELATIONAL_DATABASE", "AMAZON_EVENTBRIDGE", "AMAZON_OPENSEARCH_SERVICE", "AMAZON_ELASTICSEARCH", "AMAZON_BEDROCK_RUNTIME":
		l.unable(&s.Unsupported, p.spot("Type"), "data sources of the type "+s.Type+" are not run here", "NONE, AWS_LAMBDA, HTTP and AMAZON_DYNAMODB are")
	default:
		p.problem("Type", "unknown type of data source "+quoteShort(s.Type), "types that run here are NONE, AWS_LAMBDA, HTTP and AMAZON_DYNAMODB")
	}
}

// settings is a map that the type of the data source requires.
func (p *props) settings(name string) *props {
	m := p.inside(name)
	if m == nil && !p.has(name) {
		p.problem(name, "a data source of this type requires "+name, "")
	}
	return m
}

// wantsRole remarks that AWS makes no such data source without a role.
func (l *loader) wantsRole(p *props, s *spec.DataSource) {
	if !p.has("ServiceRoleArn") && !s.CallerCreds {
		l.note(p.r.node, "the data source has no ServiceRoleArn: AWS refuses a source of the type "+s.Type+" without one")
	}
}

func (l *loader) tableSettings(p *props, s *spec.DataSource) {
	m := p.settings("DynamoDBConfig")
	if m == nil {
		return
	}
	s.Table, s.TableRegion = m.need("TableName", "TableName: !Ref MyTable"), m.need("AwsRegion", "AwsRegion: !Ref AWS::Region")
	s.CallerCreds = m.boolean("UseCallerCredentials", false)
	if m.boolean("Versioned", false) {
		l.unable(&s.Unsupported, m.spot("Versioned"), "versioned data sources (conflict detection and delta sync) are not run here", "Versioned: false")
	}
	m.quiet("DeltaSyncConfig")
	if m.has("DeltaSyncConfig") && s.Unsupported == "" {
		l.unable(&s.Unsupported, m.spot("DeltaSyncConfig"), "delta sync is not done here", "remove DeltaSyncConfig for a local run")
	}
	m.finish()
}

func (l *loader) httpSettings(p *props, s *spec.DataSource) {
	m := p.settings("HttpConfig")
	if m == nil {
		return
	}
	s.Endpoint = strings.TrimRight(m.need("Endpoint", "Endpoint: https://api.example.com"), "/")
	if s.Endpoint != "" && !isWebURL(s.Endpoint) {
		m.problem("Endpoint", "an Endpoint begins with https:// or http://", "Endpoint: https://api.example.com")
	}
	if a := m.inside("AuthorizationConfig"); a != nil {
		l.signing(a, s)
		a.finish()
	}
	m.finish()
}

// signing reads how requests are signed.
func (l *loader) signing(a *props, s *spec.DataSource) {
	kind := a.need("AuthorizationType", "AuthorizationType: AWS_IAM")
	c := a.inside("AwsIamConfig")
	switch {
	case kind == "":
	case kind != "AWS_IAM":
		l.unable(&s.Unsupported, a.spot("AuthorizationType"), "the AuthorizationType "+quoteShort(kind)+" of HTTP data sources is not known here", "AuthorizationType: AWS_IAM")
	case c == nil && !a.has("AwsIamConfig"):
		a.problem("AwsIamConfig", "AWS_IAM requires AwsIamConfig", "AwsIamConfig: {SigningRegion: !Ref AWS::Region, SigningServiceName: execute-api}")
	}
	if c != nil {
		s.SigningRegion, s.SigningService = c.need("SigningRegion", "SigningRegion: !Ref AWS::Region"), c.need("SigningServiceName", "SigningServiceName: execute-api")
		c.finish()
	}
}

// linkSourceFunction checks that the function is in the template.
func (l *loader) linkSourceFunction(p *props, s *spec.DataSource) {
	if s.FunctionARN == "" || l.spec.FunctionByARN(s.FunctionARN) != nil {
		return
	}
	l.unable(&s.Unsupported, p.spot("LambdaConfig"), "the function "+s.FunctionARN+" is not in the template", "add the function to the template")
}
