// Package gateway is the server as a value: AWS's real-time APIs from a SAM or
// CloudFormation template, with every credential checked.
//
// [Open] reads a template, checks all of it, and gives a [Gateway], or every
// problem at once ([ProblemsError]); nothing is half started. A Gateway is an
// http.Handler; [Gateway.Serve] answers plain and TLS connections on one
// listener. [Gateway.Close] refuses new sockets, closes each open one with
// 1001, runs every $disconnect, ends the functions, and waits for all of it
// or for its context.
//
//	g, err := gateway.Open(ctx, "examples/echo", nil)
//	if err != nil { … }
//	l, err := net.Listen("tcp", "127.0.0.1:4577")
//	if err != nil { … }
//	go g.Serve(l)
//	defer g.Close(ctx)
//
// # What is promised
//
// A request is admitted only if its signature and its policy hold. A guard
// that the template asks for and tidewire lacks stops Open. Only hosts that
// the gateway gave out are served, and on a loopback listener no page of
// another site is. Two gateways run in one process: there are no globals, and
// the environment is never read.
//
// # Concurrency
//
// All methods of a Gateway may be called from any goroutine. Every goroutine
// that a Gateway starts has ended when Close returns nil.
package gateway
