package conn

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/gobwas/ws"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// conversations are what a client may write, and what comes of it. A want
// without Frames expects the close code of Closed alone.
func conversations() []conversation {
	bye := hangup(1000, "bye")
	byClient := Closed{Code: 1000, Reason: "bye", By: Client, Why: WhyClient}
	refused := func(code int, reason string, why Why) Closed {
		return Closed{Code: code, Reason: reason, By: Server, Why: why}
	}
	long := strings.Repeat("x", DefaultMaxFrame)
	return []conversation{
		{"text", join(text("hello"), bye), []string{"hello"}, byClient},
		{"empty text", join(text(""), bye), []string{""}, byClient},
		{"126 bytes", join(text(long[:126]), bye), []string{long[:126]}, byClient},
		{"largest frame", join(text(long), bye), []string{long}, byClient},
		{"largest message", join(fragments(long, long, long, long), bye), []string{strings.Repeat(long, 4)}, byClient},
		{"fragments", join(fragments("a", "", "b", "c"), bye), []string{"abc"}, byClient},
		{"last fragment empty", join(fragments("a", ""), bye), []string{"a"}, byClient},
		{"ping between fragments", join(wire(ws.OpText, false, "a"), wire(ws.OpPing, true, "p"), wire(ws.OpContinuation, true, "b"), bye), []string{"ab"}, byClient},
		{"pong nobody asked for", join(wire(ws.OpPong, true, "p"), text("a"), bye), []string{"a"}, byClient},
		{"binary", join(wire(ws.OpBinary, true, "\xff"), bye), []string{"\xff"}, byClient},
		{"character cut by a fragment", join(fragments("\xe2", "\x82", "\xac"), bye), []string{"€"}, byClient},
		{"close in a message", join(wire(ws.OpText, false, "a"), bye), nil, byClient},
		{"data after close", join(bye), nil, byClient},

		{"unmasked", join(appendMessage(nil, []byte("hi"), 100)), nil, refused(1002, "Frame is not masked", WhyProtocol)},
		{"unmasked and empty", join(appendMessage(nil, nil, 100)), nil, refused(1002, "Frame is not masked", WhyProtocol)},
		{"reserved bit", flip(text("a"), 0, 0x40), nil, refused(1002, "Reserved bit set", WhyProtocol)},
		{"reserved opcode", wire(3, true, "a"), nil, refused(1002, "Reserved opcode", WhyProtocol)},
		{"reserved control opcode", wire(0xb, true, ""), nil, refused(1002, "Reserved opcode", WhyProtocol)},
		{"fragmented ping", wire(ws.OpPing, false, "a"), nil, refused(1002, "Fragmented control frame", WhyProtocol)},
		{"ping of 126 bytes", wire(ws.OpPing, true, long[:126]), nil, refused(1002, "Control frame over 125 bytes", WhyProtocol)},
		{"continuation first", wire(ws.OpContinuation, true, "a"), nil, refused(1002, "Continuation without a message", WhyProtocol)},
		{"message in a message", join(wire(ws.OpText, false, "a"), text("b")), nil, refused(1002, "New message inside a message", WhyProtocol)},
		{"text that is not UTF-8", text("a\xffb"), nil, refused(1007, "Text is not UTF-8", WhyNotUTF8)},
		{"surrogate", text("\xed\xa0\x80"), nil, refused(1007, "Text is not UTF-8", WhyNotUTF8)},
		{"character cut by the end", text("\xe2\x82"), nil, refused(1007, "Text is not UTF-8", WhyNotUTF8)},
		{"character cut by an empty end", fragments("\xe2\x82", ""), nil, refused(1007, "Text is not UTF-8", WhyNotUTF8)},
		{"frame too big", text(long + "x"), nil, refused(1009, "Frame too big", WhyFrameTooBig)},
		{"message too big", fragments(long, long, long, long, "x"), nil, refused(1009, "Message too big", WhyMessageTooBig)},
	}
}

type conversation struct {
	name     string
	script   []byte
	messages []string
	closed   Closed
}

// fragments is one text message in several frames.
func fragments(parts ...string) []byte {
	var b []byte
	op := ws.OpText
	for i, p := range parts {
		b = append(b, wire(op, i == len(parts)-1, p)...)
		op = ws.OpContinuation
	}
	return b
}

func flip(b []byte, i int, bits byte) []byte {
	b[i] ^= bits
	return b
}

func TestConversations(t *testing.T) {
	t.Parallel()
	for _, tt := range conversations() {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				got := play(Options{}, tt.script)
				if diff := cmp.Diff(tt.messages, got.Messages); diff != "" {
					t.Errorf("messages (-want +got):\n%s", diff)
				}
				checkEnd(t, tt.closed, got)
			})
		})
	}
}

