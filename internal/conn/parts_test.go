package conn

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/gobwas/ws"
	"github.com/google/go-cmp/cmp"
)

// cuts are ways to take a text apart.
func cuts(text string) [][][]byte {
	n := len(text)
	var all [][][]byte
	for _, at := range [][]int{{}, {0}, {n}, {n / 2}, {n / 3, n / 3, n / 2}, {0, 1 % (n + 1), n / 2, n}} {
		var parts [][]byte
		last := 0
		for _, i := range at {
			i = max(i, last)
			parts, last = append(parts, []byte(text[last:i])), i
		}
		all = append(all, append(parts, []byte(text[last:])))
	}
	return all
}

// TestParts: a message in parts is the bytes of the message in one.
func TestParts(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, 125, 126, 999, 1000, 1001, 2000, 3500} {
		text := strings.Repeat("ab€", size/5+1)[:size]
		want := appendMessage([]byte("before"), []byte(text), 1000)
		for i, parts := range cuts(text) {
			if got := appendParts([]byte("before"), parts, size, 1000); string(got) != string(want) {
				t.Errorf("%d bytes, cut %d: other bytes than those of one text", size, i)
			}
		}
	}
	if got := appendParts(nil, nil, 0, 1000); string(got) != "\x81\x00" {
		t.Errorf("no parts give %x, want an empty text", got)
	}
}

func TestSendParts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := serve(Options{})
		if err := s.SendParts([]byte(`{"id":"`), []byte("a"), []byte(`"}`)); err != nil {
			t.Fatalf("SendParts: %v", err)
		}
		want := frame{ws.OpText, true, `{"id":"a"}`}
		if diff := cmp.Diff(want, s.next(t)); diff != "" {
			t.Errorf("frame (-want +got):\n%s", diff)
		}
		s.peer.Close()
		<-s.ended
		if err := s.SendParts([]byte("late")); !errors.Is(err, ErrClosed) {
			t.Errorf("after the end: %v, want ErrClosed", err)
		}
	})
}

// TestFan: all bodies of one call go out in one write.
func TestFan(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := serve(Options{MaxFrame: 10})
		sent, err := s.Fan([]byte("<"), [][]byte{[]byte("one"), nil, []byte("three and more")}, []byte(">"))
		if sent != 3 || err != nil {
			t.Fatalf("Fan: %d, %v; want all 3", sent, err)
		}
		b := make([]byte, 4096)
		n, err := s.peer.Read(b)
		want := string(appendMessage(appendMessage(appendMessage(nil, []byte("<one>"), 10), []byte("<>"), 10), []byte("<three and more>"), 10))
		if got := string(b[:n]); got != want || err != nil {
			t.Errorf("one read gave %q, %v; want %q", got, err, want)
		}
		s.peer.Close()
		<-s.ended
		if sent, err := s.FanNow(nil, [][]byte{nil}, nil); sent != 0 || !errors.Is(err, ErrClosed) {
			t.Errorf("after the end: %d, %v; want ErrClosed", sent, err)
		}
	})
}

// TestPartsFull: what does not fit is refused whole, and what is queued stays.
func TestPartsFull(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stats := new(Stats)
		s := serve(Options{Queue: 100, Stats: stats})
		ten := []byte("0123456789")
		if err := s.SendParts(ten, ten); err != nil {
			t.Fatal(err)
		}
		synctest.Wait() // 22 bytes are in the writer's hands
		var bodies [][]byte
		for range 8 {
			bodies = append(bodies, ten)
		}
		if sent, err := s.Fan(nil, bodies, nil); sent != 6 || !errors.Is(err, ErrFull) {
			t.Errorf("Fan: %d, %v; want 6 messages of 12 bytes beside 22 in 100, and ErrFull", sent, err)
		}
		if err := s.SendParts(ten[:5]); !errors.Is(err, ErrFull) || stats.Count(WhyQueueFull) != 2 {
			t.Errorf("SendParts: %v, counted %d; want ErrFull and 2", err, stats.Count(WhyQueueFull))
		}
		if got := s.next(t).Data; got != string(ten)+string(ten) {
			t.Errorf("first frame %q", got)
		}
		for i := range 6 {
			if got := s.next(t).Data; got != string(ten) {
				t.Errorf("frame %d is %q", i, got)
			}
		}
		s.peer.Close()
		<-s.ended
	})
}

// TestPartsAllocations: neither way of sending allocates once the queue has
// its buffer.
func TestPartsAllocations(t *testing.T) {
	c := New(&tape{}, nil, &Options{Buffers: new(Buffers), Queue: 1 << 30})
	c.writing = true // nobody writes
	c.out = &buffer{make([]byte, 0, 1<<20)}
	body, tail := []byte(fmt.Sprint(12345)), []byte(`"}`)
	head := func(room []byte) []byte { return append(room, `{"id":"`...) } // parts may live on the stack
	if got := testing.AllocsPerRun(100, func() {
		var room [64]byte
		_ = c.SendParts(head(room[:0]), body, tail)
	}); got != 0 {
		t.Errorf("SendParts: %v allocations, want none", got)
	}
	bodies := [][]byte{body, body, body}
	if got := testing.AllocsPerRun(100, func() {
		var room [64]byte
		_, _ = c.Fan(head(room[:0]), bodies, tail)
		_, _ = c.FanNow(head(room[:0]), bodies, tail)
	}); got != 0 {
		t.Errorf("Fan: %v allocations, want none", got)
	}
}

// TestFanNow: at once or by the writer, on a socket of the system, the bytes
// are the same and in order.
func TestFanNow(t *testing.T) {
	t.Parallel()
	server, client := loopback(t)
	c := New(server, nil, nil)
	ended := make(chan Closed, 1)
	go func() { ended <- c.Serve() }()
	var want []byte
	for i := range 1000 {
		body := fmt.Append(nil, i)
		fan := c.FanNow
		if i%3 == 0 {
			fan = c.Fan
		}
		if sent, err := fan([]byte("<"), [][]byte{body, body}, []byte(">")); sent != 2 || err != nil {
			t.Fatalf("Fan: %d, %v", sent, err)
		}
		for range 2 {
			want = appendMessage(want, fmt.Append(nil, "<", i, ">"), DefaultMaxFrame)
		}
	}
	got := make([]byte, len(want))
	if _, err := io.ReadFull(client, got); err != nil || string(got) != string(want) {
		t.Errorf("read %v; the bytes are those sent: %v", err, string(got) == string(want))
	}
	client.Close()
	<-ended
}
