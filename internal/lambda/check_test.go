package lambda

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/spec"
)

// checkPath is a search path with programs that are never run.
func checkPath(t *testing.T, programs ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, p := range programs {
		if err := os.WriteFile(filepath.Join(dir, p), nil, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestCheck(t *testing.T) {
	t.Parallel()
	code := t.TempDir()
	layer := t.TempDir()
	for _, name := range []string{"app.py", "index.js", "esm.mjs", "typed.ts", "lib/x.cjs", "pkg/__init__.py", "native/bootstrap", "src/main.go", "src/go.mod"} {
		path := filepath.Join(code, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("package main\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(layer, "python"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(layer, "python", "shared.py"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	writeZip(t, filepath.Join(code, "f.zip"), zipEntry{"zipped.py", "", 0o644})
	all := checkPath(t, "python3", "node", "go")
	none := checkPath(t)
	for _, c := range []struct {
		runtime, handler string
		code             spec.Code
		path             string
		want             []string // property: words of message and hint
	}{
		{"python3.12", "app.handler", spec.Code{Dir: code}, all, nil},
		{"python3.12", "pkg.handler", spec.Code{Dir: code}, all, nil},
		{"python3.12", "shared.handler", spec.Code{Dir: code}, all, nil},
		{"python3.12", "zipped.handler", spec.Code{Zip: filepath.Join(code, "f.zip")}, all, nil},
		{"python3.12", "index.handler", spec.Code{Inline: "x"}, all, nil},
		{"python3.12", "app.handler", spec.Code{Inline: "x"}, all, []string{"Properties.Handler: index.<function>"}},
		{"python3.12", "absent.handler", spec.Code{Zip: filepath.Join(code, "f.zip")}, all, []string{"Properties.Handler: absent.py"}},
		{"python3.12", "absent.handler", spec.Code{Dir: code}, all, []string{"Properties.Handler: absent.py"}},
		{"python3.12", "handler", spec.Code{Dir: code}, all, []string{"Properties.Handler: names no function"}},
		{"python3.12", "app.handler", spec.Code{Dir: code}, none, []string{"Properties.Runtime: python3, which is not on PATH"}},
		{"python3.12", "app.handler", spec.Code{Dir: "/nowhere"}, all, []string{"Properties.CodeUri: /nowhere"}},
		{"python3.12", "app.handler", spec.Code{Unavailable: "an image"}, all, []string{"Properties.CodeUri: an image"}},
		{"python3.12", "app.handler", spec.Code{}, all, []string{"Properties.CodeUri: no code"}},
		{"nodejs22.x", "index.handler", spec.Code{Dir: code}, all, nil},
		{"nodejs22.x", "esm.a.b", spec.Code{Dir: code}, all, nil},
		{"nodejs22.x", "lib/x.handler", spec.Code{Dir: code}, all, nil},
		{"nodejs22.x", "typed.handler", spec.Code{Dir: code}, all, []string{"Properties.Handler: compile it first"}},
		{"nodejs22.x", "absent.handler", spec.Code{Dir: code}, none, []string{"Properties.Handler: absent.js", "Properties.Runtime: node, which is not on PATH"}},
		{"provided.al2023", "", spec.Code{Dir: filepath.Join(code, "native")}, all, []string{"Properties.CodeUri: chmod +x"}},
		{"provided.al2023", "", spec.Code{Dir: filepath.Join(code, "src")}, all, nil},
		{"provided.al2023", "", spec.Code{Dir: filepath.Join(code, "src")}, none, []string{"Properties.CodeUri: go command is not on PATH"}},
		{"go1.x", "", spec.Code{Dir: code}, all, []string{"Properties.CodeUri: bootstrap"}},
		{"provided.al2", "", spec.Code{Zip: filepath.Join(code, "f.zip")}, all, []string{"Properties.CodeUri: bootstrap"}},
		{"provided.al2", "", spec.Code{Inline: "x"}, all, []string{"Properties.CodeUri: Python and Node"}},
		{"java21", "x", spec.Code{Dir: code}, all, []string{"Properties.Runtime: runtime java21 cannot be run here"}},
		{"ruby3.3", "x", spec.Code{Dir: code}, all, []string{"Properties.Runtime: --function F=URL"}},
		{"dotnet8", "x", spec.Code{Dir: code}, all, []string{"Properties.Runtime: cannot be run here"}},
		{"cobol", "x", spec.Code{Dir: code}, all, []string{"Properties.Runtime: unknown runtime \"cobol\""}},
		{"", "x", spec.Code{Dir: code}, all, []string{"Properties.Runtime: no runtime"}},
	} {
		c.code.Property = "Properties.CodeUri"
		f := &spec.Function{LogicalID: "F", Name: "f", Runtime: c.runtime, Handler: c.handler, Code: c.code, Layers: []spec.Layer{{Dir: layer}}}
		wantProblems(t, c.runtime+" "+c.handler, Check(f, &Options{Path: c.path}), c.want)
		if ps := Check(f, &Options{Remote: map[string]Remote{"F": {URL: "http://x"}}}); len(ps) > 0 {
			t.Errorf("%s elsewhere: %v", c.runtime, ps)
		}
	}
	f := &spec.Function{Name: "f", Runtime: "python3.12", Handler: "app.handler", Code: spec.Code{Dir: code}, Environment: map[string]string{"AWS_REGION": "x", "OK": "y"}}
	wantProblems(t, "variables", Check(f, &Options{Path: all}), []string{"Properties.Environment.Variables.AWS_REGION: reserves"})
}

// wantProblems compares problems with "property: words".
func wantProblems(t *testing.T, name string, got []spec.Problem, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %v, want %q", name, spec.Problems(got), want)
		return
	}
	for i, p := range got {
		property, words, _ := strings.Cut(want[i], ": ")
		if p.Property != property || !strings.Contains(p.Message+" "+p.Hint, words) || p.Hint == "" {
			t.Errorf("%s: %v, want %q", name, p, want[i])
		}
	}
}

func TestParseRuntime(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct {
		k kind
		r release
	}{
		"python3.12": {kindPython, release{3, 12}}, "python3.x": {kindUnknown, release{}}, "python2.7": {kindElsewhere, release{}},
		"nodejs22.x": {kindNode, release{22, 0}}, "nodejs": {kindNode, release{99, 0}}, "nodejsfoo": {kindUnknown, release{}},
		"provided": {kindNative, release{}}, "provided.al2023": {kindNative, release{}}, "go1.x": {kindNative, release{}}, "go": {kindNative, release{}},
		"java8.al2": {kindElsewhere, release{}}, "": {kindUnknown, release{}},
	} {
		if k, r := parseRuntime(name); k != want.k || r != want.r {
			t.Errorf("%s: %v %v, want %v %v", name, k, r, want.k, want.r)
		}
	}
}

func FuzzHandlerStem(f *testing.F) {
	f.Add("a/b.c.d")
	f.Add("..")
	f.Fuzz(func(t *testing.T, handler string) {
		for _, k := range []kind{kindPython, kindNode} {
			if stem, suffixes := handlerStem(handler, k); len(suffixes) == 0 || len(stem) > len(handler) {
				t.Errorf("%q: %q %q", handler, stem, suffixes)
			}
		}
	})
}

func TestInterpreters(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, name := range []string{"python3.9", "python3.11", "python3.13"} {
		if err := os.Symlink(self, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "python3"), []byte("#!/bin/sh\nexit 127\n"), 0o700); err != nil { // a shim of a version that is not installed
		t.Fatal(err)
	}
	var warnings []any
	is := &interpreters{path: dir, dir: dir, warn: func(_ string, args ...any) { warnings = append(warnings, args...) }}
	for runtimeName, want := range map[string]string{"python3.9": "python3.9", "python3.12": "python3.13", "python3.10": "python3.11", "python3.8": "python3.9"} {
		for range 2 {
			in, err := is.find(t.Context(), runtimeName)
			if err != nil || filepath.Base(in.path) != want {
				t.Errorf("%s: %v, %v", runtimeName, in, err)
			}
		}
	}
	if len(warnings) != 3*6 { // once for each runtime that has no interpreter of its own
		t.Errorf("warnings: %v", warnings)
	}
	if _, err := is.find(t.Context(), "nodejs22.x"); err == nil || !strings.Contains(err.Error(), "needs node") {
		t.Errorf("node: %v", err)
	}
}
