package lambda

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/tidewire/tidewire/internal/spec"
)

// source is a function's code, ready to be run.
type source struct {
	dir       string   // becomes the working directory and LAMBDA_TASK_ROOT
	bootstrap string   // the executable of a native function
	watch     []string // directories to watch, with what is below them
	flat      []string // directories to watch without what is below them
	quick     []string // files that are looked at on invocation as well
}

// prepareSource makes a function's code ready: unpacks, writes, builds.
func (fs *Functions) prepareSource(ctx context.Context, f *spec.Function, k kind) (*source, error) {
	src, err := fs.locate(f, k)
	if err != nil {
		return nil, err
	}
	if k != kindNative {
		src.quick = append(src.quick, handlerFile(f, k, src.dir))
		return src, nil
	}
	return fs.nativeSource(ctx, f, src)
}

// locate finds or makes the directory with the function's code.
func (fs *Functions) locate(f *spec.Function, k kind) (*source, error) {
	switch {
	case f.Code.Unavailable != "":
		return nil, fmt.Errorf("function %s has no local code: %s", f.Name, f.Code.Unavailable)
	case f.Code.Dir != "":
		if !isDir(f.Code.Dir) {
			return nil, fmt.Errorf("function %s: the code directory %s does not exist", f.Name, f.Code.Dir)
		}
		return &source{dir: f.Code.Dir, watch: []string{f.Code.Dir}}, nil
	case f.Code.Zip != "":
		dir, err := fs.unpack(f.Code.Zip)
		return &source{dir: dir, flat: []string{filepath.Dir(f.Code.Zip)}, quick: []string{f.Code.Zip}}, err
	case f.Code.Inline != "":
		dir, err := fs.writeInline(f, k)
		return &source{dir: dir}, err
	}
	return nil, fmt.Errorf("function %s has no code", f.Name)
}

// nativeSource finds the bootstrap of a native function, or builds it.
func (fs *Functions) nativeSource(ctx context.Context, f *spec.Function, src *source) (*source, error) {
	for _, dir := range append([]string{src.dir}, layerDirs(f)...) {
		if path := filepath.Join(dir, "bootstrap"); isFile(path) {
			src.bootstrap = path
			src.quick = append(src.quick, path)
			return src, nil
		}
	}
	if module := goMain(src.dir); module != "" {
		return fs.buildGo(ctx, f, src.dir)
	}
	return nil, fmt.Errorf("function %s: %s holds no file called bootstrap and is no Go main package of a module", f.Name, src.dir)
}

// writeInline writes inline code where its handler expects it (CloudFormation,
// AWS::Lambda::Function Code, "ZipFile").
func (fs *Functions) writeInline(f *spec.Function, k kind) (string, error) {
	name := "index.js"
	switch k {
	case kindPython:
		name = "index.py"
	case kindNode:
	default:
		return "", fmt.Errorf("function %s: inline code is for Python and Node functions only", f.Name)
	}
	dir := filepath.Join(fs.o.BuildDir, "inline", digest(f.Name, name, f.Code.Inline))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	return dir, writeFile(filepath.Join(dir, name), []byte(f.Code.Inline), 0o600)
}

// writeFile writes a file in one step, and leaves one alone that is right.
func writeFile(path string, content []byte, mode os.FileMode) error {
	if have, err := os.ReadFile(path); err == nil && string(have) == string(content) { //nolint:gosec // a file of ours
		return nil
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Chmod(f.Name(), mode)
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

// digest names a directory by what it is made of.
func digest(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		_, _ = io.WriteString(h, p) // a hash never fails
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// layerDirs are a function's layers, the last one first: on Lambda a later
// layer's files replace an earlier one's.
func layerDirs(f *spec.Function) []string {
	dirs := make([]string, 0, len(f.Layers))
	for i := len(f.Layers) - 1; i >= 0; i-- {
		if f.Layers[i].Dir != "" {
			dirs = append(dirs, f.Layers[i].Dir)
		}
	}
	return dirs
}

// handlerFile is the file that holds a handler, or where it should be.
func handlerFile(f *spec.Function, k kind, dir string) string {
	stem, suffixes := handlerStem(f.Handler, k)
	for _, s := range suffixes {
		if path := filepath.Join(dir, filepath.FromSlash(stem)+s); isFile(path) {
			return path
		}
	}
	return filepath.Join(dir, filepath.FromSlash(stem)+suffixes[0])
}

// handlerStem is the path of a handler's module without its suffix, and the
// suffixes it may have.
func handlerStem(handler string, k kind) (string, []string) {
	if k == kindPython {
		module := handler
		if i := strings.LastIndexByte(handler, '.'); i >= 0 {
			module = handler[:i]
		}
		return strings.ReplaceAll(module, ".", "/"), []string{".py", "/__init__.py", ".pyc"}
	}
	dir, base := handler[:strings.LastIndexByte(handler, '/')+1], handler[strings.LastIndexByte(handler, '/')+1:]
	if i := strings.IndexByte(base, '.'); i >= 0 {
		base = base[:i]
	}
	return dir + base, []string{".js", ".mjs", ".cjs", "", "/index.js", ".ts", ".mts", ".cts"}
}
