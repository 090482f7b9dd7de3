package template

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/tidewire/tidewire/internal/spec"
)

// loadText loads a template that stands in a directory with the code
// directories src and layer.
func loadText(t testing.TB, text string, o *Options) (*spec.Spec, spec.Problems) {
	t.Helper()
	return load(templateFile(t), []byte(text), o)
}

func templateFile(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "stack")
	for _, d := range []string{"src", "layer"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range []string{"code.zip", "app.py"} {
		if err := os.WriteFile(filepath.Join(dir, f), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "template.yaml")
}

// mustLoad is loadText for a template without problems.
func mustLoad(t testing.TB, text string, o *Options) *spec.Spec {
	t.Helper()
	s, ps := loadText(t, text, o)
	if len(ps) > 0 {
		t.Fatalf("problems:\n%s", ps.Error())
	}
	return s
}

func TestExamples(t *testing.T) {
	for _, name := range []string{"echo", "echo-node", "echo-python", "chat"} {
		s, ps := Load(filepath.Join("..", "..", "examples", name, "template.yaml"), nil)
		if len(ps) > 0 {
			t.Errorf("%s:\n%s", name, ps.Error())
		} else if len(s.WebSocketAPIs) != 1 || len(s.Gaps)+len(s.Notes)+len(s.NotRun) > 0 {
			t.Errorf("%s: %+v", name, s)
		}
	}
}
