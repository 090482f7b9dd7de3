package appsync_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"

	"github.com/tidewire/tidewire/appsync"
	"github.com/tidewire/tidewire/internal/memnet"
	"github.com/tidewire/tidewire/internal/sockettest"
	"github.com/tidewire/tidewire/internal/wire"
)

const onPost = `subscription On { onPost { id } }`

// newRealtime starts a server of WebSockets, in memory, and a client of it.
func newRealtime(t testing.TB, auth *appsync.Auth, o appsync.Options, serve func(s *sockettest.Socket)) *appsync.Client {
	t.Helper()
	return newMixed(t, auth, o, http.NotFoundHandler(), serve)
}

// newMixed is newRealtime with a handler of queries.
func newMixed(t testing.TB, auth *appsync.Auth, o appsync.Options, queries http.Handler, serve func(s *sockettest.Socket)) *appsync.Client {
	t.Helper()
	sockets := sockettest.GraphQL(t, serve)
	o.HTTPClient = memnet.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			queries.ServeHTTP(w, r)
			return
		}
		sockets.ServeHTTP(w, r)
	}))
	if o.Realtime.MinPause == 0 {
		o.Realtime.MinPause, o.Realtime.MaxPause = time.Millisecond, time.Millisecond
	}
	c, err := appsync.New("http://api.test/graphql", auth, &o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestSubscribeSignsEveryMessage(t *testing.T) {
	t.Parallel()
	type signed struct {
		connect, start []byte
		data           string
	}
	seen := make(chan signed, 8)
	c := newRealtime(t, appsync.IAM(keys(session), "us-east-1"), appsync.Options{Now: signedAt}, func(s *sockettest.Socket) {
		if !s.Hello() {
			return
		}
		s.Obey(func(f wire.Frame) {
			var p struct {
				Data       string
				Extensions struct{ Authorization json.RawMessage }
			}
			if err := json.Unmarshal(f.Payload, &p); err != nil {
				t.Error(err)
			}
			seen <- signed{s.Header, p.Extensions.Authorization, p.Data}
			s.Send(`{"type":"data","id":%q,"payload":{"data":{"onPost":{"id":"<1>"}},"errors":[{"message":"half","errorType":"X"}]}}`, f.ID)
			if s.N == 1 {
				s.Close()
			}
		})
	})
	sub, err := c.Subscribe(t.Context(), &appsync.Request{Query: onPost, Variables: map[string]string{"s": "<\"&\u2028>"}, OperationName: "On"})
	if err != nil {
		t.Fatal(err)
	}
	var events []appsync.Event
	for e, err := range sub.Events(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Reconnected != nil {
			if e.Reconnected.Cause == nil || e.Reconnected.Attempts < 1 {
				t.Errorf("%+v", e.Reconnected)
			}
			e.Reconnected = &appsync.Gap{}
		}
		if events = append(events, e); len(events) == 3 {
			break
		}
	}
	message := appsync.Event{Data: json.RawMessage(`{"onPost":{"id":"<1>"}}`), Errors: appsync.Errors{{Message: "half", ErrorType: "X"}}}
	if diff := cmp.Diff([]appsync.Event{message, {Reconnected: &appsync.Gap{}}, message}, events); diff != "" {
		t.Error(diff)
	}
	for range 2 {
		got := <-seen
		verify(t, got.connect, "/graphql/connect", "{}")
		verify(t, got.start, "/graphql", got.data)
		if want := `{"query":"` + onPost + `","variables":{"s":"<\"&\u2028>"},"operationName":"On"}`; got.data != want {
			var a, b any
			if json.Unmarshal([]byte(got.data), &a) != nil || json.Unmarshal([]byte(want), &b) != nil || !cmp.Equal(a, b) {
				t.Errorf("data %s, want %s", got.data, want)
			}
		}
	}
}

func TestHeaderInQuery(t *testing.T) {
	t.Parallel()
	seen := make(chan []byte, 1)
	c := newRealtime(t, appsync.IAM(keys(session), "us-east-1"), appsync.Options{Now: signedAt, HeaderInQuery: true}, func(s *sockettest.Socket) {
		seen <- s.Header
		if s.Hello() {
			s.Obey(nil)
		}
	})
	sub, err := c.Subscribe(t.Context(), &appsync.Request{Query: onPost})
	if err != nil {
		t.Fatal(err)
	}
	verify(t, <-seen, "/graphql/connect", "{}")
	sub.Close(t.Context())
}

func TestEveryAttemptHasAFreshToken(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	given := 0
	auth := appsync.Token(sourceFunc(func() (*oauth2.Token, error) {
		mu.Lock()
		defer mu.Unlock()
		given++
		return &oauth2.Token{AccessToken: fmt.Sprint("token-", given)}, nil
	}))
	seen := make(chan string, 16)
	c := newRealtime(t, auth, appsync.Options{}, func(s *sockettest.Socket) {
		if !s.Hello() {
			return
		}
		seen <- string(s.Header)
		s.Obey(func(f wire.Frame) {
			seen <- string(f.Payload)
			if s.N < 3 {
				s.Close()
			}
		})
	})
	sub, err := c.Subscribe(t.Context(), &appsync.Request{Query: onPost})
	if err != nil {
		t.Fatal(err)
	}
	for range 1 {
		if e, err := sub.Next(t.Context()); err != nil || e.Reconnected == nil {
			t.Fatalf("%+v %v", e, err)
		}
	}
	for i := range 4 {
		if got, want := <-seen, fmt.Sprintf("token-%d", i+1); !strings.Contains(got, want) {
			t.Errorf("proof %d is not %s: %s", i, want, got)
		}
	}
}

func TestDenialsAreTyped(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		connect, start string
		is             error
	}{
		"connection":     {`{"type":"connection_error","payload":{"errors":[{"errorType":"UnauthorizedException","message":"You are not authorized to make this call.","errorCode":401}]}}`, "", appsync.ErrUnauthorized},
		"old connection": {`{"type":"connection_error","payload":{"errors":[{"errorType":"com.amazonaws.deepdish.graphql.auth#UnauthorizedException","errorCode":400}]}}`, "", appsync.ErrUnauthorized},
		"start":          {"", `{"type":"error","id":"1","payload":{"errors":[{"errorType":"Unauthorized","message":"Not Authorized to access onPost on type Subscription"}]}}`, appsync.ErrUnauthorized},
		"many":           {"", `{"type":"error","id":"1","payload":{"errors":{"errorType":"MaxSubscriptionsReachedError","message":"Max number of 100 subscriptions reached"}}}`, appsync.ErrMaxSubscriptions},
		"many is limit":  {"", `{"type":"error","id":"1","payload":{"errors":[{"errorType":"MaxSubscriptionsReachedError"}]}}`, appsync.ErrLimitExceeded},
		"rate":           {"", `{"type":"error","payload":{"errors":{"errorType":"LimitExceededError","message":"Rate limit exceeded"}}}`, appsync.ErrLimitExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := newRealtime(t, appsync.APIKey(apiKey), appsync.Options{}, func(s *sockettest.Socket) {
				if c.connect != "" {
					s.Next()
					s.Send("%s", c.connect)
					return
				}
				if s.Hello() {
					s.Next()
					s.Send("%s", c.start)
					s.Next()
				}
			})
			_, err := client.Subscribe(t.Context(), &appsync.Request{Query: onPost})
			var list appsync.Errors
			if !errors.Is(err, c.is) || !errors.As(err, &list) {
				t.Errorf("%T %v", err, err)
			}
		})
	}
}

