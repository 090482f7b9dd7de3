package iam

import "strings"

// family is the type of value a condition operator compares.
type family uint8

const (
	stringFamily family = iota // text, exactly
	foldFamily                 // text, letters in either case
	likeFamily                 // text with wildcards
	numberFamily
	dateFamily
	boolFamily
	binaryFamily
	addressFamily
	arnFamily
	nullFamily
)

// order is how numbers and dates are compared.
type order uint8

const (
	equal order = iota
	less
	lessOrEqual
	greater
	greaterOrEqual
)

// holds reports whether a comparison result (negative, zero, positive)
// satisfies the order.
func (o order) holds(compared int) bool {
	switch o {
	case less:
		return compared < 0
	case lessOrEqual:
		return compared <= 0
	case greater:
		return compared > 0
	case greaterOrEqual:
		return compared >= 0
	}
	return compared == 0
}

// quantifier says how several values of one key in the request combine.
type quantifier uint8

const (
	plain quantifier = iota
	forAllValues
	forAnyValue
)

// operator is a condition operator, taken apart.
type operator struct {
	family     family
	order      order
	negated    bool
	ifExists   bool
	quantifier quantifier
}

// parseOperator takes apart a name such as "ForAnyValue:StringNotLikeIfExists".
// Names are case-sensitive.
func parseOperator(name string) (operator, bool) {
	var prefix quantifier
	base := name
	if rest, ok := strings.CutPrefix(name, "ForAllValues:"); ok {
		base, prefix = rest, forAllValues
	} else if rest, ok := strings.CutPrefix(name, "ForAnyValue:"); ok {
		base, prefix = rest, forAnyValue
	}
	base, ifExists := strings.CutSuffix(base, "IfExists")
	op, ok := baseOperator(base)
	op.quantifier, op.ifExists = prefix, ifExists
	return op, ok && !(ifExists && op.family == nullFamily)
}

// baseOperator knows the operators without prefix and suffix.
func baseOperator(base string) (operator, bool) {
	if rest, ok := strings.CutPrefix(base, "Numeric"); ok {
		return comparison(numberFamily, rest)
	}
	if rest, ok := strings.CutPrefix(base, "Date"); ok {
		return comparison(dateFamily, rest)
	}
	if rest, ok := strings.CutPrefix(base, "String"); ok {
		return textOperator(rest)
	}
	switch base {
	case "Bool":
		return operator{family: boolFamily}, true
	case "BinaryEquals":
		return operator{family: binaryFamily}, true
	case "IpAddress", "NotIpAddress":
		return operator{family: addressFamily, negated: base == "NotIpAddress"}, true
	case "ArnEquals", "ArnLike":
		return operator{family: arnFamily}, true
	case "ArnNotEquals", "ArnNotLike":
		return operator{family: arnFamily, negated: true}, true
	case "Null":
		return operator{family: nullFamily}, true
	}
	return operator{}, false
}

// comparison knows what may follow "Numeric" and "Date".
func comparison(f family, rest string) (operator, bool) {
	switch rest {
	case "Equals":
		return operator{family: f}, true
	case "NotEquals":
		return operator{family: f, negated: true}, true
	case "LessThan":
		return operator{family: f, order: less}, true
	case "LessThanEquals":
		return operator{family: f, order: lessOrEqual}, true
	case "GreaterThan":
		return operator{family: f, order: greater}, true
	case "GreaterThanEquals":
		return operator{family: f, order: greaterOrEqual}, true
	}
	return operator{}, false
}

// textOperator knows what may follow "String".
func textOperator(rest string) (operator, bool) {
	rest, negated := strings.CutPrefix(rest, "Not")
	switch rest {
	case "Equals":
		return operator{family: stringFamily, negated: negated}, true
	case "EqualsIgnoreCase":
		return operator{family: foldFamily, negated: negated}, true
	case "Like":
		return operator{family: likeFamily, negated: negated}, true
	}
	return operator{}, false
}

// operatorNames lists the names without prefix and suffix, to suggest one.
func operatorNames() []string {
	names := []string{
		"StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike", "StringNotLike",
		"Bool", "BinaryEquals", "IpAddress", "NotIpAddress", "ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike", "Null",
	}
	for _, kind := range []string{"Numeric", "Date"} {
		for _, rest := range []string{"Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"} {
			names = append(names, kind+rest)
		}
	}
	return names
}

// suggestOperator finds the operator that differs from name in case only;
// empty if there is none.
func suggestOperator(name string) string {
	for _, prefix := range []string{"", "ForAllValues:", "ForAnyValue:"} {
		for _, base := range operatorNames() {
			for _, suffix := range []string{"", "IfExists"} {
				if candidate := prefix + base + suffix; strings.EqualFold(candidate, name) {
					return candidate
				}
			}
		}
	}
	return ""
}
