package state

import (
	"fmt"

	"github.com/tidewire/tidewire/internal/private"
)

// Error is a directory or file that cannot be used, and what to do about it.
// It never holds any of the file's content.
type Error = private.Error

// Private is a directory that only its owner can enter, with files that only
// their owner can read.
type Private = private.Dir

// OpenPrivate makes the directory (0700, parents too) if it is missing, and
// opens it after the checks of [Open] except the one for git. Errors are
// [*Error] values.
func OpenPrivate(path string) (*Private, error) { return private.Open(path) }

// LockedError says that another process serves from the directory.
type LockedError struct {
	Path string
	PID  int // 0 if the holder did not say
}

// Error names the directory and the process that holds it.
func (e *LockedError) Error() string {
	who := "another tidewire"
	if e.PID > 0 {
		who = fmt.Sprintf("another tidewire (process %d)", e.PID)
	}
	return e.Path + ": " + who + " is serving from this directory" +
		"\n    hint: stop it, or give this one a directory of its own with --state DIR"
}

// damaged is the error for a file of ours whose content is not what we write.
func damaged(path, lost string) error {
	return &Error{
		Path:    path,
		Problem: "the file is damaged or was written by another program",
		Hint:    "delete it to have a new one made; " + lost,
	}
}
