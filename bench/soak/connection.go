package main

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// patience is for how long the clients wait for any answer; more than a busy
// machine takes for one.
const patience = 5 * time.Second

// connection is one WebSocket of the server.
type connection struct {
	// immutable
	server  *server
	dialect *dialect
	client  string
	good    bool
	nc      net.Conn
	ws      *websocket.Conn

	acked time.Time // owned by the reader

	work sync.WaitGroup // starts that are being answered

	// guarded by books.mu
	dropping bool // accepts nothing any more
	gone     bool // says nothing any more
	live     map[string]*entry
	asked    map[string]bool // starts that wait for an answer; false: stopped since
}

// serve is a connection's life: an acknowledgement, messages, a drop.
func (c *connection) serve(w http.ResponseWriter, r *http.Request) {
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{c.dialect.subprotocol}, CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	c.ws, c.live, c.asked = ws, map[string]*entry{}, map[string]bool{}
	defer c.work.Wait()
	defer cancel()
	defer func() { _ = ws.CloseNow() }()
	if !c.hello(ctx) {
		return
	}
	c.work.Go(func() { c.publish(ctx) })
	c.work.Go(func() { c.age(ctx) })
	c.read(ctx)
	c.leave()
}

// hello answers connection_init, or not.
func (c *connection) hello(ctx context.Context) bool {
	limit, cancel := context.WithTimeout(ctx, 10*patience)
	defer cancel()
	if _, _, err := c.ws.Read(limit); err != nil {
		return false
	}
	switch {
	case !c.good:
		c.server.refuseConnect(c.client)
		c.say(c.dialect.failure("connection_error", "", denial))
		_ = c.ws.Close(1008, "")
		return false
	case chance(4):
		c.server.trouble()
		c.say(c.dialect.failure("connection_error", "", rate))
		return false
	case chance(4):
		c.server.trouble()
		return false
	case chance(30) && !wait(ctx, between(0, patience/10)):
		return false
	}
	c.acked = time.Now()
	c.server.books.mu.Lock()
	c.server.books.sums.Sockets++
	c.server.books.acked[c.client] = c.acked
	c.server.books.mu.Unlock()
	c.say(c.dialect.ack)
	c.say(`{"type":"ka"}`)
	return true
}

// say sends a text; if it cannot, the reader will know.
func (c *connection) say(text string) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_ = c.ws.Write(ctx, websocket.MessageText, []byte(text))
}

// read takes messages until the connection ends.
func (c *connection) read(ctx context.Context) {
	for {
		_, text, err := c.ws.Read(ctx)
		if err != nil {
			return
		}
		var f frame
		if err := json.Unmarshal(text, &f); err != nil {
			c.violate("frame %q: %v", text, err)
			continue
		}
		switch f.Type {
		case c.dialect.start:
			c.start(ctx, &f)
		case c.dialect.stop:
			c.stop(&f)
		case "publish":
			c.publishFrame(&f)
		default:
			c.violate("frame of type %q", f.Type)
		}
	}
}

func (c *connection) violate(format string, args ...any) {
	b := c.server.books
	b.mu.Lock()
	defer b.mu.Unlock()
	b.violation(format, args...)
}

// start notes a start and has it answered in a while.
func (c *connection) start(ctx context.Context, f *frame) {
	key, token, err := c.dialect.read(f)
	if err != nil {
		c.violate("start: %v", err)
		return
	}
	client, good := clientOf(token)
	b := c.server.books
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sums.Starts++
	b.fresh(token, key, later(made(key), c.acked))
	e := b.entry(key, client)
	if c.gone {
		return
	}
	b.back(key, e)
	id := f.ID
	owner := id + "@" + c.nc.RemoteAddr().String()
	e.owner = owner
	c.asked[id] = true
	c.work.Go(func() { c.answer(ctx, key, id, e, owner, good) })
}

// answer accepts a start, at once, after a while, or too late; or refuses it.
func (c *connection) answer(ctx context.Context, key, id string, e *entry, owner string, good bool) {
	late := chance(3)
	switch {
	case late:
		wait(ctx, patience*2)
	case chance(40):
		wait(ctx, between(0, patience/10))
	}
	b := c.server.books
	b.mu.Lock()
	defer b.mu.Unlock()
	wanted := c.asked[id]
	delete(c.asked, id)
	switch {
	case ctx.Err() != nil || c.gone || c.dropping:
	case !good && wanted && e.owner == owner && !late:
		c.refuse(id, e)
	case !good:
	case !wanted || e.owner != owner || late: // too late: it must change nothing
		b.sums.Late++
		c.say(`{"type":"` + c.dialect.started + `","id":"` + id + `"}`)
		c.say(c.dialect.data(id, message{Key: key, N: -1}))
	default:
		e.epoch++
		b.sums.Accepted++
		c.say(`{"type":"` + c.dialect.started + `","id":"` + id + `"}`)
		c.data(key, id, e)
		e.state = live
		c.live[id] = e
	}
}

// refuse ends a subscription. The caller holds mu.
func (c *connection) refuse(id string, e *entry) {
	c.server.books.sums.RefusedStarts++
	if e.state == away {
		e.state = barred
	} else {
		e.state = refused
	}
	c.say(c.dialect.failure(c.dialect.refused, id, denial))
}

// data sends the next message. The caller holds mu.
func (c *connection) data(key, id string, e *entry) {
	m := message{Key: key, Epoch: e.epoch, N: e.next(), At: time.Now().UnixMilli()}
	c.server.books.sums.Messages++
	c.say(c.dialect.data(id, m))
}

func (c *connection) stop(f *frame) {
	b := c.server.books
	b.mu.Lock()
	defer b.mu.Unlock()
	if c.gone {
		return
	}
	if c.asked[f.ID] {
		c.asked[f.ID] = false
	}
	if e := c.live[f.ID]; e != nil {
		e.state = stopped
		delete(c.live, f.ID)
	}
	c.say(`{"type":"` + c.dialect.stopped + `","id":"` + f.ID + `"}`)
}

// leave notes that the client has closed the connection, unless it was dropped.
func (c *connection) leave() {
	b := c.server.books
	b.mu.Lock()
	defer b.mu.Unlock()
	if c.gone {
		return
	}
	c.gone = true
	for _, e := range c.live {
		e.state = left
	}
	clear(c.live)
}
