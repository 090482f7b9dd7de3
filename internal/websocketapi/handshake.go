package websocketapi

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/tidewire/tidewire/internal/conn"
	"github.com/tidewire/tidewire/internal/fault"
	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/sigv4"
)

// A Handshake is what the gateway knows about a request to open a socket
// beyond the request itself.
type Handshake struct {
	Stage string // decoded
	// RawHeader are the header lines in the client's case and order. nil: they
	// are taken from the request, in canonical case.
	RawHeader [][2]string
	Peer      netip.Addr // who calls, as sourceIp
	Secure    bool       // over TLS
	// Domain is requestContext.domainName: host[:port][/apiId]. Empty:
	// Options.Domain, else the request's Host.
	Domain string
	// CustomDomain is true if a custom domain's mapping led here, which
	// DisableExecuteApiEndpoint does not stop.
	CustomDomain bool
}

// A handshake is one on its way through the checks.
type handshake struct {
	*Handshake
	api       *API
	r         *http.Request
	cfg       *config
	stage     *stage
	start     time.Time
	requestID [shortIDLen]byte
	iam       *identity.Identity // set by the AWS_IAM check
}

const (
	msgURLTooLong      = "Request-URI Too Long"
	msgUpgradeRequired = "Upgrade Required"
	msgBadRequest      = "Bad Request"
	missingParams      = "Missing required request parameters: ["
)

// admit runs the checks in the service's order and says why the handshake is
// refused; nil lets it go on to $connect.
func (h *handshake) admit() *fault.Error {
	for _, check := range []func() *fault.Error{
		h.checkTarget, h.checkRequest, h.checkThrottle, h.checkIAM, h.checkAPIKey, h.checkParameters,
	} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// checkTarget is for the address: length, stage, endpoint.
func (h *handshake) checkTarget() *fault.Error {
	if n, most := len(h.r.RequestURI), h.api.o.Limits.URL; n > most {
		return fault.Error{Code: "RequestURITooLongException", Status: http.StatusRequestURITooLong, Message: msgURLTooLong}.
			Because("the URL is %d bytes long, %d are allowed", n, most)
	}
	h.stage = h.cfg.stages[h.Stage]
	if h.stage == nil {
		return fault.Forbidden.Because("API %s has no stage %q", h.cfg.api.LogicalID, clip(h.Stage))
	}
	if h.cfg.api.DisableExecuteAPIEndpoint && !h.CustomDomain {
		return fault.Forbidden.Because("API %s has DisableExecuteApiEndpoint: only its custom domain is open", h.cfg.api.LogicalID)
	}
	return nil
}

// checkRequest is RFC 6455, 4.2.1.
func (h *handshake) checkRequest() *fault.Error {
	if h.r.Method != http.MethodGet {
		return fault.Forbidden.Because("method %s on a stage; a WebSocket handshake is a GET", clip(h.r.Method))
	}
	err := conn.CheckUpgrade(h.r)
	switch {
	case err == nil:
		return nil
	case err.Status == http.StatusUpgradeRequired:
		return upgradeRequired().Because("%w", err)
	}
	return badRequest(msgBadRequest).Because("%w", err)
}

// checkThrottle takes a token for $connect.
func (h *handshake) checkThrottle() *fault.Error {
	if h.stage.connect == nil || h.stage.connect.bucket.take(h.start) {
		return nil
	}
	h.api.stats.add(Throttled)
	return fault.TooManyRequests.Because("the throttle of $connect on stage %s is exceeded", h.stage.name)
}

// checkIAM verifies the signature, then asks the caller's policies for
// execute-api:Invoke.
func (h *handshake) checkIAM() *fault.Error {
	connect := h.stage.connect
	if connect == nil || connect.spec.Authorization != "AWS_IAM" {
		return nil
	}
	id, err := h.api.o.Auth.IAM(h.r.Context(), sigv4.FromHTTP(h.r), nil)
	if err != nil {
		return err
	}
	h.iam = id
	return h.api.o.Auth.Authorize(id, identity.Call{
		Action:    "execute-api:Invoke",
		Resource:  h.stage.arn + "/" + routeConnect,
		Peer:      h.Peer,
		UserAgent: h.r.UserAgent(),
		Secure:    h.Secure,
		Referer:   h.r.Referer(),
		Host:      h.r.Host,
	})
}

// checkAPIKey asks for a key of a usage plan that holds the stage.
func (h *handshake) checkAPIKey() *fault.Error {
	if h.stage.connect == nil || !h.stage.connect.spec.APIKeyRequired {
		return nil
	}
	_, err := h.api.o.Auth.APIKey(h.r.Header.Get("X-Api-Key"), h.cfg.api.ID, h.stage.name)
	return err
}

// checkParameters asks for the parameters that $connect requires.
func (h *handshake) checkParameters() *fault.Error {
	if h.stage.connect == nil || len(h.stage.connect.required) == 0 {
		return nil
	}
	query, _ := url.ParseQuery(h.r.URL.RawQuery) // what it could read is what there is
	missing := missingParameters(h.stage.connect.required, h.r.Header, query)
	if len(missing) == 0 {
		return nil
	}
	text := missingParams + strings.Join(missing, ", ") + "]"
	return badRequest(text).Because("$connect requires the parameters %s", strings.Join(missing, ", "))
}

// badRequest is a 400.
func badRequest(message string) fault.Error {
	return fault.Error{Code: "BadRequestException", Status: http.StatusBadRequest, Message: message}
}

// upgradeRequired is a 426.
func upgradeRequired() fault.Error {
	return fault.Error{Code: "UpgradeRequiredException", Status: http.StatusUpgradeRequired, Message: msgUpgradeRequired}
}
