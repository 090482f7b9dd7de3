package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The problems of a template that was changed can be read line by line, and
// nothing in them controls the terminal.
func TestLogOfSeveralLines(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log, err := logger(&out, "info")
	if err != nil {
		t.Fatal(err)
	}
	log.With("api", "Chat").Error("the changed template is not served\nt.yaml:3: wrong\x1b[2J\n    hint: mend it", "n", 1)
	log.WithGroup("g").Info("one line", "text", "a\nb")
	_, got, _ := strings.Cut(strings.ReplaceAll(out.String(), "\ntime=", "\n"), " ")
	want := "level=ERROR msg=\"the changed template is not served\" api=Chat n=1\n    t.yaml:3: wrong\\x1b[2J\n        hint: mend it\n"
	if diff := cmp.Diff(want, got[:min(len(want), len(got))]); diff != "" {
		t.Error(diff)
	}
	if !strings.HasSuffix(got, "level=INFO msg=\"one line\" g.text=\"a\\nb\"\n") {
		t.Errorf("%q", got)
	}
}
