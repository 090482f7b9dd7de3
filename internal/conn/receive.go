package conn

import (
	"encoding/binary"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

// feed takes the next bytes of the stream, however they were cut. It returns
// errAnswered when the peer's close frame has come, nil otherwise: a refusal
// starts the closing handshake, and reading goes on until it is over.
func (c *Conn) feed(p []byte) error {
	f := &c.in
	for {
		if !f.body {
			n, complete := f.fill(p)
			if !complete {
				return nil
			}
			p = p[n:]
			c.refuse(f.start(c.o))
		}
		n := int(min(int64(len(p)), f.left))
		c.refuse(f.payload(p[:n]))
		p = p[n:]
		if f.left > 0 {
			return nil
		}
		f.next()
		if err := c.frame(); err != nil {
			return err
		}
	}
}

// refuse starts to close for a refusal; nil is none.
func (c *Conn) refuse(r *refusal) {
	if r == nil {
		return
	}
	c.in.ignore()
	c.shut(&Closed{Code: int(r.code), Reason: r.text, By: Server, Why: r.why, Cause: r})
}

// frame handles a complete frame.
func (c *Conn) frame() error {
	f := &c.in
	open := c.touch()
	if f.skim || !open {
		return c.late()
	}
	switch {
	case f.kind == ws.OpClose:
		c.peerCloses(f.control)
		return errAnswered
	case f.kind == ws.OpPing:
		c.answer(f.control)
	case f.kind == ws.OpPong:
	case f.fin():
		text := f.takeMessage()
		if c.o.Message != nil {
			c.o.Message(c, text)
		}
	}
	f.control = nil
	return nil
}

// late handles a complete frame of a connection that is closing.
func (c *Conn) late() error {
	f := &c.in
	if f.kind == ws.OpClose {
		return errAnswered
	}
	if !f.kind.IsControl() && f.fin() {
		c.o.Stats.add(WhyLateMessage)
	}
	f.ignore()
	return nil
}

// touch notes traffic and says whether the connection is open.
func (c *Conn) touch() bool {
	now := c.age()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ending() {
		return false
	}
	c.active = now
	return true
}

// peerCloses starts the end that a close frame with this payload asks for: its
// code is echoed (RFC 6455, 5.5.1), and a payload that may not be is refused.
func (c *Conn) peerCloses(p []byte) {
	if len(p) == 0 {
		c.shut(&Closed{Code: int(ws.StatusNoStatusRcvd), By: Client, Why: WhyClient})
		return
	}
	if r := checkClose(p); r != nil {
		c.refuse(r)
		return
	}
	code := int(binary.BigEndian.Uint16(p))
	c.shut(&Closed{Code: code, Reason: string(p[2:]), By: Client, Why: WhyClient})
}

func checkClose(p []byte) *refusal {
	switch {
	case len(p) < 2:
		return broken("Close frame of one byte")
	case !sendable(int(binary.BigEndian.Uint16(p))):
		return broken("Close code that may not be sent")
	case !utf8.Valid(p[2:]):
		return &refusal{WhyNotUTF8, ws.StatusInvalidFramePayloadData, "Close reason is not UTF-8"}
	}
	return nil
}

// sendable says whether a close code may stand in a frame (RFC 6455, 7.4, and
// the IANA registry: 1012 to 1014 were added later).
func sendable(code int) bool {
	return code >= 1000 && code <= 1003 || code >= 1007 && code <= 1014 || code >= 3000 && code <= 4999
}
