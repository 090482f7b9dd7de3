package lambda

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// run runs one invocation in a process that the caller has acquired, and gives
// the process back. errNotDelivered means that the event never arrived.
func (pl *pool) run(ctx context.Context, p *process, payload []byte) ([]byte, error) {
	inv := newInvocation(payload, pl.v.fn.ARN, pl.v.timeout, time.Now())
	p.use.Lock() // settle unlocks
	p.logs.begin(inv.id)
	if err := p.link.send(inv); err != nil {
		return pl.settle(p, inv, reply{}, err)
	}
	r, err := p.link.await(ctx, inv)
	if errors.Is(err, errInterrupted) {
		pl.leaveRunning(p, inv)
		return nil, context.Cause(ctx)
	}
	return pl.settle(p, inv, r, err)
}

// leaveRunning lets an invocation run to its end, or its timeout, after its
// caller has gone: Lambda does not stop a function either.
func (pl *pool) leaveRunning(p *process, inv *invocation) {
	pl.fs.gate.stay()
	pl.fs.tasks.Go(func() {
		defer pl.fs.gate.leave()
		r, err := p.link.await(pl.fs.running, inv)
		if errors.Is(err, errInterrupted) { // Close: the process is being ended
			err = errGone
		}
		if _, err := pl.settle(p, inv, r, err); err != nil {
			pl.fs.o.Log.Debug("function failed after its caller had gone", "function", p.name, "error", err)
		}
	})
}

// settle turns what became of an invocation into a result, and releases or
// ends the process.
func (pl *pool) settle(p *process, inv *invocation, r reply, err error) ([]byte, error) {
	p.use.Unlock()
	switch {
	case err == nil && r.last:
		p.logs.drain()
		pl.drop(p)
		return result(r)
	case err == nil:
		p.logs.drain()
		pl.release(p, time.Now())
		return result(r)
	case errors.Is(err, errTimedOut):
		return nil, pl.timeUp(p, inv)
	case errors.Is(err, errNotDelivered):
		p.kill()
		return nil, errNotDelivered
	}
	fe := p.whyExited(inv.id, err)
	<-p.reaped // so that its last words come before ours
	p.logs.note(inv.id, fe.Message)
	return nil, fe
}

// timeUp kills a process whose invocation has taken too long.
func (pl *pool) timeUp(p *process, inv *invocation) error {
	p.kill()
	<-p.reaped
	fe := timedOut(inv.id, pl.v.timeout)
	p.logs.note(inv.id, fmt.Sprintf("Task timed out after %.2f seconds", pl.v.timeout.Seconds()))
	return fe
}

// result is what the caller of Invoke gets for an answer.
func result(r reply) ([]byte, error) {
	switch {
	case r.tooLarge:
		return nil, replyTooLarge()
	case r.failed:
		return nil, reportedError(r.body)
	}
	return r.body, nil
}
