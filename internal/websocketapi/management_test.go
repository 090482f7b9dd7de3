package websocketapi

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/coder/websocket"

	"github.com/tidewire/tidewire/internal/spec"
)

// connected is a rig with one client, and its id.
func connected(t *testing.T, s *spec.Spec, change ...func(*Options)) (*rig, *websocket.Conn, string) {
	t.Helper()
	r := newRig(t, s, change...)
	c := r.dial("/prod", nil)
	return r, c, idOf(t, r.await("connect"))
}

func TestManagement(t *testing.T) {
	t.Parallel()
	r, c, id := connected(t, testSpec("$connect", "$disconnect"))
	c.SetReadLimit(1 << 20)

	large := strings.Repeat("é", 64<<10)
	for _, text := range []string{"hello", "", large} {
		res := r.manage(http.MethodPost, "/prod", id, text)
		if got := bodyOf(res); res.StatusCode != 200 || got != "" || res.Header.Get("Content-Type") != "application/json" || res.ContentLength != 0 {
			t.Errorf("POST: %s %q %v", res.Status, got, res.Header)
		}
		if got := r.read(c); got != text {
			t.Errorf("got %.50q, want %.50q", got, text)
		}
	}
	if res := r.manage(http.MethodPost, "/prod", id, "a\xffb"); res.StatusCode != 200 {
		t.Error(res.Status)
	}
	if got := r.read(c); got != "a\uFFFDb" {
		t.Errorf("not UTF-8: %q", got)
	}

	res := r.manage(http.MethodGet, "/prod", id, "")
	layout := regexp.MustCompile(`^\{\n  "identity" : \{\n    "sourceIp" : "203\.0\.113\.7",\n    "userAgent" : "Go-http-client/1\.1"\n  \},\n  "connectedAt" : "\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",\n  "lastActiveAt" : "\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"\n\}$`)
	if got := bodyOf(res); res.StatusCode != 200 || !layout.MatchString(got) || res.Header.Get("Content-Type") != "application/json" {
		t.Errorf("GET: %s %s", res.Status, got)
	}

	res = r.manage(http.MethodDelete, "/prod", id, "")
	if got := bodyOf(res); res.StatusCode != 204 || got != "" || res.Header.Get("Content-Type") != "" {
		t.Errorf("DELETE: %s %q %v", res.Status, got, res.Header)
	}
	if _, _, err := c.Read(t.Context()); websocket.CloseStatus(err) != 1000 {
		t.Error(err)
	}
	if rc := requestContext(t, r.await("disconnect")); rc["disconnectStatusCode"] != 1000.0 || rc["disconnectReason"] != "Connection Closed Normally" {
		t.Error(rc)
	}
	for _, method := range []string{"POST", "GET", "DELETE"} {
		r.gone(t, method, r.manage(method, "/prod", id, ""))
	}
}

// gone checks a 410.
func (r *rig) gone(t *testing.T, what string, res *http.Response) {
	t.Helper()
	if got := bodyOf(res); res.StatusCode != 410 || got != "" || res.Header.Get("x-amzn-ErrorType") != "GoneException" ||
		res.Header.Get("Content-Type") != "application/json" || res.ContentLength != 0 {
		t.Errorf("%s: %s %q %v", what, res.Status, got, res.Header)
	}
}

func TestManagementHeaders(t *testing.T) {
	t.Parallel()
	r := newRig(t, testSpec())
	for _, res := range []*http.Response{r.manage("GET", "/prod", "L0SM9cOFvHcCIhw=", ""), r.manageAs("", "GET", "/prod", "x", "")} {
		for name, form := range map[string]string{
			"X-Amzn-Requestid": `^[0-9a-f-]{36}$`, "X-Amz-Apigw-Id": `^[\w-]{15}=$`, "X-Amzn-Trace-Id": `^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$`,
		} {
			if got := res.Header.Get(name); !regexp.MustCompile(form).MatchString(got) {
				t.Errorf("%s: %q", name, got)
			}
		}
	}
}

