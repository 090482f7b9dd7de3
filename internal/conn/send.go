package conn

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/gobwas/ws"
)

// Why Send refuses. The message was not queued, not even in part.
var (
	ErrClosed = errors.New("conn: the connection is closed or closing")
	ErrFull   = errors.New("conn: the queue is full: the peer does not read fast enough")
)

// Send queues one text message, cut into frames of at most Options.MaxFrame.
// text must be UTF-8 (it is not checked; peers close with 1007 otherwise) and
// is copied. Errors: ErrClosed, ErrFull.
func (c *Conn) Send(text []byte) error {
	max := c.o.maxFrame()
	now := c.age()
	c.mu.Lock()
	defer c.mu.Unlock()
	out, err := c.room(encodedSize(len(text), max))
	if err != nil {
		return err
	}
	out.b = appendMessage(out.b, text, max)
	c.active = now
	c.kick()
	return nil
}

// Prepared is a message encoded once for many connections. It does not change
// and may be shared.
type Prepared struct{ frames []byte }

// Prepare encodes a text message in frames of at most maxFrame bytes; 0 means
// DefaultMaxFrame. text must be UTF-8 and is copied.
func Prepare(text []byte, maxFrame int) Prepared {
	max := or(maxFrame, DefaultMaxFrame)
	return Prepared{appendMessage(make([]byte, 0, encodedSize(len(text), max)), text, max)}
}

// SendPrepared queues p as Send does.
func (c *Conn) SendPrepared(p Prepared) error {
	now := c.age()
	c.mu.Lock()
	defer c.mu.Unlock()
	out, err := c.room(len(p.frames))
	if err != nil {
		return err
	}
	out.b = append(out.b, p.frames...)
	c.active = now
	c.kick()
	return nil
}

// room is the queue if it takes n more bytes. mu is held.
func (c *Conn) room(n int) (*buffer, error) {
	if c.end != nil {
		c.o.Stats.add(WhySendClosed)
		return nil, ErrClosed
	}
	if n > c.o.queue()-c.waiting() {
		c.o.Stats.add(WhyQueueFull)
		return nil, ErrFull
	}
	return c.queued(), nil
}

// waiting is how many bytes are queued or being written. mu is held.
func (c *Conn) waiting() int {
	if c.out == nil {
		return c.flight
	}
	return c.flight + len(c.out.b)
}

// queued is the queue, made if there is none. mu is held.
func (c *Conn) queued() *buffer {
	if c.out == nil {
		c.out = c.o.Buffers.takeWrite()
	}
	return c.out
}

// answer queues the pong for a ping. At most one waits: RFC 6455, 5.5.3 lets
// the latest ping stand for those before it.
func (c *Conn) answer(payload []byte) {
	if payload == nil {
		payload = []byte{}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.end != nil {
		return
	}
	if c.pong != nil {
		c.o.Stats.add(WhyPongMerged)
	}
	c.pong = payload
	c.kick()
}

// kick starts the writer unless it lives. mu is held.
func (c *Conn) kick() {
	if c.writing {
		return
	}
	c.writing = true
	c.writer.Add(1)
	go c.write()
}

// write is the writer goroutine: everything that waits goes out in one call,
// again and again until nothing waits. Serve waits for it.
func (c *Conn) write() {
	defer c.writer.Done()
	var written *buffer
	for {
		b := c.next(written)
		if b == nil {
			return
		}
		if err := c.put(b.b); err != nil {
			c.failed(err)
			return
		}
		written = b
	}
}

// put writes p within the time that a peer has for it.
func (c *Conn) put(p []byte) error {
	if err := c.nc.SetWriteDeadline(time.Now().Add(c.o.writeTimeout())); err != nil {
		return fmt.Errorf("conn: setting the write deadline: %w", err)
	}
	if _, err := c.nc.Write(p); err != nil {
		return fmt.Errorf("conn: writing %d bytes: %w", len(p), err)
	}
	return nil
}

// next gives back what was written and takes what has come since. nil ends the
// writer, which the connection then knows to be gone.
func (c *Conn) next(written *buffer) *buffer {
	if written != nil {
		c.o.Buffers.giveWrite(written)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.flight = 0
	c.flushPong()
	b := c.out
	if b == nil || c.down {
		c.writing = false
		c.awaitAnswer()
		return nil
	}
	c.out, c.flight = nil, len(b.b)
	return b
}

// flushPong moves the waiting pong to the queue. mu is held.
func (c *Conn) flushPong() {
	if c.pong == nil {
		return
	}
	out := c.queued()
	out.b = appendHeader(out.b, ws.OpPong, true, len(c.pong))
	out.b = append(out.b, c.pong...)
	c.pong = nil
}

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
