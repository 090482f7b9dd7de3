package hub

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"sync"
)

const (
	nodeBytes   = 2
	randomBytes = 9
	idBytes     = nodeBytes + randomBytes
	idLength    = 16 // characters, the last one "="
	batch       = 56 // ids whose random bytes are drawn at once
)

// ids makes ids. Random bytes are drawn for many at once: one call to the
// system for each would cost more than all the rest.
type ids struct {
	node uint16 // immutable

	mu     sync.Mutex // guards what follows
	random [batch * randomBytes]byte
	used   int // random bytes used, 0 at the very start too
	drawn  bool
}

func (s *ids) next() string {
	var id [idBytes]byte
	binary.BigEndian.PutUint16(id[:], s.node)
	s.draw(id[nodeBytes:])
	var text [idLength]byte
	base64.URLEncoding.Encode(text[:], id[:])
	return string(text[:])
}

// draw fills b, which is randomBytes long. Bytes given out are wiped.
func (s *ids) draw(b []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.drawn || s.used == len(s.random) {
		_, _ = rand.Read(s.random[:]) // never fails: it ends the program first
		s.used, s.drawn = 0, true
	}
	fresh := s.random[s.used : s.used+len(b)]
	copy(b, fresh)
	clear(fresh)
	s.used += len(b)
}

// wellFormed says whether id is the one base64 form of 11 bytes: the URL
// alphabet, one "=", and no bits set behind the last byte.
func wellFormed(id string) bool {
	if len(id) != idLength || id[idLength-1] != '=' {
		return false
	}
	for i := range idLength - 1 {
		if sextet(id[i]) < 0 {
			return false
		}
	}
	return sextet(id[idLength-2])&3 == 0
}

// sextet is the value of a character of the URL alphabet (RFC 4648, 5), -1 for
// any other.
func sextet(c byte) int {
	switch {
	case 'A' <= c && c <= 'Z':
		return int(c - 'A')
	case 'a' <= c && c <= 'z':
		return int(c-'a') + 26
	case '0' <= c && c <= '9':
		return int(c-'0') + 52
	case c == '-':
		return 62
	case c == '_':
		return 63
	default:
		return -1
	}
}
