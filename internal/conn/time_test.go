package conn

import (
	"errors"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"
)

var goingAway = frame{ws.OpClose, true, closeData(1001, "Going away")}

func TestIdle(t *testing.T) {
	t.Parallel()
	const idle = 10 * time.Minute
	tests := []struct {
		name string
		do   func(t *testing.T, s *served) // some minutes after the start
		rest []byte                        // what remains to be said of it
		more time.Duration                 // that it adds to the life
	}{
		{"nothing", func(*testing.T, *served) {}, nil, 0},
		{"a message", func(t *testing.T, s *served) { s.say(t, text("a")) }, nil, 6 * time.Minute},
		{"a fragment", func(t *testing.T, s *served) { s.say(t, wire(ws.OpText, false, "a")) }, nil, 6 * time.Minute},
		{"half a frame", func(t *testing.T, s *served) { s.say(t, text("abc")[:7]) }, text("abc")[7:], 0},
		{"one byte", func(t *testing.T, s *served) { s.say(t, text("abc")[:1]) }, text("abc")[1:], 0},
		{"a pong", func(t *testing.T, s *served) { s.say(t, wire(ws.OpPong, true, "")) }, nil, 6 * time.Minute},
		{"a ping", func(t *testing.T, s *served) { s.say(t, wire(ws.OpPing, true, "")); s.next(t) }, nil, 6 * time.Minute},
		{"a send", func(t *testing.T, s *served) { sends(t, s, "a"); s.next(t) }, nil, 6 * time.Minute},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := serve(Options{Idle: idle})
				start := time.Now()
				time.Sleep(6 * time.Minute) // the bubble's time
				tt.do(t, s)
				if got := s.next(t); got != goingAway {
					t.Errorf("got %v, want %v", got, goingAway)
				}
				if got, want := time.Since(start), idle+tt.more; got != want {
					t.Errorf("closed after %v, want %v", got, want)
				}
				if got, want := s.LastActive(), start.Add(tt.more); !got.Equal(want) {
					t.Errorf("last active at %v, want %v", got, want)
				}
				s.say(t, join(tt.rest, hangup(1001, "")))
				if got := <-s.ended; got.Code != 1001 || got.By != Server || got.Why != WhyIdle || got.Reason != "Going away" || got.Cause != nil {
					t.Errorf("ended %+v, want idle, 1001", got)
				}
			})
		})
	}
}

func sends(t *testing.T, s *served, text string) {
	t.Helper()
	if err := s.Send([]byte(text)); err != nil {
		t.Fatalf("Send: %v", err)
	}
}

func TestLife(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := serve(Options{Idle: 10 * time.Minute, Life: 2 * time.Hour})
		start := time.Now()
		for range 14 { // busy enough never to be idle
			time.Sleep(8 * time.Minute)
			s.say(t, text("a"))
		}
		if got := s.next(t); got != goingAway {
			t.Errorf("got %v, want %v", got, goingAway)
		}
		if got := time.Since(start); got != 2*time.Hour {
			t.Errorf("closed after %v, want 2h", got)
		}
		s.peer.Close()
		if got := <-s.ended; got.Code != 1001 || got.Why != WhyLife {
			t.Errorf("ended %+v, want 1001 for its age", got)
		}
	})
}

