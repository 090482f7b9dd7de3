package eventsapi

import (
	"context"
	"slices"
	"sync"

	"github.com/tidewire/tidewire/internal/appsyncsocket"
)

// lines are where the publishes of each socket stand in a line, so that their
// events go out in the order in which they came. The zero value is ready.
type lines struct {
	mu  sync.Mutex
	all map[*appsyncsocket.Socket]*line // of sockets that publish right now
}

// line is that of one socket.
type line struct {
	last *place // guarded by lines.mu

	mu  sync.Mutex
	ids []string // of the publishes that are not answered; guarded by mu
}

// place is a place in the line of a socket.
type place struct {
	lines  *lines
	line   *line
	socket *appsyncsocket.Socket
	id     string
	before <-chan struct{} // closed when the one before has left; nil: there is none
	left   chan struct{}
}

// join takes the last place for the publish id. It is called in the goroutine
// that reads the socket; finish and leave must follow.
func (l *lines) join(s *appsyncsocket.Socket, id string) *place {
	p := &place{lines: l, socket: s, id: id, left: make(chan struct{})}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all == nil {
		l.all = make(map[*appsyncsocket.Socket]*line)
	}
	p.line = l.all[s]
	if p.line == nil {
		p.line = new(line)
		l.all[s] = p.line
	} else {
		p.before = p.line.last.left
	}
	p.line.last = p
	p.line.mu.Lock()
	defer p.line.mu.Unlock()
	p.line.ids = append(p.line.ids, id)
	return p
}

// publishing says whether id is that of a publish which is not answered yet. It
// is called in the goroutine that reads the socket.
func (l *lines) publishing(s *appsyncsocket.Socket, id string) bool {
	l.mu.Lock()
	of := l.all[s]
	l.mu.Unlock()
	if of == nil {
		return false
	}
	of.mu.Lock()
	defer of.mu.Unlock()
	return slices.Contains(of.ids, id)
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

// finish answers the publish: from then on its id is free.
func (p *place) finish(answer func()) {
	p.line.mu.Lock()
	defer p.line.mu.Unlock()
	answer()
	p.line.ids = slices.DeleteFunc(p.line.ids, func(id string) bool { return id == p.id })
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
	if p.line.last == p {
		delete(p.lines.all, p.socket)
	}
}
