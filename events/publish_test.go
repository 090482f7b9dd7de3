package events_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidewire/tidewire/appsync"
	"github.com/tidewire/tidewire/events"
	"github.com/tidewire/tidewire/internal/sockettest"
	"github.com/tidewire/tidewire/internal/wire"
	"github.com/tidewire/tidewire/sigv4"
)

func TestPublish(t *testing.T) {
	t.Parallel()
	p := &publishes{answer: accept}
	c := newClient(t, appsync.IAM(keys(), "us-east-1"), events.Options{Now: signedAt, Header: http.Header{"X-Own": {"1"}}}, p)
	got, err := c.Publish(t.Context(), "/default/x", raw(`{"a": "<&>\u00e9"}`, "0", "1", "2", `"é"`, "[\n\t]")...)
	want := &events.Published{Successful: []events.Accepted{
		{Index: 0, Identifier: `{"a": "<&>\u00e9"}`}, {Index: 1, Identifier: "0"}, {Index: 2, Identifier: "1"}, {Index: 3, Identifier: "2"},
		{Index: 4, Identifier: `"é"`}, {Index: 5, Identifier: "[\n\t]"}}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	bodies := []string{`{"channel":"/default/x","events":["{\"a\": \"<&>\\u00e9\"}","0","1","2","\"é\""]}`, `{"channel":"/default/x","events":["[\n\t]"]}`}
	for i, r := range p.got {
		if string(p.bodies[i]) != bodies[i] || r.URL.Path != "/event" || r.Method != "POST" || r.Header.Get("X-Own") != "1" || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %v %s\nwant %s", r.URL, r.Header, p.bodies[i], bodies[i])
		}
		if _, err := verifier(signedAt).Verify(t.Context(), sigv4.FromHTTP(r), p.bodies[i]); err != nil {
			t.Error(err)
		}
	}
	if len(p.got) != 2 {
		t.Errorf("%d requests", len(p.got))
	}
}

