package iam_test

import (
	"fmt"
	"testing"

	"github.com/tidewire/tidewire/iam"
)

// conditional is a policy that allows everything under one condition.
func conditional(operator, key, values string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{%q:{%q:%s}}}}`, operator, key, values)
}

type conditionTest struct {
	operator, values string
	given            []string // nil: the key is missing
	want             bool
}

func runConditions(t *testing.T, tests []conditionTest) {
	t.Helper()
	for _, tt := range tests {
		ctx := iam.Context{"other": {"x"}}
		if tt.given != nil {
			ctx["my:key"] = tt.given
		}
		held := &iam.Policies{Identity: named(t, conditional(tt.operator, "My:Key", tt.values))}
		got, why := iam.Evaluate(held, &iam.Request{Action: "a:B", Resource: "*", Context: ctx})
		if (got == iam.Allow) != tt.want {
			t.Errorf("%s %s with %q: %v (%s)", tt.operator, tt.values, tt.given, got, why)
		}
	}
}

func TestStringConditions(t *testing.T) {
	t.Parallel()
	one := func(s string) []string { return []string{s} }
	runConditions(t, []conditionTest{
		{"StringEquals", `"red"`, one("red"), true},
		{"StringEquals", `"red"`, one("Red"), false},
		{"StringEquals", `["blue","red"]`, one("red"), true},
		{"StringEquals", `"re*"`, one("red"), false},
		{"StringEquals", `"re*"`, one("re*"), true},
		{"StringEquals", `"red"`, nil, false},
		{"StringEquals", `"red"`, []string{}, false},
		{"StringEquals", `""`, one(""), true},
		{"StringEquals", `"red"`, []string{"blue", "red"}, true},
		{"StringEquals", `true`, one("true"), true},
		{"StringEquals", `5`, one("5"), true},
		{"StringNotEquals", `"red"`, one("blue"), true},
		{"StringNotEquals", `"red"`, one("red"), false},
		{"StringNotEquals", `["blue","red"]`, one("red"), false},
		{"StringNotEquals", `["blue","red"]`, one("green"), true},
		{"StringNotEquals", `"red"`, nil, true},
		{"StringNotEquals", `"red"`, []string{"blue", "red"}, false},
		{"StringEqualsIgnoreCase", `"red"`, one("RED"), true},
		{"StringEqualsIgnoreCase", `"ÄRGER"`, one("ärger"), true},
		{"StringEqualsIgnoreCase", `"red"`, one("redd"), false},
		{"StringEqualsIgnoreCase", `"red"`, one("re"), false},
		{"StringEqualsIgnoreCase", `"red"`, nil, false},
		{"StringNotEqualsIgnoreCase", `"red"`, one("RED"), false},
		{"StringNotEqualsIgnoreCase", `"red"`, one("blue"), true},
		{"StringNotEqualsIgnoreCase", `"red"`, nil, true},
		{"StringLike", `"r*d"`, one("round"), true},
		{"StringLike", `"r?d"`, one("red"), true},
		{"StringLike", `"r?d"`, one("round"), false},
		{"StringLike", `"R*"`, one("red"), false},
		{"StringLike", `"*"`, one(""), true},
		{"StringLike", `"*"`, nil, false},
		{"StringLike", `["b*","r*"]`, one("red"), true},
		{"StringNotLike", `"r*"`, one("red"), false},
		{"StringNotLike", `"r*"`, one("blue"), true},
		{"StringNotLike", `"r*"`, nil, true},
	})
}

func TestNumericConditions(t *testing.T) {
	t.Parallel()
	one := func(s string) []string { return []string{s} }
	runConditions(t, []conditionTest{
		{"NumericEquals", `"5"`, one("5"), true},
		{"NumericEquals", `5`, one("5.0"), true},
		{"NumericEquals", `["4","5"]`, one("5"), true},
		{"NumericEquals", `"5"`, one("6"), false},
		{"NumericEquals", `"5"`, one("five"), false},
		{"NumericEquals", `"5"`, one(""), false},
		{"NumericEquals", `"5"`, one("NaN"), false},
		{"NumericEquals", `"5"`, nil, false},
		{"NumericEquals", `"-1.5e3"`, one("-1500"), true},
		{"NumericNotEquals", `"5"`, one("6"), true},
		{"NumericNotEquals", `"5"`, one("5"), false},
		{"NumericNotEquals", `["5","6"]`, one("5"), false},
		{"NumericNotEquals", `"5"`, nil, true},
		{"NumericLessThan", `"5"`, one("4"), true},
		{"NumericLessThan", `"5"`, one("5"), false},
		{"NumericLessThan", `["5","9"]`, one("7"), true},
		{"NumericLessThanEquals", `"5"`, one("5"), true},
		{"NumericLessThanEquals", `"5"`, one("6"), false},
		{"NumericGreaterThan", `"5"`, one("6"), true},
		{"NumericGreaterThan", `"5"`, one("5"), false},
		{"NumericGreaterThan", `"5"`, nil, false},
		{"NumericGreaterThanEquals", `"5"`, one("5"), true},
		{"NumericGreaterThanEquals", `"5"`, one("4"), false},
	})
}

func TestDateConditions(t *testing.T) {
	t.Parallel()
	one := func(s string) []string { return []string{s} }
	runConditions(t, []conditionTest{
		{"DateEquals", `"2024-01-02T03:04:05Z"`, one("2024-01-02T03:04:05Z"), true},
		{"DateEquals", `"2024-01-02T03:04:05Z"`, one("2024-01-02T05:04:05+02:00"), true},
		{"DateEquals", `"2024-01-02T03:04:05Z"`, one("1704164645"), true},
		{"DateEquals", `1704164645`, one("2024-01-02T03:04:05.000Z"), true},
		{"DateEquals", `"2024-01-02"`, one("2024-01-02T00:00Z"), true},
		{"DateEquals", `"2024-01-02"`, one("2024-01-02T02:00+02:00"), true},
		{"DateEquals", `"2024-01"`, one("2024-01-01T00:00:00Z"), true},
		{"DateEquals", `"2024"`, one("2024-01-01T00:00:00Z"), true},
		{"DateEquals", `"2024"`, one("not a date"), false},
		{"DateEquals", `"2024"`, nil, false},
		{"DateNotEquals", `"2024"`, one("2024-01-01T00:00:00Z"), false},
		{"DateNotEquals", `"2024"`, one("2025-01-01T00:00:00Z"), true},
		{"DateNotEquals", `"2024"`, nil, true},
		{"DateLessThan", `"2024-01-02T03:04:05Z"`, one("2024-01-02T03:04:04Z"), true},
		{"DateLessThan", `"2024-01-02T03:04:05Z"`, one("2024-01-02T03:04:05Z"), false},
		{"DateLessThanEquals", `"2024-01-02T03:04:05Z"`, one("2024-01-02T03:04:05Z"), true},
		{"DateLessThanEquals", `"2024-01-02T03:04:05Z"`, one("2024-01-02T03:04:05.1Z"), false},
		{"DateGreaterThan", `"2024-01-02T03:04:05Z"`, one("2024-01-02T03:04:06Z"), true},
		{"DateGreaterThan", `"2024-01-02T03:04:05Z"`, one("2024-01-02T03:04:05Z"), false},
		{"DateGreaterThanEquals", `"2024-01-02T03:04:05Z"`, one("2024-01-02T03:04:05Z"), true},
		{"DateGreaterThanEquals", `"2024-01-02T03:04:05Z"`, one("2023-01-02T03:04:05Z"), false},
	})
}

func TestOtherConditions(t *testing.T) {
	t.Parallel()
	one := func(s string) []string { return []string{s} }
	runConditions(t, []conditionTest{
		{"Bool", `"true"`, one("true"), true},
		{"Bool", `true`, one("True"), true},
		{"Bool", `"true"`, one("false"), false},
		{"Bool", `"false"`, one("false"), true},
		{"Bool", `"false"`, one("no"), false},
		{"Bool", `["true","false"]`, one("false"), true},
		{"Bool", `"false"`, nil, false},
		{"BinaryEquals", `"QmluYXJ5"`, one("QmluYXJ5"), true},
		{"BinaryEquals", `"QmluYXJ5"`, one("qmluyxj5"), false},
		{"BinaryEquals", `"QmluYXJ5"`, nil, false},
		{"IpAddress", `"203.0.113.0/24"`, one("203.0.113.7"), true},
		{"IpAddress", `"203.0.113.0/24"`, one("203.0.114.7"), false},
		{"IpAddress", `"203.0.113.9/24"`, one("203.0.113.7"), true},
		{"IpAddress", `"203.0.113.7"`, one("203.0.113.7"), true},
		{"IpAddress", `"203.0.113.7"`, one("203.0.113.8"), false},
		{"IpAddress", `"203.0.113.0/24"`, one("::ffff:203.0.113.7"), true},
		{"IpAddress", `["10.0.0.0/8","2001:db8::/32"]`, one("2001:db8:1::1"), true},
		{"IpAddress", `"2001:db8::1"`, one("2001:DB8:0:0:0:0:0:1"), true},
		{"IpAddress", `"fe80::/10"`, one("fe80::1%eth0"), true},
		{"IpAddress", `"0.0.0.0/0"`, one("2001:db8::1"), false},
		{"IpAddress", `"0.0.0.0/0"`, one("localhost"), false},
		{"IpAddress", `"0.0.0.0/0"`, nil, false},
		{"NotIpAddress", `"203.0.113.0/24"`, one("203.0.113.7"), false},
		{"NotIpAddress", `"203.0.113.0/24"`, one("203.0.114.7"), true},
		{"NotIpAddress", `"203.0.113.0/24"`, nil, true},
		{"ArnEquals", `"arn:aws:sns:*:*:topic"`, one("arn:aws:sns:us-east-1:1:topic"), true},
		{"ArnLike", `"arn:aws:sns:*:*:topic"`, one("arn:aws:sns:us-east-1:1:topic"), true},
		{"ArnLike", `"arn:*:*:*:*:*"`, one("arn:aws:sns:us-east-1:1:topic"), true},
		{"ArnLike", `"arn:aws:sns:*:*:Topic"`, one("arn:aws:sns:us-east-1:1:topic"), false},
		{"ArnLike", `"arn:aws:sns:*:*:topic"`, one("topic"), false},
		{"ArnLike", `"*"`, one("arn:aws:sns:us-east-1:1:topic"), true},
		{"ArnLike", `"*"`, nil, false},
		{"ArnNotEquals", `"arn:aws:sns:*:*:topic"`, one("arn:aws:sns:us-east-1:1:topic"), false},
		{"ArnNotLike", `"arn:aws:sns:*:*:topic"`, one("arn:aws:sns:us-east-1:1:other"), true},
		{"ArnNotLike", `"arn:aws:sns:*:*:topic"`, nil, true},
		{"Null", `"true"`, nil, true},
		{"Null", `"true"`, []string{}, true},
		{"Null", `"true"`, one("x"), false},
		{"Null", `"false"`, one("x"), true},
		{"Null", `false`, nil, false},
		{"Null", `["true","false"]`, nil, true},
	})
}

func TestIfExists(t *testing.T) {
	t.Parallel()
	var tests []conditionTest
	for operator, values := range map[string][3]string{ // policy value, fits, does not
		"StringEquals": {`"a"`, "a", "b"}, "StringNotEquals": {`"a"`, "b", "a"},
		"StringEqualsIgnoreCase": {`"a"`, "A", "b"}, "StringNotEqualsIgnoreCase": {`"a"`, "b", "A"},
		"StringLike": {`"a*"`, "ab", "b"}, "StringNotLike": {`"a*"`, "b", "ab"},
		"NumericEquals": {`"1"`, "1", "2"}, "NumericNotEquals": {`"1"`, "2", "1"},
		"NumericLessThan": {`"1"`, "0", "1"}, "NumericLessThanEquals": {`"1"`, "1", "2"},
		"NumericGreaterThan": {`"1"`, "2", "1"}, "NumericGreaterThanEquals": {`"1"`, "1", "0"},
		"DateEquals": {`"2024"`, "2024", "2025"}, "DateNotEquals": {`"2024"`, "2025", "2024"},
		"DateLessThan": {`"2024"`, "2023", "2024"}, "DateLessThanEquals": {`"2024"`, "2024", "2025"},
		"DateGreaterThan": {`"2024"`, "2025", "2024"}, "DateGreaterThanEquals": {`"2024"`, "2024", "2023"},
		"Bool": {`"true"`, "true", "false"}, "BinaryEquals": {`"QQ=="`, "QQ==", "Qg=="},
		"IpAddress": {`"10.0.0.0/8"`, "10.1.1.1", "11.1.1.1"}, "NotIpAddress": {`"10.0.0.0/8"`, "11.1.1.1", "10.1.1.1"},
		"ArnEquals": {`"arn:a:b:c:d:*"`, "arn:a:b:c:d:e", "arn:a:x:c:d:e"}, "ArnNotEquals": {`"arn:a:b:c:d:*"`, "arn:a:x:c:d:e", "arn:a:b:c:d:e"},
		"ArnLike": {`"arn:a:b:c:d:*"`, "arn:a:b:c:d:e", "arn:a:x:c:d:e"}, "ArnNotLike": {`"arn:a:b:c:d:*"`, "arn:a:x:c:d:e", "arn:a:b:c:d:e"},
	} {
		for _, prefix := range []string{"", "ForAllValues:", "ForAnyValue:"} {
			tests = append(tests,
				conditionTest{prefix + operator + "IfExists", values[0], nil, true},
				conditionTest{prefix + operator + "IfExists", values[0], []string{values[1]}, true},
				conditionTest{prefix + operator + "IfExists", values[0], []string{values[2]}, false},
				conditionTest{prefix + operator, values[0], []string{values[1]}, true},
				conditionTest{prefix + operator, values[0], []string{values[2]}, false},
			)
		}
	}
	runConditions(t, tests)
}

func TestSetOperators(t *testing.T) {
	t.Parallel()
	runConditions(t, []conditionTest{
		{"ForAllValues:StringEquals", `["a","b"]`, []string{"a"}, true},
		{"ForAllValues:StringEquals", `["a","b"]`, []string{"a", "b"}, true},
		{"ForAllValues:StringEquals", `["a","b"]`, []string{"a", "c"}, false},
		{"ForAllValues:StringEquals", `["a","b"]`, nil, true},
		{"ForAllValues:StringEquals", `["a","b"]`, []string{}, true},
		{"ForAllValues:StringEquals", `["a","b"]`, []string{""}, true},
		{"ForAnyValue:StringEquals", `["a","b"]`, []string{"c", "b"}, true},
		{"ForAnyValue:StringEquals", `["a","b"]`, []string{"c", "d"}, false},
		{"ForAnyValue:StringEquals", `["a","b"]`, nil, false},
		{"ForAnyValue:StringEquals", `["a","b"]`, []string{}, false},
		{"ForAllValues:StringNotEquals", `["a","b"]`, []string{"c", "d"}, true},
		{"ForAllValues:StringNotEquals", `["a","b"]`, []string{"c", "a"}, false},
		{"ForAllValues:StringNotEquals", `["a","b"]`, nil, true},
		{"ForAnyValue:StringNotEquals", `["a","b"]`, []string{"a", "c"}, true},
		{"ForAnyValue:StringNotEquals", `["a","b"]`, []string{"a", "b"}, false},
		{"ForAnyValue:StringNotEquals", `["a","b"]`, nil, false},
		{"ForAllValues:StringLike", `"a*"`, []string{"ab", "ac"}, true},
		{"ForAnyValue:StringLike", `"authenticated*"`, []string{"x", "authenticated"}, true},
		{"ForAnyValue:NumericLessThan", `"5"`, []string{"9", "4"}, true},
		{"ForAllValues:NumericLessThan", `"5"`, []string{"9", "4"}, false},
		{"ForAllValues:IpAddress", `"10.0.0.0/8"`, []string{"10.0.0.1", "10.0.0.2"}, true},
		{"ForAnyValue:ArnLike", `"arn:a:b:c:d:*"`, []string{"x", "arn:a:b:c:d:e"}, true},
	})
}

// Operators and keys are joined by AND.
func TestConditionsAreJoined(t *testing.T) {
	t.Parallel()
	const doc = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{
		"StringEquals":{"k:a":["1","2"],"k:b":"3"},"Bool":{"aws:SecureTransport":"true"}}}}`
	held := &iam.Policies{Identity: named(t, doc)}
	tests := []struct {
		ctx  iam.Context
		want iam.Decision
	}{
		{iam.Context{"k:a": {"2"}, "k:b": {"3"}, "aws:securetransport": {"true"}}, iam.Allow},
		{iam.Context{"k:a": {"3"}, "k:b": {"3"}, "aws:securetransport": {"true"}}, iam.Deny},
		{iam.Context{"k:a": {"2"}, "k:b": {"1"}, "aws:securetransport": {"true"}}, iam.Deny},
		{iam.Context{"k:a": {"2"}, "k:b": {"3"}, "aws:securetransport": {"false"}}, iam.Deny},
		{iam.Context{"k:a": {"2"}, "k:b": {"3"}}, iam.Deny},
		{nil, iam.Deny},
	}
	for _, tt := range tests {
		if got, _ := iam.Evaluate(held, &iam.Request{Action: "a:B", Resource: "*", Context: tt.ctx}); got != tt.want {
			t.Errorf("%v: %v", tt.ctx, got)
		}
	}
}
