//go:build conformance

package conformance

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// recorder keeps what it is asked and gives answers: it stands where no engine
// that could be installed has what is asked for (DynamoDB's transactions,
// which dynalite lacks, and services that take signed requests).
type recorder struct {
	*httptest.Server
	answer func(r *http.Request, body string) (status int, text string)

	mu   sync.Mutex
	kept []recorded
}

type recorded struct {
	method, path, body string
	header             http.Header
}

func record(t testing.TB, answer func(r *http.Request, body string) (status int, text string)) *recorder {
	t.Helper()
	rec := &recorder{answer: answer}
	rec.Server = httptest.NewServer(rec)
	t.Cleanup(rec.Close)
	return rec
}

func (rec *recorder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body) // what is missing is seen by what is compared
	rec.mu.Lock()
	rec.kept = append(rec.kept, recorded{r.Method, r.URL.RequestURI(), string(body), r.Header})
	rec.mu.Unlock()
	status, text := rec.answer(r, string(body))
	w.Header().Set("Served-By", "the test")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
}

// last is the newest request.
func (rec *recorder) last() recorded {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return rec.kept[len(rec.kept)-1]
}

// same compares JSON, whatever the order of members.
func same(t testing.TB, what, got, want string) {
	t.Helper()
	var a, b any
	if err := json.Unmarshal([]byte(got), &a); err != nil {
		t.Errorf("%s: %q: %v", what, got, err)
		return
	}
	if err := json.Unmarshal([]byte(want), &b); err != nil {
		t.Fatal(err)
	}
	if marshal(t, a) != marshal(t, b) {
		t.Errorf("%s is\n%s\nwant\n%s", what, got, want)
	}
}

// patterns is the stack with what the public samples of resolvers do.
type patterns struct {
	*server
	*graph
	dynamo, web *recorder
	notes       string
}

func startPatterns(t testing.TB) *patterns {
	t.Helper()
	p := &patterns{notes: filepath.Join(t.TempDir(), "notes")}
	p.dynamo, p.web = record(t, answerDynamoDB), record(t, answerWeb)
	p.server = serve(t, stack(t, "patterns"), serveOptions{args: []string{"--parameter", "Notes=" + p.notes, "--parameter", "Web=" + p.web.URL, "--endpoint", "dynamodb=" + p.dynamo.URL}})
	p.graph = p.keyed(t)
	return p
}

func answerDynamoDB(r *http.Request, body string) (int, string) {
	switch r.Header.Get("X-Amz-Target") {
	case "DynamoDB_20120810.TransactGetItems":
		return 200, `{"Responses":[{"Item":{"id":{"S":"1"},"sku":{"S":"x"},"count":{"N":"2"},"tags":{"SS":["a","b"]}}},{}]}`
	case "DynamoDB_20120810.TransactWriteItems":
		if strings.Contains(body, `"twice"`) {
			return 400, `{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","message":"Transaction cancelled, please refer cancellation reasons for specific reasons [ConditionalCheckFailed, None, None, None]",` +
				`"CancellationReasons":[{"Code":"ConditionalCheckFailed","Message":"The conditional request failed","Item":{"id":{"S":"twice"},"count":{"N":"1"}}},{"Code":"None"},{"Code":"None"},{"Code":"None"}]}`
		}
		return 200, `{}`
	case "DynamoDB_20120810.PutItem":
		return 200, `{}`
	}
	return 400, `{"__type":"com.amazon.coral.service#UnknownOperationException","message":"` + r.Header.Get("X-Amz-Target") + `"}`
}

func answerWeb(r *http.Request, _ string) (int, string) {
	switch r.URL.Path {
	case "/weather/nowhere":
		return 404, `no such city`
	case "/forecast":
		return 200, `{"city":"Ulm","degrees":-3.5,"more":{"x":1}}`
	}
	return 200, `{"text":"rain in ` + strings.TrimPrefix(r.URL.Path, "/weather/") + `"}`
}

// TestGraphQLPatterns runs what the public samples of JavaScript resolvers do.
func TestGraphQLPatterns(t *testing.T) {
	t.Parallel()
	p := startPatterns(t)
	t.Run("transactions", p.transactions)
	t.Run("http", p.http)
	t.Run("lambda", p.lambda)
	t.Run("typescript", p.typescript)
	t.Run("pipeline", p.pipeline)
	t.Run("others", p.others)
}

