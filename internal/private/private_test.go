package private

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func open(t testing.TB, path string) *Dir {
	t.Helper()
	d, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func TestFiles(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a", "b")
	d := open(t, path)
	if _, err := d.Read("x"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	for _, text := range []string{"one", "two"} {
		if err := d.Write("x", []byte(text)); err != nil {
			t.Fatal(err)
		}
		if got, err := open(t, path).Read("x"); err != nil || string(got) != text {
			t.Errorf("%q, %v", got, err)
		}
	}
	if err := d.Exclusive(func() error { return d.Write("y", nil) }); err != nil {
		t.Fatal(err)
	}
	names, err := d.Names(100)
	slices.Sort(names)
	if err != nil || !slices.Equal(names, []string{UpdateLock, "x", "y"}) {
		t.Errorf("%v, %v", names, err)
	}
	if names, err = d.Names(2); err != nil || len(names) != 2 {
		t.Errorf("two of them: %v, %v", names, err)
	}
	if err := errors.Join(d.Remove("x"), d.Remove("x")); err != nil {
		t.Error(err)
	}
	for name, want := range map[string]fs.FileMode{".": 0o700, "y": 0o600, UpdateLock: 0o600} {
		if fi, err := os.Stat(filepath.Join(path, name)); err != nil || runtime.GOOS != "windows" && fi.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", name, fi.Mode(), err)
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("no modes")
	}
	dir := t.TempDir()
	wide, link, file := filepath.Join(dir, "wide"), filepath.Join(dir, "link"), filepath.Join(dir, "file")
	good := open(t, filepath.Join(dir, "good"))
	if err := errors.Join(os.Mkdir(wide, 0o700), os.Chmod(wide, 0o750), os.Symlink(good.Path(), link), os.WriteFile(file, nil, 0o600),
		os.WriteFile(good.File("wide"), []byte("content"), 0o640), os.Symlink(file, good.File("link")), os.Mkdir(good.File("dir"), 0o700)); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{wide, link, file} {
		if d, err := Open(path); err == nil {
			t.Errorf("%s is opened", d.Path())
		}
	}
	for _, name := range []string{"wide", "link", "dir", "../file", "../good/wide"} {
		if _, err := good.Read(name); err == nil || strings.Contains(err.Error(), "content") {
			t.Errorf("%s: %v", name, err)
		}
		if f, err := good.TryLock(name); err == nil || f != nil {
			t.Errorf("%s is locked", name)
		}
	}
}

func TestLockWaits(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "d")
	synctest.Test(t, func(t *testing.T) {
		one, other := open(t, path), open(t, path)
		held, err := one.Lock(t.Context(), "l", time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if f, err := other.TryLock("l"); f != nil || err != nil {
			t.Errorf("a second lock: %v, %v", f, err)
		}
		var busy *Error
		started := time.Now()
		if _, err := other.Lock(t.Context(), "l", time.Minute); !errors.As(err, &busy) || !busy.Busy || time.Since(started) != time.Minute {
			t.Errorf("%v after %s", err, time.Since(started))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := other.Lock(ctx, "l", time.Minute); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		time.AfterFunc(time.Second, func() { _ = held.Close() })
		got, err := other.Lock(t.Context(), "l", time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(Unlock(got), got.Close()); err != nil {
			t.Error(err)
		}
	})
}
