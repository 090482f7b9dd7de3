package datasource

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/tidewire/tidewire/internal/spec"
)

// expression is how documents write update, condition, query, filter and
// projection.
type expression struct {
	Expression string            `json:"expression"`
	Names      map[string]string `json:"expressionNames"`
	Values     item              `json:"expressionValues"`
}

// condition is an expression and what to do when it does not hold.
type condition struct {
	expression
	EqualsIgnore []string `json:"equalsIgnore"`
	Consistent   *bool    `json:"consistentRead"`
	Handler      *struct {
		Strategy string `json:"strategy"`
		Lambda   string `json:"lambdaArn"`
	} `json:"conditionalCheckFailedHandler"`
	Return any `json:"returnValuesOnConditionCheckFailure"` // of a transaction: true or "ALL_OLD"
}

// item is attributes, or values of an expression, by their names.
type item = map[string]attribute

// dynamoDocument is the request document of a DynamoDB data source (AppSync
// developer guide, "JavaScript resolver function reference for DynamoDB").
type dynamoDocument struct {
	Operation  string      `json:"operation"`
	Key        item        `json:"key"`
	Attributes item        `json:"attributeValues"`
	Update     *expression `json:"update"`
	Condition  *condition  `json:"condition"`
	Query      *expression `json:"query"`
	Filter     *expression `json:"filter"`
	Projection *expression `json:"projection"`

	Index         string          `json:"index"`
	NextToken     *string         `json:"nextToken"`
	Limit         *int            `json:"limit"`
	Forward       *bool           `json:"scanIndexForward"`
	Consistent    bool            `json:"consistentRead"`
	Select        string          `json:"select"`
	TotalSegments *int            `json:"totalSegments"`
	Segment       *int            `json:"segment"`
	Tables        json.RawMessage `json:"tables"`
	Transaction   []transactItem  `json:"transactItems"`

	Version      json.RawMessage `json:"_version"`
	PartitionKey string          `json:"customPartitionKey"`
	Populate     json.RawMessage `json:"populateIndexFields"`
}

type transactItem struct {
	Table      string      `json:"table"`
	Operation  string      `json:"operation"`
	Key        item        `json:"key"`
	Attributes item        `json:"attributeValues"`
	Update     *expression `json:"update"`
	Condition  *condition  `json:"condition"`
	Projection *expression `json:"projection"`
}

// call is one request to DynamoDB in progress.
type call struct {
	context.Context
	s     *Sources
	ds    *spec.DataSource
	field *Field
	d     *dynamoDocument
	raw   json.RawMessage // the document
}

func (s *Sources) doDynamoDB(ctx context.Context, ds *spec.DataSource, document json.RawMessage, field *Field) (json.RawMessage, *Failure) {
	var d dynamoDocument
	if f := decode(document, &d); f != nil {
		return null, f
	}
	if d.Version != nil || d.PartitionKey != "" || len(d.Populate) > 0 && !bytes.Equal(d.Populate, []byte("false")) && !bytes.Equal(d.Populate, null) {
		return null, unsupported("conflict detection and delta sync (_version, customPartitionKey, populateIndexFields) are not run by tidewire")
	}
	c := &call{Context: ctx, s: s, ds: ds, field: field, d: &d, raw: document}
	operations := map[string]func() (json.RawMessage, *Failure){
		"GetItem": c.get, "PutItem": c.put, "UpdateItem": c.update, "DeleteItem": c.remove, "Query": c.query, "Scan": c.scan,
		"BatchGetItem": c.batchGet, "BatchPutItem": c.batchPut, "BatchDeleteItem": c.batchDelete,
		"TransactGetItems": c.transactGet, "TransactWriteItems": c.transactWrite,
	}
	if run, ok := operations[d.Operation]; ok {
		return run()
	}
	if d.Operation == "Sync" {
		return null, unsupported("the operation Sync (delta sync of a versioned data source) is not run by tidewire")
	}
	return null, &Failure{Type: badTemplate, Message: fmt.Sprintf("operation %q is none of DynamoDB's", d.Operation)}
}

// parameters are those of a request to DynamoDB, by the names of its API.
type parameters map[string]any

// add puts an expression in, and its names and values to those that are there.
func (p parameters) add(member string, e *expression) *Failure {
	if e == nil || e.Expression == "" {
		return nil
	}
	p[member] = e.Expression
	if f := merge(p, "ExpressionAttributeNames", e.Names, func(a, b string) bool { return a == b }); f != nil {
		return f
	}
	return merge(p, "ExpressionAttributeValues", e.Values, func(a, b attribute) bool { return bytes.Equal(a, b) })
}

// merge adds the names or values of one expression to those of the others.
func merge[V any](p parameters, member string, add map[string]V, same func(a, b V) bool) *Failure {
	if len(add) == 0 {
		return nil
	}
	all, ok := p[member].(map[string]V)
	if !ok {
		all = map[string]V{}
		p[member] = all
	}
	for k, v := range add {
		if have, ok := all[k]; ok && !same(have, v) {
			return &Failure{Type: badTemplate, Message: fmt.Sprintf("two expressions of the document give %s different meanings", k)}
		}
		all[k] = v
	}
	return nil
}

// parameters begins a request to the data source's table.
func (c *call) parameters() parameters { return parameters{"TableName": c.ds.Table} }

// keyed begins one to an item.
func (c *call) keyed() (parameters, *Failure) {
	if len(c.d.Key) == 0 {
		return nil, &Failure{Type: badTemplate, Message: "the operation " + c.d.Operation + " needs a key"}
	}
	p := c.parameters()
	p["Key"] = c.d.Key
	return p, nil
}

