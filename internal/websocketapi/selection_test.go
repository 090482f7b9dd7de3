package websocketapi

import (
	"strings"
	"testing"
)

func TestSelection(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, expr, body, want string
		notJSON                bool
	}{
		{name: "bare", expr: "$request.body.action", body: `{"action":"send"}`, want: "send"},
		{name: "wrapped", expr: "${request.body.action}", body: `{"action":"send"}`, want: "send"},
		{name: "nested", expr: "$request.body.message.type", body: `{"message":{"type":"x"}}`, want: "x"},
		{name: "several", expr: "${request.body.service}/${request.body.action}", body: `{"service":"chat","action":"join"}`, want: "chat/join"},
		{name: "several bare", expr: "$request.body.service/$request.body.action", body: `{"service":"chat","action":"join"}`, want: "chat/join"},
		{name: "absent is empty", expr: "${request.body.action}-${request.body.nope}", body: `{"action":"join"}`, want: "join-"},
		{name: "literal", expr: "action", body: `{}`, want: "action"},
		{name: "literal without JSON", expr: "action", body: `not json`, want: "action"},
		{name: "escaped", expr: `\$default`, body: `{}`, want: "$default"},
		{name: "bare default", expr: `$default`, body: `{}`, want: "$default"},
		{name: "escape inside", expr: `\$${request.body.a}\\`, body: `{"a":"x"}`, want: `$x\`},
		{name: "array", expr: "$request.body.a", body: `{"a":["item1","item2"]}`, want: "[item1, item2]"},
		{name: "nested array", expr: "$request.body.a", body: `{"a":[1,[true,"x"],null]}`, want: "[1, [true, x], null]"},
		{name: "empty array", expr: "$request.body.a", body: `{"a":[]}`, want: "[]"},
		{name: "number", expr: "$request.body.a", body: `{"a":1.0}`, want: "1.0"},
		{name: "boolean", expr: "$request.body.a", body: `{"a":true}`, want: "true"},
		{name: "null", expr: "$request.body.a", body: `{"a":null}`, want: "null"},
		{name: "object", expr: "$request.body.a", body: `{"a":{"b": 1}}`, want: `{"b": 1}`},
		{name: "quoted name", expr: "$request.body['x.y'].z", body: `{"x.y":{"z":"q"}}`, want: "q"},
		{name: "double quoted name", expr: `${request.body["a}b"]}`, body: `{"a}b":"q"}`, want: "q"},
		{name: "quoted quote", expr: `$request.body['it\'s']`, body: `{"it's":"q"}`, want: "q"},
		{name: "index", expr: "$request.body.list[1].name", body: `{"list":[{"name":"a"},{"name":"b"}]}`, want: "b"},
		{name: "index at the root", expr: "$request.body[0]", body: `["a"]`, want: "a"},
		{name: "index too high", expr: "$request.body.list[2]", body: `{"list":[1,2]}`, want: ""},
		{name: "index of an object", expr: "$request.body[0]", body: `{"0":"a"}`, want: ""},
		{name: "name of an array", expr: "$request.body.0", body: `["a"]`, want: ""},
		{name: "whole body", expr: "$request.body", body: `"send"`, want: "send"},
		{name: "last duplicate", expr: "$request.body.a", body: `{"a":"x","a":"y"}`, want: "y"},
		{name: "escaped member name", expr: "$request.body.action", body: `{"\u0061ction":"x"}`, want: "x"},
		{name: "escaped value", expr: "$request.body.a", body: `{"a":"\u00e9\ud83d\ude00\n"}`, want: "é😀\n"},
		{name: "half pair", expr: "$request.body.a", body: `{"a":"\ud800\u0041"}`, want: "\uFFFDA"},
		{name: "no query language", expr: "$request.body.a", body: `{"a":"x","*":"y"}`, want: "x"},
		{name: "name that is a query elsewhere", expr: "$request.body['a|@this']", body: `{"a":"x"}`, want: ""},
		{name: "name that is a wildcard elsewhere", expr: "$request.body['#']", body: `{"#":"x"}`, want: "x"},
		{name: "string body", expr: "$request.body.action", body: `"x"`, want: ""},
		{name: "number body", expr: "$request.body.action", body: `3`, want: ""},
		{name: "array body", expr: "$request.body.action", body: `[]`, want: ""},
		{name: "not JSON", expr: "$request.body.action", body: `send`, notJSON: true},
		{name: "JSON and more", expr: "$request.body.action", body: `{"action":"x"} y`, notJSON: true},
		{name: "empty", expr: "$request.body.action", body: ``, notJSON: true},
		{name: "too deep", expr: "$request.body.action", body: strings.Repeat("[", 20000) + strings.Repeat("]", 20000), notJSON: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, err := compileSelection(tt.expr)
			if err != nil {
				t.Fatal(err)
			}
			got, ok := s.route([]byte(tt.body))
			if ok == tt.notJSON || got != tt.want {
				t.Errorf("got %q, %v; want %q, %v", got, ok, tt.want, !tt.notJSON)
			}
		})
	}
}

func TestSelectionRefused(t *testing.T) {
	t.Parallel()
	for _, expr := range []string{
		"", `a\`, "${request.body.a", "${context.routeKey}", "$request.header.x", "$request.bodyguard", "$foo", "$",
		"$request.body..a", "${request.body.}", "${request.body.*}", "$request.body[*]", "$request.body[-1]", "$request.body[",
		"$request.body['a'", "${request.body[?(@.a)]}", "${request.body.a b}", "${}",
	} {
		if s, err := compileSelection(expr); err == nil {
			t.Errorf("%q compiled to %+v", expr, s.parts)
		}
	}
}

func FuzzRouteSelection(f *testing.F) {
	for _, seed := range [][2]string{
		{"$request.body.action", `{"action":"x"}`}, {"${request.body['a']}/${request.body.b[0]}", `{"a":[1,"\ud800"],"b":[{}]}`},
		{`\$default`, `[`}, {"$request.body.a.b", `{"a":{"b":null}}`}, {"${request.body[\"}\"]}", `{"}":1}`},
	} {
		f.Add(seed[0], []byte(seed[1]))
	}
	f.Fuzz(func(t *testing.T, expr string, body []byte) {
		s, err := compileSelection(expr)
		if err != nil {
			return
		}
		before := string(body)
		key, ok := s.route(body)
		again, ok2 := s.route(body)
		if key != again || ok != ok2 || string(body) != before {
			t.Fatalf("%q over %q: %q then %q", expr, body, key, again)
		}
		if !ok && s.constant() {
			t.Fatal("a constant expression has no result")
		}
	})
}
