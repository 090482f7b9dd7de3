package graphqlapi

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

const benchQuery = `query Get($id: ID!) { post { id title author { id } tags } echo(id: $id) }`

// BenchmarkPrepared is a document that was sent before.
func BenchmarkPrepared(b *testing.B) {
	r := newRig(b, blogSchema)
	b.ReportAllocs()
	for b.Loop() {
		if _, f := r.api.Prepare(benchQuery, "Get"); f != nil {
			b.Fatal(f)
		}
	}
}

// BenchmarkParse is one that was not.
func BenchmarkParse(b *testing.B) {
	r := newRig(b, blogSchema)
	b.ReportAllocs()
	for b.Loop() {
		d, f := r.api.config.Load().prepare(benchQuery, defaultTokens)
		if f != nil || len(d.invalid) > 0 {
			b.Fatal(f)
		}
		r.api.config.Load().documents = newCache(1, 1)
	}
}

// BenchmarkOneField is a query with one resolver on NONE, without HTTP; the
// JavaScript is a Go function that does nothing.
func BenchmarkOneField(b *testing.B) {
	r := newRig(b, blogSchema, root(map[string]string{"post": `{"id":"1","title":"a title","tags":["a","b"],"body":"something longer"}`}))
	run := &Run{Caller: r.caller}
	b.ReportAllocs()
	for b.Loop() {
		o, _ := r.api.Prepare(`{ post { id title tags body } }`, "")
		if res := r.api.Execute(b.Context(), o, run); len(res.Errors) > 0 {
			b.Fatal(string(res.Body))
		}
	}
}

// BenchmarkOverHTTP is the same with the handler around it.
func BenchmarkOverHTTP(b *testing.B) {
	r := newRig(b, blogSchema, root(map[string]string{"post": `{"id":"1","title":"a title","tags":["a","b"],"body":"something longer"}`}))
	b.ReportAllocs()
	for b.Loop() {
		req := httptest.NewRequest(http.MethodPost, "http://localhost/graphql", strings.NewReader(`{"query":"{ post { id title tags body } }","variables":{}}`))
		req.Header.Set("X-Api-Key", "key")
		if w := r.serve(req); w.Code != 200 {
			b.Fatal(w.Body)
		}
	}
}

// BenchmarkWideList is a list of 1,000 objects, about 100 KB.
func BenchmarkWideList(b *testing.B) {
	var list strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&list, `,{"id":"%d","title":"a title of some length","body":"a body that is longer than the title","tags":["x","y"]}`, i)
	}
	r := newRig(b, blogSchema, root(map[string]string{"posts": "[" + list.String()[1:] + "]"}))
	o, _ := r.api.Prepare(`{ posts { id title tags body } }`, "")
	run := &Run{Caller: r.caller}
	b.ReportAllocs()
	b.SetBytes(int64(list.Len()))
	for b.Loop() {
		if res := r.api.Execute(b.Context(), o, run); len(res.Errors) > 0 {
			b.Fatal(string(res.Body))
		}
	}
}

// BenchmarkNested is a list of 100 objects, each with a resolver below it.
func BenchmarkNested(b *testing.B) {
	list := strings.Repeat(`,{"id":"1","body":"x"}`, 100)[1:]
	r := newRig(b, blogSchema, root(map[string]string{"posts": "[" + list + "]"}), unit("Post.next", says(`{"id":"2","body":"y"}`)))
	o, _ := r.api.Prepare(`{ posts { id next { id body } } }`, "")
	run := &Run{Caller: r.caller}
	b.ReportAllocs()
	for b.Loop() {
		if res := r.api.Execute(b.Context(), o, run); len(res.Errors) > 0 {
			b.Fatal(string(res.Body))
		}
	}
}
