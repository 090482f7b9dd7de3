package hub

import (
	"context"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/tidewire/tidewire/internal/bus"
	"github.com/tidewire/tidewire/internal/conn"
)

// benchTopics carry JSON and read its fields with gjson, as a runtime does.
type benchTopics[T any] = Topics[T, *int, []byte]

func newBench[T any](tb testing.TB, deliver func(*Sub[T, *int], [][]byte) error) *benchTopics[T] {
	tb.Helper()
	b := bus.New()
	topics, err := OpenTopics(TopicsOptions[T, *int, []byte]{
		Scope: "api", Publish: b.Publish, Receive: b.Receive,
		Encode: func(body, e []byte) []byte { return append(body, e...) },
		Decode: func(body []byte) ([]byte, error) { return body, nil },
		Field: func(e []byte, path string) (Value, bool) {
			r := gjson.GetBytes(e, path)
			if !r.Exists() {
				return Value{}, false
			}
			return ParseValue([]byte(r.Raw))
		},
		Render:  func(_ *int, e []byte) []byte { return e },
		Deliver: deliver,
	})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { topics.Close(); _ = b.Close() })
	return topics
}

// payload is an event of 128 bytes.
func payload(owner string) []byte {
	e := fmt.Sprintf(`{"id":"5f2c","type":"message","owner":%q,"text":"`, owner)
	return []byte(e + strings.Repeat("x", 128-len(e)-2) + `"}`)
}

// TestPublishAllocations: a publish allocates for itself and nothing for each
// subscription.
func TestPublishAllocations(t *testing.T) {
	topics := newBench(t, func(*Sub[int, *int], [][]byte) error { return nil })
	for range 1000 {
		topics.Add("topic", &Sub[int, *int]{})
	}
	e, ctx := payload("bob"), context.Background()
	got := testing.AllocsPerRun(100, func() { _ = topics.Publish(ctx, "topic", e) })
	if got > 20 { // 3, but a sync.Pool forgets some under the race detector
		t.Errorf("%v allocations for a publish to 1,000 subscriptions, want a few", got)
	}
}

// BenchmarkPublish is one event of 128 bytes to 1,000 subscriptions whose
// sockets take everything; an operation is one event.
func BenchmarkPublish(b *testing.B) {
	for _, batch := range []int{1, 5} {
		b.Run(fmt.Sprint("batch=", batch), func(b *testing.B) {
			topics := newBench(b, func(*Sub[int, *int], [][]byte) error { return nil })
			for range 1000 {
				topics.Add("topic", &Sub[int, *int]{})
			}
			publishing(b, topics, batch)
		})
	}
}

// publishing publishes b.N events from one goroutine for each core.
func publishing[T any](b *testing.B, topics *benchTopics[T], batch int) {
	var events [][]byte
	for range batch {
		events = append(events, payload("bob"))
	}
	var left atomic.Int64
	left.Store(int64(b.N))
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		ctx := context.Background()
		for pb.Next() {
			if n := left.Add(-int64(batch)); n < -int64(batch) {
				continue // others have published enough
			}
			if err := topics.Publish(ctx, "topic", events...); err != nil {
				b.Error(err)
			}
		}
	})
}

// BenchmarkPublishLoopback is the way to 1,000 sockets on loopback: an
// operation is one event of 128 bytes, in a frame with the subscription's id.
func BenchmarkPublishLoopback(b *testing.B) {
	for _, publishers := range []int{1, 8} {
		for _, batch := range []int{1, 5} {
			b.Run(fmt.Sprintf("publishers=%d/batch=%d", publishers, batch), func(b *testing.B) {
				publishLoopback(b, publishers, batch)
			})
		}
	}
}

