package state_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidewire/tidewire/internal/state"
)

// open opens a state directory that must be accepted.
func open(t *testing.T, path string) *state.Dir {
	t.Helper()
	d, err := state.Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func write(t *testing.T, path, text string, mode fs.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func mkdir(t *testing.T, path string, mode fs.FileMode) {
	t.Helper()
	if err := os.MkdirAll(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func TestOpenMakesPrivateFiles(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "project", ".tidewire")
	d := open(t, path)
	if _, err := d.SealingKey(); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Developer(); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Secret(state.KindAPIKey, "Key"); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	err := filepath.WalkDir(path, func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		fi, err := e.Info()
		got[e.Name()] = fi.Mode().String()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{".tidewire": "drwx------", ".gitignore": "-rw-------", "developer.json": "-rw-------",
		"sealing-key": "-rw-------", "secrets.json": "-rw-------", "update.lock": "-rw-------"}
	if runtime.GOOS != "windows" && !cmp.Equal(want, got) {
		t.Error(cmp.Diff(want, got))
	}
	if text, err := os.ReadFile(filepath.Join(path, ".gitignore")); err != nil || string(text) != "*\n" {
		t.Errorf(".gitignore = %q, %v", text, err)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("owner and mode are not checked on Windows")
	}
	tests := []struct {
		name  string
		plant func(t *testing.T, path string)
		want  string
	}{
		{"wide directory", func(t *testing.T, p string) { mkdir(t, p, 0o755) }, "mode 0755, wanted 0700"},
		{"group may enter", func(t *testing.T, p string) { mkdir(t, p, 0o710) }, "mode 0710, wanted 0700"},
		{"file in its place", func(t *testing.T, p string) { write(t, p, "", 0o600) }, "is not a directory"},
		{"link in its place", func(t *testing.T, p string) {
			mkdir(t, p+"-target", 0o700)
			symlink(t, p+"-target", p)
		}, "is a symbolic link"},
		{"dangling link", func(t *testing.T, p string) { symlink(t, p+"-none", p) }, "is a symbolic link"},
		{"another user's", func(t *testing.T, p string) { mkdir(t, p, 0o700); giveAway(t, p) }, "belongs to another user"},
		{"wide key file", func(t *testing.T, p string) {
			mkdir(t, p, 0o700)
			write(t, filepath.Join(p, "sealing-key"), "00", 0o644)
		}, "mode 0644, wanted 0600"},
		{"linked key file", func(t *testing.T, p string) {
			mkdir(t, p, 0o700)
			write(t, p+"-key", "00", 0o600)
			symlink(t, p+"-key", filepath.Join(p, "developer.json"))
		}, "is a symbolic link, not a file"},
		{"directory for a file", func(t *testing.T, p string) { mkdir(t, filepath.Join(p, "secrets.json"), 0o700) }, "is not a file"},
		{"another user's file", func(t *testing.T, p string) {
			mkdir(t, p, 0o700)
			write(t, filepath.Join(p, "secrets.json"), "{}", 0o600)
			giveAway(t, filepath.Join(p, "secrets.json"))
		}, "belongs to another user"},
		{"parent is a file", func(t *testing.T, p string) { write(t, filepath.Dir(p), "", 0o600) }, "cannot be made"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path := filepath.Join(dir, "s", "tw")
			if tt.name != "parent is a file" {
				mkdir(t, filepath.Dir(path), 0o700)
			}
			tt.plant(t, path)
			_, err := state.Open(path, nil)
			var refused *state.Error
			if !errors.As(err, &refused) || !strings.Contains(err.Error(), tt.want) || refused.Hint == "" {
				t.Errorf("Open = %v, want an Error with %q and a hint", err, tt.want)
			}
		})
	}
}

func symlink(t *testing.T, target, path string) {
	t.Helper()
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
}

// giveAway changes the owner, which only root may do.
func giveAway(t *testing.T, path string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can give a file away")
	}
	if err := os.Lchown(path, 65534, 65534); err != nil {
		t.Fatal(err)
	}
}

func TestSecretsStay(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "tw")
	first := values(t, open(t, path))
	if diff := cmp.Diff(first, values(t, open(t, path))); diff != "" {
		t.Errorf("second start has other keys:\n%s", diff)
	}
	shapes := map[string]string{
		"developer id": `^AKIA[A-Z2-7]{16}$`, "developer secret": `^[A-Za-z0-9+/]{40}$`, "developer name": `^developer$`,
		"access-key-id": `^AKIA[A-Z2-7]{16}$`, "secret-access-key": `^[A-Za-z0-9+/]{40}$`, "api-key": `^[A-Za-z0-9]{40}$`,
		"another api-key": `^[A-Za-z0-9]{40}$`, "appsync-api-key": `^da2-[a-z0-9]{26}$`, "sealing": `^.{32}$`,
	}
	seen := map[string]string{}
	for name, shape := range shapes {
		if !regexp.MustCompile("(?s)"+shape).MatchString(first[name]) && name != "sealing" {
			t.Errorf("%s has the wrong shape", name)
		}
		if other := seen[first[name]]; other != "" {
			t.Errorf("%s and %s are equal", name, other)
		}
		seen[first[name]] = name
	}
	if first["sealing"] == string(make([]byte, 32)) {
		t.Error("the sealing key is zero")
	}
}

// values reads every secret that a directory makes.
func values(t *testing.T, d *state.Dir) map[string]string {
	t.Helper()
	key, err := d.SealingKey()
	if err != nil {
		t.Fatal(err)
	}
	dev, err := d.Developer()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{"sealing": string(key[:]), "developer id": dev.AccessKeyID,
		"developer secret": dev.SecretAccessKey, "developer name": dev.UserName}
	for name, kind := range map[string]string{"access-key-id": state.KindAccessKeyID, "api-key": state.KindAPIKey,
		"secret-access-key": state.KindSecretAccessKey, "appsync-api-key": state.KindAppSyncAPIKey} {
		if all[name], err = d.Secret(kind, "Thing"); err != nil {
			t.Fatal(err)
		}
	}
	if all["another api-key"], err = d.Secret(state.KindAPIKey, "thing"); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestStartingTogetherAgrees(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "tw")
	const starters = 4
	got := make([]map[string]string, starters)
	var wg sync.WaitGroup
	for i := range starters {
		wg.Go(func() {
			d, err := state.Open(path, nil)
			if err != nil {
				t.Error(err)
				return
			}
			got[i] = values(t, d)
			if err := d.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for i := range got {
		if !cmp.Equal(got[0], got[i]) {
			t.Fatalf("starter %d has other keys than the first", i)
		}
	}
}

func TestDamagedFiles(t *testing.T) {
	t.Parallel()
	read := map[string]func(*state.Dir) error{
		"sealing-key":    func(d *state.Dir) error { _, err := d.SealingKey(); return err },
		"developer.json": func(d *state.Dir) error { _, err := d.Developer(); return err },
		"secrets.json":   func(d *state.Dir) error { _, err := d.Secret(state.KindAPIKey, "K"); return err },
	}
	const secret = "abcdefghijklmnopqrstuvwxyzabcdefghijklmn"
	tests := []struct{ file, text string }{
		{"sealing-key", ""},
		{"sealing-key", "c0ffee\n"},
		{"sealing-key", strings.Repeat("zz", 32) + "\n"},
		{"sealing-key", strings.Repeat("00", 33) + "\n"},
		{"developer.json", ""},
		{"developer.json", `{"accessKeyId":"AKIAAAAAAAAAAAAAAAAA","secretAcc`},
		{"developer.json", `{"accessKeyId":"AKIA","secretAccessKey":"` + secret + `","userName":"developer"}`},
		{"developer.json", `{"accessKeyId":"AKIAAAAAAAAAAAAAAAAA","secretAccessKey":"","userName":"developer"}`},
		{"developer.json", `{"accessKeyId":"AKIAAAAAAAAAAAAAAAAA","secretAccessKey":"` + secret + `","userName":"developer"} {}`},
		{"secrets.json", `null`},
		{"secrets.json", `[`},
		{"secrets.json", `{"api-key/K":"` + secret + `short"}`},
		{"secrets.json", `{"other/K":"` + secret + `"}`},
		{"secrets.json", strings.Repeat(" ", 1<<20+1)},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "tw")
			mkdir(t, path, 0o700)
			write(t, filepath.Join(path, tt.file), tt.text, 0o600)
			err := read[tt.file](open(t, path))
			var refused *state.Error
			if !errors.As(err, &refused) || refused.Path != filepath.Join(path, tt.file) {
				t.Fatalf("got %v, want an Error for the file", err)
			}
			if strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "c0ffee") {
				t.Errorf("the error shows content: %v", err)
			}
			after, err := os.ReadFile(filepath.Join(path, tt.file))
			if err != nil || string(after) != tt.text {
				t.Errorf("the damaged file was changed (%v)", err)
			}
		})
	}
}

