package lambda

import (
	"bufio"
	"context"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/spec"
)

// TestServeProcess is not a test of its own: started by the one below it plays
// the process that runs the functions, until it is killed.
func TestServeProcess(t *testing.T) {
	addr := os.Getenv("TIDEWIRE_TEST_SERVE")
	if addr == "" {
		return // started with the others
	}
	f := spec.Function{Name: "f", Runtime: os.Getenv("TIDEWIRE_TEST_RUNTIME"), Handler: "fake.handler", Code: spec.Code{Dir: os.Getenv("TIDEWIRE_TEST_CODE")}}
	fs, _ := openFake(t, func(o *Options) { o.BuildDir = os.Getenv("TIDEWIRE_TEST_BUILD") }, f)
	if _, err := fs.Invoke(context.Background(), "f", event(t, order{Do: os.Getenv("TIDEWIRE_TEST_DO"), Addr: addr})); err != nil {
		t.Fatal(err)
	}
	_, _ = os.Stdout.WriteString("serving\n")
	_, _ = io.Copy(io.Discard, os.Stdin) // until killed
}

// killedServe plays a process that runs a function, kills it while the function
// runs, and returns the connection that the function, or what it started, holds.
func killedServe(t *testing.T, f spec.Function, do, buildDir string) net.Conn {
	t.Helper()
	ln := listen(t)
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestServeProcess$")
	cmd.Env = append(os.Environ(), "TIDEWIRE_TEST_SERVE="+ln.Addr().String(), "TIDEWIRE_TEST_DO="+do, "TIDEWIRE_TEST_BUILD="+buildDir,
		"TIDEWIRE_TEST_RUNTIME="+f.Runtime, "TIDEWIRE_TEST_CODE="+f.Code.Dir, "TMPDIR="+t.TempDir())
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stdin.Close() }()
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	conn := accept1(t, ln)
	if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil || !strings.Contains(line, "serving") {
		t.Fatalf("%q, %v", line, err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	return conn
}

func TestFunctionsDieWithUs(t *testing.T) {
	t.Parallel()
	bothKinds(t, func(t *testing.T, f spec.Function) {
		wantEnd(t, killedServe(t, f, "hold", t.TempDir()))
	})
}
