package appsyncsocket_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/internal/appsyncsocket"
	"github.com/tidewire/tidewire/internal/fault"
	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/wire"
)

func TestHandshake(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	defer r.close()
	for name, how := range map[string]func(*http.Request){"subprotocol": inProtocol(goodObject), "query": inQuery(goodObject), "headers": inHeaders(goodKey)} {
		c, response := r.dial(how)
		h := response.Header
		if response.StatusCode != 101 || h.Get("Sec-Websocket-Protocol") != "graphql-ws" || h.Get("Sec-Websocket-Accept") != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" ||
			h.Get("Sec-Websocket-Extensions") != "" || h.Get("X-Amzn-Requestid") != "id-1" {
			t.Errorf("%s: %s %v", name, response.Status, h)
		}
		c.say(`{"type":"connection_init"}`)
		c.want(`{"type":"connection_ack","payload":{"connectionTimeoutMs":300000}}`, `{"type":"ka"}`)
		c.leave()
	}
	for _, q := range r.asked {
		s := q.Signed
		if string(q.Body) != "{}" || s.Method != "POST" || s.Path != "/graphql/connect" || s.Host != "api.example" || s.RawQuery != "" {
			t.Errorf("signed would be %+v over %s", s, q.Body)
		}
	}
}

// TestBase: an API below a path has that in what is signed.
func TestBase(t *testing.T) {
	t.Parallel()
	var paths []string
	r := newRig(t, func(o *appsyncsocket.Options) {
		o.Connect = func(_ context.Context, q *identity.Request) (*identity.Caller, *fault.Error) {
			paths = append(paths, q.Signed.Path, q.OtherPath)
			return nil, &fault.Error{Status: 403, Cause: &identity.RefusedError{Reason: "signature"}}
		}
	})
	defer r.close()
	r.base = "/abc"
	c, _ := r.dial(inQuery(`{"host":"api.example","Authorization":"AWS4-HMAC-SHA256 x"}`))
	c.read()
	c.want("close 1000 ")
	c.leave()
	if got := strings.Join(paths, " "); got != "/abc/graphql/connect /abc/graphql/realtime/connect" {
		t.Errorf("signed would be %s", got)
	}
}

func TestEventsHandshake(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *appsyncsocket.Options) { o.Protocol = appsyncsocket.Events })
	defer r.close()
	c, response := r.dial(func(q *http.Request) {
		inProtocol(goodObject)(q)
		q.Header["Sec-Websocket-Protocol"] = []string{strings.TrimPrefix(q.Header["Sec-Websocket-Protocol"][0], "graphql-ws, ") + ", aws-appsync-event-ws"}
	})
	if got := response.Header.Get("Sec-Websocket-Protocol"); got != "aws-appsync-event-ws" {
		t.Errorf("the protocol is %q", got)
	}
	c.say(`{"type":"connection_init"}`)
	c.want(`{"type":"connection_ack","connectionTimeoutMs":300000}`, `{"type":"ka"}`)
	c.say(`{"type":"what"}`)
	c.want(`{"type":"error","errors":[{"errorType":"UnsupportedOperation","message":"Operation not supported through the realtime channel"}]}`)
	if got := r.asked[0].Signed.Path; got != "/event" {
		t.Errorf("signed is the path %s", got)
	}
	c.leave()
}

// TestRefused: who may not connect hears so after the 101, and is closed.
func TestRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	defer r.close()
	unauthorized := `{"type":"connection_error","payload":{"errors":[{"errorType":"UnauthorizedException","message":"You are not authorized to make this call.","errorCode":%d}]}}`
	for name, tt := range map[string]struct {
		how  func(*http.Request)
		want string
	}{
		"a wrong key":   {inProtocol(`{"host":"h","x-api-key":"no"}`), fmt.Sprintf(unauthorized, 401)},
		"no credential": {inHeaders(""), fmt.Sprintf(unauthorized, 401)},
		"a policy":      {inQuery(`{"host":"h","x-api-key":"forbidden"}`), fmt.Sprintf(unauthorized, 403)},
		"not base64": {func(q *http.Request) { q.Header["Sec-Websocket-Protocol"] = []string{"graphql-ws", "header-!"} },
			`{"type":"connection_error","payload":{"errors":[{"errorType":"BadRequestException","message":"The authorization of the connection cannot be read.","errorCode":400}]}}`},
		"no host": {inProtocol(`{"x-api-key":"` + goodKey + `"}`),
			`{"type":"connection_error","payload":{"errors":[{"errorType":"BadRequestException","message":"The authorization of the connection has no host.","errorCode":400}]}}`},
		"our fault": {inQuery(`{"host":"h","x-api-key":"broken"}`),
			`{"type":"connection_error","payload":{"errors":[{"errorType":"InternalServerErrorException","message":"Internal server error","errorCode":500}]}}`},
		"a signature for another host": {inQuery(`{"host":"other.example","authorization":"AWS4-HMAC-SHA256 Credential=a","x-api-key":"` + goodKey + `"}`), fmt.Sprintf(unauthorized, 401)},
	} {
		c, response := r.dial(tt.how)
		if response.StatusCode != 101 || response.Header.Get("Sec-Websocket-Protocol") != "graphql-ws" {
			t.Errorf("%s: %s %v", name, response.Status, response.Header)
		}
		if got := c.read(); got != tt.want {
			t.Errorf("%s: %s\nwant %s", name, got, tt.want)
		}
		c.want("close 1000 ")
		c.leave()
	}
	if n := r.server.Count(appsyncsocket.Refused); n != 7 {
		t.Errorf("%d refusals counted", n)
	}
}

