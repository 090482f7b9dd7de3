package graphqlapi

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidewire/tidewire/internal/appsyncjs"
	"github.com/tidewire/tidewire/internal/datasource"
	"github.com/tidewire/tidewire/internal/spec"
)

// logbook is a log that is read again.
type logbook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// lines are what was written since the last time.
func (l *logbook) lines() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := l.text.String()
	l.text.Reset()
	return strings.FieldsFunc(text, func(r rune) bool { return r == '\n' })
}

// logged gives an API a log, and a clock that goes on by a millisecond whenever
// it is looked at.
func logged(book *logbook, level string, excludeVerbose bool) func(*rig, *Options) {
	return func(r *rig, o *Options) {
		r.spec.LogLevel, r.spec.ExcludeVerbose = level, excludeVerbose
		o.Log = slog.New(slog.NewTextHandler(book, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey || a.Key == "api" && a.Value.String() == "Api" {
				return slog.Attr{}
			}
			return a
		}}))
		now := time.Unix(1_700_000_000, 0)
		var mu sync.Mutex
		o.Now = func() time.Time {
			mu.Lock()
			defer mu.Unlock()
			now = now.Add(time.Millisecond)
			return now
		}
	}
}

// chatty says something and then what f says.
func chatty(s script) script {
	answer := s["response"]
	s["response"] = func(ctx context.Context, c *Call) *Outcome {
		o := answer(ctx, c)
		at := appsyncjs.Position{File: "code.js", Line: 3, Column: 5}
		o.Logs = []appsyncjs.Line{{Level: "INFO", Text: `"said"`, At: at}, {Level: "ERROR", Text: `"shouted"`, At: at}}
		return o
	}
	return s
}

