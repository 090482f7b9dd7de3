package sigv4

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// MaxExpires is the longest life of a presigned URL (seven days).
const MaxExpires = 7 * 24 * time.Hour

// Presign gives the URL of r with a signature in its query: for a WebSocket
// handshake, a GET of a ws or wss URL with [EmptyPayload].
//
// expires is sent as X-Amz-Expires in whole seconds, from 1 s to [MaxExpires].
// 0 adds none, and keeps one that is in the URL; API Gateway then gives the
// URL five minutes. payloadHash is as for [Signer.Sign]. The query comes out
// in canonical form and a default port is left out. Parameters of an earlier
// signature are replaced.
//
// Headers of r are signed as Sign does, so whoever uses the URL must send
// them too; X-Amz-Date and X-Amz-Security-Token are left to the query. r is
// not changed, except that its body may have been read into memory.
func (s *Signer) Presign(ctx context.Context, r *http.Request, expires time.Duration, payloadHash string) (string, error) {
	t, err := s.PresignTrace(ctx, r, expires, payloadHash)
	if err != nil {
		return "", err
	}
	return t.URL, nil
}

// PresignTrace is Presign that also tells how the signature came about.
func (s *Signer) PresignTrace(ctx context.Context, r *http.Request, expires time.Duration, payloadHash string) (*Trace, error) {
	if expires != 0 && (expires < time.Second || expires > MaxExpires) {
		return nil, fmt.Errorf("sigv4: a presigned URL may live from 1s to %v, not %v", MaxExpires, expires)
	}
	c := s.pool.get()
	defer s.pool.put(c)
	creds, host, err := s.prepare(ctx, c, r, payloadHash)
	if err != nil {
		return nil, err
	}
	now := s.now()
	c.stamp = appendStamp(c.stamp[:0], now)
	day := string(c.stamp[:8])
	c.setScope(day, s.Region, s.Service)
	c.collect(host, r.ContentLength, r.Header)
	c.dropFields("x-amz-date", "x-amz-security-token")
	s.setParams(c, creds.AccessKeyID, creds.SessionToken, expires)
	s.compute(c, creds, day, now)
	t := c.trace(now)
	t.URL = s.signedURL(c, r, host, creds.SessionToken)
	return &t, nil
}

// setParams replaces the query parameters that belong to a signature.
func (s *Signer) setParams(c *canon, accessKeyID, token string, expires time.Duration) {
	for _, name := range [...]string{algorithmParam, credentialParam, dateParam, signedHeadersParam, tokenParam, signatureParam} {
		c.dropParam(name)
	}
	c.addParam(algorithmParam, algorithm)
	c.addParam(credentialParam, accessKeyID+"/"+string(c.scope))
	c.addParam(dateParam, string(c.stamp))
	c.addParam(signedHeadersParam, string(appendNames(c.spare[:0], c.fields)))
	if expires != 0 {
		c.dropParam(expiresParam)
		c.addParam(expiresParam, strconv.FormatInt(int64(expires/time.Second), 10))
	}
	if token != "" && !s.OmitSessionToken {
		c.addParam(tokenParam, token)
	}
}

// signedURL writes the URL with its canonical query and the signature.
func (s *Signer) signedURL(c *canon, r *http.Request, host, token string) string {
	if r.Host != "" && r.Host != r.URL.Host {
		host = r.URL.Host // signed for a Host header of its own
	}
	b := append(append(append(c.spare[:0], r.URL.Scheme...), "://"...), host...)
	if c.path == "" {
		b = append(b, '/')
	}
	c.spare = s.signedQuery(c, append(append(b, c.path...), '?'), token)
	return string(c.spare)
}

// signedQuery appends the canonical query and what is added after signing.
func (s *Signer) signedQuery(c *canon, b []byte, token string) []byte {
	b = appendPairs(b, c.pairs)
	if token != "" && s.OmitSessionToken {
		b = appendEncoded(append(b, "&"+tokenParam+"="...), token, '-')
	}
	return append(append(b, "&"+signatureParam+"="...), c.mac[:]...)
}
