// Package realtime is the client half of AppSync's WebSockets: it opens one,
// watches over it, restores it and shares it among subscriptions. It knows
// frames, but neither GraphQL nor how anybody proves who they are.
//
// # What to call first
//
// [New] takes function values for what it does not know; [Socket.Subscribe] and
// [Socket.Call] open the WebSocket if they are the first, and [Socket.Close] ends
// everything. [Backoff] and [Sleep] are for whoever else makes attempts.
//
// # What is promised
//
//   - Options.Handshake and Start are asked anew for every attempt.
//   - A lost connection is restored after a growing, jittered pause and every
//     subscription started again, under its own proof; each is told of the [Gap]
//     before it gets anything that came after it.
//     An error that Options.Retry calls final is not followed by another attempt: of
//     a connection, it ends all subscriptions; of a start, only that one.
//   - A call is sent once at most. Whether the server may have it is said by its
//     error: an [UnansweredError] or another.
//   - A connection without any frame for the server's connectionTimeoutMs counts
//     as lost.
//   - A handler is called only for a subscription that Subscribe has given, and with
//     an error once.
//   - A subscription holds at most Options.MaxPending messages of together
//     MaxBytes; what comes then is dropped and its consumer told how many.
//   - Every wait has an end: see the durations of Options.
//
// # Concurrency
//
// A Socket and its Subscriptions may be used from any number of goroutines. A
// Socket has one goroutine while it is open or being restored, one for each
// start and call in progress (of which 8 make a proof or write at a time), and
// one for each handler that has something to do. Close waits for all.
package realtime
