package conn

import (
	"bytes"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/gobwas/ws"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// FuzzReader plays any stream in pieces of any size and asks for what must
// hold of every stream: it ends, with one close frame at most and nothing
// behind it; no message breaks a limit; nothing more is held than was sent;
// and how the stream was cut does not matter.
func FuzzReader(f *testing.F) {
	for _, c := range conversations() {
		if len(c.script) < 10_000 {
			f.Add(c.script, uint16(1))
			f.Add(c.script, uint16(5000))
		}
	}
	f.Add(join(text("a"), wire(ws.OpPing, true, "p"), fragments("x", "y"), hangup(1000, "r")), uint16(3))
	o := &Options{MaxMessage: 3000, MaxFrame: 1000}
	f.Fuzz(func(t *testing.T, script []byte, size uint16) {
		got := replay(script, max(1, int(size)), o)
		for _, m := range got.Messages {
			if len(m) > o.MaxMessage {
				t.Errorf("message of %d bytes, at most %d are allowed", len(m), o.MaxMessage)
			}
		}
		checkFrames(t, got)
		whole := replay(script, len(script)+1, o)
		if diff := cmp.Diff(whole.Messages, got.Messages); diff != "" {
			t.Errorf("messages depend on the cuts (-whole +cut):\n%s", diff)
		}
		if diff := cmp.Diff(whole.Closed, got.Closed, cmpopts.IgnoreFields(Closed{}, "Cause")); diff != "" {
			t.Errorf("ending depends on the cuts (-whole +cut):\n%s", diff)
		}
	})
}

// checkFrames checks what the server wrote: pongs, then a close frame unless
// the transport was lost.
func checkFrames(t *testing.T, got outcome) {
	t.Helper()
	at := slices.IndexFunc(got.Frames, func(f frame) bool { return f.Op == ws.OpClose })
	if at >= 0 && at != len(got.Frames)-1 {
		t.Errorf("frames %v behind the close frame", got.Frames[at+1:])
	}
	if got.Closed.By == Client && at < 0 {
		t.Errorf("ended %+v without a close frame", got.Closed)
	}
	for _, f := range got.Frames {
		if f.Op != ws.OpClose && f.Op != ws.OpPong {
			t.Errorf("the server sent %v of its own accord", f)
		}
	}
	if c := got.Closed.Code; !sendable(c) && c != 1005 && c != 1006 {
		t.Errorf("ended with code %d", c)
	}
}

// FuzzFrames feeds the parser alone and checks after every piece what it
// holds: never more than twice what has come, never more than the limits.
func FuzzFrames(f *testing.F) {
	for _, c := range conversations() {
		if len(c.script) < 10_000 {
			f.Add(c.script, uint8(1))
		}
	}
	f.Fuzz(func(t *testing.T, script []byte, size uint8) {
		o := &Options{MaxMessage: 3000, MaxFrame: 1000, Message: func(_ *Conn, text []byte) {}}
		c := New(&tape{}, nil, o)
		fed := 0
		for piece := range slices.Chunk(script, max(1, int(size))) {
			err := c.feed(piece)
			fed += len(piece)
			held := cap(c.in.msg) + cap(c.in.control)
			if most := min(2*fed, o.MaxMessage) + 256; held > most { // 256: a control frame, rounded up
				t.Fatalf("%d bytes held after %d", held, fed)
			}
			if err != nil {
				break
			}
		}
		c.writer.Wait()
	})
}

// FuzzRunes compares the incremental check with the one of the whole.
func FuzzRunes(f *testing.F) {
	f.Add([]byte("aé€😀"), uint8(3))
	f.Add([]byte("\xf0\x9f\x98"), uint8(1))
	f.Add([]byte("\xed\xa0\x80"), uint8(2))
	f.Add([]byte("\xf4\x90\x80\x80"), uint8(1))
	f.Fuzz(func(t *testing.T, p []byte, cut uint8) {
		at := min(int(cut), len(p))
		var messages [][]byte
		o := &Options{Message: func(_ *Conn, text []byte) { messages = append(messages, text) }}
		c := New(&tape{in: fragments(string(p[:at]), "", string(p[at:])), size: 1000}, nil, o)
		ended := c.Serve()
		if ok := len(messages) == 1 && bytes.Equal(messages[0], p); ok != utf8.Valid(p) {
			t.Errorf("%q cut at %d: delivered %v, UTF-8 %v, ended %+v", p, at, ok, utf8.Valid(p), ended)
		}
	})
}

// FuzzMask compares the unmasking of any payload, in any pieces, with the
// definition (RFC 6455, 5.3).
func FuzzMask(f *testing.F) {
	f.Add([]byte("hello, this is more than thirty-two bytes long, for the blocks"), uint8(5))
	f.Fuzz(func(t *testing.T, p []byte, size uint8) {
		p = p[:min(len(p), DefaultMaxFrame)]
		got := replay(wire(ws.OpBinary, true, string(p)), 1+int(size), &Options{})
		if len(got.Messages) != 1 || got.Messages[0] != string(p) {
			t.Errorf("%q in pieces of %d came as %q", p, size, got.Messages)
		}
	})
}
