package apigateway

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/tidewire/tidewire/internal/clientws"
)

// Backoff says how a lost connection is restored: attempts after exponentially
// growing, jittered pauses, each with a new signature.
//
// A connection that the server closed with 1000 (as DELETE @connections does),
// 1002, 1003, 1007, 1008, 1009 or 1010 is not restored: these say that this side
// is done or at fault. Attempts end when one is refused with a status below
// 500 (429 and 408 excepted), when MaxAttempts is reached, and at Close.
type Backoff struct {
	// Min is the first pause, Max the longest. An actual pause is between half
	// and all of the nominal one, which doubles each time. Default 500 ms, 30 s.
	Min, Max time.Duration
	// MaxAttempts ends the attempts of one outage. Default 0: no end.
	MaxAttempts int
	// Reconnected is called when the connection is open again, before anything
	// is received on it: the place to send again what the server must know. It
	// is called in the goroutine that reads, perhaps before Dial has returned,
	// and must not wait for a message nor call Close.
	Reconnected func(Gap)
}

// Gap is a time without a connection. What the server sent in it is lost; API
// Gateway keeps nothing, and to it the restored connection is a new one, with
// another connection id.
type Gap struct {
	From, To time.Time
	Attempts int   // handshakes, of which the last one succeeded
	Cause    error // how the connection ended: *CloseError or *LostError
}

func (b *Backoff) withDefaults() *Backoff {
	if b == nil {
		return nil
	}
	c := *b
	c.Min = max(0, orDefault(c.Min, 500*time.Millisecond))
	c.Max = max(c.Min, orDefault(c.Max, 30*time.Second))
	return &c
}

// pause is the time before the attempt with this number, from 0.
func (b *Backoff) pause(attempt int) time.Duration {
	nominal := b.Max
	if attempt < 30 && b.Min<<attempt > 0 {
		nominal = min(b.Max, b.Min<<attempt)
	}
	return nominal/2 + rand.N(nominal/2+1)
}

// settled is the time after which a connection is good enough for pauses to
// start short again.
func (c *Conn) settled() time.Duration {
	if b := c.dialer.options.Reconnect; b != nil {
		return b.Max
	}
	return 0
}

// restorable says whether a connection that ended so is worth a new one.
func restorable(cause error) bool {
	var frame *CloseError
	if !errors.As(cause, &frame) {
		return !errors.Is(cause, ErrClosed)
	}
	switch frame.Code {
	case 1000, 1002, 1003, 1007, 1008, 1009, 1010:
		return false
	}
	return true
}

// restore opens a new socket in place of one that ended. Nil: the connection
// has ended, and c.err says why.
func (c *Conn) restore(ctx context.Context, cause error, attempts *int) *clientws.Conn {
	b := c.dialer.options.Reconnect
	if b == nil || !restorable(cause) {
		c.end(cause)
		return nil
	}
	if !c.down() {
		return nil
	}
	gap := Gap{From: c.now(), Cause: cause}
	socket, err := c.redial(ctx, b, &gap, attempts)
	if err != nil {
		c.end(err)
		return nil
	}
	gap.To = c.now()
	if !c.reopen(socket) {
		return nil
	}
	c.tell(gap)
	if b.Reconnected != nil {
		b.Reconnected(gap)
	}
	return socket
}

// tell gives the next message news of a gap, from the end of the connection on
// which the last one came.
func (c *Conn) tell(gap Gap) {
	if before := c.gap; before != nil {
		gap.From = before.From
		gap.Attempts += before.Attempts
	}
	c.gap = &gap
}

// redial tries until a handshake succeeds or there is a reason to stop.
func (c *Conn) redial(ctx context.Context, b *Backoff, gap *Gap, attempts *int) (*clientws.Conn, error) {
	for {
		if !sleep(ctx, b.pause(*attempts)) {
			return nil, ErrClosed
		}
		*attempts++
		gap.Attempts++
		socket, err := c.attempt(ctx)
		if err == nil {
			return socket, nil
		}
		if final(err) {
			return nil, err
		}
		if b.MaxAttempts > 0 && gap.Attempts >= b.MaxAttempts {
			return nil, fmt.Errorf("gave up after %d attempts: %w", gap.Attempts, err)
		}
	}
}

func (c *Conn) attempt(ctx context.Context) (*clientws.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, handshakeTimeout)
	defer cancel()
	return c.dialer.dial(ctx)
}

// final says whether further attempts are pointless.
func final(err error) bool {
	var refused *RefusedError
	return errors.As(err, &refused) && !refused.retryable()
}

func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// end is the end of the connection for the reason given.
func (c *Conn) end(cause error) {
	if socket := c.shut(cause); socket != nil {
		_ = socket.CloseNow() // it has failed or answered the close frame already
	}
}

// down takes the ended socket away. False: Close was faster.
func (c *Conn) down() bool {
	c.mu.Lock()
	if c.err != nil {
		c.mu.Unlock()
		return false
	}
	socket := c.socket
	c.socket, c.up = nil, make(chan struct{})
	c.mu.Unlock()
	_ = socket.CloseNow()
	return true
}

// reopen puts a new socket in place. False: Close was faster.
func (c *Conn) reopen(socket *clientws.Conn) bool {
	c.mu.Lock()
	ended := c.err != nil
	if !ended {
		c.socket = socket
		close(c.up)
	}
	c.mu.Unlock()
	if ended {
		_ = socket.CloseNow()
	}
	return !ended
}