// checkEnd compares how it ended and the last frame of the server, which must
// be a close frame with the same code.
func checkEnd(t *testing.T, want Closed, got outcome) {
	t.Helper()
	if diff := cmp.Diff(want, got.Closed, cmpopts.IgnoreFields(Closed{}, "Cause")); diff != "" {
		t.Errorf("ended (-want +got):\n%s", diff)
	}
	if len(got.Frames) == 0 {
		t.Fatal("no frame from the server")
	}
	last := got.Frames[len(got.Frames)-1]
	if last.Op != ws.OpClose || last.Data != closeData(want.Code, want.Reason) {
		t.Errorf("last frame from the server is %v %q, want the close frame %d %q", last.Op, last.Data, want.Code, want.Reason)
	}
}

func TestBinaryRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stats := new(Stats)
		got := play(Options{RefuseBinary: true, Stats: stats}, join(text("a"), wire(ws.OpBinary, true, "b")))
		checkEnd(t, Closed{Code: 1003, Reason: "Binary messages are not supported", By: Server, Why: WhyBinary}, got)
		if n := stats.Count(WhyBinary); n != 1 {
			t.Errorf("%d endings counted as binary, want 1", n)
		}
	})
}

func TestPeerCloseCodes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		payload string
		want    Closed
		answer  string
	}{
		{"none", "", Closed{Code: 1005, By: Client, Why: WhyClient}, ""},
		{"1000", closeData(1000, ""), Closed{Code: 1000, By: Client, Why: WhyClient}, closeData(1000, "")},
		{"1001", closeData(1001, "leaving"), Closed{Code: 1001, Reason: "leaving", By: Client, Why: WhyClient}, closeData(1001, "leaving")},
		{"1014", closeData(1014, ""), Closed{Code: 1014, By: Client, Why: WhyClient}, closeData(1014, "")},
		{"4999", closeData(4999, ""), Closed{Code: 4999, By: Client, Why: WhyClient}, closeData(4999, "")},
		{"longest reason", closeData(3000, strings.Repeat("r", 123)), Closed{Code: 3000, Reason: strings.Repeat("r", 123), By: Client, Why: WhyClient}, closeData(3000, strings.Repeat("r", 123))},
		{"one byte", "\x03", badClose("Close frame of one byte"), ""},
		{"reason not UTF-8", closeData(1000, "\xff"), Closed{Code: 1007, Reason: "Close reason is not UTF-8", By: Server, Why: WhyNotUTF8}, ""},
	}
	for _, code := range []int{0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535} {
		tests = append(tests, struct {
			name    string
			payload string
			want    Closed
			answer  string
		}{"bad code", closeData(code, ""), badClose("Close code that may not be sent"), ""})
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				got := play(Options{}, wire(ws.OpClose, true, tt.payload))
				if diff := cmp.Diff(tt.want, got.Closed, cmpopts.IgnoreFields(Closed{}, "Cause")); diff != "" {
					t.Errorf("ended (-want +got):\n%s", diff)
				}
				if tt.answer == "" && tt.want.By == Server {
					tt.answer = closeData(tt.want.Code, tt.want.Reason)
				}
				if diff := cmp.Diff([]frame{{ws.OpClose, true, tt.answer}}, got.Frames); diff != "" {
					t.Errorf("frames (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func badClose(reason string) Closed {
	return Closed{Code: 1002, Reason: reason, By: Server, Why: WhyProtocol}
}

// TestCuts feeds every conversation in pieces of every kind; nothing may
// depend on how the stream was cut, nor on what the handshake left over.
func TestCuts(t *testing.T) {
	t.Parallel()
	for _, tt := range conversations() {
		for _, size := range []int{1, 2, 3, 7, 4096, 5000, 1 << 20} {
			got := replay(tt.script, size, &Options{})
			if diff := cmp.Diff(tt.messages, got.Messages, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s in pieces of %d: messages (-want +got):\n%s", tt.name, size, diff)
			}
			if diff := cmp.Diff(tt.closed, got.Closed, cmpopts.IgnoreFields(Closed{}, "Cause")); diff != "" {
				t.Errorf("%s in pieces of %d: ended (-want +got):\n%s", tt.name, size, diff)
			}
		}
	}
}

func TestLeftover(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		all := join(text("first"), text("second"), hangup(1000, ""))
		leftover := join(all[:15])
		got := play(Options{}, all[15:], leftover...)
		if diff := cmp.Diff([]string{"first", "second"}, got.Messages); diff != "" {
			t.Errorf("messages (-want +got):\n%s", diff)
		}
	})
}

func TestPong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := serve(Options{})
		for _, payload := range []string{"", "p", strings.Repeat("p", 125)} {
			s.say(t, wire(ws.OpPing, true, payload))
			if got, want := s.next(t), (frame{ws.OpPong, true, payload}); got != want {
				t.Errorf("answer to a ping: %v, want %v", got, want)
			}
		}
		s.peer.Close()
		if got := <-s.ended; got.Code != 1006 || got.By != Lost || got.Why != WhyLost || got.Cause == nil {
			t.Errorf("ended %+v, want 1006, lost, with a cause", got)
		}
	})
}
