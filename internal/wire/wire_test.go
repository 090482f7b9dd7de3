package wire_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/tidewire/tidewire/internal/wire"
)

// documented are messages as the AppSync guides print them.
func documented() map[string]wire.Frame {
	raw := func(s string) json.RawMessage { return json.RawMessage(s) }
	return map[string]wire.Frame{
		`{"type":"connection_init"}`: {Type: "connection_init"},
		`{"type":"ka"}`:              {Type: "ka"},
		`{"type":"connection_ack","payload":{"connectionTimeoutMs":300000}}`:      {Type: "connection_ack", Payload: raw(`{"connectionTimeoutMs":300000}`)},
		`{"type":"start_ack","id":"1"}`:                                           {Type: "start_ack", ID: "1"},
		`{"type":"data","id":"1","payload":{"data":{"onCreatePost":{"id":"x"}}}}`: {Type: "data", ID: "1", Payload: raw(`{"data":{"onCreatePost":{"id":"x"}}}`)},
		`{"type":"stop","id":"1"}`:                                                {Type: "stop", ID: "1"},
		`{"type":"complete","id":"1"}`:                                            {Type: "complete", ID: "1"},
		`{"type":"error","id":"","payload":{"errors":[{"errorType":"UnsupportedOperation","message":"unknown not supported through the realtime channel"}]}}`: {
			Type: "error", EmptyID: true, Payload: raw(`{"errors":[{"errorType":"UnsupportedOperation","message":"unknown not supported through the realtime channel"}]}`)},
		`{"type":"connection_ack","connectionTimeoutMs":300000}`: {Type: "connection_ack", TimeoutMs: raw("300000")},
		`{"type":"subscribe","id":"u1","channel":"/default/*","authorization":{"x-api-key":"k"}}`: {
			Type: "subscribe", ID: "u1", Channel: raw(`"/default/*"`), Authorization: raw(`{"x-api-key":"k"}`)},
		`{"type":"data","id":"u1","event":"{\"a\":1}"}`: {Type: "data", ID: "u1", Event: raw(`"{\"a\":1}"`)},
		`{"type":"publish_success","id":"p1","successful":[{"identifier":"i","index":0}],"failed":[]}`: {
			Type: "publish_success", ID: "p1", Successful: raw(`[{"identifier":"i","index":0}]`), Failed: raw("[]")},
		`{"type":"subscribe_error","id":"u1","errors":[{"errorType":"UnauthorizedException"}]}`: {
			Type: "subscribe_error", ID: "u1", Errors: raw(`[{"errorType":"UnauthorizedException"}]`)},
		`{"type":"publish","id":"p1","channel":"/d/x","events":["{\"a\":1}"],"authorization":{}}`: {
			Type: "publish", ID: "p1", Channel: raw(`"/d/x"`), Events: raw(`["{\"a\":1}"]`), Authorization: raw("{}")},
	}
}

func TestDocumentedFrames(t *testing.T) {
	t.Parallel()
	for text, want := range documented() {
		got, err := wire.Decode([]byte(text))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s\n%s", text, diff)
		}
		if s := string(want.Append(nil)); s != text {
			t.Errorf("written %s\n   want %s", s, text)
		}
	}
}

func TestDecodeOtherSpellings(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]wire.Frame{
		"\n{ \"typ\\u0065\" : \"d\\u0061ta\" , \"id\":\"a\\\"b\", \"x\":[{\"id\":\"no\"},\"}\"], \"payload\": {\"a\" : 1} }\n": {
			Type: "data", ID: `a"b`, Payload: json.RawMessage(`{"a" : 1}`)},
		`{"id":null,"type":"error","payload":null}`:   {Type: "error"},
		`{"type":"a","type":"b","n":-1.5e3,"t":true}`: {Type: "b"},
		`{}`: {},
		`{"type":"future","payload":[1,[2]],"errors":"x"}`: {Type: "future", Payload: json.RawMessage(`[1,[2]]`), Errors: json.RawMessage(`"x"`)},
	} {
		got, err := wire.Decode([]byte(text))
		if err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s\n%s", text, diff)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "[]", `"data"`, "null", `{"type":"data"`, `{"type":1}`, `{"type":"data","id":7}`, `{"type":"ka"} x`, "{\"type\":\"\xff\"}", "<html>", strings.Repeat("[", 20000)} {
		if f, err := wire.Decode([]byte(text)); err == nil {
			t.Errorf("%.20s became %+v", text, f)
		}
	}
}

