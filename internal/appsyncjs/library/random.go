package library

import (
	"encoding/binary"
	"io"
)

// fill reads random bytes, or throws.
func (l *library) fill(p []byte) {
	if l.host.Rand == nil {
		l.throw("no random numbers here")
	}
	if _, err := io.ReadFull(l.host.Rand, p); err != nil {
		l.throw("no random numbers: %v", err)
	}
}

func (l *library) uint64() uint64 {
	var b [8]byte
	l.fill(b[:])
	return binary.LittleEndian.Uint64(b[:])
}

// float is at least 0 and below 1, of 53 random bits.
func (l *library) float() float64 { return float64(l.uint64()>>11) / (1 << 53) }
