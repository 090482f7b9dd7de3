// Package conn is the server half of a WebSocket (RFC 6455): one reader, one
// writer, one bounded queue, one way to end. It knows frames and messages and
// no protocol above them.
//
// Call [New] with the hijacked connection and run [Conn.Serve], which returns
// when the socket has ended and says who ended it and why:
//
//	o := &conn.Options{Message: handle, RefuseBinary: true, Buffers: new(conn.Buffers)}
//	c := conn.New(netConn, leftover, o)
//	ended := c.Serve()
//
// Before that come the parts of a handshake: [CheckUpgrade] is for the request,
// [Hijack] takes the connection, and [Answer] writes the 101 that [Switching]
// makes. Who may connect is decided between them, by the caller.
//
// # What is promised
//
// Messages are given to Options.Message one at a time, in order, joined from
// their fragments, and valid UTF-8 if they are text. Pings are answered.
// [Conn.Send], [Conn.SendParts], [Conn.SendPrepared], [Conn.Fan] and
// [Conn.FanNow] never block: they put whole messages in a queue of at most Options.Queue bytes, in
// the order of the calls. SendPrepared leaves the bytes to the writer, Fan to
// a [Fanout] if there is one; the others write at once if the socket takes it. A peer
// that does not take its bytes within Options.WriteTimeout is dropped and
// delays nobody else. [Conn.Close] starts the closing handshake behind what is
// queued; the peer has Options.CloseTimeout to answer it. Not promised: that a
// queued message has been received.
//
// # Concurrency
//
// Serve is called once and owns the reading side; Options.Message runs in its
// goroutine, so that a slow Message slows this peer and nobody else. All other
// methods may be called from any goroutine, also from Message and before
// Serve. A writer goroutine lives only while bytes wait; Serve waits for it.
// When Serve has returned, the net.Conn is closed and no goroutine is left.
//
// # Memory
//
// A parked connection holds its Conn, its goroutine and no buffer: under 3 KB
// on a TCP connection, as BenchmarkIdle measures, if the caller of Serve keeps
// its own stack small too. A 4 KiB read buffer is taken from Options.Buffers
// when a frame begins, and given back when no more bytes wait; a peer that
// sends two bytes of a frame and stalls holds one until it is idle. A message
// under way takes memory as its bytes arrive, never as its header claims, and at
// most Options.MaxMessage. At most one pong waits, whatever the number of
// pings.
package conn
