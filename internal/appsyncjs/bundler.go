package appsyncjs

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"

	"github.com/evanw/esbuild/pkg/api"
)

const (
	maxFile    = 256 << 10 // bytes of one file of a bundle, as a bound for parsers
	maxFiles   = 64
	maxNesting = 200
)

// bundler is one run of esbuild. Its files come from memory or out of root.
type bundler struct {
	engine   *Engine
	source   *Source
	root     *os.Root // nil for inline code
	rootPath string
	entry    string // slash path below root

	mu    sync.Mutex
	files int // read so far
	loaded
}

// newBundler finds a script. The caller closes it, unless there are problems.
func (e *Engine) newBundler(s *Source) (*bundler, Problems) {
	b := &bundler{engine: e, source: s, loaded: loaded{read: make(map[string][sha256.Size]byte)}}
	if s.Script.File == "" {
		b.entry = "code.js"
	} else if err := b.open(); err != nil {
		return b, Problems{{Position: Position{File: s.name()}, Message: err.Error()}}
	}
	return b, nil
}

func (b *bundler) close() {
	if b.root != nil {
		_ = b.root.Close() // a directory that was only read
	}
}

// bundle reads a script and what it imports.
func (b *bundler) bundle() (*bundle, Problems) {
	result := api.Build(b.options())
	if len(result.Errors) > 0 {
		return nil, b.messages(result.Errors)
	}
	return b.finish(result.OutputFiles)
}

// open finds the entry below the root.
func (b *bundler) open() error {
	file, err := filepath.Abs(b.source.Script.File)
	if err != nil {
		return err
	}
	b.rootPath = filepath.Dir(file)
	if b.source.Root != "" {
		if b.rootPath, err = filepath.Abs(b.source.Root); err != nil {
			return err
		}
	}
	relative, err := filepath.Rel(b.rootPath, file)
	if err != nil || !filepath.IsLocal(relative) {
		return fmt.Errorf("the file is not below %s", b.rootPath)
	}
	b.entry = filepath.ToSlash(relative)
	b.root, err = os.OpenRoot(b.rootPath)
	return err
}

func (b *bundler) options() api.BuildOptions {
	return api.BuildOptions{
		EntryPoints: []string{b.entry},
		Outdir:      "/out", // names the result; nothing is written
		Bundle:      true,
		Format:      api.FormatESModule,
		Target:      api.ESNext,
		Platform:    api.PlatformNeutral,
		// Code that is not used is judged, too.
		TreeShaking:    api.TreeShakingFalse,
		Sourcemap:      api.SourceMapExternal,
		SourcesContent: api.SourcesContentExclude,
		TsconfigRaw:    "{}",
		LogLimit:       100,
		Plugins:        []api.Plugin{{Name: "appsync", Setup: b.setup}},
	}
}

const (
	spaceLocal   = "local"
	spaceLibrary = "appsync"
)

func (b *bundler) setup(build api.PluginBuild) {
	build.OnResolve(api.OnResolveOptions{Filter: ".*"}, b.resolve)
	build.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: spaceLocal}, b.load)
	build.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: spaceLibrary}, b.loadLibrary)
}

// resolve says where an import is found: in the library, or below the root.
func (b *bundler) resolve(a api.OnResolveArgs) (api.OnResolveResult, error) {
	switch {
	case a.Kind == api.ResolveEntryPoint:
		return api.OnResolveResult{Path: b.entry, Namespace: spaceLocal}, nil
	case a.Kind != api.ResolveJSImportStatement:
		return api.OnResolveResult{}, fmt.Errorf("cannot import %q: only import statements are supported", a.Path)
	case a.Path == "@aws-appsync/utils", a.Path == "@aws-appsync/utils/dynamodb":
		return api.OnResolveResult{Path: a.Path, Namespace: spaceLibrary}, nil
	case strings.HasPrefix(a.Path, "@aws-appsync/utils/"):
		return api.OnResolveResult{}, fmt.Errorf("%s is not available in tidewire", a.Path)
	case !strings.HasPrefix(a.Path, "./") && !strings.HasPrefix(a.Path, "../"):
		return api.OnResolveResult{}, fmt.Errorf("cannot import %q: only @aws-appsync/utils and local files (./…) can be imported; bundle packages before", a.Path)
	case b.root == nil:
		return api.OnResolveResult{}, fmt.Errorf("cannot import %q: inline code cannot import files", a.Path)
	}
	return b.resolveLocal(a)
}

func (b *bundler) resolveLocal(a api.OnResolveArgs) (api.OnResolveResult, error) {
	wanted := path.Join(path.Dir(a.Importer), a.Path)
	if !filepath.IsLocal(filepath.FromSlash(wanted)) {
		return api.OnResolveResult{}, fmt.Errorf("cannot import %q: it is outside of %s", a.Path, b.rootPath)
	}
	for _, candidate := range candidates(wanted) {
		if b.exists(candidate) {
			return api.OnResolveResult{Path: candidate, Namespace: spaceLocal}, nil
		}
		b.mu.Lock()
		b.absent = append(b.absent, candidate)
		b.mu.Unlock()
	}
	return api.OnResolveResult{}, fmt.Errorf("cannot import %q: there is no such file below %s", a.Path, b.rootPath)
}

// candidates are the files that an import can mean, in TypeScript's order.
func candidates(wanted string) []string {
	list := []string{wanted}
	if base, ok := strings.CutSuffix(wanted, ".js"); ok {
		list = append(list, base+".ts")
	}
	if base, ok := strings.CutSuffix(wanted, ".mjs"); ok {
		list = append(list, base+".mts")
	}
	for _, end := range []string{".ts", ".js", ".mjs", ".json", "/index.ts", "/index.js"} {
		list = append(list, wanted+end)
	}
	return list
}

