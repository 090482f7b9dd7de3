package state

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// index builds a git index with the given paths.
func index(version uint32, hashLen int, ext string, paths ...string) []byte {
	var b bytes.Buffer
	b.WriteString("DIRC")
	b.Write(binary.BigEndian.AppendUint32(nil, version))
	b.Write(binary.BigEndian.AppendUint32(nil, uint32(len(paths))))
	last := ""
	for _, p := range paths {
		start := b.Len()
		b.Write(make([]byte, 40+hashLen))
		b.Write(binary.BigEndian.AppendUint16(nil, uint16(min(len(p), 0xfff))))
		if version == 4 {
			b.WriteByte(byte(len(last))) // drop all of it; fits for short paths
			last = p
			b.WriteString(p + "\x00")
			continue
		}
		b.WriteString(p + "\x00")
		for (b.Len()-start)%8 != 0 {
			b.WriteByte(0)
		}
	}
	b.WriteString(ext)
	if hashLen == 20 {
		sum := sha1.Sum(b.Bytes())
		return append(b.Bytes(), sum[:]...)
	}
	sum := sha256.Sum256(b.Bytes())
	return append(b.Bytes(), sum[:]...)
}

func extension(name string, body []byte) string {
	return name + string(binary.BigEndian.AppendUint32(nil, uint32(len(body)))) + string(body)
}

func TestSearchIndex(t *testing.T) {
	t.Parallel()
	shared := bytes.Repeat([]byte{0xab}, 20)
	long := strings.Repeat("d/", 3000) + "f"
	tests := []struct {
		name   string
		data   []byte
		want   string
		shared string
	}{
		{"nothing", index(2, 20, ""), "", ""},
		{"others", index(2, 20, "", ".gitignore", "a/.tidewire/x", ".tidewire-old"), "", ""},
		{"a key", index(2, 20, "", "README", ".tidewire/sealing-key"), ".tidewire/sealing-key", ""},
		{"version 3", index(3, 20, "", ".tidewire/a"), ".tidewire/a", ""},
		{"version 4", index(4, 20, "", "abc", ".tidewire/a"), ".tidewire/a", ""},
		{"sha256", index(2, 32, "", "abc", ".tidewire/a"), ".tidewire/a", ""},
		{"sha256, none", index(2, 32, "", "abc"), "", ""},
		{"letter case", index(2, 20, "", ".TideWire/a"), ".TideWire/a", ""},
		{"a submodule", index(2, 20, "", ".tidewire"), ".tidewire", ""},
		{"long paths", index(2, 20, "", long, ".tidewire/a"), ".tidewire/a", ""},
		{"optional extension", index(2, 20, extension("TREE", []byte("xyz")), "a"), "", ""},
		{"split", index(2, 20, extension("link", append(shared, 1, 2)), "a"), "", strings.Repeat("ab", 20)},
		{"split, no base", index(2, 20, extension("link", make([]byte, 20)), "a"), "", ""},
		{"sparse", index(2, 20, extension("sdir", nil), "other/"), "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			found, link, err := searchIndex(tt.data, ".tidewire")
			if err != nil || found != tt.want || link != tt.shared {
				t.Errorf("= %q, %q, %v; want %q, %q", found, link, err, tt.want, tt.shared)
			}
		})
	}
	if found, _, err := searchIndex(index(2, 20, "", "app/"), "app/x/.tidewire"); found != "app/" || err != nil {
		t.Errorf("collapsed directory: %q, %v", found, err)
	}
	if found, _, err := searchIndex(index(2, 20, "", "any"), "."); found != "any" || err != nil {
		t.Errorf("the repository itself: %q, %v", found, err)
	}
}

func TestSearchIndexRefuses(t *testing.T) {
	t.Parallel()
	whole := index(2, 20, "", "a", "b")
	for name, data := range map[string][]byte{
		"empty":             {},
		"no index":          []byte("DIRX0000000000000000"),
		"version 5":         index(5, 20, "", "a"),
		"cut":               whole[:len(whole)-30],
		"missing checksum":  whole[:len(whole)-20],
		"trailing":          append(bytes.Clone(whole), 0),
		"unknown extension": index(2, 20, extension("zzzz", nil), "a"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if found, _, err := searchIndex(data, ".tidewire"); err == nil {
				t.Errorf("= %q, want an error", found)
			}
		})
	}
}

