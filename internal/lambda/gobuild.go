package lambda

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/tidewire/tidewire/internal/fault"
	"github.com/tidewire/tidewire/internal/spec"
)

// goMain returns the directory of the go.mod that encloses dir when dir is a
// main package, else nothing.
func goMain(dir string) string {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || !slices.ContainsFunc(files, isMainFile) {
		return ""
	}
	for at := dir; ; at = filepath.Dir(at) {
		if isFile(filepath.Join(at, "go.mod")) {
			return at
		}
		if at == filepath.Dir(at) {
			return ""
		}
	}
}

// isMainFile says whether a Go file belongs to package main.
func isMainFile(path string) bool {
	if strings.HasSuffix(path, "_test.go") {
		return false
	}
	f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.PackageClauseOnly)
	return err == nil && f.Name.Name == "main"
}

// manifest says what a binary was built from. The binary is up to date when
// all of it is as it was.
type manifest struct {
	Tool  stamp   // the go command
	Files []stamp // sources, go.mod, go.sum
	Dirs  []stamp // package directories: a new file changes them
}

// stamp is a file's identity at a time.
type stamp struct {
	Path string
	Size int64
	Time int64 // modification, ns
}

// stampOf looks at a file; a missing one has a zero time.
func stampOf(path string) stamp {
	fi, err := os.Stat(path)
	if err != nil {
		return stamp{Path: path}
	}
	if fi.IsDir() { // the size of a directory says nothing
		return stamp{path, 0, fi.ModTime().UnixNano()}
	}
	return stamp{path, fi.Size(), fi.ModTime().UnixNano()}
}

// current says whether everything is as the manifest has it.
func (m *manifest) current() bool {
	same := func(s stamp) bool { return stampOf(s.Path) == s }
	return m.Tool.Time != 0 && same(m.Tool) && !slices.ContainsFunc(m.Files, func(s stamp) bool { return !same(s) }) &&
		!slices.ContainsFunc(m.Dirs, func(s stamp) bool { return !same(s) })
}

// source is what the built function runs from.
func (m *manifest) source(dir, binary string) *source {
	src := &source{dir: dir, bootstrap: binary}
	for _, d := range m.Dirs {
		src.flat = append(src.flat, d.Path)
	}
	for _, f := range m.Files {
		src.quick = append(src.quick, f.Path)
	}
	return src
}