// transactions go to a recorder: dynalite has none.
func (p *patterns) transactions(t *testing.T) {
	p.ask(t, `{ orders(ids: ["1", "2"]) { id sku count tags } }`).data(t, `{"orders":[{"id":"1","sku":"x","count":2,"tags":["a","b"]},null]}`)
	got := p.dynamo.last()
	same(t, "the request", got.body, `{"TransactItems":[{"Get":{"Key":{"id":{"S":"1"}},"TableName":"Orders"}},{"Get":{"Key":{"id":{"S":"2"}},"TableName":"Orders"}}]}`)
	if auth := got.header.Get("Authorization"); !strings.Contains(auth, "/us-east-1/dynamodb/aws4_request") || got.header.Get("X-Amz-Security-Token") == "" || got.header.Get("Content-Type") != "application/x-amz-json-1.0" {
		t.Errorf("headers %v", got.header)
	}
	document := `mutation($id: ID!) { placeOrder(id: $id, sku: "x", count: 2) }`
	a := p.ask(t, document, object{"id": "7"})
	var said struct{ PlaceOrder string }
	if err := json.Unmarshal(a.Data, &said); err != nil {
		t.Fatal(a.text)
	}
	same(t, "the keys", said.PlaceOrder, `"[{\"id\":\"7\"},{\"sku\":\"x\"},{\"sku\":\"open\"},{\"id\":\"draft-7\"}]"`)
	same(t, "the request", withoutToken(t, p.dynamo.last().body), `{"TransactItems":[
		{"Put":{"ConditionExpression":"attribute_not_exists(#id)","ExpressionAttributeNames":{"#id":"id"},"Item":{"id":{"S":"7"},"sku":{"S":"x"},"count":{"N":"2"},"tags":{"L":[{"S":"new"}]}},"ReturnValuesOnConditionCheckFailure":"ALL_OLD","TableName":"Orders"}},
		{"Update":{"ExpressionAttributeNames":{"#left":"left"},"ExpressionAttributeValues":{":less":{"N":"-2"}},"Key":{"sku":{"S":"x"}},"TableName":"Stock","UpdateExpression":"ADD #left :less"}},
		{"ConditionCheck":{"ConditionExpression":"attribute_exists(sku)","Key":{"sku":{"S":"open"}},"ReturnValuesOnConditionCheckFailure":"ALL_OLD","TableName":"Stock"}},
		{"Delete":{"Key":{"id":{"S":"draft-7"}},"TableName":"Orders"}}]}`)
	e := p.ask(t, document, object{"id": "twice"}).fails(t, `{"placeOrder":null}`, "DynamoDB:TransactionCanceledException", "Transaction cancelled")
	if info := string(e.Info); !strings.Contains(info, `"item":{"id":"twice","count":1}`) || !strings.Contains(info, `"type":"ConditionalCheckFailed"`) {
		t.Errorf("the reasons are %s", info)
	}
	// Time to live.
	before := time.Now().Unix()
	p.ask(t, `mutation { remember(id: "s", days: 2) { id ttl } }`)
	var put struct {
		Item struct{ TTL struct{ N json.Number } }
	}
	if err := json.Unmarshal([]byte(p.dynamo.last().body), &put); err != nil {
		t.Fatal(err)
	}
	if n, err := put.Item.TTL.N.Int64(); err != nil || n < before+2*86400 || n > before+2*86400+60 {
		t.Errorf("ttl %v: %s", err, p.dynamo.last().body)
	}
}

// withoutToken drops the idempotency token of a transaction.
func withoutToken(t testing.TB, body string) string {
	t.Helper()
	var o object
	if err := json.Unmarshal([]byte(body), &o); err != nil {
		t.Fatal(err)
	}
	delete(o, "ClientRequestToken")
	return marshal(t, o)
}

func (p *patterns) http(t *testing.T) {
	a := p.ask(t, `{ weather(city: "New Ulm") }`)
	a.data(t, `{"weather":"rain in New+Ulm"}`)
	if got := a.header.Get("weather-by"); got != "the test" {
		t.Errorf("the resolver's header is %q", got)
	}
	got := p.web.last()
	if got.method != "GET" || !strings.HasPrefix(got.path, "/weather/New+Ulm?") || !strings.Contains(got.path, "units=metric") || !strings.Contains(got.path, "q=a") || strings.Contains(got.path, "b&c") ||
		got.header.Get("Accept") != "application/json" || len(got.header.Get("X-Trace")) != 36 || got.header.Get("Authorization") != "" {
		t.Errorf("asked %+v", got)
	}
	p.ask(t, `{ weather(city: "nowhere") }`).fails(t, `{"weather":null}`, "404", "no such city")
	p.ask(t, `{ forecast(city: "Ulm") { city degrees } }`).data(t, `{"forecast":{"city":"Ulm","degrees":-3.5}}`)
	got = p.web.last()
	if auth := got.header.Get("Authorization"); got.method != "POST" || got.body != `{"city":"Ulm"}` || !strings.Contains(auth, "/eu-west-1/states/aws4_request") || got.header.Get("X-Amz-Security-Token") == "" {
		t.Errorf("asked %+v", got)
	}
}

