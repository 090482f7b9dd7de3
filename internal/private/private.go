// Package private keeps files that only their owner can read, in a directory
// that only they can enter. Call [Open] first.
//
// A directory or file that is a link, belongs to another user, or is open to
// group or others is refused with an [*Error] that says what to do. Every
// access goes through a handle of the directory that was checked ([os.Root]),
// so replacing the path afterwards has no effect. Files are replaced whole:
// a reader, and a system that stops in the middle, has the old content or the
// new. Nothing of a file's content is in an error.
//
// Windows has no owner or mode that Go can compare; there these checks are left
// out, and the access list of the enclosing directory has to keep others away.
//
// All functions and methods are safe for concurrent use, in one process and
// between processes. Writers of one name must take turns, by a lock.
package private

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

const maxFile = 1 << 20 // bytes; no file of ours comes near

// Dir is a directory that only its owner can enter, with files that only
// their owner can read. Names are plain file names, without separators.
type Dir struct {
	path string
	root *os.Root
}

// Open makes the directory (0700, parents too) if it is missing, and opens it
// after the checks. Errors are [*Error] values.
func Open(path string) (*Dir, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, &Error{Path: path, Problem: "cannot be made absolute", Cause: err}
	}
	if err := makeDir(abs); err != nil {
		return nil, err
	}
	return OpenExisting(abs)
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
		Hint: "make it writable, or name another directory"}
}

// OpenExisting is Open for an absolute path that must exist: the error matches
// fs.ErrNotExist if there is no such directory.
//
// The check before opening keeps a link from being followed; the one after it
// is on the handle that is used from then on.
func OpenExisting(abs string) (*Dir, error) {
	before, err := os.Lstat(abs)
	if err != nil {
		return nil, &Error{Path: abs, Problem: "cannot be looked at", Cause: err}
	}
	if err := check(abs, "directory", before); err != nil {
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
		err = check(abs, "directory", after)
	}
	if err != nil {
		return nil, errors.Join(&Error{Path: abs, Problem: "cannot be trusted", Cause: err}, root.Close())
	}
	return &Dir{path: abs, root: root}, nil
}

// Path is the directory's absolute path.
func (p *Dir) Path() string { return p.path }

// Close gives the directory's handle back.
func (p *Dir) Close() error { return p.root.Close() }

// File is the full path of a name, for messages.
func (p *Dir) File(name string) string { return filepath.Join(p.path, name) }

// Check refuses a file that is a link, another user's, or open to others; a
// missing one is fine.
func (p *Dir) Check(name string) error {
	fi, err := p.root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return &Error{Path: p.File(name), Problem: "cannot be looked at", Cause: err}
	}
	return check(p.File(name), "file", fi)
}

// Read gives the whole content of a file, at most 1 MiB. The error matches
// fs.ErrNotExist if there is no such file.
func (p *Dir) Read(name string) ([]byte, error) {
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
		return nil, &Error{Path: p.File(name), Problem: "cannot be read", Cause: err}
	}
	return data, nil
}

// open opens a file of ours; one that was there already is checked, by its
// handle too, so that nothing can be exchanged in between.
func (p *Dir) open(name string, flag int) (*os.File, error) {
	if err := p.Check(name); err != nil {
		return nil, err
	}
	f, err := p.root.OpenFile(name, flag, 0o600)
	if err != nil {
		return nil, &Error{Path: p.File(name), Problem: "cannot be opened", Cause: err}
	}
	fi, err := f.Stat()
	if err == nil {
		err = check(p.File(name), "file", fi)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Write replaces the content of a file (0600) so that a reader, and a system
// that stops in the middle, has the old content or the new. Two writers of
// one name must take turns, see [Dir.Exclusive].
func (p *Dir) Write(name string, data []byte) error {
	temp := name + ".tmp"
	err := p.writeNew(temp, data)
	if err == nil {
		err = p.root.Rename(temp, name)
	}
	if err == nil {
		err = p.sync()
	}
	if err != nil {
		return &Error{Path: p.File(name), Problem: "cannot be written", Cause: err,
			Hint: "check that the directory is writable and that the disk is not full"}
	}
	return nil
}

// writeNew makes a file that did not exist and syncs it.
func (p *Dir) writeNew(name string, data []byte) error {
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
func (p *Dir) sync() error {
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
func (p *Dir) Remove(name string) error {
	if err := p.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return &Error{Path: p.File(name), Problem: "cannot be deleted", Cause: err}
	}
	return nil
}

// Names are the names in the directory, in no order, at most limit of them.
func (p *Dir) Names(limit int) ([]string, error) {
	d, err := p.root.Open(".")
	if err != nil {
		return nil, &Error{Path: p.path, Problem: "cannot be listed", Cause: err}
	}
	names, err := d.Readdirnames(limit)
	_ = d.Close() // nothing was written
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, &Error{Path: p.path, Problem: "cannot be listed", Cause: err}
	}
	return names, nil
}
