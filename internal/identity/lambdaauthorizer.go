package identity

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/tidewire/tidewire/internal/fault"
	"github.com/tidewire/tidewire/internal/spec"
)

const (
	authorizerTimeout  = 10 * time.Second // AppSync developer guide, "AWS_LAMBDA authorization"
	maxAuthorizerTTL   = time.Hour
	maxResolverContext = 5 << 20 // bytes
	maxCachedAnswers   = 1000
	maxCachedBytes     = 8 << 20 // of their contexts and denied fields
	deniedFieldBytes   = 64      // that one takes besides its name, about
)

// lambdaAuthorizer asks a function who is calling, and remembers for a while.
type lambdaAuthorizer struct {
	o        *ModesOptions
	api      *modesAPI
	provider *spec.AuthProvider
	pattern  *regexp.Regexp // nil: every token

	mu     sync.Mutex
	cached map[[sha256.Size]byte]*authorizerAnswer // guarded by mu
	held   int                                     // bytes of cached answers; guarded by mu
	asking map[[sha256.Size]byte]chan struct{}     // calls under way; guarded by mu
}

// authorizerAnswer is what the function said, until it must be asked again.
type authorizerAnswer struct {
	authorized bool
	context    json.RawMessage
	denied     map[string]bool
	size       int // bytes that it takes, about
	until      time.Time
}

func newLambdaAuthorizer(m *Modes, p *spec.AuthProvider) (*lambdaAuthorizer, error) {
	a := &lambdaAuthorizer{o: &m.o, api: &m.api, provider: p, cached: map[[sha256.Size]byte]*authorizerAnswer{}, asking: map[[sha256.Size]byte]chan struct{}{}}
	if p.Lambda.IdentityValidation == "" {
		return a, nil
	}
	var err error
	if a.pattern, err = fullMatch(p.Lambda.IdentityValidation); err != nil {
		return nil, fmt.Errorf("IdentityValidationExpression: %w", err)
	}
	return a, nil
}

// admit asks the function, or what is remembered of its answer, about a token.
func (a *lambdaAuthorizer) admit(ctx context.Context, r *Request, token string) (*Caller, *fault.Error) {
	if a.pattern != nil && !a.pattern.MatchString(token) {
		return nil, notAuthorized.Because("the token does not match IdentityValidationExpression; the Lambda authorizer was not asked")
	}
	key := sha256.Sum256([]byte(r.cacheKey(token)))
	answer := a.remembered(key)
	if answer == nil {
		var err error
		if answer, err = a.answer(ctx, r, token, key); err != nil {
			return nil, notAuthorized.Because("the Lambda authorizer %s: %w", a.provider.Lambda.FunctionARN, err)
		}
	}
	if !answer.authorized {
		return nil, notAuthorized.Because("the Lambda authorizer %s answered isAuthorized: false", a.provider.Lambda.FunctionARN)
	}
	return &Caller{Mode: spec.ModeLambda, Provider: a.provider, ResolverContext: answer.context, SourceIPs: r.sources(), denied: answer.denied, events: a.api.events != nil}, nil
}

// answer asks the function and remembers what it says. Who would be given what is
// remembered of the answer to another request waits for that: a crowd that comes
// back with one token is one call.
func (a *lambdaAuthorizer) answer(ctx context.Context, r *Request, token string, key [sha256.Size]byte) (*authorizerAnswer, error) {
	if a.provider.Lambda.TTL > 0 {
		asked, first := a.join(key)
		if !first {
			select {
			case <-asked:
			case <-ctx.Done():
				return nil, context.Cause(ctx)
			}
			if answer := a.remembered(key); answer != nil {
				return answer, nil
			}
		} else {
			defer a.leave(key)
		}
	}
	answer, err := a.ask(ctx, r, token)
	if err == nil {
		a.remember(key, answer)
	}
	return answer, err
}

