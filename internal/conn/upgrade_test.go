package conn

import (
	"bufio"
	"bytes"
	"crypto/sha1" //nolint:gosec // RFC 6455 asks for it
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"
)

// rfcHandshake is the example of RFC 6455, 1.3, and rfcAccept its answer's key.
const (
	rfcHandshake = "GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: http://example.com\r\nSec-WebSocket-Protocol: chat, superchat\r\nSec-WebSocket-Version: 13\r\n\r\n"
	rfcAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
)

// handshake is the example with some text in it replaced.
func handshake(t testing.TB, replace ...string) *http.Request {
	t.Helper()
	text := strings.NewReplacer(replace...).Replace(rfcHandshake)
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text)))
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return r
}

func TestCheckUpgrade(t *testing.T) {
	t.Parallel()
	const key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	for _, tt := range []struct {
		name    string
		replace []string
		status  int // 0: nothing is wrong
		reason  string
	}{
		{name: "the RFC's example"},
		{name: "any case", replace: []string{"Upgrade: websocket", "UPGRADE: WebSocket", "Connection: Upgrade", "connection: uPGRADE"}},
		{name: "among others", replace: []string{"Upgrade: websocket", "Upgrade: h2c , websocket", "Connection: Upgrade", "Connection: keep-alive,Upgrade"}},
		{name: "in a second line", replace: []string{"Connection: Upgrade", "Connection: keep-alive\r\nConnection: Upgrade"}},
		{name: "a body of no bytes", replace: []string{key, key + "Content-Length: 0\r\n"}},
		{name: "HTTP/1.0", replace: []string{"HTTP/1.1", "HTTP/1.0"}, status: 426, reason: "HTTP/1.0 cannot be upgraded"},
		{name: "HTTP/2", replace: []string{"HTTP/1.1", "HTTP/2.0"}, status: 426, reason: "HTTP/2.0 cannot be upgraded"},
		{name: "POST", replace: []string{"GET", "POST"}, status: 426, reason: "no WebSocket handshake"},
		{name: "no Upgrade", replace: []string{"Upgrade: websocket\r\n", ""}, status: 426, reason: "no WebSocket handshake"},
		{name: "another Upgrade", replace: []string{"Upgrade: websocket", "Upgrade: websockets, h2c"}, status: 426, reason: "no WebSocket handshake"},
		{name: "no Connection", replace: []string{"Connection: Upgrade\r\n", ""}, status: 426, reason: "no WebSocket handshake"},
		{name: "another Connection", replace: []string{"Connection: Upgrade", "Connection: keep-alive"}, status: 426, reason: "no WebSocket handshake"},
		{name: "no version", replace: []string{"Sec-WebSocket-Version: 13\r\n", ""}, status: 426, reason: `Sec-WebSocket-Version is ""`},
		{name: "an old version", replace: []string{"Version: 13", "Version: 8"}, status: 426, reason: `Sec-WebSocket-Version is "8"; 13 is spoken here`},
		{name: "a long version", replace: []string{"Version: 13", "Version: " + strings.Repeat("9", 5000)}, status: 426, reason: `is "` + strings.Repeat("9", 64) + `";`},
		{name: "no key", replace: []string{key, ""}, status: 400, reason: "Sec-WebSocket-Key"},
		{name: "two keys", replace: []string{key, key + key}, status: 400, reason: "once"},
		{name: "15 bytes", replace: []string{"dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25j"}, status: 400, reason: "16 bytes"},
		{name: "17 bytes", replace: []string{"dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZWU="}, status: 400, reason: "16 bytes"},
		{name: "no base64", replace: []string{"dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ"}, status: 400, reason: "base64"},
		{name: "a body", replace: []string{key, key + "Content-Length: 1\r\n"}, status: 400, reason: "no body"},
		{name: "a body of any length", replace: []string{key, key + "Transfer-Encoding: chunked\r\n"}, status: 400, reason: "no body"},
	} {
		e := CheckUpgrade(handshake(t, tt.replace...))
		if e == nil {
			e = &UpgradeError{}
		}
		if e.Status != tt.status || !strings.Contains(e.Error(), tt.reason) || (e.Reason == "") != (tt.status == 0) {
			t.Errorf("%s: %d %q, want %d %q", tt.name, e.Status, e.Reason, tt.status, tt.reason)
		}
	}
}

