package library

import (
	"encoding/json"
	"fmt"
	"strings"
)

// check says what is wrong with one condition.
func (c *subscriptionCondition) check() string {
	switch {
	case c.FieldName == "":
		return "Invalid subscription filter: a filter needs a fieldName"
	case len(c.FieldName) > longestPath:
		return fmt.Sprintf("Invalid subscription filter: a fieldName has more than %d characters", longestPath)
	case strings.Count(c.FieldName, ".") >= deepestPath:
		return fmt.Sprintf("Invalid subscription filter: fieldName %s has more than %d levels", c.FieldName, deepestPath)
	case !c.known():
		return fmt.Sprintf("Invalid subscription filter: operator %q is not supported", c.Operator)
	case len(c.Value) == 0:
		return fmt.Sprintf("Invalid subscription filter: %s of %s has no value", c.Operator, c.FieldName)
	case strings.Contains(listOperators, " "+c.Operator+" "):
		return c.checkList()
	}
	if first := c.Value[0]; first == '[' || first == '{' {
		return fmt.Sprintf("Invalid subscription filter: %s of %s takes a single value", c.Operator, c.FieldName)
	}
	return ""
}

func (c *subscriptionCondition) known() bool {
	switch c.Operator {
	case "eq", "ne", "le", "lt", "ge", "gt", "contains", "notContains", "beginsWith",
		"in", "notIn", "between", "containsAny":
		return true
	}
	return false
}

func (c *subscriptionCondition) checkList() string {
	var values []json.RawMessage
	if json.Unmarshal(c.Value, &values) != nil || values == nil {
		return fmt.Sprintf("Invalid subscription filter: %s of %s takes a list", c.Operator, c.FieldName)
	}
	most := mostIn
	switch c.Operator {
	case "containsAny":
		most = mostAny
	case "between":
		if len(values) != 2 {
			return fmt.Sprintf("Invalid subscription filter: between of %s takes two values", c.FieldName)
		}
	}
	if len(values) > most {
		return fmt.Sprintf("operator `%s` exceeds maximum value limit %d", c.Operator, most)
	}
	return ""
}
