// Package memnet is a network in memory, for a server and its clients in one
// process: nothing else reaches them, and the time of a testing/synctest bubble
// may go on while they wait.
//
//	l := memnet.Listen()
//	go server.Serve(l)
//	client := &http.Client{Transport: &http.Transport{DialContext: l.Dial}}
//
// [Serve] does this for a test, and ends it. Connections are those of [net.Pipe]:
// they have deadlines and no buffer, so that a write waits for its reader. A
// Listener may be used from any goroutine and has none of its own.
package memnet

import (
	"context"
	"net"
	"sync"
	"syscall"
)

// Listener is a [net.Listener] whose connections Dial makes.
type Listener struct {
	conns  chan net.Conn
	closed chan struct{}
	close  func()
}

// Listen makes a listener. There is nothing to give back: Close only ends who
// waits for it.
func Listen() *Listener {
	l := &Listener{conns: make(chan net.Conn), closed: make(chan struct{})}
	l.close = sync.OnceFunc(func() { close(l.closed) })
	return l
}

// Accept waits for a Dial and gives the server's end of its connection, or
// [net.ErrClosed] once the listener is closed.
func (l *Listener) Accept() (net.Conn, error) {
	if l.isClosed() { // or a late Dial might win the race below
		return nil, net.ErrClosed
	}
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *Listener) isClosed() bool {
	select {
	case <-l.closed:
		return true
	default:
		return false
	}
}

// Close ends waiting Accepts and Dials, and those to come. Connections stay. It
// may be called again, and its error is nil.
func (l *Listener) Close() error {
	l.close()
	return nil
}

// Addr looks like an address of loopback, so that URLs can be made of it; it is
// the same for all listeners.
func (l *Listener) Addr() net.Addr { return addr{} }

type addr struct{}

func (addr) Network() string { return "memory" }
func (addr) String() string  { return "127.0.0.1:4577" }

// Dial connects to the listener, whatever the address is, once Accept takes the
// connection. It fails with ctx's error when ctx ends, and as a port does on
// which nobody listens when the listener is closed.
func (l *Listener) Dial(ctx context.Context, network, _ string) (net.Conn, error) {
	refused := &net.OpError{Op: "dial", Net: network, Addr: addr{}, Err: syscall.ECONNREFUSED}
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case l.isClosed():
		return nil, refused
	}
	client, server := net.Pipe()
	select {
	case l.conns <- server:
		return client, nil
	case <-l.closed:
		return nil, refused
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
