package login

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"
)

func openStore(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := OpenStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func sample() *Record {
	token := &oauth2.Token{AccessToken: "sample-access", TokenType: "Bearer", RefreshToken: "sample-refresh", Expiry: time.Unix(5000, 0).UTC()}
	return &Record{Binding: "oidc https://i c", Settings: []byte(`{"a":1}`), Obtained: time.Unix(1000, 0).UTC(),
		Token: withExtras(token, map[string]string{"id_token": "sample-id"})}
}

func TestStoreKeepsLogins(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a", "b")
	s := openStore(t, dir)
	for _, name := range []string{"work", "home.2"} {
		if err := s.Save(t.Context(), name, sample()); err != nil {
			t.Fatal(err)
		}
	}
	got, err := openStore(t, dir).Load("work")
	if err != nil {
		t.Fatal(err)
	}
	if IDToken(got.Token) != "sample-id" || got.Token.RefreshToken != "sample-refresh" || !got.Token.Expiry.Equal(time.Unix(5000, 0)) ||
		string(got.Settings) == "" || got.Binding != "oidc https://i c" || !got.Obtained.Equal(time.Unix(1000, 0)) {
		t.Error("the login came back otherwise than it was saved")
	}
	if names, err := s.Names(); err != nil || !cmp.Equal(names, []string{"home.2", "work"}) {
		t.Errorf("names %v, %v", names, err)
	}
	for range 2 {
		if err := s.Delete(t.Context(), "work"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Load("work"); !errors.Is(err, ErrLoginRequired) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after deletion: %v", err)
	}
}

func TestStoreModes(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("no modes")
	}
	dir := filepath.Join(t.TempDir(), "logins")
	s := openStore(t, dir)
	if err := s.Save(t.Context(), "x", sample()); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]fs.FileMode{"": 0o700, "login-x.json": 0o600, "login-x.lock": 0o600} {
		if fi, err := os.Stat(filepath.Join(dir, name)); err != nil || fi.Mode().Perm() != want {
			t.Errorf("%q: %v, %v, want %v", name, fi.Mode(), err, want)
		}
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 2 {
		t.Errorf("files left over: %v", entries)
	}
}

func TestStoreRefusesWhatOthersCanRead(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("no modes")
	}
	open := t.TempDir()
	if err := os.Chmod(open, 0o755); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(t.TempDir(), link); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{open, link} {
		if _, err := OpenStore(dir); !errors.Is(err, ErrStore) {
			t.Errorf("%s: %v", dir, err)
		}
	}
	dir := filepath.Join(t.TempDir(), "d")
	s := openStore(t, dir)
	file := filepath.Join(dir, "login-x.json")
	if err := os.WriteFile(file, []byte(`{"version":1}`), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Load("x"); !errors.Is(err, ErrStore) || !strings.Contains(err.Error(), "chmod 0600") {
		t.Errorf("an open file: %v", err)
	}
	if err := errors.Join(os.Remove(file), os.Symlink("/etc/hostname", file)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Load("x"); !errors.Is(err, ErrStore) {
		t.Errorf("a linked file: %v", err)
	}
}

func TestStoreNames(t *testing.T) {
	t.Parallel()
	s := openStore(t, filepath.Join(t.TempDir(), "d"))
	for _, name := range []string{"", ".", "..", "../x", "a/b", `a\b`, "A", "a b", strings.Repeat("a", 64), "ä", "x\n"} {
		if err := s.Save(t.Context(), name, sample()); !errors.Is(err, ErrConfig) {
			t.Errorf("%q: %v", name, err)
		}
		if _, err := s.Load(name); !errors.Is(err, ErrConfig) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestStoreDamagedLogin(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "d")
	s := openStore(t, dir)
	for _, content := range []string{"", "{", `{"version":2}`, `[]`, "{\"version\":1,\"access_token\":\"sample-access\"", strings.Repeat(" ", 1<<20+1)} {
		if err := os.WriteFile(filepath.Join(dir, "login-x.json"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Load("x"); !errors.Is(err, ErrStore) || strings.Contains(err.Error(), "sample") {
			t.Errorf("%.40q: %v", content, err)
		}
	}
	if err := s.Save(t.Context(), "x", sample()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Load("x"); err != nil {
		t.Error(err)
	}
}

func TestStoreLockHeedsContext(t *testing.T) {
	t.Parallel()
	s := openStore(t, filepath.Join(t.TempDir(), "d"))
	err := s.locked(t.Context(), "x", func() error {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
		defer cancel()
		return s.Save(ctx, "x", sample())
	})
	if !errors.Is(err, ErrTimeout) || !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if err := s.Save(t.Context(), "x", sample()); err != nil {
		t.Error(err)
	}
}

func TestRecordShowsNoToken(t *testing.T) {
	t.Parallel()
	r := sample()
	for _, text := range []string{fmt.Sprint(r), fmt.Sprint(*r), fmt.Sprintf("%+v %#v", *r, *r), r.LogValue().String()} {
		if strings.Contains(text, "sample") {
			t.Errorf("a token in %q", text)
		}
	}
}

func FuzzParseRecord(f *testing.F) {
	good, err := marshalRecord(sample())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"version":1,"extra":{"id_token":"a"},"refresh_token":"r","settings":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := parseRecord(data)
		if err != nil {
			return
		}
		again, err := marshalRecord(r)
		if err != nil {
			return // a year that JSON cannot hold
		}
		if _, err := parseRecord(again); err != nil {
			t.Errorf("written and not read: %v", err)
		}
	})
}

func FuzzPeek(f *testing.F) {
	f.Add("eyJhbGciOiJub25lIn0.eyJpc3MiOiJodHRwczovL2kiLCJleHAiOjV9.c2ln")
	f.Add("a.b")
	f.Fuzz(func(t *testing.T, token string) {
		if c, ok := peek(token); !ok && c != (claims{}) {
			t.Error("claims of what is no token")
		}
	})
}

func FuzzCleaned(f *testing.F) {
	f.Add("wrong code abc123", "abc123")
	f.Add("\x1b[2J\nx", "")
	f.Fuzz(func(t *testing.T, text, secret string) {
		for _, r := range cleaned(text, secret) {
			if printable(r) != r {
				t.Errorf("%q is left", r)
			}
		}
	})
}
