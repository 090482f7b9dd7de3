package sigv4

import (
	"crypto/subtle"
	"strconv"
)

// prove checks the signature, then that it covers token and body.
func (v *Verifier) prove(c *canon, a *claim, r *Request, body []byte, k *signingKey) *RefusedError {
	declared := c.load(a, r, body)
	if n := c.fieldBytes(); n > maxSignedBytes {
		return refuseMismatch("the signed headers have %d bytes, the limit is %d", n, maxSignedBytes)
	}
	c.style = pathStyle{once: v.EncodePathOnce}
	holds := c.holdsAny(r, k, a.signature)
	if a.tokenUnsigned {
		return c.refuseToken(a, r, k, holds)
	}
	if !holds {
		return c.refuseSignature(a, r, k)
	}
	if !declared {
		return nil
	}
	return c.checkBody(a, body, k)
}

// load fills c with what the signature covers. It reports whether the payload
// hash is the one that the request declares in a header.
func (c *canon) load(a *claim, r *Request, body []byte) (declared bool) {
	c.method, c.path = r.Method, r.Path
	c.scope = append(c.scope[:0], a.scope...)
	if a.presigned {
		c.dropParam(signatureParam)
	}
	c.sortPairs()
	for i := range c.fields {
		c.loadField(&c.fields[i], r)
	}
	if sent := r.values(payloadHeader); len(sent) > 0 {
		c.payload = c.payload[:0]
		for _, s := range sent {
			c.payload = appendFolded(c.payload, s) // two can only mismatch
		}
		return true
	}
	c.hashPayload(body)
	return false
}

// loadField finds the values of a signed header, some of which net/http keeps
// outside of Header.
func (c *canon) loadField(f *field, r *Request) {
	if f.name == "host" {
		c.host[0] = r.Host
		f.values = c.host[:]
		return
	}
	c.spare = appendCanonicalName(c.spare[:0], f.name)
	var ok bool
	if f.values, ok = r.Header[string(c.spare)]; ok {
		return
	}
	if !r.canonical {
		f.values = valuesAnyCase(r.Header, f.name)
	}
	switch {
	case f.values != nil:
	case f.name == "content-length" && r.ContentLength >= 0:
		c.length[0] = strconv.FormatInt(r.ContentLength, 10)
		f.values = c.length[:]
	case f.name == "transfer-encoding":
		f.values = r.TransferEncoding
	}
}

// checkBody compares the declared payload hash, which the signature covers,
// with the body that came.
func (c *canon) checkBody(a *claim, body []byte, k *signingKey) *RefusedError {
	sent := string(c.payload)
	c.hashPayload(body)
	if subtle.ConstantTimeCompare([]byte(sent), c.payload) == 1 {
		return nil
	}
	reason := "the body is not the one that was signed: X-Amz-Content-Sha256 is not its SHA-256"
	if sent == UnsignedPayload {
		reason = "X-Amz-Content-Sha256 is UNSIGNED-PAYLOAD, which only S3 accepts; sign the hash of the body"
	}
	c.render()
	c.sign(k)
	return c.mismatch(a, reason)
}
