package lambda

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tidewire/tidewire/internal/fault"
	"github.com/tidewire/tidewire/internal/spec"
)

// fakePath is a search path whose only interpreter is this test binary.
func fakePath(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(dir, "python3.12")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// fake is a function that this test binary runs, over the private channel.
func fake(t testing.TB, name string) spec.Function {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "fake.py"), []byte("# one\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return spec.Function{
		LogicalID: "F" + name, Name: name, ARN: "arn:aws:lambda:us-east-1:123456789012:function:" + name,
		Runtime: "python3.12", Handler: "fake.handler", Code: spec.Code{Dir: dir}, Timeout: 20 * time.Second,
	}
}

// fakeNative is one that it runs as a bootstrap, with aws-lambda-go.
func fakeNative(t testing.TB, name string) spec.Function {
	t.Helper()
	f := fake(t, name)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(f.Code.Dir, "bootstrap")); err != nil {
		t.Fatal(err)
	}
	f.Runtime = "provided.al2023"
	return f
}

// bothKinds runs a test with a function of each kind.
func bothKinds(t *testing.T, run func(t *testing.T, f spec.Function)) {
	t.Helper()
	t.Run("channel", func(t *testing.T) { t.Parallel(); run(t, fake(t, "f")) })
	t.Run("runtime API", func(t *testing.T) { t.Parallel(); run(t, fakeNative(t, "f")) })
}

// openFake opens functions that this test binary runs.
func openFake(t testing.TB, change func(*Options), fns ...spec.Function) (*Functions, *logBuffer) {
	t.Helper()
	o := Options{Functions: fns, Path: fakePath(t)}
	if change != nil {
		change(&o)
	}
	return openWith(t, o)
}

// listen is a listener that ends with the test.
func listen(t testing.TB) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	return ln
}