func TestFieldLogLevels(t *testing.T) {
	t.Parallel()
	const (
		where        = ` type=Query field=`
		said         = `level=INFO msg="\"said\""` + where + `count function=response at=code.js:3:5`
		shouted      = `level=ERROR msg="\"shouted\""` + where + `count function=response at=code.js:3:5`
		saidText     = `level=INFO msg="\"said\""` + where + `text function=response at=code.js:3:5`
		shoutedText  = `level=ERROR msg="\"shouted\""` + where + `text function=response at=code.js:3:5`
		request      = `level=ERROR msg="resolver function" requestId=r-1` + where + `text path=/text function=request duration=1ms document="{\"payload\":null}"`
		response     = `level=ERROR msg="resolver function" requestId=r-1` + where + `text path=/text function=response duration=1ms`
		failed       = `level=ERROR msg="field failed" requestId=r-1` + where + `text path=/text errorType=T message=boom duration=5ms`
		broken       = `level=ERROR msg="resolver failed"` + where + `flag function=response at=code.js:7:1 cause="TypeError: x is undefined"`
		brokenAsked  = `level=ERROR msg="resolver function" requestId=r-1` + where + `flag path=/flag function=request duration=1ms document="{\"payload\":null}"`
		brokenSaid   = `level=ERROR msg="resolver function" requestId=r-1` + where + `flag path=/flag function=response duration=1ms`
		brokenFailed = `level=ERROR msg="field failed" requestId=r-1` + where + `flag path=/flag errorType=Code message="Runtime Error" duration=5ms at=code.js:7:1 cause="TypeError: x is undefined"`
		asked        = `level=INFO msg="resolver function" requestId=r-1` + where + `count path=/c function=request duration=1ms document="{\"payload\":null}"`
		answered     = `level=INFO msg="resolver function" requestId=r-1` + where + `count path=/c function=response duration=1ms document=7`
		askedOnly    = `level=INFO msg="resolver function" requestId=r-1` + where + `count path=/c function=request duration=1ms`
		answeredOnly = `level=INFO msg="resolver function" requestId=r-1` + where + `count path=/c function=response duration=1ms`
		resolved     = `level=INFO msg="field resolved" requestId=r-1` + where + `count path=/c returns=Int resolver=Querycount duration=5ms`
		requestOnly  = `level=ERROR msg="resolver function" requestId=r-1` + where + `text path=/text function=request duration=1ms`
		flagOnly     = `level=ERROR msg="resolver function" requestId=r-1` + where + `flag path=/flag function=request duration=1ms`
	)
	for _, tt := range []struct {
		level   string
		exclude bool
		want    []string
	}{
		{"", false, []string{said, shouted, saidText, shoutedText, broken}},
		{"", true, []string{said, shouted, saidText, shoutedText, broken}},
		{"NONE", false, []string{}},
		{"ERROR", false, []string{shouted, shoutedText, request, response, failed, brokenAsked, brokenSaid, brokenFailed}},
		{"ERROR", true, []string{shouted, shoutedText, failed, brokenFailed}},
		{"INFO", false, []string{said, shouted, saidText, shoutedText, request, response, failed, brokenAsked, brokenSaid, brokenFailed}},
		{"DEBUG", true, []string{said, shouted, saidText, shoutedText, failed, brokenFailed}},
		{"ALL", false, []string{said, shouted, asked, answered, resolved, saidText, shoutedText, request, response, failed, brokenAsked, brokenSaid, brokenFailed}},
		{"ALL", true, []string{said, shouted, askedOnly, answeredOnly, resolved, saidText, shoutedText, requestOnly, response, failed, flagOnly, brokenSaid, brokenFailed}},
	} {
		t.Run(fmt.Sprint(tt.level, tt.exclude), func(t *testing.T) {
			t.Parallel()
			var book logbook
			id := "r-1"
			failing := says("null")
			failing["response"] = func(context.Context, *Call) *Outcome {
				return &Outcome{Failure: &Failure{Type: "Code", Message: "Runtime Error"}, Reason: "TypeError: x is undefined", At: appsyncjs.Position{File: "code.js", Line: 7, Column: 1}}
			}
			r := newRig(t, blogSchema, unit("Query.count", chatty(says("7"))), unit("Query.text", chatty(fails(Failure{Type: "T", Message: "boom"}))), unit("Query.flag", failing), logged(&book, tt.level, tt.exclude))
			for _, query := range []string{`{c:count}`, `{text}`, `{flag}`} {
				o, _ := r.api.Prepare(query, "")
				r.api.Execute(t.Context(), o, &Run{Caller: r.caller, RequestID: &id})
			}
			if diff := cmp.Diff(tt.want, book.lines()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestFieldLogOfValues is about errors that no resolver made.
func TestFieldLogOfValues(t *testing.T) {
	t.Parallel()
	var book logbook
	r := newRig(t, blogSchema, root(map[string]string{"posts": `[{"id":"1"},{}]`}), logged(&book, "ERROR", false))
	r.run(`{posts{id}}`)
	want := []string{`level=ERROR msg="field failed" path=/posts[1]/id message="Cannot return null for non-nullable type: 'ID' within parent 'Post' (/posts[1]/id)"`}
	if diff := cmp.Diff(want, book.lines()); diff != "" {
		t.Error(diff)
	}
}

// TestFieldLogOfAppendedErrors: a field that has a value and an error is one
// with an error, whose documents are shown.
func TestFieldLogOfAppendedErrors(t *testing.T) {
	t.Parallel()
	var book logbook
	careful := says("7")
	careful["response"] = func(context.Context, *Call) *Outcome {
		return &Outcome{Value: json.RawMessage("7"), Appended: []Failure{{Type: "W", Message: "careful"}}}
	}
	r := newRig(t, blogSchema, unit("Query.count", careful), logged(&book, "ERROR", false))
	r.run(`{count}`)
	want := []string{
		`level=ERROR msg="field failed" type=Query field=count path=/count errorType=W message=careful`,
		`level=INFO msg="resolver function" type=Query field=count path=/count function=request duration=1ms document="{\"payload\":null}"`,
		`level=INFO msg="resolver function" type=Query field=count path=/count function=response duration=1ms document=7`,
		`level=INFO msg="field resolved" type=Query field=count path=/count returns=Int resolver=Querycount duration=5ms`,
	}
	if diff := cmp.Diff(want, book.lines()); diff != "" {
		t.Error(diff)
	}
}

func TestFieldLogOfAPipeline(t *testing.T) {
	t.Parallel()
	var book logbook
	r := newRig(t, blogSchema, pipe("Query.count", says("8"), "read"), logged(&book, "ALL", false), func(r *rig, _ *Options) {
		r.scripts["read"] = says("7")
		r.spec.Functions = []spec.PipelineFunction{{ID: "read", Name: "read", DataSource: "none", Code: &spec.Script{Text: "read"}}}
	})
	r.run(`{count}`)
	var functions []string
	for _, line := range book.lines() {
		if _, rest, ok := strings.Cut(line, " function="); ok {
			functions = append(functions, rest)
		}
	}
	document := ` duration=1ms document="{\"payload\":null}"`
	want := []string{"request" + document, "read.request" + document, "read.response duration=1ms document=7", "response duration=1ms document=8"}
	if diff := cmp.Diff(want, functions); diff != "" {
		t.Error(diff)
	}
}

// TestFieldLogOfFunctions is about Lambda resolvers without code, alone and in
// batches.
func TestFieldLogOfFunctions(t *testing.T) {
	t.Parallel()
	var book logbook
	direct := func(size int, typ, field string) func(*rig, *Options) {
		return func(r *rig, _ *Options) {
			r.spec.Resolvers = append(r.spec.Resolvers, spec.Resolver{LogicalID: typ + field, Type: typ, Field: field, DataSource: "lambda", MaxBatchSize: size})
		}
	}
	r := newRig(t, blogSchema, direct(0, "Query", "count"), root(map[string]string{"posts": `[{"id":"1"}]`}), direct(2, "Post", "title"), logged(&book, "ALL", false), func(_ *rig, o *Options) {
		o.Batch = func(context.Context, *spec.DataSource, []json.RawMessage, bool) []datasource.Answer {
			return []datasource.Answer{{Value: json.RawMessage(`"T"`)}}
		}
	})
	r.run(`{count}`)
	r.run(`{posts{title}}`)
	var functions []string
	for _, line := range book.lines() {
		if strings.Contains(line, "function=response") {
			functions = append(functions, line[strings.Index(line, "path="):])
		}
	}
	want := []string{`path=/count function=response duration=1ms document=null`, `path=/posts function=response duration=1ms document="[{\"id\":\"1\"}]"`,
		`path=/posts[0]/title function=response duration=1ms document="\"T\""`}
	if diff := cmp.Diff(want, functions); diff != "" {
		t.Error(diff)
	}
}

func TestFieldLogFollowsTheTemplate(t *testing.T) {
	t.Parallel()
	var book logbook
	r := newRig(t, blogSchema, unit("Query.count", says("7")), logged(&book, "NONE", false))
	for _, tt := range []struct {
		level   string
		exclude bool
		records int
	}{{"NONE", false, 0}, {"ALL", false, 3}, {"ALL", true, 3}, {"ERROR", false, 0}, {"", false, 0}} {
		changed := *r.spec
		changed.LogLevel, changed.ExcludeVerbose = tt.level, tt.exclude
		if err := r.api.Update(&changed); err != nil {
			t.Fatal(err)
		}
		r.run(`{count}`)
		lines := book.lines()
		if len(lines) != tt.records || strings.Contains(strings.Join(lines, ""), "document=") == (tt.exclude || tt.records == 0) {
			t.Errorf("%q %v: %q", tt.level, tt.exclude, lines)
		}
	}
}

// TestFieldLogIsBounded: a request does not write more than AppSync lets it.
func TestFieldLogIsBounded(t *testing.T) {
	t.Parallel()
	var book logbook
	long := `"` + strings.Repeat("x", 3000) + `"`
	r := newRig(t, blogSchema, root(map[string]string{"posts": "[" + strings.Repeat(`{"id":"1"},`, 599) + `{"id":"1"}]`}), unit("Post.title", says(long)), logged(&book, "ALL", false),
		func(_ *rig, o *Options) { o.Limits.Time = time.Hour })
	r.run(`{posts{title}}`)
	lines := book.lines()
	if size := len(strings.Join(lines, "\n")); size > maxFieldLog+maxFieldLog/4 {
		t.Errorf("%d bytes were written", size)
	}
	left := 3*601 - len(lines) + 1
	if got, want := lines[len(lines)-1], fmt.Sprintf(`level=WARN msg="records of fields were left out: a request logs at most 1 MB" records=%d`, left); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// TestMasked: secrets can be told apart, but not be guessed.
func TestMasked(t *testing.T) {
	t.Parallel()
	sum := sha256.Sum256([]byte("abc"))
	if got := masked("abc"); got != masked("abc") || got == masked("abd") || !strings.HasPrefix(got, "(3 bytes, ") || strings.Contains(got, hex.EncodeToString(sum[:4])) {
		t.Error(got)
	}
}

// TestShown is what documents look like in the log.
func TestShown(t *testing.T) {
	t.Parallel()
	const token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJtZSJ9.c2lnbmF0dXJl"
	long := strings.Repeat("ä", 5000)
	for _, tt := range []struct{ document, want string }{
		{`{"a":[1,true,null,"b\n"],"nextToken":"page","c":{}}`, `{"a":[1,true,null,"b\n"],"nextToken":"page","c":{}}`},
		{` [ ] `, `[]`}, {``, ``}, {`"`, `"`}, {`{"a"`, `{"a":}`}, {`{:1}`, `{:1:}`}, {`[,,1]`, `[]`},
		{`{"params":{"headers":{"Authorization":"abc","X-Own":["abc",7,null]},"query":{"q":"x"}}}`,
			`{"params":{"headers":{"Authorization":"` + masked("abc") + `","X-Own":["` + masked("abc") + `","` + masked("7") + `",null]},"query":{"q":"x"}}}`},
		{`{"\u0061uthorization":"abc","x-api-key":"abc","Access_Token":{"a":"abc"},"password":12}`,
			`{"\u0061uthorization":"` + masked("abc") + `","x-api-key":"` + masked("abc") + `","Access_Token":{"a":"` + masked("abc") + `"},"password":"` + masked("12") + `"}`},
		{`{"body":"{\"password\":\"abc\",\"n\":1}"}`, `{"body":"{\"password\":\"` + masked("abc") + `\",\"n\":1}"}`},
		{`["` + token + `"]`, `["` + masked(token) + `"]`},
		{`{"url":"https://b.s3.amazonaws.com/k?a=b&X-Amz-Signature=00ff&c=d"}`, `{"url":"https://b.s3.amazonaws.com/k?a=b&` + masked("X-Amz-Signature=00ff") + `&c=d"}`},
		{`{"key":"it is da2-abcdefghijklmnopqrstuvwxyz"}`, `{"key":"it is ` + masked("da2-abcdefghijklmnopqrstuvwxyz") + `"}`},
		{`["Bearer abc","no bearer token","AWS4-HMAC-SHA256 Credential=AKIA/x, Signature=f"]`, `["` + masked("Bearer abc") + `","no bearer token","` + masked("AWS4-HMAC-SHA256 Credential=AKIA/x, Signature=f") + `"]`},
		{`"` + strings.Repeat("x", 1000) + " eyJ" + strings.Repeat("a", 9000) + `"`, `"` + strings.Repeat("x", 1000) + " " + masked("eyJ"+strings.Repeat("a", 2*maxShown-1004)) + `…"`},
		{`"` + long + `"`, `"` + long[:maxShown-2] + `… (10002 bytes)`},
		{`{"a":"` + long + `","password":"abc"}`, `{"a":"` + long[:maxShown-6] + `… (10025 bytes)`},
		{strings.Repeat("[", 100_000), strings.Repeat("[", maxShown) + `… (100000 bytes)`},
	} {
		if got := shown([]byte(tt.document)); got != tt.want {
			t.Errorf("%.100s\n got %s\nwant %s", tt.document, got, tt.want)
		}
	}
}

func TestProse(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 5000)
	for text, want := range map[string]string{
		"no bearer token": "no bearer token", "": "", long: long[:maxShown] + "… (5000 bytes)",
		"refused by https://h/p?sig=abc": "refused by https://h/p?" + masked("sig=abc"),
	} {
		if got := prose(text); got != want {
			t.Errorf("%.50s: %s, want %s", text, got, want)
		}
	}
}

func FuzzShown(f *testing.F) {
	for _, seed := range []string{`{"a":"b"}`, `{"headers":{"a":1}}`, `["{\"token\":1}"]`, `{"a`, `"\u00`, `[[[`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		got := shown(document)
		if len(got) > maxShown+40 {
			t.Errorf("%d bytes", len(got))
		}
		if json.Valid(document) && len(got) <= maxShown && !json.Valid([]byte(got)) && !strings.HasSuffix(got, " bytes)") {
			t.Errorf("%q became %q, which is not JSON", document, got)
		}
	})
}
