package hub

import (
	"sync/atomic"
	"time"
)

// pause is the time without deliveries after which publishers are calm.
const pause = 2 * time.Millisecond

// pace knows how busy publishers are.
type pace struct {
	start time.Time    // immutable
	ended atomic.Int64 // when the last delivery ended, since start
	busy  atomic.Int32 // publishers that are delivering
	calm  atomic.Bool  // the first of them came after a pause
}

func newPace() pace { return pace{start: time.Now().Add(-pause)} }

func (p *pace) begin() {
	if p.busy.Add(1) == 1 {
		p.calm.Store(time.Since(p.start)-time.Duration(p.ended.Load()) >= pause)
	}
}

func (p *pace) end() {
	p.ended.Store(int64(time.Since(p.start)))
	p.busy.Add(-1)
}

// Calm says, to Deliver, that one publisher is delivering and none was shortly
// before. A socket is best written to at once then, for less work and delay.
// Otherwise the bytes are best left to its writer, which has several events
// written by one call.
func (t *Topics[T, V, E]) Calm() bool { return t.pace.busy.Load() <= 1 && t.pace.calm.Load() }
