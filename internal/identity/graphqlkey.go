package identity

import (
	"crypto/sha256"
	"crypto/subtle"
	"time"

	"github.com/tidewire/tidewire/internal/fault"
	"github.com/tidewire/tidewire/internal/spec"
	"github.com/tidewire/tidewire/sigv4"
)

// admitKey takes an API key of AppSync. All keys are compared, each in
// constant time.
func (m *Modes) admitKey(value string) (*Caller, *fault.Error) {
	sent := sha256.Sum256([]byte(value))
	var found *spec.GraphQLKey
	for i := range m.api.keys {
		k := &m.api.keys[i]
		own := sha256.Sum256([]byte(k.Value))
		if subtle.ConstantTimeCompare(sent[:], own[:]) == 1 && k.Value != "" {
			found = k
		}
	}
	if found == nil {
		return nil, notAuthorized.Because("no API key of %s is the one that was sent %s", m.api.logicalID, sigv4.Fingerprint(value))
	}
	if now := m.o.Now(); !found.Expires.IsZero() && !now.Before(found.Expires) {
		return nil, notAuthorized.Because("the API key %s of %s expired at %s", found.LogicalID, m.api.logicalID, found.Expires.UTC().Format(time.RFC3339))
	}
	return &Caller{Mode: spec.ModeAPIKey, Provider: m.api.provider(spec.ModeAPIKey), KeyID: found.LogicalID, Expires: found.Expires}, nil
}
