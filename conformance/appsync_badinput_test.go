//go:build conformance

package conformance

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tidewire/tidewire/appsync"
	"github.com/tidewire/tidewire/events"
)

// rough is a server that writes bytes, and is not bound by any protocol.
type rough struct {
	address string
	serve   func(c *roughConn, request *http.Request)
	conns   sync.WaitGroup
	accepts atomic.Int64
}

// roughConn is one connection to it.
type roughConn struct {
	net.Conn
	r      *bufio.Reader
	number int64         // from 1
	ended  chan struct{} // closed at the test's end
}

func startRough(t testing.TB, serve func(c *roughConn, request *http.Request)) *rough {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &rough{address: listener.Addr().String(), serve: serve}
	ended := make(chan struct{})
	t.Cleanup(func() {
		close(ended)
		_ = listener.Close() // it ends the loop below
		s.conns.Wait()
	})
	s.conns.Go(func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			rc := &roughConn{Conn: c, r: bufio.NewReader(c), number: s.accepts.Add(1), ended: ended}
			s.conns.Go(func() { s.take(rc) })
		}
	})
	return s
}

func (s *rough) take(c *roughConn) {
	defer c.Close()
	stop := make(chan struct{})
	defer close(stop)
	s.conns.Go(func() { // a client that stays must not keep the test
		select {
		case <-c.ended:
			_ = c.Close()
		case <-stop:
		}
	})
	request, err := http.ReadRequest(c.r)
	if err != nil {
		return
	}
	if request.Body != nil && request.ContentLength > 0 {
		_, _ = io.CopyN(io.Discard, request.Body, request.ContentLength) // who hangs up has hung up
	}
	s.serve(c, request)
}

// stay keeps the connection until the client or the test ends it.
func (c *roughConn) stay() { _, _ = io.Copy(io.Discard, c.r) }

// talk is stay for a WebSocket: it answers a close.
func (c *roughConn) talk() {
	for _, ok := c.next(); ok; _, ok = c.next() {
	}
}

func (c *roughConn) put(text string) { _, _ = io.WriteString(c, text) }

