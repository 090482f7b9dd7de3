package datasource_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"github.com/tidewire/tidewire/internal/datasource"
	"github.com/tidewire/tidewire/internal/fault"
	"github.com/tidewire/tidewire/internal/spec"
	"github.com/tidewire/tidewire/sigv4"
)

const (
	functionARN = "arn:aws:lambda:us-east-1:123456789012:function:f"
	tableRole   = "arn:aws:iam::123456789012:role/Table"
)

// desk is a DynamoDB that answers what the test says, and a function.
type desk struct {
	mu       sync.Mutex
	requests []string // "GetItem {…}"
	answers  []string // "200 {…}", the last one again and again
	invoked  []string
	reply    string
	fails    error
}

func (d *desk) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	v := sigv4.Verifier{Service: "dynamodb", Region: "us-east-1", Now: func() time.Time { return now },
		Key: func(_ context.Context, id, token string) (string, error) {
			if id != "AKIAROLEROLEROLEROLE" || token != "t" {
				return "", sigv4.ErrUnknownKey
			}
			return "secret", nil
		}}
	if _, err := v.Verify(r.Context(), sigv4.FromHTTP(r), body); err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	operation := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "DynamoDB_20120810.")
	d.requests = append(d.requests, operation+" "+string(body))
	answer := d.answers[min(len(d.requests), len(d.answers))-1]
	w := httptest.NewRecorder()
	w.Header().Set("X-Amzn-Requestid", "REQ")
	status := http.StatusOK
	if !strings.HasPrefix(answer, "200") {
		status = http.StatusBadRequest
	}
	w.WriteHeader(status)
	_, _ = w.WriteString(answer[4:])
	return w.Result(), nil
}

func (d *desk) invoke(_ context.Context, arn string, payload []byte) ([]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.invoked = append(d.invoked, arn+" "+string(payload))
	return []byte(d.reply), d.fails
}

var now = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

