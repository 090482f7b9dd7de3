package lambda

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tidewire/tidewire/internal/spec"
)

// version is a function with its code as it was at one time: all that is needed
// to start processes of it. It does not change, apart from what it remembers
// about the code on disk.
type version struct {
	fn       *spec.Function
	kind     kind
	release  release // asked for
	timeout  time.Duration
	dir      string
	layers   []string
	overHTTP bool // the Runtime API, not the private channel

	addressForm func() string // what goes before the Runtime API's address
	runtimeDir  string
	source      *source
	binary      stamp // of source.bootstrap

	dirty  atomic.Bool  // the watcher saw a change
	looked atomic.Int64 // when the quick files were last looked at, ns
	pause  int64        // between two looks, ns

	mu     sync.Mutex
	stamps []stamp // of source.quick
	polled *poll   // for directories that are not watched
}

// lookCost is the time between two looks at the quick files, per file: looking
// takes about one part in two hundred of it.
const lookCost = 250 * time.Microsecond

// prepare makes a function ready to be started.
func (fs *Functions) prepare(ctx context.Context, f *spec.Function) (*version, error) {
	k, want := parseRuntime(f.Runtime)
	if ps := checkRuntime(f, k); len(ps) > 0 {
		return nil, functionError("Runtime.InvalidRuntime", ps[0].Message+": "+ps[0].Hint)
	}
	src, err := fs.prepareSource(ctx, f, k)
	if err != nil {
		return nil, err
	}
	v := &version{
		fn: f, kind: k, release: want, timeout: timeoutOf(f), dir: src.dir,
		layers: layerDirs(f), overHTTP: k == kindNative || fs.o.overHTTP,
		runtimeDir: fs.o.RuntimeDir, source: src,
	}
	v.addressForm = sync.OnceValue(v.scheme)
	if src.bootstrap != "" {
		v.binary = stampOf(src.bootstrap)
	}
	v.pause = int64(max(4, len(src.quick))) * int64(lookCost)
	for _, path := range src.quick {
		v.stamps = append(v.stamps, stampOf(path))
	}
	return v, nil
}

// program is what a process of a version runs.
type program struct {
	argv   []string
	actual release // of the interpreter; zero for a native function
}

// program finds out what to run; for Python and Node it looks for the
// interpreter, once per runtime.
func (fs *Functions) program(ctx context.Context, v *version) (*program, error) {
	if v.kind == kindNative {
		return &program{argv: []string{v.source.bootstrap}}, nil
	}
	in, err := fs.interpreters.find(ctx, v.fn.Runtime)
	if err != nil {
		return nil, functionError("Runtime.InvalidEntrypoint", "function "+v.fn.Name+": "+err.Error())
	}
	p := &program{argv: []string{in.path}, actual: in.version}
	if v.kind == kindPython {
		p.argv = append(p.argv, "-X", "utf8", "-X", "pycache_prefix="+filepath.Join(fs.o.BuildDir, "pycache"),
			filepath.Join(fs.bootstraps, "bootstrap.py"), v.settings("python"))
		return p, nil
	}
	p.argv = append(p.argv, filepath.Join(fs.bootstraps, "bootstrap.cjs"), v.settings("nodejs/node_modules"))
	return p, nil
}

// settings is what a bootstrap is told, as JSON in its argument; nothing of it
// is secret.
func (v *version) settings(sdk string) string {
	folder := ""
	if v.runtimeDir != "" {
		folder = filepath.Join(v.runtimeDir, filepath.FromSlash(sdk))
	}
	b, err := json.Marshal(map[string]any{
		"handler": v.handler(), "root": v.dir, "sdk": folder,
		"arn": v.fn.ARN, "channel": !v.overHTTP,
	})
	if err != nil { // strings and a bool always marshal
		return "{}"
	}
	return string(b)
}

// handler is the handler string, with /opt replaced by the layer that has it.
func (v *version) handler() string {
	rest, ok := strings.CutPrefix(v.fn.Handler, "/opt/")
	if !ok {
		return v.fn.Handler
	}
	for _, layer := range v.layers {
		if isFile(handlerFile(&spec.Function{Handler: rest}, v.kind, layer)) {
			return layer + "/" + rest
		}
	}
	return v.fn.Handler
}

// timeoutOf is the function's timeout.
func timeoutOf(f *spec.Function) time.Duration {
	if f.Timeout > 0 {
		return f.Timeout
	}
	return defaultTimeout
}

// stale says whether the code on disk has changed since the version was made.
func (v *version) stale(now time.Time) bool {
	if v.dirty.Load() {
		return true
	}
	last := v.looked.Load()
	if now.UnixNano()-last < v.pause || !v.looked.CompareAndSwap(last, now.UnixNano()) {
		return false
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, s := range v.stamps {
		if stampOf(s.Path) != s {
			v.dirty.Store(true)
			return true
		}
	}
	if v.polled != nil && v.polled.changed(now) {
		v.dirty.Store(true)
		return true
	}
	return false
}

// rearm forgets the changes seen so far.
func (v *version) rearm() {
	v.dirty.Store(false)
	v.mu.Lock()
	defer v.mu.Unlock()
	for i, s := range v.stamps {
		v.stamps[i] = stampOf(s.Path)
	}
	if v.polled != nil {
		v.polled.print = v.polled.fingerprint()
	}
}

// sameCode says whether a newly prepared version runs the very same program,
// as when a file beside the sources of a Go function was touched.
func (v *version) sameCode(o *version) bool {
	return v.kind == kindNative && o.kind == kindNative && v.fn == o.fn &&
		v.source.bootstrap == o.source.bootstrap && v.binary == o.binary
}

// writeBootstraps writes our bootstraps where interpreters can read them.
func writeBootstraps(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	entries, err := bootstrapFiles.ReadDir("bootstrap")
	if err != nil {
		return err
	}
	for _, e := range entries {
		b, err := bootstrapFiles.ReadFile("bootstrap/" + e.Name())
		if err != nil {
			return err
		}
		if err := writeFile(filepath.Join(dir, e.Name()), b, 0o600); err != nil {
			return err
		}
	}
	return nil
}
