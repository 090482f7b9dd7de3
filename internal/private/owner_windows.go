package private

import "io/fs"

// owned is always true: on Windows the access list of the enclosing directory
// decides who can place files there, see the package documentation.
func owned(fs.FileInfo) bool { return true }
