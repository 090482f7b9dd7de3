//go:build conformance

package conformance

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestBadFrames wants each kind of bad frame to close its own connection with
// the right code, while another goes on.
func TestBadFrames(t *testing.T) {
	t.Parallel()
	s := serve(t, api{auth: "NONE"}.write(t, nil), serveOptions{})
	bystander := s.connect(t)
	for _, bad := range []struct {
		name   string
		frames []frame
		code   int
	}{
		{"frame over 32 KB", []frame{{opcode: opText, payload: long(32<<10 + 1)}}, 1009},
		{"message over 128 KB", fragments(long(128<<10 + 1)), 1009},
		{"invalid UTF-8", []frame{{opcode: opText, payload: []byte("a\xffb")}}, 1007},
		{"UTF-8 cut short", []frame{{opcode: opText, payload: []byte("a\xe2\x82")}}, 1007},
		{"unmasked", []frame{{opcode: opText, unmasked: true, payload: []byte("naked")}}, 1002},
		{"binary", []frame{{opcode: opBinary, payload: []byte{1, 2, 3}}}, 1003},
		{"reserved opcode", []frame{{opcode: 0x3, payload: []byte("?")}}, 1002},
		{"continuation of nothing", []frame{{opcode: opContinuation, payload: []byte("…")}}, 1002},
		{"ping of 126 bytes", []frame{{opcode: opPing, payload: long(126)}}, 1002},
		{"close code 1005", []frame{{opcode: opClose, payload: []byte{0x03, 0xed}}}, 1002},
	} {
		t.Run(bad.name, func(t *testing.T) {
			c := s.connect(t)
			for _, f := range bad.frames {
				c.write(t, f)
			}
			if code := c.closed(t); code != bad.code {
				t.Errorf("closed with %d, want %d", code, bad.code)
			}
			bystander.echoes(t, "after "+bad.name)
		})
	}
}

// TestLargestMessage sends 128 KB in frames of 32 KB, and back.
func TestLargestMessage(t *testing.T) {
	t.Parallel()
	s := serve(t, api{auth: "NONE"}.write(t, nil), serveOptions{})
	c := s.connect(t)
	text := long(128 << 10)
	for _, f := range fragments(text) {
		c.write(t, f)
	}
	if got := c.receive(t); got != string(text) {
		t.Errorf("got %d bytes back: %.40q", len(got), got)
	}
	c.write(t, frame{opcode: opPing, payload: []byte("there?")})
	if f, err := c.read(); err != nil || f.opcode != opPong || string(f.payload) != "there?" {
		t.Errorf("the ping was answered with %+v, %v", f, err)
	}
}

func long(n int) []byte { return bytes.Repeat([]byte("x"), n) }

// fragments cuts a message into frames of 32 KB.
func fragments(text []byte) []frame {
	const most = 32 << 10
	var frames []frame
	for opcode := byte(opText); len(text) > 0; opcode = opContinuation {
		n := min(most, len(text))
		frames = append(frames, frame{opcode: opcode, more: n < len(text), payload: text[:n]})
		text = text[n:]
	}
	return frames
}

// TestHalfOpenHandshakes leaves 100 handshakes unfinished, in plain and in
// TLS; others are served meanwhile, and the end waits for none of them.
func TestHalfOpenHandshakes(t *testing.T) {
	t.Parallel()
	s := serve(t, api{auth: "NONE"}.write(t, nil), serveOptions{})
	u, err := url.Parse(s.apis[0].URL)
	if err != nil {
		t.Fatal(err)
	}
	beginnings := []string{"", "G", "GET /dev HTTP/1.1\r\nHost: " + u.Host + "\r\nUpgrade: webs", "\x16\x03\x01\x02\x00", "POST /dev/@connections/x HTTP/1.1\r\nHost: " + u.Host + "\r\nContent-Length: 100\r\n\r\nhalf"}
	for i := range 100 {
		if _, err := dial(t, u).Write([]byte(beginnings[i%len(beginnings)])); err != nil {
			t.Fatal(err)
		}
	}
	s.connect(t).echoes(t, "meanwhile")
	s.openTrusting(t, s.apis[0].SecureURL, nil).echoes(t, "meanwhile, in TLS")
}

