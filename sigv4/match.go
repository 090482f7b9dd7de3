package sigv4

import (
	"crypto/subtle"
	"strings"
)

// holds reports that the signature is that of the request as c has it.
func (c *canon) holds(k *signingKey, signature string) bool {
	c.render()
	c.sign(k)
	return subtle.ConstantTimeCompare(c.mac[:], []byte(signature)) == 1
}

// holdsAny tries the request as received and then the other forms that are
// tolerated: the path as sent, and the default port in or out of the host. If
// none holds, c describes the request as received.
func (c *canon) holdsAny(r *Request, k *signingKey, signature string) bool {
	if c.holds(k, signature) {
		return true
	}
	for _, host := range hostForms(r.Host) {
		for _, asSent := range [...]bool{false, true} {
			if host == r.Host && !asSent || asSent && (r.Path == "" || isNormal(r.Path)) {
				continue
			}
			c.host[0], c.style.asSent = host, asSent
			if c.holds(k, signature) {
				return true
			}
		}
	}
	c.host[0], c.style.asSent = r.Host, false
	c.holds(k, signature)
	return false
}

// fieldBytes is the size of all values of signed headers.
func (c *canon) fieldBytes() (n int) {
	for _, f := range c.fields {
		for _, v := range f.values {
			n += len(v)
		}
	}
	return n
}

// hostForms gives the host as received first, then without its default port
// or, if it has no port at all, with each default port.
func hostForms(host string) []string {
	if bare, ok := strings.CutSuffix(host, ":443"); ok {
		return []string{host, bare}
	}
	if bare, ok := strings.CutSuffix(host, ":80"); ok {
		return []string{host, bare}
	}
	if i := strings.LastIndexByte(host, ':'); host == "" || i >= 0 && host[len(host)-1] != ']' {
		return []string{host} // has another port
	}
	return []string{host, host + ":443", host + ":80"}
}

// mismatch refuses with the canonical request that c holds, as execute-api
// does.
func (c *canon) mismatch(a *claim, reason string) *RefusedError {
	e := refuse(invalidSignature, "", "%s", reason)
	e.CanonicalRequest, e.StringToSign, e.AccessKeyID = string(c.request), string(c.toSign), a.accessKeyID
	e.Message = mismatchText + "\n\nThe Canonical String for this request should have been\n'" + e.CanonicalRequest +
		"'\n\nThe String-to-Sign should have been\n'" + e.StringToSign + "'\n"
	return e
}

const (
	tokenReason = "the session token was added after signing; it has to be signed too"
	wrongReason = "the signature is not that of this request made with the secret of access key "
)

// refuseSignature refuses a signature that does not hold, and finds out
// whether it would without the session token.
func (c *canon) refuseSignature(a *claim, r *Request, k *signingKey) *RefusedError {
	e := c.mismatch(a, wrongReason+nameKey(a.accessKeyID))
	if a.presigned && a.token != "" {
		c.dropParam(tokenParam)
		if c.holdsAny(r, k, a.signature) {
			e.Reason = tokenReason
		}
	}
	return e
}

// refuseToken refuses a header signature that leaves the session token out,
// whether or not it holds. The canonical request shown has the token in it.
func (c *canon) refuseToken(a *claim, r *Request, k *signingKey, holds bool) *RefusedError {
	reason := wrongReason + nameKey(a.accessKeyID) + ", nor does it cover the session token"
	if holds {
		reason = tokenReason
	}
	c.host[0], c.style.asSent = r.Host, false
	c.fields = append(c.fields, field{"x-amz-security-token", []string{a.token}})
	c.sortFields()
	c.render()
	c.sign(k)
	return c.mismatch(a, reason)
}
