package graphqlapi

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/appsyncjs"
	"github.com/tidewire/tidewire/internal/datasource"
	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/spec"
)

// javaScript runs the scripts of resolvers in the engine that serve has.
func javaScript(t testing.TB, resolvers map[string]string) func(*rig, *Options) {
	engine, err := appsyncjs.New(appsyncjs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(engine.Close)
	return func(r *rig, o *Options) {
		o.Load = func(_ string, s *spec.Script) (*Module, spec.Problems) {
			m, problems := engine.Load(appsyncjs.Source{Script: s})
			if m == nil {
				return nil, spec.Problems{{Message: problems.Error()}}
			}
			return &Module{Has: m.Has, Call: m.Call}, nil
		}
		for field, code := range resolvers {
			typ, name, _ := strings.Cut(field, ".")
			r.spec.Resolvers = append(r.spec.Resolvers, spec.Resolver{LogicalID: typ + name, Type: typ, Field: name, DataSource: "none", Code: &spec.Script{Text: code}})
		}
	}
}

const util = `import { util, extensions, runtime } from '@aws-appsync/utils';
`

func TestJavaScript(t *testing.T) {
	t.Parallel()
	r := newRig(t, blogSchema, javaScript(t, map[string]string{
		"Query.post":  util + `export const request = (ctx) => ({ payload: { id: 1, title: ctx.identity.sub, body: ctx.request.headers.host } }); export const response = (ctx) => ctx.result;`,
		"Post.next":   util + `export const request = (ctx) => ({ payload: { id: ctx.source.id + 1, title: ctx.info.selectionSetList.join(), body: util.authType() } }); export const response = (ctx) => ctx.result;`,
		"Query.echo":  util + `export function request(ctx) { ctx.stash.a = ctx.args; return {}; } export function response(ctx) { util.appendError('careful', 'W', { a: 1 }); return JSON.stringify(ctx.stash) + JSON.stringify(ctx.outErrors); }`,
		"Query.text":  util + `export const request = () => util.error('boom', 'T', { x: 1 }, { y: 2 }); export const response = () => null;`,
		"Query.count": util + `export const request = () => runtime.earlyReturn(7); export const response = () => 8;`,
		"Query.flag":  util + `export const request = () => ({}); export const response = () => util.unauthorized();`,
		"Query.ratio": util + `export const request = () => ({}); export const response = () => { extensions.evictFromApiCache('Query', 'ratio', {}); return 0.1 + 0.2; };`,
	}), func(r *rig, _ *Options) { r.spec.Auth = []spec.AuthProvider{{Mode: spec.ModeOIDC}} })
	r.caller = &identity.Caller{Mode: spec.ModeOIDC, Subject: "sub", Claims: json.RawMessage("{}")}
	where := func(column string) string {
		return `"locations":[{"line":1,"column":` + column + `,"sourceName":null}]`
	}
	o, _ := r.api.Prepare(`{post{id title body next{id title body}}}`, "")
	if got := string(r.api.Execute(t.Context(), o, &Run{Caller: r.caller, Headers: json.RawMessage(`{"host":"h"}`)}).Body); got !=
		`{"data":{"post":{"id":"1","title":"sub","body":"h","next":{"id":"2","title":"id,title,body","body":"Open ID Connect Authorization"}}}}` {
		t.Error(got)
	}
	r.expect(`{"data":{"echo":"{\"a\":{\"id\":\"x\",\"n\":5}}[{\"message\":\"careful\",\"type\":\"W\",\"data\":{\"a\":1}}]"},"errors":[{"path":["echo"],"data":{"a":1},"errorType":"W","errorInfo":null,`+where("2")+`,"message":"careful"}]}`, `{echo(id:"x")}`)
	r.expect(`{"data":{"text":null},"errors":[{"path":["text"],"data":{"x":1},"errorType":"T","errorInfo":{"y":2},`+where("2")+`,"message":"boom"}]}`, `{text}`)
	r.expect(`{"data":{"count":7}}`, `{count}`)
	r.expect(`{"data":{"flag":null},"errors":[{"path":["flag"],"data":null,"errorType":"Unauthorized","errorInfo":null,`+where("2")+`,"message":"Not Authorized to access flag on type Query"}]}`, `{flag}`)
	r.expect(`{"data":{"ratio":0.30000000000000004},"extensions":{"apiCacheEntriesDeleted":0}}`, `{ratio}`)
}

func TestBadJavaScript(t *testing.T) {
	t.Parallel()
	r := newRig(t, blogSchema)
	o := r.api.o
	javaScript(t, map[string]string{"Query.text": `export function request() { while (true) {} }`})(r, &o)
	if _, err := New(o); err == nil || !strings.Contains(err.Error(), "no-while") {
		t.Error(err)
	}
}

// BenchmarkJavaScript is a query with one resolver on NONE, in JavaScript.
func BenchmarkJavaScript(b *testing.B) {
	r := newRig(b, blogSchema, javaScript(b, map[string]string{
		"Query.post": util + `export const request = (ctx) => ({ payload: { id: 1, title: 'a title', tags: ['a', 'b'], body: 'something longer' } }); export const response = (ctx) => ctx.result;`,
	}))
	run := &Run{Caller: r.caller}
	b.ReportAllocs()
	for b.Loop() {
		o, _ := r.api.Prepare(`{ post { id title tags body } }`, "")
		if res := r.api.Execute(b.Context(), o, run); len(res.Errors) > 0 {
			b.Fatal(string(res.Body))
		}
	}
}

// wiring shows how serve puts the parts together; it is never called.
var _ = func(m *identity.Modes, s *datasource.Sources) Options {
	return Options{Admit: m.Admit, AuthorizeField: m.AuthorizeField, Sources: Sources{Do: s.Do, Direct: s.Direct, Batch: s.Batch}}
}
