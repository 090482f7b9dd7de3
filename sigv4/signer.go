package sigv4

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// ErrNoCredentials says that there is nothing to sign with. It is found before
// anything is sent.
var ErrNoCredentials = errors.New("no AWS credentials")

// Signer signs requests as a client. Service, Region and Credentials are
// required; the other fields may be left zero. See the package documentation
// for concurrency.
type Signer struct {
	Credentials aws.CredentialsProvider // asked before every signature; wrap slow ones in aws.CredentialsCache
	Service     string                  // such as "execute-api"
	Region      string                  // such as "us-east-1"
	Now         func() time.Time        // nil: time.Now

	// NoNormalizePath signs the path as it is sent, without removing dot
	// segments and repeated slashes.
	NoNormalizePath bool
	// EncodePathOnce leaves out the second encoding of the path, as S3 wants.
	EncodePathOnce bool
	// OmitSessionToken adds the session token after signing, as IoT wants.
	// execute-api refuses such a signature.
	OmitSessionToken bool
	// SignBody sends the payload hash as X-Amz-Content-Sha256, signed. It has
	// no effect on presigned URLs.
	SignBody bool

	pool canonPool
	keys keyCache
}

// Trace is how a signature came about. All fields but SignedHeaders and Time
// may hold or be credentials: never log them.
type Trace struct {
	CanonicalRequest string
	StringToSign     string
	Signature        string    // lower-case hex
	SignedHeaders    []string  // lower case, sorted
	Time             time.Time // UTC, whole seconds
	URL              string    // the presigned URL, when presigning
}

// Sign puts X-Amz-Date, X-Amz-Security-Token (if the credentials have a token)
// and Authorization into the headers of r, replacing what is there.
//
// payloadHash is the hex SHA-256 of the body; "" hashes the body here, reading
// it through r.GetBody if that is set and else into memory. host and all
// present headers are signed, and content-length if r.ContentLength > 0, but
// not the headers that proxies change (authorization, connection, user-agent,
// sec-*, proxy-* and such). A default port is removed from r.Host.
//
// r is not changed if an error is returned, except that its body may have been
// read into memory. Errors match [ErrNoCredentials] if there is nothing to
// sign with.
func (s *Signer) Sign(ctx context.Context, r *http.Request, payloadHash string) error {
	return s.sign(ctx, r, payloadHash, nil)
}

// SignTrace is Sign that also tells how the signature came about.
func (s *Signer) SignTrace(ctx context.Context, r *http.Request, payloadHash string) (*Trace, error) {
	var t Trace
	if err := s.sign(ctx, r, payloadHash, &t); err != nil {
		return nil, err
	}
	return &t, nil
}

func (s *Signer) sign(ctx context.Context, r *http.Request, payloadHash string, t *Trace) error {
	c := s.pool.get()
	defer s.pool.put(c)
	creds, host, err := s.prepare(ctx, c, r, payloadHash)
	if err != nil {
		return err
	}
	r.Host = host
	now := s.now()
	c.stamp = appendStamp(c.stamp[:0], now)
	h := s.setHeaders(c, r, creds.SessionToken)
	c.collect(host, r.ContentLength, r.Header)
	if s.OmitSessionToken && creds.SessionToken != "" {
		r.Header[tokenHeader] = h.token()
	}
	s.compute(c, creds, h.day(), now)
	r.Header[authorizationHeader] = h.authorization(c, creds.AccessKeyID)
	if t != nil {
		*t = c.trace(now)
	}
	return nil
}

// headerValues backs the values of the headers that Sign sets: date, token,
// payload hash, authorization. It saves three allocations.
type headerValues [4]string

func (h *headerValues) day() string     { return h[0][:8] }
func (h *headerValues) date() []string  { return h[0:1:1] }
func (h *headerValues) token() []string { return h[1:2:2] }
func (h *headerValues) hash() []string  { return h[2:3:3] }

