package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"runtime/debug"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/tidewire/tidewire/apigateway"
	"github.com/tidewire/tidewire/internal/state"
)

func TestVisible(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"plain\tand\nlines":        "plain\tand\nlines",
		"ä 漢 👩\u200d👩 e\u0301":     "ä 漢 👩\u200d👩 e\u0301",
		"\x1b[2J\x07\r\x00\x7f":    `\x1b[2J\x07\x0d\x00\x7f`,
		"\u009b2J":                 `\x9b2J`,
		"\xff\xc3":                 `\xff\xc3`,
		"\u202e\u2066\ufeff\u2028": `\u202e\u2066\ufeff\u2028`,
		"\ufffd":                   "\ufffd",
	} {
		if got := visible(text); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func FuzzVisible(f *testing.F) {
	f.Add("a\x1b[31m\xff\u202e")
	f.Fuzz(func(t *testing.T, text string) {
		got := visible(text)
		if i := strings.IndexFunc(got, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }); i >= 0 {
			t.Errorf("%q has a control character", got)
		}
		if visible(got) != got {
			t.Errorf("%q changes again", got)
		}
	})
}

func FuzzPutJSON(f *testing.F) {
	f.Add("a\x1b[31m\xff\u202e\u009b\U000e0001<>&\"\\")
	f.Fuzz(func(t *testing.T, text string) {
		var out bytes.Buffer
		if err := (&shell{stdout: &out}).putJSON(map[string]string{"a": text}); err != nil {
			t.Fatal(err)
		}
		var got map[string]string
		if err := json.Unmarshal(out.Bytes(), &got); err != nil || got["a"] != strings.ToValidUTF8(text, "\ufffd") && utf8.ValidString(text) {
			t.Errorf("%v: %q", err, out.String())
		}
		if line := strings.TrimSuffix(out.String(), "\n"); visible(line) != line || strings.Contains(line, "\n") {
			t.Errorf("%q has a control character", line)
		}
	})
}

func TestReadable(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text  string
		width int
		want  string
	}{
		{`{"a":1}`, 80, `{"a":1}`},
		{`{"a":1}`, 8, "{\n    \"a\": 1\n  }"},
		{`{"n":12345678901234567890}`, 8, "{\n    \"n\": 12345678901234567890\n  }"},
		{"{\n}", 80, "{}"},
		{"not json at all", 8, "not json at all"},
		{"two\nlines", 80, "two\n  lines"},
	} {
		if got := readable([]byte(test.text), test.width); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	inner := hint(errors.New("two\nlines"), "inner")
	if got, want := describe(hint(inner, "outer")), "tidewire: two\n    lines\n    hint: inner\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := describe(&state.Error{Path: "p", Problem: "bad", Hint: "do"}), "tidewire: p: bad\n    hint: do\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	for err, want := range map[error]int{
		nil:                          0,
		errors.New("x"):              1,
		usagef("", "x"):              2,
		&apigateway.RefusedError{}:   3,
		&apigateway.ResponseError{}:  3,
		hint(usagef("", "x"), "why"): 2,
		errors.Join(hint(&apigateway.RefusedError{}, "why"), nil): 3,
	} {
		if got := exitCode(err); got != want {
			t.Errorf("%v: %d, want %d", err, got, want)
		}
	}
}

func TestVersionLine(t *testing.T) {
	t.Parallel()
	build := &debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}, Settings: []debug.BuildSetting{
		{Key: "vcs.revision", Value: "0123456789abcdef"}, {Key: "vcs.modified", Value: "true"}}}
	if got := versionLine(build); !strings.HasPrefix(got, "tidewire v1.2.3 0123456789ab (changed) go") {
		t.Errorf("%s", got)
	}
	if got := versionLine(nil); !strings.HasPrefix(got, "tidewire (unknown) go") {
		t.Errorf("%s", got)
	}
}
