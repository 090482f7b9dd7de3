package websocketapi

import (
	"context"
	"errors"
	"log/slog"

	"github.com/tidewire/tidewire/internal/conn"
)

const (
	closeGoingAway    = 1001
	closePolicy       = 1008
	reasonGoingAway   = "Going away"
	reasonNotReading  = "Messages are not read fast enough"
	messageForbidden  = "Forbidden"
	messageTooManyReq = "Too Many Requests"
)

// An invocation is a job made ready to run.
type invocation struct {
	event   event
	stage   *stage // nil: there is nothing to run
	route   *route // nil: no route fits
	payload []byte
	ended   *conn.Closed // not nil: this is $disconnect
	limited bool         // the route's throttle refuses it
}

// prepare chooses the route of a job and builds its event. It is called in
// the order of the messages.
func (c *connection) prepare(j *job) invocation {
	if j.ended != nil {
		return c.prepareDisconnect(j.ended)
	}
	a := c.api
	cfg := a.config.Load()
	v := invocation{stage: cfg.stages[c.stage]}
	if v.stage == nil {
		return v
	}
	v.event = event{kind: eventMessage, at: a.o.Now(), requestID: a.random.shortID(), messageID: a.random.shortID()}
	if v.route = v.stage.pick(cfg.selection.route(j.text)); v.route == nil {
		return v
	}
	if v.limited = !v.route.bucket.take(v.event.at); v.limited || !v.route.target.runs() {
		return v
	}
	v.event.route = v.route.key
	v.payload = c.origin.message(v.stage, &v.event, j.text)
	return v
}

// pick finds the route of a message: the one whose key equals the result,
// else $default, else none. $connect and $disconnect are not in the map.
func (st *stage) pick(key string, ok bool) *route {
	if ok {
		if r := st.routes[key]; r != nil {
			return r
		}
	}
	return st.fallback
}

// runs says that there is a function to invoke.
func (t *target) runs() bool { return t.function != "" && t.broken == nil }

// none says that the route has no integration: it accepts and does nothing.
func (t *target) none() bool { return t.function == "" && t.broken == nil }

// run does what was made ready.
func (v *invocation) run(c *connection) {
	a := c.api
	switch {
	case v.ended != nil:
		v.runDisconnect(c)
	case v.stage == nil:
		a.stats.add(LateMessage)
	case v.route == nil:
		a.stats.add(NoRoute)
		a.o.Log.Warn("message refused: no route fits and the API has no $default", c.attrs(v)...)
		c.sendError(v, messageForbidden)
	case v.limited:
		a.stats.add(Throttled)
		a.o.Log.Warn("message refused: the route's throttle is exceeded", c.attrs(v)...)
		c.sendError(v, messageTooManyReq)
	default:
		v.runMessage(c)
	}
}

// runMessage invokes the route's function and delivers its answer.
func (v *invocation) runMessage(c *connection) {
	t := &v.route.target
	if t.none() {
		return
	}
	answer, failed := c.api.invoke(t, v.payload)
	if failed != nil {
		c.failedMessage(v, failed.err)
		return
	}
	if log := c.api.o.Log; log.Enabled(context.Background(), slog.LevelDebug) {
		log.Debug("message", append(c.attrs(v), slog.Int("status", answer.status))...)
	}
	if !v.route.spec.RouteResponse || len(answer.body) == 0 {
		return
	}
	text, err := answer.text()
	if err == nil && len(text) > c.api.o.Limits.Message {
		err = malformed("the body is %d bytes long; a message may have %d", len(text), c.api.o.Limits.Message)
	}
	if err != nil {
		c.failedMessage(v, err)
		return
	}
	c.send(v, text)
}

// failedMessage logs why an invocation failed and tells the client that it
// did.
func (c *connection) failedMessage(v *invocation, why error) {
	c.api.stats.add(Failed)
	c.api.o.Log.Warn("message failed", append(c.attrs(v), slog.String("cause", why.Error()))...)
	c.sendError(v, internalServerError)
}

// sendError sends an error frame; the socket stays open.
func (c *connection) sendError(v *invocation, message string) {
	c.send(v, errorFrame(message, c.id, v.event.requestID))
}

// errorFrame is the service's error frame, blanks included.
func errorFrame(message, id string, requestID [shortIDLen]byte) []byte {
	dst := make([]byte, 0, 128)
	dst = append(dst, `{"message": "`...)
	dst = append(dst, message...)
	dst = append(dst, `", "connectionId":"`...)
	dst = append(dst, id...)
	dst = append(dst, `", "requestId":"`...)
	dst = append(dst, requestID[:]...)
	return append(dst, `"}`...)
}

// send queues text for the client. A client that does not read is closed: a
// reply cannot be refused, and may not be dropped in silence.
func (c *connection) send(v *invocation, text []byte) {
	socket := c.live()
	if socket == nil {
		c.api.stats.add(ReplyLost)
		return
	}
	err := socket.Send(text)
	switch {
	case err == nil:
	case errors.Is(err, conn.ErrFull):
		c.api.stats.add(SlowConsumer)
		c.api.o.Log.Warn("connection closed: its client does not read fast enough", c.attrs(v)...)
		c.close(closePolicy, reasonNotReading)
	default:
		c.api.stats.add(ReplyLost)
	}
}

// attrs names an invocation in a log.
func (c *connection) attrs(v *invocation) []any {
	route, function := "", ""
	if v.route != nil {
		route, function = v.route.key, v.route.target.function
	}
	return []any{
		slog.String("api", c.api.o.API.LogicalID), slog.String("stage", c.stage),
		slog.String("route", route), slog.String("function", function),
		slog.String("connectionId", c.id), slog.String("requestId", string(v.event.requestID[:])),
	}
}
