//go:build conformance

package lambda

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tidewire/tidewire/internal/spec"
)

// lookPathOf is the PATH of this machine; the tests fail without node and
// python3 on it.
func lookPathOf(t testing.TB) string {
	t.Helper()
	path := os.Getenv("PATH")
	for _, name := range []string{"python3", "node"} {
		if look(path, name) == "" {
			t.Fatalf("these tests need %s on PATH", name)
		}
	}
	return path
}

// writeTree writes files below a new directory and returns it.
func writeTree(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// openReal opens functions with the machine's interpreters.
func openReal(t testing.TB, o Options) (*Functions, *logBuffer) {
	t.Helper()
	if o.Path == "" {
		o.Path = lookPathOf(t)
	}
	return openWith(t, o)
}

// one is a set of one function called f.
func one(runtimeName, handler, dir string) Options {
	return Options{Functions: []spec.Function{{
		LogicalID: "F", Name: "f", ARN: "arn:aws:lambda:us-east-1:123456789012:function:f",
		Runtime: runtimeName, Handler: handler, Code: spec.Code{Dir: dir}, Timeout: 10 * time.Second,
	}}}
}

// transports runs a test over the private channel and over the Runtime API.
func transports(t *testing.T, run func(t *testing.T, o Options), o Options) {
	t.Helper()
	for name, http := range map[string]bool{"channel": false, "runtime API": true} {
		t.Run(o.Functions[0].Runtime+" "+name, func(t *testing.T) {
			t.Parallel()
			o := o
			o.overHTTP = http
			run(t, o)
		})
	}
}

func TestPythonHandlers(t *testing.T) {
	t.Parallel()
	dir := writeTree(t, map[string]string{
		"app.py": `
import decimal, logging, os, sys
calls = 0
def handler(event, context):
    global calls
    calls += 1
    return {"event": event, "calls": calls, "id": context.aws_request_id, "mem": context.memory_limit_in_mb,
            "arn": context.invoked_function_arn, "left": context.get_remaining_time_in_millis() > 5000,
            "trace": os.environ["_X_AMZN_TRACE_ID"].startswith("Root=1-"), "umlaut": "ä", "cwd": os.getcwd()}
def echo(event, context):
    return event
def dec(event, context):
    return {"n": decimal.Decimal("12345678901234567890.123456789"), "i": [decimal.Decimal(3)]}
def raw(event, context):
    return b"\x00\x01raw"
def boom(event, context):
    raise ValueError("broken: " + event["why"])
def bad(event, context):
    return {"x": object()}
def noisy(event, context):
    print("one"); sys.stderr.write("two without end"); os.write(1, b"\xff\x1b[31m\x00three\n")
    logging.getLogger().setLevel(logging.INFO)
    logging.info("logged %d", 4)
    return "ok"
def garbage(event, context):
    for fd in range(3, 50):
        try: os.write(fd, b"garbage")
        except OSError: pass
    return "ok"
def leave(event, context):
    os._exit(7)
def sysexit(event, context):
    sys.exit(3)
def slow(event, context):
    import time; time.sleep(60)
`,
		"pkg/mod.py": `
def fn(event, context): return __name__
`,
		"syntax.py": "def x(:\n",
		"needs.py":  "import boto3_missing_thing\n",
	})
	run := func(t *testing.T, o Options) {
		f := o.Functions[0]
		o.Functions = nil
		for _, h := range []string{"app.handler", "app.echo", "app.dec", "app.raw", "app.boom", "app.bad", "app.noisy", "app.garbage", "app.leave", "app.sysexit",
			"app.slow", "pkg/mod.fn", "syntax.x", "needs.x", "app.none", "absent.x"} {
			g := f
			g.Name, g.Handler = h, h
			if h == "app.slow" {
				g.Timeout = time.Second
			}
			o.Functions = append(o.Functions, g)
		}
		fs, logs := openReal(t, o)
		var got struct {
			Event                     any
			Calls                     int
			ID, Mem, ARN, Cwd, Umlaut string
			Left, Trace               bool
		}
		for i := range 2 {
			body := mustInvoke(t, fs, "app.handler", `{"a":[1,"ü"]}`)
			if err := json.Unmarshal(body, &got); err != nil {
				t.Fatal(err)
			}
			if got.Calls != i+1 || len(got.ID) != 36 || got.Mem != "128" || !got.Left || !got.Trace || got.Umlaut != "ä" || got.Cwd != dir {
				t.Errorf("call %d: %s", i, body)
			}
		}
		large := `"` + strings.Repeat("ä€", 1<<20) + `"`
		mustInvoke(t, fs, "app.handler", large)
		wantBody(t, fs, "app.echo", large, large)
		wantBody(t, fs, "app.dec", `{}`, `{"n": 12345678901234567890.123456789, "i": [3]}`)
		wantBody(t, fs, "app.raw", `{}`, "\x00\x01raw")
		wantBody(t, fs, "app.noisy", `{}`, `"ok"`)
		if !o.overHTTP { // a socket has a number that a handler can guess
			wantBody(t, fs, "app.garbage", `{}`, `"ok"`)
		}
		wantBody(t, fs, "pkg/mod.fn", `{}`, `"pkg.mod"`)
		fe := wantError(t, fs, "app.boom", `{"why":"x"}`, "ValueError", "broken: x")
		var doc struct{ StackTrace []string }
		if err := json.Unmarshal(fe.Payload, &doc); err != nil || len(doc.StackTrace) != 1 || !strings.Contains(doc.StackTrace[0], "app.py") {
			t.Errorf("stack trace: %s", fe.Payload)
		}
		wantError(t, fs, "app.bad", `{}`, "Runtime.MarshalError", "Unable to marshal response: Object of type object is not JSON serializable")
		wantError(t, fs, "app.leave", `{}`, "Runtime.ExitError", "exit status 7")
		wantError(t, fs, "app.sysexit", `{}`, "Runtime.ExitError", "exit status 3")
		wantError(t, fs, "syntax.x", `{}`, "Runtime.UserCodeSyntaxError", "Syntax error in module 'syntax'")
		wantError(t, fs, "needs.x", `{}`, "Runtime.ImportModuleError", "Unable to import module 'needs': No module named 'boto3_missing_thing'")
		wantError(t, fs, "app.none", `{}`, "Runtime.HandlerNotFound", "Handler 'none' missing on module 'app'")
		wantError(t, fs, "absent.x", `{}`, "Runtime.ImportModuleError", "No module named 'absent'")
		wantError(t, fs, "app.slow", `{}`, "Sandbox.Timedout", "Task timed out after 1.00 seconds")
		if err := fs.Close(t.Context()); err != nil {
			t.Error(err)
		}
		for _, want := range []string{"] one\n", "] two without end\n", `] \xff\x1b[31m\x00three` + "\n", "\tlogged 4\n", "[ERROR] ValueError: broken: x"} {
			if !strings.Contains(logs.String(), want) {
				t.Errorf("log lacks %q:\n%s", want, logs)
			}
		}
	}
	transports(t, run, one("python3.13", "", dir))
}

func TestNodeHandlers(t *testing.T) {
	t.Parallel()
	dir := writeTree(t, map[string]string{
		"index.js": `
let calls = 0;
exports.handler = async (event, context) => ({ event, calls: ++calls, id: context.awsRequestId, mem: context.memoryLimitInMB,
  arn: context.invokedFunctionArn, left: context.getRemainingTimeInMillis() > 5000, trace: process.env._X_AMZN_TRACE_ID.startsWith('Root=1-'), cwd: process.cwd(), umlaut: 'ä' });
exports.echo = async (event) => event;
exports.a = { b: { c: async () => 'nested' } };
exports.cb = (event, context, callback) => { setTimeout(() => { globalThis.late = 'late'; }, 30); callback(null, { get late() { return globalThis.late; } }); };
exports.cbnow = (event, context, callback) => { context.callbackWaitsForEmptyEventLoop = false; setInterval(() => {}, 1000); callback(null, 'now'); };
exports.cberr = (event, context, callback) => { setInterval(() => {}, 1000); callback(new TypeError('cb')); };
exports.never = (event, context, callback) => {};
exports.unsettled = async () => new Promise(() => {});
exports.done = (event, context) => context.done(null, 'done');
exports.succeed = (event, context) => context.succeed('succeeded');
exports.fail = (event, context) => context.fail(new RangeError('failed'));
exports.boom = async () => { throw new TypeError('broken'); };
exports.sync = () => { throw new TypeError('sync broken'); };
exports.text = async () => { throw 'text'; };
exports.undef = async () => {};
exports.circular = async () => { const a = {}; a.a = a; return a; };
exports.uncaught = (event, context, callback) => { setTimeout(() => { throw new Error('uncaught'); }, 1); };
exports.rejected = (event, context, callback) => { Promise.reject(new Error('rejected')); setTimeout(() => {}, 5000); };
exports.exit = async () => { process.exit(5); };
exports.noisy = async () => { console.log('one'); console.error('two'); process.stdout.write('three without end'); return 'ok'; };
exports.slow = async () => new Promise((r) => setTimeout(r, 60000));
exports.value = 3;
`,
		"lib/dir.js":       `exports.fn = async () => 'dir';`,
		"esm.mjs":          `export const handler = async () => 'esm ' + typeof require;`,
		"common.cjs":       `exports.handler = async () => 'cjs';`,
		"mod/package.json": `{"type":"module"}`,
		"mod/index.js":     `export const handler = async () => 'module ' + typeof require; export default { deep: { er: async () => 'default' } };`,
		"syntax.js":        `exports.x = (;`,
		"needs.js":         `require('@aws-sdk/client-nothing-here'); exports.x = async () => 1;`,
		"needsesm.mjs":     `import '@aws-sdk/client-nothing-here'; export const x = async () => 1;`,
		"throws.js":        `throw new Error('at load');`,
	})
	run := func(t *testing.T, o Options) {
		f := o.Functions[0]
		o.Functions = nil
		for _, h := range []string{"index.handler", "index.echo", "index.a.b.c", "index.cb", "index.cbnow", "index.cberr", "index.never", "index.unsettled",
			"index.done", "index.succeed", "index.fail", "index.boom", "index.sync", "index.text", "index.undef", "index.circular",
			"index.uncaught", "index.rejected", "index.exit", "index.noisy", "index.slow", "index.value", "index.none",
			"lib/dir.fn", "esm.handler", "common.handler", "mod/index.handler", "mod/index.deep.er", "syntax.x", "needs.x", "needsesm.x", "throws.x", "absent.x", "../x.y"} {
			g := f
			g.Name, g.Handler = h, h
			if h == "index.slow" {
				g.Timeout = time.Second
			}
			o.Functions = append(o.Functions, g)
		}
		fs, logs := openReal(t, o)
		var got struct {
			Calls                     int
			ID, Mem, ARN, Cwd, Umlaut string
			Left, Trace               bool
		}
		for i := range 2 {
			body := mustInvoke(t, fs, "index.handler", `{"a":[1,"ü"]}`)
			if err := json.Unmarshal(body, &got); err != nil {
				t.Fatal(err)
			}
			if got.Calls != i+1 || len(got.ID) != 36 || got.Mem != "128" || !got.Left || !got.Trace || got.Umlaut != "ä" || got.Cwd != dir {
				t.Errorf("call %d: %s", i, body)
			}
		}
		large := `"` + strings.Repeat("ä€", 1<<20) + `"`
		wantBody(t, fs, "index.echo", large, large)
		for handler, want := range map[string]string{
			"index.a.b.c": `"nested"`, "index.cb": `{"late":"late"}`, "index.cbnow": `"now"`, "index.never": `null`, "index.done": `"done"`,
			"index.succeed": `"succeeded"`, "index.undef": `null`, "index.noisy": `"ok"`, "lib/dir.fn": `"dir"`, "esm.handler": `"esm undefined"`,
			"common.handler": `"cjs"`, "mod/index.handler": `"module undefined"`, "mod/index.deep.er": `"default"`,
		} {
			wantBody(t, fs, handler, `{}`, want)
			wantBody(t, fs, handler, `{}`, want)
		}
		for _, c := range [][3]string{
			{"index.cberr", "TypeError", "cb"}, {"index.fail", "RangeError", "failed"}, {"index.boom", "TypeError", "broken"},
			{"index.sync", "TypeError", "sync broken"}, {"index.text", "string", "text"}, {"index.circular", "Runtime.MarshalError", "Unable to stringify"},
			{"index.unsettled", "Runtime.NodeJsExit", "never settled"}, {"index.uncaught", "Error", "uncaught"},
			{"index.rejected", "Runtime.UnhandledPromiseRejection", "Error: rejected"}, {"index.exit", "Runtime.ExitError", "exit status 5"},
			{"index.slow", "Sandbox.Timedout", "Task timed out after 1.00 seconds"}, {"index.value", "Runtime.HandlerNotFound", "index.value is not a function"},
			{"index.none", "Runtime.HandlerNotFound", "index.none is undefined or not exported"}, {"syntax.x", "Runtime.UserCodeSyntaxError", "SyntaxError"},
			{"needs.x", "Runtime.ImportModuleError", "run `tidewire runtime install nodejs`"}, {"needsesm.x", "Runtime.ImportModuleError", "run `tidewire runtime install nodejs`"},
			{"throws.x", "Error", "at load"}, {"absent.x", "Runtime.ImportModuleError", "Cannot find module 'absent'"}, {"../x.y", "Runtime.MalformedHandlerName", "not a valid handler name"},
		} {
			wantError(t, fs, c[0], `{}`, c[1], c[2])
		}
		wantError(t, fs, "index.uncaught", `{}`, "Error", "uncaught") // a fresh process each time
		if err := fs.Close(t.Context()); err != nil {
			t.Error(err)
		}
		for _, want := range []string{"] one\n", "] two\n", "] three without end\n", `"errorType":"TypeError"`} {
			if !strings.Contains(logs.String(), want) {
				t.Errorf("log lacks %q:\n%s", want, logs)
			}
		}
	}
	transports(t, run, one("nodejs20.x", "", dir))
}

func TestKilledInterpreters(t *testing.T) {
	t.Parallel()
	dir := writeTree(t, map[string]string{
		"app.py":   "import os\ndef handler(event, context):\n    if event: os.kill(os.getpid(), 9)\n    return os.getpid()\n",
		"index.js": "exports.handler = async (event) => { if (event) { process.kill(process.pid, 'SIGKILL'); await new Promise(() => {}); } return process.pid; };",
	})
	for _, c := range [][2]string{{"python3.12", "app.handler"}, {"nodejs20.x", "index.handler"}} {
		transports(t, func(t *testing.T, o Options) {
			fs, _ := openReal(t, o)
			for range 3 {
				first := mustInvoke(t, fs, "f", `0`)
				wantError(t, fs, "f", `1`, "Runtime.ExitError", "signal: killed")
				if second := mustInvoke(t, fs, "f", `0`); string(first) == string(second) {
					t.Errorf("%s lived through kill -9", first)
				}
			}
		}, one(c[0], c[1], dir))
	}
}

func BenchmarkPython(b *testing.B) {
	dir := writeTree(b, map[string]string{"app.py": "def handler(event, context):\n    return event\ndef noisy(event, context):\n    print('got', event)\n    return event\n"})
	b.Run("1 caller", func(b *testing.B) { benchmarkReal(b, one("python3.11", "app.handler", dir), 1) })
	b.Run("10 callers", func(b *testing.B) { benchmarkReal(b, one("python3.11", "app.handler", dir), 10) })
	b.Run("1 caller, a log line each", func(b *testing.B) { benchmarkReal(b, one("python3.11", "app.noisy", dir), 1) })
	b.Run("start", func(b *testing.B) { benchmarkStart(b, one("python3.11", "app.handler", dir)) })
}

func BenchmarkNode(b *testing.B) {
	dir := writeTree(b, map[string]string{"index.js": "exports.handler = async (event) => event; exports.noisy = async (event) => { console.log('got', event); return event; };"})
	b.Run("1 caller", func(b *testing.B) { benchmarkReal(b, one("nodejs20.x", "index.handler", dir), 1) })
	b.Run("10 callers", func(b *testing.B) { benchmarkReal(b, one("nodejs20.x", "index.handler", dir), 10) })
	b.Run("1 caller, a log line each", func(b *testing.B) { benchmarkReal(b, one("nodejs20.x", "index.noisy", dir), 1) })
	b.Run("start", func(b *testing.B) { benchmarkStart(b, one("nodejs20.x", "index.handler", dir)) })
}

// benchmarkReal measures echo invocations in the machine's interpreter.
func benchmarkReal(b *testing.B, o Options, callers int) {
	fs, _ := openReal(b, o)
	benchmarkRoundTrip(b, fs, callers)
}

// benchmarkStart measures an invocation that starts a process.
func benchmarkStart(b *testing.B, o Options) {
	fs, _ := openReal(b, o)
	f := o.Functions[0]
	for i := 0; b.Loop(); i++ {
		b.StopTimer()
		f.Environment = map[string]string{"N": strconv.Itoa(i)}
		if err := fs.Update([]spec.Function{f}); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		if _, err := fs.Invoke(context.Background(), "f", []byte(`{}`)); err != nil {
			b.Fatal(err)
		}
	}
}
