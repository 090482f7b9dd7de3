package graphqlapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidewire/tidewire/internal/datasource"
	"github.com/tidewire/tidewire/internal/spec"
)

// pipe adds a pipeline of functions, each on its data source.
func pipe(field string, handlers script, functions ...string) func(*rig, *Options) {
	return func(r *rig, o *Options) {
		unit(field, handlers)(r, o)
		res := &r.spec.Resolvers[len(r.spec.Resolvers)-1]
		res.Pipeline, res.DataSource, res.Functions = true, "", functions
	}
}

func function(id, source string, s script) func(*rig, *Options) {
	return func(r *rig, _ *Options) {
		r.scripts[id] = s
		r.spec.Functions = append(r.spec.Functions, spec.PipelineFunction{LogicalID: id, ID: id, Name: id, DataSource: source, Code: &spec.Script{Text: id}})
	}
}

// trace is a script that appends its name to what came before.
func trace(name string) script {
	add := func(c *Call) json.RawMessage {
		stash, _ := json.Marshal(map[string]string{"seen": unquote(member(c.Stash, "seen")) + name})
		return stash
	}
	return script{
		"request": func(_ context.Context, c *Call) *Outcome {
			return &Outcome{Value: json.RawMessage(`{"payload":"` + name + unquote(c.Prev) + `"}`), Stash: add(c)}
		},
		"response": func(_ context.Context, c *Call) *Outcome { return &Outcome{Value: c.Result, Stash: add(c)} },
	}
}

func TestPipeline(t *testing.T) {
	t.Parallel()
	handlers := script{
		"request": func(context.Context, *Call) *Outcome { return &Outcome{Value: json.RawMessage(`"<"`)} },
		"response": func(_ context.Context, c *Call) *Outcome {
			return &Outcome{Value: appendString(nil, fmt.Sprintf("%s %s %s", unquote(c.Prev), unquote(c.Result), unquote(member(c.Stash, "seen"))))}
		},
	}
	early := func(to string) script {
		s := trace("E")
		s["request"] = func(context.Context, *Call) *Outcome {
			return &Outcome{Value: json.RawMessage(`"early"`), Early: &Early{SkipTo: to}}
		}
		return s
	}
	early0 := script{"request": early("")["request"], "response": handlers["response"]}
	r := newRig(t, `type Query { ab: String end: String next: String before: String bad: String gone: String }`,
		function("A", "none", trace("A")), function("B", "none", trace("B")), function("END", "none", early("END")), function("NEXT", "none", early("NEXT")),
		function("BAD", "none", fails(Failure{Message: "bad", Type: "T"})), function("VTL", "vtl", trace("V")),
		pipe("Query.ab", handlers, "A", "B"), pipe("Query.end", handlers, "A", "END", "B"), pipe("Query.next", handlers, "A", "NEXT", "B"),
		pipe("Query.before", early0, "A"), pipe("Query.bad", handlers, "A", "BAD", "B"), pipe("Query.gone", handlers, "VTL"))
	r.expect(`{"data":{"ab":"BA< BA< AABB","end":"early early AA","next":"Bearly Bearly AABB","before":"early early "}}`, `{ab end next before}`)
	r.expect(`{"data":{"bad":null},"errors":[{"path":["bad"],"data":null,"errorType":"T","errorInfo":null,"locations":[{"line":1,"column":2,"sourceName":null}],"message":"bad"}]}`, `{bad}`)
	if got := r.run(`{gone}`); !strings.Contains(got, "EventBridge") {
		t.Error(got)
	}
}

// TestSourceError: the response function runs with ctx.error, and decides.
func TestSourceError(t *testing.T) {
	t.Parallel()
	seen := script{
		"request": func(_ context.Context, c *Call) *Outcome {
			return &Outcome{Value: json.RawMessage(`{"operation":"GetItem"}`)}
		},
		"response": func(_ context.Context, c *Call) *Outcome {
			if c.Error == nil || c.Error.Type != "DynamoDB:X" || string(c.Result) != `{"id":1}` {
				t.Errorf("ctx.error is %+v, ctx.result %s", c.Error, c.Result)
			}
			return &Outcome{Value: json.RawMessage(`"fine"`)}
		},
	}
	surfaced := script{"request": seen["request"], "response": func(_ context.Context, c *Call) *Outcome { return &Outcome{Failure: c.Error} }}
	r := newRig(t, `type Query { a: String b: String }`, unitOn("table", "Query.a", seen), unitOn("table", "Query.b", surfaced), func(_ *rig, o *Options) {
		o.Do = func(_ context.Context, ds *spec.DataSource, request json.RawMessage, field *datasource.Field) (json.RawMessage, *datasource.Failure) {
			if ds.Name != "table" || string(request) != `{"operation":"GetItem"}` || field.Parent != "Query" || field.OutputType != "String" {
				t.Errorf("%s was asked %s", ds.Name, request)
			}
			return json.RawMessage(`{"id":1}`), &datasource.Failure{Message: "m", Type: "DynamoDB:X"}
		}
	})
	r.expect(`{"data":{"a":"fine","b":null},"errors":[{"path":["b"],"data":null,"errorType":"DynamoDB:X","errorInfo":null,"locations":[{"line":1,"column":4,"sourceName":null}],"message":"m"}]}`, `{a b}`)
}

