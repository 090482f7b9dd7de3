package conn

import (
	"bytes"
	"net"
	"sync"
	"time"
)

// Conn is one socket. Use [New].
type Conn struct {
	// Owner is the caller's, for Options.Message to find what the socket belongs
	// to; set it before Serve. One Options and one Message function can then
	// serve all connections.
	Owner any

	// immutable
	nc     net.Conn
	o      *Options
	direct *direct       // nil: only a goroutine writes
	round  *round        // nil: of no Fanout
	born   time.Time     // by the real clock
	skew   time.Duration // Options.Now - born

	// owned by the reader
	in       frames
	leftover []byte
	tiny     [2]byte // where a parked reader waits

	writer sync.WaitGroup // Add under mu

	mu sync.Mutex // guards what follows
	// out is what waits, flight how many bytes are being written.
	out     *buffer
	flight  int
	writing bool // somebody has the writer's part: the goroutine, or a caller of Send
	down    bool // nothing can be written any more
	pong    []byte
	active  time.Duration // last traffic, since born
	wake    time.Duration // the read deadline, since born; 0: none
	end     *Closed       // how it ends; nil while open
}

// New makes a server-side connection of nc, whose handshake is done. leftover
// is what was read from nc beyond the handshake (copied; may be empty). o may
// be nil. nc belongs to the Conn, and Serve must be called to end it.
func New(nc net.Conn, leftover []byte, o *Options) *Conn {
	if o == nil {
		o = &Options{}
	}
	c := &Conn{nc: nc, o: o, direct: newDirect(nc), round: o.Fanout.round(), born: time.Now()}
	if len(leftover) > 0 {
		c.leftover = bytes.Clone(leftover)
	}
	if o.Now != nil {
		c.skew = o.Now().Sub(c.born)
	}
	if c.direct != nil {
		_ = nc.SetWriteDeadline(time.Time{}) // the handshake's; fails as the next line does
	}
	// Here and not in Serve: a goroutine that has never set a deadline parks in
	// the 2 KiB stack that it was born with.
	_ = c.expire() // fails only if nc is closed, which Serve will find out
	return c
}

// Started is when New was called, by Options.Now.
func (c *Conn) Started() time.Time { return c.born.Add(c.skew) }

// LastActive is when the last frame was received or the last message queued;
// Started if none was.
func (c *Conn) LastActive() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.born.Add(c.skew + c.active)
}

// Serve reads until the connection has ended, waits for the writer and closes
// the net.Conn. It is called once.
func (c *Conn) Serve() Closed {
	return c.finish(c.read())
}

// age is the time since New. It is cheaper than time.Now.
func (c *Conn) age() time.Duration { return time.Since(c.born) }