// accept1 takes one connection.
func accept1(t testing.TB, ln net.Listener) net.Conn {
	t.Helper()
	conn, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// event is an order as JSON.
func event(t testing.TB, o order) []byte {
	t.Helper()
	b, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// pidOf asks a function for its process id.
func pidOf(t testing.TB, fs *Functions, name string) int {
	t.Helper()
	n, err := strconv.Atoi(string(mustInvoke(t, fs, name, `{"do":"pid"}`)))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// killPID is kill -9.
func killPID(pid int) error {
	p, err := os.FindProcess(pid)
	if err != nil {
		return err
	}
	return p.Kill()
}

func TestInvoke(t *testing.T) {
	t.Parallel()
	bothKinds(t, func(t *testing.T, f spec.Function) {
		fs, _ := openFake(t, nil, f)
		wantBody(t, fs, "f", `{"a":"ü"}`, `{"a":"ü"}`)
		first := pidOf(t, fs, "f")
		if again := pidOf(t, fs, "f"); again != first {
			t.Errorf("a warm process was not used again: %d, %d", first, again)
		}
		wantBody(t, fs, "f", `{"do":"dir"}`, strconv.Quote(f.Code.Dir))
		big := `"` + strings.Repeat("y", 1<<20) + `"`
		wantBody(t, fs, "f", big, big)
		wantError(t, fs, "f", `{"do":"fail","text":"ing"}`, map[bool]string{true: "Fake", false: "errorString"}[f.Runtime == "python3.12"], "failing")
		if again := pidOf(t, fs, "f"); again != first {
			t.Errorf("a process was not used again after an error")
		}
		wantError(t, fs, "f", `{"do":"exit","n":3}`, "Runtime.ExitError", "Runtime exited with error: exit status 3")
		wantError(t, fs, "f", `{"do":"exit"}`, "Runtime.ExitError", "Runtime exited without providing a reason")
		if again := pidOf(t, fs, "f"); again == first {
			t.Error("a dead process was used again")
		}
		wantError(t, fs, "f", fmt.Sprintf(`{"do":"large","n":%d}`, maxReply+1), "Function.ResponseSizeTooLarge", "Response payload size exceeded maximum allowed payload size (6291556 bytes).")
		if n := len(mustInvoke(t, fs, "f", fmt.Sprintf(`{"do":"large","n":%d}`, maxReply))); n != maxReply {
			t.Errorf("the largest answer has %d bytes", n)
		}
	})
}

func TestChannelMisuse(t *testing.T) {
	t.Parallel()
	fs, _ := openFake(t, nil, fake(t, "f"))
	wantBody(t, fs, "f", `{"do":"stale"}`, `"fresh"`)
	wantError(t, fs, "f", `{"do":"garbage"}`, "Runtime.ExitError", "private channel")
	wantError(t, fs, "f", `{"do":"last"}`, "Last", "words")
	wantBody(t, fs, "f", `1`, `1`)
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	none := 0
	f := fake(t, "none")
	f.ReservedConcurrency = &none
	fs, _ := openFake(t, nil, fake(t, "f"), f)
	for _, c := range []struct {
		name, payload, code string
		status              int
	}{
		{"absent", `{}`, "ResourceNotFoundException", http.StatusNotFound},
		{"f", strings.Repeat(" ", maxPayload+1), "RequestEntityTooLargeException", http.StatusRequestEntityTooLarge},
		{"none", `{}`, "TooManyRequestsException", http.StatusTooManyRequests},
	} {
		_, err := fs.Invoke(t.Context(), c.name, []byte(c.payload))
		var fe *fault.Error
		if !errors.As(err, &fe) || fe.Code != c.code || fe.Status != c.status {
			t.Errorf("%s: %v, want %s", c.name, err, c.code)
		}
	}
}

func TestInitFailures(t *testing.T) {
	t.Parallel()
	bothKinds(t, func(t *testing.T, f spec.Function) {
		exit := f
		f.Name, f.Handler, exit.Name, exit.Handler = "error", "init.error", "exit", "init.exit"
		fs, _ := openFake(t, nil, f, exit)
		for range 2 {
			wantError(t, fs, "exit", `{}`, "Runtime.ExitError", "exit status 9")
			if f.Runtime == "python3.12" {
				wantError(t, fs, "error", `{}`, "Runtime.ImportModuleError", "no such module")
			}
		}
	})
}

func TestSlowInit(t *testing.T) {
	t.Parallel()
	bothKinds(t, func(t *testing.T, f spec.Function) {
		f.Handler, f.Timeout = "init.hang", 100*time.Millisecond
		fs, _ := openFake(t, func(o *Options) { o.initLimit = 100 * time.Millisecond }, f)
		wantError(t, fs, "f", `{}`, "Sandbox.Timedout", "Task timed out after 0.10 seconds")
	})
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	bothKinds(t, func(t *testing.T, f spec.Function) {
		f.Timeout = 1500 * time.Millisecond
		fs, logs := openFake(t, nil, f)
		ln := listen(t)
		mustInvoke(t, fs, "f", string(event(t, order{Do: "child", Addr: ln.Addr().String()})))
		conn := accept1(t, ln)
		fe := wantError(t, fs, "f", `{"do":"hang"}`, "Sandbox.Timedout", "Error: Task timed out after 1.50 seconds")
		if want := `{"errorType":"Sandbox.Timedout","errorMessage":"` + fe.Message + `"}`; string(fe.Payload) != want {
			t.Errorf("payload %s", fe.Payload)
		}
		if _, err := conn.Read(make([]byte, 1)); err == nil { // blocks while anybody of the group lives
			t.Error("a child of the function lives on")
		}
		wantBody(t, fs, "f", `2`, `2`)
		if err := fs.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if !strings.Contains(logs.String(), "Task timed out after 1.50 seconds") {
			t.Errorf("log: %s", logs)
		}
	})
}

func TestKill(t *testing.T) {
	t.Parallel()
	bothKinds(t, func(t *testing.T, f spec.Function) {
		fs, _ := openFake(t, nil, f)
		for range 5 { // a dying process may still take an event; the next one is served
			if err := killPID(pidOf(t, fs, "f")); err != nil {
				t.Fatal(err)
			}
			if _, err := fs.Invoke(t.Context(), "f", []byte(`1`)); err != nil && !strings.Contains(err.Error(), "signal: killed") {
				t.Errorf("after the death of an idle process: %v", err)
			}
			wantBody(t, fs, "f", `2`, `2`)
		}
		ln := listen(t)
		pid := pidOf(t, fs, "f")
		errs := make(chan error, 1)
		go func() {
			_, err := fs.Invoke(context.Background(), "f", event(t, order{Do: "meet", Addr: ln.Addr().String()}))
			errs <- err
		}()
		accept1(t, ln)
		if err := killPID(pid); err != nil {
			t.Fatal(err)
		}
		var fe *fault.FunctionError
		if err := <-errs; !errors.As(err, &fe) || fe.Type != "Runtime.ExitError" || !strings.Contains(fe.Message, "signal: killed") {
			t.Errorf("got %v", err)
		}
		wantBody(t, fs, "f", `3`, `3`)
	})
}

// crowd starts n invocations that all wait for the test.
func crowd(t *testing.T, fs *Functions, name string, n int, addr string) *sync.WaitGroup {
	t.Helper()
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			if _, err := fs.Invoke(context.Background(), name, event(t, order{Do: "meet", Addr: addr})); err != nil {
				t.Error(err)
			}
		})
	}
	return &wg
}

