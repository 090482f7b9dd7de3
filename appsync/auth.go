package appsync

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"golang.org/x/oauth2"

	"github.com/tidewire/tidewire/sigv4"
)

const service = "appsync"

// Auth is one of AppSync's authorization modes, with what proves the caller.
// Get one from [APIKey], [IAM], [Token], [Lambda] or [LambdaFunc]. It is asked
// for a fresh proof before every request, every connection attempt and every
// subscription, may be shared by clients, and may be used by any number of
// goroutines.
type Auth struct {
	// immutable
	looked string // where a proof comes from, for people
	header string // name of the header that carries secret
	secret func(context.Context) (string, error)
	iam    *iamAuth // nil: not IAM
}

// APIKey is mode API_KEY: the header x-api-key.
func APIKey(key string) *Auth {
	give := func(context.Context) (string, error) { return key, nil }
	return &Auth{looked: "the API key given to APIKey", header: "X-Api-Key", secret: give}
}

// IAM is mode AWS_IAM: Signature Version 4 for service appsync. An empty region
// means the one in the host name of the API, see [RegionOf].
func IAM(credentials aws.CredentialsProvider, region string) *Auth {
	return &Auth{looked: "the credentials provider given to IAM", iam: &iamAuth{credentials: credentials, region: region}}
}

// Token is modes OPENID_CONNECT and AMAZON_COGNITO_USER_POOLS: the access token
// of source, sent without a scheme in the header Authorization. Wrap a source
// that is slow in oauth2.ReuseTokenSource. A source cannot be cancelled: a call
// of it that outlives its caller is waited for by the next one, so that there
// is one at a time.
func Token(source oauth2.TokenSource) *Auth {
	a := &Auth{looked: "the token source given to Token", header: "Authorization"}
	if source == nil {
		a.secret = func(context.Context) (string, error) { return "", errors.New("it is nil") }
		return a
	}
	a.secret = (&tokens{source: source}).get
	return a
}

// Lambda is mode AWS_LAMBDA with a token that does not change. AppSync passes
// it to the authorizer as it is; it must not begin with "Bearer " nor look like
// a JWT where the API also has OIDC or Cognito, which then get it instead.
func Lambda(token string) *Auth {
	return LambdaFunc(func(context.Context) (string, error) { return token, nil })
}

// LambdaFunc is [Lambda] with a function that is asked for the token each time.
func LambdaFunc(token func(ctx context.Context) (string, error)) *Auth {
	if token == nil {
		token = func(context.Context) (string, error) { return "", errors.New("it is nil") }
	}
	return &Auth{looked: "the token given to Lambda", header: "Authorization", secret: token}
}

// apply puts the proof for r, whose body is body, into its headers. r.Host
// becomes the host that was signed.
func (a *Auth) apply(ctx context.Context, e *endpoint, r *http.Request, body []byte) error {
	if a == nil {
		return &NoCredentialsError{LookedFor: "Auth", Cause: errors.New("it is nil; use APIKey, IAM, Token or Lambda")}
	}
	if a.iam != nil {
		return a.sign(ctx, e, r, body)
	}
	value, err := a.value(ctx)
	if err != nil {
		return err
	}
	r.Header[a.header] = []string{value}
	return nil
}

// value is the key or token, checked.
func (a *Auth) value(ctx context.Context) (string, error) {
	value, err := a.secret(ctx)
	switch {
	case ctx.Err() != nil:
		return "", fmt.Errorf("ask %s: %w", a.looked, ctx.Err())
	case err != nil:
		return "", &NoCredentialsError{LookedFor: a.looked, Cause: err}
	case value == "":
		return "", &NoCredentialsError{LookedFor: a.looked, Cause: errors.New("it is empty")}
	case strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return "", &NoCredentialsError{LookedFor: a.looked,
			Cause: errors.New("it holds a line break or another control character; trim what was read from a file")}
	}
	return value, nil
}

