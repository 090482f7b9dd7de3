package lambda

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/spec"
)

func TestIsRust(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	self, err := os.Executable() // a Go program that holds the marker
	if err != nil {
		t.Fatal(err)
	}
	if isRust(self) || isRust(filepath.Join(dir, "absent")) {
		t.Error("a Go program, or none, is taken for Rust")
	}
	for name, c := range map[string]struct {
		content []byte
		want    bool
	}{
		"program": {append(make([]byte, 1000), rustMarker+"1.0"...), true},
		"across":  {append(make([]byte, 128<<10-5), rustMarker...), true},
		"later":   {append(make([]byte, 300<<10), rustMarker...), true},
		"other":   {bytes.Repeat([]byte("aws-lambda-"), 30<<10), false},
		"script":  {[]byte("#!/bin/sh\n# " + rustMarker), false},
		"empty":   {nil, false},
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, c.content, 0o600); err != nil {
			t.Fatal(err)
		}
		if got := isRust(path); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
		v := &version{fn: &spec.Function{}, kind: kindNative, source: &source{bootstrap: path}}
		if got := v.scheme(); got != strings.Repeat("http://", map[bool]int{true: 1}[c.want]) {
			t.Errorf("%s: %q", name, got)
		}
	}
}
