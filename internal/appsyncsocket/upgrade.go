package appsyncsocket

import (
	"context"
	"crypto/sha1" //nolint:gosec // RFC 6455 asks for it; it protects nothing
	"encoding/base64"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/tidewire/tidewire/internal/conn"
	"github.com/tidewire/tidewire/internal/fault"
	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/wire"
)

// acceptGUID is the constant of RFC 6455, 1.3.
const acceptGUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

// upgradeTimeout is how long the client may take for the 101.
const upgradeTimeout = 10 * time.Second

var (
	shuttingDown = fault.Error{Code: "ServiceUnavailableException", Status: http.StatusServiceUnavailable, Message: "Service Unavailable"}
	notUpgrade   = fault.Error{Code: "UpgradeRequiredException", Status: http.StatusUpgradeRequired, Message: "This address takes WebSockets only."}
	badHandshake = fault.Error{Code: "BadRequestException", Status: http.StatusBadRequest, Message: "The WebSocket handshake is not valid."}
)

// IsUpgrade says whether a request asks for a WebSocket, well or badly.
func IsUpgrade(r *http.Request) bool {
	return r.Method == http.MethodGet && hasToken(r.Header["Upgrade"], "websocket")
}

// handshake is one at work.
type handshake struct {
	server *Server
	r      *http.Request
	in     Request
}

// Serve answers an upgrade request; w must allow hijacking. After the 101 the
// socket has its own goroutine and Serve returns. Whether the request's origin
// may be answered at all has been decided before.
func (s *Server) Serve(w http.ResponseWriter, r *http.Request, in Request) {
	h := &handshake{server: s, r: r, in: in}
	if !s.enter() {
		h.malformed(w, shuttingDown.Because("the API is shutting down"))
		return
	}
	defer s.work.Done()
	if f := h.check(); f != nil {
		h.malformed(w, f)
		return
	}
	f := h.admit()
	if r.Context().Err() != nil {
		s.stats.add(Abandoned)
		return
	}
	h.upgrade(w, f)
}

// check is RFC 6455, 4.2.1, and that the protocol is offered.
func (h *handshake) check() *fault.Error {
	header, want := h.r.Header, h.server.o.Protocol.String()
	switch {
	case !IsUpgrade(h.r) || h.r.ProtoMajor != 1 || !h.r.ProtoAtLeast(1, 1) || !hasToken(header["Connection"], "upgrade"):
		return notUpgrade.Because("this is no WebSocket handshake: a GET of HTTP/1.1 with Connection: Upgrade and Upgrade: websocket is needed")
	case header.Get("Sec-Websocket-Version") != "13":
		return notUpgrade.Because("Sec-WebSocket-Version must be 13")
	case !validKey(header["Sec-Websocket-Key"]):
		return badHandshake.Because("Sec-WebSocket-Key must be base64 of 16 bytes, once")
	case h.r.ContentLength != 0:
		return badHandshake.Because("a WebSocket handshake has no body")
	case !wire.Offers(header, want):
		f := badHandshake
		f.Message = "The WebSocket subprotocol " + want + " must be offered."
		return f.Because("Sec-WebSocket-Protocol does not list %s", want)
	}
	return nil
}

// admit finds out who connects; a refusal is told on the socket.
func (h *handshake) admit() *fault.Error {
	a, way, err := wire.ReadConnect(h.r)
	switch {
	case err != nil:
		return badRequest.Because("authorization in the %s: %w", way, err)
	case a.Host == "":
		return noHost.Because("authorization in the %s has no host", way)
	}
	ctx, cancel := context.WithTimeout(h.r.Context(), h.server.o.Limits.Operation)
	defer cancel()
	defer context.AfterFunc(h.server.ctx, cancel)()
	t := trial{server: h.server, admit: h.server.o.Connect, paths: h.server.o.Protocol.connectPaths(h.in.Base)}
	_, f := t.run(ctx, &identity.Request{Body: []byte("{}"), Peer: h.in.Peer, ForwardedFor: h.in.ForwardedFor, Secure: h.in.Secure, RequestID: h.in.ID}, &a)
	return f
}

// malformed answers what is no handshake, and logs why.
func (h *handshake) malformed(w http.ResponseWriter, f *fault.Error) {
	h.server.stats.add(Malformed)
	h.log("WebSocket handshake refused", f)
	header := w.Header()
	if f.Status == http.StatusUpgradeRequired {
		header.Set("Upgrade", "websocket")
		header.Set("Connection", "Upgrade")
		header.Set("Sec-WebSocket-Version", "13")
	}
	if h.r.ContentLength != 0 {
		header.Set("Connection", "close") // nobody will read the body
	}
	header["x-amzn-ErrorType"] = []string{f.Code}
	header.Set("Content-Type", "application/json;charset=UTF-8")
	w.WriteHeader(f.Status)
	body := append([]byte(`{"errors":`), wire.AppendProblems(nil, wire.Problem{Type: f.Code, Message: f.Message})...)
	_, _ = w.Write(append(body, '}')) // the client may be gone; there is nobody left to tell
}