// Check finds what is missing for calls to t, without asking or sending anything:
// a [*NoCredentialsError], a [*NoRegionError], or a Target that cannot be. a may
// be nil, which is an error.
func (a *Auth) Check(t Target) error {
	e, err := t.endpoint()
	if err != nil {
		return err
	}
	return a.check(e)
}

// check is Check for an endpoint.
func (a *Auth) check(e *endpoint) error {
	switch {
	case a == nil:
		return &NoCredentialsError{LookedFor: "Auth", Cause: errors.New("it is nil; use APIKey, IAM, Token or Lambda")}
	case a.iam == nil:
		return nil
	case a.iam.credentials == nil:
		return &NoCredentialsError{LookedFor: a.looked, Cause: errors.New("it is nil")}
	case a.iam.regionFor(e) == "":
		return &NoRegionError{Host: e.host}
	}
	return nil
}

// iamAuth signs. It keeps a signer for each region, for its cache of keys.
type iamAuth struct {
	credentials aws.CredentialsProvider
	region      string
	signers     sync.Map // region and clock's endpoint -> *sigv4.Signer
}

func (i *iamAuth) regionFor(e *endpoint) string {
	if i.region != "" {
		return i.region
	}
	return e.region
}

// signerID tells signers apart: endpoints may have clocks of their own.
type signerID struct {
	region string
	clock  *endpoint // nil: time.Now
}

// signer is one that is kept, but for endpoints that have a clock and are not
// kept themselves.
func (i *iamAuth) signer(e *endpoint) *sigv4.Signer {
	id := signerID{region: i.regionFor(e)}
	if e.now != nil {
		id.clock = e
	}
	if e.now != nil && !e.kept {
		return &sigv4.Signer{Credentials: i.credentials, Service: service, Region: id.region, Now: e.now}
	}
	if s, ok := i.signers.Load(id); ok {
		return s.(*sigv4.Signer)
	}
	s, _ := i.signers.LoadOrStore(id, &sigv4.Signer{Credentials: i.credentials, Service: service, Region: id.region, Now: e.now})
	return s.(*sigv4.Signer)
}

func (a *Auth) sign(ctx context.Context, e *endpoint, r *http.Request, body []byte) error {
	if err := a.check(e); err != nil {
		return err
	}
	err := a.iam.signer(e).Sign(ctx, r, sigv4.HashPayload(body))
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("sign: %w", ctx.Err())
	case errors.Is(err, sigv4.ErrNoCredentials):
		return &NoCredentialsError{LookedFor: a.looked, Cause: err}
	}
	return fmt.Errorf("sign: %w", err)
}

// tokens asks a source, which cannot be cancelled, once at a time.
type tokens struct {
	source oauth2.TokenSource

	mu     sync.Mutex
	asking *tokenCall // nil: nobody asks
}

type tokenCall struct {
	done  chan struct{} // closed when token and err are set
	token *oauth2.Token
	err   error
}

func (t *tokens) get(ctx context.Context) (string, error) {
	call := t.ask()
	select {
	case <-call.done:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	switch {
	case call.err != nil:
		return "", call.err
	case call.token == nil || call.token.AccessToken == "":
		return "", errors.New("the source gave no access token")
	case !call.token.Expiry.IsZero() && call.token.Expiry.Before(time.Now()):
		return "", errors.New("the token has expired at " + call.token.Expiry.UTC().Format(time.RFC3339) + "; the source must refresh it")
	}
	return call.token.AccessToken, nil
}

// ask joins the call in flight or starts one. Its goroutine ends with the
// source's answer.
func (t *tokens) ask() *tokenCall {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.asking != nil {
		return t.asking
	}
	call := &tokenCall{done: make(chan struct{})}
	t.asking = call
	go func() {
		call.token, call.err = t.source.Token()
		t.mu.Lock()
		t.asking = nil
		t.mu.Unlock()
		close(call.done)
	}()
	return call
}
