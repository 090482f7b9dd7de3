package main

import (
	"context"
	"math/rand/v2"
	"net"
	"time"
)

// publish sends every live subscription a message at every tick, ends some,
// and sends keep-alives.
func (c *connection) publish(ctx context.Context) {
	for round := 0; wait(ctx, tick); round++ {
		if !c.publishAll(round) {
			return
		}
	}
}

// publishAll is one tick; false: the connection says nothing any more.
func (c *connection) publishAll(round int) bool {
	b := c.server.books
	b.mu.Lock()
	defer b.mu.Unlock()
	if c.gone {
		return false
	}
	if round%20 == 0 {
		c.say(`{"type":"ka"}`)
	}
	for id, e := range c.live {
		switch {
		case rand.N(4000) == 0: // the token has expired
			b.sums.Expired++
			e.state = refused
			delete(c.live, id)
			c.say(c.dialect.failure(c.dialect.refused, id, denial))
		case rand.N(4000) == 0:
			b.sums.Completed++
			e.state = completed
			delete(c.live, id)
			c.say(`{"type":"` + c.dialect.stopped + `","id":"` + id + `"}`)
		default:
			c.data("", id, e)
		}
	}
	return true
}

// age drops the connection after a few seconds. Before, it accepts nothing
// for a moment, so that the client has seen what was accepted.
func (c *connection) age(ctx context.Context) {
	life := between(time.Second, 8*time.Second)
	if chance(10) { // so that some see an answer that comes too late
		life += 2 * patience
	}
	if !wait(ctx, life) {
		return
	}
	c.server.books.mu.Lock()
	c.dropping = true
	c.server.books.mu.Unlock()
	if wait(ctx, 300*time.Millisecond) && c.note() {
		c.drop(ctx)
	}
}

// note counts a drop for everyone; false: the client was faster.
func (c *connection) note() bool {
	b := c.server.books
	b.mu.Lock()
	defer b.mu.Unlock()
	if c.gone {
		return false
	}
	c.gone = true
	for _, e := range c.live {
		if e.reported {
			b.sums.Unstopped++
			continue
		}
		e.drops++
		e.state, e.since = away, time.Now()
		b.sums.Dropped++
	}
	clear(c.live)
	return true
}

// drop ends the connection in one of the ways connections end.
func (c *connection) drop(ctx context.Context) {
	switch rand.N(5) {
	case 0: // silence, until the client has had enough
		wait(ctx, 15*time.Second)
	case 1:
		_ = c.ws.Close(1011, "")
	case 2:
		_ = c.ws.Close(1000, "going away")
	case 3: // a reset
		if tcp, ok := c.nc.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
	default: // an end in the middle of a frame
		_, _ = c.nc.Write([]byte{0x81, 0x7e, 0x01})
	}
	_ = c.ws.CloseNow()
}