func publishLoopback(b *testing.B, publishers, batch int) {
	const sockets = 1000
	tail := []byte(`}`)
	var topics *benchTopics[*conn.Conn]
	topics = newBench(b, func(s *Sub[*conn.Conn, *int], rendered [][]byte) error {
		var room [64]byte
		head := append(append(append(room[:0], `{"id":"`...), s.ID...), `","type":"data","event":`...)
		for len(rendered) > 0 { // wait for readers here; a runtime would close the socket
			sent, err := fan(topics, s.To, head, rendered, tail)
			if rendered = rendered[sent:]; err == conn.ErrFull {
				runtime.Gosched()
			} else if err != nil {
				return err
			}
		}
		return nil
	})
	rounds := (b.N + publishers*batch - 1) / (publishers * batch)
	events := rounds * publishers * batch
	var served, readers sync.WaitGroup
	o := &conn.Options{Buffers: new(conn.Buffers)}
	size := int64(events) * int64(4+len(`{"id":"00000000","type":"data","event":`)+128+1)
	for i := range sockets {
		server, client := loopback(b)
		c := conn.New(server, nil, o)
		served.Go(func() { c.Serve() })
		readers.Go(func() {
			n, err := io.Copy(io.Discard, io.LimitReader(client, size))
			if n != size || err != nil {
				b.Errorf("a subscriber got %d bytes, %v; want %d", n, err, size)
			}
			client.Close()
		})
		topics.Add("topic", &Sub[*conn.Conn, *int]{ID: fmt.Sprintf("%08d", i), To: c})
	}
	var all [][]byte
	for range batch {
		all = append(all, payload("bob"))
	}
	b.ReportAllocs()
	b.ResetTimer()
	var sending sync.WaitGroup
	for range publishers {
		sending.Go(func() {
			for range rounds {
				_ = topics.Publish(context.Background(), "topic", all...)
			}
		})
	}
	sending.Wait()
	readers.Wait()
	b.ReportMetric(float64(events)*sockets/b.Elapsed().Seconds(), "deliveries/s")
	b.StopTimer()
	served.Wait()
}

// fan is what a runtime does.
func fan(topics *benchTopics[*conn.Conn], c *conn.Conn, head []byte, rendered [][]byte, tail []byte) (int, error) {
	if topics.Calm() {
		return c.FanNow(head, rendered, tail)
	}
	return c.Fan(head, rendered, tail)
}

func loopback(tb testing.TB) (server, client net.Conn) {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer l.Close()
	if client, err = net.Dial("tcp", l.Addr().String()); err != nil {
		tb.Fatal(err)
	}
	if server, err = l.Accept(); err != nil {
		tb.Fatal(err)
	}
	return server, client
}

// crowd is 100,000 subscriptions of one topic with equality filters, on 1,000
// sockets, ten for each owner.
const crowdSize = 100_000

func ownedBy(owner int) *Filter {
	return &Filter{Groups: [][]Condition{{{"owner", OpEq, []Value{String(fmt.Sprint("owner-", owner))}}}}}
}

func addCrowd(topics *benchTopics[*int]) []*Sub[*int, *int] {
	sockets := make([]int, 1000)
	subs := make([]*Sub[*int, *int], crowdSize)
	for i := range subs {
		subs[i] = &Sub[*int, *int]{ID: fmt.Sprintf("%08d", i), To: &sockets[i%1000], Filter: ownedBy(i / 10)}
		topics.Add("topic", subs[i])
	}
	return subs
}

// BenchmarkFiltered publishes to 100,000 subscriptions of which ten match.
func BenchmarkFiltered(b *testing.B) {
	var delivered atomic.Int64
	topics := newBench(b, func(*Sub[*int, *int], [][]byte) error { delivered.Add(1); return nil })
	addCrowd(topics)
	e, ctx := payload("owner-777"), context.Background()
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		_ = topics.Publish(ctx, "topic", e)
		n++
	}
	if got := delivered.Load(); got != int64(10*n) {
		b.Errorf("%d deliveries for %d events, want ten for each", got, n)
	}
}

