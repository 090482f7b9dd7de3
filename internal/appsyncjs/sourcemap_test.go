package appsyncjs

import (
	"encoding/base64"
	"path/filepath"
	"strings"
	"testing"

	"github.com/evanw/esbuild/pkg/api"
	"github.com/google/go-cmp/cmp"

	"github.com/tidewire/tidewire/internal/spec"
)

// inlineMap is the text of a source map comment behind its marker.
func inlineMap(doc string) string {
	return "sourceMappingURL=data:application/json;base64," + base64.StdEncoding.EncodeToString([]byte(doc))
}

const (
	emptyMap   = `{"version":3,"sources":[],"names":[],"mappings":""}`
	foreignMap = `{"version":3,"sources":["src/x.ts"],"names":[],"mappings":"AAAA"}`
	libraryMap = `{"version":3,"sources":["appsync:@aws-appsync/utils"],"names":[],"mappings":"AAAA"}`
)

// places are problems without the names of their files.
func places(ps Problems) string {
	var list []string
	for _, p := range ps {
		p.File = filepath.Base(p.File)
		list = append(list, p.Position.String()+" "+p.Rule)
	}
	return strings.Join(list, "\n")
}

// TestSourceMapsAreNotFollowed: whatever a file says about where it came from,
// it is judged, with places in the file.
func TestSourceMapsAreNotFollowed(t *testing.T) {
	t.Parallel()
	e := open(t, Options{})
	const code = "export function request(ctx) {\n  while (true) { break }\n  return 1\n}\n"
	for _, comment := range []string{
		"//# " + inlineMap(emptyMap), "//# " + inlineMap(foreignMap), "//# " + inlineMap(libraryMap),
		"//@ " + inlineMap(foreignMap), "/*# " + inlineMap(foreignMap) + " */", "/*@ " + inlineMap(emptyMap) + "*/",
		"//# " + inlineMap(foreignMap) + "\n\n// the end", "//# sourceMappingURL=file:///etc/passwd", "//# sourceMappingURL=/etc/passwd",
		"//# sourceMappingURL=x.js.map", "//# sourceMappingURL=",
	} {
		for _, text := range []string{code + comment, comment + " \n" + code} {
			want := "code.js:2:3 @aws-appsync/no-while"
			if !strings.HasPrefix(text, "export") {
				want = strings.Replace(want, "2:3", map[bool]string{true: "5:3", false: "3:3"}[strings.Contains(comment, "\n")], 1)
			}
			if _, problems := e.Load(inline(text)); places(problems) != want {
				t.Errorf("%.60s: %v", comment, problems)
			}
		}
	}
}

// TestDocumentedBuild: esbuild as AppSync's guide calls it, before deployment.
func TestDocumentedBuild(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "help.ts", "export const help = (x: any): string => {\n  while (x) { break }\n  return x.a.b\n}\n")
	write(t, dir, "src.ts", "import { util } from '@aws-appsync/utils'\nimport { help } from './help'\nexport function request(ctx: any) { return help(ctx.args.x) }\nexport function response() { util.error('x') }\n")
	built := api.Build(api.BuildOptions{EntryPoints: []string{filepath.Join(dir, "src.ts")}, Bundle: true, Sourcemap: api.SourceMapInline,
		SourcesContent: api.SourcesContentExclude, Format: api.FormatESModule, Target: api.ESNext, Platform: api.PlatformNode, External: []string{"@aws-appsync/utils"}})
	if len(built.Errors) > 0 || !strings.Contains(string(built.OutputFiles[0].Contents), "sourceMappingURL=data:") {
		t.Fatal(built.Errors)
	}
	code := string(built.OutputFiles[0].Contents)
	line := 1 + strings.Count(code[:strings.Index(code, "while")], "\n")
	e := open(t, Options{})
	for _, s := range []Source{inline(code), {Script: &spec.Script{File: placed(t, dir, "code.js", code)}}} {
		_, problems := e.Load(s)
		if want := (Position{"code.js", line, 3}).String() + " @aws-appsync/no-while"; places(problems) != want {
			t.Errorf("%v, want %s", problems, want)
		}
	}
	code = strings.Replace(code, "while", "if   ", 1)
	code = strings.Replace(code, "break;", "", 1)
	out := load(t, e, code).Call(t.Context(), "request", &Call{Arguments: rawJSON("{}")})
	if out.At.File != "code.js" || out.At.Line != line+2 && out.At.Line != line+3 {
		t.Errorf("failed at %v: %s", out.At, out.Reason)
	}
}

func TestSourceMapsOfImports(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	main := placed(t, dir, "main.js", "import { f } from './help.js'\nimport data from './data.json'\nexport function request() { return f() + data.a }\n//@ "+inlineMap(libraryMap))
	write(t, dir, "help.js", "export const f = () => {\n  try { return 1 } finally { }\n}\n/*# "+inlineMap(emptyMap)+" */\n")
	write(t, dir, "data.json", `{"a":1}`)
	_, problems := open(t, Options{}).Load(Source{Script: &spec.Script{File: main}})
	if diff := cmp.Diff("help.js:2:3 @aws-appsync/no-try", places(problems)); diff != "" {
		t.Error(diff)
	}
}

func TestEndOfFileBeforeSourceMap(t *testing.T) {
	t.Parallel()
	_, problems := open(t, Options{}).Load(inline("// sourceMappingURL=\nexport const x =\n"))
	if got := places(problems); got != "code.js:3:1 " {
		t.Errorf("%s: %v", got, problems)
	}
}

// TestSourceMapTextStays: text that looks like such a comment is not touched.
func TestSourceMapTextStays(t *testing.T) {
	t.Parallel()
	const want = `"//# sourceMappingURL=x"`
	for _, body := range []string{"return '//# sourceMappingURL=x'", "return `//# sourceMappingURL=x`"} {
		if got := value(t, open(t, Options{}), body, &Call{}); got != want {
			t.Errorf("%s gives %s", body, got)
		}
	}
}

// placed writes a file and tells where it is.
func placed(t *testing.T, dir, name, text string) string {
	t.Helper()
	write(t, dir, name, text)
	return filepath.Join(dir, name)
}
