package conn

import (
	"iter"
	"sync/atomic"
)

// Why is the named reason for an ending or a drop, as counted in [Stats].
type Why uint8

// The endings of a connection; each Serve counts exactly one.
const (
	WhyClient        Why = iota // the peer closed
	WhyServer                   // Close was called
	WhyDropped                  // Drop was called
	WhyLost                     // the transport ended without a close frame
	WhyIdle                     // no traffic for Options.Idle
	WhyLife                     // older than Options.Life
	WhySlowConsumer             // a write took longer than Options.WriteTimeout
	WhyProtocol                 // the peer broke RFC 6455 (1002)
	WhyNotUTF8                  // text or close reason that is not UTF-8 (1007)
	WhyBinary                   // a binary message where none is taken (1003)
	WhyFrameTooBig              // a frame over Options.MaxFrame (1009)
	WhyMessageTooBig            // a message over Options.MaxMessage (1009)

	endings int = iota
)

// What can be dropped while a connection lives.
const (
	WhyQueueFull   Why = Why(endings) + iota // a Send refused with ErrFull
	WhySendClosed                            // a Send refused with ErrClosed
	WhyPongMerged                            // a ping overtaken by the next before its pong was written
	WhyLateMessage                           // a message that came after the close frame was queued
	WhyNoAnswer                              // the peer did not answer our close frame in time

	whys int = iota + endings
)

// String is the name of the reason in a few lower-case words.
func (w Why) String() string {
	names := [...]string{
		WhyClient: "closed by client", WhyServer: "closed by server", WhyDropped: "dropped by server", WhyLost: "connection lost",
		WhyIdle: "idle", WhyLife: "maximum duration", WhySlowConsumer: "slow consumer",
		WhyProtocol: "protocol error", WhyNotUTF8: "not UTF-8", WhyBinary: "binary message",
		WhyFrameTooBig: "frame too big", WhyMessageTooBig: "message too big",
		WhyQueueFull: "queue full", WhySendClosed: "send after close", WhyPongMerged: "pong merged",
		WhyLateMessage: "message after close", WhyNoAnswer: "close not answered",
	}
	if int(w) < len(names) {
		return names[w]
	}
	return "unknown"
}

// Stats counts what happened to connections, by reason. The zero value is
// ready; it is safe for concurrent use.
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

func (s *Stats) add(w Why) {
	if s != nil {
		s.n[w].Add(1)
	}
}
