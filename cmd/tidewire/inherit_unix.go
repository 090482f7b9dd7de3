//go:build unix

package main

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// keepFiles marks every file that this process was started with, besides
// stdin, stdout and stderr, to be closed in the processes that it starts:
// functions get nothing of whoever started serve.
func keepFiles() {
	entries, err := os.ReadDir("/dev/fd")
	if err != nil {
		return // no such directory here; Go's own files are marked anyway
	}
	for _, e := range entries {
		if fd, err := strconv.Atoi(e.Name()); err == nil && fd > 2 {
			unix.CloseOnExec(fd)
		}
	}
}
