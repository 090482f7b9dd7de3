package apigateway_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/google/go-cmp/cmp"

	"github.com/tidewire/tidewire/apigateway"
)

func TestConnEcho(t *testing.T) {
	t.Parallel()
	conn := dial(t, newGateway(t, echo).url, nil)
	for _, text := range []string{`{"a":1}`, "", "ä", strings.Repeat("x", 128<<10)} {
		if err := conn.Send(t.Context(), []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{`{"a":1}`, "", "ä", strings.Repeat("x", 128<<10)} {
		if got := receive(t, conn); string(got.Data) != want || got.Binary || got.Gap != nil {
			t.Fatalf("%d bytes, want %d", len(got.Data), len(want))
		}
	}
}

func TestConnReceivesBinary(t *testing.T) {
	t.Parallel()
	conn := dial(t, newGateway(t, func(p *peer) {
		_ = ws.WriteFrame(p, ws.NewBinaryFrame([]byte{0, 255}))
		echo(p)
	}).url, nil)
	if got := receive(t, conn); !got.Binary || !bytes.Equal(got.Data, []byte{0, 255}) {
		t.Errorf("%+v", got)
	}
}

// API Gateway closes with 1009 for a frame over 32 KB.
func TestSendFrames(t *testing.T) {
	t.Parallel()
	sizes := make(chan []int, 1)
	g := newGateway(t, func(p *peer) {
		for {
			var frames []int
			for fin := false; !fin; {
				f, err := p.frame()
				if err != nil || f.Header.OpCode == ws.OpClose {
					return
				}
				frames, fin = append(frames, len(f.Payload)), f.Header.Fin
			}
			sizes <- frames
		}
	})
	conn := dial(t, g.url, nil)
	for _, test := range []struct {
		size int
		want []int
	}{
		{0, []int{0}},
		{32768, []int{32768}},
		{32769, []int{32768, 1, 0}},
		{131072, []int{32768, 32768, 32768, 32768, 0}},
	} {
		if err := conn.Send(t.Context(), make([]byte, test.size)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, <-sizes); diff != "" {
			t.Errorf("%d bytes: %s", test.size, diff)
		}
	}
	_ = conn.Close(1000, "")
}

func TestSendRefuses(t *testing.T) {
	t.Parallel()
	g := newGateway(t, echo)
	conn := dial(t, g.url, nil)
	if err := conn.Send(t.Context(), make([]byte, 131073)); !errors.Is(err, apigateway.ErrTooLarge) {
		t.Errorf("too large: %v", err)
	}
	if err := conn.Send(t.Context(), []byte{0xff}); !errors.Is(err, apigateway.ErrNotText) {
		t.Errorf("not text: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := conn.Send(ctx, []byte("x")); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
	if err := conn.Send(t.Context(), []byte("still open")); err != nil {
		t.Error(err)
	}
	if got := receive(t, conn); string(got.Data) != "still open" {
		t.Errorf("%s", got.Data)
	}
	unlimited := dial(t, g.url, &apigateway.DialOptions{MaxMessage: -1})
	if err := unlimited.Send(t.Context(), make([]byte, 200_000)); err != nil {
		t.Error(err)
	}
}

// A Receive that gives up leaves the connection as it is.
func TestReceiveContext(t *testing.T) {
	t.Parallel()
	conn := dial(t, newGateway(t, echo).url, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := conn.Receive(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if err := conn.Send(t.Context(), []byte("x")); err != nil {
		t.Fatal(err)
	}
	if got := receive(t, conn); string(got.Data) != "x" {
		t.Errorf("%s", got.Data)
	}
}

func TestServerEnds(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		end  func(p *peer)
		want error
	}{
		{"close frame", func(p *peer) { p.close(1001, "Going away"); _, _ = p.frame() },
			&apigateway.CloseError{Code: 1001, Reason: "Going away"}},
		{"no code", func(p *peer) { _ = ws.WriteFrame(p, ws.NewCloseFrame(nil)); _, _ = p.frame() },
			&apigateway.CloseError{Code: 1005}},
		{"lost", func(*peer) {}, &apigateway.LostError{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			conn := dial(t, newGateway(t, func(p *peer) {
				for range 3 {
					_ = p.text("last words")
				}
				test.end(p)
			}).url, nil)
			for range 3 {
				if m := receive(t, conn); string(m.Data) != "last words" {
					t.Fatalf("%s", m.Data)
				}
			}
			_, err := conn.Receive(t.Context())
			var lost *apigateway.LostError
			if errors.As(test.want, &lost) != errors.As(err, &lost) || lost == nil && !cmp.Equal(err, test.want) {
				t.Errorf("error %v, want %v", err, test.want)
			}
			if sendErr := conn.Send(t.Context(), []byte("x")); !errors.Is(sendErr, err) {
				t.Errorf("send: %v", sendErr)
			}
			if err := conn.Close(1000, ""); err != nil {
				t.Errorf("close: %v", err)
			}
		})
	}
}

// What a server says cannot begin a line of its own, nor control a terminal.
func TestErrorsAreOneLine(t *testing.T) {
	t.Parallel()
	const odd, line = "a\n\x1b[2Jhint: b", "a  [2Jhint: b"
	for err, want := range map[error]string{
		&apigateway.CloseError{Code: 1008, Reason: odd}:                                                     "closed by the server: 1008 " + line,
		&apigateway.RefusedError{URL: "ws://h", Status: 403, Type: odd, Message: odd}:                       "connect ws://h: refused: 403 " + line + ": " + line,
		&apigateway.ResponseError{Op: "GET http://h", Status: 410, Type: odd, Message: odd, RequestID: odd}: "GET http://h: 410 " + line + ": " + line + " (request " + line + ")",
	} {
		if got := err.Error(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestClose(t *testing.T) {
	t.Parallel()
	heard := make(chan ws.Frame, 1)
	conn := dial(t, newGateway(t, func(p *peer) {
		_ = p.text("unread")
		f, _ := p.frame()
		heard <- f
		_ = p.text("too late")
		_ = ws.WriteFrame(p, ws.NewCloseFrame(f.Payload))
		_, _ = p.frame()
	}).url, nil)
	if err := conn.Close(4001, "done"); err != nil {
		t.Error(err)
	}
	f := <-heard
	if code, reason := ws.ParseCloseFrameData(f.Payload); code != 4001 || reason != "done" {
		t.Errorf("closed with %d %q", code, reason)
	}
	for {
		m, err := conn.Receive(t.Context())
		if err == nil && string(m.Data) == "unread" {
			continue // had come before
		}
		if !errors.Is(err, apigateway.ErrClosed) {
			t.Errorf("receive: %q %v", m.Data, err)
		}
		break
	}
	if err := conn.Send(t.Context(), []byte("x")); !errors.Is(err, apigateway.ErrClosed) {
		t.Errorf("send: %v", err)
	}
	if err := conn.Close(1000, ""); err != nil {
		t.Errorf("second close: %v", err)
	}
}

// Close does not wait for anybody to receive what fills the queue.
func TestCloseWithFullQueue(t *testing.T) {
	t.Parallel()
	conn := dial(t, newGateway(t, func(p *peer) {
		for range 1000 {
			_ = p.text("x")
		}
		echo(p)
	}).url, nil)
	receive(t, conn)
	if err := conn.Close(1000, ""); err != nil {
		t.Error(err)
	}
}

func TestCloseRefusesBadCodes(t *testing.T) {
	t.Parallel()
	g := newGateway(t, echo)
	for _, test := range []struct {
		code   int
		reason string
	}{{1006, ""}, {1000, strings.Repeat("r", 124)}} {
		conn := dial(t, g.url, nil)
		if err := conn.Close(test.code, test.reason); err == nil {
			t.Errorf("%d %s: no error", test.code, test.reason)
		}
	}
}

func TestReadLimit(t *testing.T) {
	t.Parallel()
	conn := dial(t, newGateway(t, echo).url, &apigateway.DialOptions{ReadLimit: 10})
	if err := conn.Send(t.Context(), []byte("12345678901")); err != nil {
		t.Fatal(err)
	}
	var lost *apigateway.LostError
	if _, err := conn.Receive(t.Context()); !errors.As(err, &lost) {
		t.Errorf("error %v", err)
	}
}

// A server that is silent, to pings too, is given up; one that answers them
// is not.
func TestPing(t *testing.T) {
	t.Parallel()
	hold := make(chan struct{})
	defer close(hold)
	mute := newGateway(t, func(*peer) { <-hold })
	conn, err := apigateway.Dial(t.Context(), mute.url, &apigateway.DialOptions{PingInterval: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	var lost *apigateway.LostError
	if _, err = conn.Receive(t.Context()); !errors.As(err, &lost) || !strings.Contains(err.Error(), "no answer to a ping") {
		t.Errorf("error %v", err)
	}
	if err := conn.Close(1000, ""); err != nil {
		t.Error(err)
	}
}

func TestPingAnswered(t *testing.T) {
	t.Parallel()
	var pings atomic.Int32
	conn := dial(t, newGateway(t, func(p *peer) {
		for {
			f, err := p.frame()
			if err != nil || f.Header.OpCode == ws.OpClose {
				return
			}
			_ = ws.WriteFrame(p, ws.NewPongFrame(f.Payload))
			if pings.Add(1) == 3 {
				_ = p.text("three")
			}
		}
	}).url, &apigateway.DialOptions{PingInterval: 20 * time.Millisecond})
	if m := receive(t, conn); string(m.Data) != "three" {
		t.Errorf("%s", m.Data)
	}
}

// A full queue stops reading, also of pongs; that is no reason to give up.
func TestPingWhileStalled(t *testing.T) {
	t.Parallel()
	pinged := make(chan struct{}, 100)
	conn := dial(t, newGateway(t, func(p *peer) {
		for range 50 {
			_ = p.text("x")
		}
		for {
			f, err := p.frame()
			if err != nil || f.Header.OpCode == ws.OpClose {
				return
			}
			_ = ws.WriteFrame(p, ws.NewPongFrame(f.Payload))
			pinged <- struct{}{}
		}
	}).url, &apigateway.DialOptions{PingInterval: 10 * time.Millisecond})
	for range 4 {
		<-pinged
	}
	for range 50 {
		receive(t, conn)
	}
}

func TestServerBreaksTheProtocol(t *testing.T) {
	t.Parallel()
	for name, bad := range map[string][]byte{
		"reserved bit":       {0xc1, 0},
		"unknown opcode":     {0x83, 0},
		"lone continuation":  {0x80, 0},
		"fragmented ping":    {0x09, 0},
		"long control frame": append([]byte{0x89, 126, 0, 200}, make([]byte, 200)...),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := dial(t, newGateway(t, func(p *peer) {
				_, _ = p.Write(bad)
				_, _ = p.frame()
			}).url, nil)
			var lost *apigateway.LostError
			if _, err := conn.Receive(t.Context()); !errors.As(err, &lost) || errors.Is(err, net.ErrClosed) {
				t.Errorf("error %v", err)
			}
		})
	}
}
