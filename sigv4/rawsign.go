package sigv4

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// SignRequest signs a request as it stands on the wire: its path, which may
// hold raw blanks and UTF-8, its query and its host are signed as they are. It
// is for what net/http cannot represent; [Signer.Sign] is for the rest, and
// for what is set and signed. payloadHash is required.
func (s *Signer) SignRequest(ctx context.Context, r *Request, payloadHash string) (*Trace, error) {
	c := s.pool.get()
	defer s.pool.put(c)
	creds, now, err := s.prepareRequest(ctx, c, r, payloadHash)
	if err != nil {
		return nil, err
	}
	carrier := &http.Request{Header: r.Header}
	h := s.setHeaders(c, carrier, creds.SessionToken)
	r.Header = carrier.Header
	c.collect(r.Host, r.ContentLength, r.Header)
	if s.OmitSessionToken && creds.SessionToken != "" {
		r.Header[tokenHeader] = h.token()
	}
	s.compute(c, creds, h.day(), now)
	r.Header[authorizationHeader] = h.authorization(c, creds.AccessKeyID)
	t := c.trace(now)
	return &t, nil
}

// PresignRequest is SignRequest with the signature in the query: it replaces
// r.RawQuery. expires is as for [Signer.Presign]. Trace.URL is empty, as r has
// no scheme.
func (s *Signer) PresignRequest(ctx context.Context, r *Request, expires time.Duration, payloadHash string) (*Trace, error) {
	if expires != 0 && (expires < time.Second || expires > MaxExpires) {
		return nil, fmt.Errorf("sigv4: a presigned URL may live from 1s to %v, not %v", MaxExpires, expires)
	}
	c := s.pool.get()
	defer s.pool.put(c)
	creds, now, err := s.prepareRequest(ctx, c, r, payloadHash)
	if err != nil {
		return nil, err
	}
	day := string(c.stamp[:8])
	c.setScope(day, s.Region, s.Service)
	c.collect(r.Host, r.ContentLength, r.Header)
	c.dropFields("x-amz-date", "x-amz-security-token")
	s.setParams(c, creds.AccessKeyID, creds.SessionToken, expires)
	s.compute(c, creds, day, now)
	t := c.trace(now)
	r.RawQuery = string(s.signedQuery(c, c.spare[:0], creds.SessionToken))
	return &t, nil
}

// prepareRequest checks all that can fail and sets what both forms share.
func (s *Signer) prepareRequest(ctx context.Context, c *canon, r *Request, payloadHash string) (aws.Credentials, time.Time, error) {
	now := s.now()
	creds, err := s.retrieve(ctx)
	switch {
	case err != nil:
		return creds, now, err
	case payloadHash == "":
		return creds, now, errors.New("sigv4: the payload hash is missing; use HashPayload or EmptyPayload")
	case r.Host == "":
		return creds, now, errors.New("sigv4: the request has no host to sign for")
	case !isToken(r.Method):
		return creds, now, errors.New("sigv4: the method of the request is not an HTTP token")
	case r.Path != "" && r.Path[0] != '/' || !wellEscaped(r.Path):
		return creds, now, errors.New("sigv4: the path must begin with a slash and hold no malformed percent escape; write a literal % as %25")
	case !c.parseQuery(r.RawQuery):
		return creds, now, errors.New("sigv4: the query holds a malformed percent escape; write a literal % as %25")
	}
	c.payload = append(c.payload[:0], payloadHash...)
	c.method, c.path = r.Method, r.Path
	c.style = pathStyle{asSent: s.NoNormalizePath, once: s.EncodePathOnce}
	c.stamp = appendStamp(c.stamp[:0], now)
	return creds, now, nil
}
