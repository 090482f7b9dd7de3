package lambda

import (
	"io/fs"
	"path/filepath"
	"sync"

	"github.com/fsnotify/fsnotify"
)

// maxWatches bounds the directories that are watched; what is over it is
// looked through on invocation instead.
const maxWatches = 2048

// watcher marks versions as dirty when their directories change.
type watcher struct {
	notify *fsnotify.Watcher // nil: the system has none, everything is polled
	skip   string            // our own build directory
	done   sync.WaitGroup

	mu       sync.Mutex
	versions map[*version]bool
	watched  map[string]bool
}

// newWatcher starts watching; close ends it.
func newWatcher(buildDir string) *watcher {
	w := &watcher{skip: buildDir, versions: map[*version]bool{}, watched: map[string]bool{}}
	n, err := fsnotify.NewWatcher()
	if err != nil {
		return w
	}
	w.notify = n
	w.done.Go(w.run)
	return w
}

// run handles events until the watcher is closed.
func (w *watcher) run() {
	for {
		select {
		case e, ok := <-w.notify.Events:
			if !ok {
				return
			}
			w.handle(e)
		case _, ok := <-w.notify.Errors:
			if !ok {
				return
			}
			w.markAll() // events were lost
		}
	}
}

// handle marks the versions that an event concerns.
func (w *watcher) handle(e fsnotify.Event) {
	if e.Op == fsnotify.Chmod || ignored(filepath.Base(e.Name)) {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for v := range w.versions {
		if !v.watches(e.Name) {
			continue
		}
		v.dirty.Store(true)
		if e.Has(fsnotify.Create) && isDir(e.Name) && v.below(e.Name) {
			w.addTree(e.Name) // what does not fit is polled from the next version on
		}
	}
}

// watches says whether a changed path belongs to the version's code.
func (v *version) watches(path string) bool {
	dir := filepath.Dir(path)
	for _, flat := range v.source.flat {
		if dir == flat {
			return v.kind == kindNative || contains(v.source.quick, path)
		}
	}
	return v.below(path)
}

// below says whether path is in one of the version's watched trees.
func (v *version) below(path string) bool {
	for _, root := range v.source.watch {
		if rel, err := filepath.Rel(root, path); err == nil && filepath.IsLocal(rel) {
			return true
		}
	}
	return false
}

// contains says whether a list holds a path.
func contains(list []string, path string) bool {
	for _, s := range list {
		if s == path {
			return true
		}
	}
	return false
}

// markAll marks every version.
func (w *watcher) markAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for v := range w.versions {
		v.dirty.Store(true)
	}
}

// add begins to watch a version's directories.
func (w *watcher) add(v *version) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.versions[v] = true
	all := true
	for _, dir := range v.source.flat {
		all = w.addDir(dir) && all
	}
	for _, dir := range v.source.watch {
		all = w.addTree(dir) && all
	}
	if !all {
		v.mu.Lock()
		v.polled = newPoll(v.source.watch, w.skip)
		v.mu.Unlock()
	}
}

// remove ends watching for a version. Directories stay watched while the
// watcher lives: the next version has mostly the same ones.
func (w *watcher) remove(v *version) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.versions, v)
}

// addTree watches a directory and those below it; false when one is not.
func (w *watcher) addTree(root string) bool {
	all := true
	walkTree(root, w.skip, func(path string, d fs.DirEntry) bool {
		if d.IsDir() {
			all = w.addDir(path) && all
		}
		return all
	})
	return all
}

// addDir watches one directory; false when it cannot.
func (w *watcher) addDir(dir string) bool {
	if w.watched[dir] && isDir(dir) {
		// A directory that was removed and made again has lost its watch;
		// adding once more is cheap.
		return w.notify.Add(dir) == nil
	}
	if w.notify == nil || len(w.watched) >= maxWatches {
		return false
	}
	if err := w.notify.Add(dir); err != nil {
		return false
	}
	w.watched[dir] = true
	return true
}

// close ends the watcher and waits for it.
func (w *watcher) close() {
	if w.notify == nil {
		return
	}
	_ = w.notify.Close() // nothing is left to do about it
	w.done.Wait()
}