// Each transport gives the same results for the same answers.
func TestResultsOfBatches(t *testing.T) {
	t.Parallel()
	answers := []string{
		`{"failed":[{"identifier":"b","index":1,"code":401,"message":"no x-api-key:` + apiKey + `"}],"successful":[{"identifier":"a","index":0},{"index":4}]}`,
		`{"successful":[],"failed":[{"index":0,"code":"?"}]}`,
		`{"errors":[{"errorType":"UnauthorizedException","message":"later"}]}`,
	}
	p := &publishes{answer: func(w http.ResponseWriter, n int, _ []byte) {
		status := 200
		if n == 3 {
			status = 403
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(answers[n-1]))
	}}
	overHTTP := newClient(t, appsync.APIKey(apiKey), events.Options{}, p)
	overSocket := newClient(t, appsync.APIKey(apiKey), events.Options{}, sockettest.Events(t, func(s *sockettest.Socket) {
		s.Hello()
		for n := 0; n < 3; n++ {
			f, ok := s.Next()
			if !ok {
				return
			}
			kind := "publish_success"
			if n == 2 {
				kind = "publish_error"
			}
			s.Send(`{"type":%q,"id":%q,%s`, kind, f.ID, answers[n][1:])
		}
		s.Next()
	}))
	list := raw(strings.Split("0 1 2 3 4 5 6 7 8 9 10 11 12", " ")...)
	for name, call := range map[string]func(context.Context, string, ...json.RawMessage) (*events.Published, error){
		"HTTP": overHTTP.Publish, "socket": overSocket.PublishSocket} {
		got, err := call(t.Context(), "a", list...)
		var batch *events.BatchError
		var rejected *events.RejectedError
		if !errors.As(err, &batch) || !errors.As(err, &rejected) || !errors.Is(batch, appsync.ErrUnauthorized) || !errors.Is(rejected, appsync.ErrUnauthorized) {
			t.Fatalf("%s: %T %v", name, err, err)
		}
		if batch.First != 10 || batch.Count != 3 || batch.Unsent != 0 || batch.MayBeAccepted || len(rejected.Failed) != 2 || rejected.Of != 10 {
			t.Errorf("%s: %+v %+v", name, batch, rejected)
		}
		if len(got.Failed) != 2 || strings.Contains(got.Failed[0].Message+err.Error(), apiKey) {
			t.Errorf("%s: %+v %v", name, got, err)
			continue
		}
		got.Failed[0].Message = ""
		want := &events.Published{Successful: []events.Accepted{{Index: 0, Identifier: "a"}, {Index: 4}},
			Failed: []events.Rejected{{Index: 1, Identifier: "b", Code: 401}, {Index: 5}}, Unmentioned: []int{2, 3, 6, 7, 8, 9}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestAnswersToPublishes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status         int
		kind, body     string
		says           string
		is             error
		requests       int
		mayBeAccepted  bool
		contentTypeOdd bool
	}{
		"key":        {401, "application/json", `{"errors":[{"errorType":"UnauthorizedException","message":"You are not authorized to make this call."}]}`, "You are not", appsync.ErrUnauthorized, 1, false, false},
		"namespace":  {401, "application/json", `{"errors":[{"errorType":"UnauthorizedException"}]}`, "UnauthorizedException", appsync.ErrUnauthorized, 1, false, false},
		"object":     {400, "application/json", `{"errors":{"errorType":"BadRequestException","message":"Input exceeded 5 event limit"}}`, "Input exceeded", nil, 1, false, false},
		"handler":    {403, "application/json", `{"errors":[{"errorType":"Custom","message":"mine"}]}`, "mine", appsync.ErrUnauthorized, 1, false, false},
		"rate":       {429, "application/json", `{"errors":[{"errorType":"LimitExceededException","message":"slow"}]}`, "slow", appsync.ErrLimitExceeded, 3, false, false},
		"503":        {503, "text/plain", "busy", "text/plain instead", nil, 1, true, false},
		"502":        {502, "text/html", "<html>", "text/html instead", nil, 1, true, false},
		"HTML":       {200, "text/html", "<html>login</html>", "text/html instead", nil, 1, true, false},
		"half":       {200, "application/json", `{"successful":[`, "not well-formed", nil, 1, true, false},
		"empty":      {200, "application/json", "", "empty", nil, 1, true, false},
		"other JSON": {200, "application/json", `{"data":{}}`, "no AppSync answer", nil, 1, true, false},
		"index":      {200, "application/json", `{"successful":[{"index":1}]}`, "no AppSync answer", nil, 1, true, false},
		"no index":   {200, "application/json", `{"successful":[{}],"failed":[]}`, "no AppSync answer", nil, 1, true, false},
		"errors 200": {200, "application/json", `{"errors":[{"errorType":"UnauthorizedException","message":"no"}]}`, "no", appsync.ErrUnauthorized, 1, false, false},
		"redirect":   {302, "text/plain", "there", "redirect", nil, 1, false, false},
		"too large":  {200, "application/json", strings.Repeat(" ", 2<<20), "too large", appsync.ErrTooLarge, 1, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &publishes{answer: says(c.status, c.kind, c.body)}
			client := newClient(t, appsync.APIKey(apiKey), events.Options{}, p)
			got, err := client.Publish(t.Context(), "/default/x", raw("{}")...)
			var batch *events.BatchError
			if !errors.As(err, &batch) || batch.MayBeAccepted != c.mayBeAccepted || !strings.Contains(err.Error(), c.says) {
				t.Fatalf("%T %v", err, err)
			}
			if c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("%v is not %v", err, c.is)
			}
			if p.count() != c.requests || got == nil || len(got.Successful)+len(got.Failed) != 0 {
				t.Errorf("%d requests, %+v", p.count(), got)
			}
		})
	}
}

