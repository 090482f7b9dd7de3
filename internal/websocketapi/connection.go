package websocketapi

import (
	"sync"

	"github.com/tidewire/tidewire/internal/conn"
)

// A connection is one accepted client.
type connection struct {
	// immutable once in the hub
	api         *API
	id          string
	stage       string
	domain      string
	origin      origin
	connectedAt int64 // ms since 1970
	options     conn.Options

	// starting is held while an invocation is taken from the queue and made
	// ready, so that invocations start in the order of their messages.
	starting sync.Mutex
	workers  sync.WaitGroup // Add by the reader, then by run

	mu      sync.Mutex // guards what follows
	socket  *conn.Conn // nil until the 101 is out
	closing bool
	// first to last are messages taken from the client and not yet started.
	first, last *job
	open        int           // taken and not finished
	running     int           // worker goroutines
	room        chan struct{} // closed when the reader may go on; nil if it does not wait
}

// A job is one message, or the end of the connection.
type job struct {
	text  []byte
	ended *conn.Closed // not nil: run $disconnect
	next  *job
}

// accept takes a message from the reader. While Limits.InFlight messages are
// under way it waits, and so the client's sending stalls.
func (c *connection) accept(_ *conn.Conn, text []byte) {
	for {
		wait := c.tryAccept(text)
		if wait == nil {
			return
		}
		<-wait
	}
}

// tryAccept queues a message, or says what to wait for.
func (c *connection) tryAccept(text []byte) (wait chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing {
		c.api.stats.add(LateMessage)
		return nil
	}
	if c.open >= c.api.o.Limits.InFlight {
		if c.room == nil {
			c.room = make(chan struct{})
		}
		return c.room
	}
	c.api.stats.add(Messages)
	c.push(&job{text: text})
	return nil
}

// push appends j and sees to it that a worker takes it. mu is held.
func (c *connection) push(j *job) {
	if c.last == nil {
		c.first = j
	} else {
		c.last.next = j
	}
	c.last = j
	c.open++
	if c.running == 0 || c.running < c.open && !c.api.o.Ordered {
		c.running++
		c.workers.Add(1)
		c.api.crew.run(c)
	}
}

// work runs jobs until none waits; a member of the crew calls it. end waits
// for it.
func (c *connection) work() {
	defer c.workers.Done()
	for {
		c.starting.Lock()
		j := c.take()
		if j == nil {
			c.starting.Unlock()
			return
		}
		ready := c.prepare(j)
		c.starting.Unlock()
		ready.run(c)
		c.finished()
	}
}

// take removes the first job; nil tells the worker to end.
func (c *connection) take() *job {
	c.mu.Lock()
	defer c.mu.Unlock()
	j := c.first
	if j == nil {
		c.running--
		return nil
	}
	if c.first = j.next; c.first == nil {
		c.last = nil
	}
	return j
}

// finished makes room for the next message.
func (c *connection) finished() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open--
	c.wake()
}

// wake lets a waiting reader look again. mu is held.
func (c *connection) wake() {
	if c.room != nil {
		close(c.room)
		c.room = nil
	}
}

// run is the connection's goroutine: it reads until the socket has ended,
// then runs $disconnect and waits for all that is under way. API.Shutdown
// waits for it. Its frame is small: it stays for the connection's life.
func (c *connection) run() {
	defer c.api.work.Leave()
	c.end(c.socket.Serve())
}

// end runs $disconnect behind the messages that were taken before.
func (c *connection) end(ended conn.Closed) {
	c.api.remove(c)
	c.mu.Lock()
	c.closing = true
	c.push(&job{ended: &ended})
	c.mu.Unlock()
	c.workers.Wait()
}

// close ends the connection from our side. It does not wait.
func (c *connection) close(code int, reason string) {
	c.api.remove(c)
	c.mu.Lock()
	c.closing = true
	c.wake()
	socket := c.socket
	c.mu.Unlock()
	if socket != nil {
		socket.Close(code, reason)
	}
}

// drop ends the connection without a closing handshake.
func (c *connection) drop() {
	c.mu.Lock()
	socket := c.socket
	c.mu.Unlock()
	if socket != nil {
		socket.Drop()
	}
}

// live is the socket if the connection is open. It waits for the 101 to be
// out if that is being written.
func (c *connection) live() *conn.Conn {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing {
		return nil
	}
	return c.socket
}