// TestIsUpgrade: what asks for a WebSocket badly is one all the same.
func TestIsUpgrade(t *testing.T) {
	t.Parallel()
	for want, all := range map[bool][][]string{
		true:  {nil, {"Connection: Upgrade\r\n", ""}, {"HTTP/1.1", "HTTP/1.0"}, {"Version: 13", "Version: 1"}, {"Sec-WebSocket-Key", "X-Key"}},
		false: {{"GET", "POST"}, {"Upgrade: websocket\r\n", ""}, {"Upgrade: websocket", "Upgrade: web socket"}},
	} {
		for _, replace := range all {
			if got := IsUpgrade(handshake(t, replace...)); got != want {
				t.Errorf("%v: %v", replace, got)
			}
		}
	}
}

func TestRefuseUpgrade(t *testing.T) {
	t.Parallel()
	offer := http.Header{"Sec-Websocket-Version": {"13"}, "Upgrade": {"websocket"}, "Connection": {"Upgrade"}}
	closing := offer.Clone()
	closing.Set("Connection", "close")
	for _, tt := range []struct {
		status int
		length int64
		want   http.Header
	}{
		{400, 0, http.Header{}},
		{403, 0, http.Header{}},
		{426, 0, offer},
		{400, 5, http.Header{"Connection": {"close"}}},
		{400, -1, http.Header{"Connection": {"close"}}},
		{426, -1, closing},
	} {
		r, got := handshake(t), http.Header{}
		r.ContentLength = tt.length
		RefuseUpgrade(got, r, tt.status)
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%d for a body of %d (-want +got):\n%s", tt.status, tt.length, diff)
		}
	}
}

func TestSwitching(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 6, 6, 7, 999, time.FixedZone("CET", 3600))
	const head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Date: Wed, 04 Mar 2026 05:06:07 GMT\r\nSec-WebSocket-Accept: " + rfcAccept + "\r\n"
	long := strings.Repeat("x", 500)
	for want, lines := range map[string][][2]string{
		head + "\r\n": nil,
		head + "Sec-WebSocket-Protocol: chat\r\n\r\n":                         {{"Sec-WebSocket-Protocol", "chat"}},
		head + "Sec-WebSocket-Protocol: chat\r\nX-Long: " + long + "\r\n\r\n": {{"Sec-WebSocket-Protocol", "chat"}, {"X-Long", long}},
	} {
		if diff := cmp.Diff(want, string(Switching(handshake(t), now, lines...))); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

// TestHijack: what comes behind the handshake, in one packet with it or later,
// is there to be read, once.
func TestHijack(t *testing.T) {
	t.Parallel()
	type taken struct{ leftover, rest string }
	all := make(chan taken, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if e := CheckUpgrade(r); e != nil {
			t.Error(e)
		}
		nc, leftover, err := Hijack(w)
		if err != nil {
			t.Error(err)
			return
		}
		defer nc.Close()
		if err := Answer(nc, Switching(r, time.Now())); err != nil {
			t.Error(err)
		}
		rest, err := io.ReadAll(nc)
		if err != nil {
			t.Error(err)
		}
		all <- taken{string(leftover), string(rest)}
	}))
	defer server.Close()
	for _, early := range []string{"", "early ", strings.Repeat("x", 3000)} {
		client, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(client, rfcHandshake+early); err != nil {
			t.Fatal(err)
		}
		response, err := http.ReadResponse(bufio.NewReader(client), nil)
		if err != nil || response.StatusCode != http.StatusSwitchingProtocols || response.Header.Get("Sec-Websocket-Accept") != rfcAccept {
			t.Fatal(response, err)
		}
		if _, err := io.WriteString(client, "late"); err != nil {
			t.Fatal(err)
		}
		if err := client.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if got := <-all; got.leftover+got.rest != early+"late" || got.leftover == "" != (early == "") {
			t.Errorf("%d bytes early: %d left over, %d behind", len(early), len(got.leftover), len(got.rest))
		}
		client.Close()
	}
}

