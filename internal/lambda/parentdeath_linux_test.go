package lambda

import (
	"bufio"
	"context"
	"io"
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
	fs, _ := openFake(t, nil, f)
	if _, err := fs.Invoke(context.Background(), "f", event(t, order{Do: "hold", Addr: addr})); err != nil {
		t.Fatal(err)
	}
	_, _ = os.Stdout.WriteString("serving\n")
	_, _ = io.Copy(io.Discard, os.Stdin) // until killed
}

func TestFunctionsDieWithUs(t *testing.T) {
	t.Parallel()
	bothKinds(t, func(t *testing.T, f spec.Function) {
		ln := listen(t)
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestServeProcess$")
		cmd.Env = append(os.Environ(), "TIDEWIRE_TEST_SERVE="+ln.Addr().String(), "TIDEWIRE_TEST_RUNTIME="+f.Runtime, "TIDEWIRE_TEST_CODE="+f.Code.Dir, "TMPDIR="+t.TempDir())
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
		if _, err := conn.Read(make([]byte, 1)); err == nil {
			t.Error("the function's process lives on")
		}
	})
}
