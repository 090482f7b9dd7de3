package graphqlapi

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// fuzzRig has a resolver for most fields.
func fuzzRig(f *testing.F) *rig {
	return newRig(f, blogSchema, root(map[string]string{
		"post": `{"id":"1","title":"a","body":"b","author":{"id":"x","name":null},"tags":["a"]}`, "posts": `[{"id":"1","body":null},{"id":"2","body":"x"}]`,
		"things": `[{"__typename":"Post","id":"1"},{"__typename":"Author","name":"N"}]`, "node": `{"__typename":"Nope"}`, "strict": `null`, "count": `"x"`,
	}), unit("Post.next", says(`{"id":"n","title":"t","body":"b"}`)), unit("Author.posts", says(`[null,{"id":"q"}]`)),
		func(_ *rig, o *Options) { o.Limits.Response = 1 << 20 })
}

// check says what holds for every answer.
func check(t *testing.T, body []byte, took time.Duration) {
	if !json.Valid(body) {
		t.Errorf("not JSON: %s", body)
	}
	if took > 30*time.Second {
		t.Errorf("it took %v", took)
	}
}

func FuzzBody(f *testing.F) {
	r := fuzzRig(f)
	for _, s := range []string{``, `{}`, `[]`, `{"query":"{post{id}}"}`, `{"query":"query($a:In){echo(in:$a)}","variables":{"a":{"a":1,"c":["RED"]}}}`, `{"query":"{x","operationName":"A"}`,
		`{"query":"\ud800{post{id}}","variables":{"a":1e999}}`, `{"qu\u0065ry":"{post{id}}"}`, "{\"query\":\"\xff\"}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		begin := time.Now()
		req := httptest.NewRequest(http.MethodPost, "http://localhost/graphql", strings.NewReader(body))
		req.Header.Set("X-Api-Key", "key")
		w := r.serve(req)
		check(t, w.Body.Bytes(), time.Since(begin))
		if w.Code != 200 && w.Code != 400 && w.Code != 413 {
			t.Errorf("status %d", w.Code)
		}
	})
}

func FuzzDocument(f *testing.F) {
	r := fuzzRig(f)
	for _, s := range []string{`{post{id next{next{id}}}}`, `{things{...on Post{id next{title}} ...on Author{name posts{id}}}}`, `query($a:Boolean=true){post @skip(if:$a){id} strict{id}}`, `mutation{first{id} second}`,
		`{post{...A}} fragment A on Post{...A}`, `{__schema{types{name fields{name}}}}`, `{echo(in:{a:1,d:{a:"x"}},tags:["""a"""],json:"{}")}`, `query($i:In=5){echo(in:$i)}`, `{a:post{id} a:posts{id}}`} {
		f.Add(s, `{}`)
	}
	f.Add(`query($i:In!,$j:AWSJSON){echo(in:$i json:$j)}`, `{"i":{"a":1,"d":null},"j":"[1"}`)
	f.Fuzz(func(t *testing.T, text, variables string) {
		begin := time.Now()
		o, fault := r.api.Prepare(text, "")
		if fault != nil {
			return
		}
		run := &Run{Caller: r.caller}
		if json.Valid([]byte(variables)) && strings.HasPrefix(variables, "{") {
			run.Variables = json.RawMessage(variables)
		}
		check(t, r.api.Execute(t.Context(), o, run).Body, time.Since(begin))
	})
}

// FuzzScan compares the scanner with encoding/json.
func FuzzScan(f *testing.F) {
	for _, s := range []string{`{"a":1,"b":[{}, "x\"", null ],"\u0061":2}`, `[1 , 2]`, `"x"`, `{`, `[}`, `{"a"`, `{"a":}`, ``} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		raw := trim([]byte(text))
		got := members(raw) // must end, whatever it is
		javaText(nil, raw)
		var want map[string]json.RawMessage
		if !json.Valid(raw) || len(raw) == 0 || raw[0] != '{' || json.Unmarshal(raw, &want) != nil {
			return
		}
		if len(got) != len(want) {
			t.Fatalf("%d members, want %d", len(got), len(want))
		}
		for k, v := range want {
			if string(got[k]) != string(v) {
				t.Errorf("%q is %s, want %s", k, got[k], v)
			}
		}
	})
}