func TestEarlyReturnOfUnit(t *testing.T) {
	t.Parallel()
	s := says("null")
	s["request"] = func(context.Context, *Call) *Outcome {
		return &Outcome{Value: json.RawMessage(`"early"`), Early: &Early{}}
	}
	r := newRig(t, `type Query { a: String }`, unit("Query.a", s))
	r.expect(`{"data":{"a":"early"}}`, `{a}`)
}

func TestContext(t *testing.T) {
	t.Parallel()
	var got *Call
	r := newRig(t, blogSchema, root(map[string]string{"post": `{"id":"1","x":2}`}), unit("Post.next", asks(func(c *Call) string {
		if c.Info.ParentTypeName == "Post" {
			got = c
		}
		return "null"
	})), func(r *rig, _ *Options) { r.spec.Environment = map[string]string{"K": "V"} })
	r.run(`query($t:Boolean!){post{n:next{...A ...on Post{i:id} author{name} author{id} tags @skip(if:$t)}}} fragment A on Post{title next{id}}`, `{"t":true}`)
	if got == nil {
		t.Fatal("the resolver did not run")
	}
	want := &Info{FieldName: "next", ParentTypeName: "Post", Variables: json.RawMessage(`{"t":true}`),
		SelectionSetList:    []string{"title", "next", "next/id", "i", "author", "author/name", "author/id"},
		SelectionSetGraphQL: "{\n  ... on Post {\n    title\n    next {\n      id\n    }\n  }\n  ... on Post {\n    i: id\n  }\n  author {\n    name\n  }\n  author {\n    id\n  }\n}"}
	if diff := cmp.Diff(want, got.Info); diff != "" {
		t.Error(diff)
	}
	if string(got.Source) != `{"id":"1","x":2}` || string(got.Env) != `{"K":"V"}` || string(got.Identity) != "null" || got.AuthType != "API Key Authorization" || string(got.Arguments) != "{}" {
		t.Errorf("%s %s %s %s", got.Source, got.Env, got.Identity, got.AuthType)
	}
}

// direct makes the field a resolver without code.
func direct(field string, batch int) func(*rig, *Options) {
	return func(r *rig, o *Options) {
		unit(field, nil)(r, o)
		res := &r.spec.Resolvers[len(r.spec.Resolvers)-1]
		res.DataSource, res.Code, res.MaxBatchSize = "lambda", nil, batch
	}
}

func TestDirect(t *testing.T) {
	t.Parallel()
	r := newRig(t, blogSchema, direct("Query.post", 0), direct("Query.echo", 0))
	domain := "api.example.com"
	o, _ := r.api.Prepare(`query($v:ID){echo(id:$v) post{id author{name}}}`, "")
	r.api.Execute(t.Context(), o, &Run{Caller: r.caller, Variables: json.RawMessage(`{"v":"1"}`), Headers: json.RawMessage(`{"h":"x"}`), Domain: &domain})
	want := map[string]bool{
		`{"arguments":{},"identity":null,"source":null,"request":{"headers":{"h":"x"},"domainName":"api.example.com"},"prev":null,"info":{"selectionSetList":["id","author","author/name"],"selectionSetGraphQL":"{\n  id\n  author {\n    name\n  }\n}","parentTypeName":"Query","fieldName":"post","variables":{"v":"1"}},"stash":{}}`: true,
		`{"arguments":{"id":"1","n":5},"identity":null,"source":null,"request":{"headers":{"h":"x"},"domainName":"api.example.com"},"prev":null,"info":{"selectionSetList":[],"selectionSetGraphQL":"","parentTypeName":"Query","fieldName":"echo","variables":{"v":"1"}},"stash":{}}`:                                                   true,
	}
	for _, e := range r.events {
		if !want[string(e)] {
			t.Errorf("unexpected event %s", e)
		}
	}
	if len(r.events) != 2 {
		t.Errorf("%d events", len(r.events))
	}
}

// batchRig counts batches; every answer is {"id": source's id}.
func batchRig(t *testing.T, change ...func(*rig, *Options)) *rig {
	return newRig(t, blogSchema, append([]func(*rig, *Options){
		unit("Query.posts", says(`[{"id":"1","body":"x"},{"id":"2","body":"x"},{"id":"3","body":"x"},{"id":"4","body":"x"},{"id":"5","body":"x"}]`)),
		func(r *rig, o *Options) {
			o.Batch = func(_ context.Context, ds *spec.DataSource, items []json.RawMessage, direct bool) []datasource.Answer {
				r.mu.Lock()
				defer r.mu.Unlock()
				r.batch = append(r.batch, items)
				var out []datasource.Answer
				for _, item := range items {
					id := member(member(item, "source"), "id")
					if !direct {
						id = member(item, "payload")
					}
					switch string(id) {
					case `"3"`:
						out = append(out, datasource.Answer{Failure: &datasource.Failure{Message: "three", Type: "E"}})
					case `"5"`: // too few answers
					default:
						out = append(out, datasource.Answer{Value: json.RawMessage(`{"id":` + string(id) + `,"name":"n"}`)})
					}
				}
				return out
			}
		},
	}, change...)...)
}

