package graphqlapi

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// loopback is the two ends of a TCP connection.
func loopback(b testing.TB, l net.Listener) (near, far net.Conn) {
	b.Helper()
	near, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	if far, err = l.Accept(); err != nil {
		b.Fatal(err)
	}
	return near, far
}

func listen(b testing.TB) net.Listener {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = l.Close() })
	return l
}

// upgradeOn opens a socket on a connection. in must have room for the answers
// only: the server holds nothing of it.
func (s *sockets) upgradeOn(near, far net.Conn) *client {
	r := httptest.NewRequest(http.MethodGet, "http://gateway:4577/graphql/realtime", nil)
	r.Header = http.Header{"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="},
		"Sec-Websocket-Protocol": {"graphql-ws", "header-" + base64.RawURLEncoding.EncodeToString([]byte(keyObject))}}
	s.api.Realtime(&hijacked{httptest.NewRecorder(), far}, r, Request{})
	c := &client{t: s.t, nc: near, in: bufio.NewReaderSize(near, 512)}
	if _, err := http.ReadResponse(c.in, nil); err != nil {
		s.t.Fatal(err)
	}
	c.say(`{"type":"connection_init"}`)
	c.want(`{"type":"connection_ack","payload":{"connectionTimeoutMs":300000}}`, `{"type":"ka"}`)
	return c
}

// drain counts what comes, until the connection ends.
func (c *client) drain(total *atomic.Int64) {
	buf := make([]byte, 64<<10)
	total.Add(int64(c.in.Buffered()))
	for {
		n, err := c.nc.Read(buf)
		total.Add(int64(n))
		if err != nil {
			return
		}
	}
}

// BenchmarkMutation is one mutation that 1,000 subscriptions want, each on a
// socket of its own; an operation is one mutation and its 1,000 deliveries.
func BenchmarkMutation(b *testing.B) {
	for _, publishers := range []int{1, 8} {
		b.Run(fmt.Sprintf("publishers=%d", publishers), func(b *testing.B) { benchmarkMutation(b, publishers) })
	}
}

func benchmarkMutation(b *testing.B, publishers int) {
	const subscribers = 1000
	s := chatRig(b)
	l := listen(b)
	var readers sync.WaitGroup
	var total atomic.Int64
	var clients []*client
	for range subscribers {
		c := s.upgradeOn(loopback(b, l))
		c.subscribe("1", `subscription { onPost { id text } }`)
		clients = append(clients, c)
		readers.Go(func() { c.drain(&total) })
	}
	const frame = int64(len(`{"type":"data","id":"1","payload":{"data":{"onPost":{"id":"1","text":"hi"}}}}`) + 2)
	query := post + `{ id text } }`
	var sent atomic.Int64
	b.ReportAllocs()
	b.ResetTimer()
	var wg sync.WaitGroup
	for range publishers {
		wg.Go(func() {
			for sent.Add(1) <= int64(b.N) {
				for sent.Load()*subscribers*frame-total.Load() > 256<<10*subscribers { // do not overrun the slowest
					runtime.Gosched()
				}
				s.result(b.Context(), query)
			}
		})
	}
	wg.Wait()
	for total.Load() < int64(b.N)*subscribers*frame {
		runtime.Gosched()
	}
	b.ReportMetric(float64(b.N)*subscribers/b.Elapsed().Seconds(), "deliveries/s")
	b.StopTimer()
	for _, c := range clients {
		c.leave()
	}
	s.close()
	readers.Wait()
}

// BenchmarkFilters is one mutation that 10 of 100,000 subscriptions on 1,000
// sockets want, by the argument that their filters compare.
func BenchmarkFilters(b *testing.B) {
	const sockets, each, match = 1000, 100, 10
	s := chatRig(b)
	l := listen(b)
	var readers sync.WaitGroup
	var total atomic.Int64
	var clients []*client
	for i := range sockets {
		c := s.upgradeOn(loopback(b, l))
		for j := range each {
			n := i*each + j
			c.subscribe(fmt.Sprint(j), `subscription($room: String) { onPost(room: $room) { id text } }`, fmt.Sprintf(`{"room":"r%d"}`, n%(sockets*each/match)))
		}
		clients = append(clients, c)
		readers.Go(func() { c.drain(&total) })
	}
	query := post + `{ id text room } }`
	before := s.api.Subscriptions()
	b.ReportAllocs()
	b.ResetTimer()
	for n := range b.N {
		s.result(b.Context(), query, fmt.Sprintf(`{"room":"r%d"}`, n%(sockets*each/match)))
	}
	b.StopTimer()
	if before != sockets*each {
		b.Errorf("%d subscriptions", before)
	}
	for _, c := range clients {
		c.leave()
	}
	s.close()
	readers.Wait()
}

// BenchmarkIdleSubscribed opens sockets with one subscription each and reports
// what one costs while nothing happens, the client's end and the TCP
// connection's own objects not counted.
func BenchmarkIdleSubscribed(b *testing.B) {
	const n = 3000
	for b.Loop() {
		s := chatRig(b)
		l := listen(b)
		near, far := make([]net.Conn, n), make([]net.Conn, n)
		clients := make([]*client, n)
		for i := range n {
			near[i], far[i] = loopback(b, l)
		}
		before := memory()
		for i := range n {
			clients[i] = s.upgradeOn(near[i], far[i])
			clients[i].subscribe("8b4cbc5e-7e17-4a3b-9d3f-3f3b1f0c9a51", `subscription($room: String) { onPost(room: $room) { id text room } }`, fmt.Sprintf(`{"room":"r%d"}`, i))
			clients[i].in = nil
		}
		time.Sleep(10 * time.Millisecond)
		after := memory()
		b.ReportMetric(float64(after.heap-before.heap)/n, "heap-B/socket")
		b.ReportMetric(float64(after.stack-before.stack)/n, "stack-B/socket")
		b.ReportMetric(float64(after.rss-before.rss)/n, "rss-B/socket")
		for _, c := range clients {
			c.leave()
		}
		s.close()
	}
}

type used struct{ heap, stack, rss int64 }

// memory is what the process holds after a collection.
func memory() used {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	var pages, resident int64
	if statm, err := os.ReadFile("/proc/self/statm"); err == nil {
		_, _ = fmt.Fscan(strings.NewReader(string(statm)), &pages, &resident)
	}
	return used{int64(m.HeapInuse), int64(m.StackInuse), resident * int64(os.Getpagesize())}
}
