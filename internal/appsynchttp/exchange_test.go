package appsynchttp_test

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/tidewire/tidewire/internal/appsynchttp"
	"github.com/tidewire/tidewire/internal/fault"
)

func begin(r *http.Request) (*appsynchttp.Exchange, *httptest.ResponseRecorder) {
	w := httptest.NewRecorder()
	return appsynchttp.Begin(w, r, appsynchttp.Request{Peer: netip.MustParseAddr("192.0.2.1"), ForwardedFor: []string{"192.0.2.2"}, Secure: true}), w
}

// raw is a header that is sent as it is written.
func raw(w *httptest.ResponseRecorder, name string) string {
	return strings.Join(w.Header()[name], "|")
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	x, w := begin(httptest.NewRequest(http.MethodPost, "/event", nil))
	if x.Preflight() {
		t.Fatal("POST is no preflight")
	}
	x.Write([]byte(`{"a":1}`))
	want := http.Header{"Access-Control-Allow-Origin": {"*"}, "Access-Control-Expose-Headers": {appsynchttp.Exposed}, "x-amzn-RequestId": {x.ID},
		"Content-Type": {"application/json;charset=UTF-8"}, "Content-Length": {"7"}}
	if diff := cmp.Diff(want, w.Header()); diff != "" || w.Code != 200 || w.Body.String() != `{"a":1}` || len(x.ID) != 36 {
		t.Errorf("%d %s %s", w.Code, w.Body, diff)
	}
}

func TestPreflight(t *testing.T) {
	t.Parallel()
	for asked, want := range map[string]string{"": "", "x-api-key, X_a1": "x-api-key, X_a1", "x\r\ny": "", "x:y": "", strings.Repeat("a", 4097): ""} {
		r := httptest.NewRequest(http.MethodOptions, "/graphql", nil)
		r.Header["Access-Control-Request-Headers"] = []string{asked}
		x, w := begin(r)
		h := w.Header()
		if !x.Preflight() || w.Code != 200 || h.Get("Access-Control-Allow-Methods") != "POST" || h.Get("Access-Control-Allow-Headers") != want || (h.Get("Vary") != "") != (want != "") {
			t.Errorf("%.40q: %d %v", asked, w.Code, h)
		}
	}
}

func TestRefuse(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		f                     fault.Error
		body, header, ofAllow string
	}{
		{fault.Error{Code: "A", Status: 405, Message: `"b"`}, `{"errors":[{"errorType":"A","message":"\"b\""}]}`, "A", "POST, OPTIONS"},
		{fault.Error{Code: "A", Status: 401}, `{"errors":[{"errorType":"A"}]}`, "A", ""},
		{fault.Error{Code: "ä\r\nb", Status: 403, Message: "m"}, `{"errors":[{"errorType":"ä\r\nb","message":"m"}]}`, "???b", ""},
		{fault.Error{Code: strings.Repeat("x", 201), Status: 403}, `{"errors":[{"errorType":"` + strings.Repeat("x", 201) + `"}]}`, strings.Repeat("x", 200), ""},
	} {
		var log bytes.Buffer
		x, w := begin(httptest.NewRequest(http.MethodPost, "/event", nil))
		x.Refuse(tt.f.Because("the private %s", "reason"), slog.New(slog.NewTextHandler(&log, nil)), "refused", "Api")
		if w.Code != tt.f.Status || w.Body.String() != tt.body || raw(w, "x-amzn-ErrorType") != tt.header || w.Header().Get("Allow") != tt.ofAllow {
			t.Errorf("%d %s %v", w.Code, w.Body, w.Header())
		}
		for _, part := range []string{"msg=refused api=Api requestId=" + x.ID + " peer=192.0.2.1", `cause="the private reason"`} {
			if !strings.Contains(log.String(), part) {
				t.Errorf("the log has no %s: %s", part, log.String())
			}
		}
	}
}

func TestBody(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 100_000)
	limited := func(r *http.Request) { r.Body = http.MaxBytesReader(nil, r.Body, 5); r.ContentLength = -1 }
	chunked := func(r *http.Request) { r.ContentLength = -1 }
	for name, tt := range map[string]struct {
		body   string
		most   int
		change func(*http.Request)
		large  bool
	}{
		"just fits":          {long, len(long), nil, false},
		"empty":              {"", 10, nil, false},
		"chunked, just fits": {long, len(long), chunked, false},
		"chunked, too long":  {long, len(long) - 1, chunked, true},
		"promises too much":  {long, len(long) - 1, nil, true},
		"the server's limit": {"123456", 10, limited, true},
	} {
		r := httptest.NewRequest(http.MethodPost, "/event", strings.NewReader(tt.body))
		if tt.change != nil {
			tt.change(r)
		}
		x, _ := begin(r)
		body, err := x.Body(tt.most)
		if errors.Is(err, appsynchttp.ErrTooLarge) != tt.large || err == nil && string(body) != tt.body || err != nil && !tt.large {
			t.Errorf("%s: %d bytes, %v", name, len(body), err)
		}
	}
	x, _ := begin(httptest.NewRequest(http.MethodPost, "/event", iotest.ErrReader(errors.New("gone"))))
	if _, err := x.Body(10); err == nil || errors.Is(err, appsynchttp.ErrTooLarge) {
		t.Errorf("a broken body: %v", err)
	}
}

func TestCredential(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodPost, "/event?a=%20b", nil)
	r.Header.Set("X-Api-Key", "k")
	x, _ := begin(r)
	c := x.Credential([]byte("body"))
	if string(c.Body) != "body" || c.Header.Get("X-Api-Key") != "k" || c.Signed.RawQuery != "a=%20b" || c.Peer.String() != "192.0.2.1" || len(c.ForwardedFor) != 1 || !c.Secure || c.RequestID != x.ID {
		t.Errorf("%+v", c)
	}
	if x.Domain() != nil || *appsynchttp.Domain("d.example") != "d.example" {
		t.Error("domainName")
	}
}

func TestRequestHeaders(t *testing.T) {
	t.Parallel()
	h := http.Header{"X-Two": {"a", "b"}, "Cookie": {"secret"}, "Host": {"other"}, "X-Bad": {"\xff\""}, "X-None": {}}
	want := `{"host":"h:1","x-bad":"` + "\uFFFD" + `\"","x-none":[],"x-two":["a","b"]}`
	if got := string(appsynchttp.RequestHeaders(h, "h:1")); got != want {
		t.Error(got)
	}
}
