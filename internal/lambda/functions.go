package lambda

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tidewire/tidewire/internal/spec"
)

// Functions runs a set of functions. Make one with Open.
type Functions struct {
	// Immutable.
	o            Options
	home         string // the empty HOME
	bootstraps   string // directory of our bootstraps
	interpreters *interpreters
	watcher      *watcher
	spawner      *spawner
	leftovers    *leftovers
	sink         *sink
	builds       chan struct{} // places for go builds
	elsewhere    *caller       // of remote functions

	running  context.Context // ends when Close begins: nothing new starts
	cancel   context.CancelFunc
	stopping context.Context // ends when Close may wait no longer: kill
	hurry    context.CancelFunc

	gate  gate           // invocations
	tasks sync.WaitGroup // everything else that runs in the background
	live  sync.Map       // every *process that has not been reaped

	table    atomic.Pointer[map[string]*function]
	warned   sync.Map   // variable of a function, as refusalKey
	updating sync.Mutex // one Update at a time
	closing  sync.Once
	closed   error // of the first Close
}

// Open prepares the functions and returns when each can be invoked: Go source
// is built and zips are unpacked, all in parallel. No process is started yet.
// It fails with every problem joined, among them a *fault.FunctionError with
// the compiler's output for each build that failed. ctx bounds Open only.
func Open(ctx context.Context, o Options) (*Functions, error) {
	fs := &Functions{o: o.withDefaults(), builds: make(chan struct{}, max(1, runtime.NumCPU()))}
	if err := fs.makeDirs(); err != nil {
		return nil, err
	}
	fs.running, fs.cancel = context.WithCancel(context.Background())
	fs.stopping, fs.hurry = context.WithCancel(context.Background())
	fs.interpreters = &interpreters{path: fs.o.Path, dir: fs.o.BuildDir, warn: fs.o.Log.Warn}
	fs.watcher = newWatcher(fs.o.BuildDir)
	fs.spawner = newSpawner()
	fs.leftovers = newLeftovers(fs.o.BuildDir, fs.o.Log)
	fs.tasks.Go(fs.leftovers.endOld)
	fs.sink = newSink(fs.o.Stderr)
	fs.elsewhere = newCaller(fs.o.RemoteConfig)
	fs.table.Store(&map[string]*function{})
	if err := fs.update(ctx, fs.o.Functions); err != nil {
		return nil, errors.Join(err, fs.Close(ctx))
	}
	fs.tasks.Go(fs.reap)
	return fs, nil
}

