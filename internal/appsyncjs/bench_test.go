package appsyncjs

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

const pair = `
import { util } from '@aws-appsync/utils';
export function request(ctx) {
  const { id, ...values } = ctx.args.input;
  ctx.stash.id = id;
  return { operation: 'PutItem', key: { id }, attributeValues: values, owner: ctx.identity.sub };
}
export function response(ctx) {
  if (ctx.error) {
    util.error(ctx.error.message, ctx.error.type);
  }
  return { ...ctx.result, id: ctx.stash.id };
}
`

// pairCall is a context of about 1 KB.
func pairCall() *Call {
	return &Call{
		Arguments: json.RawMessage(`{"input":{"id":"01H0000000","title":"a title of usual length","tags":["a","b","c"],"count":12,"price":1.25,"done":false,"body":"` + strings.Repeat("text ", 40) + `"}}`),
		Identity:  json.RawMessage(`{"sub":"0d5b6e5c-0000-4000-8000-000000000000","issuer":"https://cognito-idp.us-east-1.amazonaws.com/us-east-1_x","username":"someone","claims":{"token_use":"access","scope":"openid"},"sourceIp":["127.0.0.1"],"groups":["admin"]}`),
		Headers:   json.RawMessage(`{"host":"localhost","user-agent":"test","x-api-key":"da2-aaaaaaaaaaaaaaaaaaaaaaaaaa","content-type":"application/json"}`),
		Info:      &Info{FieldName: "put", ParentTypeName: "Mutation", SelectionSetList: []string{"id", "title"}, SelectionSetGraphQL: "{ id title }"},
		Result:    json.RawMessage(`{"id":"x","title":"a title","tags":["a","b","c"],"count":12}`),
		AuthType:  "User Pool Authorization",
	}
}

func BenchmarkPair(b *testing.B) {
	e := open(b, Options{})
	m := load(b, e, pair)
	c := pairCall()
	b.ReportAllocs()
	for b.Loop() {
		out := m.Call(b.Context(), "request", c)
		if out.Failure != nil {
			b.Fatal(out.Failure, out.Reason)
		}
		second := *c
		second.Stash = out.Stash
		if out := m.Call(b.Context(), "response", &second); out.Failure != nil {
			b.Fatal(out.Failure, out.Reason)
		}
	}
}

func BenchmarkPairParallel(b *testing.B) {
	e := open(b, Options{})
	m := load(b, e, pair)
	c := pairCall()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			m.Call(b.Context(), "request", c)
			m.Call(b.Context(), "response", c)
		}
	})
}

func BenchmarkRuntime(b *testing.B) {
	e := open(b, Options{})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := newWorker(e); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	e := open(b, Options{})
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		load(b, e, pair+fmt.Sprintf("// %d\n", i))
	}
}

func BenchmarkLoadAgain(b *testing.B) {
	e := open(b, Options{})
	b.ReportAllocs()
	for b.Loop() {
		load(b, e, pair)
	}
}

// BenchmarkPutItem types an item of about 1 KB and passes it on.
func BenchmarkPutItem(b *testing.B) {
	e := open(b, Options{})
	m := load(b, e, `
import { util } from '@aws-appsync/utils';
export function request(ctx) {
  return { operation: 'PutItem', key: util.dynamodb.toMapValues({ id: ctx.args.id }), attributeValues: util.dynamodb.toMapValues(ctx.args.input) };
}`)
	input := `{"id":"1","input":{"tags":["a","b","c"],"nested":{"a":1,"b":{"c":true,"d":null}}`
	for i := range 20 {
		input += fmt.Sprintf(`,"attribute%d":"a value of some thirty characters %d"`, i, i)
	}
	c := &Call{Arguments: json.RawMessage(input + "}}")}
	b.ReportAllocs()
	for b.Loop() {
		if out := m.Call(b.Context(), "request", c); out.Failure != nil {
			b.Fatal(out.Failure, out.Reason)
		}
	}
}
