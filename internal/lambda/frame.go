package lambda

import (
	"encoding/binary"
	"errors"
	"io"
)

// The private channel carries frames both ways. A frame is a length (4 bytes,
// big endian, of all that follows), a kind (1 byte), the request id (36 bytes,
// blanks when there is none) and the rest:
//
//	to the process    kindInvoke    deadline (8 bytes, epoch ms), length of the
//	                                trace header (1 byte), trace header, event
//	from the process  kindReady     nothing
//	                  kindInitError error document; the process exits
//	                  kindResponse  what the handler returned
//	                  kindError     error document
//	                  kindLastError error document; the process exits
const (
	kindInvoke    byte = 1
	kindReady     byte = 2
	kindInitError byte = 3
	kindResponse  byte = 4
	kindError     byte = 5
	kindLastError byte = 6
)

const (
	idLength   = 36
	frameHead  = 4 + 1 + idLength
	maxDiscard = 64 << 20 // a longer frame is taken for garbage
	keepBuffer = 64 << 10 // a larger buffer is dropped once it is empty
)

// appendInvoke appends the frame of an invocation to b.
func appendInvoke(b []byte, inv *invocation) []byte {
	trace := inv.trace
	if len(trace) > 255 {
		trace = ""
	}
	size := 1 + idLength + 8 + 1 + len(trace) + len(inv.payload)
	b = binary.BigEndian.AppendUint32(b, uint32(size)) //nolint:gosec // payloads end at 6 MB
	b = append(b, kindInvoke)
	b = append(b, inv.id...)
	b = binary.BigEndian.AppendUint64(b, uint64(inv.deadline.UnixMilli())) //nolint:gosec // after 1970
	b = append(b, byte(len(trace)))
	b = append(b, trace...)
	return append(b, inv.payload...)
}

// frame is one frame from a process. Its slices are valid until the next read.
type frame struct {
	kind     byte
	id, body []byte
	tooLarge bool // body was over the limit and has been thrown away
}

// frameReader takes frames off a stream. A read that fails (a deadline) can be
// repeated: what was read stays.
type frameReader struct {
	r         io.Reader
	buf       []byte
	n         int // bytes in buf
	used      int // bytes of the frame handed out last
	oversized frame
	skip      int // bytes of an oversized frame still to come
	large     bool
}

// next reads one frame. It fails with errProtocol for a length that cannot be,
// io.EOF at the end, and whatever the reader fails with.
func (fr *frameReader) next() (frame, error) {
	fr.discardUsed()
	for {
		if fr.large {
			if fr.skip == 0 {
				fr.large = false
				return fr.oversized, nil
			}
		} else if f, ok, err := fr.cut(); ok || err != nil {
			return f, err
		}
		if err := fr.fill(); err != nil {
			return frame{}, err
		}
	}
}

// cut takes a whole frame out of the buffer, if there is one.
func (fr *frameReader) cut() (frame, bool, error) {
	if fr.n < frameHead {
		return frame{}, false, nil
	}
	size := int(binary.BigEndian.Uint32(fr.buf))
	f := frame{kind: fr.buf[4], id: fr.buf[5:frameHead]}
	switch {
	case size < 1+idLength || size > maxDiscard || f.kind < kindReady || f.kind > kindLastError:
		return frame{}, false, errProtocol
	case size-1-idLength > maxReply:
		fr.startSkip(f, 4+size)
		return frame{}, false, nil
	case fr.n < 4+size:
		fr.grow(4 + size)
		return frame{}, false, nil
	}
	f.body = fr.buf[frameHead : 4+size]
	fr.used = 4 + size
	return f, true, nil
}

// startSkip begins to throw away a frame that is over the limit.
func (fr *frameReader) startSkip(f frame, total int) {
	fr.oversized = frame{kind: f.kind, id: append([]byte(nil), f.id...), tooLarge: true}
	fr.large = true
	have := min(fr.n, total)
	copy(fr.buf, fr.buf[have:fr.n])
	fr.n -= have
	fr.skip = total - have
}

// fill reads once into the free part of the buffer.
func (fr *frameReader) fill() error {
	if len(fr.buf) == 0 {
		fr.buf = make([]byte, 4096)
	}
	if fr.n == len(fr.buf) {
		fr.grow(2 * len(fr.buf))
	}
	n, err := fr.r.Read(fr.buf[fr.n:])
	fr.n += n
	if fr.large {
		have := min(fr.n, fr.skip)
		copy(fr.buf, fr.buf[have:fr.n])
		fr.n -= have
		fr.skip -= have
	}
	if n > 0 {
		return nil
	}
	if err == nil {
		return io.ErrNoProgress
	}
	if errors.Is(err, io.EOF) && (fr.n > 0 || fr.large) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// grow makes the buffer hold at least size bytes.
func (fr *frameReader) grow(size int) {
	if size <= len(fr.buf) {
		return
	}
	grown := make([]byte, size)
	copy(grown, fr.buf[:fr.n])
	fr.buf = grown
}

// discardUsed drops the frame handed out last, and a buffer grown too large.
func (fr *frameReader) discardUsed() {
	if fr.used == 0 {
		return
	}
	copy(fr.buf, fr.buf[fr.used:fr.n])
	fr.n -= fr.used
	fr.used = 0
	if fr.n == 0 && len(fr.buf) > keepBuffer {
		fr.buf = nil
	}
}