// makeDirs makes BuildDir and what processes need in it. Without a BuildDir
// only remote functions and closures can run.
func (fs *Functions) makeDirs() error {
	if err := fs.o.absolute(); err != nil || fs.o.BuildDir == "" {
		return err
	}
	fs.bootstraps = filepath.Join(fs.o.BuildDir, "bootstrap")
	for _, dir := range []string{fs.o.BuildDir, fs.o.TempDir, filepath.Join(fs.o.BuildDir, "pycache")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	if err := writeBootstraps(fs.bootstraps); err != nil {
		return err
	}
	if err := writeFile(filepath.Join(fs.o.BuildDir, "empty"), nil, 0o600); err != nil {
		return err
	}
	fs.home = filepath.Join(fs.o.BuildDir, "home")
	if err := os.RemoveAll(fs.home); err != nil { // of a process that was killed
		return err
	}
	return os.Mkdir(fs.home, 0o700)
}

// Update replaces the set of functions, after a template change. Functions that
// are as they were keep their processes; the others finish what they run and
// end. When one cannot be prepared nothing changes and every problem is
// returned.
func (fs *Functions) Update(functions []spec.Function) error {
	if !fs.gate.enter() {
		return errClosed
	}
	defer fs.gate.leave()
	return fs.update(fs.running, functions)
}

// update prepares what is new and then swaps the table.
func (fs *Functions) update(ctx context.Context, functions []spec.Function) error {
	fs.updating.Lock()
	defer fs.updating.Unlock()
	old := *fs.table.Load()
	next := make(map[string]*function, len(functions))
	var fresh []*function
	for i := range functions {
		f := functions[i]
		if have := old[f.Name]; have != nil && sameFunction(have.spec, &f) {
			next[f.Name] = have
			continue
		}
		fn := newFunction(fs, &f)
		next[f.Name] = fn
		fresh = append(fresh, fn)
	}
	if err := fs.prepareAll(ctx, fresh); err != nil {
		for _, fn := range fresh {
			fn.retire(errRetired)
		}
		return err
	}
	fs.warnAgain(fresh)
	fs.table.Store(&next)
	for name, fn := range old {
		if next[name] != fn {
			fn.retire(errRetired)
		}
	}
	return nil
}

// sameFunction compares two functions apart from where they stand.
func sameFunction(a, b *spec.Function) bool {
	x, y := *a, *b
	x.At, y.At = spec.Source{}, spec.Source{}
	return reflect.DeepEqual(x, y)
}

// prepareAll prepares functions in parallel.
func (fs *Functions) prepareAll(ctx context.Context, fns []*function) error {
	errs := make([]error, len(fns))
	var wg sync.WaitGroup
	for i, fn := range fns {
		wg.Go(func() { errs[i] = fn.prepare(ctx) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// Invoke runs the function called name with an event and returns what it
// returned; see the package's "Errors".
func (fs *Functions) Invoke(ctx context.Context, name string, payload []byte) ([]byte, error) {
	if !fs.gate.enter() {
		return nil, errClosed
	}
	defer fs.gate.leave()
	if len(payload) > maxPayload {
		return nil, payloadTooLarge(name, len(payload))
	}
	for {
		fn := (*fs.table.Load())[name]
		if fn == nil {
			return nil, unknownFunction(name)
		}
		body, err := fn.invoke(ctx, payload)
		if errors.Is(err, errRetired) { // Update was faster
			continue
		}
		return body, err
	}
}

// Close ends every process and waits for all that runs in the background.
// Processes get SIGTERM and two seconds; when ctx ends they are killed at once.
// Invocations that still run fail. Closing twice is harmless.
func (fs *Functions) Close(ctx context.Context) error {
	fs.gate.shut()
	stop := context.AfterFunc(ctx, fs.hurry)
	defer stop()
	fs.cancel()
	for _, fn := range *fs.table.Load() {
		fn.retire(errClosed)
	}
	fs.stopAll()
	fs.gate.wait()
	fs.stopAll() // what was being started meanwhile
	fs.tasks.Wait()
	fs.closing.Do(func() { fs.closed = fs.free(ctx) })
	return fs.closed
}

// stopAll stops every process, of functions that were replaced too, in the
// background.
func (fs *Functions) stopAll() {
	fs.live.Range(func(p, _ any) bool {
		if p, ok := p.(*process); ok {
			fs.tasks.Go(func() { p.stop(fs.stopping) })
		}
		return true
	})
}

// free frees what is left when nothing runs any more.
func (fs *Functions) free(ctx context.Context) error {
	fs.hurry()
	fs.leftovers.close()
	fs.watcher.close()
	fs.spawner.close()
	fs.sink.close(ctx)
	fs.elsewhere.close()
	if fs.home != "" {
		return os.RemoveAll(fs.home)
	}
	return nil
}

// reap ends idle processes until Close begins.
func (fs *Functions) reap() {
	tick := time.NewTicker(min(fs.o.IdleAfter/2+time.Millisecond, 30*time.Second))
	defer tick.Stop()
	for {
		select {
		case now := <-tick.C:
			for _, fn := range *fs.table.Load() {
				if st := fn.state.Load(); st != nil && st.pool != nil {
					st.pool.reap(now, now.Add(-fs.o.IdleAfter))
				}
			}
		case <-fs.running.Done():
			return
		}
	}
}

// gate counts invocations and lets none in after it was shut.
type gate struct {
	mu    sync.Mutex
	n     int
	shutd bool
	empty chan struct{} // made by shut; closed when n is 0
}

// enter counts one in; false when the gate is shut.
func (g *gate) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shutd {
		return false
	}
	g.n++
	return true
}

// stay counts one more in, for somebody who is inside.
func (g *gate) stay() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.n++
}

// leave counts one out.
func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.n--
	if g.n == 0 && g.shutd {
		close(g.empty)
	}
}

// shut lets nobody in any more.
func (g *gate) shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shutd {
		return
	}
	g.shutd, g.empty = true, make(chan struct{})
	if g.n == 0 {
		close(g.empty)
	}
}

// wait waits until everybody is out; the gate must be shut.
func (g *gate) wait() { <-g.empty }
