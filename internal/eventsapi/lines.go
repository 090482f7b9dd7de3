package eventsapi

import (
	"context"
	"sync"

	"github.com/tidewire/tidewire/internal/appsyncsocket"
)

// lines are where the publishes of each socket stand in a line, so that their
// events go out in the order in which they came. The zero value is ready.
type lines struct {
	mu  sync.Mutex
	all map[*appsyncsocket.Socket]*place // the last place of each that publishes right now
}

// place is a place in the line of a socket.
type place struct {
	lines  *lines
	socket *appsyncsocket.Socket
	before <-chan struct{} // closed when the one before has left; nil: there is none
	left   chan struct{}
}

// join takes the last place. It is called in the goroutine that reads the
// socket; leave must follow.
func (l *lines) join(s *appsyncsocket.Socket) *place {
	p := &place{lines: l, socket: s, left: make(chan struct{})}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all == nil {
		l.all = make(map[*appsyncsocket.Socket]*place)
	}
	if last := l.all[s]; last != nil {
		p.before = last.left
	}
	l.all[s] = p
	return p
}

// wait waits until the one before has left, or ctx has ended.
func (p *place) wait(ctx context.Context) {
	if p.before == nil {
		return
	}
	select {
	case <-p.before:
	case <-ctx.Done():
	}
}

// leave waits until the one before has left, whose operation ends before long:
// otherwise the next one would overtake it.
func (p *place) leave() {
	if p.before != nil {
		<-p.before
	}
	p.lines.mu.Lock()
	defer p.lines.mu.Unlock()
	close(p.left)
	if p.lines.all[p.socket] == p {
		delete(p.lines.all, p.socket)
	}
}
