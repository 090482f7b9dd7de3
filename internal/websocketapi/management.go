package websocketapi

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tidewire/tidewire/internal/conn"
	"github.com/tidewire/tidewire/internal/fault"
	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/sigv4"
)

// A Management is what the gateway knows about a call to @connections beyond
// the request itself.
type Management struct {
	Stage        string // decoded
	ConnectionID string // decoded once
	Peer         netip.Addr
	Secure       bool
	// CustomDomain is true if a custom domain's mapping led here, which
	// DisableExecuteApiEndpoint does not stop.
	CustomDomain bool
}

// A call is one management call on its way.
type call struct {
	*Management
	api       *API
	r         *http.Request
	cfg       *config
	requestID string
}

// maxSigned is how much of a body is read to verify its signature, twice the
// longest message. Longer ones are refused whoever sends them.
func (c *call) maxSigned() int64 { return 2 * int64(c.api.o.Limits.Message) }

const (
	codeNormal   = 1000
	reasonNormal = "Connection Closed Normally"
)

// Connections answers POST, GET and DELETE of @connections/{id} (API Gateway
// Management API reference). The signature covers the path as it was sent;
// Management has it decoded.
func (a *API) Connections(w http.ResponseWriter, r *http.Request, m Management) {
	c := &call{Management: &m, api: a, r: r, cfg: a.config.Load(), requestID: a.random.uuid()}
	c.stamp(w.Header())
	body, err := c.admit()
	if err != nil {
		c.refuse(w, err)
		return
	}
	to, err := c.find()
	if err != nil {
		c.refuse(w, err)
		return
	}
	switch r.Method {
	case http.MethodPost:
		err = c.post(w, to, body)
	case http.MethodGet:
		err = c.get(w, to)
	default:
		err = c.remove(w, to)
	}
	if err != nil {
		c.refuse(w, err)
	}
}

// stamp sets the headers that every answer has.
func (c *call) stamp(h http.Header) {
	id := c.api.random.shortID()
	h["x-amzn-requestid"] = []string{c.requestID}
	h["x-amz-apigw-id"] = []string{string(id[:])}
	h["x-amzn-trace-id"] = []string{c.api.random.traceID(c.api.o.Now())}
}

// admit checks stage and method, then who calls, then the size.
func (c *call) admit() ([]byte, *fault.Error) {
	st := c.cfg.stages[c.Stage]
	switch {
	case st == nil:
		return nil, fault.Forbidden.Because("API %s has no stage %q", c.cfg.api.LogicalID, clip(c.Stage))
	case c.cfg.api.DisableExecuteAPIEndpoint && !c.CustomDomain:
		return nil, fault.Forbidden.Because("API %s has DisableExecuteApiEndpoint: only its custom domain is open", c.cfg.api.LogicalID)
	case c.r.Method != http.MethodPost && c.r.Method != http.MethodGet && c.r.Method != http.MethodDelete:
		return nil, fault.Forbidden.Because("method %s: @connections knows POST, GET and DELETE", clip(c.r.Method))
	}
	if !signed(c.r) { // nothing is read for somebody who does not even claim to be known
		return nil, fault.MissingAuthentication.Because("the request has neither an Authorization header nor a signature in its query")
	}
	body, err := c.body()
	if err != nil {
		return nil, err
	}
	if err := c.authorize(st, body); err != nil {
		return nil, err
	}
	if most := c.api.o.Limits.Message; len(body) > most {
		return nil, fault.PayloadTooLarge.Because("the message is %d bytes long, %d are allowed", len(body), most)
	}
	return body, nil
}

// signed tells whether a request carries something like a signature.
func signed(r *http.Request) bool {
	return r.Header.Get("Authorization") != "" || strings.Contains(r.URL.RawQuery, "X-Amz-")
}

// firstRead is the room made at once for a body whose length is announced.
const firstRead = 32 << 10

// body reads the whole body, bounded.
func (c *call) body() ([]byte, *fault.Error) {
	n := c.r.ContentLength
	if n > c.maxSigned() {
		return nil, fault.PayloadTooLarge.Because("the message is %d bytes long", n)
	}
	if n == 0 {
		return nil, nil
	}
	var buf bytes.Buffer // grows as bytes come, not as the header promises
	if n > 0 {
		buf.Grow(min(int(n), firstRead) + bytes.MinRead)
	}
	if _, err := buf.ReadFrom(io.LimitReader(c.r.Body, c.maxSigned()+1)); err != nil {
		return nil, badRequest(msgBadRequest).Because("reading the body: %w", err)
	}
	if int64(buf.Len()) > c.maxSigned() {
		return nil, fault.PayloadTooLarge.Because("the message is over %d bytes long", c.maxSigned())
	}
	return buf.Bytes(), nil
}

