package eventsapi

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidewire/tidewire/internal/appsynchttp"
	"github.com/tidewire/tidewire/internal/spec"
)

func TestPublishOverHTTP(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	c := r.open()
	c.subscribe("s1", "/default/room")
	r.expect(200, accepted(2), "/default/room", `{"a":1}`, `"b"`)
	c.hear(data("s1", `{"a":1}`), data("s1", `"b"`))
	r.expect(200, accepted(5), "default/room/", "1", "2", "3", "4", "5")
	c.hear(data("s1", "1"), data("s1", "2"), data("s1", "3"), data("s1", "4"), data("s1", "5"))

	status, _, h := r.post(publication("default", "null"), "x-api-key", apiKey)
	got := []string{h.Get("Content-Type"), h.Get("Access-Control-Allow-Origin"), h.Get("Access-Control-Expose-Headers")}
	if diff := cmp.Diff([]string{"application/json;charset=UTF-8", "*", appsynchttp.Exposed}, got); diff != "" || status != 200 || len(h.Get("x-amzn-RequestId")) != 36 {
		t.Errorf("headers: %s, %d, %q", diff, status, h.Get("x-amzn-RequestId"))
	}
}

func TestPublishRefuses(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(r *rig) { r.o.Limits.Event = 100; r.o.Limits.Body = 2000 })
	bad := func(message string) string {
		return `{"errors":[{"errorType":"BadRequestException","message":"` + message + `"}]}`
	}
	const (
		json   = "The request body must be a JSON object in UTF-8."
		list   = "Events must be an array of strings"
		not    = `{"errors":[{"errorType":"UnauthorizedException","message":"You are not authorized to make this call."}]}`
		none   = `{"errors":[{"errorType":"UnauthorizedException"}]}`
		text   = "Each event must be a string of JSON"
		valid  = "Each event must be a string of valid JSON"
		shape  = "Invalid channel: a segment is 1 to 50 letters, digits and hyphens, neither first nor last a hyphen."
		absent = "Invalid channel: it must be a string."
	)
	tests := []struct {
		name, body string
		status     int
		want       string
	}{
		{"empty", "", 400, bad(json)},
		{"no JSON", "{", 400, bad(json)},
		{"array", "[]", 400, bad(json)},
		{"trailing", `{} {}`, 400, bad(json)},
		{"not UTF-8", "{\"channel\":\"default\",\"events\":[\"\xff\"]}", 400, bad(json)},
		{"nothing in it", "{}", 400, bad(absent)},
		{"channel is a number", `{"channel":1,"events":["1"]}`, 400, bad(absent)},
		{"no events", `{"channel":"default"}`, 400, bad(list)},
		{"events null", `{"channel":"default","events":null}`, 400, bad(list)},
		{"events are an object", `{"channel":"default","events":{}}`, 400, bad(list)},
		{"none", publication("default"), 400, bad("Events must not be empty")},
		{"six", publication("default", "1", "2", "3", "4", "5", "6"), 400, bad("Input exceeded 5 event limit")},
		{"six, one bad", publication("default", "1", "2", "3", "4", "5", "x"), 400, bad("Input exceeded 5 event limit")},
		{"an object", `{"channel":"default","events":[{"a":1}]}`, 400, bad(text)},
		{"no JSON in it", publication("default", "1", "{"), 400, bad(valid)},
		{"empty text", publication("default", ""), 400, bad(valid)},
		{"half a surrogate", `{"channel":"default","events":["\"\ud800\""]}`, 200, accepted(1)},
		{"too long", publication("default", `"`+strings.Repeat("x", 99)+`"`), 400, bad("An event exceeded 100 bytes")},
		{"just not too long", publication("default", `"`+strings.Repeat("x", 98)+`"`), 200, accepted(1)},
		{"body too long", publication("default", `"`+strings.Repeat("x", 2000)+`"`), 413, `{"errors":[{"errorType":"PayloadTooLargeException","message":"The request body is too large."}]}`},
		{"unknown namespace", publication("other/x", "1"), 401, none},
		{"no namespace", publication("", "1"), 400, bad(shape)},
		{"wildcard", publication("default/*", "1"), 400, bad("Invalid channel: a wildcard can only be subscribed to.")},
		{"two slashes", publication("default//x", "1"), 400, bad(shape)},
		{"six segments", publication("default/1/2/3/4/5", "1"), 400, bad("Invalid channel: a channel has at most 5 segments.")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			status, answer, h := r.post(tt.body)
			if diff := cmp.Diff(tt.want, withoutIDs(answer)); diff != "" || status != tt.status {
				t.Errorf("status %d, want %d: %s", status, tt.status, diff)
			}
			if status != 200 && !strings.Contains(answer, `"errorType":"`+h.Get("x-amzn-ErrorType")+`"`) {
				t.Errorf("x-amzn-ErrorType %q for %s", h.Get("x-amzn-ErrorType"), answer)
			}
		})
	}
	for _, body := range []string{"", "{}", publication("other", "1"), publication("default", "1")} {
		if status, answer, _ := r.post(body, "x-api-key", "da2-wrong"); status != 401 || answer != not {
			t.Errorf("a wrong key with %q: %d %s", body, status, answer)
		}
	}
}

func TestPublishOverHTTPWithOtherMethods(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	do := func(method string, header ...string) *httptest.ResponseRecorder {
		q := httptest.NewRequestWithContext(context.Background(), method, "/event", nil)
		for i := 0; i+1 < len(header); i += 2 {
			q.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		r.api.Publish(w, q, Request{})
		return w
	}
	w := do(http.MethodOptions, "Access-Control-Request-Headers", "x-api-key,content-type")
	if h := w.Header(); w.Code != 200 || h.Get("Access-Control-Allow-Methods") != "POST" || h.Get("Access-Control-Allow-Headers") != "x-api-key,content-type" {
		t.Errorf("preflight: %d %v", w.Code, h)
	}
	if w := do(http.MethodOptions, "Access-Control-Request-Headers", "x\x00y"); w.Header().Get("Access-Control-Allow-Headers") != "" {
		t.Error("an odd list of headers was sent back")
	}
	for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete} {
		if w := do(method); w.Code != 405 || w.Header().Get("Allow") != "POST, OPTIONS" {
			t.Errorf("%s: %d %v", method, w.Code, w.Header())
		}
	}
}

func TestModesOfNamespaces(t *testing.T) {
	t.Parallel()
	r := newRig(t, namespaceOf(t, "closed", "", func(n *spec.ChannelNamespace) {
		n.Publish, n.Subscribe = modes(spec.ModeIAM), modes(spec.ModeOIDC)
	}))
	r.expect(401, `{"errors":[{"errorType":"UnauthorizedException","message":"You are not authorized to make this call."}]}`, "closed/a", "1")
	c := r.open()
	c.say(subscription("s", "/closed/a", keyObject()))
	c.hear(failed("subscribe_error", "s", "UnauthorizedException", "You are not authorized to make this call."))
	if got := r.logged.String(); !strings.Contains(got, `takes [\"AWS_IAM\"]`) || strings.Contains(got, apiKey) {
		t.Errorf("log: %s", got)
	}
}
