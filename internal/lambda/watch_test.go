package lambda

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

func TestWatching(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(dir string) error
		want   bool
	}{
		"a file":           {func(dir string) error { return os.WriteFile(filepath.Join(dir, "x.py"), nil, 0o600) }, true},
		"a deep file":      {func(dir string) error { return os.WriteFile(filepath.Join(dir, "sub", "deep", "x"), nil, 0o600) }, true},
		"a removal":        {func(dir string) error { return os.Remove(filepath.Join(dir, "sub", "old")) }, true},
		"a new directory":  {func(dir string) error { return os.Mkdir(filepath.Join(dir, "new"), 0o700) }, true},
		"settings":         {func(dir string) error { return os.WriteFile(filepath.Join(dir, ".env"), nil, 0o600) }, true},
		"a package":        {func(dir string) error { return os.WriteFile(filepath.Join(dir, "node_modules", "x"), nil, 0o600) }, false},
		"a repository":     {func(dir string) error { return os.WriteFile(filepath.Join(dir, ".git", "x"), nil, 0o600) }, false},
		"an editor's file": {func(dir string) error { return os.WriteFile(filepath.Join(dir, ".x.swp"), nil, 0o600) }, false},
		"our own build":    {func(dir string) error { return os.WriteFile(filepath.Join(dir, "build", "x"), nil, 0o600) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for _, sub := range []string{"sub/deep", "node_modules", ".git", "build"} {
				if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.WriteFile(filepath.Join(dir, "sub", "old"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
			w := newWatcher(filepath.Join(dir, "build"))
			defer w.close()
			v := &version{source: &source{watch: []string{dir}}}
			w.add(v)
			polled := newPoll([]string{dir}, filepath.Join(dir, "build"))
			if err := c.change(dir); err != nil {
				t.Fatal(err)
			}
			if got := polled.fingerprint() != polled.print; got != c.want {
				t.Errorf("looking through the tree: %v", got)
			}
			other := t.TempDir() // events come in order: after this one's, all have come
			last := &version{source: &source{watch: []string{other}}}
			w.add(last)
			if err := os.WriteFile(filepath.Join(other, "last"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
			awaitChange(t, last)
			if got := v.dirty.Load(); got != c.want {
				t.Errorf("the watcher: %v", got)
			}
		})
	}
}

// awaitChange waits until the watcher has marked a version.
func awaitChange(t *testing.T, v *version) {
	t.Helper()
	for !v.dirty.Load() {
		if t.Context().Err() != nil {
			t.Fatal("no change was seen")
		}
		runtime.Gosched()
	}
}

func TestWatchLimit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := &watcher{versions: map[*version]bool{}, watched: map[string]bool{}} // a system without watches
	v := &version{source: &source{watch: []string{dir}}}
	w.add(v)
	if v.polled == nil {
		t.Fatal("a tree that is not watched is not looked through either")
	}
	if err := errors.Join(os.WriteFile(filepath.Join(dir, "x"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	if !v.stale(time.Now()) {
		t.Error("the change was not seen")
	}
	w.close()
}
