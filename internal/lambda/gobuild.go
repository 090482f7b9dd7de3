package lambda

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

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