// upgrade answers a handshake as RFC 6455 section 4.2.2 says.
func (c *roughConn) upgrade(request *http.Request, protocol string) {
	sum := sha1.Sum([]byte(request.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	c.put("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: " + protocol +
		"\r\nSec-WebSocket-Accept: " + base64.StdEncoding.EncodeToString(sum[:]) + "\r\n\r\n")
}

// roughFrame is a frame of a server, RFC 6455 section 5.2: unmasked.
func roughFrame(first byte, payload string) string {
	head := []byte{first}
	switch n := len(payload); {
	case n < 126:
		head = append(head, byte(n))
	case n < 1<<16:
		head = binary.BigEndian.AppendUint16(append(head, 126), uint16(n))
	default:
		head = binary.BigEndian.AppendUint64(append(head, 127), uint64(n))
	}
	return string(head) + payload
}

func (c *roughConn) text(payload string) { c.put(roughFrame(0x81, payload)) }

// next reads one masked frame of the client. A close is answered.
func (c *roughConn) next() (payload string, ok bool) {
	head := make([]byte, 2)
	if _, err := io.ReadFull(c.r, head); err != nil || head[0] == 0x88 {
		c.put(roughFrame(0x88, "\x03\xe8"))
		return "", false
	}
	n := int(head[1] & 127)
	if n == 126 {
		long := make([]byte, 2)
		if _, err := io.ReadFull(c.r, long); err != nil {
			return "", false
		}
		n = int(binary.BigEndian.Uint16(long))
	}
	rest := make([]byte, 4+n)
	if _, err := io.ReadFull(c.r, rest); err != nil {
		return "", false
	}
	for i := range n {
		rest[4+i] ^= rest[i%4]
	}
	return string(rest[4:]), true
}

// greet upgrades, answers connection_init and the first start, and gives the
// id of that.
func (c *roughConn) greet(request *http.Request) (id string, ok bool) {
	c.upgrade(request, "graphql-ws")
	for {
		text, ok := c.next()
		if !ok {
			return "", false
		}
		var f struct{ Type, ID string }
		_ = json.Unmarshal([]byte(text), &f) // another frame is ignored
		switch f.Type {
		case "connection_init":
			c.text(`{"type":"connection_ack","payload":{"connectionTimeoutMs":2000}}`)
		case "start":
			c.text(`{"type":"start_ack","id":"` + f.ID + `"}`)
			return f.ID, true
		}
	}
}

// odd are bytes in the middle of a subscription, where ID stands for its id.
var odd = map[string]struct {
	bytes  string
	gap    bool // the connection cannot be used after that
	denied bool // the subscription has ended
	hangUp bool // the server closes the connection after that
	counts appsync.Counts
}{
	"half a head":            {bytes: "\x81", gap: true, hangUp: true},
	"half a frame":           {bytes: "\x81\x7e\x01\x00{\"type\":\"da", gap: true, hangUp: true},
	"nothing":                {gap: true, hangUp: true},
	"a frame half, silence":  {bytes: "\x81\x7e\x01\x00{", gap: true},
	"10 MB in one frame":     {bytes: roughFrame(0x81, `{"type":"data","id":"ID","payload":{"data":"`+strings.Repeat("x", 10<<20)+`"}}`), gap: true},
	"10 MB in fragments":     {bytes: roughFrame(0x01, "{") + strings.Repeat(roughFrame(0, strings.Repeat(" ", 10<<10)), 1000) + roughFrame(0x80, "}"), gap: true},
	"a frame of 2^63 bytes":  {bytes: "\x81\x7f\x7f\xff\xff\xff\xff\xff\xff\xff", gap: true},
	"an unknown opcode":      {bytes: roughFrame(0x83, "x"), gap: true},
	"reserved bits":          {bytes: roughFrame(0xc1, `{"type":"ka"}`), gap: true},
	"a masked frame":         {bytes: "\x81\x81\x00\x00\x00\x00x", counts: appsync.Counts{BadFrames: 1}}, // RFC 6455 section 5.1 would end it
	"a long ping":            {bytes: roughFrame(0x89, strings.Repeat("x", 126)), gap: true},
	"a close of one byte":    {bytes: roughFrame(0x88, "x"), gap: true},
	"a close":                {bytes: roughFrame(0x88, "\x03\xf3bye"), gap: true},
	"HTTP":                   {bytes: "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n", gap: true, hangUp: true},
	"pings":                  {bytes: strings.Repeat(roughFrame(0x89, "x"), 500)},
	"HTML":                   {bytes: roughFrame(0x81, "<html>"), counts: appsync.Counts{BadFrames: 1}},
	"half a text":            {bytes: roughFrame(0x81, `{"type":"data","id":"ID","payload":{"da`), counts: appsync.Counts{BadFrames: 1}},
	"no UTF-8":               {bytes: roughFrame(0x81, "{\"type\":\"\xff\"}"), counts: appsync.Counts{BadFrames: 1}},
	"a number as id":         {bytes: roughFrame(0x81, `{"type":"data","id":1,"payload":{}}`), counts: appsync.Counts{BadFrames: 1}},
	"a deep text":            {bytes: roughFrame(0x81, strings.Repeat("[", 200_000)), counts: appsync.Counts{BadFrames: 1}},
	"a deep payload":         {bytes: roughFrame(0x81, `{"type":"nothing","payload":`+strings.Repeat("[", 100_000)+strings.Repeat("]", 100_000)+`}`), counts: appsync.Counts{BadFrames: 1}},
	"an unknown type":        {bytes: roughFrame(0x81, `{"type":"news","id":"ID"}`), counts: appsync.Counts{UnknownTypes: 1}},
	"an unknown id":          {bytes: roughFrame(0x81, `{"type":"data","id":"nobody","payload":{}}`), counts: appsync.Counts{UnknownIDs: 1}},
	"an error without an id": {bytes: roughFrame(0x81, `{"type":"error","payload":{"errors":[{"message":"x"}]}}`), counts: appsync.Counts{LooseErrors: 1}},
	"an error, id empty":     {bytes: roughFrame(0x81, `{"type":"error","id":"","payload":{"errors":{"errorType":"UnsupportedOperation"}}}`), counts: appsync.Counts{LooseErrors: 1}},
	"an error, no payload":   {bytes: roughFrame(0x81, `{"type":"error"}`), counts: appsync.Counts{LooseErrors: 1}},
	"an ack again":           {bytes: roughFrame(0x81, `{"type":"start_ack","id":"ID"}`)},
	"an expired token":       {bytes: roughFrame(0x81, `{"type":"error","id":"ID","payload":{"errors":[{"errorType":"UnauthorizedException","message":"Token has expired."}]}}`), denied: true},
	"errors as an object":    {bytes: roughFrame(0x81, `{"type":"error","id":"ID","payload":{"errors":{"errorType":"Unauthorized","message":"no"}}}`), denied: true},
	"a connection_error":     {bytes: roughFrame(0x81, `{"type":"connection_error","payload":{"errors":[{"errorType":"UnauthorizedException","errorCode":401}]}}`), denied: true},
}

// TestOddBytes: whatever comes in the middle of a subscription, it goes on, on
// this connection or after a gap on the next, or ends with a denial.
func TestOddBytes(t *testing.T) {
	t.Parallel()
	for name, o := range odd {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startRough(t, func(c *roughConn, request *http.Request) {
				id, ok := c.greet(request)
				if !ok {
					return
				}
				if c.number == 1 {
					c.put(strings.ReplaceAll(o.bytes, `"ID"`, fmt.Sprintf("%-4q", id))) // as long
				}
				if c.number == 1 && o.hangUp {
					return
				}
				c.text(`{"type":"data","id":"` + id + `","payload":{"data":{"after":` + fmt.Sprint(c.number) + `}}}`)
				c.talk()
			})
			c := appsyncClient(t, "http://"+s.address+"/graphql", appsync.APIKey(simulatorKey), appsync.Options{Realtime: quick})
			sub := subscribed(t, c, "")
			e, err := sub.Next(patient(t))
			if o.denied {
				if !errors.Is(err, appsync.ErrUnauthorized) || s.accepts.Load() != 1 {
					t.Errorf("%+v, %v after %d connections", e, err, s.accepts.Load())
				}
				return
			}
			want := `{"after":1}`
			if o.gap {
				if err != nil || e.Reconnected == nil || e.Reconnected.Cause == nil {
					t.Fatalf("%+v, %v", e, err)
				}
				var lost *appsync.ConnectionError
				if !errors.As(e.Reconnected.Cause, &lost) {
					t.Errorf("%T %v", e.Reconnected.Cause, e.Reconnected.Cause)
				}
				want = `{"after":2}`
				e, err = sub.Next(patient(t))
			}
			if err != nil || string(e.Data) != want {
				t.Errorf("%+v %s, %v", e, e.Data, err)
			}
			if got := c.Counts(); !o.gap && got != o.counts {
				t.Errorf("%+v, want %+v", got, o.counts)
			}
		})
	}
}