func (d *desk) sources(t testing.TB, change func(*datasource.SourcesOptions)) *datasource.Sources {
	t.Helper()
	o := datasource.SourcesOptions{Partition: "aws", Account: "123456789012", Region: "us-east-1", Invoke: d.invoke, TokenKey: [32]byte{1}, Now: func() time.Time { return now },
		Credentials: func(_ context.Context, role string) (aws.Credentials, error) {
			if role != tableRole {
				return aws.Credentials{}, errors.New("no such role")
			}
			return aws.Credentials{AccessKeyID: "AKIAROLEROLEROLEROLE", SecretAccessKey: "secret", SessionToken: "t"}, nil
		},
		DynamoDB: func() (string, *http.Client) { return "http://dynamodb.local/", &http.Client{Transport: d} },
	}
	if change != nil {
		change(&o)
	}
	s, err := datasource.NewSources(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

func table() *spec.DataSource {
	return &spec.DataSource{Name: "posts", Type: spec.SourceDynamoDB, Table: "Posts", RoleARN: tableRole}
}

func function() *spec.DataSource {
	return &spec.DataSource{Name: "fn", Type: spec.SourceLambda, FunctionARN: functionARN}
}

const checkFailed = `400 {"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","message":"The conditional request failed"}`

func TestDynamoDBOperations(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, document string
		answers        []string
		requests       []string
		want, failure  string
	}{
		{"get", `{"operation":"GetItem","key":{"id":{"S":"1"}},"consistentRead":true,"projection":{"expression":"#a","expressionNames":{"#a":"a"}}}`,
			[]string{`200 {"Item":{"z":{"N":"1.50"},"a":{"L":[{"S":"x"},{"BOOL":true},{"NULL":true},{"M":{"k":{"NS":["1","2"]}}},{"SS":["s"]},{"B":"AAE="}]}}}`},
			[]string{`GetItem {"ConsistentRead":true,"ExpressionAttributeNames":{"#a":"a"},"Key":{"id":{"S":"1"}},"ProjectionExpression":"#a","TableName":"Posts"}`},
			`{"z":1.50,"a":["x",true,null,{"k":[1,2]},["s"],"AAE="]}`, ""},
		{"numbers as AppSync has them", `{"operation":"PutItem","key":{"id":{"N":1}},"attributeValues":{"n":{"NULL":null},"s":{"NS":[1,2.5]},"m":{"M":{"a":{"L":[{"N":7}]}}}},"condition":{"expression":"x = :x","expressionValues":{":x":{"N":3}}}}`,
			[]string{`200 {}`},
			[]string{`PutItem {"ConditionExpression":"x = :x","ExpressionAttributeValues":{":x":{"N":"3"}},"Item":{"id":{"N":"1"},"m":{"M":{"a":{"L":[{"N":"7"}]}}},"n":{"NULL":true},"s":{"NS":["1","2.5"]}},"TableName":"Posts"}`},
			`{"id":1,"m":{"a":[7]},"n":null,"s":[1,2.5]}`, ""},
		{"no typed value", `{"operation":"GetItem","key":{"id":"1"}}`, []string{`200 {}`}, []string{}, `null`,
			`MappingTemplate: the request document: not a typed DynamoDB value like {"S":"x"}: "1"`},
		{"get nothing", `{"operation":"GetItem","key":{"id":{"S":"1"}}}`, []string{`200 {}`}, nil, `null`, ""},
		{"put", `{"operation":"PutItem","key":{"id":{"S":"1"}},"attributeValues":{"t":{"S":"x"}},"condition":{"expression":"attribute_not_exists(#i)","expressionNames":{"#i":"id"}}}`,
			[]string{`200 {}`},
			[]string{`PutItem {"ConditionExpression":"attribute_not_exists(#i)","ExpressionAttributeNames":{"#i":"id"},"Item":{"id":{"S":"1"},"t":{"S":"x"}},"TableName":"Posts"}`},
			`{"id":"1","t":"x"}`, ""},
		{"put that is already so", `{"operation":"PutItem","key":{"id":{"S":"1"}},"attributeValues":{"t":{"S":"x"}},"condition":{"expression":"attribute_not_exists(id)","equalsIgnore":["v"]}}`,
			[]string{checkFailed, `200 {"Item":{"t":{"S":"x"},"id":{"S":"1"},"v":{"N":"7"}}}`},
			[]string{`PutItem {"ConditionExpression":"attribute_not_exists(id)","Item":{"id":{"S":"1"},"t":{"S":"x"}},"TableName":"Posts"}`,
				`GetItem {"ConsistentRead":true,"Key":{"id":{"S":"1"}},"TableName":"Posts"}`},
			`{"t":"x","id":"1","v":7}`, ""},
		{"put that is not so", `{"operation":"PutItem","key":{"id":{"S":"1"}},"condition":{"expression":"attribute_not_exists(id)","consistentRead":false}}`,
			[]string{checkFailed, `200 {"Item":{"t":{"S":"y"},"id":{"S":"1"}}}`}, nil, `{"t":"y","id":"1"}`,
			"DynamoDB:ConditionalCheckFailedException: The conditional request failed (Service: DynamoDb, Status Code: 400, Request ID: REQ)"},
		{"update", `{"operation":"UpdateItem","key":{"id":{"S":"1"}},"update":{"expression":"SET #a = :a","expressionNames":{"#a":"a"},"expressionValues":{":a":{"N":"2"}}},"condition":{"expression":"#a = :b","expressionNames":{"#a":"a"},"expressionValues":{":b":{"N":"1"}}}}`,
			[]string{`200 {"Attributes":{"a":{"N":"2"}}}`},
			[]string{`UpdateItem {"ConditionExpression":"#a = :b","ExpressionAttributeNames":{"#a":"a"},"ExpressionAttributeValues":{":a":{"N":"2"},":b":{"N":"1"}},"Key":{"id":{"S":"1"}},"ReturnValues":"ALL_NEW","TableName":"Posts","UpdateExpression":"SET #a = :a"}`},
			`{"a":2}`, ""},
		{"update of two meanings", `{"operation":"UpdateItem","key":{"id":{"S":"1"}},"update":{"expression":"SET #a = :a","expressionNames":{"#a":"a"}},"condition":{"expression":"x","expressionNames":{"#a":"b"}}}`,
			[]string{`200 {}`}, []string{}, `null`, "MappingTemplate: two expressions of the document give #a different meanings"},
		{"update whose condition fails", `{"operation":"UpdateItem","key":{"id":{"S":"1"}},"condition":{"expression":"x"}}`, []string{checkFailed, `200 {}`}, nil, `null`,
			"DynamoDB:ConditionalCheckFailedException: The conditional request failed (Service: DynamoDb, Status Code: 400, Request ID: REQ)"},
		{"delete", `{"operation":"DeleteItem","key":{"id":{"S":"1"}}}`, []string{`200 {"Attributes":{"id":{"S":"1"}}}`},
			[]string{`DeleteItem {"Key":{"id":{"S":"1"}},"ReturnValues":"ALL_OLD","TableName":"Posts"}`}, `{"id":"1"}`, ""},
		{"delete of what is gone", `{"operation":"DeleteItem","key":{"id":{"S":"1"}},"condition":{"expression":"attribute_exists(id)"}}`, []string{checkFailed, `200 {}`}, nil, `null`, ""},
		{"strategy", `{"operation":"DeleteItem","key":{"id":{"S":"1"}},"condition":{"expression":"x","conditionalCheckFailedHandler":{"strategy":"Ask"}}}`,
			[]string{checkFailed, `200 {"Item":{"id":{"S":"1"}}}`}, nil, `null`, `MappingTemplate: conditionalCheckFailedHandler.strategy must be Custom, with a lambdaArn, or Reject, not "Ask"`},
		{"scan", `{"operation":"Scan","index":"byDay","limit":2,"filter":{"expression":"a = :a","expressionValues":{":a":{"S":"b"}}},"totalSegments":4,"segment":1,"select":"ALL_ATTRIBUTES"}`,
			[]string{`200 {"Items":[{"a":{"S":"b"}}],"ScannedCount":5}`},
			[]string{`Scan {"ExpressionAttributeValues":{":a":{"S":"b"}},"FilterExpression":"a = :a","IndexName":"byDay","Limit":2,"Segment":1,"Select":"ALL_ATTRIBUTES","TableName":"Posts","TotalSegments":4}`},
			`{"items":[{"a":"b"}],"nextToken":null,"scannedCount":5}`, ""},
		{"half a segment", `{"operation":"Scan","segment":1}`, []string{`200 {}`}, []string{}, `null`, "MappingTemplate: segment and totalSegments need each other"},
		{"query without expression", `{"operation":"Query"}`, []string{`200 {}`}, []string{}, `null`, "MappingTemplate: the operation Query needs query.expression"},
		{"batch get", `{"operation":"BatchGetItem","tables":{"A":{"keys":[{"id":{"S":"1"}},{"id":{"S":"2"}},{"id":{"S":"3"}}],"consistentRead":true}}}`,
			[]string{`200 {"Responses":{"A":[{"id":{"S":"3"},"n":{"N":"3"}},{"id":{"S":"1"}}]},"UnprocessedKeys":{"A":{"Keys":[{"id":{"S":"2"}}]}}}`},
			[]string{`BatchGetItem {"RequestItems":{"A":{"ConsistentRead":true,"Keys":[{"id":{"S":"1"}},{"id":{"S":"2"}},{"id":{"S":"3"}}]}}}`},
			`{"data":{"A":[{"id":"1"},null,{"id":"3","n":3}]},"unprocessedKeys":{"A":[{"id":"2"}]}}`, ""},
		{"batch put", `{"operation":"BatchPutItem","tables":{"A":[{"id":{"S":"1"}},{"id":{"S":"2"}}]}}`,
			[]string{`200 {"UnprocessedItems":{"A":[{"PutRequest":{"Item":{"id":{"S":"2"}}}}]}}`},
			[]string{`BatchWriteItem {"RequestItems":{"A":[{"PutRequest":{"Item":{"id":{"S":"1"}}}},{"PutRequest":{"Item":{"id":{"S":"2"}}}}]}}`},
			`{"data":{"A":[{"id":"1"},{"id":"2"}]},"unprocessedItems":{"A":[{"id":"2"}]}}`, ""},
		{"batch delete", `{"operation":"BatchDeleteItem","tables":{"A":[{"id":{"S":"1"}}]}}`, []string{`200 {}`},
			[]string{`BatchWriteItem {"RequestItems":{"A":[{"DeleteRequest":{"Key":{"id":{"S":"1"}}}}]}}`}, `{"data":{"A":[{"id":"1"}]},"unprocessedKeys":{"A":[]}}`, ""},
		{"batch get of other attributes", `{"operation":"BatchGetItem","tables":{"A":{"keys":[{"id":{"S":"1"},"at":{"N":1}},{"id":{"S":"2"},"at":{"N":2}}],"projection":{"expression":"#n, id","expressionNames":{"#n":"n"}}}}}`,
			[]string{`200 {"Responses":{"A":[{"n":{"S":"two"},"id":{"S":"2"},"at":{"N":"2"}},{"n":{"S":"one"},"id":{"S":"1"},"at":{"N":"1"}}]}}`},
			[]string{`BatchGetItem {"RequestItems":{"A":{"ExpressionAttributeNames":{"#n":"n","#tidewireKey0":"at"},"Keys":[{"at":{"N":"1"},"id":{"S":"1"}},{"at":{"N":"2"},"id":{"S":"2"}}],"ProjectionExpression":"#n, id, #tidewireKey0"}}}`},
			`{"data":{"A":[{"id":"1","n":"one"},{"id":"2","n":"two"}]},"unprocessedKeys":{"A":[]}}`, ""},
		{"batch get of other attributes, missing", `{"operation":"BatchGetItem","tables":{"A":{"keys":[{"id":{"S":"1"}},{"id":{"S":"2"}}],"projection":{"expression":"n"}}}}`,
			[]string{`200 {"Responses":{"A":[{"n":{"S":"two"},"id":{"S":"2"}}]}}`}, nil,
			`{"data":{"A":[null,{"n":"two"}]},"unprocessedKeys":{"A":[]}}`, ""},
		{"batch without tables", `{"operation":"BatchGetItem"}`, []string{`200 {}`}, []string{}, `null`,
			"MappingTemplate: the operation BatchGetItem needs tables, an object by the names of tables, in their form"},
		{"transact get", `{"operation":"TransactGetItems","transactItems":[{"table":"A","key":{"id":{"S":"1"}}},{"table":"B","key":{"id":{"S":"2"}}}]}`,
			[]string{`200 {"Responses":[{"Item":{"id":{"S":"1"}}},{}]}`},
			[]string{`TransactGetItems {"TransactItems":[{"Get":{"Key":{"id":{"S":"1"}},"TableName":"A"}},{"Get":{"Key":{"id":{"S":"2"}},"TableName":"B"}}]}`},
			`{"cancellationReasons":null,"items":[{"id":"1"},null]}`, ""},
		{"transact write", `{"operation":"TransactWriteItems","transactItems":[` +
			`{"table":"A","operation":"PutItem","key":{"id":{"S":"1"}},"attributeValues":{"a":{"N":"1"}},"condition":{"expression":"attribute_not_exists(id)"}},` +
			`{"table":"A","operation":"UpdateItem","key":{"id":{"S":"2"}},"update":{"expression":"SET a = :a","expressionValues":{":a":{"N":"1"}}}},` +
			`{"table":"A","operation":"DeleteItem","key":{"id":{"S":"3"}}},` +
			`{"table":"A","operation":"ConditionCheck","key":{"id":{"S":"4"}},"condition":{"expression":"attribute_exists(id)","returnValuesOnConditionCheckFailure":false}}]}`,
			[]string{`200 {}`},
			[]string{`TransactWriteItems {"TransactItems":[{"Put":{"ConditionExpression":"attribute_not_exists(id)","Item":{"a":{"N":"1"},"id":{"S":"1"}},"ReturnValuesOnConditionCheckFailure":"ALL_OLD","TableName":"A"}},` +
				`{"Update":{"ExpressionAttributeValues":{":a":{"N":"1"}},"Key":{"id":{"S":"2"}},"TableName":"A","UpdateExpression":"SET a = :a"}},` +
				`{"Delete":{"Key":{"id":{"S":"3"}},"TableName":"A"}},{"ConditionCheck":{"ConditionExpression":"attribute_exists(id)","Key":{"id":{"S":"4"}},"TableName":"A"}}]}`},
			`{"cancellationReasons":null,"keys":[{"id":"1"},{"id":"2"},{"id":"3"},{"id":"4"}]}`, ""},
		{"transact cancelled", `{"operation":"TransactWriteItems","transactItems":[{"table":"A","operation":"DeleteItem","key":{"id":{"S":"3"}},"condition":{"expression":"x"}}]}`,
			[]string{`400 {"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","Message":"Transaction cancelled","CancellationReasons":[{"Code":"ConditionalCheckFailed","Message":"The conditional request failed","Item":{"id":{"S":"3"}}}]}`}, nil,
			`{"cancellationReasons":[{"item":{"id":"3"},"type":"ConditionalCheckFailed","message":"The conditional request failed"}],"keys":null}`,
			"DynamoDB:TransactionCanceledException: Transaction cancelled (Service: DynamoDb, Status Code: 400, Request ID: REQ)"},
		{"another error", `{"operation":"GetItem","key":{"id":{"N":"1"}}}`, []string{`400 {"__type":"com.amazon.coral.validate#ValidationException","message":"The provided key element does not match the schema"}`}, nil, `null`,
			"DynamoDB:ValidationException: The provided key element does not match the schema (Service: DynamoDb, Status Code: 400, Request ID: REQ)"},
		{"sync", `{"operation":"Sync"}`, []string{`200 {}`}, []string{}, `null`, "UnsupportedOperation: the operation Sync (delta sync of a versioned data source) is not run by tidewire"},
		{"version", `{"operation":"PutItem","key":{"id":{"S":"1"}},"_version":1}`, []string{`200 {}`}, []string{}, `null`,
			"UnsupportedOperation: conflict detection and delta sync (_version, customPartitionKey, populateIndexFields) are not run by tidewire"},
		{"unknown", `{"operation":"Drop"}`, []string{`200 {}`}, []string{}, `null`, `MappingTemplate: operation "Drop" is none of DynamoDB's`},
		{"no key", `{"operation":"GetItem"}`, []string{`200 {}`}, []string{}, `null`, "MappingTemplate: the operation GetItem needs a key"},
		{"no object", `[1]`, []string{`200 {}`}, []string{}, `null`, "MappingTemplate: the request handler must return an object for the data source, not [1]"},
		{"wrong type", `{"operation":1}`, []string{`200 {}`}, []string{}, `null`, "MappingTemplate: the request document has a number as operation"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := &desk{answers: tt.answers}
			got, failed := d.sources(t, nil).Do(context.Background(), table(), json.RawMessage(tt.document), nil)
			failure := ""
			if failed != nil {
				failure = failed.Error()
			}
			if diff := cmp.Diff([]string{tt.want, tt.failure}, []string{string(got), failure}); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tt.requests, append([]string{}, d.requests...)); tt.requests != nil && diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPagesAreSealed(t *testing.T) {
	t.Parallel()
	d := &desk{answers: []string{`200 {"Items":[],"ScannedCount":0,"LastEvaluatedKey":{"id":{"S":"secret-key"}}}`}}
	s := d.sources(t, nil)
	first, f := s.Do(context.Background(), table(), json.RawMessage(`{"operation":"Query","query":{"expression":"id = :i"},"scanIndexForward":false}`), nil)
	if f != nil {
		t.Fatal(f)
	}
	var page struct{ NextToken string }
	if err := json.Unmarshal(first, &page); err != nil || page.NextToken == "" || strings.Contains(page.NextToken, "secret") {
		t.Fatalf("%s, %v", first, err)
	}
	ask := func(operation, index, token string) *datasource.Failure {
		_, f := s.Do(context.Background(), table(), json.RawMessage(`{"operation":"`+operation+`","query":{"expression":"id = :i"},"index":"`+index+`","nextToken":"`+token+`"}`), nil)
		return f
	}
	if f := ask("Query", "", page.NextToken); f != nil || !strings.Contains(d.requests[1], `"ExclusiveStartKey":{"id":{"S":"secret-key"}}`) {
		t.Errorf("%v, %s", f, d.requests)
	}
	for _, f := range []*datasource.Failure{ask("Scan", "", page.NextToken), ask("Query", "other", page.NextToken), ask("Query", "", "A"+page.NextToken), ask("Query", "", "?")} {
		if f == nil || !strings.HasPrefix(f.Message, "Invalid pagination token given") {
			t.Errorf("got %v", f)
		}
	}
}

func TestCustomStrategy(t *testing.T) {
	t.Parallel()
	const document = `{"operation":"DeleteItem","key":{"id":{"S":"1"}},"condition":{"expression":"x","conditionalCheckFailedHandler":{"strategy":"Custom","lambdaArn":"arn:l"}}}`
	have := `200 {"Item":{"id":{"S":"1"}}}`
	tests := []struct {
		name, reply   string
		fails         error
		answers       []string
		want, failure string
	}{
		{"reject", `{"action":"reject"}`, nil, []string{checkFailed, have}, `{"id":"1"}`, "DynamoDB:ConditionalCheckFailedException"},
		{"discard", `{"action":"discard"}`, nil, []string{checkFailed, have}, `{"id":"1"}`, ""},
		{"retry", `{"action":"retry","retryMapping":{"condition":{"expression":"y"}}}`, nil, []string{checkFailed, have, `200 {"Attributes":{"id":{"S":"1"}}}`}, `{"id":"1"}`, ""},
		{"retry in vain", `{"action":"retry","retryMapping":{"condition":{"expression":"y","conditionalCheckFailedHandler":{"strategy":"Custom","lambdaArn":"arn:l"}}}}`, nil,
			[]string{checkFailed, have, checkFailed, have}, `{"id":"1"}`, "DynamoDB:ConditionalCheckFailedException"},
		{"retry of what is no item", `{"action":"retry","retryMapping":{"attributeValues":{"a":1}}}`, nil, []string{checkFailed, have}, `null`, "Lambda:IllegalArgument"},
		{"neither", `{}`, nil, []string{checkFailed, have}, `null`, "Lambda:IllegalArgument"},
		{"no JSON", `x`, nil, []string{checkFailed, have}, `null`, "Lambda:IllegalArgument"},
		{"fails", ``, &fault.FunctionError{Type: "E", Message: "boom"}, []string{checkFailed, have}, `null`, "Lambda:Unhandled"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := &desk{answers: tt.answers, reply: tt.reply, fails: tt.fails}
			got, f := d.sources(t, nil).Do(context.Background(), table(), json.RawMessage(document),
				&datasource.Field{Parent: "Mutation", Name: "drop", OutputType: "Post", Arguments: json.RawMessage(`{"id":"1"}`)})
			if string(got) != tt.want || (f == nil) != (tt.failure == "") || f != nil && f.Type != tt.failure {
				t.Errorf("got %s, %v", got, f)
			}
			want := []string{`arn:l {"arguments":{"id":"1"},"currentValue":{"id":"1"},"identity":null,"requestMapping":` + document +
				`,"resolver":{"awsRegion":"us-east-1","field":"drop","outputType":"Post","parentType":"Mutation","tableName":"Posts"}}`}
			if diff := cmp.Diff(want, d.invoked); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWhatDoesNotRunSaysSo(t *testing.T) {
	t.Parallel()
	s := (&desk{}).sources(t, func(o *datasource.SourcesOptions) {
		o.DynamoDB = func() (string, *http.Client) { return "", nil }
	})
	do := func(ds *spec.DataSource, document string) string {
		_, f := s.Do(context.Background(), ds, json.RawMessage(document), nil)
		if f == nil {
			return ""
		}
		return f.Error()
	}
	for got, want := range map[string]string{
		do(&spec.DataSource{Name: "a", Type: "AMAZON_EVENTBRIDGE"}, `{}`): "the data source a is of type AMAZON_EVENTBRIDGE, which tidewire does not run",
		do(&spec.DataSource{Unsupported: "OpenSearch comes later"}, `{}`): "OpenSearch comes later",
		do(table(), `{"operation":"GetItem","key":{"id":{"S":"1"}}}`):     "there is no DynamoDB: start tidewire with --endpoint",
		do(&spec.DataSource{Type: spec.SourceNone}, `"x"`):                `must return an object for the data source, not "x"`,
		do(&spec.DataSource{Type: spec.SourceNone}, ``):                   "not nothing",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got, f := s.Do(context.Background(), &spec.DataSource{Type: spec.SourceNone}, json.RawMessage(`{"payload":{"b":1,"a":2}}`), nil); f != nil || string(got) != `{"b":1,"a":2}` {
		t.Errorf("NONE: %s, %v", got, f)
	}
	if _, f := s.Direct(context.Background(), table(), nil); f == nil {
		t.Error("a table was called without code")
	}
}

func TestRolesAreAsked(t *testing.T) {
	t.Parallel()
	tests := []struct {
		ds       *spec.DataSource
		document string
		want     []string
	}{
		{table(), `{"operation":"GetItem","key":{"id":{"S":"1"}}}`, []string{"dynamodb:GetItem table/Posts"}},
		{table(), `{"operation":"Query","index":"byDay","query":{"expression":"x"}}`, []string{"dynamodb:Query table/Posts/index/byDay"}},
		{table(), `{"operation":"BatchGetItem","tables":{"A":{"keys":[]}}}`, []string{"dynamodb:BatchGetItem table/A"}},
		{table(), `{"operation":"BatchPutItem","tables":{"A":[{}]}}`, []string{"dynamodb:BatchWriteItem table/A"}},
		{table(), `{"operation":"TransactGetItems","transactItems":[{"table":"A","key":{"id":{"S":"1"}}}]}`, []string{"dynamodb:GetItem table/A"}},
		{table(), `{"operation":"TransactWriteItems","transactItems":[{"table":"A","operation":"ConditionCheck","key":{"id":{"S":"1"}}},{"table":"B","operation":"PutItem","key":{"id":{"S":"1"}}}]}`,
			[]string{"dynamodb:ConditionCheckItem table/A", "dynamodb:PutItem table/B"}},
		{function(), `{"operation":"Invoke"}`, []string{"lambda:InvokeFunction " + functionARN}},
		{function(), `{"operation":"Invoke","invocationType":"Event"}`, []string{"lambda:InvokeFunction " + functionARN}},
	}
	for _, tt := range tests {
		t.Run(tt.document, func(t *testing.T) {
			t.Parallel()
			var asked []string
			refuse := false
			d := &desk{answers: []string{"200 {}"}}
			s := d.sources(t, func(o *datasource.SourcesOptions) {
				o.Authorize = func(role, action, resource string) error {
					asked = append(asked, action+" "+strings.TrimPrefix(resource, "arn:aws:dynamodb:us-east-1:123456789012:"))
					if refuse {
						return errors.New("no statement allows it")
					}
					return nil
				}
			})
			_, f := s.Do(context.Background(), tt.ds, json.RawMessage(tt.document), nil)
			if diff := cmp.Diff(tt.want, asked); diff != "" || f != nil {
				t.Errorf("%v\n%s", f, diff)
			}
			refuse = true
			sent := len(d.requests)
			_, f = s.Do(context.Background(), tt.ds, json.RawMessage(tt.document), nil)
			if f == nil || !strings.HasSuffix(f.Type, ":AccessDeniedException") || len(d.requests) != sent {
				t.Errorf("refused: %v", f)
			}
		})
	}
}

// TestRoleOfCustomStrategy: the data source's role invokes the function that a
// failed condition asks.
func TestRoleOfCustomStrategy(t *testing.T) {
	t.Parallel()
	d := &desk{answers: []string{checkFailed, `200 {"Item":{"id":{"S":"1"}}}`}, reply: `{"action":"discard"}`}
	var refused string
	s := d.sources(t, func(o *datasource.SourcesOptions) {
		o.Authorize = func(_, action, resource string) error {
			if strings.HasPrefix(action, "lambda:") {
				refused = action + " " + resource
				return errors.New("no statement allows it")
			}
			return nil
		}
	})
	document := `{"operation":"DeleteItem","key":{"id":{"S":"1"}},"condition":{"expression":"x","conditionalCheckFailedHandler":{"strategy":"Custom","lambdaArn":"arn:l"}}}`
	got, f := s.Do(context.Background(), table(), json.RawMessage(document), nil)
	if f == nil || f.Type != "Lambda:AccessDeniedException" || string(got) != "null" || refused != "lambda:InvokeFunction arn:l" || len(d.invoked) > 0 {
		t.Errorf("got %s, %v; refused %q, invoked %q", got, f, refused, d.invoked)
	}
}

func FuzzDynamoDB(f *testing.F) {
	f.Add(`{"operation":"GetItem","key":{"id":{"S":"1"}}}`, `{"Item":{"a":{"L":[{"M":{"b":{"NS":["1"]}}}]}}}`)
	f.Add(`{"operation":"Query","query":{"expression":"x"},"nextToken":"AA"}`, `{"Items":[{"a":{}}]}`)
	f.Add(`{"operation":"TransactWriteItems","transactItems":[{"table":"A","operation":"DeleteItem","key":{"id":{"S":"3"}}}]}`, `{"CancellationReasons":[{"Item":7}]}`)
	f.Fuzz(func(t *testing.T, document, answer string) {
		for _, status := range []string{"200 ", "400 "} {
			d := &desk{answers: []string{status + answer}}
			value, _ := d.sources(t, nil).Do(context.Background(), table(), json.RawMessage(document), nil)
			if !json.Valid(value) {
				t.Errorf("%q is no JSON", value)
			}
		}
	})
}

func BenchmarkGetItem(b *testing.B) {
	d := &desk{answers: []string{`200 {"Item":{"id":{"S":"1"},"title":{"S":"` + strings.Repeat("x", 500) + `"},"n":{"N":"5"},"tags":{"L":[{"S":"a"},{"S":"b"}]}}}`}}
	s := d.sources(b, nil)
	b.ReportAllocs()
	for b.Loop() {
		d.requests = d.requests[:0]
		if _, f := s.Do(context.Background(), table(), json.RawMessage(`{"operation":"GetItem","key":{"id":{"S":"1"}}}`), nil); f != nil {
			b.Fatal(f)
		}
	}
}
