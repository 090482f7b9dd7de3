package library

import (
	"testing"

	"github.com/dop251/goja"
)

// recorded are results of AWS's EvaluateCode: those that the public test suite of
// localstack/appsync-utils and the issues of aws/aws-appsync-community have
// recorded, and the examples of the developer guide. They are compared without
// regard to the order of keys, which AWS does not keep.
var recorded = []struct{ code, want string }{
	{`util.dynamodb.toDynamoDB("test")`, `{"S":"test"}`},
	{`util.dynamodb.toDynamoDB(12345)`, `{"N":12345}`},
	{`util.dynamodb.toDynamoDB(true)`, `{"BOOL":true}`},
	{`util.dynamodb.toDynamoDB({ "foo": "bar", "baz" : 1234, "beep": [ "boop" ] })`, `{"M":{"foo":{"S":"bar"},"baz":{"N":1234},"beep":{"L":[{"S":"boop"}]}}}`},
	{`util.dynamodb.toString("test")`, `{"S":"test"}`},
	{`util.dynamodb.toStringSet(["foo", "bar", "baz"])`, `{"SS":["foo","bar","baz"]}`},
	{`util.dynamodb.toNumber(12345)`, `{"N":12345}`},
	{`util.dynamodb.toNumberSet([1, 23, 4.56])`, `{"NS":[1,23,4.56]}`},
	{`util.dynamodb.toBinary("foo")`, `{"B":"foo"}`},
	{`util.dynamodb.toBinarySet(["foo", "bar", "baz"])`, `{"BS":["foo","bar","baz"]}`},
	{`util.dynamodb.toBoolean(true)`, `{"BOOL":true}`},
	{`util.dynamodb.toNull()`, `{"NULL":null}`},
	{`util.dynamodb.toList(["foo", 123, {bar: "baz" }])`, `{"L":[{"S":"foo"},{"N":123},{"M":{"bar":{"S":"baz"}}}]}`},
	{`util.dynamodb.toMap({ "foo": "bar", "baz": 1234, "beep": ["boop"] })`, `{"M":{"foo":{"S":"bar"},"baz":{"N":1234},"beep":{"L":[{"S":"boop"}]}}}`},
	{`util.dynamodb.toMapValues({ "foo": "bar", "baz": 1234, "beep": ["boop"] })`, `{"foo":{"S":"bar"},"baz":{"N":1234},"beep":{"L":[{"S":"boop"}]}}`},
	{`util.dynamodb.toS3Object("foo", "bar", "baz")`, `{"S":"{\"s3\":{\"key\":\"foo\",\"bucket\":\"bar\",\"region\":\"baz\"}}"}`},
	{`util.dynamodb.toS3Object("foo", "bar", "baz", "beep")`, `{"S":"{\"s3\":{\"key\":\"foo\",\"bucket\":\"bar\",\"region\":\"baz\",\"version\":\"beep\"}}"}`},
	{`ddb.get({ key: { id: "id" }})`, `{"key":{"id":{"S":"id"}},"operation":"GetItem"}`},
	{`ddb.put({ key: { id: "abc" }, item: { value: 10 }})`, `{"attributeValues":{"value":{"N":10}},"key":{"id":{"S":"abc"}},"operation":"PutItem"}`},
	{`ddb.remove({ key: { id: "test" } })`, `{"key":{"id":{"S":"test"}},"operation":"DeleteItem"}`},
	{`ddb.scan({ limit: 10, nextToken: "abc"})`, `{"limit":10,"nextToken":"abc","operation":"Scan"}`},
	{`ddb.update({ key: { id: "test" }, update: { age: ddb.operations.add(10), } })`, update(`SET #expName_1 = :expValue_1`, `"age"`, `{"N":10}`)},
	{`ddb.update({ key: { id: "test" }, update: { values: ddb.operations.append([1, 2, 3]), } })`, update(`SET #expName_1 = list_append(#expName_1, :expValue_1)`, `"values"`, `{"L":[{"N":1},{"N":2},{"N":3}]}`)},
	{`ddb.update({ key: { id: "test" }, update: { age: ddb.operations.decrement(10) } })`, update(`SET #expName_1 = #expName_1 - :expValue_1`, `"age"`, `{"N":10}`)},
	{`ddb.update({ key: { id: "test" }, update: { age: ddb.operations.increment(10) } })`, update(`SET #expName_1 = #expName_1 + :expValue_1`, `"age"`, `{"N":10}`)},
	{`ddb.update({ key: { id: "test" }, update: { values: ddb.operations.prepend([1, 2, 3]) } })`, update(`SET #expName_1 = list_append(:expValue_1, #expName_1)`, `"values"`, `{"L":[{"N":1},{"N":2},{"N":3}]}`)},
	{`ddb.update({ key: { id: "test" }, update: { values: ddb.operations.replace({ a: 10 }) }})`, update(`SET #expName_1 = :expValue_1`, `"values"`, `{"M":{"a":{"N":10}}}`)},
	{`ddb.update({ key: { id: "test" }, update: { bio: null }})`, update(`SET #expName_1 = :expValue_1`, `"bio"`, `{"NULL":null}`)},
	{`ddb.operations.add(10)`, `{"type":"OPERATION_ADD","value":10}`},
	{`ddb.operations.append([1, 2, 3])`, `{"items":[1,2,3],"type":"OPERATION_APPEND"}`},
	{`ddb.operations.decrement(10)`, `{"by":10,"type":"OPERATION_DECREMENT"}`},
	{`ddb.operations.increment(10)`, `{"by":10,"type":"OPERATION_INCREMENT"}`},
	{`ddb.operations.prepend([1, 2, 3])`, `{"items":[1,2,3],"type":"OPERATION_PREPEND"}`},
	{`ddb.operations.replace({ a: 10 })`, `{"type":"OPERATION_REPLACE","value":{"a":10}}`},

	// Filters. AWS gives a string, which is parsed here.
	{`parsed({ "title":{ "contains":"Hello World" } })`, filter(`(contains(#title,:title_contains))`, `"#title":"title"`, `":title_contains":{"S":"Hello World"}`)},
	{`JSON.parse(util.transform.toDynamoDBConditionExpression({ id: { attributeExists: true }, version: { eq: 10 } }))`, filter(`(attribute_exists(#id)) AND (#version = :version_eq)`, `"#id":"id","#version":"version"`, `":version_eq":{"N":10}`)},
	{`parsed({ v: { eq: "x" } })`, filter(`(#v = :v_eq)`, `"#v":"v"`, `":v_eq":{"S":"x"}`)},
	{`parsed({ v: { ne: "x" } })`, filter(`(#v <> :v_ne)`, `"#v":"v"`, `":v_ne":{"S":"x"}`)},
	{`parsed({ v: { lt: 1.5 } })`, filter(`(#v < :v_lt)`, `"#v":"v"`, `":v_lt":{"N":1.5}`)},
	{`parsed({ v: { le: true } })`, filter(`(#v <= :v_le)`, `"#v":"v"`, `":v_le":{"BOOL":true}`)},
	{`parsed({ v: { gt: null } })`, filter(`(#v > :v_gt)`, `"#v":"v"`, `":v_gt":{"NULL":null}`)},
	{`parsed({ v: { ge: [1, 2] } })`, filter(`(#v >= :v_ge)`, `"#v":"v"`, `":v_ge":{"L":[{"N":1},{"N":2}]}`)},
	{`parsed({ v: { eq: { a: 1 } } })`, filter(`(#v = :v_eq)`, `"#v":"v"`, `":v_eq":{"M":{"a":{"N":1}}}`)},
	{`parsed({ v: { notContains: "x" } })`, filter(`(NOT contains(#v,:v_notContains))`, `"#v":"v"`, `":v_notContains":{"S":"x"}`)},
	{`parsed({ v: { beginsWith: "x" } })`, filter(`(begins_with(#v,:v_beginsWith))`, `"#v":"v"`, `":v_beginsWith":{"S":"x"}`)},
	{`parsed({ v: { between: ["1", "9", "3"] } })`, filter(`(#v BETWEEN :v_between_start AND :v_between_end)`, `"#v":"v"`, `":v_between_start":{"S":"1"},":v_between_end":{"S":"9"}`)},
	{`parsed({ v: { in: ["a", "b"] } })`, filter(`(#v IN (:v_in_0, :v_in_1))`, `"#v":"v"`, `":v_in_0":{"S":"a"},":v_in_1":{"S":"b"}`)},
	{`parsed({ v: { in: [] } })`, filter(`(null)`, `"#v":"v"`, ``)},
	{`parsed({ v: { attributeExists: false } })`, filter(`(attribute_not_exists(#v))`, `"#v":"v"`, ``)},
	{`parsed({ a: { attributeType: "_null" }, b: { attributeType: "stringSet" } })`, filter(`(attribute_type(#a,:a_attributeType)) AND (attribute_type(#b,:b_attributeType))`, `"#a":"a","#b":"b"`, `":a_attributeType":{"S":"NULL"},":b_attributeType":{"S":"SS"}`)},
	{`parsed({ v: { size: { gt: 2 } } })`, filter(`(size(#v) > :v_size_gt)`, `"#v":"v"`, `":v_size_gt":{"N":2}`)},
	{`parsed({ v: { size: { between: [1, 3] } } })`, filter(`(size(#v) BETWEEN :v_size_between_start AND :v_size_between_end)`, `"#v":"v"`, `":v_size_between_start":{"N":1},":v_size_between_end":{"N":3}`)},
	{`parsed({ v: { size: { contains: "x" } } })`, filter(`(contains(size(#v),:v_size_contains))`, `"#v":"v"`, `":v_size_contains":{"S":"x"}`)},
	{`parsed({ v: { size: { attributeExists: true } } })`, filter(`(attribute_exists(size(#v)))`, `"#v":"v"`, ``)},
	{`parsed({ v: { size: { gt: 2, lt: 5 } } })`, filter(`((size(#v) > :v_size_gt) AND (size(#v) < :v_size_lt))`, `"#v":"v"`, `":v_size_gt":{"N":2},":v_size_lt":{"N":5}`)},
	{`parsed({ v: { size: { size: { gt: 1 } } } })`, filter(`(size(#v) > :v_size_size_gt)`, `"#v":"v"`, `":v_size_size_gt":{"N":1}`)},
	{`parsed({ v: { ge: 1, le: 5 } })`, filter(`((#v >= :v_ge) AND (#v <= :v_le))`, `"#v":"v"`, `":v_ge":{"N":1},":v_le":{"N":5}`)},
	{`parsed({ and: [{ a: { eq: 1 } }] })`, filter(`(#a = :and_0_a_eq)`, `"#a":"a"`, `":and_0_a_eq":{"N":1}`)},
	{`parsed({ and: [{ a: { eq: 1 } }, { b: { eq: 2 } }] })`, filter(`((#a = :and_0_a_eq) AND (#b = :and_1_b_eq))`, `"#a":"a","#b":"b"`, `":and_0_a_eq":{"N":1},":and_1_b_eq":{"N":2}`)},
	{`parsed({ or: [{ a: { eq: 1 } }, { b: { eq: 2 } }] })`, filter(`((#a = :or_0_a_eq) OR (#b = :or_1_b_eq))`, `"#a":"a","#b":"b"`, `":or_0_a_eq":{"N":1},":or_1_b_eq":{"N":2}`)},
	{`parsed({ not: { a: { eq: 1 } } })`, filter(`(NOT (#a = :not_a_eq))`, `"#a":"a"`, `":not_a_eq":{"N":1}`)},
	{`parsed({ not: { and: [{ a: { eq: 1 } }, { b: { eq: 2 } }] } })`, filter(`(NOT ((#a = :not_and_0_a_eq) AND (#b = :not_and_1_b_eq)))`, `"#a":"a","#b":"b"`, `":not_and_0_a_eq":{"N":1},":not_and_1_b_eq":{"N":2}`)},
	{`parsed({ not: { not: { a: { eq: 1 } } } })`, filter(`(NOT (NOT (#a = :not_not_a_eq)))`, `"#a":"a"`, `":not_not_a_eq":{"N":1}`)},
	{`parsed({ or: [{ and: [{ a: { eq: 1 } }, { b: { eq: 2 } }] }, { c: { eq: 3 } }] })`, filter(`(((#a = :or_0_and_0_a_eq) AND (#b = :or_0_and_1_b_eq)) OR (#c = :or_1_c_eq))`, `"#a":"a","#b":"b","#c":"c"`, `":or_0_and_0_a_eq":{"N":1},":or_0_and_1_b_eq":{"N":2},":or_1_c_eq":{"N":3}`)},
	{`parsed({ and: [{ or: [{ and: [{ a: { eq: 1 } }] }] }] })`, filter(`(#a = :and_0_or_0_and_0_a_eq)`, `"#a":"a"`, `":and_0_or_0_and_0_a_eq":{"N":1}`)},
	{`parsed({ a: { eq: 1 }, and: [{ b: { eq: 2 } }] })`, filter(`(#a = :a_eq) AND (#b = :and_0_b_eq)`, `"#a":"a","#b":"b"`, `":a_eq":{"N":1},":and_0_b_eq":{"N":2}`)},
	{`parsed({ "a.b": { eq: 1 } })`, filter(`(#a.b = :a.b_eq)`, `"#a.b":"a.b"`, `":a.b_eq":{"N":1}`)},
	{`parsed({})`, filter(``, ``, ``)},
	{`parsed({ and: [] })`, filter(``, ``, ``)},
	{`parsed({ v: {} })`, filter(``, `"#v":"v"`, ``)},
	{`parsed({ v: { size: {} } })`, filter(``, `"#v":"v"`, ``)},
	{`parsed({ not: {} })`, filter(`(NOT )`, ``, ``)},
	{`parsed({ a: { eq: 1 }, b: {} })`, filter(`(#a = :a_eq) AND `, `"#a":"a","#b":"b"`, `":a_eq":{"N":1}`)},
	{`parsed({ and: [{ a: { eq: 1 } }, {}] })`, filter(`((#a = :and_0_a_eq) AND )`, `"#a":"a"`, `":and_0_a_eq":{"N":1}`)},
	{`parsed({ and: [{ id: { attributeExists: true } }, { _version: { eq: 1 } }] })`, filter(`((attribute_exists(#id)) AND (#_version = :and_1__version_eq))`, `"#id":"id","#_version":"_version"`, `":and_1__version_eq":{"N":1}`)},
	{`[undefined, null, [], "string", { v: { foo: 1 } }, { v: "x" }, { a: { b: { eq: 1 } } }, { and: { a: { eq: 1 } } }, { and: null }, { and: [{ a: { eq: 1 } }, null] }].map(f => util.transform.toDynamoDBFilterExpression(f))`, `[null,null,null,null,null,null,null,null,null,null]`},
	{`[{ not: [{ a: { eq: 1 } }] }, { v: { between: [1] } }, { v: { between: "x" } }, { v: { in: "x" } }, { v: { attributeExists: "yes" } }, { v: { attributeType: "S" } }, { v: { attributeType: "bogus" } }, { v: { size: 3 } }].map(f => util.transform.toDynamoDBFilterExpression(f))`, `[null,null,null,null,null,null,null,null]`},
	{`util.transform.toDynamoDBFilterExpression({ content: { contains: "foo" } })`, `"{\"expression\":\"(contains(#content,:content_contains))\",\"expressionNames\":{\"#content\":\"content\"},\"expressionValues\":{\":content_contains\":{\"S\":\"foo\"}}}"`},
	{`util.transform.toDynamoDBConditionExpression({ and: [{ id: { attributeExists: false } }] })`, `"{\"expression\":\"(attribute_not_exists(#id))\",\"expressionNames\":{\"#id\":\"id\"},\"expressionValues\":{}}"`},

	// Subscription filters; groups holds a string per group.
	{`groups({ a: { eq: 1 } })`, `["a eq 1"]`},
	{`groups({ a: { eq: 1 }, b: { eq: 2 } })`, `["a eq 1, b eq 2"]`},
	{`groups({ z: { eq: 0 }, and: [{ a: { eq: 1 } }] })`, `["z eq 0, a eq 1"]`},
	{`groups({ a: { eq: 1, ne: 2 } })`, `["a eq 1","a ne 2"]`},
	{`groups({ or: [{ a: { eq: 1 } }, { b: { eq: 2 } }] })`, `["a eq 1","b eq 2"]`},
	{`groups({ and: [{ a: { eq: 1 } }, { or: [{ b: { eq: 2 } }, { c: { eq: 3 } }] }] })`, `["a eq 1, b eq 2","a eq 1, c eq 3"]`},
	{`groups({ percentageUp: { lte: 50, gte: 20 }, and: [{ title: { ne: "Book1" } }, { downvotes: { gt: 2000 } }], or: [{ author: { eq: "Admin" } }, { isPublished: { eq: false } }] })`,
		`["percentageUp lte 50, title ne \"Book1\", downvotes gt 2000, author eq \"Admin\"","percentageUp lte 50, title ne \"Book1\", downvotes gt 2000, isPublished eq false","percentageUp gte 20, title ne \"Book1\", downvotes gt 2000, author eq \"Admin\"","percentageUp gte 20, title ne \"Book1\", downvotes gt 2000, isPublished eq false"]`},
	{`groups({ a: { in: [1, 2] }, b: { notIn: ["x"] } })`, `["a in [1,2], b notIn [\"x\"]"]`},
	{`groups({ a: { bogus: 1 } })`, `["a bogus 1"]`},
	{`groups({ not: { a: { eq: 1 } } })`, `["not a {\"eq\":1}"]`},
	{`groups({ a: { eq: 1 }, b: { eq: 2 } }, ["a"])`, `["b eq 2"]`},
	{`groups({ a: { eq: 1 }, and: [{ b: { eq: 2 } }] }, ["b"])`, `["a eq 1"]`},
	{`groups({ a: { eq: 1 } }, [], { r1: { gte: 250 }, r2: { eq: "p" } })`, `["a eq 1, r1 gte 250","a eq 1, r2 eq \"p\""]`},
	{`groups({}, [], { r1: { eq: 1 } })`, `["r1 eq 1"]`},
	{`[{}, { a: {} }, { and: [] }].map(f => util.transform.toSubscriptionFilter(f))`, `[{"filterGroup":[]},{"filterGroup":[]},{"filterGroup":[]}]`},
	{`[null, undefined, [], '{"a":{"eq":1}}'].map(f => util.transform.toSubscriptionFilter(f))`, `[null,null,null,null]`},

	// The developer guide's and the typings' examples.
	{`JSON.parse(util.transform.toElasticsearchQueryDSL({"upvotes":{"ne":15,"range":[10,20]},"title":{"eq":"hihihi","wildcard":"h*i"}}))`,
		`{"bool":{"must":[{"bool":{"must":[{"bool":{"must_not":{"term":{"upvotes":15}}}},{"range":{"upvotes":{"gte":10,"lte":20}}}]}},{"bool":{"must":[{"term":{"title":"hihihi"}},{"wildcard":{"title":"h*i"}}]}}]}}`},
	{`util.xml.toMap('<?xml version="1.0" encoding="UTF-8"?>\n<posts>\n<post>\n <id>1</id>\n <title>Getting started with GraphQL</title>\n</post>\n</posts>')`, `{"posts":{"post":{"id":1,"title":"Getting started with GraphQL"}}}`},
	{`util.xml.toMap('<posts><post><id>1</id></post><post><id>2</id></post></posts>')`, `{"posts":{"post":[{"id":1},{"id":2}]}}`},
	{`util.time.parseFormattedToEpochMilliSeconds("2018-02-01 17:21:05.180+0800", "yyyy-MM-dd HH:mm:ss.SSSZ")`, `1517476865180`},
	{`util.time.parseFormattedToEpochMilliSeconds("2018-02-01 17:21:05", "yyyy-MM-dd HH:mm:ss", "Australia/Perth")`, `1517476865000`},
	{`util.time.parseISO8601ToEpochMilliSeconds("2018-02-01T17:21:05.180+08:00")`, `1517476865180`},
	{`util.time.epochMilliSecondsToSeconds(1517943695750)`, `1517943695`},
	{`util.time.epochMilliSecondsToISO8601(1517943695750)`, `"2018-02-06T19:01:35.750Z"`},
	{`util.time.epochMilliSecondsToFormatted(1517943695750, "yyyy-MM-dd HH:mm:ssZ")`, `"2018-02-06 19:01:35+0000"`},
	{`util.time.epochMilliSecondsToFormatted(1517943695750, "yyyy-MM-dd HH:mm:ssZ", "Australia/Perth")`, `"2018-02-07 03:01:35+0800"`},
	{`util.time.nowISO8601()`, `"2018-02-06T19:01:35.749Z"`},
	{`util.time.nowEpochSeconds()`, `1517943695`},
	{`util.time.nowEpochMilliSeconds()`, `1517943695749`},
	{`util.time.nowFormatted("yyyy-MM-dd HH:mm:ssZ")`, `"2018-02-06 19:01:35+0000"`},
	{`util.time.nowFormatted("yyyy-MM-dd HH:mm:ssZ", "Australia/Perth")`, `"2018-02-07 03:01:35+0800"`},
	{`util.matches("a*b", "aaaaab")`, `true`},
	{`util.http.copyHeaders({ "X-Custom": "1", Host: "h", "content-length": "3", te: "x", authorization: "a" })`, `{"X-Custom":"1","authorization":"a"}`},
}

