package eventsapi

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// onTCP serves the rig's API on loopback.
func onTCP(b *testing.B, r *rig) (address string) {
	in := Request{Peer: netip.MustParseAddr("127.0.0.1")}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if q.URL.Path == "/event" {
			r.api.Publish(w, q, in)
			return
		}
		r.api.Realtime(w, q, in)
	}))
	b.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

// join opens a socket on TCP that has subscribed.
func join(b *testing.B, address string) net.Conn {
	d := ws.Dialer{Protocols: []string{"aws-appsync-event-ws", "header-" + base64.RawURLEncoding.EncodeToString([]byte(keyObject()))}}
	nc, _, _, err := d.Dial(context.Background(), "ws://"+address+"/event/realtime")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = nc.Close() })
	for _, text := range []string{`{"type":"connection_init"}`, subscription("s1", "/default/*", keyObject())} {
		if err := wsutil.WriteClientText(nc, []byte(text)); err != nil {
			b.Fatal(err)
		}
	}
	for {
		text, _, err := wsutil.ReadServerData(nc)
		if err != nil {
			b.Fatal(err)
		}
		if bytes.Contains(text, []byte("subscribe_success")) {
			return nc
		}
	}
}

// count reads frames of a subscriber and counts those that are data.
func count(nc net.Conn, size int, n *atomic.Int64) {
	buf := make([]byte, 64<<10)
	seen := 0
	for {
		got, err := nc.Read(buf)
		if err != nil {
			return
		}
		seen += got
		n.Add(int64(seen / size))
		seen %= size
	}
}

// BenchmarkFanOut publishes over HTTP to 1,000 subscribers on loopback. One
// operation is one publish; deliveries/s is what subscribers got, all of it.
func BenchmarkFanOut(b *testing.B) {
	for _, batch := range []int{1, 5} {
		for _, publishers := range []int{1, 8} {
			b.Run(fmt.Sprintf("batch=%d/publishers=%d", batch, publishers), func(b *testing.B) { fanOut(b, batch, publishers) })
		}
	}
}

func fanOut(b *testing.B, batch, publishers int) {
	const subscribers = 1000
	r := newRig(b)
	address := onTCP(b, r)
	text := `"` + strings.Repeat("x", 126) + `"`
	size := len(data("s1", text)) + 4 // and the frame's header
	var heard atomic.Int64
	var reading sync.WaitGroup
	var all []net.Conn
	for range subscribers {
		nc := join(b, address)
		all = append(all, nc)
		reading.Go(func() { count(nc, size, &heard) })
	}
	list := make([]string, batch)
	for i := range list {
		list[i] = text
	}
	body := []byte(publication("/default/x", list...))
	transport := &http.Transport{MaxIdleConnsPerHost: publishers}
	client := &http.Client{Transport: transport}
	var left atomic.Int64
	b.ReportAllocs()
	b.ResetTimer()
	left.Store(int64(b.N))
	var publishing sync.WaitGroup
	for range publishers {
		publishing.Go(func() {
			for left.Add(-1) >= 0 {
				q, _ := http.NewRequest(http.MethodPost, "http://"+address+"/event", bytes.NewReader(body))
				q.Header["X-Api-Key"] = []string{apiKey}
				a, err := client.Do(q)
				if err != nil || a.StatusCode != 200 {
					b.Errorf("%v %v", a, err)
					return
				}
				_, _ = io.Copy(io.Discard, a.Body)
				_ = a.Body.Close()
			}
		})
	}
	publishing.Wait()
	want := int64(b.N) * subscribers * int64(batch)
	for heard.Load() < want && r.api.Sockets().Len() == subscribers {
		runtime.Gosched()
	}
	b.StopTimer()
	if heard.Load() != want {
		b.Errorf("%d of %d events came", heard.Load(), want)
	}
	b.ReportMetric(float64(want)/b.Elapsed().Seconds(), "deliveries/s")
	for _, nc := range all {
		_ = nc.Close()
	}
	reading.Wait()
	transport.CloseIdleConnections()
}

// BenchmarkPublish is a publish that nobody hears, without HTTP around it.
func BenchmarkPublish(b *testing.B) {
	r := newRig(b)
	body := publication("/default/x", `{"text":"`+strings.Repeat("x", 115)+`"}`)
	b.ReportAllocs()
	for b.Loop() {
		q := httptest.NewRequest(http.MethodPost, "/event", strings.NewReader(body))
		q.Header["X-Api-Key"] = []string{apiKey}
		w := httptest.NewRecorder()
		if r.api.Publish(w, q, Request{}); w.Code != 200 {
			b.Fatal(w.Body)
		}
	}
}

// BenchmarkHandler is a publish through onPublish in JavaScript.
func BenchmarkHandler(b *testing.B) {
	r := newRig(b, namespaceOf(b, "ns", "export function onPublish(ctx) { return ctx.events.filter((e) => e.payload.text !== '') }"))
	body := publication("/ns/x", `{"text":"`+strings.Repeat("x", 115)+`"}`)
	b.ReportAllocs()
	for b.Loop() {
		q := httptest.NewRequest(http.MethodPost, "/event", strings.NewReader(body))
		q.Header["X-Api-Key"] = []string{apiKey}
		w := httptest.NewRecorder()
		if r.api.Publish(w, q, Request{}); w.Code != 200 {
			b.Fatal(w.Body)
		}
	}
}

// BenchmarkIdle reports the resident memory of an idle subscribed socket, on TCP
// in one process: the client's half, a connection without a goroutine, is in it.
// It wants many: -benchtime 4000x.
func BenchmarkIdle(b *testing.B) {
	r := newRig(b)
	address := onTCP(b, r)
	for range 100 {
		join(b, address)
	}
	before, heap := resident(b), inUse()
	for range b.N {
		join(b, address)
	}
	b.ReportMetric(float64(resident(b)-before)/float64(b.N), "RSS-B/socket")
	b.ReportMetric(float64(inUse()-heap)/float64(b.N), "heap+stack-B/socket")
}

func inUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}

// resident is the process's memory, in bytes.
func resident(b *testing.B) int {
	runtime.GC()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		b.Skip("there is no /proc here")
	}
	pages, err := strconv.Atoi(strings.Fields(string(text))[1])
	if err != nil {
		b.Fatal(err)
	}
	return pages * os.Getpagesize()
}
