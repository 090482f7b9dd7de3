package graphqlapi

import (
	"iter"
	"sync/atomic"
)

// Why names something that is counted of subscriptions. What happens to their
// sockets is counted by package appsyncsocket, and what becomes of events by
// hub.Stats.
type Why uint8

// What is counted.
const (
	Started     Why = iota // subscriptions that became active
	NotStarted             // starts answered with an error
	UnknownStop            // stops of ids that are none
	Invalidated            // subscriptions ended by an invalidation
	TooLarge               // payloads dropped because they are over 240 KB, once per view
	Unpublished            // results of mutations that the bus did not take

	whys int = iota
)

// String is the reason in a few lower-case words.
func (w Why) String() string {
	names := [...]string{Started: "started", NotStarted: "not started", UnknownStop: "unknown stop", Invalidated: "invalidated",
		TooLarge: "payload too large", Unpublished: "not published"}
	if int(w) < len(names) {
		return names[w]
	}
	return "unknown"
}

type realtimeStats [whys]atomic.Uint64

func (s *realtimeStats) add(w Why) { s[w].Add(1) }

// Count is how often w has happened since New. It is safe for concurrent use.
func (a *API) Count(w Why) uint64 {
	if int(w) >= whys {
		return 0
	}
	return a.realtime.stats[w].Load()
}

// Counts yields every reason with its count, also those at zero.
func (a *API) Counts() iter.Seq2[Why, uint64] {
	return func(yield func(Why, uint64) bool) {
		for w := Why(0); int(w) < whys; w++ {
			if !yield(w, a.Count(w)) {
				return
			}
		}
	}
}
