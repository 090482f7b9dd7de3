//go:build conformance

package conformance

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestGenqlient builds the example for genqlient, a module of its own, and runs
// it against AWS's simulator: a typed query, mutation and subscription.
func TestGenqlient(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(suite.root, "examples", "genqlient")
	succeeded(t, command{argv: []string{"go", "vet", "."}, dir: dir})
	program := built(t, filepath.Join("examples", "genqlient"), "-race")
	s := simulate(t)
	key := "TIDEWIRE_API_KEY=" + simulatorKey
	said := succeeded(t, command{argv: []string{program, "-url", s.url, "-title", "typed"}, env: []string{key}})
	if said != "there is 1 first\nadded 2 typed\nheard of 2 typed\n" {
		t.Errorf("it said %q", said)
	}
	p, code := finished(t, command{argv: []string{program}, env: []string{"APPSYNC_URL=" + s.url, key + "x"}})
	if text := p.stderr.String(); code != 1 || !strings.Contains(text, "UnauthorizedException") || strings.Contains(text, simulatorKey) {
		t.Errorf("with a wrong key: %d, %s", code, text)
	}
}

// TestGenqlientIsGenerated: the generated code is what genqlient makes of the
// example's operations.
func TestGenqlientIsGenerated(t *testing.T) {
	t.Parallel()
	from := filepath.Join(suite.root, "examples", "genqlient")
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	succeeded(t, command{argv: []string{"go", "mod", "edit", "-replace", "github.com/tidewire/tidewire=" + suite.root}, dir: dir})
	const file = "generated.go"
	if err := os.Remove(filepath.Join(dir, file)); err != nil {
		t.Fatal(err)
	}
	succeeded(t, command{argv: []string{"go", "generate"}, dir: dir})
	got, errGot := os.ReadFile(filepath.Join(dir, file))
	want, errWant := os.ReadFile(filepath.Join(from, file))
	if errGot != nil || errWant != nil || string(got) != string(want) {
		t.Errorf("go generate writes another %s (%v, %v)", file, errGot, errWant)
	}
}
