package conn

import (
	"encoding/binary"
	"math"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

// frames is the state of the stream of frames from the peer: a parser that is
// fed bytes as they come and holds only an unfinished header, message and
// control payload.
type frames struct {
	head [ws.MaxHeaderSize]byte
	have uint8 // bytes of head
	body bool  // head is complete, its payload is coming
	skim bool  // look for a close frame only
	kind ws.OpCode
	done int64 // payload bytes seen
	left int64 // payload bytes to come

	open    ws.OpCode // of the message under way; 0: none
	checked int       // bytes of msg that are known to be UTF-8
	msg     []byte
	control []byte
}

// within says that a frame has begun and is not complete.
func (f *frames) within() bool { return f.have > 0 }

func (f *frames) fin() bool    { return f.head[0]&0x80 != 0 }
func (f *frames) masked() bool { return f.head[1]&0x80 != 0 }

// headSize is how long the header is, as far as its first bytes tell.
func (f *frames) headSize() uint8 {
	if f.have < 2 {
		return 2
	}
	size := uint8(2)
	switch f.head[1] & 0x7f {
	case 126:
		size += 2
	case 127:
		size += 8
	}
	if f.masked() {
		size += 4
	}
	return size
}

// fill takes header bytes from p and says how many, and whether the header is
// complete now.
func (f *frames) fill(p []byte) (n int, complete bool) {
	for {
		size := f.headSize()
		k := copy(f.head[f.have:size], p[n:])
		n += k
		f.have += uint8(k)
		if f.have < size {
			return n, false
		}
		if f.have == f.headSize() {
			return n, true
		}
	}
}

// length is the payload length of a complete header; not ok if its top bit is
// set (RFC 6455, 5.2).
func (f *frames) length() (n int64, ok bool) {
	switch l := f.head[1] & 0x7f; l {
	case 126:
		return int64(binary.BigEndian.Uint16(f.head[2:])), true
	case 127:
		u := binary.BigEndian.Uint64(f.head[2:])
		return int64(u & math.MaxInt64), u <= math.MaxInt64
	default:
		return int64(l), true
	}
}

func (f *frames) mask() (key [4]byte) {
	copy(key[:], f.head[f.have-4:])
	return key
}

// start begins the payload of a frame whose header is complete; not nil
// refuses the frame.
func (f *frames) start(o *Options) *refusal {
	length, ok := f.length()
	f.kind, f.done, f.left, f.body = ws.OpCode(f.head[0]&0x0f), 0, length, true
	if f.skim {
		return nil
	}
	switch {
	case !ok:
		return broken("Frame length has its top bit set")
	case f.head[0]&0x70 != 0:
		return broken("Reserved bit set")
	case f.kind.IsReserved():
		return broken("Reserved opcode")
	case !f.masked():
		return broken("Frame is not masked")
	case f.kind.IsControl():
		return f.startControl()
	default:
		return f.startData(o)
	}
}

func (f *frames) startControl() *refusal {
	switch {
	case !f.fin():
		return broken("Fragmented control frame")
	case f.left > ws.MaxControlFramePayloadSize:
		return broken("Control frame over 125 bytes")
	}
	f.control = nil
	return nil
}

func (f *frames) startData(o *Options) *refusal {
	first := f.kind != ws.OpContinuation
	switch {
	case first && f.open != 0:
		return broken("New message inside a message")
	case !first && f.open == 0:
		return broken("Continuation without a message")
	case f.kind == ws.OpBinary && o.RefuseBinary:
		return &refusal{WhyBinary, ws.StatusUnsupportedData, "Binary messages are not supported"}
	case f.left > int64(o.maxFrame()):
		return &refusal{WhyFrameTooBig, ws.StatusMessageTooBig, "Frame too big"}
	case f.left > int64(o.maxMessage()-len(f.msg)):
		return &refusal{WhyMessageTooBig, ws.StatusMessageTooBig, "Message too big"}
	}
	if first {
		f.open = f.kind
	}
	return nil
}

// payload takes the next bytes of a frame's payload; len(p) <= f.left.
func (f *frames) payload(p []byte) *refusal {
	at := int(f.done & 3)
	keep := !f.skim && len(p) > 0
	if keep && f.kind.IsControl() {
		f.control = append(f.control, p...)
		ws.Cipher(f.control[len(f.control)-len(p):], f.mask(), at)
	} else if keep {
		f.grow(len(p))
		f.msg = append(f.msg, p...)
		ws.Cipher(f.msg[len(f.msg)-len(p):], f.mask(), at)
	}
	f.done += int64(len(p))
	f.left -= int64(len(p))
	if f.skim || !f.kind.IsData() {
		return nil
	}
	return f.check()
}

// grow makes room for n more bytes of the message: twice the room there was,
// and never more than the frame says it will use.
func (f *frames) grow(n int) {
	need := len(f.msg) + n
	if need <= cap(f.msg) {
		return
	}
	size := min(max(2*cap(f.msg), need), len(f.msg)+int(f.left))
	f.msg = append(make([]byte, 0, size), f.msg...)
}

// check validates what has come of a text, up to a character that is not
// complete; at the end of the message none may be left.
func (f *frames) check() *refusal {
	if f.open != ws.OpText {
		return nil
	}
	rest := f.msg[f.checked:]
	n := wholeRunes(rest)
	last := f.left == 0 && f.fin()
	if !utf8.Valid(rest[:n]) || last && n < len(rest) {
		return &refusal{WhyNotUTF8, ws.StatusInvalidFramePayloadData, "Text is not UTF-8"}
	}
	f.checked += n
	return nil
}

// wholeRunes is len(p) without a last rune that may still become complete.
func wholeRunes(p []byte) int {
	for i := len(p) - 1; i >= 0 && i >= len(p)-utf8.UTFMax+1; i-- {
		if utf8.RuneStart(p[i]) {
			if utf8.FullRune(p[i:]) {
				return len(p)
			}
			return i
		}
	}
	return len(p)
}

// next forgets a complete frame.
func (f *frames) next() { f.have, f.body = 0, false }

// takeMessage gives away the complete message.
func (f *frames) takeMessage() []byte {
	m := f.msg
	f.open, f.msg, f.checked = 0, nil, 0
	if m == nil {
		m = []byte{}
	}
	return m
}

// ignore looks for nothing but a close frame from here on.
func (f *frames) ignore() {
	f.skim, f.open, f.msg, f.checked, f.control = true, 0, nil, 0, nil
}

// refusal is why what the peer sent ends the connection.
type refusal struct {
	why  Why
	code ws.StatusCode
	text string
}

func (r *refusal) Error() string { return "conn: " + r.why.String() + ": " + r.text }

func broken(text string) *refusal {
	return &refusal{WhyProtocol, ws.StatusProtocolError, text}
}
