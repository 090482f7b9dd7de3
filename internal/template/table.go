package template

import (
	"github.com/tidewire/tidewire/internal/spec"
)

func tableFamilies() map[string]family {
	return map[string]family{
		"AWS::DynamoDB::Table":         {ref: stringRef(tableName), attributes: tableAttributes, read: readTable},
		"AWS::Serverless::SimpleTable": {ref: stringRef(tableName), attributes: tableAttributes, read: readSimpleTable},
	}
}

func tableName(l *loader, r *resource) string {
	return l.physical(r, "TableName", func() string { return l.generatedName(r, 255) })
}

func tableAttributes(l *loader, r *resource) []attribute {
	arn := func() string { return l.arn("dynamodb", "table/"+tableName(l, r)) }
	return []attribute{
		text(r, "Arn", arn),
		text(r, "StreamArn", func() string { return arn() + "/stream/2024-01-01T00:00:00.000" }),
		text(r, "TableId", func() string { return l.uuid("table:" + r.id) }),
	}
}

func readTable(l *loader, r *resource, p *props) {
	t := spec.Table{LogicalID: r.id, Name: tableName(l, r), Keys: l.keySchema(p), At: l.source(r.node)}
	for _, v := range p.list("AttributeDefinitions") {
		m := p.member(v)
		t.Attributes = append(t.Attributes, spec.Attribute{
			Name: m.need("AttributeName", "AttributeName: id"), Type: m.need("AttributeType", "AttributeType: S"),
		})
	}
	t.Global = l.indexes(p, "GlobalSecondaryIndexes")
	t.Local = l.indexes(p, "LocalSecondaryIndexes")
	if m := p.inside("TimeToLiveSpecification"); m != nil && m.boolean("Enabled", false) {
		t.TTLAttribute = m.need("AttributeName", "AttributeName: expires")
	}
	if m := p.inside("StreamSpecification"); m != nil {
		t.StreamView = m.need("StreamViewType", "StreamViewType: NEW_AND_OLD_IMAGES")
		m.textsOnly("ResourcePolicy")
	}
	p.quiet("TableName", "BillingMode", "ProvisionedThroughput", "SSESpecification", "Tags", "PointInTimeRecoverySpecification",
		"DeletionProtectionEnabled", "TableClass", "ContributorInsightsSpecification", "OnDemandThroughput", "WarmThroughput")
	p.without("ImportSourceSpecification", "KinesisStreamSpecification", "ResourcePolicy")
	p.finish()
	l.spec.Tables = append(l.spec.Tables, t)
}

func (l *loader) keySchema(p *props) []spec.Key {
	var keys []spec.Key
	for _, v := range p.list("KeySchema") {
		m := p.member(v)
		keys = append(keys, spec.Key{Name: m.need("AttributeName", "AttributeName: id"), Type: m.need("KeyType", "KeyType: HASH")})
	}
	return keys
}

func (l *loader) indexes(p *props, property string) []spec.Index {
	var out []spec.Index
	for _, v := range p.list(property) {
		m := p.member(v)
		index := spec.Index{Name: m.need("IndexName", "IndexName: byRoom"), Keys: l.keySchema(m), Projection: "ALL"}
		if projection := m.inside("Projection"); projection != nil {
			index.Projection = orDefault(projection.str("ProjectionType"), "ALL")
			index.NonKey = projection.strings("NonKeyAttributes")
		}
		m.textsOnly("ProvisionedThroughput", "ContributorInsightsSpecification", "OnDemandThroughput", "WarmThroughput")
		out = append(out, index)
	}
	return out
}

// readSimpleTable is SAM's table with one key, "id" of type String if none is
// given (SAM specification, "AWS::Serverless::SimpleTable").
func readSimpleTable(l *loader, r *resource, p *props) {
	name, typ := "id", "S"
	if m := p.inside("PrimaryKey"); m != nil {
		name = orDefault(m.str("Name"), name)
		switch t := orDefault(m.str("Type"), "String"); t {
		case "String", "Number", "Binary":
			typ = t[:1]
		default:
			m.problem("Type", "the Type of a PrimaryKey is String, Number or Binary", "")
		}
		m.finish()
	}
	p.quiet("TableName", "ProvisionedThroughput", "SSESpecification", "Tags", "PointInTimeRecoverySpecification")
	p.finish()
	l.spec.Tables = append(l.spec.Tables, spec.Table{
		LogicalID: r.id, Name: tableName(l, r), Attributes: []spec.Attribute{{Name: name, Type: typ}},
		Keys: []spec.Key{{Name: name, Type: "HASH"}}, At: l.source(r.node),
	})
}
