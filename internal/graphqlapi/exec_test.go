package graphqlapi

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

const blogSchema = `
type Query { post: Post posts: [Post!] node: Node thing: Thing things: [Thing] strict: Post! list: [Int!]! text: String count: Int ratio: Float flag: Boolean id: ID color: Color when: AWSDateTime data: AWSJSON ts: AWSTimestamp mail: AWSEmail echo(id: ID, n: Int = 5, in: In, tags: [String], json: AWSJSON): String }
type Mutation { first: Post second: String! third: Post }
type Post implements Node { id: ID! title: String author: Author tags: [String] next: Post body: String! }
type Author { id: ID! name: String! posts: [Post] }
interface Node { id: ID! }
union Thing = Post | Author
enum Color { RED GREEN }
input In { a: Int! b: String = "x" c: [Color] d: In }
`

func TestExecute(t *testing.T) {
	t.Parallel()
	r := newRig(t, blogSchema, root(map[string]string{
		"post":   `{"id":"1","title":"a\"b","tags":["x",null],"body":"text","next":{"id":2,"body":"b2","__typename":"Post"}}`,
		"posts":  `[{"id":"1","body":"b"},{"id":"2","body":"c","title":null}]`,
		"node":   `{"__typename":"Post","id":"9","title":"t"}`,
		"things": `[{"__typename":"Post","id":"1","title":"T"},{"__typename":"Author","id":"2","name":"N"},null]`,
		"count":  `"12"`, "ratio": `1.5e3`, "flag": `1`, "id": `7`, "text": `{"a":1,"b":[true,"x"]}`, "color": `"RED"`,
		"when": `"2020-01-01T00:00Z"`, "data": ` { "a" : [ 1 ] } `, "ts": `1700000000`, "mail": `"a@b.c"`, "list": `[1,2]`,
	}))
	for _, tt := range []struct{ query, want string }{
		{`{post{id}}`, `{"data":{"post":{"id":"1"}}}`},
		{`{post{title tags t:title __typename x:__typename}}`, `{"data":{"post":{"title":"a\"b","tags":["x",null],"t":"a\"b","__typename":"Post","x":"Post"}}}`},
		{`{post{...A ...A next{...A}}} fragment A on Post{id body}`, `{"data":{"post":{"id":"1","body":"text","next":{"id":"2","body":"b2"}}}}`},
		{`{post{next{id} next{body}}}`, `{"data":{"post":{"next":{"id":"2","body":"b2"}}}}`},
		{`{posts{id title}}`, `{"data":{"posts":[{"id":"1","title":null},{"id":"2","title":null}]}}`},
		{`{node{id ...on Post{title} ...on Node{i:id}}}`, `{"data":{"node":{"id":"9","title":"t","i":"9"}}}`},
		{`{things{__typename ...on Post{title} ...on Author{name}}}`, `{"data":{"things":[{"__typename":"Post","title":"T"},{"__typename":"Author","name":"N"},null]}}`},
		{`{count ratio flag id text color when data ts mail list}`, `{"data":{"count":12,"ratio":1.5e3,"flag":true,"id":"7","text":"{a=1, b=[true, x]}","color":"RED","when":"2020-01-01T00:00Z","data":"{\"a\":[1]}","ts":1700000000,"mail":"a@b.c","list":[1,2]}}`},
		{`{__typename}`, `{"data":{"__typename":"Query"}}`},
		{`{post{author{id}}}`, `{"data":{"post":{"author":null}}}`},
		{`{post @skip(if:true){id} count @include(if:false)}`, `{"data":{}}`},
		{`query($a:Boolean!,$b:Boolean=false){post @skip(if:$a){id} count @include(if:$b) id}`, `{"data":{"post":{"id":"1"},"id":"7"}}`},
	} {
		if strings.Contains(tt.query, "$a") {
			r.expect(tt.want, tt.query, `{"a":false}`)
			r.expect(`{"data":{"count":12,"id":"7"}}`, tt.query, `{"a":true,"b":true}`)
			continue
		}
		r.expect(tt.want, tt.query)
	}
}

