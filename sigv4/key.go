package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"hash"
	"strings"
	"sync"
)

// deriveKey is the key derivation of Signature Version 4.
func deriveKey(secret, day, region, service string) []byte {
	k := []byte("AWS4" + secret)
	for _, part := range [...]string{day, region, service, terminator} {
		h := hmac.New(sha256.New, k)
		h.Write([]byte(part)) // a hash never fails
		k = h.Sum(nil)
	}
	return k
}

// signingKey is a derived key with keyed HMACs ready to use.
type signingKey struct {
	secret string
	key    []byte
	macs   sync.Pool
}

func newSigningKey(secret, day, region, service string) *signingKey {
	return &signingKey{secret: strings.Clone(secret), key: deriveKey(secret, day, region, service)}
}

// mac appends HMAC-SHA256(key, message) to dst.
func (k *signingKey) mac(message, dst []byte) []byte {
	h, ok := k.macs.Get().(hash.Hash)
	if !ok {
		h = hmac.New(sha256.New, k.key)
	}
	h.Reset()
	h.Write(message) // a hash never fails
	dst = h.Sum(dst)
	k.macs.Put(h)
	return dst
}

// madeFrom compares the secret in constant time.
func (k *signingKey) madeFrom(secret string) bool {
	return subtle.ConstantTimeCompare([]byte(k.secret), []byte(secret)) == 1
}

// keyID says which signing key: everything it depends on but the secret.
type keyID struct{ accessKeyID, day, region, service string }

func (id keyID) clone() keyID {
	return keyID{strings.Clone(id.accessKeyID), strings.Clone(id.day), strings.Clone(id.region), strings.Clone(id.service)}
}

// keyGeneration is half of what a keyCache holds.
const keyGeneration = 512

// keyCache remembers signing keys. It holds at most 2×keyGeneration of them in
// two generations: a full young one becomes the old one, and what is not used
// while old is forgotten. All are forgotten when the day changes; a key made
// from another secret is replaced. The zero value is empty.
type keyCache struct {
	mu    sync.RWMutex
	today int64                 // days since 1970; guarded by mu
	young map[keyID]*signingKey // guarded by mu
	old   map[keyID]*signingKey // guarded by mu
}

// get finds or derives a signing key. today is the clock's day, in days since
// 1970; the key's own day may be another.
func (kc *keyCache) get(id keyID, secret string, today int64) *signingKey {
	kc.mu.RLock()
	k := kc.young[id]
	fresh := kc.today == today
	kc.mu.RUnlock()
	if k != nil && fresh && k.madeFrom(secret) {
		return k
	}
	return kc.miss(id, secret, today)
}

func (kc *keyCache) miss(id keyID, secret string, today int64) *signingKey {
	kc.mu.Lock()
	if kc.today != today {
		kc.today, kc.young, kc.old = today, nil, nil
	}
	k := kc.old[id]
	kc.mu.Unlock()
	if k == nil || !k.madeFrom(secret) {
		k = newSigningKey(secret, id.day, id.region, id.service)
	}
	kc.put(id.clone(), k)
	return k
}

func (kc *keyCache) put(id keyID, k *signingKey) {
	kc.mu.Lock()
	defer kc.mu.Unlock()
	if len(kc.young) >= keyGeneration {
		kc.old, kc.young = kc.young, nil
	}
	if kc.young == nil {
		kc.young = make(map[keyID]*signingKey)
	}
	delete(kc.old, id)
	kc.young[id] = k
}
