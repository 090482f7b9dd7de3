package identitypool

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/tidewire/tidewire/internal/fault"
)

const (
	targetPrefix = "AWSCognitoIdentityService."
	contentType  = "application/x-amz-json-1.1"
	keySetPath   = "/.well-known/jwks_uri" // of the service, at AWS too
	maxBody      = 64 << 10
)

// input is what any of the operations takes.
type input struct {
	IdentityPoolID string `json:"IdentityPoolId"`
	IdentityID     string `json:"IdentityId"`
	Logins         map[string]string
	CustomRoleARN  string `json:"CustomRoleArn"`
}

type idAnswer struct {
	IdentityID string `json:"IdentityId"`
}

type credentialsAnswer struct {
	IdentityID  string `json:"IdentityId"`
	Credentials credentials
}

// credentials have names of their own here: SecretKey, and seconds since 1970.
type credentials struct {
	AccessKeyID  string `json:"AccessKeyId"`
	SecretKey    string
	SessionToken string
	Expiration   int64
}

type tokenAnswer struct {
	IdentityID string `json:"IdentityId"`
	Token      string
}

// Takes tells whether a request is for identity pools: it has one of their
// operations as target, a browser asks before such a request, or it asks for
// the keys of OpenID tokens.
func Takes(r *http.Request) bool {
	switch r.Method {
	case http.MethodPost:
		return strings.HasPrefix(r.Header.Get("X-Amz-Target"), targetPrefix)
	case http.MethodOptions:
		return r.URL.Path == "/" && strings.Contains(strings.ToLower(r.Header.Get("Access-Control-Request-Headers")), "x-amz-target")
	case http.MethodGet, http.MethodHead:
		return r.URL.Path == keySetPath
	}
	return false
}

// ServeHTTP answers a request that Takes takes.
func (p *Pools) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "x-amzn-ErrorType,x-amzn-RequestId,x-amzn-ErrorMessage,Date")
	h["x-amzn-RequestId"] = []string{rand.Text()}
	switch {
	case r.Method == http.MethodOptions:
		h.Set("Access-Control-Allow-Methods", "POST")
		h.Set("Access-Control-Allow-Headers", "content-type,x-amz-target,x-amz-user-agent,amz-sdk-request,amz-sdk-invocation-id,cache-control,authorization,x-amz-date,x-amz-security-token,x-amz-content-sha256")
		h.Set("Access-Control-Max-Age", "600")
		w.WriteHeader(http.StatusOK)
	case r.Method != http.MethodPost:
		p.keys(w, r)
	default:
		p.call(w, r)
	}
}

func (p *Pools) call(w http.ResponseWriter, r *http.Request) {
	operation := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), targetPrefix)
	answer, f := p.answer(w, r, operation)
	if f != nil {
		p.refuse(w, r, operation, f)
		return
	}
	body, err := json.Marshal(answer)
	if err != nil { // texts and numbers marshal
		p.refuse(w, r, operation, internalError.Because("the answer: %w", err))
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	write(w, http.StatusOK, contentType, body)
}

func (p *Pools) answer(w http.ResponseWriter, r *http.Request, operation string) (any, *fault.Error) {
	operations := map[string]func(context.Context, *input) (any, *fault.Error){
		"GetId": p.getID, "GetCredentialsForIdentity": p.getCredentials, "GetOpenIdToken": p.getOpenIDToken,
	}
	do := operations[operation]
	if do == nil {
		f := refusal("UnknownOperationException", "tidewire answers GetId, GetCredentialsForIdentity and GetOpenIdToken of identity pools only")
		return nil, f.Because("the operation is %.100q", operation)
	}
	select {
	case p.turns <- struct{}{}:
		defer func() { <-p.turns }()
	default:
		return nil, tooMany.Because("%d calls are being answered", atWork)
	}
	in, f := read(w, r)
	if f != nil {
		return nil, f
	}
	return do(r.Context(), in)
}

// read decodes the body.
func read(w http.ResponseWriter, r *http.Request) (*input, *fault.Error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var long *http.MaxBytesError
	switch {
	case errors.As(err, &long):
		f := saying(badParameter, "The request is longer than %d bytes.", maxBody)
		return nil, f.Because("the body has over %d bytes", maxBody)
	case err != nil:
		f := refusal("SerializationException", "The request could not be read.")
		return nil, f.Because("reading the body: %w", err)
	}
	var in input
	if err := json.Unmarshal(body, &in); err != nil {
		f := refusal("SerializationException", "The request is not the JSON that the operation takes.")
		return nil, f.Because("the body of %d bytes is not the JSON that the operation takes", len(body)) // which may hold tokens
	}
	return &in, nil
}

// refuse answers an error and says why in the log.
func (p *Pools) refuse(w http.ResponseWriter, r *http.Request, operation string, f *fault.Error) {
	args := []any{"operation", clipped(operation), "peer", r.RemoteAddr, "code", f.Code, "reason", f.Cause}
	if f.Status >= http.StatusInternalServerError {
		p.o.Log.Error("identity pool", args...)
	} else {
		p.o.Log.Warn("refused", args...)
	}
	body, err := json.Marshal(struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
	}{f.Code, f.Message})
	if err != nil { // texts marshal
		body = nil
	}
	w.Header()["x-amzn-ErrorType"] = []string{f.Code}
	write(w, f.Status, contentType, body)
}

func clipped(s string) string {
	const most = 60
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}

// keys answers the keys of OpenID tokens.
func (p *Pools) keys(w http.ResponseWriter, r *http.Request) {
	if p.o.Signer == nil || !p.classic() {
		http.NotFound(w, r)
		return
	}
	body, err := p.o.Signer.keySet()
	if err != nil {
		p.o.Log.Error("identity pool", "reason", err)
		http.Error(w, "An internal error occurred.", http.StatusInternalServerError)
		return
	}
	write(w, http.StatusOK, "application/json", body)
}

// classic tells whether any pool gives OpenID tokens.
func (p *Pools) classic() bool {
	for _, pool := range p.pools {
		if pool.AllowClassic {
			return true
		}
	}
	return false
}

func write(w http.ResponseWriter, status int, kind string, body []byte) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