func TestUpgradeThatIsRefused(t *testing.T) {
	t.Parallel()
	a := newAPI(t, text(403, "text/html", "<html>"))
	c := newClient(t, a, appsync.APIKey(apiKey), appsync.Options{})
	defer c.Close()
	_, err := c.Subscribe(t.Context(), &appsync.Request{Query: onPost})
	var refused *appsync.ResponseError
	if !errors.As(err, &refused) || refused.Status != 403 || !errors.Is(err, appsync.ErrUnauthorized) || a.count() != 1 {
		t.Errorf("%T %v", err, err)
	}
	a.client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	lost, err := appsync.New("http://127.0.0.1:1/graphql", appsync.APIKey(apiKey), &appsync.Options{HTTPClient: a.client})
	if err != nil {
		t.Fatal(err)
	}
	defer lost.Close()
	_, err = lost.Subscribe(t.Context(), &appsync.Request{Query: onPost})
	var unreachable *appsync.ConnectionError
	if !errors.As(err, &unreachable) || unreachable.Timeout() || strings.Contains(err.Error(), "header") {
		t.Errorf("%T %v", err, err)
	}
	if _, err := c.Subscribe(t.Context(), &appsync.Request{Query: "query { a }"}); !errors.Is(err, appsync.ErrOperation) {
		t.Error(err)
	}
}

