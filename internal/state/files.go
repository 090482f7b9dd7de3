package state

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// ReadFile gives the content, at most 1 MiB, of a file that [Dir.WriteFile]
// wrote, checked as every file here is: ours, a plain file, readable by its
// owner only. The error matches fs.ErrNotExist if there is none.
func (d *Dir) ReadFile(name string) ([]byte, error) {
	if err := d.foreign(name); err != nil {
		return nil, err
	}
	return d.files.Read(name)
}

// WriteFile replaces a file (0600) of the caller's own in the directory, whole
// or not at all, while writers of other processes wait. name is a plain file
// name, and not one of this package's.
func (d *Dir) WriteFile(name string, data []byte) error {
	if err := d.foreign(name); err != nil {
		return err
	}
	return d.files.Exclusive(func() error { return d.files.Write(name, data) })
}

// foreign refuses names that are this package's, or paths.
func (d *Dir) foreign(name string) error {
	if slices.Contains(ownFiles(), name) || !filepath.IsLocal(name) || filepath.Base(name) != name || name == "." || strings.HasSuffix(name, ".tmp") {
		return &Error{Path: d.Path(), Problem: fmt.Sprintf("%q is not a name for a file of one's own here", name)}
	}
	return nil
}
