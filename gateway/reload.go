package gateway

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/tidewire/tidewire/internal/spec"
	"github.com/tidewire/tidewire/internal/websocketapi"
)

// Reload reads the template again and serves what it says now. Established
// sockets stay, except those of a stage that is gone. A template that does
// not hold changes nothing; the error lists its problems. Safe for concurrent
// use; one reload runs at a time.
func (g *Gateway) Reload(ctx context.Context) error {
	g.reloading.Lock()
	defer g.reloading.Unlock()
	if g.closing.Load() {
		return ErrClosed
	}
	s, err := load(g.path, &g.o, g.dir.Secret, g.engine)
	if err != nil {
		return err
	}
	if err := g.sameAuthority(s); err != nil {
		return err
	}
	prepared, err := g.prepare(s)
	if err != nil {
		return err
	}
	if d := g.database.Load(); d != nil {
		if err := d.Sync(ctx, s.Tables); err != nil {
			return err
		}
	} else if err := g.openDatabase(ctx, s); err != nil {
		return err
	}
	if err := g.functions.Update(g.allFunctions(s)); err != nil {
		return err
	}
	g.auth.Update(s)
	g.databaseAuth.Update(s)
	g.appsyncAuth.Update(s)
	g.localAppSyncAuth.Update(s)
	old := g.serving.Load()
	if err := g.serve(prepared); err != nil {
		return err
	}
	g.retire(ctx, old)
	return g.remember(s)
}

// sameAuthority refuses names that the running certificate authority may not
// speak for: functions that run trust it, and not another.
func (g *Gateway) sameAuthority(s *spec.Spec) error {
	known := certificateNames(g.Spec(), g.ownNames())
	for _, name := range certificateNames(s, g.ownNames()) {
		if !slices.Contains(known, name) {
			return fmt.Errorf("the custom domain %s is new\n    hint: restart serve; its certificate authority does not cover the name", name)
		}
	}
	return nil
}

// retire closes the APIs that a reload removed.
func (g *Gateway) retire(ctx context.Context, old *serving) {
	now := g.serving.Load()
	g.retireAppSync(ctx, old, now)
	for id, api := range old.apis {
		if now.apis[id] == nil {
			g.shutdownLogged(ctx, api, id)
		}
	}
}

func (g *Gateway) shutdownLogged(ctx context.Context, api *websocketapi.API, id string) {
	if err := api.Shutdown(ctx); err != nil {
		g.o.Log.Warn("closing a removed API", "api", id, "err", err)
	}
}

// settle is how long a watched file must rest before a reload: editors write
// in several steps.
const settle = 100 * time.Millisecond

// watcher reloads a gateway when the files of its template change.
type watcher struct {
	fs   *fsnotify.Watcher
	done sync.WaitGroup
	stop context.CancelFunc
}

func newWatcher(g *Gateway) (*watcher, error) {
	fs, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, fmt.Errorf("watching the template: %w", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	w := &watcher{fs: fs, stop: stop}
	if err := w.follow(g.Spec()); err != nil {
		stop()
		return nil, errors.Join(err, fs.Close())
	}
	w.done.Go(func() { w.run(ctx, g) })
	return w, nil
}

// follow watches the directories of the template's files: editors replace
// files, and a watch on a file would be lost with it.
func (w *watcher) follow(s *spec.Spec) error {
	for _, f := range s.Files {
		if err := w.fs.Add(filepath.Dir(f)); err != nil {
			return fmt.Errorf("watching %s: %w", f, err)
		}
	}
	return nil
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
			if concerns(g.Spec(), e.Name) && !e.Has(fsnotify.Chmod) {
				timer.Reset(settle)
			}
		case err, ok := <-w.fs.Errors:
			if !ok {
				return
			}
			g.o.Log.Warn("watching the template", "err", err)
		case <-timer.C:
			w.reload(ctx, g)
		}
	}
}

func (w *watcher) reload(ctx context.Context, g *Gateway) {
	err := g.Reload(ctx)
	switch {
	case errors.Is(err, ErrClosed) || ctx.Err() != nil:
	case err != nil:
		g.o.Log.Error("the changed template is not served; the running API stays\n" + err.Error())
	default:
		g.o.Log.Info("reloaded", "template", g.Spec().File)
		if err := w.follow(g.Spec()); err != nil {
			g.o.Log.Warn("reload", "err", err)
		}
	}
}

func concerns(s *spec.Spec, name string) bool {
	for _, f := range s.Files {
		if filepath.Clean(f) == filepath.Clean(name) {
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