// buildGo builds the main package in dir, unless the last build is up to date;
// finding that out takes a stat per source file and no go command.
func (fs *Functions) buildGo(ctx context.Context, f *spec.Function, dir string) (*source, error) {
	out := filepath.Join(fs.o.BuildDir, "go", digest(dir))
	binary, record := filepath.Join(out, "bootstrap"+exeSuffix()), filepath.Join(out, "manifest.json")
	if m := readManifest(record); m != nil && isExecutable(binary) && m.current() {
		return m.source(dir, binary), nil
	}
	tool := look(fs.o.Path, "go")
	if tool == "" {
		return nil, fmt.Errorf("function %s is Go source and the go command is not on PATH: install Go, or put a built bootstrap into %s", f.Name, dir)
	}
	if err := os.MkdirAll(out, 0o700); err != nil {
		return nil, err
	}
	select {
	case fs.builds <- struct{}{}:
		defer func() { <-fs.builds }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	began := time.Now()
	m := fs.inventory(ctx, tool, dir)
	if _, text, err := fs.goTool(ctx, tool, dir, "build", "-o", binary, "."); err != nil {
		return nil, buildError(f, dir, text, err)
	}
	fs.o.Log.Info("built function", "function", f.Name, "dir", dir, "took", time.Since(began).Round(time.Millisecond))
	return m.source(dir, binary), writeManifest(record, m)
}

// exeSuffix is what an executable's name ends in.
func exeSuffix() string { return programSuffixes()[0] }

// buildError shows a failed build, with what the compiler said.
func buildError(f *spec.Function, dir, output string, err error) error {
	if errors.Is(err, context.Canceled) || output == "" {
		return fmt.Errorf("go build of function %s in %s: %w", f.Name, dir, err)
	}
	return functionError("Runtime.BuildError",
		fmt.Sprintf("go build of function %s in %s failed:\n%s", f.Name, dir, strings.TrimSpace(output)))
}

// goTool runs the go command with this process's environment, for the local
// system whatever GOOS says.
func (fs *Functions) goTool(ctx context.Context, tool, dir string, args ...string) (stdout, stderr string, err error) {
	cmd := exec.CommandContext(ctx, tool, args...) //nolint:gosec // the go command from the person's PATH
	cmd.Dir = dir
	cmd.Env = append(cmd.Environ(), "GOOS=", "GOARCH=", "PATH="+fs.o.Path)
	cmd.WaitDelay = stopGrace
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	if ctx.Err() != nil {
		return "", "", ctx.Err()
	}
	return out.String(), errs.String(), err
}

// goPackage is what we read of go list -json.
type goPackage struct {
	Dir        string
	Standard   bool
	Module     *goModule
	GoFiles    []string
	CgoFiles   []string
	CFiles     []string
	HFiles     []string
	SFiles     []string
	EmbedFiles []string
}

// goModule is a package's module.
type goModule struct {
	Version string
	GoMod   string
	Replace *goModule
}

// local says whether the package's files can change under us: not those of the
// standard library and of the module cache.
func (p *goPackage) local() bool {
	switch {
	case p.Standard || p.Module == nil:
		return false
	case p.Module.Replace != nil:
		return p.Module.Replace.Version == ""
	}
	return p.Module.Version == ""
}

// inventory stamps what the package in dir is built from, before it is built. A
// package that go list refuses has none, and is built every time.
func (fs *Functions) inventory(ctx context.Context, tool, dir string) *manifest {
	m := &manifest{Dirs: []stamp{stampOf(dir)}}
	out, _, err := fs.goTool(ctx, tool, dir, "list", "-deps",
		"-json=Dir,Standard,Module,GoFiles,CgoFiles,CFiles,HFiles,SFiles,EmbedFiles", ".")
	if err != nil {
		return m
	}
	mods := map[string]bool{}
	for d := json.NewDecoder(strings.NewReader(out)); ; {
		var p goPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return m
		}
		if p.local() {
			m.add(&p, mods)
		}
	}
	for mod := range mods {
		for _, name := range []string{mod, strings.TrimSuffix(mod, ".mod") + ".sum", filepath.Join(filepath.Dir(mod), "vendor", "modules.txt")} {
			m.Files = append(m.Files, stampOf(name))
		}
	}
	m.Tool = stampOf(tool)
	return m
}

// add stamps a package's files and directory.
func (m *manifest) add(p *goPackage, mods map[string]bool) {
	if p.Module.GoMod != "" {
		mods[p.Module.GoMod] = true
	}
	for _, names := range [][]string{p.GoFiles, p.CgoFiles, p.CFiles, p.HFiles, p.SFiles, p.EmbedFiles} {
		for _, name := range names {
			m.Files = append(m.Files, stampOf(filepath.Join(p.Dir, name)))
		}
	}
	if !slices.ContainsFunc(m.Dirs, func(s stamp) bool { return s.Path == p.Dir }) {
		m.Dirs = append(m.Dirs, stampOf(p.Dir))
	}
}

// readManifest reads the record of the last build; nil if there is none.
func readManifest(path string) *manifest {
	b, err := os.ReadFile(path) //nolint:gosec // a file of ours
	if err != nil {
		return nil
	}
	m := &manifest{}
	if json.Unmarshal(b, m) != nil {
		return nil
	}
	return m
}

// writeManifest records a build.
func writeManifest(path string, m *manifest) error {
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return writeFile(path, b, 0o600)
}

// startError explains why a process could not be started.
func startError(path string, err error) error {
	if errors.Is(err, errClosed) || errors.Is(err, context.Canceled) {
		return err
	}
	message := fmt.Sprintf("RequestId: %s Error: %s", newRequestID(), err)
	if hint := startHint(path, err); hint != "" {
		message += " (" + hint + ")"
	}
	return functionError("Runtime.InvalidEntrypoint", message)
}

// asFunctionError is err if it is a function's, else nil.
func asFunctionError(err error) *fault.FunctionError {
	var fe *fault.FunctionError
	if errors.As(err, &fe) {
		return fe
	}
	return nil
}
