package websocketapi

import (
	"log/slog"
	"strings"

	"github.com/tidewire/tidewire/internal/conn"
)

// Synthetic close codes of RFC 6455, 7.4.1.
const (
	codeNoStatus = 1005
	codeLost     = 1006
)

// maxLeaving bounds the $disconnect functions that wait for their turn.
const maxLeaving = 4096

const reasonNoStatus = "Client-side close frame status not set"

// prepareDisconnect builds the DISCONNECT event. A stage that a reload took
// away is still known here.
func (c *connection) prepareDisconnect(ended *conn.Closed) invocation {
	a := c.api
	cfg := a.config.Load()
	v := invocation{ended: ended, stage: cfg.stages[c.stage]}
	if v.stage == nil {
		v.stage = cfg.retired[c.stage]
	}
	v.event = event{kind: eventDisconnect, route: routeDisconnect, at: a.o.Now(), requestID: a.random.shortID()}
	v.event.code, v.event.reason = disconnectStatus(ended)
	if v.stage == nil || v.stage.disconnect == nil {
		return v
	}
	v.route = v.stage.disconnect
	return v
}

// disconnectStatus is disconnectStatusCode and disconnectReason for an end.
func disconnectStatus(ended *conn.Closed) (code int, reason string) {
	switch {
	case ended.By == conn.Lost:
		return codeLost, ""
	case ended.By == conn.Client && (ended.Code == codeNoStatus || ended.Code == 0):
		return codeNoStatus, reasonNoStatus
	case ended.Code == closeGoingAway && ended.By == conn.Server:
		return closeGoingAway, reasonGoingAway
	default:
		return ended.Code, ended.Reason
	}
}

// runDisconnect invokes $disconnect. Nobody sees its answer; a failure is
// logged. At most Limits.Disconnects run at once, so that the end of many
// sockets does not start as many functions; the others wait without a payload.
// While more than maxLeaving wait, nobody new is let in.
func (v *invocation) runDisconnect(c *connection) {
	a := c.api
	a.stats.add(Disconnected)
	if v.route == nil || v.route.target.none() {
		return
	}
	attrs := append(c.attrs(v), slog.Int("code", v.event.code))
	a.o.Log.Debug("$disconnect", attrs...)
	a.leaving.Add(1)
	a.disconnects <- struct{}{}
	a.leaving.Add(-1)
	defer func() { <-a.disconnects }()
	if v.route.target.runs() {
		host, _, _ := strings.Cut(c.domain, "/")
		v.payload = c.origin.disconnect(v.stage, &v.event, host)
	}
	if _, failed := a.invoke(&v.route.target, v.payload); failed != nil {
		a.stats.add(DisconnectFailed)
		a.o.Log.Warn("$disconnect failed", append(attrs, slog.String("cause", failed.err.Error()))...)
	}
}
