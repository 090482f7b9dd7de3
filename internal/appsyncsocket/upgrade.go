package appsyncsocket

import (
	"context"
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

var (
	shuttingDown = fault.Error{Code: "ServiceUnavailableException", Status: http.StatusServiceUnavailable, Message: "Service Unavailable"}
	notUpgrade   = fault.Error{Code: "UpgradeRequiredException", Status: http.StatusUpgradeRequired, Message: "This address takes WebSockets only."}
	badHandshake = fault.Error{Code: "BadRequestException", Status: http.StatusBadRequest, Message: "The WebSocket handshake is not valid."}
)

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
	if !s.work.Enter() {
		h.malformed(w, shuttingDown.Because("the API is shutting down"))
		return
	}
	defer s.work.Leave()
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
	if err := conn.CheckUpgrade(h.r); err != nil {
		if err.Status == http.StatusUpgradeRequired {
			return notUpgrade.Because("%w", err)
		}
		return badHandshake.Because("%w", err)
	}
	if want := h.server.o.Protocol.String(); !wire.Offers(h.r.Header, want) {
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
	path, other := h.server.o.Protocol.connectPath(h.in.Base)
	r := &identity.Request{Body: []byte("{}"), OtherPath: other, Peer: h.in.Peer, ForwardedFor: h.in.ForwardedFor, Secure: h.in.Secure, RequestID: h.in.ID}
	_, f := h.server.ask(ctx, h.server.o.Connect, r, path, &a)
	return f
}

// malformed answers what is no handshake, and logs why.
func (h *handshake) malformed(w http.ResponseWriter, f *fault.Error) {
	h.server.stats.add(Malformed)
	h.log("WebSocket handshake refused", f)
	header := w.Header()
	conn.RefuseUpgrade(header, h.r, f.Status)
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
	nc, leftover, err := conn.Hijack(w)
	if err != nil {
		h.malformed(w, fault.Internal.Because("%w", err))
		return
	}
	if err := conn.Answer(nc, h.switching()); err != nil {
		h.server.stats.add(Abandoned)
		_ = nc.Close() // it is broken
		return
	}
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
	if !s.work.Enter() {
		drop(c)
		return
	}
	go func() { // Shutdown waits for it
		defer s.work.Leave()
		defer context.AfterFunc(s.ctx, c.Drop)()
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

// switching is the 101, with the protocol.
func (h *handshake) switching() []byte {
	lines := [][2]string{{"Sec-WebSocket-Protocol", h.server.o.Protocol.String()}}
	if h.in.ID != "" {
		lines = append(lines, [2]string{"x-amzn-RequestId", h.in.ID})
	}
	return conn.Switching(h.r, h.server.o.Now(), lines...)
}
