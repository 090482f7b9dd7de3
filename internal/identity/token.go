package identity

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"
)

const (
	// MaxToken is the most characters that a session token has. Without it a
	// presigned URL of a gateway has less than 600.
	MaxToken = 3400
	// MaxSession is the longest life of a session.
	MaxSession = 12 * time.Hour

	tokenVersion = 1     // a session
	poolVersion  = 2     // a session of an identity pool
	tokenHead    = 1 + 4 // version, key id
	tokenPurpose = "tidewire session token"
)

// grant is what a session token holds.
type grant struct {
	accessKeyID, secret string
	role                string // ARN
	session             string // name
	policy              string // session policy; empty if there is none
	issued, expires     time.Time
	cognito             *Cognito // nil but for a session of an identity pool
}

func (g *grant) version() byte {
	if g.cognito != nil {
		return poolVersion
	}
	return tokenVersion
}

// texts are what is sealed, in this order.
func (g *grant) texts() []*string {
	list := []*string{&g.accessKeyID, &g.secret, &g.role, &g.session, &g.policy}
	if c := g.cognito; c != nil {
		list = append(list, &c.PoolID, &c.IdentityID, &c.Provider, &c.SignIn)
	}
	return list
}

// Reasons why a token is not opened.
var (
	errTokenForm    = errors.New("it is not a token of this gateway")
	errTokenVersion = errors.New("it is of another version")
	errTokenKey     = errors.New("it was issued with another state directory, or before the sealing key was replaced")
	errTokenSeal    = errors.New("it was tampered with")
)

// sealer makes and opens session tokens: base64url(version, key id, nonce,
// AES-256-GCM(grant)). It is immutable.
type sealer struct {
	key  [tokenHead - 1]byte // id of the key
	aead cipher.AEAD         // makes its own random nonces
}

func newSealer(key [32]byte) (*sealer, error) {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, fmt.Errorf("identity: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("identity: %w", err)
	}
	s := &sealer{aead: aead}
	id := sha256.Sum256(append([]byte(tokenPurpose+" key id\x00"), key[:]...))
	copy(s.key[:], id[:])
	return s, nil
}

// head begins a token of a version and is sealed with it.
func (s *sealer) head(version byte) (head, aad []byte) {
	head = append([]byte{version}, s.key[:]...)
	return head, append([]byte(tokenPurpose+"\x00"), head...)
}

// seal makes a token.
func (s *sealer) seal(g *grant) (string, error) {
	head, aad := s.head(g.version())
	sealed := s.aead.Seal(head, nil, g.encode(), aad)
	if n := base64.RawURLEncoding.EncodedLen(len(sealed)); n > MaxToken {
		return "", fmt.Errorf("identity: the session token would have %d characters, the limit is %d; shorten the session policy", n, MaxToken)
	}
	return base64.RawURLEncoding.EncodeToString(sealed), nil
}

// open gives what a token holds.
func (s *sealer) open(token string) (*grant, error) {
	if len(token) > MaxToken || strings.ContainsAny(token, "\r\n") { // which the decoder passes over
		return nil, errTokenForm
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(token)
	switch {
	case err != nil || len(sealed) <= tokenHead+s.aead.Overhead():
		return nil, errTokenForm
	case sealed[0] != tokenVersion && sealed[0] != poolVersion:
		return nil, errTokenVersion
	case string(sealed[1:tokenHead]) != string(s.key[:]):
		return nil, errTokenKey
	}
	_, aad := s.head(sealed[0])
	plain, err := s.aead.Open(nil, nil, sealed[tokenHead:], aad)
	if err != nil {
		return nil, errTokenSeal
	}
	return decodeGrant(plain, sealed[0])
}

// encode is the sealed part: issue (seconds since 1970) and life (seconds) as
// varints, then the texts, each behind its length as a varint.
func (g *grant) encode() []byte {
	b := binary.AppendUvarint(nil, uint64(g.issued.Unix()))
	b = binary.AppendUvarint(b, uint64(g.expires.Sub(g.issued)/time.Second))
	for _, text := range g.texts() {
		b = binary.AppendUvarint(b, uint64(len(*text)))
		b = append(b, *text...)
	}
	return b
}

func decodeGrant(b []byte, version byte) (*grant, error) {
	issued, n := binary.Uvarint(b)
	if n <= 0 || issued > 1<<40 {
		return nil, errTokenForm
	}
	b = b[n:]
	life, n := binary.Uvarint(b)
	if n <= 0 || life == 0 || life > uint64(MaxSession/time.Second) {
		return nil, errTokenForm
	}
	b = b[n:]
	g := &grant{issued: time.Unix(int64(issued), 0).UTC()}
	g.expires = g.issued.Add(time.Duration(life) * time.Second)
	if version == poolVersion {
		g.cognito = &Cognito{}
	}
	for _, text := range g.texts() {
		size, n := binary.Uvarint(b)
		if n <= 0 || size > uint64(len(b)-n) {
			return nil, errTokenForm
		}
		*text, b = string(b[n:n+int(size)]), b[n+int(size):]
	}
	if len(b) != 0 || g.accessKeyID == "" || g.secret == "" || g.role == "" || g.session == "" {
		return nil, errTokenForm
	}
	if g.cognito != nil && g.cognito.check() != nil {
		return nil, errTokenForm
	}
	return g, nil
}