// authorize verifies the signature, then asks the caller's policies for
// execute-api:ManageConnections.
func (c *call) authorize(st *stage, body []byte) *fault.Error {
	id, err := c.api.o.Auth.IAM(c.r.Context(), sigv4.FromHTTP(c.r), body)
	if err != nil {
		return err
	}
	return c.api.o.Auth.Authorize(id, identity.Call{
		Action:    "execute-api:ManageConnections",
		Resource:  st.arn + "/" + c.r.Method + "/@connections/" + c.ConnectionID,
		Peer:      c.Peer,
		UserAgent: c.r.UserAgent(),
		Secure:    c.Secure,
		Referer:   c.r.Referer(),
		Host:      c.r.Host,
	})
}

// find gives the open connection of the call's id. One of another API or
// stage is as gone as one that never was.
func (c *call) find() (*connection, *fault.Error) {
	sockets := c.api.o.Hub.sockets
	if !sockets.ParseID(c.ConnectionID) {
		return nil, badRequest("Invalid connectionId: " + c.ConnectionID).Because("a connection id has 16 characters, the last one =")
	}
	to, ok := sockets.Get(c.ConnectionID)
	if !ok || to.api != c.api || to.stage != c.Stage {
		return nil, fault.Gone.Because("there is no such connection on this stage")
	}
	return to, nil
}

// post sends the body as one text message.
func (c *call) post(w http.ResponseWriter, to *connection, body []byte) *fault.Error {
	socket := to.live()
	if socket == nil {
		return fault.Gone.Because("the connection is closing")
	}
	if !utf8.Valid(body) {
		c.log("the body is not UTF-8: what is not was replaced by U+FFFD")
		body = bytes.ToValidUTF8(body, []byte(replacement))
	}
	err := socket.Send(body)
	switch {
	case err == nil:
		c.api.stats.add(Posted)
		c.answer(w, http.StatusOK, nil)
		return nil
	case errors.Is(err, conn.ErrFull):
		c.api.stats.add(QueueFull)
		return fault.LimitExceeded.Because("the client does not read fast enough: %w", err)
	default:
		return fault.Gone.Because("the connection is closing: %w", err)
	}
}

// get describes the connection.
func (c *call) get(w http.ResponseWriter, to *connection) *fault.Error {
	socket := to.live()
	if socket == nil {
		return fault.Gone.Because("the connection is closing")
	}
	c.answer(w, http.StatusOK, to.describe(socket.LastActive()))
	return nil
}

// remove closes the connection.
func (c *call) remove(w http.ResponseWriter, to *connection) *fault.Error {
	if to.live() == nil {
		return fault.Gone.Because("the connection is closing")
	}
	to.close(codeNormal, reasonNormal)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// answer writes a success.
func (c *call) answer(w http.ResponseWriter, status int, body []byte) {
	w.Header()["Content-Type"] = []string{"application/json"}
	w.WriteHeader(status)
	_, _ = w.Write(body) // the caller may be gone; there is nobody left to tell
}

// refuse answers an error and logs the reason in full.
func (c *call) refuse(w http.ResponseWriter, e *fault.Error) {
	level := slog.LevelWarn
	if e.Code == fault.Gone.Code {
		level = slog.LevelDebug // every broadcast meets some
	}
	c.api.o.Log.Log(c.r.Context(), level, "@connections call refused", append(c.attrs(),
		slog.Int("status", e.Status), slog.String("type", e.Code), slog.Any("cause", e.Cause))...)
	e.WriteREST(w)
}

// log warns about a call that succeeds.
func (c *call) log(what string) { c.api.o.Log.Warn("@connections call: "+what, c.attrs()...) }

// attrs names a call in a log.
func (c *call) attrs() []any {
	return []any{
		slog.String("api", c.cfg.api.LogicalID), slog.String("stage", clip(c.Stage)),
		slog.String("method", clip(c.r.Method)), slog.String("connectionId", clip(c.ConnectionID)),
		slog.String("peer", c.Peer.String()), slog.String("requestId", c.requestID),
	}
}

// timestampLayout is that of GetConnection: ISO 8601, milliseconds, Z.
const timestampLayout = "2006-01-02T15:04:05.000Z"

// describe is the body of GetConnection, in the layout of the service.
func (c *connection) describe(active time.Time) []byte {
	peer, agent := c.origin.caller()
	dst := make([]byte, 0, 192+len(agent))
	dst = append(dst, "{\n  \"identity\" : {\n    \"sourceIp\" : "...)
	dst = appendString(dst, peer)
	if agent != "" {
		dst = append(dst, ",\n    \"userAgent\" : "...)
		dst = appendString(dst, agent)
	}
	dst = append(dst, "\n  },\n  \"connectedAt\" : \""...)
	dst = time.UnixMilli(c.connectedAt).UTC().AppendFormat(dst, timestampLayout)
	dst = append(dst, "\",\n  \"lastActiveAt\" : \""...)
	dst = active.UTC().AppendFormat(dst, timestampLayout)
	return append(dst, "\"\n}"...)
}
