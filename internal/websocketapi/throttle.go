package websocketapi

import (
	"math"
	"sync"
	"time"

	"github.com/tidewire/tidewire/internal/spec"
)

// A bucket is a token bucket (developer guide, "Throttle requests"): it
// refills at rate tokens a second up to burst. A nil bucket lets everything
// through. Safe for concurrent use.
type bucket struct {
	rate, burst float64 // immutable

	mu     sync.Mutex // guards what follows
	tokens float64
	last   time.Time
}

// accountRate is the rate of an account (developer guide, "Amazon API Gateway
// quotas"), for a throttle that only gives a burst.
const accountRate = 10000

// newBucket is a full bucket, or nil if t does not limit. A rate without a
// burst allows one second's worth at once; zero for both stops everything,
// as on AWS.
func newBucket(t spec.Throttle, now time.Time) *bucket {
	if !t.Set {
		return nil
	}
	rate, burst := t.Rate, float64(t.Burst)
	switch {
	case rate > 0 && burst == 0:
		burst = max(1, math.Ceil(rate))
	case rate == 0 && burst > 0:
		rate = accountRate
	}
	return &bucket{rate: rate, burst: burst, tokens: burst, last: now}
}

// take takes one token; false means that the caller is over the limit.
func (b *bucket) take(now time.Time) bool {
	if b == nil {
		return true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if d := now.Sub(b.last); d > 0 {
		b.tokens = min(b.burst, b.tokens+b.rate*d.Seconds())
		b.last = now
	}
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}