// load reads a file of the script's author.
func (b *bundler) load(a api.OnLoadArgs) (api.OnLoadResult, error) {
	b.mu.Lock()
	b.files++
	files := b.files
	b.mu.Unlock()
	if files > maxFiles {
		return api.OnLoadResult{}, fmt.Errorf("more than %d files are imported", maxFiles)
	}
	text, err := b.text(a.Path)
	b.note(a.Path, text, err)
	if err != nil {
		return api.OnLoadResult{}, err
	}
	if depth := deepest(text); depth > maxNesting {
		return api.OnLoadResult{}, fmt.Errorf("brackets are nested %d deep in %s, more than %d", depth, b.display(a.Path), maxNesting)
	}
	loader := loaderOf(a.Path)
	if loader != api.LoaderJSON && strings.Contains(text, "sourceMappingURL=") {
		text += noSourceMap
	}
	return api.OnLoadResult{Contents: &text, Loader: loader}, nil
}

// note keeps what was read of a file, or that it could not be.
func (b *bundler) note(name, text string, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var sum [sha256.Size]byte
	if err == nil {
		sum = sha256.Sum256([]byte(text))
	}
	b.read[name] = sum
}

// noSourceMap is put behind a file that may have such a comment. The bundler
// follows the last one: to what the file was made from, which then is what
// the bundle's own map names, or, by a file URL, out of the root. This one leads
// nowhere, so that places are in the file as it is given.
const noSourceMap = "\n//# sourceMappingURL=none"

func (b *bundler) text(name string) (string, error) {
	if b.root == nil {
		return b.source.Script.Text, limitFile(len(b.source.Script.Text), b.display(name))
	}
	file, err := b.root.Open(filepath.FromSlash(name))
	if err != nil {
		return "", err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return "", err
	}
	if err := limitFile(int(info.Size()), b.display(name)); err != nil {
		return "", err
	}
	text := make([]byte, info.Size())
	n, err := file.ReadAt(text, 0)
	if n < len(text) {
		return "", fmt.Errorf("read %s: %w", b.display(name), err)
	}
	return string(text), nil
}

func limitFile(size int, name string) error {
	if size > maxFile {
		return fmt.Errorf("%s has more than %d KB", name, maxFile>>10)
	}
	return nil
}

func loaderOf(name string) api.Loader {
	switch path.Ext(name) {
	case ".ts", ".mts":
		return api.LoaderTS
	case ".json":
		return api.LoaderJSON
	}
	return api.LoaderJS
}

// loadLibrary gives a module that takes its exports from the runtime.
func (b *bundler) loadLibrary(a api.OnLoadArgs) (api.OnLoadResult, error) {
	text := "export const { util, extensions, runtime } = " + hidden + ";"
	if strings.HasSuffix(a.Path, "/dynamodb") {
		text = "export const { " + strings.Join(b.engine.dynamodb, ", ") + " } = " + hidden + ".dynamodb;"
	}
	return api.OnLoadResult{Contents: &text, Loader: api.LoaderJS}, nil
}

// display is the path of a source for people.
func (b *bundler) display(name string) string {
	name = strings.TrimPrefix(name, spaceLocal+":")
	if name == b.entry {
		return b.source.name()
	}
	return filepath.Join(b.rootPath, filepath.FromSlash(name))
}

// messages are esbuild's errors.
func (b *bundler) messages(list []api.Message) Problems {
	problems := make(Problems, len(list))
	for i, m := range list {
		p := Problem{Position: Position{File: b.source.name()}, Message: m.Text}
		if at := m.Location; at != nil {
			p.Position = Position{File: b.display(at.File), Line: at.Line, Column: at.Column + 1}
			p.Span = at.Length
			if at.LineText == strings.TrimSpace(noSourceMap) { // the file ended too early
				p.Line, p.Column, p.Span = at.Line-1, 1, 0
			}
		}
		problems[i] = p
	}
	return problems
}

// finish wraps what esbuild made.
func (b *bundler) finish(files []api.OutputFile) (*bundle, Problems) {
	out := &bundle{name: b.source.name(), names: make(map[string]string)}
	for _, f := range files {
		if strings.HasSuffix(f.Path, ".map") {
			mapping, err := parseSourceMap(f.Contents)
			if err != nil {
				return nil, Problems{{Position: Position{File: out.name}, Message: err.Error()}}
			}
			out.mapping = mapping
			continue
		}
		out.wrap(string(f.Contents))
	}
	if out.mapping == nil {
		return nil, Problems{{Position: Position{File: out.name}, Message: "the code cannot be bundled"}}
	}
	local := 0
	for _, s := range out.mapping.sources {
		switch {
		case strings.HasPrefix(s, spaceLocal+":"):
			out.names[s] = b.display(s)
			local++
		case !strings.HasPrefix(s, spaceLibrary+":"): // code that nobody could judge
			return nil, Problems{{Position: Position{File: out.name}, Message: fmt.Sprintf("the bundler took code from %q", s)}}
		}
	}
	code := b.source.Script.Text
	if b.root != nil && (local > 1 || loaderOf(b.entry) != api.LoaderJS) {
		code = out.code
	} else if b.root != nil {
		code, _ = b.text(b.entry)
	}
	if problems := tooLong(out.name, code); problems != nil {
		return nil, problems
	}
	return out, nil
}