// BenchmarkAsked is 1,000 subscriptions with a filter that no index helps with.
func BenchmarkAsked(b *testing.B) {
	topics := newBench(b, func(*Sub[*int, *int], [][]byte) error { return nil })
	for i := range 1000 {
		topics.Add("topic", &Sub[*int, *int]{Filter: &Filter{Groups: [][]Condition{{{"owner", OpBeginsWith, []Value{String(fmt.Sprint("owner-", i))}}}}}})
	}
	e, ctx := payload("owner-777"), context.Background()
	b.ReportAllocs()
	for b.Loop() {
		_ = topics.Publish(ctx, "topic", e)
	}
}

// BenchmarkAddRemove adds and removes one of 100,000.
func BenchmarkAddRemove100000(b *testing.B) {
	topics := newBench(b, func(*Sub[*int, *int], [][]byte) error { return nil })
	subs := addCrowd(topics)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		s := subs[i*7919%crowdSize]
		topics.Remove(s)
		topics.Add("topic", s)
		i++
	}
}

// BenchmarkAddRemoveUnfiltered is the same without filters: all in one list.
func BenchmarkAddRemoveUnfiltered100000(b *testing.B) {
	topics := newBench(b, func(*Sub[*int, *int], [][]byte) error { return nil })
	subs := addCrowd(topics)
	for _, s := range subs {
		topics.Remove(s)
		s.Filter = nil
		topics.Add("topic", s)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		s := subs[i*7919%crowdSize]
		topics.Remove(s)
		topics.Add("topic", s)
		i++
	}
}

// BenchmarkSubscription reports what a subscription holds: in the same topic
// without and with a filter of its own, and in a topic of its own.
func BenchmarkSubscription(b *testing.B) {
	for _, bm := range []struct {
		name   string
		topic  func(int) string
		filter func(int) *Filter
	}{
		{"unfiltered", func(int) string { return "topic" }, func(int) *Filter { return nil }},
		{"filter", func(int) string { return "topic" }, func(i int) *Filter { return ownedBy(i / 10) }},
		{"unique-filter", func(int) string { return "topic" }, ownedBy},
		{"topic", func(i int) string { return fmt.Sprint("/ns/", i) }, func(int) *Filter { return nil }},
	} {
		b.Run(bm.name, func(b *testing.B) {
			for b.Loop() {
				topics := newBench(b, func(*Sub[*int, *int], [][]byte) error { return nil })
				before := heap()
				for i := range crowdSize {
					topics.Add(bm.topic(i), &Sub[*int, *int]{ID: "0", Filter: bm.filter(i)})
				}
				b.ReportMetric(float64(heap()-before)/crowdSize, "B/subscription")
				runtime.KeepAlive(topics)
			}
		})
	}
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// BenchmarkMatch is one condition of each operator on a field that is in hand.
func BenchmarkMatch(b *testing.B) {
	list := List(String("red"), String("green"), String("blue"), Number(4))
	for op := OpEq; op < ops; op++ {
		c := Condition{Field: "f", Op: op, Values: []Value{String("green")}}
		v := String("a green field")
		switch op {
		case OpEq, OpNe:
			v = String("green")
		case OpIn, OpNotIn:
			c.Values = []Value{String("a"), String("b"), String("c"), String("d"), String("green")}
			v = String("green")
		case OpBetween:
			c.Values = []Value{Number(1), Number(9)}
			v = Number(5)
		case OpContainsAny:
			c.Values = []Value{String("black"), String("white"), String("blue")}
			v = list
		}
		f := &Filter{Groups: [][]Condition{{c}}}
		b.Run(op.String(), func(b *testing.B) {
			field := func(string) (Value, bool) { return v, true }
			b.ReportAllocs()
			for b.Loop() {
				f.Match(field)
			}
		})
	}
}

func BenchmarkParseFilter(b *testing.B) {
	raw := []byte(`{"filterGroup":[{"filters":[{"fieldName":"severity","operator":"ge","value":7},{"fieldName":"priority","operator":"in","value":["high","medium"]}]},{"filters":[{"fieldName":"category","operator":"eq","value":"Security"}]}]}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseFilter(raw); err != nil {
			b.Fatal(err)
		}
	}
}
