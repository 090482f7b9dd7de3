package gateway

import (
	"context"
	"fmt"
	"slices"

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
	s, files, err := g.read()
	if err == nil {
		err = g.replace(ctx, s)
	}
	g.follow(files, err == nil)
	return err
}

// readings bounds how often a template is read for one reload.
const readings = 5

// read reads the template. What turns out to depend on files that were not
// watched is read again, so that no change of them is missed.
func (g *Gateway) read() (s *spec.Spec, files []string, err error) {
	for range readings {
		if s, files, err = load(g.path, &g.o, g.dir.Secret, g.engine); !g.follow(files, false) {
			break
		}
	}
	return s, files, err
}

// follow has the files of a reading watched, if there is a watcher.
func (g *Gateway) follow(files []string, served bool) (more bool) {
	if g.watcher == nil {
		return false
	}
	more, err := g.watcher.follow(files, served)
	if err != nil {
		g.o.Log.Warn("watching the template", "err", err)
	}
	return more
}

// replace serves s instead of what is served.
func (g *Gateway) replace(ctx context.Context, s *spec.Spec) error {
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
	g.tell(id, counted(api.Counts()))
}