func (r *rig) sizes() (sizes []int) {
	for _, b := range r.batch {
		sizes = append(sizes, len(b))
	}
	return sizes
}

func TestBatchDirect(t *testing.T) {
	t.Parallel()
	r := batchRig(t, direct("Post.author", 10))
	r.expect(`{"data":{"posts":[{"author":{"id":"1"}},{"author":{"id":"2"}},{"author":null},{"author":{"id":"4"}},{"author":null}]},"errors":[`+
		`{"path":["posts",2,"author"],"data":null,"errorType":"E","errorInfo":null,"locations":[{"line":1,"column":8,"sourceName":null}],"message":"three"},`+
		`{"path":["posts",4,"author"],"data":null,"errorType":"Lambda:IllegalArgument","errorInfo":null,"locations":[{"line":1,"column":8,"sourceName":null}],"message":"The function gave fewer results than it was asked for."}]}`, `{posts{author{id}}}`)
	if diff := cmp.Diff([]int{5}, r.sizes()); diff != "" {
		t.Error(diff)
	}
}

func TestBatchInvoke(t *testing.T) {
	t.Parallel()
	s := script{
		"request": func(_ context.Context, c *Call) *Outcome {
			return &Outcome{Value: json.RawMessage(`{"operation":"BatchInvoke","payload":` + string(member(c.Source, "id")) + `}`)}
		},
		"response": func(_ context.Context, c *Call) *Outcome {
			if c.Error != nil {
				return &Outcome{Failure: c.Error}
			}
			return &Outcome{Value: c.Result}
		},
	}
	r := batchRig(t, unitOn("lambda", "Post.author", s), func(r *rig, _ *Options) {
		r.spec.Resolvers[len(r.spec.Resolvers)-1].MaxBatchSize = 2
	})
	got := r.run(`{posts{author{id}}}`)
	if !strings.HasPrefix(got, `{"data":{"posts":[{"author":{"id":"1"}},{"author":{"id":"2"}},{"author":null},{"author":{"id":"4"}},{"author":null}]}`) {
		t.Error(got)
	}
	total := 0
	for _, n := range r.sizes() {
		if total += n; n > 2 {
			t.Errorf("a batch of %d", n)
		}
	}
	if total != 5 || len(r.batch) != 3 {
		t.Errorf("batches of %v", r.sizes())
	}
}

// TestBatchAcrossParents: the posts of five authors ask for their own authors
// in one batch, though each author's posts were resolved on their own.
func TestBatchAcrossParents(t *testing.T) {
	t.Parallel()
	posts := asks(func(c *Call) string { return `[{"id":` + string(member(c.Source, "id")) + `}]` })
	r := batchRig(t, direct("Post.author", 100), unit("Post.next", says(`{"id":"1"}`)), unit("Author.posts", posts))
	r.expect(`{"data":{"posts":[`+strings.TrimSuffix(strings.Repeat(`{"next":{"author":{"posts":[{"author":{"id":"1"}}]}}},`, 5), ",")+`]}}`, `{posts{next{author{posts{author{id}}}}}}`)
	if diff := cmp.Diff([]int{5, 5}, r.sizes()); diff != "" {
		t.Error(diff)
	}
}

func TestHeadersAndOutErrors(t *testing.T) {
	t.Parallel()
	s := script{
		"request": func(context.Context, *Call) *Outcome {
			return &Outcome{Value: json.RawMessage("{}"), Appended: []Failure{{Message: "one", Type: "T", Data: json.RawMessage("1")}, {Message: "two"}}, Headers: http.Header{"X-One": {"1"}}}
		},
		"response": func(_ context.Context, c *Call) *Outcome {
			return &Outcome{Value: appendString(nil, string(c.OutErrors)), Headers: http.Header{"X-Two": {"2"}, "Content-Length": {"1"}, "Access-Control-Allow-Origin": {"x"}, "Transfer-Encoding": {"x"}}}
		},
	}
	r := newRig(t, `type Query { a: String }`, unit("Query.a", s))
	w := r.post(`{"query":"{a}"}`)
	var got struct{ Data struct{ A string } }
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || got.Data.A != `[{"message":"one","type":"T","data":1},{"message":"two","type":null}]` {
		t.Errorf("%s %v", w.Body, err)
	}
	h := w.Header()
	if h.Get("X-One") != "1" || h.Get("X-Two") != "2" || h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Transfer-Encoding") != "" || h.Get("Content-Length") != fmt.Sprint(w.Body.Len()) {
		t.Errorf("%v", h)
	}
}
