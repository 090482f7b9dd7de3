//go:build unix

package datasource

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/spec"
)

func TestAnEngineThatEndsIsReported(t *testing.T) {
	t.Parallel()
	bin := t.TempDir()
	script := "#!/bin/sh\necho no leveldb here >&2\nexit 3\n"
	if err := os.WriteFile(filepath.Join(bin, "dynalite"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), Options{Tables: []spec.Table{chatTable()}, Path: bin, Dir: t.TempDir(), RuntimeDir: t.TempDir()})
	if err == nil || !strings.Contains(err.Error(), "no leveldb here") {
		t.Errorf("got %v", err)
	}
}
