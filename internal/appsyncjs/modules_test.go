package appsyncjs

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

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

// TestReads: whoever watches files hears of all that the answer depends on,
// whatever it is.
func TestReads(t *testing.T) {
	t.Parallel()
	e := open(t, Options{Runtimes: 1})
	const code = "import { x } from './lib/a';\nimport d from './d.json';\nexport const request = () => x + d.n;\n"
	for _, tt := range []struct {
		name, archive string
		good          bool
		want          []string
	}{
		{"good", "-- lib/a.ts --\nexport const x: number = 1;\n-- d.json --\n{\"n\": 1}\n", true, []string{"code.js", "d.json", "lib/a", "lib/a.ts"}},
		{"an import is not there", "-- d.json --\n{\"n\": 1}\n", false,
			[]string{"code.js", "d.json", "lib/a", "lib/a.js", "lib/a.json", "lib/a.mjs", "lib/a.ts", "lib/a/index.js", "lib/a/index.ts"}},
		{"an import is wrong", "-- lib/a.ts --\nexport const x = ;\n-- d.json --\n{\"n\": 1}\n", false, []string{"code.js", "d.json", "lib/a", "lib/a.ts"}},
		{"an import breaks a rule", "-- lib/a.ts --\nexport const x = 1;\nwhile (x) {}\n-- d.json --\n{\"n\": 1}\n", false, []string{"code.js", "d.json", "lib/a", "lib/a.ts"}},
	} {
		dir := tree(t, "-- code.js --\n"+code+tt.archive)
		for range 2 { // the second time it may be known
			read := map[string]bool{}
			_, problems := e.Load(Source{Script: &spec.Script{File: filepath.Join(dir, "code.js")}, Reads: func(file string) {
				name, err := filepath.Rel(dir, file)
				if err != nil {
					t.Fatal(err)
				}
				read[filepath.ToSlash(name)] = true
			}})
			if (len(problems) == 0) != tt.good {
				t.Errorf("%s: %v", tt.name, problems)
			}
			if diff := cmp.Diff(tt.want, slices.Sorted(maps.Keys(read))); diff != "" {
				t.Errorf("%s: %s", tt.name, diff)
			}
		}
	}
	read := map[string]bool{}
	note := func(file string) { read[file] = true }
	gone := filepath.Join(t.TempDir(), "gone", "code.js")
	for _, s := range []spec.Script{{Text: "export const request = () => 1"}, {File: gone}} {
		e.Load(Source{Script: &s, Reads: note})
	}
	if diff := cmp.Diff(map[string]bool{gone: true}, read); diff != "" {
		t.Errorf("inline code, and a file that is not there: %s", diff)
	}
}
