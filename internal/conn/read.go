package conn

import (
	"errors"
	"os"
)

// errAnswered ends the read loop: the peer's close frame has come.
var errAnswered = errors.New("conn: the peer's close frame has come")

// read is the parked frame of an idle connection, so it stays shallow: no
// buffer and no large local may live here. It returns errAnswered or why the
// transport failed.
func (c *Conn) read() error {
	if c.leftover != nil {
		if err := c.early(); err != nil {
			return err
		}
	}
	for {
		n, err := c.nc.Read(c.tiny[:])
		if n > 0 {
			if err := c.arrived(n); err != nil {
				return err
			}
		}
		if err != nil {
			if err := c.woken(err); err != nil {
				return err
			}
		}
	}
}

// early takes what the handshake left over.
func (c *Conn) early() error {
	p := c.leftover
	c.leftover = nil
	return c.feed(p)
}

// arrived takes the n bytes in c.tiny and what else waits behind them.
func (c *Conn) arrived(n int) error {
	if err := c.feed(c.tiny[:n]); err != nil || !c.in.within() {
		return err
	}
	b := c.o.Buffers.takeRead()
	defer c.o.Buffers.giveRead(b)
	for c.in.within() {
		n, err := c.nc.Read(b[:])
		if ferr := c.feed(b[:n]); ferr != nil {
			return ferr
		}
		if err != nil {
			return c.woken(err)
		}
		if n < len(b) {
			return nil // no more waits; park without the buffer
		}
	}
	return nil
}

// woken says whether a failed read ends the connection; nil means read on.
func (c *Conn) woken(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return c.expire()
	}
	return err
}
