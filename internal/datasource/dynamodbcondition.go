package datasource

import (
	"encoding/json"
	"fmt"
)

const conditionFailed = "DynamoDB:ConditionalCheckFailedException"

// conditional sends a write with the document's condition.
func (c *call) conditional(operation string, p parameters, into any) *Failure {
	if c.d.Condition != nil {
		if f := p.add("ConditionExpression", &c.d.Condition.expression); f != nil {
			return f
		}
	}
	return c.send(operation, p, into)
}

// failedCondition decides what a failed condition means (AppSync developer
// guide, "Handling a condition check failure"): a write that was not needed,
// because the table holds what it would have made it, is no failure; else the
// document's strategy says. What is rejected fails beside the item as it is.
// Failures of another kind stay as they are.
func (c *call) failedCondition(f *Failure, wanted item) (json.RawMessage, *Failure) {
	if f.Type != conditionFailed || c.d.Condition == nil {
		return null, f
	}
	current, failed := c.current()
	if failed != nil {
		return null, failed
	}
	if value, done, failed := c.alreadySo(current, wanted); done || failed != nil {
		return value, failed
	}
	h := c.d.Condition.Handler
	switch {
	case h == nil || h.Strategy == "" || h.Strategy == "Reject":
		return c.rejected(f, current)
	case h.Strategy == "Custom" && h.Lambda != "":
		return c.custom(f, current)
	}
	return null, &Failure{Type: badTemplate, Message: fmt.Sprintf("conditionalCheckFailedHandler.strategy must be Custom, with a lambdaArn, or Reject, not %q", h.Strategy)}
}

func (c *call) rejected(f *Failure, current json.RawMessage) (json.RawMessage, *Failure) {
	value, failed := c.plain(current)
	if failed != nil {
		return null, failed
	}
	return value, f
}

// current reads the item; nil if there is none.
func (c *call) current() (json.RawMessage, *Failure) {
	p := c.parameters()
	p["Key"] = c.d.Key
	p["ConsistentRead"] = c.d.Condition.Consistent == nil || *c.d.Condition.Consistent
	var out struct{ Item json.RawMessage }
	f := c.send("GetItem", p, &out)
	return out.Item, f
}

// alreadySo tells whether the table holds what the operation would have left:
// of PutItem the item, without what equalsIgnore names; of DeleteItem nothing.
// UpdateItem does not say what it would have left.
func (c *call) alreadySo(current json.RawMessage, wanted item) (json.RawMessage, bool, *Failure) {
	switch {
	case c.d.Operation == "DeleteItem" && len(current) == 0:
		return null, true, nil
	case c.d.Operation != "PutItem" || len(current) == 0:
		return null, false, nil
	}
	var have item
	if err := json.Unmarshal(current, &have); err != nil {
		return null, false, &Failure{Type: "DynamoDB:InternalServerError", Message: "DynamoDB answered something that is no item"}
	}
	if !sameItem(have, wanted, c.d.Condition.EqualsIgnore) {
		return null, false, nil
	}
	value, f := c.plain(current)
	return value, true, f
}

// custom asks the strategy's Lambda function what to do: reject the write,
// discard it, or try it again with other values (AppSync developer guide,
// "Handling a condition check failure").
func (c *call) custom(f *Failure, current json.RawMessage) (json.RawMessage, *Failure) {
	event, failed := c.customEvent(current)
	if failed != nil {
		return null, failed
	}
	if f := c.s.permitted(c.ds, "Lambda", "lambda:InvokeFunction", c.d.Condition.Handler.Lambda); f != nil {
		return null, f
	}
	reply, err := c.s.o.Invoke(c, c.d.Condition.Handler.Lambda, event)
	if err != nil {
		return null, c.s.functionFailure(c.ds, err)
	}
	var said struct {
		Action string `json:"action"`
		Retry  retry  `json:"retryMapping"`
	}
	if err := json.Unmarshal(reply, &said); err != nil {
		return null, &Failure{Type: "Lambda:IllegalArgument", Message: "the function " + c.d.Condition.Handler.Lambda + " answered something that is not {action, retryMapping}"}
	}
	switch said.Action {
	case "reject":
		return c.rejected(f, current)
	case "discard":
		return c.plain(current)
	case "retry":
		return c.again(&said.Retry)
	}
	return null, &Failure{Type: "Lambda:IllegalArgument", Message: fmt.Sprintf("the function %s must answer the action reject, discard or retry, not %q", c.d.Condition.Handler.Lambda, said.Action)}
}

// retry is what another attempt does otherwise.
type retry struct {
	Attributes item        `json:"attributeValues"`
	Update     *expression `json:"update"`
	Condition  *condition  `json:"condition"`
}

// again makes the same operation on the same key once more, with what the
// function wants instead. Should its condition fail too, that is the failure.
func (c *call) again(r *retry) (json.RawMessage, *Failure) {
	d := *c.d
	d.Attributes, d.Update, d.Condition = r.Attributes, r.Update, r.Condition
	if d.Condition != nil {
		d.Condition.Handler = nil
	}
	other := *c
	other.d = &d
	switch d.Operation {
	case "PutItem":
		return other.put()
	case "UpdateItem":
		return other.update()
	}
	return other.remove()
}

func (c *call) customEvent(current json.RawMessage) (json.RawMessage, *Failure) {
	value, f := c.plain(current)
	if f != nil {
		return null, f
	}
	field := c.field
	if field == nil {
		field = &Field{}
	}
	return c.object(map[string]any{
		"arguments": orNull(field.Arguments), "identity": orNull(field.Identity), "requestMapping": c.raw, "currentValue": value,
		"resolver": map[string]string{"tableName": c.ds.Table, "awsRegion": c.s.o.Region, "parentType": field.Parent, "field": field.Name, "outputType": field.OutputType},
	})
}