func TestTimeoutAndErrors(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		`{"type":"connection_ack","payload":{"connectionTimeoutMs":300000}}`: 300 * time.Second,
		`{"type":"connection_ack","connectionTimeoutMs":1500}`:               1500 * time.Millisecond,
		`{"type":"connection_ack","connectionTimeoutMs":"300"}`:              0,
		`{"type":"connection_ack","connectionTimeoutMs":-1}`:                 0,
		`{"type":"connection_ack","connectionTimeoutMs":1e300}`:              0,
		`{"type":"connection_ack","payload":[]}`:                             0,
		`{"type":"connection_ack"}`:                                          0,
	} {
		f, err := wire.Decode([]byte(text))
		got, ok := f.Timeout()
		if err != nil || got != want || ok != (want > 0) {
			t.Errorf("%s: %v %v, %v", text, got, ok, err)
		}
	}
	for text, want := range map[string]string{
		`{"errors":[1]}`:                 `[1]`,
		`{"payload":{"errors":{"a":1}}}`: `{"a":1}`,
		`{"payload":{"errors":null}}`:    ``,
		`{"payload":"x"}`:                ``,
	} {
		f, err := wire.Decode([]byte(text))
		if got := string(f.ErrorList()); err != nil || got != want {
			t.Errorf("%s: %s, %v", text, got, err)
		}
	}
}

func TestPayloads(t *testing.T) {
	t.Parallel()
	got := string(wire.StartPayload([]byte("{\"query\":\"a <&> \u2028 /\"}"), json.RawMessage(`{"host":"h"}`)))
	if want := `{"data":"{\"query\":\"a <&> ` + "\u2028" + ` /\"}","extensions":{"authorization":{"host":"h"}}}`; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if got := string(wire.AckPayload(5 * time.Minute)); got != `{"connectionTimeoutMs":300000}` {
		t.Error(got)
	}
	if got := string(wire.ErrorPayload(json.RawMessage("[]"))); got != `{"errors":[]}` {
		t.Error(got)
	}
}

