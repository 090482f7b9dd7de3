package datasource

import (
	"encoding/json"
	"fmt"
)

func (c *call) transactGet() (json.RawMessage, *Failure) {
	var items []any
	for _, t := range c.d.Transaction {
		p := parameters{"TableName": t.Table, "Key": t.Key}
		if f := p.add("ProjectionExpression", t.Projection); f != nil {
			return null, f
		}
		items = append(items, parameters{"Get": p})
	}
	var out struct {
		Responses []struct{ Item json.RawMessage }
	}
	reasons, f := c.transact("TransactGetItems", items, &out)
	if f != nil {
		value, failed := c.object(map[string]any{"items": nil, "cancellationReasons": reasons})
		if failed != nil {
			return null, failed
		}
		return value, f
	}
	list := make([]json.RawMessage, len(out.Responses))
	for i := range out.Responses {
		list[i] = out.Responses[i].Item
	}
	found, f := c.list(list)
	if f != nil {
		return null, f
	}
	return c.object(map[string]any{"items": found, "cancellationReasons": nil})
}

// transactWrite gives the keys of the items that were written.
func (c *call) transactWrite() (json.RawMessage, *Failure) {
	var items []any
	var keys []json.RawMessage
	for i := range c.d.Transaction {
		one, f := c.d.Transaction[i].request()
		if f != nil {
			return null, f
		}
		items = append(items, one)
		key, f := c.object(c.d.Transaction[i].Key)
		if f != nil {
			return null, f
		}
		keys = append(keys, key)
	}
	reasons, f := c.transact("TransactWriteItems", items, nil)
	if f != nil {
		value, failed := c.object(map[string]any{"keys": nil, "cancellationReasons": reasons})
		if failed != nil {
			return null, failed
		}
		return value, f
	}
	written, f := c.list(keys)
	if f != nil {
		return null, f
	}
	return c.object(map[string]any{"keys": written, "cancellationReasons": nil})
}

// request is one element of TransactWriteItems.
func (t *transactItem) request() (parameters, *Failure) {
	p := parameters{"TableName": t.Table}
	member := map[string]string{"PutItem": "Put", "UpdateItem": "Update", "DeleteItem": "Delete", "ConditionCheck": "ConditionCheck"}[t.Operation]
	switch {
	case member == "":
		return nil, &Failure{Type: badTemplate, Message: fmt.Sprintf("operation %q is none that a transaction writes with", t.Operation)}
	case len(t.Key) == 0:
		return nil, &Failure{Type: badTemplate, Message: "every item of a transaction needs a key"}
	case member == "Put":
		p["Item"] = joined(t.Key, t.Attributes)
	default:
		p["Key"] = t.Key
	}
	if f := p.add("UpdateExpression", t.Update); f != nil {
		return nil, f
	}
	if t.Condition == nil {
		return parameters{member: p}, nil
	}
	if f := p.add("ConditionExpression", &t.Condition.expression); f != nil {
		return nil, f
	}
	// AppSync's default is true.
	if t.Condition.Return == nil || t.Condition.Return == true || t.Condition.Return == "ALL_OLD" {
		p["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
	}
	return parameters{member: p}, nil
}

// reason is why one item cancelled a transaction.
type reason struct {
	Item    json.RawMessage `json:"item"`
	Type    string          `json:"type"`
	Message string          `json:"message"`
}

// transact sends a transaction; when it is cancelled, the reasons are those of
// each item in their order.
func (c *call) transact(operation string, items []any, into any) ([]reason, *Failure) {
	if len(items) == 0 {
		return nil, &Failure{Type: badTemplate, Message: "the operation " + operation + " needs transactItems"}
	}
	e := c.exchange(operation, parameters{"TransactItems": items}, into)
	if e == nil {
		return nil, nil
	}
	var reasons []reason
	for _, r := range e.cancellations {
		one, f := c.plain(r.Item)
		if f != nil {
			return nil, f
		}
		reasons = append(reasons, reason{Item: one, Type: r.Code, Message: r.Message})
	}
	return reasons, e.failure()
}
