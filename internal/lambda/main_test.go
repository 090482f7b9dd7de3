package lambda

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/tidewire/tidewire/internal/fault"
)

// TestMain lets the test binary play a function's process: started under the
// name of an interpreter, or as a bootstrap, it does not run tests.
func TestMain(m *testing.M) {
	if os.Getenv("AWS_LAMBDA_FUNCTION_NAME") != "" || strings.HasPrefix(filepath.Base(os.Args[0]), "python") {
		fakeRuntime()
		return
	}
	goleak.VerifyTestMain(m)
}

// logBuffer collects a log.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// openWith opens functions with a build directory of their own, and closes them
// with the test.
func openWith(t testing.TB, o Options) (*Functions, *logBuffer) {
	t.Helper()
	if o.BuildDir == "" {
		o.BuildDir = t.TempDir()
	}
	logs := &logBuffer{}
	if o.Stderr == nil {
		o.Stderr = logs
	}
	o.Region, o.Account = "us-east-1", "123456789012"
	fs, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := fs.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return fs, logs
}

// mustInvoke invokes and fails the test on an error.
func mustInvoke(t testing.TB, fs *Functions, name, payload string) []byte {
	t.Helper()
	body, err := fs.Invoke(t.Context(), name, []byte(payload))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return body
}

// wantBody invokes and compares the answer.
func wantBody(t testing.TB, fs *Functions, name, payload, want string) {
	t.Helper()
	body, err := fs.Invoke(t.Context(), name, []byte(payload))
	if err != nil || string(body) != want {
		t.Errorf("%s: got %q, %v; want %q", name, body, err, want)
	}
}

// wantError invokes and expects a function error.
func wantError(t testing.TB, fs *Functions, name, payload, kind, message string) *fault.FunctionError {
	t.Helper()
	body, err := fs.Invoke(t.Context(), name, []byte(payload))
	var fe *fault.FunctionError
	if !errors.As(err, &fe) {
		t.Errorf("%s: got %q, %v; want %s", name, body, err, kind)
		return &fault.FunctionError{}
	}
	if fe.Type != kind || !strings.Contains(fe.Message, message) {
		t.Errorf("%s: got %s: %s; want %s: %s", name, fe.Type, fe.Message, kind, message)
	}
	return fe
}
