package eventsapi

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/appsync"
	"github.com/tidewire/tidewire/events"
	"github.com/tidewire/tidewire/internal/appsyncsocket"
	"github.com/tidewire/tidewire/internal/hub"
)

// TestOrderOfOnePublisher: publishes on one socket go out in the order of their
// messages, whichever handler is ready first.
func TestOrderOfOnePublisher(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	gates := map[string]chan struct{}{}
	gate := func(name string) chan struct{} {
		mu.Lock()
		defer mu.Unlock()
		if gates[name] == nil {
			gates[name] = make(chan struct{})
		}
		return gates[name]
	}
	r := newRig(t, directNamespace(false), func(r *rig) {
		r.lambda = func(_ context.Context, _ string, payload []byte) ([]byte, error) {
			var e struct {
				Events json.RawMessage
				Info   struct{ Operation string }
			}
			if err := json.Unmarshal(payload, &e); err != nil || e.Info.Operation == "SUBSCRIBE" {
				return nil, err
			}
			var list []struct{ Payload int }
			if err := json.Unmarshal(e.Events, &list); err != nil {
				return nil, err
			}
			<-gate(fmt.Sprint(list[0].Payload))
			return []byte(`{"events":` + string(e.Events) + `}`), nil
		}
	})
	hears, says := r.open(), r.open()
	hears.subscribe("s", "/fn/*")
	for i := range 6 {
		object := keyObject()
		if i == 2 { // this one is refused at once, and does not let the next ones pass
			object = "{}"
		}
		says.say(socketPublication(fmt.Sprint(i), "/fn/x", object, fmt.Sprint(i)))
	}
	says.hear(failed("publish_error", "2", "UnauthorizedException", "Valid authorization header not provided."))
	for i := 5; i >= 0; i-- { // the last first
		close(gate(fmt.Sprint(i)))
	}
	for _, i := range []int{0, 1, 3, 4, 5} {
		hears.hear(data("s", fmt.Sprint(i)))
		says.hear(fmt.Sprintf(`{"type":"publish_success","id":"%d","successful":[{"identifier":"ID","index":0}],"failed":[]}`, i))
	}
	if r.api.lines.mu.Lock(); len(r.api.lines.all) != 0 {
		t.Error("lines are left")
	}
	r.api.lines.mu.Unlock()
}

