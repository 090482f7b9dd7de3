package conn

import (
	"errors"
	"net"
	"os"
	"time"

	"github.com/gobwas/ws"
)

// By says who ended a connection.
type By uint8

// Who ends a connection.
const (
	Client By = iota // it sent a close frame before we did
	Server           // Close, Drop, a time-out or a refusal
	Lost             // nobody: the transport ended without a close frame
)

// String is "client", "server" or "lost".
func (b By) String() string {
	switch b {
	case Client:
		return "client"
	case Server:
		return "server"
	default:
		return "lost"
	}
}

// Closed is how a connection ended.
type Closed struct {
	// Code and Reason are those of the close frame that came first. Code is
	// 1005 if that frame had none, and 1006 if there was no close frame (By is
	// Lost, or Why is WhySlowConsumer or WhyDropped).
	Code   int
	Reason string
	By     By
	Why    Why   // as counted in Stats
	Cause  error // more about it, for a log; nil if all was said and answered
}

// errNoAnswer ends a connection whose peer left our close frame unanswered.
var errNoAnswer = errors.New("conn: the peer did not answer our close frame in time")

// errDropped is the cause of an ending by Drop.
var errDropped = errors.New("conn: dropped without a closing handshake")

// Close starts the closing handshake with a code and a reason (cut to 123
// bytes): what is queued goes out, then the close frame, and Serve returns
// when the peer has answered or has not within Options.CloseTimeout. A code
// that may not stand in a frame (such as 1005) sends a frame without one. It
// does not block; on a connection that is closing it does nothing.
func (c *Conn) Close(code int, reason string) {
	c.shut(&Closed{Code: code, Reason: clip(reason), By: Server, Why: WhyServer})
}

// Drop ends the connection at once, without a close frame; what is queued is
// lost. Serve returns soon after.
func (c *Conn) Drop() {
	c.mu.Lock()
	if c.end == nil {
		c.end = &Closed{Code: int(ws.StatusAbnormalClosure), By: Server, Why: WhyDropped, Cause: errDropped}
	}
	c.down = true
	c.mu.Unlock()
	cut(c.nc)
}

// ending says that it is decided how the connection ends. A failed write
// decides nothing yet: the peer's close frame may still be read. mu is held.
func (c *Conn) ending() bool { return c.end != nil && c.end.By != Lost }

// shut queues the close frame of end, once.
func (c *Conn) shut(end *Closed) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shutLocked(end)
}

func (c *Conn) shutLocked(end *Closed) {
	if c.ending() || c.end != nil && end.By != Client {
		return
	}
	c.end = end
	if c.down {
		return
	}
	c.flushPong()
	out := c.queued()
	out.b = appendClose(out.b, end.Code, end.Reason)
	c.kick()
}

// expire is called when the read deadline has passed, and once by New: it
// closes what is idle or too old, gives up on a peer that does not answer our
// close frame, and otherwise sets the deadline anew. There is no timer, and
// traffic does not touch the deadline.
func (c *Conn) expire() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.age()
	switch {
	case c.wake > now: // somebody has moved it
		return c.arm(c.wake)
	case c.end != nil && c.writing: // the writer will set it
		return c.arm(0)
	case c.end != nil:
		return errNoAnswer
	}
	due, why := c.due()
	if due != 0 && now >= due {
		c.shutLocked(&Closed{Code: int(ws.StatusGoingAway), Reason: "Going away", By: Server, Why: why})
		due = 0
	}
	return c.arm(due)
}

// due is when the connection becomes idle or too old, since born; 0: never.
// mu is held.
func (c *Conn) due() (at time.Duration, why Why) {
	if c.o.Idle > 0 {
		at, why = c.active+c.o.Idle, WhyIdle
	}
	if c.o.Life > 0 && (at == 0 || c.o.Life < at) {
		at, why = c.o.Life, WhyLife
	}
	return at, why
}

// arm sets the read deadline; 0 is none. mu is held.
func (c *Conn) arm(at time.Duration) error {
	c.wake = at
	if at == 0 {
		return c.nc.SetReadDeadline(time.Time{})
	}
	return c.nc.SetReadDeadline(c.born.Add(at))
}

// awaitAnswer gives the reader a last deadline once the writer has nothing
// more to write to a connection that is ending. mu is held.
func (c *Conn) awaitAnswer() {
	if c.end != nil {
		_ = c.arm(c.age() + c.o.closeTimeout()) // fails only if closed, which wakes the reader too
	}
}

// failed ends the writer after a write error. A peer too slow to take its
// bytes is cut off. After other errors the reader goes on for a while: the
// peer's close frame may be waiting there, and says more than our error.
func (c *Conn) failed(err error) {
	end := &Closed{Code: int(ws.StatusAbnormalClosure), By: Lost, Why: WhyLost, Cause: err}
	slow := errors.Is(err, os.ErrDeadlineExceeded)
	if slow {
		end.By, end.Why = Server, WhySlowConsumer
	}
	c.mu.Lock()
	c.writing, c.down, c.flight, c.out, c.pong = false, true, 0, nil, nil
	if c.end == nil {
		c.end = end
	}
	c.awaitAnswer()
	c.mu.Unlock()
	if slow {
		cut(c.nc)
	}
}

// finish ends everything, given why the read loop ended.
func (c *Conn) finish(err error) Closed {
	if errors.Is(err, errAnswered) {
		c.writer.Wait() // our close frame goes out first, within the write time-out
	}
	end := c.settle(err)
	if errors.Is(err, errNoAnswer) {
		cut(c.nc)
	}
	_ = c.nc.Close() // it may be cut already
	c.writer.Wait()
	c.o.Stats.add(end.Why)
	return end
}

// settle decides how the connection ended and forgets what is queued.
func (c *Conn) settle(err error) Closed {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.down, c.out, c.pong = true, nil, nil
	if c.end == nil {
		c.end = &Closed{Code: int(ws.StatusAbnormalClosure), By: Lost, Why: WhyLost, Cause: err}
	}
	if c.ending() && errors.Is(err, errNoAnswer) {
		c.o.Stats.add(WhyNoAnswer)
	}
	if c.end.Cause == nil && !errors.Is(err, errAnswered) {
		c.end.Cause = err
	}
	return *c.end
}

// cut closes the transport under any TLS without farewell: unsent bytes are
// thrown away, and nothing can block.
func cut(nc net.Conn) {
	if t, ok := nc.(interface{ NetConn() net.Conn }); ok {
		nc = t.NetConn()
	}
	if l, ok := nc.(interface{ SetLinger(int) error }); ok {
		_ = l.SetLinger(0) // best effort: it only frees kernel memory sooner
	}
	_ = nc.Close()
}
