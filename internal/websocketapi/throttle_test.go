package websocketapi

import (
	"testing"
	"time"

	"github.com/tidewire/tidewire/internal/spec"
)

func TestBucket(t *testing.T) {
	t.Parallel()
	start := time.Unix(1000, 0)
	for _, tt := range []struct {
		name     string
		throttle spec.Throttle
		after    time.Duration // of an empty bucket
		first    int           // how many at once
		then     int           // how many after that time
	}{
		{"not set", spec.Throttle{Rate: 1, Burst: 1}, 0, 50, 50},
		{"burst", spec.Throttle{Set: true, Rate: 10, Burst: 5}, 200 * time.Millisecond, 5, 2},
		{"full again", spec.Throttle{Set: true, Rate: 10, Burst: 5}, time.Hour, 5, 5},
		{"nothing", spec.Throttle{Set: true}, time.Hour, 0, 0},
		{"rate alone", spec.Throttle{Set: true, Rate: 2.5}, time.Second, 3, 2},
		{"burst alone", spec.Throttle{Set: true, Burst: 4}, time.Second, 4, 4},
		{"clock goes back", spec.Throttle{Set: true, Rate: 10, Burst: 5}, -time.Hour, 5, 0},
	} {
		b := newBucket(tt.throttle, start)
		if got := drain(b, start); got != tt.first {
			t.Errorf("%s: %d at once", tt.name, got)
		}
		if got := drain(b, start.Add(tt.after)); got != tt.then {
			t.Errorf("%s: %d after %s", tt.name, got, tt.after)
		}
	}
}

// drain takes what there is, at most fifty.
func drain(b *bucket, now time.Time) int {
	n := 0
	for n < 50 && b.take(now) {
		n++
	}
	return n
}