// TestHeaderBombs sends heads that are too large or many.
func TestHeaderBombs(t *testing.T) {
	t.Parallel()
	s := serve(t, api{auth: "NONE"}.write(t, nil), serveOptions{})
	many := http.Header{}
	for i := range 20_000 {
		many.Set(fmt.Sprintf("X-%d", i), "1")
	}
	for name, bomb := range map[string]struct {
		query  string
		header http.Header
		want   []int
	}{
		"one large header": {"", http.Header{"X-Large": {string(long(1 << 20))}}, []int{431}},
		"many headers":     {"", many, []int{431}},
		"a long URL":       {"?q=" + strings.Repeat("x", 5000), nil, []int{400, 413, 414}},
	} {
		t.Run(name, func(t *testing.T) {
			status := s.bomb(t, bomb.query, bomb.header)
			for _, w := range bomb.want {
				if status == w {
					return
				}
			}
			t.Errorf("answered with %d, want one of %v", status, bomb.want)
		})
	}
	s.connect(t).echoes(t, "after the bombs")
}

// bomb sends a request and gives the answer's status. The server may answer
// and close before it has read all of it.
func (s *server) bomb(t *testing.T, query string, header http.Header) int {
	t.Helper()
	u, err := url.Parse(s.apis[0].URL + query)
	if err != nil {
		t.Fatal(err)
	}
	nc := dial(t, u)
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		_ = (&http.Request{Method: http.MethodGet, URL: u, Host: u.Host, Header: header}).Write(nc) // may be cut short
	}()
	defer func() { <-sent }()
	defer nc.Close()
	sock := newSocket(nc)
	refused := sock.answer(t, &http.Request{Method: http.MethodGet})
	if refused == nil {
		return http.StatusSwitchingProtocols
	}
	return refused.status
}

// TestPlainOffLoopback listens on every address: there, only TLS is answered,
// unless --plain.
func TestPlainOffLoopback(t *testing.T) {
	t.Parallel()
	address := ownAddress(t)
	for _, plain := range []bool{false, true} {
		t.Run(fmt.Sprintf("plain %t", plain), func(t *testing.T) {
			t.Parallel()
			args := []string{"--listen", net.JoinHostPort(address, "0")}
			if plain {
				args = append(args, "--plain")
			}
			s := serve(t, api{auth: "NONE"}.write(t, nil), serveOptions{args: args})
			u := &url.URL{Scheme: "ws", Host: s.listen, Path: "/dev"}
			sock, refused := handshake(t, u.String(), nil)
			switch {
			case plain && refused == nil:
				sock.echoes(t, "plain")
			case plain || refused == nil || refused.status != http.StatusBadRequest || !strings.Contains(refused.body, "TLS"):
				t.Errorf("a plain handshake: %+v", refused)
			}
			if (s.apis[0].URL != "") != plain {
				t.Errorf("the ready line gives the plain URL %q", s.apis[0].URL)
			}
			s.answersTLS(t)
		})
	}
}

// answersTLS wants a TLS handshake to succeed and never to choose HTTP/2.
func (s *server) answersTLS(t *testing.T) {
	t.Helper()
	nc, err := tls.Dial("tcp", s.listen, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2", "http/1.1"}}) // whose certificate is TestWscatOverTLS's matter
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if p := nc.ConnectionState().NegotiatedProtocol; p != "http/1.1" {
		t.Errorf("negotiated %q", p)
	}
}

// ownAddress is an address of this machine that others reach.
func ownAddress(t *testing.T) string {
	t.Helper()
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addresses {
		if ip, ok := a.(*net.IPNet); ok && ip.IP.To4() != nil && !ip.IP.IsLoopback() && !ip.IP.IsLinkLocalUnicast() {
			return ip.IP.String()
		}
	}
	t.Fatalf("this machine has no address but loopback: %v", addresses)
	return ""
}
