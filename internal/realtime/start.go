package realtime

import (
	"context"
	"time"

	"github.com/coder/websocket"

	"github.com/tidewire/tidewire/internal/clientws"
	"github.com/tidewire/tidewire/internal/wire"
)

// begin starts a subscription on the open connection. The caller holds
// socket.mu; serve waits for the goroutine.
func (l *link) begin(sub *Subscription) {
	sub.state, sub.sent, sub.reply = starting, false, nil
	conn, session := l.conn, l.session
	l.starts.Go(func() { l.start(session, conn, sub) })
}

// start tries until the subscription is accepted, or there is a reason to
// stop. The first start of all is tried once.
func (l *link) start(session context.Context, conn *clientws.Conn, sub *Subscription) {
	for attempt := 0; ; attempt++ {
		err := l.tryStart(session, conn, sub)
		if err == nil || session.Err() != nil || !l.again(sub, err) {
			return
		}
		if !Sleep(session, l.socket.options.pause(attempt)) {
			return
		}
	}
}

// again says whether a failed start is to be repeated, under a new id: the
// server may answer the old one late.
func (l *link) again(sub *Subscription, err error) bool {
	s := l.socket
	s.mu.Lock()
	defer s.mu.Unlock()
	if sub.state != starting || !l.open {
		return false
	}
	if sub.sent {
		l.stop(sub.id)
	}
	if !sub.accepted || !s.options.Retry(err) {
		s.remove(sub, err)
		return false
	}
	if sub.gap == nil { // it had ended with a message, but there was no answer
		sub.gap = &Gap{From: time.Now(), Cause: err}
	}
	delete(s.subs, sub.id)
	sub.id, sub.sent, sub.reply = s.nextID(), false, nil
	s.subs[sub.id] = sub
	return true
}

// tryStart makes one attempt, with a proof of its own. Nil: it was accepted or
// nobody wants it any more.
func (l *link) tryStart(session context.Context, conn *clientws.Conn, sub *Subscription) error {
	limit := l.socket.options.Reply
	reply, err := l.ask(session, conn, sub)
	if reply == nil || err != nil {
		return err
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case err := <-reply:
		return err
	case <-timer.C:
		return &TimeoutError{For: "answer from the server to a subscription's start", After: limit}
	case <-session.Done():
		return session.Err()
	}
}

// ask makes the message and sends it. Only so many do at once.
func (l *link) ask(session context.Context, conn *clientws.Conn, sub *Subscription) (chan error, error) {
	if !l.takeSlot(session) {
		return nil, session.Err()
	}
	defer l.freeSlot()
	text, err := l.compose(session, sub.start, l.idOf(sub))
	if err != nil {
		return nil, err
	}
	reply := l.expect(sub)
	if reply == nil {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(session, writeTime)
	defer cancel()
	if err := conn.Write(ctx, websocket.MessageText, text); err != nil {
		return nil, &LostError{Cause: err}
	}
	return reply, nil
}

// takeSlot waits for one of the slots; false: ctx has ended before.
func (l *link) takeSlot(ctx context.Context) bool {
	select {
	case l.slots <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (l *link) freeSlot() { <-l.slots }

func (l *link) idOf(sub *Subscription) string {
	l.socket.mu.Lock()
	defer l.socket.mu.Unlock()
	return sub.id
}

// expect prepares for the answer; nil: the subscription has ended.
func (l *link) expect(sub *Subscription) chan error {
	l.socket.mu.Lock()
	defer l.socket.mu.Unlock()
	if sub.state != starting {
		return nil
	}
	reply := make(chan error, 1)
	sub.reply, sub.sent = reply, true
	return reply
}

// stop asks the server to end a subscription. The caller holds socket.mu and
// the link is open.
func (l *link) stop(id string) {
	conn, session := l.conn, l.session
	l.starts.Go(func() { l.writeStop(session, conn, id) })
}

// writeStop sends the message; the reader knows if the connection has ended.
func (l *link) writeStop(session context.Context, conn *clientws.Conn, id string) {
	ctx, cancel := context.WithTimeout(session, writeTime)
	defer cancel()
	_ = conn.Write(ctx, websocket.MessageText, (&wire.Frame{Type: l.socket.options.Protocol.Stop, ID: id}).Append(nil))
}

// stopUnknown is stop for an id that is not ours any more; not if much is
// being done, so that no server makes us do more.
func (l *link) stopUnknown(id string) {
	conn, session := l.conn, l.session
	select {
	case l.slots <- struct{}{}:
		l.starts.Go(func() {
			defer l.freeSlot()
			l.writeStop(session, conn, id)
		})
	default:
	}
}
