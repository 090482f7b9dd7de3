package gateway

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// TestLeaveTime: requests are cut off before the time is over, so that their code
// can end within it.
func TestLeaveTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for grace, want := range map[time.Duration]time.Duration{30 * time.Second: 28500 * time.Millisecond, 3 * time.Second: 1500 * time.Millisecond, time.Second: 500 * time.Millisecond, -1: 0} {
			ctx, cancel := context.WithTimeout(t.Context(), grace)
			sooner, done := leaveTime(ctx)
			deadline, _ := sooner.Deadline()
			if got := max(time.Until(deadline), 0); got != want {
				t.Errorf("of %v there are %v, want %v", grace, got, want)
			}
			done()
			cancel()
		}
		ctx, cancel := leaveTime(t.Context())
		if _, ok := ctx.Deadline(); ok {
			t.Error("a deadline where there was none")
		}
		cancel()
	})
}
