package appsync

import (
	"context"
	"math/rand/v2"
	"time"
)

// pause is the time before the repetition with this number, from 0.
func (r Retry) pause(number int) time.Duration {
	nominal := r.Max
	if number < 30 && r.Min<<number > 0 {
		nominal = min(r.Max, r.Min<<number)
	}
	return nominal/2 + rand.N(nominal/2+1)
}

// sleep waits; false: ctx has ended before.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
