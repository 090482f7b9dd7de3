package template

import (
	"sort"
	"strings"

	"github.com/tidewire/tidewire/internal/spec"
)

// keys are the keys of a map in their order.
func keys(m map[string]*node) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

// source is the name of the data source that a function has: a key under
// DataSources, NONE, or an intrinsic.
func (g *samGraph) source(f *node) *node {
	source := f.set("DataSource")
	switch {
	case source == nil:
		g.l.problem(f, "a function requires DataSource", "DataSource: NONE, or a key under DataSources")
		return f.bad()
	case !source.scalar():
		return source
	case strings.EqualFold(source.text, "none"):
		id := g.r.id + "NoneDataSource"
		if !g.none {
			g.none = true
			g.make("NoneDataSource", "DataSource", g.part(source).add("Name", source.str(id)).add("Type", source.str(spec.SourceNone)))
		}
		return source.str(id)
	}
	name := g.sources[source.text]
	if name == nil {
		g.l.problem(source, "there is no data source "+quoteShort(source.text)+" under DataSources", didYouMean(source.text, keys(g.sources), "DataSource: NONE, or a key under DataSources"))
		return source.bad()
	}
	return name
}

// tables makes the DynamoDB data sources.
func (g *samGraph) tables(sources *node) {
	for _, f := range g.members(sources, "DynamoDb") {
		s := f.val
		g.l.onlyKnown(s, "a DynamoDB data source", "TableName", "ServiceRoleArn", "TableArn", "Permissions", "Name", "Description", "Region",
			"DeltaSync", "UseCallerCredentials", "Versioned")
		region := orNode(s.set("Region"), s.call("Ref", s.str("AWS::Region")))
		config := s.object().add("TableName", s.set("TableName")).add("AwsRegion", region).
			add("UseCallerCredentials", s.set("UseCallerCredentials")).add("Versioned", s.set("Versioned")).add("DeltaSyncConfig", s.set("DeltaSync"))
		id := f.key + "DynamoDBDataSource"
		role := s.set("ServiceRoleArn")
		if role == nil {
			role = g.role(s, id, "ToTableConnectorPolicy", g.tableStatements(s, region))
		}
		g.addSource(f, id, spec.SourceDynamoDB, role, "DynamoDBConfig", config)
	}
}

// tableStatements are what SAM's connector from a data source to a table
// permits.
func (g *samGraph) tableStatements(s, region *node) *node {
	table := s.set("TableArn")
	if table == nil {
		arn := s.str("arn:${AWS::Partition}:dynamodb:${TableRegion}:${AWS::AccountId}:table/${TableName}")
		table = s.call("Fn::Sub", s.list(arn, s.object().add("TableRegion", region).add("TableName", orNode(s.set("TableName"), s.str("")))))
	}
	index := s.call("Fn::Sub", s.list(s.str("${Table}/index/*"), s.object().add("Table", table)))
	out := s.list()
	add := func(actions string) {
		out.items = append(out.items, statement(s, "dynamodb", actions, table, index))
	}
	permissions := s.set("Permissions")
	if permissions == nil {
		permissions = s.list(s.str("Read"), s.str("Write"))
	}
	for _, p := range permissions.each() {
		switch p.text {
		case "Read":
			add("GetItem Query Scan BatchGetItem ConditionCheckItem PartiQLSelect")
		case "Write":
			add("PutItem UpdateItem DeleteItem BatchWriteItem PartiQLDelete PartiQLInsert PartiQLUpdate")
		default:
			g.l.problem(p, "Permissions are Read and Write", "Permissions: [Read, Write]")
		}
	}
	return out
}

// lambdas makes the Lambda data sources.
func (g *samGraph) lambdas(sources *node) {
	for _, f := range g.members(sources, "Lambda") {
		s := f.val
		g.l.onlyKnown(s, "a Lambda data source", "FunctionArn", "ServiceRoleArn", "Name", "Description")
		id := f.key + "LambdaDataSource"
		function := s.set("FunctionArn")
		role := s.set("ServiceRoleArn")
		if role == nil && function != nil {
			versions := s.call("Fn::Sub", s.list(s.str("${Function}:*"), s.object().add("Function", function)))
			role = g.role(s, id, "ToLambdaConnectorPolicy", s.list(statement(s, "lambda", "InvokeAsync InvokeFunction", function, versions)))
		}
		g.addSource(f, id, spec.SourceLambda, role, "LambdaConfig", s.object().add("LambdaFunctionArn", function))
	}
}

func (g *samGraph) addSource(f field, id, typ string, role *node, property string, config *node) {
	s := f.val
	made := g.make(id, "DataSource", g.part(s).add("Name", orNode(s.set("Name"), s.str(f.key))).add("Type", s.str(typ)).
		add("ServiceRoleArn", role).add(property, config))
	g.sources[f.key] = attributeOf(s, made, "Name")
}

// role makes the role of a data source and the policy of SAM's connector, and
// gives its ARN.
func (g *samGraph) role(at *node, id, policy string, statements *node) *node {
	trust := at.object().add("Effect", at.str("Allow")).add("Action", at.list(at.str("sts:AssumeRole"))).
		add("Principal", at.object().add("Service", at.list(at.str("appsync.amazonaws.com"))))
	role := g.l.generate(g.r, g.r.id+id+"Role", "AWS::IAM::Role", at.object().add("AssumeRolePolicyDocument", document(at, at.list(trust))))
	if len(statements.items) > 0 {
		g.l.generate(g.r, g.r.id+id+policy, "AWS::IAM::ManagedPolicy", at.object().
			add("PolicyDocument", document(at, statements)).add("Roles", at.list(at.call("Ref", at.str(role.id)))))
	}
	return attributeOf(at, role, "Arn")
}

// document is a policy document with statements.
func document(at, statements *node) *node {
	return at.object().add("Version", at.str("2012-10-17")).add("Statement", statements)
}

// statement allows actions of a service on resources.
func statement(at *node, service, actions string, resources ...*node) *node {
	list := at.list()
	for name := range strings.FieldsSeq(actions) {
		list.items = append(list.items, at.str(service+":"+name))
	}
	return at.object().add("Effect", at.str("Allow")).add("Action", list).add("Resource", at.list(resources...))
}
