package websocketapi

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"runtime"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/tidewire/tidewire/sigv4"
)

// quiet takes the log and the recording of events out of a benchmark.
func quiet(answer string) func(o *Options) {
	return func(o *Options) {
		o.Log = slog.New(slog.DiscardHandler)
		o.Invoke = func(context.Context, string, []byte) ([]byte, error) { return []byte(answer), nil }
	}
}

// BenchmarkEcho is a message through a function that does nothing and back,
// over a connection in memory; the client's half is in it.
func BenchmarkEcho(b *testing.B) {
	text := `{"action":"send","data":"` + strings.Repeat("x", 100) + `"}`
	r := newRig(b, testSpec("send!"), quiet(`{"statusCode":200,"body":"answer"}`))
	c := r.dial("/prod", nil)
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		if err := c.Write(ctx, websocket.MessageText, []byte(text)); err != nil {
			b.Fatal(err)
		}
		if _, _, err := c.Read(ctx); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPost is POST @connections without the HTTP server around it:
// signature, policy, look-up, queue. The client reads all the time.
func BenchmarkPost(b *testing.B) {
	r := newRig(b, testSpec("$default!"), quiet(`{"statusCode":200,"body":"answer"}`))
	c := r.dial("/prod", nil)
	go func() {
		for {
			if _, _, err := c.Read(context.Background()); err != nil {
				return
			}
		}
	}()
	open := r.api.connections()
	id := open[0].id
	const text = `{"message":"hello"}`
	req := httptest.NewRequest(http.MethodPost, "http://ws.test:4577/prod/@connections/"+strings.ReplaceAll(id, "=", "%3D"), nil)
	if err := testSigner(devKey).Sign(b.Context(), req, sigv4.HashPayload([]byte(text))); err != nil {
		b.Fatal(err)
	}
	m := Management{Stage: "prod", ConnectionID: id, Peer: netip.MustParseAddr("127.0.0.1")}
	b.ReportAllocs()
	for b.Loop() {
		req.Body, req.ContentLength = http.NoBody, int64(len(text))
		req.Body = readCloser{strings.NewReader(text)}
		w := httptest.NewRecorder()
		r.api.Connections(w, req, m)
		if w.Code != 200 && w.Code != 429 { // 429: the client reads too slowly
			b.Fatal(w.Code, w.Body)
		}
	}
	b.ReportMetric(float64(r.api.Count(QueueFull))/float64(b.N), "full/op")
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }

// BenchmarkIdle reports the heap that one open connection costs here, without
// the socket's own state and without the two ends of the pipe.
func BenchmarkIdle(b *testing.B) {
	const n = 10000
	r := newRig(b, testSpec(), quiet(okAnswer))
	h := &handshake{Handshake: &Handshake{Stage: "prod", Peer: netip.MustParseAddr("127.0.0.1"), Domain: "127.0.0.1:4577"}, api: r.api,
		r:   &http.Request{Header: http.Header{"User-Agent": {"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36"}}},
		cfg: r.api.config.Load(), start: r.api.o.Now()}
	h.stage = h.cfg.stages["prod"]
	for b.Loop() {
		before := memory().HeapAlloc
		for range n {
			c := h.connection()
			if !r.o.Hub.sockets.Add(c.id, c) {
				b.Fatal("id taken")
			}
		}
		b.ReportMetric(float64(memory().HeapAlloc-before)/n, "B/conn")
		for _, c := range r.api.connections() {
			r.api.remove(c)
		}
	}
}

// memory is what is in use after collections, which also shrink stacks.
func memory() runtime.MemStats {
	var m runtime.MemStats
	for range 3 {
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return m
}

func BenchmarkManySelections(b *testing.B) {
	for _, expr := range []string{"${request.body.service}/${request.body.action}", "$request.body.a.b.c", "action"} {
		s, err := compileSelection(expr)
		if err != nil {
			b.Fatal(err)
		}
		text := []byte(`{"service":"chat","action":"join","a":{"b":{"c":"d"}},"data":"` + strings.Repeat("x", 100) + `"}`)
		b.Run(fmt.Sprintf("%.20s", expr), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s.route(text)
			}
		})
	}
}

// BenchmarkIdleSocket reports what an open, idle client costs in all, over
// TCP, the client's own descriptor in this process included.
func BenchmarkIdleSocket(b *testing.B) {
	const n = 2000
	r := newRig(b, testSpec(), quiet(okAnswer))
	server := httptest.NewServer(http.HandlerFunc(r.serve))
	defer server.Close()
	for b.Loop() {
		before := memory()
		clients := make([]net.Conn, n)
		for i := range clients {
			clients[i] = openRaw(b, server.Listener.Addr().String())
		}
		after := memory()
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/n, "heap-B/conn")
		b.ReportMetric(float64(after.StackInuse-before.StackInuse)/n, "stack-B/conn")
		for _, nc := range clients {
			_ = nc.Close()
		}
		for r.o.Hub.Len() > 0 {
			runtime.Gosched()
		}
	}
}

// openRaw opens a socket and keeps nothing of the client but its net.Conn.
func openRaw(b *testing.B, addr string) net.Conn {
	b.Helper()
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := io.WriteString(nc, goodHandshake); err != nil {
		b.Fatal(err)
	}
	var answer [512]byte
	if k, err := nc.Read(answer[:]); err != nil || !strings.HasPrefix(string(answer[:k]), "HTTP/1.1 101") {
		b.Fatal(err, string(answer[:k]))
	}
	return nc
}
