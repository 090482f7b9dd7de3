package appsyncsocket

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/tidewire/tidewire/internal/fault"
	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/wire"
	"github.com/tidewire/tidewire/sigv4"
)

// Credential is what authorizes one message.
type Credential struct {
	// Object is the authorization as it came; nil: there was none.
	Object json.RawMessage
	// Body is what IAM has signed, or else OtherBody, which is nil if nothing
	// else is possible.
	Body, OtherBody []byte
}

// algorithm begins the Authorization of Signature Version 4.
const algorithm = "AWS4-HMAC-SHA256"

var (
	noCredential = fault.Error{Code: "UnauthorizedException", Status: http.StatusUnauthorized, Message: "You are not authorized to make this call."}
	badRequest   = fault.Error{Code: "BadRequestException", Status: http.StatusBadRequest, Message: "The authorization of the connection cannot be read."}
	noHost       = fault.Error{Code: "BadRequestException", Status: http.StatusBadRequest, Message: "The authorization of the connection has no host."}
)

// Admit finds out who sent a message. The request that admit gets has the
// authorization as its headers; a signature in it was made over a POST of one of
// the two bodies to the API's path, for a host that is the API's.
func (k *Socket) Admit(ctx context.Context, c Credential, admit Admit) (*identity.Caller, *fault.Error) {
	if c.Object == nil {
		c.Object = json.RawMessage("{}") // admit has words for that
	}
	a, err := wire.ReadAuthorization(c.Object)
	if err != nil {
		return nil, noCredential.Because("the authorization of the message: %w", err)
	}
	r := &identity.Request{Body: c.Body, OtherBody: c.OtherBody, Peer: k.peer, ForwardedFor: k.forward, Secure: k.place.secure}
	return k.server.ask(ctx, admit, r, k.server.o.Protocol.operationPath(k.place.base), &a)
}

// ask completes a request with the authorization, as one for a path, and asks
// admit about it.
func (s *Server) ask(ctx context.Context, admit Admit, r *identity.Request, path string, a *wire.Authorization) (*identity.Caller, *fault.Error) {
	if isSigned(a.Header) && !s.o.KnownHost(a.Host) {
		return nil, noCredential.Because("the request was signed for the host %.100q, which is none of this API's", a.Host)
	}
	r.Header = a.Header
	r.Signed = &sigv4.Request{Method: http.MethodPost, Path: path, Host: a.Host, Header: a.Header, ContentLength: int64(len(r.Body))}
	return admit(ctx, r)
}

// isSigned says whether a signature is sent, also next to something else.
func isSigned(h http.Header) bool {
	for _, value := range h["Authorization"] {
		if strings.HasPrefix(strings.TrimSpace(value), algorithm) {
			return true
		}
	}
	return false
}

// problem is a refusal to connect as connection_error says it: clients give up
// on the codes 400, 401 and 403, and on nothing else.
func problem(f *fault.Error) wire.Problem {
	switch {
	case f.Status == http.StatusBadRequest && f.Code == badRequest.Code:
		return wire.Problem{Type: f.Code, Message: f.Message, Code: f.Status}
	case f.Status >= http.StatusBadRequest && f.Status < http.StatusInternalServerError && f.Status != http.StatusTooManyRequests:
		code := http.StatusUnauthorized
		var refused *identity.RefusedError
		if f.Status == http.StatusForbidden && !errors.As(f.Cause, &refused) {
			code = http.StatusForbidden // a policy's, not a signature's
		}
		return wire.Problem{Type: noCredential.Code, Message: noCredential.Message, Code: code}
	}
	return wire.Problem{Type: f.Code, Message: f.Message, Code: f.Status}
}
