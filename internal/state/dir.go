package state

import (
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/tidewire/tidewire/internal/private"
)

// Files of the state directory.
const (
	ignoreFile    = ".gitignore"
	lockFile      = "serve.lock"
	sealingFile   = "sealing-key"
	developerFile = "developer.json"
	secretsFile   = "secrets.json"
)

func ownFiles() []string {
	return []string{ignoreFile, lockFile, private.UpdateLock, sealingFile, developerFile, secretsFile}
}

// Options are the choices of [Open]; nil takes the defaults.
type Options struct {
	// Rand is the source of every key that is made; nil is crypto/rand.
	Rand io.Reader
}

// Dir is an open state directory.
type Dir struct {
	files *Private
	rand  io.Reader
}

// Open makes or checks the state directory, see the package documentation for
// what is refused. Errors are [*Error] values with a hint.
func Open(path string, o *Options) (*Dir, error) {
	files, err := OpenPrivate(path)
	if err != nil {
		return nil, err
	}
	d := &Dir{files: files, rand: rand.Reader}
	if o != nil && o.Rand != nil {
		d.rand = o.Rand
	}
	if err := d.prepare(); err != nil {
		return nil, errors.Join(err, files.Close())
	}
	return d, nil
}

// prepare refuses what the directory's own mode does not show, and hides the
// directory from git.
func (d *Dir) prepare() error {
	if err := refuseTracked(d.Path()); err != nil {
		return err
	}
	for _, name := range ownFiles() {
		if err := d.files.Check(name); err != nil {
			return err
		}
	}
	return d.ignore()
}

// ignore writes the .gitignore unless it says "*" already.
func (d *Dir) ignore() error {
	data, err := d.files.Read(ignoreFile)
	if err == nil && string(data) == "*\n" {
		return nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return d.files.Exclusive(func() error { return d.files.Write(ignoreFile, []byte("*\n")) })
}

// Path is the directory's absolute path.
func (d *Dir) Path() string { return d.files.Path() }

// Close gives the directory's handle back; a lock that [Dir.Lock] took stays
// until it is released.
func (d *Dir) Close() error { return d.files.Close() }

// Lock claims the directory for one serving gateway. It never waits: if
// another process, or another Lock of this one, holds it, the error is a
// [*LockedError] with the holder's process id. release may be called more
// than once; the system releases the lock of a process that ends.
func (d *Dir) Lock() (release func() error, err error) {
	f, err := d.files.TryLock(lockFile)
	if err != nil {
		return nil, err
	}
	if f == nil {
		return nil, &LockedError{Path: d.Path(), PID: d.holder()}
	}
	if err := writePID(f); err != nil {
		return nil, errors.Join(&Error{Path: d.files.File(lockFile), Problem: "cannot be written", Cause: err}, f.Close())
	}
	return sync.OnceValue(func() error { return errors.Join(f.Truncate(0), private.Unlock(f), f.Close()) }), nil
}

func writePID(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

// holder reads the process id that the lock's holder wrote; 0 if unreadable.
func (d *Dir) holder() int {
	data, err := d.files.Read(lockFile)
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(data)))
	if err != nil || pid < 0 {
		return 0
	}
	return pid
}