// git runs git in dir, with no configuration but the repository's.
func git(t *testing.T, dir string, args ...string) {
	t.Helper()
	bin, err := exec.LookPath("git")
	if err != nil {
		t.Skip("git is not installed")
	}
	cmd := exec.Command(bin, append([]string{"-C", dir, "-c", "user.name=t", "-c", "user.email=t@example.com"}, args...)...)
	cmd.Env = []string{"HOME=" + dir, "GIT_CONFIG_NOSYSTEM=1", "PATH=" + filepath.Dir(bin)}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestOpenInRepositories(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		setup func(t *testing.T, repo string)
		want  string // "" for accepted
	}{
		{"fresh repository", func(t *testing.T, repo string) { git(t, repo, "init", "-q") }, ""},
		{"others tracked", func(t *testing.T, repo string) {
			git(t, repo, "init", "-q")
			put(t, repo+"/app/template.yaml", "x")
			git(t, repo, "add", ".")
		}, ""},
		{"ignored but forced", func(t *testing.T, repo string) {
			git(t, repo, "init", "-q")
			put(t, repo+"/app/.tidewire/sealing-key", strings.Repeat("00", 32)+"\n")
			put(t, repo+"/app/.tidewire/.gitignore", "*\n")
			git(t, repo, "add", "-f", ".")
		}, "git tracks app/.tidewire/.gitignore"},
		{"version 4", func(t *testing.T, repo string) {
			git(t, repo, "init", "-q")
			put(t, repo+"/app/.tidewire/sealing-key", "x")
			put(t, repo+"/app/a", "x")
			git(t, repo, "add", "-f", ".")
			git(t, repo, "update-index", "--index-version", "4")
		}, "git tracks app/.tidewire/sealing-key"},
		{"split index", func(t *testing.T, repo string) {
			git(t, repo, "init", "-q")
			put(t, repo+"/app/.tidewire/sealing-key", "x")
			git(t, repo, "add", "-f", ".")
			git(t, repo, "update-index", "--split-index")
		}, "git tracks app/.tidewire/sealing-key"},
		{"sha256 objects", func(t *testing.T, repo string) {
			git(t, repo, "init", "-q", "--object-format=sha256")
			put(t, repo+"/app/.tidewire/sealing-key", "x")
			git(t, repo, "add", "-f", ".")
		}, "git tracks app/.tidewire/sealing-key"},
		{"linked work tree", func(t *testing.T, repo string) {
			origin := t.TempDir()
			git(t, origin, "init", "-q")
			put(t, origin+"/app/.tidewire/sealing-key", "x")
			git(t, origin, "add", "-f", ".")
			git(t, origin, "commit", "-q", "-m", "x")
			git(t, origin, "worktree", "add", "-q", "-f", repo, "HEAD")
			if err := os.Chmod(repo+"/app/.tidewire", 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(repo+"/app/.tidewire/sealing-key", 0o600); err != nil {
				t.Fatal(err)
			}
		}, "git tracks app/.tidewire/sealing-key"},
		{"repository inside", func(t *testing.T, repo string) {
			put(t, repo+"/app/.tidewire/sealing-key", "x")
			git(t, repo+"/app/.tidewire", "init", "-q")
			git(t, repo+"/app/.tidewire", "add", "-f", ".")
		}, "git tracks sealing-key"},
		{"unreadable index", func(t *testing.T, repo string) {
			git(t, repo, "init", "-q")
			put(t, repo+"/.git/index", "DIRCgarbage and more")
		}, "cannot tell whether git tracks"},
		{"broken gitdir file", func(t *testing.T, repo string) { put(t, repo+"/.git", "nonsense") }, "cannot tell whether git tracks"},
		{"a .git that is none", func(t *testing.T, repo string) { put(t, repo+"/.git/readme", "x") }, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			repo := filepath.Join(t.TempDir(), "repo")
			if err := os.MkdirAll(filepath.Join(repo, "app"), 0o700); err != nil {
				t.Fatal(err)
			}
			if tt.name == "linked work tree" {
				if err := os.RemoveAll(repo); err != nil {
					t.Fatal(err)
				}
			}
			tt.setup(t, repo)
			d, err := Open(filepath.Join(repo, "app", ".tidewire"), nil)
			if err == nil {
				err = d.Close()
			}
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("Open = %v, want %q", err, tt.want)
			}
		})
	}
}

func FuzzIndex(f *testing.F) {
	f.Add(index(2, 20, "", "a", ".tidewire/x"))
	f.Add(index(4, 20, extension("link", make([]byte, 20)), "a", "b"))
	f.Add(index(2, 32, extension("TREE", []byte{1}), "a", "b"))
	f.Add([]byte("DIRC"))
	f.Fuzz(func(t *testing.T, data []byte) {
		found, shared, err := searchIndex(data, ".tidewire")
		if err != nil && (found != "" || shared != "") {
			t.Errorf("%q and %q beside %v", found, shared, err)
		}
		if _, err := hex.DecodeString(shared); err != nil {
			t.Errorf("shared index %q", shared)
		}
	})
}
