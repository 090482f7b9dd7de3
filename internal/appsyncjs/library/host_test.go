package library

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/dop251/goja"
	"github.com/google/go-cmp/cmp"
)

// recorder writes down what the library tells its host.
func recorder(said *[]string) *Host {
	say := func(format string, args ...any) { *said = append(*said, fmt.Sprintf(format, args...)) }
	failure := func(f Failure) string { return fmt.Sprintf("%s|%s|%s|%s", f.Message, f.Type, f.Data, f.Info) }
	return &Host{
		AuthType:           func() string { return "IAM Authorization" },
		Stop:               func(f Failure) { say("stop %s", failure(f)) },
		Append:             func(f Failure) { say("append %s", failure(f)) },
		Early:              func(v goja.Value, skipTo string) { say("early %v %s", v, skipTo) },
		Header:             func(name, value string) { say("header %s: %s", name, value) },
		Evict:              func(typeName, field string, keys json.RawMessage) { say("evict %s %s %s", typeName, field, keys) },
		Log:                func(level, line string) { say("%s %s", level, line) },
		Filter:             func(f json.RawMessage) { say("filter %s", f) },
		InvalidationFilter: func(f json.RawMessage) { say("invalidation %s", f) },
		Invalidate:         func(f json.RawMessage) { say("invalidate %s", f) },
	}
}

func TestWhatTheHostHears(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ code, want string }{
		{`util.error("m")`, `stop m|||`},
		{`util.error("m", "T", {b: 1, a: [undefined]}, "info")`, `stop m|T|{"b":1,"a":[null]}|"info"`},
		{`util.error(undefined, null, undefined, null)`, `stop |||`},
		{`util.appendError("m", "T", null, {a: 1})`, `append m|T||{"a":1}`},
		{`util.unauthorized()`, `stop Unauthorized|Unauthorized||`},
		{`runtime.earlyReturn({a: 1})`, `early [object Object] `},
		{`runtime.earlyReturn(null, {skipTo: "END"})`, `early null END`},
		{`console.log("This request is allowed")`, `INFO "This request is allowed"`},
		{`console.error("a", {b: [1, null]}, undefined, 1.5)`, `ERROR "a" {"b":[1,null]} null 1.5`},
		{`util.http.addResponseHeader("itemsCount", 7)`, `header itemsCount: 7`},
		{`util.http.addResponseHeaders({headerInt: 12, headerObject: {field1: 7}})`, "header headerInt: 12\nheader headerObject: {\"field1\":7}"},
		{`util.http.addResponseHeader("X-Amzn-Trace", 1)`, `append Response header X-Amzn-Trace is restricted|ResponseHeaderError||`},
		{`util.http.addResponseHeader("vary", 1)`, `append Response header vary is restricted|ResponseHeaderError||`},
		{`util.http.addResponseHeader("a", null)`, `append Response header a has no value|ResponseHeaderError||`},
		{`util.http.addResponseHeader("", 1)`, `append A response header needs a name|ResponseHeaderError||`},
		{`util.http.addResponseHeader("a b", 1)`, `append Response header name "a b" has characters that a header name cannot have|ResponseHeaderError||`},
		{`util.http.addResponseHeader("a", "x\r\nb: c")`, `append Response header a has control characters in its value|ResponseHeaderError||`},
		{`util.http.addResponseHeader("a", "x".repeat(4096))`, `append Response header a exceeds the 4096 bytes that all headers together may have|ResponseHeaderError||`},
		{`extensions.evictFromApiCache("Query", "getPost", {"context.arguments.id": 1})`, `evict Query getPost {"context.arguments.id":1}`},
		{`extensions.setSubscriptionFilter({filterGroup: [{filters: [{fieldName: "a", operator: "eq", value: 1}]}]})`, `filter {"filterGroup":[{"filters":[{"fieldName":"a","operator":"eq","value":1}]}]}`},
		{`extensions.setSubscriptionInvalidationFilter({filterGroup: []})`, `invalidation {"filterGroup":[]}`},
		{`extensions.invalidateSubscriptions({subscriptionField: "onX", payload: {a: 1}})`, `invalidate {"subscriptionField":"onX","payload":{"a":1}}`},
	} {
		var said []string
		run(t, testRuntime(t, recorder(&said)), c.code)
		if diff := cmp.Diff(c.want, strings.Join(said, "\n")); diff != "" {
			t.Errorf("%s: %s", c.code, diff)
		}
	}
}

