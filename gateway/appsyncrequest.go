package gateway

import (
	"net/http"
	"strings"
	"time"

	"github.com/tidewire/tidewire/internal/appsynchttp"
	"github.com/tidewire/tidewire/internal/conn"
)

// appsync answers a request for an API of AppSync.
func (g *Gateway) appsync(w http.ResponseWriter, r *http.Request, p appsyncPlace, rc requestContext) {
	server := rc.serving.appsync[p.api]
	if server == nil {
		g.forbidden(w, r, "no API of AppSync has the id "+p.api)
		return
	}
	in := appsynchttp.Request{Peer: peerOf(r, g.o.TrustedProxies), ForwardedFor: forwardedFor(r), Secure: rc.secure, Domain: rc.t.custom, Base: p.base}
	if upgrade := conn.IsUpgrade(r); upgrade || p.socket() {
		if rc.conn != nil {
			rc.conn.takeHead() // nobody needs it, and the socket may live for a day
		}
		server.answer(w, r, true, in)
		return
	}
	release, ok := g.bodies.hold(w, r)
	if !ok {
		g.o.Log.Warn("refused", "method", r.Method, "peer", r.RemoteAddr, "reason", errBodies.Error())
		return
	}
	defer release()
	// net/http clears it before the next request.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(answerLimit))
	server.answer(w, r, false, in)
}

// forwardedFor are the texts of X-Forwarded-For, of which 20 count.
func forwardedFor(r *http.Request) []string {
	const most = 20
	var list []string
	for _, hop := range strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",") {
		if hop = strings.TrimSpace(hop); hop != "" && len(list) < most {
			list = append(list, clipped(hop))
		}
	}
	return list
}
