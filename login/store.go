package login

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

const (
	maxRecord = 1 << 20               // bytes of a saved login
	lockWait  = 90 * time.Second      // for another process that renews
	lockPoll  = 10 * time.Millisecond // between looks at the lock
	prefix    = "login-"
	suffix    = ".json"
)

// Store is a directory of saved logins, one file each. It may be used by any
// number of goroutines, stores and processes at once: writers of one login
// take turns, readers see the old content or the new.
type Store struct {
	path string
	root *os.Root
}

// OpenStore makes the directory (0700, parents too) if it is missing. One that
// is a link, another user's, or open to others is refused.
func OpenStore(dir string) (*Store, error) {
	abs, err := filepath.Abs(dir)
	if err == nil {
		err = os.MkdirAll(abs, 0o700)
	}
	var before fs.FileInfo
	if err == nil {
		before, err = os.Lstat(abs)
	}
	if err != nil {
		return nil, unusable(dir, "cannot be made or looked at", "make it writable, or name another directory", err)
	}
	if err := private(abs, before, true); err != nil {
		return nil, err
	}
	return openRoot(abs, before)
}

// openRoot opens the directory that was looked at, and no other.
func openRoot(abs string, before fs.FileInfo) (*Store, error) {
	root, err := os.OpenRoot(abs)
	if err != nil {
		return nil, unusable(abs, "cannot be opened", "", err)
	}
	after, err := root.Stat(".")
	if err != nil || !os.SameFile(before, after) {
		err = errors.Join(err, root.Close())
		return nil, unusable(abs, "was replaced while it was opened", "", err)
	}
	return &Store{path: abs, root: root}, nil
}

// Path is the directory's absolute path.
func (s *Store) Path() string { return s.path }

// Close gives the directory's handle back. The store cannot be used after it.
func (s *Store) Close() error { return s.root.Close() }

// Names are the saved logins, sorted.
func (s *Store) Names() ([]string, error) {
	entries, err := fs.ReadDir(s.root.FS(), ".")
	if err != nil {
		return nil, unusable(s.path, "cannot be listed", "", err)
	}
	var names []string
	for _, e := range entries {
		name, ours := strings.CutPrefix(e.Name(), prefix)
		name, json := strings.CutSuffix(name, suffix)
		if ours && json && checkName(name) == nil {
			names = append(names, name)
		}
	}
	return names, nil
}

// Load reads a saved login. The error matches [ErrLoginRequired] and
// fs.ErrNotExist if there is none of that name.
func (s *Store) Load(name string) (*Record, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	data, err := s.read(prefix + name + suffix)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &Error{Op: "load", Where: name, Kind: ErrLoginRequired, Message: "no saved login of this name",
			Hint: "log in first", Cause: fs.ErrNotExist}
	}
	if err != nil {
		return nil, err
	}
	r, err := parseRecord(data)
	if err != nil {
		return nil, unusable(s.file(prefix+name+suffix), err.Error(), "log in again to replace it, or log out to delete it", nil)
	}
	return r, nil
}

// Save replaces a login, while other writers of it wait.
func (s *Store) Save(ctx context.Context, name string, r *Record) error {
	return s.locked(ctx, name, func() error { return s.write(name, r) })
}

// Delete forgets a login; a missing one is no error. The provider is not
// told: see [OIDC.Revoke] and [UserPool.Revoke].
func (s *Store) Delete(ctx context.Context, name string) error {
	return s.locked(ctx, name, func() error { return s.remove(prefix + name + suffix) })
}

// Take is Load and [Store.Delete] in one, while other writers wait: what it
// gives is nobody else's any more, and can be revoked. A file that cannot be
// read is deleted too, and its error given.
func (s *Store) Take(ctx context.Context, name string) (r *Record, err error) {
	var unread error
	err = s.locked(ctx, name, func() error {
		r, unread = s.Load(name)
		return s.remove(prefix + name + suffix)
	})
	if err == nil {
		err = unread
	}
	return r, err
}

// locked runs f while no other process or goroutine is in locked for name.
func (s *Store) locked(ctx context.Context, name string, f func() error) error {
	if err := checkName(name); err != nil {
		return err
	}
	held, err := s.lock(ctx, prefix+name+".lock")
	if err != nil {
		return err
	}
	err = f()
	if cerr := held.Close(); err == nil && cerr != nil {
		err = unusable(s.path, "the lock cannot be given back", "", cerr)
	}
	return err
}

// checkName allows what is one file name on every system, whatever the case.
func checkName(name string) error {
	if regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,62}$`).MatchString(name) {
		return nil
	}
	return misconfigured("name", "a login's name has 1 to 63 of a-z 0-9 . _ - and starts with a letter or digit", "")
}