func TestFilterLimits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ filters, want string }{
		{`Array(11).fill([{fieldName: "a", operator: "eq", value: 1}])`, `Filters combination exceed maximum limit 10`},
		{`["a", "b", "c", "d", "e", "f"].map(n => [{fieldName: n, operator: "eq", value: 1}])`, `Filters exceed maximum attributes limit 5`},
		{`[[{fieldName: "a", operator: "eq", value: 1}, {fieldName: "a", operator: "ne", value: 2}]]`, `filter uses same fieldName multiple time`},
		{`[[{fieldName: "a", operator: "in", value: [1, 2, 3, 4, 5, 6]}]]`, "operator `in` exceeds maximum value limit 5"},
		{`[[{fieldName: "a", operator: "containsAny", value: Array(21).fill(1)}]]`, "operator `containsAny` exceeds maximum value limit 20"},
		{`[[{fieldName: "a", operator: "between", value: [1]}]]`, `between of a takes two values`},
		{`[[{fieldName: "a", operator: "eq", value: [1]}]]`, `eq of a takes a single value`},
		{`[[{fieldName: "a.b.c.d.e.f", operator: "eq", value: 1}]]`, `has more than 5 levels`},
		{`[[{fieldName: "a", operator: "bogus", value: 1}]]`, `operator "bogus" is not supported`},
		{`[[{fieldName: "a", operator: "eq"}]]`, `eq of a has no value`},
	} {
		var said []string
		run(t, testRuntime(t, recorder(&said)), `extensions.setSubscriptionFilter({filterGroup: `+c.filters+`.map(filters => ({filters}))})`)
		if got := strings.Join(said, "\n"); !strings.HasPrefix(got, "stop ") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %s", c.filters, got)
		}
	}
}

