package lambda

import (
	"context"
	"debug/elf"
	"debug/macho"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"syscall"
)

// startHint says what to do about a program that does not start.
func startHint(path string, err error) string {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return fmt.Sprintf("%s may not be executed: chmod +x %s", path, path)
	case errors.Is(err, syscall.ENOEXEC):
		return fmt.Sprintf("%s is %s and this machine runs %s/%s: build it for this machine, for Go with GOOS=%s GOARCH=%s",
			path, describeProgram(path), runtime.GOOS, runtime.GOARCH, runtime.GOOS, runtime.GOARCH)
	case errors.Is(err, fs.ErrNotExist) && isFile(path):
		return fmt.Sprintf("%s exists, so the interpreter in its first line or its dynamic loader is missing", path)
	}
	return ""
}

// describeProgram says what an executable was made for.
func describeProgram(path string) string {
	if f, err := elf.Open(path); err == nil {
		defer func() { _ = f.Close() }()
		return "built for Linux on " + strings.ToLower(strings.TrimPrefix(f.Machine.String(), "EM_"))
	}
	if f, err := macho.Open(path); err == nil {
		defer func() { _ = f.Close() }()
		return "built for macOS on " + f.Cpu.String()
	}
	if head, err := readHead(path); err == nil && !strings.HasPrefix(head, "#!") && printable(head) {
		return "a script without #! in its first line"
	}
	return "no executable of this system"
}

// readHead reads the start of a file.
func readHead(path string) (string, error) {
	f, err := os.Open(path) //nolint:gosec // a path from the template
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	b := make([]byte, 64)
	n, err := f.Read(b)
	return string(b[:n]), err
}

// printable says whether text looks like text.
func printable(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r == 0 || r == '�' })
}

// startError explains why a process could not be started.
func startError(path string, err error) error {
	if errors.Is(err, errClosed) || errors.Is(err, context.Canceled) {
		return err
	}
	message := fmt.Sprintf("RequestId: %s Error: %s", newRequestID(), err)
	if hint := startHint(path, err); hint != "" {
		message += " (" + hint + ")"
	}
	return functionError("Runtime.InvalidEntrypoint", message)
}
