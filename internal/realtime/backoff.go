package realtime

import (
	"context"
	"math/rand/v2"
	"time"
)

// Backoff is how long to wait between attempts.
type Backoff struct {
	Min, Max time.Duration
}

// Pause is the time before the repetition with this number, from 0: between
// half and all of the nominal one, which doubles from Min to Max.
func (b Backoff) Pause(number int) time.Duration {
	nominal := b.Max
	if number < 30 && b.Min<<number > 0 {
		nominal = min(b.Max, b.Min<<number)
	}
	return nominal/2 + rand.N(nominal/2+1)
}

// Sleep waits; false: ctx has ended before.
func Sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