// authorization builds the Authorization header.
func (h *headerValues) authorization(c *canon, accessKeyID string) []string {
	b := append(append(c.spare[:0], algorithm...), " Credential="...)
	b = append(append(b, accessKeyID...), '/')
	b = append(append(b, c.scope...), ", SignedHeaders="...)
	b = append(appendNames(b, c.fields), ", Signature="...)
	c.spare = append(b, c.mac[:]...)
	h[3] = string(c.spare)
	return h[3:4:4]
}

// setHeaders replaces the headers that belong to a signature, in any spelling.
func (s *Signer) setHeaders(c *canon, r *http.Request, token string) *headerValues {
	if r.Header == nil {
		r.Header = make(http.Header)
	}
	for k := range r.Header {
		switch lowerName(k) {
		case "authorization", "x-amz-date", "x-amz-security-token":
			delete(r.Header, k)
		case "x-amz-content-sha256":
			if s.SignBody {
				delete(r.Header, k)
			}
		}
	}
	h := &headerValues{string(c.stamp), token}
	r.Header[dateHeader] = h.date()
	if token != "" && !s.OmitSessionToken {
		r.Header[tokenHeader] = h.token()
	}
	if s.SignBody {
		h[2] = string(c.payload)
		r.Header[payloadHeader] = h.hash()
	}
	return h
}

// prepare checks all that can fail and sets what both forms of signature share.
// It gives the host to sign.
func (s *Signer) prepare(ctx context.Context, c *canon, r *http.Request, payloadHash string) (aws.Credentials, string, error) {
	creds, err := s.retrieve(ctx)
	if err != nil {
		return creds, "", err
	}
	host, err := hostToSign(r)
	if err != nil {
		return creds, "", err
	}
	if !c.parseQuery(r.URL.RawQuery) {
		return creds, "", errors.New("sigv4: the query of the URL holds a malformed percent escape; write a literal % as %25")
	}
	if payloadHash == "" {
		payloadHash, err = hashRequest(r)
	}
	c.payload = append(c.payload[:0], payloadHash...)
	c.method, c.path = r.Method, r.URL.EscapedPath()
	if c.method == "" {
		c.method = http.MethodGet
	}
	c.style = pathStyle{asSent: s.NoNormalizePath, once: s.EncodePathOnce}
	return creds, host, err
}

// compute signs what has been prepared.
func (s *Signer) compute(c *canon, creds aws.Credentials, day string, now time.Time) {
	c.setScope(day, s.Region, s.Service)
	c.sortPairs()
	c.render()
	id := keyID{creds.AccessKeyID, day, s.Region, s.Service}
	c.sign(s.keys.get(id, creds.SecretAccessKey, dayOf(now)))
}

func (s *Signer) retrieve(ctx context.Context) (aws.Credentials, error) {
	if s.Service == "" || s.Region == "" {
		return aws.Credentials{}, fmt.Errorf("sigv4: signer needs a service and a region, has %q and %q", s.Service, s.Region)
	}
	if s.Credentials == nil {
		return aws.Credentials{}, fmt.Errorf("sigv4: %w: the signer has no provider; set Signer.Credentials", ErrNoCredentials)
	}
	creds, err := s.Credentials.Retrieve(ctx)
	if err != nil {
		return creds, fmt.Errorf("sigv4: %w: %w", ErrNoCredentials, err)
	}
	if creds.AccessKeyID == "" || creds.SecretAccessKey == "" {
		return creds, fmt.Errorf("sigv4: %w: the provider (%s) gave an empty access key; configure a profile or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
			ErrNoCredentials, strconv.Quote(creds.Source))
	}
	return creds, nil
}

func (s *Signer) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}

// trace copies out what was signed.
func (c *canon) trace(at time.Time) Trace {
	names := make([]string, len(c.fields))
	for i, f := range c.fields {
		names[i] = f.name
	}
	return Trace{
		CanonicalRequest: string(c.request),
		StringToSign:     string(c.toSign),
		Signature:        string(c.mac[:]),
		SignedHeaders:    names,
		Time:             at.UTC().Truncate(time.Second),
	}
}
