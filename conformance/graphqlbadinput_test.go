//go:build conformance

package conformance

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// startHostile serves resolvers that do what they should not; the function far
// is answer, which may say anything.
func startHostile(t testing.TB, answer string) (*server, *graph) {
	t.Helper()
	far := record(t, func(*http.Request, string) (int, string) { return http.StatusOK, answer })
	s := serve(t, stack(t, "hostile"), serveOptions{args: []string{"--function", "Function=" + far.URL}})
	return s, s.keyed(t)
}

const fineAnswer = `{"data":{"fine":"ok"}}`

// unharmed wants the next request to be answered, and memory to be bounded:
// what was taken is given back, and it was never without measure. How much it is
// for a moment depends on how long the watch over scripts waits for a processor.
func (s *server) unharmed(t *testing.T, g *graph, what string) {
	t.Helper()
	const most, peak = 900 << 20, 3 << 30 // of a binary with the race detector
	if a := g.post(t, `{"query":"{ fine(text: \"ok\") }"}`); a.text != fineAnswer {
		t.Errorf("after %s: %d %s", what, a.status, a.text)
	}
	eventually(t, fmt.Sprintf("after %s at most %d MB resident", what, most>>20), func() bool { return s.resident(t) <= most })
	if got := s.memory(t, "VmHWM"); got > peak {
		t.Errorf("%s: %d MB were resident", what, got>>20)
	}
}

// TestGraphQLBadBodies sends what no client should.
func TestGraphQLBadBodies(t *testing.T) {
	t.Parallel()
	s, g := startHostile(t, "1")
	const malformed, unparsed, empty = "MalformedHttpRequestException", "Unable to parse GraphQL query.", "Request body is empty."
	for name, c := range map[string]struct {
		body, kind, message string
	}{
		"nothing": {"", malformed, empty}, "no JSON": {"{", malformed, unparsed}, "{}": {"{}", malformed, unparsed}, "list": {`[{"query":"{ fine }"}]`, malformed, unparsed}, "null": {"null", malformed, unparsed},
		"more after it": {`{"query":"{ fine }"} x`, malformed, unparsed}, "query is a number": {`{"query":1}`, malformed, unparsed}, "query is null": {`{"query":null}`, malformed, unparsed},
		"variables are a list": {`{"query":"{ fine }","variables":[]}`, malformed, unparsed}, "variables are text": {`{"query":"{ fine }","variables":"{}"}`, malformed, unparsed},
		"invalid UTF-8": {"{\"query\":\"{ fine(text: \\\"\xff\xfe\\\") }\"}", malformed, unparsed}, "an operation of several": {`{"query":"query A { fine } query B { fine }"}`, "BadRequestException", "Missing operation name."},
	} {
		t.Run(name, func(t *testing.T) { g.post(t, c.body).refused(t, http.StatusBadRequest, c.kind, c.message) })
	}
	for name, body := range map[string]string{
		"over 1 MB": `{"query":"{ fine }","x":"` + strings.Repeat("x", 1<<20) + `"}`, "deep JSON": `{"query":"{ fine }","variables":` + strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000) + "}",
		"deep list": `{"query":"{ fine }","variables":{"a":` + strings.Repeat("[", 300_000) + strings.Repeat("]", 300_000) + "}}", "only braces": strings.Repeat("{", 900_000),
	} {
		if a := g.post(t, body); a.status < 400 || a.status >= 500 || len(a.Errors) != 1 || a.header.Get("x-amzn-ErrorType") == "" {
			t.Errorf("%s: %d %.300s", name, a.status, a.text)
		}
	}
	s.unharmed(t, g, "bad bodies")
	t.Run("documents", func(t *testing.T) { s.badDocuments(t, g) })
	t.Run("values", func(t *testing.T) { badValues(t, g) })
}