func TestValueErrors(t *testing.T) {
	t.Parallel()
	r := newRig(t, blogSchema, root(map[string]string{
		"post":   `{"id":null,"title":"x","next":{"id":"1","body":null}}`,
		"posts":  `[{"id":"1","body":"b"},{"id":"2"}]`,
		"things": `[{"id":"1"},{"__typename":"Query"},5]`,
		"strict": `null`, "count": `3000000000`, "ratio": `"abc"`, "flag": `{}`, "id": `1.5`, "color": `"BLUE"`,
		"when": `"2020-05-23T06:4:37.000Z"`, "ts": `"2026-01-22T17:48:30.032Z"`, "mail": `5`, "list": `{"a":1}`,
	}))
	for _, tt := range []struct{ query, want string }{
		{`{post{title}}`, `{"data":{"post":{"title":"x"}}}`},
		{`{post{id title}}`, `{"data":{"post":null},"errors":[{"path":["post","id"],"locations":null,"message":"Cannot return null for non-nullable type: 'ID' within parent 'Post' (/post/id)"}]}`},
		{`{post{title next{body}}}`, `{"data":{"post":{"title":"x","next":null}},"errors":[{"path":["post","next","body"],"locations":null,"message":"Cannot return null for non-nullable type: 'String' within parent 'Post' (/post/next/body)"}]}`},
		{`{posts{id body}}`, `{"data":{"posts":null},"errors":[{"path":["posts",1,"body"],"locations":null,"message":"Cannot return null for non-nullable type: 'String' within parent 'Post' (/posts[1]/body)"}]}`},
		{`{strict{id} id2:__typename}`, `{"data":null,"errors":[{"path":["strict"],"locations":null,"message":"Cannot return null for non-nullable type: 'Post' within parent 'Query' (/strict)"}]}`},
		{`{count}`, `{"data":{"count":null},"errors":[{"path":["count"],"locations":null,"message":"Can't serialize value (/count) : Expected type 'Int' but was 'Long'."}]}`},
		{`{ratio}`, `{"data":{"ratio":null},"errors":[{"path":["ratio"],"locations":null,"message":"Can't serialize value (/ratio) : Expected type 'Float' but was 'String'."}]}`},
		{`{flag}`, `{"data":{"flag":null},"errors":[{"path":["flag"],"locations":null,"message":"Can't serialize value (/flag) : Expected type 'Boolean' but was 'LinkedHashMap'."}]}`},
		{`{id}`, `{"data":{"id":null},"errors":[{"path":["id"],"locations":null,"message":"Can't serialize value (/id) : Expected type 'ID' but was 'Double'."}]}`},
		{`{color}`, `{"data":{"color":null},"errors":[{"path":["color"],"locations":null,"message":"Can't serialize value (/color) : Invalid input for Enum 'Color'. Unknown value 'BLUE'"}]}`},
		{`{when}`, "{\"data\":{\"when\":null},\"errors\":[{\"path\":[\"when\"],\"locations\":null,\"message\":\"Can't serialize value (/when) : Unable to serialize `2020-05-23T06:4:37.000Z` as a valid DateTime Object.\"}]}"},
		{`{ts}`, "{\"data\":{\"ts\":null},\"errors\":[{\"path\":[\"ts\"],\"locations\":null,\"message\":\"Can't serialize value (/ts) : Unable to serialize `2026-01-22T17:48:30.032Z` as a valid timestamp.\"}]}"},
		{`{mail}`, "{\"data\":{\"mail\":null},\"errors\":[{\"path\":[\"mail\"],\"locations\":null,\"message\":\"Can't serialize value (/mail) : Unable to serialize `5` as a valid email address.\"}]}"},
		{`{list}`, `{"data":null,"errors":[{"path":["list"],"locations":null,"message":"Can't resolve value (/list) : type mismatch error, expected type LIST"}]}`},
		{`{things{__typename}}`, `{"data":{"things":[null,null,null]},"errors":[` +
			`{"path":["things",0],"locations":null,"message":"Can't resolve '/things[0]'. Abstract type 'Thing' must resolve to an Object type at runtime for field 'Query.things'. Could not determine the exact type of 'Thing'"},` +
			`{"path":["things",1],"locations":null,"message":"Can't resolve '/things[1]'. Abstract type 'Thing' must resolve to an Object type at runtime for field 'Query.things'. Runtime Object type 'Query' is not a possible type for 'Thing'."},` +
			`{"path":["things",2],"locations":null,"message":"Can't resolve value (/things[2]) : type mismatch error, expected type UNION"}]}`},
	} {
		r.expect(tt.want, tt.query)
	}
}

