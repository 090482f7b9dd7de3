package lambda

import (
	"runtime"
	"sync"
)

// spawner starts processes from one thread. The parent-death signal is sent
// when the thread that forked ends, not the process (prctl(2),
// PR_SET_PDEATHSIG), and Go ends threads when it likes; this one is locked.
type spawner struct {
	requests chan spawnRequest
	quit     chan struct{}
	done     sync.WaitGroup
}

// spawnRequest is a process to start, and where to say how it went.
type spawnRequest struct {
	p     *process
	reply chan error
}

// newSpawner starts the thread; close ends it.
func newSpawner() *spawner {
	s := &spawner{requests: make(chan spawnRequest), quit: make(chan struct{})}
	s.done.Go(s.serve)
	return s
}

// serve starts processes. It never unlocks its thread, which therefore ends
// with it: by then every child is gone.
func (s *spawner) serve() {
	runtime.LockOSThread()
	for {
		select {
		case r := <-s.requests:
			t, err := startTree(r.p.cmd)
			r.p.tree = t
			r.reply <- err
		case <-s.quit:
			return
		}
	}
}

// start starts the process's command and sets its tree.
func (s *spawner) start(p *process) error {
	r := spawnRequest{p, make(chan error, 1)}
	select {
	case s.requests <- r:
		return <-r.reply
	case <-s.quit:
		return errClosed
	}
}

// close ends the thread. Every process must be gone.
func (s *spawner) close() {
	close(s.quit)
	s.done.Wait()
}
