package hub

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// The limits of enhanced filters ("Defining enhanced subscriptions filters",
// "Enhanced subscription filtering limits").
const (
	maxGroups      = 10  // entries of filterGroup
	maxConditions  = 5   // filters of one entry
	maxIn          = 5   // values of in and notIn
	maxContainsAny = 20  // values of containsAny
	maxPath        = 256 // characters of a field's path
	maxLevels      = 5   // names in a path
)

// FilterError is why a filter is refused, in AppSync's words where they are
// known: Amplify looks for them. The message is for the subscriber.
type FilterError struct{ Message string }

func (e *FilterError) Error() string { return e.Message }

func refuse(format string, args ...any) *FilterError {
	return &FilterError{fmt.Sprintf(format, args...)}
}

// filterJSON is the argument of extensions.setSubscriptionFilter.
type filterJSON struct {
	FilterGroup *[]struct {
		Filters *[]conditionJSON `json:"filters"`
	} `json:"filterGroup"`
}

type conditionJSON struct {
	FieldName *string         `json:"fieldName"`
	Operator  *string         `json:"operator"`
	Value     json.RawMessage `json:"value"`
}

// ParseFilter reads {"filterGroup":[{"filters":[{"fieldName","operator",
// "value"}]}]}, the argument of extensions.setSubscriptionFilter and
// extensions.setSubscriptionInvalidationFilter. JSON null is a nil Filter.
// Errors are of type *FilterError.
func ParseFilter(raw []byte) (*Filter, error) {
	var doc *filterJSON
	if err := json.Unmarshal(raw, &doc); err != nil {
		return nil, malformed(err)
	}
	switch {
	case doc == nil:
		return nil, nil
	case doc.FilterGroup == nil:
		return nil, refuse("Invalid subscription filter: filterGroup is missing; it is a list of {filters: [...]}.")
	case len(*doc.FilterGroup) > maxGroups:
		return nil, refuse("Filters combination exceed maximum limit %d for subscription.", maxGroups)
	}
	f := &Filter{Groups: make([][]Condition, len(*doc.FilterGroup))}
	for i, g := range *doc.FilterGroup {
		if g.Filters == nil {
			return nil, refuse("Invalid subscription filter: filterGroup[%d] has no filters.", i)
		}
		conditions, err := parseGroup(*g.Filters)
		if err != nil {
			return nil, err
		}
		f.Groups[i] = conditions
	}
	return f, nil
}

// malformed says what is wrong with JSON without repeating it.
func malformed(err error) error {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) && wrong.Field != "" {
		return refuse("Invalid subscription filter: %s cannot be a JSON %s.", wrong.Field, wrong.Value)
	}
	return refuse("Invalid subscription filter: it must be a JSON object with filterGroup.")
}

func parseGroup(filters []conditionJSON) ([]Condition, error) {
	if len(filters) > maxConditions {
		return nil, refuse("Filters exceed maximum attributes limit %d for subscription.", maxConditions)
	}
	group := make([]Condition, len(filters))
	for i, f := range filters {
		c, err := f.parse()
		if err != nil {
			return nil, err
		}
		for _, before := range group[:i] {
			if before.Field == c.Field {
				return nil, refuse("filter uses same fieldName multiple time: %s.", shown(c.Field))
			}
		}
		group[i] = c
	}
	return group, nil
}

func (f conditionJSON) parse() (Condition, error) {
	if f.FieldName == nil || f.Operator == nil || f.Value == nil {
		return Condition{}, refuse("Invalid subscription filter: a filter needs fieldName, operator and value.")
	}
	c := Condition{Field: *f.FieldName, Op: parseOp(*f.Operator)}
	if err := checkPath(c.Field); err != nil {
		return Condition{}, err
	}
	if c.Op == 0 {
		return Condition{}, refuse("Invalid subscription filter: the operator %s of field %s is unknown.", shown(*f.Operator), shown(c.Field))
	}
	v, ok := ParseValue(f.Value)
	if !ok {
		return Condition{}, refuse("Invalid subscription filter: the value of field %s is a number out of range.", shown(c.Field))
	}
	c.Values = []Value{v}
	if c.Op.list() {
		c.Values = v.list
	}
	return c, c.check(v)
}

func checkPath(path string) error {
	levels := strings.Split(path, ".")
	switch {
	case len(path) > maxPath:
		return refuse("Invalid subscription filter: a fieldName exceeds maximum length %d.", maxPath)
	case len(levels) > maxLevels:
		return refuse("Invalid subscription filter: fieldName %s exceeds maximum nesting level %d.", shown(path), maxLevels)
	}
	for _, name := range levels {
		if name == "" {
			return refuse("Invalid subscription filter: fieldName %s has an empty name.", shown(path))
		}
	}
	return nil
}

// list says that the operator takes a list of values.
func (op Op) list() bool {
	return op == OpIn || op == OpNotIn || op == OpBetween || op == OpContainsAny
}

// max is how many values a list may have.
func (op Op) max() int {
	switch op {
	case OpBetween:
		return 2
	case OpContainsAny:
		return maxContainsAny
	}
	return maxIn
}

// check says whether the operator can be used with v, the condition's value.
func (c *Condition) check(v Value) error {
	if (v.kind == kindList) != c.Op.list() {
		want := "a single value"
		if c.Op.list() {
			want = "a list of values"
		}
		return refuse("Invalid subscription filter: operator `%s` of field %s takes %s.", c.Op, shown(c.Field), want)
	}
	if n := len(c.Values); n > c.Op.max() || c.Op == OpBetween && n != 2 {
		return c.count(n)
	}
	for _, value := range c.Values {
		if !c.Op.takes(value.kind) {
			return refuse("Invalid subscription filter: operator `%s` of field %s cannot be used with a value of this type.", c.Op, shown(c.Field))
		}
	}
	if c.Op == OpBetween && c.Values[0].kind != c.Values[1].kind {
		return refuse("Invalid subscription filter: operator `between` of field %s takes two values of one type.", shown(c.Field))
	}
	return nil
}

func (c *Condition) count(n int) error {
	if c.Op == OpBetween && n < 2 {
		return refuse("Invalid subscription filter: operator `between` of field %s takes two values.", shown(c.Field))
	}
	return refuse("Invalid subscription filter: operator `%s` exceeds maximum value limit %d.", c.Op, c.Op.max())
}

// takes says whether the operator can be used with a value of the type.
func (op Op) takes(k kind) bool {
	switch op {
	case OpEq, OpNe:
		return k < kindList
	case OpBeginsWith:
		return k == kindString
	case OpLe, OpLt, OpGe, OpGt, OpBetween:
		return k == kindNumber || k == kindString
	}
	return k == kindNumber || k == kindString || k == kindBool
}

// shown is a name as an error repeats it.
func shown(name string) string {
	const most = 64
	if len(name) > most {
		name = strings.ToValidUTF8(name[:most], "") + "…"
	}
	return fmt.Sprintf("%q", name)
}
