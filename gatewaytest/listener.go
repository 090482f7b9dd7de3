package gatewaytest

import (
	"context"
	"net"
	"testing"

	"github.com/tidewire/tidewire/internal/memnet"
)

type dialFunc func(ctx context.Context, network, addr string) (net.Conn, error)

// listen opens a loopback port, or an in-memory listener.
func listen(t testing.TB, inMemory bool) (net.Listener, dialFunc) {
	t.Helper()
	if inMemory {
		l := memnet.Listen()
		return l, l.Dial
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("gatewaytest: %v", err)
	}
	return l, (&net.Dialer{}).DialContext
}
