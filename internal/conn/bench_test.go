package conn

import (
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"
)

// echo answers every message with itself.
func echo(c *Conn, text []byte) { _ = c.Send(text) }

// TestConnSize keeps the memory of an idle connection where it was measured.
func TestConnSize(t *testing.T) {
	t.Parallel()
	if got := unsafe.Sizeof(Conn{}); got > 400 {
		t.Errorf("a Conn is %d bytes, at most 400 are planned", got)
	}
}

// TestReceiveAllocations: a message costs its own text and nothing else.
func TestReceiveAllocations(t *testing.T) {
	c := New(&tape{}, nil, &Options{Message: func(*Conn, []byte) {}, Buffers: new(Buffers)})
	script := text(strings.Repeat("x", 128))
	got := testing.AllocsPerRun(100, func() {
		if err := c.feed(script); err != nil {
			t.Fatal(err)
		}
	})
	if got > 1 {
		t.Errorf("%v allocations for one message, want 1", got)
	}
}

func BenchmarkEchoPipe(b *testing.B) {
	server, client := net.Pipe()
	benchmarkEcho(b, server, client)
}

func BenchmarkEchoLoopback(b *testing.B) {
	server, client := loopback(b)
	benchmarkEcho(b, server, client)
}

// benchmarkEcho is one 128-byte text there and back, one at a time.
func benchmarkEcho(b *testing.B, server, client net.Conn) {
	ended := make(chan Closed, 1)
	o := &Options{Message: echo, Buffers: new(Buffers)}
	go func() { ended <- New(server, nil, o).Serve() }()
	message := text(strings.Repeat("x", 128))
	answer := make([]byte, encodedSize(128, DefaultMaxFrame))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := client.Write(message); err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(client, answer); err != nil {
			b.Fatal(err)
		}
	}
	client.Close()
	<-ended
}

// BenchmarkEchoMany is closed loops on 200 connections.
func BenchmarkEchoMany(b *testing.B) {
	const conns = 200
	var wg, served sync.WaitGroup
	o := &Options{Message: echo, Buffers: new(Buffers)}
	clients := make([]net.Conn, conns)
	for i := range clients {
		server, client := loopback(b)
		clients[i] = client
		served.Go(func() { New(server, nil, o).Serve() })
	}
	message := text(strings.Repeat("x", 128))
	b.ReportAllocs()
	b.ResetTimer()
	for i, client := range clients {
		n := b.N / conns
		if i < b.N%conns {
			n++
		}
		wg.Go(func() { loops(b, client, message, n) })
	}
	wg.Wait()
	b.StopTimer()
	for _, client := range clients {
		client.Close()
	}
	served.Wait()
}

func loops(b *testing.B, client net.Conn, message []byte, n int) {
	answer := make([]byte, encodedSize(128, DefaultMaxFrame))
	for range n {
		if _, err := client.Write(message); err != nil {
			b.Error(err)
			return
		}
		if _, err := io.ReadFull(client, answer); err != nil {
			b.Error(err)
			return
		}
	}
}

// BenchmarkFanout sends events of 128 bytes to 1,000 loopback sockets; an
// operation is one event for all. Queues that are full wait for their reader.
// The messages are the same bytes in all cases: 28 of them are of one
// subscription, the others of the event.
func BenchmarkFanout(b *testing.B) {
	head, tail := []byte(`{"id":"0123456","payload":`), []byte(`}`)
	body := []byte(strings.Repeat("x", 101))
	whole := join(head, body, tail)
	five := [][]byte{body, body, body, body, body}
	retry := func(send func() error) {
		for send() != nil {
			runtime.Gosched()
		}
	}
	prepared := func(c *Conn, p Prepared, n int) {
		for range n {
			retry(func() error { return c.SendPrepared(p) })
		}
	}
	parts := func(c *Conn, _ Prepared, n int) {
		for range n {
			retry(func() error { return c.SendParts(head, body, tail) })
		}
	}
	fan := func(fan func(*Conn, []byte, [][]byte, []byte) (int, error)) func(*Conn, Prepared, int) {
		return func(c *Conn, _ Prepared, n int) {
			for n > 0 {
				sent, _ := fan(c, head, five[:n], tail)
				if n -= sent; n > 0 {
					runtime.Gosched()
				}
			}
		}
	}
	for _, bm := range []struct {
		name string
		send func(*Conn, Prepared, int)
	}{{"prepared", prepared}, {"parts", parts}, {"fan", fan((*Conn).Fan)}, {"fan-now", fan((*Conn).FanNow)}} {
		for _, publishers := range []int{1, 8} {
			for _, batch := range []int{1, 5} {
				b.Run(fmt.Sprintf("%s/publishers=%d/batch=%d", bm.name, publishers, batch), func(b *testing.B) {
					fanout(b, publishers, batch, Prepare(whole, 0), bm.send)
				})
			}
		}
	}
}

