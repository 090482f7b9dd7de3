package websocketapi

import (
	"iter"
	"sync/atomic"
)

// Why names something that is counted: what came of handshakes, messages and
// calls, and each reason to drop or close.
type Why uint8

// What is counted. How sockets end is counted by conn.Stats.
const (
	Accepted         Why = iota // handshakes answered 101
	Refused                     // handshakes answered otherwise
	Abandoned                   // clients that left while $connect ran, or before the 101 was out
	Messages                    // messages taken from clients
	NoRoute                     // messages answered Forbidden
	Throttled                   // handshakes and messages over a route's limit
	Failed                      // messages whose integration failed
	LateMessage                 // messages dropped because their stage or socket was gone
	ReplyLost                   // replies and error frames whose socket was closed
	SlowConsumer                // sockets closed because a reply did not fit their queue
	Disconnected                // $disconnect runs, or ends without a route to run
	DisconnectFailed            // $disconnect functions that failed
	Posted                      // messages accepted by POST @connections
	QueueFull                   // POSTs answered 429 because the client's queue was full
	whys             int = iota
)

// String is the reason in a few lower-case words.
func (w Why) String() string {
	names := [...]string{
		Accepted: "accepted", Refused: "refused", Abandoned: "abandoned", Messages: "messages",
		NoRoute: "no route", Throttled: "throttled", Failed: "failed", LateMessage: "late message",
		ReplyLost: "reply lost", SlowConsumer: "slow consumer", Disconnected: "disconnected",
		DisconnectFailed: "disconnect failed", Posted: "posted", QueueFull: "queue full",
	}
	if int(w) < len(names) {
		return names[w]
	}
	return "unknown"
}

type stats [whys]atomic.Uint64

func (s *stats) add(w Why) { s[w].Add(1) }

// Count is how often w has happened since New. It is safe for concurrent use.
func (a *API) Count(w Why) uint64 {
	if int(w) >= whys {
		return 0
	}
	return a.stats[w].Load()
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