// TestMalformed: what is wrong with a handshake is package conn's to say; here
// is the answer.
func TestMalformed(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	defer r.close()
	set := func(name, value string) func(*http.Request) {
		return func(q *http.Request) { q.Header[name] = []string{value} }
	}
	for name, tt := range map[string]struct {
		how    func(*http.Request)
		status int
	}{
		"no upgrade":        {set("Upgrade", ""), 426},
		"short key":         {set("Sec-Websocket-Key", "YQ=="), 400},
		"no protocol":       {func(q *http.Request) { q.Header.Del("Sec-WebSocket-Protocol") }, 400},
		"header- alone":     {set("Sec-Websocket-Protocol", "header-e30"), 400},
		"the other API's":   {set("Sec-Websocket-Protocol", "aws-appsync-event-ws"), 400},
		"a body":            {func(q *http.Request) { q.ContentLength = 3 }, 400},
		"case of a name":    {set("Sec-Websocket-Protocol", "GraphQL-WS"), 400},
		"transport ws only": {set("Sec-Websocket-Protocol", "graphql-transport-ws"), 400},
	} {
		_, response := r.dial(tt.how)
		if response.StatusCode != tt.status || len(response.Header) < 2 {
			t.Errorf("%s: %s %v, want %d", name, response.Status, response.Header, tt.status)
		}
	}
}

func TestBeforeTheAck(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	defer r.close()
	c, _ := r.dial()
	for i := range 1000 {
		c.say(fmt.Sprintf(`{"type":"start","id":"%d"}`, i))
	}
	c.say(`no JSON`)
	c.say(`{"type":"connection_init","payload":{}}`)
	c.want(`{"type":"connection_ack","payload":{"connectionTimeoutMs":300000}}`, `{"type":"ka"}`)
	c.say(`{"type":"connection_init"}`) // a second one
	c.say(`{"type":"start","id":"a"}`)
	c.want(`{"type":"start_ack","id":"a"}`)
	if n := r.server.Count(appsyncsocket.TooEarly); n != 1002 {
		t.Errorf("%d messages counted as too early", n)
	}
	c.leave()
}