func update(expression, name, value string) string {
	return `{"key":{"id":{"S":"test"}},"operation":"UpdateItem","update":{"expression":"` + expression +
		`","expressionNames":{"#expName_1":` + name + `},"expressionValues":{":expValue_1":` + value + `}}}`
}

func filter(expression, names, values string) string {
	return `{"expression":"` + expression + `","expressionNames":{` + names + `},"expressionValues":{` + values + `}}`
}

const recordedHelp = `
const parsed = f => JSON.parse(util.transform.toDynamoDBFilterExpression(f));
const groups = (...a) => util.transform.toSubscriptionFilter(...a).filterGroup.map(
  g => g.filters.map(f => f.fieldName + " " + f.operator + " " + JSON.stringify(f.value)).join(", "));`

func TestRecordedResults(t *testing.T) {
	t.Parallel()
	vm := testRuntime(t, &Host{})
	run(t, vm, recordedHelp)
	for _, c := range recorded {
		if got := canonical(t, string(encoded(t, vm, c.code))); got != canonical(t, c.want) {
			t.Errorf("%s\n got %s\nwant %s", c.code, got, c.want)
		}
	}
}

func run(t testing.TB, vm *goja.Runtime, code string) goja.Value {
	t.Helper()
	v, err := vm.RunString(code)
	if err != nil {
		t.Fatalf("%s: %v", code, err)
	}
	return v
}
