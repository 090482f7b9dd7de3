package wire_test

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidewire/tidewire/internal/wire"
)

// object has bytes that need the last characters of both alphabets.
const object = `{"host":"h.example","X-API-Key":"da2-ab??>>~~ÿÿþ"}`

func upgrade(query string, protocols ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "http://gateway/graphql/realtime", nil)
	r.URL.RawQuery = query
	r.Header["Sec-Websocket-Protocol"] = protocols
	return r
}

func TestReadConnect(t *testing.T) {
	t.Parallel()
	std, urlSafe := base64.StdEncoding.EncodeToString([]byte(object)), base64.URLEncoding.EncodeToString([]byte(object))
	if !strings.ContainsAny(std, "+/") || !strings.HasSuffix(std, "=") {
		t.Fatal("the object does not show the difference between the alphabets:", std)
	}
	for name, text := range map[string]string{
		"standard": std, "URL-safe": urlSafe, "standard, not padded": strings.TrimRight(std, "="), "URL-safe, not padded": strings.TrimRight(urlSafe, "="),
	} {
		for how, r := range map[string]*http.Request{
			"query":                   upgrade("header=" + text + "&payload=e30="),
			"query, escaped":          upgrade("payload=e30%3D&header=" + url.QueryEscape(text)),
			"query, plus made blank":  upgrade("header=" + strings.ReplaceAll(text, "+", "%20")),
			"query, others":           upgrade("x=%zz&a=1&header=" + text + "&y"),
			"subprotocol":             upgrade("", "graphql-ws, header-"+text),
			"subprotocol first":       upgrade("", "header-"+text+" ,\tgraphql-ws"),
			"subprotocol, two lines":  upgrade("", "header-"+text, "graphql-ws"),
			"subprotocol over query":  upgrade("header=!&payload=!", "graphql-ws,header-"+text),
			"subprotocol and payload": upgrade("payload=e30%3D", "graphql-ws,header-"+text),
		} {
			a, way, err := wire.ReadConnect(r)
			if err != nil || a.Host != "h.example" || a.Header.Get("X-Api-Key") != "da2-ab??>>~~ÿÿþ" {
				t.Errorf("%s in %s: %+v %v", name, how, a, err)
			}
			if want := strings.Split(how, ",")[0]; !strings.HasPrefix(want, way.String()) {
				t.Errorf("%s is called %s", how, way)
			}
		}
	}
	r := upgrade("", "graphql-ws")
	r.Header.Set("X-Api-Key", "k")
	if a, way, err := wire.ReadConnect(r); err != nil || way != wire.InHeaders || a.Header.Get("X-Api-Key") != "k" || a.Host != "gateway" {
		t.Errorf("headers: %+v %v %v", a, way, err)
	}
}

func TestReadConnectRefuses(t *testing.T) {
	t.Parallel()
	in := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	for name, r := range map[string]*http.Request{
		"not base64":           upgrade("header=!!!!"),
		"a line end":           upgrade("header=e3%0A0"),
		"one character":        upgrade("header=e"),
		"padding inside":       upgrade("header=e3=0"),
		"bad percent":          upgrade("header=e3%3"),
		"bad digits":           upgrade("header=e3%zz"),
		"empty":                upgrade("header="),
		"twice":                upgrade("header=e30&header=e30"),
		"twice as protocol":    upgrade("", "header-e30, graphql-ws, header-e30"),
		"payload not base64":   upgrade("header=e30&payload=!"),
		"payload not empty":    upgrade("header=e30&payload=" + in(`{"a":1}`)),
		"payload not object":   upgrade("header=e30&payload=" + in(`[]`)),
		"not JSON":             upgrade("header=" + in(`{"host":`)),
		"not an object":        upgrade("header=" + in(`["host"]`)),
		"not UTF-8":            upgrade("header=" + in("{\"host\":\"\xff\"}")),
		"a number":             upgrade("header=" + in(`{"host":1}`)),
		"an object":            upgrade("header=" + in(`{"host":{}}`)),
		"no name":              upgrade("header=" + in(`{"":"a"}`)),
		"a name with blank":    upgrade("header=" + in(`{"x y":"a"}`)),
		"a line end in it":     upgrade("header=" + in(`{"x":"a\r\nb"}`)),
		"two hosts":            upgrade("header=" + in(`{"host":"a","Host":"b"}`)),
		"two hosts, one empty": upgrade("header=" + in(`{"host":"","HOST":"b"}`)),
		"two keys":             upgrade("header=" + in(`{"x-api-key":"a","X-Api-Key":"a"}`)),
		"large":                upgrade("header=" + in(`{"x":"`+strings.Repeat("a", 33<<10)+`"}`)),
		"large, escaped":       upgrade("header=" + strings.Repeat("%41", 200<<10)),
		"many":                 upgrade("header=" + in("{"+manyMembers(65)+"}")),
	} {
		if a, _, err := wire.ReadConnect(r); err == nil {
			t.Errorf("%s: read as %+v", name, a)
		}
	}
	if a, _, err := wire.ReadConnect(upgrade("header=" + in("{"+manyMembers(64)+`,"a":null}`))); err != nil || len(a.Header) != 64 {
		t.Errorf("64 headers and null: %d %v", len(a.Header), err)
	}
}