func (p *patterns) lambda(t *testing.T) {
	a := p.ask(t, `{ people(n: 10) { id friend { id } shaky direct } }`)
	var said struct {
		People []struct {
			ID     string
			Friend struct{ ID string }
			Shaky  *string
			Direct *string
		}
	}
	if err := json.Unmarshal(a.Data, &said); err != nil || len(said.People) != 10 {
		t.Fatalf("%v: %s", err, a.text)
	}
	for n, one := range said.People {
		id := fmt.Sprintf("p%d", n)
		if one.ID != id || one.Friend.ID != "friend of "+id || (one.Shaky == nil) != (n == 1) || (one.Direct == nil) != (n == 2) {
			t.Errorf("person %d: %+v", n, one)
		}
	}
	if len(a.Errors) != 2 {
		t.Errorf("%d errors: %s", len(a.Errors), a.text)
	}
	for _, e := range a.Errors {
		if where := marshal(t, e.Path); where+e.Type+e.Message != `["people",1,"shaky"]Shakyp1 is not well` && where+e.Type+e.Message != `["people",2,"direct"]Goneno p2` {
			t.Errorf("an error of one element: %+v", e)
		}
	}
	text, err := os.ReadFile(p.notes)
	if err != nil {
		t.Fatal(err)
	}
	asked := map[string]int{}
	for _, note := range decodeLines[struct {
		Batch  int
		Direct bool
	}](t, string(text)) {
		asked[fmt.Sprint(note.Batch, note.Direct)]++
	}
	if want := map[string]int{"4 false": 2, "2 false": 1, "10 false": 1, "5 true": 2}; marshal(t, asked) != marshal(t, want) {
		t.Errorf("the function was asked %v, want %v", asked, want)
	}
	p.ask(t, `mutation { notify(text: "ho") }`).data(t, `{"notify":"sent"}`)
	eventually(t, "the function hears of it", func() bool {
		text, err := os.ReadFile(p.notes)
		return err == nil && strings.Contains(string(text), `{"notify":"ho"}`)
	})
}

func (p *patterns) typescript(t *testing.T) {
	p.ask(t, `{ a: label(id: "abc", kind: SHORT) b: label(id: "é", kind: LONG) }`).data(t, `{"a":"ABC(3)","b":"É(1)LONG(4)"}`)
	e := p.ask(t, `{ label(id: "fail", kind: LONG) }`).fails(t, `{"label":null}`, "Refused", "not FAIL")
	same(t, "errorInfo", string(e.Info), `{"kind":"LONG"}`)
}

func (p *patterns) pipeline(t *testing.T) {
	for id, want := range map[string]string{
		"x": "fetched after: looked for x [true x]", "known": "of the cache [true known]", "next": "fetched after: of the step before [true next]",
	} {
		p.ask(t, `query($id: ID!) { cached(id: $id) }`, object{"id": id}).data(t, `{"cached":"`+want+`"}`)
	}
	p.ask(t, `{ cached(id: "forbidden") }`).fails(t, `{"cached":null}`, "Unauthorized", "Not Authorized to access cached on type Query")
}

func (p *patterns) others(t *testing.T) {
	e := p.ask(t, `{ partial }`).fails(t, `{"partial":["a",null,"c"]}`, "Missing", "b is missing")
	same(t, "errorInfo", string(e.Info), `{"at":1}`)
	a := p.ask(t, `query($f: AWSJSON!) { expression(filter: $f) }`, object{"f": `{"title":{"beginsWith":"a"},"or":[{"n":{"between":[1,2]}},{"tag":{"contains":"x"}}]}`})
	for _, part := range []string{"begins_with", "BETWEEN", "contains", "OR"} {
		if !strings.Contains(a.text, part) {
			t.Errorf("no %s in %s", part, a.text)
		}
	}
	a = p.with("x-of-mine", "Mine").ask(t, `query Q($if: Boolean!) { d: described a: __typename @skip(if: $if) }`, object{"if": true})
	var said struct{ D string }
	if err := json.Unmarshal(a.Data, &said); err != nil {
		t.Fatal(a.text)
	}
	var text string
	if err := json.Unmarshal([]byte(said.D), &text); err != nil {
		t.Fatal(a.text)
	}
	same(t, "described", text, `{"field":"Query.described","variables":{"if":true},"list":[],"mine":"Mine","domain":null,"table":"Orders"}`)
	p.ask(t, `{ a: animal(kind: "Cat") { __typename name ... on Cat { lives } ...D } b: animal(kind: "Dog") { ...D } } fragment D on Dog { barks @include(if: true) name @skip(if: true) }`).
		data(t, `{"a":{"__typename":"Cat","name":"Tom","lives":9},"b":{"barks":true}}`)
	p.ask(t, `mutation { a: count(id: 1) b: count(id: "2") a: count(id: 1) }`).data(t, `{"a":"1","b":"2"}`)
	p.ask(t, `{ old label(id: "x", kind: SHORT) }`).fails(t, `{"old":null,"label":"X(1)"}`, "UnsupportedOperation", "VTL")
	p.ask(t, `{ rows label(id: "x", kind: SHORT) }`).fails(t, `{"rows":null,"label":"X(1)"}`, "UnsupportedOperation", "RELATIONAL_DATABASE")
}