func TestCloseAnswered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stats := new(Stats)
		s := serve(Options{Stats: stats})
		sends(t, s, "queued before")
		s.Close(1000, "Connection Closed Normally")
		s.Close(1001, "too late")
		if err := s.Send([]byte("x")); !errors.Is(err, ErrClosed) {
			t.Errorf("Send after Close: %v, want ErrClosed", err)
		}
		if got := s.next(t); got.Data != "queued before" {
			t.Errorf("first frame %v, want what was queued before Close", got)
		}
		if got, want := s.next(t), (frame{ws.OpClose, true, closeData(1000, "Connection Closed Normally")}); got != want {
			t.Errorf("second frame %v, want %v", got, want)
		}
		s.say(t, join(text("late"), wire(ws.OpPing, true, "late"), hangup(1000, "")))
		if got, want := <-s.ended, (Closed{Code: 1000, Reason: "Connection Closed Normally", By: Server, Why: WhyServer}); got != want {
			t.Errorf("ended %+v, want %+v", got, want)
		}
		if len(s.messages) != 0 || stats.Count(WhyLateMessage) != 1 || stats.Count(WhySendClosed) != 1 || stats.Count(WhyServer) != 1 {
			t.Errorf("messages %q, late %d, refused %d, closed %d; want none and 1 each", s.messages,
				stats.Count(WhyLateMessage), stats.Count(WhySendClosed), stats.Count(WhyServer))
		}
	})
}

// TestCloseNotAnswered has peers that do not finish the handshake, each in
// its way; Serve must return within the time-outs.
func TestCloseNotAnswered(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		peer func(t *testing.T, s *served)
		want time.Duration // from Close to the end
	}{
		{"silent", func(t *testing.T, s *served) { s.next(t) }, 5 * time.Second},
		{"reads late", func(t *testing.T, s *served) { time.Sleep(9 * time.Second); s.next(t) }, 14 * time.Second},
		{"never reads", func(*testing.T, *served) {}, 10 * time.Second},
		{"hangs up", func(t *testing.T, s *served) { s.next(t); s.peer.Close() }, 0},
		{"half a frame", func(t *testing.T, s *served) { s.next(t); s.say(t, text("abc")[:4]) }, 5 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := serve(Options{Idle: 6 * time.Second})
				start := time.Now()
				s.Close(1000, "")
				tt.peer(t, s)
				got := <-s.ended
				if got.Code != 1000 || got.By != Server || got.Why != WhyServer || got.Cause == nil {
					t.Errorf("ended %+v, want 1000 by the server with a cause", got)
				}
				if d := time.Since(start); d != tt.want {
					t.Errorf("took %v, want %v", d, tt.want)
				}
				s.peer.Close()
			})
		})
	}
}

func TestSlowConsumer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stats, buffers := new(Stats), new(Buffers)
		stuck := serve(Options{Queue: 10_000, Stats: stats, Buffers: buffers})
		well := serve(Options{Stats: stats, Buffers: buffers})
		start := time.Now()
		var n int
		for ; ; n++ {
			err := stuck.Send(make([]byte, 996))
			if errors.Is(err, ErrFull) {
				break
			} else if err != nil {
				t.Fatalf("Send: %v", err)
			}
		}
		if n != 10 {
			t.Errorf("queue of 10,000 bytes took %d messages of 1,000, want 10", n)
		}
		stuck.locked(func() {
			if got := cap(stuck.out.b); got > 2*10_000 {
				t.Errorf("a queue of 10,000 bytes takes %d bytes of memory", got)
			}
		})
		sends(t, well, "a") // nobody else is held up
		if got := well.next(t).Data; got != "a" || time.Since(start) != 0 {
			t.Errorf("other connection got %q after %v, want it at once", got, time.Since(start))
		}
		got := <-stuck.ended
		if got.Code != 1006 || got.By != Server || got.Why != WhySlowConsumer || !errors.Is(got.Cause, os.ErrDeadlineExceeded) {
			t.Errorf("ended %+v, want 1006 as a slow consumer", got)
		}
		if d := time.Since(start); d != DefaultWriteTimeout {
			t.Errorf("ended after %v, want %v", d, DefaultWriteTimeout)
		}
		if err := stuck.Send(nil); !errors.Is(err, ErrClosed) {
			t.Errorf("Send after the end: %v, want ErrClosed", err)
		}
		if stats.Count(WhySlowConsumer) != 1 || stats.Count(WhyQueueFull) != 1 {
			t.Errorf("slow %d, full %d; want 1 each", stats.Count(WhySlowConsumer), stats.Count(WhyQueueFull))
		}
		well.Drop()
		if got := <-well.ended; got.Code != 1006 || got.By != Server || got.Why != WhyDropped {
			t.Errorf("ended %+v, want dropped", got)
		}
	})
}

