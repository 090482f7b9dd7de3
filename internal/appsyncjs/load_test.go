package appsyncjs

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/tidewire/tidewire/internal/spec"
)

// tree writes files below a new directory.
func tree(t *testing.T, archive string) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range txtar.Parse([]byte(archive)).Files {
		name := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const project = `
-- outside.ts --
export const secret = 1;
-- app/resolvers/get.ts --
import { util, type Context } from '@aws-appsync/utils';
import { get } from '@aws-appsync/utils/dynamodb';
import { key } from '../lib/key.js';
import { prefix } from '../lib';
import data from '../lib/data.json';
enum Kind { A = 'a' }
export function request(ctx: Context): unknown {
  return { kind: Kind.A, get: get({ key: key(ctx.args.id as string) }), prefix, data };
}
export const response = (ctx: Context) => {
  const broken: any = null;
  return broken.x;
};
export const onPublish = { request(ctx) { return 1; }, response: (ctx) => 2 };
-- app/lib/key.ts --
export const key = (id: string) => ({ id });
-- app/lib/index.ts --
export const prefix: string = 'p';
-- app/lib/data.json --
{"n": 1}
-- app/lib/bad.ts --
export function f() {
  while (true) { }
}
-- app/escape.ts --
import { secret } from '../outside';
export const request = () => secret;
-- app/absolute.js --
import x from '/etc/passwd';
export const request = () => x;
-- app/package.js --
import _ from 'lodash';
export const request = () => _;
-- app/rds.js --
import { select } from '@aws-appsync/utils/rds';
export const request = () => select;
-- app/missing.js --
import { nothing } from '@aws-appsync/utils';
export const request = () => nothing;
-- app/importsbad.js --
import { f } from './lib/bad';
export const request = () => f();
-- app/syntax.js --
export function request( {
-- app/dynamic.js --
export function request(ctx) { return import('./lib/key.js'); }
-- app/linked.js --
import { secret } from './link';
export const request = () => secret;
`

func TestLoadBundles(t *testing.T) {
	t.Parallel()
	e := open(t, Options{})
	app := filepath.Join(tree(t, project), "app")
	file := filepath.Join(app, "resolvers", "get.ts")
	m, problems := e.Load(Source{Script: &spec.Script{File: file}, Root: app})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	out := m.Call(t.Context(), "request", &Call{Arguments: rawJSON(`{"id":"7"}`)})
	if got, want := string(out.Value), `{"kind":"a","get":{"operation":"GetItem","key":{"id":{"S":"7"}}},"prefix":"p","data":{"n":1}}`; got != want {
		t.Errorf("got %s %s, want %s", got, out.Reason, want)
	}
	out = m.Call(t.Context(), "response", &Call{})
	if want := (Position{File: file, Line: 12, Column: 17}); out.At != want {
		t.Errorf("at %v, want %v (%s)", out.At, want, out.Reason)
	}
	for _, name := range []string{"request", "response", "onPublish.request", "onPublish.response"} {
		if !m.Has(name) {
			t.Errorf("%s is not exported", name)
		}
	}
	if out := m.Call(t.Context(), "onPublish.response", &Call{}); string(out.Value) != "2" {
		t.Errorf("onPublish.response: %s %s", out.Value, out.Reason)
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	e := open(t, Options{})
	dir := tree(t, project)
	app := filepath.Join(dir, "app")
	if runtime.GOOS != "windows" {
		if err := os.Symlink(filepath.Join(dir, "outside.ts"), filepath.Join(app, "link.ts")); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{
		"escape.ts":      "escape.ts:1:24: cannot import \"../outside\": it is outside of " + app,
		"absolute.js":    "absolute.js:1:15: cannot import \"/etc/passwd\"",
		"package.js":     "package.js:1:15: cannot import \"lodash\": only @aws-appsync/utils and local files",
		"rds.js":         "@aws-appsync/utils/rds is not available in tidewire",
		"missing.js":     "missing.js:1:10: No matching export in \"appsync:@aws-appsync/utils\" for import \"nothing\"",
		"importsbad.js":  filepath.Join(app, "lib", "bad.ts") + ":2:3: While statements are not supported. (@aws-appsync/no-while)",
		"syntax.js":      "syntax.js:2:1: ",
		"dynamic.js":     "dynamic.js:1:",
		"linked.js":      "cannot import \"./link\"",
		"nosuch.js":      "nosuch.js",
		"../outside.ts":  "the file is not below " + app,
		"lib/data.json":  "",
		"resolvers":      "",
		"../app/../../x": "the file is not below",
	} {
		_, problems := e.Load(Source{Script: &spec.Script{File: filepath.Join(app, name)}, Root: app})
		if want != "" && !strings.Contains(problems.Error(), want) {
			t.Errorf("%s: %v\nwant %s", name, problems, want)
		}
	}
	_, problems := e.Load(inline("import x from './x'"))
	if !strings.Contains(problems.Error(), "inline code cannot import files") {
		t.Errorf("%v", problems)
	}
	for _, code := range []string{strings.Repeat("a", maxCode+1), strings.Repeat("(", 300), strings.Repeat("/* */\n", 100_000)} {
		if _, problems := e.Load(inline(code)); len(problems) == 0 {
			t.Errorf("%.10q is taken", code)
		}
	}
	if _, problems := e.Load(inline("//" + strings.Repeat("é", maxCode-2))); len(problems) > 0 {
		t.Errorf("32,768 characters are refused: %v", problems)
	}
}