func TestOperations(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *appsyncsocket.Options) { o.Limits.Subscriptions = 2 })
	defer r.close()
	c := r.open()
	c.say(`{"type":"start","id":"1"}`)
	c.want(`{"type":"start_ack","id":"1"}`)
	c.say(`{"type":"start","id":"1"}`)
	c.want(`{"type":"error","id":"1","payload":{"errors":[{"errorType":"DuplicatedOperationError","message":"Duplicated operation id"}]}}`)
	c.say(`{"type":"start","id":"` + strings.Repeat("x", 129) + `"}`)
	c.want(`{"type":"error","payload":{"errors":[{"errorType":"BadRequestException","message":"The id of the operation is missing or not valid."}]}}`)
	c.say(`{"type":"start","id":"two \"quoted\""}`)
	c.want(`{"type":"error","id":"two \"quoted\"","payload":{"errors":[{"errorType":"BadRequestException","message":"The id of the operation is missing or not valid."}]}}`)
	c.say(`{"type":"start","id":"2\""}`)
	c.want(`{"type":"start_ack","id":"2\""}`)
	c.say(`{"type":"start","id":"3"}`)
	c.want(`{"type":"error","id":"3","payload":{"errors":[{"errorType":"MaxSubscriptionsReachedError","message":"Max number of 2 subscriptions reached"}]}}`)
	for _, text := range []string{`{"type":1}`, `{"type":"start","id":1}`, `[]`, `{"type":"nothing"}`, `x`} {
		c.say(text)
		c.want(`{"type":"error","id":"","payload":{"errors":[{"errorType":"UnsupportedOperation","message":"unknown not supported through the realtime channel"}]}}`)
	}
	r.serve.Go(func() {
		if err := r.op(`2"`).Fan([][]byte{[]byte(`{"data":1}`), []byte(`{"data":2}`)}); err != nil {
			t.Error(err)
		}
	})
	c.want(`{"type":"data","id":"2\"","payload":{"data":1}}`, `{"type":"data","id":"2\"","payload":{"data":2}}`)
	r.serve.Go(func() {
		if err := r.op(`2"`).FanNow([][]byte{[]byte(`{"data":3}`)}); err != nil {
			t.Error(err)
		}
	})
	c.want(`{"type":"data","id":"2\"","payload":{"data":3}}`)
	c.say(`{"type":"stop","id":"1"}`)
	c.want(`{"type":"complete","id":"1"}`)
	c.say(`{"type":"stop","id":"1"}`) // nothing
	if err := r.op("1").Fan([][]byte{[]byte("{}")}); err != nil {
		t.Error(err) // and nothing is sent
	}
	c.say(`{"type":"start","id":"1"}`)
	c.want(`{"type":"start_ack","id":"1"}`)
	c.leave()
	r.close()
	slices.Sort(r.ended)
	if got := strings.Join(r.ended, " "); got != `1 1 2"` {
		t.Errorf("ended: %s", got)
	}
}

// TestUnderWay: so many operations of a socket are under way at once, and what
// is stopped meanwhile is not acknowledged.
func TestUnderWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		now, most, order := 0, 0, ""
		work := func(ctx context.Context, id string) {
			mu.Lock()
			now++
			most = max(most, now)
			order += id
			mu.Unlock()
			<-ctx.Done()
			mu.Lock()
			now--
			mu.Unlock()
		}
		r := newRig(t, func(o *appsyncsocket.Options) {
			o.Limits.InFlight = 3
			o.Limits.Operation = 5 * time.Second
			o.Message = func(s *appsyncsocket.Socket, f *wire.Frame) {
				if f.Type == wire.Stop {
					s.Stop(f.ID, wire.AppendReply(nil, wire.Complete, f.ID))
					return
				}
				op, _ := s.Begin(f.ID, true)
				op.Go(func(ctx context.Context) {
					work(ctx, f.ID)
					op.Ack(wire.AppendReply(nil, wire.StartAck, f.ID))
				})
			}
		})
		c := r.open()
		for _, id := range []string{"a", "b", "c"} {
			c.say(`{"type":"start","id":"` + id + `"}`)
		}
		synctest.Wait()
		c.say(`{"type":"stop","id":"b"}`)
		c.want(`{"type":"complete","id":"b"}`)
		c.say(`{"type":"start","id":"d"}`)
		synctest.Wait()
		mu.Lock()
		if now != 3 || most != 3 {
			t.Errorf("%d under way, at most %d", now, most)
		}
		mu.Unlock()
		got := []string{c.read(), c.read(), c.read()}
		slices.Sort(got)
		if want := []string{`{"type":"start_ack","id":"a"}`, `{"type":"start_ack","id":"c"}`, `{"type":"start_ack","id":"d"}`}; !slices.Equal(got, want) {
			t.Errorf("received %v", got)
		}
		c.leave()
		r.close()
		slices.Sort(r.ended)
		if fmt.Sprint(r.ended) != "[a c d]" {
			t.Errorf("ended: %v", r.ended)
		}
	})
}

func TestKeepAlive(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		c := r.open()
		c.say(`{"type":"start","id":"1"}`)
		c.want(`{"type":"start_ack","id":"1"}`)
		last := time.Now()
		for range 5 {
			for n := range 50 { // a busy socket
				time.Sleep(time.Second)
				r.serve.Go(func() { _ = r.op("1").Fan([][]byte{fmt.Append(nil, n)}) })
				c.want(fmt.Sprintf(`{"type":"data","id":"1","payload":%d}`, n))
			}
			c.want(`{"type":"ka"}`)
			if since := time.Since(last); since < 58*time.Second || since > 62*time.Second {
				t.Errorf("ka after %v", since)
			}
			last = time.Now()
		}
		c.leave()
		r.close()
	})
}

