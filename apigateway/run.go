package apigateway

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/tidewire/tidewire/internal/clientws"
)

// run reads from one socket after another until the connection ends.
func (c *Conn) run(ctx context.Context, socket *clientws.Conn) {
	defer close(c.done)
	defer close(c.messages)
	defer c.stop()
	for attempts := 0; ; {
		opened := c.now()
		cause := c.session(ctx, socket)
		if c.now().Sub(opened) > c.settled() {
			attempts = 0
		}
		socket = c.restore(ctx, cause, &attempts)
		if socket == nil {
			return
		}
	}
}

func (c *Conn) now() time.Time { return c.dialer.options.Now() }

// session reads from one socket until it ends and says why. Its pings have
// ended when it returns.
func (c *Conn) session(ctx context.Context, socket *clientws.Conn) error {
	ctx, cancel := context.WithCancel(ctx)
	var pings sync.WaitGroup
	var silence error
	if every := c.dialer.options.PingInterval; every > 0 {
		pings.Go(func() { silence = c.keepAlive(ctx, socket, every) })
	}
	cause := c.read(ctx, socket)
	cancel()
	pings.Wait()
	if silence != nil {
		cause = &LostError{Cause: silence}
	}
	return cause
}

// read delivers messages until socket ends, or until Close. It reads without
// a context, because the library ends the connection with the context.
func (c *Conn) read(ctx context.Context, socket *clientws.Conn) error {
	for {
		kind, data, err := socket.Read(context.Background())
		if err != nil {
			return ending(err)
		}
		c.received.Add(1)
		m := Message{Data: data, Binary: kind == websocket.MessageBinary, Gap: c.gap}
		c.gap = nil
		if !c.deliver(ctx, m) {
			return ErrClosed
		}
	}
}

// deliver queues m, waiting while the queue is full; not once Close is called.
func (c *Conn) deliver(ctx context.Context, m Message) bool {
	if ctx.Err() != nil {
		return false
	}
	c.stalled.Store(true)
	defer c.stalled.Store(false)
	select {
	case c.messages <- m:
		return true
	case <-ctx.Done():
		return false
	}
}

// ending is how a read error ended the connection.
func ending(err error) error {
	var frame websocket.CloseError
	if errors.As(err, &frame) {
		return &CloseError{Code: int(frame.Code), Reason: frame.Reason}
	}
	return &LostError{Cause: err}
}

// keepAlive pings until ctx ends, or returns why the connection counts as
// lost, having ended it.
func (c *Conn) keepAlive(ctx context.Context, socket *clientws.Conn, every time.Duration) error {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		if err := c.ping(ctx, socket, every); err != nil {
			c.abandon(socket)
			return err
		}
	}
}

// ping is nil when a pong came in time, when anything else did, when the
// queue is full and therefore nothing can be read, and when the session has
// ended, of which the reader knows why. The ping's context is not that of
// Close, which would end the socket instead of letting it close.
func (c *Conn) ping(session context.Context, socket *clientws.Conn, limit time.Duration) error {
	before := c.received.Load()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	err := socket.Ping(ctx)
	if err != nil && ctx.Err() == nil { // not sent: a message is being written, or the socket has ended
		select {
		case <-ctx.Done():
		case <-session.Done():
			return nil
		}
	}
	if err == nil || c.stalled.Load() || c.received.Load() != before {
		return nil
	}
	return errors.New("no answer to a ping within " + limit.String())
}

// abandon ends a socket without a closing handshake, unless Close is having
// one.
func (c *Conn) abandon(socket *clientws.Conn) {
	c.mu.Lock()
	closing := errors.Is(c.err, ErrClosed)
	c.mu.Unlock()
	if !closing {
		_ = socket.CloseNow()
	}
}