// TestHijackRefused: a server whose connections cannot be had is an error.
func TestHijackRefused(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	if nc, leftover, err := Hijack(w); err == nil || nc != nil || leftover != nil {
		t.Errorf("%v %q %v", nc, leftover, err)
	}
}

// TestAnswer fails on a connection that is gone.
func TestAnswer(t *testing.T) {
	t.Parallel()
	for _, gone := range []int{0, 1} {
		both := [2]net.Conn{}
		both[0], both[1] = net.Pipe()
		both[gone].Close()
		if err := Answer(both[0], []byte("x")); err == nil {
			t.Errorf("the end %d is closed, and nothing is wrong", gone)
		}
		both[1-gone].Close()
	}
}

// FuzzUpgrade asks of every request that it is judged, and of what is let pass
// that a client takes the answer.
func FuzzUpgrade(f *testing.F) {
	for _, replace := range [][]string{
		nil, {"GET", "POST"}, {"HTTP/1.1", "HTTP/1.0"}, {"Version: 13", "Version: 8"}, {"Connection: Upgrade", "Connection: a,,\tUPGRADE "},
		{"Upgrade: websocket", "Upgrade: h2c,WebSocket"}, {"Upgrade: websocket\r\n", "Upgrade:\r\nUpgrade: websocket\r\n"},
		{"dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZR=="}, {"dGhlIHNhbXBsZSBub25jZQ==", ""}, {"Host", "Content-Length: 3\r\nHost"},
		{"Host", "Transfer-Encoding: chunked\r\nHost"}, {"/chat", "http://other/?q=%zz"}, {"/chat", "*"}, {"Origin", "Sec-WebSocket-Extensions: permessage-deflate\r\nOrigin"},
	} {
		f.Add([]byte(strings.NewReplacer(replace...).Replace(rfcHandshake)))
	}
	f.Add([]byte(rfcHandshake + "\x81\x80abcd"))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(text)))
		if err != nil {
			return
		}
		e := CheckUpgrade(r)
		if e != nil {
			if e.Status != 400 && e.Status != 426 || e.Reason == "" || strings.ContainsAny(e.Reason, "\r\n") {
				t.Errorf("refused with %d %q", e.Status, e.Reason)
			}
			RefuseUpgrade(http.Header{}, r, e.Status)
			return
		}
		if !IsUpgrade(r) {
			t.Error("it is no upgrade, and passes")
		}
		answer, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(Switching(r, time.Now()))), r)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha1.Sum([]byte(r.Header["Sec-Websocket-Key"][0] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) //nolint:gosec // as above
		if got, want := answer.Header["Sec-Websocket-Accept"], base64.StdEncoding.EncodeToString(sum[:]); fmt.Sprint(got) != "["+want+"]" {
			t.Errorf("the key is %q, want %s", got, want)
		}
		client, _, err := websocket.Dial(t.Context(), "ws://server.example.com/chat", &websocket.DialOptions{HTTPClient: &http.Client{Transport: answers{t, r}}})
		if err != nil {
			t.Fatalf("a client does not take the answer: %v", err)
		}
		client.CloseNow()
	})
}

// answers answers a client with the 101 to another request, but for its key.
type answers struct {
	t *testing.T
	r *http.Request
}

func (a answers) RoundTrip(r *http.Request) (*http.Response, error) {
	a.r.Header["Sec-Websocket-Key"] = r.Header["Sec-Websocket-Key"]
	if e := CheckUpgrade(a.r); e != nil {
		a.t.Errorf("with a client's key: %v", e)
	}
	answer, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(Switching(a.r, time.Now()))), r)
	if err != nil {
		return nil, err
	}
	near, far := net.Pipe()
	far.Close()
	answer.Body = near
	return answer, nil
}
