package eventsapi

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/tidewire/tidewire/internal/wire"
)

// FuzzPublish: whatever the body, the answer is JSON of one of the two kinds,
// and what was accepted is what a subscriber gets.
func FuzzPublish(f *testing.F) {
	for _, s := range []string{publication("default/x", `{"a":1}`, "2"), "", "{", `{"channel":"default","events":["\"\ud800\""]}`, `{"events":[],"channel":null}`, `{"channel":"default","channel":"other","events":["1"]}`} {
		f.Add(s)
	}
	r := newRig(f)
	f.Fuzz(func(t *testing.T, body string) {
		w := httptest.NewRecorder()
		q := httptest.NewRequestWithContext(t.Context(), "POST", "/event", strings.NewReader(body))
		q.Header.Set("X-Api-Key", apiKey)
		r.api.Publish(w, q, Request{})
		var answer struct {
			Errors             []struct{ ErrorType string }
			Failed, Successful []struct {
				Index      *int
				Identifier string
			}
		}
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
			t.Fatalf("%q: %s: %v", body, w.Body, err)
		}
		ok := w.Code == 200 && len(answer.Errors) == 0 && len(answer.Successful) > 0 && len(answer.Successful) <= maxBatch
		refused := w.Code >= 400 && w.Code < 500 && len(answer.Errors) == 1 && answer.Errors[0].ErrorType == errorTypeOf(w.Header())
		if !ok && !refused {
			t.Errorf("%q: %d %s", body, w.Code, w.Body)
		}
		if !json.Valid([]byte(body)) && ok {
			t.Errorf("%q was accepted", body)
		}
	})
}

// FuzzFrames: whatever two messages are, every answer is a frame, and the socket
// goes on.
func FuzzFrames(f *testing.F) {
	f.Add(subscription("s", "/default/*", keyObject()), `{"type":"unsubscribe","id":"s"}`)
	f.Add(socketPublication("p", "/default/x", keyObject(), "1", `"b"`), subscription("s", "/default", "{}"))
	f.Add(`{"type":"publish","id":"p","channel":"/default/x","events":["\"\ud800\""],"authorization":`+keyObject()+`}`, "[]")
	f.Add(`{"type":"subscribe"}`, `{"type":"connection_init"}`)
	r := newRig(f)
	f.Fuzz(func(t *testing.T, first, second string) {
		if !utf8.ValidString(first + second) {
			t.Skip("conn refuses what is not UTF-8")
		}
		here := &rig{t: t, listen: r.listen}
		c := here.open()
		defer func() { _ = c.nc.Close() }()
		for _, text := range []string{first, second, `{"type":"unsubscribe","id":"the-end"}`} {
			c.say(text)
		}
		for {
			text, err := c.next()
			if err != nil {
				t.Fatalf("%q %q: %v", first, second, err)
			}
			frame, err := wire.Decode([]byte(text))
			if err != nil || frame.Type == "" {
				t.Errorf("%q %q: answered %q", first, second, text)
			}
			if frame.ID == "the-end" {
				return
			}
		}
	})
}

// FuzzOutgoing: what a handler answers is taken whole or not at all.
func FuzzOutgoing(f *testing.F) {
	for _, s := range []string{`[{"id":"a","payload":1},{"id":"b","error":"x"},null]`, "null", "[]", `[{"id":"a"},{"id":"a"}]`, `{"events":[{"id":"c"}]}`, `[1]`, "\xff"} {
		f.Add(s)
	}
	api := &API{o: Options{Limits: Limits{Event: 1000}}}
	f.Fuzz(func(t *testing.T, answer string) {
		o := &operation{api: api, events: []event{{id: "a"}, {id: "b"}, {id: "c"}}}
		begun := time.Now()
		out, failed, reason := o.outgoing(json.RawMessage(answer))
		if reason == "" && len(out)+len(failed) > len(o.events) {
			t.Errorf("%q: %d events out of %d", answer, len(out)+len(failed), len(o.events))
		}
		for _, e := range out {
			var text string
			if err := json.Unmarshal(e, &text); reason == "" && (err != nil || !json.Valid([]byte(text))) {
				t.Errorf("%q: broadcast %s: %v", answer, e, err)
			}
		}
		if _, _, ok := readReply(json.RawMessage(answer)); ok && answer != "" && !json.Valid([]byte(answer)) {
			t.Errorf("%q was taken as a reply", answer)
		}
		if took := time.Since(begun); took > 5*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

// errorTypeOf reads x-amzn-ErrorType, which is written in AWS's own case.
func errorTypeOf(h map[string][]string) string {
	if list := h["x-amzn-ErrorType"]; len(list) == 1 {
		return list[0]
	}
	return ""
}
