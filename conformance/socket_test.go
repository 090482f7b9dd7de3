//go:build conformance

package conformance

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"
)

// Opcodes of RFC 6455, section 5.2.
const (
	opContinuation = 0x0
	opText         = 0x1
	opBinary       = 0x2
	opClose        = 0x8
	opPing         = 0x9
	opPong         = 0xa
)

// socket is a WebSocket spoken by hand, to send what no client would.
type socket struct {
	nc net.Conn
	r  *bufio.Reader
}

func newSocket(nc net.Conn) *socket {
	s := &socket{nc: nc, r: bufio.NewReader(nc)}
	s.hurry()
	return s
}

// connect opens a socket without a signature.
func (s *server) connect(t testing.TB) *socket {
	t.Helper()
	return open(t, s.apis[0].URL, nil)
}

// open opens a socket, which must succeed.
func open(t testing.TB, address string, header http.Header) *socket {
	t.Helper()
	sock, refused := handshake(t, address, header)
	if refused != nil {
		t.Fatalf("refused: %+v", refused)
	}
	return sock
}

// refusal is a handshake's answer that is not 101.
type refusal struct {
	status  int
	kind    string // x-amzn-ErrorType
	message string // the body's message
	body    string
}

// handshake opens a socket or says how it was refused. A Host in header
// replaces the address's.
func handshake(t testing.TB, address string, header http.Header) (*socket, *refusal) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return upgrade(t, dial(t, u), u, header)
}

// openTrusting opens a socket to a ws or wss address of the server.
func (s *server) openTrusting(t testing.TB, address string, header http.Header) *socket {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	nc := dial(t, u)
	if u.Scheme == "wss" {
		config := s.trust(t)
		config.ServerName = u.Hostname()
		nc = tls.Client(nc, config)
	}
	sock, refused := upgrade(t, nc, u, header)
	if refused != nil {
		t.Fatalf("refused: %+v", refused)
	}
	return sock
}

// upgrade sends the handshake and reads its answer.
func upgrade(t testing.TB, nc net.Conn, u *url.URL, header http.Header) (*socket, *refusal) {
	t.Helper()
	sock := newSocket(nc)
	r := &http.Request{Method: http.MethodGet, URL: u, Host: u.Host, Header: header.Clone()}
	if r.Header == nil {
		r.Header = http.Header{}
	}
	if host := r.Header.Get("Host"); host != "" {
		r.Host = host
	}
	for name, value := range map[string]string{"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="} {
		r.Header.Set(name, value)
	}
	if err := r.Write(nc); err != nil {
		t.Fatalf("handshake: %v", err)
	}
	return sock, sock.answer(t, r)
}

func dial(t testing.TB, u *url.URL) net.Conn {
	t.Helper()
	d := &net.Dialer{Timeout: patience}
	nc, err := d.Dial("tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	return nc
}

// answer reads the response of a handshake; nil if it is a 101.
func (s *socket) answer(t testing.TB, r *http.Request) *refusal {
	t.Helper()
	resp, err := http.ReadResponse(s.r, r)
	if err != nil {
		t.Fatalf("handshake: %v", err)
	}
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return nil
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("handshake: %v", err)
	}
	return &refusal{resp.StatusCode, resp.Header.Get("X-Amzn-Errortype"), messageOf(body), string(body)}
}

// hurry bounds everything until the next hurry.
func (s *socket) hurry() { _ = s.nc.SetDeadline(time.Now().Add(patience)) }

// frame is one frame to write.
type frame struct {
	opcode   byte
	more     bool // FIN is not set
	unmasked bool // as no client may send it
	payload  []byte
}