// badDocuments are documents that must not be executed, or not for long.
func (s *server) badDocuments(t *testing.T, g *graph) {
	many := func(n int, each string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, each+" ", i)
		}
		return b.String()
	}
	nested := func(n int) string { return strings.Repeat("node { ", n) + "id" + strings.Repeat(" }", n) }
	bomb := "{ ...F0 } fragment F60 on Query { fine }"
	for i := range 60 {
		bomb += fmt.Sprintf(" fragment F%d on Query { ...F%d ...F%d }", i, i+1, i+1)
	}
	for name, c := range map[string]struct{ document, says string }{
		"cycle":         {"{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }", "cycle"},
		"itself":        {"{ node { ...A } } fragment A on Node { node { ...A } }", "cycle"},
		"deep":          {"{ " + nested(30) + " }", ""},
		"very deep":     {"{ " + nested(100_000) + " }", ""},
		"braces":        {strings.Repeat("{", 200_000), ""},
		"lists":         {"{ fine(text: " + strings.Repeat("[", 200_000) + strings.Repeat("]", 200_000) + ") }", ""},
		"no such field": {"{ none }", "Validation error of type FieldUndefined: Field 'none' in type 'Query' is undefined @ 'none'"},
		"no selection":  {"{ node }", "SubSelectionRequired"},
		"no such type":  {"query($v: Nothing) { fine(text: $v) }", "UnknownType"},
		"unclosed":      {"{ fine", ""},
		"subscription":  {"subscription { x }", ""},
		"too many":      {"{ " + many(10_001, "a%d: fine") + " }", "ResolverCountLimitReached"},
		"no query":      {"fragment F on Query { fine }", ""},
		"two of a name": {"query A { fine } query A { fine }", ""},
		"conflict":      {`{ fine(text: "a") fine(text: "b") }`, "FieldsConflict"},
		"control":       {"{ fine(text: \"\u0000\") }", ""},
		"surrogate":     {`{ fine(text: "\ud800") }`, ""},
	} {
		begun := time.Now()
		a := g.ask(t, c.document)
		if (len(a.Errors) == 0 && name != "surrogate") || !strings.Contains(a.text, c.says) || len(a.text) > 1<<20 {
			t.Errorf("%s: %d %.300s", name, a.status, a.text)
		}
		if took := time.Since(begun); took > 25*time.Second {
			t.Errorf("%s took %s", name, took)
		}
	}
	if a := g.ask(t, bomb); !strings.Contains(a.text, `"fine":"x"`) && len(a.Errors) == 0 {
		t.Errorf("fragments that double: %.300s", a.text)
	}
	if a := g.ask(t, "{ "+many(10_000, "a%d: scalars")+" }"); strings.Count(a.text, ":true") != 10_000 || len(a.Errors) > 0 {
		t.Errorf("10,000 aliases: %d %.300s", a.status, a.text)
	}
	s.unharmed(t, g, "bad documents")
}

// badValues are wrong for their types, as literals and as variables.
func badValues(t *testing.T, g *graph) {
	for argument, c := range map[string]struct {
		kind      string
		good, bad []string
	}{
		"date":  {"AWSDate", []string{`"2026-11-20"`, `"2026-11-20Z"`, `"-0044-03-15"`}, []string{`"2026-13-01"`, `"2026-02-30"`, `"20-11-20"`, `1`, `""`}},
		"time":  {"AWSTime", []string{`"12:30"`, `"12:30:00.123456789+01:00"`}, []string{`"25:00"`, `"12"`}},
		"when":  {"AWSDateTime", []string{`"2026-11-20T10:00Z"`, `"2026-11-20T10:00:00.5+01:00"`}, []string{`"2026-11-20T10:00:00"`, `"2026-11-20"`}},
		"stamp": {"AWSTimestamp", []string{`0`, `-1`, `1700000000`}, []string{`1.5`, `"soon"`, `99999999999999999999999`}},
		"mail":  {"AWSEmail", []string{`"a@b.example"`}, []string{`"a"`, `"a@"`, `"@b"`}},
		"json":  {"AWSJSON", []string{`"{\"a\":1}"`, `"1"`}, []string{`"{"`, `"a"`}},
		"url":   {"AWSURL", []string{`"https://example.com/a?b#c"`, `"mailto:a@b.example"`}, []string{`"example"`, `"/a"`, `"http://"`}},
		"phone": {"AWSPhone", []string{`"+49 170 1234567"`, `"202-555-0123"`}, []string{`"x"`, `"1"`}},
		"ip":    {"AWSIPAddress", []string{`"127.0.0.1"`, `"::1"`}, []string{`"256.1.1.1"`, `"localhost"`, `"1.2.3"`}},
		"int":   {"Int", []string{`2147483647`, `-2147483648`}, []string{`2147483648`, `1.5`, `true`, `"x"`, `123456789012345678901234567890`}},
		"float": {"Float", []string{`1`, `1.5e300`}, []string{`"x"`, `true`}},
		"id":    {"ID", []string{`1`, `"x"`}, []string{`1.5`, `true`}},
		"in":    {"In", []string{`{"a":1}`, `{"a":1,"b":[{"a":2}],"e":"RED"}`}, []string{`{}`, `{"a":null}`, `{"a":1,"c":1}`, `{"a":1,"e":"BLUE"}`, `[]`, `1`}},
		"list":  {"[Int!]", []string{`[1,2]`, `3`}, []string{`[1,null]`, `["x"]`}},
	} {
		body := func(value string) string {
			return `{"query":"query($v: ` + c.kind + `) { scalars(` + argument + `: $v) }","variables":{"v":` + value + `}}`
		}
		for _, value := range c.good {
			if a := g.post(t, body(value)); a.text != `{"data":{"scalars":true}}` {
				t.Errorf("%s %s: %s", c.kind, value, a.text)
			}
		}
		for _, value := range c.bad {
			if a := g.post(t, body(value)); a.status != http.StatusOK || len(a.Errors) != 1 || string(a.Data) != "null" {
				t.Errorf("%s %s: %d %s", c.kind, value, a.status, a.text)
			}
			if c.kind == "In" {
				continue
			}
			if a := g.ask(t, `{ scalars(`+argument+`: `+value+`) }`); a.status != http.StatusOK || len(a.Errors) != 1 || string(a.Data) != "null" {
				t.Errorf("literal %s %s: %d %s", c.kind, value, a.status, a.text)
			}
		}
	}
}