// TestPingFlood has a peer that pings and reads nothing.
func TestPingFlood(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stats := new(Stats)
		s := serve(Options{Stats: stats})
		ping := wire(ws.OpPing, true, strings.Repeat("p", 125))
		for range 1000 {
			s.say(t, ping)
		}
		synctest.Wait()
		s.locked(func() {
			if n := s.waiting() + len(s.pong); n > 300 {
				t.Errorf("%d bytes wait after 1,000 pings, want two pongs at most", n)
			}
		})
		if n := stats.Count(WhyPongMerged); n != 998 {
			t.Errorf("%d pongs merged, want 998: one is being written, one waits", n)
		}
		sends(t, s, "still room")
		s.next(t)
		if got := s.next(t).Data; got != "still room" {
			t.Errorf("after the pong came %q, want the message", got)
		}
		s.peer.Close()
		<-s.ended
	})
}

// locked runs f under the connection's lock.
func (s *served) locked(f func()) {
	s.Conn.mu.Lock()
	defer s.Conn.mu.Unlock()
	f()
}

// TestStuckThenClosed: a peer that stops reading must not keep a closing
// connection, with a full queue, beyond the write time-out.
func TestStuckThenClosed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := serve(Options{})
		start := time.Now()
		for s.Send(make([]byte, 1000)) == nil {
		}
		s.Close(1001, "Going away")
		if got := <-s.ended; got.Code != 1001 || got.Cause == nil {
			t.Errorf("ended %+v, want 1001 with a cause", got)
		}
		if d := time.Since(start); d != DefaultWriteTimeout {
			t.Errorf("took %v, want %v", d, DefaultWriteTimeout)
		}
	})
}

// TestNowStamps: a test's clock stamps, and does not stop the time-outs.
func TestNowStamps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		then := time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC)
		s := serve(Options{Idle: time.Minute, Now: func() time.Time { return then }})
		time.Sleep(time.Second)
		s.say(t, text("a"))
		s.next(t)
		s.peer.Close()
		<-s.ended
		if !s.Started().Equal(then) || !s.LastActive().Equal(then.Add(time.Second)) {
			t.Errorf("started %v, active %v; want %v and a second later", s.Started(), s.LastActive(), then)
		}
	})
}

// brokenPipe is a net.Conn whose peer has closed: writes fail, and what it
// said before can be read once a write has failed.
type brokenPipe struct {
	*tape
	failed chan struct{}
}

func (b brokenPipe) Write([]byte) (int, error) { close(b.failed); return 0, os.ErrClosed }

func (b brokenPipe) Read(p []byte) (int, error) { <-b.failed; return b.tape.Read(p) }

// TestWriteFails: what the peer said before it left counts more than our
// failure to write.
func TestWriteFails(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		unread []byte
		want   Closed
	}{
		{"close frame", hangup(4001, "left"), Closed{Code: 4001, Reason: "left", By: Client, Why: WhyClient}},
		{"nothing", nil, Closed{Code: 1006, By: Lost, Why: WhyLost}},
		{"bad frame", hangup(1, ""), Closed{Code: 1006, By: Lost, Why: WhyLost}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := New(brokenPipe{&tape{in: tt.unread, size: 100}, make(chan struct{})}, nil, nil)
			if err := c.Send([]byte("a")); err != nil {
				t.Fatalf("Send: %v", err)
			}
			got := c.Serve()
			if (got.Cause == nil) != (tt.want.By == Client) {
				t.Errorf("cause %v", got.Cause)
			}
			got.Cause = nil
			if got != tt.want {
				t.Errorf("ended %+v, want %+v", got, tt.want)
			}
			if err := c.Send(nil); !errors.Is(err, ErrClosed) {
				t.Errorf("Send: %v, want ErrClosed", err)
			}
		})
	}
}