// TestOtherResults are those that no one has recorded: see docs/divergences.md.
func TestOtherResults(t *testing.T) {
	t.Parallel()
	vm := testRuntime(t, &Host{AuthType: func() string { return "IAM Authorization" }})
	for _, c := range []struct{ code, want string }{
		{`util.authType()`, `"IAM Authorization"`},
		{`util.escapeJavaScript("a'b\"c\\d/e\n\u0001\u00e9\ud83d\ude00")`, `"a\\'b\\\"c\\\\d\\/e\\n\\u0001\\u00E9\\uD83D\\uDE00"`},
		{`util.urlDecode("a+b%20%C3%A9")`, `"a b é"`},
		{`[util.base64Encode("é?"), util.base64Decode("w6k_"), util.base64Decode("YQ==")]`, `["w6k/","é?","a"]`},
		{`[util.math.roundNum(10.5), util.math.roundNum(-10.5), util.math.minVal(1, 2), util.math.maxVal(1, 2)]`, `[11,-10,1,2]`},
		{`[1,2,3].map(() => util.math.randomWithinRange(5, 6)).every(n => n === 5 || n === 6)`, `true`},
		{`util.str.normalize("e\u0301", "nfc")`, `"é"`},
		{`util.dynamodb.toMapValues({b: "\ufffd", c: -0, d: 1e21, "7": [1.50], "": {}})`, `{"7":{"L":[{"N":1.5}]},"b":{"S":"` + "\ufffd" + `"},"c":{"N":0},"d":{"N":1e+21},"":{"M":{}}}`},
		{`util.dynamodb.toMapValues({a: undefined, b: null})`, `{"a":{"NULL":null},"b":{"NULL":null}}`},
		{`[util.dynamodb.toString(null), util.dynamodb.toMap(undefined), util.dynamodb.toList(null)]`, `[null,null,null]`},
		{`util.dynamodb.fromS3ObjectJson('{"s3":{"key":"foo","bucket":"bar","region":"baz","version":"beep"}}')`, `{"bucket":"bar","region":"baz","key":"foo","version":"beep"}`},
		{`util.dynamodb.fromS3ObjectJson("x")`, `null`},
		{`util.xml.toMap("<a x='1' y>t<b/><![CDATA[1]]>&lt;&#65;</a><!-- c --><c>true</c><d>007</d>")`, `{"a":{"x":1,"y":"","content":["t","1","<A"],"b":""},"c":true,"d":"007"}`},
		{`util.xml.toJsonString("<a>1</a>")`, `"{\"a\":1}"`},
		{`util.xml.toJsonString("<a>1</a>", true)`, `"\"{\\\"a\\\":1}\""`},
		{`ddb.update({key: {id: "1"}, update: {stuff: {foo: ddb.operations.replace(null), bar: 1}, old: ddb.operations.remove(), n: ddb.operations.increment(), list: [ddb.operations.updateListItem("x", 1)]}, condition: {id: {attributeExists: true}}, _version: 3})`,
			`{"operation":"UpdateItem","key":{"id":{"S":"1"}},"update":{"expression":"SET #expName_1.#expName_2 = :expValue_1, #expName_1.#expName_3 = :expValue_2, #expName_4 = #expName_4 + :expValue_3, #expName_5[1] = :expValue_4 REMOVE #expName_6","expressionNames":{"#expName_1":"stuff","#expName_2":"foo","#expName_3":"bar","#expName_4":"n","#expName_5":"list","#expName_6":"old"},"expressionValues":{":expValue_1":{"NULL":null},":expValue_2":{"N":1},":expValue_3":{"N":1},":expValue_4":{"S":"x"}}},"condition":{"expression":"(attribute_exists(#id))","expressionNames":{"#id":"id"}},"_version":3}`},
		{`ddb.query({query: {id: {eq: "1"}}, index: "i", limit: null, filter: {a: {gt: 1}}, projection: ["a", "b.c[0]", "a"]})`,
			`{"operation":"Query","query":{"expression":"(#id = :id_eq)","expressionNames":{"#id":"id"},"expressionValues":{":id_eq":{"S":"1"}}},"index":"i","filter":{"expression":"(#a > :a_gt)","expressionNames":{"#a":"a"},"expressionValues":{":a_gt":{"N":1}}},"projection":{"expression":"#expName_1, #expName_2.#expName_3[0], #expName_1","expressionNames":{"#expName_1":"a","#expName_2":"b","#expName_3":"c"}}}`},
		{`ddb.sync({limit: 10, lastSync: 1})`, `{"operation":"Sync","limit":10,"lastSync":1}`},
		{`ddb.batchGet({tables: {post: {keys: [{id: 1}], consistentRead: false, projection: ["id"]}}})`, `{"operation":"BatchGetItem","tables":{"post":{"keys":[{"id":{"N":1}}],"consistentRead":false,"projection":{"expression":"#expName_1","expressionNames":{"#expName_1":"id"}}}}}`},
		{`ddb.batchPut({tables: {post: [{id: 1}]}})`, `{"operation":"BatchPutItem","tables":{"post":[{"id":{"N":1}}]}}`},
		{`ddb.batchDelete({tables: {post: [{id: 1}]}})`, `{"operation":"BatchDeleteItem","tables":{"post":[{"id":{"N":1}}]}}`},
		{`ddb.transactGet({items: [{table: "t", key: {id: 1}, projection: ["n"]}]})`, `{"operation":"TransactGetItems","transactItems":[{"table":"t","key":{"id":{"N":1}},"projection":{"expression":"#expName_1","expressionNames":{"#expName_1":"n"}}}]}`},
		{`ddb.transactWrite({items: [{putItem: {table: "t", key: {id: 1}, item: {a: 2}}}, {deleteItem: {table: "t", key: {id: 2}}}, {updateItem: {table: "t", key: {id: 3}, update: {a: 1}}}, {conditionCheck: {table: "t", key: {id: 4}, condition: {a: {eq: 1}}}}]})`,
			`{"operation":"TransactWriteItems","transactItems":[{"table":"t","operation":"PutItem","key":{"id":{"N":1}},"attributeValues":{"a":{"N":2}}},{"table":"t","operation":"DeleteItem","key":{"id":{"N":2}}},{"table":"t","operation":"UpdateItem","key":{"id":{"N":3}},"update":{"expression":"SET #expName_1 = :expValue_1","expressionNames":{"#expName_1":"a"},"expressionValues":{":expValue_1":{"N":1}}}},{"table":"t","operation":"ConditionCheck","key":{"id":{"N":4}},"condition":{"expression":"(#a = :a_eq)","expressionNames":{"#a":"a"},"expressionValues":{":a_eq":{"N":1}}}}]}`},
	} {
		if got := string(encoded(t, vm, c.code)); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.code, got, c.want)
		}
	}
}

func TestIdentifiers(t *testing.T) {
	t.Parallel()
	vm := testRuntime(t, &Host{})
	for code, form := range map[string]string{
		`util.autoId()`:    `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`,
		`util.autoUlid()`:  `^01C5P7XAC5[0-9A-HJKMNP-TV-Z]{16}$`,
		`util.autoKsuid()`: `^[0-9A-Za-z]{27}$`,
	} {
		if got := run(t, vm, code).String(); !regexp.MustCompile(form).MatchString(got) {
			t.Errorf("%s: %s", code, got)
		}
	}
}
