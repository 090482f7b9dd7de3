// Package gate knows what is under way, so that there can be an end: nothing
// begins once a [Gate] is shut, and who has shut it learns when the last has
// left.
//
//	if !g.Enter() {
//		return errClosed
//	}
//	defer g.Leave()
//
// and elsewhere
//
//	<-g.Shut()
//
// Whoever must also be found by the one who shuts, such as a socket that is to be
// closed, makes itself known before Enter, and unknown again if that is
// refused: then it is either refused or found.
package gate

import "sync"

// Gate lets in until it is shut. The zero value is open. All methods may be
// called from any goroutine.
type Gate struct {
	mu     sync.Mutex // guards what follows
	inside int
	empty  chan struct{} // made by Shut, closed by the last to leave; nil: open
}

// Enter lets the caller in, who must Leave; false if the gate is shut.
func (g *Gate) Enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.empty != nil {
		return false
	}
	g.inside++
	return true
}

// Leave is called once for each Enter that was true.
func (g *Gate) Leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inside--
	if g.empty != nil && g.inside == 0 {
		close(g.empty)
	}
}

// Shut lets nobody in any more. What it gives is closed when nobody is inside.
// It may be called again.
func (g *Gate) Shut() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.empty == nil {
		g.empty = make(chan struct{})
		if g.inside == 0 {
			close(g.empty)
		}
	}
	return g.empty
}
