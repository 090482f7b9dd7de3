package lambda

import (
	"context"
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// link carries invocations to one process: the private channel or the Runtime
// API. One goroutine uses it at a time, except for hangUp and close.
type link interface {
	// ready waits until the process has initialised. It fails with a
	// *fault.FunctionError that the process reported, errGone, or ctx's error.
	ready(ctx context.Context) error
	// send gives the process an event; errNotDelivered if it never got it.
	send(inv *invocation) error
	// await waits for the answer; errInterrupted when ctx is done (it may then
	// be called again), errTimedOut, errGone, errProtocol.
	await(ctx context.Context, inv *invocation) (reply, error)
	// hangUp tells the process that there will be no more events.
	hangUp()
	// ended is called once, when the process has exited.
	ended()
	// close frees what the link holds and waits for its goroutines.
	close()
}

// past is a deadline that has passed.
var past = time.Unix(1, 0)

// drainLimit is how long an answer may still be read after a process has died;
// longer only if one of its own children keeps the pipe open.
const drainLimit = 500 * time.Millisecond

// channel is the private channel: a pipe to the process and one from it.
type channel struct {
	to   *os.File
	from *os.File
	dead atomic.Bool
	hung sync.Once

	// Owned by the goroutine that has the process.
	in  frameReader
	out []byte
}

// newChannel makes the pipes; requests and replies are the process's ends,
// which it finds as file descriptors 3 and 4.
func newChannel() (c *channel, requests, replies *os.File, err error) {
	requests, to, err := os.Pipe()
	if err != nil {
		return nil, nil, nil, err
	}
	from, replies, err := os.Pipe()
	if err != nil {
		_ = requests.Close()
		_ = to.Close()
		return nil, nil, nil, err
	}
	return &channel{to: to, from: from, in: frameReader{r: from}}, requests, replies, nil
}

func (c *channel) ready(ctx context.Context) error {
	deadline, _ := ctx.Deadline()
	f, err := c.read(ctx, deadline)
	switch {
	case errors.Is(err, errTimedOut), errors.Is(err, errInterrupted):
		return context.Cause(ctx)
	case err != nil:
		return err
	case f.kind == kindReady:
		return nil
	case f.kind == kindInitError:
		return reportedError(append([]byte(nil), f.body...))
	}
	return errProtocol
}

func (c *channel) send(inv *invocation) error {
	c.out = appendInvoke(c.out[:0], inv)
	if err := c.to.SetWriteDeadline(inv.deadline); err != nil {
		return errNotDelivered
	}
	n, err := c.to.Write(c.out)
	if cap(c.out) > keepBuffer {
		c.out = nil
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, os.ErrDeadlineExceeded):
		return errTimedOut
	case n == 0:
		return errNotDelivered
	}
	return errGone
}

func (c *channel) await(ctx context.Context, inv *invocation) (reply, error) {
	for {
		f, err := c.read(ctx, inv.deadline)
		if err != nil {
			return reply{}, err
		}
		if string(f.id) != inv.id { // an answer to what is over already
			continue
		}
		switch f.kind {
		case kindResponse, kindError, kindLastError:
			return reply{
				body:     append([]byte(nil), f.body...),
				failed:   f.kind != kindResponse,
				last:     f.kind == kindLastError,
				tooLarge: f.tooLarge,
			}, nil
		}
		return reply{}, errProtocol
	}
}

// read takes the next frame, until the deadline (zero: none) or the end of ctx.
func (c *channel) read(ctx context.Context, deadline time.Time) (frame, error) {
	if ctx.Done() != nil {
		done := make(chan struct{})
		stop := context.AfterFunc(ctx, func() {
			_ = c.from.SetReadDeadline(past)
			close(done)
		})
		defer func() {
			if !stop() {
				<-done
			}
		}()
	}
	for {
		f, err := c.readOnce(ctx, deadline)
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return f, pipeError(err)
		}
		switch {
		case ctx.Err() != nil:
			return frame{}, errInterrupted
		case c.dead.Load():
			return frame{}, errGone
		case !deadline.IsZero() && !time.Now().Before(deadline):
			return frame{}, errTimedOut
		}
	}
}

// readOnce sets the deadline and reads a frame. The end of the process and of
// ctx set deadlines too, after raising a flag; the flags are read after setting
// ours, so that whoever comes last, the shorter one holds.
func (c *channel) readOnce(ctx context.Context, deadline time.Time) (frame, error) {
	if err := c.from.SetReadDeadline(deadline); err != nil {
		return frame{}, errGone
	}
	if ctx.Err() != nil {
		return frame{}, errInterrupted
	}
	if c.dead.Load() {
		if err := c.from.SetReadDeadline(time.Now().Add(drainLimit)); err != nil {
			return frame{}, errGone
		}
	}
	return c.in.next()
}

// pipeError makes every way in which a pipe can end errGone.
func pipeError(err error) error {
	switch {
	case err == nil, errors.Is(err, errProtocol), errors.Is(err, errInterrupted):
		return err
	}
	return errGone
}

func (c *channel) hangUp() {
	c.hung.Do(func() { _ = c.to.Close() })
}

func (c *channel) ended() {
	c.dead.Store(true)
	_ = c.from.SetReadDeadline(time.Now().Add(drainLimit))
}

func (c *channel) close() {
	c.hangUp()
	_ = c.from.Close()
}
