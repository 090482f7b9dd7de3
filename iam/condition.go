package iam

import (
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// condition is one operator applied to one key.
type condition struct {
	operator
	name   string // the operator as written
	key    string // in lower case
	shown  string // the key as written
	values []value
}

// value is one value of a condition in a policy, in the form its operator
// compares.
type value struct {
	source  string
	text    pattern    // string operators
	arn     arnPattern // ARN operators
	number  float64
	date    time.Time
	address netip.Prefix
	truth   bool // Bool and Null
}

// holds reports whether the request satisfies the condition.
func (c *condition) holds(ctx Context) bool {
	values := ctx[c.key]
	if c.family == nullFamily {
		return c.null(len(values) == 0)
	}
	if len(values) == 0 || c.quantifier != plain && allEmpty(values) {
		return c.missing()
	}
	switch c.quantifier {
	case forAllValues:
		return !c.some(values, ctx, c.negated)
	case forAnyValue:
		return c.some(values, ctx, !c.negated)
	}
	return c.some(values, ctx, true) != c.negated
}

// missing is the answer for a key without value: true for IfExists and
// ForAllValues, false for ForAnyValue, else true for a negated operator only.
func (c *condition) missing() bool {
	switch {
	case c.ifExists, c.quantifier == forAllValues:
		return true
	case c.quantifier == forAnyValue:
		return false
	}
	return c.negated
}

// null answers the Null operator.
func (c *condition) null(absent bool) bool {
	for i := range c.values {
		if c.values[i].truth == absent {
			return true
		}
	}
	return false
}

// some reports whether there is a value in the request of which "fits one of
// the policy's values" is what the caller looks for.
func (c *condition) some(values []string, ctx Context, fits bool) bool {
	for _, given := range values {
		if c.fits(given, ctx) == fits {
			return true
		}
	}
	return false
}

// fits reports whether given is one of the policy's values.
func (c *condition) fits(given string, ctx Context) bool {
	switch c.family {
	case numberFamily:
		return c.fitsNumber(given)
	case dateFamily:
		return c.fitsDate(given)
	case boolFamily:
		return c.fitsBool(given)
	case binaryFamily:
		return c.fitsBinary(given)
	case addressFamily:
		return c.fitsAddress(given)
	case arnFamily:
		return c.fitsARN(given, ctx)
	}
	return c.fitsText(given, ctx)
}

func (c *condition) fitsText(given string, ctx Context) bool {
	for i := range c.values {
		text := &c.values[i].text
		if c.family == foldFamily && text.matchFold(given, ctx) || c.family != foldFamily && text.match(given, ctx) {
			return true
		}
	}
	return false
}

func (c *condition) fitsARN(given string, ctx Context) bool {
	a := splitARN(given)
	for i := range c.values {
		if c.values[i].arn.match(&a, ctx) {
			return true
		}
	}
	return false
}

func (c *condition) fitsNumber(given string) bool {
	n, ok := parseNumber(given)
	if !ok {
		return false
	}
	for i := range c.values {
		if c.order.holds(compareNumbers(n, c.values[i].number)) {
			return true
		}
	}
	return false
}

func (c *condition) fitsDate(given string) bool {
	t, ok := parseDate(given)
	if !ok {
		return false
	}
	for i := range c.values {
		if c.order.holds(t.Compare(c.values[i].date)) {
			return true
		}
	}
	return false
}

func (c *condition) fitsBool(given string) bool {
	truth, ok := parseBool(given)
	if !ok {
		return false
	}
	for i := range c.values {
		if c.values[i].truth == truth {
			return true
		}
	}
	return false
}

func (c *condition) fitsBinary(given string) bool {
	for i := range c.values {
		if c.values[i].source == given {
			return true
		}
	}
	return false
}

func (c *condition) fitsAddress(given string) bool {
	address, err := netip.ParseAddr(given)
	if err != nil {
		return false
	}
	address = address.Unmap().WithZone("")
	for i := range c.values {
		if c.values[i].address.Contains(address) {
			return true
		}
	}
	return false
}

// allEmpty reports whether no value has any text, which the set operators
// take for no value at all.
func allEmpty(values []string) bool {
	for _, v := range values {
		if v != "" {
			return false
		}
	}
	return true
}

func compareNumbers(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// parseNumber reads a decimal number. Infinities, NaN and hexadecimal are
// none.
func parseNumber(s string) (float64, bool) {
	if s == "" || strings.Trim(s, "0123456789+-.eE") != "" {
		return 0, false
	}
	n, err := strconv.ParseFloat(s, 64)
	return n, err == nil
}

func parseBool(s string) (truth, ok bool) {
	if strings.EqualFold(s, "true") {
		return true, true
	}
	return false, strings.EqualFold(s, "false")
}
