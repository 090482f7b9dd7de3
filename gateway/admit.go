package gateway

import (
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/url"

	"github.com/tidewire/tidewire/internal/fault"
)

// admit checks what comes before any API: the Host must be a name that the
// gateway gave out, and on loopback the Origin one of this machine's.
func (g *Gateway) admit(w http.ResponseWriter, r *http.Request, s *serving, secure bool) (target, bool) {
	local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	t, ok := s.hosts.find(r.Host, secure, local)
	if !ok {
		g.refuse(w, r, fmt.Sprintf("the host name %.100q is not served here: start tidewire with --host NAME to serve it", r.Host))
		return target{}, false
	}
	for _, origin := range r.Header.Values("Origin") {
		if !originAllowed(origin, loopbackRequest(r), g.o.AllowOrigins) {
			g.refuse(w, r, fmt.Sprintf("pages of %.100q may not connect: start tidewire with --allow-origin to admit them", origin))
			return target{}, false
		}
	}
	if _, err := url.QueryUnescape(r.URL.RawQuery); err != nil {
		f := fault.Error{Code: "BadRequestException", Status: http.StatusBadRequest, Message: "Bad Request"}
		g.o.Log.Warn("refused", "method", r.Method, "peer", r.RemoteAddr, "code", f.Code, "reason", "malformed escape in the query")
		f.WriteREST(w)
		return target{}, false
	}
	return t, true
}

// refuse answers 403 with a reason of tidewire's own, which AWS does not have:
// it protects the gateway, not an API.
func (g *Gateway) refuse(w http.ResponseWriter, r *http.Request, reason string) {
	g.o.Log.Warn("refused", "method", r.Method, "peer", r.RemoteAddr, "reason", reason)
	f := fault.Forbidden
	f.Message = "Forbidden: " + reason
	f.WriteREST(w)
}

// forbidden answers what AWS answers to a path it does not know; the reason
// goes to the log.
func (g *Gateway) forbidden(w http.ResponseWriter, r *http.Request, reason string) {
	g.o.Log.Warn("refused", "method", r.Method, "path", clipped(r.URL.Path), "peer", r.RemoteAddr, "code", fault.Forbidden.Code, "reason", reason)
	fault.Forbidden.Because("%s", reason).WriteREST(w)
}

// clipped keeps text of a client's short in the log.
func clipped(s string) string {
	const most = 200
	if len(s) <= most {
		return s
	}
	return fmt.Sprintf("%s… (%d bytes)", s[:most], len(s))
}

// elsewhere answers paths that name no stage.
func (g *Gateway) elsewhere(w http.ResponseWriter, r *http.Request) {
	if service := signedService(r); service != "" && service != "execute-api" && (service != "appsync" || !g.hasAppSync()) {
		refuseService(w, service)
		return
	}
	if rawPath(r) == "/ping" && r.Method == http.MethodGet {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write([]byte("healthy"))
		return
	}
	g.forbidden(w, r, "no stage answers at this path: "+g.paths())
}

// hasAppSync tells whether an API of AppSync is served: then a request signed
// for it has lost its way, and is not an SDK's that was sent here for want of
// an endpoint.
func (g *Gateway) hasAppSync() bool {
	s := g.Spec()
	return len(s.GraphQLAPIs)+len(s.EventsAPIs) > 0
}

// paths lists where APIs answer, for a hint.
func (g *Gateway) paths() string {
	text := ""
	for _, a := range g.APIs() {
		if text != "" {
			text += ", "
		}
		text += a.URL
	}
	return "served are " + text
}

// serverLog passes net/http's complaints (broken handshakes, mostly) on at
// debug level: a stranger who connects must not fill the log.
func serverLog(l *slog.Logger) *log.Logger {
	return slog.NewLogLogger(l.Handler(), slog.LevelDebug)
}
