package private

import (
	"fmt"
	"io/fs"
	"os"
	"runtime"
)

// Error is a directory or file that cannot be used, and what to do about it.
// It never holds any of the file's content.
type Error struct {
	Path    string // the directory or file
	Problem string // what is wrong, without the path
	Hint    string // what to do, may be empty
	Cause   error  // may be nil
	Busy    bool   // another process, or another caller of this one, holds the lock
}

// Error is "path: problem", the cause if any, and the hint on its own line.
func (e *Error) Error() string {
	s := e.Path + ": " + e.Problem
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	if e.Hint != "" {
		s += "\n    hint: " + e.Hint
	}
	return s
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

// check refuses what is not ours alone: another user's, or open to
// group and others. what is "directory" or "file".
func check(path, what string, fi fs.FileInfo) error {
	if fi.Mode()&fs.ModeSymlink != 0 {
		return &Error{Path: path, Problem: "is a symbolic link, not a " + what,
			Hint: "remove the link, or name the " + what + " that it points to"}
	}
	if what == "directory" && !fi.IsDir() || what == "file" && !fi.Mode().IsRegular() {
		return &Error{Path: path, Problem: "is not a " + what, Hint: "move it away, or name another place"}
	}
	if !owned(fi) {
		return &Error{Path: path, Problem: fmt.Sprintf("belongs to another user (this one is %d)", os.Geteuid()),
			Hint: "name a directory of your own; use no " + what + " that somebody else made"}
	}
	return checkMode(path, what, fi.Mode().Perm())
}

// checkMode refuses permission bits for group and others.
func checkMode(path, what string, perm fs.FileMode) error {
	if runtime.GOOS == "windows" || perm&0o077 == 0 {
		return nil
	}
	want := fs.FileMode(0o600)
	if what == "directory" {
		want = 0o700
	}
	return &Error{Path: path,
		Problem: fmt.Sprintf("can be entered or read by others (mode %#o, wanted %#o)", perm, want),
		Hint: fmt.Sprintf("if you made it and nobody else could read or write it, run: chmod %#o %q; "+
			"if it came with a download or a clone, delete it: its keys are known", want, path)}
}