func (c *call) get() (json.RawMessage, *Failure) {
	p, f := c.keyed()
	if f != nil {
		return null, f
	}
	if f := p.add("ProjectionExpression", c.d.Projection); f != nil {
		return null, f
	}
	if c.d.Consistent {
		p["ConsistentRead"] = true
	}
	var out struct{ Item json.RawMessage }
	if f := c.send("GetItem", p, &out); f != nil {
		return null, f
	}
	return c.plain(out.Item)
}

func (c *call) plain(item json.RawMessage) (json.RawMessage, *Failure) {
	value, err := plain(item)
	if err != nil {
		return null, &Failure{Type: "DynamoDB:InternalServerError", Message: err.Error()}
	}
	return value, nil
}

// put gives the item that was written, as AppSync does.
func (c *call) put() (json.RawMessage, *Failure) {
	if len(c.d.Key) == 0 {
		return null, &Failure{Type: badTemplate, Message: "the operation PutItem needs a key"}
	}
	whole := joined(c.d.Key, c.d.Attributes)
	p := c.parameters()
	p["Item"] = whole
	if f := c.conditional("PutItem", p, nil); f != nil {
		return c.failedCondition(f, whole)
	}
	return c.plainItem(whole)
}

func (c *call) plainItem(i item) (json.RawMessage, *Failure) {
	text, err := json.Marshal(i)
	if err != nil {
		return null, &Failure{Type: badTemplate, Message: "an attribute is no JSON"}
	}
	return c.plain(text)
}

// joined is an item of a key and attributes.
func joined(key, attributes item) item {
	whole := make(item, len(key)+len(attributes))
	for _, part := range []item{attributes, key} {
		for name, value := range part {
			whole[name] = value
		}
	}
	return whole
}

func (c *call) update() (json.RawMessage, *Failure) {
	p, f := c.keyed()
	if f != nil {
		return null, f
	}
	if f := p.add("UpdateExpression", c.d.Update); f != nil {
		return null, f
	}
	p["ReturnValues"] = "ALL_NEW"
	var out struct{ Attributes json.RawMessage }
	if f := c.conditional("UpdateItem", p, &out); f != nil {
		return c.failedCondition(f, nil)
	}
	return c.plain(out.Attributes)
}

func (c *call) remove() (json.RawMessage, *Failure) {
	p, f := c.keyed()
	if f != nil {
		return null, f
	}
	p["ReturnValues"] = "ALL_OLD"
	var out struct{ Attributes json.RawMessage }
	if f := c.conditional("DeleteItem", p, &out); f != nil {
		return c.failedCondition(f, nil)
	}
	return c.plain(out.Attributes)
}

func (c *call) query() (json.RawMessage, *Failure) {
	if c.d.Query == nil || c.d.Query.Expression == "" {
		return null, &Failure{Type: badTemplate, Message: "the operation Query needs query.expression"}
	}
	p := c.parameters()
	if f := p.add("KeyConditionExpression", c.d.Query); f != nil {
		return null, f
	}
	if c.d.Forward != nil {
		p["ScanIndexForward"] = *c.d.Forward
	}
	return c.page("Query", p)
}

func (c *call) scan() (json.RawMessage, *Failure) {
	p := c.parameters()
	if (c.d.TotalSegments == nil) != (c.d.Segment == nil) {
		return null, &Failure{Type: badTemplate, Message: "segment and totalSegments need each other"}
	}
	if c.d.TotalSegments != nil {
		p["TotalSegments"], p["Segment"] = *c.d.TotalSegments, *c.d.Segment
	}
	return c.page("Scan", p)
}

// page is what Query and Scan have in common.
func (c *call) page(operation string, p parameters) (json.RawMessage, *Failure) {
	for member, e := range map[string]*expression{"FilterExpression": c.d.Filter, "ProjectionExpression": c.d.Projection} {
		if f := p.add(member, e); f != nil {
			return null, f
		}
	}
	for member, value := range map[string]string{"IndexName": c.d.Index, "Select": c.d.Select} {
		if value != "" {
			p[member] = value
		}
	}
	if c.d.Limit != nil {
		p["Limit"] = *c.d.Limit
	}
	if c.d.Consistent {
		p["ConsistentRead"] = true
	}
	about := c.ds.Table + "\x00" + c.d.Index + "\x00" + operation
	if c.d.NextToken != nil {
		key, err := c.s.tokens.open(*c.d.NextToken, about)
		if err != nil {
			return null, &Failure{Type: "DynamoDB:DynamoDbException", Message: "Invalid pagination token given: " + err.Error()}
		}
		p["ExclusiveStartKey"] = key
	}
	var out struct {
		Items            []json.RawMessage
		ScannedCount     int
		LastEvaluatedKey json.RawMessage
	}
	if f := c.send(operation, p, &out); f != nil {
		return null, f
	}
	items, f := c.list(out.Items)
	if f != nil {
		return null, f
	}
	return c.object(struct {
		Items   json.RawMessage `json:"items"`
		Token   json.RawMessage `json:"nextToken"`
		Scanned int             `json:"scannedCount"`
	}{items, c.s.tokens.seal(out.LastEvaluatedKey, about), out.ScannedCount})
}

// list is the plain items as a JSON list; missing ones are null.
func (c *call) list(items []json.RawMessage) (json.RawMessage, *Failure) {
	var out bytes.Buffer
	out.WriteByte('[')
	for i, one := range items {
		if i > 0 {
			out.WriteByte(',')
		}
		value, f := c.plain(one)
		if f != nil {
			return null, f
		}
		out.Write(value)
	}
	out.WriteByte(']')
	return out.Bytes(), nil
}

func (c *call) object(v any) (json.RawMessage, *Failure) {
	text, err := json.Marshal(v)
	if err != nil {
		return null, &Failure{Type: "DynamoDB:InternalServerError", Message: "the result could not be written as JSON"}
	}
	return text, nil
}
