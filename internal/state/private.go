package state

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

const (
	maxFile    = 1 << 20          // bytes; no file of ours comes near
	updateFile = "update.lock"    // held while content is made
	updateWait = 15 * time.Second // how long others may hold it
	updatePoll = 5 * time.Millisecond
)

// Private is a directory that only its owner can enter, with files that only
// their owner can read. Names are plain file names, without separators.
type Private struct {
	path string
	root *os.Root
}

// OpenPrivate makes the directory (0700, parents too) if it is missing, and
// opens it after the checks of [Open] except the one for git. Errors are
// [*Error] values.
func OpenPrivate(path string) (*Private, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, &Error{Path: path, Problem: "cannot be made absolute", Cause: err}
	}
	if err := makeDir(abs); err != nil {
		return nil, err
	}
	return openExisting(abs)
}

func makeDir(abs string) error {
	err := os.MkdirAll(filepath.Dir(abs), 0o700)
	if err == nil {
		err = os.Mkdir(abs, 0o700)
	}
	if err == nil || errors.Is(err, fs.ErrExist) {
		return nil
	}
	return &Error{Path: abs, Problem: "the directory cannot be made", Cause: err,
		Hint: "make it writable, or name another directory, such as --state DIR"}
}

// openExisting checks and opens; the error matches fs.ErrNotExist if there is
// no such directory. The check before opening keeps a link from being
// followed; the one after it is on the handle that is used from then on.
func openExisting(abs string) (*Private, error) {
	before, err := os.Lstat(abs)
	if err != nil {
		return nil, &Error{Path: abs, Problem: "cannot be looked at", Cause: err}
	}
	if err := checkPrivate(abs, "directory", before); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(abs)
	if err != nil {
		return nil, &Error{Path: abs, Problem: "cannot be opened", Cause: err}
	}
	after, err := root.Stat(".")
	if err == nil && !os.SameFile(before, after) {
		err = errors.New("it was replaced while it was opened")
	}
	if err == nil {
		err = checkPrivate(abs, "directory", after)
	}
	if err != nil {
		return nil, errors.Join(&Error{Path: abs, Problem: "cannot be trusted", Cause: err}, root.Close())
	}
	return &Private{path: abs, root: root}, nil
}

// Path is the directory's absolute path.
func (p *Private) Path() string { return p.path }

// Close gives the directory's handle back.
func (p *Private) Close() error { return p.root.Close() }

// file is the full path of a name, for messages.
func (p *Private) file(name string) string { return filepath.Join(p.path, name) }

// Check refuses a file that is a link, another user's, or open to others; a
// missing one is fine.
func (p *Private) Check(name string) error {
	fi, err := p.root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return &Error{Path: p.file(name), Problem: "cannot be looked at", Cause: err}
	}
	return checkPrivate(p.file(name), "file", fi)
}

// Read gives the whole content of a file, at most 1 MiB. The error matches
// fs.ErrNotExist if there is no such file.
func (p *Private) Read(name string) ([]byte, error) {
	f, err := p.open(name, os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // nothing was written
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = fmt.Errorf("it is larger than %d bytes", maxFile)
	}
	if err != nil {
		return nil, &Error{Path: p.file(name), Problem: "cannot be read", Cause: err}
	}
	return data, nil
}

// open checks and opens a file of ours.
func (p *Private) open(name string, flag int) (*os.File, error) {
	if err := p.Check(name); err != nil {
		return nil, err
	}
	f, err := p.root.OpenFile(name, flag, 0o600)
	if err != nil {
		return nil, &Error{Path: p.file(name), Problem: "cannot be opened", Cause: err}
	}
	return f, nil
}

// Write replaces the content of a file (0600) so that a reader, and a system
// that stops in the middle, has the old content or the new. Two writers of
// one name must take turns, see [Private.Exclusive].
func (p *Private) Write(name string, data []byte) error {
	temp := name + ".tmp"
	err := p.writeNew(temp, data)
	if err == nil {
		err = p.root.Rename(temp, name)
	}
	if err == nil {
		err = p.sync()
	}
	if err != nil {
		return &Error{Path: p.file(name), Problem: "cannot be written", Cause: err,
			Hint: "check that the directory is writable and that the disk is not full"}
	}
	return nil
}

// writeNew makes a file that did not exist and syncs it.
func (p *Private) writeNew(name string, data []byte) error {
	if err := p.Remove(name); err != nil { // left over from a crash
		return err
	}
	f, err := p.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
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
func (p *Private) sync() error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := p.root.Open(".")
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Remove deletes a file; a missing one is no error.
func (p *Private) Remove(name string) error {
	if err := p.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Exclusive runs f while no other Exclusive of this directory runs, in this
// process or another. It waits up to 15 seconds for its turn.
func (p *Private) Exclusive(f func() error) error {
	held, err := p.waitLock(updateFile)
	if err != nil {
		return err
	}
	return errors.Join(f(), held.Close())
}

func (p *Private) waitLock(name string) (*os.File, error) {
	for deadline := time.Now().Add(updateWait); ; {
		f, err := p.lock(name)
		if f != nil || err != nil {
			return f, err
		}
		if time.Now().After(deadline) {
			return nil, &Error{Path: p.file(name), Problem: "another process has held this lock for " + updateWait.String(),
				Hint: "look for a stopped tidewire process of yours, and end it"}
		}
		time.Sleep(updatePoll)
	}
}

// lock opens a file, making it if it is missing, and locks it; nil and no
// error if somebody else holds the lock. Closing the file drops the lock.
func (p *Private) lock(name string) (*os.File, error) {
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
	return nil, &Error{Path: p.file(name), Problem: "cannot be locked", Cause: err,
		Hint: "name a directory on a local disk: some network file systems have no locks"}
}