func TestFieldErrors(t *testing.T) {
	t.Parallel()
	r := newRig(t, blogSchema,
		unit("Query.post", fails(Failure{Message: "boom", Type: "MyType", Data: json.RawMessage(`{"id":1,"secret":2,"title":"t"}`), Info: json.RawMessage(`{"why":"x"}`)})),
		unit("Query.text", fails(Failure{Message: "no"})),
		unit("Query.strict", fails(Failure{Type: "Unauthorized"})),
		unit("Query.count", script{"request": func(context.Context, *Call) *Outcome { return &Outcome{Failure: &Failure{Message: "in request"}} }, "response": says("1")["response"]}),
		unit("Query.ratio", script{"request": says("")["request"], "response": func(context.Context, *Call) *Outcome {
			return &Outcome{Value: json.RawMessage("2.5"), Appended: []Failure{{Message: "careful", Type: "Warning"}}}
		}}),
		unit("Query.flag", says(`{oops`)),
		unitOn("vtl", "Query.id", says(`1`)),
	)
	for _, tt := range []struct{ query, want string }{
		{"{\n  post { id title author { id } t: __typename } }", `{"data":{"post":null},"errors":[{"path":["post"],"data":{"id":"1","title":"t","author":null,"t":"Post"},"errorType":"MyType","errorInfo":{"why":"x"},"locations":[{"line":2,"column":3,"sourceName":null}],"message":"boom"}]}`},
		{`{text}`, `{"data":{"text":null},"errors":[{"path":["text"],"data":null,"errorType":null,"errorInfo":null,"locations":[{"line":1,"column":2,"sourceName":null}],"message":"no"}]}`},
		{`{strict{id}}`, `{"data":null,"errors":[{"path":["strict"],"data":null,"errorType":"Unauthorized","errorInfo":null,"locations":[{"line":1,"column":2,"sourceName":null}],"message":"Not Authorized to access strict on type Query"}]}`},
		{`{count}`, `{"data":{"count":null},"errors":[{"path":["count"],"data":null,"errorType":null,"errorInfo":null,"locations":[{"line":1,"column":2,"sourceName":null}],"message":"in request"}]}`},
		{`{ratio}`, `{"data":{"ratio":2.5},"errors":[{"path":["ratio"],"data":null,"errorType":"Warning","errorInfo":null,"locations":[{"line":1,"column":2,"sourceName":null}],"message":"careful"}]}`},
		{`{flag}`, `{"data":{"flag":null},"errors":[{"path":["flag"],"data":null,"errorType":"InternalFailure","errorInfo":null,"locations":[{"line":1,"column":2,"sourceName":null}],"message":"The result of the resolver is not valid JSON."}]}`},
		{`{id}`, `{"data":{"id":null},"errors":[{"path":["id"],"data":null,"errorType":"UnsupportedOperation","errorInfo":null,"locations":[{"line":1,"column":2,"sourceName":null}],"message":"data sources of EventBridge do not run here"}]}`},
	} {
		r.expect(tt.want, tt.query)
	}
}

