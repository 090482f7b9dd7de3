package gatewaytest

import (
	"context"
	"net"
	"sync"
	"testing"
)

type dialFunc func(ctx context.Context, network, addr string) (net.Conn, error)

// listen opens a loopback port, or an in-memory listener.
func listen(t testing.TB, inMemory bool) (net.Listener, dialFunc) {
	t.Helper()
	if inMemory {
		l := &memoryListener{conns: make(chan net.Conn), closed: make(chan struct{})}
		return l, l.dial
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("gatewaytest: %v", err)
	}
	return l, (&net.Dialer{}).DialContext
}

// memoryListener hands out the server ends of in-memory connections.
type memoryListener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (l *memoryListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *memoryListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Addr looks like an address of loopback, so that URLs can be made of it.
func (l *memoryListener) Addr() net.Addr { return memoryAddr{} }

type memoryAddr struct{}

func (memoryAddr) Network() string { return "memory" }
func (memoryAddr) String() string  { return "127.0.0.1:4577" }

func (l *memoryListener) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case l.conns <- server:
		return client, nil
	case <-l.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
