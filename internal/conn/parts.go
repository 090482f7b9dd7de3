package conn

import "github.com/gobwas/ws"

// SendParts queues one text message that is the parts one after the other, as
// Send queues text, and allocates nothing more. A character may be cut between
// two parts. The parts are copied. Errors: ErrClosed, ErrFull.
func (c *Conn) SendParts(parts ...[]byte) error {
	max, n := c.o.maxFrame(), 0
	for _, p := range parts {
		n += len(p)
	}
	now := c.age()
	c.mu.Lock()
	out, err := c.room(encodedSize(n, max))
	if err != nil {
		c.mu.Unlock()
		return err
	}
	out.b = appendParts(out.b, parts, n, max)
	c.active = now
	c.release()
	return nil
}

// Fan queues a text message for each of bodies, in their order: head, the
// body, tail. It is for an event that goes to many sockets: the bytes are left
// to Options.Fanout, which has the events of several publishers written by one
// call. It allocates nothing.
//
// sent says how many were queued; it is len(bodies) unless there is an error:
// ErrClosed, or ErrFull for the first that did not fit.
func (c *Conn) Fan(head []byte, bodies [][]byte, tail []byte) (sent int, err error) {
	at := c.age()
	c.mu.Lock()
	defer c.mu.Unlock()
	if sent, err = c.queueAll(head, bodies, tail); sent > 0 {
		c.active = at
		c.leave()
	}
	return sent, err
}

// FanNow is Fan, but what is queued is written at once if the socket takes it,
// as Send does. That costs less than Fan for an event now and then, and much
// more when there are many.
func (c *Conn) FanNow(head []byte, bodies [][]byte, tail []byte) (sent int, err error) {
	at := c.age()
	c.mu.Lock()
	if sent, err = c.queueAll(head, bodies, tail); sent == 0 {
		c.mu.Unlock()
		return sent, err
	}
	c.active = at
	c.release()
	return sent, err
}

// queueAll appends messages until one does not fit. mu is held.
func (c *Conn) queueAll(head []byte, bodies [][]byte, tail []byte) (sent int, err error) {
	for _, body := range bodies {
		if err = c.queue(head, body, tail); err != nil {
			break
		}
		sent++
	}
	return sent, err
}

// queue appends one message to what waits. mu is held.
func (c *Conn) queue(head, body, tail []byte) error {
	max := c.o.maxFrame()
	n := len(head) + len(body) + len(tail)
	out, err := c.room(encodedSize(n, max))
	if err != nil {
		return err
	}
	if n > max {
		parts := [3][]byte{head, body, tail}
		out.b = appendParts(out.b, parts[:], n, max)
		return nil
	}
	out.b = append(append(append(appendHeader(out.b, ws.OpText, true, n), head...), body...), tail...)
	return nil
}