// Every row of the table of management errors.
func TestManagementErrors(t *testing.T) {
	t.Parallel()
	const allow = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"execute-api:ManageConnections","Resource":"arn:aws:execute-api:us-east-1:123456789012:abc123/prod/GET/@connections/*"}}`
	s := testSpec("$connect")
	s.Users = []spec.User{testUser(t, allow)}
	r, _, id := connected(t, s)
	escaped := strings.ReplaceAll(id, "=", "%3D")
	for _, tt := range []struct {
		name, key, method, stage, id, body string
		status                             int
		kind, want                         string
	}{
		{name: "fine", key: bobKey, method: "GET", id: escaped, status: 200},
		{name: "raw =", key: devKey, method: "GET", id: id, status: 200},
		{name: "never existed", key: devKey, method: "POST", id: "L0SM9cOFvHcCIhw%3D", status: 410, kind: "GoneException"},
		{name: "not decodable", key: devKey, method: "POST", id: "WDGT8fY4joECJrQ%3Dtest", status: 400, kind: "BadRequestException", want: `{"message":"Invalid connectionId: WDGT8fY4joECJrQ=test"}`},
		{name: "policy", key: bobKey, method: "POST", id: escaped, body: "x", status: 403, kind: "AccessDeniedException",
			want: `{"Message":"User: arn:aws:iam::123456789012:user/bob is not authorized to perform: execute-api:ManageConnections on resource: arn:aws:execute-api:us-east-1:********9012:abc123/prod/POST/@connections/{connectionId}`},
		{name: "policy first", key: bobKey, method: "POST", id: "nonsense", status: 403, kind: "AccessDeniedException"},
		{name: "unsigned", method: "POST", id: escaped, status: 403, kind: "MissingAuthenticationTokenException", want: `{"message":"Missing Authentication Token"}`},
		{name: "unsigned and large", method: "POST", id: escaped, body: strings.Repeat("x", 131073), status: 403, kind: "MissingAuthenticationTokenException"},
		{name: "unknown key", key: "AKIANOBODYAAAAAAAAAA", method: "GET", id: escaped, status: 403, kind: "UnrecognizedClientException"},
		{name: "too large", key: devKey, method: "POST", id: escaped, body: strings.Repeat("x", 131073), status: 413, kind: "PayloadTooLargeException"},
		{name: "far too large", key: devKey, method: "POST", id: escaped, body: strings.Repeat("x", 1<<20+1), status: 413, kind: "PayloadTooLargeException"},
		{name: "method", key: devKey, method: "PUT", id: escaped, status: 403, kind: "ForbiddenException", want: `{"message":"Forbidden"}`},
		{name: "stage", key: devKey, method: "GET", stage: "/dev", id: escaped, status: 403, kind: "ForbiddenException", want: `{"message":"Forbidden"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			stage := tt.stage
			if stage == "" {
				stage = "/prod"
			}
			res := r.manageAs(tt.key, tt.method, stage, tt.id, tt.body)
			got := bodyOf(res)
			if res.StatusCode != tt.status || res.Header.Get("x-amzn-ErrorType") != tt.kind || !strings.HasPrefix(got, tt.want) {
				t.Errorf("%s %v %s; log:\n%s", res.Status, res.Header, got, r.log)
			}
		})
	}
}

func TestTamperedBody(t *testing.T) {
	t.Parallel()
	r, _, id := connected(t, testSpec("$connect"))
	req, err := http.NewRequest("POST", "http://ws.test:4577/prod/@connections/"+strings.ReplaceAll(id, "=", "%3D"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := testSigner(devKey).Sign(t.Context(), req, "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"); err != nil {
		t.Fatal(err)
	}
	for body, status := range map[string]int{"hello": 200, "jello": 403} {
		again := req.Clone(t.Context())
		again.Body, again.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
		res, err := r.client.Do(again)
		if err != nil {
			t.Fatal(err)
		}
		if _ = res.Body.Close(); res.StatusCode != status {
			t.Errorf("%s: %s", body, res.Status)
		}
	}
}

// A connection is gone for another stage and for another API of the hub.
func TestOtherStageAndAPI(t *testing.T) {
	t.Parallel()
	s := testSpec("$connect")
	s.WebSocketAPIs[0].Stages = append(s.WebSocketAPIs[0].Stages, spec.Stage{Name: "dev"})
	r, _, id := connected(t, s)
	r.gone(t, "other stage", r.manage("POST", "/dev", id, "x"))
	other := newRig(t, testSpec("$connect"), func(o *Options) { o.Hub = r.o.Hub })
	other.gone(t, "other API", other.manage("POST", "/prod", id, "x"))
	if res := r.manage("POST", "/prod", id, "x"); res.StatusCode != 200 {
		t.Error(res.Status)
	}
}

// A client that does not read bounds what waits for it, and delays nobody.
func TestSlowReader(t *testing.T) {
	t.Parallel()
	r, slow, id := connected(t, testSpec("$connect", "send!"), func(o *Options) { o.Limits.Queue = 140 << 10 })
	quick := r.dial("/prod", nil)
	text := strings.Repeat("x", 60<<10)
	status := 0
	for range 20 {
		if status = r.manage("POST", "/prod", id, text).StatusCode; status != 200 {
			break
		}
	}
	if status != 429 || r.api.Count(QueueFull) != 1 {
		t.Errorf("status %d; log:\n%s", status, r.log)
	}
	res := r.manage("POST", "/prod", id, text)
	if got := bodyOf(res); res.Header.Get("x-amzn-ErrorType") != "LimitExceededException" || got != `{"message":"Limit Exceeded"}` {
		t.Errorf("%v %s", res.Header, got)
	}
	r.set("send", answers(`{"statusCode":200,"body":"quick"}`))
	r.write(quick, `{"action":"send"}`)
	if got := r.read(quick); got != "quick" {
		t.Error(got)
	}
	slow.SetReadLimit(1 << 20)
	if got := r.read(slow); got != text {
		t.Errorf("%.20q", got)
	}
}

// A reply that does not fit the queue closes its socket: replies cannot be
// refused.
func TestSlowConsumer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, slowConsumer)
}

func slowConsumer(t *testing.T) {
	r, c, id := connected(t, testSpec("$connect", "$disconnect", "send!"), func(o *Options) { o.Limits.Queue = 140 << 10 })
	body, _ := json.Marshal(strings.Repeat("x", 100<<10))
	r.set("send", answers(`{"statusCode":200,"body":`+string(body)+`}`))
	for range 2 { // the second does not fit behind the first
		r.write(c, `{"action":"send"}`)
		r.await("send")
	}
	synctest.Wait()
	if n := r.o.Hub.Len(); n != 0 {
		t.Errorf("%d connections; log:\n%s", n, r.log)
	}
	r.gone(t, "POST", r.manage("POST", "/prod", id, "x"))
	c.SetReadLimit(1 << 20)
	for {
		if _, _, err := c.Read(context.Background()); err != nil {
			if websocket.CloseStatus(err) != 1008 {
				t.Error(err)
			}
			break
		}
	}
	if rc := requestContext(t, r.await("disconnect")); rc["disconnectStatusCode"] != 1008.0 || r.api.Count(SlowConsumer) == 0 {
		t.Error(rc)
	}
}
