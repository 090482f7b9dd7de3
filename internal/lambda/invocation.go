package lambda

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"time"
)

// invocation is one event on its way to a process.
type invocation struct {
	id       string // a UUID, 36 characters
	trace    string // X-Ray header
	arn      string
	deadline time.Time
	payload  []byte
}

// reply is what a process answered.
type reply struct {
	body     []byte
	failed   bool // body is an error document
	last     bool // the process said that it is about to exit
	tooLarge bool
}

// newInvocation gives a payload its ids and its deadline.
func newInvocation(payload []byte, arn string, timeout time.Duration, now time.Time) *invocation {
	return &invocation{
		id:       newRequestID(),
		trace:    newTraceID(now),
		arn:      arn,
		deadline: now.Add(timeout),
		payload:  payload,
	}
}

// newRequestID is a random UUID (RFC 9562, version 4). It names an invocation
// and protects nothing.
func newRequestID() string {
	var raw [16]byte
	fill(raw[:])
	raw[6] = raw[6]&0x0f | 0x40
	raw[8] = raw[8]&0x3f | 0x80
	var out [36]byte
	hex.Encode(out[0:8], raw[0:4])
	hex.Encode(out[9:13], raw[4:6])
	hex.Encode(out[14:18], raw[6:8])
	hex.Encode(out[19:23], raw[8:10])
	hex.Encode(out[24:36], raw[10:16])
	out[8], out[13], out[18], out[23] = '-', '-', '-', '-'
	return string(out[:])
}

// newTraceID is an X-Ray tracing header of an unsampled request.
func newTraceID(now time.Time) string {
	const form = "Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=0"
	var raw [20]byte
	fill(raw[:])
	out := []byte(form)
	var sec [4]byte
	for i, s := 3, uint32(now.Unix()); i >= 0; i, s = i-1, s>>8 { //nolint:gosec // seconds fit until 2106
		sec[i] = byte(s)
	}
	hex.Encode(out[7:15], sec[:])
	hex.Encode(out[16:40], raw[:12])
	hex.Encode(out[48:64], raw[12:])
	return string(out)
}

// newLogStream is a name such as 2026/01/31/[$LATEST]32 hex digits.
func newLogStream(now time.Time) string {
	var raw [16]byte
	fill(raw[:])
	return fmt.Sprintf("%s[$LATEST]%x", now.UTC().Format("2006/01/02/"), raw)
}

// fill writes random bytes into a slice whose length is a multiple of four.
func fill(b []byte) {
	for i := 0; i+4 <= len(b); i += 4 {
		v := rand.Uint32() //nolint:gosec // ids, not secrets
		b[i], b[i+1], b[i+2], b[i+3] = byte(v), byte(v>>8), byte(v>>16), byte(v>>24)
	}
}
