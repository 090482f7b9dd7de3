package websocketapi

import (
	"encoding/base64"
	"encoding/hex"
	"math/rand/v2"
	"strconv"
	"time"
)

// shortIDLen is the length of connection, message and request ids: base64 of
// eleven bytes.
const shortIDLen = 16

// random gives 64 random bits. Ids only have to be distinct; they grant
// nothing.
type random func() uint64

// newRandom is the process's own seeded source; it is safe for concurrent
// use and needs no lock.
func newRandom() random { return rand.Uint64 }

// shortID is a new id of API Gateway's form: fifteen characters of the URL
// alphabet and one "=".
func (r random) shortID() (id [shortIDLen]byte) {
	var raw [11]byte
	putBits(raw[:8], r())
	putBits(raw[8:], r())
	base64.URLEncoding.Encode(id[:], raw[:])
	return id
}

// uuid is a random UUID (RFC 9562, version 4).
func (r random) uuid() string {
	var raw [16]byte
	putBits(raw[:8], r())
	putBits(raw[8:], r())
	raw[6] = raw[6]&0x0f | 0x40
	raw[8] = raw[8]&0x3f | 0x80
	text := hex.AppendEncode(make([]byte, 0, 36), raw[:4])
	for _, cut := range [][]byte{raw[4:6], raw[6:8], raw[8:10], raw[10:]} {
		text = hex.AppendEncode(append(text, '-'), cut)
	}
	return string(text)
}

// traceID is a new X-Amzn-Trace-Id: Root=1-{seconds, 8 hex}-{24 hex}.
func (r random) traceID(now time.Time) string {
	var raw [12]byte
	putBits(raw[:8], r())
	putBits(raw[8:], r())
	text := append(make([]byte, 0, 40), "Root=1-"...)
	text = strconv.AppendUint(text, uint64(now.Unix())&0xffffffff, 16)
	return string(hex.AppendEncode(append(text, '-'), raw[:]))
}

// putBits fills dst, at most eight bytes, from bits.
func putBits(dst []byte, bits uint64) {
	for i := range dst {
		dst[i] = byte(bits >> (8 * i))
	}
}
