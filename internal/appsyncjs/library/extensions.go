package library

import (
	"encoding/json"
	"fmt"

	"github.com/dop251/goja"
)

var extensionFunctions = []function{
	{"evictFromApiCache", 3, evictFromAPICache},
	{"setSubscriptionFilter", 1, setSubscriptionFilter},
	{"setSubscriptionInvalidationFilter", 1, setSubscriptionInvalidationFilter},
	{"invalidateSubscriptions", 1, invalidateSubscriptions},
}

func evictFromAPICache(l *library, a arguments) goja.Value {
	typeName, field := a.required(0, "the type name"), a.required(1, "the field name")
	keys := json.RawMessage("{}")
	if !a.null(2) {
		if a.plain(2) == nil {
			l.throw("extensions.evictFromApiCache: the caching keys must be an object, not %s", kindOf(a.at(2)))
		}
		keys = l.encode(a.at(2))
	}
	if l.host.Evict != nil {
		l.host.Evict(typeName, field, keys)
	}
	return goja.Undefined()
}

func setSubscriptionFilter(l *library, a arguments) goja.Value {
	return l.filterExtension("extensions.setSubscriptionFilter", a, l.host.Filter)
}

func setSubscriptionInvalidationFilter(l *library, a arguments) goja.Value {
	return l.filterExtension("extensions.setSubscriptionInvalidationFilter", a, l.host.InvalidationFilter)
}

func (l *library) filterExtension(who string, a arguments, set func(json.RawMessage)) goja.Value {
	o := a.plain(0)
	if o == nil {
		l.throw("%s takes an object with a filterGroup, not %s", who, kindOf(a.at(0)))
	}
	filter := l.encode(o)
	if message := CheckFilter(filter); message != "" {
		l.stop(Failure{Message: message, Type: TypeFilter})
		return goja.Undefined()
	}
	if set != nil {
		set(filter)
	}
	return goja.Undefined()
}

func invalidateSubscriptions(l *library, a arguments) goja.Value {
	o := a.plain(0)
	if o == nil {
		l.throw("extensions.invalidateSubscriptions takes an object, not %s", kindOf(a.at(0)))
	}
	if _, ok := o.Get("subscriptionField").(goja.String); !ok {
		l.throw("extensions.invalidateSubscriptions needs a subscriptionField, the name of a subscription")
	}
	if payload := o.Get("payload"); !isNull(payload) && plainObject(payload) == nil {
		l.throw("extensions.invalidateSubscriptions: the payload must be an object, not %s", kindOf(payload))
	}
	if l.host.Invalidate != nil {
		l.host.Invalidate(l.encode(o))
	}
	return goja.Undefined()
}

// TypeFilter is the error type of a subscription filter that is refused.
const TypeFilter = "BadRequestException"

// The limits of enhanced subscription filters: AppSync developer guide,
// "Enhanced subscription filtering".
const (
	mostGroups    = 10
	mostFields    = 5 // different ones, in all groups together
	mostIn        = 5
	mostAny       = 20
	longestPath   = 256
	deepestPath   = 5
	listOperators = " in notIn between containsAny "
)

type subscriptionFilter struct {
	FilterGroup *[]struct {
		Filters []subscriptionCondition `json:"filters"`
	} `json:"filterGroup"`
}

type subscriptionCondition struct {
	FieldName string          `json:"fieldName"`
	Operator  string          `json:"operator"`
	Value     json.RawMessage `json:"value"`
}

// CheckFilter says what AppSync refuses in a subscription filter
// ({"filterGroup": [{"filters": […]}]}), "" if nothing.
func CheckFilter(filter json.RawMessage) string {
	var f subscriptionFilter
	if err := json.Unmarshal(filter, &f); err != nil || f.FilterGroup == nil {
		return "Invalid subscription filter: filterGroup must be a list of {filters: [{fieldName, operator, value}]}"
	}
	if len(*f.FilterGroup) > mostGroups {
		return fmt.Sprintf("Filters combination exceed maximum limit %d", mostGroups)
	}
	fields := map[string]bool{}
	for _, g := range *f.FilterGroup {
		if message := checkGroup(g.Filters); message != "" {
			return message
		}
		for _, c := range g.Filters {
			fields[c.FieldName] = true
		}
	}
	if len(fields) > mostFields {
		return fmt.Sprintf("Filters exceed maximum attributes limit %d", mostFields)
	}
	return ""
}

func checkGroup(conditions []subscriptionCondition) string {
	seen := make(map[string]bool, len(conditions))
	for i := range conditions {
		c := &conditions[i]
		if seen[c.FieldName] {
			return fmt.Sprintf("filter uses same fieldName multiple time: %s", c.FieldName)
		}
		seen[c.FieldName] = true
		if message := c.check(); message != "" {
			return message
		}
	}
	return ""
}
