package gateway

import (
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
)

// maxHead bounds a request's head, and so the bytes of it that are kept to
// restore the client's spelling of header names. API Gateway allows 10,240
// bytes of headers and a URL of 4,096 characters (developer guide, "Quotas").
const maxHead = 16 << 10

// errPlainOffLoopback refuses a request that came without TLS to an address
// other machines can reach.
var errPlainOffLoopback = errors.New("plain connection to a non-loopback address: use TLS, or start with --plain")

const plainRefusal = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n" +
	"This address answers TLS only (https, wss). tidewire serve --plain allows plain connections.\n"

// listener hands out connections that find out by their first byte whether
// they speak TLS, so that one port serves both.
type listener struct {
	net.Listener
	tls   *tls.Config
	plain bool // plain connections are welcome off loopback too
}

// Accept waits for the next connection. The TLS handshake happens in the
// connection's own goroutine, at its first Read.
func (l *listener) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &sniffed{Conn: nc, l: l}, nil
}

// sniffed is a connection whose first byte decides between TLS and plain. It
// keeps the bytes of the current request's head until they are taken.
//
// Read is called by one goroutine at a time (net/http's reader, later the
// socket's); Write, Close and the deadlines by any.
type sniffed struct {
	net.Conn
	l      *listener
	active atomic.Pointer[net.Conn] // nil until the first byte is read
	secure atomic.Bool

	mu   sync.Mutex
	head []byte // bytes since the last request ended; nil once taken
	done bool   // taken: nothing more of this request is kept
}

// Read decides on TLS at its first call, then passes through.
func (c *sniffed) Read(p []byte) (int, error) {
	if a := c.active.Load(); a != nil {
		n, err := (*a).Read(p)
		c.keep(p[:n])
		return n, err
	}
	if len(p) == 0 {
		return 0, nil
	}
	n, err := c.Conn.Read(p)
	if n == 0 {
		return n, err
	}
	if p[0] != tlsHandshakeRecord {
		return n, c.startPlain(p[:n], err)
	}
	var secured net.Conn = tls.Server(&prefixed{Conn: c.Conn, prefix: append([]byte(nil), p[:n]...)}, c.l.tls)
	c.secure.Store(true)
	c.active.Store(&secured)
	n, err = secured.Read(p)
	c.keep(p[:n])
	return n, err
}

// tlsHandshakeRecord is the first byte of a ClientHello (RFC 8446, 5.1).
const tlsHandshakeRecord = 0x16

func (c *sniffed) startPlain(first []byte, err error) error {
	if !c.l.plain && !localAddr(c.Conn.LocalAddr()) {
		_, _ = c.Conn.Write([]byte(plainRefusal)) // best effort, then refuse
		return errPlainOffLoopback
	}
	c.active.Store(&c.Conn)
	c.keep(first)
	return err
}

// Write sends through TLS if that is what the peer speaks.
func (c *sniffed) Write(p []byte) (int, error) {
	if a := c.active.Load(); a != nil {
		return (*a).Write(p)
	}
	return c.Conn.Write(p)
}

// Close ends the connection, with TLS's close_notify where there is TLS.
func (c *sniffed) Close() error {
	if a := c.active.Load(); a != nil {
		return (*a).Close()
	}
	return c.Conn.Close()
}

// SyscallConn gives the system's socket of a plain connection. There is none
// to use under TLS.
func (c *sniffed) SyscallConn() (syscall.RawConn, error) {
	if s, ok := c.Conn.(syscall.Conn); ok && c.active.Load() != nil && !c.secure.Load() {
		return s.SyscallConn()
	}
	return nil, errors.ErrUnsupported
}

// NetConn is the transport under any TLS. Package conn cuts peers off there.
func (c *sniffed) NetConn() net.Conn { return c.Conn }

// CloseWrite ends our half, so that an answer that ends the connection
// reaches the client before the connection does.
func (c *sniffed) CloseWrite() error {
	inner := c.Conn
	if a := c.active.Load(); a != nil {
		inner = *a
	}
	if half, ok := inner.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

func (c *sniffed) keep(p []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.done || len(c.head) >= maxHead {
		return
	}
	c.head = append(c.head, p[:min(len(p), maxHead-len(c.head))]...)
}

// idleHead is how much room an idle connection keeps for its next head.
const idleHead = 2 << 10

// requestEnded forgets the bytes of a finished request.
func (c *sniffed) requestEnded() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done = false
	if c.head = c.head[:0]; cap(c.head) > idleHead {
		c.head = nil
	}
}

// takeHead gives the bytes of the current request's head and keeps no more of
// this request: it may become a socket.
func (c *sniffed) takeHead() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	head := c.head
	c.head, c.done = nil, true
	return head
}

// prefixed is a connection of which some bytes were read already.
type prefixed struct {
	net.Conn
	prefix []byte
}

func (c *prefixed) Read(p []byte) (int, error) {
	if len(c.prefix) == 0 {
		return c.Conn.Read(p)
	}
	n := copy(p, c.prefix)
	c.prefix = c.prefix[n:]
	if len(c.prefix) == 0 {
		c.prefix = nil
	}
	return n, nil
}

// localAddr tells whether a is of this machine only: loopback, or not an
// internet address at all (a pipe, a unix socket).
func localAddr(a net.Addr) bool {
	tcp, ok := a.(*net.TCPAddr)
	return !ok || tcp.IP.IsLoopback()
}

// connKey is the context key of a request's *sniffed.
type connKey struct{}

// connState forgets the captured head when a request has ended.
func connState(nc net.Conn, s http.ConnState) {
	if c, ok := nc.(*sniffed); ok && s == http.StateIdle {
		c.requestEnded()
	}
}
