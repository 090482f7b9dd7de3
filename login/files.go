package login

import (
	"context"
	"errors"
	"time"

	"github.com/tidewire/tidewire/internal/private"
)

// unusable is an error about the directory or one of its files.
func unusable(path, problem, hint string, cause error) *Error {
	return &Error{Op: "saved logins", Where: path, Kind: ErrStore, Message: problem, Hint: hint, Cause: cause}
}

// stored is an error of the directory or one of its files as one of ours.
func stored(err error) error {
	var e *private.Error
	if !errors.As(err, &e) {
		return err
	}
	own := unusable(e.Path, e.Problem, e.Hint, e.Cause)
	if e.Busy {
		own.Kind = ErrTimeout
	}
	return own
}

// write replaces a login's file. The caller holds the lock.
func (s *Store) write(name string, r *Record) error {
	data, err := marshalRecord(r)
	if err != nil {
		return misconfigured("save", "the settings are not JSON", "")
	}
	return stored(s.files.Write(prefix+name+suffix, data))
}

// locked runs f while no other process or goroutine is in locked for name. The
// lock's file stays: deleting it would give the lock to two.
func (s *Store) locked(ctx context.Context, name string, f func() error) error {
	if err := checkName(name); err != nil {
		return err
	}
	file := prefix + name + ".lock"
	held, err := s.files.Lock(ctx, file, lockWait)
	if ctx.Err() != nil && err != nil {
		return ended("wait for "+s.files.File(file), ctx)
	}
	if err != nil {
		return stored(err)
	}
	err = f()
	if cerr := held.Close(); err == nil && cerr != nil {
		err = unusable(s.Path(), "the lock cannot be given back", "", cerr)
	}
	return err
}

// pause waits for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return ctx.Err()
	}
}
