package conn

import (
	"fmt"
	"time"

	"github.com/gobwas/ws"
)

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
	if c.claim() {
		go c.write(nil, 0)
	}
}

// claim takes the writer's part, unless somebody has it. mu is held.
func (c *Conn) claim() bool {
	if c.writing {
		return false
	}
	c.writing = true
	c.writer.Add(1)
	return true
}

// writeHere does the writer's part, which the caller has claimed, as far as
// the socket takes bytes without waiting; the rest is a goroutine's.
func (c *Conn) writeHere() {
	b := c.next(nil)
	if b == nil {
		c.writer.Done()
		return
	}
	n, err := c.direct.put(b.b)
	if err != nil {
		c.failed(err)
		c.writer.Done()
		return
	}
	if n == len(b.b) {
		if b, n = c.next(b), 0; b == nil {
			c.writer.Done()
			return
		}
	}
	go c.write(b, n)
}

// write is the writer goroutine: everything that waits goes out in one call,
// again and again until nothing waits. It begins with what is behind the first
// n bytes of b, if there is one. Serve waits for it.
func (c *Conn) write(b *buffer, n int) {
	defer c.writer.Done()
	if b == nil {
		b = c.next(nil)
	}
	for b != nil {
		if err := c.put(b.b[n:]); err != nil {
			c.failed(err)
			return
		}
		if c.direct != nil {
			_ = c.nc.SetWriteDeadline(time.Time{}) // or a later direct write finds it passed
		}
		b, n = c.next(b), 0
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
