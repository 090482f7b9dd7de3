package sigv4

import (
	"crypto/sha256"
	"encoding/hex"
	"sync"
)

// canon is the working memory of one signature: the parts of the request that
// it covers and what is computed from them. It is pooled.
type canon struct {
	method  string
	path    string
	style   pathStyle
	pairs   []pair // canonical query, sorted before rendering
	fields  []field
	payload []byte // the last line

	stamp []byte // X-Amz-Date
	scope []byte // date/region/service/aws4_request

	request []byte // canonical request
	toSign  []byte // string to sign
	mac     [2 * sha256.Size]byte

	text   []byte // backs pairs
	spare  []byte // scratch
	host   [1]string
	length [1]string
	sum    [sha256.Size]byte
}

// canonPool hands out working memory. Each signer and verifier has its own.
type canonPool struct{ pool sync.Pool }

// keptText is the most working memory, in bytes, that returns to the pool.
const keptText = 32 << 10

func (p *canonPool) get() *canon {
	if c, ok := p.pool.Get().(*canon); ok {
		return c
	}
	return &canon{request: make([]byte, 0, 1024), toSign: make([]byte, 0, 192)}
}

// put takes working memory back, without what it referred to.
func (p *canonPool) put(c *canon) {
	if cap(c.request)+cap(c.text)+cap(c.spare) > keptText {
		return
	}
	clear(c.fields) // pairs refer to c.text only
	c.fields, c.pairs, c.text = c.fields[:0], c.pairs[:0], c.text[:0]
	c.method, c.path = "", ""
	c.host[0], c.length[0] = "", ""
	p.pool.Put(c)
}

// render builds the canonical request (IAM User Guide, "Create a canonical
// request").
func (c *canon) render() {
	b := append(append(c.request[:0], c.method...), '\n')
	b = append(appendURI(b, c.path, c.style), '\n')
	b = append(appendPairs(b, c.pairs), '\n')
	b = append(appendFields(b, c.fields), '\n')
	b = append(appendNames(b, c.fields), '\n')
	c.request = append(b, c.payload...)
}

// sign computes the string to sign and its signature for the rendered
// canonical request. The signature is left in c.mac in hex.
func (c *canon) sign(k *signingKey) {
	c.sum = sha256.Sum256(c.request)
	b := append(append(c.toSign[:0], algorithm...), '\n')
	b = append(append(b, c.stamp...), '\n')
	b = append(append(b, c.scope...), '\n')
	c.toSign = hex.AppendEncode(b, c.sum[:])
	hex.Encode(c.mac[:], k.mac(c.toSign, c.sum[:0]))
}

// hashPayload makes the hex SHA-256 of a body the payload line.
func (c *canon) hashPayload(body []byte) {
	c.sum = sha256.Sum256(body)
	c.payload = hex.AppendEncode(c.payload[:0], c.sum[:])
}

// setScope sets the credential scope. day is YYYYMMDD.
func (c *canon) setScope(day, region, service string) {
	b := append(append(c.scope[:0], day...), '/')
	b = append(append(b, region...), '/')
	b = append(append(b, service...), '/')
	c.scope = append(b, terminator...)
}
