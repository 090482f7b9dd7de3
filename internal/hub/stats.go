package hub

import (
	"iter"
	"sync/atomic"
)

// Why is a named reason, as counted in [Stats].
type Why uint8

// What becomes of events. The last five are of one subscription each.
const (
	WhyPublished  Why = iota // an event was given to the bus
	WhyReceived              // an event came from the bus
	WhyUnreadable            // what came from the bus could not be decoded
	WhyDelivered             // an event was taken by a subscription's socket
	WhyNothing               // Render has nothing of the event for the view
	WhyRefused               // Deliver failed: the socket's queue is full, or it is closed
	WhyGone                  // the subscription ended while the event was on its way

	whys int = iota
)

// String is the name of the reason in a few lower-case words.
func (w Why) String() string {
	names := [...]string{WhyPublished: "published", WhyReceived: "received", WhyUnreadable: "unreadable event",
		WhyDelivered: "delivered", WhyNothing: "nothing to show", WhyRefused: "refused by socket", WhyGone: "subscription gone"}
	if int(w) < len(names) {
		return names[w]
	}
	return "unknown"
}

// Stats counts what became of events, by reason. The zero value is ready; it
// is safe for concurrent use and may be shared by several Topics.
type Stats struct {
	n [whys]atomic.Uint64
}

// Count is how often w has happened.
func (s *Stats) Count(w Why) uint64 {
	if s == nil || int(w) >= len(s.n) {
		return 0
	}
	return s.n[w].Load()
}

// All yields every reason with its count, also those at zero.
func (s *Stats) All() iter.Seq2[Why, uint64] {
	return func(yield func(Why, uint64) bool) {
		for w := Why(0); int(w) < whys; w++ {
			if !yield(w, s.Count(w)) {
				return
			}
		}
	}
}

func (s *Stats) add(w Why, n int) {
	if s != nil && n > 0 {
		s.n[w].Add(uint64(n))
	}
}
