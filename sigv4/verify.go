package sigv4

import (
	"context"
	"net/http"
	"slices"
	"time"
)

// Key looks up the secret of an access key for a [Verifier]. sessionToken is
// "" if none was sent; a Key function has to refuse an access key that needs
// one. It answers [ErrUnknownKey] or [ErrExpiredToken], wrapped or not, for
// AWS's refusals; any other error is an internal failure. The text of the
// error goes into a log: it may not hold the token or the secret. Both
// strings alias the request: clone what is kept.
type Key func(ctx context.Context, accessKeyID, sessionToken string) (secret string, err error)

// Limits of a Verifier.
const (
	// DefaultMaxBody is the largest body in bytes, unless Verifier.MaxBody
	// says otherwise: API Gateway's payload limit.
	DefaultMaxBody = 10 << 20

	maxQuery       = 16 << 10 // bytes of raw query
	maxPath        = 16 << 10 // bytes of escaped path
	maxHeaders     = 512      // keys in Request.Header
	maxAuth        = 16 << 10 // bytes of Authorization
	maxSigned      = 64       // signed headers
	maxSignedBytes = 64 << 10 // bytes of all values of signed headers
	maxAccessKeyID = 128      // bytes, as IAM's AccessKey type has it

	headerLife     = 5 * time.Minute // before and after the clock
	defaultExpires = 5 * time.Minute
)

// Verifier checks signatures as API Gateway's execute-api endpoints do.
// Service, Region and Key are required. See the package documentation for
// concurrency and for what is tolerated.
type Verifier struct {
	Service string           // such as "execute-api"
	Region  string           // such as "us-east-1"; the only one accepted
	Key     Key              // finds secrets
	Now     func() time.Time // nil: time.Now
	MaxBody int64            // bytes; 0: DefaultMaxBody

	// AcceptServices are services that requests may be signed for instead of
	// Service.
	AcceptServices []string
	// EncodePathOnce expects paths without the second encoding, as S3 does.
	EncodePathOnce bool

	pool canonPool
	keys keyCache
}

// Verified says who signed a request, and what. Its strings alias the request.
type Verified struct {
	AccessKeyID   string
	SessionToken  string // "" if none was sent
	Presigned     bool   // signed in the query
	Service       string // the one in the credential scope
	SignedAt      time.Time
	Expires       time.Time // the last moment at which the signature is accepted
	SignedHeaders []string  // lower case, sorted
}

// Verify checks the signature of a request and of its body, which is the whole
// of what was received after the headers. The error is a [*RefusedError]. It
// makes its checks in this order and answers with the first that fails: sizes;
// percent escapes; one form of authentication, not two; its syntax and
// completeness; host signed; dates; credential scope; the access key and its
// session token; the signature; the session token signed; the body.
//
// The payload line of the canonical request is the X-Amz-Content-Sha256 header
// if there is one, which must then be the hash of body, else the hash of body
// itself. That goes for presigned URLs too: one signed with [EmptyPayload]
// admits no body.
func (v *Verifier) Verify(ctx context.Context, r *Request, body []byte) (*Verified, error) {
	return v.verify(ctx, r, body, nil)
}

// VerifyTrace is Verify that also tells what the signature covers, if it holds.
func (v *Verifier) VerifyTrace(ctx context.Context, r *Request, body []byte) (*Verified, *Trace, error) {
	var t Trace
	who, err := v.verify(ctx, r, body, &t)
	if err != nil {
		return nil, nil, err
	}
	return who, &t, nil
}

func (v *Verifier) verify(ctx context.Context, r *Request, body []byte, t *Trace) (*Verified, error) {
	if e := v.bounds(r, body); e != nil {
		return nil, e
	}
	c := v.pool.get()
	defer v.pool.put(c)
	var a claim
	if e := c.readClaim(r, &a); e != nil {
		return nil, e
	}
	now := v.now()
	if e := v.admissible(&a, now); e != nil {
		e.AccessKeyID = a.accessKeyID
		return nil, e
	}
	secret, err := v.secret(ctx, &a)
	if err != nil {
		return nil, refuseKey(err, a.accessKeyID)
	}
	k := v.keys.get(keyID{a.accessKeyID, a.day, a.region, a.service}, secret, dayOf(now))
	if e := v.prove(c, &a, r, body, k); e != nil {
		return nil, e
	}
	if t != nil {
		*t = c.trace(a.signedAt)
	}
	return a.verified(c), nil
}

// secret asks for the secret. An empty one proves nothing and counts as none.
func (v *Verifier) secret(ctx context.Context, a *claim) (string, error) {
	if len(a.accessKeyID) > maxAccessKeyID {
		return "", ErrUnknownKey
	}
	secret, err := v.Key(ctx, a.accessKeyID, a.token)
	if err == nil && secret == "" {
		return "", ErrUnknownKey
	}
	return secret, err
}

// bounds checks what must hold before anything is computed.
func (v *Verifier) bounds(r *Request, body []byte) *RefusedError {
	limit := v.MaxBody
	if limit <= 0 {
		limit = DefaultMaxBody
	}
	switch {
	case v.Service == "" || v.Region == "" || v.Key == nil:
		e := refuse("InternalServerErrorException", "Internal server error", "the verifier needs Service, Region and Key")
		e.Status = http.StatusInternalServerError
		return e
	case int64(len(body)) > limit:
		e := refuse("RequestEntityTooLargeException", "Request Too Long", "the body has %d bytes, the limit is %d", len(body), limit)
		e.Status = http.StatusRequestEntityTooLarge
		return e
	case len(r.RawQuery) > maxQuery:
		return refuseMismatch("the query has %d bytes, the limit is %d", len(r.RawQuery), maxQuery)
	case len(r.Path) > maxPath:
		return refuseMismatch("the path has %d bytes, the limit is %d", len(r.Path), maxPath)
	case len(r.Header) > maxHeaders:
		return refuseMismatch("the request has %d headers, the limit is %d", len(r.Header), maxHeaders)
	case !isToken(r.Method):
		return refuseMalformed("the method is not an HTTP token")
	case r.Path != "" && r.Path[0] != '/':
		return refuseMalformed("the path does not begin with a slash")
	case !wellEscaped(r.Path):
		return refuseMalformed("the path holds a malformed percent escape")
	}
	return nil
}

func (v *Verifier) now() time.Time {
	if v.Now != nil {
		return v.Now()
	}
	return time.Now()
}

// verified tells who signed, in one allocation for up to eight headers.
func (a *claim) verified(c *canon) *Verified {
	out := &struct {
		Verified
		names [8]string
	}{Verified: Verified{
		AccessKeyID: a.accessKeyID, SessionToken: a.token, Presigned: a.presigned,
		Service: a.service, SignedAt: a.signedAt, Expires: a.expires(),
	}}
	out.SignedHeaders = out.names[:0]
	for _, f := range c.fields {
		out.SignedHeaders = append(out.SignedHeaders, f.name)
	}
	out.SignedHeaders = slices.Clip(out.SignedHeaders)
	return &out.Verified
}
