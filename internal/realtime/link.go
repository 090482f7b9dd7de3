package realtime

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/tidewire/tidewire/internal/clientws"
	"github.com/tidewire/tidewire/internal/wire"
)

const (
	startsAtOnce = 8 // proofs that are made at the same time
	writeTime    = 10 * time.Second
)

// link is a connection and its successors, for as long as there are
// subscriptions or calls.
type link struct {
	// immutable
	socket *Socket
	ctx    context.Context // ends everything but a closing handshake
	cancel context.CancelFunc
	slots  chan struct{}

	// guarded by socket.mu
	conn    *clientws.Conn  // nil while there is none
	open    bool            // acknowledged: subscriptions may begin
	session context.Context // ends with the connection

	starts sync.WaitGroup // goroutines of the connection; grows only while open
}

func newLink(s *Socket) *link {
	ctx, cancel := context.WithCancel(context.Background())
	return &link{socket: s, ctx: ctx, cancel: cancel, slots: make(chan struct{}, startsAtOnce)}
}

// run opens one connection after the other until nobody wants one.
func (l *link) run() {
	defer l.cancel()
	for attempts, outage := 0, 0; ; attempts++ {
		l.countAttempt()
		conn, alive, err := l.connect()
		if err != nil {
			outage++
			err = l.failed(err, outage)
		} else {
			if attempts > 0 {
				l.socket.reconnects.Add(1)
			}
			outage = 0
			opened := time.Now()
			err = l.serve(conn, alive)
			if time.Since(opened) > l.socket.options.MaxPause {
				attempts = 0
			}
		}
		if !l.goOn(err) || !Sleep(l.ctx, l.socket.options.pause(attempts)) {
			return
		}
	}
}

// countAttempt counts a connection attempt into every gap.
func (l *link) countAttempt() {
	l.socket.mu.Lock()
	defer l.socket.mu.Unlock()
	for _, sub := range l.socket.subs {
		if sub.gap != nil {
			sub.gap.Attempts++
		}
	}
}

// gaveUpError ends the attempts.
type gaveUpError struct {
	attempts int
	cause    error
}

func (e *gaveUpError) Error() string {
	return fmt.Sprintf("gave up after %d attempts: %v", e.attempts, e.cause)
}
func (e *gaveUpError) Unwrap() error { return e.cause }

// failed ends the subscriptions that were waiting for their first start.
func (l *link) failed(err error, outage int) error {
	s := l.socket
	if limit := s.options.Attempts; limit > 0 && outage >= limit {
		err = &gaveUpError{outage, err}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sub := range s.subs {
		if s.link == l && !sub.accepted {
			s.remove(sub, err)
		}
	}
	l.endCalls(err)
	return err
}

// endCalls gives up all calls. The caller holds socket.mu.
func (l *link) endCalls(err error) {
	if l.socket.link != l {
		return
	}
	for _, c := range l.socket.calls {
		l.socket.giveUp(c, err)
	}
}

// goOn says whether another attempt is to be made after err.
func (l *link) goOn(err error) bool {
	s := l.socket
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.link != l {
		return false
	}
	var gaveUp *gaveUpError
	if errors.As(err, &gaveUp) || !s.options.Retry(err) {
		for _, sub := range s.subs {
			s.remove(sub, err)
		}
		l.endCalls(err)
	}
	if s.used() {
		return true
	}
	s.link = nil
	if s.idle != nil {
		s.idle.Stop()
		s.idle = nil
	}
	return false
}

// connect makes one attempt, with a proof of its own. alive is the silence
// that ends the connection.
func (l *link) connect() (conn *clientws.Conn, alive time.Duration, err error) {
	o := &l.socket.options
	ctx, cancel := context.WithTimeout(l.ctx, o.Connect)
	defer cancel()
	conn, err = l.dial(ctx)
	if err == nil {
		conn.SetReadLimit(o.ReadLimit)
		if alive, err = l.initialize(ctx, conn); err != nil {
			_ = conn.CloseNow()
		}
	}
	var late *TimeoutError
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) && !errors.As(err, &late) {
		err = &TimeoutError{For: "connection_ack from the server", After: o.Connect}
	}
	return conn, alive, err
}

func (l *link) dial(ctx context.Context) (*clientws.Conn, error) {
	o := &l.socket.options
	h, err := o.Handshake(ctx)
	switch {
	case err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded):
		return nil, &TimeoutError{For: "proof for the connection", After: o.Connect, Cause: err}
	case err != nil:
		return nil, err
	}
	conn, resp, err := clientws.Dial(ctx, h.URL, &websocket.DialOptions{
		HTTPClient: o.HTTPClient, HTTPHeader: h.Header, Host: h.Host, Subprotocols: h.Subprotocols,
	})
	if err == nil {
		return conn, nil
	}
	if resp != nil && resp.StatusCode != http.StatusSwitchingProtocols {
		body, _ := io.ReadAll(resp.Body) // the library has kept its first KB
		return nil, &RefusedError{Status: resp.StatusCode, Header: resp.Header, Body: body}
	}
	return nil, &DialError{Cause: withoutURL(err)}
}

// initialize sends connection_init and waits for the answer.
func (l *link) initialize(ctx context.Context, conn *clientws.Conn) (time.Duration, error) {
	if err := conn.Write(ctx, websocket.MessageText, (&wire.Frame{Type: wire.ConnectionInit}).Append(nil)); err != nil {
		return 0, &LostError{Cause: err}
	}
	for {
		_, text, err := conn.Read(ctx)
		if err != nil {
			return 0, &LostError{Cause: err}
		}
		f, err := wire.Decode(text)
		switch {
		case err != nil:
			l.socket.badFrames.Add(1)
		case f.Type == wire.ConnectionAck:
			if alive, ok := f.Timeout(); ok {
				return alive, nil
			}
			return l.socket.options.KeepAlive, nil
		case f.Type == wire.ConnectionError || f.Type == wire.Error:
			return 0, l.failure(&f)
		case f.Type != wire.KeepAlive:
			l.socket.unknownTypes.Add(1)
		}
	}
}

// failure is the error that a frame carries.
func (l *link) failure(f *wire.Frame) error {
	if err := l.socket.options.Failure(f.ErrorList()); err != nil {
		return err
	}
	return errors.New("the server sent " + f.Type + " without saying why")
}

// close ends the link: a connection with a closing handshake.
func (l *link) close() {
	l.socket.mu.Lock()
	conn := l.conn
	l.socket.mu.Unlock()
	if conn != nil {
		_ = conn.Close(websocket.StatusNormalClosure, "") // the connection ends in any case
	}
	l.cancel()
}
