package lambda

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/spec"
)

// zipEntry is an entry of a test's zip file.
type zipEntry struct {
	name, text string
	mode       fs.FileMode
}

// writeZip writes a zip file.
func writeZip(t testing.TB, path string, entries ...zipEntry) {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		h.SetMode(e.mode)
		w, err := z.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, e.text); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestUnzip(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "f.zip")
	writeZip(t, file,
		zipEntry{"app.py", "code", 0o644}, zipEntry{"a/b/", "", fs.ModeDir | 0o755}, zipEntry{"x/y/z.txt", "deep", 0o600},
		zipEntry{"bootstrap", "#!", 0o755}, zipEntry{"x/link", "../app.py", fs.ModeSymlink | 0o777},
		zipEntry{"early", "x/late/z.txt", fs.ModeSymlink | 0o777}, zipEntry{"x/late", "y", fs.ModeSymlink | 0o777},
		zipEntry{"x/pruned", "../gone/file", fs.ModeSymlink | 0o777})
	out := t.TempDir()
	if err := unzip(file, out, 1000); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"app.py": "code", "x/y/z.txt": "deep", "x/link": "code", "early": "deep"} {
		if got, err := os.ReadFile(filepath.Join(out, name)); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if !isExecutable(filepath.Join(out, "bootstrap")) || isExecutable(filepath.Join(out, "app.py")) {
		t.Error("executable bits are wrong")
	}
}

func TestUnzipRefuses(t *testing.T) {
	t.Parallel()
	for name, entries := range map[string][]zipEntry{
		"parent":         {{"../evil", "x", 0o644}},
		"deep parent":    {{"a/../../evil", "x", 0o644}},
		"absolute":       {{"/evil", "x", 0o644}},
		"backslash":      {{`..\evil`, "x", 0o644}},
		"link out":       {{"l", "../..", fs.ModeSymlink | 0o777}},
		"absolute link":  {{"l", "/etc", fs.ModeSymlink | 0o777}},
		"through a link": {{"l", "sub", fs.ModeSymlink | 0o777}, {"sub", "../..", fs.ModeSymlink | 0o777}, {"l/evil", "x", 0o644}},
		"twice":          {{"a", "x", 0o644}, {"a", "y", 0o644}},
		"device":         {{"d", "", fs.ModeDevice | 0o644}},
		"link through a dot": {
			{"a/c", ".", fs.ModeSymlink | 0o777}, {"a/b/c", ".", fs.ModeSymlink | 0o777},
			{"a/b/link", "c/../c/../../..", fs.ModeSymlink | 0o777},
		},
		"link made later": {{"a/b/link", "c/../../..", fs.ModeSymlink | 0o777}, {"a/b/c", "..", fs.ModeSymlink | 0o777}},
		"link to a leaving link": {
			{"x", "a/c/../../evil", fs.ModeSymlink | 0o777}, {"a/c", "..", fs.ModeSymlink | 0o777},
		},
		"loop":             {{"x", "y", fs.ModeSymlink | 0o777}, {"y", "x", fs.ModeSymlink | 0o777}},
		"missing, then up": {{"a/c", ".", fs.ModeSymlink | 0o777}, {"a/l", "c/missing/../..", fs.ModeSymlink | 0o777}},
		"too large":        {{"a", strings.Repeat("0", 600), 0o644}, {"b", strings.Repeat("0", 600), 0o644}},
	} {
		parent := t.TempDir()
		out, file := filepath.Join(parent, "in", "side"), filepath.Join(parent, "f.zip")
		if err := os.MkdirAll(out, 0o700); err != nil {
			t.Fatal(err)
		}
		writeZip(t, file, entries...)
		if err := unzip(file, out, 1000); err == nil {
			t.Errorf("%s: no error", name)
		}
		for _, evil := range []string{filepath.Join(parent, "evil"), filepath.Join(parent, "in", "evil")} {
			if _, err := os.Stat(evil); err == nil {
				t.Errorf("%s: wrote %s", name, evil)
			}
		}
	}
}

// wantLinksInside follows every link below dir.
func wantLinksInside(t *testing.T, dir string) {
	t.Helper()
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	_ = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.Type()&fs.ModeSymlink == 0 {
			return nil //nolint:nilerr // what cannot be read is no link
		}
		if to, err := filepath.EvalSymlinks(path); err == nil && to != real && !strings.HasPrefix(to, real+string(filepath.Separator)) {
			t.Errorf("%s leads to %s", path, to)
		}
		return nil
	})
}

func FuzzUnzip(f *testing.F) {
	dir := f.TempDir()
	file := filepath.Join(dir, "seed.zip")
	writeZip(f, file, zipEntry{"a", "x", 0o644}, zipEntry{"../b", "x", 0o644}, zipEntry{"l", "a", fs.ModeSymlink | 0o777})
	seed, err := os.ReadFile(file)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Fuzz(func(t *testing.T, b []byte) {
		parent := t.TempDir()
		out, file := filepath.Join(parent, "out"), filepath.Join(parent, "f.zip")
		if err := errors.Join(os.Mkdir(out, 0o700), os.WriteFile(file, b, 0o600)); err != nil {
			t.Fatal(err)
		}
		if unzip(file, out, 1<<16) == nil { // any answer will do, but only inside out
			wantLinksInside(t, out)
		}
		if entries, err := os.ReadDir(parent); err != nil || len(entries) != 2 {
			t.Fatalf("%v, %v", entries, err)
		}
	})
}