func TestNoInit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		begun := time.Now()
		var clients []*client
		for range 200 {
			c, _ := r.dial()
			clients = append(clients, c)
		}
		synctest.Wait()
		if n := r.server.Len(); n != 200 {
			t.Errorf("%d sockets", n)
		}
		for _, c := range clients {
			c.want("close 1008 No connection_init was received")
			if since := time.Since(begun); since < 30*time.Second || since > 32*time.Second {
				t.Errorf("closed after %v", since)
			}
			c.leave()
		}
		synctest.Wait()
		if n := r.server.Count(appsyncsocket.NoInit); n != 200 || r.server.Len() != 0 {
			t.Errorf("%d counted, %d left", n, r.server.Len())
		}
		r.close()
	})
}

func TestLife(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, func(o *appsyncsocket.Options) { o.Limits.Life = time.Hour })
		begun := time.Now()
		c := r.open()
		for got := c.read(); got != "close 1011 The connection is at the end of its life"; got = c.read() {
			if got != `{"type":"ka"}` {
				t.Fatal("received", got)
			}
		}
		if since := time.Since(begun); since < time.Hour || since > time.Hour+time.Minute {
			t.Errorf("closed after %v", since)
		}
		c.leave()
		r.close()
	})
}

// vanished is the end of a connection whose peer is gone without a word: what
// is written goes nowhere, and nothing comes.
type vanished struct {
	net.Conn
	gone *atomic.Bool
}

func (v vanished) Write(p []byte) (int, error) {
	if v.gone.Load() {
		return len(p), nil
	}
	return v.Conn.Write(p)
}

// TestVanished: a socket whose peer is gone, which no transport tells, ends with
// its life, and its subscriptions with it.
func TestVanished(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		var gone atomic.Bool
		r.wrap = func(nc net.Conn) net.Conn { return vanished{nc, &gone} }
		begun := time.Now()
		c := r.open()
		c.say(`{"type":"start","id":"1"}`)
		c.want(`{"type":"start_ack","id":"1"}`)
		gone.Store(true)
		for r.server.Len() > 0 {
			if since := time.Since(begun); since > 24*time.Hour+time.Minute+10*time.Second {
				t.Fatalf("it is there after %v", since)
			}
			time.Sleep(time.Minute)
			if err := r.op("1").Fan([][]byte{[]byte("{}")}); err != nil && time.Since(begun) < 24*time.Hour {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		if r.server.Count(appsyncsocket.TooOld) != 1 || fmt.Sprint(r.ended) != "[1]" {
			t.Errorf("%d counted, ended %v", r.server.Count(appsyncsocket.TooOld), r.ended)
		}
		c.leave()
		r.close()
	})
}

func TestShutdown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		polite, rude := r.open(), r.open()
		done := make(chan error)
		go func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			done <- r.server.Shutdown(ctx)
		}()
		polite.want("close 1011 The server is shutting down")
		polite.leave()
		rude.want("close 1011 The server is shutting down") // and stays
		if err := <-done; err == nil {
			t.Error("a socket that stayed was no error")
		}
		if _, response := r.dial(); response.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("after Shutdown: %s", response.Status)
		}
		rude.leave()
		r.close()
	})
}

// TestShutdownOfThoseTurnedAway: who was refused and stays does not hold
// Shutdown up longer than its context.
func TestShutdownOfThoseTurnedAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		told, deaf := inProtocol(`{"host":"h","x-api-key":"no"}`), inProtocol(`{"host":"h","x-api-key":"no"}`)
		stays, _ := r.dial(told)
		stays.read()
		stays.want("close 1000 ")
		never, _ := r.dial(deaf) // it reads nothing
		begun := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := r.server.Shutdown(ctx); err == nil || time.Since(begun) > time.Second {
			t.Errorf("%v after %v", err, time.Since(begun))
		}
		stays.leave()
		never.leave()
		r.close()
	})
}

// TestNeverReads: a client that takes nothing is closed, and delays nobody.
func TestNeverReads(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		c := r.open()
		c.say(`{"type":"start","id":"1"}`)
		c.want(`{"type":"start_ack","id":"1"}`)
		body := [][]byte{[]byte(`"` + strings.Repeat("x", 200<<10) + `"`)}
		sent := 0
		for r.op("1").Fan(body) == nil {
			if sent++; sent > 100 {
				t.Fatal("the queue has no end")
			}
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := r.server.Count(appsyncsocket.SlowConsumer); n != 1 || r.server.Len() != 0 || len(r.ended) != 1 {
			t.Errorf("%d counted, %d left, %v ended", n, r.server.Len(), r.ended)
		}
		c.leave()
		r.close()
	})
}