func TestConcurrency(t *testing.T) {
	t.Parallel()
	bothKinds(t, func(t *testing.T, f spec.Function) {
		const limit = 4
		fs, _ := openFake(t, func(o *Options) { o.MaxProcesses = limit }, f)
		ln := listen(t)
		wg := crowd(t, fs, "f", 3*limit, ln.Addr().String())
		var conns []net.Conn
		for range limit { // that many run at once
			conns = append(conns, accept1(t, ln))
		}
		pl := (*fs.table.Load())["f"].state.Load().pool
		for range 3 * limit {
			pl.mu.Lock()
			if n := len(pl.all) + pl.starting; n > limit {
				t.Errorf("%d processes", n)
			}
			pl.mu.Unlock()
			if len(conns) == 0 {
				conns = append(conns, accept1(t, ln))
			}
			if _, err := conns[0].Write([]byte("x")); err != nil {
				t.Error(err)
			}
			conns = conns[1:]
		}
		wg.Wait()
	})
}

func TestManyCallers(t *testing.T) {
	t.Parallel()
	bothKinds(t, func(t *testing.T, f spec.Function) {
		fs, _ := openFake(t, nil, f)
		var wg sync.WaitGroup
		for i := range 1000 {
			wg.Go(func() {
				wantBody(t, fs, "f", strconv.Itoa(i), strconv.Itoa(i))
			})
		}
		wg.Wait()
	})
}

// TestCloseInTheMiddle closes while everything is going on at once.
func TestCloseInTheMiddle(t *testing.T) {
	t.Parallel()
	bothKinds(t, func(t *testing.T, f spec.Function) {
		fs, _ := openFake(t, func(o *Options) { o.MaxProcesses = 3 }, f)
		ln := listen(t)
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() { // on the code as it is now
				_, _ = fs.Invoke(context.Background(), "f", event(t, order{Do: "meet", Addr: ln.Addr().String()}))
			})
		}
		accept1(t, ln)
		if err := os.WriteFile(filepath.Join(f.Code.Dir, "new.py"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		for range 20 { // on the new code
			wg.Go(func() {
				_, _ = fs.Invoke(context.Background(), "f", event(t, order{Do: "pid"}))
			})
		}
		if err := fs.Close(t.Context()); err != nil {
			t.Error(err)
		}
		wg.Wait()
	})
}

func TestReservedConcurrency(t *testing.T) {
	t.Parallel()
	two := 2
	f := fake(t, "f")
	f.ReservedConcurrency = &two
	fs, _ := openFake(t, nil, f)
	ln := listen(t)
	wg := crowd(t, fs, "f", two, ln.Addr().String())
	conns := []net.Conn{accept1(t, ln), accept1(t, ln)}
	var fe *fault.Error
	if _, err := fs.Invoke(t.Context(), "f", []byte(`1`)); !errors.As(err, &fe) || fe.Status != http.StatusTooManyRequests {
		t.Errorf("a third: %v", err)
	}
	for _, c := range conns {
		_, _ = c.Write([]byte("x"))
	}
	wg.Wait()
	wantBody(t, fs, "f", `1`, `1`)
}

func TestCallerGivesUp(t *testing.T) {
	t.Parallel()
	bothKinds(t, func(t *testing.T, f spec.Function) {
		fs, _ := openFake(t, func(o *Options) { o.MaxProcesses = 1 }, f)
		pid := pidOf(t, fs, "f")
		ln := listen(t)
		ctx, cancel := context.WithCancel(t.Context())
		errs := make(chan error, 1)
		go func() {
			_, err := fs.Invoke(ctx, "f", event(t, order{Do: "meet", Addr: ln.Addr().String()}))
			errs <- err
		}()
		conn := accept1(t, ln)
		cancel()
		if err := <-errs; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		queued, stop := context.WithTimeout(t.Context(), 30*time.Millisecond)
		defer stop()
		if _, err := fs.Invoke(queued, "f", []byte(`1`)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the only process was busy: %v", err)
		}
		if _, err := conn.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		if again := pidOf(t, fs, "f"); again != pid {
			t.Error("the process was lost with its caller")
		}
	})
}

