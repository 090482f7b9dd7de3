package appsyncjs

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/tidewire/tidewire/internal/spec"
)

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestLoadAgain: a module is the same until the code or an import changes.
func TestLoadAgain(t *testing.T) {
	t.Parallel()
	e := open(t, Options{Runtimes: 1})
	dir := t.TempDir()
	write(t, dir, "code.js", `import { x } from './lib/a'; export const request = () => x`)
	if err := os.MkdirAll(filepath.Join(dir, "lib", "a"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "lib/a/index.ts", `export const x: number = 1`)
	source := Source{Script: &spec.Script{File: filepath.Join(dir, "code.js")}, Root: dir}
	last := e.mustLoad(t, source)
	if e.mustLoad(t, source) != last {
		t.Error("loaded anew without a reason")
	}
	for step, want := range []string{"2", "3", "4"} {
		switch step {
		case 0: // an import changes
			write(t, dir, "lib/a/index.ts", `export const x: number = 2`)
		case 1: // a file that comes before it appears
			write(t, dir, "lib/a.js", `export const x = 3`)
		case 2: // the code changes
			write(t, dir, "code.js", `import { x } from './lib/a'; export const request = () => x + 1`)
		}
		m := e.mustLoad(t, source)
		if out := m.Call(t.Context(), "request", &Call{}); string(out.Value) != want || m == last {
			t.Errorf("step %d: %s %s", step, out.Value, out.Reason)
		}
		last = m
	}
	write(t, dir, "code.js", `export const request = (`)
	if _, problems := e.Load(source); len(problems) == 0 {
		t.Error("no problem")
	}
	if err := os.Remove(filepath.Join(dir, "code.js")); err != nil {
		t.Fatal(err)
	}
	if _, problems := e.Load(source); len(problems) == 0 {
		t.Error("no problem")
	}
}

func (e *Engine) mustLoad(t *testing.T, s Source) *Module {
	t.Helper()
	m, problems := e.Load(s)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return m
}

func TestModulesAreBounded(t *testing.T) {
	t.Parallel()
	var m modules
	for i := range maxModules + 1 {
		m.put(moduleKey{name: fmt.Sprint(i)}, &loaded{})
	}
	if len(m.known) != 1 {
		t.Errorf("%d modules are kept", len(m.known))
	}
}

// TestSourcesAreToldApart: the same code elsewhere has positions of its own.
func TestSourcesAreToldApart(t *testing.T) {
	t.Parallel()
	e := open(t, Options{Runtimes: 1})
	for _, name := range []string{"one", "two"} {
		s := inline(`export const request = (ctx) => ctx.source.x`)
		s.Name = name
		out := e.mustLoad(t, s).Call(t.Context(), "request", &Call{})
		if out.At.File != name {
			t.Errorf("%s fails at %v", name, out.At)
		}
	}
}
