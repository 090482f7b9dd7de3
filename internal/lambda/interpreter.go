package lambda

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
)

// interpreter is a Python or Node executable.
type interpreter struct {
	path    string // the program itself, not a version manager's shim
	version release
}

// interpreters finds interpreters, each once.
type interpreters struct {
	path string // search path
	dir  string // working directory of the probes
	warn func(message string, args ...any)

	mu    sync.Mutex
	found map[string]*lookup // by runtime name
	seen  map[string]*interpreter
}

// lookup is the search for one runtime's interpreter.
type lookup struct {
	once sync.Once
	in   *interpreter
	err  error
}

// find gives the interpreter for a runtime: the exact version if there is one
// on the path, else the nearest, with a warning once.
func (is *interpreters) find(ctx context.Context, runtimeName string) (*interpreter, error) {
	is.mu.Lock()
	if is.found == nil {
		is.found = map[string]*lookup{}
	}
	l := is.found[runtimeName]
	if l == nil {
		l = &lookup{}
		is.found[runtimeName] = l
	}
	is.mu.Unlock()
	l.once.Do(func() { l.in, l.err = is.search(ctx, runtimeName) })
	if l.err != nil { // it may be installed by the next call
		is.mu.Lock()
		delete(is.found, runtimeName)
		is.mu.Unlock()
	}
	return l.in, l.err
}

// search probes candidates until one matches exactly.
func (is *interpreters) search(ctx context.Context, runtimeName string) (*interpreter, error) {
	k, want := parseRuntime(runtimeName)
	var best *interpreter
	for _, candidate := range candidates(k, want) {
		for _, path := range lookAll(is.path, candidate) {
			in := is.probe(ctx, k, path)
			if in == nil {
				continue
			}
			if exact(k, in.version, want) {
				return in, nil
			}
			if best == nil || distance(k, in.version, want) < distance(k, best.version, want) {
				best = in
			}
		}
	}
	if best == nil {
		return nil, fmt.Errorf("runtime %s needs %s, and none was found on PATH: install it, or use --function Name=URL", runtimeName, programOf(k))
	}
	if want.major != 99 {
		is.warn("the exact interpreter is not on PATH, using the nearest",
			"runtime", runtimeName, "uses", best.path, "version", best.version.String())
	}
	return best, nil
}

// String is "3.12" or, for a Node, "22.0".
func (r release) String() string { return strconv.Itoa(r.major) + "." + strconv.Itoa(r.minor) }

// programOf is what a person would install.
func programOf(k kind) string {
	if k == kindNode {
		return "node"
	}
	return "python3"
}

// candidates are the program names to try, the best first.
func candidates(k kind, want release) []string {
	if k == kindNode {
		return []string{"node", fmt.Sprintf("node%d", want.major), fmt.Sprintf("node-%d", want.major), "nodejs"}
	}
	names := []string{"python" + want.String(), "python3", "python"}
	for d := 1; d <= 8; d++ {
		names = append(names, fmt.Sprintf("python3.%d", want.minor+d), fmt.Sprintf("python3.%d", want.minor-d))
	}
	return names
}

// exact says whether a version is the one that was asked for.
func exact(k kind, have, want release) bool {
	if k == kindNode {
		return have.major == want.major
	}
	return have == want
}

// distance orders versions by nearness; a newer one wins a tie.
func distance(k kind, have, want release) int {
	d := have.minor - want.minor
	if k == kindNode {
		d = have.major - want.major
	}
	if have.major != want.major && k == kindPython {
		return 1000
	}
	if d < 0 {
		return -2*d + 1
	}
	return 2 * d
}

// probeLimit bounds one probe.
const probeLimit = 10 * time.Second

// probe asks a program what it is; nil if it is nothing that we can use.
func (is *interpreters) probe(ctx context.Context, k kind, path string) *interpreter {
	is.mu.Lock()
	in, ok := is.seen[path]
	is.mu.Unlock()
	if ok {
		return in
	}
	in = ask(ctx, k, path, is.path, is.dir)
	is.mu.Lock()
	defer is.mu.Unlock()
	if is.seen == nil {
		is.seen = map[string]*interpreter{}
	}
	if ctx.Err() == nil {
		is.seen[path] = in
	}
	return in
}

// ask runs the program with a line that prints its version and its real path;
// version managers put scripts on PATH that are slow and choose anew each time.
func ask(ctx context.Context, k kind, path, searchPath, dir string) *interpreter {
	ctx, cancel := context.WithTimeout(ctx, probeLimit)
	defer cancel()
	args := []string{"-I", "-S", "-c", "import sys;print(sys.version_info[0],sys.version_info[1]);print(sys.executable)"}
	if k == kindNode {
		args = []string{"-p", `process.versions.node.split(".").slice(0,2).join(" ")+"\n"+process.execPath`}
	}
	cmd := exec.CommandContext(ctx, path, args...) //nolint:gosec // an interpreter from the person's PATH
	cmd.Env = []string{"PATH=" + searchPath, "LANG=en_US.UTF-8"}
	cmd.Dir = dir
	cmd.WaitDelay = time.Second
	cmd.Stderr = io.Discard
	out, err := cmd.Output()
	if err != nil {
		return nil
	}
	return parseProbe(string(out), path)
}

// parseProbe reads what a probe printed.
func parseProbe(out, path string) *interpreter {
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != 2 {
		return nil
	}
	var r release
	if _, err := fmt.Sscan(lines[0], &r.major, &r.minor); err != nil {
		return nil
	}
	if real := strings.TrimSpace(lines[1]); isExecutable(real) {
		path = real
	}
	return &interpreter{path: path, version: r}
}

// lookAll finds a program in every directory of a search path.
func lookAll(searchPath, name string) []string {
	var found []string
	for _, dir := range filepath.SplitList(searchPath) {
		if !filepath.IsAbs(dir) { // never from the working directory
			continue
		}
		for _, suffix := range programSuffixes() {
			if path := filepath.Join(dir, name+suffix); isExecutable(path) {
				found = append(found, path)
			}
		}
	}
	return found
}

// look finds a program on a search path; empty if there is none.
func look(searchPath, name string) string {
	if all := lookAll(searchPath, name); len(all) > 0 {
		return all[0]
	}
	return ""
}

// programSuffixes are what the system lets one leave out of a program's name.
func programSuffixes() []string {
	if runtime.GOOS == "windows" {
		return []string{".exe", ".cmd", ".bat"}
	}
	return []string{""}
}

// isExecutable says whether path is a file that may be run.
func isExecutable(path string) bool {
	fi, err := os.Stat(path)
	if err != nil || !fi.Mode().IsRegular() {
		return false
	}
	return runtime.GOOS == "windows" || fi.Mode()&0o111 != 0
}