// write sends a frame as it is told to, right or wrong.
func (s *socket) write(t testing.TB, f frame) {
	t.Helper()
	s.hurry()
	head := []byte{f.opcode | 0x80, 0x80}
	if f.more {
		head[0] = f.opcode
	}
	if f.unmasked {
		head[1] = 0
	}
	switch n := len(f.payload); {
	case n < 126:
		head[1] |= byte(n)
	case n < 1<<16:
		head[1] |= 126
		head = binary.BigEndian.AppendUint16(head, uint16(n))
	default:
		head[1] |= 127
		head = binary.BigEndian.AppendUint64(head, uint64(n))
	}
	if !f.unmasked {
		head = append(head, 0, 0, 0, 0) // the mask that changes nothing
	}
	if _, err := s.nc.Write(append(head, f.payload...)); err != nil {
		t.Logf("write of %d bytes: %v", len(f.payload), err) // closed while we wrote: the next read tells
	}
}

func (s *socket) send(t testing.TB, text string) {
	t.Helper()
	s.write(t, frame{opcode: opText, payload: []byte(text)})
}

// read gives the next frame.
func (s *socket) read() (f frame, err error) {
	s.hurry()
	var head [2]byte
	if _, err = io.ReadFull(s.r, head[:]); err != nil {
		return f, err
	}
	f.opcode, f.more = head[0]&0x0f, head[0]&0x80 == 0
	size := uint64(head[1] & 0x7f)
	var long [8]byte
	switch size {
	case 126:
		_, err = io.ReadFull(s.r, long[6:])
		size = binary.BigEndian.Uint64(long[:])
	case 127:
		_, err = io.ReadFull(s.r, long[:])
		size = binary.BigEndian.Uint64(long[:])
	}
	if err != nil || size > 1<<24 {
		return f, fmt.Errorf("frame of %d bytes: %w", size, err)
	}
	f.payload = make([]byte, size)
	_, err = io.ReadFull(s.r, f.payload)
	return f, err
}

// receive gives the next text message, its frames joined; pings are answered.
func (s *socket) receive(t testing.TB) string {
	t.Helper()
	var text []byte
	for {
		f, err := s.read()
		if err != nil {
			t.Fatalf("receive: %v", err)
		}
		switch f.opcode {
		case opPing:
			s.write(t, frame{opcode: opPong, payload: f.payload})
			continue
		case opText, opContinuation:
			text = append(text, f.payload...)
		default:
			t.Fatalf("received a frame of opcode %d: %q", f.opcode, f.payload)
		}
		if !f.more {
			return string(text)
		}
	}
}

// ask sends a message and gives the next one received.
func (s *socket) ask(t testing.TB, text string) string {
	t.Helper()
	s.send(t, text)
	return s.receive(t)
}

// echoes sends text and wants it back.
func (s *socket) echoes(t testing.TB, text string) {
	t.Helper()
	if got := s.ask(t, text); got != text {
		t.Errorf("sent %.200q, got back %.200q", text, got)
	}
}

// closed reads until the close frame and gives its code; 1006 if the
// connection ended without one, 1005 if it has none.
func (s *socket) closed(t testing.TB) int {
	t.Helper()
	for {
		f, err := s.read()
		switch {
		case err != nil:
			return 1006
		case f.opcode != opClose:
			continue
		case len(f.payload) < 2:
			return 1005
		}
		s.write(t, frame{opcode: opClose, payload: f.payload[:2]})
		return int(binary.BigEndian.Uint16(f.payload))
	}
}

// close closes with a code and waits for the answer.
func (s *socket) close(t testing.TB, code uint16) {
	t.Helper()
	s.write(t, frame{opcode: opClose, payload: binary.BigEndian.AppendUint16(nil, code)})
	s.closed(t)
}

// trust is a client's configuration that trusts the server's own authority and
// nothing else.
func (s *server) trust(t testing.TB) *tls.Config {
	t.Helper()
	pem, err := os.ReadFile(s.authority(t))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		t.Fatal("no certificate in the authority's file")
	}
	return &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
}

// management is the @connections endpoint of an API.
func (a served) management(secure bool) string {
	if secure {
		return "https://" + strings.TrimPrefix(a.SecureURL, "wss://")
	}
	return "http://" + strings.TrimPrefix(a.URL, "ws://")
}