// zipped is what is large only once it is unpacked.
func zipped(size int) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(`{"data":"` + strings.Repeat("x", size) + `"}`)) // into memory
	_ = w.Close()
	return b.String()
}

// answers are what a request, or a handshake, may get from whatever is at an
// address.
var answers = map[string]func(c *roughConn){
	"nothing":          func(c *roughConn) {},
	"silence":          (*roughConn).stay,
	"another protocol": func(c *roughConn) { c.put("SSH-2.0-OpenSSH_9.2\r\n") },
	"half a head":      func(c *roughConn) { c.put("HTTP/1.1 200 OK\r\nContent-Le") },
	"half a head, silence": func(c *roughConn) {
		c.put("HTTP/1.1 200 OK\r\nContent-Le")
		c.stay()
	},
	"an endless head": func(c *roughConn) {
		c.put("HTTP/1.1 200 OK\r\n")
		for line := "X-Pad: " + strings.Repeat("x", 1000) + "\r\n"; ; {
			if _, err := io.WriteString(c, line); err != nil {
				return
			}
		}
	},
	"half a body": func(c *roughConn) {
		c.put("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"data\":{")
	},
	"half a body, silence": func(c *roughConn) {
		c.put("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"data\":{")
		c.stay()
	},
	"an endless body": func(c *roughConn) {
		c.put("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"data\":\"")
		for text := strings.Repeat("x", 1000); ; {
			if _, err := io.WriteString(c, text); err != nil {
				return
			}
		}
	},
	"a gzip bomb": func(c *roughConn) {
		body := zipped(100 << 20)
		c.put(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s", len(body), body))
	},
	"HTML": func(c *roughConn) {
		c.put("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>")
	},
	"endless 1xx": func(c *roughConn) {
		for {
			if _, err := io.WriteString(c, "HTTP/1.1 102 Processing\r\n\r\n"); err != nil {
				return
			}
		}
	},
	"a redirect elsewhere": func(c *roughConn) {
		c.put("HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")
	},
}

// TestOddAnswers: a request, a publish, a subscription and a publish on the
// socket end, each with a typed error, and nothing is read without bound.
func TestOddAnswers(t *testing.T) {
	t.Parallel()
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startRough(t, func(c *roughConn, _ *http.Request) { answer(c) })
			short := appsync.Realtime{Connect: 500 * time.Millisecond, Reply: 500 * time.Millisecond}
			c := appsyncClient(t, "http://"+s.address+"/graphql", appsync.APIKey(simulatorKey), appsync.Options{Timeout: time.Second, Realtime: short})
			ev, err := events.New("http://"+s.address+"/event", appsync.APIKey(simulatorKey), &events.Options{Timeout: time.Second, Realtime: short})
			if err != nil {
				t.Fatal(err)
			}
			defer ev.Close()
			ctx, event := patient(t), json.RawMessage(`1`)
			for what, do := range map[string]func() error{
				"query":         func() error { _, err := c.Query(ctx, &appsync.Request{Query: `{ a }`}); return err },
				"mutate":        func() error { _, err := c.Mutate(ctx, &appsync.Request{Query: `mutation { a }`}); return err },
				"subscribe":     func() error { _, err := c.Subscribe(ctx, addedBy("")); return err },
				"publish":       func() error { _, err := ev.Publish(ctx, "/default/x", event); return err },
				"publishSocket": func() error { _, err := ev.PublishSocket(ctx, "/default/x", event); return err },
				"channel":       func() error { _, err := ev.Subscribe(ctx, "/default/x"); return err },
			} {
				began := time.Now()
				err := do()
				if !typedError(err) || strings.Contains(err.Error(), simulatorKey) {
					t.Errorf("%s: %T %v", what, err, err)
				}
				if took := time.Since(began); took > 15*time.Second {
					t.Errorf("%s took %s", what, took)
				}
			}
		})
	}
}

