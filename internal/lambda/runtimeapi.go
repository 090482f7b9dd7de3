package lambda

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"
)

// runtimeAPI is the Lambda Runtime API as one process sees it (Lambda developer
// guide, "Using the Lambda runtime API"): a listener on 127.0.0.1 whose
// paths all begin with a secret that only its process's environment holds, which
// the system keeps from other users. Without it nothing reaches the API's state.
type runtimeAPI struct {
	addr   string // host:port
	secret string // 32 hexadecimal digits; never shown
	server *http.Server
	conns  sync.WaitGroup // connections, and the accept loop

	events  chan *invocation // unbuffered: taken means delivered
	started chan struct{}    // closed when the first event is asked for
	failed  chan []byte      // a reported init error; room for one
	answers chan answer      // room for one
	gone    chan struct{}    // closed when the process has exited
	quit    chan struct{}    // closed by close

	mu      sync.Mutex
	running *invocation // taken and not answered
	stage   stage
	once    struct{ gone, quit sync.Once }
}

// answer is a reply and the invocation it belongs to.
type answer struct {
	id    string
	reply reply
}

// stage is how far a runtime has come.
type stage int

const (
	stageInit stage = iota
	stageRunning
	stageFailed
)

// newRuntimeAPI opens the listener and serves it.
func newRuntimeAPI() (*runtimeAPI, error) {
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	a := &runtimeAPI{
		addr:    ln.Addr().String(),
		secret:  newSecret(),
		events:  make(chan *invocation),
		started: make(chan struct{}),
		failed:  make(chan []byte, 1),
		answers: make(chan answer, 1),
		gone:    make(chan struct{}),
		quit:    make(chan struct{}),
	}
	a.server = &http.Server{
		Handler:           a.routes(),
		ConnState:         a.count,
		ReadHeaderTimeout: 10 * time.Second,
		MaxHeaderBytes:    64 << 10,

		DisableGeneralOptionsHandler: true,
	}
	a.conns.Go(func() { _ = a.server.Serve(ln) }) // ends with ErrServerClosed
	return a, nil
}

// count keeps track of connections for close.
func (a *runtimeAPI) count(_ net.Conn, s http.ConnState) {
	switch s {
	case http.StateNew:
		a.conns.Add(1)
	case http.StateClosed, http.StateHijacked:
		a.conns.Done()
	}
}

func (a *runtimeAPI) ready(ctx context.Context) error {
	select {
	case <-a.started:
		return nil
	case body := <-a.failed:
		return reportedError(body)
	case <-a.gone:
		return a.initFailure()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// initFailure prefers what the process reported before it exited.
func (a *runtimeAPI) initFailure() error {
	select {
	case body := <-a.failed:
		return reportedError(body)
	default:
		return errGone
	}
}

func (a *runtimeAPI) send(inv *invocation) error {
	timer := time.NewTimer(time.Until(inv.deadline))
	defer timer.Stop()
	select {
	case a.events <- inv:
		return nil
	case <-a.gone:
		return errNotDelivered
	case <-a.quit:
		return errNotDelivered
	case <-timer.C:
		return errTimedOut
	}
}

func (a *runtimeAPI) await(ctx context.Context, inv *invocation) (reply, error) {
	timer := time.NewTimer(time.Until(inv.deadline))
	defer timer.Stop()
	for {
		select {
		case got := <-a.answers:
			if got.id == inv.id {
				return got.reply, nil
			}
		case <-timer.C:
			return reply{}, errTimedOut
		case <-ctx.Done():
			return reply{}, errInterrupted
		case <-a.gone:
			return a.lastAnswer(inv)
		case <-a.quit:
			return reply{}, errGone
		}
	}
}

// lastAnswer takes an answer that came just before the process exited.
func (a *runtimeAPI) lastAnswer(inv *invocation) (reply, error) {
	select {
	case got := <-a.answers:
		if got.id == inv.id {
			return got.reply, nil
		}
	default:
	}
	return reply{}, errGone
}

// hangUp does nothing: the Runtime API has no way to say so but a signal.
func (a *runtimeAPI) hangUp() {}

func (a *runtimeAPI) ended() {
	a.once.gone.Do(func() { close(a.gone) })
}

func (a *runtimeAPI) close() {
	a.once.quit.Do(func() { close(a.quit) })
	if err := a.server.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return // the listener is gone either way
	}
	a.conns.Wait()
}
