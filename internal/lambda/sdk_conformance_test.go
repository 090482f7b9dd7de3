//go:build conformance

package lambda

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/spec"
)

// bareInterpreters is a search path with interpreters that find no packages of
// the machine: a Python environment without packages, and a Node alone.
func bareInterpreters(t *testing.T) string {
	t.Helper()
	path := lookPathOf(t)
	dir := t.TempDir()
	if out, err := exec.Command(look(path, "python3"), "-m", "venv", "--without-pip", "--symlinks", filepath.Join(dir, "venv")).CombinedOutput(); err != nil {
		t.Fatalf("python3 -m venv: %v: %s", err, out)
	}
	node, err := exec.Command(look(path, "node"), "-p", "process.execPath").Output()
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(strings.TrimSpace(string(node)))
	if err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(dir, "node", "bin")
	if err := os.MkdirAll(bin, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(bin, "node"), b, 0o700); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "venv", "bin") + string(os.PathListSeparator) + bin
}

// packages are made-up SDKs that say where they came from.
func packages(from string) map[string]string {
	return map[string]string{
		"python/boto3/__init__.py":                                  "FROM = '" + from + "'\n",
		"nodejs/node_modules/@aws-sdk/client-dynamodb/package.json": `{"name":"@aws-sdk/client-dynamodb","version":"3.0.0","exports":{".":{"import":"./index.mjs","require":"./index.cjs"}}}`,
		"nodejs/node_modules/@aws-sdk/client-dynamodb/index.mjs":    "export const from = 'esm " + from + "';",
		"nodejs/node_modules/@aws-sdk/client-dynamodb/index.cjs":    "exports.from = 'cjs " + from + "';",
	}
}

