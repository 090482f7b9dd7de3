package login

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// unusable is an error about the directory or one of its files.
func unusable(path, problem, hint string, cause error) *Error {
	return &Error{Op: "saved logins", Where: path, Kind: ErrStore, Message: problem, Hint: hint, Cause: cause}
}

// file is the full path of a name, for messages.
func (s *Store) file(name string) string { return filepath.Join(s.path, name) }

// private refuses what is not this user's alone.
func private(path string, fi fs.FileInfo, dir bool) error {
	perm, want := fi.Mode().Perm(), fs.FileMode(0o600)
	if dir {
		want = 0o700
	}
	switch {
	case fi.Mode()&fs.ModeSymlink != 0:
		return unusable(path, "is a symbolic link", "name the place that it points to", nil)
	case dir != fi.IsDir() || !dir && !fi.Mode().IsRegular():
		return unusable(path, "is of the wrong kind", "move it away", nil)
	case !owned(fi):
		return unusable(path, "belongs to another user", "name a directory of your own", nil)
	case runtime.GOOS != "windows" && perm&0o077 != 0:
		return unusable(path, fmt.Sprintf("is open to others (mode %#o)", perm),
			fmt.Sprintf("chmod %#o %q; if others may have read it, log in again", want, path), nil)
	}
	return nil
}

// open opens a file of ours; one that was there already is checked, by its
// handle, so that nothing can be exchanged in between.
func (s *Store) open(name string, flag int) (*os.File, error) {
	if fi, err := s.root.Lstat(name); err == nil {
		if err := private(s.file(name), fi, false); err != nil {
			return nil, err
		}
	}
	f, err := s.root.OpenFile(name, flag, 0o600)
	if err != nil {
		return nil, unusable(s.file(name), "cannot be opened", "", err)
	}
	fi, err := f.Stat()
	if err == nil {
		err = private(s.file(name), fi, false)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func (s *Store) read(name string) ([]byte, error) {
	f, err := s.open(name, os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // nothing was written
	data, err := io.ReadAll(io.LimitReader(f, maxRecord+1))
	if err == nil && len(data) > maxRecord {
		err = errors.New("it is too large")
	}
	if err != nil {
		return nil, unusable(s.file(name), "cannot be read", "", err)
	}
	return data, nil
}

// write replaces a login's file so that a reader, and a system that stops in
// the middle, has the old content or the new. The caller holds the lock.
func (s *Store) write(name string, r *Record) error {
	data, err := marshalRecord(r)
	if err != nil {
		return misconfigured("save", "the settings are not JSON", "")
	}
	temp, final := prefix+name+".tmp", prefix+name+suffix
	err = s.writeNew(temp, data)
	if err == nil {
		err = s.root.Rename(temp, final)
	}
	if err == nil {
		err = s.sync()
	}
	if err != nil {
		return unusable(s.file(final), "cannot be written", "check that the directory is writable and the disk not full", err)
	}
	return nil
}

// writeNew makes a file that did not exist and syncs it.
func (s *Store) writeNew(name string, data []byte) error {
	if err := s.remove(name); err != nil { // left over from a crash
		return err
	}
	f, err := s.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// sync makes a rename durable. Windows cannot sync a directory.
func (s *Store) sync() error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := s.root.Open(".")
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func (s *Store) remove(name string) error {
	if err := s.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return unusable(s.file(name), "cannot be deleted", "", err)
	}
	return nil
}

// lock waits for its turn, at most lockWait. Closing the file ends it. The
// file stays: deleting it would give the lock to two.
func (s *Store) lock(ctx context.Context, name string) (*os.File, error) {
	wait, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	f, err := s.open(name, os.O_RDWR|os.O_CREATE)
	if err != nil {
		return nil, err
	}
	for {
		if ok, err := tryLock(f); ok {
			return f, nil
		} else if err != nil {
			return nil, unusable(s.file(name), "cannot be locked", "name a directory on a local disk", errors.Join(err, f.Close()))
		}
		if err := pause(wait, lockPoll); err != nil {
			_ = f.Close() // it was not locked
			return nil, s.busy(ctx, name)
		}
	}
}

func (s *Store) busy(ctx context.Context, name string) error {
	if ctx.Err() != nil {
		return ended("wait for "+s.file(name), ctx)
	}
	e := unusable(s.file(name), "another process has held this lock for "+lockWait.String(),
		"look for a stopped process of yours, and end it", nil)
	e.Kind = ErrTimeout
	return e
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
