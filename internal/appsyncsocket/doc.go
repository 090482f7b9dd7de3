// Package appsyncsocket is the server half of AppSync's two WebSocket
// protocols: graphql-ws for subscriptions of GraphQL APIs (AppSync developer
// guide, "Building a real-time WebSocket client") and aws-appsync-event-ws for
// Event APIs ("Understanding the Event API WebSocket protocol"). It knows
// connections, who opened them and which ids they use; what a subscription or
// a publish means is the runtime's.
//
// # What to call first
//
// [New] makes the [Server] of one API, and [Server.Serve] answers its upgrade
// requests. Messages come to Options.Message, which begins an [Operation] for
// each id and works on it in a goroutine of its own:
//
//	func message(s *appsyncsocket.Socket, f *wire.Frame) {
//		op, refused := s.Begin(f.ID, true)
//		if refused != nil { … }
//		op.Go(func(ctx context.Context) {
//			caller, refused := s.Admit(ctx, credential, admit)
//			…
//			op.Ack(wire.AppendReply(nil, wire.StartAck, op.ID()))
//		})
//	}
//
// [Operation.Fan] then delivers, and [Socket.Stop] or [Operation.Finish] ends it.
// Options.Ended hears of every acknowledged operation that ends, for whatever
// reason, once.
//
// # What is promised
//
// Every handshake that is well formed and offers the protocol is answered 101
// with that protocol alone; who may not connect is told so in a
// connection_error, and closed. A signature counts only for a host that
// Options.KnownHost knows, and over what the protocol signs, whatever the
// request itself was.
//
// Messages before the connection_ack are ignored. A ka follows the ack at once
// and then once in Limits.KeepAlive, on busy sockets too. Nothing is sent for an
// id before its acknowledgement, nor after the answer that ends it. A socket
// that does not take what is sent to it is closed, as is one that says no
// connection_init, or is older than Limits.Life; each reason is counted.
//
// # Concurrency
//
// All methods may be called from any goroutine, but Begin and Go, which belong
// in Options.Message. That is called in the goroutine that reads the socket: Go
// holds it up while Limits.InFlight operations are under way, and so the
// client's sending stalls. No lock is held while a function of Options runs.
// Shutdown waits for every goroutine.
package appsyncsocket
