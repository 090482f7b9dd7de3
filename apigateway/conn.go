package apigateway

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"unicode/utf8"

	"github.com/coder/websocket"

	"github.com/tidewire/tidewire/internal/clientws"
)

// Message is one message from the server.
type Message struct {
	Data   []byte // yours to keep
	Binary bool   // it came as binary; API Gateway itself sends text only
	// Gap is set on the first message after a restored connection. Connections
	// that were lost again without a message are part of it.
	Gap *Gap
}

// Conn is an open connection to a WebSocket API. Its methods may be called
// concurrently. It ends with Close, or with what Receive returns as its error.
type Conn struct {
	// immutable
	dialer   *dialer
	messages chan Message       // written and closed by run
	done     chan struct{}      // closed when run has returned
	stop     context.CancelFunc // ends waiting, never a running handshake of Close

	// owned by run
	gap *Gap // that no message has told of yet

	// shared
	received atomic.Uint64 // messages read, for the pings
	stalled  atomic.Bool   // the queue is full, nothing is read

	// guarded by mu
	mu     sync.Mutex
	socket *clientws.Conn // nil while it is being restored, and at the end
	up     chan struct{}  // closed when socket or err is set
	err    error          // why it has ended
}

// start begins reading from socket.
func start(d *dialer, socket *clientws.Conn) *Conn {
	ctx, cancel := context.WithCancel(context.Background())
	c := &Conn{
		dialer:   d,
		messages: make(chan Message, maxPending),
		done:     make(chan struct{}),
		stop:     cancel,
		socket:   socket,
		up:       make(chan struct{}),
	}
	close(c.up)
	go c.run(ctx, socket) // Close waits for it; it ends by itself with the connection
	return c
}

// Subprotocol is the one that the server echoed, "" for none or while a
// connection is being restored.
func (c *Conn) Subprotocol() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.socket == nil {
		return ""
	}
	return c.socket.Subprotocol()
}

// Send sends one text message, in frames of at most 32 KB. While the
// connection is being restored it waits. A nil error means that the message
// was handed to the network. After an error nobody knows whether the server
// has it, and it is not sent again, except after ErrTooLarge, ErrNotText and
// ErrClosed: then nothing was sent. If ctx ends in the middle of a message,
// the connection is lost.
func (c *Conn) Send(ctx context.Context, text []byte) error {
	if err := c.acceptable(text); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	socket, err := c.current(ctx)
	if err != nil {
		return err
	}
	if err := write(ctx, socket, text); err != nil {
		return c.sendError(ctx, err)
	}
	return nil
}

func (c *Conn) acceptable(text []byte) error {
	limit := c.dialer.options.MaxMessage
	if limit >= 0 && len(text) > limit {
		return fmt.Errorf("%w: %d bytes, the limit is %d", ErrTooLarge, len(text), limit)
	}
	if !utf8.Valid(text) {
		return ErrNotText
	}
	return nil
}

// write sends text as one message. The library makes one frame of every
// Write to its message writer, and an empty last one.
func write(ctx context.Context, socket *clientws.Conn, text []byte) error {
	if len(text) <= maxFrame {
		return socket.Write(ctx, websocket.MessageText, text)
	}
	w, err := socket.Writer(ctx, websocket.MessageText)
	if err != nil {
		return err
	}
	for len(text) > 0 && err == nil {
		n := min(len(text), maxFrame)
		_, err = w.Write(text[:n])
		text = text[n:]
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil { // half a message may be out: nothing may follow it
		_ = socket.CloseNow()
	}
	return err
}

func (c *Conn) sendError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("send: %w", ctx.Err())
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return fmt.Errorf("send: %w", c.err)
	}
	return fmt.Errorf("send: %w", &LostError{Cause: err})
}

// current is the open socket, waiting for one while it is being restored.
func (c *Conn) current(ctx context.Context) (*clientws.Conn, error) {
	for {
		c.mu.Lock()
		socket, up, err := c.socket, c.up, c.err
		c.mu.Unlock()
		if err != nil {
			return nil, err
		}
		if socket != nil {
			return socket, nil
		}
		select {
		case <-up:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Receive waits for the next message. Its error is ctx's, which leaves the
// connection as it is, or else the end of the connection: [ErrClosed] after
// Close, a [*CloseError], a [*LostError], or, with Reconnect, what ended the
// attempts. Messages that had come before the end are received first.
func (c *Conn) Receive(ctx context.Context) (Message, error) {
	select {
	case m, open := <-c.messages:
		if open {
			return m, nil
		}
		return Message{}, c.ended()
	case <-ctx.Done():
		return Message{}, ctx.Err()
	}
}

func (c *Conn) ended() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Close sends a close frame with code and reason (RFC 6455 section 7.4; the
// reason at most 123 bytes), waits for the server's, 5 seconds at most, and for
// the goroutines of the connection. An error says that this side could not
// close in that way; the connection has ended nevertheless. On a connection
// that has ended it only waits and returns nil.
func (c *Conn) Close(code int, reason string) error {
	socket := c.shut(ErrClosed)
	c.stop()
	var err error
	if socket != nil {
		err = closed(socket.Close(websocket.StatusCode(code), reason))
	}
	<-c.done
	return err
}

// closed is what an error of the closing handshake means: a server that
// answered with another code has closed all the same.
func closed(err error) error {
	if err == nil || websocket.CloseStatus(err) != -1 {
		return nil
	}
	return fmt.Errorf("close: %w", err)
}

// shut ends the connection with err, unless it has ended, and gives the
// socket that was open to whoever did.
func (c *Conn) shut(err error) *clientws.Conn {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return nil
	}
	socket := c.socket
	if socket == nil {
		close(c.up)
	}
	c.socket, c.err = nil, err
	return socket
}
