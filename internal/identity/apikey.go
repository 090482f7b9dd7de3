package identity

import (
	"crypto/sha256"
	"crypto/subtle"
	"slices"

	"github.com/tidewire/tidewire/internal/fault"
	"github.com/tidewire/tidewire/internal/spec"
	"github.com/tidewire/tidewire/sigv4"
)

// maxAPIKey is the most characters of an API key (API Gateway quotas).
const maxAPIKey = 128

// apiKey is a key of the Spec with what is compared and who counts it.
type apiKey struct {
	key    *spec.APIKey
	digest [sha256.Size]byte
	plans  []*spec.UsagePlan
}

func newAPIKeys(s *spec.Spec) []apiKey {
	keys := make([]apiKey, 0, len(s.APIKeys))
	for i := range s.APIKeys {
		k := apiKey{key: &s.APIKeys[i], digest: sha256.Sum256([]byte(s.APIKeys[i].Value))}
		for j := range s.UsagePlans {
			if slices.Contains(s.UsagePlans[j].KeyIDs, k.key.ID) {
				k.plans = append(k.plans, &s.UsagePlans[j])
			}
		}
		keys = append(keys, k)
	}
	return keys
}

// APIKey finds the API key of a request to a stage and counts it against its
// usage plan. Without a key that is enabled and whose plan holds the stage the
// request is Forbidden; past the plan's throttle it is TooManyRequests, past
// its quota LimitExceeded, both 429 (API Gateway developer guide, "Gateway
// response types": THROTTLED, QUOTA_EXCEEDED). A request that is refused
// counts for neither.
func (a *Authenticator) APIKey(value, apiID, stage string) (*spec.APIKey, *fault.Error) {
	if value == "" {
		return nil, fault.Forbidden.Because("the request has no API key")
	}
	if len(value) > maxAPIKey {
		return nil, fault.Forbidden.Because("the API key has %d bytes, the limit is %d", len(value), maxAPIKey)
	}
	k := a.current.Load().findKey(value)
	switch {
	case k == nil:
		return nil, fault.Forbidden.Because("no API key of the template has the value sent %s", sigv4.Fingerprint(value))
	case !k.key.Enabled:
		return nil, fault.Forbidden.Because("API key %s is not enabled", k.key.LogicalID)
	}
	plan := k.plan(apiID, stage)
	if plan == nil {
		return nil, fault.Forbidden.Because("API key %s is in no usage plan that holds stage %q of API %s", k.key.LogicalID, stage, apiID)
	}
	if err := a.usage.count(plan, k.key, a.o.Now()); err != nil {
		return nil, err
	}
	return k.key, nil
}

// findKey compares with every key, so that the time it takes tells nothing.
func (snap *snapshot) findKey(value string) *apiKey {
	digest := sha256.Sum256([]byte(value))
	found := -1
	for i := range snap.apiKeys {
		k := &snap.apiKeys[i]
		if subtle.ConstantTimeCompare(digest[:], k.digest[:]) == 1 && k.key.Value != "" {
			found = i
		}
	}
	if found < 0 {
		return nil
	}
	return &snap.apiKeys[found]
}

// plan is the key's usage plan that holds the stage. AWS lets a key have one
// at most.
func (k *apiKey) plan(apiID, stage string) *spec.UsagePlan {
	for _, plan := range k.plans {
		for _, s := range plan.Stages {
			if s.APIID == apiID && s.Stage == stage {
				return plan
			}
		}
	}
	return nil
}
