package events_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"

	"github.com/tidewire/tidewire/appsync"
	"github.com/tidewire/tidewire/events"
	"github.com/tidewire/tidewire/internal/sockettest"
	"github.com/tidewire/tidewire/internal/wire"
)

func TestSubscribe(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, appsync.APIKey(apiKey), events.Options{}, sockettest.Events(t, func(s *sockettest.Socket) {
			s.Hello()
			s.Obey(func(f wire.Frame) {
				if f.Type != wire.Subscribe {
					return
				}
				if string(f.Channel) != `"/default/*"` {
					t.Errorf("subscribed to %s", f.Channel)
				}
				for _, event := range []string{`{"a":"<\u00e9\n>"}`, "1", "no JSON"} {
					text, _ := json.Marshal(event)
					s.Send(`{"type":"data","id":%q,"event":%s}`, f.ID, text)
				}
				s.Send(`{"type":"data","id":%q,"event":["{}"]}`, f.ID)
				s.Send(`{"type":"broadcast_error","id":%q,"errors":[{"errorType":"MessageProcessingError","message":"half"}]}`, f.ID)
				s.Send(`{"type":"broadcast_error","id":%q}`, f.ID)
				if s.N == 1 {
					s.Close()
				}
			})
		}))
		sub, err := c.Subscribe(t.Context(), "/default/*")
		if err != nil {
			t.Fatal(err)
		}
		var got []events.Event
		for e, err := range sub.Events(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if e.Channel != "/default/*" {
				t.Errorf("%+v", e)
			}
			e.Channel = ""
			if e.Reconnected != nil {
				if e.Reconnected.Cause == nil || e.Reconnected.Attempts < 1 {
					t.Errorf("%+v", e.Reconnected)
				}
				e.Reconnected = &appsync.Gap{}
			}
			if got = append(got, e); len(got) == 8 {
				break
			}
		}
		first := events.Event{Data: json.RawMessage(`{"a":"<\u00e9\n>"}`)}
		want := []events.Event{first, {Data: json.RawMessage("1")}, {Data: json.RawMessage(`"no JSON"`)}, {Data: json.RawMessage(`["{}"]`)},
			{Errors: appsync.Errors{{ErrorType: "MessageProcessingError", Message: "half"}}},
			{Errors: appsync.Errors{{Message: "an event could not be delivered; the server does not say why"}}},
			{Reconnected: &appsync.Gap{}}, first}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		var v struct{ A string }
		if err := got[0].Decode(&v); err != nil || v.A != "<é\n>" {
			t.Errorf("%+v %v", v, err)
		}
		if got[6].Decode(&v) != nil || got[2].Decode(&v) == nil {
			t.Error("what is decoded")
		}
	})
}

// sourceFunc is a source of tokens.
type sourceFunc func() (*oauth2.Token, error)

func (f sourceFunc) Token() (*oauth2.Token, error) { return f() }

func TestEachOperationHasItsAuth(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var seen record
		c := newClient(t, appsync.APIKey(apiKey), events.Options{
			ConnectAuth: appsync.Lambda("connecting"), PublishAuth: appsync.Lambda("publishing"), SubscribeAuth: appsync.Lambda("subscribing"),
		}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == "POST" {
				seen.add("POST " + r.Header.Get("Authorization"))
				accept(w, 1, []byte(`{"events":["1"]}`))
				return
			}
			sockettest.Events(t, func(s *sockettest.Socket) {
				seen.add("connect " + authorization(s.Header))
				s.Hello()
				s.Obey(func(f wire.Frame) {
					if f.Authorization != nil {
						seen.add(f.Type + " " + authorization(f.Authorization))
					}
				})
			}).ServeHTTP(w, r)
		}))
		other := c.As(appsync.Lambda("other"))
		for _, c := range []*events.Client{c, other} {
			if _, err := c.Subscribe(t.Context(), "a"); err != nil {
				t.Error(err)
			}
			if _, err := c.PublishSocket(t.Context(), "a", raw("1")...); err != nil {
				t.Error(err)
			}
			synctest.Wait() // the server has noted it
			if _, err := c.Publish(t.Context(), "a", raw("1")...); err != nil {
				t.Error(err)
			}
		}
		want := []string{"connect connecting", "subscribe subscribing", "publish publishing", "POST publishing", "subscribe other", "publish other", "POST other"}
		if diff := cmp.Diff(want, seen.all()); diff != "" {
			t.Error(diff)
		}
	})
}

func authorization(object []byte) string {
	var m map[string]string
	_ = json.Unmarshal(object, &m) // empty then
	return m["Authorization"]
}

func TestEveryAttemptHasAFreshToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		given := 0
		auth := appsync.Token(sourceFunc(func() (*oauth2.Token, error) {
			given++
			return &oauth2.Token{AccessToken: fmt.Sprint("token-", given)}, nil
		}))
		var seen record
		c := newClient(t, auth, events.Options{}, sockettest.Events(t, func(s *sockettest.Socket) {
			if !s.Hello() {
				return
			}
			seen.add(authorization(s.Header))
			s.Obey(func(f wire.Frame) {
				seen.add(authorization(f.Authorization))
				if s.N < 3 {
					s.Close()
				}
			})
		}))
		sub, err := c.Subscribe(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		for e, err := sub.Next(t.Context()); e.Reconnected == nil; e, err = sub.Next(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Minute)
		if diff := cmp.Diff([]string{"token-1", "token-2", "token-3", "token-4", "token-5", "token-6"}, seen.all()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestDenialsAreTyped(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		connect, start string
		is             error
	}{
		"connection":     {`{"type":"connection_error","errors":[{"errorType":"UnauthorizedException","message":"You are not authorized to make this call."}]}`, "", appsync.ErrUnauthorized},
		"subscription":   {"", `{"type":"subscribe_error","id":"1","errors":[{"errorType":"UnauthorizedException","message":"no"}]}`, appsync.ErrUnauthorized},
		"as an object":   {"", `{"type":"subscribe_error","id":"1","errors":{"errorType":"MaxSubscriptionsReachedError"}}`, appsync.ErrMaxSubscriptions},
		"in the payload": {"", `{"type":"subscribe_error","id":"1","payload":{"errors":[{"errorType":"LimitExceededError"}]}}`, appsync.ErrLimitExceeded},
		"without an id":  {"", `{"type":"error","errors":[{"errorType":"LimitExceededError"}]}`, appsync.ErrLimitExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client := newClient(t, appsync.APIKey(apiKey), events.Options{}, sockettest.Events(t, func(s *sockettest.Socket) {
					if c.connect != "" {
						s.Next()
						s.Send("%s", c.connect)
					} else if s.Hello() {
						s.Next()
						s.Send("%s", c.start)
					}
					s.Next()
				}))
				_, err := client.Subscribe(t.Context(), "a")
				var list appsync.Errors
				if !errors.Is(err, c.is) || !errors.As(err, &list) {
					t.Errorf("%T %v", err, err)
				}
			})
		})
	}
}

func TestUpgradeThatIsRefused(t *testing.T) {
	t.Parallel()
	p := &publishes{answer: says(401, "application/json", `{"errors":[{"errorType":"UnauthorizedException","message":"no"}]}`)}
	c := newClient(t, appsync.APIKey(apiKey), events.Options{}, p)
	_, err := c.Subscribe(t.Context(), "a")
	var refused *appsync.ResponseError
	if !errors.As(err, &refused) || refused.Status != 401 || !errors.Is(err, appsync.ErrUnauthorized) || refused.Type != "UnauthorizedException" || p.count() != 1 {
		t.Errorf("%T %v", err, err)
	}
	c.Close()
	if _, err := c.Subscribe(t.Context(), "a"); err != appsync.ErrClosed {
		t.Error(err)
	}
}

func TestOddFramesAndOversize(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, appsync.APIKey(apiKey), events.Options{Realtime: appsync.Realtime{ReadLimit: 1 << 20, MinPause: time.Second}}, sockettest.Events(t, func(s *sockettest.Socket) {
			s.Hello()
			s.Obey(func(f wire.Frame) {
				if f.Type != wire.Subscribe {
					return
				}
				for _, odd := range []string{`{"type":"news"}`, `{"type":"da`, `[]`, `<html>`, `{"type":"data","id":"77","event":"1"}`, `{"type":"unsubscribe_error","id":"78","errors":[]}`,
					`{"type":"error","errors":{}}`, `{"type":"broadcast_error","errors":[]}`, `{"type":"publish_success","id":"79"}`, `{"type":"publish_error","id":"80","errors":[]}`, `{}`} {
					s.Send("%s", odd)
				}
				if s.N == 1 {
					s.Send(`{"type":"data","id":%q,"event":"%s"}`, f.ID, strings.Repeat("x", 10<<20))
				}
				s.Send(`{"type":"data","id":%q,"event":"2"}`, f.ID)
			})
		}))
		sub, err := c.Subscribe(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		if e, err := sub.Next(t.Context()); err != nil || e.Reconnected == nil || !strings.Contains(e.Reconnected.Cause.Error(), "limit") {
			t.Errorf("%+v %v", e, err)
		}
		if e, err := sub.Next(t.Context()); err != nil || string(e.Data) != "2" {
			t.Errorf("%+v %v", e, err)
		}
		want := appsync.Counts{UnknownTypes: 4, UnknownIDs: 8, BadFrames: 6, LooseErrors: 4, Reconnects: 1}
		if got := c.Counts(); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	})
}

func TestSlowConsumerIsTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, appsync.APIKey(apiKey), events.Options{Realtime: appsync.Realtime{MaxPending: 2}}, sockettest.Events(t, func(s *sockettest.Socket) {
			s.Hello()
			s.Obey(func(f wire.Frame) {
				for i := range 6 {
					s.Send(`{"type":"data","id":%q,"event":"%d"}`, f.ID, i)
				}
			})
		}))
		sub, err := c.Subscribe(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		var got []string
		for range 3 {
			e, err := sub.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, fmt.Sprint(string(e.Data), "/", e.Dropped))
		}
		if diff := cmp.Diff([]string{"0/0", "1/0", "/4"}, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestSubscribeFunc(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, appsync.APIKey(apiKey), events.Options{}, sockettest.Events(t, func(s *sockettest.Socket) {
			s.Hello()
			s.Obey(func(f wire.Frame) {
				if f.Type == wire.Subscribe {
					s.Send(`{"type":"data","id":%q,"event":"1"}`, f.ID)
					s.Send(`{"type":"unsubscribe_success","id":%q}`, f.ID)
				}
			})
		}))
		got := make(chan error, 4)
		if _, err := c.SubscribeFunc(t.Context(), "a", func(e events.Event, err error) {
			if e.Channel != "a" || (err == nil) != (string(e.Data) == "1") {
				t.Errorf("%+v %v", e, err)
			}
			got <- err
		}); err != nil {
			t.Fatal(err)
		}
		if first, last := <-got, <-got; first != nil || last != appsync.ErrCompleted {
			t.Error(first, last)
		}
	})
}

// The wall clock may jump; only signatures look at it.
func TestWallClockJumps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		shift := time.Duration(0)
		now := func() time.Time {
			mu.Lock()
			defer mu.Unlock()
			return time.Now().Add(shift)
		}
		jump := func(d time.Duration) {
			mu.Lock()
			defer mu.Unlock()
			shift += d
		}
		p := &publishes{answer: accept}
		var connections atomic.Int32
		serveSocket := sockettest.Events(t, func(s *sockettest.Socket) {
			connections.Store(int32(s.N))
			verify(t, now, s.Header, "{}")
			s.Hello()
			s.Obey(func(f wire.Frame) {
				switch f.Type {
				case wire.Subscribe:
					verify(t, now, f.Authorization, fmt.Sprintf(`{"channel":%s}`, f.Channel))
				case wire.Publish:
					verify(t, now, f.Authorization, fmt.Sprintf(`{"channel":%s,"events":%s}`, f.Channel, f.Events))
				}
			})
		})
		c := newClient(t, appsync.IAM(keys(), "us-east-1"), events.Options{Now: now}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == "POST" {
				p.ServeHTTP(w, r)
				return
			}
			serveSocket.ServeHTTP(w, r)
		}))
		sub, err := c.Subscribe(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		for _, d := range []time.Duration{time.Hour, -2 * time.Hour, time.Hour} {
			synctest.Wait()
			jump(d)
			time.Sleep(time.Minute)
			if _, err := c.PublishSocket(t.Context(), "a", raw("1")...); err != nil {
				t.Error(err)
			}
			if _, err := c.Publish(t.Context(), "a", raw("1")...); err != nil {
				t.Error(err)
			}
		}
		if connections.Load() != 1 {
			t.Errorf("%d connections", connections.Load())
		}
		synctest.Wait()
		quiet := time.Now()
		jump(time.Hour)
		if e, err := sub.Next(t.Context()); err != nil || e.Reconnected == nil || e.Reconnected.From.Sub(quiet) != 300*time.Second {
			t.Errorf("%+v %v after %v", e.Reconnected, err, time.Since(began))
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		for i, r := range p.got {
			at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
			want := began.Add([]time.Duration{time.Hour, -time.Hour, 0}[i] + time.Duration(i+1)*time.Minute)
			if err != nil || at.Sub(want).Abs() > 2*time.Second {
				t.Errorf("request %d was signed at %v, want %v", i, at, want)
			}
		}
	})
}
