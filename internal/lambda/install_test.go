package lambda

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fakeTool puts a script onto a search path of its own.
func fakeTool(t *testing.T, name, script string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":/usr/bin:/bin")
}

func TestRuntimeInstall(t *testing.T) { // PATH is set: not parallel
	dir := filepath.Join(t.TempDir(), "runtime")
	marker := filepath.Join(dir, "nodejs", "node_modules", "marker")
	npm := `echo "npm $1 $2"; mkdir -p "$3/node_modules" && echo VERSION > "$3/node_modules/marker"`
	var out bytes.Buffer
	for _, version := range []string{"one", "two"} {
		fakeTool(t, "npm", strings.ReplaceAll(npm, "VERSION", version))
		if err := RuntimeInstall(t.Context(), "nodejs", dir, &out); err != nil {
			t.Fatal(err)
		}
		if b, err := os.ReadFile(marker); err != nil || strings.TrimSpace(string(b)) != version {
			t.Errorf("%q, %v", b, err)
		}
	}
	if !strings.Contains(out.String(), "npm install --prefix\n") {
		t.Errorf("output %q", out.String())
	}
	fakeTool(t, "npm", `mkdir -p "$3/node_modules"; exit 1`)
	if err := RuntimeInstall(t.Context(), "nodejs", dir, &out); err == nil {
		t.Error("a failed npm was taken for success")
	}
	if b, err := os.ReadFile(marker); err != nil || strings.TrimSpace(string(b)) != "two" {
		t.Errorf("after a failure: %q, %v", b, err)
	}
	fakeTool(t, "python3", `[ "$6" = "--target" ] && mkdir -p "$7/boto3"`)
	if err := RuntimeInstall(t.Context(), "python", dir, &out); err != nil || !isDir(filepath.Join(dir, "python", "boto3")) {
		t.Errorf("python: %v", err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 2 {
		t.Errorf("left over: %v, %v", entries, err)
	}
	if err := RuntimeInstall(t.Context(), "ruby", dir, &out); err == nil {
		t.Error("an unknown kind was accepted")
	}
	t.Setenv("PATH", t.TempDir())
	if err := RuntimeInstall(t.Context(), "nodejs", dir, &out); err == nil || !strings.Contains(err.Error(), "npm is needed") {
		t.Errorf("without npm: %v", err)
	}
}
