package lambda

import (
	"io/fs"
	"path/filepath"
	"strings"
	"time"
)

// ignored says whether a name is none of the code's: packages, caches,
// repositories, editors' leftovers.
func ignored(name string) bool {
	switch name {
	case "node_modules", "__pycache__", "4913":
		return true
	}
	return strings.HasPrefix(name, ".") && !strings.HasPrefix(name, ".env") || strings.HasSuffix(name, "~")
}

// walkTree visits what is below root, root included, without the ignored; visit
// returns false to stop.
func walkTree(root, skip string, visit func(path string, d fs.DirEntry) bool) {
	_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil && d == nil:
			return err
		case err != nil: // unreadable: not our code's
			return fs.SkipDir
		case path == skip, path != root && ignored(d.Name()):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case !visit(path, d):
			return fs.SkipAll
		}
		return nil
	}) // a root that is gone shows as an empty tree
}

// poll looks through directories that are not watched.
type poll struct {
	roots []string
	skip  string
	next  time.Time
	print uint64
}

// Bounds of looking through a tree.
const (
	pollEvery   = time.Second
	pollEntries = 50_000
)

// newPoll remembers the trees as they are.
func newPoll(roots []string, skip string) *poll {
	p := &poll{roots: roots, skip: skip}
	p.print = p.fingerprint()
	return p
}

// changed says whether the trees differ from what they were; it looks at most
// once a second.
func (p *poll) changed(now time.Time) bool {
	if now.Before(p.next) {
		return false
	}
	p.next = now.Add(pollEvery)
	return p.fingerprint() != p.print
}

// fingerprint sums up names, sizes and times of a tree (FNV-1a).
func (p *poll) fingerprint() uint64 {
	const offset, prime = 14695981039346656037, 1099511628211
	sum, left := uint64(offset), pollEntries
	mix := func(v uint64) { sum = (sum ^ v) * prime }
	for _, root := range p.roots {
		walkTree(root, p.skip, func(path string, d fs.DirEntry) bool {
			for i := range len(path) {
				mix(uint64(path[i]))
			}
			if fi, err := d.Info(); err == nil && !d.IsDir() {
				mix(uint64(fi.Size()))               //nolint:gosec // a checksum
				mix(uint64(fi.ModTime().UnixNano())) //nolint:gosec // a checksum
			}
			left--
			return left > 0
		})
	}
	return sum
}
