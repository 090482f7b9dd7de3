package login

import (
	"context"
	"errors"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/tidewire/tidewire/internal/private"
)

const (
	lockWait = 90 * time.Second // for another process that renews
	maxNames = 10_000           // files that are looked at
	prefix   = "login-"
	suffix   = ".json"
)

// Store is a directory of saved logins, one file each. It may be used by any
// number of goroutines, stores and processes at once: writers of one login
// take turns, readers see the old content or the new.
type Store struct{ files *private.Dir }

// OpenStore makes the directory (0700, parents too) if it is missing. One that
// is a link, another user's, or open to others is refused.
func OpenStore(dir string) (*Store, error) {
	files, err := private.Open(dir)
	if err != nil {
		return nil, stored(err)
	}
	return &Store{files}, nil
}

// Path is the directory's absolute path.
func (s *Store) Path() string { return s.files.Path() }

// Close gives the directory's handle back. The store cannot be used after it.
func (s *Store) Close() error { return s.files.Close() }

// Names are the saved logins, sorted.
func (s *Store) Names() ([]string, error) {
	files, err := s.files.Names(maxNames)
	if err != nil {
		return nil, stored(err)
	}
	var names []string
	for _, file := range files {
		name, ours := strings.CutPrefix(file, prefix)
		name, json := strings.CutSuffix(name, suffix)
		if ours && json && checkName(name) == nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// Load reads a saved login. The error matches [ErrLoginRequired] and
// fs.ErrNotExist if there is none of that name.
func (s *Store) Load(name string) (*Record, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	data, err := s.files.Read(prefix + name + suffix)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &Error{Op: "load", Where: name, Kind: ErrLoginRequired, Message: "no saved login of this name",
			Hint: "log in first", Cause: fs.ErrNotExist}
	}
	if err != nil {
		return nil, stored(err)
	}
	r, err := parseRecord(data)
	if err != nil {
		return nil, unusable(s.files.File(prefix+name+suffix), err.Error(), "log in again to replace it, or log out to delete it", nil)
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
	return s.locked(ctx, name, func() error { return stored(s.files.Remove(prefix + name + suffix)) })
}

// Take is Load and [Store.Delete] in one, while other writers wait: what it
// gives is nobody else's any more, and can be revoked. A file that cannot be
// read is deleted too, and its error given.
func (s *Store) Take(ctx context.Context, name string) (r *Record, err error) {
	var unread error
	err = s.locked(ctx, name, func() error {
		r, unread = s.Load(name)
		return stored(s.files.Remove(prefix + name + suffix))
	})
	if err == nil {
		err = unread
	}
	return r, err
}

// checkName allows what is one file name on every system, whatever the case.
func checkName(name string) error {
	if regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,62}$`).MatchString(name) {
		return nil
	}
	return misconfigured("name", "a login's name has 1 to 63 of a-z 0-9 . _ - and starts with a letter or digit", "")
}