func TestSubscribeFunc(t *testing.T) {
	t.Parallel()
	c := newRealtime(t, appsync.APIKey(apiKey), appsync.Options{}, func(s *sockettest.Socket) {
		if s.Hello() {
			s.Obey(func(f wire.Frame) {
				s.Send(`{"type":"data","id":%q,"payload":{"data":null}}`, f.ID)
				s.Send(`{"type":"complete","id":%q}`, f.ID)
			})
		}
	})
	got := make(chan error, 2)
	if _, err := c.SubscribeFunc(t.Context(), &appsync.Request{Query: onPost, Auth: appsync.Lambda("other")}, func(e appsync.Event, err error) {
		if e.Data != nil {
			t.Errorf("%+v", e)
		}
		got <- err
	}); err != nil {
		t.Fatal(err)
	}
	if first, last := <-got, <-got; first != nil || last != appsync.ErrCompleted {
		t.Error(first, last)
	}
}

func TestCancelledSubscribe(t *testing.T) {
	t.Parallel()
	asked, stopped := make(chan struct{}), make(chan struct{})
	c := newRealtime(t, appsync.APIKey(apiKey), appsync.Options{}, func(s *sockettest.Socket) {
		if !s.Hello() {
			return
		}
		s.Next()
		close(asked)
		if f, ok := s.Next(); ok && f.Type == wire.Stop {
			close(stopped)
		}
		s.Next()
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-asked; cancel() }()
	if _, err := c.Subscribe(ctx, &appsync.Request{Query: onPost}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	<-stopped
}

// What stands between may answer a handshake with a page of its own: only
// AppSync's denials end a subscription that it has accepted.
func TestStrangeAnswersOutlived(t *testing.T) {
	t.Parallel()
	strange := []func(w http.ResponseWriter, r *http.Request){
		text(http.StatusOK, "text/html", "<html>log in</html>"), text(http.StatusFound, "text/html", ""), text(http.StatusNotFound, "text/plain", "no such app"),
		text(http.StatusOK, "", ""), text(http.StatusBadGateway, "text/html", "<html>"),
	}
	sockets := sockettest.GraphQL(t, func(s *sockettest.Socket) {
		if s.Hello() {
			s.Obey(func(f wire.Frame) {
				if s.N == 1 {
					s.Close()
				}
			})
		}
	})
	var mu sync.Mutex
	n := 0
	client := memnet.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		n++
		at := n - 2 // the first connection holds
		mu.Unlock()
		if at >= 0 && at < len(strange) {
			strange[at](w, r)
			return
		}
		sockets.ServeHTTP(w, r)
	}))
	c, err := appsync.New("http://api.test/graphql", appsync.APIKey(apiKey), &appsync.Options{HTTPClient: client,
		Realtime: appsync.Realtime{MinPause: time.Millisecond, MaxPause: time.Millisecond}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	sub, err := c.Subscribe(t.Context(), &appsync.Request{Query: onPost})
	if err != nil {
		t.Fatal(err)
	}
	e, err := sub.Next(t.Context())
	if err != nil || e.Reconnected == nil || e.Reconnected.Attempts != len(strange)+1 {
		t.Errorf("%+v, %v", e.Reconnected, err)
	}
}