func fanout(b *testing.B, publishers, batch int, p Prepared, send func(*Conn, Prepared, int)) {
	const conns = 1000
	o := &Options{Buffers: new(Buffers), Fanout: new(Fanout)}
	var served, readers, sending sync.WaitGroup
	all := make([]*Conn, conns)
	rounds := (b.N + publishers*batch - 1) / (publishers * batch)
	events := rounds * publishers * batch
	for i := range all {
		server, client := loopback(b)
		all[i] = New(server, nil, o)
		served.Go(func() { all[i].Serve() })
		readers.Go(func() {
			_, _ = io.Copy(io.Discard, io.LimitReader(client, int64(events*len(p.frames))))
			client.Close()
		})
	}
	b.ReportAllocs()
	b.ResetTimer()
	for range publishers {
		sending.Go(func() {
			for range rounds {
				for _, c := range all {
					send(c, p, batch)
				}
			}
		})
	}
	sending.Wait()
	readers.Wait()
	b.ReportMetric(float64(events)*conns/b.Elapsed().Seconds(), "deliveries/s")
	b.StopTimer()
	served.Wait()
}

// BenchmarkIdle opens connections and reports what each costs while nothing
// happens, the peers' ends not counted where that is possible: heap and stack
// are of the server alone, "rss" is of the whole process with both ends.
func BenchmarkIdle(b *testing.B) {
	b.Run("new", func(b *testing.B) { idle(b, 5000, false, loopback) })
	b.Run("used", func(b *testing.B) { idle(b, 5000, true, loopback) })
	b.Run("TLS", func(b *testing.B) { idle(b, 500, true, loopbackTLS(b)) })
}

func idle(b *testing.B, n int, used bool, pair func(testing.TB) (server, client net.Conn)) {
	for b.Loop() {
		idleOnce(b, n, used, pair)
	}
}

func idleOnce(b *testing.B, n int, used bool, pair func(testing.TB) (server, client net.Conn)) {
	o := &Options{Message: echo, Buffers: new(Buffers), Idle: 10 * time.Minute}
	servers, clients := make([]net.Conn, n), make([]net.Conn, n)
	for i := range n {
		servers[i], clients[i] = pair(b)
	}
	before := memory()
	var served, parked sync.WaitGroup
	for _, nc := range servers {
		parked.Add(1)
		served.Go(func() { c := New(nc, nil, o); parked.Done(); c.Serve() })
	}
	parked.Wait()
	if used {
		message := text(strings.Repeat("x", 128))
		for _, c := range clients {
			loops(b, c, message, 1)
		}
	}
	after := memory()
	b.ReportMetric(float64(after.heap-before.heap)/float64(n), "heap-B/conn")
	b.ReportMetric(float64(after.stack-before.stack)/float64(n), "stack-B/conn")
	b.ReportMetric(float64(after.rss-before.rss)/float64(n), "rss-B/conn")
	for _, c := range clients {
		c.Close()
	}
	served.Wait()
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
		_, _ = fmt.Sscan(string(statm), &pages, &resident)
	}
	return used{int64(m.HeapInuse), int64(m.StackInuse), resident * int64(os.Getpagesize())}
}