// TestNullPropagation has resolvers below resolvers, some of which fail where
// null is not allowed.
func TestNullPropagation(t *testing.T) {
	t.Parallel()
	name := asks(func(c *Call) string {
		if strings.Contains(string(c.Source), `"bad"`) {
			return "null"
		}
		return `"N` + string(member(c.Source, "id")[1:2]) + `"`
	})
	r := newRig(t, blogSchema,
		unit("Query.posts", says(`[{"id":"1","body":"b","author":{"id":"a"}},{"id":"2","body":"c","author":{"id":"bad"}},{"id":"3","body":"d","author":{"id":"c"}}]`)),
		unit("Query.things", says(`[{"__typename":"Author","id":"bad"},{"__typename":"Author","id":"x"}]`)),
		unit("Query.strict", says(`{"id":"1","author":{"id":"bad"}}`)),
		unit("Author.name", name), unit("Post.next", says(`{"id":"n","author":{"id":"bad"}}`)),
	)
	r.expect(`{"data":{"posts":[{"id":"1","author":{"name":"Na","id":"a"},"body":"b"},{"id":"2","author":null,"body":"c"},{"id":"3","author":{"name":"Nc","id":"c"},"body":"d"}]},"errors":[{"path":["posts",1,"author","name"],"locations":null,"message":"Cannot return null for non-nullable type: 'String' within parent 'Author' (/posts[1]/author/name)"}]}`,
		`{posts{id author{name id} body}}`)
	r.expect(`{"data":{"things":[null,{"name":"Nx"}]},"errors":[{"path":["things",0,"name"],"locations":null,"message":"Cannot return null for non-nullable type: 'String' within parent 'Author' (/things[0]/name)"}]}`,
		`{things{...on Author{name}}}`)
	r.expect(`{"data":{"strict":{"next":{"author":null,"id":"n"},"author":null}},"errors":[`+
		`{"path":["strict","next","author","name"],"locations":null,"message":"Cannot return null for non-nullable type: 'String' within parent 'Author' (/strict/next/author/name)"},`+
		`{"path":["strict","author","name"],"locations":null,"message":"Cannot return null for non-nullable type: 'String' within parent 'Author' (/strict/author/name)"}]}`,
		`{strict{next{author{name} id} author{name}}}`)
}

func TestMutationsInSeries(t *testing.T) {
	t.Parallel()
	var order []string
	var mu sync.Mutex
	step := func(name, value string) script {
		return asks(func(*Call) string {
			mu.Lock()
			defer mu.Unlock()
			order = append(order, name)
			return value
		})
	}
	r := newSockets(t, blogSchema+`type Subscription { on: Post @aws_subscribe(mutations: ["first", "third"]) }`,
		unit("Mutation.first", step("first", `{"id":"1","title":"T"}`)), unit("Mutation.second", step("second", "null")),
		unit("Mutation.third", step("third", "null")), unit("Post.next", step("next", `{"id":"2"}`)))
	defer r.close()
	c := r.open()
	c.subscribe("1", `subscription { on { p: id t: title next { id } author { id } } }`)
	r.expect(`{"data":{"x":{"n":{"i":"2"},"t":"T","u":"T"},"third":null}}`, `mutation{x:first{n:next{i:id} t:title u:title} third{id}}`)
	if got := strings.Join(order, " "); got != "first next third" {
		t.Errorf("the order was %s", got)
	}
	c.data("1", `{"data":{"on":null},"errors":[{"path":["on","p"],"locations":null,"message":"Cannot return null for non-nullable type: 'ID' within parent 'Post' (/on/p)"}]}`)
	r.expect(`{"data":{"first":{"id":"1","title":"T","next":{"id":"2"}}}}`, `mutation{first{id title next{id}}}`)
	c.data("1", `{"data":{"on":{"p":"1","t":"T","next":{"id":"2"},"author":null}}}`)
	c.quiet()
	r.expect(`{"data":null,"errors":[{"path":["second"],"locations":null,"message":"Cannot return null for non-nullable type: 'String' within parent 'Mutation' (/second)"}]}`, `mutation{second}`)
}

