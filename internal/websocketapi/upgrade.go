package websocketapi

import (
	"bufio"
	"crypto/sha1" //nolint:gosec // RFC 6455 asks for it; it protects nothing
	"encoding/base64"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/tidewire/tidewire/internal/conn"
	"github.com/tidewire/tidewire/internal/fault"
)

// acceptGUID is the constant of RFC 6455, 1.3.
const acceptGUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

// upgradeTimeout is how long the client may take for the 101.
const upgradeTimeout = 10 * time.Second

// socketOptions are those of one socket.
func (a *API) socketOptions(c *connection) conn.Options {
	l := &a.o.Limits
	return conn.Options{
		MaxMessage: l.Message, MaxFrame: l.Frame, Queue: l.Queue,
		Idle: l.Idle, Life: l.Life,
		Message:      c.accept,
		RefuseBinary: true,
		Now:          a.o.Now,
		Buffers:      a.buffers,
		Stats:        a.o.Sockets,
	}
}

// upgrade takes the connection from net/http, answers 101 and lets the socket
// run in a goroutine of its own, so that the handler returns and net/http's
// buffers are freed.
func (h *handshake) upgrade(w http.ResponseWriter, c *connection, protocol string) {
	nc, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		h.refuse(w, fault.Internal.Because("this HTTP server does not let go of its connection: %w", err))
		return
	}
	if !h.open(nc, buffered, c, protocol) {
		_ = nc.Close() // the refusal has been logged
		return
	}
	h.api.stats.add(Accepted)
	h.api.o.Log.Debug("connected", append(h.attrs(), slog.String("connectionId", c.id))...)
	go c.run() // Shutdown waits for it
}

// open makes the connection known and sends the 101. From then on calls find
// it; a call that comes while the 101 is being written waits for that.
func (h *handshake) open(nc net.Conn, buffered *bufio.ReadWriter, c *connection, protocol string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !h.api.add(c) {
		h.lateRefusal(nc)
		return false
	}
	if err := writeRaw(nc, h.switching(protocol)); err != nil {
		c.closing = true
		h.api.remove(c)
		h.api.work.Done()
		h.abandoned("the 101 could not be written: " + err.Error())
		return false
	}
	leftover, _ := buffered.Reader.Peek(buffered.Reader.Buffered()) // they are there
	c.socket = conn.New(nc, leftover, &c.options)
	return true
}

// lateRefusal answers a client whose API began to close, or lost its stage,
// while $connect ran.
func (h *handshake) lateRefusal(nc net.Conn) {
	h.api.stats.add(Refused)
	h.api.o.Log.Warn("handshake refused", append(h.attrs(), slog.Int("status", http.StatusServiceUnavailable),
		slog.String("cause", "the API closed or lost the stage while $connect ran"))...)
	body := shuttingDown().Body()
	_ = writeRaw(nc, []byte("HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Type: application/json\r\n\r\n"+string(body)))
}

// writeRaw writes to a hijacked connection, in bounded time. The write
// deadline stays; whoever writes next sets another.
func writeRaw(nc net.Conn, p []byte) error {
	if err := nc.SetWriteDeadline(time.Now().Add(upgradeTimeout)); err != nil {
		return err
	}
	_, err := nc.Write(p)
	return err
}

// switching is the 101 (RFC 6455, 4.2.2). No extension is ever accepted, and
// a subprotocol only if $connect returned it.
func (h *handshake) switching(protocol string) []byte {
	dst := make([]byte, 0, 256)
	dst = append(dst, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nDate: "...)
	dst = h.api.o.Now().UTC().AppendFormat(dst, http.TimeFormat)
	dst = append(dst, "\r\nSec-WebSocket-Accept: "...)
	dst = append(dst, acceptKey(h.r.Header.Get("Sec-WebSocket-Key"))...)
	if protocol != "" {
		dst = append(append(dst, "\r\nSec-WebSocket-Protocol: "...), protocol...)
	}
	return append(dst, "\r\n\r\n"...)
}

// acceptKey is RFC 6455, 4.2.2, item 5.4.
func acceptKey(key string) string {
	sum := sha1.Sum([]byte(strings.TrimSpace(key) + acceptGUID)) //nolint:gosec // see the import
	return base64.StdEncoding.EncodeToString(sum[:])
}