func typedError(err error) bool {
	var (
		answer *appsync.ResponseError
		send   *appsync.SendError
		lost   *appsync.ConnectionError
	)
	return errors.As(err, &answer) || errors.As(err, &send) || errors.As(err, &lost) || errors.Is(err, appsync.ErrTooLarge)
}

// TestOddUpgrades: upgrades that are none.
func TestOddUpgrades(t *testing.T) {
	t.Parallel()
	for name, serve := range map[string]func(c *roughConn, r *http.Request){
		"another key": func(c *roughConn, r *http.Request) {
			r.Header.Set("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==")
			c.upgrade(r, "graphql-ws")
			c.stay()
		},
		"a protocol nobody offered": func(c *roughConn, r *http.Request) { c.upgrade(r, "mqtt"); c.stay() },
		"no answer to connection_init": func(c *roughConn, r *http.Request) {
			c.upgrade(r, "graphql-ws")
			c.stay()
		},
		"keep-alives only": func(c *roughConn, r *http.Request) {
			c.upgrade(r, "graphql-ws")
			for tick := time.NewTicker(20 * time.Millisecond); ; {
				select {
				case <-tick.C:
				case <-c.ended:
					return
				}
				if _, err := io.WriteString(c, roughFrame(0x81, `{"type":"ka"}`)); err != nil {
					return
				}
			}
		},
		"10 MB instead of an acknowledgement": func(c *roughConn, r *http.Request) {
			c.upgrade(r, "graphql-ws")
			c.text(strings.Repeat("x", 10<<20))
			c.stay()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startRough(t, serve)
			c := appsyncClient(t, "http://"+s.address+"/graphql", appsync.APIKey(simulatorKey), appsync.Options{Realtime: appsync.Realtime{Connect: time.Second}})
			if _, err := c.Subscribe(patient(t), addedBy("")); !typedError(err) {
				t.Errorf("%T %v", err, err)
			}
		})
	}
}

// TestNowhere: names that do not resolve, ports where nobody listens, and
// certificates that nobody has signed.
func TestNowhere(t *testing.T) {
	t.Parallel()
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0) // it is about handshakes that fail, as they must
	secure.StartTLS()
	t.Cleanup(secure.Close)
	for name, address := range map[string]string{
		"DNS": "https://no-such-name.invalid/graphql", "port": "http://127.0.0.1:1/graphql",
		"certificate": secure.URL + "/graphql", "plain": "http" + strings.TrimPrefix(secure.URL, "https") + "/graphql",
	} {
		c := appsyncClient(t, address, appsync.APIKey(simulatorKey), appsync.Options{Retry: appsync.Retry{Attempts: 1}})
		_, err := c.Mutate(patient(t), &appsync.Request{Query: `mutation { a }`})
		var unsent *appsync.SendError
		if name == "plain" {
			if !typedError(err) {
				t.Errorf("%s: %v", name, err)
			}
		} else if !errors.As(err, &unsent) || unsent.Sent {
			t.Errorf("%s: %T %v", name, err, err)
		}
		if _, err := c.Subscribe(patient(t), addedBy("")); !typedError(err) {
			t.Errorf("%s: %T %v", name, err, err)
		}
	}
}
