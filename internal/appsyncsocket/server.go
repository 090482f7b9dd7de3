package appsyncsocket

import (
	"context"
	"fmt"
	"time"

	"github.com/tidewire/tidewire/internal/conn"
	"github.com/tidewire/tidewire/internal/gate"
	"github.com/tidewire/tidewire/internal/wire"
)

// Codes and reasons of close frames. Clients reconnect by themselves on 1011
// and 1008, Amplify for Swift not on 1000 and 1001: who is welcome again is
// told one of the former, who was refused 1000.
const (
	closeRefused = 1000
	closePolicy  = 1008
	closeComeOn  = 1011

	reasonShutdown = "The server is shutting down"
	reasonOld      = "The connection is at the end of its life"
	reasonSlow     = "The client does not read fast enough"
	reasonNoInit   = "No connection_init was received"
)

// Server is the sockets of one API. Use [New].
type Server struct {
	// immutable
	o      Options
	conn   conn.Options
	ka     []byte
	ack    []byte
	tail   []byte // of data messages
	born   time.Time
	ctx    context.Context // of every operation
	cancel context.CancelFunc

	stats stats
	beat  beat
	work  gate.Gate // handshakes and sockets
}

// New makes the server of an API.
func New(o Options) (*Server, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	s := &Server{o: o, born: time.Now(), tail: []byte{'}'}, ka: wire.AppendKeepAlive(nil), ack: o.Protocol.appendAck(nil, o.Limits.Timeout)}
	s.conn = conn.Options{
		MaxMessage: o.Limits.Message, MaxFrame: max(o.Limits.Message, defaultMessage) + 1024, Queue: o.Limits.Queue,
		Message: s.message, RefuseBinary: true, Now: o.Now, Buffers: new(conn.Buffers), Fanout: new(conn.Fanout), Stats: o.Sockets,
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.beat.every = o.Limits.KeepAlive / beats
	return s, nil
}

// Len is how many sockets are open.
func (s *Server) Len() int { return s.beat.len() }

// add makes a socket known, unless the server is closing. The caller starts
// run, which leaves s.work.
func (s *Server) add(k *Socket) bool {
	s.beat.add(k, s.o.Limits.Init) // so that Shutdown finds it
	if !s.work.Enter() {
		s.beat.remove(k)
		return false
	}
	return true
}

// Shutdown refuses new sockets (503), closes those that are open with 1011 and
// waits for them. When ctx is done first, operations are cancelled and sockets
// dropped, and the error says so. It may be called more than once.
func (s *Server) Shutdown(ctx context.Context) error {
	done := s.work.Shut()
	open := s.beat.all()
	for _, k := range open {
		k.conn.Close(closeComeOn, reasonShutdown)
	}
	defer s.beat.wait()
	defer s.cancel()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	s.cancel()
	for _, k := range open {
		k.conn.Drop()
	}
	<-done
	return fmt.Errorf("appsyncsocket: not all sockets had closed in time: %w", context.Cause(ctx))
}

// message is called in the goroutine that reads a socket.
func (s *Server) message(c *conn.Conn, text []byte) {
	if refused, ok := c.Owner.(*turnedAway); ok {
		s.stats.add(TooEarly)
		refused.tell()
		return
	}
	k, ok := c.Owner.(*Socket)
	if !ok {
		return // nobody's: it is not begun
	}
	f, err := wire.Decode(text)
	switch {
	case err == nil && f.Type == wire.ConnectionInit && !k.acked.Load():
		k.acknowledge()
	case !k.acked.Load() || f.Type == wire.ConnectionInit:
		s.stats.add(TooEarly)
	case err != nil:
		k.Unsupported("")
	default:
		s.o.Message(k, &f)
	}
}
