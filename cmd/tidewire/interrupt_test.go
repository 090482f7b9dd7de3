package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// An interrupt ends a command that waits for stdin; what was read before it is
// not lost.
func TestInterruptible(t *testing.T) {
	t.Parallel()
	from, to := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	sh := &shell{stdin: &interruptible{ctx: ctx, from: from}}
	go func() {
		_, _ = io.WriteString(to, "{ a }")
		cancel() // the command waits for more, or is about to
	}()
	_, err := sh.readInput("-", maxBody)
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if got := interrupted(fmt.Errorf("read the document: %w", err)).Error(); got != "read the document: stdin: interrupted" {
		t.Error(got)
	}
	_ = to.Close() // ends the read that goes on
	if _, err := sh.stdin.Read(make([]byte, 1)); !errors.Is(err, context.Canceled) {
		t.Error("a read after the interrupt:", err)
	}
}

func TestInterruptibleReadsAll(t *testing.T) {
	t.Parallel()
	want := strings.Repeat("0123456789", 10_000)
	got, err := io.ReadAll(&interruptible{ctx: t.Context(), from: strings.NewReader(want)})
	if err != nil || string(got) != want {
		t.Error(len(got), err)
	}
}

// Another failure is told as it is, whoever else pressed a key.
func TestInterruptedOthers(t *testing.T) {
	t.Parallel()
	if err := errors.New("no such host"); interrupted(err) != err || interrupted(nil) != nil {
		t.Error(interrupted(err))
	}
}