// TestNothingAcknowledgedIsLost: eight publishers, four subscribers, of which
// others come and go; what was answered with success comes to each of the four
// once and in the order of its publisher, also when publishers, subscribers and
// functions die.
func TestNothingAcknowledgedIsLost(t *testing.T) {
	t.Parallel()
	const publishers, each, subscribers = 8, 40, 4
	r := newRig(t, directNamespace(false), func(r *rig) {
		var n int
		var mu sync.Mutex
		r.lambda = func(_ context.Context, _ string, payload []byte) ([]byte, error) {
			mu.Lock()
			n++
			die := n%7 == 0
			mu.Unlock()
			var e struct{ Events json.RawMessage }
			if err := json.Unmarshal(payload, &e); err != nil || string(e.Events) == "null" {
				return nil, err
			}
			if die {
				return nil, io.ErrUnexpectedEOF
			}
			return []byte(`{"events":` + string(e.Events) + `}`), nil
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	key := appsync.APIKey(apiKey)
	var subs []*events.Subscription
	for range subscribers {
		s, err := r.dialer(key, events.Options{Realtime: appsync.Realtime{MaxPending: 10000}}).Subscribe(ctx, "/fn/*")
		if err != nil {
			t.Fatal(err)
		}
		subs = append(subs, s)
	}
	coming, stop := sync.WaitGroup{}, make(chan struct{})
	coming.Go(func() { // a subscriber that dies while events come, again and again
		for {
			select {
			case <-stop:
				return
			default:
			}
			c := r.open()
			c.say(subscription("x", "/fn/*", keyObject()))
			_, _ = c.next()
			_ = c.nc.Close()
		}
	})
	acknowledged := make([][]string, publishers)
	var sending sync.WaitGroup
	for p := range publishers {
		sending.Go(func() {
			c := r.dialer(key, events.Options{})
			send := c.Publish
			if p%2 == 1 {
				send = c.PublishSocket
			}
			for i := range each {
				batch := []json.RawMessage{json.RawMessage(fmt.Sprintf(`"%d %d a"`, p, i)), json.RawMessage(fmt.Sprintf(`"%d %d b"`, p, i))}
				if _, err := send(ctx, "/fn/x", batch...); err == nil {
					acknowledged[p] = append(acknowledged[p], string(batch[0]), string(batch[1]))
				}
				if i%10 == 9 { // a publisher that dies in the middle
					c := r.dial(keyObject())
					c.say(`{"type":"connection_init"}`)
					_, _ = c.next()
					_, _ = c.next()
					c.say(socketPublication("p", "/fn/x", keyObject(), `"dying"`))
					_ = c.nc.Close()
				}
			}
		})
	}
	sending.Wait()
	close(stop)
	coming.Wait()
	total := 0
	for _, list := range acknowledged {
		total += len(list)
	}
	if total < publishers*each {
		t.Fatalf("only %d of %d events were acknowledged", total, publishers*each*2)
	}
	for n, s := range subs {
		next := make([]int, publishers)
		for got := 0; got < total; {
			e, err := s.Next(ctx)
			if err != nil || e.Dropped > 0 {
				t.Fatalf("subscriber %d after %d of %d: %v %+v", n, got, total, err, e)
			}
			if string(e.Data) == `"dying"` {
				continue
			}
			var p, i int
			var which string
			if _, err := fmt.Sscanf(string(e.Data), `"%d %d %1s`, &p, &i, &which); err != nil {
				t.Fatal(err)
			}
			if at := next[p]; at >= len(acknowledged[p]) || acknowledged[p][at] != string(e.Data) {
				t.Fatalf("subscriber %d: publisher %d: %s in place %d", n, p, e.Data, at)
			}
			next[p]++
			got++
		}
	}
}

// TestSlowSubscriberDelaysNobody: one that does not read is closed, and the
// others get everything.
func TestSlowSubscriberDelaysNobody(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(r *rig) { r.o.Limits.Socket.Queue = 64 << 10 })
	slow, fast := r.open(), r.open()
	slow.subscribe("s", "/default/x")
	fast.subscribe("f", "/default/x")
	text := `"` + strings.Repeat("x", 10<<10) + `"`
	for range 40 {
		r.expect(200, accepted(1), "/default/x", text)
		fast.hear(data("f", text))
	}
	if n := r.topics.Count(hub.WhyRefused); n == 0 {
		t.Error("nothing was refused")
	}
	if n := r.api.Sockets().Count(appsyncsocket.SlowConsumer); n != 1 {
		t.Errorf("%d sockets were closed as slow, want 1", n)
	}
	_ = slow.nc.Close()
}

// TestShutdown ends with requests under way answered, sockets closed and new
// ones refused.
func TestShutdown(t *testing.T) {
	t.Parallel()
	started, release := make(chan struct{}), make(chan struct{})
	r := newRig(t, directNamespace(false), func(r *rig) {
		r.lambda = func(_ context.Context, _ string, _ []byte) ([]byte, error) {
			close(started)
			<-release
			return nil, nil
		}
	})
	c := r.open()
	c.subscribe("s", "/default/x")
	var publishing sync.WaitGroup
	publishing.Go(func() { r.expect(200, accepted(1), "fn/x", "1") })
	<-started
	done := make(chan error)
	go func() { done <- r.api.Shutdown(t.Context()) }()
	for status := 0; status != 503; {
		status, _, _ = r.post(publication("default/x", "1"))
	}
	close(release)
	publishing.Wait()
	for {
		if _, err := c.next(); err != nil {
			break
		}
	}
	_ = c.nc.Close()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// TestDeadlines: with the clock of the test, a handler that takes too long is
// ended, one that never ends does not keep Shutdown, and sockets live on ka.
func TestDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, directNamespace(false), func(r *rig) {
			r.lambda = func(ctx context.Context, _ string, _ []byte) ([]byte, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			}
		})
		const late = `{"errors":[{"errorType":"MessageProcessingError","message":"Execution timed out."}]}`
		begun := time.Now()
		r.expect(500, late, "fn/x", "1")
		if took := time.Since(begun); took != 30*time.Second {
			t.Errorf("a publish took %v, want 30 s", took)
		}
		c := r.open()
		c.patience = time.Hour
		c.say(subscription("s", "/fn/x", keyObject()))
		c.say(socketPublication("p", "/fn/x", keyObject(), "1"))
		got := map[string]bool{}
		for range 2 {
			text, err := c.next()
			if err != nil {
				t.Fatal(err)
			}
			got[text] = true
		}
		if !got[failed("subscribe_error", "s", "SubscriptionProcessingError", "Execution timed out.")] || !got[failed("publish_error", "p", "MessageProcessingError", "Execution timed out.")] {
			t.Errorf("heard %v", got)
		}
		cancelled := make(chan string)
		go func() {
			q, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+apiHost+"/event", strings.NewReader(publication("fn/x", "1")))
			q.Header.Set("X-Api-Key", apiKey)
			a, err := r.http.Do(q)
			if err != nil {
				cancelled <- err.Error()
				return
			}
			text, _ := io.ReadAll(a.Body)
			_ = a.Body.Close()
			cancelled <- string(text)
		}()
		synctest.Wait()
		_ = c.nc.Close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := r.api.Shutdown(ctx); err == nil {
			t.Error("Shutdown did not say that it had to cancel")
		}
		if got := <-cancelled; got != late {
			t.Errorf("the request under way: %s", got)
		}
	})
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	r := newRig(t, namespaceOf(t, "ns", "export function onPublish(ctx) { return ctx.events }"))
	c := r.open()
	c.subscribe("s", "/ns/x")
	next := *r.spec
	next.Namespaces = append(next.Namespaces[:0:0], next.Namespaces...)
	code := *next.Namespaces[1].Code
	code.Text = "export function onPublish(ctx) { return ctx.events.map((e) => ({id: e.id, payload: 'new'})) }"
	next.Namespaces[1].Code = &code
	if err := r.api.Update(&next); err != nil {
		t.Fatal(err)
	}
	r.expect(200, accepted(1), "ns/x", "1")
	c.hear(data("s", `"new"`))
	code.Text = "export function onPublish(ctx) { return ctx.events"
	if err := r.api.Update(&next); err == nil {
		t.Error("code that cannot be was taken")
	}
	r.expect(200, accepted(1), "ns/x", "1")
	c.hear(data("s", `"new"`))
	gone := next
	gone.Namespaces = gone.Namespaces[:1]
	if err := r.api.Update(&gone); err != nil {
		t.Fatal(err)
	}
	r.expect(401, `{"errors":[{"errorType":"UnauthorizedException"}]}`, "ns/x", "1")
}