func manyMembers(n int) string {
	var list []string
	for i := range n {
		list = append(list, `"x-`+strings.Repeat("a", i)+`":""`)
	}
	return strings.Join(list, ",")
}

func TestOffers(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]bool{"graphql-ws": true, "a, graphql-ws": true, "header-x,graphql-ws ": true, "graphql-ws2": false, "": false, "GraphQL-WS": false} {
		if got := wire.Offers(upgrade("", line).Header, "graphql-ws"); got != want {
			t.Errorf("%q offers it: %v", line, got)
		}
	}
}

func TestStartData(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][3]string{
		`{"type":"start","id":"1","payload":{"data":"{\"query\":\"a\\n\"}","extensions":{"authorization":{"host":"h"}}}}`: {`{"query":"a\n"}`, `{"host":"h"}`, "ok"},
		`{"type":"start","payload":{"data":"{\/}","extensions":{}}}`:                                                      {`{/}`, "", "ok"},
		`{"type":"start","payload":{"data":"x","extensions":{"authorization":null}}}`:                                     {`x`, "", "ok"},
		`{"type":"start","payload":{"data":{"query":"a"},"extensions":{"authorization":{}}}}`:                             {"", "{}", ""},
		`{"type":"start","payload":{"data":null}}`:                                                                        {},
		`{"type":"start","payload":[1]}`:                                                                                  {},
		`{"type":"start"}`:                                                                                                {},
	} {
		f, err := wire.Decode([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		data, authorization, ok := f.StartData()
		got := [3]string{string(data), string(authorization), ""}
		if ok {
			got[2] = "ok"
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s\n%s", text, diff)
		}
	}
}

func TestSignedBodies(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		`{"type":"subscribe","channel":"/a/*"}`:                                {`{"channel":"/a/*"}`},
		`{"type":"subscribe","channel":"\/a\/*"}`:                              {`{"channel":"/a/*"}`, `{"channel":"\/a\/*"}`},
		`{"type":"publish","channel":"/a","events":["{\"a\":1}"]}`:             {`{"channel":"/a","events":["{\"a\":1}"]}`},
		`{"type":"publish","channel":"/a","events": [ "\/" , "\u0061" ] }`:     {`{"channel":"/a","events":["/","a"]}`, `{"channel":"/a","events":[ "\/" , "\u0061" ]}`},
		`{"type":"publish","channel":"/a","events":[{"a":1}]}`:                 {`{"channel":"/a","events":[{"a":1}]}`},
		`{"type":"publish","events":["a"]}`:                                    nil,
		`{"type":"subscribe","channel":1}`:                                     nil,
		`{"type":"publish","channel":"/a","events":["<&>"],"payload":{"x":1}}`: {`{"channel":"/a","events":["<&>"]}`},
	} {
		f, err := wire.Decode([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, b := range f.SignedBodies() {
			got = append(got, string(b))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s\n%s", text, diff)
		}
	}
}

func TestServerFrames(t *testing.T) {
	t.Parallel()
	for want, got := range map[string][]byte{
		`{"type":"ka"}`: wire.AppendKeepAlive(nil),
		`{"type":"connection_ack","payload":{"connectionTimeoutMs":300000}}`: wire.AppendGraphQLAck(nil, 5*time.Minute),
		`{"type":"connection_ack","connectionTimeoutMs":300000}`:             wire.AppendEventsAck(nil, 5*time.Minute),
		`{"type":"start_ack","id":"1"}`:                                      wire.AppendReply(nil, wire.StartAck, "1"),
		`{"type":"connection_error","payload":{"errors":[{"errorType":"UnauthorizedException","message":"no","errorCode":401}]}}`: wire.AppendGraphQLError(nil, wire.ConnectionError, "",
			wire.Problem{Type: "UnauthorizedException", Message: "no", Code: 401}),
		`{"type":"error","id":"\"","payload":{"errors":[{"message":"a"},{"message":"b"}]}}`:    wire.AppendGraphQLError(nil, wire.Error, `"`, wire.Problem{Message: "a"}, wire.Problem{Message: "b"}),
		`{"type":"publish_error","id":"1","errors":[{"errorType":"X","message":"a"}]}`:         wire.AppendEventsError(nil, wire.PublishError, "1", wire.Problem{Type: "X", Message: "a"}),
		`{"type":"data","id":"1","payload":`:                                                   wire.DataHead("1", "payload"),
		`[{"identifier":"a","index":0},{"identifier":"b","index":1,"code":400,"message":"m"}]`: wire.AppendOutcomes(nil, []wire.Outcome{{Identifier: "a"}, {Index: 1, Identifier: "b", Code: 400, Message: "m"}}),
	} {
		if string(got) != want {
			t.Errorf("got %s\nwant %s", got, want)
		}
	}
}

func FuzzReadConnect(f *testing.F) {
	f.Add("header=e30=&payload=e30=", "graphql-ws", "k")
	f.Add("", "graphql-ws, header-eyJob3N0IjoiaCJ9", "")
	f.Add("header=%7B%zz", "header-", "")
	f.Fuzz(func(t *testing.T, query, protocols, key string) {
		r := upgrade(query, protocols)
		r.Header["X-Api-Key"] = []string{key}
		a, way, err := wire.ReadConnect(r)
		if err != nil {
			if a.Header != nil {
				t.Error("a header beside an error")
			}
			return
		}
		if way == wire.InHeaders {
			return
		}
		for name, values := range a.Header {
			if len(values) != 1 || http.CanonicalHeaderKey(name) != name || name == "Host" || strings.ContainsAny(values[0], "\r\n\x00") {
				t.Errorf("%q: %q", name, values)
			}
		}
	})
}

func FuzzClientFrames(f *testing.F) {
	f.Add([]byte(`{"type":"start","id":"1","payload":{"data":"{}","extensions":{"authorization":{"host":"h"}}}}`))
	f.Add([]byte(`{"type":"publish","id":"1","channel":"\/a","events":["\u0000"],"authorization":{}}`))
	f.Add([]byte(`{"type":"subscribe","channel":"/a/*"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		frame, err := wire.Decode(text)
		if err != nil {
			return
		}
		if data, authorization, ok := frame.StartData(); ok {
			again, err := wire.Decode((&wire.Frame{Type: wire.Start, Payload: wire.StartPayload(data, orEmpty(authorization))}).Append(nil))
			if err != nil {
				t.Fatal(err)
			}
			if same, _, ok := again.StartData(); !ok || string(same) != string(data) {
				t.Errorf("%q became %q", data, same)
			}
		}
		for _, body := range frame.SignedBodies() {
			if !wire.Valid(body) {
				t.Errorf("%s would be signed, which is not JSON", body)
			}
		}
	})
}

func orEmpty(raw []byte) []byte {
	if raw == nil {
		return []byte("{}")
	}
	return raw
}
