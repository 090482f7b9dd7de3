package conn

import (
	"encoding/binary"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

// maxReason is the room for a close reason: a control frame without the code.
const maxReason = ws.MaxControlFramePayloadSize - 2

// encodedSize is how many bytes a message of n bytes takes on the wire.
func encodedSize(n, maxFrame int) int {
	frames := max(1, (n+maxFrame-1)/maxFrame)
	last := n - (frames-1)*maxFrame
	return n + (frames-1)*headerSize(maxFrame) + headerSize(last)
}

func appendMessage(b, text []byte, maxFrame int) []byte {
	op := ws.OpText
	for len(text) > maxFrame {
		b = append(appendHeader(b, op, false, maxFrame), text[:maxFrame]...)
		text, op = text[maxFrame:], ws.OpContinuation
	}
	return append(appendHeader(b, op, true, len(text)), text...)
}

// appendParts appends one message of n bytes, which are those of parts.
func appendParts(b []byte, parts [][]byte, n, maxFrame int) []byte {
	left := min(n, maxFrame) // left: bytes to come of the frame
	b = appendHeader(b, ws.OpText, n <= maxFrame, left)
	for _, p := range parts {
		for len(p) > 0 {
			if left == 0 {
				left = min(n, maxFrame)
				b = appendHeader(b, ws.OpContinuation, n <= maxFrame, left)
			}
			k := min(left, len(p))
			b, p = append(b, p[:k]...), p[k:]
			n, left = n-k, left-k
		}
	}
	return b
}

func headerSize(n int) int {
	switch {
	case n <= 125:
		return 2
	case n <= 0xffff:
		return 4
	default:
		return 10
	}
}

// appendHeader appends the header of an unmasked frame (RFC 6455, 5.2).
func appendHeader(b []byte, op ws.OpCode, fin bool, n int) []byte {
	first := byte(op)
	if fin {
		first |= 0x80
	}
	switch headerSize(n) {
	case 2:
		return append(b, first, byte(n))
	case 4:
		return binary.BigEndian.AppendUint16(append(b, first, 126), uint16(n))
	default:
		return binary.BigEndian.AppendUint64(append(b, first, 127), uint64(n))
	}
}

// appendClose appends a close frame, empty if code may not be sent.
func appendClose(b []byte, code int, reason string) []byte {
	if !sendable(code) {
		return appendHeader(b, ws.OpClose, true, 0)
	}
	b = appendHeader(b, ws.OpClose, true, 2+len(reason))
	return append(binary.BigEndian.AppendUint16(b, uint16(code)), reason...)
}

// clip cuts a reason to what a close frame takes, between characters.
func clip(s string) string {
	if len(s) <= maxReason {
		return s
	}
	n := maxReason
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