func TestSDKLookup(t *testing.T) {
	t.Parallel()
	path := bareInterpreters(t)
	const own = "own"
	sources := map[string]string{
		"app.py":      "import boto3\ndef handler(event, context): return boto3.FROM\n",
		"lazy.py":     "def handler(event, context):\n    import boto3\n    return boto3.FROM\n",
		"cjs.js":      "const { from } = require('@aws-sdk/client-dynamodb'); exports.handler = async () => from;",
		"lazycjs.js":  "exports.handler = async () => require('@aws-sdk/client-dynamodb').from;",
		"esm.mjs":     "import { from } from '@aws-sdk/client-dynamodb'; export const handler = async () => from;",
		"dynamic.js":  "exports.handler = async () => (await import('@aws-sdk/client-dynamodb')).from;",
		"lazyesm.mjs": "export const handler = async () => (await import('@aws-sdk/client-dynamodb')).from;",
	}
	functions := func(dir string, layers ...spec.Layer) (fns []spec.Function) {
		for file := range sources {
			name, ext, _ := strings.Cut(file, ".")
			o := one(map[bool]string{true: "python3.12", false: "nodejs20.x"}[ext == "py"], name+".handler", dir)
			o.Functions[0].Name, o.Functions[0].Layers = name, layers
			fns = append(fns, o.Functions[0])
		}
		return fns
	}
	bare, layer, runtimeDir := writeTree(t, sources), writeTree(t, packages("layer")), writeTree(t, packages("runtime"))
	full := writeTree(t, sources)
	for name, text := range packages(own) {
		for _, prefix := range []string{"python/", "nodejs/"} {
			if rest, ok := strings.CutPrefix(name, prefix); ok {
				file := filepath.Join(full, rest)
				if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	for want, o := range map[string]Options{
		own:       {Functions: functions(full, spec.Layer{Dir: layer}), RuntimeDir: runtimeDir},
		"layer":   {Functions: functions(bare, spec.Layer{Dir: layer}), RuntimeDir: runtimeDir},
		"runtime": {Functions: functions(bare), RuntimeDir: runtimeDir},
		"":        {Functions: functions(bare), RuntimeDir: filepath.Join(runtimeDir, "absent")},
	} {
		o.Path = path
		fs, logs := openReal(t, o)
		for file := range sources {
			name, ext, _ := strings.Cut(file, ".")
			python := ext == "py"
			switch {
			case want == "" && python:
				_, err := fs.Invoke(t.Context(), name, []byte(`{}`))
				if fe := asFunctionError(err); fe == nil || !strings.Contains(fe.Message, "No module named 'boto3' (boto3 is neither in") || !strings.Contains(fe.Message, "tidewire runtime install python") {
					t.Errorf("%s: %v", file, err)
				}
			case want == "":
				_, err := fs.Invoke(t.Context(), name, []byte(`{}`))
				if fe := asFunctionError(err); fe == nil || !strings.Contains(fe.Message, "@aws-sdk/client-dynamodb is neither in") || !strings.Contains(fe.Message, "tidewire runtime install nodejs") {
					t.Errorf("%s: %v", file, err)
				}
			case python:
				wantBody(t, fs, name, `{}`, `"`+want+`"`)
			default:
				form := map[bool]string{true: "cjs ", false: "esm "}[strings.Contains(name, "cjs")]
				wantBody(t, fs, name, `{}`, `"`+form+want+`"`)
			}
		}
		if err := fs.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if want == "" && (!strings.Contains(logs.String(), "tidewire runtime install python") || !strings.Contains(logs.String(), "tidewire runtime install nodejs")) {
			t.Errorf("log: %s", logs)
		}
	}
}

func TestOldBotocoreHonoursEndpoints(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("/usr/bin/python3", "-c", "import botocore; print(botocore.__version__)").Output()
	if err != nil {
		t.Fatalf("this test needs apt's python3-boto3: %v", err)
	}
	t.Logf("botocore %s", out)
	dir := writeTree(t, map[string]string{"app.py": `
import boto3
def handler(event, context):
    session = boto3.session.Session()
    return [boto3.client("dynamodb").meta.endpoint_url, boto3.resource("dynamodb").meta.client.meta.endpoint_url,
            session.client("apigatewaymanagementapi", endpoint_url="https://given.example/prod").meta.endpoint_url,
            session.client("cognito-idp").meta.endpoint_url, session.client("s3").meta.endpoint_url]
`})
	o := one("python3.12", "app.handler", dir)
	o.Path = "/usr/bin:/bin"
	o.Env = func(*spec.Function) map[string]string {
		return map[string]string{"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:2",
			"AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": "http://127.0.0.1:3"}
	}
	fs, _ := openReal(t, o)
	var got []string
	if err := json.Unmarshal(mustInvoke(t, fs, "f", `{}`), &got); err != nil {
		t.Fatal(err)
	}
	want := "http://127.0.0.1:2 http://127.0.0.1:2 https://given.example/prod http://127.0.0.1:3 http://127.0.0.1:1"
	if strings.Join(got, " ") != want {
		t.Errorf("got %s, want %s", strings.Join(got, " "), want)
	}
}

func TestLayers(t *testing.T) {
	t.Parallel()
	first := writeTree(t, map[string]string{
		"python/shared.py": "WHO = 'first'\n", "python/only.py": "WHO = 'only'\n", "nodejs/node_modules/shared/index.js": "exports.who = 'first';",
		"nodejs/node_modules/wrap/index.js": "exports.handler = async () => 'wrapped';", "bin/tool": "#!/bin/sh\necho tool\n",
	})
	second := writeTree(t, map[string]string{
		"python/lib/python3.12/site-packages/shared.py": "WHO = 'second'\n", "nodejs/node_modules/shared/index.js": "exports.who = 'second';",
	})
	if err := os.Chmod(filepath.Join(first, "bin", "tool"), 0o700); err != nil {
		t.Fatal(err)
	}
	dir := writeTree(t, map[string]string{
		"app.py":   "import shared, only, subprocess\ndef handler(event, context): return [shared.WHO, only.WHO, subprocess.check_output(['tool']).decode().strip()]\n",
		"index.js": "exports.handler = async () => [require('shared').who, require('child_process').execFileSync('tool').toString().trim()];",
	})
	layers := []spec.Layer{{Dir: first}, {Dir: second}}
	for _, c := range [][3]string{
		{"python3.12", "app.handler", `["second", "only", "tool"]`},
		{"nodejs20.x", "index.handler", `["second","tool"]`},
		{"nodejs20.x", "/opt/nodejs/node_modules/wrap/index.handler", `"wrapped"`},
	} {
		o := one(c[0], c[1], dir)
		o.Functions[0].Layers = layers
		fs, _ := openReal(t, o)
		wantBody(t, fs, "f", `{}`, c[2])
	}
}

func TestRuntimeInstallForReal(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it downloads the SDKs")
	}
	dir := t.TempDir()
	var out bytes.Buffer
	if err := RuntimeInstall(t.Context(), "nodejs", dir, &out); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	code := writeTree(t, map[string]string{
		"index.mjs": "import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'; import { ApiGatewayManagementApiClient, DeleteConnectionCommand } from '@aws-sdk/client-apigatewaymanagementapi';\nexport const handler = async () => [typeof DynamoDBDocumentClient.from, await refused()];\nasync function refused() { try { await new ApiGatewayManagementApiClient({ maxAttempts: 1, credentials: { accessKeyId: 'a', secretAccessKey: 'b' } }).send(new DeleteConnectionCommand({ ConnectionId: 'x' })); } catch (e) { return /127.0.0.1:9/.test(String(e)) || String(e); } }",
	})
	o := one("nodejs20.x", "index.handler", code)
	o.RuntimeDir, o.Path = dir, bareInterpreters(t)
	o.Env = func(*spec.Function) map[string]string {
		return map[string]string{"AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI": "http://127.0.0.1:9"}
	}
	fs, _ := openReal(t, o)
	wantBody(t, fs, "f", `{}`, `["function",true]`)
}
