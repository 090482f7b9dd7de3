//go:build conformance

package conformance

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience bounds every wait for something that must come: a race-detecting
// binary, Node.js and Chromium on two busy cores. It is no promise of tidewire's.
const patience = 2 * time.Minute

// output keeps what a process printed and wakes those who wait for it. Safe
// for concurrent use.
type output struct {
	mu      sync.Mutex
	buf     bytes.Buffer
	changed chan struct{} // closed at the next write
	ended   bool
}

func newOutput() *output { return &output{changed: make(chan struct{})} }

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.wake()
	return o.buf.Write(p)
}

// end says that nothing more will come.
func (o *output) end() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ended = true
	o.wake()
}

// wake tells those who wait to look again; the caller holds mu.
func (o *output) wake() {
	close(o.changed)
	o.changed = make(chan struct{})
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// mark is the present end of the output, for awaitAfter.
func (o *output) mark() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Len()
}

// since is the output from a mark on.
func (o *output) since(mark int) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return string(o.buf.Bytes()[mark:])
}

// look gives what was printed so far and when to look again.
func (o *output) look() (text string, changed <-chan struct{}, ended bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String(), o.changed, o.ended
}

// await waits until the output matches pattern and gives the match and its
// groups.
func (o *output) await(t testing.TB, pattern string) []string {
	t.Helper()
	return o.awaitAfter(t, 0, pattern)
}

// awaitAfter is await for what was printed after a mark.
func (o *output) awaitAfter(t testing.TB, mark int, pattern string) []string {
	t.Helper()
	re := regexp.MustCompile(pattern)
	var found []string
	o.until(t, pattern, func(text string) bool {
		found = re.FindStringSubmatch(text[mark:])
		return found != nil
	})
	return found
}

// until waits until enough says that the output is.
func (o *output) until(t testing.TB, what string, enough func(text string) bool) {
	t.Helper()
	if err := o.wait(enough); err != nil {
		t.Fatalf("no %s: %v in:\n%s", what, err, o)
	}
}

// wait waits until enough says that the output is; the error says why no more
// is to be expected.
func (o *output) wait(enough func(text string) bool) error {
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for {
		text, changed, ended := o.look()
		switch {
		case enough(text):
			return nil
		case ended:
			return errors.New("the output ended")
		}
		select {
		case <-changed:
		case <-limit.C:
			return fmt.Errorf("not within %s", patience)
		}
	}
}

// command is a process to run. The environment is the test's without AWS_*
// variables, with env after it.
type command struct {
	argv  []string
	dir   string
	env   []string
	stdin io.Reader // nil: a pipe that process.stdin writes to
	group bool      // in a process group of its own, which ends as one
}

// process is a running command.
type process struct {
	name           string
	cmd            *exec.Cmd
	stdin          io.WriteCloser
	stdout, stderr *output
	done           chan struct{} // closed when it has exited
}

// start runs a command; what is left of it when the test ends is killed.
func start(t testing.TB, c command) *process {
	t.Helper()
	p := &process{name: c.argv[0], stdout: newOutput(), stderr: newOutput(), done: make(chan struct{})}
	p.cmd = exec.Command(c.argv[0], c.argv[1:]...)
	p.cmd.Dir, p.cmd.Env = c.dir, append(environment(), c.env...)
	p.cmd.Stdout, p.cmd.Stderr = p.stdout, p.stderr
	p.cmd.WaitDelay = patience
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: c.group}
	if c.stdin != nil {
		p.cmd.Stdin = c.stdin
	} else {
		stdin, err := p.cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		p.stdin = stdin
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", p.name, err)
	}
	go func() {
		defer close(p.done)
		_ = p.cmd.Wait() // the exit code is in ProcessState
		p.stdout.end()
		p.stderr.end()
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // has exited already, or must
		if c.group {
			_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
		}
		<-p.done
	})
	return p
}

// environment is the test's own, without what would point a client at AWS or
// at the caller's own configuration.
func environment() []string {
	env := slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "AWS_") || strings.HasPrefix(v, "TIDEWIRE_") || strings.HasPrefix(v, "PATH=") || strings.HasPrefix(v, "PYTHON")
	})
	return append(env, "PATH="+searchPath(), "AWS_EC2_METADATA_DISABLED=true", "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null",
		"GORACE=atexit_sleep_ms=50") // it waits a second at every exit otherwise
}

// searchPath finds npm's programs first, then Debian's, so that python3 is
// the one with Debian's boto3.
func searchPath() string {
	return suite.clients + "/node_modules/.bin:/usr/bin:/bin:" + os.Getenv("PATH")
}

// exit waits for the process to end and gives its exit code; -1 for a signal.
func (p *process) exit(t testing.TB) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	select {
	case <-p.done:
	case <-ctx.Done():
		t.Fatalf("%s has not ended within %s:\n%s%s", p.name, patience, p.stdout, p.stderr)
	}
	return p.cmd.ProcessState.ExitCode()
}

func (p *process) signal(t testing.TB, s syscall.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Fatalf("signal %s: %v", p.name, err)
	}
}

// write types text into the process.
func (p *process) write(t testing.TB, text string) {
	t.Helper()
	if _, err := io.WriteString(p.stdin, text); err != nil {
		t.Fatalf("write to %s: %v", p.name, err)
	}
}

// finished runs a command to its end.
func finished(t testing.TB, c command) (p *process, code int) {
	t.Helper()
	if c.stdin == nil {
		c.stdin = strings.NewReader("")
	}
	p = start(t, c)
	return p, p.exit(t)
}

// succeeded runs a command to its good end and gives its stdout.
func succeeded(t testing.TB, c command) string {
	t.Helper()
	p, code := finished(t, c)
	if code != 0 {
		t.Fatalf("%s: exit code %d\n%s%s", fmt.Sprint(c.argv[:min(2, len(c.argv))]), code, p.stdout, p.stderr)
	}
	return p.stdout.String()
}

// runtimeInstall runs `tidewire runtime install nodejs`, up to three times: a
// registry's hiccup is no failure.
func runtimeInstall(config string) error {
	for try := 1; ; try++ {
		cmd := exec.Command(suite.tidewire, "runtime", "install", "nodejs")
		cmd.Env = append(environment(), "TIDEWIRE_CONFIG_DIR="+config)
		said, err := cmd.CombinedOutput()
		if err == nil {
			return nil
		}
		if try == 3 {
			return fmt.Errorf("tidewire runtime install nodejs: %w\n%s", err, said)
		}
	}
}
