package realtime

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Start makes the text of the message that starts the subscription id, with a
// proof of its own. It is called anew for every attempt; its context has a
// deadline.
type Start func(ctx context.Context, id string) ([]byte, error)

// Socket shares one WebSocket among subscriptions and calls. It is opened by the
// first one, restored while there are any, and closed when there are none.
type Socket struct {
	options Options // immutable

	unknownTypes, unknownIDs, badFrames, looseErrors, reconnects atomic.Uint64

	work sync.WaitGroup // all goroutines

	// guarded by mu
	mu     sync.Mutex
	closed bool
	subs   map[string]*Subscription
	calls  map[string]*call
	last   uint64      // number of the last id
	link   *link       // nil: there is no connection and none is tried
	idle   *time.Timer // nil, or closes the link
}

// Counts says what a Socket has seen that changes nothing.
type Counts struct {
	UnknownTypes uint64 // frames of a type that nobody knows
	UnknownIDs   uint64 // frames for no subscription, such as data that came after its end
	BadFrames    uint64 // texts that are no frames
	LooseErrors  uint64 // errors without an id that could not be told whose they are
	Reconnects   uint64 // connections restored
}

// New makes a Socket; nothing is opened yet.
func New(o Options) *Socket {
	o.Tuning = o.Tuning.withDefaults()
	return &Socket{options: o, subs: map[string]*Subscription{}, calls: map[string]*call{}}
}

// Counts are those up to now.
func (s *Socket) Counts() Counts {
	return Counts{UnknownTypes: s.unknownTypes.Load(), UnknownIDs: s.unknownIDs.Load(), BadFrames: s.badFrames.Load(),
		LooseErrors: s.looseErrors.Load(), Reconnects: s.reconnects.Load()}
}

// Subscribe starts a subscription and returns once the server has accepted it.
// Later it is started again on every restored connection. An error of the first
// attempt is returned as it is and not repeated. If handler is nil the
// subscription's Next gives the events; else handler is called with
// one after the other, from a goroutine that lives while there are some, and
// last with an error.
func (s *Socket) Subscribe(ctx context.Context, start Start, handler func(Event, error)) (*Subscription, error) {
	sub := &Subscription{socket: s, start: start, handler: handler, started: make(chan error, 1)}
	sub.queue.ready = make(chan struct{}, 1)
	if err := s.add(sub); err != nil {
		return nil, err
	}
	var err error
	select {
	case err = <-sub.started:
	case <-ctx.Done():
		s.abandon(sub, ctx.Err())
		err = <-sub.started // an answer may have been faster
	}
	if err != nil {
		sub.queue.end(err, true) // nobody has seen it: no handler is called
		return nil, err
	}
	return sub, nil
}

// add gives sub an id and the open link, or a new one.
func (s *Socket) add(sub *Subscription) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	sub.id = s.nextID()
	s.subs[sub.id] = sub
	if s.join() {
		s.link.begin(sub)
	}
	return nil
}

// nextID gives an id that has not been used. The caller holds mu.
func (s *Socket) nextID() string {
	s.last++
	return strconv.FormatUint(s.last, 10)
}

// join makes sure that there is a link. True: it is open; else it begins all
// that there is when it opens. The caller holds mu.
func (s *Socket) join() bool {
	if s.idle != nil {
		s.idle.Stop()
		s.idle = nil
	}
	if s.link == nil {
		s.link = newLink(s)
		s.work.Go(s.link.run)
	}
	return s.link.open
}

// used says whether anybody needs a connection. The caller holds mu.
func (s *Socket) used() bool { return len(s.subs)+len(s.calls) > 0 }

// rest lets an unused link be closed after a while. The caller holds mu.
func (s *Socket) rest() {
	if !s.used() && s.link != nil && s.idle == nil && !s.closed {
		l := s.link
		s.idle = time.AfterFunc(s.options.Idle, func() { s.retire(l) })
	}
}

// Close ends all subscriptions and calls with ErrClosed, closes the WebSocket with 1000,
// for which it waits 5 seconds at most, and waits for every goroutine. It must
// not be called by a handler.
func (s *Socket) Close() {
	s.mu.Lock()
	s.closed = true
	if s.idle != nil {
		s.idle.Stop()
		s.idle = nil
	}
	for _, sub := range s.subs {
		s.remove(sub, ErrClosed)
	}
	for _, c := range s.calls {
		s.giveUp(c, ErrClosed)
	}
	l := s.link
	s.link = nil
	s.mu.Unlock()
	if l != nil {
		l.close()
	}
	s.work.Wait()
}

// remove ends sub, unless that has happened. The caller holds mu.
func (s *Socket) remove(sub *Subscription, err error) {
	if sub.state == ended {
		return
	}
	sub.state = ended
	delete(s.subs, sub.id)
	if sub.stopped != nil {
		close(sub.stopped)
	}
	if sub.reply != nil { // nobody needs to wait for the server any more
		sub.answer(err)
	}
	if !sub.accepted {
		sub.started <- err // has room: it is sent once
	} else if sub.queue.end(err, err == ErrClosed) {
		sub.handle()
	}
	s.rest()
}

func (s *Socket) end(sub *Subscription, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remove(sub, err)
}

// retire closes a link that is idle. It runs in the timer's goroutine; the
// link's own, for which Close waits, does what takes time.
func (s *Socket) retire(l *link) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.link != l || s.used() || s.closed {
		return
	}
	s.link, s.idle = nil, nil
	s.work.Go(l.close) // l.run is still at work, so nobody has finished waiting
}

// abandon ends a subscription that nobody waits for any more, unless it has had
// an answer.
func (s *Socket) abandon(sub *Subscription, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if sub.accepted || sub.state == ended {
		return
	}
	if l := s.link; l != nil && l.open && sub.sent {
		l.stop(sub.id)
	}
	s.remove(sub, err)
}
