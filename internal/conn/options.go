package conn

import (
	"sync"
	"time"
)

// What Options fields mean when they are zero. The sizes are the quotas of
// API Gateway WebSocket APIs.
const (
	DefaultMaxMessage   = 128 << 10 // bytes of one message
	DefaultMaxFrame     = 32 << 10  // bytes of one frame's payload
	DefaultQueue        = 256 << 10 // bytes waiting to be written
	DefaultWriteTimeout = 10 * time.Second
	DefaultCloseTimeout = 5 * time.Second
)

// Options say how connections behave. One value serves many connections; it
// must not change after the first [New]. nil means all defaults.
type Options struct {
	// MaxMessage and MaxFrame bound what the peer may send, in payload bytes;
	// over either the connection is closed with 1009. Messages going out are
	// cut into frames of at most MaxFrame. 0: the defaults.
	MaxMessage, MaxFrame int
	// Queue bounds the encoded bytes that wait or are being written; a message
	// that does not fit is refused with [ErrFull]. It must hold the largest
	// message and 10 bytes for each of its frames. 0: DefaultQueue.
	Queue int

	// Idle closes (1001) a connection on which no frame was received and no
	// message sent for so long. Any whole frame counts, pings too; the pong
	// that answers does not. Life closes (1001) one that is so old. 0: never.
	Idle, Life time.Duration
	// WriteTimeout is how long the peer may take for one write; then the
	// connection is dropped as a slow consumer. 0: DefaultWriteTimeout.
	WriteTimeout time.Duration
	// CloseTimeout is how long the peer may take to answer our close frame,
	// counted from when it was written. 0: DefaultCloseTimeout.
	CloseTimeout time.Duration

	// Message gets each whole message, in the reader's goroutine, until the
	// connection is closing. It may keep text. c.Owner says whose it is. nil: messages are read and forgotten.
	Message func(c *Conn, text []byte)
	// RefuseBinary closes (1003) on a binary message; otherwise Message gets
	// it like a text, unvalidated.
	RefuseBinary bool

	// Now stamps Started and LastActive. nil: time.Now. Time-outs follow the
	// real clock in any case.
	Now func() time.Time
	// Buffers shares buffers between connections. nil: each allocates its own
	// when it needs one.
	Buffers *Buffers
	// Fanout writes what Fan queues. nil: each connection's own goroutine does,
	// as it does for TLS.
	Fanout *Fanout
	// Stats counts endings and drops. nil: nobody counts.
	Stats *Stats
}

func (o *Options) maxMessage() int { return or(o.MaxMessage, DefaultMaxMessage) }
func (o *Options) maxFrame() int   { return or(o.MaxFrame, DefaultMaxFrame) }
func (o *Options) queue() int      { return or(o.Queue, DefaultQueue) }

func (o *Options) writeTimeout() time.Duration { return or(o.WriteTimeout, DefaultWriteTimeout) }
func (o *Options) closeTimeout() time.Duration { return or(o.CloseTimeout, DefaultCloseTimeout) }

// or is n, or the default if n is not positive.
func or[N int | time.Duration](n, otherwise N) N {
	if n > 0 {
		return n
	}
	return otherwise
}

// Buffers is a store of buffers for connections that have the same life, such
// as all those of one server. The zero value is ready; it is safe for
// concurrent use.
type Buffers struct {
	read, write sync.Pool
}

const (
	readSize = 4 << 10  // a read buffer
	keepSize = 16 << 10 // a write buffer larger than this is left to the collector
)

// buffer is bytes on their way out.
type buffer struct{ b []byte }

func (s *Buffers) takeRead() *[readSize]byte {
	if s != nil {
		if b, ok := s.read.Get().(*[readSize]byte); ok {
			return b
		}
	}
	return new([readSize]byte)
}

func (s *Buffers) giveRead(b *[readSize]byte) {
	if s != nil {
		s.read.Put(b)
	}
}

func (s *Buffers) takeWrite() *buffer {
	if s != nil {
		if b, ok := s.write.Get().(*buffer); ok {
			return b
		}
	}
	return new(buffer)
}

func (s *Buffers) giveWrite(b *buffer) {
	if s != nil && cap(b.b) <= keepSize {
		b.b = b.b[:0]
		s.write.Put(b)
	}
}