func TestWhatIsRefusedUnsent(t *testing.T) {
	t.Parallel()
	c := newClient(t, appsync.APIKey(apiKey), events.Options{}, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("something was sent") }))
	for name, call := range map[string]func(context.Context, string, ...json.RawMessage) (*events.Published, error){"HTTP": c.Publish, "socket": c.PublishSocket} {
		var bad *events.EventError
		for _, text := range []string{"", "{", "x", "1 2", "\"\xff\""} {
			if _, err := call(t.Context(), "a", raw("1", text)...); !errors.As(err, &bad) || bad.Index != 1 {
				t.Errorf("%s: %q: %v", name, text, err)
			}
		}
		if _, err := call(t.Context(), "a"); err == nil {
			t.Errorf("%s: no events: no error", name)
		}
		var channel *events.ChannelError
		if _, err := call(t.Context(), "a/*", raw("1")...); !errors.As(err, &channel) {
			t.Errorf("%s: %v", name, err)
		}
	}
	var channel *events.ChannelError
	if _, err := c.Subscribe(t.Context(), "*"); !errors.As(err, &channel) {
		t.Error(err)
	}
	var missing *appsync.NoCredentialsError
	none := c.As(nil)
	_, err := none.Publish(t.Context(), "a", raw("1")...)
	_, err2 := none.PublishSocket(t.Context(), "a", raw("1")...)
	_, err3 := none.Subscribe(t.Context(), "a")
	for _, err := range []error{err, err2, err3} {
		if !errors.As(err, &missing) {
			t.Errorf("%T %v", err, err)
		}
	}
	if _, err := events.Marshal(1, func() {}); err == nil {
		t.Error("a function is JSON")
	}
	if list, err := events.Marshal(map[string]string{"a": "<&>"}, nil); err != nil || string(list[0]) != `{"a":"<&>"}` || string(list[1]) != "null" {
		t.Errorf("%s %v", list, err)
	}
}

func TestNew(t *testing.T) {
	t.Parallel()
	for _, u := range []string{"https://" + apiHost + "/event", "https://" + apiHost, "https://" + apiHost + "/", "http://127.0.0.1:1/apis/x/event/", "https://events.example.com:443/event"} {
		if _, err := events.New(u, appsync.IAM(keys(), "us-east-1"), nil); err != nil {
			t.Errorf("%q: %v", u, err)
		}
	}
	for _, u := range []string{"", "ftp://x/event", "https:///event", "https://u:p@x/event", "https://x/event?k=v", "https://x/%zz", "https://x/graphql", "wss://x/event"} {
		if _, err := events.New(u, appsync.APIKey(apiKey), nil); err == nil || strings.Contains(err.Error(), "u:p@") {
			t.Errorf("%q: %v", u, err)
		}
	}
	var region *appsync.NoRegionError
	if _, err := events.New("https://example.com/event", appsync.APIKey(apiKey), &events.Options{SubscribeAuth: appsync.IAM(keys(), "")}); !errors.As(err, &region) {
		t.Error(err)
	}
}

// roundTrip is a transport without a network.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestSignedHost(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ url, host, want string }{
		{"https://events.example.com:443", "", "events.example.com"},
		{"http://127.0.0.1:80/event", "", "127.0.0.1"},
		{"https://vpce-1.example.com:8443/event", "", "vpce-1.example.com:8443"},
		{"https://vpce-1.example.com/event", apiHost, apiHost},
	} {
		transport := roundTrip(func(r *http.Request) (*http.Response, error) {
			body, err := io.ReadAll(r.Body)
			if err != nil || r.Host != c.want || r.URL.Path != "/event" || r.ContentLength != int64(len(body)) {
				t.Errorf("%s: %s to %s, %v", c.url, r.URL.Path, r.Host, err)
			}
			if _, err := verifier(signedAt).Verify(t.Context(), sigv4.FromHTTP(r), body); err != nil {
				t.Errorf("%s: %v", c.url, err)
			}
			return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(`{"successful":[{"index":0}]}`))}, nil
		})
		client, err := events.New(c.url, appsync.IAM(keys(), "us-east-1"), &events.Options{Host: c.host, Now: signedAt, HTTPClient: &http.Client{Transport: transport}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.Publish(t.Context(), "a", raw("1")...); err != nil {
			t.Errorf("%s: %v", c.url, err)
		}
	}
}