// TestGraphQLHostileResolvers: what resolvers and functions do wrong is an
// error of their field, and of nobody else's.
func TestGraphQLHostileResolvers(t *testing.T) {
	t.Parallel()
	s, g := startHostile(t, "{not JSON")
	t.Run("fields", func(t *testing.T) {
		for field, says := range map[string]string{"throws": "", "wrong": "Can't serialize value", "far": "", "concats": "", "grows": "", "evals": "", "functions": "", "promises": "",
			"timers": "", "processes": ""} {
			a := g.ask(t, `{ `+field+` fine(text: "beside") }`)
			if !strings.Contains(a.text, `"`+field+`":null`) || !strings.Contains(a.text, `"fine":"beside"`) || len(a.Errors) != 1 || !strings.Contains(a.text, says) || strings.Contains(a.text, "goroutine") || strings.Contains(a.text, "/stack/") {
				t.Errorf("%s: %d %.500s", field, a.status, a.text)
			}
			s.unharmed(t, g, field)
		}
		g.ask(t, `{ nothing }`).data(t, `{"nothing":null}`)
		for _, word := range []string{"constructor", "__proto__", "eval", "Function", "toString"} {
			if a := g.ask(t, `query($t: String) { constructs(text: $t) }`, object{"t": word}); strings.Contains(a.text, `"1"`) || strings.Contains(a.text, "native code") {
				t.Errorf("constructs %s: %s", word, a.text)
			}
		}
		if a := g.ask(t, `{ pollutes }`); strings.Contains(a.text, "yes") {
			t.Errorf("pollutes: %s", a.text)
		}
		if a := g.ask(t, `{ replaces }`); strings.Contains(a.text, `"1"`) {
			t.Errorf("replaces: %s", a.text)
		}
	})
	t.Run("loops", func(t *testing.T) {
		t.Parallel()
		begun := time.Now()
		a := g.ask(t, `{ a: loops fine(text: "beside") }`)
		if took := time.Since(begun); len(a.Errors) != 1 || !strings.Contains(a.text, `"fine":"beside"`) || took > 35*time.Second {
			t.Errorf("loops: after %s %d %s", took, a.status, a.text)
		}
		s.unharmed(t, g, "a loop")
	})
	t.Run("requests apart", func(t *testing.T) {
		t.Parallel()
		var all sync.WaitGroup
		for n := range 32 {
			all.Go(func() {
				for k := range 20 {
					id := fmt.Sprintf("r%d-%d", n, k)
					a, err := g.try(http.MethodPost, `{"query":"query($t: String) { a: remembers(text: $t) b: fine(text: $t) }","variables":{"t":"`+id+`"}}`)
					if want := `{"data":{"a":"1 1 ` + id + `","b":"` + id + `"}}`; err != nil || a.text != want {
						t.Errorf("%v %+v, want %s", err, a, want)
						return
					}
				}
			})
		}
		all.Wait()
	})
}

// TestGraphQLForbiddenCode: what AppSync refuses to save is refused, with the
// rule's name and the place.
func TestGraphQLForbiddenCode(t *testing.T) {
	t.Parallel()
	for rule, line := range map[string]string{
		"@aws-appsync/no-try": "try { ctx.a = 1; } catch { ctx.a = 2; }", "@aws-appsync/no-while": "while (true) {}", "no-throw": "throw undefined;",
		"@aws-appsync/no-async": "const f = async () => 1;", "@aws-appsync/no-for": "for (let i = 0; i < 3; i += 1) {}", "@aws-appsync/no-classes": "class A {}", "@aws-appsync/no-this": "const a = this;",
		"@aws-appsync/no-regex": "const r = /a/;", "@aws-appsync/no-continue": "for (const a of [1]) { continue; }",
	} {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			dir := stack(t, "hostile")
			put(t, filepath.Join(dir, "fine.js"), "export function request(ctx) {\n  "+line+"\n  return {};\n}\nexport const response = (ctx) => ctx.result;\n")
			p, code := finished(t, command{argv: []string{suite.tidewire, "check", dir}, dir: t.TempDir()})
			if said := p.stderr.String() + p.stdout.String(); code != 1 || !strings.Contains(said, rule) || !strings.Contains(said, "fine.js:2:") {
				t.Errorf("%d %s", code, said)
			}
		})
	}
}
