package appsync_test

import (
	"encoding/json"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/appsync"
	"github.com/tidewire/tidewire/internal/sockettest"
	"github.com/tidewire/tidewire/internal/wire"
)

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
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			shift += d
		}
		signed := func(what, date string) {
			at, err := time.Parse("20060102T150405Z", date)
			if err != nil || now().Sub(at).Abs() > 2*time.Second {
				t.Errorf("%s was signed at %q, and it is %v", what, date, now())
			}
		}
		connections := 0
		c := newMixed(t, appsync.IAM(keys(session), "us-east-1"), appsync.Options{Now: now}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			signed("a query", r.Header.Get("X-Amz-Date"))
			_, _ = w.Write([]byte(`{"data":{}}`))
		}), func(s *sockettest.Socket) {
			connections = s.N
			signed("a connection", object(t, s.Header)["x-amz-date"])
			s.Hello()
			s.Obey(func(f wire.Frame) {
				var p struct {
					Extensions struct{ Authorization json.RawMessage }
				}
				if err := json.Unmarshal(f.Payload, &p); err != nil {
					t.Error(err)
				}
				signed("a start", object(t, p.Extensions.Authorization)["x-amz-date"])
			})
		})
		first, err := c.Subscribe(t.Context(), &appsync.Request{Query: onPost})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range []time.Duration{time.Hour, -2 * time.Hour, time.Hour} {
			jump(d)
			time.Sleep(time.Minute)
			if _, err := c.Query(t.Context(), &appsync.Request{Query: "{a}"}); err != nil {
				t.Error(err)
			}
			sub, err := c.Subscribe(t.Context(), &appsync.Request{Query: onPost})
			if err != nil {
				t.Fatal(err)
			}
			sub.Close(t.Context())
		}
		if connections != 1 {
			t.Errorf("%d connections", connections)
		}
		quiet := time.Now()
		jump(-time.Hour)
		if e, err := first.Next(t.Context()); err != nil || e.Reconnected == nil || e.Reconnected.From.Sub(quiet) != 300*time.Second {
			t.Errorf("%+v %v", e.Reconnected, err)
		}
	})
}