func (h *handshake) log(what string, f *fault.Error) {
	h.server.o.Log.Warn(what, slog.String("protocol", h.server.o.Protocol.String()), slog.String("peer", h.in.Peer.String()),
		slog.String("requestId", h.in.ID), slog.Int("status", f.Status), slog.String("type", f.Code), slog.Any("cause", f.Cause))
}

// upgrade takes the connection from net/http, answers 101 and lets the socket
// run in a goroutine of its own, so that the handler returns and net/http's
// buffers are freed. A refused one hears why, and is closed.
func (h *handshake) upgrade(w http.ResponseWriter, f *fault.Error) {
	nc, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		h.malformed(w, fault.Internal.Because("this HTTP server does not let go of its connection: %w", err))
		return
	}
	if err := writeRaw(nc, h.switching()); err != nil {
		h.server.stats.add(Abandoned)
		_ = nc.Close() // it is broken
		return
	}
	leftover, _ := buffered.Reader.Peek(buffered.Reader.Buffered()) // they are there
	if f != nil {
		h.turnAway(nc, leftover, f)
		return
	}
	h.open(nc, leftover)
}

// open makes the socket known and starts it.
func (h *handshake) open(nc net.Conn, leftover []byte) {
	s := h.server
	k := &Socket{server: s, place: &place{secure: h.in.Secure, base: strings.Clone(h.in.Base), domain: strings.Clone(h.in.Domain)},
		peer: h.in.Peer, born: time.Since(s.born)}
	for _, hop := range h.in.ForwardedFor {
		k.forward = append(k.forward, strings.Clone(hop)) // not the whole header
	}
	k.conn = conn.New(nc, leftover, &s.conn)
	k.conn.Owner = k
	if !s.add(k) {
		s.stats.add(Refused) // the server began to close meanwhile
		drop(k.conn)
		return
	}
	s.stats.add(Accepted)
	go k.run() // Shutdown waits for it
}

// patience is how long a client that is turned away may take to say something
// before it is told why.
const patience = 250 * time.Millisecond

// turnedAway owns a connection that is refused.
type turnedAway struct{ tell func() }

// turnAway tells a client why it may not connect, and closes. It waits for the
// client's first message, for a moment: some clients begin to listen just before
// they send it, and what comes with the 101 is lost to them.
func (h *handshake) turnAway(nc net.Conn, leftover []byte, f *fault.Error) {
	s := h.server
	s.stats.add(Refused)
	h.log("WebSocket refused", f)
	c := conn.New(nc, leftover, &s.conn)
	tell := sync.OnceFunc(func() {
		_ = c.Send(s.o.Protocol.appendError(nil, wire.ConnectionError, "", problem(f))) // it fits; the close says the rest
		c.Close(closeRefused, "")
	})
	c.Owner = &turnedAway{tell}
	if !s.enter() {
		drop(c)
		return
	}
	go func() { // Shutdown waits for it
		defer s.work.Done()
		late := time.AfterFunc(patience, tell)
		c.Serve()
		if !late.Stop() {
			tell() // which is under way, or over
		}
	}()
}

// drop ends a connection at once.
func drop(c *conn.Conn) {
	c.Drop()
	c.Serve()
}

// writeRaw writes to a hijacked connection, in bounded time.
func writeRaw(nc net.Conn, p []byte) error {
	if err := nc.SetWriteDeadline(time.Now().Add(upgradeTimeout)); err != nil {
		return err
	}
	_, err := nc.Write(p)
	return err
}

// switching is the 101 (RFC 6455, 4.2.2), with the protocol and no extension.
func (h *handshake) switching() []byte {
	dst := make([]byte, 0, 320)
	dst = append(dst, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nDate: "...)
	dst = h.server.o.Now().UTC().AppendFormat(dst, http.TimeFormat)
	dst = append(dst, "\r\nSec-WebSocket-Accept: "...)
	dst = append(dst, acceptKey(h.r.Header.Get("Sec-Websocket-Key"))...)
	dst = append(append(dst, "\r\nSec-WebSocket-Protocol: "...), h.server.o.Protocol.String()...)
	if h.in.ID != "" {
		dst = append(append(dst, "\r\nx-amzn-RequestId: "...), h.in.ID...)
	}
	return append(dst, "\r\n\r\n"...)
}

// acceptKey is RFC 6455, 4.2.2, item 5.4.
func acceptKey(key string) string {
	sum := sha1.Sum([]byte(strings.TrimSpace(key) + acceptGUID)) //nolint:gosec // see the import
	return base64.StdEncoding.EncodeToString(sum[:])
}

// hasToken looks for a token in the lists of a header, in any case.
func hasToken(lines []string, token string) bool {
	for _, line := range lines {
		for item := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(item), token) {
				return true
			}
		}
	}
	return false
}

// validKey is RFC 6455, 4.2.1, item 5.
func validKey(lines []string) bool {
	if len(lines) != 1 {
		return false
	}
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(lines[0]))
	return err == nil && len(raw) == 16
}
