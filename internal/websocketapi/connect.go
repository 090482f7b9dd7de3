package websocketapi

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"github.com/tidewire/tidewire/internal/conn"
	"github.com/tidewire/tidewire/internal/fault"
)

// Connect answers a handshake on a stage. The client hears nothing until
// $connect has answered; then it gets the 101, or the status that the service
// gives. After the 101 the socket has its own goroutine and Connect returns.
// w must allow hijacking.
func (a *API) Connect(w http.ResponseWriter, r *http.Request, in Handshake) {
	h := &handshake{Handshake: &in, api: a, r: r, cfg: a.config.Load(), start: a.o.Now(), requestID: a.random.shortID()}
	if !a.work.Enter() {
		h.refuse(w, shuttingDown())
		return
	}
	defer a.work.Leave()
	if n := a.leaving.Load(); n > maxLeaving {
		a.stats.add(Throttled)
		h.refuse(w, fault.TooManyRequests.Because("%d $disconnect functions wait for their turn", n))
		return
	}
	if err := h.admit(); err != nil {
		h.refuse(w, err)
		return
	}
	c := h.connection()
	protocol, err := h.runConnect(c)
	if err != nil {
		h.refuse(w, err)
		return
	}
	if r.Context().Err() != nil {
		h.abandoned("the client left before $connect had answered")
		return
	}
	h.upgrade(w, c, protocol)
}

// shuttingDown is the answer while the API closes.
func shuttingDown() *fault.Error {
	return fault.Error{Code: "ServiceUnavailableException", Status: http.StatusServiceUnavailable, Message: "Service Unavailable"}.
		Because("the gateway is shutting down")
}

// connection is the state of the socket to be.
func (h *handshake) connection() *connection {
	a := h.api
	c := &connection{api: a, id: a.o.Hub.sockets.NewID(), stage: h.stage.name, domain: h.domain(), connectedAt: h.start.UnixMilli()}
	who := caller{peer: h.Peer, userAgent: h.r.UserAgent(), iam: h.iam}
	c.origin = newOrigin(c.stage, c.domain, c.id, h.cfg.api.ID, c.connectedAt, &who)
	c.options = a.socketOptions(c)
	return c
}

// domain is requestContext.domainName.
func (h *handshake) domain() string {
	switch {
	case h.Domain != "":
		return h.Domain
	case h.api.o.Domain != nil:
		return h.api.o.Domain()
	default:
		return strings.Clone(h.r.Host)
	}
}

// runConnect invokes $connect, if there is one, and maps its answer: a 2xx
// lets the client in, any other status is passed on.
func (h *handshake) runConnect(c *connection) (protocol string, refused *fault.Error) {
	connect := h.stage.connect
	if connect == nil || connect.target.none() {
		return "", nil
	}
	var payload []byte
	if connect.target.runs() {
		e := event{kind: eventConnect, route: routeConnect, at: h.api.o.Now(), requestID: h.requestID}
		headers := connectHeaders(h.r, h.Handshake, h.api.random.traceID, e.at)
		payload = c.origin.connect(h.stage, &e, headers, queryFields(h.r.URL.RawQuery))
	}
	answer, failed := h.api.invoke(&connect.target, payload)
	switch {
	case failed != nil:
		e := fault.Error{Code: fault.Internal.Code, Status: failed.status, Message: failed.public, Cause: failed.err}
		return "", &e
	case answer.status < 200 || answer.status > 299:
		return "", passOn(answer.status)
	default:
		return answer.subprotocol, nil
	}
}

// errByFunction is the cause of a status that $connect itself returned.
var errByFunction = errors.New("$connect returned this status")

// passOn is the refusal that $connect asked for. Its body is the gateway's.
func passOn(status int) *fault.Error {
	text := http.StatusText(status)
	if status >= http.StatusInternalServerError {
		text = internalServerError
	}
	return &fault.Error{Status: status, Message: text, Cause: errByFunction}
}

// refuse answers a handshake with its status and logs the reason in full.
func (h *handshake) refuse(w http.ResponseWriter, e *fault.Error) {
	h.api.stats.add(Refused)
	h.api.o.Log.Warn("handshake refused", append(h.attrs(),
		slog.Int("status", e.Status), slog.String("type", e.Code), slog.Any("cause", e.Cause))...)
	header := w.Header()
	header["x-amzn-RequestId"] = []string{h.api.random.uuid()}
	conn.RefuseUpgrade(header, h.r, e.Status)
	writeFault(w, e)
}

// writeFault writes e as API Gateway does; without an error type if it is a
// function's own status.
func writeFault(w http.ResponseWriter, e *fault.Error) {
	if e.Code != "" {
		e.WriteREST(w)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(e.Status)
	if e.Status != http.StatusNotModified {
		_, _ = w.Write(e.Body()) // the client may be gone; there is nobody left to tell
	}
}

// abandoned records a client that did not wait for its socket.
func (h *handshake) abandoned(why string) {
	h.api.stats.add(Abandoned)
	h.api.o.Log.Warn("handshake abandoned", append(h.attrs(), slog.String("cause", why))...)
}

// attrs names a handshake in a log. The URL is not in it: it may be signed.
func (h *handshake) attrs() []any {
	function := ""
	if h.stage != nil && h.stage.connect != nil {
		function = h.stage.connect.target.function
	}
	return []any{
		slog.String("api", h.cfg.api.LogicalID), slog.String("stage", clip(h.Stage)),
		slog.String("route", routeConnect), slog.String("function", function),
		slog.String("peer", h.Peer.String()), slog.String("requestId", string(h.requestID[:])),
	}
}
