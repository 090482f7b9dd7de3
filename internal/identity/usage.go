package identity

import (
	"math"
	"sync"
	"time"

	"github.com/tidewire/tidewire/internal/fault"
	"github.com/tidewire/tidewire/internal/spec"
)

// usage counts requests of API keys under their plans. The zero value has
// counted nothing.
type usage struct {
	mu     sync.Mutex
	counts map[usageKey]*keyUsage // guarded by mu
}

type usageKey struct{ plan, key string } // ids

// keyUsage is one key under one plan; both limits are per key (API Gateway
// developer guide, "Usage plans").
type keyUsage struct {
	tokens  float64   // of the throttle's bucket
	filled  time.Time // when tokens was right
	period  time.Time // when the quota's period began
	first   bool      // it is the period of the first request
	granted int       // requests in the period
}

// count takes one request from the throttle and the quota, or refuses it and
// takes nothing.
func (u *usage) count(plan *spec.UsagePlan, key *spec.APIKey, now time.Time) *fault.Error {
	u.mu.Lock()
	defer u.mu.Unlock()
	k := u.of(plan, key, now)
	if !k.refill(plan.Throttle, now) {
		return fault.TooManyRequests.Because("API key %s is over the throttle of usage plan %s: %g requests a second, burst %d",
			key.LogicalID, plan.LogicalID, plan.Throttle.Rate, plan.Throttle.Burst)
	}
	if limit := k.limit(plan.Quota, now); plan.Quota.Limit > 0 && k.granted >= limit {
		return fault.LimitExceeded.Because("API key %s has used up the quota of usage plan %s: %d requests a %s",
			key.LogicalID, plan.LogicalID, limit, plan.Quota.Period)
	}
	k.granted++
	if plan.Throttle.Set {
		k.tokens--
	}
	return nil
}

// of gives the counts of a key, the caller holds mu.
func (u *usage) of(plan *spec.UsagePlan, key *spec.APIKey, now time.Time) *keyUsage {
	id := usageKey{plan.ID, key.ID}
	k := u.counts[id]
	if k == nil {
		if u.counts == nil {
			u.counts = map[usageKey]*keyUsage{}
		}
		k = &keyUsage{tokens: capacity(plan.Throttle), filled: now, period: periodStart(plan.Quota.Period, now), first: true}
		u.counts[id] = k
	}
	return k
}

// refill adds what has run into the bucket and says whether a token is there.
func (k *keyUsage) refill(t spec.Throttle, now time.Time) bool {
	if !t.Set {
		return true
	}
	if passed := now.Sub(k.filled).Seconds(); passed > 0 {
		k.tokens += passed * t.Rate
		k.filled = now
	}
	k.tokens = min(k.tokens, capacity(t))
	return k.tokens >= 1
}

// capacity is the burst; without one, what a second brings.
func capacity(t spec.Throttle) float64 {
	if t.Burst > 0 {
		return float64(t.Burst)
	}
	return math.Ceil(t.Rate)
}

// limit is what the quota grants in this period. A new period forgets what the
// last one granted. The offset is subtracted in the first one (API Gateway API
// reference, QuotaSettings).
func (k *keyUsage) limit(q spec.Quota, now time.Time) int {
	if start := periodStart(q.Period, now); start.After(k.period) {
		k.period, k.first, k.granted = start, false, 0
	}
	if k.first {
		return q.Limit - q.Offset
	}
	return q.Limit
}

// periodStart is when the period that now lies in began, in UTC; weeks begin
// on Sunday.
func periodStart(period string, now time.Time) time.Time {
	y, m, d := now.UTC().Date()
	switch period {
	case "MONTH":
		d = 1
	case "WEEK":
		d -= int(now.UTC().Weekday())
	}
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// prune forgets keys and plans that a Spec no longer has.
func (u *usage) prune(s *spec.Spec) {
	keep := map[usageKey]bool{}
	for i := range s.UsagePlans {
		for _, key := range s.UsagePlans[i].KeyIDs {
			keep[usageKey{s.UsagePlans[i].ID, key}] = true
		}
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	for id := range u.counts {
		if !keep[id] {
			delete(u.counts, id)
		}
	}
}