func TestIdle(t *testing.T) {
	t.Parallel()
	bothKinds(t, func(t *testing.T, f spec.Function) {
		fs, _ := openFake(t, func(o *Options) { o.IdleAfter = time.Millisecond }, f)
		ln := listen(t)
		mustInvoke(t, fs, "f", string(event(t, order{Do: "hold", Addr: ln.Addr().String()})))
		if _, err := accept1(t, ln).Read(make([]byte, 1)); err == nil {
			t.Error("the process sent something")
		}
		wantBody(t, fs, "f", `1`, `1`)
	})
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	f := fake(t, "f")
	calls := 0
	fs, _ := openFake(t, func(o *Options) {
		o.Credentials = func(_ context.Context, f *spec.Function) (aws.Credentials, error) {
			calls++
			return aws.Credentials{AccessKeyID: "ASIA" + f.Name, SecretAccessKey: "s", SessionToken: "t",
				CanExpire: true, Expires: time.Now().Add(time.Duration(calls-1) * time.Hour)}, nil
		}
	}, f)
	first, second := pidOf(t, fs, "f"), pidOf(t, fs, "f")
	if first == second {
		t.Error("a process outlived its credentials")
	}
	if third := pidOf(t, fs, "f"); third != second {
		t.Error("a process with valid credentials was not used again")
	}
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	for _, f := range []spec.Function{fake(t, "f"), fakeNative(t, "f")} {
		layer := t.TempDir()
		if err := os.MkdirAll(filepath.Join(layer, "bin"), 0o700); err != nil {
			t.Fatal(err)
		}
		f.Layers = []spec.Layer{{Dir: layer}}
		f.Environment = map[string]string{"TABLE": "t", "AWS_REGION": "mars", "TZ": "Europe/Berlin"}
		fs, _ := openFake(t, func(o *Options) {
			o.PassEnv = map[string]string{"MINE": "1", "TABLE": "no"}
			o.Env = func(*spec.Function) map[string]string {
				return map[string]string{"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}
			}
			o.Credentials = func(context.Context, *spec.Function) (aws.Credentials, error) {
				return aws.Credentials{AccessKeyID: "ASIA", SecretAccessKey: "s", SessionToken: "t"}, nil
			}
		}, f)
		var list []string
		if err := json.Unmarshal(mustInvoke(t, fs, "f", `{"do":"env"}`), &list); err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, e := range list {
			name, value, _ := strings.Cut(e, "=")
			got[name] = value
		}
		want := map[string]string{
			"TABLE": "t", "MINE": "1", "TZ": "Europe/Berlin", "LANG": "en_US.UTF-8", "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1",
			"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ACCESS_KEY_ID": "ASIA", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t",
			"AWS_LAMBDA_FUNCTION_NAME": "f", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128", "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
			"AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/f", "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand", "_HANDLER": "fake.handler",
			"LAMBDA_TASK_ROOT": f.Code.Dir, "AWS_EC2_METADATA_DISABLED": "true", "HOME": fs.home, "TMPDIR": fs.o.TempDir,
			"PATH": fs.o.Path + string(os.PathListSeparator) + filepath.Join(layer, "bin"),
		}
		for name, value := range want {
			if got[name] != value {
				t.Errorf("%s: %s=%q, want %q", f.Runtime, name, got[name], value)
			}
		}
		for _, name := range []string{"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"} {
			if b, err := os.ReadFile(got[name]); err != nil || len(b) > 0 {
				t.Errorf("%s: %q, %v", name, b, err)
			}
		}
		if _, ok := got["AWS_EXECUTION_ENV"]; ok == (f.Runtime == "provided.al2023") {
			t.Errorf("%s: AWS_EXECUTION_ENV %q", f.Runtime, got["AWS_EXECUTION_ENV"])
		}
		for name := range got {
			switch _, known := want[name]; {
			case known, name == "AWS_CONFIG_FILE", name == "AWS_SHARED_CREDENTIALS_FILE", name == "AWS_EXECUTION_ENV",
				name == "AWS_LAMBDA_LOG_STREAM_NAME", name == "AWS_LAMBDA_RUNTIME_API", name == "LAMBDA_RUNTIME_DIR", name == "_X_AMZN_TRACE_ID", name == markVariable:
			default:
				t.Errorf("%s: unexpected %s", f.Runtime, name)
			}
		}
	}
}

func TestLogs(t *testing.T) {
	t.Parallel()
	bothKinds(t, func(t *testing.T, f spec.Function) {
		fs, logs := openFake(t, nil, f)
		for i := range 20 {
			mustInvoke(t, fs, "f", string(event(t, order{Do: "log", Text: fmt.Sprintf("a%d\nb%d", i, i)})))
		}
		mustInvoke(t, fs, "f", string(event(t, order{Do: "log", Text: strings.Repeat("z", 3*maxLine)})))
		if err := fs.Close(t.Context()); err != nil {
			t.Error(err)
		}
		ids := map[string]int{}
		for _, line := range strings.Split(strings.TrimSpace(logs.String()), "\n") {
			if len(line) > maxLine+100 || !strings.HasPrefix(line, "[f ") {
				t.Errorf("line %.60q of %d bytes", line, len(line))
			}
			id, _, _ := strings.Cut(line, "]")
			ids[id]++
		}
		if len(ids) != 21 {
			t.Errorf("%d request ids in the log", len(ids))
		}
		for id, n := range ids {
			if n < 2 || n > 3 {
				t.Errorf("%s has %d lines", id, n)
			}
		}
	})
}

func TestCodeChange(t *testing.T) {
	t.Parallel()
	bothKinds(t, func(t *testing.T, f spec.Function) {
		fs, _ := openFake(t, nil, f)
		pid := pidOf(t, fs, "f")
		ln := listen(t)
		wg := crowd(t, fs, "f", 1, ln.Addr().String())
		conn := accept1(t, ln) // an invocation of the old code
		if err := os.WriteFile(filepath.Join(f.Code.Dir, "other.txt"), []byte("new"), 0o600); err != nil {
			t.Fatal(err)
		}
		for pidOf(t, fs, "f") == pid { // the event may take a moment
			if t.Context().Err() != nil {
				t.Fatal("the change was not seen")
			}
			runtime.Gosched()
		}
		if _, err := conn.Write([]byte("x")); err != nil {
			t.Error(err)
		}
		wg.Wait()
	})
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	kept, changed, removed := fake(t, "kept"), fake(t, "changed"), fake(t, "removed")
	fs, _ := openFake(t, nil, kept, changed, removed)
	keptPID, changedPID := pidOf(t, fs, "kept"), pidOf(t, fs, "changed")
	pidOf(t, fs, "removed")
	broken := fake(t, "broken")
	broken.Code.Dir = "/nowhere"
	if err := fs.Update([]spec.Function{kept, broken}); err == nil {
		t.Error("a function without code was accepted")
	}
	if pidOf(t, fs, "changed") != changedPID {
		t.Error("a refused update changed something")
	}
	changed.Environment = map[string]string{"A": "b"}
	kept.At.Line = 7
	if err := fs.Update([]spec.Function{kept, changed, fake(t, "added")}); err != nil {
		t.Fatal(err)
	}
	if pidOf(t, fs, "kept") != keptPID {
		t.Error("an unchanged function lost its process")
	}
	if pidOf(t, fs, "changed") == changedPID {
		t.Error("a changed function kept its process")
	}
	wantBody(t, fs, "added", `1`, `1`)
	var fe *fault.Error
	if _, err := fs.Invoke(t.Context(), "removed", []byte(`1`)); !errors.As(err, &fe) {
		t.Errorf("a removed function: %v", err)
	}
}

func TestClose(t *testing.T) {
	t.Parallel()
	bothKinds(t, func(t *testing.T, f spec.Function) {
		fs, _ := openFake(t, nil, f)
		ln := listen(t)
		errs := make(chan error, 1)
		go func() {
			_, err := fs.Invoke(context.Background(), "f", event(t, order{Do: "meet", Addr: ln.Addr().String()}))
			errs <- err
		}()
		conn := accept1(t, ln)
		if err := fs.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if err := <-errs; err == nil {
			t.Error("an invocation survived Close")
		}
		if _, err := conn.Read(make([]byte, 1)); err == nil {
			t.Error("a process survived Close")
		}
		if _, err := fs.Invoke(t.Context(), "f", nil); !errors.Is(err, errClosed) {
			t.Errorf("Invoke after Close: %v", err)
		}
		if err := fs.Update(nil); !errors.Is(err, errClosed) {
			t.Errorf("Update after Close: %v", err)
		}
		if _, err := os.Stat(fs.home); !os.IsNotExist(err) {
			t.Error("the empty home is still there")
		}
	})
}
