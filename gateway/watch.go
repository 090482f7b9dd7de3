package gateway

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/fsnotify/fsnotify"
)

// settle is how long a watched file must rest before a reload: editors write
// in several steps.
const settle = 100 * time.Millisecond

// watcher reloads a gateway when the files change that its template is read
// from, or that a reload which failed would have read.
type watcher struct {
	fs   *fsnotify.Watcher
	done sync.WaitGroup
	stop context.CancelFunc

	served []string // what is served is read from; owned by who reloads

	mu    sync.Mutex
	files map[string]bool // absolute; guarded by mu
}

func newWatcher(g *Gateway) (*watcher, error) {
	notifier, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, fmt.Errorf("watching the template: %w", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	w := &watcher{fs: notifier, stop: stop}
	if _, err := w.follow(g.Spec().Files, true); err != nil {
		stop()
		return nil, errors.Join(err, notifier.Close())
	}
	w.done.Go(func() { w.run(ctx, g) })
	return w, nil
}

// follow watches the files of a reading of the template. One that is not served
// is watched beside what is, so that it is noticed when it is mended. more says
// that some were not watched before, and may have changed since they were read.
// One reload at a time calls it.
func (w *watcher) follow(files []string, served bool) (more bool, err error) {
	if served {
		w.served = files
	} else {
		files = slices.Concat(w.served, files)
	}
	wanted, dirs := map[string]bool{}, map[string]bool{}
	for _, f := range files {
		path, err := filepath.Abs(f)
		if err != nil {
			return false, fmt.Errorf("watching %s: %w", f, err)
		}
		wanted[path], dirs[filepath.Dir(path)] = true, true
	}
	w.mu.Lock()
	for path := range wanted {
		more = more || !w.files[path]
	}
	w.files = wanted
	w.mu.Unlock()
	added, err := w.watch(dirs)
	return more || added, err
}

// watch watches these directories and no others, or the next above of one that
// is not there: editors replace files, and a watch on a file would be lost with
// it. added says that some were not watched before.
func (w *watcher) watch(dirs map[string]bool) (added bool, failed error) {
	before, after := w.fs.WatchList(), map[string]bool{}
	for _, dir := range slices.Sorted(maps.Keys(dirs)) {
		err := w.fs.Add(dir)
		for dir != filepath.Dir(dir) && (errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)) {
			dir = filepath.Dir(dir)
			err = w.fs.Add(dir)
		}
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("watching %s: %w", dir, err))
		}
		after[dir] = true
		added = added || !slices.Contains(before, dir)
	}
	for _, dir := range before {
		if !after[dir] {
			_ = w.fs.Remove(dir) // it may be gone by now
		}
	}
	return added, failed
}

func (w *watcher) run(ctx context.Context, g *Gateway) {
	timer := time.NewTimer(settle)
	timer.Stop()
	defer timer.Stop()
	for {
		select {
		case e, ok := <-w.fs.Events:
			if !ok {
				return
			}
			if w.concerns(e.Name) && e.Op != fsnotify.Chmod {
				timer.Reset(settle)
			}
		case err, ok := <-w.fs.Errors:
			if !ok {
				return
			}
			g.o.Log.Warn("watching the template", "err", err)
		case <-timer.C:
			reloadLogged(ctx, g)
		}
	}
}

// reloadLogged says what became of a reload that nobody asked for.
func reloadLogged(ctx context.Context, g *Gateway) {
	err := g.Reload(ctx)
	switch {
	case errors.Is(err, ErrClosed) || ctx.Err() != nil:
	case err != nil:
		g.o.Log.Error("the changed template is not served; the running API stays\n" + err.Error())
	default:
		g.o.Log.Info("reloaded", "template", g.Spec().File)
	}
}

// concerns says whether a change of a file, or of a directory above one, is
// about the template.
func (w *watcher) concerns(name string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.files[name] {
		return true
	}
	for f := range w.files {
		if strings.HasPrefix(f, name+string(filepath.Separator)) {
			return true
		}
	}
	return false
}

func (w *watcher) close() {
	w.stop()
	_ = w.fs.Close() // ends run; closing has no other effect
	w.done.Wait()
}
