package conn

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/gobwas/ws"
	"github.com/google/go-cmp/cmp"
)

func TestSendFragments(t *testing.T) {
	t.Parallel()
	tests := []struct {
		size int
		want []int // frame sizes
	}{
		{0, []int{0}}, {1, []int{1}}, {125, []int{125}}, {126, []int{126}},
		{32768, []int{32768}}, {32769, []int{32768, 1}}, {65536, []int{32768, 32768}},
		{131072, []int{32768, 32768, 32768, 32768}},
	}
	for _, tt := range tests {
		for _, prepared := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d %v", tt.size, prepared), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					s := serve(Options{})
					text := strings.Repeat("ab€", tt.size/5+1)[:tt.size]
					send(t, s, text, prepared)
					var got []int
					var joined string
					for last := false; !last; {
						f := s.next(t)
						if want := ws.OpText; len(got) == 0 && f.Op != want || len(got) > 0 && f.Op != ws.OpContinuation {
							t.Errorf("frame %d has opcode %v", len(got), f.Op)
						}
						got, joined, last = append(got, len(f.Data)), joined+f.Data, f.Fin
					}
					if diff := cmp.Diff(tt.want, got); diff != "" || joined != text {
						t.Errorf("text the same: %v; frames (-want +got):\n%s", joined == text, diff)
					}
					s.peer.Close()
					<-s.ended
				})
			})
		}
	}
}

func send(t *testing.T, s *served, text string, prepared bool) {
	t.Helper()
	if !prepared {
		sends(t, s, text)
		return
	}
	p := Prepare([]byte(text), 0)
	if got, want := len(p.frames), encodedSize(len(text), DefaultMaxFrame); got != want || cap(p.frames) != want {
		t.Errorf("%d bytes prepared with room for %d, encodedSize says %d", got, cap(p.frames), want)
	}
	if err := s.SendPrepared(p); err != nil {
		t.Fatalf("SendPrepared: %v", err)
	}
}

// TestLongHeader: frames of more than 65,535 bytes, which only other limits
// than AWS's allow.
func TestLongHeader(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		long := strings.Repeat("x", 70_000)
		got := play(Options{MaxFrame: 1 << 20, MaxMessage: 1 << 20, Message: func(c *Conn, text []byte) {
			if err := c.Send(text); err != nil {
				t.Errorf("Send: %v", err)
			}
		}}, join(text(long), hangup(1000, "")))
		want := []frame{{ws.OpText, true, long}, {ws.OpClose, true, closeData(1000, "")}}
		if diff := cmp.Diff(want, got.Frames); diff != "" {
			t.Errorf("frames (-want +got):\n%s", diff)
		}
	})
}

// TestCoalesce: what is sent while a write is under way goes out in one write.
func TestCoalesce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := serve(Options{})
		sends(t, s, "first")
		synctest.Wait() // the writer is in its first write
		for i := range 100 {
			sends(t, s, fmt.Sprint(i))
		}
		s.next(t)
		b := make([]byte, 4096)
		n, err := s.peer.Read(b)
		if want := 10*3 + 90*4; n != want || err != nil {
			t.Errorf("second read gave %d bytes, %v; want the %d bytes of 100 messages", n, err, want)
		}
		s.peer.Close()
		<-s.ended
	})
}

// TestReason cuts a long reason between characters.
func TestReason(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := serve(Options{})
		s.Close(1000, strings.Repeat("€", 50))
		want := strings.Repeat("€", 41)
		if got := s.next(t).Data; got != closeData(1000, want) {
			t.Errorf("close frame %q, want 41 of 50 characters", got)
		}
		s.say(t, hangup(1000, ""))
		if got := <-s.ended; got.Reason != want {
			t.Errorf("reason %q, want 41 of 50 characters", got.Reason)
		}
	})
}

// TestManyAtOnce uses one connection from many goroutines while it closes.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	var got outcome
	var wg sync.WaitGroup
	o := Options{Buffers: new(Buffers), Stats: new(Stats)}
	o.Message = func(c *Conn, text []byte) {
		wg.Go(func() { _ = c.Send(text) }) // refused once it closes
		wg.Go(func() {
			_ = c.SendPrepared(Prepare(text, 0))
			c.LastActive()
			if len(text) == 500 {
				c.Close(1000, "enough")
			}
		})
	}
	var script []byte
	for i := range 1000 {
		script = append(script, text(strings.Repeat("m", i))...)
		script = append(script, wire(ws.OpPing, true, "p")...)
	}
	got = play(o, script)
	wg.Wait()
	if got.Closed.Code != 1000 || got.Closed.Reason != "enough" {
		t.Errorf("ended %+v, want our own 1000", got.Closed)
	}
	if n := len(got.Messages); n < 501 {
		t.Errorf("%d messages, want those before Close", n)
	}
}