func TestParallel(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := script{"request": says("")["request"], "response": func(ctx context.Context, _ *Call) *Outcome {
			select {
			case <-time.After(time.Second):
				return &Outcome{Value: json.RawMessage(`"done"`)}
			case <-ctx.Done():
				return &Outcome{Failure: &Failure{Message: "interrupted"}}
			}
		}}
		r := newRig(t, blogSchema, unit("Query.text", slow))
		begin := time.Now()
		r.expect(`{"data":{"a":"done","b":"done","c":"done"}}`, `{a:text b:text c:text}`)
		if d := time.Since(begin); d != time.Second {
			t.Errorf("it took %v", d)
		}
		var many strings.Builder
		for i := range 1000 { // 32 at a time are over 31 s
			many.WriteString(" a" + string(rune('a'+i%26)) + strings.Repeat("x", i/26) + ":text")
		}
		result := r.result(t.Context(), "{"+many.String()+"}")
		if d := time.Since(begin); d != 31*time.Second {
			t.Errorf("it took %v", d)
		}
		if n := len(result.Errors); n < 1000-30*32 || n > 1000-29*32 || result.Errors[0].Type != "ExecutionTimeout" || result.Errors[0].Message != "Execution timed out." {
			t.Errorf("%d errors, the first %+v", len(result.Errors), result.Errors[0])
		}
	})
}

func TestCancel(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := newRig(t, blogSchema, root(map[string]string{"text": `"x"`}))
	if got := r.result(ctx, "{text}"); got.Errors[0].Type != "ExecutionCanceled" {
		t.Errorf("%s", got.Body)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	r := newRig(t, blogSchema, root(map[string]string{"text": `"x"`, "post": `{"next":{"next":{"id":"1"}}}`}), func(r *rig, o *Options) {
		r.spec.QueryDepthLimit, r.spec.ResolverCountLimit = 3, 2
		o.Limits.Response = 2000
	})
	if got := r.run(`{post{next{next{id}}}}`); !strings.Contains(got, `"errorType":"QueryDepthLimitReached"`) || !strings.HasPrefix(got, `{"data":null`) {
		t.Error(got)
	}
	if got := r.run(`{post{...A}} fragment A on Post{...B} fragment B on Post{next{id}}`); strings.Contains(got, "Depth") {
		t.Error(got)
	}
	got := r.result(t.Context(), `{a:text b:text c:text}`)
	if len(got.Errors) != 1 || got.Errors[0].Type != "ResolverCountLimitReached" {
		t.Errorf("%s", got.Body)
	}
	if got := r.run(`{post{` + strings.Repeat(" id", 10) + strings.Repeat(" ...on Post{title}", 10) + `}}`); strings.Contains(got, "Size") {
		t.Error(got)
	}
	if got := r.run(`{__schema{types{name fields{name}}}}`); !strings.Contains(got, `"errorType":"ResponseSizeLimitReached"`) {
		t.Error(got)
	}
}

// TestAmplification asks for a long answer very often.
func TestAmplification(t *testing.T) {
	t.Parallel()
	long := `"` + strings.Repeat("x", 100_000) + `"`
	r := newRig(t, blogSchema, root(map[string]string{"text": long, "post": `{"id":"1","title":` + long + `}`}), func(_ *rig, o *Options) { o.Limits.Response = 1 << 20 })
	for _, field := range []string{":text", ":post{title}"} {
		var many, inner strings.Builder
		for i := range 5000 {
			many.WriteString(" a" + strconv.Itoa(i) + field)
			inner.WriteString(" a" + strconv.Itoa(i) + ":title")
		}
		result := r.result(t.Context(), "{"+many.String()+"}")
		if len(result.Errors) != 1 || result.Errors[0].Type != "ResponseSizeLimitReached" {
			t.Errorf("%s", clip(string(result.Body)))
		}
		result = r.result(t.Context(), "{post{"+inner.String()+"}}")
		if len(result.Errors) != 1 || result.Errors[0].Type != "ResponseSizeLimitReached" {
			t.Errorf("%s", clip(string(result.Body)))
		}
	}
}

func TestInvalidUTF8(t *testing.T) {
	t.Parallel()
	r := newRig(t, blogSchema, root(map[string]string{"text": "\"a\xffb\""}))
	r.expect("{\"data\":{\"text\":\"a\uFFFDb\"}}", `{text}`)
}
