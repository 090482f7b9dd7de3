package websocketapi

import (
	"log/slog"
	"net"
	"net/http"

	"github.com/tidewire/tidewire/internal/conn"
	"github.com/tidewire/tidewire/internal/fault"
)

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
	nc, leftover, err := conn.Hijack(w)
	if err != nil {
		h.refuse(w, fault.Internal.Because("%w", err))
		return
	}
	if !h.open(nc, leftover, c, protocol) {
		_ = nc.Close() // the refusal has been logged
		return
	}
	h.api.stats.add(Accepted)
	h.api.o.Log.Debug("connected", append(h.attrs(), slog.String("connectionId", c.id))...)
	go c.run() // Shutdown waits for it
}

// open makes the connection known and sends the 101. From then on calls find
// it; a call that comes while the 101 is being written waits for that.
func (h *handshake) open(nc net.Conn, leftover []byte, c *connection, protocol string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !h.api.add(c) {
		h.lateRefusal(nc)
		return false
	}
	if err := conn.Answer(nc, h.switching(protocol)); err != nil {
		c.closing = true
		h.api.remove(c)
		h.api.work.Leave()
		h.abandoned("the 101 could not be written: " + err.Error())
		return false
	}
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
	_ = conn.Answer(nc, []byte("HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Type: application/json\r\n\r\n"+string(body)))
}

// switching is the 101, with a subprotocol only if $connect returned one.
func (h *handshake) switching(protocol string) []byte {
	var lines [][2]string
	if protocol != "" {
		lines = [][2]string{{"Sec-WebSocket-Protocol", protocol}}
	}
	return conn.Switching(h.r, h.api.o.Now(), lines...)
}