func TestSecretRefusesUnknownKinds(t *testing.T) {
	t.Parallel()
	d := open(t, filepath.Join(t.TempDir(), "tw"))
	for _, c := range [][2]string{{"password", "R"}, {"", "R"}, {state.KindAPIKey, ""}, {state.KindAPIKey, strings.Repeat("R", 256)}} {
		if v, err := d.Secret(c[0], c[1]); err == nil {
			t.Errorf("Secret(%q, %.10q) = %d characters, want an error", c[0], c[1], len(v))
		}
	}
}

func TestRandomFailure(t *testing.T) {
	t.Parallel()
	d, err := state.Open(filepath.Join(t.TempDir(), "tw"), &state.Options{Rand: strings.NewReader("too short")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	if _, err := d.SealingKey(); err == nil {
		t.Error("SealingKey without random numbers succeeded")
	}
	if _, err := d.Developer(); err == nil {
		t.Error("Developer without random numbers succeeded")
	}
	if _, err := d.Secret(state.KindAPIKey, "K"); err == nil {
		t.Error("Secret without random numbers succeeded")
	}
}

func TestLock(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "tw")
	a, b := open(t, path), open(t, path)
	release, err := a.Lock()
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.Lock()
	var locked *state.LockedError
	if !errors.As(err, &locked) || locked.PID != os.Getpid() {
		t.Fatalf("second Lock = %v, want a LockedError with this process", err)
	}
	if !strings.Contains(err.Error(), "--state DIR") {
		t.Errorf("no hint in %q", err)
	}
	if err := errors.Join(release(), release()); err != nil {
		t.Fatal(err)
	}
	again, err := b.Lock()
	if err != nil {
		t.Fatal(err)
	}
	if err := again(); err != nil {
		t.Fatal(err)
	}
}

func TestCrashLeftovers(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "tw")
	mkdir(t, path, 0o700)
	write(t, filepath.Join(path, "sealing-key.tmp"), "half", 0o600)
	write(t, filepath.Join(path, "serve.lock"), "999999\n", 0o600)
	d := open(t, path)
	if _, err := d.SealingKey(); err != nil {
		t.Error(err)
	}
	release, err := d.Lock()
	if err != nil {
		t.Fatalf("a lock file that nobody holds kept us out: %v", err)
	}
	if err := release(); err != nil {
		t.Error(err)
	}
}

func TestOwnFiles(t *testing.T) {
	t.Parallel()
	d := open(t, filepath.Join(t.TempDir(), "tw"))
	if _, err := d.ReadFile("stack.json"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	for _, text := range []string{"one", "two"} {
		if err := d.WriteFile("stack.json", []byte(text)); err != nil {
			t.Fatal(err)
		}
		if got, err := d.ReadFile("stack.json"); err != nil || string(got) != text {
			t.Errorf("%q, %v, want %q", got, err, text)
		}
	}
	for _, name := range []string{"", ".", "..", "../x", "a/b", "/etc/x", "sealing-key", "developer.json", "serve.lock", "x.tmp"} {
		if err := d.WriteFile(name, nil); err == nil {
			t.Errorf("WriteFile(%q) succeeded", name)
		}
		if _, err := d.ReadFile(name); err == nil || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("ReadFile(%q): %v", name, err)
		}
	}
}