func TestZipAndInlineFunctions(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "f.zip")
	writeZip(t, file, zipEntry{"fake.py", "# one", 0o644})
	zipped, inline := fake(t, "zipped"), fake(t, "inline")
	zipped.Code = spec.Code{Zip: file}
	inline.Code = spec.Code{Inline: "def handler(): pass\n"}
	fs, _ := openFake(t, nil, zipped, inline)
	pid := pidOf(t, fs, "zipped")
	cwd := strings.Trim(string(mustInvoke(t, fs, "inline", `{"do":"dir"}`)), `"`)
	if b, err := os.ReadFile(filepath.Join(cwd, "index.py")); err != nil || string(b) != inline.Code.Inline {
		t.Errorf("inline code: %q, %v", b, err)
	}
	writeZip(t, file, zipEntry{"fake.py", "# another", 0o644})
	for pidOf(t, fs, "zipped") == pid {
		if t.Context().Err() != nil {
			t.Fatal("the new package was not seen")
		}
	}
}

// writeModule writes a Go module with a function that answers with text.
func writeModule(t testing.TB, text string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"go.mod":        "module example.test/fn\n\ngo 1.24\n",
		"text/text.go":  "package text\n\nconst Text = `" + text + "`\n",
		"cmd/f/main.go": goFunction,
	} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(content), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// goFunction is a function in Go that needs no module but its own.
const goFunction = `package main

import (
	"net/http"
	"os"
	"strings"

	"example.test/fn/text"
)

func main() {
	base := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/invocation/"
	for {
		next, err := http.Get(base + "next")
		if err != nil {
			os.Exit(1)
		}
		next.Body.Close()
		id := next.Header.Get("Lambda-Runtime-Aws-Request-Id")
		done, err := http.Post(base+id+"/response", "application/json", strings.NewReader(text.Text))
		if err != nil {
			os.Exit(1)
		}
		done.Body.Close()
	}
}
`

// goPath is the search path with the go command that runs these tests.
func goPath(t testing.TB) string {
	t.Helper()
	tool := look(os.Getenv("PATH"), "go")
	if tool == "" {
		t.Fatal("these tests need the go command on PATH")
	}
	return filepath.Dir(tool)
}

func TestGoSource(t *testing.T) {
	t.Parallel()
	module := writeModule(t, `"one"`)
	f := fake(t, "f")
	f.Runtime, f.Code.Dir = "provided.al2023", filepath.Join(module, "cmd", "f")
	build := t.TempDir()
	o := Options{Functions: []spec.Function{f}, Path: goPath(t), BuildDir: build}
	fs, _ := openWith(t, o)
	wantBody(t, fs, "f", `{}`, `"one"`)

	// A second start with the build up to date needs no go command.
	again := o
	again.Path = t.TempDir()
	second, _ := openWith(t, again)
	wantBody(t, second, "f", `{}`, `"one"`)

	source := filepath.Join(module, "text", "text.go")
	if err := os.WriteFile(source, []byte("package text\n\nconst Text = `\"and two\"`\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for string(mustInvoke(t, fs, "f", `{}`)) != `"and two"` {
		if t.Context().Err() != nil {
			t.Fatal("the change was not seen")
		}
	}
	if err := os.WriteFile(source, []byte("package text\n\nvar Text broken\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var err error
	for err == nil {
		_, err = fs.Invoke(t.Context(), "f", []byte(`{}`))
	}
	if fe := asFunctionError(err); fe == nil || fe.Type != "Runtime.BuildError" || !strings.Contains(fe.Message, "text.go:3") {
		t.Errorf("a broken build: %v", err)
	}
	broken := o
	broken.BuildDir = t.TempDir()
	if _, err := Open(t.Context(), broken); err == nil || !strings.Contains(err.Error(), "text.go:3") {
		t.Errorf("Open with a broken build: %v", err)
	}
	if err := os.WriteFile(source, []byte("package text\n\nconst Text = `\"three\"`\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for err != nil {
		_, err = fs.Invoke(t.Context(), "f", []byte(`{}`))
	}
	wantBody(t, fs, "f", `{}`, `"three"`)
}

func BenchmarkOpenPrebuilt(b *testing.B) {
	f := fake(b, "f")
	f.Runtime, f.Code.Dir = "provided.al2023", filepath.Join(writeModule(b, "1"), "cmd", "f")
	o := Options{Functions: []spec.Function{f}, Path: goPath(b), BuildDir: b.TempDir()}
	for b.Loop() {
		fs, err := Open(b.Context(), o)
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err := fs.Close(context.Background()); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

func TestBootstrapThatDoesNotStart(t *testing.T) {
	t.Parallel()
	foreign := append([]byte("\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xf3\x00\x01\x00\x00\x00"), make([]byte, 40)...)
	for name, c := range map[string]struct {
		content []byte
		mode    fs.FileMode
		want    string
	}{
		"not executable": {[]byte("#!/bin/sh\n"), 0o600, "chmod +x"},
		"wrong machine":  {foreign, 0o700, "built for Linux on riscv"},
		"garbage":        {[]byte("\x00\x01\x02"), 0o700, "no executable of this system"},
		"bad script":     {[]byte("#!/nowhere/sh\n"), 0o700, "interpreter in its first line"},
	} {
		f := fake(t, "f")
		f.Runtime = "provided.al2"
		path := filepath.Join(f.Code.Dir, "bootstrap")
		if err := errors.Join(os.WriteFile(path, c.content, c.mode), os.Chmod(path, c.mode)); err != nil {
			t.Fatal(err)
		}
		fs, _ := openFake(t, nil, f)
		fe := wantError(t, fs, "f", `{}`, "Runtime.InvalidEntrypoint", c.want)
		if !strings.HasPrefix(fe.Message, "RequestId: ") {
			t.Errorf("%s: %s", name, fe.Message)
		}
	}
}
