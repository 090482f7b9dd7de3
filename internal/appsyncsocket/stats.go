package appsyncsocket

import (
	"iter"
	"sync/atomic"
)

// Why names something that is counted.
type Why uint8

// What is counted. How sockets end at the transport is counted by conn.Stats.
const (
	Accepted     Why = iota // sockets that may go on
	Refused                 // sockets told connection_error
	Malformed               // upgrade requests answered with an HTTP error
	Abandoned               // clients that left before the 101 was out
	TooEarly                // messages before the connection_ack, ignored
	Unreadable              // messages that are not the protocol's, or unknown
	Duplicated              // operations whose id was in use
	TooMany                 // subscriptions over the limit of a socket
	NoInit                  // sockets closed because no connection_init came
	TooOld                  // sockets closed at the end of their life
	SlowConsumer            // sockets closed because their queue was full

	whys int = iota
)

// String is the reason in a few lower-case words.
func (w Why) String() string {
	names := [...]string{Accepted: "accepted", Refused: "refused", Malformed: "malformed handshake", Abandoned: "abandoned",
		TooEarly: "too early", Unreadable: "unreadable", Duplicated: "duplicated id", TooMany: "too many subscriptions",
		NoInit: "no connection_init", TooOld: "maximum duration", SlowConsumer: "slow consumer"}
	if int(w) < len(names) {
		return names[w]
	}
	return "unknown"
}

type stats [whys]atomic.Uint64

func (s *stats) add(w Why) { s[w].Add(1) }

// Count is how often w has happened. It is safe for concurrent use.
func (s *Server) Count(w Why) uint64 {
	if int(w) >= whys {
		return 0
	}
	return s.stats[w].Load()
}

// Counts yields every reason with its count, also those at zero.
func (s *Server) Counts() iter.Seq2[Why, uint64] {
	return func(yield func(Why, uint64) bool) {
		for w := Why(0); int(w) < whys; w++ {
			if !yield(w, s.Count(w)) {
				return
			}
		}
	}
}
