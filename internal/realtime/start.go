package realtime

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/coder/websocket"

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
func (l *link) start(session context.Context, conn *websocket.Conn, sub *Subscription) {
	for attempt := 0; ; attempt++ {
		err := l.tryStart(session, conn, sub)
		if err == nil || session.Err() != nil || !l.again(sub, err) {
			return
		}
		if !sleep(session, l.socket.options.pause(attempt)) {
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
	delete(s.subs, sub.id)
	s.last++
	sub.id, sub.sent, sub.reply = strconv.FormatUint(s.last, 10), false, nil
	s.subs[sub.id] = sub
	return true
}

// tryStart makes one attempt, with a proof of its own. Nil: it was accepted or
// nobody wants it any more.
func (l *link) tryStart(session context.Context, conn *websocket.Conn, sub *Subscription) error {
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
		return &TimeoutError{For: "answer to a subscription's start", After: limit}
	case <-session.Done():
		return session.Err()
	}
}

// ask makes the message and sends it. Only so many do at once.
func (l *link) ask(session context.Context, conn *websocket.Conn, sub *Subscription) (chan error, error) {
	select {
	case l.slots <- struct{}{}:
		defer func() { <-l.slots }()
	case <-session.Done():
		return nil, session.Err()
	}
	limit := l.socket.options.Reply
	ctx, cancel := context.WithTimeout(session, limit)
	defer cancel()
	id := l.idOf(sub)
	text, err := sub.start(ctx, id)
	if err != nil {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return nil, errors.Join(&TimeoutError{For: "proof for a subscription", After: limit}, err)
		}
		return nil, err
	}
	reply := l.expect(sub)
	if reply == nil {
		return nil, nil
	}
	if err := conn.Write(ctx, websocket.MessageText, text); err != nil {
		return nil, &LostError{Cause: err}
	}
	return reply, nil
}

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
func (l *link) writeStop(session context.Context, conn *websocket.Conn, id string) {
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
			defer func() { <-l.slots }()
			l.writeStop(session, conn, id)
		})
	default:
	}
}