func FuzzDecode(f *testing.F) {
	for text := range documented() {
		f.Add([]byte(text))
	}
	f.Add([]byte(`{"a":1,"id":"x" , "type":"y\u0000","payload":{"errors":[]}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		frame, err := wire.Decode(text)
		frame.Timeout()
		frame.ErrorList()
		if err != nil {
			return
		}
		written := frame.Append(nil)
		again, err := wire.Decode(written)
		if err != nil {
			t.Fatalf("%s became %s: %v", text, written, err)
		}
		if diff := cmp.Diff(frame, again); diff != "" {
			t.Errorf("%s became %s\n%s", text, written, diff)
		}
		var members map[string]json.RawMessage
		if err := json.Unmarshal(text, &members); err != nil {
			t.Fatal(err)
		}
		if want := bytes.TrimSpace(members["payload"]); string(want) != "null" && !bytes.Equal(want, frame.Payload) {
			t.Errorf("payload %s, encoding/json finds %s", frame.Payload, want)
		}
	})
}

func FuzzAppendString(f *testing.F) {
	f.Add("a\"\\\n\x00\x7f\u2028<&>\xff\xf0\x28")
	f.Fuzz(func(t *testing.T, s string) {
		var got string
		if err := json.Unmarshal(wire.AppendString(nil, s), &got); err != nil {
			t.Fatal(err)
		}
		want, _ := json.Marshal(s)
		var same string
		if err := json.Unmarshal(want, &same); err != nil || got != same {
			t.Errorf("%q became %q, encoding/json makes it %q", s, got, same)
		}
	})
}

func FuzzValid(f *testing.F) {
	for text := range documented() {
		f.Add([]byte(text))
	}
	for _, text := range []string{"-0.1e+5", "01", "1.", "1e", "-", `"\u12g4"`, `"\ud83d\ude00"`, `"\ud83d\ud83d"`, "[1,]", `{"a":1,}`, `{"a" 1}`, "nul", "[ ]", "{ }", "\"\x01\"", `"\x"`, `"`, `"\`, " 1 ", "1 2"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		want := json.Valid(text) && utf8.Valid(text)
		if got := wire.Valid(text); got != want {
			t.Fatalf("%q: %v, encoding/json says %v", text, got, want)
		}
		same := func(name, value []byte) []string { return []string{string(name), string(value)} }
		var one, two [][]string
		if got := wire.Object(text, func(n, v []byte) { one = append(one, same(n, v)) }); got != (want && bytes.TrimSpace(text)[0] == '{') {
			t.Fatalf("%q is an object: %v", text, got)
		}
		if want {
			wire.Members(text, func(n, v []byte) { two = append(two, same(n, v)) })
			if diff := cmp.Diff(two, one); diff != "" {
				t.Errorf("%s: %s", text, diff)
			}
		}
		var s string
		if !want || json.Unmarshal(text, &s) != nil {
			return
		}
		raw := bytes.TrimSpace(text)
		if got, ok := wire.AppendUnquoted(nil, raw); ok != (raw[0] == '"') || (ok && string(got) != s) {
			t.Errorf("%s is %q %v, encoding/json says %q", text, got, ok, s)
		}
	})
}

func TestDepthIsBounded(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ open, end string }{{"[", "]"}, {`{"a":`, "}"}} {
		for _, n := range []int{9999, 10000, 10001} {
			text := []byte(strings.Repeat(c.open, n) + "1" + strings.Repeat(c.end, n))
			if got, want := wire.Valid(text), json.Valid(text); got != want {
				t.Errorf("%d times %s: %v, encoding/json says %v", n, c.open, got, want)
			}
		}
	}
	if wire.Valid(bytes.Repeat([]byte("["), 10<<20)) {
		t.Error("10 MB of brackets are valid")
	}
}

func TestPublication(t *testing.T) {
	t.Parallel()
	body, channel, events := wire.AppendPublication(nil, "/default/x", []json.RawMessage{json.RawMessage(`{"a":"<&>\/"}`), json.RawMessage("[1,\n\t2]")})
	if want := `{"channel":"/default/x","events":["{\"a\":\"<&>\\/\"}","[1,\n\t2]"]}`; string(body) != want {
		t.Errorf("%s\nwant %s", body, want)
	}
	if string(channel) != `"/default/x"` || string(events) != `["{\"a\":\"<&>\\/\"}","[1,\n\t2]"]` {
		t.Errorf("%s %s", channel, events)
	}
	if got := string(wire.AppendSubscription(nil, "/default/*")); got != `{"channel":"/default/*"}` {
		t.Error(got)
	}
}

func TestOutcomes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]wire.Outcome{
		``:     nil,
		`null`: nil,
		`[]`:   nil,
		`[{"identifier":"i","index":0},{"index":1,"code":400,"message":"no\"","identifier":null,"more":[{}]}]`: {
			{Identifier: "i"}, {Index: 1, Code: 400, Message: `no"`}},
		`[{"index":2,"code":"x","message":{}}]`: {{Index: 2}},
	} {
		got, ok := wire.Outcomes(json.RawMessage(text))
		if diff := cmp.Diff(want, got); diff != "" || !ok {
			t.Errorf("%s: %v\n%s", text, ok, diff)
		}
	}
	for _, text := range []string{`{}`, `"x"`, `[1]`, `[{}]`, `[{"index":-1}]`, `[{"index":"0"}]`, `[{"index":1.5}]`, `[{"index":null}]`} {
		if got, ok := wire.Outcomes(json.RawMessage(text)); ok {
			t.Errorf("%s became %+v", text, got)
		}
	}
}

// FuzzEventsFrame reads what a client of the Event API reads of any frame.
func FuzzEventsFrame(f *testing.F) {
	for text := range documented() {
		f.Add([]byte(text))
	}
	f.Add([]byte(`{"type":"data","id":"1","event":"{\"a\":\"\\u00e9\\ud83d\\ude00\"}"}`))
	f.Add([]byte(`{"type":"publish_success","id":"1","successful":[{"index":1}],"failed":[{"index":0,"code":1,"message":"\n"}]}`))
	f.Add([]byte(`{"type":"broadcast_error","id":"1","errors":{"errorType":"MessageProcessingError"}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		frame, err := wire.Decode(text)
		if err != nil {
			return
		}
		frame.ErrorList()
		for _, raw := range []json.RawMessage{frame.Successful, frame.Failed} {
			list, ok := wire.Outcomes(raw)
			var same []json.RawMessage
			if ok && (json.Unmarshal(append(raw, ' '), &same) != nil) != (raw == nil) || len(same) != len(list) && ok {
				t.Errorf("%s has %d entries, encoding/json finds %d", raw, len(list), len(same))
			}
		}
		if event, ok := wire.AppendUnquoted(nil, frame.Event); ok {
			var same string
			if json.Unmarshal(frame.Event, &same) != nil || same != string(event) {
				t.Errorf("%s is %q, encoding/json says %q", frame.Event, event, same)
			}
			body, _, events := wire.AppendPublication(nil, string(event), [][]byte{event})
			var back []string
			if !wire.Valid(body) || json.Unmarshal(events, &back) != nil || len(back) != 1 || back[0] != string(event) {
				t.Errorf("%q was published as %s", event, body)
			}
		}
	})
}

func BenchmarkValid(b *testing.B) {
	text := []byte(`{"data":{"list":[` + strings.Repeat(`{"id":"0123456789","title":"a title of a post","n":-1.5e3},`, 20) + `{}]}}`)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if !wire.Valid(text) {
			b.Fatal("not valid")
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	text := []byte(`{"id":"6a2f1a5e-2f35-4b1e-8f0e-0a2b5f0a7c11","type":"data","payload":{"data":{"onCreatePost":{"id":"1","title":"` + strings.Repeat("x", 180) + `"}}}}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := wire.Decode(text); err != nil {
			b.Fatal(err)
		}
	}
}
