package identitypool

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strings"
)

// kind is of an identity.
type kind string

const (
	login kind = "login"
	guest kind = "guest"
)

const (
	bodySize  = 10 // bytes of a UUID that tell identities apart
	checkSize = 6  // bytes that tell that the gateway made it
)

// ids makes identity ids, and knows them again: the region of the pool, and a
// UUID of a body and its check. Immutable.
type ids struct {
	key  [32]byte
	rand io.Reader
}

// mac is an HMAC-SHA256 over texts, none of which can be taken for another's
// end.
func (d *ids) mac(texts ...string) []byte {
	m := hmac.New(sha256.New, d.key[:])
	for _, text := range texts {
		size := sha256.Sum256([]byte(text)) // of one length, whatever the text
		_, _ = m.Write(size[:])             // a hash does not fail
	}
	return m.Sum(nil)
}

// login is the id of who is signed in, always the same.
func (d *ids) login(pool, provider, subject string) string {
	return d.id(login, pool, d.mac("login", pool, provider, subject))
}

// guest is a new id.
func (d *ids) guest(pool string) (string, error) {
	body := make([]byte, bodySize)
	from := d.rand
	if from == nil {
		from = rand.Reader
	}
	if _, err := io.ReadFull(from, body); err != nil {
		return "", err
	}
	return d.id(guest, pool, body), nil
}

func (d *ids) id(k kind, pool string, body []byte) string {
	var u [bodySize + checkSize]byte
	copy(u[:bodySize], body)
	u[6] = u[6]&0x0f | 0x40 // version 4 (RFC 9562, section 5.4)
	u[8] = u[8]&0x3f | 0x80
	copy(u[bodySize:], d.mac("check", string(k), pool, string(u[:bodySize])))
	text := hex.EncodeToString(u[:])
	region, _, _ := strings.Cut(pool, ":")
	return region + ":" + strings.Join([]string{text[:8], text[8:12], text[12:16], text[16:20], text[20:]}, "-")
}

// kind tells whether an id was given to somebody by a pool, and to whom.
func (d *ids) kind(pool, id string) (kind, bool) {
	_, text, ok := strings.Cut(id, ":")
	u, err := hex.DecodeString(strings.ReplaceAll(text, "-", ""))
	if !ok || err != nil || len(u) != bodySize+checkSize {
		return "", false
	}
	for _, k := range []kind{login, guest} {
		if hmac.Equal([]byte(d.id(k, pool, u[:bodySize])), []byte(id)) {
			return k, true
		}
	}
	return "", false
}
