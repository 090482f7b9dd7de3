package realtime

import (
	"bytes"
	"context"
	"encoding/json"
	"sync/atomic"
	"time"

	"github.com/tidewire/tidewire/internal/clientws"
	"github.com/tidewire/tidewire/internal/wire"
)

// serve starts all subscriptions and calls on an acknowledged connection, reads from it
// until it ends, and says why it did. Its goroutines have ended then.
func (l *link) serve(conn *clientws.Conn, alive time.Duration) error {
	session, cancel := context.WithCancel(l.ctx)
	err := ErrClosed
	if l.enter(conn, session) {
		err = l.read(conn, alive)
		l.leave(err)
	}
	cancel()
	_ = conn.CloseNow()
	l.starts.Wait()
	return err
}

// enter makes conn the link's. False: nobody wants it any more.
func (l *link) enter(conn *clientws.Conn, session context.Context) bool {
	s := l.socket
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.link != l {
		return false
	}
	l.conn, l.session, l.open = conn, session, true
	for _, sub := range s.subs {
		l.begin(sub)
	}
	for _, c := range s.calls {
		l.beginCall(c)
	}
	return true
}

// leave lets every subscription and call know that the connection has ended.
func (l *link) leave(err error) {
	s := l.socket
	s.mu.Lock()
	defer s.mu.Unlock()
	l.conn, l.open = nil, false
	if s.link != l {
		return
	}
	l.endCalls(err)
	for _, sub := range s.subs {
		switch {
		case sub.state == stopping:
			s.remove(sub, ErrClosed)
		case !sub.accepted:
			s.remove(sub, err)
		default:
			sub.state, sub.sent, sub.reply = waiting, false, nil
			if sub.gap == nil {
				sub.gap = &Gap{From: time.Now(), Cause: err}
			}
		}
	}
}

// read takes frames until the connection ends. Any frame is a sign of life.
func (l *link) read(conn *clientws.Conn, alive time.Duration) error {
	var silent atomic.Bool
	watch := time.AfterFunc(alive, func() {
		silent.Store(true)
		_ = conn.CloseNow()
	})
	defer watch.Stop()
	for {
		_, text, err := conn.Read(context.Background())
		switch {
		case err != nil && silent.Load():
			return &LostError{Cause: &TimeoutError{For: "sign of life from the server", After: alive}}
		case err != nil:
			return &LostError{Cause: err}
		}
		watch.Reset(alive)
		if err := l.take(text); err != nil {
			return err
		}
	}
}

// take handles one frame. An error ends the connection.
func (l *link) take(text []byte) error {
	f, err := wire.Decode(text)
	if err != nil {
		l.socket.badFrames.Add(1)
		return nil
	}
	p := &l.socket.options.Protocol
	switch f.Type {
	case "":
		l.socket.unknownTypes.Add(1)
	case wire.Data:
		l.deliver(&f, Event{Payload: alone(p.Payload(&f), text)})
	case p.Notice:
		l.deliver(&f, Event{Payload: alone(f.ErrorList(), text), Failed: true})
	case p.Answered:
		l.answered(&f, nil)
	case p.Rejected:
		l.answered(&f, l.failure(&f))
	case wire.KeepAlive, wire.ConnectionAck:
	case p.Started:
		l.accept(&f)
	case p.Stopped, wire.UnsubscribeError:
		l.complete(&f)
	case p.Refused, wire.Error:
		l.refuse(&f)
	case wire.ConnectionError:
		return l.failure(&f)
	default:
		l.socket.unknownTypes.Add(1)
	}
	return nil
}

// alone is a payload that does not keep a text in memory of which it is the smaller
// part: what waits for consumers is counted by its payload.
func alone(payload json.RawMessage, text []byte) json.RawMessage {
	if len(text) > 2*len(payload)+1<<10 {
		return bytes.Clone(payload)
	}
	return payload
}

// find is the subscription that a frame is for. The caller holds socket.mu.
func (l *link) find(f *wire.Frame) *Subscription {
	sub := l.socket.subs[f.ID]
	if sub == nil {
		l.socket.unknownIDs.Add(1)
	}
	return sub
}

// deliver queues e for the subscription that f names.
func (l *link) deliver(f *wire.Frame, e Event) {
	s := l.socket
	if f.ID == "" && e.Failed {
		s.looseErrors.Add(1)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	sub := l.find(f)
	if sub == nil {
		return
	}
	sub.endGap() // the server may send before it answers
	if sub.queue.push(e, &s.options.Tuning) {
		sub.handle()
	}
}

// accept makes a subscription active.
func (l *link) accept(f *wire.Frame) {
	s := l.socket
	s.mu.Lock()
	defer s.mu.Unlock()
	sub := l.find(f)
	if sub == nil { // given up before the server answered
		l.stopUnknown(f.ID)
		return
	}
	if sub.state != starting || sub.reply == nil {
		return
	}
	sub.state = active
	sub.answer(nil)
	if !sub.accepted {
		sub.accepted = true
		sub.started <- nil // has room: it is sent once
		if sub.early {
			sub.handle()
		}
	}
	sub.endGap()
}

func (l *link) complete(f *wire.Frame) {
	s := l.socket
	s.mu.Lock()
	defer s.mu.Unlock()
	sub := l.find(f)
	switch {
	case sub == nil:
	case sub.state == stopping:
		s.remove(sub, ErrClosed)
	default:
		s.remove(sub, ErrCompleted)
	}
}

// refuse ends the subscription or call that an error names; one without an id
// is that of the only start or call that waits for an answer, if there is only
// one.
func (l *link) refuse(f *wire.Frame) {
	s := l.socket
	err := l.failure(f)
	s.mu.Lock()
	defer s.mu.Unlock()
	sub, c := s.subs[f.ID], s.calls[f.ID]
	if f.ID == "" {
		sub, c = l.onlyWaiting()
	}
	switch {
	case c != nil:
		s.answer(c, reply{err: err})
	case sub == nil && f.ID == "":
		s.looseErrors.Add(1)
	case sub == nil:
		s.unknownIDs.Add(1)
	case sub.state == stopping:
		s.remove(sub, ErrClosed)
	case sub.state == starting && sub.reply != nil:
		sub.answer(err)
	default:
		s.remove(sub, err)
	}
}

// onlyWaiting is the subscription or call that waits for an answer, if there is
// just one.
func (l *link) onlyWaiting() (found *Subscription, c *call) {
	for _, sub := range l.socket.subs {
		if sub.state == starting && sub.reply != nil {
			if found != nil {
				return nil, nil
			}
			found = sub
		}
	}
	for _, other := range l.socket.calls {
		if !other.sent {
			continue
		}
		if found != nil || c != nil {
			return nil, nil
		}
		c = other
	}
	return found, c
}

// answer gives the outcome of a start to who waits for it.
func (sub *Subscription) answer(err error) {
	sub.reply <- err // has room: reply is used once
	sub.reply = nil
}
