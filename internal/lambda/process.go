package lambda

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/tidewire/tidewire/internal/fault"
)

// process is one child that runs a function.
type process struct {
	name    string // the function's, for logs
	link    link
	logs    *logPipe
	cmd     *exec.Cmd
	tree    *tree     // its process group or job
	expires time.Time // of its credentials; zero: never
	timeout time.Duration
	secret  []byte // of its Runtime API; nil: it has none
	mark    string // see leftovers

	use    sync.Mutex    // held while somebody sends or waits on link
	gone   chan struct{} // closed when it has exited; status is set before
	reaped chan struct{} // closed when nothing of it is left
	status string        // such as "exit status 1" or "signal: killed"

	idleSince time.Time // guarded by its pool
}

// launch starts a process of v and waits until it has initialised. Lambda gives
// initialization ten seconds and, when they are not enough, another try with
// the function's own time (developer guide, "Lambda execution environment
// lifecycle").
func (fs *Functions) launch(ctx context.Context, v *version) (*process, error) {
	p, err := fs.launchOnce(ctx, v, fs.o.initLimit)
	if !errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil {
		return p, err
	}
	fs.o.Log.Warn("function took too long to initialise, trying once more",
		"function", v.fn.Name, "limit", fs.o.initLimit, "next", v.timeout)
	p, err = fs.launchOnce(ctx, v, v.timeout)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return nil, timedOut(newRequestID(), v.timeout)
	}
	return p, err
}

// launchOnce starts a process and waits for it, for at most limit.
func (fs *Functions) launchOnce(ctx context.Context, v *version, limit time.Duration) (*process, error) {
	p, err := fs.spawn(ctx, v)
	if err != nil {
		return nil, err
	}
	wait, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err = p.link.ready(wait)
	p.use.Unlock()
	if err == nil {
		p.logs.drain()
		return p, nil
	}
	fs.discard(p, err)
	if errors.Is(err, errGone) || errors.Is(err, errProtocol) {
		return nil, p.whyExited(newRequestID(), err)
	}
	return nil, err
}

// discard ends a process that failed to initialise and waits for it. One that
// reported its failure, or ended its channel, exits by itself.
func (fs *Functions) discard(p *process, why error) {
	var reported *fault.FunctionError
	if errors.As(why, &reported) || errors.Is(why, errGone) {
		p.waitGone(stopGrace)
	}
	p.kill()
	<-p.reaped
}

// spawn starts a process of v; the caller has to see to its end, and to unlock
// its use.
func (fs *Functions) spawn(ctx context.Context, v *version) (*process, error) {
	prog, err := fs.program(ctx, v)
	if err != nil {
		return nil, err
	}
	env, expires, err := fs.environment(ctx, v, prog)
	if err != nil {
		return nil, err
	}
	mark := fs.leftovers.next()
	p := &process{
		name: v.fn.Name, expires: expires, timeout: v.timeout, mark: mark,
		gone: make(chan struct{}), reaped: make(chan struct{}),
		cmd: &exec.Cmd{Path: prog.argv[0], Args: prog.argv, Dir: v.dir, Env: append(env, markVariable+"="+mark)},
	}
	childEnds, err := p.connect(v)
	if err != nil {
		return nil, err
	}
	logs, logEnd, err := newLogPipe(fs.sink, v.fn.Name)
	if err != nil {
		closeAll(childEnds)
		p.link.close()
		return nil, err
	}
	p.logs, p.cmd.Stdout, p.cmd.Stderr = logs, logEnd, logEnd
	p.logs.hide = p.secret
	err = fs.spawner.start(p)
	closeAll(append(childEnds, logEnd))
	if err != nil {
		p.logs.close()
		p.link.close()
		return nil, startError(prog.argv[0], err)
	}
	p.use.Lock()
	fs.live.Store(p, nil)
	fs.tasks.Go(func() {
		p.watch(fs.leftovers)
		fs.live.Delete(p)
	})
	return p, nil
}

// connect makes the process's link and returns the files that only the child
// keeps.
func (p *process) connect(v *version) ([]*os.File, error) {
	if v.overHTTP {
		api, err := newRuntimeAPI()
		if err != nil {
			return nil, err
		}
		p.link = api
		p.secret = []byte(api.secret)
		p.cmd.Env = append(p.cmd.Env, "AWS_LAMBDA_RUNTIME_API="+v.addressForm()+api.address())
		return nil, nil
	}
	ch, requests, replies, err := newChannel()
	if err != nil {
		return nil, err
	}
	p.link = ch
	p.cmd.ExtraFiles = []*os.File{requests, replies}
	return p.cmd.ExtraFiles, nil
}

// closeAll closes our copies of a child's files.
func closeAll(files []*os.File) {
	for _, f := range files {
		_ = f.Close()
	}
}

// watch waits for the process's end and cleans up after it, what left its group
// included. It is the only goroutine of a process besides the reader of its
// log, which it waits for.
func (p *process) watch(l *leftovers) {
	defer close(p.reaped)
	reading := make(chan struct{})
	go func() { // waited for below
		defer close(reading)
		p.logs.read()
	}()
	p.status = p.tree.wait(p.cmd)
	close(p.gone)
	p.link.ended()
	l.end(p.mark)
	p.logs.ended()
	<-reading
	p.logs.close()
	p.use.Lock() // its last answer may not have been read yet
	defer p.use.Unlock()
	p.link.close()
}

// isGone says whether the process has exited.
func (p *process) isGone() bool {
	select {
	case <-p.gone:
		return true
	default:
		return false
	}
}

// waitGone waits for the exit, at most d.
func (p *process) waitGone(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-p.gone:
		return true
	case <-timer.C:
		return false
	}
}

// kill ends the process and all that it started, at once.
func (p *process) kill() { p.tree.kill() }

// stop asks the process to end, and kills it when it has not within the grace
// or when ctx is done. It returns when nothing is left of it.
func (p *process) stop(ctx context.Context) {
	p.link.hangUp()
	p.tree.terminate()
	timer := time.NewTimer(stopGrace)
	defer timer.Stop()
	select {
	case <-p.gone:
	case <-timer.C:
	case <-ctx.Done():
	}
	p.kill()
	<-p.reaped
}

// whyExited makes the function error of a process that is gone, or about to be.
func (p *process) whyExited(id string, why error) *fault.FunctionError {
	if errors.Is(why, errProtocol) || !p.waitGone(time.Second) {
		p.kill()
		<-p.gone
		return exited(id, "the private channel to the runtime broke")
	}
	return exited(id, p.status)
}