// join gives what is closed when the function has been asked about the key. The
// first asks, and calls leave.
func (a *lambdaAuthorizer) join(key [sha256.Size]byte) (asked <-chan struct{}, first bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if c := a.asking[key]; c != nil {
		return c, false
	}
	c := make(chan struct{})
	a.asking[key] = c
	return c, true
}

func (a *lambdaAuthorizer) leave(key [sha256.Size]byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	close(a.asking[key])
	delete(a.asking, key)
}

func (a *lambdaAuthorizer) remembered(key [sha256.Size]byte) *authorizerAnswer {
	a.mu.Lock()
	defer a.mu.Unlock()
	answer := a.cached[key]
	if answer == nil || !a.o.Now().Before(answer.until) {
		a.drop(key)
		return nil
	}
	return answer
}

// drop forgets an answer if there is one; the caller holds mu.
func (a *lambdaAuthorizer) drop(key [sha256.Size]byte) {
	if answer := a.cached[key]; answer != nil {
		a.held -= answer.size
		delete(a.cached, key)
	}
}

// remember keeps an answer as long as it may be, unless it is larger than all may
// be together; when there are too many, the ones that are over go, and if none
// is, all do.
func (a *lambdaAuthorizer) remember(key [sha256.Size]byte, answer *authorizerAnswer) {
	now := a.o.Now()
	if !now.Before(answer.until) || answer.size > maxCachedBytes {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.drop(key)
	if a.full(answer) {
		for k, old := range a.cached {
			if !now.Before(old.until) {
				a.drop(k)
			}
		}
	}
	if a.full(answer) {
		clear(a.cached)
		a.held = 0
	}
	a.cached[key] = answer
	a.held += answer.size
}

// full tells whether there is no room for one answer more; the caller holds mu.
func (a *lambdaAuthorizer) full(more *authorizerAnswer) bool {
	return len(a.cached) >= maxCachedAnswers || a.held+more.size > maxCachedBytes
}

// ask invokes the function (AppSync developer guide, "AWS_LAMBDA
// authorization").
func (a *lambdaAuthorizer) ask(ctx context.Context, r *Request, token string) (*authorizerAnswer, error) {
	event, err := a.event(r, token)
	if err != nil {
		return nil, errors.New("the variables are no JSON")
	}
	ctx, cancel := context.WithTimeout(ctx, authorizerTimeout)
	defer cancel()
	reply, err := a.o.Invoke(ctx, a.provider.Lambda.FunctionARN, event)
	if err != nil {
		return nil, fmt.Errorf("failed: %w", err)
	}
	return a.read(reply)
}

type authorizerEvent struct {
	Token   string            `json:"authorizationToken"`
	Request any               `json:"requestContext"`
	Headers map[string]string `json:"requestHeaders"`
}

type authorizerRequest struct {
	APIID         string          `json:"apiId"`
	AccountID     string          `json:"accountId"`
	RequestID     string          `json:"requestId"`
	Query         string          `json:"queryString"`
	OperationName string          `json:"operationName,omitempty"`
	Variables     json.RawMessage `json:"variables"`
}

func (a *lambdaAuthorizer) event(r *Request, token string) ([]byte, error) {
	e := authorizerEvent{Token: token, Headers: flatHeaders(r.Header)}
	if r.Signed != nil && r.Signed.Host != "" {
		e.Headers["host"] = r.Signed.Host
	}
	if a.api.events != nil {
		e.Request = eventRequest{APIID: a.api.id, AccountID: a.o.Spec.Account, RequestID: r.RequestID, Operation: r.Event.lambda(), Namespace: r.Namespace, Channel: r.Channel}
		return json.Marshal(e)
	}
	variables := r.Variables
	if variables == nil {
		variables = json.RawMessage("{}")
	}
	e.Request = authorizerRequest{
		APIID: a.api.id, AccountID: a.o.Spec.Account, RequestID: r.RequestID, Query: r.Query, OperationName: r.OperationName, Variables: variables,
	}
	return json.Marshal(e)
}

// flatHeaders are the request's headers, lower-case, without the credential,
// which the event has elsewhere.
func flatHeaders(h http.Header) map[string]string {
	flat := make(map[string]string, len(h))
	for name, values := range h {
		if name != "Authorization" && name != "Cookie" {
			flat[strings.ToLower(name)] = strings.Join(values, ", ")
		}
	}
	return flat
}

// read understands an answer, whose names are exact. What it does not understand
// it refuses.
func (a *lambdaAuthorizer) read(reply []byte) (*authorizerAnswer, error) {
	var said struct {
		Authorized *bool           `json:"isAuthorized"`
		Context    json.RawMessage `json:"resolverContext"`
		Handler    json.RawMessage `json:"handlerContext"`
		Denied     []string        `json:"deniedFields"`
		TTL        *float64        `json:"ttlOverride"`
	}
	known, err := members(reply, "isAuthorized", "resolverContext", "handlerContext", "deniedFields", "ttlOverride")
	if err == nil {
		err = json.Unmarshal(known, &said)
	}
	if err != nil || said.Authorized == nil {
		return nil, errors.New(`answered something else than {"isAuthorized": true or false, …}`)
	}
	if a.api.events != nil {
		said.Context, said.Denied = said.Handler, nil
	}
	answer := &authorizerAnswer{authorized: *said.Authorized}
	if answer.context, err = flatContext(said.Context); err != nil {
		return nil, err
	}
	answer.size = len(answer.context)
	if len(said.Denied) > 0 {
		answer.denied = make(map[string]bool, len(said.Denied))
	}
	for _, d := range said.Denied {
		field, ok := deniedField(d)
		if !ok {
			return nil, fmt.Errorf("answered deniedFields with %.200q, which is neither Type.field nor a field's ARN", d)
		}
		answer.denied[field] = true
		answer.size += len(field) + deniedFieldBytes
	}
	answer.until = a.o.Now().Add(a.ttl(said.TTL))
	return answer, nil
}

// flatContext is the context of an answer, in its own order; nil if it has none.
func flatContext(text json.RawMessage) (json.RawMessage, error) {
	var members map[string]json.RawMessage
	switch err := json.Unmarshal(text, &members); {
	case len(text) == 0 || bytes.Equal(text, []byte("null")):
		return nil, nil
	case err != nil:
		return nil, errors.New("answered a context that is no object")
	case len(text) > maxResolverContext:
		return nil, fmt.Errorf("answered a context of more than %d bytes", maxResolverContext)
	}
	for key, value := range members {
		if c := value[0]; c == '{' || c == '[' {
			return nil, fmt.Errorf("answered a context whose %.50q is no text, number or truth value", key)
		}
	}
	var compact bytes.Buffer
	err := json.Compact(&compact, text)
	return compact.Bytes(), err
}

func (a *lambdaAuthorizer) ttl(override *float64) time.Duration {
	ttl := a.provider.Lambda.TTL
	if override != nil {
		ttl = time.Duration(max(0, min(*override, maxAuthorizerTTL.Seconds())) * float64(time.Second))
	}
	return min(ttl, maxAuthorizerTTL)
}

// deniedField is "Type.field" of that, or of arn:…/types/Type/fields/field.
func deniedField(d string) (string, bool) {
	if strings.HasPrefix(d, "arn:") {
		_, rest, ok := strings.Cut(d, "/types/")
		typeName, field, both := strings.Cut(rest, "/fields/")
		return typeName + "." + field, ok && both && isName(typeName) && isName(field)
	}
	typeName, field, ok := strings.Cut(d, ".")
	return d, ok && isName(typeName) && isName(field)
}

// isName tells a GraphQL name.
func isName(s string) bool {
	for i, c := range []byte(s) {
		letter := c == '_' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}
