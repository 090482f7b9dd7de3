package private

import (
	"context"
	"errors"
	"os"
	"time"
)

const (
	// UpdateLock is the file of [Dir.Exclusive].
	UpdateLock = "update.lock"

	updateWait = 15 * time.Second // how long others may hold it
	lockPoll   = 5 * time.Millisecond
)

// Exclusive runs f while no other Exclusive of this directory runs, in this
// process or another. It waits up to 15 seconds for its turn.
func (p *Dir) Exclusive(f func() error) error {
	held, err := p.Lock(context.Background(), UpdateLock, updateWait)
	if err != nil {
		return err
	}
	return errors.Join(f(), held.Close())
}

// Lock opens a file, making it if it is missing, and locks it, after waiting
// for others who hold the lock: no longer than wait, then the error says Busy,
// and not beyond the end of ctx, whose error it gives. Closing the file drops
// the lock.
func (p *Dir) Lock(ctx context.Context, name string, wait time.Duration) (*os.File, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, wait, &Error{Path: p.File(name), Busy: true,
		Problem: "another process has held this lock for " + wait.String(), Hint: "look for a stopped tidewire process of yours, and end it"})
	defer cancel()
	tick := time.NewTicker(lockPoll)
	defer tick.Stop()
	for {
		if f, err := p.TryLock(name); f != nil || err != nil {
			return f, err
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// TryLock is Lock without waiting: nil and no error if somebody else holds the
// lock.
func (p *Dir) TryLock(name string) (*os.File, error) {
	f, err := p.open(name, os.O_RDWR|os.O_CREATE)
	if err != nil {
		return nil, err
	}
	ok, err := tryLock(f)
	if ok {
		return f, nil
	}
	if cerr := f.Close(); err == nil && cerr == nil {
		return nil, nil
	}
	return nil, &Error{Path: p.File(name), Problem: "cannot be locked", Cause: err,
		Hint: "name a directory on a local disk: some network file systems have no locks"}
}

// Unlock drops the lock of a file; closing it does the same.
func Unlock(f *os.File) error { return unlock(f) }
