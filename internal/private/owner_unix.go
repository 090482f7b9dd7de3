//go:build unix

package private

import (
	"io/fs"
	"os"
	"syscall"
)

// owned says whether the file belongs to the user this process acts as.
func owned(fi fs.FileInfo) bool {
	st, ok := fi.Sys().(*syscall.Stat_t)
	return ok && int(st.Uid) == os.Geteuid()
}
