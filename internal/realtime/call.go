package realtime

import (
	"context"
	"errors"
	"time"

	"github.com/coder/websocket"

	"github.com/tidewire/tidewire/internal/clientws"
	"github.com/tidewire/tidewire/internal/wire"
)

// call is one message that is answered once, such as a publish.
type call struct {
	// immutable
	make Start
	ctx  context.Context // ends with the caller's, and with the call
	end  context.CancelFunc
	done chan reply // gets the outcome, once

	// guarded by socket.mu
	id   string
	sent bool // the server may have it
	over bool
}

type reply struct {
	frame wire.Frame
	err   error
}

// Call sends one message and waits for its answer, Protocol.Answered, whose
// members alias nothing else. It opens the WebSocket as Subscribe does, and it
// is never repeated: what fails before it was sent is returned as it is,
// what fails later as an [*UnansweredError]; a refusal is what Options.Failure
// made of it.
func (s *Socket) Call(ctx context.Context, start Start) (wire.Frame, error) {
	c := &call{make: start, done: make(chan reply, 1)}
	c.ctx, c.end = context.WithCancel(ctx)
	defer c.end()
	if err := s.addCall(c); err != nil {
		return wire.Frame{}, err
	}
	select {
	case r := <-c.done:
		return r.frame, r.err
	case <-ctx.Done():
		s.endCall(c, ctx.Err())
		r := <-c.done // an answer may have been faster
		return r.frame, r.err
	}
}

// addCall gives c an id and the open link, or a new one.
func (s *Socket) addCall(c *call) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	c.id = s.nextID()
	s.calls[c.id] = c
	if s.join() {
		s.link.beginCall(c)
	}
	return nil
}

// answer gives the server's answer to who waits for it. The caller holds mu.
func (s *Socket) answer(c *call, r reply) {
	if c.over {
		return
	}
	c.over = true
	delete(s.calls, c.id)
	c.done <- r // has room: it is sent once
	c.end()
	s.rest()
}

// giveUp ends c without an answer. The caller holds mu.
func (s *Socket) giveUp(c *call, err error) {
	if c.sent {
		err = &UnansweredError{Cause: err}
	}
	s.answer(c, reply{err: err})
}

func (s *Socket) endCall(c *call, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.giveUp(c, err)
}

// beginCall sends a call on the open connection. The caller holds socket.mu;
// serve waits for the goroutine.
func (l *link) beginCall(c *call) {
	conn, session := l.conn, l.session
	l.starts.Go(func() { l.perform(session, conn, c) })
}

// perform sends a call and waits until it is over.
func (l *link) perform(session context.Context, conn *clientws.Conn, c *call) {
	if err := l.sendCall(session, conn, c); err != nil {
		l.socket.endCall(c, err)
		return
	}
	limit := l.socket.options.Reply
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-timer.C:
		l.socket.endCall(c, &TimeoutError{For: "answer from the server", After: limit})
	case <-c.ctx.Done():
	case <-session.Done():
	}
}

// sendCall makes the message and sends it. The caller's end stops the making
// of a proof, but no writing: that would end the connection.
func (l *link) sendCall(session context.Context, conn *clientws.Conn, c *call) error {
	if !l.takeSlot(session) {
		return session.Err()
	}
	defer l.freeSlot()
	proof, cancel := context.WithCancel(session)
	defer cancel()
	defer context.AfterFunc(c.ctx, cancel)()
	text, err := l.compose(proof, c.make, c.id)
	switch {
	case err != nil && c.ctx.Err() != nil:
		return c.ctx.Err()
	case err != nil:
		return err
	}
	if !l.markSent(c) {
		return nil
	}
	ctx, stop := context.WithTimeout(session, writeTime)
	defer stop()
	if err := conn.Write(ctx, websocket.MessageText, text); err != nil {
		return &LostError{Cause: err}
	}
	return nil
}

// compose makes a message with its proof, within the time for a reply.
func (l *link) compose(ctx context.Context, start Start, id string) ([]byte, error) {
	limit := l.socket.options.Reply
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	text, err := start(ctx, id)
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return nil, &TimeoutError{For: "proof for a message", After: limit, Cause: err}
	}
	return text, err
}

// markSent is false if nobody waits any more.
func (l *link) markSent(c *call) bool {
	l.socket.mu.Lock()
	defer l.socket.mu.Unlock()
	c.sent = !c.over
	return c.sent
}

// answered gives a frame to the call that it names; one without an id to the
// only call that waits.
func (l *link) answered(f *wire.Frame, err error) {
	s := l.socket
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.calls[f.ID]
	if f.ID == "" {
		_, c = l.onlyWaiting()
	}
	switch {
	case c == nil && f.ID == "" && err != nil:
		s.looseErrors.Add(1)
	case c == nil || !c.sent:
		s.unknownIDs.Add(1)
	default:
		s.answer(c, reply{frame: *f, err: err})
	}
}
