package conn

import "errors"

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
	out, err := c.room(encodedSize(len(text), max))
	if err != nil {
		c.mu.Unlock()
		return err
	}
	out.b = appendMessage(out.b, text, max)
	c.active = now
	c.release()
	return nil
}

// release lets what was queued go: at once, as far as the socket takes it
// without waiting, or in the writer's next call. It unlocks mu, which is held.
func (c *Conn) release() {
	here := c.direct != nil && c.claim()
	if !here {
		c.kick()
	}
	c.mu.Unlock()
	if here {
		c.writeHere()
	}
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
