package websocketapi

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestProxyResponse(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		in   string
		want proxyResponse
	}{
		{`{"statusCode":200}`, proxyResponse{status: 200}},
		{`{"statusCode":"201","body":""}`, proxyResponse{status: 201, body: []byte{}}},
		{`{"statusCode":200,"body":"a\"b\u00e9","isBase64Encoded":false}`, proxyResponse{status: 200, body: []byte(`a"bé`)}},
		{`{"statusCode":200,"body":"aGk=","isBase64Encoded":true}`, proxyResponse{status: 200, body: []byte("aGk="), base64: true}},
		{`{"statusCode":200,"headers":null,"multiValueHeaders":null,"body":null,"isBase64Encoded":null}`, proxyResponse{status: 200}},
		{`{"statusCode":200,"headers":{"Sec-WebSocket-Protocol":"graphql-ws"}}`, proxyResponse{status: 200, subprotocol: "graphql-ws"}},
		{`{"statusCode":200,"headers":{"sec-websocket-protocol":" a "}}`, proxyResponse{status: 200, subprotocol: "a"}},
		{`{"statusCode":200,"multiValueHeaders":{"SEC-WEBSOCKET-PROTOCOL":["b"]}}`, proxyResponse{status: 200, subprotocol: "b"}},
		{`{"statusCode":200,"headers":{"X":1,"Y":true,"Z":null}}`, proxyResponse{status: 200}},
		{` {"statusCode":599} `, proxyResponse{status: 599}},
	} {
		got, err := parseProxy([]byte(tt.in))
		if err != nil {
			t.Errorf("%s: %v", tt.in, err)
		}
		if d := cmp.Diff(tt.want, got, cmp.AllowUnexported(proxyResponse{})); d != "" {
			t.Errorf("%s: %s", tt.in, d)
		}
	}
}

func TestProxyResponseMalformed(t *testing.T) {
	t.Parallel()
	for _, in := range []string{
		``, `nonsense`, `null`, `"ok"`, `3`, `true`, `[]`, `{}`, `{"body":"x"}`,
		`{"statusCode":200,"ConnectionId":"x"}`, `{"statusCode":200,"Data":"x"}`, `{"statusCode":200,"cookies":[]}`,
		`{"statusCode":200,"body":{"a":1}}`, `{"statusCode":200,"body":3}`, `{"statusCode":200,"body":[]}`,
		`{"statusCode":"x"}`, `{"statusCode":200.5}`, `{"statusCode":true}`, `{"statusCode":null}`, `{"statusCode":0}`,
		`{"statusCode":101}`, `{"statusCode":600}`, `{"statusCode":-200}`, `{"StatusCode":200}`,
		`{"statusCode":200,"headers":[]}`, `{"statusCode":200,"headers":{"a":{}}}`, `{"statusCode":200,"headers":{"a":["b"]}}`,
		`{"statusCode":200,"multiValueHeaders":{"a":"b"}}`, `{"statusCode":200,"multiValueHeaders":{"a":[{}]}}`,
		`{"statusCode":200,"isBase64Encoded":"true"}`,
		`{"statusCode":200,"headers":{"Sec-WebSocket-Protocol":"a\r\nSet-Cookie: b"}}`,
		`{"statusCode":200} x`,
	} {
		_, err := parseProxy([]byte(in))
		var bad *malformedError
		if !errors.As(err, &bad) || !strings.HasPrefix(err.Error(), "Malformed Lambda proxy response") {
			t.Errorf("%s: %v", in, err)
		}
	}
}

func TestProxyText(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		body   string
		base64 bool
		want   string
		bad    bool
	}{
		{body: "plain", want: "plain"},
		{body: "aGk=", want: "aGk="},
		{body: "aGk=", base64: true, want: "hi"},
		{body: "not base64", base64: true, bad: true},
		{body: "/w==", base64: true, bad: true},
		{body: "a\xff", want: "a\uFFFD"},
	} {
		r := proxyResponse{body: []byte(tt.body), base64: tt.base64}
		got, err := r.text()
		if string(got) != tt.want || (err != nil) != tt.bad {
			t.Errorf("%q, %v: %q, %v", tt.body, tt.base64, got, err)
		}
	}
}

func FuzzProxyResponse(f *testing.F) {
	for _, seed := range []string{
		`{"statusCode":200,"body":"\ud83d\ude00","headers":{"a":"b"},"multiValueHeaders":{"c":["d"]},"isBase64Encoded":true}`,
		`{"statusCode":"200"}`, `null`, `{"statusCode":200,"x":1}`, `[{}]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		got, err := parseProxy(in)
		if err != nil {
			return
		}
		var as struct {
			StatusCode any     `json:"statusCode"`
			Body       *string `json:"body"`
		}
		if err := json.Unmarshal(in, &as); err != nil && len(in) < maxDepth {
			t.Fatalf("accepted %q, encoding/json says %v", in, err)
		}
		if got.status < 200 || got.status > 599 {
			t.Fatalf("status %d of %q", got.status, in)
		}
		if strings.ContainsAny(got.subprotocol, "\r\n") {
			t.Fatalf("subprotocol %q", got.subprotocol)
		}
	})
}
