// Package websocketapi runs an API Gateway WebSocket API: handshakes with
// $connect, messages routed to functions, $disconnect, and the @connections
// calls.
//
// Build one with [New] and give it requests; the paths are the gateway's
// business:
//
//	hub := websocketapi.NewHub(1)
//	api, err := websocketapi.New(websocketapi.Options{
//		Spec: s, API: &s.WebSocketAPIs[0], Invoke: functions.Invoke, Auth: auth, Hub: hub,
//	})
//	…
//	api.Connect(w, r, websocketapi.Handshake{Stage: "prod", Peer: peer, Domain: domain})
//	api.Connections(w, r, websocketapi.Management{Stage: "prod", ConnectionID: id, Peer: peer})
//	…
//	err = api.Shutdown(ctx)
//
// # What is promised
//
// A handshake is answered only when every check and the $connect function
// have answered: stage, throttle, AWS_IAM, API key, required parameters,
// $connect. A refused one never becomes a socket and never has a $disconnect;
// an accepted one has exactly one $disconnect, however it ends, also when
// [API.Shutdown] ends it.
//
// Messages of one connection start in the order in which they came and may
// overlap, at most Limits.InFlight at once; when so many are under way nothing
// more is read from that client. With Options.Ordered they run one after the
// other. A failed message is answered by an error frame and the socket stays
// open.
//
// A call to @connections that answers 200 has queued its message; a connection
// that is closing answers 410. A client that does not read is bounded by
// Limits.Queue: POSTs answer 429, and a reply of a route that does not fit
// closes the socket with 1008.
//
// What the client sees is AWS's text only; why it was refused is logged, with
// no URL, token or signature in it.
//
// # Concurrency
//
// All methods may be called from any goroutine. A connection has one goroutine
// of its own, started after the 101, and one for each message under way; it
// waits for those, and Shutdown waits for it. [API.Update] swaps the compiled
// API at once; sockets stay.
//
// The rules are those of the API Gateway developer guide, "Working with
// WebSocket APIs", its management API reference, and RFC 6455.
package websocketapi