func TestTooLarge(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	defer r.close()
	c := r.open()
	r.serve.Go(func() { _ = c.write(2, "binary") })
	c.want("close 1003 Binary messages are not supported")
	c.leave()
	c = r.open()
	text := `{"type":"start","id":"1","payload":"` + strings.Repeat("x", 240<<10) + `"}`
	r.serve.Go(func() { _ = c.write(1, text) })
	if got := c.read(); !strings.HasPrefix(got, "close 1009") {
		t.Error("received", got)
	}
	c.leave()
}

// TestAdmit: what is signed of a message, and what is tried.
func TestAdmit(t *testing.T) {
	t.Parallel()
	type attempt struct{ path, host, body, other string }
	var tried []attempt
	refuse := func(_ context.Context, q *identity.Request) (*identity.Caller, *fault.Error) {
		tried = append(tried, attempt{q.Signed.Path, q.Signed.Host, string(q.Body), string(q.OtherBody)})
		return nil, &fault.Error{Status: 403, Cause: &identity.RefusedError{Reason: "signature"}}
	}
	got := make(chan *fault.Error, 1)
	r := newRig(t, func(o *appsyncsocket.Options) {
		o.Message = func(s *appsyncsocket.Socket, f *wire.Frame) {
			_, refused := s.Admit(t.Context(), appsyncsocket.Credential{Object: f.Authorization, Body: []byte("one"), OtherBody: []byte("two")}, refuse)
			got <- refused
		}
	})
	defer r.close()
	c := r.open()
	const signed = `"Authorization":"AWS4-HMAC-SHA256 x"`
	for object, want := range map[string]string{
		`{"host":"api.example",` + signed + `}`:            "[{/graphql api.example one two}]",
		`{"host":"api.example","Authorization":"a.b.c"}`:   "[{/graphql api.example one two}]",
		`{"host":"evil.example",` + signed + `}`:           "[]",
		`{` + signed + `}`:                                 "[]",
		`{"Authorization":"lambda"}`:                       "[{/graphql  one two}]",
		`{"Authorization":"x","authorization":"y"}`:        "[]",
		`{"host":"evil.example","Authorization":"lambda"}`: "[{/graphql evil.example one two}]",
	} {
		tried = nil
		c.say(`{"type":"x","authorization":` + object + `}`)
		if f := <-got; f == nil {
			t.Errorf("%s was admitted", object)
		}
		if fmt.Sprint(tried) != want {
			t.Errorf("%s: tried %v, want %s", object, tried, want)
		}
	}
	c.leave()
}

// TestStopFindsSubscriptions, and lets a publish under way be.
func TestStopFindsSubscriptions(t *testing.T) {
	t.Parallel()
	stopped := make(chan bool, 1)
	r := newRig(t, func(o *appsyncsocket.Options) {
		o.Message = func(s *appsyncsocket.Socket, f *wire.Frame) {
			op, refused := s.Begin(f.ID, f.Type == wire.Subscribe)
			if refused != nil {
				t.Error(refused)
				return
			}
			stopped <- s.Stop(f.ID, []byte(`"stopped"`))
			op.Finish([]byte(`"finished"`))
		}
	})
	defer r.close()
	c := r.open()
	for kind, want := range map[string]bool{wire.Publish: false, wire.Subscribe: true} {
		c.say(`{"type":"` + kind + `","id":"1"}`)
		if got := <-stopped; got != want {
			t.Errorf("%s was stopped: %v", kind, got)
		}
		c.want(map[bool]string{false: `"finished"`, true: `"stopped"`}[want])
	}
	c.leave()
}

// TestRefusedWhenItListens: who may not connect is told so when it has said its
// first message, or after a moment.
func TestRefusedWhenItListens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		for says, most := range map[bool]time.Duration{true: 0, false: 250 * time.Millisecond} {
			begun := time.Now()
			c, _ := r.dial(inProtocol(`{"host":"h","x-api-key":"no"}`))
			if says {
				c.say(`{"type":"connection_init"}`)
			}
			if got := c.read(); !strings.HasPrefix(got, `{"type":"connection_error"`) || time.Since(begun) != most {
				t.Errorf("says %v: heard %s after %v", says, got, time.Since(begun))
			}
			c.want("close 1000 ")
			c.leave()
		}
		r.close()
	})
}