func TestUnsentPublishIsRepeated(t *testing.T) {
	t.Parallel()
	attempts := 0
	transport := roundTrip(func(*http.Request) (*http.Response, error) {
		if attempts++; attempts < 3 {
			return nil, &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
		}
		return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(`{"successful":[{"index":0}]}`))}, nil
	})
	client, err := events.New("http://api.test", appsync.APIKey(apiKey), &events.Options{HTTPClient: &http.Client{Transport: transport}, Retry: appsync.Retry{Min: time.Nanosecond, Max: time.Nanosecond}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Publish(t.Context(), "a", raw("1")...); err != nil || attempts != 3 {
		t.Errorf("%v after %d attempts", err, attempts)
	}
}

func TestPublishThatGetsNoAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &publishes{answer: func(http.ResponseWriter, int, []byte) { panic(http.ErrAbortHandler) }}
		c := newClient(t, appsync.APIKey(apiKey), events.Options{}, p)
		_, err := c.Publish(t.Context(), "a", raw("1", "2", "3", "4", "5", "6")...)
		var batch *events.BatchError
		if !errors.As(err, &batch) || !batch.MayBeAccepted || batch.Unsent != 1 || p.count() != 1 {
			t.Errorf("%v after %d requests", err, p.count())
		}
		slow := newClient(t, appsync.APIKey(apiKey), events.Options{}, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { time.Sleep(time.Hour) }))
		began := time.Now()
		if _, err = slow.Publish(t.Context(), "a", raw("1")...); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 35*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

func TestPublishSocketSignsAndShares(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var connections atomic.Int32
		c := newClient(t, appsync.IAM(keys(), "us-east-1"), events.Options{Now: signedAt}, sockettest.Events(t, func(s *sockettest.Socket) {
			connections.Store(int32(s.N))
			verify(t, signedAt, s.Header, "{}")
			s.Hello()
			s.Obey(func(f wire.Frame) {
				switch f.Type {
				case wire.Publish:
					verify(t, signedAt, f.Authorization, fmt.Sprintf(`{"channel":%s,"events":%s}`, f.Channel, f.Events))
				case wire.Subscribe:
					verify(t, signedAt, f.Authorization, fmt.Sprintf(`{"channel":%s}`, f.Channel))
				}
			})
		}))
		sub, err := c.Subscribe(t.Context(), "/default/*")
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.PublishSocket(t.Context(), "/default/x", raw(`{"a":"<\"&>"}`, "1", "2", "3", "4", "5")...)
		if err != nil || len(got.Successful) != 6 || got.Successful[5] != (events.Accepted{Index: 5, Identifier: "5"}) {
			t.Errorf("%+v %v", got, err)
		}
		sub.Close(t.Context())
		if connections.Load() != 1 || c.Counts() != (appsync.Counts{}) {
			t.Errorf("%d connections, %+v", connections.Load(), c.Counts())
		}
	})
}

func TestPublishSocketIsNeverRepeated(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var publishes record
		c := newClient(t, appsync.APIKey(apiKey), events.Options{}, sockettest.Events(t, func(s *sockettest.Socket) {
			if !s.Hello() {
				return
			}
			for f, ok := s.Next(); ok; f, ok = s.Next() {
				if f.Type == wire.Subscribe {
					s.Send(`{"type":"subscribe_success","id":%q}`, f.ID)
					continue
				}
				switch publishes.add(f.ID) {
				case 1:
					return // lost
				case 3:
					s.Send(`{"type":"publish_success","id":%q,"successful":{}}`, f.ID)
				case 4:
					s.Send(`{"type":"publish_success","id":%q}`, f.ID)
				case 5:
					s.Send(`{"type":"error","errors":{"errorType":"UnsupportedOperation","message":"Operation not supported through the realtime channel"}}`)
				}
			}
		}))
		sub, err := c.Subscribe(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		for n, want := range []struct {
			uncertain bool
			says      string
		}{{true, "connection lost"}, {true, "no answer from the server within 15s"}, {true, "not lists"}, {true, "not lists"}, {false, "UnsupportedOperation"}} {
			_, err := c.PublishSocket(t.Context(), "a", raw("1")...)
			var batch *events.BatchError
			if !errors.As(err, &batch) || batch.MayBeAccepted != want.uncertain || !strings.Contains(err.Error(), want.says) || len(publishes.all()) != n+1 {
				t.Errorf("%d: %v after %d publishes", n, err, len(publishes.all()))
			}
		}
		if e, err := sub.Next(t.Context()); err != nil || e.Reconnected == nil {
			t.Errorf("%+v %v", e, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		var batch *events.BatchError
		if _, err := c.PublishSocket(ctx, "a", raw("1")...); !errors.Is(err, context.Canceled) || !errors.As(err, &batch) || !batch.MayBeAccepted {
			t.Error(err)
		}
		c.Close()
		if _, err := c.PublishSocket(t.Context(), "a", raw("1")...); !errors.Is(err, appsync.ErrClosed) {
			t.Error(err)
		}
	})
}
