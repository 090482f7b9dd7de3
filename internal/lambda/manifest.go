package lambda

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

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
